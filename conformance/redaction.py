"""Keeps secrets out of everything that is written: tokens, credentials made from them, signed links.

Only the replacement of text; who writes what is not decided here.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from typing import Final
from urllib.parse import quote, quote_plus

PLACEHOLDER: Final = "$MESH_EXPORT_TOKEN"
_SHORTEST: Final = 3


_URL_WITH_QUERY: Final = re.compile(r"""(https?:(?:\\?/|%2F)[^\s"'<>?]*)\?[^\s"'<>]*""", re.IGNORECASE)


def hide_signed_links(text: str, collection: str) -> str:
    """The text without the queries of URLs, except those of the collection: a mesh link is signed in its query."""

    def hide(match: re.Match[str]) -> str:
        path = match[1].replace("\\/", "/").rstrip("/")
        return match[0] if path.endswith(f"/{collection}") else f"{match[1]}?…"

    return _URL_WITH_QUERY.sub(hide, text)


class Redactor:
    """Replaces each known secret, in whatever spelling it comes, by a placeholder."""

    def __init__(self) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str) -> None:
        """Count a text among the secrets from now on. Texts of fewer than three characters tell nothing and stay."""
        new = {spelling for spelling in _spellings(secret) if len(spelling) >= _SHORTEST} - self._spellings
        if new:
            self._spellings |= new
            self._pattern = None

    def merge(self, other: Redactor) -> None:
        """Count what another one knows among the secrets too."""
        self._spellings |= other._spellings
        self._pattern = None

    def __call__(self, text: str) -> str:
        """The text without any secret."""
        if not self._spellings:
            return text
        if self._pattern is None:
            longest_first = sorted(self._spellings, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
        return self._pattern.sub(PLACEHOLDER, text)


def holds(text: str, secret: str) -> bool:
    """Whether a text holds a secret in any spelling, whatever the case."""
    lowered = text.lower()
    return any(spelling in lowered for spelling in _lowered(secret))


@cache
def _lowered(secret: str) -> frozenset[str]:
    return frozenset(spelling.lower() for spelling in _spellings(secret) if len(spelling) >= _SHORTEST)


def _spellings(secret: str) -> set[str]:
    """The secret as it stands, percent-encoded, JSON-escaped, and in each of the three phases of base64."""
    spellings = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
    }
    raw = secret.encode("utf-8", "surrogateescape")
    for phase in range(3):
        encoded = base64.b64encode(b"\0" * phase + raw)
        # The characters at both ends also depend on the bytes beside the secret.
        inner = encoded[(0, 2, 3)[phase] : len(encoded) // 4 * 4 - (4 if (phase + len(raw)) % 3 else 0)].decode()
        spellings |= {inner, inner.replace("+", "-").replace("/", "_")} if len(inner) >= 8 else set()
    return spellings
