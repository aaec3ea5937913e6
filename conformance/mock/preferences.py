"""Reads `Prefer` as RFC 7240 has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from .model import Preference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Call

_RETURNS = ("minimal", "representation")
_VALUED = r"[\w!#$%&'*+.^`|~-]+\s*(?:=\s*(?:[\w!#$%&'*+.^`|~-]+|\"(?:[^\"\\]|\\.)*\"))?\s*"
_WRITTEN = re.compile(rf"(?:{_VALUED}(?:;\s*(?:{_VALUED})?)*)?", re.ASCII)


@frozen
class Preferred:
    """One preference of a header: its name in lower case, its value, and its parameters."""

    name: str
    value: str
    parameters: tuple[tuple[str, str], ...] = ()


def prefer(call: Call) -> Preference:
    """The representation that the client prefers; the minimal one unless it asks for the full one.

    Args:
        call: The call.
    """
    returns = [value for value in _returns(call) if value in _RETURNS]
    if not returns:
        return Preference()
    chosen = returns[-1] if call.reading.two_returns == "last" else returns[0]
    return Preference(full=chosen == "representation", applied=f"return={chosen}")


def _returns(call: Call) -> Iterator[str]:
    text = ", ".join(call.request.lines("prefer"))
    if call.reading.quoted_returns:
        text = text.replace('"', "")
    for preferred in parse(text):
        if preferred.name == "return":
            yield preferred.value
        elif call.reading.parameter_returns:
            yield from (value for name, value in preferred.parameters if name == "return")


def is_spoilt(call: Call) -> bool:
    """Whether a preference is not written as RFC 7240 has it.

    Args:
        call: The call.
    """
    elements = split(", ".join(call.request.lines("prefer")), ",")
    return any(_WRITTEN.fullmatch(element.strip(" \t")) is None for element in elements)


def parse(text: str) -> Iterator[Preferred]:
    """The preferences of a header, its lines joined by commas.

    Args:
        text: The header's value.
    """
    for element in split(text, ","):
        (name, value), *parameters = [_pair(part) for part in split(element, ";")]
        if name:
            yield Preferred(name, value, tuple(parameters))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(" \t").lower(), unquote(value.strip(" \t"))


def unquote(text: str) -> str:
    """What a quoted string says; any other text as it is.

    Args:
        text: The text.
    """
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    said, escaped = "", False
    for character in text[1:-1]:
        if character == "\\" and not escaped:
            escaped = True
            continue
        said, escaped = said + character, False
    return said


def split(text: str, separator: str) -> list[str]:
    """The parts of a text between separators that no quotes enclose.

    Args:
        text: The text.
        separator: A single character.
    """
    parts, start, quoted, escaped = [], 0, False, False
    for place, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
