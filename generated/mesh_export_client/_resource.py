"""The models that an operation gives, alone or as the items of a list: they keep what this version does not know.

They remember the bytes that they came in where those hold more than is known, and read them again when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

import msgspec

from ._json import is_array, is_items, is_object
from ._model import Model, member


class _Kept:
    """A place for where an object came from: bytes, and the name and index of its place in them."""

    __slots__ = ("_origin",)  # not a member: neither the wire form nor equality know it


class Resource(_Kept, Model, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An object that an operation gives, alone or as an item of a list."""

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Read the wire form, and remember what is not known of it.

        Raises:
            msgspec.DecodeError: It is not JSON of this model's shape.
        """
        value = super().from_json(content)
        remember(value, content if isinstance(content, bytes) else content.encode())
        return value

    @property
    def extra(self) -> Mapping[str, Any]:
        """The members that the service sent and this version does not know, at every depth, under their wire names.

        They are read from the bytes of the answer each time that they are asked for. An object made by hand has none.
        """
        origin: tuple[bytes, str, int | None] | None = getattr(self, "_origin", None)
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
    if not isinstance(value, Resource) or _all_known(content, msgspec.json.encode(value)):
        return
    keep = msgspec.structs.force_setattr
    keep(value, "_origin", (content, "", None))
    for wire_name, name in _names(value):
        inner = member(value, name)
        if isinstance(inner, Resource):
            keep(inner, "_origin", (content, wire_name, None))
        elif is_items(inner) and inner and isinstance(inner[0], Resource):
            for index, item in enumerate(inner):
                keep(item, "_origin", (content, wire_name, index))


def _all_known(content: bytes, known: bytes) -> bool:
    """Say whether what came holds nothing beside what is known of it, its own wire form.

    Two quotation marks bound each name and each text, and those within a text are in both. What came never has fewer of
    them than the known part, and has as many only when nothing more came, unless it spells one of them in another way.
    """
    return b"\\u0022" not in content and content.count(b'"') == known.count(b'"')


def _unknown(sent: object, value: object) -> dict[Any, Any]:
    """Collect what was sent and has no place in the value; items of a list under their index."""
    known: dict[Any, object]
    steps: dict[Any, object]
    if isinstance(value, Model):
        known = {wire_name: member(value, name) for wire_name, name in _names(value)}
        steps = dict(sent) if is_object(sent) else {}
    else:
        known = dict(enumerate(value)) if is_items(value) else {}
        steps = dict(enumerate(sent)) if known and is_array(sent) else {}
    found = {step: item for step, item in steps.items() if step not in known}
    below = {step: _unknown(item, known[step]) for step, item in steps.items() if step in known}
    return found | {step: item for step, item in below.items() if item}


def _merged(known: Any, unknown: Mapping[Any, Any]) -> Any:
    for step, value in unknown.items():
        there = is_array(known) or step in known
        known[step] = _merged(known[step], value) if there else value
    return known


def _names(value: Model) -> Iterator[tuple[str, str]]:
    return zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
