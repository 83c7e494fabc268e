"""Names as they are compared: one folding for the gazetteer and for what is asked.

Names stay as they were given; only what two of them are compared by is folded.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

# Radicals that NFKC leaves as they are though texts from PDFs hold them for the characters.
_RADICALS = str.maketrans(
    "⺀⺁⺃⺇⺈⺊⺌⺍⺎⺒⺔⺕⺗⺘⺙⺚⺛⺝⺟⺠⺡⺢⺣⺤⺥⺨⺩⺪⺬⺭⺮⺯⺱⺶⺷⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
    "丶厂乚几⺈卜小小兀巳卯彐心扌攵无旡月母民氵水灬爪爪犭王疋示礻竹糸网羊羊月臼艹艹艹虎衤西西见角角讠贝足车辶辶辶阝钅長镸长门阜阝雨青韦页风飞食食食飠饣马骨鬼鱼鸟卤麦黄黾齐齐齿齿龙龙龟龟龟",
)


def folding() -> dict[int, str]:
    """Return what single characters are folded to, for `str.translate`; lengths stay the same.

    Traditional characters and variants to one simplified one each, radicals to characters.
    """
    return dict(_folding())


def key(name: str) -> str:
    """Return what a name is compared by.

    Parameters
    ----------
    name
        A name of anything: 臺灣路, Ａ区, 三岔⻓街.

    Returns
    -------
    str
        NFKC, radicals as characters, traditional as simplified, letters small, no blanks. It is
        the key of itself.
    """
    folded = unicodedata.normalize("NFKC", name).translate(_folding()).lower()
    # Again, because a mark may have come to stand behind a letter.
    return unicodedata.normalize("NFKC", "".join(folded.split()))


@cache
def _folding() -> dict[int, str]:
    table = {code: chr(to) for code, to in _RADICALS.items() if code != to}
    lines = (Path(__file__).parent / "folding.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            table |= {ord(pair[0]): pair[1] for pair in line.split()}
    # What a radical is folded to may itself be a traditional character.
    return {code: table.get(ord(to), to) for code, to in table.items()}
