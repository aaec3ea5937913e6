"""The operations of the group `exports`: Exports of iModels."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Mapping
from typing import Literal, Unpack
from uuid import UUID

from ..._async_begun import AsyncBegun
from ..._async_pager import AsyncPager
from ..._async_session import AsyncSession
from ..._async_waiting import async_wait_for
from ..._begun import Begun
from ..._pager import Pager
from ..._session import Session
from ..._waiting import wait_for
from ...errors import WaitFailedError
from ...models import (
    Export,
    ExportListResponse,
    ExportStatus,
    ExportType,
)
from ...types import CallOptions
from .create_export import create_export
from .delete_export import delete_export
from .get_export import get_export
from .list_exports import PAGING as LIST_EXPORTS_PAGING
from .list_exports import list_exports


class Exports:
    """Exports of iModels."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def with_raw_response(self) -> ExportsWithRawResponse:
        """The same methods, giving the raw answer: status, headers, bytes, and the parsed value on demand."""
        return ExportsWithRawResponse(self._session)

    def list(
        self,
        *,
        imodel_id: UUID | str | None = None,
        changeset_id: str | None = None,
        top: int | None = None,
        skip: int | None = None,
        order_by: Literal["date:asc", "date:desc"] | str | None = None,
        cdn: int | None = None,
        tile_version: str | None = None,
        export_type: ExportType | Literal["3DTiles", "3DTILES", "IMODEL", "CESIUM", "3DFT", "GLTF"] | str | None = None,
        itwin_js: str | None = None,
        representation: Literal["minimal", "full"] | str | None = None,
        api_host_and_root: str | None = None,
        limit: int | None = None,
        start: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[ExportListResponse, Export]:
        """List exports.

        All exports that the user has asked for and that have not expired, each with its status. Filters combine:
        an export is listed when it passes every one. The answer comes in pages; follow `_links.next.href` until it
        is absent.

        Args:
            imodel_id: Only the exports of this iModel, as far as the user may read it. (Request parameters:
                `iModelId`)
            changeset_id: Only the exports of this changeset, which 40 hexadecimal digits identify. (Request
                parameters: `changesetId`)
            top: The number of exports on a page. The page's examples have 100 where none was asked for. 1000 at
                most. (Request parameters: `$top`)
            skip: The number of exports of the selection to leave out before the page begins. (Request
                parameters: `$skip`)
            order_by: Order by `lastModified`, ascending or descending. There is no other order for now.
                (Request parameters: `$orderBy`)
            cdn: With 1, the links to tiles lead to a content delivery network. (Request parameters: `cdn`)
            tile_version: Only the exports that a viewer of this tile version can show ("compatible with", not
                "equal to"). (Request parameters: `tileVersion`)
            export_type: Only the exports of this type. (Request parameters: `exportType`)
            itwin_js: Only the exports that a viewer built with this iTwin.js version can show ("compatible
                with", not "equal to"). (Request parameters: `iTwinJS`)
            representation: `return=minimal` (which is what comes without this header) or
                `return=representation`. Written as RFC 7240 has it, beside other preferences if need be. Write
                minimal for return=minimal, full for return=representation; other text is sent as it is. (Request
                headers: `prefer`)
            api_host_and_root: The prefix, scheme and host and root path, that the links of the list begin with.
                (Request headers: `x-api-host-and-root`)
            limit: The number of items to end after.
            start: A `next_link` of an earlier walk to go on from; it holds that walk's parameters.
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            The items, fetched page by page as they are asked for.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            InvalidRequestError: The service answered 422 (Response 422).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = list_exports(
            imodel_id=imodel_id,
            changeset_id=changeset_id,
            top=top,
            skip=skip,
            order_by=order_by,
            cdn=cdn,
            tile_version=tile_version,
            export_type=export_type,
            itwin_js=itwin_js,
            representation=representation,
            api_host_and_root=api_host_and_root,
            **options,
        )
        return Pager(self._session, call, LIST_EXPORTS_PAGING, limit=limit, start=start)

    def create(
        self,
        *,
        imodel_id: UUID | str,
        changeset_id: str | None = None,
        export_type: ExportType | Literal["3DTiles", "3DTILES", "IMODEL", "CESIUM", "3DFT", "GLTF"] | str | None = None,
        last_modified: datetime.datetime | str | None = None,
        extra_body: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Begun[Export]:
        """Start an export.

        Start an export of an iModel. It is announced that this will be deprecated, since the platform starts exports
        by itself when a model changes; it is not yet.

        Args:
            imodel_id: The iModel. (Request body: `iModelId`)
            changeset_id: The changeset. The page of the operation calls it required, and says that the latest
                is exported without it. (Request body: `changesetId`)
            export_type: What an export is made of. The known values are not a closed list: deployments differ,
                and some spell `3DTiles` as `3DTILES`. (Request body: `exportType`)
            last_modified: When what is asked for last changed. (Request body: `lastModified`)
            extra_body: Members to add to the body, by their names on the wire: what some deployments take and
                the documentation at hand does not name. One that is there already is replaced.
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            The `Export` that the service has begun; `wait` waits for its end.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            IModelNotFoundError: The service answered 404 with the code `IModelNotFound`.
            NotFoundError: The service answered 404 (Response 404).
            InvalidRequestError: The service answered 422 (Response 422).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = create_export(
            imodel_id=imodel_id,
            changeset_id=changeset_id,
            export_type=export_type,
            last_modified=last_modified,
            extra_body=extra_body,
            **options,
        )
        result = self._session.result(call)

        def wait(max_wait: float, interval: float, max_interval: float) -> Export:
            return self.wait_until_complete(result, max_wait=max_wait, interval=interval, max_interval=max_interval)

        return Begun(result, wait)

    def get(
        self,
        id: UUID | str,
        *,
        cdn: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Export:
        """Get an export.

        One export in full representation. The list is recommended instead: this operation may go away before the
        service is generally available.

        Args:
            id: The export's id. (Path: `id`)
            cdn: With 1, the links to tiles lead to a content delivery network. (Request parameters: `cdn`)
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            The `Export`.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            ExportNotFoundError: The service answered 404 with the code `ExportNotFound`.
            NotFoundError: The service answered 404 (Response 404).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = get_export(
            id=id,
            cdn=cdn,
            **options,
        )
        return self._session.result(call)

    def delete(
        self,
        id: UUID | str,
        **options: Unpack[CallOptions],
    ) -> None:
        """Delete an export.

        Only an export that is complete or invalid can be deleted. What an unfinished one gets is said nowhere.

        Args:
            id: The export's id. (Path: `id`)
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            Nothing.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            ExportNotFoundError: The service answered 404 with the code `ExportNotFound`.
            NotFoundError: The service answered 404 (Response 404).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = delete_export(
            id=id,
            **options,
        )
        return self._session.result(call)

    def wait_until_complete(
        self,
        export: Export | UUID | str,
        *,
        imodel_id: UUID | str | None = None,
        max_wait: float = 900,
        interval: float = 2,
        max_interval: float = 30,
        **options: Unpack[CallOptions],
    ) -> Export:
        """Wait until an export is complete.

        Asks the list again and again, with pauses that grow from `interval` to `max_interval`.

        Args:
            export: The export, or its id.
            imodel_id: The iModel that it is of, which makes each question cheaper.
            max_wait: Seconds to wait in all.
            interval: Seconds before the second question.
            max_interval: The longest pause, in seconds.
            **options: What holds for each single question: see `CallOptions`.

        Returns:
            The export in full representation, with its links.

        Raises:
            WaitFailedError: The export is invalid, or is not there any more.
            WaitTimeoutError: It was not complete in time.
            MeshExportError: A question failed.
        """
        wanted = str(export.id if isinstance(export, Export) else export).lower()
        if isinstance(export, Export) and export.request and imodel_id is None:
            imodel_id = export.request.imodel_id
        # One that has not started may be so new that the list lacks it.
        seen = isinstance(export, Export) and export.status != ExportStatus.NOT_STARTED

        def probe() -> Export | None:
            nonlocal seen
            for found in self.list(imodel_id=imodel_id, representation="full", **options):
                if str(found.id) == wanted:
                    seen = True
                    if found.status == ExportStatus.INVALID:
                        raise WaitFailedError(f"The export {wanted} is invalid.")
                    return found if found.status == ExportStatus.COMPLETE else None
            if seen:
                raise WaitFailedError(f"The export {wanted} is not listed any more.")
            return None

        what = f"The completion of the export {wanted}"
        return wait_for(probe, max_wait=max_wait, interval=interval, max_interval=max_interval, what=what)


class AsyncExports:
    """Exports of iModels. Each method is awaited."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @property
    def with_raw_response(self) -> AsyncExportsWithRawResponse:
        """The same methods, giving the raw answer: status, headers, bytes, and the parsed value on demand."""
        return AsyncExportsWithRawResponse(self._session)

    def list(
        self,
        *,
        imodel_id: UUID | str | None = None,
        changeset_id: str | None = None,
        top: int | None = None,
        skip: int | None = None,
        order_by: Literal["date:asc", "date:desc"] | str | None = None,
        cdn: int | None = None,
        tile_version: str | None = None,
        export_type: ExportType | Literal["3DTiles", "3DTILES", "IMODEL", "CESIUM", "3DFT", "GLTF"] | str | None = None,
        itwin_js: str | None = None,
        representation: Literal["minimal", "full"] | str | None = None,
        api_host_and_root: str | None = None,
        limit: int | None = None,
        start: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[ExportListResponse, Export]:
        """List exports.

        All exports that the user has asked for and that have not expired, each with its status. Filters combine:
        an export is listed when it passes every one. The answer comes in pages; follow `_links.next.href` until it
        is absent.

        Args:
            imodel_id: Only the exports of this iModel, as far as the user may read it. (Request parameters:
                `iModelId`)
            changeset_id: Only the exports of this changeset, which 40 hexadecimal digits identify. (Request
                parameters: `changesetId`)
            top: The number of exports on a page. The page's examples have 100 where none was asked for. 1000 at
                most. (Request parameters: `$top`)
            skip: The number of exports of the selection to leave out before the page begins. (Request
                parameters: `$skip`)
            order_by: Order by `lastModified`, ascending or descending. There is no other order for now.
                (Request parameters: `$orderBy`)
            cdn: With 1, the links to tiles lead to a content delivery network. (Request parameters: `cdn`)
            tile_version: Only the exports that a viewer of this tile version can show ("compatible with", not
                "equal to"). (Request parameters: `tileVersion`)
            export_type: Only the exports of this type. (Request parameters: `exportType`)
            itwin_js: Only the exports that a viewer built with this iTwin.js version can show ("compatible
                with", not "equal to"). (Request parameters: `iTwinJS`)
            representation: `return=minimal` (which is what comes without this header) or
                `return=representation`. Written as RFC 7240 has it, beside other preferences if need be. Write
                minimal for return=minimal, full for return=representation; other text is sent as it is. (Request
                headers: `prefer`)
            api_host_and_root: The prefix, scheme and host and root path, that the links of the list begin with.
                (Request headers: `x-api-host-and-root`)
            limit: The number of items to end after.
            start: A `next_link` of an earlier walk to go on from; it holds that walk's parameters.
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            The items, fetched page by page as they are asked for.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            InvalidRequestError: The service answered 422 (Response 422).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = list_exports(
            imodel_id=imodel_id,
            changeset_id=changeset_id,
            top=top,
            skip=skip,
            order_by=order_by,
            cdn=cdn,
            tile_version=tile_version,
            export_type=export_type,
            itwin_js=itwin_js,
            representation=representation,
            api_host_and_root=api_host_and_root,
            **options,
        )
        return AsyncPager(self._session, call, LIST_EXPORTS_PAGING, limit=limit, start=start)

    async def create(
        self,
        *,
        imodel_id: UUID | str,
        changeset_id: str | None = None,
        export_type: ExportType | Literal["3DTiles", "3DTILES", "IMODEL", "CESIUM", "3DFT", "GLTF"] | str | None = None,
        last_modified: datetime.datetime | str | None = None,
        extra_body: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncBegun[Export]:
        """Start an export.

        Start an export of an iModel. It is announced that this will be deprecated, since the platform starts exports
        by itself when a model changes; it is not yet.

        Args:
            imodel_id: The iModel. (Request body: `iModelId`)
            changeset_id: The changeset. The page of the operation calls it required, and says that the latest
                is exported without it. (Request body: `changesetId`)
            export_type: What an export is made of. The known values are not a closed list: deployments differ,
                and some spell `3DTiles` as `3DTILES`. (Request body: `exportType`)
            last_modified: When what is asked for last changed. (Request body: `lastModified`)
            extra_body: Members to add to the body, by their names on the wire: what some deployments take and
                the documentation at hand does not name. One that is there already is replaced.
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            The `Export` that the service has begun; `wait` waits for its end.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            IModelNotFoundError: The service answered 404 with the code `IModelNotFound`.
            NotFoundError: The service answered 404 (Response 404).
            InvalidRequestError: The service answered 422 (Response 422).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = create_export(
            imodel_id=imodel_id,
            changeset_id=changeset_id,
            export_type=export_type,
            last_modified=last_modified,
            extra_body=extra_body,
            **options,
        )
        result = await self._session.result(call)

        def wait(max_wait: float, interval: float, max_interval: float) -> Awaitable[Export]:
            return self.wait_until_complete(result, max_wait=max_wait, interval=interval, max_interval=max_interval)

        return AsyncBegun(result, wait)

    async def get(
        self,
        id: UUID | str,
        *,
        cdn: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Export:
        """Get an export.

        One export in full representation. The list is recommended instead: this operation may go away before the
        service is generally available.

        Args:
            id: The export's id. (Path: `id`)
            cdn: With 1, the links to tiles lead to a content delivery network. (Request parameters: `cdn`)
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            The `Export`.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            ExportNotFoundError: The service answered 404 with the code `ExportNotFound`.
            NotFoundError: The service answered 404 (Response 404).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = get_export(
            id=id,
            cdn=cdn,
            **options,
        )
        return await self._session.result(call)

    async def delete(
        self,
        id: UUID | str,
        **options: Unpack[CallOptions],
    ) -> None:
        """Delete an export.

        Only an export that is complete or invalid can be deleted. What an unfinished one gets is said nowhere.

        Args:
            id: The export's id. (Path: `id`)
            **options: What holds for this call alone: see `CallOptions`.

        Returns:
            Nothing.

        Raises:
            InvalidArgumentError: A parameter is out of bounds or cannot be sent.
            AuthenticationError: The service answered 401 (Response 401).
            ExportNotFoundError: The service answered 404 with the code `ExportNotFound`.
            NotFoundError: The service answered 404 (Response 404).
            RateLimitError: The service answered 429 (Response 429).
            MeshExportError: Anything else that went wrong: see `errors`.
        """
        call = delete_export(
            id=id,
            **options,
        )
        return await self._session.result(call)

    async def wait_until_complete(
        self,
        export: Export | UUID | str,
        *,
        imodel_id: UUID | str | None = None,
        max_wait: float = 900,
        interval: float = 2,
        max_interval: float = 30,
        **options: Unpack[CallOptions],
    ) -> Export:
        """Wait until an export is complete.

        Asks the list again and again, with pauses that grow from `interval` to `max_interval`.

        Args:
            export: The export, or its id.
            imodel_id: The iModel that it is of, which makes each question cheaper.
            max_wait: Seconds to wait in all.
            interval: Seconds before the second question.
            max_interval: The longest pause, in seconds.
            **options: What holds for each single question: see `CallOptions`.

        Returns:
            The export in full representation, with its links.

        Raises:
            WaitFailedError: The export is invalid, or is not there any more.
            WaitTimeoutError: It was not complete in time.
            MeshExportError: A question failed.
        """
        wanted = str(export.id if isinstance(export, Export) else export).lower()
        if isinstance(export, Export) and export.request and imodel_id is None:
            imodel_id = export.request.imodel_id
        # One that has not started may be so new that the list lacks it.
        seen = isinstance(export, Export) and export.status != ExportStatus.NOT_STARTED

        async def probe() -> Export | None:
            nonlocal seen
            async for found in self.list(imodel_id=imodel_id, representation="full", **options):
                if str(found.id) == wanted:
                    seen = True
                    if found.status == ExportStatus.INVALID:
                        raise WaitFailedError(f"The export {wanted} is invalid.")
                    return found if found.status == ExportStatus.COMPLETE else None
            if seen:
                raise WaitFailedError(f"The export {wanted} is not listed any more.")
            return None

        what = f"The completion of the export {wanted}"
        return await async_wait_for(probe, max_wait=max_wait, interval=interval, max_interval=max_interval, what=what)


class ExportsWithRawResponse:
    """The operations of `Exports`, giving raw answers. A list gives its first page."""

    def __init__(self, session: Session) -> None:
        self.list = session.raw(list_exports)
        self.create = session.raw(create_export)
        self.get = session.raw(get_export)
        self.delete = session.raw(delete_export)


class AsyncExportsWithRawResponse:
    """The operations of `AsyncExports`, giving raw answers. A list gives its first page."""

    def __init__(self, session: AsyncSession) -> None:
        self.list = session.raw(list_exports)
        self.create = session.raw(create_export)
        self.get = session.raw(get_export)
        self.delete = session.raw(delete_export)
