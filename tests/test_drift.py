"""Whatever changes on the page is noticed, as what it is and with its place; what promises the same is quiet."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scripts import digests, drift, page
from scripts.drift import Finding, Sources

PAGE = Path(__file__).with_name("page.txt")
TEXT = PAGE.read_text(encoding="utf-8")
DIGESTS = PAGE.with_name("page-digests.yaml")
ROOT = PAGE.parent.parent
SPEC, LEDGER = ROOT / drift.SPEC, ROOT / drift.LEDGER
SOURCES = drift.load(SPEC, LEDGER, DIGESTS)

PARAMETERS = ("iModelId", "changesetId", "$top", "$skip", "$orderBy", "cdn", "tileVersion", "exportType", "iTwinJS")
OPTIONAL = (*PARAMETERS, "prefer", "x-api-host-and-root")
REQUIRED = ("Authorization", "Accept")
MEMBERS = ("id", "displayName", "status", "lastModified", "exports", "_links", "self", "next", "href", "error", "code",
           "message", "details", "target")  # fmt: skip
FACTS = ("500", "$filter", "exportKind", "not", "only", "never", "required", "deprecated")
# Each English word of a sentence that no fact hangs on, with the line that it stands in.
WORDS = [
    (each.line, word)
    for each in page.read_text(TEXT).sentences
    if not each.part
    for word in re.findall(r"(?<!\S)[A-Za-z]{4,}(?=[ ,.]|$)", each.text)
    if word.casefold() not in {fact.casefold() for fact in digests.reading(each, SOURCES.wire_names).facts}
]
few = settings(max_examples=25)
names = st.from_regex(r"[a-z]{3,8}[A-Z][a-z]{2,6}", fullmatch=True)
sentences = st.lists(st.from_regex(r"[a-z]{2,9}", fullmatch=True), min_size=2, max_size=9).map(
    lambda words: " ".join(words).capitalize() + "."
)


def answer(text: str, sources: Sources = SOURCES) -> list[Finding]:
    return drift.findings(page.read_text(text), sources)


def edited(before: str, after: str, occurrence: int = 0) -> str:
    """The page with one occurrence of a text replaced."""
    starts = [match.start() for match in re.finditer(re.escape(before), TEXT)]
    start = starts[occurrence % len(starts)]
    return TEXT[:start] + after + TEXT[start + len(before) :]


def kinds(found: list[Finding]) -> set[str]:
    assert all(re.fullmatch(r".*\.yaml:\d+", each.place) for each in found)
    return {each.kind for each in found}


def lines_of_spec(found: list[Finding]) -> list[str]:
    """The lines of the spec that the findings lead to."""
    spec = SPEC.read_text(encoding="utf-8").splitlines()
    return [spec[int(each.place.rpartition(":")[2]) - 1].strip() for each in found if "mesh-export" in each.place]


def test_the_page_as_it_was_read_is_quiet() -> None:
    assert answer(TEXT) == []


@few
@given(st.sampled_from(PARAMETERS), names)
def test_a_renamed_parameter_is_noticed(name: str, other: str) -> None:
    found = answer(edited(f"\n{name}\n", f"\n{other}\n"))
    assert f"the page has the query parameter {other}, the spec does not" in {each.text for each in found}
    lost = [each for each in found if each.text == f"the page has the query parameter {name} no more"]
    assert lines_of_spec(lost) == [f"{name.strip('$')}:"]
    assert lost[0].requirements


@few
@given(st.sampled_from(PARAMETERS), names)
def test_a_name_of_the_request_line_is_noticed(name: str, other: str) -> None:
    found = answer(TEXT.replace(f"{name}]", f"{other}]", 1))
    assert kinds(found) == {"promise"}
    assert {each.line for each in found} == {5}
    assert f"{name.strip('$')}:" in lines_of_spec(found)


@pytest.mark.parametrize("name", [*OPTIONAL, *REQUIRED])
def test_another_need_of_a_parameter_is_noticed(name: str) -> None:
    before, after = ("No", "Yes") if name in OPTIONAL else ("Yes", "No")
    found = answer(edited(f"\n{name}\n{before}\n", f"\n{name}\n{after}\n"))
    assert kinds(found) == {"promise"}
    if name in OPTIONAL:
        assert lines_of_spec(found) == ["required: false"]


@few
@given(st.sampled_from(("200", "401", "422", "429")), st.integers(min_value=100, max_value=599))
def test_another_status_is_noticed(before: str, after: int) -> None:
    assume(str(after) not in ("200", "401", "422", "429"))
    found = answer(TEXT.replace(f"Response {before}", f"Response {after}"))
    texts = {each.text for each in found if each.kind == "promise"}
    assert {f"the page has the status {after}, the spec does not", f"the page has the status {before} no more"} <= texts


@few
@given(st.sampled_from(MEMBERS), st.integers(min_value=0), names)
def test_another_member_of_an_example_is_noticed(name: str, occurrence: int, other: str) -> None:
    found = answer(edited(f'"{name}":', f'"{other}":', occurrence))
    assert "promise" in kinds(found)
    assert any(f"{other} is new" in each.text for each in found)
    assert any(f"{name} is no more on the page" in each.text for each in found)
    assert all(each.line and each.requirements for each in found if "is no more" in each.text)


@few
@given(st.integers(min_value=0), names, st.one_of(st.integers(), st.booleans(), st.none(), st.just("x")))
def test_an_added_member_of_an_example_is_noticed(occurrence: int, name: str, value: object) -> None:
    shown = {True: "true", False: "false", None: "null", "x": '"x"'}.get(value, str(value))  # type: ignore[call-overload]
    found = answer(edited('"code":', f'"{name}": {shown}, "code":', occurrence))
    assert kinds(found) == {"promise"}
    assert any(f"{name} is new" in each.text and "no such member at" in each.text for each in found)


def test_members_of_an_example_in_another_order_are_wording() -> None:
    example = page.read_text(TEXT).sections["Response 422"].examples[0]
    assert json.dumps(example.value) != json.dumps(example.value, sort_keys=True)
    lines = TEXT.splitlines(keepends=True)
    opens = next(index for index in range(example.line - 1, len(lines)) if lines[index].startswith("{"))
    _, size = json.JSONDecoder().raw_decode(rest := "".join(lines[opens:]))
    sorted_members = json.dumps(example.value, sort_keys=True, indent=2)
    (found,) = answer("".join(lines[:opens]) + sorted_members + rest[size:])
    assert (found.kind, found.line) == ("wording", example.line)
    assert found.text == "the members of Response 422/example stand in another order, with the same values"


@few
@given(st.integers(min_value=0), st.integers(min_value=0, max_value=9))
def test_another_digit_anywhere_is_noticed(occurrence: int, digit: int) -> None:
    places = [match.start() for match in re.finditer(r"\d", TEXT)]
    start = places[occurrence % len(places)]
    assume(TEXT[start] != str(digit))
    text = TEXT[:start] + str(digit) + TEXT[start + 1 :]
    assert "promise" in kinds(answer(text))


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("1000.", "500.", "maximum: 1000"),
        ("date:desc can", "date:down can", "enum:"),
        ("itwin-platform\n", "itwin-mesh\n", "bearer:"),
        ("With 1 the", "With 2 the", "cdn:"),
        ("platform.v1+json here", "platform.v2+json here", "content:"),
        ("https://qa-api", "https://qa2-api", "servers:"),
        ("String, null", "String", "type:"),
        ("retry-after", "retry-later", "retry-after:"),
        ("\nprefer\n", "\npreference\n", "prefer:"),
        ('"RateLimitExceeded"', '"TooFast"', "code: RateLimitExceeded"),
        ("\ncode\nString", "\ncodes\nString", "code:"),
        ("GET https", "PATCH https", "paths:"),
    ],
)
def test_another_fact_leads_to_its_line_of_the_spec(before: str, after: str, line: str) -> None:
    found = [each for each in answer(edited(before, after)) if each.kind == "promise"]
    assert line in lines_of_spec(found)


def with_word(line: int, word: str, other: str) -> str:
    lines = TEXT.splitlines()
    lines[line - 1] = re.sub(rf"(?<!\S){word}\b", other, lines[line - 1], count=1)
    return "\n".join(lines)


@few
@given(st.sampled_from(WORDS), st.from_regex(r"[a-z]{11,14}", fullmatch=True))
def test_another_word_is_wording_and_names_what_to_read_again(place: tuple[int, str], other: str) -> None:
    found = answer(with_word(*place, other.capitalize() if place[1].istitle() else other))
    assert [(each.kind, each.line) for each in found] == [("wording", place[0])]
    assert found[0].requirements or page.PREAMBLE in found[0].text or "Response" in found[0].text


@few
@given(st.sampled_from(WORDS), st.sampled_from(FACTS))
def test_a_word_that_a_promise_hangs_on_is_no_wording(place: tuple[int, str], fact: str) -> None:
    found = answer(with_word(*place, f"{place[1]} {fact}"))
    assert [(each.kind, each.line) for each in found] == [("promise", place[0])]
    assert f"now {fact}" in found[0].text


@few
@given(st.integers(min_value=0), sentences)
def test_an_added_sentence_is_unread(occurrence: int, sentence: str) -> None:
    # A sentence within an example is the example's: another kind of finding.
    ends = [
        match.end() for match in re.finditer(r"[a-z]\.(?=\n| [A-Z][^\"\n]*\n)", TEXT) if TEXT[match.end() :].strip()
    ]
    end = ends[occurrence % len(ends)]
    found = answer(f"{TEXT[:end]} {sentence}{TEXT[end:]}")
    assert [each.kind for each in found] == ["unread"]
    assert repr(sentence) in found[0].text


@few
@given(st.sampled_from(range(1, TEXT.count("\n\n"))), sentences)
def test_an_added_paragraph_is_unread(index: int, sentence: str) -> None:
    blocks = TEXT.split("\n\n")
    found = answer("\n\n".join([*blocks[:index], sentence, *blocks[index:]]))
    assert "unread" in kinds(found)
    assert any(repr(sentence) in each.text for each in found)


HEADINGS = [name for name, _ in page.read_text(TEXT).sections.items()]


@pytest.mark.parametrize("name", HEADINGS)
def test_a_removed_section_is_noticed(name: str) -> None:
    sections = page.read_text(TEXT).sections
    start = sections[name].line - 1
    end = min([each.line - 1 for each in sections.values() if each.line > start + 1] or [-2])
    lines = TEXT.splitlines()
    found = answer("\n".join(lines[:start] + lines[end:]))
    assert kinds(found) <= {"promise", "gone"}
    assert any(name in each.text or name.split()[-1] in each.text for each in found)


@few
@given(st.sampled_from(HEADINGS), st.from_regex(r"[A-Z][a-z]{3,8}Record", fullmatch=True), sentences)
def test_an_added_section_is_noticed(before: str, name: str, sentence: str) -> None:
    lines = TEXT.splitlines()
    start = page.read_text(TEXT).sections[before].line - 1
    added = [name, "", sentence, "", "Name", "Type", "Description", "size", "Number", "", sentence, ""]
    found = answer("\n".join([*lines[:start], *added, *lines[start:]]))
    assert any(each.kind == "promise" and name in each.text for each in found)
    assert sum(each.kind == "unread" for each in found) >= 3


@few
@given(st.sampled_from([name for name in PARAMETERS if name != "iTwinJS"]), names, sentences)
def test_an_added_row_is_noticed(before: str, name: str, sentence: str) -> None:
    found = answer(edited(f"\n{before}\nNo", f"\n{name}\nNo\n\n{sentence}\n\n{before}\nNo"))
    assert f"the page has the query parameter {name}, the spec does not" in {each.text for each in found}
    assert "unread" in kinds(found)


def test_a_removed_line_is_noticed_whichever_it_is() -> None:
    lines = TEXT.splitlines()
    navigation = {each.number for each in page.read_text(TEXT).navigation}
    for index, line in enumerate(lines):
        # An example is one without the word before it, too.
        if line and line != "json" and index + 1 not in navigation:
            assert answer("\n".join(lines[:index] + lines[index + 1 :])), f"line {index + 1}: {line}"


menus = st.lists(
    st.sampled_from(["Home", "APIs", "Mesh Export", "Table of contents", "API V2", "Get help", "Request headers",
                     "Response 200 OK", "Error Response", "Sign in", "Download API definition:"]),
    max_size=6,
)  # fmt: skip
footers = st.lists(
    st.sampled_from(
        [
            "Yes",
            "No",
            "Contact us",
            "Last updated 3 days ago",
            "Privacy policy",
            "© 2026 Somebody. All rights reserved.",
            "Community",
        ]
    ),
    max_size=6,
)


@few
@given(menus, footers, st.sampled_from(["\n", "\n\n"]))
def test_another_menu_and_footer_are_quiet(menu: list[str], footer: list[str], between: str) -> None:
    _, start, rest = TEXT.partition("The interface is")
    text = between.join([*menu, ""]) + start + between.join([rest.rstrip(), *footer])
    assert answer(text) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Contents\n", "Contents\nDeprecated\n"),
        ("Contents\n", "Contents\nUse /v2/mesh-export instead\n"),
        ("Was this page helpful?", "Was this page helpful?\n\nAt most 100 requests a minute"),
        ("Was this page helpful?", "Was this page helpful?\n\nAn export is kept for a year."),
    ],
)
def test_a_promise_does_not_hide_in_a_menu_or_a_footer(before: str, after: str) -> None:
    assert answer(edited(before, after))


@pytest.mark.parametrize("before", ["Contents\n", "Get the definition:\n", "GET https", "Was this page helpful?"])
@pytest.mark.parametrize(
    ("called", "says", "line"),
    [
        ("GET {}/mesh-export/{{id}}/log", "the page has an operation that the spec does not have: ", "paths:"),
        ("PATCH {}/mesh-export/", "the page has an operation that the spec does not have: ", "/mesh-export/:"),
        (
            "GET {}/mesh-export/{{exportId}}",
            "the page has the operation {}, which the spec has from elsewhere: ",
            "get:",
        ),
        ("GET {}/mesh-export/", "the page has a second request line of {}", "get:"),
    ],
)
def test_another_request_line_is_named_once_wherever_it_stands(before: str, called: str, says: str, line: str) -> None:
    name = called.format("")
    found = answer(edited(before, f"{called.format('https://qa-api.bentley.com')}\n\n{before}"))
    assert [each.kind for each in found] == ["promise"]
    assert found[0].text.startswith(says.format(name))
    assert name in found[0].text
    assert lines_of_spec(found) == [line]


@pytest.mark.parametrize("before", ["Contents\n", "Get the definition:\n"])
def test_a_name_is_no_menu(before: str) -> None:
    (found,) = answer(edited(before, f"{before}pageToken\n"))
    assert "now pageToken" in found.text
    assert found.kind == "promise"


def test_what_the_spec_has_from_elsewhere_is_no_difference(tmp_path: Path) -> None:
    document = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    operation = {"operationId": "getExport", "x-source": "sibling-page", "responses": {"404": {"description": "None."}}}
    item = document["paths"]["/mesh-export/"]
    document["paths"] = {"/mesh-export/{id}": {"get": operation, "delete": operation}, "/mesh-export/": item}
    item["post"] = operation
    item["get"]["responses"]["403"] = {"description": "No.", "x-source": "field-notes"}
    item["get"]["parameters"].append({"name": "page", "in": "query", "schema": {}, "x-source": "field-notes"})
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    assert drift.findings(page.read_text(TEXT), drift.load(path, LEDGER, DIGESTS)) == []


@pytest.mark.parametrize(
    "pointer",
    [
        "/servers/1", "/security", "/paths/~1mesh-export~1/get/parameters/3", "/paths/~1mesh-export~1/get/parameters/9",
        "/paths/~1mesh-export~1/get/responses/422", "/components/parameters/top/schema/maximum",
        "/components/parameters/orderBy/schema/enum", "/components/parameters/prefer/schema/x-extensible-enum",
        "/components/responses/TooManyRequests/headers", "/components/responses/Unauthorized/content",
        "/components/schemas/Error/properties/target", "/components/schemas/Error/properties/code/type",
        "/components/examples/HeaderNotFound/value/error/code", "/components/examples/ExportList/value/exports/2",
        "/components/schemas/ErrorResponse", "/components/schemas/ExportListResponse",
    ],
)  # fmt: skip
def test_what_the_spec_lacks_is_noticed(pointer: str, tmp_path: Path) -> None:
    document = yaml.load(SPEC.read_text(encoding="utf-8"), yaml.CSafeLoader)
    *way, last = (name.replace("~1", "/") for name in pointer[1:].split("/"))
    node = document
    for name in way:
        node = node[int(name)] if isinstance(node, list) else node[name]
    del node[int(last) if isinstance(node, list) else last]
    path = tmp_path / "spec.yaml"
    path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False))
    found = drift.findings(page.read_text(TEXT), drift.load(path, LEDGER, DIGESTS))
    assert {each.kind for each in found} == {"promise"}


def test_accepting_renews_what_changed_and_nothing_else(tmp_path: Path) -> None:
    text = edited("Narrows by changesetId", "Filters by changesetId").replace("how many seconds", "what time")
    after, changed = drift.accept(page.read_text(text), SOURCES)
    assert changed == ["Request parameters/changesetId/1"]
    path = tmp_path / "digests.yaml"
    digests.save(path, after)
    before, now = (each.read_text(encoding="utf-8").splitlines() for each in (DIGESTS, path))
    assert len(set(now) - set(before)) == len(set(before) - set(now)) == 1
    assert answer(text, drift.load(SPEC, LEDGER, path)) == []
    assert kinds(answer(TEXT, drift.load(SPEC, LEDGER, path))) == {"wording"}


def test_accepting_does_not_hide_what_is_unread_or_wrong_in_the_spec(tmp_path: Path) -> None:
    text = edited("this version.", "this version. Others are not.").replace("\n$top\nNo", "\n$top\nYes")
    after, changed = drift.accept(page.read_text(text), SOURCES)
    assert changed == ["Request parameters/$top/required"]
    path = tmp_path / "digests.yaml"
    digests.save(path, after)
    assert kinds(answer(text, drift.load(SPEC, LEDGER, path))) == {"promise", "unread"}


def test_a_ledger_that_cannot_be_read_ends_with_one_line_and_code_2() -> None:
    done = command(str(PAGE), "--ledger", str(DIGESTS))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("argument", ["no-such-file", "LICENSE", ""])
def test_what_is_no_page_ends_with_one_line_and_code_2(argument: str) -> None:
    done = command(argument)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "make drift PAGE=file" in done.stderr


def test_without_a_page_it_is_asked_for() -> None:
    assert command("").stderr.startswith("No page is given: give a saved copy of the documentation page")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "scripts.drift", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_says_how_the_page_and_the_spec_stand(tmp_path: Path) -> None:
    quiet = command(str(PAGE), "--digests", str(DIGESTS))
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert quiet.stdout.startswith("0 differences;")
    assert "taken for navigation: lines 1 (Contents), 2 (Meshes)" in quiet.stdout
    path = tmp_path / "page.txt"
    path.write_text(edited("viewers", "programs"), encoding="utf-8")
    loud = command(str(path), "--digests", str(DIGESTS), "--no-quotes")
    assert loud.returncode == 1
    assert loud.stdout.startswith("openapi/mesh-export.yaml:")
    assert "programs" not in loud.stdout
    assert "taken for navigation: lines 1, 2" in loud.stdout
