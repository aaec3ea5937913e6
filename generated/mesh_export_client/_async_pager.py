"""A list that comes in pages, walked as far as the caller awaits."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Generic, TypeVar

from ._async_session import AsyncSession
from ._call import Call
from ._paging import Paging, Walk
from ._request import build

PageT = TypeVar("PageT")
ItemT = TypeVar("ItemT")


class AsyncPager(Generic[PageT, ItemT]):
    """The items of a list, page after page. Nothing is sent before the first is asked for.

    Each iteration begins anew. An item that is kept keeps the bytes of its page with it.
    """

    def __init__(
        self,
        session: AsyncSession,
        call: Call[PageT],
        paging: Paging[PageT, ItemT],
        *,
        limit: int | None = None,
        start: str | None = None,
    ) -> None:
        build(call, session.settings.for_call(call.options))  # what cannot be sent fails here, not at the first item
        self._session = session
        self._call = call
        self._paging = paging
        self._limit = limit
        self._start = start
        self._next_link: str | None = start

    @property
    def next_link(self) -> str | None:
        """The link to the page after the last one that came.

        Pass it as `start` to go on from there, later or elsewhere. `None` before the first page and after the last one.
        It may hold what only the caller should see.
        """
        return self._next_link

    async def pages(self) -> AsyncGenerator[PageT, None]:
        """Walk page by page, whatever `limit` says.

        Raises:
            PagingError: The pages lead in a circle or do not move.
            MeshExportError: A page did not come.
        """
        walk = Walk(self._paging, self._call.operation.path, self._session.settings)
        link = self._start
        while True:
            url = walk.follow(link) if link else None
            page = (await self._session.send(self._call, url)).parse()
            link = self._next_link = walk.arrive(page)
            yield page
            if not link:
                return

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        left = self._limit
        if left is not None and left <= 0:
            return
        async with aclosing(self.pages()) as pages:  # a walk that ends early must not leave its requests to chance
            async for page in pages:
                for item in self._paging.items(page):
                    yield item
                    if left is not None:
                        left -= 1
                        if left == 0:
                            return

    def __repr__(self) -> str:
        return f"<AsyncPager of {self._call.operation.id}>"
