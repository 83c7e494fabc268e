"""Weige 微格: the map of a city that governs itself by grids."""

__version__ = "0.1.0"
