"""No secret survives redaction, in whatever spelling a server repeats it."""

from __future__ import annotations

import base64
import html
import json
import pickle
from urllib.parse import quote, quote_plus, urlencode

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
    lambda token: quote(base64.b64encode(token.encode()).decode(), safe=""),
    lambda token: base64.b64encode(f"user:{quote(token, safe='')}".encode()).decode(),
    lambda token: quote(quote(token, safe=""), safe="").lower(),
    lambda token: "".join(f"%{byte:02X}" for byte in token.encode()),
    lambda token: "".join(f"\\u{ord(character):04x}" for character in token),
    lambda token: json.dumps(json.dumps(token)),
    lambda token: html.escape(token),
    lambda token: "".join(f"&#x{ord(character):X};" for character in token),
    lambda token: token.encode().hex().upper(),
    lambda token: repr({"token": token}),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(token=TOKENS)
def test_a_token_is_found_and_hidden(spelling: object, token: str) -> None:
    assert callable(spelling)
    assume(token.lower() not in PLACEHOLDER.lower())
    text = f"begin {spelling(token)} end"
    redactor = Redactor()
    redactor.add(token)
    hidden = redactor(text)
    assert PLACEHOLDER in hidden
    assert hidden.startswith("begin ")
    assert hidden.endswith(" end")
    assert token.lower() not in hidden.lower()
    assert len(spelling(token)) < len(token) or holds(text, token)


@given(token=TOKENS, text=st.text())
def test_a_text_without_the_token_stays(token: str, text: str) -> None:
    redactor = Redactor()
    redactor.add(token)
    if not holds(text, token):
        assert redactor(text) == text


@given(token=st.text("abcXYZ012._~", min_size=12, max_size=60), length=st.integers(8, 12))
def test_a_token_that_is_cut_short_is_hidden(token: str, length: int) -> None:
    redactor = Redactor()
    redactor.add(token)
    assert redactor(f"<{token[:length]}…>") == f"<{PLACEHOLDER}…>"


@given(token=TOKENS)
def test_another_process_knows_the_same_secrets(token: str) -> None:
    redactor, other = Redactor(), Redactor()
    redactor.add(token)
    redactor.add_links([f"https://tiles.example/c?sv=1&sig={quote(token, safe='')}"])
    other.merge(pickle.loads(pickle.dumps(redactor)))  # noqa: S301  written by this very test
    text = f"<{token}> and {quote(token)}"
    assert other(text) == redactor(text) != text


def test_a_signature_is_hidden_wherever_a_server_repeats_it_and_dates_and_ids_stay() -> None:
    number, date = "2d9b8ebf-b6fe-4c3a-ac6e-5973286bef29", "2025-11-24T10:00:00Z"
    signature = "Zm9v/YmFyYmF6+cXV4cXV1eA=="
    query = urlencode({"se": date, "id": number, "sig": signature})
    redactor = Redactor()
    redactor.add_links([f"https://tiles.example/c?{query}"])
    for text in (
        signature,
        quote(signature, safe=""),
        signature.lower(),
        query,
        json.dumps(f"?{query}"),
        signature[:17],
    ):
        assert redactor(f"<{text}>").strip('<">?') == "…"
    assert redactor(f"{number} {date}") == f"{number} {date}"


@given(
    host=st.sampled_from(["tiles.example", "[tiles"]),
    first=st.text("abcXYZ019", max_size=20),
    ends=st.lists(st.sampled_from([" ", '"', "'", "<", ">", "\n", "\t", ' "']), min_size=1, max_size=3),
    signature=st.text("abcXYZ019", min_size=8, max_size=15),
    data=st.data(),
)
def test_the_signature_of_a_malformed_link_is_hidden(
    host: str, first: str, ends: list[str], signature: str, data: st.DataObject
) -> None:
    query = "".join(f"sv={first}{end}" for end in ends) + f"2&sig={signature}"
    link = f"https://{host}/c?{query}"
    spelled = data.draw(
        st.sampled_from(
            [
                link,
                json.dumps({"href": link}),
                json.dumps(json.dumps([link])),
                repr(link),
                html.escape(link),
                " ".join(link.split()),
                link.replace(ends[-1], "%20"),
                f"…2&sig={signature}",
            ]
        )
    )
    redactor = Redactor()
    redactor.add_links([link])
    hidden = hide_signed_links(redactor(spelled), "mesh-export")
    assert f"sig={signature}" not in hidden


@given(st.lists(st.text("ab+", min_size=17, max_size=24), min_size=2, max_size=30, unique=True), st.data())
def test_each_of_many_links_that_begin_alike_is_hidden_whole_and_cut(
    signatures: list[str], data: st.DataObject
) -> None:
    head = "sv=2025-01-05&spr=https&sr=c&sp=r&sig="
    redactor = Redactor()
    redactor.add_links(f"https://tiles.example/c?{head}{quote(signature)}" for signature in signatures)
    signature = data.draw(st.sampled_from(signatures))
    cut = data.draw(st.integers(1, len(signature)))
    assert redactor(f"<?{head}{signature}>") == "<?…>"
    assert redactor(f"<?{head}{signature[:cut]}>") == "<?…>"
    assert redactor(f"<?{head}{signature[:cut]} >") == "<?… >"


def test_links_that_came_long_ago_are_forgotten() -> None:
    redactor = Redactor()
    redactor.add_links(f"https://tiles.example/c?sig=signature-of-number-{number:06}" for number in range(3000))
    assert "signature-of-number-002999" not in redactor("signature-of-number-002999")
    assert len(redactor._links) == 1000


def test_the_query_of_a_mesh_link_is_hidden_and_that_of_a_list_link_stays() -> None:
    text = '{"mesh":{"href":"https://tiles.example/c?sv=1&sig=abc"},"next":{"href":"https://api.example/mesh-export/?$top=5"}}'
    hidden = hide_signed_links(text, "mesh-export")
    assert "sig" not in hidden
    assert "https://tiles.example/c?…" in hidden
    assert "$top=5" in hidden
