"""Say where a saved documentation page and the spec, the ledger or the digests of what was read have parted.

Each difference is one line: the place to edit, its kind, what it is, and the requirements that hang on it. The kinds:

- `promise`: a fact of the wire or of a promise is another (a name, a number, a status, a type, a word like `only`);
- `wording`: the same facts in other words, to be read again;
- `unread`: no requirement was read from it, and nothing declares that it promises nothing;
- `gone`: what was read is not on the page any more;
- `not understood`: the page has a line that is nothing that can be read.

`--accept` renews the digests of what the ledger names, after a person has read the change; nothing else.
Exit codes: 0 no difference, 1 some, 2 no page of this kind.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, product
from pathlib import Path
from typing import Final

import yaml
from attrs import Factory, field, frozen

from conformance.ledger import Requirement
from scripts import digests, page_and_spec
from scripts.digests import Match, Reading
from scripts.page import PREAMBLE, NotAPageError, Page, read_page
from scripts.page_and_spec import Difference
from scripts.spec_file import SpecFile

SPEC: Final = Path("openapi/mesh-export.yaml")
LEDGER: Final = Path("openapi/requirements.yaml")
DIGESTS: Final = Path("openapi/page-digests.yaml")
_WIDTH: Final = 160


@frozen
class Sources:
    """What a page is compared with.

    Attributes:
        spec: The spec.
        ledger: The ledger, as a file with lines.
        requirements: Its requirements.
        nothing: The labels of what promises nothing.
        readings: What was read of the page, by label.
        wire_names: The names of the wire that look like words.
        named: Every label that the ledger names.
    """

    spec: SpecFile
    ledger: SpecFile
    requirements: tuple[Requirement, ...]
    nothing: frozenset[str]
    readings: dict[str, Reading]
    wire_names: frozenset[str]
    named: frozenset[str] = field(
        init=False,
        default=Factory(
            lambda self: self.nothing.union(*(each.read_from for each in self.requirements)), takes_self=True
        ),
    )

    def read_from(self, label: str) -> list[Requirement]:
        """The requirements that were read from a label or, where it ends in a slash, from one below it."""
        return [
            each
            for each in self.requirements
            if label in each.read_from or (label[-1] == "/" and any(name.startswith(label) for name in each.read_from))
        ]


@frozen
class Finding:
    """A difference, ready to be shown."""

    place: str
    kind: str
    text: str
    line: int
    requirements: tuple[str, ...]

    def __str__(self) -> str:
        where = f"page line {self.line}: " if self.line else ""
        ids = f" ({', '.join(self.requirements)})" if self.requirements else ""
        return f"{self.place}: {self.kind}: {where}{self.text}{ids}"


def load(spec: Path = SPEC, ledger: Path = LEDGER, readings: Path = DIGESTS) -> Sources:
    """Read what a page is compared with."""
    entries, described = SpecFile(ledger), SpecFile(spec)
    return Sources(
        described,
        entries,
        tuple(Requirement(**each) for each in entries.document["requirements"]),
        frozenset(entries.document["promises_nothing"]),
        digests.load(readings),
        page_and_spec.wire_names(described),
    )


def findings(page: Page, sources: Sources, *, quote: bool = True) -> list[Finding]:
    """Every difference, in the order of the page; what is missing there comes last.

    Args:
        page: The page.
        sources: What it is compared with.
        quote: Whether to show the words of the page.
    """
    page = page_and_spec.settled(page, sources.spec)
    stated = list(page_and_spec.compare(page, sources.spec))
    told = {label for each in stated if each.settles for label in each.labels}
    found = [_of_the_wire(each, sources) for each in stated]
    found += _of_codes(page, sources)
    found += _of_sentences(page, sources, told, quote=quote)
    found += _of_what_is_not_understood(page, sources, quote=quote)
    return sorted(found, key=lambda each: each.line or sys.maxsize)


def accept(page: Page, sources: Sources) -> tuple[dict[str, Reading], list[str]]:
    """The readings after a person has read the page, and the labels that are new, changed or gone.

    A sentence that the ledger does not name stays unread, and a reading that it still names stays.
    """
    after: dict[str, Reading] = {}
    changed: list[str] = []
    for each in digests.match(page_and_spec.settled(page, sources.spec).sentences, sources.readings):
        now = digests.reading(each.sentence, sources.wire_names) if each.sentence else None
        kept = each.reading if now is None or _unchanged(each.reading, now) else now
        if kept and each.label in sources.named:
            after[each.label] = kept
        if after.get(each.label) != each.reading:
            changed.append(each.label)
    return after, changed


def _unchanged(before: Reading | None, now: Reading) -> bool:
    return before is not None and before.digest == now.digest


def _of_the_wire(difference: Difference, sources: Sources) -> Finding:
    read = [each for label in difference.labels for each in sources.read_from(label)]
    # Of what was read from a whole example, only some hangs on the part that differs.
    carried = [each for each in read if _carries(each, difference.carriers)]
    ids = dict.fromkeys(each.id for each in carried or read)
    place = sources.spec.place(difference.pointer)
    return Finding(place, "promise", difference.text, difference.line, tuple(ids))


def _carries(requirement: Requirement, pointers: Sequence[str]) -> bool:
    pairs = product(requirement.carried_by, pointers)
    return any(f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/") for one, other in pairs)


def _of_codes(page: Page, sources: Sources) -> Iterator[Finding]:
    """Error codes of the page that no requirement names."""
    known = {word for each in sources.requirements for word in re.findall(r"`([^`]+)`", each.statement)}
    for section in page.sections.values():
        for example in section.examples:
            for code in dict.fromkeys(error["code"] for error in page_and_spec.errors_in(example.value)):
                if code not in known:
                    text = f"no requirement names the error code {code}"
                    yield Finding(sources.ledger.place("#/requirements"), "promise", text, example.line, ())


def _of_sentences(page: Page, sources: Sources, told: set[str], *, quote: bool) -> Iterator[Finding]:
    matches = [each for each in digests.match(page.sentences, sources.readings) if not _told(each.label, told)]
    for each in matches:
        yield from _of_sentence(each, page, sources, quote=quote)
    gone = [each.label for each in matches if each.sentence is None]
    never_read = sources.named - sources.readings.keys() - {each.label for each in matches}
    gone += sorted(label for label in never_read if not _told(label, told))
    yield from _of_what_is_gone(gone, page, sources)


def _of_sentence(each: Match, page: Page, sources: Sources, *, quote: bool) -> Iterator[Finding]:
    sentence = each.sentence
    if sentence is None:
        return
    now = digests.reading(sentence, sources.wire_names)
    if each.label in sources.named and _unchanged(each.reading, now):
        return
    shown = f": {sentence.text[:_WIDTH]!r}" if quote and sentence.part != "example" else ""
    place = sources.spec.place(page_and_spec.pointer_of(each.label, page, sources.spec))
    ids = tuple(requirement.id for requirement in sources.read_from(each.label))
    if each.label not in sources.named:
        yield Finding(place, "unread", f"no requirement is read from {each.label}{shown}", sentence.line, ids)
    elif each.reading is None:
        yield Finding(place, "unread", f"{each.label} is named but not accepted yet{shown}", sentence.line, ids)
    else:
        kind, text = _change(each.label, sentence.part, *digests.changed_facts(each.reading, now))
        yield Finding(place, kind, f"{text}{shown}", sentence.line, ids)


def _change(label: str, part: str, lost: Sequence[str], added: Sequence[str]) -> tuple[str, str]:
    """The kind of a change of what was read, and the change in words."""
    if part == "example":
        if lost or added:
            return "promise", f"{label} changed, read it again"
        return "wording", f"the members of {label} stand in another order, with the same values"
    moved = [f"no more {', '.join(lost)}"] if lost else []
    moved += [f"now {', '.join(added)}"] if added else []
    if moved or part not in ("", "heading"):
        facts = f" ({'; '.join(moved)})" if moved else ""
        return "promise", f"{label} changed{facts}, read it again"
    return "wording", f"wording of {label} changed, read it again"


def _of_what_is_gone(labels: Sequence[str], page: Page, sources: Sources) -> Iterator[Finding]:
    """One finding for each place that has lost something: a section or row that is gone is gone as a whole."""
    whole = [label for label in labels if not label.rpartition("/")[2].isdigit()]
    groups: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        owner = next((each for each in whole if label == each or label.startswith(f"{each}/")), label)
        groups[owner].append(label)
    for owner, members in groups.items():
        ids = dict.fromkeys(each.id for label in members for each in sources.read_from(label))
        more = f" and {len(members) - 1} more below it" if len(members) > 1 else ""
        place = sources.spec.place(page_and_spec.pointer_of(owner, page, sources.spec))
        yield Finding(place, "gone", f"{owner}{more}: not on the page any more", 0, tuple(ids))


def _of_what_is_not_understood(page: Page, sources: Sources, *, quote: bool) -> Iterator[Finding]:
    """One finding for each run of lines."""
    for _, run in groupby(enumerate(page.not_understood), key=lambda each: each[1].number - each[0]):
        lines = [line for _, line in run]
        shown = f": {' '.join(line.text for line in lines)[:_WIDTH]!r}" if quote else ""
        text = f"{len(lines)} line{'s' * (len(lines) > 1)}{shown}"
        above = [name for name, section in page.sections.items() if section.line < lines[0].number]
        pointer = page_and_spec.pointer_of(above[-1] if above else PREAMBLE, page, sources.spec)
        yield Finding(sources.spec.place(pointer), "not understood", text, lines[0].number, ())


def _told(label: str, told: set[str]) -> bool:
    return label in told or any(each.endswith("/") and label.startswith(each) for each in told)


def main() -> int:
    """Print each difference, and renew the digests where that is asked for."""
    parser = argparse.ArgumentParser(description="Say where a saved page and the spec have parted.")
    parser.add_argument("page", help="the saved page, as plain text")
    parser.add_argument("--accept", action="store_true", help="renew the digests of what the ledger names")
    parser.add_argument("--no-quotes", action="store_true", help="leave the words of the page out of the output")
    parser.add_argument("--spec", type=Path, default=SPEC, help=f"the spec ({SPEC})")
    parser.add_argument("--ledger", type=Path, default=LEDGER, help=f"the ledger ({LEDGER})")
    parser.add_argument("--digests", type=Path, default=DIGESTS, help=f"the digests ({DIGESTS})")
    arguments = parser.parse_args()
    if not arguments.page:
        print("No page is given: give a saved copy of the documentation page (make drift PAGE=file).", file=sys.stderr)
        return 2
    try:
        page = read_page(Path(arguments.page))
    except NotAPageError as error:
        print(f"{error}: give a saved copy of the documentation page (make drift PAGE=file).", file=sys.stderr)
        return 2
    try:
        sources = load(arguments.spec, arguments.ledger, arguments.digests)
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        print(f"The spec, the ledger or the digests cannot be read: {' '.join(str(error).split())}.", file=sys.stderr)
        return 2
    if arguments.accept:
        after, changed = accept(page, sources)
        digests.save(arguments.digests, after)
        print(f"{arguments.digests}: {len(changed)} accepted" + "".join(f"\n  {label}" for label in changed))
        sources = load(arguments.spec, arguments.ledger, arguments.digests)
    found = findings(page, sources, quote=not arguments.no_quotes)
    for each in found:
        print(each)
    navigation = [
        str(line.number) if arguments.no_quotes else f"{line.number} ({line.text[:_WIDTH]})" for line in page.navigation
    ]
    print(
        f"{len(found)} difference{'s' * (len(found) != 1)}; {len(page.sentences)} statements read; "
        f"taken for navigation: lines {', '.join(navigation) or 'none'}."
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
