"""From a call to the request that goes over the wire.

Holds arguments against the bounds that the documentation states, and writes them as the wire wants them. Nothing here
sends anything.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote

import msgspec

from ._call import Call, Parameter
from ._settings import Settings
from .errors import InvalidArgumentError

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"([\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?)?")


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
        content=None if call.body is None else _json(call.body),
    )


def check(parameter: Parameter, value: object) -> None:
    """Hold an argument against what the documentation says of its parameter.

    Raises:
        InvalidArgumentError: It is out of bounds.
    """
    said = _named(parameter)
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
    path = {item.name: "" for item in call.operation.parameters if item.location == "path"}
    path |= {item.name: quote(_written(item, value), safe="") for item, value in given if item.location == "path"}
    for item in call.operation.parameters:
        if item.location == "path" and not path[item.name].strip("."):
            raise InvalidArgumentError(
                f"{_named(item)} is a part of the URL's path: it may not be empty or consist of dots."
            )
    own = {item.wire_name: _written(item, value) for item, value in given if item.location == "query"}
    query = query_string({**settings.query, **own, **call.options.get("extra_query", {})})
    return settings.base_url + call.operation.path.format_map(path) + (f"?{query}" if query else "")


def _json(body: Mapping[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, RecursionError) as reason:
        raise InvalidArgumentError(f"The body has a value that cannot be written as JSON: {reason}.") from None


def _named(parameter: Parameter) -> str:
    name, wire_name = parameter.name, parameter.wire_name
    return name if name == wire_name else f"{name} ({wire_name})"


def _written(parameter: Parameter, value: object) -> str:
    if isinstance(value, bool):
        return str(int(value)) if parameter.integer else str(value).lower()
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return parameter.spellings.get(text, text)
