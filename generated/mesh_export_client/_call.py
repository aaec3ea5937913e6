"""A call as data: the operation, what the caller set, and how to read the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import msgspec

from ._decoding import decode
from .types import CallOptions

T = TypeVar("T")


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


def body_of(members: Mapping[str, object], more: Mapping[str, object] | None) -> Mapping[str, object]:
    """Give the members of a request body that the caller set, and those that the caller adds."""
    given = {name: value for name, value in members.items() if value is not None}
    return {**given, **(more or {})}
