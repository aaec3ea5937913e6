"""What the run has learned of the endpoint so far, for the checks to hold answers against.

Only what was seen: the last walk, the order of whole selections, which exports a version is compatible with. These are
forgotten when the collection is seen to move.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from attrs import define, field, frozen

from conformance import spec
from conformance.collection import Export, Selection, Snapshot, date, mesh_link, select
from conformance.query import COMPATIBILITY, CURRENT, FILTERS, Query, same_type

DEFAULT_TOP: Final = 100
"""The page size that the page's example has where none was asked for."""
LARGEST_TOP: Final[int] = spec.parameters("query")["$top"]["schema"]["maximum"]
"""The largest page size that the page allows to ask for."""
_MOST_SEQUENCES: Final = 400
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
_CLOCKS_DIFFER: Final = timedelta(seconds=5)
"""How far the clocks of two machines of one service may be apart."""


@frozen
class SelectionKey:
    """What decides which exports a query selects, and in which order.

    Nobody has to order a list in the same way in both representations, exports of one date least of all.
    """

    filters: tuple[tuple[str, str], ...] = ()
    order: str | None = None
    full: bool = True

    @classmethod
    def of(cls, query: Query, *, full: bool) -> SelectionKey:
        """The key of a query whose parameters are all valid, in one representation."""
        named = ((name, query.value(name)) for name in (*FILTERS, *COMPATIBILITY))
        order = query.value("$orderBy")
        filters = tuple((name, value) for name, value in named if value is not None)
        return cls(filters, order, full)


@define
class Knowledge:
    """What was learned.

    Attributes:
        snapshot: The last full walk; None before it, or where none could be made.
        first_snapshot: The first full walk.
        vanished: The ids that one walk had and a later one had not.
        latest_dates: The latest date that a walk had of each export.
        sequences: The ids of whole selections, in the order in which they came.
        compatible: The ids that a value of `tileVersion` or `iTwinJS` was seen to select.
        default_top: The page size without `$top`, as it was seen.
        page_cut: The exports on a page that asks for the most, as they were seen.
        part_keys: The filters, name and value, whose selections are known whole where the collection is not.
        plain_minimal: Whether the minimal representation was seen without `request`.
        cursors: Parameters of the server's own by which its links name a page.
        pins: Parameters of the server's own that its links have beside `$skip`, and may hold on to a moment by.
        hosts: The hosts of mesh links without `cdn`.
        plain_hosts: The hosts that the first mesh links of answers without `cdn` were on, since the run began.
        cdn_hosts: The hosts of mesh links with `cdn=1`.
        served: The ids of the operations that the server was seen to have.
        other_let_in: Whether another user was seen to be given a list.
    """

    snapshot: Snapshot | None = None
    first_snapshot: Snapshot | None = None
    vanished: set[str] = field(factory=set)
    latest_dates: dict[str, datetime] = field(factory=dict)
    sequences: dict[SelectionKey, tuple[str, ...]] = field(factory=dict)
    compatible: dict[tuple[str, str], frozenset[str]] = field(factory=dict)
    default_top: int = DEFAULT_TOP
    page_cut: int = LARGEST_TOP
    part_keys: list[tuple[str, str]] = field(factory=list)
    plain_minimal: bool | None = None
    cursors: frozenset[str] = frozenset()
    pins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    plain_hosts: frozenset[str] = frozenset()
    cdn_hosts: frozenset[str] = frozenset()
    served: set[str] = field(factory=lambda: {spec.LIST})
    other_let_in: bool = False

    def replace_snapshot(self, snapshot: Snapshot) -> None:
        """Hold answers against another walk, and forget what was learned beside the former one."""
        if self.snapshot and self.snapshot.complete and snapshot.complete:
            self.vanished |= self.snapshot.by_id.keys() - snapshot.by_id.keys()
        for one, export in snapshot.by_id.items():
            if (moment := date(export)) and moment > self.latest_dates.get(one, _BEFORE_ALL):
                self.latest_dates[one] = moment
        self.snapshot = snapshot
        self.first_snapshot = self.first_snapshot or snapshot
        self.sequences.clear()
        self.compatible.clear()
        if snapshot.whole:
            self.sequences[SelectionKey()] = snapshot.order
        self.hosts = frozenset(host for export in snapshot.exports if (host := mesh_host(export)))

    @property
    def has_moved(self) -> bool:
        """Whether the collection is another than at the first walk."""
        first, now = self.first_snapshot, self.snapshot
        return first is not None and now is not None and not first.agrees_with(now)

    def strange_values(self, query: Query) -> frozenset[str]:
        """The parameters whose value no export and no public client is known to have: it may be none to the server."""
        known = {"iModelId", "changesetId", *COMPATIBILITY}
        return frozenset(
            name
            for name, parameter in query.parameters.items()
            if name in known and parameter.value.lower() not in self._known_values(name)
        )

    def _known_values(self, name: str) -> frozenset[str]:
        if name in CURRENT:
            return frozenset({CURRENT[name]})
        return frozenset(map(str.lower, self.snapshot.values(name))) if self.snapshot else frozenset()

    def returned(self, snapshot: Snapshot) -> set[str]:
        """The ids of a walk's exports that had vanished before it."""
        return self.vanished & snapshot.by_id.keys()

    def dated_back(self, snapshot: Snapshot) -> set[str]:
        """The ids of a walk's exports that have an earlier date than a walk before, and not by a clock a bit behind."""
        return {
            one
            for one, export in snapshot.by_id.items()
            if (moment := date(export))
            and one in self.latest_dates
            and self.latest_dates[one] - moment > _CLOCKS_DIFFER
        }

    def selection(self, query: Query) -> Selection | None:
        """The exports that a query selects, as far as is known; None before the first walk, and beyond a sample."""
        snapshot = self.snapshot.containing(query) if self.snapshot else None
        if snapshot is None or not snapshot.shown.issuperset(query.parameters.keys() & FILTERS):
            return None
        wanted = query.value("exportType")
        if wanted is not None and sum(same_type(wanted, one) for one in snapshot.types) > 1:
            # Whether the two spellings are one type is left to the server.
            return None
        selection = select(snapshot, query)
        unknown = []
        ids = selection.ids
        for name in selection.open:
            known = self.compatible.get((name, query.parameters[name].value))
            if known is None:
                unknown.append(name)
            else:
                ids = tuple(identity for identity in ids if identity in known)
        return Selection(ids, tuple(unknown))

    def learn_sequence(self, key: SelectionKey, ids: tuple[str, ...]) -> None:
        """Keep the order of a whole selection, as it is seen first; of so many selections and no more."""
        if len(self.sequences) < _MOST_SEQUENCES:
            self.sequences.setdefault(key, ids)


def mesh_host(export: Export) -> str | None:
    """The host of an export's mesh link."""
    link = mesh_link(export)
    try:
        return urlsplit(link).hostname if link else None
    except ValueError:
        return None
