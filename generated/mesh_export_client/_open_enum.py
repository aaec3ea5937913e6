"""Lists of known values that are not closed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self


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
