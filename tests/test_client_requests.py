"""What a call sends: what the caller set, in the wire's spelling, and nothing else."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from client_servers import KINDS, TOKEN, Kind, http, page, serve
from mesh_export_client import (
    AsyncMeshExportClient,
    ConnectionFailedError,
    ExportType,
    InvalidArgumentError,
    MeshExportClient,
    __version__,
)

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING: dict[str, Any] = {
    "imodel_id": uuid.UUID("b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc"),
    "changeset_id": "ed94ed9a0704918d36eeb620219f5e17d8858858",
    "top": 7,
    "skip": 3,
    "order_by": "date:desc",
    "cdn": 1,
    "tile_version": "37",
    "export_type": ExportType.TYPE_3D_TILES,
    "itwin_js": "5.13.3",
    "representation": "full",
    "api_host_and_root": "https://gateway.example/root",
}


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_nothing_is_sent_that_the_caller_did_not_set(kind: Kind) -> None:
    with serve(http(body=page())) as server:
        kind.list(server.url)
    (asked,) = server.asked
    assert asked.target == "/mesh-export/"
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["accept"] == "application/vnd.bentley.itwin-platform.v1+json"
    assert asked.headers["user-agent"] == f"mesh-export-client/{__version__}"
    assert not {"prefer", "x-api-host-and-root", "cookie"} & asked.headers.keys()


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_every_parameter_reaches_the_wire_under_its_own_name(kind: Kind) -> None:
    with serve(http(body=page())) as server:
        kind.list(server.url, **EVERYTHING)
    (asked,) = server.asked
    assert asked.query == {
        "iModelId": "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc",
        "changesetId": "ed94ed9a0704918d36eeb620219f5e17d8858858",
        "$top": "7",
        "$skip": "3",
        "$orderBy": "date:desc",
        "cdn": "1",
        "tileVersion": "37",
        "exportType": "3DTiles",
        "iTwinJS": "5.13.3",
    }
    assert asked.headers["prefer"] == "return=representation"
    assert asked.headers["x-api-host-and-root"] == "https://gateway.example/root"


@pytest.mark.parametrize(
    ("argument", "value", "written"),
    [
        ("cdn", True, "cdn=1"),
        ("cdn", False, "cdn=0"),
        ("top", 0, "$top=0"),
        ("skip", -1, "$skip=-1"),
        ("export_type", "A new&type", "exportType=A%20new%26type"),
        ("imodel_id", "not a UUID", "iModelId=not%20a%20UUID"),
        ("changeset_id", "", "changesetId="),
    ],
)
def test_a_value_is_written_as_the_wire_wants_it(argument: str, value: Any, written: str) -> None:
    with serve(http(body=page())) as server:
        KINDS[0].list(server.url, **{argument: value})
    assert server.asked[0].target == f"/mesh-export/?{written}"


@pytest.mark.parametrize(("written", "sent"), [("minimal", "return=minimal"), ("wait=5", "wait=5")])
def test_a_representation_is_a_preference(written: str, sent: str) -> None:
    with serve(http(body=page())) as server:
        KINDS[0].list(server.url, representation=written)
    assert server.asked[0].headers["prefer"] == sent


@pytest.mark.parametrize("client_class", [MeshExportClient, AsyncMeshExportClient])
@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("top", 1001, r"top \(\$top\) may be 1000 at most; 1001 was given"),
        ("order_by", "name:asc", r"order_by \(\$orderBy\) must be date:asc or date:desc"),
        ("skip", "many", r"skip \(\$skip\) must be an integer"),
    ],
)
def test_a_value_out_of_bounds_fails_before_anything_is_sent(
    client_class: type[Any], argument: str, value: object, said: str
) -> None:
    client = client_class(TOKEN, base_url="http://127.0.0.1:9")
    with pytest.raises(InvalidArgumentError, match=said):
        client.exports.list(**{argument: value})
    with pytest.raises(ValueError, match=said):
        client.exports.list(**{argument: value})


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_the_check_can_be_turned_off_for_a_call_and_for_a_client(kind: Kind) -> None:
    with serve(http(body=page())) as server:
        kind.list(server.url, top=1001, check=False)
        kind.list(server.url, client={"check": False}, order_by="name:asc")
    assert [asked.target for asked in server.asked] == ["/mesh-export/?$top=1001", "/mesh-export/?$orderBy=name:asc"]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_headers_and_query_parameters_are_added_per_client_and_per_call(kind: Kind) -> None:
    client = {"headers": {"SessionId": "a", "X-Both": "client"}, "query": {"client": "tests", "both": "client"}}
    with serve(http(body=page())) as server:
        kind.list(
            server.url,
            client=client,
            top=1,
            extra_headers={"X-Both": "call", "Accept": "application/json"},
            extra_query={"both": "call", "$top": "2"},
        )
    (asked,) = server.asked
    assert asked.query == {"client": "tests", "both": "call", "$top": "2"}
    assert asked.headers["sessionid"] == "a"
    assert asked.headers["x-both"] == "call"
    assert asked.headers["accept"] == "application/json"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "ä", "a\0b", " a", "a "])
def test_a_header_that_would_be_read_as_more_than_one_is_refused(value: str) -> None:
    with MeshExportClient(TOKEN, base_url="http://127.0.0.1:9") as client:
        with pytest.raises(InvalidArgumentError):
            client.exports.list(api_host_and_root=value)
        with pytest.raises(InvalidArgumentError):
            client.exports.list(extra_headers={"X-Some": value})
        with pytest.raises(InvalidArgumentError):
            client.exports.list(extra_headers={f"X-{value}": "some"})


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_the_user_agent_can_be_extended(kind: Kind) -> None:
    with serve(http(body=page())) as server:
        kind.list(server.url, client={"user_agent": "viewer/3.1"})
    assert server.asked[0].headers["user-agent"] == f"mesh-export-client/{__version__} viewer/3.1"


def test_other_options_share_the_connections_and_the_credentials() -> None:
    with serve(http(body=page())) as server, MeshExportClient(TOKEN, base_url=server.url) as client:
        other = client.with_options(extra_headers={"X-Some": "1"}, check=False)
        list(client.exports.list())
        list(other.exports.list(top=2000))
        other.close()
        list(client.exports.list())
    assert server.connections == 1
    assert [asked.headers.get("x-some") for asked in server.asked] == [None, "1", None]
    assert server.asked[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_client_of_the_caller_is_used_and_left_open() -> None:
    with serve(http(body=page())) as server, httpx2.Client(headers={"X-Own": "1"}, auth=("user", "secret")) as own:
        with MeshExportClient(TOKEN, base_url=server.url, http_client=own) as client:
            list(client.exports.list())
        assert not own.is_closed
    assert server.asked[0].headers["x-own"] == "1"
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_transport_of_the_caller_is_used() -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json=page())

    with MeshExportClient(TOKEN, transport=httpx2.MockTransport(answer)) as client:
        assert len(list(client.exports.list())) == 1
    assert str(asked[0].url) == "https://api.bentley.com/mesh-export/"


def test_a_proxy_is_used() -> None:
    with serve(http(body=page())) as proxy:
        KINDS[0].list("http://service.invalid", client={"proxy": proxy.url})
    assert proxy.asked[0].target.startswith("http://service.invalid/mesh-export/")


def test_its_own_connections_are_closed_with_the_client() -> None:
    with MeshExportClient(TOKEN) as client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        list(client.exports.list(max_retries=0))


def test_the_base_url_may_have_a_path_and_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(http(body=page())) as server:
        monkeypatch.setenv("MESH_EXPORT_BASE_URL", f"{server.url}/gateway/")
        monkeypatch.setenv("MESH_EXPORT_TOKEN", "from-the-environment")
        with MeshExportClient() as client:
            list(client.exports.list())
    assert server.asked[0].target == "/gateway/mesh-export/"
    assert server.asked[0].headers["authorization"] == "Bearer from-the-environment"


@pytest.mark.parametrize(
    "base_url", ["api.bentley.com", "ftp://host", "https://", "https://user:pw@host", "https://host/?a=1", "http://h:x"]
)
def test_a_base_url_that_cannot_be_sent_to_is_refused(base_url: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        MeshExportClient(TOKEN, base_url=base_url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("setting", [{"deadline": 0}, {"max_retries": -1}, {"foreign_links": "sometimes"}])
def test_a_setting_that_makes_no_sense_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        MeshExportClient(TOKEN, **setting)


def test_an_own_client_excludes_settings_that_it_brings_itself() -> None:
    with httpx2.Client() as own, pytest.raises(InvalidArgumentError):
        MeshExportClient(TOKEN, http_client=own, proxy="http://127.0.0.1:9")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, and its key, in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    parts = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    command = ["openssl", *parts.split(), "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_certificates_are_checked_and_can_be_the_callers_own(kind: Kind, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serve(http(body=page(2)), tls=context) as server:
        with pytest.raises(ConnectionFailedError):
            kind.list(server.url, client={"max_retries": 0})
        own = ssl.create_default_context(cafile=str(certificate))
        assert len(kind.list(server.url, client={"verify": own})) == 2
        assert len(kind.list(server.url, client={"verify": False})) == 2
