"""Checks of the links of a list: where they begin, what they keep, which page they lead to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from conformance import roots, spec
from conformance.checks.registry import Context, Observation, broken, check, held, judged
from conformance.exchange import Request
from conformance.knowledge import DEFAULT_TOP
from conformance.query import Query, Validity, read, same_type

_WHOLE_NAME: Final = re.compile(
    rf"(?<![a-z])({'|'.join(name.strip('$') for name in spec.parameters('query'))})(?![-_a-z])", re.IGNORECASE
)
"""A documented name in another spelling, and not the beginning of a name such as `$skiptoken`."""

_PADDED: Final = re.compile(r"0+[0-9]{1,10}")


def link_query(href: str) -> Query | None:
    """The query of a link as the page reads it; None where the link is no URL."""
    try:
        return read(Request(query=urlsplit(href).query))
    except ValueError:
        return None


@check("root-prefix")
def root_prefix(context: Context) -> Iterator[Observation]:
    """Every link of the list begins with the prefix that the request names, where that is plain."""
    root = context.plain_root
    if root is None or not context.readable_list:
        return
    for name, href in context.exchange.links.items():
        if name in ("self", "next", "prev") and "://" in href:
            yield judged("root-prefix", roots.begins_with(href, root), f"{name} is {href[:120]!r}")


@check("links-keep-query")
def kept_query(context: Context) -> Iterator[Observation]:
    """The links of a list keep the documented parameters of the request."""
    kept = _to_keep(context)
    if not context.readable_list or not kept or context.odd_root:
        return
    for name, href in context.exchange.links.items():
        query = link_query(href)
        if name not in ("self", "next", "prev") or query is None or _by_cursor(context, query):
            continue
        link = dict(parse_qsl(urlsplit(href).query, keep_blank_values=True))
        lost = next((key for key, value in kept.items() if not _keeps(context, name, key, link)), None)
        message = f"{name} has {lost}={link.get(lost)!r} for {kept[lost]!r}" if lost else ""
        yield judged("links-keep-query", lost is None, message)


def _by_cursor(context: Context, link: Query) -> bool:
    """Whether a link names its page in a way of the server's own: where it leads is then seen by following it."""
    return bool(cursors(link, context.query))


def cursors(link: Query, asked: Query) -> frozenset[str]:
    """The parameters of the server's own by which a link names its page; none where it has `$skip`."""
    return frozenset() if "$skip" in link.parameters else _own(link, asked)


def pins(link: Query, asked: Query) -> frozenset[str]:
    """The parameters of the server's own that a link has beside `$skip`: they may name a moment that is past."""
    return _own(link, asked) if "$skip" in link.parameters else frozenset()


def _own(link: Query, asked: Query) -> frozenset[str]:
    own = link.unknown - asked.unknown
    spoiled = any(_WHOLE_NAME.search(name) for name in own)
    return frozenset() if link.respelled or spoiled else own


def _to_keep(context: Context) -> dict[str, str]:
    """The parameters that links must keep: all, where each is valid or a type that the server found nothing of.

    Those that mean what their absence means are left out.
    """
    times = Counter(name for name, _ in context.query.pairs)
    defaults = {("$top", str(DEFAULT_TOP)), ("$top", str(context.knowledge.default_top)), ("cdn", "0")}
    kept = {}
    for name, parameter in context.query.parameters.items():
        plain_type = name == "exportType" and parameter.value.strip() == parameter.value != "" and times[name] == 1
        if parameter.validity is not Validity.VALID and not plain_type:
            return {}
        if name != "$skip" and (name, parameter.value) not in defaults:
            kept[name] = parameter.value
    return {} if context.query.respelled else kept


def _keeps(context: Context, link: str, name: str, kept: Mapping[str, str]) -> bool:
    if name == "$top":
        # Another number is a matter of where the link leads; `prev` may be shorter than the page.
        return link == "prev" or name in kept
    linked, parameter = kept.get(name), context.query.parameters[name]
    if linked is None:
        return False
    if name == "exportType" and parameter.validity is Validity.VALID:
        return same_type(parameter.value, linked)
    # A type in other letters may have been taken for the one that is known.
    return parameter.value.lower() == linked.lower()


def _clear(context: Context) -> bool:
    """Whether the page leaves nothing of the query to the server, and no prefix may spoil a link."""
    return context.query.must_be_accepted and not context.odd_root


@check("links-self-page", "links-next-present", "links-next-absent", "links-next-page", "links-prev-page")
def paging_links(context: Context) -> Iterator[Observation]:
    """`self`, `next` and `prev` lead to this page, to the one that follows and to the one before."""
    if not context.readable_list or not _clear(context) or context.by_cursor:
        return
    query, links = context.query, context.exchange.links
    top, skip = context.page_size, query.count("$skip") or 0
    came = len(context.exchange.exports)
    if "self" in links:
        yield from _leads(context, links["self"], "links-self-page", {"$skip": skip, "$top": query.count("$top")}, top)
    if "next" in links and came:
        if came < top:
            yield broken("links-next-absent", f"a page of {came} exports for a $top of {top} has a link next")
        else:
            yield from _leads(
                context, links["next"], "links-next-page", {"$skip": skip + came, "$top": query.count("$top")}, top
            )
    if "prev" in links and (came or skip == 0):
        yield from _leads_back(context, links["prev"], skip, top)
    yield from _presence(context, skip, came, top)


def _presence(context: Context, skip: int, came: int, top: int) -> Iterator[Observation]:
    selection = context.selection
    has_next = "next" in context.exchange.links
    if selection is None or selection.open:
        return
    left = len(selection.ids) - skip - came
    if left > 0 and came == top:
        message = f"no link next, and {left} exports are left"
        yield judged("links-next-present", has_next, message, contestable=True)
    elif left <= 0 and came == 0:
        yield judged("links-next-absent", not has_next, "an empty page has a link next", contestable=True)
    elif left <= 0 and not has_next:
        yield held("links-next-absent")


def _leads(
    context: Context, href: str, requirement: str, expected: Mapping[str, int | None], top: int
) -> Iterator[Observation]:
    """Whether a link has the place and size of a page; what it leaves out has its default."""
    query = link_query(href)
    if query is None or _by_cursor(context, query):
        return
    skip = _number(query, "$skip") if "$skip" in query.parameters else 0
    size = _number(query, "$top")
    if skip is None:
        yield broken(requirement, f"$skip={query.parameters['$skip'].value!r} in {href[:120]!r}")
        return
    wanted = expected["$top"]
    # A link that leaves $top out loses a parameter: that is another requirement's business.
    # As many as were left are not, where the collection has moved since.
    shorter = size if requirement == "links-next-page" and size is not None and size < top else None
    right_size = size in (None, top) or (shorter is not None and _is_the_rest(context, skip, shorter))
    message = f"leads to $skip={skip}, $top={size}; the page is at $skip={expected['$skip']}, $top={wanted or top}"
    yield judged(requirement, skip == expected["$skip"] and right_size, message, contestable=shorter is not None)


def _number(link: Query, name: str) -> int | None:
    """The number that a link has for a place or a size; the server that wrote it may have put zeros before it."""
    parameter = link.parameters.get(name)
    written = _PADDED.fullmatch(parameter.value) if parameter else None
    return int(written[0]) if written else link.count(name)


def _is_the_rest(context: Context, skip: int, size: int) -> bool:
    """Whether a page has all that is left, so that a larger one would have the same."""
    selection = context.selection
    return selection is None or bool(selection.open) or skip + size >= len(selection.ids)


def _leads_back(context: Context, href: str, skip: int, top: int) -> Iterator[Observation]:
    query = link_query(href)
    if query is None or _by_cursor(context, query):
        return
    back = _number(query, "$skip") if "$skip" in query.parameters else 0
    size = _number(query, "$top")
    # A page before that is shorter than this one leaves nothing out where this one begins early.
    fine = back == max(0, skip - top) and (size is None or back is None or back + size >= skip)
    yield judged("links-prev-page", fine, f"leads to $skip={back}, $top={size} from $skip={skip}, $top={top}")
