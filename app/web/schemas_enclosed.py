"""What /api/enclosed takes and answers, typed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from app.analysis.enclosed import MAX_CORNERS
from app.web.schemas import GridRef, StaffOut
from app.web.schemas_incidents import _In
from app.web.schemas_incidents_out import SummaryOut

Degrees = Annotated[float, Field(ge=-180, le=180)]
Corner = Annotated[list[Degrees], Field(min_length=2, max_length=2)]


class EnclosedBody(_In):
    """An area drawn by hand."""

    ring: list[Corner] = Field(
        min_length=3,
        max_length=MAX_CORNERS,
        description="Corners, each longitude and latitude in WGS-84 degrees",
        examples=[[[104.54, 30.39], [104.55, 30.39], [104.55, 30.4]]],
    )


class GroupOut(BaseModel):
    """A group of residents on the city's own platform."""

    name: str
    members: int


class EnclosedGridOut(GridRef):
    """A grid of the finest level that the area takes in, wholly or in part."""

    within: str = Field(description="Names of the grids above, coarse to fine")
    part: float = Field(description="How much of it lies in the area, 0 to 1")
    households: float | None = Field(description="Of the whole grid; null where not known")
    staff: list[StaffOut]
    groups: list[GroupOut]


class EnclosedDedicatedOut(GridRef):
    """A grid of an overlay that the area takes in, wholly or in part."""

    overlay: str = Field(description="Id of the overlay")
    overlay_name: str
    within: str = Field(description="Names of the grids above, coarse to fine")
    part: float = Field(description="How much of it lies in the area, 0 to 1")
    staff: list[StaffOut]


class EnclosedOut(BaseModel):
    """What lies in the area, as far as you may see it."""

    area_km2: float = Field(description="Of the part that is grids of the city")
    households: float | None = Field(
        description="In the area: of a grid that lies in it in part, as large a part of them"
    )
    grids: list[EnclosedGridOut]
    dedicated: list[EnclosedDedicatedOut] = Field(
        description="Dedicated grids: they lie over the others and have people of their own"
    )
    elsewhere: int = Field(description="Grids in the area that are not yours to see")
    incidents: list[SummaryOut] | None = Field(
        description="Open ones in the area; null if you may not see incidents"
    )
    generation: str
    synthetic: str
