"""Authorization: no answer without a good credential, on no path, with no parameters, in no disguise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from attrs import evolve

from conformance import disguises, spec, values
from conformance.exchange import NO_CREDENTIAL, Credential, CredentialKind, Request
from conformance.knowledge import LARGEST_TOP
from conformance.run import FULL, Run

_BROWSER = (("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),)
_MOST_VALUES: Final = {"iModelId": 16, "exportType": 8, "changesetId": 4}
"""Values of a filter that are asked for without a credential: one of them may be open to all."""
_ERROR_BODIES = (
    *("error-code", "error-message", "error-target", "error-details", "error-object"),
    *("error-media-type", "error-no-internals"),
)


def _with_one_parameter(run: Run) -> list[Request]:
    """A request with each parameter."""
    snapshot = run.knowledge.snapshot
    return [Request.of(((name, values.plain_value(snapshot, name)),)) for name in spec.parameters("query")]


def _of_each_value(run: Run) -> list[Request]:
    """A request for what has one value of a filter, for many of those that the collection has."""
    every = ((name, values.real_values(run.knowledge.snapshot, name, most)) for name, most in _MOST_VALUES.items())
    return [Request.of(((name, value),)) for name, several in every for value in several]


def _without_a_valid_parameter() -> list[Request]:
    """A spread of other requests: both paths, each header, what is past the end, what is invalid."""
    invalid = [Request.of(((name, examples[0]),)) for name, examples in values.INVALID.items()]
    bare = spec.bare_path()
    others = [
        Request(), Request(path=bare), Request(path=bare, query="%24top=5"), Request(query="$top=0"), Request(headers=FULL), Request(query="client=CesiumJS"),
        Request(headers=(("x-api-host-and-root", "https://example.com"),)), Request(headers=(("Accept", "*/*"),)), Request(headers=_BROWSER), Request.of((("$top", "2"),), headers=FULL),
        Request(headers=(("X-Forwarded-For", "127.0.0.1"),)), Request(headers=(("User-Agent", "kube-probe/1.34"),)),
        Request(query=f"iModelId={values.unknown_imodel(13)}"), Request(query="$skip=1000000"),
        Request(query=f"$top={LARGEST_TOP}", headers=FULL), Request(query="$skip=100"), Request(query="cdn=1", headers=FULL),
    ]  # fmt: skip
    return [*others, *invalid]


@pytest.mark.requirements(
    *_ERROR_BODIES,
    "json-encoding",
    "json-unique-names",
    "answer-in-time",
    "auth-required",
    "auth-before-parameters",
    "unauthorized-code",
    "unauthorized-body",
    "unauthorized-details",
)
def test_nothing_is_answered_without_authorization(run: Run) -> None:
    with_one = _with_one_parameter(run)
    bare = spec.bare_path()
    with_one_on_bare = [evolve(request, path=bare) for request in with_one]
    plain = [*_without_a_valid_parameter(), *with_one, *with_one_on_bare, *_of_each_value(run)]
    requests = [_as(request, NO_CREDENTIAL) for request in plain]
    # After a good request: a cache that passes over the header shows.
    for request in requests[:3]:
        run.send(_as(request, Credential(CredentialKind.GOOD)))
        run.send(request)
    run.send_all(requests)
    run.send(Request(method="HEAD", credential=NO_CREDENTIAL))
    if run.endpoint.loopback and run.endpoint.token:
        # Elsewhere a token in a URL would stand in the logs of every server on its way.
        run.send(Request.of((("access_token", run.endpoint.token),), credential=NO_CREDENTIAL))


@pytest.mark.requirements("auth-required")
def test_no_spelling_of_the_path_opens_the_list(run: Run) -> None:
    path = spec.collection_path()
    spellings = (path.replace("-", "%2D"), f"/{path}", f"{path}/", path.upper())
    run.send_all(Request(path=spelling, credential=NO_CREDENTIAL) for spelling in spellings)


def _as(request: Request, credential: Credential) -> Request:
    return Request(request.query, request.headers, credential, request.method, request.path)


@pytest.mark.requirements(
    *_ERROR_BODIES,
    "unauthorized-details",
    "auth-required",
    "auth-wrong-token",
    "auth-before-parameters",
    "credential-not-repeated",
    "unauthorized-body",
)
def test_a_token_that_was_never_given_is_refused(run: Run) -> None:
    requests = [
        Request(query=f"$top={values.TOO_LARGE}"),
        *_with_one_parameter(run),
        *_without_a_valid_parameter(),
    ]
    run.send_all(_as(request, disguises.NEVER_GIVEN) for request in requests)
    by_imodel = Request.of((("iModelId", values.plain_value(run.knowledge.snapshot, "iModelId")),))
    run.send_all(_as(request, disguises.NOBODYS_KEY) for request in (Request(), by_imodel))
    good = f"Bearer {run.endpoint.token}"
    run.send_all(_as(Request(), credential) for credential in disguises.never_given() if credential.value != good)


@pytest.mark.requirements(
    *_ERROR_BODIES,
    "unauthorized-details",
    "auth-malformed",
    "unauthorized-body",
)
def test_a_malformed_authorization_is_refused(run: Run) -> None:
    run.send_all(_as(Request(), credential) for credential in disguises.malformed(run.endpoint.token))


@pytest.mark.requirements("auth-near-miss", "auth-other-scheme", "credential-not-repeated")
def test_what_is_nearly_the_token_is_refused(run: Run) -> None:
    token = run.endpoint.token
    if not token:
        # What the page says of tokens is not held against a share key.
        return
    bare = Request(path=spec.bare_path())
    for number, credential in enumerate(disguises.near_misses(token)):
        more = [_as(Request(query="$top=2"), credential), _as(bare, credential)] if number < 2 else []
        run.send_all([_as(Request(), credential), *more])


@pytest.mark.requirements("auth-required", "auth-accepted", "answers-independent")
def test_a_refusal_leaves_no_trace_and_neither_does_a_success(run: Run) -> None:
    good = Request(query="$top=3")
    with run.endpoint.one_connection():
        for credential in (NO_CREDENTIAL, disguises.NEVER_GIVEN):
            run.send(good)
            run.send(_as(good, credential))
        run.send(good)
    together = [Request(query=f"$top=3&$skip={skip}") for skip in range(4, 8)]
    run.send_all([*together, *(_as(request, NO_CREDENTIAL) for request in together)])
    run.send_all(_alternately(together))


def _alternately(requests: list[Request]) -> Iterator[Request]:
    for request in requests:
        further = Request(query=f"{request.query}&cdn=0")
        yield from (_as(further, NO_CREDENTIAL), further)
