"""The exports of the collection: made up from a seed, read from a JSON file, and moving while they are read.

The same seed gives the same exports, byte for byte. How they are selected and shown is left to other modules.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field, frozen

from .model import Export, Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = ("3DTiles", "IMODEL", "CESIUM", "3DFT")
STATUSES = ("Complete", "NotStarted", "InProgress", "Invalid")
SCRATCH_IMODEL = "5c7a7c4e-5c7a-4c4e-8c7a-5c7a4c4e5c7a"
"""An iModel of which there are no exports yet."""
NEW_STATUS = "Queued"
NEW_TYPE = "POINTCLOUD"

_MOST_KEPT = 10
_EPOCH = datetime(2024, 3, 1, 6, 30, tzinfo=UTC)
# The first six are those of a collection of usual size: other scripts, blanks and a tab, markup, letters of Latin-1.
_NAMES = (
    "My iModel",
    "Вокзал Северный",
    "青函トンネル 🏗",
    " Bridge  12\t",
    'Plant <B> & "C" \\ 50 %',
    "Södra länken – مطار",  # noqa: RUF001 - so people write
    "my imodel",
    "Łódź Fabryczna",
    "Stazione Cafe\u0301",
    "हावड़ा पुल",
    "서울역 환승센터",
    "Αθήνα, Γραμμή 4",
)
_TILE_VERSIONS: tuple[Version, ...] = ((1,), (9,), (12,), (30,), (36,), (37,))
_ITWINJS_VERSIONS: tuple[Version, ...] = ((3, 5, 0), (4, 0, 0), (4, 8, 3), (4, 10, 1), (5, 9, 2), (5, 13, 3))
# How many changesets one iModel after another has; one of six has none yet.
_HISTORIES = (4, 3, 3, 0, 2, 2)
_COMBINATIONS = tuple((TYPES[k % 4], STATUSES[(k // 4 + k) % 4]) for k in range(16))


@frozen
class _Version:
    imodel_id: str
    name: str
    changeset_id: str
    index: int


def make(seed: int, size: int, *, new_words: bool = False) -> tuple[Export, ...]:
    """A collection made up from a seed.

    Args:
        seed: The same seed gives the same collection.
        size: How many exports it has.
        new_words: Give some exports a status and a type that nobody has seen before.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data, not a secret
    versions = list(islice(_versions(rng), max(1, size // len(_COMBINATIONS))))
    dates = [_EPOCH + timedelta(seconds=rng.randrange(15_000_000)) for _ in range(size // 5 + 1)]
    kinds = [(version, *kind) for version in versions for kind in _COMBINATIONS]
    chosen = list(islice(cycle(kinds), size))
    rng.shuffle(chosen)
    ids = _ids(rng, alike=8)
    exports = tuple(
        Export(
            number=number,
            id=next(ids),
            display_name=version.name,
            status=status,
            last_modified=rng.choice(dates),
            imodel_id=version.imodel_id,
            changeset_id=version.changeset_id,
            changeset_index=version.index,
            export_type=export_type,
            tile_version=rng.choice(_TILE_VERSIONS),
            itwinjs=rng.choice(_ITWINJS_VERSIONS),
        )
        for number, (version, export_type, status) in enumerate(chosen)
    )
    return tuple(map(_with_new_words, exports)) if new_words else exports


def _with_new_words(export: Export) -> Export:
    if export.number % 10 == 3 and export.status != "Complete":
        return evolve(export, status=NEW_STATUS)
    return evolve(export, export_type=NEW_TYPE) if export.number % 10 == 7 else export


def _versions(rng: random.Random) -> Iterator[_Version]:
    ids, names, last = _ids(rng, alike=31), cycle(_NAMES), ""
    for place, changesets in enumerate(cycle(_HISTORIES)):
        imodel_id, name = next(ids), next(names)
        if not changesets:
            yield _Version(imodel_id, name, "", 0)
        for index in range(1, changesets + 1):
            # One changeset occurs in two iModels: the second is a copy of the first up to there.
            copied = place % len(_HISTORIES) == 2 and index == 1
            if not copied:
                # The second changeset of a history begins with the digits of the first.
                last = f"{last[:12] if index == 2 else ''}{rng.getrandbits(160):040x}"[:40]
            if index > 2:
                # It could be read as a number.
                last = f"{'0e' if index == 3 else '10'}{int(last, 16) % 10**38:038}"
            yield _Version(imodel_id, name, last, index)


def _ids(rng: random.Random, alike: int) -> Iterator[str]:
    """UUIDs, each second one the same as the one before in its first digits and different after them."""
    used: set[str] = set()
    first = ""
    while True:
        digits = f"{rng.getrandbits(128):032x}"
        digits = f"{first[:alike]}{digits[alike:]}" if first else digits
        digits = f"{digits[:12]}4{digits[13:16]}a{digits[17:]}"
        if digits not in used:
            used.add(digits)
            first = "" if first else digits
            yield f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def load(path: Path) -> tuple[Export, ...]:
    """A collection from a JSON file: a list of exports in full representation, or an object with one in `exports`.

    Members that are missing take the values of a plain, complete export. `tileVersion` and `iTwinJS`, beside
    `exportType`, are the lowest versions that can show it.

    Args:
        path: The file.

    Raises:
        ValueError: The file does not hold such a list.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        items = document["exports"] if isinstance(document, dict) else document
        return tuple(_loaded(number, item) for number, item in enumerate(items))
    except (OSError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} does not hold a list of exports: {error}.") from error


def _loaded(number: int, item: dict[str, Any]) -> Export:
    request = item.get("request", {})
    date = datetime.fromisoformat(item.get("lastModified", "2024-08-22T03:18:43Z"))
    return Export(
        number=number,
        id=str(item["id"]),
        display_name=str(item.get("displayName", "")),
        status=str(item.get("status", "Complete")),
        last_modified=date if date.tzinfo else date.replace(tzinfo=UTC),
        imodel_id=str(request.get("iModelId", item["id"])),
        changeset_id=str(request.get("changesetId", "")),
        changeset_index=int(request.get("changesetIndex", 0)),
        export_type=str(request.get("exportType", "3DTiles")),
        tile_version=_version(request.get("tileVersion", "1")),
        itwinjs=_version(request.get("iTwinJS", "1")),
    )


def _version(text: object) -> Version:
    return tuple(int(part) for part in str(text).split("."))


def _ids_named(exports: tuple[Export, ...]) -> frozenset[str]:
    return frozenset(one.lower() for export in exports for one in (export.imodel_id, export.changeset_id))


@define
class Collection:
    """The exports as they stand now: at rest, or moved on by one event after another.

    Events take turns: an export is started, one progresses, one finishes, the oldest expires, and where exports are
    renamed, one is. An id never changes, and what has expired never comes back.
    """

    exports: tuple[Export, ...]
    moves_per_request: float = 0.0
    moves_per_second: float = 0.0
    stage_seconds: float = 1.0
    renames: bool = False
    _kept: dict[str, tuple[Export, ...]] = field(factory=dict)
    _births: dict[str, tuple[Export, float]] = field(factory=dict)
    _events: int = 0
    _started: int = 0
    _first_ids: frozenset[str] = field(init=False)

    @_first_ids.default
    def _ids_at_first(self) -> frozenset[str]:
        return _ids_named(self.exports)

    @property
    def known_ids(self) -> frozenset[str]:
        """The ids, in lower case, of every iModel and changeset that exports have or had."""
        return self._first_ids | _ids_named(self.exports)

    def at(self, requests: int, seconds: float) -> tuple[Export, ...]:
        """The exports after so many requests and seconds.

        Args:
            requests: How many requests there have been.
            seconds: How long the collection has been there.
        """
        due = int(requests * self.moves_per_request) + int(seconds * self.moves_per_second)
        while self._events < due and self.exports:
            self._move()
        if self._births:
            self.exports = tuple(self._grown(export, seconds) for export in self.exports)
        return self.exports

    def _grown(self, export: Export, seconds: float) -> Export:
        if export.id not in self._births:
            return export
        born, moment = self._births[export.id]
        stage = min(2, int((seconds - moment) / self.stage_seconds) if self.stage_seconds else 2)
        last = "Invalid" if list(self._births).index(export.id) % 3 == 1 else "Complete"
        status = ("NotStarted", "InProgress", last)[stage]
        return evolve(born, status=status, last_modified=born.last_modified + timedelta(seconds=7 * stage))

    def add(self, model: Export, seconds: float) -> Export:
        """Take an export in that is started now, and progresses with the time. Every third ends invalid.

        Args:
            model: What it is to be, but for its number, id, status and date.
            seconds: How long the collection has been there.
        """
        count = len(self._births) + 1
        number = max((export.number for export in self.exports), default=-1) + 1
        now = max((export.last_modified for export in self.exports), default=_EPOCH) + timedelta(seconds=7)
        identity = f"57a27ed0-57a2-4ed0-8a27-{count:012x}"
        export = evolve(model, number=number, id=identity, status="NotStarted", last_modified=now)
        self._births[identity] = (export, seconds)
        self.exports = (*self.exports, export)
        return export

    def remove(self, export: Export) -> None:
        """Take an export away.

        Args:
            export: The export.
        """
        self.exports = tuple(other for other in self.exports if other.id != export.id)

    def keep(self, exports: tuple[Export, ...]) -> str:
        """Hold on to the collection as it stood, for a while.

        Args:
            exports: The exports at that moment.

        Returns:
            What to ask for it by.
        """
        known = next((key for key, others in self._kept.items() if others is exports), None)
        if known:
            return known
        key = f"{self._events:x}e{len(exports):x}"
        self._kept[key] = exports
        for oldest in list(self._kept)[:-_MOST_KEPT]:
            del self._kept[oldest]
        return key

    def kept(self, key: str) -> tuple[Export, ...] | None:
        """The collection as it stood when it was held on to.

        Args:
            key: What to ask for it by.
        """
        return self._kept.get(key)

    def _move(self) -> None:
        now = max(export.last_modified for export in self.exports) + timedelta(seconds=7)
        kind = self._events % (5 if self.renames else 4)
        self._events += 1
        if kind == 0:
            self._start(now)
        elif kind == 3:
            self._expire()
        elif kind == 4:
            self._rename()
        else:
            before, after = (("NotStarted", "InProgress"), ("InProgress", "Complete"))[kind - 1]
            self._progress(before, after, now)

    def _start(self, now: datetime) -> None:
        model = self.exports[(self._events * 7) % len(self.exports)]
        self._started += 1
        digits = f"{self._started:012x}"
        number = max(export.number for export in self.exports) + 1
        started = evolve(model, number=number, id=f"{model.id[:24]}{digits}", status="NotStarted", last_modified=now)
        self.exports = (*self.exports, started)

    def _progress(self, before: str, after: str, now: datetime) -> None:
        export = next((export for export in self.exports if export.status == before), None)
        if export is not None:
            moved = evolve(export, status=after, last_modified=now)
            self.exports = tuple(moved if other is export else other for other in self.exports)

    def _rename(self) -> None:
        export = self.exports[(self._events * 7) % len(self.exports)]
        renamed = evolve(export, display_name=f"{export.display_name.partition(' (')[0]} ({self._events})")
        self.exports = tuple(renamed if other is export else other for other in self.exports)

    def _expire(self) -> None:
        oldest = min(self.exports, key=lambda export: (export.last_modified, export.number))
        self.exports = tuple(export for export in self.exports if export is not oldest)
