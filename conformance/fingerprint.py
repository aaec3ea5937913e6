"""What makes two failing exchanges the same fault: the check that failed and the parts that the request had to have.

Values, ids and messages differ from night to night and from seed to seed, so that none of them counts.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from attrs import asdict, frozen

from conformance import spec
from conformance.exchange import CredentialKind, Exchange, Request

_LENGTH: Final = 12
OTHER: Final = "*"
"""Stands for a name that neither the spec nor HTTP knows: it was made up, and is another the next night."""
OTHER_PATH: Final = "other"
_HEADERS_OF_HTTP: Final = frozenset(
    {
        *("accept", "accept-charset", "accept-encoding", "accept-language", "connection", "content-type", "cookie"),
        *("expect", "forwarded", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "origin"),
        *("if-unmodified-since", "range", "te", "transfer-encoding", "user-agent", "x-forwarded-host"),
        *("x-forwarded-proto", "x-http-method-override"),
    }
)


@frozen
class Cause:
    """The shape of a failing exchange.

    Attributes:
        method: The method of the request.
        path: The template of the operation's path; `other` for any other spelling of it.
        parameters: The names of its query parameters, sorted; a name that comes twice is there twice.
        headers: The names of its header lines in lower case, sorted.
        credential: The kind of its credential.
        status: The status of the answer, or how it failed to come.
    """

    method: str
    path: str
    parameters: tuple[str, ...]
    headers: tuple[str, ...]
    credential: str
    status: int | str

    def within(self, other: Cause) -> bool:
        """Whether the other has every part of this one, and the same answer.

        Another spelling of the path is a part more than the plain one, and so is a wrong credential beside none.
        """
        return (
            (self.method, self.status) == (other.method, other.status)
            and other.path in (self.path, OTHER_PATH)
            and self._credential_within(other)
            and _within(self.parameters, other.parameters)
            and _within(self.headers, other.headers)
        )

    def _credential_within(self, other: Cause) -> bool:
        bare = self.credential == CredentialKind.NONE and other.credential != CredentialKind.GOOD
        return self.credential == other.credential or bare


def _within(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    return all(few.count(name) <= many.count(name) for name in few)


def cause(exchange: Exchange, *, reduced: bool = True) -> Cause:
    """The shape of an exchange.

    Args:
        exchange: The exchange.
        reduced: Whether each part of the request was needed for it to fail. The names of one that was not reduced
            say nothing, and are left out.
    """
    request = exchange.request
    known = spec.parameters("query")
    parameters = [name if name in known else OTHER for name, _ in request.pairs]
    named = _HEADERS_OF_HTTP | {name.lower() for name in spec.parameters("header")}
    headers = [name.lower() if name.lower() in named else OTHER for name, _ in request.headers]
    return Cause(
        method=request.method,
        path=_path(request),
        parameters=tuple(sorted(parameters)) if reduced else (),
        headers=tuple(sorted(headers)) if reduced else (),
        credential=request.credential.kind.value,
        status=exchange.failure.value if exchange.failure and not exchange.status else exchange.status,
    )


def _path(request: Request) -> str:
    template = spec.operations()[request.operation].path
    plain = request.path == template if request.operation == spec.LIST else not request.path.endswith("/")
    return template if plain else OTHER_PATH


def fingerprint(requirement: str, check: str, of: Cause) -> str:
    """The name of a fault: the same on another night, with another seed."""
    text = json.dumps([requirement, check, asdict(of)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
