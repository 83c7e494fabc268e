"""Addresses as they may be shown to others: without what leads to a person.

Masked are digits of telephones, floors and rooms, and names where something says that they are
names. It goes by form alone, so it hides too much rather than too little, and a name that stands
there like a place stays.
"""

from __future__ import annotations

import re

MASK = "•"

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
# A name beside a telephone ends where an address would go on.
_OF_NAME = rf"(?![号號室栋棟幢座楼樓层層元组組社队隊村镇鎮路街巷弄段区區园園苑城期]){_HAN}"
_NUMERAL = "\\d〇零一二三四五六七八九十百两"
# Seven digits and more, however they are set apart, with the letter of an identity card.
_LONG = re.compile(r"\d(?:[\s\-－—–()（）]?\d){6,}[xXｘＸ]?")
# After a building every number leads to a flat; so does the number of a floor.
_BUILDING = re.compile(
    rf"[栋棟幢]|单元|單元|号楼|號樓|(?<=\d)[座#＃]|[{_NUMERAL}]+(?:楼|樓|层|層|[fFｆＦ])"
)
_ROOM = re.compile(rf"[{_NUMERAL}]+(?=[室房户戶])")
# Of 5-2-501 the first says the building; 49-2号 is a door.
_DASHED = re.compile(r"(?<=\d)(?:[-－—–]\d+)+(?![\d\-－—–号號])")
# A number stays where its word says that it is none of a flat.
_BARE = re.compile(
    r"(?<![路街道巷段弄\d附])\d+(?![\d\-－—–号號路街巷弄段组組社队隊栋棟幢座村期区區米#＃])"
)
_NUMBER = re.compile(rf"[{_NUMERAL}a-zA-Z]")
_DIGIT = re.compile(r"[\dxXｘＸ]")
_CALLED = re.compile(
    rf"(?:(?<=收件人)|(?<=收货人)|(?<=联系人)|(?<=姓名)|(?<=户主))[:：\s]*{_HAN}{{1,4}}"
    rf"|(?:{_OF_NAME}){{1,3}}(?=先生|女士|小姐|老师|[(（]?收[)）]?\s*$)"
    rf"|(?:{_OF_NAME}){{2,3}}(?=[\s:：,，]*{MASK}{{7}})"
    rf"|(?<={MASK}{{7}})[\s:：,，]*(?:{_OF_NAME}){{2,3}}(?=[\s,，)）]|$)"
)
_WRITTEN = re.compile(_HAN)


def masked(text: str) -> str:
    """Return an address without the digits of telephones and rooms.

    Parameters
    ----------
    text
        As written.

    Returns
    -------
    str
        Of the same length: every character that is hidden is `MASK`.
    """
    text = _LONG.sub(lambda found: _DIGIT.sub(MASK, found[0]), text)
    text = _CALLED.sub(lambda found: _WRITTEN.sub(MASK, found[0]), text)
    for rule in (_ROOM, _DASHED, _BARE):
        text = rule.sub(lambda found: _NUMBER.sub(MASK, found[0]), text)
    building = _BUILDING.search(text)
    if building is None:
        return text
    start = building.start() if building[0][-1] in "楼樓层層fFｆＦ" else building.end()
    if building[0] in {"号楼", "號樓"}:
        start = building.end()
    return text[:start] + _NUMBER.sub(MASK, text[start:])
