"""Faults of the links of the list: `self`, `next`, `prev`, and the query that they keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from attrs import evolve

from ..parameters import pairs
from .tools import CallTest, Change, Fault, around, documents, full, has, later_page, linked, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..model import Call, Json, Linker, Page, Query, Stages

    Position = Callable[[Page], Mapping[str, str]]

_KEPT = ("iModelId", "changesetId", "$orderBy", "cdn", "tileVersion", "exportType", "iTwinJS")
_FILTERS = ("iModelId", "changesetId", "exportType", "tileVersion", "iTwinJS")


def _links(to: Callable[[Any], Any], when: CallTest | None = None) -> Change:
    return documents(lambda _call, document: put(document, ("_links",), to), when)


def _link(name: str, to: Callable[[Any], Any] | None, when: CallTest | None = None) -> Change:
    return documents(lambda _call, document: put(document, ("_links", name), to), when)


def _hrefs(to: Callable[[str], Any], when: CallTest | None = None) -> Change:
    return _links(lambda links: {name: link and {"href": to(link["href"])} for name, link in links.items()}, when)


def _last(call: Call, document: Json, show: Callable[[Call, Json], Json]) -> Json:
    return document if "next" in document["_links"] else show(call, document)


def _on_last_page(show: Callable[[Call, Json], Json]) -> Change:
    return documents(lambda call, document: _last(call, document, show))


def _leads(name: str, position: Position, when: Callable[[Page], bool] | None = None) -> Change:
    """A link, where there is one, leads elsewhere."""

    def wrapper(own: Linker) -> Linker:
        def linker(call: Call, query: Query, page: Page) -> str | None:
            right = own(call, query, page)
            if right is None or (when is not None and not when(page)):
                return right
            return call.stages.href(call, query, page, position(page))

        return linker

    return linked(name, wrapper)


def _appears(name: str, position: Position, when: Callable[[Page], bool]) -> Change:
    """A link is there where it should not be."""

    def wrapper(own: Linker) -> Linker:
        def linker(call: Call, query: Query, page: Page) -> str | None:
            return call.stages.href(call, query, page, position(page)) if when(page) else own(call, query, page)

        return linker

    return linked(name, wrapper)


def _vanishes(name: str, when: Callable[[Call, Page], bool]) -> Change:
    def wrapper(own: Linker) -> Linker:
        return lambda call, query, page: None if when(call, page) else own(call, query, page)

    return linked(name, wrapper)


def _at(top: Callable[[Page], int], skip: Callable[[Page], int]) -> Position:
    return lambda page: {"$top": str(top(page)), "$skip": str(skip(page))}


def _top(page: Page) -> int:
    return page.top


def _end(page: Page) -> int:
    return page.skip + page.size


def _drops(*names: str, links: tuple[str, ...] = ("next", "prev"), when: CallTest | None = None) -> Change:
    """Builds some links without some parameters of the request."""

    def wrapper(own: Linker) -> Linker:
        def linker(call: Call, query: Query, page: Page) -> str | None:
            if when is not None and not when(call):
                return own(call, query, page)
            given = {name: text for name, text in query.given.items() if name not in names}
            return own(call, evolve(query, given=given), page)

        return linker

    def change(stages: Any) -> Any:
        for link in links:
            stages = linked(link, wrapper)(stages)
        return stages

    return change


def _by_cursor(stages: Stages) -> Stages:
    """Links `next` by a cursor of its own, which leads one export too far."""

    def wrapper(own: Linker) -> Linker:
        def linker(call: Call, query: Query, page: Page) -> str | None:
            right = own(call, query, page)
            return right and re.sub(r"(\$|%24)skip=", "after=", right)

        return linker

    def read(call: Call) -> Mapping[str, str]:
        after = next((text for name, text in pairs(call.request.query) if name == "after" and text.isdecimal()), None)
        given = stages.read(call)
        return given if after is None else {**given, "$skip": str(int(after) + 1)}

    return evolve(linked("next", wrapper)(stages), read=read)


def _dropped_from_query(name: str) -> Callable[[str], str]:
    def to(href: str) -> str:
        start, _, query = href.partition("?")
        return f"{start}?{'&'.join(part for part in query.split('&') if not part.startswith(f'{name}='))}"

    return to


def _written(change: Callable[[str, str], str]) -> Change:
    """Writes the values of parameters differently in links."""

    def wrapper(own: Any) -> Any:
        def href(call: Call, query: Query, page: Page, changes: Mapping[str, str]) -> Any:
            given = {name: change(name, text) for name, text in query.given.items()}
            return own(call, evolve(query, given=given), page, changes)

        return href

    return around("href", wrapper)


def _relative(href: str) -> str:
    parts = urlsplit(href)
    return f"{parts.path}?{parts.query}"


def _filtered(call: Call) -> bool:
    return any(has(name)(call) for name in _FILTERS)


def _more_follow(page: Page) -> bool:
    return _end(page) < page.total


FAULTS = (
    Fault(
        "cursor-passes-over-one",
        ("links-next-page",),
        "The link `next` has a cursor, and the page that it leads to begins one export too late.",
        _by_cursor,
    ),
    Fault(
        "links-missing",
        ("links-present",),
        "The body has no `_links`.",
        documents(lambda _call, document: put(document, ("_links",))),
    ),
    Fault(
        "links-missing-when-empty",
        ("links-present",),
        "A page without exports has no `_links`.",
        documents(lambda _call, document: document if document["exports"] else put(document, ("_links",))),
    ),
    Fault(
        "links-missing-on-last-page",
        ("links-present",),
        "The last page has no `_links`.",
        _on_last_page(lambda _call, document: put(document, ("_links",))),
    ),
    Fault(
        "links-null-with-filter",
        ("links-present",),
        "A filtered list has null for `_links`.",
        _links(lambda _links: None, _filtered),
    ),
    Fault(
        "links-array",
        ("links-present",),
        "`_links` is an array.",
        _links(lambda links: [{"rel": name, **link} for name, link in links.items()]),
    ),
    Fault(
        "links-renamed-in-full",
        ("links-present",),
        "In full representation the links stand in `links`.",
        documents(lambda _call, document: {"exports": document["exports"], "links": document["_links"]}, full),
    ),
    Fault("self-missing", ("links-self",), "There is no `self`.", _link("self", None)),
    Fault(
        "self-missing-with-order",
        ("links-self",),
        "There is no `self` where there is an order.",
        _link("self", None, has("$orderBy")),
    ),
    Fault(
        "self-missing-on-later-pages",
        ("links-self",),
        "Pages after the first have no `self`.",
        _link("self", None, later_page),
    ),
    Fault(
        "self-missing-on-last-page",
        ("links-self",),
        "The last page has no `self`.",
        _on_last_page(lambda _call, document: put(document, ("_links", "self"))),
    ),
    Fault(
        "self-missing-when-empty",
        ("links-self",),
        "A page without exports has no `self`.",
        documents(lambda _call, document: document if document["exports"] else put(document, ("_links", "self"))),
    ),
    Fault("self-null", ("link-href", "links-self"), "`self` is null.", _link("self", lambda _link: None)),
    Fault("self-string", ("link-href",), "`self` is the URL itself.", _link("self", lambda link: link["href"])),
    Fault("next-string", ("link-href",), "`next` is the URL itself.", _link("next", lambda link: link["href"])),
    Fault(
        "next-href-null-at-end",
        ("link-href", "links-next-absent"),
        "The last page has a `next` with a null `href`.",
        _on_last_page(lambda _call, document: {**document, "_links": {**document["_links"], "next": {"href": None}}}),
    ),
    Fault(
        "links-with-url",
        ("link-href",),
        "Links have their URL in `url`.",
        _links(lambda links: {name: link and {"url": link["href"]} for name, link in links.items()}),
    ),
    Fault(
        "next-null-at-end",
        ("links-next-absent",),
        "The last page has a `next` that is null.",
        _on_last_page(lambda _call, document: {**document, "_links": {**document["_links"], "next": None}}),
    ),
    Fault("prev-href-missing", ("links-prev-page",), "`prev` has no `href`.", _link("prev", lambda _link: {})),
    Fault("prev-string", ("links-prev-page",), "`prev` is the URL itself.", _link("prev", lambda link: link["href"])),
    Fault(
        "href-array",
        ("link-href",),
        "The `href` of `next` is an array.",
        _link("next", lambda link: {"href": [link["href"]]}),
    ),
    Fault("links-relative", ("link-absolute",), "Links are relative.", _hrefs(_relative)),
    Fault(
        "next-relative",
        ("link-absolute",),
        "`next` is relative.",
        _link("next", lambda link: {"href": _relative(link["href"])}),
    ),
    Fault(
        "links-without-scheme",
        ("link-absolute",),
        "Links begin with two slashes.",
        _hrefs(lambda href: href.partition(":")[2]),
    ),
    Fault(
        "links-query-only",
        ("link-absolute",),
        "Links begin with the question mark.",
        _hrefs(lambda href: f"?{href.partition('?')[2]}"),
    ),
    Fault(
        "links-with-blank",
        ("link-absolute",),
        "Links have a blank in them.",
        _hrefs(lambda href: href.replace("?", "? ")),
    ),
    Fault(
        "links-host-alone",
        ("link-absolute",),
        "Links begin with the host.",
        _hrefs(lambda href: href.partition("://")[2]),
    ),
    Fault(
        "self-of-first-page",
        ("links-self-page",),
        "`self` always leads to the first page.",
        _leads("self", _at(_top, lambda _page: 0)),
    ),
    Fault(
        "self-is-next",
        ("links-self-page",),
        "`self` leads to the page that follows.",
        _leads("self", _at(_top, _end), _more_follow),
    ),
    Fault(
        "self-of-default-top",
        ("links-self-page",),
        "`self` has a `$top` of 100, whatever the page's.",
        _leads("self", _at(lambda _page: 100, lambda page: page.skip)),
    ),
    Fault(
        "self-counts-pages",
        ("links-self-page",),
        "The `$skip` of `self` counts pages.",
        _leads("self", _at(_top, lambda page: page.skip // max(1, page.top))),
    ),
    Fault(
        "self-off-by-one",
        ("links-self-page",),
        "`self` leads one export too far on pages after the first.",
        _leads("self", _at(_top, lambda page: page.skip + 1), lambda page: page.skip > 0),
    ),
    Fault(
        "self-of-skip-100",
        ("links-self-page",),
        "`self` rounds `$skip` to whole hundreds.",
        _leads("self", _at(_top, lambda page: page.skip // 100 * 100)),
    ),
    Fault("next-missing", ("links-next-present",), "There is no `next`.", _vanishes("next", lambda _call, _page: True)),
    Fault(
        "next-missing-before-last",
        ("links-next-present",),
        "There is no `next` to a page that is not full.",
        _vanishes("next", lambda _call, page: page.total - _end(page) < page.top),
    ),
    Fault(
        "next-missing-before-single",
        ("links-next-present",),
        "There is no `next` to a single export.",
        _vanishes("next", lambda _call, page: page.total - _end(page) == 1),
    ),
    Fault(
        "next-missing-with-filter",
        ("links-next-present",),
        "A filtered list has no `next`.",
        _vanishes("next", lambda call, _page: _filtered(call)),
    ),
    Fault(
        "next-missing-with-order",
        ("links-next-present",),
        "An ordered list has no `next`.",
        _vanishes("next", lambda call, _page: has("$orderBy")(call)),
    ),
    Fault(
        "next-missing-in-full",
        ("links-next-present",),
        "The full representation has no `next`.",
        _vanishes("next", lambda call, _page: full(call)),
    ),
    Fault(
        "next-missing-with-top",
        ("links-next-present",),
        "There is no `next` where there is a `$top`.",
        _vanishes("next", lambda call, _page: has("$top")(call)),
    ),
    Fault(
        "next-missing-on-later-pages",
        ("links-next-present",),
        "Only the first page has a `next`.",
        _vanishes("next", lambda _call, page: page.skip > 0),
    ),
    Fault(
        "next-missing-past-100",
        ("links-next-present",),
        "There is no `next` once 100 exports were read.",
        _vanishes("next", lambda _call, page: _end(page) >= 100),
    ),
    Fault(
        "next-always",
        ("links-next-absent",),
        "There is a `next` whatever follows.",
        _appears("next", _at(_top, lambda page: page.skip + page.top), lambda page: page.top > 0),
    ),
    Fault(
        "next-on-short-page",
        ("links-next-absent",),
        "A last page that is not full has a `next`.",
        _appears("next", _at(_top, _end), lambda page: 0 < page.size < page.top),
    ),
    Fault(
        "next-past-end",
        ("links-next-absent",),
        "A page past the end has a `next`.",
        _appears("next", _at(_top, lambda page: page.skip + page.top), lambda page: page.size == 0 < page.skip),
    ),
    Fault(
        "next-begins-anew",
        ("links-next-absent",),
        "The `next` of the last page leads to the first.",
        _appears("next", _at(_top, lambda _page: 0), lambda page: page.skip > 0 and not _more_follow(page)),
    ),
    Fault(
        "next-when-empty",
        ("links-next-absent",),
        "A selection without exports has a `next`.",
        _appears("next", _at(_top, lambda page: page.top), lambda page: page.total == 0),
    ),
    Fault(
        "next-skips-one",
        ("links-next-page",),
        "`next` leaves out one export.",
        _leads("next", _at(_top, lambda page: _end(page) + 1)),
    ),
    Fault(
        "next-repeats-one",
        ("links-next-page",),
        "`next` repeats one export.",
        _leads("next", _at(_top, lambda page: _end(page) - 1), lambda page: page.size > 1),
    ),
    Fault(
        "next-is-self",
        ("links-next-page",),
        "`next` leads to the page that it stands on.",
        _leads("next", _at(_top, lambda page: page.skip)),
    ),
    Fault(
        "next-steps-by-100",
        ("links-next-page",),
        "`next` goes on by 100, whatever the `$top`.",
        _leads("next", _at(_top, lambda page: page.skip + 100)),
    ),
    Fault(
        "next-from-start",
        ("links-next-page",),
        "`next` always leads to the second page.",
        _leads("next", _at(_top, lambda page: page.top)),
    ),
    Fault(
        "next-counts-pages",
        ("links-next-page",),
        "The `$skip` of `next` counts pages.",
        _leads("next", _at(_top, lambda page: page.skip // max(1, page.top) + 1)),
    ),
    Fault(
        "next-rounds",
        ("links-next-page",),
        "`next` leads to a multiple of `$top`.",
        _leads("next", _at(_top, lambda page: _end(page) // max(1, page.top) * page.top)),
    ),
    Fault(
        "next-wrong-for-large-pages",
        ("links-next-page",),
        "`next` leaves out one export after a page of more than 100.",
        _leads("next", _at(_top, lambda page: _end(page) + 1), lambda page: page.top > 100),
    ),
    Fault(
        "next-shrinks",
        ("links-next-page", "links-keep-query"),
        "`next` asks for as many exports as are left.",
        _leads(
            "next",
            _at(lambda page: max(1, (page.total - _end(page)) // 2), _end),
            lambda page: page.total - _end(page) < page.top,
        ),
    ),
    Fault(
        "prev-of-first-page",
        ("links-prev-page",),
        "`prev` always leads to the first page.",
        _leads("prev", _at(_top, lambda _page: 0)),
    ),
    Fault(
        "prev-is-self",
        ("links-prev-page",),
        "`prev` leads to the page that it stands on.",
        _leads("prev", _at(_top, lambda page: page.skip)),
    ),
    Fault(
        "prev-is-next", ("links-prev-page",), "`prev` leads to the page that follows.", _leads("prev", _at(_top, _end))
    ),
    Fault(
        "prev-of-at-most-100",
        ("links-prev-page",),
        "`prev` leads to no more than 100 exports, and those between are on neither page.",
        _leads(
            "prev",
            _at(lambda _page: 100, lambda page: max(0, page.skip - page.top)),
            lambda page: page.skip >= page.top > 100,
        ),
    ),
    Fault(
        "prev-two-back",
        ("links-prev-page",),
        "`prev` goes back by two pages.",
        _leads("prev", _at(_top, lambda page: max(0, page.skip - 2 * page.top)), lambda page: page.skip > page.top),
    ),
    Fault(
        "prev-negative",
        ("links-prev-page",),
        "The `$skip` of `prev` may be negative.",
        _leads("prev", _at(_top, lambda page: page.skip - page.top)),
    ),
    Fault(
        "prev-steps-by-100",
        ("links-prev-page",),
        "`prev` goes back by 100, whatever the `$top`.",
        _leads("prev", _at(_top, lambda page: max(0, page.skip - 100))),
    ),
    Fault(
        "prev-off-by-one",
        ("links-prev-page",),
        "`prev` lacks the export before the page.",
        _leads("prev", _at(_top, lambda page: max(0, page.skip - page.top - 1)), lambda page: page.skip > page.top),
    ),
    *(
        Fault(
            f"links-drop-{name.lower().strip('$')}",
            ("links-keep-query",),
            f"`next` and `prev` lose `{name}`.",
            _drops(name),
        )
        for name in _KEPT
    ),
    Fault(
        "next-drops-top",
        ("links-keep-query",),
        "`next` loses `$top`.",
        _link("next", lambda link: {"href": _dropped_from_query("$top")(link["href"])}),
    ),
    Fault(
        "self-drops-top",
        ("links-keep-query", "links-self-page"),
        "`self` loses `$top`.",
        _link("self", lambda link: {"href": _dropped_from_query("$top")(link["href"])}),
    ),
    Fault(
        "self-drops-skip",
        ("links-self-page", "links-keep-query"),
        "`self` loses `$skip`.",
        _link("self", lambda link: {"href": _dropped_from_query("$skip")(link["href"])}),
    ),
    Fault("self-drops-filters", ("links-keep-query",), "`self` loses the filters.", _drops(*_FILTERS, links=("self",))),
    Fault(
        "links-round-itwinjs",
        ("links-keep-query",),
        "Links lose the zeros at the end of the minor version in `iTwinJS`.",
        _written(lambda name, text: re.sub(r"(\.[1-9]+)0+\b", r"\1", text) if name == "iTwinJS" else text),
    ),
    Fault("prev-drops-order", ("links-keep-query",), "`prev` loses `$orderBy`.", _drops("$orderBy", links=("prev",))),
    Fault(
        "links-drop-everything",
        ("links-keep-query",),
        "Links keep `$top` and `$skip` only.",
        _drops(*_KEPT, links=("self", "next", "prev")),
    ),
    Fault(
        "links-drop-order-beside-filter",
        ("links-keep-query",),
        "`next` loses `$orderBy` beside a filter.",
        _drops("$orderBy", links=("next",), when=_filtered),
    ),
    Fault(
        "links-drop-second-filter",
        ("links-keep-query",),
        "`next` loses `exportType` beside `iModelId`.",
        _drops("exportType", links=("next",), when=has("iModelId")),
    ),
    Fault(
        "links-drop-versions-on-later-pages",
        ("links-keep-query",),
        "Links of later pages lose the versions.",
        _drops("tileVersion", "iTwinJS", when=later_page),
    ),
    Fault(
        "links-drop-cdn-in-full",
        ("links-keep-query",),
        "`next` loses `cdn` in full representation.",
        _drops("cdn", links=("next",), when=full),
    ),
    Fault(
        "next-loses-itwinjs-beside-tileversion",
        ("links-keep-query",),
        "`next` loses `iTwinJS` beside `tileVersion`.",
        _drops("iTwinJS", links=("next",), when=has("tileVersion")),
    ),
    Fault(
        "next-loses-order-beside-cdn",
        ("links-keep-query",),
        "`next` loses `$orderBy` beside `cdn`.",
        _drops("$orderBy", links=("next",), when=has("cdn")),
    ),
    Fault(
        "links-unescaped",
        ("links-keep-query", "link-absolute"),
        "The values of parameters are not escaped in links.",
        _hrefs(unquote),
    ),
    Fault(
        "links-escaped-twice",
        ("links-keep-query",),
        "The values of parameters are escaped twice in links.",
        _hrefs(lambda href: href.replace("%", "%25")),
    ),
    Fault(
        "links-in-lower-case",
        ("links-keep-query",),
        "The types in links are in lower case.",
        _written(lambda name, text: text.lower() if name == "exportType" else text),
    ),
    Fault(
        "links-escape-for-html",
        ("links-keep-query",),
        "The ampersands of links are escaped as in HTML.",
        _hrefs(lambda href: href.replace("&", "&amp;")),
    ),
    Fault(
        "links-round-version",
        ("links-keep-query",),
        "`iTwinJS` loses its last number in links.",
        _written(lambda name, text: text.rpartition(".")[0] or text if name == "iTwinJS" else text),
    ),
    Fault(
        "links-turn-order",
        ("links-keep-query",),
        "`$orderBy` is always `date:asc` in links.",
        _written(lambda name, text: "date:asc" if name == "$orderBy" else text),
    ),
    Fault(
        "links-rename-top",
        ("links-keep-query",),
        "Links have `top` and `skip` without their dollar signs.",
        _hrefs(lambda href: href.replace("$", "")),
    ),
)
"""The faults of this theme."""
