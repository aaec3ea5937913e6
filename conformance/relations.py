"""Metamorphic relations: what the answers to requests that differ in one thing must have in common.

A function for each, named by its relation. It is given a request and the means to send, and says what the answers
prove of its requirements; nothing where it does not apply. Unlike the checks it needs no walk to hold an answer
against. Which requests it is put to is decided by the probes, and what is seen counts only after a second look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

from attrs import evolve, frozen

from conformance import ledger, spec
from conformance.checks.registry import Observation, judged
from conformance.checks.selections import difference
from conformance.collection import Export, date, identity, passes, requested
from conformance.exchange import Exchange, Request, encode
from conformance.knowledge import LARGEST_TOP
from conformance.query import COMPATIBILITY, FILTERS, PLACES
from conformance.run import FULL

Send = Callable[[Request], Exchange]
RelationFunction = Callable[[Send, Request], Iterator[Observation]]

_ROOT: Final = ("x-api-host-and-root", "https://relation.example/root")
_SELECTING: Final = (*FILTERS, *COMPATIBILITY)


@frozen
class Relation:
    """A relation, and the requirements that it may speak of."""

    name: str
    requirements: frozenset[str]
    function: RelationFunction

    def __call__(self, send: Send, request: Request) -> Iterator[Observation]:
        """What the answers to a request and to its followers prove."""
        return self.function(send, request)


RELATIONS: Final[dict[str, Relation]] = {}


def relation(*requirements: str) -> Callable[[RelationFunction], RelationFunction]:
    """Register a relation of these requirements.

    Raises:
        KeyError: The ledger has no such requirement.
    """
    for requirement in requirements:
        ledger.requirements()[requirement]

    def register(function: RelationFunction) -> RelationFunction:
        RELATIONS[function.__name__] = Relation(function.__name__, frozenset(requirements), function)
        return function

    return register


@relation("path-without-slash")
def trailing_slash_changes_nothing(send: Send, request: Request) -> Iterator[Observation]:
    """Both spellings of the path have the same exports."""
    paths = (spec.collection_path(), spec.bare_path())
    yield from _same("path-without-slash", *(send(evolve(request, path=path)) for path in paths))


@relation("names-percent-encoded")
def escaping_of_dollar_changes_nothing(send: Send, request: Request) -> Iterator[Observation]:
    """`$` and `%24` mean the same."""
    plain = request.query.replace("%24", "$")
    if "$" in plain:
        queries = (plain, plain.replace("$", "%24"))
        yield from _same("names-percent-encoded", *(send(evolve(request, query=query)) for query in queries))


@relation("unknown-parameter-ignored")
def unknown_parameter_changes_nothing(send: Send, request: Request) -> Iterator[Observation]:
    """What the page does not name selects nothing."""
    more = request.with_pairs([*request.pairs, ("client", "CesiumJS")])
    yield from _same("unknown-parameter-ignored", send(request.with_pairs(request.pairs)), send(more))


@relation("filters-combine")
def conjunction_commutes(send: Send, request: Request) -> Iterator[Observation]:
    """The order in which parameters are written is none of the list's."""
    pairs = request.pairs
    if sum(name in FILTERS for name, _ in pairs) > 1:
        yield from _same("filters-combine", send(request.with_pairs(pairs)), send(request.with_pairs(pairs[::-1])))


@relation("filters-combine")
def conjunction_is_the_intersection(send: Send, request: Request) -> Iterator[Observation]:
    """Two filters together select what each of them selects alone."""
    filters = [pair for pair in request.pairs if pair[0] in FILTERS][:2]
    if len(filters) < 2:
        return
    one, other, both = (send(_whole(request, pairs)) for pairs in (filters[:1], filters[1:], filters))
    if all(_is_whole(exchange) for exchange in (one, other, both)):
        due = set(one.ids) & set(other.ids)
        message = f"{len(set(both.ids))} exports, where the filters alone share {len(due)}"
        yield judged("filters-combine", set(both.ids) == due, message, contestable=True)


@relation("imodelid-only", "changesetid-only", "exporttype-only")
def filter_is_subset(send: Send, request: Request) -> Iterator[Observation]:
    """A filter adds nothing to what is selected without it."""
    yield from _filtered(send, request, "only")


@relation("imodelid-complete", "changesetid-complete", "exporttype-complete")
def filter_is_complete(send: Send, request: Request) -> Iterator[Observation]:
    """A filter keeps all that shows its value."""
    yield from _filtered(send, request, "complete")


def _filtered(send: Send, request: Request, what: str) -> Iterator[Observation]:
    chosen = next((pair for pair in request.pairs if pair[0] in FILTERS), None)
    if chosen is None:
        return
    name, value = chosen
    all_, some = send(_whole(request, [])), send(_whole(request, [chosen]))
    if not (_is_whole(all_) and _is_whole(some)):
        return
    requirement = f"{name.lower()}-{what}"
    matching = {
        one
        for one, export in zip(all_.ids, all_.exports, strict=True)
        if passes(name, value)(export) and (name != "exportType" or requested(export, name) == value)
    }
    if what == "only":
        strange = next((one for one in some.ids if one not in all_.ids), None)
        yield judged(requirement, strange is None, f"{strange} is not in the list without {name}", contestable=True)
    else:
        lost = next(iter(sorted(matching - set(some.ids))), None)
        yield judged(requirement, lost is None, f"{lost} has {name}={value!r} and is left out", contestable=True)


@relation("skip-leaves-out", "top-fills")
def slice_of_whole(send: Send, request: Request) -> Iterator[Observation]:
    """A page is what `$skip` and `$top` cut out of the whole selection."""
    places = dict(pair for pair in request.pairs if pair[0] in PLACES)
    if not places:
        return
    chosen = [pair for pair in request.pairs if pair[0] not in PLACES]
    # In the representation of the page: the other may come in another order.
    whole = send(evolve(_whole(request, chosen), headers=request.headers))
    page = send(request.with_pairs(request.pairs))
    if _is_whole(whole) and page.is_list and "$top" in places:
        skip, top = int(places.get("$skip", 0)), int(places["$top"])
        due = whole.ids[skip : skip + top]
        requirement = "top-fills" if len(page.ids) < len(due) and not skip else "skip-leaves-out"
        message = f"{len(page.ids)} exports that are not the {len(due)} of the whole selection"
        yield judged(requirement, page.ids == due, message, contestable=True)


@relation("skip-leaves-out")
def adjacent_pages_join(send: Send, request: Request) -> Iterator[Observation]:
    """Two pages side by side are the one of twice their size."""
    chosen = [pair for pair in request.pairs if pair[0] not in PLACES]
    skip = next((int(value) for name, value in request.pairs if name == "$skip"), 0)
    size = min(10, max(1, skip))
    first, second, both = (
        send(request.with_pairs([*chosen, ("$skip", str(start)), ("$top", str(top))]))
        for start, top in ((skip, size), (skip + size, size), (skip, 2 * size))
    )
    if first.is_list and second.is_list and both.is_list:
        joined = first.ids + second.ids
        yield judged("skip-leaves-out", joined == both.ids, "two pages are not the one of both", contestable=True)


@relation("orderby-complete")
def order_is_a_permutation(send: Send, request: Request) -> Iterator[Observation]:
    """An order changes the places of exports and nothing else."""
    chosen = _selecting(request)
    plain, ordered = send(_whole(request, chosen)), send(_whole(request, [*chosen, ("$orderBy", "date:desc")]))
    if _is_whole(plain) and _is_whole(ordered):
        same = sorted(plain.ids) == sorted(ordered.ids)
        message = f"{len(ordered.ids)} exports in order, {len(plain.ids)} without, or others"
        yield judged("orderby-complete", same, message, contestable=True)


@relation("orderby-asc", "orderby-desc")
def asc_is_reverse_of_desc_up_to_ties(send: Send, request: Request) -> Iterator[Observation]:
    """The dates of one order are those of the other, backwards."""
    chosen = _selecting(request)
    rising, falling = (send(_whole(request, [*chosen, ("$orderBy", order)])) for order in ("date:asc", "date:desc"))
    if not (_is_whole(rising) and _is_whole(falling)) or set(rising.ids) != set(falling.ids):
        return
    up, down = ([date(export) for export in exchange.exports] for exchange in (rising, falling))
    if None not in up and None not in down:
        due = sorted(moment for moment in up if moment)
        requirement = "orderby-asc" if up != due else "orderby-desc"
        yield judged(requirement, up == down[::-1] == due, "not the other order backwards", contestable=True)


@relation("prefer-same-data")
def representation_extends_minimal(send: Send, request: Request) -> Iterator[Observation]:
    """The full representation has what the minimal one has, and more; in another order where that is left open."""
    others = tuple(line for line in request.headers if line[0].lower() != "prefer")
    minimal, full = (
        send(evolve(request, headers=(*others, ("prefer", f"return={name}")))) for name in ("minimal", "representation")
    )
    if not (minimal.is_list and full.is_list):
        return
    names = {name for name, _ in request.pairs}
    if "$orderBy" in names:
        same = [date(export) for export in minimal.exports] == [date(export) for export in full.exports]
        yield judged("prefer-same-data", same, "other dates at the same places", contestable=True)
    if "$skip" not in names and _is_whole(minimal) and _is_whole(full):
        same = set(minimal.ids) == set(full.ids)
        yield judged("prefer-same-data", same, "other exports", contestable=True)
    known = {identity(export): export for export in minimal.exports}
    pairs = [(export, known[one]) for export in full.exports if (one := identity(export)) in known]
    if pairs:
        yield judged("prefer-same-data", *_alike_in_data(pairs), contestable=True)


@relation("root-links-only")
def prefix_changes_links_only(send: Send, request: Request) -> Iterator[Observation]:
    """The prefix of links leaves the exports alone."""
    others = tuple(line for line in request.headers if line[0].lower() != _ROOT[0])
    plain, prefixed = send(evolve(request, headers=others)), send(evolve(request, headers=(*others, _ROOT)))
    if plain.is_list and prefixed.is_list:
        yield judged("root-links-only", *_alike(plain, prefixed), contestable=True)


@relation("cdn-links-only")
def cdn_changes_mesh_links_only(send: Send, request: Request) -> Iterator[Observation]:
    """`cdn` leaves all but the links of exports alone."""
    pairs = [pair for pair in request.pairs if pair[0] != "cdn"]
    plain, through_cdn = send(request.with_pairs(pairs)), send(request.with_pairs([*pairs, ("cdn", "1")]))
    if plain.is_list and through_cdn.is_list:
        yield judged("cdn-links-only", *_alike(plain, through_cdn), contestable=True)


@relation("links-next-page")
def links_lead_to_the_next_slice(send: Send, request: Request) -> Iterator[Observation]:
    """Following `next` gives what skipping this page gives."""
    page = send(request.with_pairs(request.pairs))
    href = page.links.get("next")
    if href is None or not page.ids:
        return
    skip = next((int(value) for name, value in request.pairs if name == "$skip"), 0) + len(page.ids)
    others = [pair for pair in request.pairs if pair[0] != "$skip"]
    followed = send(evolve(request, query=_query(href)))
    skipped = send(request.with_pairs([*others, ("$skip", str(skip))]))
    yield from _same("links-next-page", skipped, followed)


def _query(href: str) -> str:
    try:
        return urlsplit(href).query
    except ValueError:
        return ""


def _selecting(request: Request) -> list[tuple[str, str]]:
    return [pair for pair in request.pairs if pair[0] in _SELECTING]


def _whole(request: Request, pairs: list[tuple[str, str]]) -> Request:
    """A request for as much of a selection as one answer can have, in full representation."""
    return Request(encode([*pairs, ("$top", str(LARGEST_TOP))]), FULL, path=request.path)


def _is_whole(exchange: Exchange) -> bool:
    """Whether an answer has its whole selection: a full page may have left something."""
    return exchange.is_list and len(exchange.ids) < LARGEST_TOP and "next" not in exchange.links


def _same(requirement: str, one: Exchange, other: Exchange) -> Iterator[Observation]:
    if one.is_list:
        message = (
            f"status {other.status} where the request that means the same gets a list"
            if not other.is_list
            else "other exports than the request that means the same"
        )
        yield judged(requirement, other.is_list and one.ids == other.ids, message, contestable=True)


def _alike(one: Exchange, other: Exchange) -> tuple[bool, str]:
    """Whether two lists have the same exports with the same data, and what differs."""
    if one.ids != other.ids:
        return False, "other exports, or another order"
    return _alike_in_data(zip(one.exports, other.exports, strict=True))


def _alike_in_data(pairs: Iterable[tuple[Export, Export]]) -> tuple[bool, str]:
    different = next(((export, name) for export, also in pairs if (name := difference(export, also))), None)
    return different is None, f"another {different[1]} of the export {different[0].get('id')}" if different else ""
