"""Credentials that must not be accepted differ from the good one, and can be made again from their names."""

from __future__ import annotations

import base64

import pytest
from suite import TOKEN

from conformance import disguises
from conformance.exchange import Credential

OTHER = "another-Token.42"
BYTES = bytes(range(48))
ENCODED = [base64.urlsafe_b64encode(BYTES[:length]).decode() for length in (32, 33, 48)]
MADE = [
    *(disguises.NEVER_GIVEN, *disguises.never_given(), *disguises.malformed(TOKEN), *disguises.near_misses(TOKEN)),
]


def test_names_tell_them_apart() -> None:
    assert len({credential.name for credential in MADE}) == len(MADE)
    assert len({credential.value for credential in MADE}) == len(MADE)


@pytest.mark.parametrize("credential", MADE, ids=lambda credential: credential.name[:40])
def test_a_credential_is_made_again_from_its_name(credential: Credential) -> None:
    assert disguises.named(credential.name, TOKEN) == credential
    assert credential.value != f"Bearer {TOKEN}"
    assert TOKEN not in credential.name
    again = disguises.named(credential.name, OTHER)
    assert again
    assert TOKEN not in (again.value or "")


def test_without_a_token_there_is_nothing_to_make_from_it() -> None:
    assert disguises.named("half of the token", "") is None
    assert disguises.named("no such name", TOKEN) is None


@pytest.mark.parametrize("signature", ENCODED)
@pytest.mark.parametrize("form", ["{}", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.{}"])
def test_what_is_nearly_the_token_is_not_the_token_to_a_lenient_decoder(form: str, signature: str) -> None:
    token = form.format(signature.rstrip("=") if "." in form else signature)
    near = {credential.name: credential.value or "" for credential in disguises.near_misses(token)}
    for name in (
        "the token without its last character",
        "a letter behind the token",
        "the token with another last character",
    ):
        assert _decoded(near[name].removeprefix("Bearer ").split(".")[-1]) != _decoded(signature)


def _decoded(text: str) -> bytes:
    text = text.partition("=")[0]
    return base64.urlsafe_b64decode(text[: len(text) - (len(text) % 4 == 1)] + "===")
