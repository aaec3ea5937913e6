"""Faults of memory: caches, sessions, replicas, answers mixed up, and a collection that does not keep still."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..parameters import pairs
from .tools import (
    MOVING,
    Change,
    Fault,
    around,
    documents,
    full,
    has,
    items,
    one,
    put,
    selected,
    shared_in_flight,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from ..model import Answer, Call, Export, Preference, Query, Stages

_HEADERS = ("prefer", "x-api-host-and-root", "host")


def _key(
    call: Call, headers: Sequence[str] = _HEADERS, parameters: Callable[[str], bool] | None = None
) -> tuple[Hashable, ...]:
    query = tuple((name, text) for name, text in pairs(call.request.query) if parameters is None or parameters(name))
    return (query, *(tuple(call.request.lines(name)) for name in headers))


def _cache(
    key: Callable[[Call], Hashable],
    *,
    of: Callable[[Query], bool] = lambda _query: True,
    seconds: float = math.inf,
) -> Change:
    """Keeps pages of the list, for each user, by a key that may not tell all requests apart, and for some seconds."""

    def wrapper(list_exports: Any) -> Any:
        kept: dict[Hashable, tuple[float, Answer]] = {}

        def listed(call: Call, query: Query) -> Any:
            if not of(query):
                return list_exports(call, query)
            of_user = (tuple(call.request.lines("authorization")), key(call))
            if of_user not in kept or kept[of_user][0] + seconds < call.moment:
                kept[of_user] = (call.moment, list_exports(call, query))
            return kept[of_user][1]

        return listed

    return around("list_exports", wrapper)


def _cache_without(*parameters: str) -> Change:
    return _cache(lambda call: _key(call, parameters=lambda name: name not in parameters))


def _glued_numbers(call: Call) -> tuple[Hashable, ...]:
    place = ("$top", "$skip")
    given = dict(pairs(call.request.query))
    glued = given.get("$top", "100") + given.get("$skip", "0")
    return (glued, *_key(call, parameters=lambda name: name not in place))


def _sticks(name: str) -> Change:
    """Takes a parameter that is missing from the request before."""

    def wrapper(read: Any) -> Any:
        last: dict[str, str] = {}

        def other(call: Call) -> Any:
            given = read(call)
            if name in given:
                last[name] = given[name]
            return {**last, **given}

        return other

    return around("read", wrapper)


def _stays_in_session(name: str) -> Change:
    """Takes a parameter as the first request of the same session had it."""

    def wrapper(read: Any) -> Any:
        first: dict[str, str] = {}

        def other(call: Call) -> Any:
            given = read(call)
            session = "".join(call.request.lines("sessionid"))
            return {**given, name: first.setdefault(session, given[name])} if session and name in given else given

        return other

    return around("read", wrapper)


def _without_the_newest(_call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    newest = sorted(exports, key=lambda export: export.last_modified)[-3:]
    return [export for export in exports if export not in newest]


def _preference_sticks(prefer: Any) -> Any:
    last: list[Preference] = []

    def other(call: Call) -> Preference:
        preference: Preference = prefer(call)
        if call.request.lines("prefer"):
            last[:] = [preference]
        return last[0] if last else preference

    return other


def _root_sticks(root: Any) -> Any:
    last: list[str] = []

    def other(call: Call) -> str:
        right: str = root(call)
        if call.request.lines("x-api-host-and-root"):
            last[:] = [right]
        return last[0] if last else right

    return other


def _mixed_up(answer: Any) -> Any:
    waiting: list[Answer] = []

    def other(call: Call) -> Answer:
        right: Answer = answer(call)
        waiting.append(right)
        # Whoever is ready first gets what was asked last.
        return evolve(right, delay=0.015, late=waiting.pop)

    return other


def _with_headers(call: Call, other: Call) -> Call:
    return evolve(call, request=evolve(call.request, headers=other.request.headers))


def _crossed_roots(root: Any) -> Any:
    """The prefix is kept in a place that simultaneous requests share."""
    shared: list[str] = [""]

    def other(call: Call) -> str:
        previous, shared[0] = shared[0], root(call)
        return previous if previous and call.number % 5 == 4 else shared[0]

    return other


def _first_call(call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return exports[: len(exports) // 2] if call.number == 0 else exports


def _warming(call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return exports if call.number >= 12 else exports[: len(exports) - 12 + call.number]


def _versions_loaded_late(stages: Stages) -> Stages:
    """Which exports a version is compatible with is there only once it was asked for."""
    loaded: set[tuple[str, str]] = set()

    def select(call: Call, query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        versions = {(name, text) for name in ("tileVersion", "iTwinJS") for text in texts(call, name)}
        new = versions - loaded
        loaded.update(versions)
        return () if new else stages.select(call, query, exports)

    return evolve(stages, select=select)


def _shuffled(when: Callable[[Call, Query], bool], order: Callable[[Call, Any], Any]) -> Change:
    def wrapper(own: Any) -> Any:
        def other(call: Call, query: Query, exports: Sequence[Export]) -> Any:
            right = own(call, query, exports)
            return order(call, right) if when(call, query) else right

        return other

    return around("order", wrapper)


def _unordered(_call: Call, query: Query) -> bool:
    return "$orderBy" not in query.values


def _at_random(call: Call, exports: Sequence[Export]) -> list[Export]:
    mixed = list(exports)
    random.Random(call.number).shuffle(mixed)  # noqa: S311 - an order, not a secret
    return mixed


def _anew_with_each_change(call: Call, exports: Sequence[Export]) -> list[Export]:
    state = f"{len(call.exports)} {max(export.last_modified for export in call.exports)}" if call.exports else ""
    return sorted(exports, key=lambda export: random.Random(f"{state} {export.id}").random())  # noqa: S311


def _rotated(call: Call, exports: Sequence[Export]) -> list[Export]:
    turn = call.number % max(1, len(exports))
    return [*exports[turn:], *exports[:turn]]


def _on_replica(call: Call, exports: Sequence[Export]) -> list[Export]:
    return sorted(exports, key=lambda export: export.id) if call.number % 2 else list(exports)


def _two_swapped(call: Call, exports: Sequence[Export]) -> list[Export]:
    mixed = list(exports)
    if len(mixed) > 8 and call.number % 3 == 2:
        mixed[5], mixed[6] = mixed[6], mixed[5]
    return mixed


def _hides(test: Callable[[Call, Export], bool], when: Callable[[Call], bool] | None = None) -> Change:
    return selected(lambda call, _query, exports: [one for one in exports if not test(call, one)], when)


def _unfiltered(call: Call) -> bool:
    return not any(has(name)(call) for name in ("iModelId", "changesetId", "exportType", "tileVersion", "iTwinJS"))


def _doubled(test: Callable[[Call, Export], bool], when: Callable[[Call], bool] | None = None) -> Change:
    def double(call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
        return [copy for export in exports for copy in ([export] * (2 if test(call, export) else 1))]

    return selected(double, when)


def _capped(call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return exports[:150] if _unfiltered(call) else exports


def _unordered_hundred(call: Call, _query: Query, exports: Sequence[Export]) -> Sequence[Export]:
    return exports[:-1] if len(exports) == 100 and not has("$orderBy")(call) else exports


FAULTS = (
    Fault(
        "cache-ignores-prefer",
        ("answers-independent",),
        "A cache does not tell preferences apart.",
        _cache(lambda call: _key(call, ("x-api-host-and-root", "host"))),
    ),
    Fault(
        "cache-ignores-root",
        ("answers-independent", "root-prefix"),
        "A cache does not tell roots apart.",
        _cache(lambda call: _key(call, ("prefer", "host"))),
    ),
    Fault(
        "cache-ignores-skip",
        ("answers-independent", "skip-leaves-out"),
        "A cache does not tell `$skip` apart.",
        _cache_without("$skip"),
    ),
    Fault(
        "later-pages-kept",
        ("answers-independent",),
        "Pages behind the first are kept for 25 seconds, and the first is of now.",
        _cache(_key, of=lambda query: bool(query.skip), seconds=25),
        needs=MOVING,
    ),
    Fault(
        "filtered-lists-kept",
        ("answers-independent",),
        "Lists by a filter are kept for 25 seconds, and all others are of now.",
        _cache(
            _key, of=lambda query: not {"iModelId", "changesetId", "exportType"}.isdisjoint(query.values), seconds=25
        ),
        needs=MOVING,
    ),
    Fault("cache-ignores-top", ("answers-independent",), "A cache does not tell `$top` apart.", _cache_without("$top")),
    Fault(
        "cache-ignores-order",
        ("answers-independent",),
        "A cache does not tell orders apart.",
        _cache_without("$orderBy"),
    ),
    Fault(
        "cache-glues-numbers",
        ("answers-independent",),
        "A cache's key has `$top` and `$skip` with nothing between them: 1 and 11 are 11 and 1.",
        _cache(_glued_numbers),
    ),
    Fault("cache-ignores-cdn", ("answers-independent",), "A cache does not tell `cdn` apart.", _cache_without("cdn")),
    Fault(
        "cache-ignores-type",
        ("answers-independent",),
        "A cache does not tell export types apart.",
        _cache_without("exportType"),
    ),
    Fault(
        "cache-ignores-versions",
        ("answers-independent",),
        "A cache does not tell versions apart.",
        _cache_without("tileVersion", "iTwinJS"),
    ),
    Fault(
        "cache-by-short-key",
        ("answers-independent",),
        "A cache compares the first 40 characters of the query.",
        _cache(lambda call: (call.request.query[:40], *_key(call, parameters=lambda _name: False))),
    ),
    Fault(
        "cache-by-values",
        ("answers-independent",),
        "A cache compares the values of parameters and not their names.",
        _cache(
            lambda call: (
                tuple(text for _, text in pairs(call.request.query)),
                *_key(call, parameters=lambda _name: False),
            )
        ),
    ),
    Fault(
        "preference-sticks",
        ("prefer-default", "answers-independent"),
        "A preference stays for requests without one.",
        around("prefer", _preference_sticks),
    ),
    Fault(
        "root-sticks",
        ("answers-independent", "root-prefix"),
        "A root stays for requests without one.",
        around("root", _root_sticks),
    ),
    Fault("order-sticks", ("answers-independent",), "An order stays for requests without one.", _sticks("$orderBy")),
    Fault(
        "top-sticks",
        ("answers-independent", "top-default"),
        "A `$top` stays for requests without one.",
        _sticks("$top"),
    ),
    Fault(
        "imodelid-sticks",
        ("answers-independent",),
        "An `iModelId` stays for requests without one.",
        _sticks("iModelId"),
    ),
    Fault(
        "cdn-sticks",
        ("answers-independent", "cdn-only-when-set"),
        "A `cdn` stays for requests without one.",
        _sticks("cdn"),
    ),
    Fault(
        "exporttype-stays-in-session",
        ("answers-independent", "exporttype-only"),
        "Within one `SessionId` the first `exportType` stays.",
        _stays_in_session("exportType"),
    ),
    Fault(
        "session-lacks-the-newest",
        ("answers-independent", "list-complete"),
        "Who has a `SessionId` is answered by a replica that lacks the three newest exports.",
        selected(_without_the_newest, lambda call: bool(call.request.lines("sessionid"))),
    ),
    Fault(
        "answers-mixed-up",
        ("answers-independent",),
        "Simultaneous requests get one another's answers.",
        around("answer", _mixed_up),
    ),
    Fault(
        "headers-mixed-up",
        ("answers-independent",),
        "Simultaneous requests are answered with the headers of the last of them.",
        shared_in_flight(200, _with_headers),
    ),
    Fault(
        "roots-crossed",
        ("answers-independent", "root-prefix"),
        "Every fifth answer has the root of the request before.",
        around("root", _crossed_roots),
    ),
    Fault(
        "first-call-differs",
        ("answers-independent", "list-steady"),
        "The first answer has half of the list.",
        selected(_first_call),
    ),
    Fault(
        "versions-loaded-late",
        ("tileversion-steady", "itwinjs-steady"),
        "The first time that a version is asked for nothing is compatible with it.",
        _versions_loaded_late,
    ),
    Fault(
        "list-warms-up",
        ("answers-independent", "list-steady"),
        "The list is complete only after a dozen requests.",
        selected(_warming),
    ),
    Fault(
        "ids-made-anew",
        ("list-steady",),
        "Each answer gives the exports other ids.",
        items(lambda call, _export, item: put(item, ("id",), lambda text: f"{text[:24]}{call.number:012x}")),
    ),
    Fault(
        "ids-made-anew-by-refresh",
        ("list-steady",),
        "Every two seconds the exports of one type get other ids.",
        items(
            lambda call, _export, item: put(item, ("id",), lambda text: f"{text[:24]}{int(call.moment) // 2:012x}"),
            lambda _call, export: export.export_type == "3DFT",
        ),
    ),
    Fault(
        "one-id-made-anew",
        ("list-steady",),
        "Each answer gives one export of hundreds another id.",
        items(lambda call, _export, item: put(item, ("id",), lambda text: f"{text[:24]}{call.number:012x}"), one),
    ),
    Fault(
        "one-export-flickers",
        ("list-steady",),
        "One export of hundreds is missing from every third answer.",
        _hides(lambda call, export: one(call, export) and call.number % 3 == 2),
    ),
    Fault(
        "one-export-comes-and-goes",
        ("list-steady",),
        "One export of hundreds is missing for one second of four.",
        _hides(lambda call, export: one(call, export) and int(call.moment) % 4 == 3),
    ),
    Fault(
        "invalid-flickers",
        ("list-steady",),
        "Every fourth answer leaves the invalid exports out.",
        _hides(lambda call, export: export.status == "Invalid" and call.number % 4 == 3),
    ),
    Fault(
        "invalid-flickers-from-the-first",
        ("list-steady",),
        "Every third answer, the one to the first walk among them, leaves the invalid exports out.",
        _hides(lambda call, export: export.status == "Invalid" and call.number % 3 == 0),
    ),
    Fault(
        "status-flickers",
        ("list-steady",),
        "Exports that are not started are invalid in every other answer.",
        items(
            lambda call, _export, item: put(
                item, ("status",), lambda text: "Invalid" if text == "NotStarted" and call.number % 2 else text
            )
        ),
    ),
    Fault(
        "names-follow-call",
        ("list-steady",),
        "The name of one export changes from call to call.",
        items(lambda call, _export, item: put(item, ("displayName",), lambda text: f"{text} ({call.number})"), one),
    ),
    Fault(
        "order-at-random",
        ("list-order-steady",),
        "Without `$orderBy` the order is another one each time.",
        _shuffled(_unordered, _at_random),
    ),
    Fault(
        "order-anew-with-each-change",
        ("list-order-steady",),
        "Without `$orderBy` the whole list has another order as soon as one export has changed.",
        _shuffled(_unordered, _anew_with_each_change),
        needs=MOVING,
    ),
    Fault(
        "order-rotates",
        ("list-order-steady",),
        "Without `$orderBy` each answer begins one export further.",
        _shuffled(_unordered, _rotated),
    ),
    Fault(
        "order-by-replica",
        ("list-order-steady",),
        "Without `$orderBy` two replicas take turns with an order each.",
        _shuffled(_unordered, _on_replica),
    ),
    Fault(
        "two-swapped",
        ("list-order-steady",),
        "Without `$orderBy` two neighbours change places in every third answer.",
        _shuffled(_unordered, _two_swapped),
    ),
    Fault(
        "filtered-order-at-random",
        ("list-order-steady",),
        "The order of one iModel's exports is another one each time.",
        _shuffled(lambda call, query: _unordered(call, query) and "iModelId" in query.values, _at_random),
    ),
    Fault(
        "one-export-hidden",
        ("list-complete",),
        "One export of hundreds shows only where a filter selects it.",
        _hides(one, _unfiltered),
    ),
    Fault(
        "invalid-hidden",
        ("list-complete",),
        "Invalid exports show only where a filter selects them.",
        _hides(lambda _call, export: export.status == "Invalid", _unfiltered),
    ),
    Fault(
        "unversioned-hidden",
        ("list-complete",),
        "Exports of iModels without changesets show only where a filter selects them.",
        _hides(lambda _call, export: not export.changeset_id, _unfiltered),
    ),
    Fault(
        "list-capped",
        ("list-complete",),
        "The list ends after 150 exports, unless there is a filter.",
        selected(_capped),
    ),
    Fault(
        "hidden-in-small-pages",
        ("list-complete", "top-fills"),
        "One export of hundreds shows only on pages of more than 200.",
        selected(
            lambda call, query, exports: (
                exports if query.top > 200 else [other for other in exports if not one(call, other)]
            )
        ),
    ),
    Fault("one-export-twice", ("list-unique",), "One export of hundreds is listed twice.", _doubled(one)),
    Fault(
        "twice-in-filter",
        ("list-unique",),
        "An export is listed twice where `iModelId` and `exportType` select it.",
        _doubled(lambda _call, export: export.number % 3 == 0, has("iModelId", "exportType")),
    ),
    Fault(
        "twice-in-full",
        ("list-unique", "prefer-same-data"),
        "Complete exports are listed twice in full representation.",
        _doubled(lambda _call, export: export.status == "Complete", full),
    ),
    Fault(
        "twice-in-order",
        ("list-unique", "orderby-complete"),
        "One export is listed twice where there is an order.",
        _doubled(one, has("$orderBy")),
    ),
    Fault(
        "last-page-repeats",
        ("skip-leaves-out", "list-unique"),
        "The last page is filled up with exports of the page before.",
        around(
            "slice",
            lambda own: (
                lambda call, query, exports: (
                    exports[-query.top :]
                    if 0 < query.top < len(exports) < query.skip + query.top < len(exports) + query.top
                    else own(call, query, exports)
                )
            ),
        ),
    ),
    Fault(
        "list-capped-at-1000",
        ("list-complete",),
        "The list ends after 1000 exports, unless there is a filter.",
        selected(lambda _call, _query, exports: exports[:1000], _unfiltered),
        {"size": 1100},
    ),
    Fault(
        "hundred-loses-one",
        ("list-complete",),
        "A selection of exactly 100 exports loses its last, unless there is an order.",
        selected(_unordered_hundred),
        {"size": 100},
    ),
    Fault(
        "single-rest-hidden",
        ("skip-leaves-out", "top-fills"),
        "A page with a single export left is empty.",
        around("slice", lambda own: lambda *given: own(*given) if len(given[2]) - given[1].skip != 1 else []),
    ),
    Fault(
        "pages-drop-last",
        ("top-fills", "list-complete"),
        "The last export of the last page is lost.",
        documents(
            lambda _call, document: (
                document
                if "next" in document["_links"] or len(document["exports"]) < 2
                else {**document, "exports": document["exports"][:-1]}
            )
        ),
    ),
)
"""The faults of this theme."""
