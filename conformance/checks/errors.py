"""Checks of error bodies: codes, details and targets, and what an answer must not give away.

Presence and types are the schema's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from conformance import spec
from conformance.checks.registry import Context, Observation, check, judged
from conformance.exchange import NOT_JSON, CredentialKind
from conformance.query import Validity
from conformance.redaction import holds

_INTERNALS: Final = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"]+\", line \d+"
    r"|^\s*at [\w.$<>`]+\(.*\)( in .+:line \d+)?\s*$"
    r"|\b(?:[\w]+\.)+\w*(?:Exception|Error)\b: "
    r"|\bSQLSTATE\b|\bORA-\d{5}\b|\bpsycopg\d?\b|\bSELECT .{1,200} FROM \w+"
    r"|(?<![\w/])/(?:usr|home|var|opt|srv|app|etc)/[\w.-]+/[\w./-]+"
    r"|\b[A-Z]:\\\\?[\w.-]+\\"
    r"|\b(?:Server|Data Source)=[^;\s]+;\s*(?:Database|Initial Catalog|User)",
    re.MULTILINE,
)

_SHOWN: Final = ("code", "message")
"""What the page shows in an error and in each of its details; a target may be missing."""


def _example_code(name: str) -> str:
    return str(spec.example(name)["error"]["code"])


@check(
    "unauthorized-code",
    "unauthorized-body",
    "unauthorized-details",
    "unprocessable-code",
    "unprocessable-body",
    "rate-limit-code",
    "rate-limit-body",
)
def error_code(context: Context) -> Iterator[Observation]:
    """An error body has the code that the page shows for its status."""
    exchange = context.exchange
    if exchange.failure or exchange.request.method != "GET" or not context.acceptable:
        return
    status = exchange.status
    name = {401: "unauthorized", 422: "unprocessable", 429: "rate-limit"}.get(status)
    if name is None or (status == 422 and exchange.request.credential.kind is not CredentialKind.GOOD):
        return
    if context.rather_a_page and exchange.json is NOT_JSON:
        return
    error = context.exchange.error
    missing = list(_missing(error, status))
    message = f"no error.{missing[0]}" if missing else ""
    yield judged(f"{name}-body", not missing, "the body is not JSON" if exchange.json is NOT_JSON else message)
    code = error.get("code")
    of_another_cause = status == 401 and (
        exchange.request.credential.kind is not CredentialKind.NONE or context.spoilt_header
    )
    if isinstance(code, str) and not of_another_cause:
        example = {401: "HeaderNotFound", 422: "InvalidMeshExportRequest", 429: "RateLimitExceeded"}[status]
        yield judged(f"{name}-code", code == _example_code(example), f"error.code is {code!r}")
    if status == 401 and "details" in error and error["details"] is not None:
        yield judged("unauthorized-details", error["details"] != [], "details is an empty array")


def _missing(error: dict[str, Any], status: int) -> Iterator[str]:
    """The members that an error lacks of those that the page shows for its status, the targets apart."""
    yield from (member for member in _SHOWN if error.get(member) is None)
    details = error.get("details")
    if status == 422 and details is None:
        yield "details"
    for number, detail in enumerate(details if isinstance(details, list) else ()):
        if isinstance(detail, dict):
            yield from (f"details[{number}].{member}" for member in _SHOWN if detail.get(member) is None)


@check("unprocessable-detail-code", "unprocessable-detail-target", "unprocessable-every-parameter")
def error_details(context: Context) -> Iterator[Observation]:
    """A 422 has a detail for each invalid parameter, and for no other."""
    exchange = context.exchange
    if exchange.status != 422 or not context.ordinary or context.query.must_be_accepted or context.spoilt_header:
        return
    details = context.exchange.error.get("details")
    if not isinstance(details, list) or not all(isinstance(detail, dict) for detail in details):
        return
    expected = spec.example("InvalidMeshExportRequest")["error"]["details"][0]["code"]
    for detail in details:
        if isinstance(detail.get("code"), str):
            message = f"a detail has the code {detail['code']!r}"
            yield judged("unprocessable-detail-code", detail["code"] == expected, message)
    query = context.query
    at_fault = {*query.of(Validity.INVALID), *query.of(Validity.FREE), *context.knowledge.strange_values(query)}
    targets = [detail["target"] for detail in details if isinstance(detail.get("target"), str)]
    for target in targets:
        fine = target in at_fault or bool(query.unknown)
        yield judged("unprocessable-detail-target", fine, f"a detail has the target {target!r}, which is not at fault")
    invalid = query.of(Validity.INVALID)
    named = set(targets)
    anonymous = len(details) - len(targets)
    lost = [name for name in invalid if name not in named]
    if invalid and not query.respelled and set(targets) <= at_fault:
        message = f"no detail for {', '.join(lost)}"
        yield judged("unprocessable-every-parameter", len(lost) <= anonymous, message)


@check("error-no-internals", operation=None)
def no_internals(context: Context) -> Iterator[Observation]:
    """An error tells nothing of the insides of the service."""
    exchange = context.exchange
    if exchange.status < 400 or exchange.failure:
        return
    found = _INTERNALS.search(exchange.json_text)
    sent = exchange.request.target + "".join(value for _, value in exchange.request.headers)
    if found and found[0] in sent:
        found = None
    yield judged("error-no-internals", found is None, f"the body has {found[0][:60]!r}" if found else "")


@check("credential-not-repeated", operation=None)
def no_credential(context: Context) -> Iterator[Observation]:
    """No answer repeats a credential, in its body or in its headers."""
    exchange = context.exchange
    if not exchange.status or exchange.request.credential.kind is CredentialKind.NONE:
        return
    places = {"the body": exchange.text, **{f"the header {name}": value for name, value in exchange.headers}}
    # All at once before each alone: to undo the escapes of a text takes time.
    repeated = _repeats_a_secret("\n".join(places.values()), context)
    place = next((place for place, text in places.items() if repeated and _repeats_a_secret(text, context)), None)
    yield judged("credential-not-repeated", place is None, f"{place} repeats the credential")


def _repeats_a_secret(text: str, context: Context) -> bool:
    return any(holds(text, secret) for secret in context.secrets)
