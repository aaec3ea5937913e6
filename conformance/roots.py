"""Which values of `x-api-host-and-root` are plain enough to be held against the links of a list.

A plain value is a lower-case http or https URL of a host of letters, digits, dots and hyphens, an optional port,
and path segments of unreserved characters.
"""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?")


def is_plain(root: str) -> bool:
    """Whether links must begin with this value."""
    return _PLAIN.fullmatch(root) is not None and "/../" not in f"{root}/" and "/./" not in f"{root}/"


def begins_with(link: str, root: str) -> bool:
    """Whether a link begins with a root, a trailing slash apart; nothing is held about what comes behind it."""
    return link.startswith(root.rstrip("/"))
