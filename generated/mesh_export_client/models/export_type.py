"""The known values of `ExportType`, a list that is not closed."""

from .._model import OpenEnum


class ExportType(OpenEnum):
    """What an export is made of.

    The known values are not a closed list: deployments differ, and some spell `3DTiles` as `3DTILES`.
    """

    TYPE_3D_TILES = "3DTiles"
    TYPE_3DTILES = "3DTILES"
    IMODEL = "IMODEL"
    CESIUM = "CESIUM"
    TYPE_3DFT = "3DFT"
    GLTF = "GLTF"
