"""Request headers: representation, prefix of links, media type."""

from __future__ import annotations

import pytest

from conformance import values
from conformance.exchange import LONG_AGO, NO_CREDENTIAL, NOBODYS_TAG, Exchange, Request
from conformance.query import COMPATIBILITY, FILTERS
from conformance.run import FULL, Run
from conformance.walking import WHOLE

_ROOT = "x-api-host-and-root"
_MINIMAL = (("prefer", "return=minimal"),)
_SOME = ("$top", "30")


@pytest.mark.requirements(
    "answers-independent",
    "answer-in-time",
    "prefer-default",
    "prefer-minimal",
    "prefer-representation",
    "prefer-same-data",
    "full-request",
    "mesh-link-complete",
    "mesh-link-incomplete",
    "mesh-link-form",
)
def test_prefer_chooses_the_representation_and_nothing_else(run: Run) -> None:
    # In one connection: what the server comes to think of it in time shows at the end.
    with run.endpoint.one_connection():
        for pairs in ([], [_SOME], [("$skip", "3"), ("$top", "4")], *([*some, _SOME] for some in _each_or_some(run))):
            # One after the other, and back: a cache that passes over the header shows.
            for headers in (FULL, _MINIMAL, (), FULL):
                request = Request.of(pairs, headers=headers)
                run.send(request) if headers == FULL else run.send_once(request)
        run.send(Request.of([_SOME], credential=NO_CREDENTIAL))


def _each_or_some(run: Run) -> list[list[tuple[str, str]]]:
    """Each filter with a value that exports have, and what else goes with any of them, two and two."""
    names = [*([name] for name in FILTERS), ["$orderBy", "cdn"], list(COMPATIBILITY)]
    return [[(name, values.plain_value(run.knowledge.snapshot, name)) for name in some] for some in names]


@pytest.mark.requirements("body-as-declared")
def test_a_strong_entity_tag_is_of_one_representation(run: Run) -> None:
    full, minimal = (run.send_once(Request.of([_SOME], headers=headers)) for headers in (FULL, _MINIMAL))
    tag = minimal.header("etag") or ""
    if not tag.startswith('"') or full.exports == minimal.exports:
        return
    if full.header("etag") == tag:
        run.broke(
            "body-as-declared", minimal, f"the full representation has the entity tag {tag}, too, and a strong one"
        )
    else:
        run.held("body-as-declared")


@pytest.mark.requirements("prefer-syntax")
@pytest.mark.parametrize("representation", ["representation", "minimal"])
def test_a_preference_is_found_however_it_is_written(run: Run, representation: str) -> None:
    asked = f"return={representation}"
    spellings = (
        (("Prefer", asked),),
        (("prefer", f"respond-async, {asked}"),),
        (("prefer", f"{asked}, wait=10"),),
        (("prefer", f"{asked},wait=10"),),
        (("prefer", "handling=lenient"), ("prefer", asked)),
        (("prefer", asked), ("prefer", "respond-async")),
        (("prefer", f'return="{representation}"'),),
        (("prefer", f"Return={representation}"),),
        (("prefer", f"RETURN={representation}"),),
        (("prefer", f"return = {representation}"),),
        (("prefer", f"{asked}; foo=bar"),),
        (("prefer", f'foo="a, b"; bar, {asked}'),),
        (("prefer", f", {asked} ,"),),
    )
    run.send_all(Request.of((_SOME,), headers=headers) for headers in spellings)


@pytest.mark.requirements("prefer-unknown-ignored", "prefer-default", "status-no-server-error")
def test_unknown_and_odd_preferences_are_no_reason_to_refuse(run: Run) -> None:
    odd = (
        "respond-async", "handling=strict", "foo=bar; baz", "odata.include-annotations=\"*\"",
        "echo=representation", "return=nothing", "return", "return=", "xreturn=representation", "return=representation, return=minimal",
        'foo="return=representation"', "foo; return=representation", ";", ",", "=", '"', "\\", 'return="', "return=\"a", "ü",
        "a" * 500, "a=" + "b" * 5000,
    )  # fmt: skip
    run.send_all(Request.of((_SOME,), headers=(("prefer", value),)) for value in odd)
    run.send_all(
        [
            Request.of((_SOME,), headers=(("prefer", ""),)),
            Request.of((_SOME,), headers=(("prefer", "a"), ("prefer", "b"))),
        ]
    )


@pytest.mark.requirements(
    "root-prefix", "root-links-only", "links-keep-query", "links-next-page", "answers-independent"
)
def test_links_begin_with_the_prefix(run: Run) -> None:
    roots = (
        "https://example.com", "https://api.example.com/root", "http://localhost:8080", "https://a-b.example.co.uk/x/y-z_1.2~3",
        "https://example.com/", "http://127.0.0.1:5000/api/v1/", "https://api.bentley.com", "https://example.com/mesh-export", "http://gate.example.com/API/Root",
    )  # fmt: skip
    run.send_all(Request.of((("$top", "3"), ("$skip", "3")), headers=((_ROOT, root),)) for root in roots)
    for number, some in enumerate([[], *_each_or_some(run)]):
        pairs = [*some, ("$top", "2"), ("$skip", "1")]
        for headers in (
            (*FULL, (_ROOT, f"https://r{number}.example/p")),
            (*FULL, (_ROOT, f"https://s{number}.example")),
            FULL,
        ):
            exchange = run.send(Request.of(pairs, headers=headers))
        _forgets(run, exchange, f"https://s{number}.example")
    run.send_once(Request(headers=((_ROOT, "https://whole.example/list"),)))
    # One export of hundreds may have the prefix where no link is.
    run.send_once(Request.of((WHOLE,), headers=((_ROOT, "https://every.example"),)))


@pytest.mark.requirements("prefer-default", "root-links-only", "answers-independent", "list-order-steady")
def test_a_connection_keeps_nothing_of_the_request_before(run: Run) -> None:
    page = (("$top", "6"), ("$skip", "2"))
    with run.endpoint.one_connection():
        for order in ("date:asc", "date:desc"):
            run.send(Request.of((*page, ("$orderBy", order), ("cdn", "1")), headers=FULL))
            run.send(Request.of(page, headers=FULL))
        for headers in (_MINIMAL, FULL, (*FULL, (_ROOT, "https://before.example"))):
            run.send(Request.of(page, headers=headers))
        plain = run.send(Request.of(page))
    _forgets(run, plain, "https://before.example")


def _forgets(run: Run, plain: Exchange, root: str) -> None:
    """The links of a request without a prefix do not begin with that of the request before."""
    for name, href in plain.links.items():
        if href.startswith(root):
            run.broke("answers-independent", plain, f"{name} begins with the prefix of an earlier request")
            return


@pytest.mark.requirements("status-no-server-error", "status-documented", "ok-json")
def test_odd_prefixes_do_no_harm(run: Run) -> None:
    odd = (
        "", "example.com", "/root", "//example.com", "https://", "javascript:alert(1)", "https://user:pw@example.com",
        "https://example.com/?a=b", "https://example.com/#f", 'https://example.com/"', "https://example.com/<script>", "https://example.com/%zz",
        "https://exämple.com", "HTTPS://EXAMPLE.COM", "https://example.com:99999", "https://[::1]", "https://example.com/\\", "{}",
        "https://example.com/" + "a" * 1000, "x" * 5000, "https://a.example, https://b.example", "https://example.com/ x",
        "https://[::1", "https://example.com:port", "https://{tenant}.example.com/a|b",
    )  # fmt: skip
    run.send_all(Request.of((("$top", "2"),), headers=((_ROOT, value.strip()),)) for value in odd)
    run.send_all([Request.of((("$top", "2"),), headers=((_ROOT, "https://a.example"), (_ROOT, "https://b.example")))])


@pytest.mark.requirements(
    "prefer-default", "status-documented", "error-media-type", "accept-vendor", "accept-json", "ok-media-type"
)
def test_the_media_types_of_the_page_and_of_its_clients_are_answered(run: Run) -> None:
    accepted = (
        "application/vnd.bentley.itwin-platform.v1+json",
        "application/json",
        "application/json,*/*;q=0.01",
        "*/*",
        "application/*",
        "application/json, text/plain, */*",
        "text/plain;q=0.5, application/vnd.bentley.itwin-platform.v1+json, application/json;q=0.9",
    )
    run.send_all(Request.of((("$top", "2"),), headers=(("Accept", value),)) for value in accepted)
    run.send_all(Request.of((("$top", "9"),), headers=(("Accept", value), *FULL)) for value in accepted)
    bad = (("$top", values.TOO_LARGE),)
    run.send_all(Request.of(bad, headers=(("Accept", value),)) for value in accepted)


@pytest.mark.requirements("status-no-server-error")
def test_odd_accept_headers_do_no_harm(run: Run) -> None:
    odd = (
        "text/html",
        "",
        "x",
        "*",
        "application/vnd.bentley.itwin-platform.v2+json",
        "application/json;q=0",
        ";;;",
        "a" * 3000,
    )
    run.send_all(Request.of((("$top", "2"),), headers=(("Accept", value),)) for value in odd)
    run.send_all([Request.of((("$top", "2"),), headers=(("Accept-Encoding", "identity;q=0"),))])


@pytest.mark.requirements(
    "status-no-server-error", "status-documented", "ok-json", "body-as-declared", "auth-required", "answers-independent"
)
def test_conditional_range_and_coding_headers_do_no_harm(run: Run) -> None:
    first = run.send_once(Request.of((("$top", "2"),)))
    tag = first.header("etag") or '"x"'
    headers = (
        ("If-None-Match", NOBODYS_TAG), ("If-None-Match", tag), ("If-None-Match", "*"), ("If-Match", tag), ("If-Modified-Since", LONG_AGO),
        ("If-Modified-Since", "nonsense"), ("If-Unmodified-Since", LONG_AGO), ("Range", "bytes=0-10"), ("Range", "bytes=-1"),
        ("Range", "items=0-1"), ("Range", "nonsense"),
    )  # fmt: skip
    run.send_all(Request.of((("$top", "2"),), headers=(header,)) for header in headers)
    run.send(Request.of((("$top", "2"),), headers=headers[1:2], credential=NO_CREDENTIAL))
    plain = (
        ("Accept-Encoding", "identity"), ("Accept-Encoding", "gzip"), ("Accept-Encoding", "gzip;q=0.5, identity"), ("Accept-Encoding", "deflate"),
        ("Accept-Encoding", "br"), ("Accept-Encoding", "zstd"),
        ("Accept-Charset", "iso-8859-1"), ("Accept-Language", "de"), ("Accept-Language", "*"), ("Accept-Language", "xx-yy-zz;q=x"), ("SessionId", "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc"), ("SessionId", "viewer-1"), ("Origin", "https://viewer.example"),
        ("Cookie", "a=b"), ("Cookie", "a"), ("Cookie", '=; a="b;;'), ("Content-Type", "application/json"), ("Content-Type", "text/plain"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "http"),
        ("Cache-Control", "no-cache"),
    )  # fmt: skip
    # A list that is as long as may be: what cuts bodies, or answers from elsewhere, shows.
    long = [(header, *FULL) if header[0] == "Accept-Encoding" else (header,) for header in plain]
    run.send_all(Request.of((WHOLE,), headers=headers) for headers in long)


@pytest.mark.requirements(
    "unauthorized-code",
    "unauthorized-body",
    "unprocessable-code",
    "unprocessable-body",
    "error-media-type",
    "error-code",
    "error-message",
    "error-details",
    "error-object",
    "error-target",
    "error-no-internals",
    "unprocessable-detail-code",
    "unprocessable-detail-target",
    "status-documented",
    "status-no-server-error",
)
def test_what_browsers_and_viewers_send_changes_no_error(run: Run) -> None:
    beside = (
        ("Accept-Language", "de-DE,de;q=0.9"), ("Accept-Language", "ja"), ("SessionId", "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc"), ("Origin", "https://viewer.example"), ("Cookie", "a=b"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"), ("Referer", "https://viewer.example/"), ("X-Requested-With", "XMLHttpRequest"), ("Accept-Encoding", "gzip, deflate, br, zstd"), *FULL,
    )  # fmt: skip
    invalid = (("$top", values.TOO_LARGE), ("iModelId", "not-a-uuid"))
    for pairs, more in (((), {"credential": NO_CREDENTIAL}), (invalid, {})):
        run.send_all(Request.of(pairs, headers=(header,), **more) for header in beside)
