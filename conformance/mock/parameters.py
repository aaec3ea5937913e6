"""Reads the query and says what each documented parameter means, or what is wrong with it.

Which exports the parameters select is left to `selection`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes
from uuid import UUID

from .data import TYPES
from .model import PARAMETERS, InvalidValueError, LeftOpenError, Parser, Problem, Query, RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .model import Call, Export, Version

TOP_MAXIMUM = 1000
SKIP_MAXIMUM = 999_999_999
TILES = ("3DTiles", "3DTILES")
_CURRENT: Mapping[str, Version] = {"tileVersion": (37,), "iTwinJS": (5, 13, 3)}
CURSOR: Final = "after"
"""The parameter by which links name their page where a reading has one of its own."""
PIN: Final = "snapshot"
"""The parameter by which links hold on to the collection as it stood, where a reading has them do so."""
NOTHING: Final = ()
"""The version that no export is compatible with."""

_UUID_FORM = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID = re.compile(_UUID_FORM)
_UUID_SPELLINGS = re.compile(rf"[0-9a-fA-F]{{32}}|\{{{_UUID_FORM}\}}|urn:uuid:{_UUID_FORM}")
_CHANGESET = re.compile(r"[0-9a-fA-F]{40}")
_TILE_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")
_ITWINJS_VERSION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?:-[0-9A-Za-z.-]+)?")
_BY_LOWER_NAME = {name.lower(): name for name in PARAMETERS}
# What ASCII knows as digits: int() also takes underscores and the digits of other scripts.
_NUMBER = re.compile(r"[0-9]+")
_FRACTION = re.compile(r"[0-9]+(?=[.e])(?:\.[0-9]*)?(?:e\+?[0-9]{1,2})?")
_SIGNED = re.compile(r" *\+?([0-9]+) *")
# Longer numbers are as good as this one, and cost time to convert.
_DIGITS = 1000


def tiles_name(call: Call, export: Export) -> str:
    """How the type of an export with 3D tiles is written, unless that is as the request wrote it.

    Args:
        call: The call.
        export: The export.
    """
    if call.reading.tiles_written == "both":
        return TILES[export.number // 2 % 2]
    return export.export_type if call.reading.tiles_written == "asked" else call.reading.tiles_written


def pairs(query: bytes) -> Iterator[tuple[str, str]]:
    """The names and values of a query as a form has them; bytes that are not UTF-8 are kept as surrogates.

    Args:
        query: What follows the question mark.
    """
    for part in query.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            yield decode(name), decode(value)


def decode(text: bytes) -> str:
    """A name or value without its percent-encoding.

    Args:
        text: The name or value as it was sent.
    """
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "surrogateescape")


def read(call: Call) -> Mapping[str, str]:
    """The documented parameters that the request has, as it wrote them.

    Args:
        call: The call.

    Raises:
        RefusalError: A parameter is repeated or oddly named, and the reading refuses that.
    """
    texts: dict[str, list[str]] = {}
    for name, text in pairs(call.request.query):
        known = _known_name(call, name)
        if known is not None:
            texts.setdefault(known, []).append(text)
    if call.reading.repeated == "refuse":
        repeated = [name for name, values in texts.items() if len(values) > 1]
        if repeated:
            problems = [problem(call, name, f"{name} is given more than once.") for name in repeated]
            raise RefusalError(problems, left_open=True)
    given = {name: _one(call, values) for name, values in texts.items()}
    after = dict(pairs(call.request.query)).get(CURSOR, "") if call.reading.cursors else ""
    return {**given, "$skip": after} if _NUMBER.fullmatch(after) else given


def _known_name(call: Call, name: str) -> str | None:
    if name in PARAMETERS:
        return name
    meant = _BY_LOWER_NAME.get(name.lower())
    if meant is None or call.reading.other_case_names == "unknown":
        return None
    if call.reading.other_case_names == "refuse":
        raise RefusalError([problem(call, meant, f"{meant} is written differently.")], left_open=True)
    return meant


def _one(call: Call, values: list[str]) -> str:
    if call.reading.repeated == "join":
        return ",".join(values)
    return values[-1] if call.reading.repeated == "last" else values[0]


def problem(call: Call, name: str, message: str) -> Problem:
    """What a detail of a refusal says about one parameter.

    Args:
        call: The call.
        name: The parameter.
        message: What is wrong, in the page's words.
    """
    words = message if call.reading.messages == "page" else f"Värdet av {name} går inte att använda."
    return Problem("InvalidParameter", words, name)


def validate(call: Call, given: Mapping[str, str]) -> Query:
    """What the parameters mean.

    Args:
        call: The call.
        given: The parameters as the request wrote them.

    Raises:
        RefusalError: Some cannot be worked with; each has its problem.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    left_open = False
    for name in PARAMETERS:
        if name in given:
            try:
                value = meaning(call, name, given[name])
            except InvalidValueError as error:
                problems.append(problem(call, name, str(error)))
                left_open = left_open or isinstance(error, LeftOpenError)
            else:
                if value is not None:
                    values[name] = value
    if problems:
        raise RefusalError(problems, left_open=left_open)
    return Query(given=given, values=values)


def meaning(call: Call, name: str, text: str) -> Any:
    """What one parameter means; nothing where it is as good as not given.

    Args:
        call: The call.
        name: The parameter.
        text: Its value as the request wrote it.

    Raises:
        InvalidValueError: The value cannot be worked with.
    """
    if not text and call.reading.empty == "ignore":
        return None
    if not text and call.reading.empty == "refuse":
        raise LeftOpenError(f"{name} is invalid.")
    return call.stages.parsers[name](call, text)


def imodel_id(call: Call, text: str) -> str | None:
    """The iModel's id in lower case."""
    spelling = _UUID_SPELLINGS.fullmatch(text) if call.reading.id_spellings else None
    return _identifier(call, "iModelId", _UUID, str(UUID(text)) if spelling else text)


def changeset_id(call: Call, text: str) -> str | None:
    """The changeset's id in lower case; with the reading that takes it as it is, the empty one of new iModels."""
    return "" if not text else _identifier(call, "changesetId", _CHANGESET, text)


def _identifier(call: Call, name: str, form: re.Pattern[str], text: str) -> str | None:
    reading = call.reading
    shown = reading.upper_case_data or reading.replicas_differ
    refused = reading.upper_case_ids == "refuse" and not shown and text != text.lower()
    if refused or not form.fullmatch(text):
        raise InvalidValueError(f"{name} is invalid.")
    if call.reading.strange_values == "refuse" and text.lower() not in call.store.known_ids:
        raise InvalidValueError(f"{name} is invalid.")
    return text.lower()


def top(call: Call, text: str) -> int | None:
    """The size of a page."""
    number = count(call, "$top", text)
    if number is None:
        return None
    if number > TOP_MAXIMUM:
        raise InvalidValueError(f"$top must be lower or equal to {TOP_MAXIMUM}.")
    if number == 0 and call.reading.top_zero != "empty":
        if call.reading.top_zero == "refuse":
            raise InvalidValueError("$top must be greater than 0.")
        return None
    return number


def skip(call: Call, text: str) -> int | None:
    """The number of exports before the page."""
    number = count(call, "$skip", text)
    if number is not None and number > SKIP_MAXIMUM and call.reading.huge_skip == "refuse":
        raise InvalidValueError("$skip is too large.")
    return number


def count(call: Call, name: str, text: str) -> int | None:
    """A number of items as the reading takes numbers; nothing where it is as good as not given.

    Args:
        call: The call.
        name: The parameter.
        text: Its value.

    Raises:
        InvalidValueError: It is no such number.
    """
    digits = text
    signed = _SIGNED.fullmatch(text)
    if signed is not None and signed[1] != text and call.reading.signed != "refuse":
        if call.reading.signed == "ignore":
            return None
        digits = signed[1]
    fraction = _FRACTION.fullmatch(text) if call.reading.fractions == "accept" else None
    if fraction is not None:
        return min(int(float(text)), 10**_DIGITS) if len(text) < _DIGITS else None
    if not _NUMBER.fullmatch(digits):
        if re.fullmatch(r"-[0-9]+", text):
            raise InvalidValueError(f"{name} must be greater or equal to 0.")
        raise InvalidValueError(f"{name} is invalid.")
    return _number(call, name, digits)


def _number(call: Call, name: str, digits: str) -> int | None:
    if len(digits) > 1 and digits.startswith("0"):
        if call.reading.padded == "ignore":
            return None
        if call.reading.padded == "refuse":
            raise LeftOpenError(f"{name} is invalid.")
        if call.reading.padded == "octal" and not set(digits) & {"8", "9"}:
            return int(digits[-_DIGITS:], 8)
    plain = digits.lstrip("0") or "0"
    return int(plain) if len(plain) <= _DIGITS else 10**_DIGITS


def order_by(call: Call, text: str) -> str | None:
    """The order, one of two."""
    if text in {"date:asc", "date:desc"}:
        return text
    lower = text.lower()
    if lower in {"date:asc", "date:desc"} and call.reading.other_case_order != "refuse":
        return lower if call.reading.other_case_order == "accept" else None
    raise InvalidValueError("$orderBy is invalid.")


def cdn(call: Call, text: str) -> bool:
    """Whether mesh links lead to the CDN."""
    if text in {"0", "1"}:
        return text == "1"
    if call.reading.other_cdn == "refuse":
        raise LeftOpenError("cdn is invalid.")
    return call.reading.other_cdn == "on"


def tile_version(call: Call, text: str) -> Version | None:
    """The tile version as numbers."""
    return _version(call, "tileVersion", text, text if _TILE_VERSION.fullmatch(text) else None)


def itwinjs(call: Call, text: str) -> Version | None:
    """The iTwin.js version as numbers, without what marks an early release."""
    match = _ITWINJS_VERSION.fullmatch(text)
    return _version(call, "iTwinJS", text, match[1] if match else None)


def _version(call: Call, name: str, text: str, numbers: str | None) -> Version | None:
    if numbers is not None and text.isascii():
        version = tuple(int(part) for part in numbers.split("."))
        if call.reading.strange_values == "refuse" and version > _CURRENT[name]:
            raise InvalidValueError(f"{name} is invalid.")
        return version
    if call.reading.odd_versions == "refuse":
        raise LeftOpenError(f"{name} is invalid.")
    return NOTHING if call.reading.odd_versions == "nothing" else None


def export_type(call: Call, text: str) -> str:
    """The type of export, as the request wrote it."""
    if call.reading.unknown_type == "refuse":
        both = call.reading.tiles_alike or call.reading.tiles_written == "both"
        known = {*TYPES, *(export.export_type for export in call.exports), call.reading.tiles_written}
        letters = {one.lower() for one in known} if call.reading.type_letters else frozenset[str]()
        if text not in known and not (both and text in TILES) and text.lower() not in letters:
            raise InvalidValueError("exportType is invalid.")
    return text


PARSERS: Mapping[str, Parser] = {
    "iModelId": imodel_id,
    "changesetId": changeset_id,
    "$top": top,
    "$skip": skip,
    "$orderBy": order_by,
    "cdn": cdn,
    "tileVersion": tile_version,
    "exportType": export_type,
    "iTwinJS": itwinjs,
}
"""What reads each parameter; they are called with the call and the text of the value."""
