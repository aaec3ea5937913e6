"""Links are held against a root only where no server can take it for no URL."""

from __future__ import annotations

import pytest

from conformance.roots import is_plain


@pytest.mark.parametrize(
    "root",
    [
        *("https://example.com", "http://localhost:8080", "https://a-b.example.co.uk/x/y-z_1.2~3/"),
        *("http://127.0.0.1:5000/api/v1/", "https://gate.example.com:65535", "https://4you.example"),
    ],
)
def test_a_url_of_a_host_is_plain(root: str) -> None:
    assert is_plain(root)


@pytest.mark.parametrize(
    "root",
    [
        *(
            "https://example.com:99999",
            "https://example.com:65536",
            "https://example.com:0",
            "https://example.com:0443",
        ),
        *("https://a..example", "https://a-.example", "http://256.1.1.1", "http://1.2.3", "https://example.com/../x"),
        *("HTTPS://example.com", "example.com", "https://", "https://example.com/ x", "https://user@example.com"),
    ],
)
def test_what_a_server_may_take_for_no_url_is_not_plain(root: str) -> None:
    assert not is_plain(root)
