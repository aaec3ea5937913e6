"""What was read of the page: for each sentence its label, a digest of its wording and the wire facts in it.

The sentences themselves are not kept. A label is the place of a sentence, with its part or its number; it is what
`read_from` and `promises_nothing` of the ledger name. Whether a sentence agrees with the spec is left to others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from pathlib import Path
from typing import Final

import yaml
from attrs import frozen

from scripts.page import Sentence

_HEADER: Final = """\
# The sentences of the documentation page as they were last read: label, digest of the wording, and the words of each
# that a promise hangs on; of an example, its value. Written by `make drift PAGE=file ACCEPT=1`, not by hand.
"""
# Without one of these a sentence promises something else, as it does with another name or number.
_WEIGHTY: Final = frozenset(
    """
    absent after all always any ascending before both cannot default defaults deprecated descending
    each either empty equal every except exactly first forbidden greater hour hours higher if instead last least less
    longer lower may maximum millisecond milliseconds minimum minute minutes more most must neither never newer no
    none not null older once one only optional optionally or per required second seconds shall should shorter single
    twice two three four five six seven eight nine ten unless unsupported until when within without zero
    """.split()  # noqa: SIM905 - words read better as a paragraph
)
_NEGATION: Final = re.compile(r"n['\u2019]t$")


@frozen
class Reading:
    """A sentence as it was read: the digest of its wording, and its facts; of an example, the digest of its value."""

    digest: str
    facts: tuple[str, ...] = ()


@frozen
class Match:
    """A sentence of the page beside the reading of it; either may be missing.

    Attributes:
        label: The name of both.
        sentence: What the page has; None where the sentence is gone.
        reading: What was read; None where the sentence is new.
    """

    label: str
    sentence: Sentence | None
    reading: Reading | None


def load(path: Path) -> dict[str, Reading]:
    """The readings in a file by label; none where there is no file yet."""
    if not path.exists():
        return {}
    lines: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {label: Reading(*_split(line)) for label, line in lines.items()}


def save(path: Path, readings: Mapping[str, Reading]) -> None:
    """Write readings, a line for each, so that their diff names the sentences that changed."""
    lines = {label: " ".join((each.digest, *each.facts)) for label, each in readings.items()}
    text = yaml.safe_dump(lines, sort_keys=False, allow_unicode=True, width=10**6)
    path.write_text(_HEADER + text, encoding="utf-8")


def reading(sentence: Sentence, wire_names: frozenset[str]) -> Reading:
    """A sentence as it is kept; `wire_names` are the names that are facts though they look like words."""
    facts = () if sentence.part else tuple(sorted(_facts(sentence.text, wire_names)))
    if sentence.part == "example":
        # Its members may stand in any order: what it promises is its value.
        value = json.dumps(json.loads(sentence.text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        facts = (_short(value),)
    return Reading(_digest(sentence), facts)


def match(sentences: Sequence[Sentence], readings: Mapping[str, Reading]) -> Iterator[Match]:
    """Each sentence beside its reading, in the order of the page; the readings of what is gone stand last.

    A sentence of a table row or a paragraph keeps its label when others are added before it: the sentences of a place
    are compared with its readings as a whole.
    """
    left = dict(readings)
    for (place, part), group in groupby(_by_place(sentences), key=lambda each: (each.place, each.part)):
        found = list(group)
        if part:
            matches = [Match(_label(place, part), each, left.pop(_label(place, part), None)) for each in found]
        else:
            known = {label: left.pop(label) for label in list(left) if re.fullmatch(rf"{re.escape(place)}/\d+", label)}
            matches = list(_match_prose(place, found, known))
        yield from matches
    yield from (Match(label, None, each) for label, each in left.items())


def changed_facts(before: Reading, now: Reading) -> tuple[list[str], list[str]]:
    """The facts that only the earlier reading has, and those that only the later one has."""
    old, new = Counter(before.facts), Counter(now.facts)
    return sorted((old - new).elements()), sorted((new - old).elements())


def _match_prose(place: str, found: Sequence[Sentence], known: Mapping[str, Reading]) -> Iterator[Match]:
    labels = list(known)
    unused = max((int(label.rpartition("/")[2]) for label in labels), default=0)
    digests = [_digest(each) for each in found]
    matcher = SequenceMatcher(None, [each.digest for each in known.values()], digests, autojunk=False)
    gone: list[Match] = []
    for _, start, stop, first, last in matcher.get_opcodes():
        old, new = labels[start:stop], found[first:last]
        yield from (Match(label, each, known[label]) for label, each in zip(old, new, strict=False))
        for each in new[len(old) :]:
            unused += 1
            yield Match(f"{place}/{unused}", each, None)
        gone.extend(Match(label, None, known[label]) for label in old[len(new) :])
    yield from gone


def _by_place(sentences: Sequence[Sentence]) -> list[Sentence]:
    order: dict[tuple[str, str], int] = {}
    for each in sentences:
        order.setdefault((each.place, each.part), len(order))
    return sorted(sentences, key=lambda each: order[each.place, each.part])


def _label(place: str, part: str) -> str:
    # A name, a heading and an example stand for their place.
    return place if part in ("name", "heading", "example") else f"{place}/{part}"


def _split(line: str) -> tuple[str, tuple[str, ...]]:
    digest, *facts = line.split()
    return digest, tuple(facts)


def _digest(sentence: Sentence) -> str:
    words = [sentence.text] if sentence.part == "example" else map(_fold, sentence.text.split())
    return _short(" ".join(words))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _fold(word: str) -> str:
    """A word without what is only typography; what may be a name keeps its case."""
    return word if _is_wire(_strip(word)) else word.casefold()


def _facts(text: str, wire_names: frozenset[str]) -> Iterator[str]:
    for each in text.split():
        word = _strip(each)
        if _is_wire(word) or word in wire_names:
            yield word
        elif word.casefold() in _WEIGHTY or _NEGATION.search(word):
            yield word.casefold()


def _strip(word: str) -> str:
    return word.strip(".,;:!?()*`\"'\u201c\u201d\u2018\u2019")


def _is_wire(word: str) -> bool:
    """Whether a word is a name, a number or a keyword rather than English: `$top`, `1000`, `iModelId`, `MUST`."""
    return re.search(r"[\d$=/_@{}<>\[\]%&+]|[a-z][A-Z]|[A-Z]{2}", word) is not None
