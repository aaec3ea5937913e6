"""Keeps secrets out of everything that is written: tokens, credentials made from them, signed links.

A text is read as whoever means to find a secret in it would: escapes undone, case and the two alphabets of base64 made
one. What is found there is replaced where it stands. Who writes what is not decided here.
"""

from __future__ import annotations

import base64
import re
import uuid
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, takewhile
from typing import Any, Final
from urllib.parse import parse_qsl, quote_plus, urlsplit

PLACEHOLDER: Final = "$MESH_EXPORT_TOKEN"
_LINK_PLACEHOLDER: Final = "…"
_SHORTEST: Final = 3
_HEAD: Final = 8
"""The length from which the beginning of a secret counts as the secret: whoever cuts a text may cut one in two."""
_LINK_HEAD: Final = 16
_MOST_LINKS: Final = 1000
"""Links that are remembered: a server may sign each anew in each answer, and a run may be long."""
_URL_WITH_QUERY: Final = re.compile(r"""(https?:(?:\\?/|%2F)[^\s"'<>?]*)\?[^\s"'<>]*""", re.IGNORECASE)
_END_OF_URL: Final = re.compile(r"""[\s"'<>]+""")
# Each alternative begins with a character of its own: so the module looks for these first, and that is fast.
_ESCAPE: Final = re.compile(
    r"%(?:25)*([0-9a-f]{2})|\\\\*u00([0-9a-f]{2})|\\\\*x([0-9a-f]{2})|&#x0*([0-9a-f]{2});|&#0*([0-9]{2,3});"
    r"|&(amp|lt|gt|quot|apos);|\\\\*",
    re.IGNORECASE,
)
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ONE_SPELLING: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")
_DATE_OR_NUMBER: Final = re.compile(r"[0-9:TZ.+-]*")


def hide_signed_links(text: str, collection: str) -> str:
    """The text without the queries of URLs, except those of the collection: a mesh link is signed in its query."""

    def hide(match: re.Match[str]) -> str:
        path = match[1].replace("\\/", "/").rstrip("/")
        return match[0] if path.endswith(f"/{collection}") else f"{match[1]}?…"

    return _URL_WITH_QUERY.sub(hide, text)


class Redactor:
    """Replaces each known secret, in whatever spelling it comes and also where it is cut short, by a placeholder."""

    def __init__(self) -> None:
        self._secrets: dict[str, None] = {}
        self._links: dict[str, None] = {}
        self._tables: dict[int, dict[str, list[tuple[str, str]]]] | None = None
        self._longest = 0

    def add(self, secret: str) -> None:
        """Count a text among the secrets from now on. Texts of fewer than three characters tell nothing and stay."""
        if len(secret) >= _SHORTEST and secret not in self._secrets:
            self._secrets[secret] = None
            self._tables = None

    def add_links(self, links: Iterable[str]) -> None:
        """Count the signed queries of links among the secrets; those that came long ago are forgotten."""
        for link in links:
            if link not in self._links:
                self._links[link] = None
                self._tables = None
        for oldest in list(islice(self._links, max(0, len(self._links) - _MOST_LINKS))):
            del self._links[oldest]

    def merge(self, other: Redactor) -> None:
        """Count what another one knows among the secrets too."""
        for secret in other._secrets:
            self.add(secret)
        self.add_links(other._links)

    def __call__(self, text: str) -> str:
        """The text without any secret."""
        if not (self._secrets or self._links):
            return text
        plain, places = _read(text)
        pieces, end = [], 0
        for begin, stop, placeholder in self._found(plain):
            pieces += [text[end : places[begin]], placeholder]
            end = places[stop]
        return "".join((*pieces, text[end:]))

    def told(self, text: str, collection: str) -> str:
        """The text without any secret, and without the signed queries of links.

        In this order: the rest of a secret that is cut in two could not be told any more.
        """
        return hide_signed_links(self(text), collection)

    def cleaned(self, value: Any) -> Any:
        """Plain data without any secret in its texts."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {name: self.cleaned(member) for name, member in value.items()}
        return [self.cleaned(member) for member in value] if isinstance(value, (list, tuple)) else value

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_tables": None}

    def _found(self, plain: str) -> Iterator[tuple[int, int, str]]:
        """Where a text has secrets: begin, end and placeholder of each, none within another."""
        if self._tables is None:
            self._tables = self._build()
        spans = sorted(
            (
                (begin, begin + _common(plain, begin, spelling), placeholder)
                for length, table in self._tables.items()
                for begin in range(len(plain) - length + 1)
                if (alike := table.get(plain[begin : begin + length]))
                for spelling, placeholder in _nearest(alike, plain[begin : begin + self._longest])
            ),
            key=lambda span: (span[0], -span[1]),
        )
        end = 0
        for begin, stop, placeholder in spans:
            if stop > end:
                yield max(begin, end), stop, placeholder
                end = stop

    def _build(self) -> dict[int, dict[str, list[tuple[str, str]]]]:
        tables: dict[int, dict[str, list[tuple[str, str]]]] = {}
        whole = ((spelling, _HEAD, PLACEHOLDER) for secret in self._secrets for spelling in spellings(secret))
        signed = (
            (spelling, _LINK_HEAD, _LINK_PLACEHOLDER)
            for link in self._links
            for secret in _signed(link)
            for spelling in spellings(secret)
        )
        for spelling, head, placeholder in (*whole, *signed):
            length = min(head, len(spelling))
            tables.setdefault(length, {}).setdefault(spelling[:length], []).append((spelling, placeholder))
            self._longest = max(self._longest, len(spelling))
        for table in tables.values():
            for alike in table.values():
                alike.sort()
        return tables


def _nearest(alike: list[tuple[str, str]], piece: str) -> Sequence[tuple[str, str]]:
    """Of spellings in order, the two that a piece of text stands between: no other begins with more of it.

    Signed links of one service have a long beginning in common, and there may be a thousand of them.
    """
    place = bisect_left(alike, (piece,))
    return alike[max(0, place - 1) : place + 1]


def _common(text: str, begin: int, spelling: str) -> int:
    """How many characters a text from a place on has in common with a spelling."""
    pairs = zip(spelling, text[begin : begin + len(spelling)], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def holds(text: str, secret: str) -> bool:
    """Whether a text holds a secret in any spelling, whatever the case."""
    plain = _plain(text)
    return any(spelling in plain for spelling in spellings(secret))


@lru_cache(maxsize=16)
def _plain(text: str) -> str:
    return _in_one_spelling(_ESCAPE.sub(_decoded, text))


@lru_cache(maxsize=4 * _MOST_LINKS)
def spellings(secret: str) -> frozenset[str]:
    """How a text that was read may have a secret: as it is, in hexadecimal, and in each of the phases of base64."""
    raw = secret.encode("utf-8", "surrogateescape")
    forms = [secret, raw.hex(), *_in_base64(raw), *_in_base64(quote_plus(raw).encode())]
    # What looks like an escape in a secret may be undone with the others, or stay when those around it are undone.
    plain = {_plain(form) for form in forms} | {_in_one_spelling(secret.replace("\\", ""))}
    return frozenset(form for form in plain if len(form) >= _SHORTEST)


def _in_base64(raw: bytes) -> Iterator[str]:
    for phase in range(3):
        encoded = base64.b64encode(b"\0" * phase + raw)
        # The characters at both ends also depend on the bytes beside the secret.
        inner = encoded[(0, 2, 3)[phase] : len(encoded) // 4 * 4 - (4 if (phase + len(raw)) % 3 else 0)].decode()
        if len(inner) >= _HEAD:
            yield inner


def _signed(link: str) -> Sequence[str]:
    """What a link holds that is secret: its query, and what of it is neither a date nor an id.

    So is what stands behind a character that a URL cannot have: there the link ends for whoever looks for one.
    """
    raw = link.partition("?")[2]
    tails = [raw[match.end() :] for match in _END_OF_URL.finditer(raw)]
    try:
        query = urlsplit(link).query
        values = [value for _, value in parse_qsl(query) if len(value) >= _LINK_HEAD]
    except ValueError:
        query, values = "", []
    telling = [value for value in (*tails, *values) if not (_DATE_OR_NUMBER.fullmatch(value) or _is_uuid(value))]
    return [secret for secret in dict.fromkeys((raw, query, *telling)) if len(secret) >= _SHORTEST]


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _read(text: str) -> tuple[str, list[int]]:
    """A text without its escapes and in one spelling, and where each of its characters begins; the end comes last."""
    pieces, places, end = [], [], 0
    for match in _ESCAPE.finditer(text):
        decoded = _decoded(match)
        pieces += [text[end : match.start()], decoded]
        places += [*range(end, match.start()), *[match.start()] * len(decoded)]
        end = match.end()
    pieces.append(text[end:])
    places += range(end, len(text) + 1)
    return _in_one_spelling("".join(pieces)), places


def _in_one_spelling(text: str) -> str:
    # Of bytes, since the translation of a text with a single character beyond ASCII takes ten times as long.
    return text.encode("utf-8", "surrogatepass").translate(_ONE_SPELLING).decode("utf-8", "surrogatepass")


def _decoded(match: re.Match[str]) -> str:
    *hexadecimal, decimal, name = match.groups()
    digits = next((each for each in hexadecimal if each), None)
    if name:
        return _NAMED[name.lower()]
    character = chr(int(digits, 16) if digits else int(decimal or 92))
    # Nobody can tell how many of them stand for one.
    return "" if character == "\\" else character
