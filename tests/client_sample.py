"""A program that uses what the client offers, row by row: type checkers read it, and a test runs it."""

from __future__ import annotations

import datetime
import logging
from typing import assert_type
from uuid import UUID

import httpx2
from mesh_export_client import (
    AsyncMeshExportClient,
    AsyncPager,
    AuthenticationError,
    Begun,
    CallOptions,
    ClientCredentials,
    Error,
    ErrorDetail,
    Export,
    ExportListResponse,
    ExportRequest,
    ExportStatus,
    ExportType,
    IModelNotFoundError,
    InvalidRequestError,
    MeshExportClient,
    MeshExportError,
    Pager,
    RateLimitError,
    RawResponse,
    RetryEvent,
    RetryPolicy,
    ServerError,
    ShareKey,
    TransportError,
    WaitTimeoutError,
)
from msgspec import UnsetType

LOG = logging.getLogger("sample")
IMODEL = UUID("b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc")


def the_program(client: MeshExportClient) -> list[str]:
    """List exports."""
    lines: list[str] = []
    for export in client.exports.list(imodel_id=str(IMODEL), export_type="3DTiles", representation="full"):
        assert_type(export, Export)
        lines.append(f"{export.display_name} {export.status} {export.tileset_url}")
    return lines


async def its_twin(client: AsyncMeshExportClient) -> list[str]:
    """List exports by awaiting."""
    return [
        f"{export.display_name} {export.status} {export.tileset_url}"
        async for export in client.exports.list(imodel_id=IMODEL, export_type="3DTiles", representation="full")
    ]


def models(export: Export) -> None:
    """Look at the members of an export."""
    assert_type(export.id, UUID)
    assert_type(export.status, ExportStatus)
    assert_type(export.last_modified, datetime.datetime)
    assert_type(export.request, ExportRequest | None)
    assert_type(export.tileset_url, str | None)
    if export.request:
        assert_type(export.request.export_type, ExportType)
        assert_type(export.request.changeset_id, str)
    assert_type(export.to_json(), bytes)
    assert_type(Export.from_json(export.to_json()), Export)
    assert_type(Error(target=None).target, str | UnsetType | None)
    export.extra.get("anything")
    if export.status == "Queued" or not export.status.is_known:
        LOG.info("%s", export.to_dict())


def paging(client: MeshExportClient) -> int:
    """Walk pages, stop, and go on."""
    listed = client.exports.list(order_by="date:desc", top=2, limit=3)
    assert_type(listed, Pager[ExportListResponse, Export])
    count = len(list(listed))
    for page in listed.pages():
        assert_type(page, ExportListResponse)
        assert_type(page.exports, tuple[Export, ...])
        break
    assert_type(listed.next_link, str | None)
    if listed.next_link:
        count += len(list(client.exports.list(start=listed.next_link)))
    return count


async def async_paging(client: AsyncMeshExportClient) -> int:
    """Walk pages by awaiting."""
    listed = client.exports.list(order_by="an order of tomorrow", check=False, limit=0)
    assert_type(listed, AsyncPager[ExportListResponse, Export])
    return len([export async for export in listed])


def options(client: MeshExportClient) -> None:
    """Set what holds for one call, or for several."""
    some: CallOptions = {"timeout": 5, "deadline": 20, "max_retries": 1, "extra_headers": {"SessionId": "1"}}
    list(client.exports.list(export_type="a type of tomorrow", cdn=1, **some))
    list(client.with_options(extra_query={"client": "sample"}, timeout=httpx2.Timeout(3)).exports.list(limit=1))


def starting(client: MeshExportClient) -> None:
    """Start an export with a member of the body that the package does not know; the iModel is none, so it fails."""
    try:
        begun = client.exports.create(imodel_id="a", extra_body={"options": [{"key": "a", "value": 1}]}, timeout=5)
        assert_type(begun, Begun[Export])
    except (IModelNotFoundError, InvalidRequestError) as error:
        assert_type(error, IModelNotFoundError | InvalidRequestError)


def raw(client: MeshExportClient) -> bytes:
    """Take an answer as it came."""
    response = client.exports.with_raw_response.list(top=1)
    assert_type(response, RawResponse[ExportListResponse])
    assert_type(response.parse().exports, tuple[Export, ...])
    return response.content


async def async_raw(client: AsyncMeshExportClient) -> bytes:
    """Await an answer as it came."""
    response = await client.exports.with_raw_response.list(top=1)
    assert_type(response, RawResponse[ExportListResponse])
    return response.content


def errors(client: MeshExportClient) -> str:
    """Tell errors apart."""
    try:
        list(client.exports.list(top=1001, check=False))
    except InvalidRequestError as error:
        assert_type(error.details, tuple[ErrorDetail, ...])
        return ", ".join(error.targets)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except (AuthenticationError, ServerError) as error:
        LOG.info("%d %s", error.status, error.request_id)
    except TransportError as error:
        LOG.info("%s", error.url)
    except MeshExportError:
        raise
    return ""


def waiting(client: MeshExportClient, export: Export) -> Export | None:
    """Wait for an export."""
    try:
        return client.exports.wait_until_complete(export, max_wait=1, interval=0.1)
    except WaitTimeoutError:
        return None


def clients(url: str) -> list[MeshExportClient | AsyncMeshExportClient]:
    """Make clients with each kind of credentials and the settings that there are."""

    def watch(event: RetryEvent) -> None:
        LOG.info("%s again in %.1f s", event.operation, event.delay)

    async def token() -> str:
        return "a-token"

    return [
        MeshExportClient("a-token", base_url=url, retries=RetryPolicy(max_retries=3), on_retry=watch),
        MeshExportClient(lambda: "a-token", base_url=url, foreign_links="refuse", user_agent="sample/1"),
        MeshExportClient(ClientCredentials("id", "secret"), timeout=3, deadline=30, max_retries=0),
        MeshExportClient(ShareKey("key"), http_client=httpx2.Client()),
        AsyncMeshExportClient(token, base_url=url, headers={"SessionId": "1"}, query={"client": "sample"}),
        AsyncMeshExportClient("a-token", transport=httpx2.AsyncHTTPTransport(retries=1)),
    ]
