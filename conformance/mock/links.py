"""Builds the links of a page, so that a client may follow them verbatim.

Nothing that a client writes, in a header or in a parameter, gets into a link without being encoded or recognized.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from .model import PARAMETERS
from .parameters import CURSOR, PIN, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Call, Json, Linker, Page, Query

_PORT = "(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
PLAIN_ROOT = re.compile(rf"https?://[A-Za-z0-9.-]+(?::{_PORT})?(?:/[A-Za-z0-9._~-]+)*/?")
_PLAIN_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_BARE_ROOT = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*/?")


def root(call: Call) -> str:
    """What the links of the list begin with, up to the query.

    Args:
        call: The call.
    """
    lines = call.request.lines("x-api-host-and-root")
    asked = ", ".join(lines)
    if PLAIN_ROOT.fullmatch(asked):
        return _joined(asked, call.reading.root_path)
    if asked and call.reading.odd_root == "complete" and _BARE_ROOT.fullmatch(asked):
        return _joined(f"https://{asked}", call.reading.root_path)
    if asked and call.reading.odd_root == "copy":
        return asked + call.reading.root_path
    return (call.reading.link_host or own_host(call)) + call.reading.link_path


def is_spoilt(call: Call) -> bool:
    """Whether the client asks for links that begin with what is no plain root.

    Args:
        call: The call.
    """
    asked = ", ".join(call.request.lines("x-api-host-and-root"))
    return asked != "" and not PLAIN_ROOT.fullmatch(asked)


def _joined(prefix: str, path: str) -> str:
    # Without a path of ours, a trailing slash of the client's is the client's business.
    return prefix if not path else prefix.removesuffix("/") + path


def own_host(call: Call) -> str:
    """The scheme and host that were called; those of the loopback where the header does not name a host.

    Args:
        call: The call.
    """
    host = call.request.header("host") or ""
    return f"{call.request.scheme}://{host if _PLAIN_HOST.fullmatch(host) else '127.0.0.1'}"


def href(call: Call, query: Query, page: Page, changes: Mapping[str, str]) -> str:
    """A link that keeps the documented parameters of the request, except for some.

    Args:
        call: The call.
        query: What the parameters mean.
        page: Where the page lies.
        changes: The parameters that the link has in place of those of the request.
    """
    position = {"$top": str(page.top), "$skip": str(page.skip)}
    given = {name: text for name, text in query.given.items() if text or name not in position}
    texts = {**position, **given, **changes}
    names = sorted(texts, key=_place)
    written = [encoded(call, CURSOR if _by_cursor(call, name, changes) else name, texts[name]) for name in names]
    if call.reading.links_keep_unknown:
        written += [encoded(call, name, text) for name, text in pairs(call.request.query) if _unknown(call, name)]
    return f"{call.stages.root(call)}?{'&'.join(written)}"


def _by_cursor(call: Call, name: str, changes: Mapping[str, str]) -> bool:
    return call.reading.cursors and name == "$skip" and name in changes


def _place(name: str) -> int:
    # The page's examples have the position first.
    names = ("$top", "$skip", *PARAMETERS)
    return names.index(name) if name in names else len(names)


def _unknown(call: Call, name: str) -> bool:
    if (call.reading.cursors and name == CURSOR) or (call.reading.pins and name == PIN):
        return False
    lower = name.lower()
    known = {parameter.lower() for parameter in PARAMETERS} if call.reading.other_case_names == "accept" else PARAMETERS
    return (lower if call.reading.other_case_names == "accept" else name) not in known


def encoded(call: Call, name: str, text: str) -> str:
    """A parameter as a query has it.

    Args:
        call: The call.
        name: The parameter.
        text: Its value.
    """
    safe = "$" if call.reading.dollar == "$" else ""
    return f"{_quoted(name, safe)}={_quoted(text, ':')}"


def _quoted(text: str, safe: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe=safe)


def self_link(call: Call, query: Query, page: Page) -> str:
    """The link to the page itself.

    Args:
        call: The call.
        query: What the parameters mean.
        page: Where the page lies.
    """
    if call.reading.self_link == "as-asked" and query.given:
        written = [encoded(call, name, text) for name, text in query.given.items()]
        return f"{call.stages.root(call)}?{'&'.join(written)}"
    return call.stages.href(call, query, page, {})


def next_link(call: Call, query: Query, page: Page) -> str | None:
    """The link to the page that follows, if one does.

    Args:
        call: The call.
        query: What the parameters mean.
        page: Where the page lies.
    """
    end = page.skip + page.size
    full = call.reading.next_after_full_page and page.size == page.top and end == page.total
    if page.size == 0 or (end >= page.total and not full):
        return None
    top = min(page.top, max(1, page.total - end)) if call.reading.last_page == "rest" else page.top
    link = call.stages.href(call, query, page, {"$top": str(top), "$skip": str(end)})
    return f"{link}&{encoded(call, PIN, call.store.keep(call.exports))}" if call.reading.pins else link


def prev_link(call: Call, query: Query, page: Page) -> str | None:
    """The link to the page before, if there is one.

    Args:
        call: The call.
        query: What the parameters mean.
        page: Where the page lies.
    """
    first = page.skip == 0 and call.reading.prev != "always"
    if call.reading.prev == "absent" or first or page.top == 0:
        return None
    top = page.top if call.reading.prev in ("overlapping", "always") else min(page.top, page.skip)
    return call.stages.href(call, query, page, {"$top": str(top), "$skip": str(max(0, page.skip - page.top))})


LINKERS: Mapping[str, Linker] = {"self": self_link, "next": next_link, "prev": prev_link}
"""What builds each link of a page."""


def links(call: Call, query: Query, page: Page) -> Json:
    """The links of a page.

    Args:
        call: The call.
        query: What the parameters mean.
        page: Where the page lies.
    """
    built = {name: linker(call, query, page) for name, linker in call.stages.linkers.items()}
    there = {name: {"href": url} for name, url in built.items() if url is not None}
    return {"prev": None, **there} if call.reading.prev == "null" else there
