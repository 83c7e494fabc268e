"""The city that a gazetteer is of, and the names above it that an address may begin with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.addresses.normalise import key

PROVINCES = [
    "北京市",
    "天津市",
    "上海市",
    "重庆市",
    "河北省",
    "山西省",
    "辽宁省",
    "吉林省",
    "黑龙江省",
    "江苏省",
    "浙江省",
    "安徽省",
    "福建省",
    "江西省",
    "山东省",
    "河南省",
    "湖北省",
    "湖南省",
    "广东省",
    "海南省",
    "四川省",
    "贵州省",
    "云南省",
    "陕西省",
    "甘肃省",
    "青海省",
    "台湾省",
    "内蒙古自治区",
    "广西壮族自治区",
    "西藏自治区",
    "宁夏回族自治区",
    "新疆维吾尔自治区",
    "香港特别行政区",
    "澳门特别行政区",
]
_SUFFIXES = (
    "特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "自治州", "地区",
    "省", "市", "县", "区", "盟",
)  # fmt: skip
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Home:
    """What may stand above the towns of a city.

    Attributes
    ----------
    name : str
        Of the city, as given; "" if not known: then nothing above the towns is checked.
    above : frozenset of str
        Keys of the city and of what it belongs to, with and without suffixes.
    former : frozenset of str
        Keys of what it belonged to.
    known : bool
        Whether `above` is complete, so that another name there means another place.
    """

    name: str = ""
    above: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    known: bool = False

    @classmethod
    def of(cls, name: str) -> Home:
        """Return what is known of a city by its name; see homes.csv for those listed."""
        wanted = key(name)
        for listed, above, former in _listed():
            if wanted and wanted in {listed, bare(listed)}:
                return cls(
                    name=name,
                    above=_forms((listed, *above)) | {"中国"},
                    former=_forms(former),
                    known=True,
                )
        if len(wanted) > _SHORTEST and wanted.endswith(("市", "县", "区", "州", "盟")):
            return cls(name=name, above=_forms((wanted,)) | {"中国"})
        return cls(name=name, above=frozenset({"中国"}))

    def foreign(self, region: str) -> bool:
        """Tell whether a region that an address begins with is certainly another one.

        Parameters
        ----------
        region
            Key of a name with its suffix: 武侯区, 遂宁市.
        """
        if region in self.above or region in self.former:
            return False
        if self.known:
            return True
        # Only the city itself is known: another one of its own kind is not it.
        own = key(self.name)
        return bool(self.above) and own[-1:] == region[-1:] == "县"


def bare(name: str) -> str:
    """Return the key of a region without its suffix."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and len(name) - len(suffix) >= _SHORTEST:
            return name.removesuffix(suffix)
    return name


@cache
def provinces() -> frozenset[str]:
    """Return keys of all provinces, with and without suffixes."""
    return _forms(PROVINCES)


def _forms(names: tuple[str, ...] | list[str]) -> frozenset[str]:
    keys = [key(name) for name in names]
    return frozenset([*keys, *map(bare, keys)])


@cache
def _listed() -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    lines = (Path(__file__).parent / "homes.csv").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            name, above, former = line.split(",")
            found.append((key(name), tuple(above.split()), tuple(former.split())))
    return tuple(found)
