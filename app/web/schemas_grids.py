"""What /api/grid-names takes and answers, typed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.grids.names import MAX_FOUND
from app.web.schemas import ChainRef, _In
from app.web.schemas_incidents import Whole


class GridNamesQuery(_In):
    """A part of a name or code."""

    q: str = Field(
        max_length=100,
        description="Part of a name or code; case, width and spaces do not count",
        examples=["顺城街社区"],
    )
    limit: Whole = Field(10, ge=1, le=MAX_FOUND, description=f"How many at most, 1 to {MAX_FOUND}")


class NamedGridOut(ChainRef):
    """A grid that was found."""

    within: str = Field(description="Names of the grids above, coarse to fine")
    by: Literal["name", "code"] = Field(description="What was found in it")
    match: list[int] = Field(description="First and last + 1 of the characters of it that match")


class GridNamesOut(BaseModel):
    """Grids, what begins with the text first, then coarse to fine."""

    grids: list[NamedGridOut]
