"""Values to put into requests: real ones, ones alike, and ones that are no values at all.

Taken from what the endpoint itself returned. Which of them go together is decided by the probes.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final

from conformance.collection import Export, Snapshot, requested
from conformance.knowledge import LARGEST_TOP
from conformance.query import CURRENT, FILTERS

HUGE: Final = "9" * 30
NIL: Final = "00000000-0000-0000-0000-000000000000"
"""The UUID of nothing (RFC 9562): many a service takes it for an id that was not given."""
BEYOND_FLOATS: Final = "9" * 400
"""A whole number that a float is infinite for."""
DIGITS: Final = "9" * 4400
"""More digits than some languages make a number of."""
OVERLONG: Final = "a" * 3000
TOO_LARGE: Final = str(LARGEST_TOP + 1)
"""The least `$top` that the page does not allow."""

INVALID: Final[dict[str, tuple[str, ...]]] = {
    "$top": (TOO_LARGE, "-1", "ten", f"{LARGEST_TOP + 2}", f"{10 * LARGEST_TOP}", "2147483648", "4294967297", HUGE, f"-{LARGEST_TOP}", "5x", "x5", "null", "5,6", "[5]", '"5"', "5'--", "NaN", "Infinity", "²", "%35", BEYOND_FLOATS),
    "$skip": ("-1", "two", "5x", "-100", "-2147483648", "x5", "[5]", "5'--", "²"),
    "$orderBy": ("name:asc", "date", ":asc", "date:ascending", "asc", "lastModified:asc", "date desc", "date:asc,date:desc", "date:desc:asc", "'date:asc'", "xdate:asc", "date:ascx"),
    "iModelId": ("not-a-uuid", "0", "null", "*", "%", "' OR '1'='1", "../..", "[]", "x" * 36, "b80f4fc2-4dbb-42c5-bb1f-f5aace3977d", "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dcc", "g80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dg", "b80f4fc2_4dbb_42c5_bb1f_f5aace3977dc", "xb80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", "%6280f4fc2-4dbb-42c5-bb1f-f5aace3977dc", "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc,b80f4fc2-4dbb-42c5-bb1f-f5aace3977dd"),
    "changesetId": ("xyz", "0", "null", "*", "%", "' OR '1'='1", "../..", "[]", "z" * 40, "ed94ed9a0704918d36eeb620219f5e17d885885", "ed94ed9a0704918d36eeb620219f5e17d88588588", "ed94ed9a0704918d36eeb620219f5e17d885885g", "ed94ed9a" * 8, "0xed94ed9a0704918d36eeb620219f5e17d88588", "ed94ed9a0704918d36ee_620219f5e17d8858858", "ed94ed9a0704918d36eeb620219f5e17d8858858,ed94ed9a0704918d36eeb620219f5e17d8858859"),
}  # fmt: skip
"""Values that must be refused, by parameter; the first of each differ in kind."""

TELLING_INVALID: Final = 2
"""How many of the first stand for all where a request is spelt in another way."""

FREE: Final[dict[str, tuple[str, ...]]] = {
    "$top": ("", "0", "+5", "010", "5.0", "1.5", "1e2", " 5", "5 ", "1_0", "0x10", "٥", "\0", "5\0", DIGITS),
    "$skip": ("", "+5", "010", "5.0", "1.5", "1e2", " 5", "1_0", "4294967296", "Infinity", HUGE, DIGITS, "٥", "\0"),
    "$orderBy": ("", "date:ASC", "DATE:DESC", " date:asc", "date: asc", "\0"),
    "cdn": ("", "2", "-1", "true", "yes", "01", "1.0", HUGE, "\0", "'", "[]", "²", OVERLONG),
    "tileVersion": ("", "0", "-1", "abc", "37.5", "x37", "256", "65536", "2147483648", HUGE, DIGITS, "\0", "'", "[]", "²", "😀", OVERLONG),
    "iTwinJS": ("", "5", "5.13", "5.13.3.1", "abc", "v5.13.3", "5.13.3-dev.1", "a.b.c", "5.2147483648.0", HUGE, "\0", "'", "[]", "5.²", OVERLONG),
    "exportType": ("", "GLB", "3DT", "3dtiles", "imodel", "IMODEL ", "%", "*", "null", "\0", "'", '"', "[]", "ü", "😀", "(", "' OR '1'='1", OVERLONG),
    "iModelId": ("", "\0", NIL, "B80F4FC2-4DBB-42C5-BB1F-F5AACE3977DC", "{b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc}", "b80f4fc24dbb42c5bb1ff5aace3977dc", OVERLONG),
    "changesetId": ("", "\0", "ED94ED9A0704918D36EEB620219F5E17D8858858", OVERLONG),
}  # fmt: skip
"""Values that a server may take as it likes, but never with a server error, by parameter."""

TELLING: Final = ("", "abc", HUGE)
"""Those of the free values that go beside other parameters, too: of each kind one."""

ODD_IDS: Final = (
    "0",
    "not-a-uuid",
    "null",
    "%",
    "\0",
    "ü",
    "'",
    "a" * 300,
    "D3B07384-D113-4EC4-9A5D-3F1B7C0E8A4",
    "mesh export",
)
"""Ids that no export can have: a path may have any, and none may end in a server error."""

_BADLY_ESCAPED: Final = ("%FF", "%zz", "%C3%28")


def badly_escaped(name: str) -> str:
    """A value that is not well-formed when it is decoded, as it goes over the wire; not the same for each name."""
    return _BADLY_ESCAPED[len(name) % len(_BADLY_ESCAPED)]


def plain_value(snapshot: Snapshot | None, name: str) -> str:
    """One valid value of a parameter, of the collection where it has one."""
    if name in FILTERS and snapshot:
        real = [value for value in snapshot.values(name) if value]
        if real:
            return real[0]
    return {
        "iModelId": "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc",
        "changesetId": "ed94ed9a0704918d36eeb620219f5e17d8858858",
        "exportType": "3DTiles",
        "$top": "3",
        "$skip": "2",
        "$orderBy": "date:desc",
        "cdn": "1",
        **CURRENT,
    }[name]


def real_values(snapshot: Snapshot | None, name: str, most: int) -> list[str]:
    """Values that the collection has: the most frequent, the rarest, the most mixed, a number, and the most alike."""
    if snapshot is None:
        return []
    every = [value for value in snapshot.values(name) if value]
    if len(every) <= most:
        return every
    alike = sorted(every, key=lambda value: -max(_shared_prefix(value, other) for other in every if other != value))
    numbers = [value for value in every if value.isdecimal()]
    chosen = [every[0], every[-1], _most_mixed(snapshot, name), *numbers[:1], *alike, *every]
    return list(dict.fromkeys(chosen))[:most]


def _most_mixed(snapshot: Snapshot, name: str) -> str:
    """The value that exports of most iModels have, or of most changesets: one changeset may be in two iModels."""
    other = "changesetId" if name == "iModelId" else "iModelId"
    pairs = {(str(requested(export, name) or ""), str(requested(export, other))) for export in snapshot.exports}
    return Counter(value for value, _ in sorted(pairs) if value).most_common(1)[0][0]


def values_at_the_ends(snapshot: Snapshot | None, name: str) -> list[str]:
    """The values of the exports that come first and last, in the collection's own order and by date."""
    exports = snapshot.exports if snapshot else []
    by_date = sorted(exports, key=lambda export: str(export.get("lastModified")))
    ends = [export for several in (by_date[-1:], by_date[:1], exports[:1], exports[-1:]) for export in several]
    return list(dict.fromkeys(str(value) for export in ends if (value := requested(export, name))))


def telling_values(exports: Sequence[Export], names: Sequence[str]) -> tuple[str, ...]:
    """Values that an export has together, such that without any one of them more exports are selected; the most seen."""
    rows = [tuple(str(requested(export, name) or "") for name in names) for export in exports]
    times = Counter(rows)
    wider = [Counter(row[:place] + row[place + 1 :] for row in rows) for place in range(len(names))]

    def told(row: tuple[str, ...]) -> tuple[int, int]:
        rest = (row[:place] + row[place + 1 :] for place in range(len(names)))
        return sum(counted[less] > times[row] for counted, less in zip(wider, rest, strict=True)), times[row]

    return max((row for row in times if all(row)), key=told, default=())


def alike(value: str) -> list[str]:
    """Values that no export has, alike to one that some have: one digit apart, at the end and at the beginning."""
    ends = {"0": "1"}
    return [value[:-1] + ends.get(value[-1], "0"), ends.get(value[0], "0") + value[1:]]


def unknown_imodel(seed: int) -> str:
    """A well-formed iModel id that nothing has."""
    return str(uuid.UUID(int=seed * 0x9E3779B97F4A7C15 % 2**128, version=4))


def _shared_prefix(one: str, other: str) -> int:
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
