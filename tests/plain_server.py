"""A second conforming endpoint, made of the standard library alone: no code, no framework and no habits of the mock.

It parses as a hurried programmer does (`int`, `uuid.UUID`), answers over HTTP/1.0 or 1.1, and writes a head and a
body in two segments.
"""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

MINIMAL = ("id", "displayName", "status", "lastModified")
STATUSES = ("Complete", "Complete", "NotStarted", "Invalid", "InProgress")


def exports(size: int) -> list[dict[str, Any]]:
    draw = random.Random(4)
    models = [str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(3)]
    changesets = [f"{draw.getrandbits(160):040x}" for _ in range(4)] + [""]
    return [
        {
            "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
            "displayName": f"model {number % 7}",
            "status": draw.choice(STATUSES),
            "lastModified": f"2025-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}T10:00:0{draw.randint(0, 3)}Z",
            "request": {
                "iModelId": draw.choice(models),
                "changesetId": draw.choice(changesets),
                "exportType": draw.choice(["3DTiles", "IMODEL", "CESIUM"]),
            },
        }
        for number in range(size)
    ]


class Handler(BaseHTTPRequestHandler):
    listed: list[dict[str, Any]]
    token: str
    numbers: Iterator[int]
    happening: Mapping[int, Callable[[list[dict[str, Any]]], None]] = MappingProxyType({})
    """The requests with which something happens to the collection, and what."""
    elsewhere: tuple[int, Any] = (404, {"error": {"code": "NotFound", "message": "There is nothing here."}})

    def do_GET(self) -> None:
        happen = self.happening.get(next(self.numbers))
        if happen:
            happen(self.listed)
        target = urlsplit(self.path)
        authorization = self.headers.get("Authorization")
        if target.path.rstrip("/") != "/mesh-export":
            self.answer(*self.elsewhere)
        elif not authorization:
            self.refuse("HeaderNotFound", "Header Authorization was not found in the request. Access denied.")
        elif authorization != f"Bearer {self.token}":
            self.refuse("InvalidToken", "The token is not valid.")
        else:
            self.answer_list({name: values[0] for name, values in parse_qs(target.query).items()})

    def answer_list(self, query: dict[str, str]) -> None:
        wrong: list[str] = []
        top, skip = self.count(query, "$top", 100, wrong), self.count(query, "$skip", 0, wrong)
        if top > 1000:
            wrong.append("$top")
        model = self.model(query, wrong)
        if "changesetId" in query and not re.fullmatch("[0-9a-fA-F]{40}", query["changesetId"]):
            wrong.append("changesetId")
        order = query.get("$orderBy", "").lower()
        if order not in ("", "date:asc", "date:desc"):
            wrong.append("$orderBy")
        if wrong:
            details = [{"code": "InvalidParameter", "message": f"{name}?", "target": name} for name in wrong]
            error = {"code": "InvalidMeshExportRequest", "message": "Cannot retrieve export.", "details": details}
            self.answer(422, {"error": error})
            return
        found = [export for export in self.listed if self.passes(export["request"], query, model)]
        if order:
            found.sort(key=lambda export: str(export["lastModified"]), reverse=order.endswith("desc"))
        page = [self.shown(export, query) for export in found[skip : skip + top]]
        self.answer(200, {"exports": page, "_links": self.links(query, top, skip, len(found))})

    def count(self, query: dict[str, str], name: str, default: int, wrong: list[str]) -> int:
        try:
            number = int(query.get(name, default))
        except ValueError:
            number = -1
        if number < 0:
            wrong.append(name)
        return max(number, 0)

    def model(self, query: dict[str, str], wrong: list[str]) -> str:
        try:
            return str(uuid.UUID(query["iModelId"])) if "iModelId" in query else ""
        except ValueError:
            wrong.append("iModelId")
            return ""

    def passes(self, request: dict[str, str], query: dict[str, str], model: str) -> bool:
        return (
            request["iModelId"].startswith(model)
            and request["changesetId"] == query.get("changesetId", request["changesetId"]).lower()
            and request["exportType"].lower() == query.get("exportType", request["exportType"]).lower()
        )

    def shown(self, export: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        preferences = ",".join(self.headers.get_all("Prefer", [])).replace(" ", "").replace('"', "").lower()
        if "return=representation" not in re.split("[,;]", preferences):
            return {name: export[name] for name in MINIMAL}
        if export["status"] != "Complete":
            return export
        host = "cdn" if query.get("cdn") == "1" else "blob"
        return {**export, "_links": {"mesh": {"href": f"https://{host}.example/{export['id']}?sig={random.random()}"}}}

    def links(self, query: dict[str, str], top: int, skip: int, size: int) -> dict[str, dict[str, str]]:
        root = self.headers.get("x-api-host-and-root") or "https://api.bentley.com"
        places = {"self": skip}
        if skip + top < size:
            places["next"] = skip + top
        if skip:
            places["prev"] = max(0, skip - top)
        return {
            name: {"href": f"{root.rstrip('/')}/mesh-export/?{urlencode({**query, '$top': top, '$skip': place})}"}
            for name, place in places.items()
        }

    def refuse(self, code: str, message: str) -> None:
        self.answer(401, {"error": {"code": code, "message": message}})

    def refuse_method(self) -> None:
        self.answer(405, {"error": {"code": "MethodNotAllowed", "message": "Only GET."}})

    do_POST = do_PUT = do_PATCH = do_DELETE = refuse_method  # noqa: N815

    def answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status == 405:
            # A list of HTTP may come in several lines.
            self.send_header("Allow", "HEAD")
            self.send_header("Allow", "GET")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def serving(size: int, token: str, protocol: str, **more: Any) -> Iterator[str]:
    bound = {"listed": exports(size), "token": token, "protocol_version": protocol, "numbers": count(), **more}
    kind = type("Bound", (Handler,), bound)
    server = Server(("127.0.0.1", 0), kind)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
