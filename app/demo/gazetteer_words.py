"""Invented names of roads, estates and places, and a book that gives each name out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

# Stems of two characters are put together from these, so that they are nobody's in particular.
_FIRST = "锦瑞嘉景祥云松柏桂兰竹荷枫榕杏莲翠碧晴和顺安泰康宁丰兴盛昌隆明华文礼信学墨琴凤鹤鹭雁"
_SECOND = "园林溪泉湖岭川江台苑庭塘湾畔屏荫茂荣平康乐瑞德达通"
# Names that any town in the country has.
GENERIC_ROADS = (
    "人民路", "建设路", "解放路", "新华路", "文化路", "和平路", "团结路", "胜利街", "政府街",
    "正街", "新街", "上街", "下街", "老街", "新民街", "青年路", "学府街", "幸福路", "光明路",
    "迎宾大道", "工业大道", "站前路", "滨河路", "市场街", "粮站街", "广场路",
)  # fmt: skip
_ESTATE_STEMS = (
    "阳光", "金色", "翠湖", "御景", "幸福", "和谐", "东方", "世纪", "丽景", "香榭", "书香", "锦绣",
    "时代", "凤凰", "水岸", "绿洲", "天润", "都市", "康居", "兴业", "城市", "鹭岛", "紫荆", "银杏",
    "玉兰", "海棠", "四季", "春晓", "观澜", "半岛", "名门", "逸景", "雅居", "盛世", "馨怡", "星河",
)  # fmt: skip
_ESTATE_TAILS = (
    "花园", "家园", "苑", "城", "小区", "公寓", "新村", "名都", "雅居", "华庭", "佳苑", "安置点",
)  # fmt: skip
_ESTATE_SHARES = np.array([16, 15, 15, 9, 14, 4, 5, 4, 5, 5, 5, 3]) / 100.0
HAN = "零一二三四五六七八九"
_TEN = 10


def chinese_number(value: int) -> str:
    """Return a number from 1 to 99 in Chinese characters."""
    tens, ones = divmod(value, _TEN)
    if tens == 0:
        return HAN[ones]
    return ("" if tens == 1 else HAN[tens]) + "十" + (HAN[ones] if ones else "")


class NameBook:
    """Gives out names, each at most once in a scope (a town).

    Parameters
    ----------
    avoid
        Names that are given to nobody.
    """

    def __init__(self, avoid: Iterable[str] = ()) -> None:
        self._avoid = frozenset(avoid)
        self._used: defaultdict[str, set[str]] = defaultdict(set)

    def free(self, name: str, scopes: Iterable[str]) -> bool:
        """Tell whether no scope of some has a name."""
        return name not in self._avoid and self._used[name].isdisjoint(scopes)

    def take(self, name: str, scopes: Iterable[str]) -> str:
        """Give a name out in some scopes."""
        self._used[name].update(scopes)
        return name

    def first_free(self, names: Iterable[str], scopes: Sequence[str]) -> str:
        """Give out the first of some names that is free in all of some scopes.

        Raises
        ------
        ValueError
            If none is.
        """
        for name in names:
            if self.free(name, scopes):
                return self.take(name, scopes)
        raise ValueError(f"no name is left for {list(scopes)}")


def road_stems(rng: np.random.Generator) -> list[str]:
    """Return all invented stems of roads in random order."""
    stems = [one + two for one in _FIRST for two in _SECOND if one != two]
    return [stems[k] for k in rng.permutation(len(stems))]


def estate_name(rng: np.random.Generator) -> str:
    """Return an invented name of an estate: 阳光花园."""
    stem = _ESTATE_STEMS[int(rng.integers(len(_ESTATE_STEMS)))]
    return stem + _ESTATE_TAILS[int(rng.choice(len(_ESTATE_TAILS), p=_ESTATE_SHARES))]
