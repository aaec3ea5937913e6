"""Faults of errors: codes, messages, targets, details, whole bodies, and what they give away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from .tools import Change, Fault, bare_path, both, errors, has, header, put, replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Answer, Call, Json

_ALL = (401, 404, 405, 422, 429)
_TRACE = 'Traceback (most recent call last):\n  File "/app/exports/service.py", line 214, in list_exports'
_STACK = "   at MeshExport.Api.ExportsController.List(String iModelId) in C:\\src\\Api\\ExportsController.cs:line 88"
_EXCEPTION = "System.FormatException: Input string was not in a correct format.\n   at System.Number.ThrowOverflow()"
_QUERY = "SELECT * FROM dbo.Exports WHERE UserId = @p0 AND DisplayName LIKE '%x%' ORDER BY LastModified"


def _set(name: str, to: Callable[[Any], Any]) -> Callable[[Json], Json]:
    return lambda error: {**error, name: to(error.get(name))}


def _drop(name: str) -> Callable[[Json], Json]:
    return lambda error: {other: value for other, value in error.items() if other != name}


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda _right: value


def _details(change: Callable[[list[Json]], Any]) -> Callable[[Json], Json]:
    return lambda error: {**error, "details": change(error.get("details", []))}


def _each(change: Callable[[Json], Any]) -> Callable[[Json], Json]:
    return _details(lambda details: [change(detail) for detail in details])


def _bodies(change: Callable[[Any], Any], *statuses: int, when: Callable[[Call], bool] | None = None) -> Change:
    return replies(lambda _call, answer: evolve(answer, document=change(answer.document)), *statuses, when=when)


def _raw(body: bytes, media_type: str, *statuses: int) -> Change:
    return replies(lambda _call, answer: evolve(answer, document=None, body=body, media_type=media_type), *statuses)


def _empty(*statuses: int, when: Callable[[Call], bool] | None = None) -> Change:
    return replies(lambda _call, answer: evolve(answer, document=None, body=b""), *statuses, when=when)


def _problem(document: Json) -> Json:
    return {"type": "about:blank", "title": document["error"]["code"], "detail": document["error"]["message"]}


def _targets(target: Callable[[str], Any]) -> Callable[[Json], Json]:
    return _each(lambda detail: {**detail, "target": target(detail.get("target") or "")})


def _with_sorted_targets(details: list[Json]) -> list[Json]:
    targets = sorted(detail["target"] for detail in details)
    return [{**detail, "target": target} for detail, target in zip(details, targets, strict=True)]


def _rotated(details: list[Json]) -> list[Json]:
    """Gives each detail the target of another, and a single one that of a parameter that is not at fault."""
    targets = [detail["target"] for detail in details]
    if len(targets) == 1:
        return [{**details[0], "target": "$orderBy" if targets != ["$orderBy"] else "$top"}]
    return [{**details[0], "target": "cdn" if "cdn" not in targets else "$skip"}, *details[1:]]


def _capitalized(target: str) -> str:
    dollar, name = ("$", target[1:]) if target.startswith("$") else ("", target)
    return f"{dollar}{name[:1].upper()}{name[1:]}"


def _only(*names: str) -> Callable[[Call], bool]:
    return lambda call: any(has(name)(call) for name in names)


def _anonymous(call: Call) -> bool:
    return not header("authorization")(call)


def _status(answer: Answer, status: int) -> Answer:
    return evolve(answer, status=status)


def _foreign(call: Call) -> bool:
    return any(not line.startswith(("en", "*")) for line in call.request.lines("accept-language"))


FAULTS = (
    Fault(
        "unauthorized-other-code",
        ("unauthorized-code",),
        "The 401 of a request without credentials has the code `Unauthorized`.",
        errors(_set("code", _always("Unauthorized")), 401),
    ),
    Fault(
        "unauthorized-code-in-lower-case",
        ("unauthorized-code",),
        "The code of a 401 begins with a small letter.",
        errors(_set("code", lambda code: f"{code[:1].lower()}{code[1:]}"), 401),
    ),
    Fault(
        "unauthorized-code-of-status",
        ("unauthorized-code",),
        "The code of a 401 is `401`.",
        errors(_set("code", _always("401")), 401),
    ),
    Fault(
        "unauthorized-other-code-on-bare-path",
        ("path-without-slash", "unauthorized-code"),
        "On the path without a slash a 401 has another code.",
        errors(_set("code", _always("MissingCredentials")), 401, when=bare_path),
    ),
    Fault(
        "unauthorized-other-code-with-filter",
        ("unauthorized-code",),
        "Beside `iModelId` a 401 has another code.",
        errors(_set("code", _always("AccessDenied")), 401, when=has("iModelId")),
    ),
    Fault("unauthorized-empty", ("unauthorized-body",), "A 401 has no body.", _empty(401)),
    Fault(
        "unauthorized-empty-object",
        ("unauthorized-body",),
        "The body of a 401 is an empty object.",
        _bodies(lambda _document: {}, 401),
    ),
    Fault(
        "unauthorized-html",
        ("unauthorized-body",),
        "The body of a 401 is HTML.",
        _raw(b"<html><body>401 Authorization Required</body></html>", "text/html", 401),
    ),
    Fault(
        "unauthorized-text",
        ("unauthorized-body",),
        "The body of a 401 is plain text.",
        _raw(b"Unauthorized", "text/plain", 401),
    ),
    Fault(
        "unauthorized-without-message",
        ("unauthorized-body",),
        "The error of a 401 has no message.",
        errors(_drop("message"), 401),
    ),
    Fault(
        "unauthorized-without-code",
        ("unauthorized-body",),
        "The error of a 401 has no code.",
        errors(_drop("code"), 401),
    ),
    Fault(
        "unauthorized-null-error",
        ("unauthorized-body",),
        "The error of a 401 is null.",
        _bodies(lambda _document: {"error": None}, 401),
    ),
    Fault(
        "unauthorized-bare-error",
        ("unauthorized-body",),
        "The error of a 401 is not wrapped in `error`.",
        _bodies(lambda document: document["error"], 401),
    ),
    Fault(
        "unauthorized-as-gateway",
        ("unauthorized-body",),
        "The body of a 401 is that of a gateway.",
        _bodies(
            lambda _document: {"statusCode": 401, "message": "Access denied due to missing subscription key."}, 401
        ),
    ),
    Fault(
        "unauthorized-problem",
        ("unauthorized-body",),
        "The body of a 401 is a problem of RFC 9457.",
        _bodies(_problem, 401),
    ),
    Fault(
        "unauthorized-empty-with-token",
        ("unauthorized-body",),
        "The 401 of a wrong token has no body.",
        _empty(401, when=lambda call: not _anonymous(call)),
    ),
    Fault(
        "unauthorized-details-empty",
        ("unauthorized-details",),
        "A 401 has empty details.",
        errors(_set("details", _always([])), 401),
    ),
    Fault(
        "unauthorized-details-empty-with-token",
        ("unauthorized-details",),
        "The 401 of a wrong token has empty details.",
        errors(_set("details", _always([])), 401, when=lambda call: not _anonymous(call)),
    ),
    Fault(
        "unprocessable-other-code",
        ("unprocessable-code",),
        "A 422 has the code `BadRequest`.",
        errors(_set("code", _always("BadRequest")), 422),
    ),
    Fault(
        "unprocessable-code-of-detail",
        ("unprocessable-code",),
        "A 422 has the code of its details.",
        errors(_set("code", _always("InvalidParameter")), 422),
    ),
    Fault(
        "unprocessable-code-misspelt",
        ("unprocessable-code",),
        "A 422 has a code with a letter changed.",
        errors(_set("code", _always("InvalidMeshExportsRequest")), 422),
    ),
    Fault(
        "unprocessable-other-code-for-order",
        ("unprocessable-code",),
        "A 422 for `$orderBy` has another code.",
        errors(_set("code", _always("UnsupportedOrder")), 422, when=has("$orderBy")),
    ),
    Fault(
        "unprocessable-other-code-for-skip",
        ("unprocessable-code",),
        "A 422 for `$skip` has another code.",
        errors(_set("code", _always("InvalidPaging")), 422, when=has("$skip")),
    ),
    Fault(
        "unprocessable-other-code-for-ids",
        ("unprocessable-code",),
        "A 422 for an id has another code.",
        errors(_set("code", _always("InvalidIdentifier")), 422, when=_only("iModelId", "changesetId")),
    ),
    Fault("unprocessable-empty", ("unprocessable-body",), "A 422 has no body.", _empty(422)),
    Fault(
        "unprocessable-html",
        ("unprocessable-body",),
        "The body of a 422 is HTML.",
        _raw(b"<html><body>422</body></html>", "text/html", 422),
    ),
    Fault(
        "unprocessable-without-details",
        ("unprocessable-body", "unprocessable-every-parameter"),
        "The error of a 422 has no details.",
        errors(_drop("details"), 422),
    ),
    Fault(
        "unprocessable-without-details-for-order",
        ("unprocessable-body", "unprocessable-every-parameter"),
        "The error of a 422 for `$orderBy` has no details.",
        errors(_drop("details"), 422, when=has("$orderBy")),
    ),
    Fault(
        "unprocessable-without-message",
        ("unprocessable-body",),
        "The error of a 422 has no message.",
        errors(_drop("message"), 422),
    ),
    Fault(
        "unprocessable-without-code",
        ("unprocessable-body",),
        "The error of a 422 has no code.",
        errors(_drop("code"), 422),
    ),
    Fault(
        "unprocessable-null-message",
        ("unprocessable-body",),
        "The message of a 422 is null.",
        errors(_set("message", _always(None)), 422),
    ),
    Fault(
        "detail-without-message",
        ("unprocessable-body",),
        "The details of a 422 have no message.",
        errors(_each(lambda detail: put(detail, ("message",))), 422),
    ),
    Fault(
        "detail-without-code-after-first",
        ("unprocessable-body",),
        "Of several details of a 422 only the first has a code.",
        errors(_details(lambda details: [*details[:1], *(put(each, ("code",)) for each in details[1:])]), 422),
    ),
    Fault(
        "unprocessable-bare-error",
        ("unprocessable-body",),
        "The error of a 422 is not wrapped in `error`.",
        _bodies(lambda document: document["error"], 422),
    ),
    Fault(
        "unprocessable-as-framework",
        ("unprocessable-body",),
        "The body of a 422 is that of a framework.",
        _bodies(
            lambda document: {
                "detail": [
                    {"loc": ["query", detail["target"]], "msg": detail["message"]}
                    for detail in document["error"]["details"]
                ]
            },
            422,
        ),
    ),
    Fault(
        "unprocessable-problem-for-skip",
        ("unprocessable-body",),
        "The body of a 422 for `$skip` is a problem of RFC 9457.",
        _bodies(_problem, 422, when=has("$skip")),
    ),
    Fault(
        "unprocessable-empty-for-ids",
        ("unprocessable-body",),
        "A 422 for an id has no body.",
        _empty(422, when=_only("iModelId")),
    ),
    Fault(
        "detail-other-code",
        ("unprocessable-detail-code",),
        "Details have the code `InvalidValue`.",
        errors(_each(_set("code", _always("InvalidValue"))), 422),
    ),
    Fault(
        "detail-code-by-parameter",
        ("unprocessable-detail-code",),
        "Details have a code by parameter.",
        errors(_each(lambda detail: {**detail, "code": f"Invalid{detail['target'].strip('$').capitalize()}"}), 422),
    ),
    Fault(
        "detail-code-of-error",
        ("unprocessable-detail-code",),
        "Details have the code of the error.",
        errors(_each(_set("code", _always("InvalidMeshExportRequest"))), 422),
    ),
    Fault(
        "detail-other-code-for-order",
        ("unprocessable-detail-code",),
        "A detail for `$orderBy` has another code.",
        errors(
            _each(lambda detail: {**detail, "code": "UnsupportedValue"} if detail["target"] == "$orderBy" else detail),
            422,
        ),
    ),
    Fault(
        "detail-other-code-after-first",
        ("unprocessable-detail-code",),
        "Details after the first have another code.",
        errors(
            _details(
                lambda details: [
                    detail if not place else {**detail, "code": "Invalid"} for place, detail in enumerate(details)
                ]
            ),
            422,
        ),
    ),
    Fault(
        "target-without-dollar",
        ("unprocessable-detail-target",),
        "Targets lose their dollar sign.",
        errors(_targets(lambda target: target.removeprefix("$")), 422),
    ),
    Fault(
        "target-in-capitals",
        ("unprocessable-detail-target",),
        "Targets begin with a capital.",
        errors(
            _targets(_capitalized),
            422,
        ),
    ),
    Fault(
        "target-always-imodelid",
        ("unprocessable-detail-target",),
        "Each target is `iModelId`.",
        errors(_targets(_always("iModelId")), 422),
    ),
    Fault(
        "target-of-another",
        ("unprocessable-detail-target",),
        "The first target is a parameter that is not at fault.",
        errors(_details(_rotated), 422),
    ),
    Fault(
        "detail-targets-sorted",
        ("unprocessable-detail-target",),
        "Of several details the targets stand in alphabetical order, and the rest does not.",
        errors(_details(_with_sorted_targets), 422),
    ),
    Fault(
        "target-with-path",
        ("unprocessable-detail-target",),
        "Targets have `query.` before the name.",
        errors(_targets(lambda target: f"query.{target}"), 422),
    ),
    Fault(
        "target-of-skip-is-top",
        ("unprocessable-detail-target",),
        "The target for `$skip` is `$top`.",
        errors(_targets(lambda target: "$top" if target == "$skip" else target), 422),
    ),
    Fault(
        "target-of-order-is-field",
        ("unprocessable-detail-target",),
        "The target for `$orderBy` is `date`.",
        errors(_targets(lambda target: "date" if target == "$orderBy" else target), 422),
    ),
    Fault(
        "target-internal",
        ("unprocessable-detail-target",),
        "Targets are the endpoint's own names.",
        errors(_targets(lambda target: f"request.{target.strip('$').lower()}"), 422),
    ),
    Fault(
        "first-problem-only",
        ("unprocessable-every-parameter",),
        "Only the first invalid parameter has a detail.",
        errors(_details(lambda details: details[:1]), 422),
    ),
    Fault(
        "last-problem-only",
        ("unprocessable-every-parameter",),
        "Only the last invalid parameter has a detail.",
        errors(_details(lambda details: details[-1:]), 422),
    ),
    Fault(
        "two-problems-only",
        ("unprocessable-every-parameter",),
        "Only two invalid parameters have details.",
        errors(_details(lambda details: details[:2]), 422),
    ),
    Fault(
        "ids-end-validation",
        ("unprocessable-every-parameter",),
        "After an invalid id nothing else is looked at.",
        errors(
            _details(
                lambda details: (
                    [detail for detail in details if detail["target"] in {"iModelId", "changesetId"}] or details
                )
            ),
            422,
        ),
    ),
    Fault(
        "problem-of-top-hides-skip",
        ("unprocessable-every-parameter",),
        "Beside `$top`, `$skip` has no detail.",
        errors(
            _details(
                lambda details: (
                    [detail for detail in details if detail["target"] != "$skip"] if len(details) > 1 else details
                )
            ),
            422,
        ),
    ),
    Fault(
        "problem-of-order-hidden",
        ("unprocessable-every-parameter",),
        "Beside others, `$orderBy` has no detail.",
        errors(
            _details(lambda details: [detail for detail in details if detail["target"] != "$orderBy"] or details), 422
        ),
    ),
    Fault(
        "code-number",
        ("error-code",),
        "The code of an error is a number.",
        replies(
            lambda _call, answer: evolve(
                answer, document={"error": {**answer.document["error"], "code": answer.status}}
            ),
            *_ALL,
        ),
    ),
    Fault(
        "code-number-in-422",
        ("error-code", "unprocessable-code"),
        "The code of a 422 is a number.",
        errors(_set("code", _always(422)), 422),
    ),
    Fault(
        "code-array-in-401",
        ("error-code", "unauthorized-code"),
        "The code of a 401 is an array.",
        errors(_set("code", lambda code: [code]), 401),
    ),
    Fault(
        "code-number-in-details",
        ("error-code", "unprocessable-detail-code"),
        "The code of a detail is a number.",
        errors(_each(_set("code", _always(17))), 422),
    ),
    Fault(
        "message-number",
        ("error-message",),
        "The message of an error is a number.",
        errors(_set("message", _always(17)), *_ALL),
    ),
    Fault(
        "message-object-in-401",
        ("error-message",),
        "The message of a 401 is an object by language.",
        errors(_set("message", lambda text: {"lang": "en", "value": text}), 401),
    ),
    Fault(
        "message-by-language",
        ("error-message",),
        "The message of an error is an object by language where a language other than English is asked for.",
        errors(_set("message", lambda text: {"de": text, "en": text}), 401, 422, when=_foreign),
    ),
    Fault(
        "session-401-code",
        ("unauthorized-code",),
        "Beside a `SessionId` a 401 has another code.",
        errors(_set("code", _always("SessionNotFound")), 401, when=header("sessionid")),
    ),
    Fault(
        "message-array-in-422",
        ("error-message",),
        "The message of a 422 is an array.",
        errors(_set("message", lambda text: [text]), 422),
    ),
    Fault(
        "message-object-in-details",
        ("error-message",),
        "The message of a detail is an object.",
        errors(_each(_set("message", lambda text: {"text": text})), 422),
    ),
    Fault(
        "message-false-in-details",
        ("error-message",),
        "The message of a detail is false.",
        errors(_each(_set("message", _always(False))), 422),
    ),
    Fault("target-array", ("error-target",), "Targets are arrays.", errors(_targets(lambda target: [target]), 422)),
    Fault("target-number", ("error-target",), "Targets are numbers.", errors(_targets(_always(0)), 422)),
    Fault(
        "target-object-of-error",
        ("error-target",),
        "The target of a 401 is an object.",
        errors(_set("target", _always({"header": "Authorization"})), 401),
    ),
    Fault(
        "target-false-for-order",
        ("error-target",),
        "The target for `$orderBy` is false.",
        errors(_targets(lambda target: False if target == "$orderBy" else target), 422),
    ),
    Fault(
        "details-object",
        ("error-details",),
        "Details are an object by parameter.",
        errors(_details(lambda details: {detail["target"]: detail for detail in details}), 422),
    ),
    Fault(
        "details-object-when-single",
        ("error-details",),
        "A single detail stands without an array.",
        errors(_details(lambda details: details[0] if len(details) == 1 else details), 422),
    ),
    Fault(
        "details-strings",
        ("error-details",),
        "Details are messages.",
        errors(_each(lambda detail: detail["message"]), 422),
    ),
    Fault(
        "details-string",
        ("error-details",),
        "Details are one text.",
        errors(_details(lambda details: "; ".join(detail["message"] for detail in details)), 422),
    ),
    Fault(
        "details-hold-null",
        ("error-details",),
        "Details have a null at their end.",
        errors(_details(lambda details: [*details, None]), 422),
    ),
    Fault(
        "details-nested",
        ("error-details",),
        "Details are an array of arrays.",
        errors(_details(lambda details: [details]), 422),
    ),
    Fault(
        "details-string-in-401",
        ("error-details",),
        "The details of a 401 are a text.",
        errors(_set("details", _always("Access denied.")), 401),
    ),
    Fault(
        "error-string",
        ("error-object",),
        "An error is its message.",
        _bodies(lambda document: {"error": document["error"]["message"]}, *_ALL),
    ),
    Fault(
        "error-array",
        ("error-object",),
        "An error is an array.",
        _bodies(lambda document: {"error": [document["error"]]}, *_ALL),
    ),
    Fault(
        "error-string-in-401",
        ("error-object", "unauthorized-body"),
        "The error of a 401 is that of OAuth.",
        _bodies(lambda _document: {"error": "invalid_token", "error_description": "Access denied."}, 401),
    ),
    Fault(
        "error-string-for-order",
        ("error-object",),
        "The error of a 422 for `$orderBy` is its message.",
        _bodies(lambda document: {"error": document["error"]["message"]}, 422, when=has("$orderBy")),
    ),
    Fault(
        "error-true-in-422",
        ("error-object",),
        "The error of a 422 is true.",
        _bodies(lambda document: {"error": True, **document["error"]}, 422),
    ),
    Fault(
        "trace-in-message",
        ("error-no-internals",),
        "The message of a 422 is a stack trace.",
        errors(_set("message", lambda text: f"{text}\n{_TRACE}"), 422),
    ),
    Fault(
        "trace-in-member",
        ("error-no-internals",),
        "A 422 has a stack trace beside its message.",
        errors(
            _set(
                "stackTrace",
                _always(_STACK),
            ),
            422,
        ),
    ),
    Fault(
        "query-in-message",
        ("error-no-internals",),
        "The message of a 422 has a query of the database.",
        errors(_set("message", lambda text: f"{text} {_QUERY}"), 422),
    ),
    Fault(
        "trace-in-401",
        ("error-no-internals",),
        "The message of a 401 has a stack trace.",
        errors(_set("message", lambda text: f"{text} {_TRACE}"), 401),
    ),
    Fault(
        "path-in-detail",
        ("error-no-internals",),
        "The message of a detail has a path of the server.",
        errors(_each(_set("message", lambda text: f"{text} (/srv/mesh-export/app/validators/query.py:41)")), 422),
    ),
    Fault(
        "exception-in-detail",
        ("error-no-internals",),
        "The message of a detail for `$skip` is an exception.",
        errors(
            _each(
                lambda detail: (
                    {
                        **detail,
                        "message": _EXCEPTION,
                    }
                    if detail["target"] == "$skip"
                    else detail
                )
            ),
            422,
        ),
    ),
    Fault(
        "trace-for-order",
        ("error-no-internals",),
        "A 422 for `$orderBy` has a stack trace of a script.",
        errors(
            _set("stack", _always("Error: bad order\n    at parseOrder (/usr/src/app/dist/query.js:17:11)")),
            422,
            when=has("$orderBy"),
        ),
    ),
    Fault(
        "both-bodies-bare",
        ("unprocessable-body", "unauthorized-body"),
        "Errors are not wrapped in `error`.",
        both(_bodies(lambda document: document["error"], 401), _bodies(lambda document: document["error"], 422)),
    ),
    Fault(
        "refused-with-200",
        ("top-maximum", "imodelid-invalid", "changesetid-invalid", "orderby-unsupported"),
        "Refusals have the status 200.",
        replies(lambda _call, answer: _status(answer, 200), 422),
    ),
    Fault(
        "refused-with-400",
        ("top-maximum", "imodelid-invalid", "changesetid-invalid", "orderby-unsupported", "status-documented"),
        "Refusals have the status 400.",
        replies(lambda _call, answer: _status(answer, 400), 422),
    ),
    Fault(
        "unauthorized-with-200",
        ("auth-required", "auth-wrong-token"),
        "A 401 has the status 200.",
        replies(lambda _call, answer: _status(answer, 200), 401),
    ),
)
"""The faults of this theme."""
