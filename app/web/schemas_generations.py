"""What the routes of editions answer, typed."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from app.web.schemas import _In


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


class DiffQuery(_In):
    """Which editions are compared."""

    from_: str = Field(
        alias="from", description="Name of an edition. 版本名", examples=["2026-demo"]
    )
    to: str = Field(description="Name of another one, in force or not. 另一版本名")
    level: str = Field("", description="Only of this level or overlay; left out: all. 只看某一层级")


class EditionRef(BaseModel):
    """An edition by name and day. 版本与生效日."""

    name: str
    valid_from: date


class LevelDiffOut(BaseModel):
    """How much changes in one level. 某一层级的调整."""

    id: str
    name: str
    count_from: int
    count_to: int
    counts: dict[str, int] = Field(
        description="Grids by what becomes of them: kept, renamed, reparented, recoded, redrawn, "
        "split, merged, removed, added. 按调整类型统计"
    )
    households_moved: float | None = Field(
        description="Households that get another grid, reckoned by where doors and buildings "
        "stand, else by ground. 换网格的住户（按门牌分布，否则按面积推算）"
    )
    households: float | None


class ChangeOut(BaseModel):
    """What becomes of one grid, or that it is new. 一个网格的调整."""

    level: str
    level_name: str
    kind: str
    code_from: str = Field(description="Empty for a grid that is new. 新增网格为空")
    name_from: str
    parent_from: str
    code_to: str = Field(description="As what it goes on; empty for none. 延续为；无则为空")
    name_to: str
    parent_to: str
    into: list[str] = Field(description="Codes of the parts of one that is split. 拆分为")
    origins: list[str] = Field(description="Codes of those that were merged with it. 合并自")
    renamed: bool
    reparented: bool = Field(description="Under another parent. 改属其他上级网格")
    recoded: bool
    redrawn: bool
    share_kept: float | None = Field(description="Of its area, 0 to 1. 保留原面积比例")
    hausdorff_m: float | None = Field(
        description="How far its border moves at most, metres. 边界最大移动距离（米）"
    )
    households_from: int | None
    households_to: int | None


class LineageOut(BaseModel):
    """Where ground and households of a grid that changes go. 面积与住户的去向."""

    level: str
    code_from: str
    name_from: str
    code_to: str = Field(description="Empty for ground that no grid covers. 无网格覆盖则为空")
    name_to: str
    area_m2: float
    share: float = Field(description="Of its area; those of a grid add to 1. 面积比例，合计为 1")
    households: float | None
    household_share: float | None


class DiffOut(BaseModel):
    """What another edition changes, and for how many. 版本对比."""

    model_config = ConfigDict(populate_by_name=True)

    from_: EditionRef = Field(alias="from")
    to: EditionRef
    levels: list[LevelDiffOut]
    only_from: list[str] = Field(description="Levels that the first has alone. 仅前者有的层级")
    only_to: list[str]
    doors: int | None = Field(description="Rows of the gazetteer; null without. 标准地址条数")
    doors_moved: int | None = Field(description="Of them in another grid. 换网格的地址条数")
    doors_recoded: int | None
    posts: int
    posts_changed: int = Field(
        description="Staff posts whose grid is recoded, split, merged or removed. 需调整的岗位"
    )
    open_incidents: int | None = Field(
        description="Open incidents; null for accounts of an area. 未结事件；限定辖区的账号为 null"
    )
    open_incidents_moved: list[str] | None = Field(
        description="Numbers of those that get other grids. 换网格的未结事件编号"
    )
    changes: list[ChangeOut] = Field(description="All grids that are not kept. 全部有调整的网格")
    lineage: list[LineageOut] = Field(description="Of the grids that change. 调整网格的去向")
    synthetic: str
