"""A call as data: the operation, what the caller set, and how to read the answer.

Holds arguments against the bounds that the documentation states, and writes them as the wire wants them. Nothing here
sends anything.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import msgspec

from ._decoding import decode
from ._settings import Settings
from .errors import InvalidArgumentError
from .types import CallOptions

T = TypeVar("T")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?)?")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        name: The keyword that a caller writes.
        wire_name: Its name on the wire.
        location: Where it goes.
        integer: Whether its value is an integer.
        minimum: The least value, where the documentation states one.
        maximum: The greatest value, where the documentation states one.
        enum: All values, where the documentation closes the list.
        spellings: Values of the wire by what a caller may write in their place.
    """

    name: str
    wire_name: str
    location: Literal["query", "header", "path"]
    integer: bool = False
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str | int, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    Attributes:
        id: Its id in the specification.
        method: The HTTP method.
        path: The path after the base URL, with `{name}` for each path parameter.
        accept: The media type to ask for.
        success: The statuses that mean success.
        parameters: Its parameters.
    """

    id: str
    method: str
    path: str
    accept: str
    success: tuple[int, ...]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of an operation, ready to be sent.

    Attributes:
        operation: The operation.
        read: Makes the result from the body of the answer.
        arguments: What the caller gave, by the names that the caller writes; `None` is nothing.
        body: The members of the request body by their wire names, or `None` for no body.
        options: What the caller set for this call alone.
    """

    operation: Operation
    read: Callable[[bytes], T]
    arguments: Mapping[str, object]
    body: Mapping[str, object] | None
    options: CallOptions


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire, credentials apart.

    Attributes:
        method: The HTTP method.
        url: The whole URL.
        headers: The headers that the package sets itself or was told to set.
        content: The body.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None


def reader(shape: type[T]) -> Callable[[bytes], T]:
    """Give the function that reads a body as an object of a shape."""
    return partial(decode, msgspec.json.Decoder(shape))


def member_reader(shape: type[Any], member: str) -> Callable[[bytes], Any]:
    """Give the function that reads a body as an object of a shape, and takes one member out of it."""
    decoder = msgspec.json.Decoder(shape)

    def read(content: bytes) -> Any:
        return getattr(decode(decoder, content), member)

    return read


def no_content(_content: bytes) -> None:
    """Read the body of an answer that has none."""


def body_of(members: Mapping[str, object]) -> Mapping[str, object]:
    """Give the members of a request body that the caller set."""
    return {name: value for name, value in members.items() if value is not None}


def build(call: Call[Any], settings: Settings, url: str | None = None) -> Request:
    """Write a call as a request.

    Args:
        call: The call.
        settings: The client's settings with what the call overrides.
        url: The URL to request in place of the call's own, which is how a link is followed.

    Raises:
        InvalidArgumentError: An argument is out of bounds or cannot be sent.
    """
    given = [(item, call.arguments[item.name]) for item in call.operation.parameters]
    given = [(item, value) for item, value in given if value is not None]
    if settings.check:
        for item, value in given:
            check(item, value)
    headers = {"accept": call.operation.accept, "user-agent": settings.user_agent, "accept-encoding": "gzip, deflate"}
    if call.body is not None:
        headers["content-type"] = "application/json"
    own = {item.wire_name: _written(item, value) for item, value in given if item.location == "header"}
    for more in (settings.headers, own, call.options.get("extra_headers", {})):
        headers |= {name.lower(): value for name, value in more.items()}
    for name, text in headers.items():
        check_header(name, text)
    return Request(
        method=call.operation.method,
        url=url or _url(call, settings, given),
        headers=headers,
        content=None if call.body is None else msgspec.json.encode(call.body),
    )


def check(parameter: Parameter, value: object) -> None:
    """Hold an argument against what the documentation says of its parameter.

    Raises:
        InvalidArgumentError: It is out of bounds.
    """
    said = f"{parameter.name} ({parameter.wire_name})"
    if parameter.integer and not isinstance(value, int):
        raise InvalidArgumentError(f"{said} must be an integer, not {type(value).__name__}.")
    if parameter.maximum is not None and isinstance(value, int | float) and value > parameter.maximum:
        raise InvalidArgumentError(f"{said} may be {parameter.maximum} at most; {value} was given.")
    if parameter.minimum is not None and isinstance(value, int | float) and value < parameter.minimum:
        raise InvalidArgumentError(f"{said} must be {parameter.minimum} at least; {value} was given.")
    if parameter.enum and value not in parameter.enum:
        known = " or ".join(str(item) for item in parameter.enum)
        raise InvalidArgumentError(f"{said} must be {known}.")


def check_header(name: str, text: str) -> None:
    """Refuse a header that cannot be sent as it is, or would be read as more than one.

    Raises:
        InvalidArgumentError: Its name or its value has characters that a header cannot have.
    """
    if not _HEADER_NAME.fullmatch(name):
        raise InvalidArgumentError("The name of a header may only have the characters of an HTTP token.")
    if not _HEADER_VALUE.fullmatch(text):
        raise InvalidArgumentError(f"The value of the header {name!r} may only have visible ASCII and inner blanks.")


def query_string(items: Mapping[str, str]) -> str:
    """Write query parameters. A dollar sign stays as it is, as the documentation writes it."""
    return "&".join(f"{quote(name, safe='$')}={quote(text, safe=':,')}" for name, text in items.items())


def _url(call: Call[Any], settings: Settings, given: list[tuple[Parameter, object]]) -> str:
    path = {item.name: quote(_written(item, value), safe="") for item, value in given if item.location == "path"}
    if any(not segment.strip(".") for segment in path.values()):
        raise InvalidArgumentError("A path parameter may not be empty or consist of dots.")
    own = {item.wire_name: _written(item, value) for item, value in given if item.location == "query"}
    query = query_string({**settings.query, **own, **call.options.get("extra_query", {})})
    return settings.base_url + call.operation.path.format_map(path) + (f"?{query}" if query else "")


def _written(parameter: Parameter, value: object) -> str:
    if isinstance(value, bool):
        return str(int(value)) if parameter.integer else str(value).lower()
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return parameter.spellings.get(text, text)
