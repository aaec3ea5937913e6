"""How a request's URL looks in errors and in the log.

Documented parameters are shown as they are; the values of others may be secrets, and are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

from ._call import Operation
from ._redaction import HIDDEN, hide


def shown(url: str, operation: Operation, secrets: Iterable[str]) -> str:
    """Give a URL without user information, fragment, known secrets and values of unknown query parameters."""
    parts = urlsplit(url)
    known = {parameter.wire_name for parameter in operation.parameters if parameter.location == "query"}
    query = "&".join(_shown_pair(pair, known) for pair in parts.query.split("&") if pair)
    return hide(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, "")), secrets)


def _shown_pair(pair: str, known: set[str]) -> str:
    name = pair.partition("=")[0]
    return pair if unquote(name) in known else f"{name}={HIDDEN}"
