"""`make spec-diff`: what changed since an earlier commit, and the version that it asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from scratch import LEDGER, ROOT, SPEC, edit, git, repository

from scripts import generate, spec_diff

GENERATOR = "openapi/generator.yaml"
PACKAGE = "generated/mesh_export_client"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return repository(tmp_path)


def said(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert spec_diff.main(["HEAD", "--root", str(root)]) == 0
    return capsys.readouterr().out


def lower_top(spec: Any) -> None:
    spec["components"]["parameters"]["top"]["schema"]["maximum"] = 500


def test_without_a_change_it_says_so(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(scratch, capsys)
    assert re.fullmatch(r"After \S+ comes \S+: neither spec, ledger nor interface changed\.\n", text)


def test_a_change_stands_under_those_whom_it_breaks_and_in_the_changelog(
    scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(spec: Any) -> None:
        spec["info"]["version"] = "0.7.3"
        lower_top(spec)

    edit(scratch / SPEC, lambda spec: spec["info"].update(version="0.7.3"))
    git(scratch, "commit", "--quiet", "--all", "--message", "the second")
    edit(scratch / SPEC, change)
    text = said(scratch, capsys)
    sentence = "#/components/parameters/top/schema: `maximum` admits less in requests: 1000 → 500"
    assert f"Callers break\n  {sentence}\n" in text
    assert "After 0.7.3 comes 0.8.0: callers break, and below 1.0 that is a minor version." in text
    assert re.search(r"## \[0\.8\.0\] - \d{4}-\d\d-\d\d\n\n### Changed\n\n- \*\*Breaks callers\.\*\* Spec ", text)


def test_the_entry_names_operations_and_values_and_each_change_once(
    scratch: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(spec: Any) -> None:
        listed = spec["paths"]["/mesh-export/"]["get"]
        listed["parameters"].remove({"$ref": "#/components/parameters/cdn"})
        listed["responses"]["204"] = listed["responses"].pop("200")
        spec["components"]["parameters"]["top"]["schema"]["type"] = "string"
        spec["components"]["parameters"]["orderBy"]["schema"]["enum"] = ["date:asc"]
        spec["info"]["description"] = "Another."

    edit(scratch / SPEC, change)
    _, _, entry = said(scratch, capsys).partition("\n## [")
    listed = "Spec `#/paths/~1mesh-export~1/get"
    assert f"**Breaks callers.** {listed}/parameters`: parameter `cdn` (query) of `GET /mesh-export/` removed." in entry
    assert "the type admits less in requests: integer → string.\n" in entry
    assert "the list of values admits less in requests: date:asc, date:desc → date:asc.\n" in entry
    assert entry.count("status 200 removed") == 1
    assert f"- **Breaks callers and servers.** {listed}/responses/200`: status 200 removed.\n" in entry
    assert "- Wording, examples and grounds in 1 place.\n" in entry


def test_a_ground_that_is_new_is_not_called_another_wording(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    promised = yaml.safe_load((scratch / LEDGER).read_text(encoding="utf-8"))["requirements"]
    index = next(index for index, each in enumerate(promised) if each["level"] == "MUST")
    edit(scratch / LEDGER, lambda ledger: ledger["requirements"][index].update(level="SHOULD", source="field-notes"))
    text = said(scratch, capsys)
    assert f"  {promised[index]['id']}: `source` is given now: field-notes\n" in text
    assert "reworded" not in text


def test_what_the_python_interface_loses_and_gains_is_named(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for module in (scratch / PACKAGE).rglob("*.py"):
        module.write_text(module.read_text(encoding="utf-8").replace("PagingError", "WalkError"), encoding="utf-8")
    with (scratch / PACKAGE / "errors.py").open("a", encoding="utf-8") as errors:
        errors.write('class ExportMislaidError(ResponseError):\n    """It is somewhere."""\n')
    text = said(scratch, capsys)
    assert "`mesh_export_client.errors.PagingError`: public object was removed" in text
    assert "`mesh_export_client.errors.ExportMislaidError`" in text
    assert "callers break" in text


def test_a_keyword_that_has_another_name_asks_for_a_version_though_the_spec_is_the_same(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(scratch / SPEC, lambda spec: spec["info"].update(version="1.7.3"))
    git(scratch, "commit", "--quiet", "--all", "--message", "the second")
    edit(scratch / GENERATOR, lambda settings: settings["parameters"]["prefer"].update(name="fullness"))
    monkeypatch.setattr(generate, "SETTINGS", scratch / GENERATOR)
    assert generate.main(["--spec", str(scratch / SPEC), "--output", str(scratch / "generated")]) == 0
    text = said(scratch, capsys)
    assert "  `mesh_export_client.Exports.list(representation)`: parameter was removed\n" in text
    assert "  `mesh_export_client.Exports.list(fullness)`\n" in text
    assert "After 1.7.3 comes 2.0.0: callers break." in text


def test_what_became_of_requirements_is_named(scratch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def change(ledger: Any) -> None:
        first, second = ledger["requirements"][:2]
        ledger["removed"] = {first["id"]: "0.2.0: the page no longer says it"}
        ledger["requirements"][0] = {**first, "id": "a-new-promise"}
        second["statement"] = "Something else."

    before = yaml.safe_load((scratch / LEDGER).read_text(encoding="utf-8"))["requirements"]
    edit(scratch / LEDGER, change)
    text = said(scratch, capsys)
    assert f"  {before[0]['id']}: MUST removed: 0.2.0: the page no longer says it\n" in text
    assert "  a-new-promise: MUST added:" in text
    assert f"  {before[1]['id']}: promises something else: Something else.\n" in text


@pytest.mark.parametrize("base", ["no-such-ref", "", "--output=x"])
def test_a_base_that_is_not_there_gets_one_sentence_and_code_2(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert spec_diff.main(["--root", str(ROOT), "--", base]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_without_a_base_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert spec_diff.main([""]) == 2
    assert capsys.readouterr().err.startswith("No commit is given: give one, a tag or a branch to compare with")


@pytest.mark.parametrize(
    ("version", "breaking", "added", "following"),
    [
        ((0, 3, 1), True, (), (0, 4, 0)),
        ((0, 3, 1), False, ("a",), (0, 3, 2)),
        ((0, 3, 1), False, (), (0, 3, 2)),
        ((1, 3, 1), True, (), (2, 0, 0)),
        ((1, 3, 1), False, ("a",), (1, 4, 0)),
        ((1, 3, 1), False, (), (1, 3, 2)),
    ],
)
def test_the_next_version_is_that_of_semantic_versioning(
    version: spec_diff.Version, breaking: bool, added: tuple[str, ...], following: spec_diff.Version
) -> None:
    broken = ("something",) if breaking else ()
    assert spec_diff.Difference(version, (), (), broken, added).next_version == following
