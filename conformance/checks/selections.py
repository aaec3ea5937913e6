"""Checks of a list against the walk: which exports it must hold, which of them this page has, and with what data.

Every disagreement here could be a collection that moved: it is contestable, and the run looks twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from conformance.checks.exports import only
from conformance.checks.registry import Context, Observation, broken, check, held, judged
from conformance.collection import Export, Selection, Snapshot, date, identity, made_from, passes, requested
from conformance.preference import Preferred
from conformance.query import COMPATIBILITY, FILTERS, Validity, same_value

_MINIMAL: Final = ("displayName", "status", "lastModified")
_NEARLY_ALL: Final = 0.8
ENOUGH_TO_TELL: Final = 4
_ENOUGH_FOR_AN_ORDER: Final = 30
_AT_ONCE: Final = 3
"""Exports that have other ids between two walks, and all else as before, so that no chance explains them."""

_COMPAT_IDS: Final = tuple(
    f"{name.lower()}-{what}" for name in COMPATIBILITY for what in ("subset", "steady", "combines")
)


@check(
    "imodelid-only", "changesetid-only", "exporttype-only", "imodelid-complete", "changesetid-complete",
    "exporttype-complete", "filters-combine", "list-complete", "top-limits", "top-fills", "top-default",
    "skip-leaves-out", "skip-past-end", "orderby-complete", "root-links-only", "cdn-links-only", *_COMPAT_IDS,
)  # fmt: skip
def selection(context: Context) -> Iterator[Observation]:
    """A list holds what its query selects: nothing else, nothing less, no more than a page."""
    wanted = _selection(context)
    if wanted is None:
        return
    query, ids = context.query, context.exchange.ids
    asked = query.count("$top")
    top = context.page_size
    if asked is None:
        if len(ids) > top:
            yield broken("top-default", f"{len(ids)} exports without $top")
            return
    else:
        yield judged("top-limits", len(ids) <= asked, f"{len(ids)} exports for $top={asked}")
    foreign = [one for one in ids if one not in wanted.members]
    if foreign:
        yield from _foreign(context, foreign)
    elif len(set(ids)) < len(ids) and "$skip" not in query.parameters:
        # What came twice is another check's business, and how many are due cannot be told by the rest.
        return
    elif not wanted.open:
        yield from _amount(context, wanted, top)
    else:
        for name in wanted.open:
            yield held(f"{name.lower()}-subset")


def _selection(context: Context) -> Selection | None:
    if not context.comparable or not context.query.must_be_accepted or context.by_cursor:
        return None
    return context.selection


def _filters(context: Context) -> dict[str, str]:
    return {name: value for name in FILTERS if (value := context.query.value(name)) is not None}


def _compatibility(context: Context) -> list[str]:
    return [name for name in COMPATIBILITY if name in context.query.parameters]


def _foreign(context: Context, foreign: list[str]) -> Iterator[Observation]:
    snapshot = context.knowledge.snapshot
    known = [snapshot.by_id[one] for one in foreign if snapshot and one in snapshot.by_id]
    filters, versions = _filters(context), _compatibility(context)
    if not known:
        requirement = f"{versions[0].lower()}-subset" if versions else "list-complete"
        yield broken(requirement, f"the export {foreign[0]} is not in the whole list", contestable=True)
        return
    failing = {name for export in known for name, value in filters.items() if not passes(name, value)(export)}
    if failing and versions:
        message = f"the export {foreign[0]} does not have {sorted(failing)[0]}={filters[sorted(failing)[0]]!r}"
        yield broken(f"{versions[0].lower()}-combines", message, contestable=True)
    elif failing:
        yield from only(filters, failing, f"the export {foreign[0]}", contestable=True)
    elif versions:
        what = "combines" if filters or len(versions) > 1 else "steady"
        message = f"the export {foreign[0]} is not among those that {versions[0]} alone selects"
        yield broken(f"{versions[0].lower()}-{what}", message, contestable=True)


def _amount(context: Context, wanted: Selection, top: int) -> Iterator[Observation]:
    query, came = context.query, len(context.exchange.ids)
    skip = query.count("$skip") or 0
    due = min(top, max(0, len(wanted.ids) - skip))
    message = f"{came} exports, where {due} are due"
    if came > due:
        past = skip >= len(wanted.ids)
        yield broken("skip-past-end" if past else "skip-leaves-out", message, contestable=True)
    elif came < due:
        yield broken(_loss(context, skip), message, contestable=True)
    else:
        for requirement in _kept(context, wanted, skip):
            yield held(requirement)


def _loss(context: Context, skip: int) -> str:
    """The requirement that a list with too few exports breaks."""
    filters, versions = _filters(context), _compatibility(context)
    changed = _changed(context)
    if changed:
        return changed
    if versions:
        return f"{versions[0].lower()}-{'combines' if filters or len(versions) > 1 else 'steady'}"
    if len(filters) > 1:
        return "filters-combine"
    if "$orderBy" in context.query.parameters:
        return "orderby-complete"
    if filters:
        return f"{next(iter(filters)).lower()}-complete"
    if skip:
        return "skip-leaves-out"
    if "$top" in context.query.parameters:
        return "top-fills"
    return "top-default" if context.exchange.exports else "list-complete"


def _kept(context: Context, wanted: Selection, skip: int) -> Iterator[str]:
    query, filters = context.query, _filters(context)
    came = bool(context.exchange.ids)
    for name in filters:
        yield f"{name.lower()}-complete"
        if came:
            yield f"{name.lower()}-only"
    if len(filters) > 1:
        yield "filters-combine"
    for name in _compatibility(context):
        yield f"{name.lower()}-subset"
        yield f"{name.lower()}-{'combines' if filters else 'steady'}"
    if "$orderBy" in query.parameters:
        yield "orderby-complete"
    if skip and came:
        yield "skip-leaves-out"
    if skip >= len(wanted.ids) and "$skip" in query.parameters:
        yield "skip-past-end"
    if came and "$top" in query.parameters:
        yield "top-fills"
    if came and "$top" not in query.parameters and len(wanted.ids) - skip > context.knowledge.default_top:
        yield "top-default"


@check("skip-past-end")
def past_any_end(context: Context) -> Iterator[Observation]:
    """A `$skip` that a server need not take leaves nothing where it is taken."""
    skip = context.query.parameters.get("$skip")
    if not context.readable_list or skip is None or skip.validity is not Validity.FREE or skip.own_way:
        return
    came = len(context.exchange.exports)
    yield judged("skip-past-end", not came, f"{came} exports for $skip={skip.value[:40]}")


@check(
    *("list-order-steady", "orderby-steady", "orderby-asc", "orderby-desc", "skip-leaves-out"),
    *("root-links-only", "cdn-links-only"),
)
def sequence(context: Context) -> Iterator[Observation]:
    """A page is the slice of its selection that `$skip` and `$top` cut out, in the order that was seen before."""
    wanted = _selection(context)
    key = context.sequence_key
    ids = context.exchange.ids
    if wanted is None or wanted.open or key is None or not ids or len(set(ids)) < len(ids):
        return
    whole = context.knowledge.sequences.get(key)
    if whole is None or set(whole) != wanted.members:
        yield from _slice_by_date(context, wanted)
        return
    due = list(whole[_place(context)])
    if len(ids) == len(due) and set(ids) <= wanted.members:
        yield judged(
            _order_requirement(context, ids, due, whole),
            ids == due,
            f"begins with {ids[0]}, where {due[0]} is due" if ids[0] != due[0] else "another order than before",
            contestable=True,
        )


def _place(context: Context) -> slice:
    """Where the page stands in its selection."""
    top, skip = context.page_size, context.query.count("$skip") or 0
    return slice(skip, skip + top)


def _slice_by_date(context: Context, wanted: Selection) -> Iterator[Observation]:
    """A page of an order that was not seen whole has the dates that stand in its place when all are sorted."""
    ids, snapshot = context.exchange.ids, context.knowledge.snapshot
    order, known = context.query.value("$orderBy"), snapshot.containing(context.query) if snapshot else None
    if order is None or known is None:
        return
    moments = {one: date(known.by_id[one]) for one in wanted.ids}
    dated = [moment for moment in moments.values() if moment is not None]
    if len(dated) < len(moments) or not set(ids) <= moments.keys():
        return
    whole = sorted(dated, reverse=order.endswith("desc"))
    due = whole[_place(context)]
    if len(ids) == len(due):
        came = [moments[one] for one in ids]
        message = f"dates from {came[0]} to {came[-1]}, where those from {due[0]} to {due[-1]} are due"
        elsewhere = _stands_elsewhere(context, came, due, whole)
        requirement = "skip-leaves-out" if elsewhere else f"orderby-{order.removeprefix('date:')}"
        yield judged(requirement, came == due, message, contestable=True)


def _stands_elsewhere(context: Context, came: Sequence[object], due: Sequence[object], whole: Sequence[object]) -> bool:
    """Whether a page of an ordered list is a slice of it from another place: the order is right, the place is not."""
    if came == due or not context.query.count("$skip") or len(came) < ENOUGH_TO_TELL:
        return False
    return any(list(whole[start : start + len(came)]) == came for start in range(len(whole) - len(came) + 1))


def _order_requirement(context: Context, ids: list[str], due: list[str], whole: Sequence[str]) -> str:
    query, snapshot = context.query, context.knowledge.snapshot
    order = query.value("$orderBy")
    if order is not None:
        if _stands_elsewhere(context, ids, due, whole):
            return "skip-leaves-out"
        moments = [[date(snapshot.by_id.get(one, {})) if snapshot else None for one in some] for some in (ids, due)]
        return "orderby-steady" if moments[0] == moments[1] else f"orderby-{order.removeprefix('date:')}"
    if set(ids) != set(due):
        return _changed(context) or ("skip-leaves-out" if query.count("$skip") else "list-order-steady")
    return _changed(context) or "list-order-steady"


def _changed(context: Context) -> str | None:
    """The promise of the one feature that should have left the list as it was."""
    request = context.exchange.request
    if request.header("x-api-host-and-root"):
        return "root-links-only"
    return "cdn-links-only" if "cdn" in context.query.parameters else None


@check("list-steady", "lastmodified-steady", "prefer-same-data", "root-links-only", "cdn-links-only")
def data(context: Context) -> Iterator[Observation]:
    """An export has the data that it has in the walk."""
    snapshot = context.knowledge.snapshot
    if not context.comparable or snapshot is None:
        return
    compared = [
        (export, snapshot.by_id[identity(export)])
        for export in context.exchange.exports
        if identity(export) in snapshot.by_id
    ]
    different = [(export, name) for export, known in compared if (name := readable_difference(context, export, known))]
    requirement = _changed(context) or "list-steady"
    if different:
        export, name = different[0]
        if not _changed(context) and _redated(compared):
            requirement = "lastmodified-steady"
        message = f"the export {export.get('id')} has another {name} than in the whole list"
        yield broken(requirement, message, contestable=True)
    elif compared:
        yield held(requirement)
        if context.preferred is not Preferred.REPRESENTATION:
            yield held("prefer-same-data")
        yield held("lastmodified-steady")


def _renamed(before: Snapshot, after: Snapshot) -> list[str]:
    """The ids that are gone, and whose exports are still there, the same in all else: one for each date."""
    gone = {_all_but_id(before.by_id[one]): one for one in before.by_id.keys() - after.by_id.keys()}
    new = {_all_but_id(after.by_id[one]) for one in after.by_id.keys() - before.by_id.keys()}
    # What was started anew within the second that its date shows is alike by chance.
    return list(
        {before.by_id[one].get("lastModified"): one for content, one in gone.items() if content in new}.values()
    )


def _reshuffled(before: Snapshot, after: Snapshot) -> bool:
    """Whether no order has even half of what two walks have alike: what changes may move, what does not stays put."""
    alike = {one for one, *_ in before.content & after.content}
    places = {one: place for place, one in enumerate(after.order)}
    # Patience sorting: a pile ends with the earliest place that a rising run of as many can end with.
    piles: list[int] = []
    for place in (places[one] for one in before.order if one in alike):
        pile = bisect_left(piles, place)
        piles[pile : pile + 1] = [place]
    return len(alike) >= _ENOUGH_FOR_AN_ORDER and len(piles) < len(alike) / 2


def _all_but_id(export: Export) -> tuple[str, ...]:
    shown = (export.get("displayName"), export.get("status"), date(export) or export.get("lastModified"))
    return (*map(str, shown), *made_from(export))


def readable_difference(context: Context, export: Export, known: Export) -> str | None:
    """The first member that an export has otherwise than in the walk.

    A name that cannot be read tells nothing, nor does a type in the letters in which the request has it.
    """
    name = difference(export, known)
    if name == "request.exportType" and _as_asked(context, export, known):
        return None
    if name != "displayName":
        return name
    walk = context.knowledge.snapshot
    return None if context.exchange.is_garbled or (walk is not None and walk.garbled) else name


def _as_asked(context: Context, export: Export, known: Export) -> bool:
    asked, usual = context.query.parameters.get("exportType"), str(requested(known, "exportType"))
    return asked is not None and requested(export, "exportType") == asked.value and asked.value.lower() == usual.lower()


def difference(export: Export, known: Export) -> str | None:
    """The first member that an export has otherwise than in the walk."""
    different = next((name for name in _MINIMAL if export.get(name) != known.get(name)), None)
    if different == "lastModified" and _same_date(known, export):
        different = None
    return different or _remade(known, export)


def _same_date(known: Export, export: Export) -> bool:
    """Whether two dates are the same moment, which may be written in several ways."""
    if known.get("lastModified") == export.get("lastModified"):
        return True
    moment = date(export)
    return moment is not None and moment == date(known)


def _remade(known: Export, later: Export) -> str | None:
    """The first member of `request` that differs; the spellings of one value do not."""
    one, other = known.get("request"), later.get("request")
    if one == other or not isinstance(one, dict) or not isinstance(other, dict):
        return None
    for name in FILTERS:
        before, after = one.get(name), other.get(name)
        if name == "changesetId" and "" in (before, after) and known.get("status") != later.get("status"):
            # What was to be made from the latest changeset is known once it is begun.
            continue
        if isinstance(before, str) and isinstance(after, str) and same_value(name, before, after):
            continue
        if before != after:
            return f"request.{name}"
    return None


def compare_walks(before: Snapshot, after: Snapshot) -> Iterator[Observation]:
    """What two walks moments apart say: they share nearly everything, and no export changes what it was made from."""
    shared = [(before.by_id[one], after.by_id[one]) for one in before.by_id if one in after.by_id]
    size = max(len(before.by_id), len(after.by_id))
    if size < ENOUGH_TO_TELL:
        return
    if before.whole and after.whole and len(shared) < (1 - _NEARLY_ALL) * size:
        message = f"two walks moments apart share {len(shared)} of {size} ids"
        yield broken("list-steady", message, contestable=True)
        return
    renamed = _renamed(before, after)
    message = f"the export {renamed and renamed[0]} has another id in the next walk"
    yield judged("list-steady", not renamed, message, contestable=len(renamed) < _AT_ONCE)
    remade = next((known for known, later in shared if _remade(known, later)), None)
    message = f"the export {remade and remade.get('id')} changes its request"
    yield judged("list-steady", remade is None, message, contestable=True)
    if before.atomic and after.atomic:
        message = "most exports that are as they were stand in another order in the next walk"
        yield judged("list-order-steady", not _reshuffled(before, after), message, contestable=True)
    redated = _redated(shared)
    message = f"{redated} change their date between two walks moments apart"
    yield judged("lastmodified-steady", redated is None, message, contestable=True)


def _redated(pairs: list[tuple[Export, Export]]) -> str | None:
    """How many have another date without another status, where that is nearly all, or nearly all that is complete."""
    complete = [pair for pair in pairs if "Complete" in (each.get("status") for each in pair)]
    for name, group in {"exports": pairs, "complete exports": complete}.items():
        redated = sum(one.get("status") == other.get("status") and not _same_date(one, other) for one, other in group)
        if len(group) >= ENOUGH_TO_TELL and redated > _NEARLY_ALL * len(group):
            return f"{redated} of {len(group)} {name}"
    return None
