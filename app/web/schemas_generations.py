"""What the routes of editions answer, typed."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field


class GenerationOut(BaseModel):
    """One edition of the boundaries. 一个网格版本."""

    name: str
    valid_from: date = Field(description="The day from which it holds. 自该日起生效")
    until: date | None = Field(
        description="The first day on which it holds no more; null while no later one is in force, "
        "and of one that is not. 自该日起不再生效；没有后续版本时为 null"
    )
    in_force: bool = Field(
        description="Whether it answers on its days; it is activated by an administrator of the "
        "machine. 是否已启用"
    )
    current: bool = Field(
        description="Whether it answers where no day is named. 不指定日期时是否由它回答"
    )
    content_hash: str


class GenerationsOut(BaseModel):
    """The editions of a city, the earliest first. 全部网格版本，按生效日期排列."""

    current: str = Field(description="The one that answers now. 当前版本")
    generations: list[GenerationOut]
