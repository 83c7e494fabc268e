"""Where a point belongs: which grids, how sure, how far to the next."""

from app.locate.location import Alternative, Location, LocationTable, Status
from app.locate.locator import Locator

__all__ = ["Alternative", "Location", "LocationTable", "Locator", "Status"]
