"""Faults of the rate limit. Each one turns a limit on."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..model import Answer
from .tools import Change, Fault, around, bare_path, errors, has, replies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..model import Call

_RETRY = "retry-after"
_LIMITED: Mapping[str, Any] = MappingProxyType({"rate": 20})


def _answers(change: Callable[[Call, Answer], Answer]) -> Change:
    return replies(change, 429)


def _retry(to: Callable[[str], str | None]) -> Change:
    """Says something else in `retry-after`, or nothing."""

    def change(_call: Call, answer: Answer) -> Answer:
        headers: list[tuple[str, str]] = []
        for name, value in answer.headers:
            other = to(value) if name == _RETRY else value
            if other is not None:
                headers.append((name, other))
        return evolve(answer, headers=tuple(headers))

    return _answers(change)


def _retry_once_a_second() -> Change:
    """Says in `retry-after` how long to wait, once in each second."""
    told = [float("-inf")]

    def change(call: Call, answer: Answer) -> Answer:
        if call.moment - told[0] >= 1:
            told[0] = call.moment
            return answer
        return evolve(answer, headers=tuple(line for line in answer.headers if line[0] != _RETRY))

    return _answers(change)


def _raw(body: bytes, media_type: str) -> Change:
    return _answers(lambda _call, answer: evolve(answer, document=None, body=body, media_type=media_type))


def _locks_out(seconds: float) -> Change:
    """Once over the limit, a client is refused for a while, whatever it was told."""

    def wrapper(limit: Any) -> Any:
        until = [0.0]

        def other(call: Call) -> Any:
            refused = limit(call)
            if refused is not None:
                until[0] = max(until[0], call.moment + seconds)
            if call.moment < until[0]:
                return refused or _refused()
            return None

        return other

    return around("limit", wrapper)


def _refused() -> Answer:
    error = {
        "code": "RateLimitExceeded",
        "message": "The client sent more requests than allowed by this API for the current tier of the client.",
    }
    return Answer(429, {"error": error}, ((_RETRY, "1"),))


def _one_more(limit: Any) -> Any:
    """The first request after each wait is refused as well."""
    waiting = [False]

    def other(call: Call) -> Any:
        refused = limit(call)
        if refused is not None:
            waiting[0] = True
            return refused
        if waiting[0]:
            waiting[0] = False
            return _refused()
        return None

    return other


def _status(status: int) -> Change:
    return _answers(lambda _call, answer: evolve(answer, status=status))


def _code(code: Any) -> Change:
    return errors(lambda error: {**error, "code": code}, 429)


def _fault(name: str, requirements: tuple[str, ...], description: str, change: Change) -> Fault:
    return Fault(name, requirements, description, change, _LIMITED)


FAULTS = (
    _fault("limit-other-code", ("rate-limit-code",), "A 429 has the code `TooManyRequests`.", _code("TooManyRequests")),
    _fault(
        "limit-code-in-lower-case",
        ("rate-limit-code",),
        "The code of a 429 begins with a small letter.",
        _code("rateLimitExceeded"),
    ),
    _fault("limit-code-of-status", ("rate-limit-code",), "The code of a 429 is `429`.", _code("429")),
    _fault("limit-code-number", ("error-code", "rate-limit-code"), "The code of a 429 is a number.", _code(429)),
    _fault(
        "limit-empty",
        ("rate-limit-body",),
        "A 429 has no body.",
        _answers(lambda _call, answer: evolve(answer, document=None, body=b"")),
    ),
    _fault(
        "limit-html",
        ("rate-limit-body",),
        "The body of a 429 is HTML.",
        _raw(b"<html><body>429 Too Many Requests</body></html>", "text/html"),
    ),
    _fault(
        "limit-text", ("rate-limit-body",), "The body of a 429 is plain text.", _raw(b"Too Many Requests", "text/plain")
    ),
    _fault(
        "limit-without-message",
        ("rate-limit-body",),
        "The error of a 429 has no message.",
        errors(lambda error: {"code": error["code"]}, 429),
    ),
    _fault(
        "limit-as-gateway",
        ("rate-limit-body",),
        "The body of a 429 is that of a gateway.",
        _answers(
            lambda _call, answer: evolve(answer, document={"statusCode": 429, "message": "Rate limit is exceeded."})
        ),
    ),
    _fault(
        "limit-error-string",
        ("error-object", "rate-limit-body"),
        "The error of a 429 is its message.",
        _answers(lambda _call, answer: evolve(answer, document={"error": "RateLimitExceeded"})),
    ),
    _fault(
        "limit-as-text",
        ("error-media-type",),
        "The body of a 429 says that it is plain text.",
        _answers(lambda _call, answer: evolve(answer, media_type="text/plain")),
    ),
    _fault("retry-after-missing", ("retry-after-present",), "A 429 has no `retry-after`.", _retry(lambda _value: None)),
    _fault(
        "retry-after-once",
        ("retry-after-present",),
        "Only the first 429 of each second has `retry-after`.",
        _retry_once_a_second(),
    ),
    _fault(
        "retry-after-elsewhere",
        ("retry-after-present",),
        "A 429 says how long to wait in a header of its own.",
        _answers(lambda _call, answer: evolve(answer, headers=(("X-RateLimit-Reset", "1"),))),
    ),
    _fault(
        "retry-after-missing-on-bare-path",
        ("retry-after-present",),
        "On the path without a slash a 429 has no `retry-after`.",
        replies(lambda _call, answer: evolve(answer, headers=()), 429, when=bare_path),
    ),
    _fault(
        "retry-after-missing-with-skip",
        ("retry-after-present",),
        "Beside `$skip` a 429 has no `retry-after`.",
        replies(lambda _call, answer: evolve(answer, headers=()), 429, when=has("$skip")),
    ),
    _fault(
        "retry-after-date",
        ("retry-after-seconds",),
        "`retry-after` is a date.",
        _retry(lambda _value: "Thu, 22 Aug 2024 03:18:44 GMT"),
    ),
    _fault("retry-after-word", ("retry-after-seconds",), "`retry-after` is a word.", _retry(lambda _value: "soon")),
    _fault(
        "retry-after-with-unit",
        ("retry-after-seconds",),
        "`retry-after` has a unit.",
        _retry(lambda value: f"{value}s"),
    ),
    _fault(
        "retry-after-negative",
        ("retry-after-seconds",),
        "`retry-after` is negative.",
        _retry(lambda value: f"-{value}"),
    ),
    _fault("retry-after-empty", ("retry-after-seconds",), "`retry-after` is empty.", _retry(lambda _value: "")),
    _fault(
        "retry-after-span",
        ("retry-after-seconds",),
        "`retry-after` is a span of time.",
        _retry(lambda _value: "00:00:01"),
    ),
    _fault(
        "retry-after-too-short",
        ("retry-after-kept",),
        "The limit lasts three seconds longer than `retry-after` says.",
        _locks_out(4),
    ),
    _fault(
        "retry-after-never-lifts", ("retry-after-kept",), "Who was over the limit once stays refused.", _locks_out(1e9)
    ),
    _fault(
        "retry-after-one-more",
        ("retry-after-kept",),
        "The first request after the wait is refused as well.",
        around("limit", _one_more),
    ),
    _fault("limit-403", ("status-documented",), "What is over the limit gets 403.", _status(403)),
    _fault("limit-503", ("status-no-server-error",), "What is over the limit gets 503.", _status(503)),
    _fault(
        "limit-200-empty",
        ("answers-independent", "list-steady"),
        "What is over the limit gets an empty list.",
        _answers(
            lambda _call, _answer: Answer(
                200,
                {"exports": [], "_links": {"self": {"href": "https://api.bentley.com/mesh-export/?$top=100&$skip=0"}}},
            )
        ),
    ),
    _fault(
        "limit-401",
        ("auth-accepted",),
        "What is over the limit gets 401.",
        _answers(
            lambda _call, answer: evolve(
                answer, status=401, document={"error": {"code": "InvalidToken", "message": "Access denied."}}
            )
        ),
    ),
)
"""The faults of this theme."""
