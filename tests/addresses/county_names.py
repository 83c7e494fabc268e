"""Invented names of towns, villages and roads, in traditional characters."""

from __future__ import annotations

import numpy as np

_ROADS = [
    *(
        "中山",
        "中正",
        "民族",
        "民權",
        "民生",
        "復興",
        "和平",
        "光復",
        "建國",
        "成功",
        "信義",
        "仁愛",
    ),
    *(
        "忠孝",
        "自強",
        "公園",
        "站前",
        "文化",
        "學府",
        "新興",
        "中華",
        "大同",
        "博愛",
        "林森",
        "四維",
    ),
    *(
        "三民",
        "五福",
        "七賢",
        "八德",
        "長春",
        "國光",
        "富國",
        "公正",
        "健康",
        "西門",
        "東門",
        "北門",
    ),
    *("南門", "環河", "濱海", "中央"),
]
_FIRST = "青綠白金銀玉龍鳳雙三四五六大小長永東西南北上下新舊內外圓石竹松梅柳蘭冬清美古尚"
_LAST = "埔坑寮厝崙湖溪潭坪澳圳港灣林園山嶺城洲田塘橋泉湧豐安樂興榮昌盛富福壽康寧"


def road_words(rng: np.random.Generator) -> str:
    """Return the name of a road that many towns have."""
    return f"{_ROADS[rng.integers(len(_ROADS))]}{'路路路街'[rng.integers(4)]}"


def village_words(rng: np.random.Generator) -> str:
    """Return two characters of a place."""
    return _FIRST[rng.integers(len(_FIRST))] + _LAST[rng.integers(len(_LAST))]


class Words:
    """Names, each kind without repetition but for villages, a few of which share theirs."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._taken: set[str] = set()
        self._villages: list[str] = []
        self._in_town: set[tuple[str, str]] = set()

    def town(self) -> str:
        """Return the name of a town."""
        return self._new() + "鎮鄉鄉市"[self._rng.integers(4)]

    def village(self, town: str) -> str:
        """Return the name of a village; one in thirty is that of another town's village."""
        if len(self._villages) > 20 and self._rng.random() < 0.03:
            name = self._villages[self._rng.integers(len(self._villages) - 20)]
            if (town, name) not in self._in_town:
                self._in_town.add((town, name))
                return name
        self._villages.append(self._new() + "村里"[self._rng.integers(2)])
        self._in_town.add((town, self._villages[-1]))
        return self._villages[-1]

    def road(self) -> str:
        """Return the name of a road; one in six is called after a place."""
        if self._villages and self._rng.random() < 0.15:
            words = self._villages[self._rng.integers(len(self._villages))][:2]
        else:
            words = self._new()
        return words + ("路", "路", "街", "一路", "東路", "二街")[self._rng.integers(6)]

    def _new(self) -> str:
        while True:
            words = village_words(self._rng)
            if words not in self._taken or len(self._taken) > 900:
                self._taken.add(words)
                return words
