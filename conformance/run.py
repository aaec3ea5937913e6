"""One run against one endpoint: sends what the probes ask for, has each exchange judged, looks twice where it must.

What to send is decided by the probes (the test modules); what an exchange proves by the checks.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from attrs import evolve, frozen

from conformance import checks, deprecation, ledger
from conformance.account import BudgetSpentError
from conformance.checks.links import cursors, link_query
from conformance.checks.operations import is_plain_id
from conformance.checks.registry import Context
from conformance.checks.selections import compare_walks
from conformance.collection import Export, Snapshot, identity, mesh_link
from conformance.endpoint import Endpoint
from conformance.exchange import (
    NO_CREDENTIAL,
    NOBODYS_IDS,
    Credential,
    CredentialKind,
    Exchange,
    Failure,
    Request,
    Shape,
    encode,
)
from conformance.knowledge import DEFAULT_TOP, Knowledge, SelectionKey, mesh_host
from conformance.latency import Latencies
from conformance.needs import Sight, missing
from conformance.preference import Preferred
from conformance.query import COMPATIBILITY, read
from conformance.reduction import smaller_requests, weaker
from conformance.verdict import Finding, Tally, tallies_for

FULL: Final = (("prefer", "return=representation"),)
"""The header lines that ask for the full representation."""
LARGEST_TOP: Final = 1000
_WITHOUT_A_LIST: Final = 300
_PARTS: Final = 3
"""Parts of a collection, for each filter, that are known whole where the collection is not."""
_CLEAN_UP_SECONDS: Final = 10.0
_CLEAN_UP_PAUSE: Final = 0.25
_SECOND_LOOKS: Final = 4
_DROPS: Final = 32
_MOST_SHAPES: Final = 2000
_REDUCTIONS: Final = 3
"""How often the blame for one requirement is looked for before it counts as the consequence of another."""
BY_COMPARISON: Final = frozenset(
    {
        *("imodelid-access", "list-own"),
        *("answers-independent", "names-percent-encoded", "prefer-same-exports"),
        *(name for name in ledger.requirements() if name.startswith("life-")),
    }
)
"""Requirements that no exchange breaks by itself: it takes two, and the run or a probe compares them."""
_OWN_CAUSE: Final = frozenset(
    {"status-no-server-error", "answer-in-time", *(name for name in ledger.requirements() if name.startswith("auth-"))}
)
"""Requirements that are broken by whatever request it takes."""
_CACHEABLE: Final = frozenset(
    {"representation", "root_prefix", "selection", "sequence", "data", "ordered", "mesh_hosts", "kept_query"}
)
"""Checks that fail where an answer was made for another request."""
_FOLLOWS_FROM: Final = {"prefer-syntax": "prefer-representation", "skip-past-end": "skip-leaves-out"}
"""Requirements that cannot hold where another is broken."""
_OF_EXPORTS: Final = frozenset({"representation", "mesh_links", "known_status", "unique"})
"""Checks of what exports are, which no prefix and no `cdn` may change."""
RESTING_ON_THE_WALK: Final = frozenset(
    name for each in ("selection", "sequence", "data") for name in checks.CHECKS[each].requirements
)
"""Requirements that answers are held against the walk for."""
_BUST: Final = ("nothing", "1")
"""A parameter that means nothing and that no cache has seen."""
_CONFIRMED_AT_ONCE: Final = frozenset({Failure.TIMEOUT, Failure.UNREACHABLE, Failure.NOT_HTTP, Failure.CUT_SHORT})


class CannotTestError(Exception):
    """There is no API here to judge: the server does not answer, refuses a good token, or has no such path."""


def follows_from(requirement: str, tallies: Mapping[str, Tally]) -> bool:
    """Whether a requirement cannot hold because another one is violated."""
    cause = tallies.get(_FOLLOWS_FROM.get(requirement, ""))
    return cause is not None and cause.broken > 0


@frozen
class Suspicion:
    """A violation that is not yet confirmed."""

    exchange: Exchange
    observation: checks.Observation


class Run:
    """A run: its endpoint, what it learned, and what it counted.

    Args:
        endpoint: Sends; its listener must be `heard`.
        asked_for: Ids of the requirements to judge; all where empty.
    """

    def __init__(self, asked_for: Iterable[str] = ()) -> None:
        self.knowledge = Knowledge()
        self.tallies = tallies_for(frozenset(asked_for), ledger.requirements())
        self.sources: Counter[str] = Counter()
        self.latencies = Latencies()
        self.deprecated: set[str] = set()
        self.saw_exports = False
        self.moves = 0
        self.spent = ""
        self.no_api = ""
        self.other_user: Credential | None = None
        self.began = time.monotonic()
        self.suspicions: list[Suspicion] = []
        self._endpoint: Endpoint | None = None
        self.writing = False
        """Whether the run itself moves the collection, so that no walk can be held against it."""
        self._there: set[str] | None = None
        self._stubborn: set[str] = set()
        self._waiting: list[Exchange] = []
        self._page_cut = LARGEST_TOP
        self._part_keys: list[tuple[str, str]] = []
        self._heard: deque[Exchange] = deque()
        self._hearing = threading.Lock()
        self._known: dict[Request, Exchange] = {}
        self._sent: set[Request] = set()
        self._shapes: dict[Shape, Request] = {}
        self._reductions: Counter[tuple[str, str]] = Counter()

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint under test."""
        if self._endpoint is None:
            raise RuntimeError("the run has no endpoint yet")
        return self._endpoint

    @endpoint.setter
    def endpoint(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @property
    def lost(self) -> bool:
        """Whether the server was there to be judged and is no more."""
        endpoint = self._endpoint
        return endpoint is not None and bool(endpoint.watch.lost or (endpoint.gone and endpoint.answered))

    def heard(self, exchange: Exchange) -> None:
        """Take an exchange in; may be called from any thread."""
        with self._hearing:
            self._heard.append(exchange)

    def send(self, request: Request) -> Exchange:
        """Send a request and judge the exchange.

        Raises:
            BudgetSpentError: The run may send no more.
        """
        try:
            exchange = self.endpoint.send(request)
        finally:
            self._judge_heard()
        return exchange

    def send_all(self, requests: Iterable[Request]) -> list[Exchange]:
        """Send requests whose order does not matter, each once in a run, and judge the exchanges.

        Raises:
            BudgetSpentError: The run may send no more.
        """
        new = [request for request in dict.fromkeys(requests) if request not in self._sent]
        try:
            exchanges = self.endpoint.send_all(new)
        finally:
            self._judge_heard()
        return exchanges

    def send_once(self, request: Request) -> Exchange:
        """The exchange of a request: the one that was had before, or a new one."""
        known = self._known.get(request)
        return known if known is not None else self.send(request)

    def has_sent(self, request: Request) -> bool:
        """Whether a request was sent before in this run."""
        return request in self._sent

    def spread(self, count: int, seed: int) -> list[Request]:
        """Requests that were sent, chosen so that they differ: one for each kind of answer, then by chance.

        Args:
            count: How many to choose at most.
            seed: Seed of what is chosen.
        """
        drawn = random.Random(seed)  # noqa: S311  it is no secret
        shapes = sorted(self._shapes, key=str)
        drawn.shuffle(shapes)
        first = {shape.answer: shape for shape in shapes}
        return [self._shapes[shape] for shape in dict.fromkeys((*first.values(), *shapes))][:count]

    def suspect(self, exchange: Exchange, observation: checks.Observation) -> None:
        """Keep a violation until it is confirmed."""
        self.suspicions.append(Suspicion(exchange, observation))

    def context(self, exchange: Exchange) -> Context:
        """An exchange with what is needed to judge it."""
        snapshot = self.knowledge.snapshot
        query = read(exchange.request, snapshot.types if snapshot else ())
        return Context(exchange, query, self.knowledge, self.endpoint.secrets(exchange.request))

    def observe(self, exchange: Exchange) -> list[checks.Observation]:
        """What the checks say of an exchange, without counting it."""
        return list(checks.observe(self.context(exchange)))

    def _judge_heard(self) -> None:
        while self._heard:
            with self._hearing:
                exchange = self._heard.popleft()
            self._judge(exchange)

    def _judge(self, exchange: Exchange) -> None:
        self.sources[exchange.source] += 1
        self._known[exchange.request] = exchange
        self._sent.add(exchange.request)
        if exchange.request.plain and len(self._shapes) < _MOST_SHAPES:
            self._shapes.setdefault(exchange.shape, exchange.request)
        self.saw_exports = self.saw_exports or bool(exchange.exports and exchange.status == 200)
        self.latencies.add(exchange)
        self.endpoint.redactor.add_links(_mesh_links(exchange))
        self.deprecated.update(deprecation.used(exchange))
        context = self.context(exchange)
        self._learn(context)
        if context.operation not in self.knowledge.served:
            self._waiting.append(exchange)
            return
        for earlier in [each for each in self._waiting if each.request.operation == context.operation]:
            self._waiting.remove(earlier)
            self._judge_by(self.context(earlier))
        self._judge_by(context)

    def _judge_by(self, context: Context) -> None:
        observations = list(checks.observe(context))
        for requirement in {observation.requirement for observation in observations}:
            self.tally(requirement).seconds += context.exchange.elapsed
        for observation in observations:
            if observation.holds:
                self._count_held(observation.requirement)
            elif not (self.writing and observation.contestable):
                self.suspect(context.exchange, observation)

    def _count_held(self, requirement: str) -> None:
        if requirement in self.tallies:
            self.tallies[requirement].held += 1

    def _learn(self, context: Context) -> None:
        """Keep the order of a whole selection the first time that it comes, and which operations there are."""
        if checks.shows_operation(context.exchange):
            self.knowledge.served.add(context.operation)
        for href in context.exchange.links.values() if context.readable_list else ():
            link = link_query(href)
            self.knowledge.cursors |= (cursors(link) if link else frozenset()) - context.query.unknown
        if context.query.value("cdn") == "1" and context.readable_list:
            hosts = {host for export in context.exchange.exports if (host := mesh_host(export))}
            self.knowledge.cdn_hosts |= hosts
        selection = self.knowledge.selection(context.query)
        ids = context.exchange.ids
        if selection is None or not context.readable_list or not context.query.must_be_accepted:
            return
        if context.query.count("$skip") or selection.open or set(ids) != selection.members:
            return
        if context.preferred is not Preferred.REPRESENTATION:
            return
        if len(ids) == len(selection.members):
            self.knowledge.learn_sequence(SelectionKey.of(context.query), tuple(ids))

    def broke(
        self, requirement: str, exchange: Exchange, message: str, *, check: str = "", reduced: bool = True
    ) -> None:
        """Count a confirmed violation.

        Args:
            requirement: Its id.
            exchange: The exchange that breaks it.
            message: What came instead.
            check: The name of the check that failed; empty where a probe compared several exchanges.
            reduced: Whether each part of the request was needed for it to fail.
        """
        if requirement in self.tallies and not follows_from(requirement, self.tallies):
            self.tallies[requirement].add(Finding(exchange, message, check, reduced))

    def _broke_unreduced(self, requirement: str, suspicion: Suspicion) -> None:
        observation = suspicion.observation
        lone = suspicion.exchange.request.size[0] < 2 and not suspicion.exchange.failure
        self.broke(requirement, suspicion.exchange, observation.message, check=observation.check, reduced=lone)

    def held(self, *requirements: str) -> None:
        """Count requirements that a probe of several exchanges saw kept."""
        for requirement in requirements:
            self._count_held(requirement)

    def doubt(self, requirement: str, reason: str) -> None:
        """Note why a requirement could not be judged."""
        if requirement in self.tallies:
            self.tallies[requirement].doubt = reason

    def say_what_is_lacking(self) -> None:
        """Note for each requirement what was not there for it to be seen."""
        knowledge = self.knowledge
        limited = self._endpoint is not None and self._endpoint.rate_limited
        sight = Sight(knowledge.snapshot, knowledge.default_top, limited, knowledge.served, self.other_user is not None)
        for name, tally in self.tallies.items():
            tally.lacking = missing(ledger.requirements()[name].needs, sight)
            if self.sampled and not tally.held and name in RESTING_ON_THE_WALK:
                tally.lacking = tally.lacking or "the collection is larger than --max-walk allows to see"

    @property
    def sampled(self) -> int:
        """How many exports were walked, where the collection has more; 0 where all were."""
        snapshot = self.knowledge.snapshot
        return len(snapshot.exports) if snapshot and not snapshot.whole else 0

    def tally(self, requirement: str) -> Tally:
        """What was counted for a requirement; an empty tally for one that was not asked for."""
        return self.tallies.get(requirement, Tally())

    @contextmanager
    def source(self, name: str) -> Iterator[None]:
        """Name the source of what is sent within."""
        with self.endpoint.sending_as(name):
            yield

    @property
    def may_write(self) -> bool:
        """Whether the operations that change something may be sent."""
        return self.endpoint.limits.allow_writes

    def start(self, request: Request) -> Exchange:
        """Send a request that may start an export, which then is this run's own if it was not there before."""
        if self._there is None:
            listed = self.send(Request.of((("iModelId", self.scratch), ("$top", str(LARGEST_TOP))), headers=FULL))
            self._there = {*listed.ids, *(self.knowledge.snapshot.by_id if self.knowledge.snapshot else ())}
        exchange = self.send(request)
        one = identity(exchange.export)
        if exchange.status < 300 and is_plain_id(one) and one not in self._there:
            self.endpoint.own.add(one)
        return exchange

    @property
    def scratch(self) -> str:
        """The iModel in which exports may be started."""
        return self.endpoint.limits.scratch_imodel

    def clean_up(self) -> list[str]:
        """Delete what this run has started and not deleted, and say what is left."""
        end = time.monotonic() + _CLEAN_UP_SECONDS
        while left := sorted(self.endpoint.own - set(NOBODYS_IDS)):
            self.endpoint.make_room(len(left))
            try:
                for one in left:
                    self.remove(one)
            except BudgetSpentError:
                break
            # What is not finished may not be deleted yet; what would not go before is not waited for again.
            if time.monotonic() > end or self._stubborn >= self.endpoint.own - set(NOBODYS_IDS):
                break
            time.sleep(_CLEAN_UP_PAUSE)
        self._stubborn = self.endpoint.own - set(NOBODYS_IDS)
        return [f"Left behind in the scratch iModel: the export {one}." for one in sorted(self._stubborn)]

    def remove(self, one: str) -> Exchange:
        """Delete an export of this run, without judging how that goes."""
        exchange = self.endpoint.send(Request.to("deleteExport", id=one))
        with self._hearing:
            self._heard.clear()
        if exchange.status in (204, 404):
            self.endpoint.own.discard(one)
        return exchange

    def walk(self) -> tuple[Snapshot | None, Exchange]:
        """Walk the whole collection in full representation; None where it cannot be read."""
        with self.source("walk"):
            first = self.send(Request.of((("$top", str(LARGEST_TOP)),), headers=FULL))
            if not first.is_list:
                return self._walk_by_default_pages()
            exports = list(first.exports)
            repeats = _repeats(first)
            last, pages, known = first, 1, set(first.ids)
            while (goes_on := self._goes_on(last)) and pages < self.endpoint.limits.max_walk:
                last = self.send(Request.of((("$top", str(LARGEST_TOP)), ("$skip", str(len(exports)))), headers=FULL))
                if not last.exports or set(last.ids) <= known:
                    goes_on = False
                    break
                exports.extend(last.exports)
                known.update(last.ids)
                repeats = repeats or _repeats(last)
                pages += 1
            if pages > 1:
                self._page_cut = min(LARGEST_TOP, len(first.exports))
            snapshot = _snapshot(exports, atomic=pages == 1, repeats=repeats)
            # The one page more that a first walk asks for tells nothing of what is beyond.
            snapshot.whole = not goes_on or len(last.exports) < self._page_cut
            if not snapshot.whole:
                snapshot.parts = dict(self._parts(snapshot))
        return snapshot, first

    def _parts(self, snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], Snapshot]]:
        """Collections in the collection that one answer shows whole: those of the rarest values in the sample."""
        if not self._part_keys:
            names = ("iModelId", "changesetId")
            rare = [(name, value) for name in names for value in snapshot.values(name)[-_PARTS:] if value]
            self._part_keys = rare
        for key in self._part_keys:
            exchange = self.send(Request.of((key, ("$top", str(LARGEST_TOP))), headers=FULL))
            if exchange.is_list and len(exchange.exports) < self._page_cut:
                yield key, _snapshot(list(exchange.exports), atomic=True, repeats=_repeats(exchange))

    def _goes_on(self, page: Exchange) -> bool:
        """Whether to ask for more: after a full page, and once in a run after any, lest the server cuts pages short."""
        return len(page.exports) >= self._page_cut or (self.knowledge.snapshot is None and bool(page.exports))

    def _walk_by_default_pages(self) -> tuple[Snapshot | None, Exchange]:
        first = last = self.send(Request(headers=FULL))
        if not first.is_list:
            return None, first
        exports = list(first.exports)
        for _ in range(self.endpoint.limits.max_walk):
            if "next" not in last.links or not last.exports:
                break
            last = self.send(Request(query=urlsplit(last.links["next"]).query, headers=FULL))
            exports.extend(last.exports)
        snapshot = _snapshot(exports, atomic=False, repeats=_repeats(first))
        snapshot.whole = "next" not in last.links or not last.exports
        return snapshot, first

    def open(self) -> None:
        """Look whether there is an API to judge, and make the first walk.

        Raises:
            CannotTestError: The server does not answer, refuses the token on every request, or has no such path.
        """
        snapshot, first = self.walk()
        if snapshot is None:
            self._look_for_an_api(first)
            # What is no list by now will be none a thousand requests later.
            self.endpoint.cut_budget(_WITHOUT_A_LIST)
            return
        with self.source("walk"):
            minimal = self.send(Request(headers=(("prefer", "return=minimal"),)))
            default = self.send(Request(headers=FULL))
        self._learn_default_top(default, len(snapshot.exports))
        self.knowledge.replace_snapshot(snapshot)
        self.knowledge.plain_minimal = self._minimal_is_plain(minimal)
        # They were judged before there was a walk to hold them against.
        early = (first, minimal, default)
        self.suspicions = [each for each in self.suspicions if each.exchange not in early]
        for exchange in early:
            for observation in self.observe(exchange):
                if not observation.holds:
                    self.suspect(exchange, observation)

    def _learn_default_top(self, default: Exchange, size: int) -> None:
        """Take the page size that the server has for the one to expect, once it is known to be another."""
        came = len(default.exports)
        if default.is_list and came and came != min(DEFAULT_TOP, size) and came < size:
            self.knowledge.default_top = came
            self.broke("top-default", default, f"{came} exports without $top")

    def _minimal_is_plain(self, minimal: Exchange) -> bool:
        """Whether `request` is foreign to the minimal representation here.

        A server may add members to it, `request` too, as long as the full representation still has more.
        """
        snapshot = self.knowledge.snapshot
        if snapshot is None or not minimal.exports:
            return True
        pairs = [
            (set(export), set(snapshot.by_id[identity(export)]))
            for export in minimal.exports
            if identity(export) in snapshot.by_id
        ]
        every = bool(pairs) and all("request" in few for few, _ in pairs)
        return not (every and any(few < many for few, many in pairs))

    def _look_for_an_api(self, first: Exchange) -> None:
        bare = first.request.path.rstrip("/")
        others = [self.send(evolve(Request(), path=bare)), self.send(Request())]
        every = [first, *others]
        if not self.endpoint.answered:
            why = self.endpoint.trouble or "check the URL, and whether the server runs"
            raise CannotTestError(f"No answer from {self.endpoint.url}: {why}.")
        if all(exchange.status == 401 for exchange in every):
            name = self.endpoint.credentials.source.name
            raise CannotTestError(
                f"The server refuses the token with 401 on every request: let {name} give a good one."
            )
        if all(exchange.status == 404 for exchange in every) and all(
            self.send(request).status == 404
            for request in (Request(query=f"$top={LARGEST_TOP + 1}"), Request(credential=NO_CREDENTIAL))
        ):
            raise CannotTestError(
                f"{self.endpoint.url}{first.request.path} is not there (404): give the root of a server of this API."
            )

    def settle(self) -> list[tuple[str, str]]:
        """Confirm or drop what is suspected, and count it.

        Returns:
            Requirement and message of each violation that was confirmed.
        """
        pending, self.suspicions = self.suspicions, []
        if not pending:
            self._known.clear()
            return []
        before = Counter({name: tally.broken for name, tally in self.tallies.items()})
        try:
            with self.source("second look"):
                self._settle(pending)
        finally:
            self.suspicions.clear()
            self._known.clear()
        return [
            (name, tally.findings[0].message) for name, tally in self.tallies.items() if tally.broken > before[name]
        ]

    def _settle(self, pending: list[Suspicion]) -> None:
        smallest_first = sorted(pending, key=lambda each: each.exchange.request.size)
        plain = [each for each in smallest_first if not each.observation.contestable]
        contested = [each for each in smallest_first if each.observation.contestable]
        try:
            for suspicion in self._of_a_server_that_lives(plain):
                if self._repeats(suspicion):
                    self._count(suspicion)
            if contested:
                self._settle_contested(contested)
        except BudgetSpentError:
            for suspicion in self._of_a_server_that_lives(plain):
                if not self.tally(suspicion.observation.requirement).broken:
                    self._broke_unreduced(suspicion.observation.requirement, suspicion)
            for suspicion in self._of_a_server_that_lives(contested):
                self.doubt(
                    suspicion.observation.requirement, f"no budget for a second look: {suspicion.observation.message}"
                )
            raise

    def _of_a_server_that_lives(self, suspicions: list[Suspicion]) -> list[Suspicion]:
        """Suspicions without those that only say that the server is lost: the first of these is the one that tells."""
        watch = self.endpoint.watch
        lost = [
            each for each in suspicions if self.endpoint.gone and each.exchange.failure and not each.exchange.status
        ]
        if watch.lost:
            # Of requests that were under way together a later one may have been answered first.
            last_well = watch.last_well - self.endpoint.limits.concurrency
            lost += [each for each in suspicions if each.exchange.number > last_well and _of_a_loss(each.exchange)]
        telling = [each for each in lost if each.exchange.status != 401 and each.observation.requirement in _OWN_CAUSE]
        first = min(telling, key=lambda each: each.exchange.number, default=None)
        return [*([first] if first else []), *(each for each in suspicions if each not in lost)]

    def _repeats(self, suspicion: Suspicion) -> bool:
        """Whether an exchange without an answer fails once more: a network may lose one.

        A request that changes something is not repeated.
        """
        if suspicion.exchange.failure not in _CONFIRMED_AT_ONCE or suspicion.exchange.request.changes:
            return True
        if self.tally(suspicion.observation.requirement).broken:
            return False
        repeat = self.send(suspicion.exchange.request)
        self._forget(repeat)
        return repeat.failure is suspicion.exchange.failure

    def _forget(self, exchange: Exchange) -> None:
        self.suspicions = [each for each in self.suspicions if each.exchange is not exchange]

    def _settle_contested(self, contested: list[Suspicion]) -> None:
        known = self.knowledge.snapshot
        closing, exchange = self.walk()
        if known is None or closing is None:
            for suspicion in contested:
                self.doubt(suspicion.observation.requirement, "the collection could not be walked a second time")
            return
        for observation in compare_walks(known, closing):
            self._confirm_walks(observation, closing, exchange)
        if closing.agrees_with(known):
            for suspicion in contested:
                self._count(suspicion)
            return
        self.moves += 1
        self.knowledge.replace_snapshot(closing)
        looked: set[str] = set()
        for suspicion in contested:
            if suspicion.observation.requirement not in looked:
                looked.add(suspicion.observation.requirement)
                self._look_twice(suspicion)

    def _confirm_walks(self, observation: checks.Observation, closing: Snapshot, exchange: Exchange) -> None:
        if observation.holds:
            self._count_held(observation.requirement)
            return
        third, _ = self.walk()
        again = [] if third is None else list(compare_walks(closing, third))
        if any(each.requirement == observation.requirement and not each.holds for each in again):
            self.broke(observation.requirement, exchange, observation.message, check=observation.check)

    def _look_twice(self, suspicion: Suspicion) -> None:
        """Walk, probe, walk again, until two walks agree; what the probe then says counts."""
        requirement = suspicion.observation.requirement
        for _ in range(_SECOND_LOOKS):
            before = self.knowledge.snapshot
            self.learn_selection(suspicion.exchange.request)
            probe = self.send(suspicion.exchange.request)
            after, _ = self.walk()
            if before is None or after is None:
                return
            if before.agrees_with(after):
                again = [each for each in self.observe(probe) if not each.holds and each.contestable]
                for observation in again[:1]:
                    self._broke_unreduced(observation.requirement, Suspicion(probe, observation))
                return
            self.knowledge.replace_snapshot(after)
        self.doubt(requirement, f"the collection never stood still; seen once: {suspicion.observation.message}")

    def learn_selection(self, request: Request) -> None:
        """Have the whole selection of a slice again, to hold the slice against."""
        pairs = [pair for pair in request.pairs if pair[0] not in ("$top", "$skip")]
        for name in COMPATIBILITY:
            self.learn_compatible(name, next((value for key, value in pairs if key == name), ""))
        if pairs != request.pairs:
            self.send(request.with_pairs([*pairs, ("$top", str(LARGEST_TOP))]))

    def learn_compatible(self, name: str, value: str) -> None:
        """Learn which exports a version selects, from one answer that has them all."""
        if not value or self.knowledge.snapshot is None:
            return
        exchange = self.send(Request.of(((name, value), ("$top", str(LARGEST_TOP))), headers=FULL))
        if exchange.is_list and len(exchange.ids) < LARGEST_TOP:
            self.knowledge.compatible.setdefault((name, value), frozenset(exchange.ids))

    def _count(self, suspicion: Suspicion) -> None:
        """Count a confirmed violation under the requirement that its smallest form breaks."""
        requirement, check = suspicion.observation.requirement, suspicion.observation.check
        if self.tally(requirement).broken:
            self._count_another(suspicion)
            return
        if self._reductions[check, requirement] >= _REDUCTIONS:
            return
        self._reductions[check, requirement] += 1
        steady = requirement.endswith("-steady")
        if suspicion.exchange.request.changes:
            self.broke(requirement, suspicion.exchange, suspicion.observation.message)
            return
        if suspicion.observation.contestable and not steady and not self._lasts(suspicion):
            message = f"{suspicion.observation.message}; the same request sent again is answered well"
            self.broke("answers-independent", suspicion.exchange, message, check=check, reduced=False)
            return
        if suspicion.exchange.failure:
            # A server that is down fails whatever is dropped.
            self._broke_unreduced(requirement, suspicion)
            return
        exchange, observation = self._reduce(suspicion)
        blamed = self._cause(exchange.request, observation) or observation.requirement
        self.broke(blamed, exchange, observation.message, check=check)

    def _count_another(self, suspicion: Suspicion) -> None:
        """Count one more violation of a requirement; where no known fault explains it, its smallest form is another."""
        requirement, check = suspicion.observation.requirement, suspicion.observation.check
        known = self.tally(requirement).explaining(suspicion.exchange, check)
        spent = self._reductions[check, requirement] >= _REDUCTIONS
        if known or spent or suspicion.exchange.failure or suspicion.exchange.request.size[0] < 2:
            self._broke_unreduced(requirement, suspicion)
            return
        self._reductions[check, requirement] += 1
        exchange, observation = self._reduce(suspicion)
        if observation.requirement == requirement:
            self.broke(requirement, exchange, observation.message, check=check)
        else:
            self._broke_unreduced(requirement, suspicion)

    def _cause(self, request: Request, observation: checks.Observation) -> str | None:
        """The promise that what is left of a reduced request breaks, where it is not the one that the check named.

        Each part that is left was needed for the failure; a twin that differs in one thing and passes tells the cause.
        """
        if observation.requirement in _OWN_CAUSE:
            return None
        if "%24" in request.query:
            return "names-percent-encoded"
        if observation.check in _OF_EXPORTS and any(name == "cdn" for name, _ in request.pairs):
            return "cdn-links-only"
        if observation.check in _OF_EXPORTS and request.header("x-api-host-and-root"):
            return "root-links-only"
        if observation.check in _CACHEABLE:
            busted = evolve(request, query="&".join(filter(None, (request.query, encode([_BUST])))))
            if not self._fails(busted, observation.check):
                return "answers-independent"
        if observation.check in ("selection", "sequence", "data") and not request.header("prefer"):
            twin = self._fails(evolve(request, headers=(*request.headers, *FULL)), observation.check)
            return twin[1].requirement if twin else "prefer-same-exports"
        return None

    def _lasts(self, suspicion: Suspicion) -> bool:
        """Whether the same request fails in the same way once more."""
        repeat = self.send(suspicion.exchange.request)
        self._forget(repeat)
        return any(each.check == suspicion.observation.check and not each.holds for each in self.observe(repeat))

    def _reduce(self, suspicion: Suspicion) -> tuple[Exchange, checks.Observation]:
        """Drop one part of the request after the other, as long as the same check still fails."""
        exchange, observation = suspicion.exchange, suspicion.observation
        place, shrunk = 0, False
        for _ in range(_DROPS):
            smaller = list(smaller_requests(exchange.request, observation.check))
            if place >= len(smaller):
                if not shrunk:
                    break
                place, shrunk = 0, False
                continue
            found = self._fails(smaller[place], observation.check)
            if found and not weaker(found[1], observation):
                (exchange, observation), shrunk = found, True
            else:
                place += 1
        return exchange, observation

    def _fails(self, request: Request, check: str) -> tuple[Exchange, checks.Observation] | None:
        exchange = self.send_once(request)
        self._forget(exchange)
        found = next((each for each in self.observe(exchange) if each.check == check and not each.holds), None)
        return (exchange, found) if found else None


def _of_a_loss(exchange: Exchange) -> bool:
    """Whether an exchange may be of a server in a storm of errors, or of one that refuses a token that was good."""
    good = exchange.request.credential.kind is CredentialKind.GOOD
    return exchange.status >= 500 or (exchange.status == 401 and good)


def _mesh_links(exchange: Exchange) -> list[str]:
    """The signed links that an answer has, in a list or in one export."""
    body = exchange.json
    one = body.get("export") if isinstance(body, dict) else None
    shown = [*exchange.exports, *([one] if isinstance(one, dict) else [])]
    return [link for export in shown if (link := mesh_link(export))]


def _snapshot(exports: list[Export], *, atomic: bool, repeats: bool) -> Snapshot:
    unique = {identity(export): export for export in exports if isinstance(export.get("id"), str)}
    return Snapshot(list(unique.values()), atomic, repeats)


def _repeats(page: Exchange) -> bool:
    return len(set(page.ids)) < len(page.ids)
