"""Request parameters: what filters, slices and orders select, alone and together."""

from __future__ import annotations

import uuid
from itertools import combinations, cycle, islice, pairwise

import pytest

from conformance import spec, values
from conformance.arrays import any_three_of_twelve
from conformance.collection import Snapshot, identity, requested
from conformance.exchange import Request, encode
from conformance.knowledge import DEFAULT_TOP, LARGEST_TOP
from conformance.query import COMPATIBILITY, FILTERS, IDENTIFIERS
from conformance.run import FULL, Run
from conformance.walking import WHOLE, learn_compatible

_MOST_VALUES = 22
_MOST_ORDERED = 20
_MOST_VERSIONS = 20
_IN_FULL = 6
_LEAST_MINIMAL = 3
_COLD = 3
"""Versions that select nothing, and are asked for once more."""
_CDN = {"iModelId": 1, "changesetId": 1, "exportType": 3}
"""How many values of a filter go with `cdn`: of types there are few, and tiles of each lie elsewhere."""
_BATCHES = (10, 25, 32, 50, 64, 128, 250, 256)
"""Numbers of which services read what they list at a time."""
_BORDERS = (0, *sorted((*_BATCHES, 100, 200, 500, 512, 1024)))
"""Where the slices of the whole begin and end, one after another."""
_HUGE_SKIPS = (10**9 - 1, 2**31 - 1, 2**32)
_ORDERS = ("date:asc", "date:desc")
_VIEWER = (("$orderBy", "date:desc"), ("$top", "5"), ("tileVersion", "37"), ("iTwinJS", "5.13.3"))
_GLOBE = (("$top", "5"), ("client", "CesiumJS"), ("clientVersion", "1.145.0"))
_GLOBE_ACCEPTS = ("Accept", "application/json,*/*;q=0.01")
_PLACE = (("$top", "4"), ("$skip", "1"), ("cdn", "1"))
_ROOT = ("x-api-host-and-root", "https://three.example/root")
_PARTS = (*FILTERS, *COMPATIBILITY, "$orderBy", *(name for name, _ in _PLACE), "prefer", _ROOT[0], "bare path")
"""What a request may have, of which any three go together."""
_VERSIONS = {
    "tileVersion": ("37", "1", "10", "20", "28", "32", "35", "99"),
    "iTwinJS": ("5.13.3", "1.0.0", "2.19.0", "3.7.0", "4.0.0", "4.9.0", "5.10.0", "9.9.9"),
}


def _size(run: Run) -> int:
    return len(run.knowledge.snapshot.exports) if run.knowledge.snapshot else 0


def _snapshot(run: Run) -> Snapshot | None:
    return run.knowledge.snapshot


@pytest.mark.requirements(
    "list-complete",
    "list-unique",
    "list-steady",
    "imodelid-accepted",
    "imodelid-only",
    "imodelid-complete",
    "changesetid-accepted",
    "changesetid-only",
    "changesetid-complete",
    "exporttype-accepted",
    "exporttype-only",
    "exporttype-complete",
)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_selects_what_matches(run: Run, name: str) -> None:
    real = values.real_values(_snapshot(run), name, _MOST_VALUES)
    run.send_all(Request.of(((name, value), WHOLE), headers=FULL) for value in real[:_IN_FULL])
    # Of many values one may be refused or find nothing, in either form; and those of few are asked for in both.
    others = [*real[_IN_FULL:], *real][: max(_LEAST_MINIMAL, len(real) - _IN_FULL)]
    run.send_all(Request.of(((name, value), WHOLE)) for value in others)
    alike = [other for value in real[:3] for other in values.alike(value)] if name != "exportType" else ["3DT", "IMODE"]
    run.send_all(Request.of(((name, value), WHOLE), headers=FULL) for value in alike)
    run.send_all(Request(f"{name}={_escaped(value)}", FULL) for value in real[:1])
    if name == "exportType":
        run.send_all(Request.of(((name, value), WHOLE), headers=FULL) for value in ("3DTiles", "3DTILES"))


def _escaped(value: str) -> str:
    """A value with every character escaped: the same value, by RFC 3986."""
    return "".join(f"%{byte:02X}" for byte in value.encode())


@pytest.mark.requirements(
    "status-documented",
    "answer-in-time",
    "status-no-server-error",
    "imodelid-only",
    "imodelid-complete",
    "changesetid-only",
    "exporttype-only",
    "links-keep-query",
)
def test_a_filter_by_what_nothing_has_selects_nothing(run: Run) -> None:
    run.send_all(
        [
            Request.of((("iModelId", values.unknown_imodel(7)),), headers=FULL),
            # To who compares what looks like numbers as such, this one is zero, as many another is.
            Request.of((("changesetId", "0e12345678901234567890123456789012345678"),), headers=FULL),
            Request.of((("exportType", "NoSuchType"),), headers=FULL),
            Request.of((("exportType", "%"),), headers=FULL),
            Request.of((("exportType", "_" * 7),), headers=FULL),
            Request.of((("exportType", "No such type: 1+1=2 & é/%"), ("$top", "3")), headers=FULL),
        ]
    )


@pytest.mark.requirements(
    "orderby-asc",
    "orderby-desc",
    "orderby-complete",
    "list-complete",
    "list-unique",
    "top-fills",
    "filters-combine",
    "imodelid-complete",
    "changesetid-complete",
    "exporttype-complete",
)
def test_filters_combine(run: Run) -> None:
    snapshot = _snapshot(run)
    if snapshot is None:
        return
    requests: list[Request] = []
    for names in (*combinations(FILTERS, 2), FILTERS):
        for combination in _combinations(snapshot, names, 3):
            pairs = list(zip(names, combination, strict=True))
            page = () if len(requests) // 6 % 2 else (("$top", "3"),)
            requests += [
                Request.of((*pairs, WHOLE), headers=FULL),
                Request.of((*reversed(pairs), ("$top", "2")), headers=FULL),
                Request.of((*pairs, ("$orderBy", _ORDERS[len(requests) // 3 % 2]), *page), headers=FULL),
            ]
    run.send_all(requests)
    # What viewers ask for: the exports of one version of an iModel.
    versions = _combinations(snapshot, IDENTIFIERS, _MOST_VERSIONS)
    run.send_all(Request.of((*zip(IDENTIFIERS, version, strict=True), WHOLE)) for version in versions)


def _combinations(snapshot: Snapshot, names: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
    """Combinations of values that exports have, and one that none has although each value occurs."""
    found = dict.fromkeys(tuple(str(requested(export, name)) for name in names) for export in snapshot.exports)
    real = [combination for combination in found if all(combination)]
    spread = real[:: max(1, len(real) // most)][:most]
    crossed = (
        (*one[:-1], other[-1])
        for one, other in combinations(spread, 2)
        if (*one[:-1], other[-1]) not in found and other[-1] != one[-1]
    )
    return [*spread, *islice(crossed, 2)]


@pytest.mark.requirements("list-complete", "top-accepted", "top-limits", "top-fills", "top-default")
def test_top_cuts_the_page(run: Run) -> None:
    size = _size(run)
    near = {limit + step for limit in (DEFAULT_TOP, size) for step in (-1, 0, 1)}
    tops = {1, 2, 5, *_BATCHES, *near, LARGEST_TOP // 2, LARGEST_TOP - 1, LARGEST_TOP}
    accepted = sorted(top for top in tops if 1 <= top <= LARGEST_TOP)
    run.send_all(Request.of((("$top", str(top)),), headers=FULL) for top in accepted)
    run.send_all([Request(headers=FULL), Request.of((("$skip", "1"),), headers=FULL)])
    # It is no separator any more, and what follows it counts.
    run.send(Request("client=a;b&$top=6", FULL))


@pytest.mark.requirements(
    "list-order-steady",
    "top-default",
    "list-unique",
    "list-complete",
    "links-next-absent",
    "skip-accepted",
    "skip-leaves-out",
    "skip-past-end",
    "top-fills",
)
def test_skip_leaves_the_beginning_out(run: Run) -> None:
    size = _size(run)
    near = {size - 101, size - 100, size - 99, size - 2, size - 1, size, size + 1}
    skips = {0, 1, 2, 10, 50, 99, 100, 101, *(skip for skip in near if skip >= 0), size + 1000, *_HUGE_SKIPS}
    run.send_all(Request.of((("$skip", str(skip)),), headers=FULL) for skip in sorted(skips))
    run.send_all(Request.of((("$skip", str(skip)), ("$top", "5")), headers=FULL) for skip in sorted(skips)[1::3])


@pytest.mark.requirements("skip-leaves-out", "top-fills", "list-complete", "list-order-steady", "links-prev-page")
def test_slices_make_up_the_whole(run: Run) -> None:
    size = _size(run)
    long = ((20, 230), (130, 130), (7, LARGEST_TOP // 2), (1, LARGEST_TOP))
    run.send_all(Request.of((("$skip", str(skip)), ("$top", str(top)))) for skip, top in long)
    for borders in (range(0, size + 23, 23)[:13], sorted({min(border, size) for border in _BORDERS})):
        run.send_all(
            Request.of((("$skip", str(skip)), ("$top", str(border - skip))), headers=FULL)
            for skip, border in pairwise(borders)
        )


@pytest.mark.requirements(
    "top-limits",
    "top-default",
    "skip-leaves-out",
    "top-fills",
    "list-complete",
    "list-steady",
    "answers-independent",
    "status-no-server-error",
    "orderby-accepted",
    "orderby-asc",
    "orderby-desc",
    "orderby-complete",
    "orderby-steady",
)
@pytest.mark.parametrize("order", _ORDERS)
def test_order_sorts_and_loses_nothing(run: Run, order: str) -> None:
    size = _size(run)
    ordered = ("$orderBy", order)
    run.send(Request.of((ordered, WHOLE), headers=FULL))
    pages = [(skip, 20) for skip in range(0, min(size, 130), 20)]
    # The numbers of the first and the last are the same ones where nothing stands between them.
    slices = [(11, 1), *pages, (max(0, size - 7), 10), (3, 100), (1, 11)]
    run.send_all(Request.of((ordered, ("$skip", str(skip)), ("$top", str(top))), headers=FULL) for skip, top in slices)
    run.send_all([Request.of((ordered,)), Request.of((ordered, ("$top", "50"))), Request.of((ordered, WHOLE))])
    # The digits of an escape mean the same in either case.
    run.send(Request(f"$orderBy={order.replace(':', '%3a')}&$top=8", FULL))


@pytest.mark.requirements(
    "filters-combine",
    "imodelid-accepted",
    "changesetid-accepted",
    "exporttype-accepted",
    "list-complete",
    "answer-in-time",
    "orderby-complete",
    "orderby-asc",
    "orderby-desc",
    "orderby-steady",
    "skip-leaves-out",
    "imodelid-complete",
    "changesetid-complete",
    "exporttype-complete",
    "imodelid-only",
    "changesetid-only",
    "exporttype-only",
    "list-order-steady",
    "links-next-page",
    "links-next-present",
    "links-keep-query",
    "top-limits",
    "top-fills",
)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_goes_with_order_and_slices(run: Run, name: str) -> None:
    few = values.real_values(_snapshot(run), name, 2)
    ends = [value for value in values.values_at_the_ends(_snapshot(run), name) if value not in few]
    run.send_all(
        Request.of(((name, value), ("$orderBy", order), WHOLE), headers=FULL)
        for value, order in zip(ends, cycle(_ORDERS), strict=False)
    )
    for number, value in enumerate(few):
        chosen = (name, value)
        wholes = [Request.of((chosen, WHOLE), headers=FULL)]
        wholes += [Request.of((chosen, ("$orderBy", order), WHOLE), headers=FULL) for order in _ORDERS]
        run.send_all(wholes)
        slices = (
            (("$top", "3"),),
            (("$skip", "2"),),
            (("$orderBy", "date:desc"), ("$skip", "3"), ("$top", "4")),
            (("$orderBy", "date:asc"), ("$skip", "1"), ("$top", "1")),
            (("$skip", "2"), ("$top", "3")),
            (("$orderBy", "date:asc"), ("$top", "4")),
            (("$orderBy", "date:desc"), ("$top", "1")),
            (("$skip", "100"),),
            (("$skip", "1000000"),),
        )
        # The second value tells one that is forgotten from one that is mixed up, which four of them show.
        run.send_all(Request.of((chosen, *more), headers=FULL) for more in slices[: 4 if number else None])


@pytest.mark.requirements(
    "tileversion-accepted",
    "tileversion-subset",
    "tileversion-steady",
    "tileversion-combines",
    "itwinjs-accepted",
    "itwinjs-subset",
    "itwinjs-steady",
    "itwinjs-combines",
)
@pytest.mark.parametrize("name", COMPATIBILITY)
def test_a_version_selects_a_steady_subset(run: Run, name: str) -> None:
    snapshot = _snapshot(run)
    filters = [((other, values.plain_value(snapshot, other)), WHOLE) for other in FILTERS]
    slices = [(), (("$top", "10"),), (("$skip", "10"), ("$top", "10")), (("$orderBy", "date:asc"), WHOLE)]
    others = [slices[2], (("$orderBy", "date:desc"), WHOLE), *filters[:1]]
    _learn_versions(run, name)
    telling = _telling(run, name)
    for version in telling:
        chosen = (name, version)
        run.send(Request.of((chosen, WHOLE), headers=FULL))
        more = [*slices, *filters] if version == telling[0] else others
        run.send_all(Request.of((chosen, *pairs), headers=FULL) for pairs in more)


def _learn_versions(run: Run, name: str) -> None:
    """Learn what each version selects, where that is not known yet."""
    new = [version for version in _VERSIONS[name] if (name, version) not in run.knowledge.compatible]
    for version in new:
        learn_compatible(run, name, version)
    # What the server has to work out first may be there only when it is asked for again.
    nothing = [version for version in new if run.knowledge.compatible.get((name, version)) == frozenset()]
    run.send_all(Request.of(((name, version), ("$top", "7")), headers=FULL) for version in nothing[:_COLD])


def _telling(run: Run, name: str) -> list[str]:
    """Versions that select some of the exports and not all, those that select half first; the page's clients' last."""
    size = _size(run)
    known = {version: run.knowledge.compatible.get((name, version), frozenset()) for version in _VERSIONS[name]}
    halves = sorted(known, key=lambda version: abs(2 * len(known[version]) - size))
    return list(dict.fromkeys((*halves[:2], _VERSIONS[name][0])))


@pytest.mark.requirements("tileversion-combines", "itwinjs-combines")
def test_two_versions_combine(run: Run) -> None:
    for name in COMPATIBILITY:
        _learn_versions(run, name)
    tiles, viewers = (_telling(run, name) for name in COMPATIBILITY)
    for tile_version, itwinjs in ((tiles[0], viewers[0]), (tiles[-1], viewers[-1]), (tiles[0], viewers[-1])):
        run.send(Request.of((("tileVersion", tile_version), ("iTwinJS", itwinjs), WHOLE), headers=FULL))


@pytest.mark.requirements(
    *("orderby-accepted", "orderby-asc", "orderby-desc", "orderby-complete", "cdn-accepted", "cdn-urls"),
    *("tileversion-combines", "itwinjs-combines", "filters-combine", "status-no-server-error"),
)
@pytest.mark.parametrize("name", ["iModelId", "changesetId"])
def test_each_of_many_values_goes_with_orders_cdn_and_versions(run: Run, name: str) -> None:
    # Each may lie in a store of its own.
    many = values.real_values(_snapshot(run), name, _MOST_ORDERED)
    ascending, descending = (("$orderBy", order) for order in _ORDERS)
    for each in COMPATIBILITY:
        _learn_versions(run, each)
    versions = [(each, _telling(run, each)[0]) for each in COMPATIBILITY]
    # Where a version selects nothing, no order and no link would be left to see.
    tiles, viewers = ([version] if run.knowledge.compatible.get(version) else [] for version in versions)
    run.send_all(Request.of(((name, value), ascending, *tiles, WHOLE)) for value in many)
    run.send_all(Request.of(((name, value), descending, *viewers, ("cdn", "1"), WHOLE), headers=FULL) for value in many)


@pytest.mark.requirements(
    "filters-combine", "exporttype-only", "links-keep-query", "tileversion-combines", "itwinjs-combines"
)
def test_any_three_parameters_go_together(run: Run) -> None:
    snapshot = _snapshot(run)
    if snapshot is None:
        return
    for name in COMPATIBILITY:
        _learn_versions(run, name)
    versions = {name: _telling(run, name)[0] for name in COMPATIBILITY}
    run.send_all(_together(run, snapshot, versions, *numbered) for numbered in enumerate(any_three_of_twelve()))


@pytest.mark.requirements("answers-independent", "exporttype-complete", "tileversion-combines", "itwinjs-combines")
def test_what_the_public_clients_ask_for_is_answered(run: Run) -> None:
    snapshot = _snapshot(run)
    if snapshot is None:
        return
    types = [(("exportType", export_type),) for export_type in values.real_values(snapshot, "exportType", 6)]
    names = ("iModelId", "exportType")
    both = [tuple(zip(names, pair, strict=True)) for pair in _combinations(snapshot, names, 3)]
    session = ("SessionId", str(uuid.uuid5(uuid.NAMESPACE_URL, run.endpoint.url)))
    bare = spec.bare_path()
    # One after the other, in one session: what the server keeps of it shows.
    for chosen in (*types, *both):
        run.send_once(Request.of((*chosen, *_VIEWER), headers=(session, *FULL)))
        run.send_once(Request(encode((*chosen, *_GLOBE)).replace("$", "%24"), (_GLOBE_ACCEPTS, *FULL), path=bare))


def _together(run: Run, snapshot: Snapshot, versions: dict[str, str], number: int, there: tuple[bool, ...]) -> Request:
    """A request of the parts that are to be there, with values that select few exports and not none."""
    parts = {name for name, chosen in zip(_PARTS, there, strict=True) if chosen}
    chosen_versions = [(name, version) for name, version in versions.items() if name in parts]
    known = [run.knowledge.compatible.get(version, frozenset()) for version in chosen_versions]
    exports = [export for export in snapshot.exports if all(identity(export) in ids for ids in known)]
    filters = [name for name in FILTERS if name in parts]
    pairs = [
        *zip(filters, values.telling_values(exports, filters), strict=False),
        *((("$orderBy", _ORDERS[number // 2 % 2]),) if "$orderBy" in parts else ()),
        *((name, value) for name, value in _PLACE if name in parts),
        *chosen_versions,
    ]
    return Request.of(
        pairs[:: 1 if number % 4 < 2 else -1],
        headers=(*_preference(number, parts), *((_ROOT,) if _ROOT[0] in parts else ())),
        path=spec.bare_path() if "bare path" in parts else spec.collection_path(),
    )


def _preference(number: int, parts: set[str]) -> tuple[tuple[str, str], ...]:
    if "prefer" in parts:
        return FULL
    # In every other request any two of the other parts go with the default that is named, too.
    return (("prefer", "return=minimal"),) if number % 2 else ()


@pytest.mark.requirements("answers-independent", "cdn-accepted", "cdn-urls", "cdn-only-when-set", "cdn-links-only")
@pytest.mark.requirements("unknown-parameter-ignored")
def test_cdn_changes_the_host_of_mesh_links_alone(run: Run) -> None:
    snapshot = _snapshot(run)
    filters = [(name, value) for name in FILTERS for value in values.real_values(snapshot, name, 3)[: _CDN[name]]]
    more = [
        (),
        (WHOLE,),
        (("$top", "20"), ("$skip", "10")),
        (("$orderBy", "date:asc"),),
        *((pair,) for pair in filters),
    ]
    # After one that has it: what it does is not to be found in the text of another.
    for query in ("%63dn=%31&$top=10", "nocdn=1&$top=10"):
        run.send_once(Request(query, FULL))
    # One after the other: a cache that knows the first answer shows in the second.
    for pairs in more:
        for cdn in ("1", "0"):
            run.send_once(Request.of((*pairs, ("cdn", cdn)), headers=FULL))
        run.send_once(Request.of(pairs, headers=FULL))
    run.send_all(Request.of((("cdn", cdn), *pairs)) for cdn in ("0", "1") for pairs in more[:3])
