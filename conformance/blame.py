"""Finds the requirement that a violation breaks, from its smallest form and from twins that differ in one thing.

What the smallest form is, `reduction` finds out; what is counted under the requirement, and when, decides `counting`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, unquote

from attrs import evolve

from conformance import spec
from conformance.checks.registry import Observation
from conformance.evidence import OF_STATUSES, OWN_CAUSE
from conformance.exchange import Credential, CredentialKind, Exchange, Request, encode
from conformance.query import COMPATIBILITY, FILTERS, PLACES, Parameter, Validity
from conformance.reduction import fails, fails_again, lasts
from conformance.run import FULL, Run, Suspicion
from conformance.values import plain_value
from conformance.walking import WHOLE, goes_on_behind

CACHEABLE: Final = frozenset(
    {
        *("representation", "root_prefix", "selection", "sequence", "data"),
        *("ordered", "mesh_hosts", "kept_query", "own_request", "paging_links"),
    }
)
"""Checks that fail where an answer was made for another request."""
_OF_EXPORTS: Final = frozenset({"representation", "mesh_links", "known_status", "unique"})
"""Checks of what exports are, which no prefix and no `cdn` may change."""
_OF_INVALID_PARAMETERS: Final = frozenset({"invalid_parameter_is_refused", "error_details"})
OF_ACCEPTANCE: Final = "valid_request_is_accepted"
_UNDOCUMENTED: Final = ("status-documented", "path-served")
"""Requirements that a status breaks which nothing may have."""
OF_AMOUNT: Final = frozenset({"selection", "sequence"})
"""Checks of which exports are on a page."""
_OF_PAGES: Final = OF_AMOUNT | {"paging_links"}
_OF_SEVERAL: Final = frozenset(
    {
        *("orderby-asc", "orderby-desc", "orderby-complete", "filters-combine", "tileversion-combines"),
        *("itwinjs-combines", "skip-leaves-out", "top-fills", "links-next-present", "links-next-absent"),
    }
)
"""Requirements that a page breaks, too, where one of its filters loses exports by itself."""
_LONG: Final = "10"
"""Exports enough to tell where in its order a page stands."""
_EVERY_PARAMETER: Final = "unprocessable-every-parameter"


def broken_requirement(run: Run, exchange: Exchange, observation: Observation) -> tuple[str, Exchange, Observation]:
    """The requirement that the smallest form of a violation breaks, and what shows it.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    twin = _fault_of_status(run, exchange, observation)
    if twin:
        exchange, observation = twin
    elif observation.requirement == _EVERY_PARAMETER:
        # A parameter that is not judged is not named either.
        exchange, observation = _unrefused(run, exchange) or (exchange, observation)
    observation = _amount(run, exchange, observation) or observation
    return _cause(run, exchange.request, observation) or observation.requirement, exchange, observation


def _amount(run: Run, exchange: Exchange, observation: Observation) -> Observation | None:
    """What is wrong with how many exports a page has, where its links are wrong: they are so as a consequence."""
    if observation.check != "paging_links":
        return None
    return run.observe_by("selection", exchange)


def _cause(run: Run, request: Request, observation: Observation) -> str | None:
    """The promise that what is left of a reduced request breaks, where it is not the one that the check named.

    Each part that is left was needed for the failure; a twin that differs in one thing and passes tells the cause.
    """
    if observation.requirement in OWN_CAUSE:
        return None
    if observation.requirement.endswith("-steady") and not lasts(run, request, observation.check):
        # What comes and goes by itself breaks this very promise: a twin that passes tells nothing then.
        return None
    causes = (_spelling, _what_selects_nothing, _page)
    return next(filter(None, (cause(run, request, observation) for cause in causes)), None)


def _spelling(run: Run, request: Request, observation: Observation) -> str | None:
    """The promise that is broken by how a request is written, or by what it has that means nothing on the page."""
    check = observation.check
    names = {name for name, _ in request.pairs}
    if request.header("sessionid") and check in CACHEABLE | _OF_EXPORTS:
        # What was asked before in the session is left.
        return "answers-independent"
    if check in CACHEABLE and names and names.isdisjoint(spec.parameters("query")):
        if kept_by_a_cache(run, request, observation):
            return "answers-independent"
        # The page does not name it, and so promises nothing of what comes where it is given.
        return "unknown-parameter-ignored" if fails_again(run, request, check) else observation.requirement
    if _has_an_escaped_name(request) and fails_again(run, request, check):
        understood = check in _OF_INVALID_PARAMETERS and _understands_escapes(run, request)
        return observation.requirement if understood else "names-percent-encoded"
    if check == OF_ACCEPTANCE and _only_as_the_vendor_type(run, request):
        return "accept-vendor"
    if _by_the_bare_path(request) and fails_again(run, request, check):
        return "path-without-slash"
    return None


def _what_selects_nothing(run: Run, request: Request, observation: Observation) -> str | None:
    """The promise that `cdn`, a prefix, a cache or a parameter of no meaning breaks: none may change what is listed."""
    check = observation.check
    if check in _OF_EXPORTS and any(name == "cdn" for name, _ in request.pairs):
        return "cdn-urls" if check == "mesh_links" else "cdn-links-only"
    if check in (*_OF_EXPORTS, "selection") and request.header("x-api-host-and-root"):
        return "root-links-only"
    if check in CACHEABLE and kept_by_a_cache(run, request, observation):
        return "answers-independent"
    if check in CACHEABLE and _only_beside_unknown_parameters(run, request, check):
        return "unknown-parameter-ignored"
    return None


def _page(run: Run, request: Request, observation: Observation) -> str | None:
    """The promise that is broken by the size or the place of a page, by what it selects, or in one representation."""
    check = observation.check
    if check == "selection" and _only_by_default(run, request):
        return "top-default"
    if check == "selection" and not observation.requirement.startswith(("top-", "list-")):
        size = _wrong_size(run, request)
        if size:
            return size
    if check in ("selection", "paging_links") and _is_cut(run, request):
        return "top-fills"
    lost = lost_by_the_selection(run, request, observation) or _misplaced_in_order(run, request, observation)
    if lost:
        return lost
    if check == "selection" and any(name == "$skip" for name, _ in request.pairs):
        displaced = _displaced_without_filters(run, request)
        if displaced:
            return displaced
    if check in ("selection", "sequence", "data") and not request.header("prefer"):
        twin = fails(run, evolve(request, headers=(*request.headers, *FULL)), check)
        return twin[1].requirement if twin else "prefer-same-data"
    return None


def _only_as_the_vendor_type(run: Run, request: Request) -> bool:
    """Whether a request for the vendor's media type, which all ask for by themselves, passes where it asks for JSON."""
    others = tuple((name, value) for name, value in request.headers if name.lower() != "accept")
    as_json = evolve(request, headers=(*others, ("Accept", "application/json")))
    wanted = request.header("accept") or spec.VENDOR_MEDIA_TYPE
    return spec.VENDOR_MEDIA_TYPE in wanted and _tells(run, request, as_json, OF_ACCEPTANCE)


def _only_beside_unknown_parameters(run: Run, request: Request, check: str) -> bool:
    """Whether a request has parameters of no meaning, neither on the page nor in links, and passes without them.

    Where one of them has a sign that needs an escape, it is the query that is read wrongly.
    """
    meant = {*spec.parameters("query"), *run.knowledge.cursors, *run.knowledge.pins}
    known = [pair for pair in request.pairs if pair[0] in meant]
    others = [pair for pair in request.pairs if pair[0] not in meant]
    if not (known and others) or any(
        quote(text, safe="", errors="surrogateescape") != text for pair in others for text in pair
    ):
        return False
    return _tells(run, request, request.with_pairs(known), check)


def kept_by_a_cache(run: Run, request: Request, observation: Observation) -> bool:
    """Whether a request does not fail where it has something that no cache has seen.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    # In front, for what compares the beginning of a query.
    busted = evolve(request, query="&".join(filter(None, (encode([next(run.fresh)]), request.query))))
    if observation.requirement.endswith("-steady"):
        return _tells(run, request, busted, observation.check)
    # What comes and goes by itself depends on more than its request, too.
    return not fails(run, busted, observation.check)


def _only_by_default(run: Run, request: Request) -> bool:
    """Whether a page has what is due once it is asked for with the size that it should have by itself."""
    if any(name == "$top" for name, _ in request.pairs):
        return False
    named = request.with_pairs([*request.pairs, ("$top", str(run.knowledge.default_top))])
    if not _tells(run, request, named, "selection"):
        return False
    # Where it takes a `$skip`, that is what is forgotten without `$top`.
    first = [(name, value) for name, value in request.pairs if name != "$skip"]
    return len(first) == len(request.pairs) or bool(fails(run, request.with_pairs(first), "selection"))


def _tells(run: Run, request: Request, twin: Request, check: str) -> bool:
    """Whether a twin passes where a request fails, both of them twice: once may be a flicker."""
    if fails(run, twin, check):
        return False
    return fails_again(run, request, check) and not fails_again(run, twin, check)


def _wrong_size(run: Run, request: Request) -> str | None:
    """The promise that a page of the whole list breaks by this `$top` alone."""
    top = [(name, value) for name, value in request.pairs if name == "$top"]
    found = fails(run, request.with_pairs(top), "selection") if len(top) < len(request.pairs) else None
    return found[1].requirement if found else None


def _is_cut(run: Run, request: Request) -> bool:
    """Whether what a page lacks stands right behind it: then its size is wrong, and nothing is lost or left out."""
    page = run.send(request)
    run.unsuspect(page)
    return 0 < len(page.ids) < run.context(page).page_size and goes_on_behind(run, page)


def lost_by_the_selection(run: Run, request: Request, observation: Observation) -> str | None:
    """The promise that one filter breaks by itself, or the filters do together, with this place of a page or without.

    A page of what they leave is then out of its order, or has the wrong links, as a consequence.

    Raises:
        BudgetSpentError: The run may send no more.
    """
    if observation.check not in _OF_PAGES or observation.requirement not in _OF_SEVERAL:
        return None
    place = [(name, value) for name, value in request.pairs if name in PLACES]
    selecting = [pair for pair in request.pairs if pair not in place]
    filters = [(name, value) for name, value in selecting if name in (*FILTERS, *COMPATIBILITY)]
    if not filters:
        return None
    alone = [[one] for one in filters]
    wholes = [[*pairs, WHOLE] for pairs in (*alone, filters, selecting)]
    pages = [[*pairs, *place] for pairs in alone if place]
    twins = (request.with_pairs(pairs) for pairs in (*wholes, *pages))
    found = next((found for twin in dict.fromkeys(twins) if (found := fails(run, twin, "selection"))), None)
    return found[1].requirement if found else None


def _misplaced_in_order(run: Run, request: Request, observation: Observation) -> str | None:
    """The promise of `$skip`, where an ordered page that is long enough to tell is a right one from another place."""
    place = [pair for pair in request.pairs if pair[0] in ("$orderBy", "$skip")]
    if not observation.requirement.startswith("orderby-") or {name for name, _ in place} != {"$orderBy", "$skip"}:
        return None
    found = fails(run, request.with_pairs([*place, ("$top", _LONG)]), "sequence")
    return "skip-leaves-out" if found and found[1].requirement == "skip-leaves-out" else None


def _displaced_without_filters(run: Run, request: Request) -> str | None:
    """The promise that a page of the whole list breaks: the one in this place, or the one as far from the end.

    In this place it may have as many exports as are due, and not those.
    """
    place = [(name, value) for name, value in request.pairs if name not in (*FILTERS, *COMPATIBILITY)]
    if len(place) == len(request.pairs):
        return None
    found = fails(run, request.with_pairs(place), "sequence")
    if found is None and (skip := _as_far_from_the_end(run, request)) is not None:
        moved = [(name, str(skip) if name == "$skip" else value) for name, value in place]
        found = fails(run, request.with_pairs(moved), "selection")
    return found[1].requirement if found else None


def _as_far_from_the_end(run: Run, request: Request) -> int | None:
    """The `$skip` behind which the whole list has as many exports left as a request's; None where nobody can tell."""
    snapshot = run.knowledge.snapshot
    if snapshot is None or not snapshot.whole:
        return None
    query = run.query(request)
    selection, skip = run.knowledge.selection(query), query.count("$skip")
    if selection is None or selection.open or skip is None:
        return None
    return len(snapshot.order) - max(0, len(selection.ids) - skip)


def _fault_of_status(run: Run, exchange: Exchange, observation: Observation) -> tuple[Exchange, Observation] | None:
    """The twin that gets the same status though it lacks what the check is about, and what the status breaks there."""
    for twin in _twins_without_the_matter(run, exchange, observation):
        plain = run.send_once(twin)
        run.unsuspect(plain)
        broken = next(filter(None, (run.observe_by(check, plain) for check in OF_STATUSES)), None)
        if plain.status == exchange.status and broken:
            return plain, broken
    return None


def _invalid(run: Run, exchange: Exchange) -> Mapping[str, Parameter]:
    return run.context(exchange).query.of(Validity.INVALID)


def _may_be_unrefused(run: Run, exchange: Exchange) -> bool:
    """Whether an invalid parameter was not seen to be refused, or was seen not to be."""
    tallies = [run.tally(parameter.requirement) for parameter in _invalid(run, exchange).values()]
    return any(tally.broken or not tally.held for tally in tallies)


def _unrefused(run: Run, exchange: Exchange) -> tuple[Exchange, Observation] | None:
    """Where an invalid parameter is not refused, although no other is invalid."""
    request, invalid = exchange.request, _invalid(run, exchange)
    plain = {name: plain_value(run.knowledge.snapshot, name) for name in invalid}
    for name, parameter in invalid.items():
        own = {**plain, name: parameter.value}
        among_valid = [(other, own.get(other, value)) for other, value in request.pairs]
        for pairs in ([(name, parameter.value)], among_valid):
            found = fails(run, request.with_pairs(pairs), "invalid_parameter_is_refused")
            if found:
                return found
    return None


def _twins_without_the_matter(run: Run, exchange: Exchange, observation: Observation) -> Iterator[Request]:
    request = exchange.request
    if observation.check == "bad_credential_is_refused":
        yield evolve(request, credential=Credential(CredentialKind.GOOD))
    elif observation.requirement == "skip-past-end":
        yield request.with_pairs((name, "1" if name == "$skip" else value) for name, value in request.pairs)
    elif observation.check in _OF_INVALID_PARAMETERS:
        refusable = {**_invalid(run, exchange), **run.context(exchange).query.of(Validity.FREE)}
        plain = {name: plain_value(run.knowledge.snapshot, name) for name in refusable}
        yield request.with_pairs((name, value) for name, value in request.pairs if name not in refusable)
        yield request.with_pairs((name, plain.get(name, value)) for name, value in request.pairs)


def _understands_escapes(run: Run, request: Request) -> bool:
    """Whether a request with its names as they are, and valid values, is answered as it should be."""
    plain = [(name, plain_value(run.knowledge.snapshot, name)) for name, _ in request.pairs]
    exchange = run.send(evolve(request, query=encode(plain).replace("$", "%24")))
    run.unsuspect(exchange)
    return all(each.holds for each in run.observe(exchange))


def may_follow(run: Run, suspicion: Suspicion) -> bool:
    """Whether a violation that was not made smaller may be another face of one that was."""
    check, requirement = suspicion.observation.check, suspicion.observation.requirement
    others = [name for name, tally in run.tallies.items() if tally.broken and name != requirement]
    exchange = suspicion.exchange
    wrong = {finding.exchange.status for name in _UNDOCUMENTED for finding in run.tally(name).findings}
    return (
        any(run.reductions[check, name] for name in others)
        or ("answers-independent" in others and check in CACHEABLE)
        or ("names-percent-encoded" in others and _has_an_escaped_name(exchange.request))
        or ("path-without-slash" in others and _by_the_bare_path(exchange.request))
        or (requirement not in _UNDOCUMENTED and exchange.status in wrong)
        or (requirement == _EVERY_PARAMETER and _may_be_unrefused(run, exchange))
        or _amount(run, exchange, suspicion.observation) is not None
    )


def _has_an_escaped_name(request: Request) -> bool:
    """Whether a documented parameter has an escape in its name."""
    names = (pair.partition("=")[0] for pair in request.query.split("&"))
    return any("%" in name and unquote(name) in spec.parameters("query") for name in names)


def _by_the_bare_path(request: Request) -> bool:
    return request.operation == spec.LIST and request.path == spec.bare_path()
