"""The known values of `ExportType`, a list that is not closed."""

from __future__ import annotations

from typing import ClassVar

from .._open_enum import OpenEnum, known


class ExportType(OpenEnum):
    """What an export is made of.

    The known values are not a closed list: deployments differ, and some spell `3DTiles` as `3DTILES`.
    """

    TYPE_3D_TILES: ClassVar[ExportType] = known("3DTiles")
    TYPE_3DTILES: ClassVar[ExportType] = known("3DTILES")
    IMODEL: ClassVar[ExportType] = known("IMODEL")
    CESIUM: ClassVar[ExportType] = known("CESIUM")
    TYPE_3DFT: ClassVar[ExportType] = known("3DFT")
    GLTF: ClassVar[ExportType] = known("GLTF")
