"""What a grid is: the city's manifest, its levels, import, certificate."""

from app.grids.city import City, Grid, Layer, Staff
from app.grids.manifest import AllowedGap, BaseLayer, Level, Manifest, Overlay, Source

__all__ = [
    "AllowedGap",
    "BaseLayer",
    "City",
    "Grid",
    "Layer",
    "Level",
    "Manifest",
    "Overlay",
    "Source",
    "Staff",
]
