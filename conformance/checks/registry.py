"""The register of checks: functions that look at one exchange and say which requirements it keeps and which it breaks.

A check names its requirements where it is registered and may speak of no others. Verdicts are made elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from functools import cached_property
from typing import Final

from attrs import define, frozen

from conformance import ledger, roots, spec
from conformance.collection import Selection
from conformance.exchange import LONG_AGO, NOBODYS_TAG, CredentialKind, Exchange
from conformance.knowledge import Knowledge, SelectionKey
from conformance.preference import Preferred, is_well_formed, preferred
from conformance.query import Query

_CONDITIONAL: Final = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range", "if-range"}
)
_UNWANTED: Final = re.compile(r";\s*q\s*=\s*0(\.0*)?\s*(;|$)", re.IGNORECASE)
"""The weight of a media type that is not acceptable (RFC 9110)."""
_OF_GATEWAYS: Final = frozenset(
    {
        "origin",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-for",
        "user-agent",
        "accept-charset",
        "accept-language",
        "cookie",
    }
)
_ANY_MEDIA_TYPE: Final = frozenset({"*/*", "application/*"})
_OF_NO_EFFECT: Final = frozenset({("if-none-match", NOBODYS_TAG), ("if-modified-since", LONG_AGO)})
"""Conditions that ask for the whole answer."""


@define
class Observation:
    """What one exchange says of one requirement.

    Attributes:
        requirement: Its id.
        holds: Whether the exchange keeps it.
        message: What came instead; empty where it holds.
        contestable: Whether a collection that moved between two looks could explain it.
        check: The name of the check that observed it.
    """

    requirement: str
    holds: bool
    message: str = ""
    contestable: bool = False
    check: str = ""


def held(requirement: str) -> Observation:
    """The exchange keeps a requirement."""
    return Observation(requirement, holds=True)


def broken(requirement: str, message: str, *, contestable: bool = False) -> Observation:
    """The exchange breaks a requirement."""
    return Observation(requirement, holds=False, message=message, contestable=contestable)


def judged(requirement: str, holds: bool, message: str, *, contestable: bool = False) -> Observation:
    """The exchange keeps a requirement, or breaks it with the message."""
    return held(requirement) if holds else broken(requirement, message, contestable=contestable)


@define
class Context:
    """An exchange beside what is needed to judge it.

    Attributes:
        exchange: The exchange.
        query: Its query as the page reads it.
        knowledge: What the run has learned so far.
        secrets: The credentials that the answer must not repeat.
    """

    exchange: Exchange
    query: Query
    knowledge: Knowledge
    secrets: tuple[str, ...] = ()

    @cached_property
    def preferred(self) -> Preferred:
        """The representation that the request asks for."""
        return preferred(self.exchange.request.header("prefer"))

    @property
    def page_size(self) -> int:
        """The exports that a page may have: as many as are asked for, or as one has where nothing is."""
        return self.query.count("$top") or self.knowledge.default_top

    @cached_property
    def conditional(self) -> bool:
        """Whether the request is conditional or asks for a range, so that HTTP itself has further statuses for it."""
        headers = self.exchange.request.headers
        return any(
            name.lower() in _CONDITIONAL and (name.lower(), value) not in _OF_NO_EFFECT for name, value in headers
        )

    @cached_property
    def acceptable(self) -> bool:
        """Whether the request accepts a media type that the page has."""
        every = self._accepted & (spec.media_types() | _ANY_MEDIA_TYPE)
        return bool(every) and not self._refuses_plain_bodies

    @property
    def accepts_by_name(self) -> bool:
        """Whether the request accepts a media type that the page has by its name, and not by a range alone."""
        return bool(self._accepted & spec.media_types())

    @cached_property
    def _accepted(self) -> Set[str]:
        lines = self.exchange.request.header("accept")
        named = ",".join(lines) if lines else spec.VENDOR_MEDIA_TYPE
        return {part.split(";")[0].strip().lower() for part in named.split(",") if not _UNWANTED.search(part)}

    @property
    def _refuses_plain_bodies(self) -> bool:
        """Whether the request wants no body without a coding, which a server may not be able to give."""
        parts = ",".join(self.exchange.request.header("accept-encoding")).lower().split(",")
        return any(part.strip().startswith(("identity", "*")) and _UNWANTED.search(part) for part in parts)

    @property
    def rather_a_page(self) -> bool:
        """Whether the request asks for HTML before JSON, as a browser does: an error may then be a page."""
        return any("text/html" in line.lower() for line in self.exchange.request.header("accept"))

    @cached_property
    def plain_root(self) -> str | None:
        """The value of `x-api-host-and-root` that links must begin with; None where there is none to hold."""
        lines = self.exchange.request.header("x-api-host-and-root")
        return lines[0] if len(lines) == 1 and roots.is_plain(lines[0]) else None

    @cached_property
    def selection(self) -> Selection | None:
        """The exports that the query selects, as far as is known."""
        return self.knowledge.selection(self.query)

    @property
    def sequence_key(self) -> SelectionKey | None:
        """What decides the order of the list; None where it is unclear which representation is asked for."""
        if self.preferred is Preferred.UNCLEAR:
            return None
        return SelectionKey.of(self.query, full=self.preferred is Preferred.REPRESENTATION)

    @property
    def odd_root(self) -> bool:
        """Whether a value of `x-api-host-and-root` may spoil the links."""
        return bool(self.exchange.request.header("x-api-host-and-root")) and self.plain_root is None

    @property
    def by_cursor(self) -> bool:
        """Whether the request names its page by a parameter that links have of the server's own."""
        return bool(self.query.unknown & self.knowledge.cursors)

    @property
    def turned_away(self) -> bool:
        """Whether a gateway may have refused or redirected the request for a header that is its own business."""
        named = any(name.lower() in _OF_GATEWAYS for name, _ in self.exchange.request.headers)
        return named and 300 <= self.exchange.status < 500

    @property
    def by_another_path(self) -> bool:
        """Whether the path of a list is written as the page and the public clients do not write it."""
        of_list = self.operation == spec.LIST
        return of_list and self.exchange.request.path not in (spec.collection_path(), spec.bare_path())

    @property
    def spoilt_header(self) -> bool:
        """Whether a header that the page names is malformed, so that a server may say so."""
        return self.odd_root or not is_well_formed(self.exchange.request.header("prefer"))

    @cached_property
    def ordinary(self) -> bool:
        """Whether the page says how the request is answered: a well-formed GET with the good credential."""
        request = self.exchange.request
        return (
            request.method == "GET"
            and request.credential.kind is CredentialKind.GOOD
            and self.acceptable
            and not request.odd
            and not self.conditional
            and not self.turned_away
        )

    @cached_property
    def operation(self) -> str:
        """The id of the operation that the request is for."""
        return self.exchange.request.operation

    @cached_property
    def readable_list(self) -> bool:
        """Whether the exchange is an ordinary request for the list, answered by one."""
        return self.ordinary and self.exchange.is_list and self.operation == spec.LIST

    @property
    def comparable(self) -> bool:
        """Whether the exchange is a list whose every export can be told from the others, and the walk is one too."""
        snapshot = self.knowledge.snapshot
        return (
            self.readable_list
            and snapshot is not None
            and not snapshot.repeats
            and all(isinstance(export.get("id"), str) for export in self.exchange.exports)
        )


CheckFunction = Callable[[Context], Iterator[Observation]]


@frozen
class Check:
    """A registered check."""

    name: str
    requirements: frozenset[str]
    function: CheckFunction
    operation: str | None
    by_any_path: bool

    def is_for(self, context: Context) -> bool:
        """Whether it is a check of the operation that the exchange is of, or may be taken for."""
        if self.operation is None:
            return True
        return self.operation == context.operation and (self.by_any_path or not context.by_another_path)


CHECKS: Final[dict[str, Check]] = {}


def check(
    *requirements: str, operation: str | None = spec.LIST, by_any_path: bool = False
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a check of these requirements, for the exchanges of one operation; None for those of every one.

    Args:
        requirements: Their ids.
        operation: The operation's id.
        by_any_path: Whether it holds, too, where the path is written as nobody writes it, and another thing may answer.

    Raises:
        KeyError: The ledger has no such requirement.
    """
    for requirement in requirements:
        ledger.requirements()[requirement]

    def register(function: CheckFunction) -> CheckFunction:
        CHECKS[function.__name__] = Check(function.__name__, frozenset(requirements), function, operation, by_any_path)
        return function

    return register


class UndeclaredRequirementError(Exception):
    """A check speaks of a requirement that it did not name."""


def observe(context: Context, by: Iterable[Check] | None = None) -> Iterator[Observation]:
    """What the checks of its operation say of an exchange.

    Nothing is said of an operation that the server was not seen to have.

    Args:
        context: The exchange and what is known.
        by: The checks to ask; every registered one where there are none.

    Raises:
        UndeclaredRequirementError: A check speaks of a requirement that it did not name.
    """
    if context.operation not in context.knowledge.served:
        return
    for each in CHECKS.values() if by is None else by:
        if not each.is_for(context):
            continue
        for seen in each.function(context):
            if seen.requirement not in each.requirements:
                raise UndeclaredRequirementError(f"{each.name} speaks of {seen.requirement}")
            seen.check = each.name
            yield seen
