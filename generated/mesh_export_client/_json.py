"""Gives decoded JSON of unknown shape a type, so that the rest of the package need not guess."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def is_items(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Say whether a value is the list of items that a model's member is."""
    return isinstance(value, tuple)
