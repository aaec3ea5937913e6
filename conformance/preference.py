"""What the `prefer` header lines of a request ask for, by RFC 7240.

Only the reading of the header; which representation came is a check's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_PARAMETER: Final = rf"{_WORD}(?:[ \t]*=[ \t]*(?:{_WORD}|{_QUOTED}))?"
_PREFERENCE: Final = re.compile(
    rf"(?P<name>{_WORD})(?:[ \t]*=[ \t]*(?P<value>{_WORD}|{_QUOTED}))?(?:[ \t]*;[ \t]*(?:{_PARAMETER})?)*"
)
_LIST: Final = re.compile(rf"(?:[^,\"]|{_QUOTED})+")


class Preferred(StrEnum):
    """The representation that a request asks for."""

    MINIMAL = "minimal"
    REPRESENTATION = "representation"
    DEFAULT = "default"
    UNCLEAR = "unclear"
    """The header may be read in more than one way, and no reading is held against a server."""


def preferred(lines: Iterable[str]) -> Preferred:
    """The representation that header lines ask for together."""
    values: set[str] = set()
    for line in lines:
        for element in _LIST.findall(line):
            match = _PREFERENCE.fullmatch(element.strip())
            if match is None:
                if "return" in element.lower():
                    return Preferred.UNCLEAR
                continue
            if match["name"].lower() == "return":
                values.add((match["value"] or "").strip('"'))
            elif "return" in element.lower():
                return Preferred.UNCLEAR
    if not values:
        return Preferred.DEFAULT
    if values == {"minimal"}:
        return Preferred.MINIMAL
    if values == {"representation"}:
        return Preferred.REPRESENTATION
    return Preferred.UNCLEAR


def is_well_formed(lines: Iterable[str]) -> bool:
    """Whether header lines are lists of preferences, in the grammar of RFC 7240."""
    return all(
        _LIST.sub("", line).strip(", \t") == ""
        and line.strip(", \t")
        and all(_PREFERENCE.fullmatch(element.strip()) for element in _LIST.findall(line) if element.strip())
        for line in lines
    )


def is_plain(lines: Iterable[str]) -> bool:
    """Whether the header is the one line that the page itself writes."""
    return list(lines) in (["return=minimal"], ["return=representation"])
