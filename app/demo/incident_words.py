"""What demo incidents are called; invented, about no real place or person."""

from __future__ import annotations

TITLES: dict[str, tuple[str, ...]] = {
    "gas.leak": ("闻到燃气异味", "燃气表接口漏气", "阀门处检出燃气", "报警器鸣响"),
    "gas.appliance": (
        "燃气软管老化",
        "热水器烟道未伸出室外",
        "灶具无熄火保护",
        "餐饮店气瓶间不规范",
        "未装燃气报警器",
    ),
    "drowning": (
        "河边有未成年人戏水",
        "水库边警示牌缺失",
        "堰塘护栏破损",
        "救生圈缺失",
        "有人在禁泳水域游泳",
    ),
    "fire.building": (
        "电动自行车楼道充电",
        "消防通道被占用",
        "楼道堆放杂物",
        "老旧线路裸露",
        "灭火器过期",
        "“三合一”场所隐患",
    ),
    "fire.wildland": ("上坟烧纸未看护", "田间焚烧秸秆", "林边野外用火", "防火隔离带杂草过高"),
    "geological.landslide": ("屋后边坡开裂", "道路边坡滑塌", "雨后坡体渗水变形"),
    "geological.rockfall": ("崖边危岩松动", "落石滚到村道"),
    "other": ("井盖破损", "路灯不亮", "积水影响通行", "树枝压住电线", "施工围挡倾斜"),
}
_FOUND = {
    "gas": "巡查时发现",
    "drowning": "巡河时发现",
    "fire": "入户排查时发现",
    "geological": "雨后巡查时发现",
    "other": "巡查时发现",
}


def describe(hazard: str, title: str, place: str) -> str:
    """Return one sentence about a demo incident; says that it is made up."""
    return f"【演示数据】{_FOUND[hazard.partition('.')[0]]}：{place}，{title}。"
