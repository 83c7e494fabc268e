"""What a check of boundaries can find; one class for each kind. Each is plain data."""

from __future__ import annotations

from dataclasses import dataclass

# Below this a gap, an overlap or a spill is called a sliver, if the manifest states no other size:
# two digitised lines that should be one. It is listed like any other and told apart by its size.
SLIVER_M2 = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A piece of ground.

    Attributes
    ----------
    area_m2, width_m : float
        Its area in the city's metric CRS; how wide it (its largest part) is on average, which is
        twice the area by the perimeter.
    lon, lat : float
        A point inside (of the largest part), WGS-84 degrees.
    sliver : bool
        Whether it is smaller than the size that the manifest states.
    """

    area_m2: float
    width_m: float
    lon: float
    lat: float
    sliver: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap(Patch):
    """Ground that two grids of one level claim both.

    Attributes
    ----------
    codes : tuple of str
        The two codes in order.
    parts : int
        Of how many pieces it consists.
    """

    codes: tuple[str, str]
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Patch):
    """Ground that no grid of a level claims.

    Attributes
    ----------
    kind : str
        ``hole``: grids of the level enclose it. ``rim``: it lies at their outer edge, inside
        what the next coarser level covers.
    codes : tuple of str
        The grids next to it, in order.
    allowed : str
        What the manifest says that it is, a lake say: then it is no defect. Empty for the others.
    """

    kind: str
    codes: tuple[str, ...]
    allowed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleGap:
    """A gap that the manifest allows and that is not there. A warning.

    Attributes
    ----------
    name : str
        What the manifest says that it is.
    lon, lat : float
        Where it says so, WGS-84 degrees.
    code : str
        The grid that lies there; empty for none.
    """

    name: str
    lon: float
    lat: float
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill(Patch):
    """What sticks out of its parent.

    Attributes
    ----------
    code, parent : str
        The grid and its parent.
    share : float
        How much of the grid lies outside, 0 to 1.
    mostly_in : str
        The grid of the parent's level that holds most of it, where that is another one.
    """

    code: str
    parent: str
    share: float
    mostly_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Island(Patch):
    """Pieces of a grid that lie apart from its main one. Not a defect: there are exclaves.

    Attributes
    ----------
    code : str
        The grid.
    parts : int
        How many pieces lie apart.
    """

    code: str
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A code that cannot be right, or is not of the form that is stated.

    Attributes
    ----------
    code, reason : str
        The code in the city folder, and what is wrong with it.
    row : int or None
        The row of the file, where only that tells it.
    """

    code: str
    reason: str
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SameName:
    """A name that several grids of one parent have. A warning."""

    name: str
    parent: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A grid with fewer or more households than recommended. A warning."""

    code: str
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A parent that its children do not make up.

    Attributes
    ----------
    code : str
        The parent.
    children : int
        How many it has.
    missing_m2, excess_m2 : float
        What of the parent its children leave open, and what of them lies outside of it.
    share : float
        The sum of both by the area of the parent.
    """

    code: str
    children: int
    missing_m2: float
    excess_m2: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrap:
    """A parent that has no part in its children: nobody names it, or all lie elsewhere."""

    code: str
    children: int
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A grid without a parent.

    Attributes
    ----------
    code : str
        The grid.
    declared : str
        The parent that its source names and that does not exist; empty if it names none.
    """

    code: str
    declared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid:
    """A shape in the city folder that is no valid polygon."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """Borders of which the vertices on one side are not those of the other.

    Attributes
    ----------
    codes : tuple of str
        The grids that have such a border, in order.
    length_m : float
        Length of these borders, counted once from each side.
    """

    codes: tuple[str, ...]
    length_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """Whether codes begin with the code of their parent. Not a defect either way.

    Attributes
    ----------
    follow, break_ : int
        How many do and how many do not.
    examples : tuple of str
        The first ten that do not.
    """

    follow: int
    break_: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """How a file was read; see app.geo.vector.VectorTable."""

    file: str
    layer: str
    driver: str
    crs: str
    declared_crs: str
    datum: str
    encoding: str
    rows: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableRow:
    """A row of a file that has no polygon; it is recorded here and nowhere else."""

    row: int
    code: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A shape that was repaired on import; see app.grids.repair.Mend."""

    row: int
    code: str
    reason: str
    area_before_m2: float
    area_change_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A code that several grids claim.

    Attributes
    ----------
    code : str
        The code in the source.
    rows : tuple of int
        The first row of each grid that claims it.
    codes : tuple of str
        What each of them is called in the city folder.
    """

    code: str
    rows: tuple[int, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyCode:
    """A row without a code, and the code that it got."""

    row: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Padded:
    """A code with white space around it in the file; the grid has it without.

    Attributes
    ----------
    row : int
        The row of the file.
    code, written : str
        The code without the white space, and as the file has it.
    """

    row: int
    code: str
    written: str

    @property
    def reason(self) -> str:
        """What is wrong with it."""
        return f"white space around it, left out: {self.written!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A grid drawn in several rows, which became one multipolygon. Not a defect."""

    code: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentFound:
    """A parent that was found by geometry though it does not hold the whole grid."""

    code: str
    parent: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentChoice:
    """How the parents of a level were found.

    Attributes
    ----------
    method : str
        ``field`` (the source names them) or ``geometry``.
    field : str
        The column, with ``field``.
    level : str
        The level of the parents.
    whole : int
        With ``geometry``: how many grids lie wholly inside their parent.
    partly : tuple of ParentFound
        The others, least share first.
    level_shares : dict of str to float
        For an overlay whose level was found by geometry: the share of its grids that lie wholly
        inside one grid, by level.
    """

    method: str
    field: str
    level: str
    whole: int
    partly: tuple[ParentFound, ...]
    level_shares: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the import of one level met; rows are counted from 1 as in the file."""

    source: SourceRead
    unusable: tuple[UnusableRow, ...]
    repaired: tuple[Repaired, ...]
    duplicates: tuple[Duplicate, ...]
    empty_codes: tuple[EmptyCode, ...]
    merged: tuple[Merged, ...]
    parents: ParentChoice | None
    undeclared: dict[str, str]
    """Parents that orphans name and that do not exist, by code of the orphan."""
    misplaced: tuple[str, ...] = ()
    """Why most of it seems to lie where it should not; see app.grids.placement."""
    padded: tuple[Padded, ...] = ()
