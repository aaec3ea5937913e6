"""Checks of the operations from elsewhere, by what the spec says of each: its statuses, bodies, codes and credentials.

A server may have none of them: an operation is judged once an answer showed that it is there. What an operation means
is left to the checks of its own name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from conformance import ledger, spec
from conformance.checks.registry import Context, Observation, check, judged
from conformance.exchange import NOBODYS_IDS, NOT_JSON, CredentialKind, Exchange

Part = Callable[[Context], Iterator[tuple[bool, str]]]
"""What one exchange says of one requirement: whether it is kept, and what came instead."""

_OF_ANY_OPERATION: Final = frozenset({401, 429})
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def shows_operation(exchange: Exchange) -> bool:
    """Whether an answer comes from the operation itself: a success of its shape, or an error with a code of its own.

    Whatever else stands before a service may answer a path that is not there: a gateway, a fallback, a single page.
    A fallback may speak of an export that is not there, too; where more than reading is allowed somebody knows better.
    """
    name, status = exchange.request.operation, exchange.status
    if exchange.failure or status not in spec.documented_statuses(name) - _OF_ANY_OPERATION:
        return False
    if status == _NOT_FOUND and not exchange.request.changes:
        return False
    if status >= 400:
        return exchange.error.get("code") == spec.error_code(status, name) != ""
    pointer = spec.response_schema(status, name)
    return not pointer or (isinstance(exchange.json, dict) and set(spec.required(pointer)) <= exchange.json.keys())


def is_plain_id(text: str) -> bool:
    """Whether an id is written as ids are."""
    return _UUID.fullmatch(text) is not None


def _is_odd(exchange: Exchange) -> bool:
    """Whether the path has what is no id, so that a router may answer before the operation does."""
    one = exchange.request.export_id
    return one != "" and not is_plain_id(one)


def _status(context: Context) -> Iterator[tuple[bool, str]]:
    exchange, name = context.exchange, context.operation
    if exchange.failure or exchange.request.credential.kind is not CredentialKind.GOOD:
        return
    one = exchange.request.export_id
    odd = _is_odd(exchange)
    # What the deletion of an unfinished export gets is said nowhere.
    unfinished = exchange.request.method == "DELETE" and one not in NOBODYS_IDS
    if exchange.status < 500 and (exchange.status == _FORBIDDEN or odd or (unfinished and exchange.status >= 400)):
        return
    fine = exchange.status in spec.documented_statuses(name)
    yield fine, f"status {exchange.status} is not documented"


def _body(context: Context) -> Iterator[tuple[bool, str]]:
    exchange, name = context.exchange, context.operation
    pointer = spec.response_schema(exchange.status, name) if exchange.status in spec.documented_statuses(name) else ""
    if exchange.failure or not pointer or (exchange.status >= 400 and _is_odd(exchange)):
        return
    if exchange.json is NOT_JSON:
        if exchange.status < 400:
            yield False, f"not JSON: {exchange.text[:60]!r}"
        return
    yield exchange.media_type in spec.media_types(), f"Content-Type: {exchange.header('content-type')}"
    for error in spec.validator(pointer).iter_errors(exchange.json):
        # Any member of an error body may be null.
        if exchange.status < 400 or error.instance is not None:
            place = ".".join(map(str, error.instance_path)) or "the body"
            yield False, f"{place}: {error.schema_path[-1]} of the schema: {error.message[:80]}"
            return


def _code(context: Context) -> Iterator[tuple[bool, str]]:
    exchange = context.exchange
    expected = spec.error_code(exchange.status, context.operation)
    code = exchange.error.get("code")
    if expected and code is not None and exchange.status not in _OF_ANY_OPERATION and not _is_odd(exchange):
        yield code == expected, f"error.code of the {exchange.status} is {code!r}, where {expected} is due"


def _credentials(context: Context) -> Iterator[tuple[bool, str]]:
    exchange = context.exchange
    good = exchange.request.credential.kind is CredentialKind.GOOD
    if exchange.failure or exchange.status == 429 or exchange.status >= 500:
        return
    if good:
        yield exchange.status != 401, "the good token gets status 401"
    else:
        yield exchange.status == 401, f"status {exchange.status}, where 401 is due"


_PARTS: Final = (_status, _body, _code, _credentials)


def _of(part: Part, operation: spec.Operation, requirement: str) -> None:
    def observed(context: Context) -> Iterator[Observation]:
        for fine, message in part(context):
            yield judged(requirement, fine, message)

    observed.__name__ = f"{operation.id}{part.__name__}"
    check(requirement, operation=operation.id)(observed)


for _operation in spec.operations().values():
    for _part in _PARTS:
        # The ledger says which of them an operation has promised.
        _requirement = f"{_operation.slug}{_part.__name__.replace('_', '-')}"
        if _operation.id != spec.LIST and _requirement in ledger.requirements():
            _of(_part, _operation, _requirement)
