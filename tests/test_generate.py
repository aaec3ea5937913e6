"""`make generate`: the package is what the spec gives, whoever makes it and wherever."""

from __future__ import annotations

import copy
import difflib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_python_client.strings import snake_case

from conformance.spec import document
from scripts import generate, spec_facts

SPEC = document()


def made_from(spec: dict[str, Any], folder: Path) -> dict[str, str]:
    source = folder / "spec.yaml"
    source.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    generate.generate(source, folder / "made")
    return generate.files_of(folder / "made")


def committed() -> dict[str, str]:
    return generate.files_of(generate.OUTPUT)


def copy_of_spec() -> dict[str, Any]:
    return copy.deepcopy(SPEC)


def test_the_committed_package_is_what_the_spec_gives() -> None:
    assert generate.main(["--check"]) == 0


def test_it_is_the_same_in_another_process_folder_and_environment(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 40\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo", "HOME": str(tmp_path)}
    script = Path(generate.__file__).resolve()
    subprocess.run([sys.executable, script, "--output", tmp_path / "made"], cwd=tmp_path, env=environment, check=True)
    assert generate.files_of(tmp_path / "made") == committed()


def test_generation_replaces_what_is_there_and_removes_what_is_left_over(tmp_path: Path) -> None:
    output = tmp_path / "made"
    assert generate.main(["--output", str(output)]) == 0
    (output / "mesh_export_client" / "left_over.py").write_text("x = 1\n", encoding="utf-8")
    (output / "mesh_export_client" / "client.py").write_text("x = 1\n", encoding="utf-8")
    assert generate.main(["--output", str(output)]) == 0
    assert generate.files_of(output) == committed()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("mesh_export_client/client.py", "x = 1\n", "-x = 1"),
        ("mesh_export_client/left_over.py", "x = 1\n", "+++ /dev/null"),
        ("mesh_export_client/py.typed", None, "+++ generated/mesh_export_client/py.typed"),
    ],
)
def test_the_check_shows_a_difference_and_changes_nothing(
    name: str, text: str | None, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "made"
    generate.main(["--output", str(output)])
    (output / name).unlink(missing_ok=True)
    if text is not None:
        (output / name).write_text(text, encoding="utf-8")
    before = generate.files_of(output)
    assert generate.main(["--check", "--output", str(output)]) == 1
    assert expected in capsys.readouterr().out or text is None
    assert generate.files_of(output) == before


def test_a_member_added_to_a_schema_reaches_the_package_and_leaves_no_trace(tmp_path: Path) -> None:
    spec = copy_of_spec()
    spec["components"]["schemas"]["MinimalExport"]["properties"]["iModelRegion"] = {
        "type": "string",
        "description": "Where the iModel is kept.",
    }
    (tmp_path / "with").mkdir()
    files = made_from(spec, tmp_path / "with")
    for model in ("export", "minimal_export"):
        text = files[f"mesh_export_client/models/{model}.py"]
        assert 'imodel_region: str | None = field(name="iModelRegion", default=None)' in text
        assert "Where the iModel is kept." in text
    (tmp_path / "without").mkdir()
    assert made_from(SPEC, tmp_path / "without") == committed()


def test_the_version_is_that_of_the_spec(tmp_path: Path) -> None:
    spec = copy_of_spec()
    spec["info"]["version"] = "7.8.9"
    files = made_from(spec, tmp_path)
    assert 'version = "7.8.9"' in files["pyproject.toml"]
    assert '__version__ = "7.8.9"' in files["mesh_export_client/_settings.py"]
    changed = {name for name, text in files.items() if committed().get(name) != text}
    assert changed == {"README.md", "pyproject.toml", "mesh_export_client/_settings.py"}


def test_a_parameter_added_to_the_spec_changes_nothing_but_its_own_lines(tmp_path: Path) -> None:
    spec = copy_of_spec()
    spec["paths"]["/mesh-export/"]["get"]["parameters"].append(
        {
            "name": "$minSize",
            "in": "query",
            "schema": {"type": "integer", "minimum": 3},
            "description": "The least size.",
        }
    )
    files, before = made_from(spec, tmp_path), committed()
    lines = [
        line
        for name, text in files.items()
        for line in difflib.ndiff(before[name].splitlines(), text.splitlines())
        if line[0] in "+-"
    ]
    assert any('Parameter("min_size", "$minSize", "query", integer=True, minimum=3)' in line for line in lines)
    assert all(line[0] == "+" and ("min_size" in line or "$minSize" in line) for line in lines)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("iModelId", "imodel_id"),
        ("iTwinJS", "itwin_js"),
        ("changesetId", "changeset_id"),
        ("$orderBy", "order_by"),
        ("_links", "links"),
        ("x-api-host-and-root", "api_host_and_root"),
        ("latestIModelName", "latest_imodel_name"),
        ("displayName", "display_name"),
    ],
)
def test_names_are_what_a_python_programmer_would_write(wire: str, expected: str) -> None:
    assert snake_case(spec_facts.python_name(wire, ["iModel", "iTwin"])) == expected


@pytest.mark.parametrize(
    ("operation_id", "expected"),
    [
        ("listExports", "list"),
        ("getExport", "get"),
        ("deleteExport", "delete"),
        ("createExport", "create"),
        ("cancelAll", "cancel_all"),
    ],
)
def test_methods_are_named_without_the_resource_that_their_group_names(operation_id: str, expected: str) -> None:
    assert spec_facts.method_name({"operationId": operation_id, "tags": ["exports"]}) == expected


def test_a_spec_that_the_generator_would_leave_a_part_of_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = copy_of_spec()
    spec["components"]["schemas"]["Export"]["allOf"].append({"$ref": "#/components/schemas/Nowhere"})
    source = tmp_path / "spec.yaml"
    source.write_text(yaml.safe_dump(spec), encoding="utf-8")
    assert generate.main(["--spec", str(source), "--output", str(tmp_path / "made")]) == 2
    assert capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_every_generated_module_says_what_it_is_for() -> None:
    for name, text in committed().items():
        if name.endswith(".py"):
            assert text.startswith('"""'), name


def test_the_package_never_imports_httpx() -> None:
    for name, text in committed().items():
        assert "import httpx\n" not in text, name
        assert "from httpx " not in text, name
