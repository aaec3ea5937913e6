"""What all models share: the wire form, a `repr` without secrets, and the members that this version does not know.

A model is an immutable `msgspec` struct. Members that the documentation does not name are not decoded: a `Resource`
remembers the bytes that it came in, and reads them again when `extra` is asked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import msgspec

from ._json import is_array, is_items, is_object
from ._redaction import hide_links

AwareDatetime = Annotated[datetime.datetime, msgspec.Meta(tz=True)]
"""A date and time with its offset from UTC; one without an offset is refused."""

REPR_LENGTH = 80
"""The longest text, in characters, that a `repr` shows in full."""


def known(value: str) -> Any:
    """Give a known value of an open list, as which its text becomes a member of the class."""
    return value


if TYPE_CHECKING:

    class OpenEnum(str):
        """A list of known values that is not closed: any other text makes a value, too.

        To a type checker its values are texts of a class of their own: of an enumeration it would believe that there
        are no others.
        """

        @property
        def is_known(self) -> bool:
            """Whether the documentation names this value."""
            ...

else:

    class OpenEnum(StrEnum):
        """A list of known values that is not closed: any other text makes a value, too."""

        @classmethod
        def _missing_(cls, value: object) -> Self | None:
            if not isinstance(value, str):
                return None
            # Not registered with the class: a service that invents values must not fill the memory.
            unknown = str.__new__(cls, value)
            unknown._name_ = unknown._value_ = str(value)
            return unknown

        @property
        def is_known(self) -> bool:
            """Whether the documentation names this value."""
            return self._value_ in type(self)._value2member_map_


# Models hold only immutable values and so never stand in a circle: the garbage collector need not look at them.
class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An object of the API."""

    def to_dict(self) -> dict[str, Any]:
        """Give the wire form: a dictionary with the wire's names that `json` can write."""
        wire: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return wire

    def to_json(self) -> bytes:
        """Give the wire form as JSON in UTF-8."""
        return msgspec.json.encode(self.to_dict())

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Read the wire form.

        Raises:
            msgspec.DecodeError: It is not JSON of this model's shape.
        """
        value = msgspec.json.decode(content, type=cls)
        remember(value, content if isinstance(content, bytes) else content.encode())
        return value

    def __repr__(self) -> str:
        members = ((name, _member(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={_shown(value)}" for name, value in members if value not in (None, msgspec.UNSET))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self.to_json(),)


class _Kept:
    """A place for where an object came from: bytes, and the name and index of its place in them."""

    __slots__ = ("_origin",)  # not a member: neither the wire form nor equality know it
    _origin: tuple[bytes, str, int | None]


class Resource(_Kept, Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An object that an operation gives, alone or as an item of a list."""

    @property
    def extra(self) -> Mapping[str, Any]:
        """The members that the service sent and this version does not know, at every depth, under their wire names.

        They are read from the bytes of the answer each time that they are asked for. An object made by hand has none.
        """
        origin = getattr(self, "_origin", None)
        if origin is None:
            return {}
        content, name, index = origin
        sent: Any = msgspec.json.decode(content)
        if name:
            sent = sent[name]
        if index is not None:
            sent = sent[index]
        return _unknown(sent, self)

    def to_dict(self) -> dict[str, Any]:
        """Give the wire form, unknown members included: a dictionary with the wire's names that `json` can write."""
        wire: dict[str, Any] = _merged(super().to_dict(), self.extra)
        return wire


def remember(value: object, content: bytes) -> None:
    """Tell a resource, and the resources that are its members or items, which bytes they came in.

    Where all that came is known there is nothing to remember, and the bytes are not kept.
    """
    if not isinstance(value, Resource) or _texts(content) == _texts(msgspec.json.encode(value)):
        return
    keep = msgspec.structs.force_setattr
    keep(value, "_origin", (content, "", None))
    for wire_name, name in _names(value):
        member = _member(value, name)
        if isinstance(member, Resource):
            keep(member, "_origin", (content, wire_name, None))
        elif is_items(member) and member and isinstance(member[0], Resource):
            for index, item in enumerate(member):
                keep(item, "_origin", (content, wire_name, index))


def _texts(content: bytes) -> int:
    """Count the quotation marks that bound texts in JSON: two for each name and each text.

    What came never has fewer of them than the known part of it, and has as many only when nothing more came.
    """
    escaped = content.count(b'\\"') if b"\\" in content else 0  # to look for one byte is far quicker
    return content.count(b'"') - escaped


def _unknown(sent: object, value: object) -> dict[Any, Any]:
    """Collect what was sent and has no place in the value; items of a list under their index."""
    known: dict[Any, object]
    steps: dict[Any, object]
    if isinstance(value, Model):
        known = {wire_name: _member(value, name) for wire_name, name in _names(value)}
        steps = dict(sent) if is_object(sent) else {}
    else:
        known = dict(enumerate(value)) if is_items(value) else {}
        steps = dict(enumerate(sent)) if known and is_array(sent) else {}
    found = {step: item for step, item in steps.items() if step not in known}
    below = {step: _unknown(item, known[step]) for step, item in steps.items() if step in known}
    return found | {step: item for step, item in below.items() if item}


def _member(value: Model, name: str) -> Any:
    # Past what a class with deprecated members says when somebody looks at one: nobody does here.
    return object.__getattribute__(value, name)


def _names(value: Model) -> Iterator[tuple[str, str]]:
    return zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)


def _merged(known: Any, unknown: Mapping[Any, Any]) -> Any:
    for step, value in unknown.items():
        there = is_array(known) or step in known
        known[step] = _merged(known[step], value) if there else value
    return known


def _shown(value: object) -> str:
    if is_items(value):
        return f"<{len(value)} items>" if len(value) > 1 else f"({', '.join(_shown(item) for item in value)})"
    if isinstance(value, UUID | Enum):
        return repr(str(value))
    if isinstance(value, datetime.datetime):
        return repr(value.isoformat())
    if isinstance(value, str):
        text = hide_links(value)
        return repr(text if len(text) <= REPR_LENGTH else f"{text[:REPR_LENGTH]}…")
    return repr(value)
