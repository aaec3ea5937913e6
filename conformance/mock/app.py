"""The ASGI application: requests in, stages in between, bytes out."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen
from starlette.applications import Starlette

from . import data
from .clock import Clock
from .data import Collection
from .faults import FAULTS
from .model import Call, Export, Request, Wire
from .parameters import PIN, pairs
from .reading import Reading
from .stages import conforming

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .model import Stages

_TICK = 0.02
_LARGEST_BODY = 100_000


@frozen
class Settings:
    """What an endpoint is made from.

    Attributes:
        token: The bearer token that it takes.
        other_token: The token of another user, who may not read every other iModel.
        seed: The seed of its data.
        size: How many exports it has; without it, as many as the reading says.
        rate: How many requests it takes in each window; without it, as many as the reading says.
        reading: The reading of the page that it follows.
        fault: The name of the fault that breaks it.
        data: Its exports, in place of those that the seed gives.
        clock: The time that it goes by.
    """

    token: str = field(default="mock-token", repr=False)
    other_token: str | None = field(default=None, repr=False)
    seed: int = 1
    size: int | None = None
    rate: int | None = None
    reading: Reading = field(factory=Reading)
    fault: str | None = None
    data: tuple[Export, ...] | None = None
    clock: Clock = field(factory=Clock)


def create_app(settings: Settings | None = None) -> Starlette:
    """The endpoint as an ASGI application.

    Answers that wait are cut short once `state.stopping` of the application is true.

    Args:
        settings: What it is made from.

    Raises:
        ValueError: There is no such fault.
    """
    settings = settings or Settings()
    reading, stages = _broken(settings, _reading(settings))
    exports = data.make(settings.seed, reading.size, new_words=reading.new_words)
    if settings.data is not None:
        exports = settings.data
    if reading.upper_case_data:
        exports = tuple(_in_upper_case(export) for export in exports)
    app = Starlette()
    app.state.stopping = False
    # The stages tell paths apart themselves, so that a fault can do it wrong.
    app.router.default = _Endpoint(app, settings, reading, stages, exports)
    return app


def _reading(settings: Settings) -> Reading:
    reading = settings.reading
    if settings.size is not None:
        reading = evolve(reading, size=settings.size)
    return reading if settings.rate is None else evolve(reading, rate=settings.rate)


def _broken(settings: Settings, reading: Reading) -> tuple[Reading, Stages]:
    if settings.fault is None:
        return reading, conforming()
    if settings.fault not in FAULTS:
        raise ValueError(f"There is no fault {settings.fault!r}: --list has their names.")
    fault = FAULTS[settings.fault]
    return evolve(reading, **fault.needs), fault.change(conforming())


def _in_upper_case(export: Export) -> Export:
    return evolve(
        export,
        id=export.id.upper(),
        imodel_id=export.imodel_id.upper(),
        changeset_id=export.changeset_id.upper(),
    )


class _Endpoint:
    """Answers one request after another; all that it keeps is the collection and the number of requests."""

    def __init__(
        self, app: Starlette, settings: Settings, reading: Reading, stages: Stages, exports: tuple[Export, ...]
    ) -> None:
        self._app = app
        self._token = settings.token
        self._other_token = settings.other_token
        self._unreadable = frozenset(sorted({export.imodel_id for export in exports})[::2])
        self._clock = settings.clock
        self._reading = reading
        self._stages = stages
        self._collection = Collection(
            exports, reading.moves_per_request, reading.moves_per_second, reading.stage_seconds, reading.renames
        )
        self._start = self._clock.now()
        self._number = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._call(_request(scope, await _body(receive)))
        answer = call.stages.answer(call)
        if answer.delay:
            await self._wait(answer.delay)
        answer = call.stages.finish(call, answer.late() if answer.late else answer)
        await _send(call.stages.write(call, answer), send)

    def _call(self, request: Request) -> Call:
        moment = self._clock.now() - self._start
        exports = self._collection.at(self._number, moment)
        if self._reading.pins:
            exports = self._collection.kept(dict(pairs(request.query)).get(PIN, "")) or exports
        call = Call(
            request=request,
            reading=self._reading,
            token=self._token,
            number=self._number,
            moment=moment,
            exports=exports,
            store=self._collection,
            stages=self._stages,
            other_token=self._other_token,
            unreadable=self._unreadable,
        )
        self._number += 1
        return call

    async def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._app.state.stopping:
            await asyncio.sleep(min(left, _TICK))


def _request(scope: Scope, body: bytes) -> Request:
    return Request(
        method=scope["method"],
        scheme=scope.get("scheme", "http"),
        path=scope["path"],
        target=scope.get("raw_path") or scope["path"].encode("utf-8", "replace"),
        query=scope.get("query_string", b""),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
    )


async def _body(receive: Receive) -> bytes:
    # It is read to its end, even if nobody needs it: otherwise it would be taken for the next request.
    body: bytes = b""
    while True:
        message = await receive()
        body = (body + message.get("body", b""))[:_LARGEST_BODY]
        if message["type"] != "http.request" or not message.get("more_body", False):
            return body


async def _send(wire: Wire, send: Send) -> None:
    headers = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in wire.headers]
    await send({"type": "http.response.start", "status": wire.status, "headers": headers})
    *chunks, last = wire.chunks
    for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": last, "more_body": False})
