"""Keeps secrets out of texts: credentials that are known, and the queries of links, which may be signed.

Whoever writes a text for people (an error, a log record, a `repr`) passes it through here first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import overload
from urllib.parse import quote

HIDDEN = "[hidden]"
_URL_SECRETS = re.compile(
    r"(\bhttps?://)([^\s/?#\"'<>@]*@)?([^\s?#\"'<>]*)(\?[^\s#\"'<>]*)?(#[^\s\"'<>]*)?", re.IGNORECASE
)
_SCHEMES = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+", re.IGNORECASE)


def hide_links(text: str) -> str:
    """Take out of each URL in a text what may be secret: user information, query and fragment."""
    return _URL_SECRETS.sub(lambda match: match[1] + match[3] + ("?" + HIDDEN if match[4] else ""), text)


def spellings(secret: str) -> list[str]:
    """List the ways in which a secret may be written, the longest first."""
    escaped = secret.encode("unicode_escape").decode("ascii")
    ways = {secret, quote(secret, safe=""), quote(secret), quote(secret, safe="").lower(), escaped}
    return sorted((way for way in ways if way), key=len, reverse=True)


@overload
def hide(text: str, secrets: Iterable[str]) -> str: ...
@overload
def hide(text: bytes, secrets: Iterable[str]) -> bytes: ...
def hide(text: str | bytes, secrets: Iterable[str]) -> str | bytes:
    """Take known secrets out of a text, in whatever way they are written."""
    for secret in secrets:
        for way in spellings(secret):
            if isinstance(text, str):
                text = text.replace(way, HIDDEN)
            else:
                text = text.replace(way.encode("utf-8", "surrogatepass"), HIDDEN.encode())
    return text


def hide_all(text: str, secrets: Iterable[str]) -> str:
    """Take known secrets, the queries of links and whatever looks like an `Authorization` value out of a text."""
    return _SCHEMES.sub(rf"\1 {HIDDEN}", hide_links(hide(text, secrets)))
