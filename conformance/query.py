"""How the page reads a query: which parameters are valid, which are not, and which it leaves to the server.

The bounds come from the spec; what is said here is only where the page is silent (the freedoms), and which
requirement a bad value goes against. What the server made of it is left to the checks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

import jsonschema_rs
from attrs import field, frozen

from conformance import spec
from conformance.exchange import Request

_FREE_COUNT: Final = re.compile(
    r"\s*[+-]?[\d_]*(\.[\d_]*)?(e[+-]?\d+)?\s*|\s*[+-]?(0x[\da-f]+|0o?[0-7]+|0b[01]+)\s*",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(r"(0|[1-9][0-9]*)", re.ASCII)
_NEGATIVE: Final = re.compile(r"-[1-9][0-9]*", re.ASCII)
_UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UUID_SPELLINGS: Final = r"(urn:uuid:)?[{(]?(-*[0-9a-f]){32}-*[)}]?"
_CHANGESET: Final = r"[0-9a-f]{40}"
_NEARLY_HEX: Final = r"[0-9a-z{}()-]*[0-9a-f]{6}[0-9a-z{}()-]*"
_TILE_VERSION: Final = re.compile(r"[1-9][0-9]?", re.ASCII)
_ITWINJS: Final = re.compile(r"[1-9]\.[0-9]{1,2}\.[0-9]{1,2}", re.ASCII)
_LARGEST_HELD_SKIP: Final = 999_999_999
"""A number of more digits may be refused: some services count digits to keep within 32 bits."""

FILTERS: Final = ("iModelId", "changesetId", "exportType")
"""Parameters that select by a member of `request`."""
IDENTIFIERS: Final = FILTERS[:2]
"""Those of them that are ids, of a form that the page gives."""
_FORMS: Final = {
    "iModelId": (_UUID, _UUID_SPELLINGS, rf"{_NEARLY_HEX}|.*{_UUID}.*"),
    "changesetId": (_CHANGESET, _CHANGESET, rf"{_NEARLY_HEX}|.*{_CHANGESET}.*|[0-9a-f]+|[0-9a-z]{{40}}"),
}
"""Of each of these its form, other spellings of it, and what is nearly one, such as a list of ids or one in quotes."""
CURRENT: Final = {"tileVersion": "37", "iTwinJS": "5.13.3"}
"""The versions that public clients ask for."""
COMPATIBILITY: Final = tuple(CURRENT)
"""Parameters that select by a rule that only the server knows."""
PLACES: Final = ("$top", "$skip")
"""Parameters that cut a page out of a selection."""


class Validity(StrEnum):
    """What the page says of a parameter as it was sent."""

    VALID = "valid"
    INVALID = "invalid"
    FREE = "free"
    """The page leaves it to the server: refused, ignored or taken, but never a server error."""


@frozen
class Parameter:
    """One documented query parameter as it was sent.

    Attributes:
        name: Its exact name.
        value: Its (first) value, decoded.
        validity: What the page says of it.
        requirement: The requirement that a server breaks by taking an invalid value, or by refusing a valid one.
        own_way: Whether a server may treat a free value as it likes, not only take it or refuse it with 422.
    """

    name: str
    value: str
    validity: Validity
    requirement: str
    own_way: bool = False


@frozen
class Query:
    """A query as the page reads it.

    Attributes:
        parameters: The documented parameters by name.
        unknown: Names that the page does not have.
        respelled: Whether a name differs from a documented one in case or blanks alone.
    """

    parameters: Mapping[str, Parameter]
    unknown: frozenset[str] = frozenset()
    respelled: bool = False
    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def of(self, validity: Validity) -> dict[str, Parameter]:
        """The parameters of one validity."""
        return {name: parameter for name, parameter in self.parameters.items() if parameter.validity is validity}

    @property
    def must_be_refused(self) -> bool:
        """Whether a parameter is invalid."""
        return bool(self.of(Validity.INVALID))

    @property
    def own_way(self) -> bool:
        """Whether a server may treat the query in its own way, as long as it is no server error."""
        return self.respelled or any(parameter.own_way for parameter in self.parameters.values())

    @property
    def must_be_accepted(self) -> bool:
        """Whether every parameter is valid and none is of doubtful reading."""
        return not self.respelled and all(
            parameter.validity is Validity.VALID for parameter in self.parameters.values()
        )

    def value(self, name: str) -> str | None:
        """The value of a valid parameter."""
        parameter = self.parameters.get(name)
        return parameter.value if parameter and parameter.validity is Validity.VALID else None

    def count(self, name: str) -> int | None:
        """The value of a valid count, `$top` or `$skip`."""
        value = self.value(name)
        return None if value is None else int(value)


def read(request: Request, known_types: Collection[str] = ()) -> Query:
    """Read the query of a request; `known_types` are the export types that the server is known to have."""
    pairs = request.pairs
    documented = spec.parameters("query")
    times = Counter(name for name, _ in pairs)
    parameters = {}
    for name, value in reversed(pairs):
        if name in documented:
            validity, requirement = _judge(name, value, known_types)
            if times[name] > 1:
                validity = Validity.FREE
            own_way = validity is Validity.FREE and (times[name] > 1 or not _taken_or_refused(name, value))
            parameters[name] = Parameter(name, value, validity, requirement, own_way)
    unknown = frozenset(times) - frozenset(documented)
    respelled = any(_bare(name) in {_bare(other) for other in documented} for name in unknown)
    return Query(parameters, unknown, respelled, tuple(pairs))


def _bare(name: str) -> str:
    """A name as a lenient server reads it: `[` begins what is within a value."""
    return name.strip().lower().strip("$\0[").partition("[")[0].strip("$\0]")


def _taken_or_refused(name: str, value: str) -> bool:
    """Whether a free value is one that a server takes or refuses, where others it may treat in its own way."""
    if name in PLACES:
        return _COUNT.fullmatch(value) is not None
    return value != "" and name in FILTERS


def _judge(name: str, value: str, known_types: Collection[str]) -> tuple[Validity, str]:
    slug = name.removeprefix("$").lower()
    accepted = f"{slug}-accepted"
    if value == "":
        return Validity.FREE, accepted
    if name in PLACES:
        return _judge_count(name, value, slug)
    if name in IDENTIFIERS:
        return _judge_identifier(name, value, slug)
    if name == "$orderBy":
        return _judge_order(value)
    free = {
        "cdn": lambda: value not in ("0", "1"),
        "tileVersion": lambda: _TILE_VERSION.fullmatch(value) is None,
        "iTwinJS": lambda: _ITWINJS.fullmatch(value) is None,
        "exportType": lambda: value not in known_types,
    }[name]()
    return (Validity.FREE if free else Validity.VALID), accepted


def _judge_count(name: str, value: str, slug: str) -> tuple[Validity, str]:
    if _COUNT.fullmatch(value):
        number = int(value[:400])
        if not _fits(name, "maximum", number):
            return Validity.INVALID, "top-maximum"
        free = number == 0 if name == "$top" else number > _LARGEST_HELD_SKIP
        return (Validity.FREE if free else Validity.VALID), f"{slug}-accepted"
    if _NEGATIVE.fullmatch(value):
        return Validity.INVALID, f"{slug}-negative"
    # A semicolon once stood between parameters, too.
    if _FREE_COUNT.fullmatch(value) or ";" in value or (name, value) == ("$skip", "Infinity"):
        return Validity.FREE, f"{slug}-accepted"
    return Validity.INVALID, f"{slug}-number"


def _judge_identifier(name: str, value: str, slug: str) -> tuple[Validity, str]:
    form, spellings, nearly = _FORMS[name]
    if re.fullmatch(form, value):
        return Validity.VALID, f"{slug}-accepted"
    if re.fullmatch(spellings, value.strip(), re.IGNORECASE):
        return Validity.FREE, f"{slug}-accepted"
    near = re.fullmatch(nearly, value, re.ASCII | re.IGNORECASE | re.DOTALL)
    return Validity.INVALID, f"{slug}-format" if near else f"{slug}-invalid"


def _judge_order(value: str) -> tuple[Validity, str]:
    if _fits("$orderBy", "enum", value):
        return Validity.VALID, "orderby-accepted"
    if _fits("$orderBy", "enum", "".join(value.lower().split())):
        return Validity.FREE, "orderby-accepted"
    return Validity.INVALID, "orderby-unsupported"


@cache
def _validator(name: str, keyword: str) -> jsonschema_rs.Validator:
    schema: dict[str, Any] = spec.parameters("query")[name]["schema"]
    return jsonschema_rs.Draft202012Validator({keyword: schema[keyword]} if keyword in schema else {})


def _fits(name: str, keyword: str, value: object) -> bool:
    readable = value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
    return _validator(name, keyword).is_valid(readable)


def same_value(name: str, one: str, other: str) -> bool:
    """Whether two values of a filter are one: the case of an id has no meaning, and a type has two spellings."""
    return same_type(one, other) if name == "exportType" else one.lower() == other.lower()


def same_type(one: str, other: str) -> bool:
    """Whether two export types are spellings of one: `3DTiles` and `3DTILES`."""
    return one == other or {one, other} == {"3DTiles", "3DTILES"}
