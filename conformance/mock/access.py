"""Says who may have an answer: by route and method, by credentials, by the rate limit.

Each gate gives the refusal, or nothing where the request may go on.
"""

from __future__ import annotations

import hmac
import math
import re
from typing import TYPE_CHECKING

from attrs import define

from .answers import refusal
from .model import COLLECTION, Answer, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .model import Call, Export, Gate

_OF_GATEWAYS = ("origin", "x-forwarded-host", "x-forwarded-proto")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
OPERATIONS: Mapping[tuple[str, str], str] = {
    ("collection", "GET"): "listExports",
    ("collection", "POST"): "createExport",
    ("export", "GET"): "getExport",
    ("export", "DELETE"): "deleteExport",
}
"""Each operation by the place and the method that it has."""
SERVED: Mapping[str, frozenset[str]] = {
    "list": frozenset({"listExports"}),
    "read": frozenset(name for (_, method), name in OPERATIONS.items() if method == "GET"),
    "all": frozenset(OPERATIONS.values()),
}
"""The operations that there are, by the reading."""
_CREDENTIALS = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([^ ].*)", re.DOTALL)


def route(call: Call) -> Answer | None:
    """Refuses what is malformed as HTTP, other paths and other methods; answers OPTIONS.

    Args:
        call: The call.
    """
    request = call.request
    if call.reading.http_layer == "plain-text" and (malformed := _malformed(call)) is not None:
        return malformed
    if call.reading.gateway == "strict" and any(request.lines(name) for name in _OF_GATEWAYS):
        return Answer(403, body=b"Forbidden", media_type="text/plain")
    if not operations(call):
        return not_found(call)
    if request.method == "HEAD" and call.reading.open_head and place(request.path) == "collection":
        return Answer(200)
    if request.method in methods(call):
        return options(call) if request.method == "OPTIONS" else None
    return other_method(call)


def _malformed(call: Call) -> Answer | None:
    request = call.request
    whole = request.target + b"?" + request.query
    if _BAD_ESCAPE.search(whole) or not whole.isascii():
        return Answer(400, body=b"Bad Request", media_type="text/plain")
    if len(whole) > call.reading.target_limit:
        return Answer(414, body=b"URI Too Long", media_type="text/plain")
    if any(not value.isascii() for _, value in request.headers):
        return Answer(400, body=b"Bad Request", media_type="text/plain")
    if any(len(value) > call.reading.header_limit for _, value in request.headers):
        return Answer(431, body=b"Request Header Fields Too Large", media_type="text/plain")
    return None


def place(path: str) -> str:
    """What a path names: the collection, an export by its id, or nothing.

    Args:
        path: The path without percent-encoding.
    """
    if path in {COLLECTION, COLLECTION.removesuffix("/")}:
        return "collection"
    return "export" if path.startswith(COLLECTION) and "/" not in path.removeprefix(COLLECTION) else ""


def operations(call: Call) -> dict[str, str]:
    """The operations that the path of a call has, by their methods.

    Args:
        call: The call.
    """
    here = place(call.request.path)
    served = SERVED[call.reading.operations]
    return {method: name for (where, method), name in OPERATIONS.items() if where == here and name in served}


def operation(call: Call) -> str:
    """The operation that a call is for, once the routes have let it pass.

    Args:
        call: The call.
    """
    return operations(call)["GET" if call.request.method == "HEAD" else call.request.method]


def methods(call: Call) -> tuple[str, ...]:
    """The methods that the path of a call answers.

    Args:
        call: The call.
    """
    here = tuple(operations(call))
    head = ("HEAD",) if call.reading.head and "GET" in here else ()
    options = ("OPTIONS",) if call.reading.options or call.reading.cors else ()
    return (*here, *head, *options)


def options(call: Call) -> Answer:
    """Says which methods there are; a preflight of another origin gets its leave when the answer is finished.

    Args:
        call: The call.
    """
    return Answer(204, headers=(("Allow", ", ".join(methods(call))),))


def spoilt(call: Call) -> Answer:
    """What a request gets whose headers are malformed, by the reading.

    Args:
        call: The call.
    """
    if call.reading.spoilt_headers == "unauthorized":
        return refusal(call, 401, Problem("InvalidHeader", "A header is malformed. Access denied.", None))
    invalid = Problem("InvalidParameter", "A header is malformed.", None)
    return refusal(call, 422, Problem("InvalidMeshExportRequest", "Cannot retrieve export.", None), details=[invalid])


def not_found(call: Call) -> Answer:
    """What other paths get.

    Args:
        call: The call.
    """
    return refusal(call, 404, Problem("ResourceNotFound", "There is nothing here.", None))


def other_method(call: Call) -> Answer:
    """What other methods get.

    Args:
        call: The call.
    """
    if call.reading.other_methods == "not-found":
        return not_found(call)
    if call.reading.other_methods == "unauthorized-first":
        refused = call.stages.authorize(call)
        if refused is not None:
            return refused
    allow = (("Allow", ", ".join(methods(call))),)
    return refusal(call, 405, Problem("MethodNotAllowed", "The collection can only be read.", None), headers=allow)


def authorize(call: Call) -> Answer | None:
    """Refuses a request that does not carry the token.

    Args:
        call: The call.
    """
    lines = call.request.lines("authorization")
    if not lines:
        return unauthorized(call, "HeaderNotFound")
    match = _CREDENTIALS.fullmatch(lines[0]) if len(lines) == 1 else None
    if match is None:
        return unauthorized(call, "InvalidHeaderValue")
    scheme, token = match.groups()
    if scheme.lower() != "bearer" or not (same(token, call.token) or is_other(call)):
        return unauthorized(call, "InvalidToken")
    return None


def is_other(call: Call) -> bool:
    """Whether a call comes from the other user, who has fewer rights.

    Args:
        call: The call.
    """
    token = (call.request.header("authorization") or "").partition(" ")[2].strip()
    return call.other_token is not None and same(token, call.other_token)


def reach(call: Call) -> Sequence[Export]:
    """The exports that the user may read.

    Args:
        call: The call.
    """
    if not is_other(call):
        return call.exports
    return tuple(export for export in call.exports if export.imodel_id not in call.unreadable)


def same(token: str, other: str) -> bool:
    """Whether two tokens are the same, in a time that does not depend on where they differ.

    Args:
        token: A token.
        other: Another.
    """
    return hmac.compare_digest(token.encode("latin-1", "replace"), other.encode("latin-1", "replace"))


_UNAUTHORIZED = {
    "HeaderNotFound": "Header Authorization was not found in the request. Access denied.",
    "InvalidHeaderValue": "Header Authorization is malformed. Access denied.",
    "InvalidToken": "The access token was not accepted. Access denied.",
}


def unauthorized(call: Call, code: str) -> Answer:
    """A 401.

    Args:
        call: The call.
        code: What is wrong with the credentials.
    """
    code = "HeaderNotFound" if call.reading.refusal_codes == "same" else code
    message = _UNAUTHORIZED[code] if call.reading.messages == "page" else "Access denied."
    headers = (("WWW-Authenticate", 'Bearer realm="itwin-platform"'),) if call.reading.www_authenticate else ()
    if call.reading.browser_page and "text/html" in ", ".join(call.request.lines("accept")).lower():
        return Answer(401, body=b"<!doctype html><title>Log in</title>", headers=headers, media_type="text/html")
    details = [Problem(code, message, "Authorization")] if call.reading.unauthorized_details else []
    return refusal(call, 401, Problem(code, message, None), details=details, headers=headers)


@define
class Window:
    """A rate limit: so many requests in each window of time."""

    start: float = -math.inf
    count: int = 0

    def left(self, moment: float, rate: int, length: float) -> float:
        """Counts a request; gives 0 if it may go on, otherwise the seconds until the next window.

        Args:
            moment: The time of the request.
            rate: How many requests a window takes.
            length: The length of a window in seconds.
        """
        if moment >= self.start + length:
            self.start, self.count = moment, 0
        self.count += 1
        return 0 if self.count <= rate else self.start + length - moment


def limiter() -> Gate:
    """A gate that refuses what is over the rate limit of the reading."""
    window = Window()

    def limit(call: Call) -> Answer | None:
        if not call.reading.rate:
            return None
        left = window.left(call.moment, call.reading.rate, call.reading.rate_window)
        return too_many(call, math.ceil(left)) if left else None

    return limit


def too_many(call: Call, seconds: int) -> Answer:
    """A 429.

    Args:
        call: The call.
        seconds: How long to wait.
    """
    page = "The client sent more requests than allowed by this API for the current tier of the client."
    message = page if call.reading.messages == "page" else "Please slow down."
    return refusal(call, 429, Problem("RateLimitExceeded", message, None), headers=(("retry-after", str(seconds)),))
