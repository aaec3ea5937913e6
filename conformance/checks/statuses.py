"""Checks of the status: which one an answer may have, by its request alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance import ledger, spec
from conformance.checks.registry import Context, Observation, broken, check, held, judged
from conformance.exchange import FOREIGN_METHOD, NOT_JSON, TIME_BOUND, CredentialKind, Failure
from conformance.query import IDENTIFIERS, Parameter, Validity

_HTTP_REFUSALS: Final = frozenset({400, 413, 414, 431, 494})
_UNACCEPTABLE: Final = 406
_NOT_MODIFIED: Final = 304
_NOT_IMPLEMENTED: Final = 501
_LENGTH_OF_A_LIST: Final = 200
"""Bytes that a list has at least; what says that a service is well has fewer."""
_CONDITIONAL_STATUSES: Final = frozenset({206, _NOT_MODIFIED, 412, 416})
_REFUSED_BY_A_CONDITION: Final = frozenset({412, 416})
_OTHER_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_ACCEPTED: Final = tuple(name for name in ledger.requirements() if name.endswith("-accepted"))
_REFUSED: Final = (
    "imodelid-invalid", "imodelid-format", "changesetid-invalid", "changesetid-format", "top-maximum", "top-negative",
    "top-number", "skip-negative", "skip-number", "orderby-unsupported",
)  # fmt: skip


def _of_the_http_layer(context: Context) -> bool:
    """Whether the HTTP layer may have refused the request, with a status for that or with a body of its own."""
    exchange = context.exchange
    if not exchange.request.odd or not 400 <= exchange.status < 500:
        return False
    return exchange.status in _HTTP_REFUSALS or exchange.json is NOT_JSON


def _let_in(context: Context) -> bool:
    """Whether the request is by somebody who may have a list."""
    kind = context.exchange.request.credential.kind
    other = kind is CredentialKind.OTHER_USER and context.knowledge.other_let_in
    return other or kind is CredentialKind.GOOD


@check("answer-in-time", "body-as-declared", "status-no-server-error")
def whole_answer(context: Context) -> Iterator[Observation]:
    """An answer comes, in time and whole."""
    exchange = context.exchange
    if exchange.failure is Failure.TIMEOUT:
        yield broken("answer-in-time", f"no whole answer within {TIME_BOUND:g} s")
    elif exchange.failure is Failure.CUT_SHORT:
        yield broken("body-as-declared", "the body ends before the length that its headers declare")
    elif exchange.failure is Failure.UNDECODABLE:
        yield broken(
            "body-as-declared", f"the body is not what Content-Encoding: {exchange.header('content-encoding')} says"
        )
    elif exchange.failure and not exchange.request.odd:
        yield broken("status-no-server-error", "the connection ends without an HTTP answer")
    elif exchange.failure is None:
        yield held("answer-in-time")
        if exchange.request.method == "GET":
            yield held("body-as-declared")


@check(
    *(
        "status-no-server-error",
        "status-documented",
        "path-served",
        "path-without-slash",
        "accept-vendor",
        "accept-json",
    )
)
def documented_status(context: Context) -> Iterator[Observation]:
    """A GET is answered with a documented status, and never ends in a server error."""
    exchange, request = context.exchange, context.exchange.request
    if request.method != "GET" or not exchange.status:
        return
    status = exchange.status
    yield judged("status-no-server-error", status < 500, f"status {status}")
    if status >= 500:
        return
    if context.turned_away:
        return
    if request.path != spec.collection_path():
        fine = not 300 <= status < 400 and not (status == 404 and not request.query)
        yield judged("path-without-slash", fine, f"status {status} for the path without its slash")
        if not fine:
            return
    elif not _let_in(context):
        return
    elif (300 <= status < 400 and status != _NOT_MODIFIED) or (status == 404 and not request.query):
        yield broken("path-served", f"status {status} for the path of the collection")
        return
    else:
        yield held("path-served")
    tolerated = _of_the_http_layer(context) or (context.conditional and status in _CONDITIONAL_STATUSES)
    named = context.acceptable and context.accepts_by_name
    if status == _UNACCEPTABLE and named and not request.header("prefer"):
        yield broken(
            "accept-json" if request.header("accept") else "accept-vendor", "status 406 for a documented media type"
        )
        return
    refused = context.ordinary and context.query.must_be_refused
    if (context.query.own_way or refused or not _let_in(context)) and 400 <= status < 500:
        # The server may refuse in its own way, or the check of the parameter or of the credential speaks.
        return
    if not tolerated and (context.acceptable or status in spec.documented_statuses()):
        yield judged("status-documented", status in spec.documented_statuses(), f"status {status} is not documented")


@check(
    *_ACCEPTED,
    "parameters-optional",
    "unknown-parameter-ignored",
    "prefer-unknown-ignored",
    "accept-vendor",
    "accept-json",
    "skip-past-end",
    "root-links-only",
)
def valid_request_is_accepted(context: Context) -> Iterator[Observation]:
    """A request whose every parameter is valid is not refused."""
    exchange, request = context.exchange, context.exchange.request
    if exchange.status in (401, 422) and context.spoilt_header:
        return
    if exchange.status == 422 and context.knowledge.strange_values(context.query):
        return
    if (
        context.ordinary
        and context.query.must_be_accepted
        and _is_past_end(context)
        and not request.headers
        and not context.query.unknown
        and exchange.status in (400, 404, 416, 422)
    ):
        yield broken("skip-past-end", f"status {exchange.status} for a $skip of the whole list or more")
        return
    if not context.ordinary or not (exchange.status in (200, 401, 422) or _undocumented_refusal(context)):
        return
    yield judged("auth-accepted", exchange.status != 401, "the good token gets status 401")
    if exchange.status == 401 or not context.query.must_be_accepted:
        return
    fine = exchange.status == 200
    message = f"status {exchange.status} for a valid request"
    promises = _acceptance(context) if fine else _refusal(context) if exchange.status == 422 else _barred(context)
    for requirement in promises:
        yield judged(requirement, fine, message)
    if not request.header("accept") and fine:
        yield held("accept-vendor")


def _undocumented_refusal(context: Context) -> bool:
    """Whether the request meets a refusal that nothing may have."""
    wrong = any(each.requirement == "status-documented" and not each.holds for each in documented_status(context))
    return wrong and 400 <= context.exchange.status < 500


def _is_past_end(context: Context) -> bool:
    selection, skip = context.selection, context.query.count("$skip")
    return selection is not None and skip is not None and skip >= len(selection.ids)


def _acceptance(context: Context) -> Iterator[str]:
    for parameter in context.query.parameters.values():
        yield parameter.requirement
    if not context.query.parameters:
        yield "parameters-optional"
    if context.query.unknown:
        yield "unknown-parameter-ignored"
    if _has_unknown_preference(context):
        yield "prefer-unknown-ignored"
    if context.exchange.request.header("accept") and context.accepts_by_name:
        yield "accept-json"


def _refusal(context: Context) -> Iterator[str]:
    """The one promise that the refusal of a valid request breaks: that of the parameter which the answer blames."""
    targets = set(detail_targets(context))
    if targets & (set(spec.parameters("query")) - set(context.query.parameters)):
        yield "parameters-optional"
        return
    blamed = [parameter for name, parameter in context.query.parameters.items() if name in targets]
    parameters = blamed or list(context.query.parameters.values())
    if context.query.unknown and not blamed:
        yield "unknown-parameter-ignored"
    elif _has_unknown_preference(context) and not blamed:
        yield "prefer-unknown-ignored"
    elif context.exchange.request.header("accept") and not parameters:
        yield "accept-json"
    elif context.plain_root and not blamed:
        yield "root-links-only"
    elif parameters:
        yield parameters[0].requirement
    else:
        yield "parameters-optional"


def _barred(context: Context) -> Iterator[str]:
    """The promise that a valid request breaks by a status which nothing may have: that of a header before the query."""
    request = context.exchange.request
    if _has_unknown_preference(context):
        yield "prefer-unknown-ignored"
    elif request.header("accept"):
        if context.accepts_by_name:
            yield "accept-json"
    elif context.plain_root:
        yield "root-links-only"
    elif context.query.parameters and not request.headers:
        yield next(iter(context.query.parameters.values())).requirement


def _has_unknown_preference(context: Context) -> bool:
    known = {*spec.parameters("header")["prefer"]["schema"]["x-extensible-enum"], ""}
    lines = ",".join(context.exchange.request.header("prefer")).lower().replace('"', "")
    return any("".join(part.split(";")[0].split()) not in known for part in lines.split(","))


@check(*_REFUSED)
def invalid_parameter_is_refused(context: Context) -> Iterator[Observation]:
    """A request with an invalid parameter gets 422."""
    exchange = context.exchange
    if not context.ordinary or not exchange.status or exchange.status >= 500 or exchange.status in (401, 429):
        return
    refused = 400 <= exchange.status < 500
    if (exchange.status != 200 and _has_unknown_preference(context)) or (refused and context.query.own_way):
        return
    invalid = context.query.of(Validity.INVALID)
    for parameter in invalid.values():
        if exchange.status != 422:
            yield broken(parameter.requirement, f"status {exchange.status} for {_shown(parameter)}, where 422 is due")
        elif len(invalid) == 1:
            yield held(parameter.requirement)


@check("imodelid-format", "changesetid-format")
def blanks_are_trimmed_or_refused(context: Context) -> Iterator[Observation]:
    """An id of the collection with blanks around it finds what the id finds, where it is not refused."""
    snapshot, good = context.knowledge.snapshot, context.exchange.request.credential.kind is CredentialKind.GOOD
    if not (context.exchange.is_list and good) or len(context.query.pairs) > 1:
        return
    for name, parameter in context.query.of(Validity.FREE).items():
        bare = parameter.value.strip()
        if name in IDENTIFIERS and bare != parameter.value and snapshot and bare in snapshot.values(name):
            taken = bool(context.exchange.exports)
            message = f"{_shown(parameter)} is neither refused nor taken for the id of the collection that it has"
            yield judged(f"{name.lower()}-format", taken, message, contestable=True)


def _shown(parameter: Parameter) -> str:
    value = (
        parameter.value
        if len(parameter.value) <= 60
        else f"{parameter.value[:40]}… ({len(parameter.value)} characters)"
    )
    return f"{parameter.name}={value!r}"


def detail_targets(context: Context) -> Iterator[str]:
    """The targets of the details of an error body, those that are strings."""
    details = context.exchange.error.get("details")
    for detail in details if isinstance(details, list) else []:
        if isinstance(detail, dict) and isinstance(detail.get("target"), str):
            yield detail["target"]


@check(
    "auth-required",
    "auth-wrong-token",
    "auth-malformed",
    "auth-near-miss",
    "auth-other-scheme",
    "auth-before-parameters",
    by_any_path=True,
)
def bad_credential_is_refused(context: Context) -> Iterator[Observation]:
    """A request without a good credential gets 401, whatever its parameters."""
    exchange, request = context.exchange, context.exchange.request
    kind = request.credential.kind
    if (
        kind in (CredentialKind.GOOD, CredentialKind.OTHER_USER)
        or not exchange.status
        or exchange.status >= 500
        or exchange.status == 429
    ):
        return
    if _of_the_http_layer(context) or context.turned_away or (exchange.status == 422 and context.spoilt_header):
        return
    if request.method == "HEAD":
        # What looks whether a service is well may answer anybody, and tells nothing of the list.
        length = exchange.header("content-length") or ""
        told = length.isascii() and length.isdigit() and int(length[:18]) >= _LENGTH_OF_A_LIST
        if kind is CredentialKind.NONE and 200 <= exchange.status < 300 and told:
            yield broken("auth-required", f"HEAD without Authorization gets status {exchange.status}")
        return
    if request.method != "GET" or not context.acceptable:
        return
    if context.conditional and exchange.status in _REFUSED_BY_A_CONDITION | _HTTP_REFUSALS:
        return
    if exchange.status == 404 and request.path != spec.collection_path():
        return
    requirement = {
        CredentialKind.NONE: "auth-required",
        CredentialKind.WRONG: "auth-wrong-token",
        CredentialKind.MALFORMED: "auth-malformed",
        CredentialKind.NEAR_MISS: "auth-near-miss",
        CredentialKind.OTHER_SCHEME: "auth-other-scheme",
    }[kind]
    if context.by_another_path:
        # What becomes of it is the server's business; only the list must not.
        yield judged(requirement, not exchange.is_list, f"the path written {request.path} opens the list")
    elif exchange.status == 401:
        yield held(requirement)
        if not context.query.must_be_accepted:
            yield held("auth-before-parameters")
    elif exchange.status == 422 and not context.query.must_be_accepted:
        yield broken("auth-before-parameters", "status 422: the parameters are judged before the credential")
    else:
        yield broken(requirement, f"status {exchange.status}, where 401 is due")


@check("method-refused", "method-allow")
def undocumented_method(context: Context) -> Iterator[Observation]:
    """A method that is not documented gets neither success nor a server error, and a 405 names those that are."""
    exchange, method = context.exchange, context.exchange.request.method
    if method in ("HEAD", "OPTIONS", "TRACE", FOREIGN_METHOD) and exchange.status >= 500:
        yield judged("method-refused", exchange.status == _NOT_IMPLEMENTED, f"{method} gets status {exchange.status}")
    if method == FOREIGN_METHOD and exchange.is_list:
        yield broken("method-refused", f"{method} gets the list")
    if method == "TRACE" and 200 <= exchange.status < 300:
        yield broken("method-refused", f"{method} gets status {exchange.status}")
    undocumented = method in _OTHER_METHODS - spec.documented_methods(exchange.request.path)
    if undocumented and exchange.status and exchange.status != 429:
        refused = not (200 <= exchange.status < 300 or exchange.status >= 500)
        yield judged("method-refused", refused, f"{method} gets status {exchange.status}")
    if exchange.status == 405:
        # A list may come in several lines (RFC 9110, section 5.3).
        listed = ", ".join(value for name, value in exchange.headers if name == "allow")
        allowed = {name.strip().upper() for name in listed.split(",")}
        message = f"405 with Allow: {listed or None}"
        yield judged("method-allow", "GET" in allowed and method not in allowed, message)
