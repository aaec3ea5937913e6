"""Faults of paths, methods and of parameters that nobody has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from ..access import not_found, other_method
from ..model import COLLECTION, PARAMETERS, Answer
from ..parameters import pairs
from .tools import Change, Fault, around, bare_path, crash, gate, has, header, refused, replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call


def _routed(test: Callable[[Call], bool], answer: Callable[[Call], Answer]) -> Change:
    return around("route", lambda route: lambda call: answer(call) if test(call) else route(call))


def _redirect(status: int, path: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        query = call.request.query.decode("latin-1")
        return Answer(status, headers=(("Location", f"{path}?{query}" if query else path),))

    return answer


def _with_slash(call: Call) -> bool:
    return call.request.path == COLLECTION


def _without_slash(call: Call) -> bool:
    return call.request.path == COLLECTION.removesuffix("/")


def _method(*methods: str) -> Callable[[Call], bool]:
    return lambda call: call.request.method in methods and "mesh-export" in call.request.path


def _lists(call: Call) -> Answer:
    # What a handler for every method does: it never looks at the method.
    request = evolve(call.request, method="GET")
    return call.stages.answer(evolve(call, request=request))


def _reads(some: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Read some parts of a query only."""

    def wrapper(read: Any) -> Any:
        def other(call: Call) -> Any:
            query = b"&".join(some(call.request.query.split(b"&")))
            return read(evolve(call, request=evolve(call.request, query=query)))

        return other

    return around("read", wrapper)


def _unescaped_only(name: str) -> Change:
    escaped = name.replace("$", "%24").encode() + b"="
    return _reads(lambda parts: [part for part in parts if not part.startswith(escaped)])


def _unescaped_first(parts: list[bytes]) -> list[bytes]:
    plain = any(part.startswith(b"$") for part in parts)
    return [part for part in parts if not (plain and part.startswith(b"%24"))]


def _forgets_query(read: Any) -> Any:
    return lambda call: {} if bare_path(call) else read(call)


def _unknown(call: Call) -> list[str]:
    return [name for name, _ in pairs(call.request.query) if name not in PARAMETERS]


def _missing(name: str) -> Change:
    return gate(lambda call: not has(name)(call), refused(name, "is required."))


FAULTS = (
    Fault(
        "slash-redirected",
        ("path-served",),
        "The path is redirected to the one without a slash.",
        _routed(_with_slash, _redirect(301, COLLECTION.removesuffix("/"))),
    ),
    Fault(
        "slash-not-found", ("path-served",), "The path with its slash is not found.", _routed(_with_slash, not_found)
    ),
    Fault(
        "bare-path-redirected",
        ("path-without-slash",),
        "The path without a slash is redirected.",
        _routed(_without_slash, _redirect(307, COLLECTION)),
    ),
    Fault(
        "bare-path-not-found",
        ("path-without-slash",),
        "The path without a slash is not found.",
        _routed(_without_slash, not_found),
    ),
    Fault(
        "bare-path-loses-query",
        ("path-without-slash",),
        "The path without a slash answers as if there were no query.",
        around("read", _forgets_query),
    ),
    Fault(
        "escaped-top-unknown", ("names-percent-encoded",), "`%24top` is not taken for `$top`.", _unescaped_only("$top")
    ),
    Fault(
        "escaped-skip-unknown",
        ("names-percent-encoded",),
        "`%24skip` is not taken for `$skip`.",
        _unescaped_only("$skip"),
    ),
    Fault(
        "escaped-orderby-unknown",
        ("names-percent-encoded",),
        "`%24orderBy` is not taken for `$orderBy`.",
        _unescaped_only("$orderBy"),
    ),
    Fault(
        "escaped-names-unknown",
        ("names-percent-encoded",),
        "Names are compared before they are decoded: one with an escape is not known.",
        _reads(lambda parts: [part for part in parts if b"%" not in part.partition(b"=")[0]]),
    ),
    Fault(
        "escaped-name-lost-beside-plain",
        ("names-percent-encoded",),
        "`%24` is not taken for `$` where another name has `$` itself.",
        _reads(_unescaped_first),
    ),
    Fault(
        "unknown-parameter-refused",
        ("unknown-parameter-ignored",),
        "A parameter that the page does not name is refused.",
        gate(lambda call: bool(_unknown(call)), lambda call: refused(_unknown(call)[0], "is not known.")(call)),
    ),
    Fault(
        "client-parameter-refused",
        ("unknown-parameter-ignored",),
        "The parameters with which a public client names itself are refused.",
        gate(
            lambda call: any(name.startswith("client") for name in _unknown(call)), refused("client", "is not known.")
        ),
    ),
    Fault(
        "client-version-selects",
        ("unknown-parameter-ignored",),
        "The version with which a client names itself is taken for one of tiles, which no export is compatible with.",
        around(
            "select",
            lambda own: (
                lambda call, query, exports: () if "clientVersion" in _unknown(call) else own(call, query, exports)
            ),
        ),
    ),
    Fault(
        "parameters-past-twenty-lost",
        ("unknown-parameter-ignored",),
        "Of a query with more than twenty parameters the first twenty are read.",
        _reads(lambda parts: parts[:20]),
    ),
    Fault(
        "crowded-query-refused",
        ("unknown-parameter-ignored",),
        "An unknown parameter is refused beside three or more others.",
        gate(
            lambda call: bool(_unknown(call)) and len(list(pairs(call.request.query))) > 3,
            refused("query", "has too many parameters."),
        ),
    ),
    Fault("put-lists", ("method-refused",), "PUT gets the list as GET does.", _routed(_method("PUT"), _lists)),
    Fault(
        "every-method-lists",
        ("method-refused",),
        "Whatever the method, the answer is the list.",
        _routed(_method("POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"), _lists),
    ),
    Fault(
        "delete-succeeds",
        ("method-refused",),
        "DELETE on the collection gets 204.",
        _routed(_method("DELETE"), lambda _call: Answer(204)),
    ),
    Fault(
        "delete-by-imodel-succeeds",
        ("method-refused",),
        "DELETE with an `iModelId` gets 204.",
        _routed(lambda call: _method("DELETE")(call) and has("iModelId")(call), lambda _call: Answer(204)),
    ),
    Fault("put-crashes", ("method-refused",), "PUT ends in a server error.", _routed(_method("PUT"), crash)),
    Fault("head-crashes", ("method-refused",), "HEAD ends in a server error.", _routed(_method("HEAD"), crash)),
    Fault(
        "head-with-filter-crashes",
        ("method-refused",),
        "HEAD ends in a server error where a filter is given.",
        _routed(lambda call: _method("HEAD")(call) and has("iModelId")(call), crash),
    ),
    Fault(
        "unknown-method-lists",
        ("method-refused",),
        "A method that nobody has heard of is answered as GET.",
        _routed(_method("PROPFIND"), _lists),
    ),
    Fault(
        "put-of-json-lists",
        ("method-refused",),
        "PUT of JSON with a query is answered as a search.",
        _routed(lambda call: _method("PUT")(call) and "json" in (call.request.header("content-type") or ""), _lists),
    ),
    Fault(
        "patch-not-implemented",
        ("method-refused",),
        "PATCH gets 501.",
        _routed(_method("PATCH"), lambda call: evolve(crash(call), status=501)),
    ),
    Fault(
        "trace-echoes",
        ("method-refused",),
        "TRACE gets 200.",
        _routed(_method("TRACE"), lambda _call: Answer(200, body=b"TRACE", media_type="message/http")),
    ),
    Fault(
        "allow-missing",
        ("method-allow",),
        "A 405 has no Allow.",
        replies(lambda _call, answer: evolve(answer, headers=()), 405),
    ),
    Fault(
        "allow-missing-for-delete",
        ("method-allow",),
        "The 405 of DELETE has no Allow.",
        replies(lambda _call, answer: evolve(answer, headers=()), 405, when=_method("DELETE")),
    ),
    Fault(
        "not-allowed-loses-allow-without-token",
        ("method-allow",),
        "A 405 has Allow only for requests with a token.",
        _routed(
            lambda call: _method("POST", "PUT", "DELETE", "PATCH")(call) and not header("authorization")(call),
            lambda call: evolve(other_method(call), headers=()),
        ),
    ),
    Fault(
        "imodelid-required", ("parameters-optional",), "A request without `iModelId` is refused.", _missing("iModelId")
    ),
    Fault(
        "changesetid-required",
        ("parameters-optional",),
        "A request with `iModelId` and without `changesetId` is refused.",
        gate(
            lambda call: has("iModelId")(call) and not has("changesetId")(call), refused("changesetId", "is required.")
        ),
    ),
    Fault(
        "exporttype-required",
        ("parameters-optional",),
        "A request without `exportType` is refused.",
        _missing("exportType"),
    ),
    Fault(
        "orderby-required-with-skip",
        ("parameters-optional",),
        "A request with `$skip` and without `$orderBy` is refused.",
        gate(lambda call: has("$skip")(call) and not has("$orderBy")(call), refused("$orderBy", "is required.")),
    ),
    Fault("top-required", ("parameters-optional",), "A request without `$top` is refused.", _missing("$top")),
    Fault(
        "prefer-required",
        ("parameters-optional",),
        "A request without `prefer` is refused.",
        gate(lambda call: not header("prefer")(call), refused("prefer", "is required.")),
    ),
    Fault(
        "root-required",
        ("parameters-optional",),
        "A request without `x-api-host-and-root` is refused.",
        gate(lambda call: not header("x-api-host-and-root")(call), refused("x-api-host-and-root", "is required.")),
    ),
)
