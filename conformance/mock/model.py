"""What the parts of the endpoint hand to one another: exports, requests, calls, answers, and the stages between them.

Data only. What each stage does in a conforming endpoint is in the module of its theme; `stages` puts them in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from datetime import datetime

    from .data import Collection
    from .reading import Reading

COLLECTION = "/mesh-export/"
VENDOR_TYPE = "application/vnd.bentley.itwin-platform.v1+json"
PARAMETERS = (
    "iModelId",
    "changesetId",
    "$top",
    "$skip",
    "$orderBy",
    "cdn",
    "tileVersion",
    "exportType",
    "iTwinJS",
)

Json = dict[str, Any]
Version = tuple[int, ...]


@frozen
class Export:
    """One export of the collection.

    Attributes:
        number: Its place in storage; no two exports share one.
        changeset_index: The place of its changeset in the history of the iModel.
        tile_version: The lowest tile version that can show it.
        itwinjs: The lowest iTwin.js version that can show it.
    """

    number: int
    id: str
    display_name: str
    status: str
    last_modified: datetime
    imodel_id: str
    changeset_id: str
    changeset_index: int
    export_type: str
    tile_version: Version
    itwinjs: Version


@frozen
class Request:
    """A request as it came, before anything in it is understood.

    Attributes:
        path: The path without percent-encoding.
        target: The path as it was sent.
        query: What follows the question mark, as it was sent.
        headers: The header lines in order, names in lower case.
        body: The body as it came.
    """

    method: str
    scheme: str
    path: str
    target: bytes
    query: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def lines(self, name: str) -> list[str]:
        """All lines of one header.

        Args:
            name: The header's name in lower case.
        """
        return [value for header, value in self.headers if header == name]

    def header(self, name: str) -> str | None:
        """The first line of one header, if there is one.

        Args:
            name: The header's name in lower case.
        """
        return next(iter(self.lines(name)), None)


@frozen
class Query:
    """The documented parameters of a request: as they were written, and what they mean.

    Attributes:
        given: The text of each parameter that counts, for the links.
        values: The meaning of each parameter that has one.
    """

    given: Mapping[str, str]
    values: Mapping[str, Any]

    @property
    def top(self) -> int:
        """How many exports a page holds."""
        top: int = self.values.get("$top", 100)
        return top

    @property
    def skip(self) -> int:
        """How many exports come before the page."""
        skip: int = self.values.get("$skip", 0)
        return skip


@frozen
class Problem:
    """One thing that is wrong with a request."""

    code: str
    message: str
    target: str | None


class InvalidValueError(Exception):
    """A parameter has a value that the endpoint cannot work with; the argument is the message."""


class LeftOpenError(InvalidValueError):
    """A parameter has a malformed value that is left to the endpoint, and the reading refuses it."""


class RefusalError(Exception):
    """A request is refused for its parameters.

    Attributes:
        problems: What is wrong.
        left_open: Whether it is left to the endpoint what becomes of one of them.
    """

    def __init__(self, problems: Sequence[Problem], *, left_open: bool = False) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)
        self.left_open = left_open


@frozen
class Preference:
    """What the client prefers.

    Attributes:
        full: Whether exports come in full representation.
        applied: The preference that was asked for and is met, as `Preference-Applied` says it.
    """

    full: bool = False
    applied: str | None = None


@frozen
class Page:
    """Where a page lies in its selection."""

    top: int
    skip: int
    size: int
    total: int


@frozen
class Answer:
    """An answer before it is written as bytes.

    Attributes:
        document: What the body says, unless `body` has its bytes.
        media_type: The media type of the body, in place of the usual one.
        delay: Seconds to wait before the answer goes out.
        late: Makes the answer that goes out after the delay, in place of this one.
    """

    status: int
    document: Any = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    media_type: str | None = None
    delay: float = 0
    late: Callable[[], Answer] | None = None


@frozen
class Wire:
    """An answer as bytes: the body in one piece, or in several without a length."""

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: tuple[bytes, ...]


@frozen
class Call:
    """A request together with everything that its answer may depend on.

    Attributes:
        number: How many requests came before.
        moment: The time on a clock that only goes forward, in seconds.
        exports: The collection as it stands at this moment.
        store: The collection itself, for operations that change it.
        other_token: The token of another user with fewer rights, if there is one.
        unreadable: The iModels that the other user may not read.
    """

    request: Request
    reading: Reading
    token: str
    number: int
    moment: float
    exports: tuple[Export, ...]
    store: Collection = field(repr=False)
    stages: Stages = field(repr=False)
    other_token: str | None = field(default=None, repr=False)
    unreadable: frozenset[str] = frozenset()


Gate = Callable[[Call], Answer | None]
Parser = Callable[[Call, str], Any]
Matcher = Callable[[Call, Export, Any], bool]
Linker = Callable[[Call, Query, Page], str | None]


@frozen
class Stages:
    """The way from a call to its answer, each part of it replaceable on its own.

    The first group is the row itself, what answers each operation, and the refusals that need no parameters; the others
    follow the row of the list: read and validate the query, select, order and slice, represent, link, put together,
    write.
    """

    answer: Callable[[Call], Answer]
    operations: Mapping[str, Callable[[Call], Answer]]
    route: Gate
    authorize: Gate
    limit: Gate
    reach: Callable[[Call], Sequence[Export]]

    read: Callable[[Call], Mapping[str, str]]
    parsers: Mapping[str, Parser]
    validate: Callable[[Call, Mapping[str, str]], Query]
    refuse: Callable[[Call, Sequence[Problem]], Answer]

    list_exports: Callable[[Call, Query], Answer]
    matchers: Mapping[str, Matcher]
    select: Callable[[Call, Query, Sequence[Export]], Sequence[Export]]
    order: Callable[[Call, Query, Sequence[Export]], Sequence[Export]]
    slice: Callable[[Call, Query, Sequence[Export]], Sequence[Export]]

    prefer: Callable[[Call], Preference]
    represent: Callable[[Call, Query, Preference, Export], Json]

    root: Callable[[Call], str]
    href: Callable[[Call, Query, Page, Mapping[str, str]], str]
    linkers: Mapping[str, Linker]

    compose: Callable[[Call, Preference, Sequence[Json], Json], Answer]
    finish: Callable[[Call, Answer], Answer]
    write: Callable[[Call, Answer], Wire]
