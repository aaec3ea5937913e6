"""What becomes of the links that the service sends, and of the client's own base URL.

A link is a hint, not an order: it never takes a request, and so never a credential, to another origin.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit, urlunsplit

from ._redaction import hide_links
from .errors import InvalidArgumentError, LinkRefusedError

_PORTS = {"http": 80, "https": 443}
_DELETE = 0x7F


def with_path_suffix(url: str, suffix: str) -> str:
    """Add a suffix at the end of a URL's path, before its query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + suffix))


def origin_of(url: str) -> tuple[str, str, int | None] | None:
    """Give the origin of a URL, or `None` when it is not an HTTP URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def clean_base_url(text: str) -> str:
    """Check a base URL and give it without a slash at its end.

    Raises:
        InvalidArgumentError: It is not an HTTP URL, or holds more than scheme, host, port and path.
    """
    if origin_of(text) is None:
        raise InvalidArgumentError(f"The base URL {hide_links(text)!r} is not an http or https URL.")
    parts = urlsplit(text)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidArgumentError("The base URL may hold a scheme, a host, a port and a path, and nothing else.")
    return text.rstrip("/")


def followed(link: str, *, base_url: str, path: str, refuse_foreign: bool) -> str:
    """Give the URL to request in order to follow a link to another page of a list.

    It is the list's own URL with the query of the link: a proxy, or the host and root that a caller asked links to
    begin with, may have changed all that comes before the query.

    Args:
        link: The link as the service sent it; it may be relative.
        base_url: The client's base URL.
        path: The path of the operation whose answer held the link.
        refuse_foreign: Whether to refuse a link to another origin instead of following it on the client's own.

    Raises:
        LinkRefusedError: It is not an HTTP URL, or leads elsewhere and such links are refused.
    """
    if any(ord(character) <= ord(" ") or ord(character) == _DELETE for character in link):
        raise LinkRefusedError("A link with blanks or control characters is not followed.", link=hide_links(link))
    try:
        target = urlsplit(urljoin(base_url, link))
    except ValueError:
        raise LinkRefusedError("A link is not a URL.", link=hide_links(link)) from None
    origin = origin_of(urlunsplit(target))
    if origin is None:
        raise LinkRefusedError("A link is not an http or https URL.", link=hide_links(link))
    if refuse_foreign and origin != origin_of(base_url):
        raise LinkRefusedError("A link leads to another origin than the client's.", link=hide_links(link))
    return f"{base_url}{path}?{target.query}"
