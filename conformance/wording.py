"""The end of a sentence on a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], otherwise: str = ".") -> str:
    """The end of a sentence on a misspelt name: the known names that come near, or else a given end."""
    near = difflib.get_close_matches(name, list(known), 3, 0.5)
    return f": did you mean {' or '.join(near)}?" if near else otherwise
