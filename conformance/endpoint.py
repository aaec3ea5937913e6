"""The endpoint under test: the only code that sends.

Knows the URL, the credentials, the budget and the rate, and holds the rules of safety for every sender. What an
answer proves is left to the checks.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeGuard
from urllib.parse import urlsplit

import httpx2
from attrs import evolve, frozen

from conformance import spec
from conformance.account import Account, WaitRefusedError
from conformance.connection import Connection, is_loopback, trouble, user_agent
from conformance.credentials import CredentialError, Credentials
from conformance.exchange import NOBODYS_IDS, TIME_BOUND, Credential, CredentialKind, Exchange, Failure, Request
from conformance.patience import Patience
from conformance.receiving import UnsendableError, receive
from conformance.redaction import Redactor
from conformance.retry_after import DEFAULT_WAIT, retry_after
from conformance.watch import ServerLostError, Watch

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_WRONG_CREDENTIALS: Final = frozenset(
    {
        CredentialKind.WRONG,
        CredentialKind.MALFORMED,
        CredentialKind.NEAR_MISS,
        CredentialKind.OTHER_SCHEME,
    }
)
_WRONG_CREDENTIALS_ELSEWHERE: Final = 5
_TELLING: Final = 8
"""The length from which what is made from the token counts as a secret: shorter ones are words that answers have."""
_MADE_FROM_THE_TOKEN: Final = frozenset({CredentialKind.NEAR_MISS, CredentialKind.OTHER_SCHEME})
_LIMIT_PATIENCE: Final = 3
_CROWD_PAUSE: Final = 0.3
_GONE: Final = 6
"""Requests in a row without an answer, each tried twice, from which the server counts as gone."""
_NO_ANSWER: Final = frozenset({Failure.UNREACHABLE, Failure.NOT_HTTP})
_FOR_A_DELETION: Final = 6
_FOR_LOOKS: Final = 8


@frozen
class Limits:
    """What a run may cost the server.

    Attributes:
        max_requests: Requests in all.
        rate: Requests a second; None for no limit of ours.
        concurrency: Requests under way at once, where their order does not matter.
        max_wait: Seconds in all to wait because the server says `retry-after`.
        max_walk: Pages of a walk; a larger collection is sampled.
        max_seconds: Seconds in all; None for all the time that it takes.
        probe_methods: Whether methods that are not safe may go to a server that is not on loopback.
        allow_writes: Whether the operations that change something may be sent at all.
        scratch_imodel: The iModel that they may be sent against.
        probe_rate_limit: Whether to provoke a 429, and to ask once before the time that it names.
    """

    max_requests: int = 1500
    rate: float | None = None
    concurrency: int = 8
    max_wait: float = 60.0
    max_walk: int = 50
    max_seconds: float | None = None
    probe_methods: bool = False
    allow_writes: bool = False
    scratch_imodel: str = ""
    probe_rate_limit: bool = False


class Endpoint:
    """Sends requests, and hands every exchange to those who listen.

    Args:
        url: The root of the server; the path of the collection comes from the spec.
        credentials: The good credential.
        limits: What the run may cost.
        redactor: Learns every other credential that is sent.
        listener: Called with each exchange, in the thread that sent it.
        connection: How to connect.
        account: What is spent; one of its own where None.
        stands_in_for: The URL whose rules of safety hold, where the server is only there to count what would be sent.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        limits: Limits,
        redactor: Redactor,
        listener: Callable[[Exchange], None],
        *,
        connection: Connection | None = None,
        account: Account | None = None,
        stands_in_for: str = "",
    ) -> None:
        self.url = url.rstrip("/")
        self.credentials = credentials
        self.limits = limits
        self.redactor = redactor
        self.loopback = is_loopback(self.url)
        self._trusting = is_loopback(stands_in_for or self.url)
        self.trouble = ""
        self.sent = 0
        self.answered = 0
        self.patience = Patience()
        self.limited = False
        """Whether the server asked to wait for longer than the run may."""
        self.source = "probe"
        self.own: set[str] = set(NOBODYS_IDS)
        """What a request that changes something may name: what this run made, or made up."""
        self._listener = listener
        self._numbering = threading.Lock()
        self._unanswered = 0
        self._room = 0
        self._account = account or Account()
        self.watch = Watch(self._look_again, self._wait_in_a_storm)
        # On loopback a connection costs nothing, and servers that write a head and a body in two segments
        # answer at once only on a new one.
        self._connection = connection or Connection()
        self._client = self._new_client(keepalive=0 if self.loopback else limits.concurrency + 2)
        self._accepted = False
        self._asked_too_soon = False
        self._renewing = threading.Lock()

    def _new_client(self, keepalive: int) -> httpx2.Client:
        return self._connection.client(
            self.url,
            timeout=httpx2.Timeout(TIME_BOUND),
            limits=httpx2.Limits(max_connections=self.limits.concurrency + 2, max_keepalive_connections=keepalive),
        )

    @contextmanager
    def one_connection(self) -> Iterator[None]:
        """Keep one connection for all that is sent within, one request after the other."""
        usual, self._client = self._client, self._new_client(keepalive=1)
        try:
            yield
        finally:
            self._client.close()
            self._client = usual

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def token(self) -> str:
        """The good token; empty where there is none, or a share key in its place."""
        return self.credentials.value if self.credentials.source.scheme == "Bearer" else ""

    @property
    def gone(self) -> bool:
        """Whether the server has stopped answering."""
        return self._unanswered >= _GONE

    def cut_budget(self, requests: int) -> None:
        """Send no more than this many requests from now on."""
        with self._account.changing() as spent:
            self.limits = evolve(self.limits, max_requests=min(self.limits.max_requests, spent.sent + requests))

    @property
    def rate_limited(self) -> bool:
        """Whether the server has shown a rate limit."""
        with self._account.changing() as spent:
            return spent.limited_until > 0

    @property
    def waited(self) -> float:
        """Seconds waited so far because the server limits its rate."""
        with self._account.changing() as spent:
            return spent.waited

    @contextmanager
    def sending_as(self, source: str) -> Iterator[None]:
        """Name the source of the exchanges that are sent within."""
        before, self.source = self.source, source
        try:
            yield
        finally:
            self.source = before

    def may_send(self, request: Request) -> bool:
        """Whether the rules of safety allow a request here."""
        if request.changes and not self._may_change(request):
            return False
        if self._trusting:
            return True
        if not request.changes and request.method not in _SAFE_METHODS and not self.limits.probe_methods:
            return False
        if request.credential.kind not in _WRONG_CREDENTIALS:
            return True
        with self._account.changing() as spent:
            return spent.wrong_credentials < _WRONG_CREDENTIALS_ELSEWHERE

    def _may_change(self, request: Request) -> bool:
        about = spec.operations()[request.operation]
        if not self.limits.allow_writes or about.id == spec.LIST:
            return False
        if not about.takes_body:
            return request.export_id in self.own
        named = request.json.get("iModelId") if isinstance(request.json, dict) else None
        return not _is_uuid(named) or str(uuid.UUID(named)) in (self.limits.scratch_imodel, *NOBODYS_IDS)

    @property
    def _made(self) -> int:
        return len(self.own) - len(NOBODYS_IDS)

    @property
    def kept_back(self) -> int:
        """Requests of the budget that are kept for deleting what this run has made."""
        return _FOR_A_DELETION * self._made + _FOR_LOOKS if self._made else 0

    @property
    def affords_another(self) -> bool:
        """Whether the budget has what it takes to make one thing more, and to delete it."""
        with self._account.changing() as spent:
            return spent.sent + self.kept_back + _FOR_A_DELETION + _FOR_LOOKS < self.limits.max_requests

    @contextmanager
    def cleaning_up(self) -> Iterator[None]:
        """Let what is kept back be sent within, and one deletion of each at least: what must not be left undone."""
        with self._account.changing() as spent:
            left = self.limits.max_requests - spent.sent
        self._room = min(self.kept_back, max(self._made, left))
        try:
            yield
        finally:
            self._room = 0

    def secrets(self, request: Request) -> tuple[str, ...]:
        """What the answer to a request must not repeat: every good credential, and the one of the request."""
        return (*(one for one in self.credentials.ever if len(one) >= _TELLING), *_telling_parts(request.credential))

    def send(self, request: Request) -> Exchange:
        """Send one request; where the server limits its rate, wait as it says and send again.

        Raises:
            BudgetSpentError: The run may send no more.
            UnsendableError: The rules of safety forbid the request here, or it is no HTTP.
        """
        if not self.may_send(request):
            raise UnsendableError(request.method)
        if request.credential.kind in _WRONG_CREDENTIALS:
            with self._account.changing() as spent:
                spent.wrong_credentials += 1
        exchange = self._send_obediently(request)
        self.watch.see(exchange)
        return exchange

    def _send_obediently(self, request: Request) -> Exchange:
        if not self.rate_limited:
            exchange = self._send_once(request)
            if exchange.status != 429:
                return exchange
        with self._account.turn():
            if self.limits.probe_rate_limit and not self._asked_too_soon:
                # What comes too soon must be told how long to wait, too.
                self._asked_too_soon = True
                exchange = self._send_once(request)
                if exchange.status != 429:
                    return exchange
            return self._send_patiently(request)

    def send_all(self, requests: Iterable[Request]) -> list[Exchange]:
        """Send requests concurrently; the exchanges come in the order of the requests.

        Raises:
            BudgetSpentError: The run may send no more.
        """
        allowed = [request for request in requests if self.may_send(request)]
        if len(allowed) < 2 or self.limits.concurrency < 2 or self.rate_limited or self.watch.stormy:
            exchanges = [self._send_if_it_can_be(request) for request in allowed]
        else:
            with ThreadPoolExecutor(min(self.limits.concurrency, len(allowed))) as pool:
                exchanges = list(pool.map(self._send_if_it_can_be, allowed))
        return [exchange for exchange in exchanges if exchange]

    def _send_if_it_can_be(self, request: Request) -> Exchange | None:
        try:
            return self.send(request)
        except UnsendableError:
            return None

    def _send_patiently(self, request: Request) -> Exchange:
        for refused in range(_LIMIT_PATIENCE):
            self._wait_for_the_limit()
            exchange = self._send_once(request, waits=refused)
            if exchange.status != 429:
                return exchange
        self.limited = True
        raise WaitRefusedError("the server keeps refusing with 429")

    def _wait_for_the_limit(self) -> None:
        with self._account.changing() as spent:
            pause = max(0.0, spent.limited_until - time.monotonic())
        self._wait(pause)

    def _wait_in_a_storm(self, seconds: float, answer: Exchange) -> None:
        told = retry_after(answer) if answer.header("retry-after") else 0.0
        self._account.wait(max(seconds, told), self.limits.max_wait)

    def _wait(self, seconds: float) -> None:
        try:
            self._account.wait(seconds, self.limits.max_wait)
        except WaitRefusedError:
            self.limited = True
            raise

    def _look_again(self, request: Request) -> Exchange:
        # Whether the server is there is not to rest on an input that hung before.
        self.patience.renew()
        return self._send_once(request)

    def _send_once(self, request: Request, waits: int = 0) -> Exchange:
        number = self._take_number()
        good = self.credentials.value if request.credential.kind is CredentialKind.GOOD else ""
        wire = self._wire_request(request, good)
        exchange = Exchange(number, request, self.source, waits=waits)
        began = time.monotonic()
        self._try(self._client, wire, exchange)
        if exchange.failure in _NO_ANSWER and not exchange.status and not request.changes:
            # A server may close a connection that was kept open just as it is used again: that is no answer yet.
            with self._new_client(keepalive=0) as fresh:
                self._try(fresh, wire, exchange)
                if exchange.failure in _NO_ANSWER and not exchange.status and self.limits.concurrency > 1:
                    self._try_when_others_are_through(fresh, wire, exchange)
        exchange.elapsed = time.monotonic() - began
        self._note(exchange)
        if good and exchange.status == 401 and self._has_ended(good):
            # Nobody promises anything for a credential that has ended.
            return self._send_once(request, waits)
        self._accepted = self._accepted or (bool(good) and exchange.status == 200)
        self._listener(exchange)
        return exchange

    def _try_when_others_are_through(self, client: httpx2.Client, wire: httpx2.Request, exchange: Exchange) -> None:
        """Send once more after a while, and keep to fewer requests at once where that helps."""
        time.sleep(_CROWD_PAUSE)
        self._try(client, wire, exchange)
        if exchange.failure not in _NO_ANSWER:
            with self._numbering:
                self.limits = evolve(self.limits, concurrency=max(1, self.limits.concurrency // 2))

    def _has_ended(self, credential: str) -> bool:
        """Whether a good credential that got 401 has ended, and there is another now.

        A plain request tells its end from a refusal that has to do with the request, or with the server's mood. An end
        with no other in its place is seen by the watch.
        """
        with self._renewing:
            if not self._accepted or not self.credentials.source.renews:
                return False
            if self.credentials.value != credential:
                return True
            if not self._is_refused(credential):
                return False
            self._wait(DEFAULT_WAIT)
            if not self._is_refused(credential):
                return False
            try:
                return self.credentials.renew(credential) and not self._is_refused(self.credentials.value)
            except CredentialError:
                return False

    def _is_refused(self, credential: str) -> bool:
        """Whether a credential gets 401 on the plainest request; a limit of the rate is waited for."""
        for _ in range(_LIMIT_PATIENCE):
            exchange = Exchange(self._take_number(), Request(), self.source)
            self._try(self._client, self._wire_request(exchange.request, credential), exchange)
            self._note(exchange)
            if exchange.status != 429:
                break
            self._wait_for_the_limit()
        return exchange.status == 401

    def _try(self, client: httpx2.Client, wire: httpx2.Request, exchange: Exchange) -> None:
        error = receive(client, wire, exchange, lambda: self.patience.bound)
        if error is not None:
            self.trouble = trouble(error, self._connection.proxy_for(self.url))

    def _note(self, exchange: Exchange) -> None:
        with self._numbering:
            if exchange.failure is None or exchange.status:
                self.answered += 1
                self._unanswered = 0
            elif exchange.failure in _NO_ANSWER:
                self._unanswered += 1
        if exchange.failure is Failure.TIMEOUT:
            self.patience.note_hang()
        if exchange.status == 429:
            with self._account.changing() as spent:
                spent.limited_until = max(spent.limited_until, time.monotonic() + retry_after(exchange))

    def _take_number(self) -> int:
        with self._numbering:
            if self.gone and self.answered:
                raise ServerLostError("the server has stopped answering")
            beyond = self._room > 0
            most = self.limits.max_requests - self.kept_back
            number, pause = self._account.take(most, self.limits.rate, beyond=beyond)
            self._room -= beyond
            self.sent += 1
        time.sleep(pause)
        return number

    def _wire_request(self, request: Request, good: str) -> httpx2.Request:
        headers = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in request.headers]
        names = {name.lower() for name, _ in headers}
        if b"accept" not in names:
            headers.append((b"Accept", spec.VENDOR_MEDIA_TYPE.encode()))
        authorization = self._authorization(request.credential, good)
        if authorization is not None:
            headers.append((b"Authorization", authorization.encode("utf-8", "surrogateescape")))
        if request.body is not None and b"content-type" not in names:
            headers.append((b"Content-Type", b"application/json"))
        if b"user-agent" not in names:
            headers.append((b"User-Agent", user_agent().encode()))
        return self._client.build_request(
            request.method,
            self.url + spec.collection_path(),
            headers=headers,
            content=request.body,
            extensions={
                "target": (urlsplit(self.url).path + request.target).encode("ascii", "replace"),
                "timeout": httpx2.Timeout(self.patience.bound).as_dict(),
            },
        )

    def _authorization(self, credential: Credential, good: str) -> str | None:
        if credential.kind is CredentialKind.GOOD:
            return self.credentials.authorization(good)
        for part in _telling_parts(credential)[-1:]:
            self.redactor.add(part)
        return credential.value


def _telling_parts(credential: Credential) -> tuple[str, ...]:
    """The parts of a made-up credential that are secrets: made from the token, or such as no answer has by chance."""
    value = credential.value or ""
    least = _TELLING if credential.kind in _MADE_FROM_THE_TOKEN else 2 * _TELLING
    return tuple(part for part in (value, value.partition(" ")[2]) if len(part) >= least)


def _is_uuid(value: object) -> TypeGuard[str]:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value).hex)
    except ValueError:
        return False
