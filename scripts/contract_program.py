"""Drives a server through the client package and compares every item with the raw exchange that it came in.

Runs in an environment that has the package and nothing of this project: `scripts/contract.py` makes one. The server is
`MESH_EXPORT_BASE_URL`, the token `MESH_EXPORT_TOKEN`. Only GET is sent.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import httpx2
import mesh_export_client
from mesh_export_client import (
    AsyncMeshExportClient,
    Export,
    InvalidRequestError,
    MeshExportClient,
    NotFoundError,
    RetryPolicy,
    UnexpectedStatusError,
)
from mesh_export_client.api.exports.list_exports import OPERATION as LIST

LARGEST_TOP = int(next(item.maximum for item in LIST.parameters if item.name == "top" and item.maximum))
PATIENT = RetryPolicy(max_retries=10, max_retry_after=30)
ROOT = "https://gateway.example/root"
# One for all transports: to read the certificates takes longer than most walks do.
TRUSTED = httpx2.create_ssl_context()


@dataclass
class Record:
    """The exchanges of one walk.

    Attributes:
        exchanges: Each request with its answer, the body as JSON where it is some.
    """

    exchanges: list[tuple[httpx2.Request, int, Any]] = field(default_factory=list)

    def keep(self, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        """Keep an exchange, and give the answer on with its body read."""
        try:
            body = json.loads(response.content)
        except ValueError:
            body = None
        self.exchanges.append((request, response.status_code, body))
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
        return httpx2.Response(response.status_code, headers=headers, content=response.content)

    def items(self) -> list[dict[str, Any]]:
        """Give the items of all pages, as they came."""
        return [item for _, status, body in self.exchanges if status == 200 for item in body["exports"]]


class Recorder(httpx2.HTTPTransport):
    """A transport that keeps what goes through it."""

    def __init__(self, record: Record) -> None:
        super().__init__(verify=TRUSTED)
        self.record = record

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and keep the exchange."""
        response = super().handle_request(request)
        response.read()
        return self.record.keep(request, response)


class AsyncRecorder(httpx2.AsyncHTTPTransport):
    """The same for programs that await."""

    def __init__(self, record: Record) -> None:
        super().__init__(verify=TRUSTED)
        self.record = record

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and keep the exchange."""
        response = await super().handle_async_request(request)
        await response.aread()
        return self.record.keep(request, response)


def walked(call: dict[str, Any], record: Record) -> list[Export]:
    """List exports by plain calls."""
    with MeshExportClient(transport=Recorder(record), retries=PATIENT) as client:
        return list(client.exports.list(**call))


def awaited(call: dict[str, Any], record: Record) -> list[Export]:
    """List exports by awaiting."""

    async def walk() -> list[Export]:
        async with AsyncMeshExportClient(transport=AsyncRecorder(record), retries=PATIENT) as client:
            return [item async for item in client.exports.list(**call)]

    return asyncio.run(walk())


def calls(known: list[Export]) -> list[dict[str, Any]]:
    """List the calls to make: every parameter and preference alone, and all together, by what the server has."""
    request = next((item.request for item in known if item.request), None)
    imodel_id = str(request.imodel_id) if request else "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc"
    changeset_id = (
        request.changeset_id if request and request.changeset_id else "ed94ed9a0704918d36eeb620219f5e17d8858858"
    )
    export_type = request.export_type if request else "3DTiles"
    alone: list[dict[str, Any]] = [
        {},
        {"representation": "full"},
        {"representation": "minimal"},
        {"imodel_id": imodel_id, "representation": "full"},
        {"changeset_id": changeset_id},
        {"top": LARGEST_TOP},
        {"top": min(LARGEST_TOP, len(known) // 3 + 1)},
        {"skip": len(known) // 2},
        {"order_by": "date:asc"},
        {"order_by": "date:desc"},
        {"cdn": 1, "representation": "full"},
        {"cdn": 0},
        {"tile_version": "37"},
        {"export_type": export_type, "representation": "full"},
        {"itwin_js": "5.13.3"},
        {"api_host_and_root": ROOT, "top": min(LARGEST_TOP, len(known) // 2 + 1)},
    ]
    together = {name: value for call in alone for name, value in call.items()}
    return [*alone, {**together, "top": LARGEST_TOP, "skip": 0, "representation": "full"}]


def canonical(value: Any, name: str = "") -> Any:
    """Give a wire value in the one spelling of its kind: ids in lower case, moments in UTC."""
    if isinstance(value, dict):
        return {key: canonical(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if name == "lastModified":
        return datetime.datetime.fromisoformat(value).astimezone(datetime.UTC).isoformat()
    return value.lower() if name in ("id", "iModelId") else value


def differences(items: list[Export], record: Record) -> list[str]:
    """Say where the items differ from what came over the wire."""
    raw = record.items()
    found = [] if len(items) == len(raw) else [f"{len(items)} items from {len(raw)} on the wire"]
    for item, sent in zip(items, raw, strict=False):
        mesh = (sent.get("_links") or {}).get("mesh")
        same = (
            canonical(item.to_dict()) == canonical(sent)
            and str(item.id) == sent["id"].lower()
            and item.display_name == sent["displayName"]
            and item.status == sent["status"]
            and item.last_modified == datetime.datetime.fromisoformat(sent["lastModified"])
            and item.mesh_url == (mesh["href"] if mesh else None)
            and (item.request.export_type if item.request else None) == sent.get("request", {}).get("exportType")
        )
        if not same:
            found.append(f"export {sent['id']} differs from what was sent")
    return found


def refusal(error: InvalidRequestError, record: Record) -> list[str]:
    """Say where an error differs from what came over the wire."""
    told = (record.exchanges[-1][2] or {}).get("error") or {}
    targets = tuple(dict.fromkeys(detail.get("target") for detail in told.get("details") or []))
    same = error.code == told.get("code") and len(error.details) == len(told.get("details") or [])
    same = same and (None in targets or error.targets == targets)
    return [] if same else ["the error differs from what was sent"]


def got(item: Export, record: Record) -> list[str]:
    """Get one export by its id, and say where it differs from what came; a server may lack the operation."""
    with MeshExportClient(transport=Recorder(record), retries=PATIENT) as client:
        try:
            found = client.exports.get(item.id)
            same = canonical(found.to_dict()) == canonical(record.exchanges[-1][2]["export"]) and found.id == item.id
        except (NotFoundError, UnexpectedStatusError):
            return []
    return [] if same else [f"export {item.id} differs from what was sent"]


def main() -> int:
    """Make each call in both ways; the result is the exit code."""
    known = walked({"representation": "full"}, Record())
    failed, items = 0, 0
    for call in calls(known):
        for way in (walked, awaited):
            record = Record()
            try:
                listed = way(call, record)
                found, said = differences(listed, record), f"{len(listed)} exports on {len(record.exchanges)} pages"
                items += len(listed)
            except InvalidRequestError as error:
                found, said = refusal(error, record), f"refused: {', '.join(error.targets)}"
            failed += bool(found)
            print(
                f"{'differs' if found else 'agrees '} {way.__name__}({', '.join(call)}): {'; '.join(found[:3]) or said}"
            )
    for item in known[:3]:
        record = Record()
        found = got(item, record)
        failed += bool(found)
        print(f"{'differs' if found else 'agrees '} got({item.id}): {'; '.join(found) or 'as listed'}")
    print(
        f"{mesh_export_client.__name__} {mesh_export_client.__version__}: {items} items compared, {failed} calls differ"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
