"""Words the province's names are made of. All places, bodies and firms are invented."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from loaders.sample.columns import Ints, joined, picked

PROVINCE = "岚江省"
PROVINCE_REGION = 380000
CITIES = (
    *("岚州市", "清源市", "云泽市", "临溪市", "沧宁市", "淮陵市", "青浦原市"),
    *("平澜市", "石峰市", "永澄市", "东屿市", "南浔川市", "定海关市", "长汀岭市"),
)
CITY_REGIONS = tuple(380100 + 100 * i for i in range(len(CITIES)))

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_GIVEN_FIRST = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂文志建国华春海晓红玉宏庆永立新世家德振光祥思雨子俊浩嘉"
_GIVEN_SECOND = "伟芳英敏静丽强磊军洋勇杰娟涛明超兰霞平刚华辉林民生成龙飞鹏斌波峰宁涵轩怡琪睿泽晨阳梅云峻安和义"

_BRANDS = (
    "安邦博昌诚创达鼎东方丰福光广国海瀚航浩恒宏鸿华汇嘉建金锦京景骏凯康科利联"
    "隆茂铭宁鹏启乾瑞盛顺泰腾天通万威旺翔新鑫兴旭亚阳益永宇裕元远泽振正中众卓"
)
_COUNTY_FIRST = "安白城崇春大德丰高古桂和鹤红湖华怀江金锦景静兰乐"
_COUNTY_SECOND = "川池丰谷河湖江岭陵门宁平浦泉山水塘溪阳义云州"

TRADES = ("building", "road", "goods", "medical", "service", "design", "supervision", "property")
"""Markets of the economy: a firm bids in one of them."""

TRADE_SUFFIXES = ("建筑工程", "市政路桥工程", "商贸", "医疗器械", "信息服务", "工程设计咨询", "工程监理", "置业投资")
TRADE_INDUSTRIES = (
    "房屋建筑业",
    "土木工程建筑业",
    "批发业",
    "医疗器械批发",
    "软件和信息技术服务业",
    "专业技术服务业",
    "工程监理服务",
    "房地产业",
)
TRADE_QUALIFICATIONS = (
    "建筑工程施工总承包",
    "市政公用工程施工总承包",
    "货物供应商备案",
    "医疗器械经营许可",
    "信息系统集成服务资质",
    "工程设计资质",
    "工程监理资质",
    "房地产开发企业资质",
)
STREETS = (
    *("人民路", "解放路", "建设路", "中山路", "和平路", "新华路", "文化路", "振兴路"),
    *("滨江路", "迎宾路", "学府路", "创业路", "科技路", "光明路", "朝阳路", "长虹路"),
)
WORK_OBJECTS = (
    "中心小学教学楼",
    "县医院门诊楼",
    "文体活动中心",
    "老旧小区改造",
    "公共租赁住房",
    "农产品物流园厂房",
    "消防救援站",
    "档案馆",
)
ROAD_OBJECTS = ("农村公路", "城区道路", "污水管网", "河道治理", "桥梁维修", "供水管网", "停车场", "路灯亮化")
GOODS_OBJECTS = ("办公设备", "课桌椅", "专用车辆", "食堂食材", "网络设备", "实验器材", "图书", "空调")
MEDICAL_OBJECTS = ("彩色超声诊断仪", "检验试剂", "CT设备", "监护仪", "手术耗材", "康复设备", "消毒设备", "血透机")
SERVICE_OBJECTS = ("物业管理", "信息系统运维", "安保服务", "环卫保洁", "审计服务", "培训服务", "测绘服务", "档案数字化")
DESIGN_OBJECTS = tuple(f"{name}工程设计" for name in WORK_OBJECTS)
SUPERVISION_OBJECTS = tuple(f"{name}工程监理" for name in WORK_OBJECTS)
PROPERTY_OBJECTS = (
    "国有建设用地使用权出让",
    "采矿权出让",
    "国有房产转让",
    "集体土地经营权流转",
    "国有股权转让",
    "农村机动地发包",
    "砂石采矿权",
    "厂房公开招租",
)
TRADE_OBJECTS = (
    WORK_OBJECTS,
    ROAD_OBJECTS,
    GOODS_OBJECTS,
    MEDICAL_OBJECTS,
    SERVICE_OBJECTS,
    DESIGN_OBJECTS,
    SUPERVISION_OBJECTS,
    PROPERTY_OBJECTS,
)


def person_names(rng: np.random.Generator, count: int) -> Any:
    """Names as they are spread in fact: many namesakes, a third of them of two characters."""
    surname = (rng.random(count) ** 1.8 * len(_SURNAMES)).astype(np.int64)
    first = rng.integers(0, len(_GIVEN_FIRST), count)
    second = rng.integers(0, len(_GIVEN_SECOND), count)
    return joined(
        picked(_SURNAMES, surname),
        picked(_GIVEN_FIRST, first),
        picked([*_GIVEN_SECOND, ""], np.where(rng.random(count) < 0.3, len(_GIVEN_SECOND), second)),
    )


def brands(serials: npt.ArrayLike) -> Any:
    """Trade names 字号, of three characters, unique for unique serials below 400,000 and of four above."""
    n = len(_BRANDS)
    serial = np.asarray(serials, dtype=np.int64)
    mixed = serial * 104_729 % n**3
    return joined(
        picked(_BRANDS, mixed // n**2),
        picked(_BRANDS, mixed // n % n),
        picked(_BRANDS, mixed % n),
        picked(["", *_BRANDS], serial // n**3 % (n + 1)),
    )


def county(number: int) -> str:
    """The name of the n-th county; after all pairs of characters are used up it gets an ordinal."""
    pairs = len(_COUNTY_FIRST) * len(_COUNTY_SECOND)
    index = number * 37 % pairs
    name = _COUNTY_FIRST[index // len(_COUNTY_SECOND)] + _COUNTY_SECOND[index % len(_COUNTY_SECOND)]
    return f"{name}{'县' if number % 3 else '区'}{'' if number < pairs else number // pairs + 1}"


def firm_names(serials: Ints, cities: Ints, suffixes: Any) -> Any:
    """`岚州` + trade name + line of business + 有限公司."""
    short = [city[:-1] for city in CITIES]
    return joined(picked(short, cities), brands(serials), suffixes, "有限公司")
