"""Which values of `x-api-host-and-root` are plain enough to be held against the links of a list.

A plain value is a lower-case http or https URL of a host name or an IPv4 address, an optional port that there is, and
path segments of unreserved characters. A server may take any other for no URL at all.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from typing import Final

_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_PLAIN: Final = re.compile(
    rf"https?://(?P<host>{_LABEL}([.]{_LABEL})*)(:(?P<port>[1-9][0-9]{{0,4}}))?(/[A-Za-z0-9._~-]+)*/?"
)
_LAST_PORT: Final = 65535


def is_plain(root: str) -> bool:
    """Whether links must begin with this value."""
    found = _PLAIN.fullmatch(root)
    if found is None or "/../" in f"{root}/" or "/./" in f"{root}/":
        return False
    return _is_host(found["host"]) and int(found["port"] or 1) <= _LAST_PORT


def _is_host(text: str) -> bool:
    """Whether a host that ends in a number is an IPv4 address; with any other end it is a name."""
    if not text.rpartition(".")[2].isdigit():
        return True
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def begins_with(link: str, root: str) -> bool:
    """Whether a link begins with a root, a trailing slash apart; nothing is held about what comes behind it."""
    return link.startswith(root.rstrip("/"))
