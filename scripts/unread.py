"""List the sentences of a saved documentation page that no requirement was read from.

Exit codes: 0 every sentence is read or declared to promise nothing, 1 some are not, 2 no page of this kind.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance import ledger
from scripts import page


def unread(sentences: list[page.Sentence]) -> list[page.Sentence]:
    """The sentences that no requirement names by its digest and no line declares to promise nothing."""
    read = {digest for requirement in ledger.requirements().values() for digest in requirement.read_from}
    read |= set(ledger.promising_nothing())
    return [sentence for sentence in sentences if sentence.digest not in read]


def main() -> int:
    """Print each unread sentence with its line, place and digest."""
    parser = argparse.ArgumentParser(description="List the sentences of a saved page that no requirement covers.")
    parser.add_argument("page", help="the saved page, as plain text")
    path = Path(parser.parse_args().page)
    try:
        left = unread(page.read_page(path))
    except (OSError, UnicodeDecodeError, page.NotAPageError) as error:
        print(f"{error}: give a saved copy of the documentation page (make unread PAGE=file).", file=sys.stderr)
        return 2
    for sentence in left:
        place = ", ".join(filter(None, (sentence.section, sentence.row)))
        print(f"line {sentence.line}, {place}: {sentence.text[:160]!r} ({sentence.digest})")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
