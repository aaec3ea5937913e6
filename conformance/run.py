"""One run against one endpoint: sends what it is asked to, has each exchange judged, keeps what was seen and counted.

What to send is decided by the probes (the test modules), what an exchange proves by the checks. A violation is only
suspected here: `second_look` confirms it.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from itertools import count, islice
from typing import Final

from attrs import frozen

from conformance import checks, deprecation, interrupts, ledger, spec
from conformance.checks.links import cursors, link_query, pins
from conformance.checks.operations import is_plain_id
from conformance.checks.registry import Context
from conformance.collection import identity, mesh_link
from conformance.endpoint import Endpoint
from conformance.evidence import RESTING_ON_THE_WALK, checks_for, follows_from
from conformance.exchange import NOBODYS_IDS, Credential, Exchange, Request, Shape
from conformance.knowledge import LARGEST_TOP, Knowledge, mesh_host
from conformance.latency import Latencies
from conformance.motion import Motion
from conformance.needs import Sight, missing
from conformance.query import Query, read
from conformance.verdict import Finding, Tally, tallies_for

FULL: Final = (("prefer", "return=representation"),)
"""The header lines that ask for the full representation."""
_FEW: Final = 3
"""Exports to have at most before one was seen to go."""
_MOST_SHAPES: Final = 2000
_TAGGED: Final = 4
"""Lists whose entity tags are kept: those of the opening, the whole one and a page among them."""


@frozen
class Suspicion:
    """A violation that is not yet confirmed."""

    exchange: Exchange
    observation: checks.Observation


class Run:
    """A run: its endpoint, what it learned, and what it counted.

    The endpoint comes later; its listener must be `heard`.

    Args:
        asked_for: Ids of the requirements to judge; all where empty.
    """

    def __init__(self, asked_for: Iterable[str] = ()) -> None:
        self.knowledge = Knowledge()
        self.tallies = tallies_for(frozenset(asked_for), ledger.requirements())
        self._checks = checks_for(self.tallies.keys())
        self.sources: Counter[str] = Counter()
        self.latencies = Latencies()
        self.deprecated: set[str] = set()
        self.saw_exports = False
        self.motion = Motion()
        self.spent = ""
        self.no_api = ""
        self.other_user: Credential | None = None
        self.tagged: dict[Request, Exchange] = {}
        """The first lists that came with an entity tag."""
        self.cold_tops = count(LARGEST_TOP - 10, -1)
        """Values of `$top` that nobody has asked for yet."""
        self.fresh = (("nothing", str(number)) for number in count(1))
        """Parameters that mean nothing, each of which no cache has seen."""
        self.suspicions: list[Suspicion] = []
        self.reductions: Counter[tuple[str, str]] = Counter()
        """How often the blame for a failing check, under a requirement, was looked for."""
        self._endpoint: Endpoint | None = None
        self.writing = False
        """Whether the run itself moves the collection, so that no walk can be held against it."""
        self.slow = False
        """Whether an export of this run did not come to its end in time."""
        self.refused: set[str] = set()
        """What of this run's own the server has refused to delete."""
        self.stubborn: set[str] = set()
        """What was waited for in vain, and is not waited for again."""
        self._deletes = False
        self._there: set[str] | None = None
        self._waiting: list[Exchange] = []
        self._heard: deque[Exchange] = deque()
        self._hearing = threading.Lock()
        self._known: dict[Request, Exchange] = {}
        self._sent: set[Request] = set()
        self._shapes: dict[Shape, Request] = {}

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

    @property
    def limited(self) -> bool:
        """Whether the server asked to wait for longer than the run may."""
        return self._endpoint is not None and self._endpoint.limited

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

    def forget_answers(self) -> None:
        """Let no exchange that was had before stand for a request any more."""
        self._known.clear()

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

    def lists(self, count: int) -> list[Request]:
        """The first requests that got exports, one for each set of documented parameters, those with the fewest first.

        Args:
            count: How many to choose at most.
        """
        first: dict[tuple[str, ...], Request] = {}
        for shape, request in self._shapes.items():
            _, status, exports = shape.answer
            documented = shape.path == spec.collection_path() and spec.parameters("query").keys() >= set(shape.names)
            if exports and status == HTTPStatus.OK and documented:
                first.setdefault(shape.names, request)
        return [first[names] for names in sorted(first, key=len)][:count]

    def suspect(self, exchange: Exchange, observation: checks.Observation) -> None:
        """Keep a violation until it is confirmed."""
        self.suspicions.append(Suspicion(exchange, observation))

    def unsuspect(self, exchange: Exchange) -> None:
        """Keep nothing against an exchange that is judged another way."""
        self.suspicions = [each for each in self.suspicions if each.exchange is not exchange]

    def query(self, request: Request) -> Query:
        """What a request asks for, read with the export types that the server is known to have."""
        snapshot = self.knowledge.snapshot
        return read(request, snapshot.types if snapshot else ())

    def context(self, exchange: Exchange) -> Context:
        """An exchange with what is needed to judge it."""
        return Context(exchange, self.query(exchange.request), self.knowledge, self.endpoint.secrets(exchange.request))

    def observe(self, exchange: Exchange) -> list[checks.Observation]:
        """What the checks say of an exchange, without counting it."""
        return list(checks.observe(self.context(exchange)))

    def observe_by(self, check: str, exchange: Exchange) -> checks.Observation | None:
        """What a check has against an exchange, without counting it; None where there is no such check."""
        by = checks.CHECKS.get(check)
        seen = checks.observe(self.context(exchange), [by]) if by else ()
        return next((each for each in seen if not each.holds), None)

    def judge_again(self, exchange: Exchange) -> None:
        """Learn from an exchange, and suspect it of what it breaks by all that is known now, and of nothing else."""
        self.unsuspect(exchange)
        context = self.context(exchange)
        self._learn(context)
        for observation in checks.observe(context, self._checks):
            if not observation.holds:
                self.suspect(exchange, observation)

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
        if len(self.tagged) < _TAGGED and exchange.is_list and exchange.header("etag"):
            self.tagged.setdefault(exchange.request, exchange)
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
        observations = list(checks.observe(context, self._checks))
        for requirement in {observation.requirement for observation in observations}:
            self.tally(requirement).seconds += context.exchange.elapsed
        for observation in observations:
            if observation.holds:
                self.held(observation.requirement)
            elif not (self.writing and observation.contestable):
                self.suspect(context.exchange, observation)

    def _learn(self, context: Context) -> None:
        """Keep the order of a whole selection the first time that it comes, and which operations there are."""
        if checks.shows_operation(context.exchange):
            self.knowledge.served.add(context.operation)
        for href in context.exchange.links.values() if context.readable_list else ():
            if link := link_query(href):
                self.knowledge.cursors |= cursors(link, context.query)
                self.knowledge.pins |= pins(link, context.query)
        hosts = (host for export in context.exchange.exports if (host := mesh_host(export)))
        if context.query.value("cdn") == "1" and context.readable_list:
            self.knowledge.cdn_hosts |= set(hosts)
        elif "cdn" not in context.query.parameters and not context.exchange.request.header("x-api-host-and-root"):
            self.knowledge.plain_hosts |= set(islice(hosts, 1))
        selection = context.selection
        ids = context.exchange.ids
        if selection is None or not context.readable_list or not context.query.must_be_accepted:
            return
        if context.query.count("$skip") or selection.open or set(ids) != selection.members:
            return
        key = context.sequence_key
        if key is not None and len(ids) == len(selection.members):
            self.knowledge.learn_sequence(key, tuple(ids))

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

    def held(self, *requirements: str) -> None:
        """Count requirements that were seen kept."""
        for requirement in requirements:
            if requirement in self.tallies:
                self.tallies[requirement].held += 1

    def doubt(self, requirement: str, reason: str) -> None:
        """Note why a requirement could not be judged."""
        if requirement in self.tallies:
            self.tallies[requirement].doubt = reason

    def say_what_is_lacking(self) -> None:
        """Note for each requirement what was not there for it to be seen."""
        knowledge = self.knowledge
        limited = self._endpoint is not None and self._endpoint.rate_limited
        sight = Sight(
            knowledge.snapshot,
            knowledge.default_top,
            limited,
            knowledge.served,
            other_user=self.other_user is not None,
            may_write=self._endpoint is not None and self.may_write,
        )
        for name, tally in self.tallies.items():
            tally.lacking = missing(ledger.requirements()[name].needs, sight)
            if self.sampled and not tally.held and name in RESTING_ON_THE_WALK:
                tally.lacking = tally.lacking or "the collection could not be walked to its end"

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
            listed = self.send(self.scratch_list)
            self._there = {*listed.ids, *(self.knowledge.snapshot.by_id if self.knowledge.snapshot else ())}
        # An answer that was lost to an interrupt would leave an export that nobody knows of.
        with interrupts.held_back():
            exchange = self.send(request)
            one = identity(exchange.export)
            if exchange.status < 300 and is_plain_id(one) and one not in self._there:
                self.endpoint.own.add(one)
        return exchange

    @property
    def scratch(self) -> str:
        """The iModel in which exports may be started."""
        return self.endpoint.limits.scratch_imodel

    @property
    def scratch_list(self) -> Request:
        """The request for what is in that iModel."""
        return Request.of((("iModelId", self.scratch), ("$top", str(LARGEST_TOP))), headers=FULL)

    @property
    def living(self) -> set[str]:
        """What this run has started and not deleted."""
        return self.endpoint.own - set(NOBODYS_IDS)

    @property
    def may_start(self) -> bool:
        """Whether to start another export: few until one has gone again, and none where they do not end in time."""
        few = self._deletes or len(self.living) < _FEW
        return few and not self.slow and self.endpoint.affords_another

    def let_go(self, one: str) -> None:
        """Forget an export that is deleted."""
        self.endpoint.own.discard(one)
        self._deletes, self.slow = True, False

    def remove(self, one: str) -> Exchange:
        """Delete an export of this run, without judging how that goes."""
        exchange = self.unjudged(Request.to("deleteExport", id=one))
        if exchange.status in (204, 404):
            self.let_go(one)
        else:
            self.refused.add(one)
        return exchange

    def unjudged(self, request: Request) -> Exchange:
        """Send a request of the run's own housekeeping, which proves nothing."""
        exchange = self.endpoint.send(request)
        with self._hearing:
            self._heard.clear()
        return exchange


def _mesh_links(exchange: Exchange) -> list[str]:
    """The signed links that an answer has, in a list or in one export."""
    body = exchange.json
    one = body.get("export") if isinstance(body, dict) else None
    shown = [*exchange.exports, *([one] if isinstance(one, dict) else [])]
    return [link for export in shown if (link := mesh_link(export))]
