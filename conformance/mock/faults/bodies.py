"""Faults of bodies: what is accepted, media types, JSON as text, encodings and lengths."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING

from attrs import evolve

from ..answers import refusal
from ..model import VENDOR_TYPE, Answer, Problem, Wire
from .tools import CallTest, Change, Fault, full, gate, has, later_page, texts, wires

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Call

_ERRORS = (401, 404, 405, 422, 429)


def _with(wire: Wire, body: bytes, **headers: str) -> Wire:
    """The wire with another body, and headers in place of those it has."""
    changed = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    kept = [(name, value) for name, value in wire.headers if name.lower() not in {*changed, "content-length"}]
    added = [(name, value) for name, value in changed.items() if name != "content-length" and value]
    length = changed.get("content-length", str(len(body)))
    return Wire(wire.status, (*kept, *added, ("content-length", length)), (body,))


def _body(wire: Wire) -> bytes:
    return b"".join(wire.chunks)


def _texts(change: Callable[[bytes], bytes], *statuses: int, when: CallTest | None = None) -> Change:
    return wires(lambda _call, wire: _with(wire, change(_body(wire))), *(statuses or (200,)), when=when)


def _typed(media_type: str, *statuses: int, when: CallTest | None = None) -> Change:
    return wires(lambda _call, wire: _with(wire, _body(wire), content_type=media_type), *statuses, when=when)


def _tagged_by_url(call: Call, wire: Wire) -> Wire:
    tag = f'"{zlib.crc32(call.request.target + call.request.query):08x}"'
    return _with(wire, _body(wire), etag=tag)


def _accept(call: Call) -> str:
    return ", ".join(call.request.lines("accept"))


def _not_acceptable(call: Call) -> Answer:
    return refusal(call, 406, Problem("NotAcceptable", "There is no such media type.", None))


def _nan(body: bytes) -> bytes:
    return body.replace(b'{"exports":', b'{"score":NaN,"exports":', 1)


def _doubled(pattern: str) -> Change:
    """Writes the first member of a pattern twice."""

    def change(body: bytes) -> bytes:
        return re.sub(pattern.encode(), lambda match: match[0] + b"," + match[0], body, count=1)

    return _texts(change)


def _twice(text: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(b"{", b"{" + text + b",", 1)


def _raw_controls(body: bytes) -> bytes:
    return body.replace(b"\\t", b"\t")


def _cut_letter(body: bytes) -> bytes:
    # A name that was cut after so many bytes, in the middle of a letter.
    for place, byte in enumerate(body):
        if byte >= 0xC0:
            return body[: place + 1] + body[place + 2 :]
    return body


def _latin(body: bytes) -> bytes:
    return body.decode().encode("latin-1", "replace")


def _surrogate(body: bytes) -> bytes:
    return re.sub(rb'"displayName":"', b'"displayName":"\xed\xa0\x80', body, count=1)


def _jsonp(body: bytes) -> bytes:
    return b"callback(" + body + b");"


def _guarded(body: bytes) -> bytes:
    return b")]}',\n" + body


def _html(_body: bytes) -> bytes:
    return b"<!DOCTYPE html><title>Mesh Export</title>"


def _unquoted(body: bytes) -> bytes:
    return body.replace(b'"exports":', b"exports:", 1)


def _python(body: bytes) -> bytes:
    return repr(json.loads(body)).encode()


def _declared(coding: str) -> Callable[[Call, Wire], Wire]:
    return lambda _call, wire: _with(wire, _body(wire), content_encoding=coding)


def _gzip_cut(_call: Call, wire: Wire) -> Wire:
    packed = gzip.compress(_body(wire))
    return _with(wire, packed[: len(packed) * 2 // 3], content_encoding="gzip")


def _gzip_undeclared(_call: Call, wire: Wire) -> Wire:
    return _with(wire, gzip.compress(_body(wire)))


def _gzip_twice(_call: Call, wire: Wire) -> Wire:
    return _with(wire, gzip.compress(gzip.compress(_body(wire))), content_encoding="gzip")


def _deflate_as_gzip(_call: Call, wire: Wire) -> Wire:
    return _with(wire, zlib.compress(_body(wire)), content_encoding="gzip")


def _for_the_beginning(call: Call) -> bool:
    return any(line.startswith("bytes=0-") for line in call.request.lines("range"))


def _one_byte(_call: Call, wire: Wire) -> Wire:
    body = _body(wire)
    return evolve(_with(wire, body[:1], content_range=f"bytes 0-10/{len(body)}"), status=206)


def _nameless_part(_call: Call, wire: Wire) -> Wire:
    return evolve(_with(wire, _body(wire)[:11]), status=206)


def _too_long(_call: Call, wire: Wire) -> Wire:
    body = _body(wire)
    return _with(wire, body, content_length=str(len(body) + 10))


def _length_in_letters(_call: Call, wire: Wire) -> Wire:
    # The length counts letters and the body is cut to it, as a server with fixed lengths does.
    body = _body(wire)
    return _with(wire, body[: len(body.decode("utf-8", "replace"))])


def _takes_gzip(call: Call) -> bool:
    return "gzip" in ", ".join(call.request.lines("accept-encoding"))


def _takes_only(coding: str) -> CallTest:
    return lambda call: call.request.lines("accept-encoding") == [coding]


def _large(call: Call) -> bool:
    return any(text.isdecimal() and int(text[:9]) > 100 for text in texts(call, "$top"))


def _refuses(test: CallTest) -> Change:
    return gate(test, _not_acceptable)


FAULTS = (
    Fault(
        "vendor-type-406",
        ("accept-vendor", "status-documented"),
        "The vendor media type gets 406.",
        _refuses(lambda call: _accept(call) == VENDOR_TYPE),
    ),
    Fault(
        "vendor-type-422-with-order",
        ("accept-vendor",),
        "The vendor media type is refused where there is an order.",
        gate(
            lambda call: VENDOR_TYPE in _accept(call) and has("$orderBy")(call),
            lambda call: call.stages.refuse(call, [Problem("InvalidParameter", "accept is invalid.", None)]),
        ),
    ),
    Fault(
        "json-406",
        ("accept-json", "status-documented"),
        "`application/json` gets 406.",
        _refuses(lambda call: _accept(call).startswith("application/json")),
    ),
    Fault(
        "json-with-quality-406",
        ("accept-json", "status-documented"),
        "`application/json` beside `*/*` with a quality gets 406.",
        _refuses(lambda call: ";q=" in _accept(call).replace(" ", "") and "json" in _accept(call)),
    ),
    Fault(
        "media-range-406",
        ("status-documented",),
        "`application/*`, a range that has the media type of the answer in it, gets 406.",
        _refuses(lambda call: _accept(call) == "application/*"),
    ),
    Fault(
        "json-415-in-full",
        ("accept-json", "status-documented"),
        "`application/json` gets 415 in full representation.",
        gate(
            lambda call: _accept(call).startswith("application/json") and full(call),
            lambda call: evolve(_not_acceptable(call), status=415),
        ),
    ),
    Fault(
        "json-gets-text",
        ("ok-media-type", "accept-json"),
        "Who accepts `application/json` gets `text/plain`.",
        _typed("text/plain", 200, when=lambda call: _accept(call).startswith("application/json")),
    ),
    Fault(
        "any-gets-html",
        ("ok-media-type", "accept-json"),
        "Who accepts anything gets a list that says it is HTML, as a browser would.",
        _typed("text/html; charset=utf-8", 200, when=lambda call: _accept(call) == "*/*"),
    ),
    Fault(
        "text-gets-text",
        ("ok-media-type",),
        "Who accepts plain text first gets a list that says it is that.",
        _typed("text/plain; charset=utf-8", 200, when=lambda call: _accept(call).startswith("text/plain")),
    ),
    Fault(
        "list-as-html", ("ok-media-type",), "The list says that it is HTML.", _typed("text/html; charset=utf-8", 200)
    ),
    Fault(
        "list-as-text",
        ("ok-media-type",),
        "The list says that it is plain text.",
        _typed("text/plain; charset=utf-8", 200),
    ),
    Fault("list-as-text-json", ("ok-media-type",), "The list says that it is `text/json`.", _typed("text/json", 200)),
    Fault(
        "list-as-bytes",
        ("ok-media-type",),
        "The list says that it is `application/octet-stream`.",
        _typed("application/octet-stream", 200),
    ),
    Fault(
        "list-as-v2",
        ("ok-media-type",),
        "The list says that it is of version 2.",
        _typed(VENDOR_TYPE.replace("v1", "v2"), 200),
    ),
    Fault(
        "list-without-type",
        ("ok-media-type",),
        "The list does not say what it is.",
        wires(lambda _call, wire: _with(wire, _body(wire), content_type=""), 200),
    ),
    Fault(
        "later-pages-as-html",
        ("ok-media-type",),
        "Pages after the first say that they are HTML.",
        _typed("text/html", 200, when=later_page),
    ),
    Fault(
        "json-trailing-comma", ("ok-json",), "The body has a comma too many.", _texts(lambda body: body[:-1] + b",}")
    ),
    Fault("json-nan", ("ok-json",), "The body has a number that JSON does not have.", _texts(_nan)),
    Fault("json-cut", ("ok-json",), "Large bodies are cut off at 16 KiB.", _texts(lambda body: body[:16384])),
    Fault("json-cut-by-one", ("ok-json",), "The last brace of the body is missing.", _texts(lambda body: body[:-1])),
    Fault("json-twice", ("ok-json",), "The body has the document twice.", _texts(lambda body: body + body)),
    Fault(
        "json-with-remark", ("ok-json",), "The body ends in a remark.", _texts(lambda body: body + b"<!-- cached -->")
    ),
    Fault("json-in-call", ("ok-json",), "The body is a call of a function.", _texts(_jsonp)),
    Fault("json-guarded", ("ok-json",), "The body begins with what keeps scripts from running it.", _texts(_guarded)),
    Fault(
        "json-is-html", ("ok-json", "ok-media-type"), "Pages after the first are HTML.", _texts(_html, when=later_page)
    ),
    Fault("json-unquoted-name", ("ok-json",), "The body has a name without quotes.", _texts(_unquoted)),
    Fault("json-single-quotes", ("ok-json",), "The body has single quotes.", _texts(_python)),
    Fault("json-raw-controls", ("ok-json",), "Tabs in names are not escaped.", _texts(_raw_controls)),
    Fault(
        "json-empty-with-filter",
        ("ok-json",),
        "A filtered list has no body.",
        _texts(lambda _body: b"", when=has("changesetId")),
    ),
    Fault(
        "json-empty-past-end",
        ("ok-json",),
        "A page without exports has no body.",
        _texts(lambda body: b"" if b'"exports":[]' in body else body),
    ),
    Fault(
        "json-byte-order-mark",
        ("json-encoding",),
        "The body begins with a byte order mark.",
        _texts(lambda body: b"\xef\xbb\xbf" + body),
    ),
    Fault(
        "json-utf-16", ("json-encoding",), "The body is UTF-16.", _texts(lambda body: body.decode().encode("utf-16"))
    ),
    Fault("json-latin-1", ("json-encoding",), "The body is ISO 8859-1.", _texts(_latin)),
    Fault("json-cut-letter", ("json-encoding",), "One letter of the body has lost a byte.", _texts(_cut_letter)),
    Fault(
        "json-surrogate",
        ("json-encoding",),
        "A name has half a surrogate pair in bytes of its own.",
        _texts(_surrogate, when=full),
    ),
    Fault(
        "errors-with-byte-order-mark",
        ("json-encoding",),
        "Error bodies begin with a byte order mark.",
        _texts(lambda body: b"\xef\xbb\xbf" + body, 401, 422),
    ),
    Fault(
        "exports-twice",
        ("json-unique-names",),
        "The body has `exports` twice, first empty.",
        _texts(_twice(b'"exports":[]')),
    ),
    Fault("id-twice", ("json-unique-names",), "One export has its `id` twice.", _doubled(r'"id":"[^"]*"')),
    Fault("links-twice", ("json-unique-names",), "The body has `_links` twice.", _texts(_twice(b'"_links":{}'))),
    Fault(
        "request-twice",
        ("json-unique-names",),
        "The first `request` has its `exportType` twice.",
        _doubled(r'"exportType":"[^"]*"'),
    ),
    Fault(
        "error-twice",
        ("json-unique-names",),
        "Error bodies have `error` twice.",
        _texts(_twice(b'"error":null'), 401, 422),
    ),
    Fault(
        "tag-of-the-url",
        ("body-as-declared",),
        "A strong entity tag is made from the URL, and is the same for both representations.",
        wires(_tagged_by_url, 200),
    ),
    Fault(
        "gzip-declared-only",
        ("body-as-declared",),
        "The body says that it is compressed, and is not.",
        wires(_declared("gzip"), 200),
    ),
    Fault(
        "br-declared-only",
        ("body-as-declared",),
        "Who takes `br` alone gets a body that is declared so, and is not.",
        wires(_declared("br"), 200, when=_takes_only("br")),
    ),
    Fault(
        "zstd-declared-only",
        ("body-as-declared",),
        "Who takes `zstd` alone gets a body that is declared so, and is not.",
        wires(_declared("zstd"), 200, when=_takes_only("zstd")),
    ),
    Fault(
        "gzip-declared-only-when-large",
        ("body-as-declared",),
        "The body of a page of more than 100 says that it is compressed, and is not.",
        wires(_declared("gzip"), 200, when=_large),
    ),
    Fault(
        "gzip-cut", ("body-as-declared",), "The compressed body is cut off.", wires(_gzip_cut, 200, when=_takes_gzip)
    ),
    Fault(
        "gzip-undeclared",
        ("body-as-declared", "ok-json"),
        "The body is compressed and does not say so.",
        wires(_gzip_undeclared, 200, when=_takes_gzip),
    ),
    Fault(
        "gzip-twice",
        ("body-as-declared",),
        "The body is compressed twice and says so once.",
        wires(_gzip_twice, 200, when=_takes_gzip),
    ),
    Fault(
        "deflate-as-gzip",
        ("body-as-declared",),
        "The body is compressed in another way than it says.",
        wires(_deflate_as_gzip, 200, when=_takes_gzip),
    ),
    Fault(
        "charset-declared-only",
        ("body-as-declared",),
        "The body says that it is UTF-16, and is UTF-8.",
        _typed("application/json; charset=utf-16", 200),
    ),
    Fault(
        "charset-declared-only-on-errors",
        ("body-as-declared",),
        "Error bodies say that they are UTF-32, and are UTF-8.",
        _typed("application/json; charset=utf-32", *_ERRORS),
    ),
    Fault(
        "range-cut-as-200",
        ("ok-json",),
        "A range is answered with 200 as if it were all.",
        _texts(lambda body: body[:11], when=_for_the_beginning),
    ),
    Fault(
        "range-shorter-than-declared",
        ("body-as-declared",),
        "A range is cut after one byte, and says that it has all that was asked for.",
        wires(_one_byte, 200, when=_for_the_beginning),
    ),
    Fault(
        "range-without-content-range",
        ("body-as-declared",),
        "A range is answered by a part of the list that does not say which it is.",
        wires(_nameless_part, 200, when=_for_the_beginning),
    ),
    Fault(
        "length-too-long", ("body-as-declared",), "`Content-Length` is more than the body has.", wires(_too_long, 200)
    ),
    Fault(
        "length-too-long-on-errors",
        ("body-as-declared",),
        "`Content-Length` is more than error bodies have.",
        wires(_too_long, 401, 422),
    ),
    Fault(
        "length-in-letters",
        ("ok-json", "body-as-declared"),
        "`Content-Length` counts letters, and cuts the body.",
        wires(_length_in_letters, 200),
    ),
    Fault(
        "errors-as-html", ("error-media-type",), "Error bodies say that they are HTML.", _typed("text/html", *_ERRORS)
    ),
    Fault(
        "errors-as-text",
        ("error-media-type",),
        "Error bodies say that they are plain text.",
        _typed("text/plain; charset=utf-8", *_ERRORS),
    ),
    Fault(
        "errors-as-problem",
        ("error-media-type",),
        "Error bodies say that they are `application/problem+json`.",
        _typed("application/problem+json", *_ERRORS),
    ),
    Fault(
        "unauthorized-as-text",
        ("error-media-type",),
        "The body of a 401 says that it is plain text.",
        _typed("text/plain", 401),
    ),
    Fault(
        "unprocessable-as-html",
        ("error-media-type",),
        "The body of a 422 says that it is HTML.",
        _typed("text/html", 422),
    ),
    Fault(
        "errors-without-type",
        ("error-media-type",),
        "Error bodies do not say what they are.",
        wires(lambda _call, wire: _with(wire, _body(wire), content_type=""), 401, 422),
    ),
)
"""The faults of this theme."""
