"""A request, and what came back: the two halves of an exchange.

Plain records. Who sends them is the endpoint's business, what they prove is the checks'.
"""

from __future__ import annotations

import codecs
import json
import string
from collections.abc import Iterable, Iterator
from email.message import Message
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from attrs import define, evolve, field, frozen

from conformance import spec

_QUERY_SAFE: Final = "$:-._~,/@"
_QUERY_CHARACTERS: Final = frozenset(f"{string.ascii_letters}{string.digits}-._~!$&'()*+,;=:@/?%")
"""What RFC 3986 lets a query hold: a server may read anything else as it likes, `#` above all."""

TIME_BOUND: Final = 10.0
"""Seconds within which an answer must come: generous, for a loaded machine."""
FOREIGN_METHOD: Final = "PROPFIND"
"""A safe method of another protocol: what is no GET must not be answered as one."""
NOBODYS_TAG: Final = '"b7c1-no-answer-has-this-tag"'
"""An entity tag that no answer has, so that whoever asks by it asks for the whole answer."""
LONG_AGO: Final = "Sat, 29 Oct 1994 19:43:31 GMT"
"""A date since which every collection has changed."""
NOBODYS_IDS: Final = ("d3b07384-d113-4ec4-9a5d-3f1b7c0e8a42", "00000000-0000-4000-8000-000000000000")
"""Ids that are well-formed and made up here, so that nothing has them."""


class CredentialKind(StrEnum):
    """What comes in `Authorization`, as far as a check must know."""

    GOOD = "good"
    NONE = "none"
    WRONG = "wrong"
    MALFORMED = "malformed"
    NEAR_MISS = "near-miss"
    OTHER_SCHEME = "other-scheme"
    OTHER_USER = "other-user"


@frozen
class Credential:
    """What is sent as `Authorization`: the run's own token, nothing, or a value that must not be accepted.

    Attributes:
        kind: What a check must know of it.
        value: The value, where it is not the run's own.
        name: How the value is made; it holds nothing of the token.
    """

    kind: CredentialKind
    value: str | None = field(default=None, repr=False)
    name: str = field(default="", eq=False)


GOOD: Final = Credential(CredentialKind.GOOD)
NO_CREDENTIAL: Final = Credential(CredentialKind.NONE)


def encode(pairs: Iterable[tuple[str, str]]) -> str:
    """Name and value pairs as a query string; `$` is left as it is in names and values."""
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in pairs)


@lru_cache(1024)
def _escape(text: str) -> str:
    return quote(text, safe=_QUERY_SAFE, errors="surrogateescape")


@frozen
class Request:
    """One request to the endpoint.

    Attributes:
        query: The query string exactly as it goes over the wire, without `?`.
        headers: Further header lines; `accept` stands in for itself where it is not among them.
        credential: What goes as `Authorization`.
        method: The HTTP method.
        path: The path exactly as it goes over the wire.
        body: The body; None for a request without one.
    """

    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    credential: Credential = GOOD
    method: str = "GET"
    path: str = field(factory=spec.collection_path)
    body: bytes | None = None

    @classmethod
    def to(cls, operation: str, *, body: Any = None, pairs: Iterable[tuple[str, str]] = (), **more: Any) -> Request:
        """A request of an operation, with a JSON body; the parameters of its path are given by their names."""
        about = spec.operations()[operation]
        places = {name: quote(more.pop(name), safe="") for name in about.places}
        content = None if body is None else json.dumps(body).encode()
        return cls(encode(pairs), method=about.method, path=about.path.format_map(places), body=content, **more)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]] = (), **more: Any) -> Request:
        """A request with query parameters given as pairs."""
        return cls(query=encode(pairs), **more)

    @property
    def operation(self) -> str:
        """The id of the operation that it is for; the list's where it is for none."""
        return spec.operation_of(self.method, self.path, body=self.body is not None)

    @property
    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None

    @property
    def export_id(self) -> str:
        """The id of the export that its path names, in lower case; empty where it names none."""
        return (spec.operations()[self.operation].read_path(self.path) or {}).get("id", "").lower()

    @property
    def changes(self) -> bool:
        """Whether a server could take it for an operation that changes something, whatever its body and its path are.

        A lenient server may read a path that no operation has as one that some operation has; only of the collection's
        own path is it certain which methods are none.
        """
        if self.method.upper() not in spec.changing_methods():
            return False
        on_the_collection = spec.operations()[spec.LIST].read_path(self.path) is not None
        return not on_the_collection or self.method.upper() in spec.documented_methods(self.path)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query as a server reads it: names and values decoded, in order."""
        return parse_qsl(self.query, keep_blank_values=True, errors="surrogateescape")

    @property
    def target(self) -> str:
        """Path and query as on the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def header(self, name: str) -> list[str]:
        """The values of every header line of a name."""
        return [value for key, value in self.headers if key.lower() == name]

    def with_pairs(self, pairs: Iterable[tuple[str, str]]) -> Request:
        """The same request with another query."""
        return evolve(self, query=encode(pairs))

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to read: the number of parts, then of characters."""
        parts = len(self.pairs) + len(self.headers) + (self.credential.kind is not CredentialKind.GOOD)
        return parts, len(self.target) + sum(len(name) + len(value) for name, value in self.headers)

    @property
    def plain(self) -> bool:
        """Whether it asks for the list, with the good credential, and is well-formed as HTTP."""
        good = self.credential.kind is CredentialKind.GOOD
        return self.method == "GET" and good and self.operation == spec.LIST and not self.odd

    @cached_property
    def odd(self) -> bool:
        """Whether an HTTP layer may refuse the request before the service sees it: malformed, or over a size limit."""
        texts = [*(value for _, value in self.headers), self.credential.value or ""]
        if len(self.target) > 1000 or any(len(text) > 2000 for text in texts):
            return True
        if any(not text.isascii() or not text.isprintable() for text in texts):
            return True
        if _bad_escape(self.query) or not set(self.query) <= _QUERY_CHARACTERS:
            return True
        raw = unquote_to_bytes(self.query)
        try:
            return any(ord(character) < 32 or ord(character) == 127 for character in raw.decode())
        except UnicodeDecodeError:
            return True


def _bad_escape(query: str) -> bool:
    pieces = query.split("%")[1:]
    return any(len(piece) < 2 or not all(c in "0123456789abcdefABCDEF" for c in piece[:2]) for piece in pieces)


@frozen
class Shape:
    """What is alike in exchanges that differ in values alone.

    Attributes:
        names: The names of the query parameters, sorted.
        path: The path.
        answer: The names of the header lines of the request, the status, and whether exports came.
    """

    names: tuple[str, ...]
    path: str
    answer: tuple[tuple[str, ...], int, bool]


class Failure(StrEnum):
    """How an exchange ended without a whole answer."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CUT_SHORT = "cut short"
    UNDECODABLE = "undecodable"
    NOT_HTTP = "not HTTP"


@define(eq=False)
class Exchange:
    """A request and its answer.

    Attributes:
        number: Its place among the exchanges of the run, from 1.
        request: What was sent.
        source: Who sent it: the walk, a directed probe, schemathesis, hypothesis, a second look.
        status: The status of the answer; 0 where there was none.
        headers: The header lines of the answer, names in lower case.
        body: The body as it came, decoded from its content coding.
        failure: Why there is no whole answer; None where there is.
        elapsed: Seconds from the first byte sent to the last one read.
        waits: How many times in a row the same request was refused with 429 and waited as long as it was told to.
    """

    number: int
    request: Request
    source: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    failure: Failure | None = None
    elapsed: float = 0.0
    waits: int = 0

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def shape(self) -> Shape:
        """The request without its values, and the kind of answer."""
        request = self.request
        return Shape(
            tuple(sorted(name for name, _ in request.pairs)),
            request.path,
            (tuple(sorted(name.lower() for name, _ in request.headers)), self.status, bool(self.exports)),
        )

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters; empty where there is none."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The encoding that the headers declare, where Python knows it and it is another than UTF-8; else empty."""
        declared = Message()
        declared["content-type"] = self.header("content-type") or ""
        try:
            name = codecs.lookup(declared.get_content_charset("utf-8")).name
            "".encode(name)
        except (LookupError, ValueError):
            return ""
        return "" if name in ("utf-8", "ascii") else name

    @cached_property
    def text(self) -> str:
        """The body as text, in the encoding that is declared; what cannot be read shows as replacement characters."""
        declared = self.body.decode(self.charset, "replace") if self.charset else ""
        in_utf8 = self.body.decode("utf-8-sig", "replace")
        # A wrong declaration is a finding of its own.
        return declared if declared and (_is_json(declared) or not _is_json(in_utf8)) else in_utf8

    @cached_property
    def is_garbled(self) -> bool:
        """Whether the body has bytes that are no letters in its encoding."""
        try:
            self.body.decode(self.charset or "utf-8")
        except UnicodeDecodeError:
            return True
        return False

    @property
    def json(self) -> Any:
        """The body as JSON; `NOT_JSON` where it is none."""
        return self._read[0]

    @property
    def has_duplicate_names(self) -> bool:
        """Whether an object of the JSON body has a name twice."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Any, bool]:
        """The body as JSON, and whether a name comes twice in it: there may be thousands of exports to read."""
        repeats = False

        def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal repeats
            read = dict(pairs)
            repeats = repeats or len(read) < len(pairs)
            return read

        # Of bytes the library reads UTF-16 and UTF-32 too: a wrong encoding is a finding of its own.
        readable = self.body if b"\0" in self.body and not self.charset else self.text
        try:
            return json.loads(readable, parse_constant=_refuse_constant, object_pairs_hook=members), repeats
        except (ValueError, RecursionError):
            return NOT_JSON, False

    @property
    def json_text(self) -> str:
        """The body as a reader sees it: the strings of a JSON body one to a line, their escapes undone."""
        return self.text if self.json is NOT_JSON else "\n".join(_strings(self.json))

    @cached_property
    def exports(self) -> list[dict[str, Any]]:
        """The exports of a list; empty where the body is not one. Entries that are no objects are left out."""
        listed = self._listed
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    @property
    def _listed(self) -> Any:
        return self.json.get("exports") if isinstance(self.json, dict) else None

    @cached_property
    def ids(self) -> list[str]:
        """The ids of the exports in lower case (the case of a UUID has no meaning)."""
        return [str(item.get("id")).lower() for item in self.exports]

    @cached_property
    def links(self) -> dict[str, str]:
        """The links of the list that have a string `href`, by their names."""
        body = self.json
        links = body.get("_links") if isinstance(body, dict) else None
        if not isinstance(links, dict):
            return {}
        return {
            name: link["href"]
            for name, link in links.items()
            if isinstance(link, dict) and isinstance(link.get("href"), str)
        }

    @property
    def error(self) -> dict[str, Any]:
        """The `error` of an error body; empty where there is none that is an object."""
        body = self.json
        error = body.get("error") if isinstance(body, dict) else None
        return error if isinstance(error, dict) else {}

    @property
    def export(self) -> dict[str, Any]:
        """The export of an answer that has a single one; empty where it has none."""
        export = self.json.get("export") if isinstance(self.json, dict) else None
        return export if isinstance(export, dict) else {}

    @property
    def is_list(self) -> bool:
        """Whether the answer is a list that can be read."""
        return self.status == 200 and self.failure is None and isinstance(self._listed, list)


class _NotJson:
    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON: Final = _NotJson()


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
