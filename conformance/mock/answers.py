"""Puts answers together and writes them as bytes: documents, errors, headers, encodings."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

from attrs import evolve

from .model import VENDOR_TYPE, Answer, Json, Preference, Problem, Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Call

_EXPOSED = "retry-after, Preference-Applied, WWW-Authenticate"
_CHUNK = 8192


def compose(call: Call, preference: Preference, items: Sequence[Json], links: Json) -> Answer:
    """The answer with a page of the list.

    Args:
        call: The call.
        preference: What the client prefers.
        items: The exports as they are shown.
        links: The links of the page.
    """
    applied = preference.applied if call.reading.preference_applied else None
    headers = (("Preference-Applied", applied),) if applied else ()
    return Answer(200, {"exports": list(items), "_links": links}, headers)


def refuse(call: Call, problems: Sequence[Problem]) -> Answer:
    """The answer to parameters that cannot be worked with.

    Args:
        call: The call.
        problems: What is wrong with them.
    """
    message = "Cannot retrieve export." if call.reading.messages == "page" else "Begäran går inte att förstå."
    return refusal(call, 422, Problem("InvalidMeshExportRequest", message, None), details=problems)


def refusal(
    call: Call,
    status: int,
    problem: Problem,
    *,
    details: Sequence[Problem] = (),
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """An answer with an error.

    Args:
        call: The call.
        status: The status.
        problem: What is wrong on the whole.
        details: What is wrong in detail.
        headers: Further headers.
    """
    error: Json = {"code": problem.code, "message": problem.message}
    if details:
        error["details"] = [detail(call, one) for one in details]
    return Answer(status, {"error": error}, headers)


def detail(call: Call, problem: Problem) -> Json:
    """One detail of an error.

    Args:
        call: The call.
        problem: What is wrong.
    """
    shown: Json = {"code": problem.code, "message": problem.message}
    if call.reading.targets != "absent":
        shown["target"] = problem.target if call.reading.targets == "named" else None
    return shown


def finish(call: Call, answer: Answer) -> Answer:
    """What every answer gets at last: members and headers that the page does not name, and leave for other origins.

    Args:
        call: The call.
        answer: The answer.
    """
    if call.reading.extra_members and answer.document is not None:
        answer = evolve(answer, document=extended(answer.document))
    further = _cross_origin(call, answer) if call.reading.cors else ()
    if call.reading.latin_header:
        further += (("X-Served-By", "Zürich"), ("X-Nothing", ""))
    return evolve(answer, headers=answer.headers + further)


def extended(value: Any) -> Any:
    """A document with a further member in each of its objects.

    Args:
        value: The document, or a part of it.
    """
    if isinstance(value, list):
        return [extended(item) for item in value]
    if not isinstance(value, dict):
        return value
    # The further members are no objects themselves, except among links: there they are links.
    further: Json = {"describedby": {"href": "https://developer.bentley.com/apis/"}} if _is_links(value) else {"rev": 1}
    return {name: extended(member) for name, member in value.items()} | further


def _is_links(value: Json) -> bool:
    return bool(value) and all(isinstance(member, dict) and "href" in member for member in value.values())


def _cross_origin(call: Call, answer: Answer) -> tuple[tuple[str, str], ...]:
    anyone = ("Access-Control-Allow-Origin", "*")
    if call.request.method != "OPTIONS" or answer.status != 204:
        return (anyone, ("Access-Control-Expose-Headers", _EXPOSED))
    return (
        anyone,
        ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
        ("Access-Control-Allow-Headers", "Authorization, Prefer, SessionId, Accept, Content-Type, x-api-host-and-root"),
        ("Access-Control-Max-Age", "600"),
    )


def write(call: Call, answer: Answer) -> Wire:
    """The answer as bytes.

    Args:
        call: The call.
        answer: The answer.
    """
    body = answer.body if answer.body is not None else dump(call, answer.document)
    headers = list(answer.headers)
    if call.reading.entity_tags and answer.status == 200:
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers += [("ETag", tag), ("Vary", "Authorization, Prefer, x-api-host-and-root, Accept")]
        if tag in call.request.lines("if-none-match"):
            return Wire(304, tuple(headers), (b"",))
    if body:
        headers.append(("Content-Type", answer.media_type or media_type(call)))
    if body and call.reading.gzip:
        headers.append(("Vary", "Accept-Encoding"))
        if "gzip" in ", ".join(call.request.lines("accept-encoding")):
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
    if call.reading.chunked and body:
        chunks = tuple(body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))
        return Wire(answer.status, tuple(headers), chunks)
    if answer.status != 204:
        headers.append(("Content-Length", str(len(body))))
    return Wire(answer.status, tuple(headers), (body,))


def dump(call: Call, document: Any) -> bytes:
    """A document as JSON text.

    Args:
        call: The call.
        document: The document; without one the body is empty.
    """
    if document is None:
        return b""
    indent, separators = (2, None) if call.reading.indent else (None, (",", ":"))
    # What an encoding has no letter for JSON can still escape.
    ascii_only = call.reading.ascii or call.reading.charset == "iso-8859-1"
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent, separators=separators)
    return text.encode(call.reading.charset or "utf-8", "replace")


def media_type(call: Call) -> str:
    """The media type of bodies.

    Args:
        call: The call.
    """
    accepted = ", ".join(call.request.lines("accept"))
    json_first = call.reading.media_type == "accept" and "application/json" in accepted and VENDOR_TYPE not in accepted
    name = "application/json" if json_first or call.reading.media_type == "json" else VENDOR_TYPE
    return f"{name}; charset={call.reading.charset}" if call.reading.charset else name
