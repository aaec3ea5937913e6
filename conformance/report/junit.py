"""The report as JUnit XML: one test case for each requirement, which has the same name every night."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final
from xml.etree import ElementTree as ET

from conformance.report.shown import Report, Violation, accepted, printable, status_line, violations

_XML_REFUSES: Final = dict.fromkeys((*range(55296, 57344), 65534, 65535), "�")


def junit(report: Report) -> str:
    """The report as the text of an XML file.

    A violation that does not count is skipped, and says so. What a run that did not come to its end has not judged is
    an error.
    """
    root = ET.Element("testsuites", name="mesh-export-conformance", time=str(report["seconds"]))
    found = list(violations(report))
    for section, group in groupby(report["requirements"], key=lambda each: each["section"]):
        suite = ET.SubElement(root, "testsuite", name=section, timestamp=report["started"].removesuffix("Z"))
        properties = ET.SubElement(suite, "properties")
        for name in ("target", "profile", "seed", "verdict"):
            ET.SubElement(properties, "property", name=name, value=_text(str(report[name])))
        for requirement in group:
            _case(suite, requirement, report, [each for each in found if each.requirement is requirement])
        _count(suite)
    _count(root)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, requirement: dict[str, Any], report: Report, found: list[Violation]) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=requirement["section"],
        name=requirement["id"],
        time=str(requirement["seconds"]),
    )
    if found:
        counts = any(each.counts for each in found)
        message = found[0].finding["message"]
        end = ET.SubElement(case, "failure" if counts else "skipped", type=f"{requirement['level']} violated")
        end.set("message", _text(message if counts else f"violated, and does not count: {message}"))
        end.text = _text("\n\n".join([requirement["statement"], *map(_details, found)]))
        return
    unjudged = next((each for each in report["not_judged"] if each["id"] == requirement["id"]), None)
    if unjudged:
        broke_off = report["exit_code"] == 5 or report["partial"]
        kind = "error" if broke_off and unjudged["reason"] != "unchecked" else "skipped"
        ET.SubElement(case, kind, type=unjudged["reason"], message=_text(unjudged["why"]))


def _details(violation: Violation) -> str:
    finding = violation.finding
    answer = f"{status_line(finding['response'])} {finding['response']['body'][:300]}"
    return "\n".join(
        [
            f"{finding['fingerprint']} ({finding['exchanges']} exchanges): {finding['message']}",
            f"answer: {answer}",
            *([accepted(finding["deviation"])] if finding["deviation"] else []),
            finding["curl"],
            finding["replay"],
        ]
    )


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(kind) is not None for case in cases)))


def _text(text: str) -> str:
    """Text that XML can hold."""
    return printable(text).translate(_XML_REFUSES)
