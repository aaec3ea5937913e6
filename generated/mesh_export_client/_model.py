"""What all models share: the wire form, and a `repr` that is short and without secrets.

A model is an immutable `msgspec` struct. Members that the documentation does not name are not decoded; `_resource` has
what becomes of them.
"""

from __future__ import annotations

import datetime
from enum import Enum
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec

from ._json import is_items
from ._redaction import hide_links

AwareDatetime = Annotated[datetime.datetime, msgspec.Meta(tz=True)]
"""A date and time with its offset from UTC; one without an offset is refused."""

REPR_LENGTH = 80
"""The longest text, in characters, that a `repr` shows in full."""


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
        return msgspec.json.decode(content, type=cls)

    def __repr__(self) -> str:
        members = ((name, member(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={_shown(value)}" for name, value in members if value not in (None, msgspec.UNSET))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self.to_json(),)


def member(value: Model, name: str) -> Any:
    """Give a member of a model without the warning that a deprecated one has for whoever looks at it."""
    return object.__getattribute__(value, name)


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
