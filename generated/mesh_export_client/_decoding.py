"""From the bytes of an answer to objects, and from those of an error to whatever can be made out in them.

`decode` is strict about what the documentation shows and blind to what it does not know. `error_from` never fails: the
documentation warns that an error may come in any shape.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
import msgspec.inspect

from ._json import is_array, is_object
from ._redaction import hide, hide_all
from ._resource import remember
from ._retry import seconds_to_wait
from .errors import DecodeError, ErrorDetail, ResponseError, error_class

T = TypeVar("T")

ERROR_BODY_LENGTH = 4096
"""How many bytes of a body an error keeps."""

# Python knows codecs that are no charsets, and some that take very long: only these are tried beside UTF-8.
_CHARSETS = (
    "utf-16",
    "utf-16-be",
    "utf-16-le",
    "utf-32",
    "utf-32-be",
    "utf-32-le",
    "iso8859-1",
    "iso8859-15",
    "cp1252",
)
_TEXT_LENGTH = 500
_DETAILS = 100
_DETAILS_SAID = 5
_DETAIL_LENGTH = 120


def decode(decoder: msgspec.json.Decoder[T], content: bytes) -> T:
    """Read a body as an object.

    Raises:
        ValueError: It is not JSON in UTF-8, or not of the decoder's shape.
    """
    try:
        value = decoder.decode(content)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    shape: Any = decoder.type
    blank = _blank_for_t(shape)
    if blank and blank.search(content):
        raise ValueError("a date-time has another character where RFC 3339 has a T")
    remember(value, content)
    return value


# msgspec takes a blank for the T between date and time, which other readers of the same answer refuse.
@cache
def _blank_for_t(shape: Any) -> re.Pattern[bytes] | None:
    names = sorted(set(_date_members(msgspec.inspect.type_info(shape), set())))
    if not names:
        return None
    any_name = b"|".join(re.escape(name.encode()) for name in names)
    return re.compile(rb'"(?:' + any_name + rb')"\s*:\s*"\d{4}-\d\d-\d\d[^Tt]')


def _date_members(shape: object, seen: set[type]) -> Iterator[str]:
    """The wire names of the members that are date-times, in a shape and in all that it is made of."""
    if isinstance(shape, msgspec.inspect.StructType):
        if shape.cls in seen:
            return
        seen.add(shape.cls)
        for field in shape.fields:
            if any(isinstance(part, msgspec.inspect.DateTimeType) for part in _parts(field.type)):
                yield field.encode_name
            for part in _parts(field.type):
                yield from _date_members(part, seen)
    elif isinstance(shape, msgspec.inspect.CollectionType):
        for part in _parts(shape.item_type):
            yield from _date_members(part, seen)


def _parts(shape: msgspec.inspect.Type) -> tuple[msgspec.inspect.Type, ...]:
    return shape.types if isinstance(shape, msgspec.inspect.UnionType) else (shape,)


def as_utf8(content: bytes, content_type: str) -> bytes:
    """Give a body in UTF-8 without a byte order mark, by what its media type says of its charset."""
    charset = _charset(content_type)
    if charset in _CHARSETS:
        try:
            content = content.decode(charset).encode()
        except ValueError:
            return content
    return content.removeprefix(codecs.BOM_UTF8)


def error_from(
    *,
    status: int,
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes,
    secrets: Iterable[str],
) -> ResponseError:
    """Make the typed error of an answer that is not a success, from whatever body it has."""
    told = _error_object(content, headers.get("content-type", ""))
    code, said, target = (_text(told.get(name), secrets) for name in ("code", "message", "target"))
    details = _details(told.get("details"), secrets)
    summary = ": ".join(part for part in (code, said) if part) or "no error body that says more"
    return error_class(status, code)(
        f"{method} {url} was answered with {status}: {summary}{_said(details)}",
        status=status,
        method=method,
        url=url,
        headers={name: hide_all(value, secrets) for name, value in headers.items()},
        body=_body(content, secrets),
        code=code,
        message=said,
        target=target,
        details=details,
        retry_after=seconds_to_wait(headers.get("retry-after")),
    )


def decode_error(
    reason: Exception,
    *,
    status: int,
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes,
    secrets: Iterable[str],
) -> DecodeError:
    """Make the error of a success whose body cannot be read."""
    return DecodeError(
        f"{method} {url} was answered with {status} and a body of another shape: {hide_all(str(reason), secrets)}",
        status=status,
        method=method,
        url=url,
        headers={name: hide_all(value, secrets) for name, value in headers.items()},
        body=_body(content, secrets),
    )


def _charset(content_type: str) -> str:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            try:
                return codecs.lookup(value.strip(" \t\"'")).name
            except (LookupError, ValueError):
                return ""
    return ""


def _error_object(content: bytes, content_type: str) -> Mapping[str, Any]:
    try:
        body: object = msgspec.json.decode(as_utf8(content, content_type))
    except (ValueError, RecursionError):
        try:
            body = msgspec.json.decode(content.decode("latin-1").encode())
        except (ValueError, RecursionError):
            return {}
    error = body.get("error", body) if is_object(body) else body
    if isinstance(error, str):
        return {"message": error}
    return error if is_object(error) else {}


def _details(told: object, secrets: Iterable[str]) -> tuple[ErrorDetail, ...]:
    items = told[:_DETAILS] if is_array(told) else []
    return tuple(
        ErrorDetail(*(_text(item.get(name), secrets) for name in ("code", "message", "target")))
        for item in items
        if is_object(item)
    )


def _said(details: tuple[ErrorDetail, ...]) -> str:
    """Write the first details in short, for the end of an error's text: what each is about, and what is wrong."""
    texts = [text for detail in details if (text := _in_short(detail))]
    shown = texts[:_DETAILS_SAID] + ([f"and {more} more"] if (more := len(texts) - _DETAILS_SAID) > 0 else [])
    return f" ({'; '.join(shown)})" if shown else ""


def _in_short(detail: ErrorDetail) -> str:
    about, said = (" ".join((text or "").split()) for text in (detail.target, detail.message or detail.code))
    # Many a message begins with what it is about.
    text = said if said.split(" ")[0] == about else ": ".join(part for part in (about, said) if part)
    text = text.removesuffix(".")
    return text if len(text) <= _DETAIL_LENGTH else f"{text[:_DETAIL_LENGTH]}…"


def _text(value: object, secrets: Iterable[str]) -> str | None:
    if not isinstance(value, str):
        return None
    # Cut only after hiding: a cut through the middle of a secret would leave its half.
    text = hide_all(value, secrets)
    return text if len(text) <= _TEXT_LENGTH else f"{text[:_TEXT_LENGTH]}…"


def _body(content: bytes, secrets: Iterable[str]) -> bytes:
    hidden = hide(content, secrets)[:ERROR_BODY_LENGTH]
    return hide_all(hidden.decode("utf-8", "surrogateescape"), ()).encode("utf-8", "surrogateescape")
