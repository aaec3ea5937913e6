"""No secret survives redaction, in whatever spelling a server repeats it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.redaction import PLACEHOLDER, Redactor, hide_signed_links, holds

TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)
SPELLINGS = [
    lambda token: token,
    lambda token: quote(token, safe=""),
    quote_plus,
    lambda token: json.dumps(token)[1:-1],
    str.upper,
    lambda token: base64.b64encode(token.encode()).decode().rstrip("="),
    lambda token: base64.b64encode(f"user:{token}".encode()).decode().rstrip("="),
    lambda token: base64.urlsafe_b64encode(f"x{token}".encode()).decode().rstrip("="),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(token=TOKENS)
def test_a_token_is_found_and_hidden(spelling: object, token: str) -> None:
    assert callable(spelling)
    assume(token.lower() not in PLACEHOLDER.lower())
    text = f"begin {spelling(token)} end"
    redactor = Redactor()
    redactor.add(token)
    assert PLACEHOLDER in redactor(text)
    assert token.lower() not in redactor(text).lower()
    assert holds(text, token)


@given(token=TOKENS, text=st.text())
def test_a_text_without_the_token_stays(token: str, text: str) -> None:
    redactor = Redactor()
    redactor.add(token)
    if not holds(text, token):
        assert redactor(text) == text


def test_the_query_of_a_mesh_link_is_hidden_and_that_of_a_list_link_stays() -> None:
    text = '{"mesh":{"href":"https://tiles.example/c?sv=1&sig=abc"},"next":{"href":"https://api.example/mesh-export/?$top=5"}}'
    hidden = hide_signed_links(text, "mesh-export")
    assert "sig" not in hidden
    assert "https://tiles.example/c?…" in hidden
    assert "$top=5" in hidden
