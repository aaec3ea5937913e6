"""Operations, members and deprecations that are added to the spec reach the package without a line of Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from client_operations import spec_with
from client_servers import STAMP, http, page, serve

from scripts import generate
from scripts.spec_facts import GenerationError

FULL = {
    "id": "fc3aa1e5-5196-4dd9-a73e-4cfda693e576",
    "displayName": "My iModel",
    "status": "NotStarted",
    "lastModified": STAMP,
    "request": {"iModelId": "b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", "changesetId": "", "exportType": "3DTiles"},
}
NOT_FOUND = {"error": {"code": "ExportNotFound", "message": "Requested export is not available."}}


def made(spec: dict[str, Any], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "spec.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    generate.generate(folder / "spec.yaml", folder / "made")
    return folder / "made"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(spec_with("getExport", "deleteExport", "createExport"), tmp_path_factory.mktemp("grown"))


def run(package: Path, program: str, url: str = "http://127.0.0.1:9") -> Any:
    environment = {
        **os.environ,
        "PYTHONPATH": str(package),
        "MESH_EXPORT_BASE_URL": url,
        "MESH_EXPORT_TOKEN": "a-token",
    }
    source = f"import asyncio, json, warnings\nfrom mesh_export_client import *\n{program}"
    finished = subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_a_second_operation_appears_with_all_that_the_first_has(grown: Path) -> None:
    program = """
groups = [MeshExportClient().exports, AsyncMeshExportClient().exports]
groups += [group.with_raw_response for group in groups]
print(json.dumps([sorted(name for name in dir(group) if name[0] != "_") for group in groups]))
"""
    plain, awaited, raw, awaited_raw = run(grown, program)
    assert plain == awaited == ["create", "delete", "get", "list", "wait_until_complete", "with_raw_response"]
    assert raw == awaited_raw == ["create", "delete", "get", "list"]


def test_an_object_is_got_by_its_id_without_its_envelope(grown: Path) -> None:
    program = """
with MeshExportClient() as client:
    export = client.exports.get("FC3AA1E5/../x", cdn=1)
    raw = client.exports.with_raw_response.get("a")
    print(json.dumps([export.to_dict(), export.extra, type(export).__name__, raw.status, str(raw.parse().id)]))
"""
    with serve(http(body={"export": {**FULL, "size": 1}})) as server:
        wire, extra, name, status, ident = run(grown, program, server.url)
    assert (wire, extra, name, status, ident) == ({**FULL, "size": 1}, {"size": 1}, "Export", 200, FULL["id"])
    assert server.asked[0].target == "/mesh-export/FC3AA1E5%2F..%2Fx?cdn=1"
    assert server.asked[0].headers["accept"] == "application/vnd.bentley.itwin-platform.v1+json"


def test_its_errors_are_of_their_statuses(grown: Path) -> None:
    program = """
found = []
with MeshExportClient() as client:
    for call in (client.exports.get, client.exports.with_raw_response.get):
        try:
            call("a")
        except NotFoundError as error:
            found.append([error.code, error.status, ResponseError in type(error).__bases__])
    for bad in ("", ".", "..", None):
        try:
            client.exports.get(bad)
        except InvalidArgumentError as error:
            found.append(str(error))
print(json.dumps(found))
"""
    with serve(http(404, NOT_FOUND)) as server:
        found = run(grown, program, server.url)
    assert (
        found
        == [["ExportNotFound", 404, True]] * 2
        + ["id is a part of the URL's path: it may not be empty or consist of dots."] * 4
    )
    assert len(server.asked) == 2


def test_a_deprecated_operation_warns_at_the_callers_line(grown: Path) -> None:
    program = """
warnings.simplefilter("always")
async def main():
    async with AsyncMeshExportClient() as client:
        return await client.exports.delete("a")
with warnings.catch_warnings(record=True) as caught, MeshExportClient() as client:
    results = [client.exports.delete("a"), asyncio.run(main())]
print(json.dumps([results, [[w.category.__name__, str(w.message), w.filename] for w in caught]]))
"""
    with serve(http(204, media_type=None)) as server:
        results, caught = run(grown, program, server.url)
    assert results == [None, None]
    assert caught == [["DeprecationWarning", "deleteExport is deprecated.", "<string>"]] * 2
    assert [asked.method for asked in server.asked] == ["DELETE", "DELETE"]
    text = (grown / "mesh_export_client" / "api" / "exports" / "group.py").read_text(encoding="utf-8")
    assert text.count("Deprecated: a call gives a `DeprecationWarning`.") == 2


def test_a_deprecated_member_of_a_body_warns_when_it_is_given(tmp_path: Path) -> None:
    spec = spec_with("createExport")
    spec["components"]["schemas"]["StartExport"]["properties"]["exportType"]["deprecated"] = True
    program = """
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught, MeshExportClient(max_retries=0) as client:
    for more in ({}, {"export_type": "3DTiles"}):
        try:
            client.exports.create(imodel_id="b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", changeset_id="", **more)
        except MeshExportError:
            pass
print(json.dumps([[w.category.__name__, str(w.message), w.filename] for w in caught]))
"""
    with serve(http(503), http(503)) as server:
        caught = run(made(spec, tmp_path), program, server.url)
    assert caught == [["DeprecationWarning", "export_type is deprecated.", "<string>"]]
    group = (tmp_path / "made" / "mesh_export_client" / "api" / "exports" / "group.py").read_text(encoding="utf-8")
    assert "Deprecated. (Request body:" in " ".join(group.split())


@pytest.mark.parametrize("way", ["plain", "awaited"])
def test_what_has_begun_can_be_waited_for(grown: Path, way: str) -> None:
    programs = {
        "plain": """
with MeshExportClient() as client:
    begun = client.exports.create(imodel_id="b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", export_type="3DTiles")
    print(json.dumps([begun.result.status, begun.wait(interval=0.001).status]))
""",
        "awaited": """
async def main():
    async with AsyncMeshExportClient() as client:
        begun = await client.exports.create(imodel_id="b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc", export_type="3DTiles")
        print(json.dumps([begun.result.status, (await begun.wait(interval=0.001)).status]))
asyncio.run(main())
""",
    }
    states = [
        http(202, {"export": FULL}),
        *(http(body=page(listed)) for listed in ([], [{**FULL, "status": "Complete"}])),
    ]
    with serve(*states) as server:
        assert run(grown, programs[way], server.url) == ["NotStarted", "Complete"]
    assert [asked.method for asked in server.asked] == ["POST", "GET", "GET"]
    assert server.asked[0].headers["content-type"] == "application/json"
    assert json.loads(server.asked[0].body) == {"iModelId": FULL["request"]["iModelId"], "exportType": "3DTiles"}  # type: ignore[index]
    assert server.asked[1].query == {"iModelId": FULL["request"]["iModelId"]}  # type: ignore[index]


def test_members_that_the_spec_does_not_name_go_into_a_body(grown: Path) -> None:
    program = """
async def main():
    async with AsyncMeshExportClient() as client:
        await client.exports.create(imodel_id="a", extra_body={"iModelId": "b", "none": None})
found = []
with MeshExportClient() as client:
    client.exports.create(imodel_id="a", extra_body={"items": [{"key": "k", "value": 1.5}]})
    asyncio.run(main())
    circle = []
    circle.append(circle)
    for bad in (object(), "SECRET\\ud800", circle):
        try:
            client.exports.create(imodel_id="a", extra_body={"bad": bad})
        except InvalidArgumentError as error:
            found.append(str(error))
print(json.dumps(found))
"""
    with serve(http(202, {"export": FULL})) as server:
        said = run(grown, program, server.url)
    assert [json.loads(asked.body) for asked in server.asked] == [
        {"iModelId": "a", "items": [{"key": "k", "value": 1.5}]},
        {"iModelId": "b", "none": None},
    ]
    assert len(said) == 3
    assert all(text.startswith("The body has a value that cannot be written as JSON: ") for text in said)
    assert "SECRET" not in "".join(said)


def test_a_post_is_not_repeated_blindly(grown: Path) -> None:
    program = """
with MeshExportClient(retries=RetryPolicy(initial_delay=0.001)) as client:
    try:
        client.exports.create(imodel_id="b80f4fc2-4dbb-42c5-bb1f-f5aace3977dc")
    except ServerError as error:
        print(error.status)
"""
    with serve(http(503)) as server:
        assert run(grown, program, server.url) == 503
    assert len(server.asked) == 1


def test_the_list_is_as_before(grown: Path) -> None:
    program = "print(len(list(MeshExportClient().exports.list(top=3))))"
    with serve(http(body=page(3))) as server:
        assert run(grown, program, server.url) == 3


def test_the_grown_package_is_as_strictly_typed_and_as_clean(grown: Path) -> None:
    settings = generate.ROOT / "pyproject.toml"
    tools = Path(sys.executable).parent
    for command in (
        f"{tools}/mypy --config-file {settings} mesh_export_client",
        f"{tools}/ruff check --config {settings} --ignore A002,INP,TC .",
    ):
        finished = subprocess.run(command.split(), cwd=grown, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stdout


def refused(spec: dict[str, Any], folder: Path) -> str:
    with pytest.raises(GenerationError) as caught:
        made(spec, folder)
    return str(caught.value)


def test_what_there_is_no_template_for_is_refused_and_not_generated_wrong(tmp_path: Path) -> None:
    cases: dict[str, Any] = {}
    for name in ("array", "plain", "unnamed", "no_success"):
        cases[name] = spec_with("getExport", "createExport")
    get, post = (cases["array"]["paths"]["/mesh-export/{id}"]["get"], cases["plain"]["paths"]["/mesh-export/"]["post"])
    get["responses"]["200"]["content"] = {
        "application/json": {"schema": {"type": "array", "items": {"type": "string"}}}
    }
    post["requestBody"]["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    del cases["unnamed"]["paths"]["/mesh-export/{id}"]["get"]["operationId"]
    del cases["no_success"]["paths"]["/mesh-export/{id}"]["get"]["responses"]["200"]
    said = {name: refused(spec, tmp_path / name) for name, spec in cases.items()}
    assert "is not an object" in said["array"]
    assert "is not a JSON object" in said["plain"]
    assert "operationId" in said["unnamed"]
    assert "no success" in said["no_success"]


def test_another_group_another_error_and_responses_without_a_status_of_their_own(tmp_path: Path) -> None:
    spec = spec_with("getExport")
    get = spec["paths"]["/mesh-export/{id}"]["get"]
    get["tags"] = ["viewers"]
    error = get["responses"]["404"]
    get["responses"].update({"409": error, "503": error, "4XX": error, "default": error})
    program = """
client = MeshExportClient(max_retries=0)
found = [type(client.viewers).__name__, issubclass(ServiceUnavailableError, ServerError)]
found.append(ConflictError.__bases__[0].__name__)
for _ in range(2):
    try:
        client.viewers.get_export("a")
    except ResponseError as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""
    with serve(http(503), http(409)) as server:
        found = run(made(spec, tmp_path), program, server.url)
    assert found == ["Viewers", True, "ResponseError", "ServiceUnavailableError", "ConflictError"]


def test_a_code_that_a_404_shows_is_an_error_of_its_own(tmp_path: Path) -> None:
    spec = spec_with()
    examples = spec["components"]["responses"]["ExportNotFound"]["content"]["application/json"]
    examples["example"] = {"error": {"code": "ExportExpired", "message": "It has expired."}}
    del examples["examples"]
    for code in ("NotFound", "not-yet-there", "LookupError"):
        shown = {"value": {"error": {"code": code}}}
        spec["components"]["responses"]["IModelNotFound"]["content"]["application/json"]["examples"][code] = shown
    program = """
found = []
for _ in range(4):
    try:
        MeshExportClient(max_retries=0).exports.get("a")
    except NotFoundError as error:
        found.append([type(error).__name__, type(error).__bases__[0].__name__])
print(json.dumps(found))
"""
    codes = ("ExportExpired", "not-yet-there", "LookupError", "NotFound")
    with serve(*(http(404, {"error": {"code": code}}) for code in codes)) as server:
        package = made(spec, tmp_path)
        found = run(package, program, server.url)
    assert found == [
        ["ExportExpiredError", "NotFoundError"],
        ["NotYetThereError", "NotFoundError"],
        ["LookupError_", "NotFoundError"],  # Python has another of that name
        ["NotFoundError", "ResponseError"],
    ]
    readme = (package / "README.md").read_text(encoding="utf-8")
    assert "`ExportExpiredError`, `ExportNotFoundError`" in readme


def test_two_errors_of_one_name_are_refused(tmp_path: Path) -> None:
    spec = spec_with()
    example = spec["components"]["examples"]["ExportNotFound"]["value"]["error"]
    for number, code in enumerate(("Transport", "i-model-not-found")):
        example["code"] = code
        said = refused(spec, tmp_path / str(number))
        assert "Two errors would be called" in said
        assert "under `errors` in generator.yaml" in said


def test_a_deprecated_member_and_parameter_warn_when_they_are_used(tmp_path: Path) -> None:
    spec = spec_with()
    spec["components"]["schemas"]["MinimalExport"]["properties"]["displayName"]["deprecated"] = True
    spec["components"]["parameters"]["cdn"]["deprecated"] = True
    program = """
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as caught, MeshExportClient() as client:
    export = next(iter(client.exports.list()))
    assert repr(export) and export.extra == {} and export.to_dict() and export == export and not caught
    export.display_name
    client.exports.list(cdn=1)
print(json.dumps([[w.category.__name__, str(w.message), w.filename] for w in caught]))
"""
    with serve(http(body=page())) as server:
        caught = run(made(spec, tmp_path), program, server.url)
    assert caught == [
        ["DeprecationWarning", "Export.display_name is deprecated.", "<string>"],
        ["DeprecationWarning", "cdn is deprecated.", "<string>"],
    ]
    text = (tmp_path / "made" / "mesh_export_client" / "models" / "export.py").read_text(encoding="utf-8")
    assert "Deprecated." in text
