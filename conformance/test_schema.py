"""Schema-driven probes: what schemathesis makes of the list operation, in its examples, coverage and fuzzing phases.

Its stateful phase, over the links of the operations that write, is in `test_lives`.

It generates the requests; the endpoint sends them, and our checks, registered as its checks, judge every exchange.
Of its own checks these run here:

- `not_a_server_error`, `content_type_conformance`, `response_headers_conformance`: they say what the page says.

and these are off:

- `status_code_conformance`, `response_schema_conformance`: ours know where the page leaves a server free (an HTTP
  layer that refuses a malformed request; members of an error body that are null);
- `negative_data_rejection`, `positive_data_acceptance`: the page leaves many values to the server, and they merge
  all parameters into one finding; our checks judge each parameter of every exchange by the spec's own bounds;
- `missing_required_header`: it knows parameters alone, and `Authorization` is a security scheme;
- `ignored_auth`: it sends requests by itself, past the endpoint's rules of safety; the probes of credentials do it;
- `unsupported_method`: it insists on 405, where RFC 9110 leaves more open; our check of methods does not;
- `use_after_free`, `ensure_resource_availability`, `object_level_authorization`: the list makes and removes nothing;
  what was made and removed is held against the list and Get by `lives`.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import MissingHeaders
from schemathesis.specs.openapi.checks import content_type_conformance, response_headers_conformance

from conformance import options, spec, transported
from conformance.checks.registry import broken
from conformance.exchange import NOT_JSON, Exchange, Request
from conformance.options import Settings
from conformance.receiving import UnsendableError
from conformance.run import Run

_THEIRS: Final = {
    "not_a_server_error": "status-no-server-error",
    "content_type_conformance": "ok-media-type",
    "response_headers_conformance": "retry-after-seconds",
}
"""Their checks that run, each with the requirement that a failure goes against."""
_EXAMPLES: Final = 10
_EXAMPLES_LATER: Final = 150
_GENERATED_HEADERS: Final = frozenset(spec.parameters("header"))
_judged: ContextVar[tuple[Run, Exchange]] = ContextVar("judged")


def _load(settings: Settings, turn: int) -> schemathesis.BaseSchema:
    """The spec, loaded by schemathesis, with phases and seed as the run was told; each turn has a seed of its own."""
    loaded = schemathesis.openapi.from_dict(spec.document())
    loaded.config.update(base_url="http://localhost")
    loaded.config.seed = settings.seed + turn
    loaded.config.generation.update(
        max_examples=_EXAMPLES_LATER if turn else _EXAMPLES,
        modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        with_security_parameters=False,
        database="none",
    )
    if turn:
        # What these give is the same with each seed.
        loaded.config.phases.examples.enabled = loaded.config.phases.coverage.enabled = False
    return loaded


@schemathesis.check
def page_promises(
    _context: schemathesis.CheckContext, _response: schemathesis.Response, _case: schemathesis.Case[Any]
) -> None:
    """Every promise of the page, held against the exchange that was just judged."""
    run, exchange = _judged.get()
    violations = [each.observation for each in run.suspicions if each.exchange is exchange]
    assert not violations, violations[0].message


_REQUIREMENTS: Final = (
    *_THEIRS.values(),
    *("status-documented", "answer-in-time", "top-maximum", "top-number", "skip-number", "imodelid-format"),
    *("changesetid-format", "orderby-unsupported", "error-no-internals", "method-refused", "method-allow", "ok-json"),
)


def _probe(turn: int) -> Any:
    """The probe of one turn."""
    schema = _load(options.current(), turn).include(operation_id=spec.LIST)

    @pytest.mark.turn(turn)
    @pytest.mark.requirements(*_REQUIREMENTS)
    @schema.parametrize()
    def probe(case: schemathesis.Case[Any], run: Run) -> None:
        _send(case, run)

    return probe


def _is_asked_for(settings: Settings) -> bool:
    """Whether a run puts to the test what these probes do: to generate their cases takes a second."""
    return not settings.requirements or not set(settings.requirements).isdisjoint(_REQUIREMENTS)


if _is_asked_for(options.current()):
    test_what_the_schema_generates_is_answered_as_the_page_says = _probe(0)
    for _turn in range(1, options.current().turns):
        globals()[f"test_what_the_schema_generates_in_turn_{_turn}_is_answered_as_the_page_says"] = _probe(_turn)


def _send(case: schemathesis.Case[Any], run: Run) -> None:
    request = _request(case)
    if run.has_sent(request) or not run.endpoint.may_send(request):
        return
    with run.source("schemathesis"):
        try:
            exchange = run.send(request)
        except UnsendableError:
            return
    if exchange.failure is None and not request.odd:
        _validate(case, exchange, run)


def _request(case: schemathesis.Case[Any]) -> Request:
    """The request of a case, without the credentials, cookies and media types that schemathesis makes up."""
    kwargs = case.as_transport_kwargs(base_url="http://localhost")
    prepared = requests.Request(kwargs["method"], kwargs["url"], params=kwargs.get("params")).prepare()
    parts = urlsplit(prepared.url or "")
    headers = ((name, value) for name, value in (case.headers or {}).items() if name.lower() in _GENERATED_HEADERS)
    return Request(parts.query, tuple(headers), method=case.method.upper(), path=parts.path)


def _validate(case: schemathesis.Case[Any], exchange: Exchange, run: Run) -> None:
    """Have schemathesis run its checks and ours; a failure of theirs is kept for a second look, as ours are."""
    _judged.set((run, exchange))
    try:
        theirs = [not_a_server_error, content_type_conformance, response_headers_conformance]
        case.validate_response(transported.response(exchange), checks=[*theirs, page_promises])
    except FailureGroup as group:
        for failure in group.exceptions:
            for name in set(failure.checks) & set(_THEIRS) if exchange.request.method == "GET" else ():
                if name == "content_type_conformance" and exchange.status != 200 and exchange.json is NOT_JSON:
                    # An error body that is none is judged as that.
                    continue
                run.suspect(exchange, broken(_blamed(name, failure, exchange), failure.title))


def _blamed(name: str, failure: Failure, exchange: Exchange) -> str:
    """The requirement that a failure of one of their checks goes against."""
    if isinstance(failure, MissingHeaders):
        return "retry-after-present"
    if name == "content_type_conformance" and exchange.status != 200:
        return "error-media-type" if exchange.body else "status-documented"
    return _THEIRS[name]
