"""How the pages of a list hang together: what is on one, where the next is, and when they lead nowhere.

Both kinds of pagers walk by this; nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ._links import followed
from ._redaction import hide_links
from ._settings import Settings
from .errors import PagingError

PageT = TypeVar("PageT")
ItemT = TypeVar("ItemT")

MAX_EMPTY_PAGES = 20
"""How many pages without an item may follow one another."""


@dataclass(frozen=True, slots=True)
class Paging(Generic[PageT, ItemT]):
    """How the pages of one operation are read.

    Attributes:
        items: Gives the items of a page.
        next_link: Gives the link to the next page, or `None` on the last.
    """

    items: Callable[[PageT], Sequence[ItemT]]
    next_link: Callable[[PageT], str | None]


class Walk(Generic[PageT, ItemT]):
    """One walk over the pages of a list.

    Args:
        paging: How a page is read.
        path: The path of the list.
        settings: The client's base URL, and what becomes of foreign links.
    """

    def __init__(self, paging: Paging[PageT, ItemT], path: str, settings: Settings) -> None:
        self._paging = paging
        self._path = path
        self._settings = settings
        self._seen: set[int] = set()  # hashes: a walk of very many pages stays small
        self._before: Sequence[ItemT] = ()
        self._empty = 0

    def follow(self, link: str) -> str:
        """Give the URL to request for a link.

        Raises:
            LinkRefusedError: The link is not followed.
            PagingError: It was followed already.
        """
        url = followed(
            link,
            base_url=self._settings.base_url,
            path=self._path,
            refuse_foreign=self._settings.foreign_links == "refuse",
        )
        if hash(url) in self._seen:
            raise PagingError("The pages of the list lead in a circle.", link=hide_links(link))
        self._seen.add(hash(url))
        return url

    def arrive(self, page: PageT) -> str | None:
        """Take note of a page and give the link to the next.

        Raises:
            PagingError: It has the items of the page before, or is one of too many without items.
        """
        items, link = self._paging.items(page), self._paging.next_link(page)
        self._empty = 0 if items else self._empty + 1
        if items and items == self._before:
            raise PagingError("A page of the list has the items of the page before it.", link=hide_links(link or ""))
        if link and self._empty > MAX_EMPTY_PAGES:
            raise PagingError("Too many pages of the list have no items.", link=hide_links(link))
        self._before = items
        return link
