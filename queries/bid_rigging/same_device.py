"""Bidders of one tender whose bids were made with the same machine, lock or file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import MEMBER, SPREAD, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Lead, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads
from queries.relations.model import ref

Code = Literal["lock_no", "ca_no", "file_id", "file_md5", "machine", "mac", "cpu_sn", "disk_sn", "ip"]

CODES: dict[str, Text] = {
    "lock_no": Text(zh="造价软件加密锁号", en="costing software lock"),
    "ca_no": Text(zh="CA 证书号", en="CA certificate"),
    "file_id": Text(zh="文件创建标识码", en="file creation code"),
    "file_md5": Text(zh="投标文件 MD5", en="bid file MD5"),
    "machine": Text(zh="MAC 地址、CPU 与硬盘序列号（三项一致）", en="MAC, CPU and disk numbers, all three"),
    "mac": Text(zh="MAC 地址", en="MAC address"),
    "cpu_sn": Text(zh="CPU 序列号", en="CPU number"),
    "disk_sn": Text(zh="硬盘序列号", en="disk number"),
    "ip": Text(zh="IP 地址", en="IP address"),
}


class Parameters(Params):
    """Which codes a local rule calls fact or lead is a matter of the rule profile."""

    fact_codes: tuple[Code, ...] = Field(
        ("lock_no", "ca_no", "file_id", "file_md5", "machine"),
        description="Codes whose agreement is a statutory fact (tier A).",
    )
    lead_codes: tuple[Code, ...] = Field(
        ("mac", "cpu_sn", "disk_sn", "ip"), description="Codes whose agreement is a lead (tier B)."
    )
    popular: int = Field(
        8, ge=2, description="Bidders. A code used by more of them in all may be a park's network or a consultancy."
    )
    together: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Share. A popular code excuses only while at most this share of the pairs of its "
        "users ever met in a tender: unrelated users of one network meet now and then, a ring meets always.",
    )


SELECT = Sql(
    """
WITH codes AS (
  SELECT e.tender_id, e.bidder_id, c.bid_id, c.stage, c.on_site, c.ref AS key, c.code, c.code || ':' || c.value AS thing
  FROM shared_codes c JOIN entries e USING (bid_id)
  WHERE list_contains($fact_codes, c.code) OR list_contains($lead_codes, c.code)
),
uses AS (SELECT tender_id, bidder_id, thing FROM codes),
"""
    + SPREAD
    + f"""
SELECT {MEMBER},
       c.code, c.thing, s.users, 2 * s.pairs / (s.users * (s.users - 1)) AS together,
       bool_and(c.stage IS NOT DISTINCT FROM 'download') AS download_only,
       bool_and(coalesce(c.on_site, false)) AS on_site, bool_or(c.on_site IS NULL) AS on_site_unknown,
       (SELECT count(on_site) > 0 FROM bid_devices) AS on_site_told,
       list({ref("bid_devices", "c.key")} ORDER BY c.key) AS refs
FROM codes c SEMI JOIN met USING (tender_id, thing) JOIN spread s USING (thing) JOIN entries e USING (bid_id)
LEFT JOIN parties p ON p.id = e.bidder_id
GROUP BY ALL
ORDER BY e.tender_id, e.bidder_id, c.thing, e.bid_id
"""
)

POPULATION = comparable("SELECT DISTINCT bid_id FROM bid_devices", "no_codes")

FILE_CODES = frozenset({"file_id", "file_md5", "lock_no"})

ROUTER_ADDRESSES = ("ip:192.168.", "ip:169.254.")
"""Addresses within small networks (RFC 1918, RFC 3927), which clients report instead of the one that others see."""

LAWS = ("bidding_regulation_40_1", "bidding_regulation_40_2", "order_87_37")

EXCUSES = (
    GroupExcuse(
        "on_site_terminal",
        "terminal",
        fits=Text(zh="一致的特征码均为现场上传终端产生。", en="The codes that agree come from the on-site terminal."),
        ruled_out=Text(zh="上传记录未标为现场上传。", en="The uploads are not marked as made on site."),
        unknown="on_site_unknown",
        not_checkable=Text(zh="数据未说明是否现场上传。", en="The data do not say whether the upload was on site."),
        gap="on_site_gap",
    ),
    GroupExcuse(
        "owner_control_file",
        "owner_file",
        fits=Text(
            zh="一致的仅为下载环节的招标人控制价文件特征。",
            en="Only the owner's control-price file, at the download stage, agrees.",
        ),
        ruled_out=Text(
            zh="一致的特征码出现在编制、上传或解密环节。",
            en="The codes agree at the stages of preparing, uploading or decrypting.",
        ),
    ),
    GroupExcuse(
        "park_network",
        "network",
        fits=Text(
            zh="一致的 IP 为多家互不关联单位共用的园区出口地址。",
            en="The IP address is one that many unrelated bidders use: a park's network exit.",
        ),
        ruled_out=Text(
            zh="一致的特征码不是多家共用的网络出口地址。",
            en="What agrees is not a network address that many bidders use.",
        ),
    ),
    GroupExcuse(
        "router_address",
        "router",
        fits=Text(
            zh="一致的 IP 为路由器分配的内网地址，不同单位的内网可以使用同一地址。",
            en="The IP address is one that routers hand out inside: networks that have nothing to do with each other "
            "use the same ones.",
        ),
        ruled_out=Text(
            zh="一致的特征码不是路由器分配的内网地址。",
            en="What agrees is not an address that routers hand out inside.",
        ),
    ),
    GroupExcuse(
        "consultancy_machine",
        "consultancy",
        fits=Text(
            zh="一致的设备或锁号为多家互不关联单位共用，符合造价咨询机构代编的特征。",
            en="The machine or lock serves many unrelated bidders, as a cost consultancy's does.",
        ),
        ruled_out=Text(
            zh="该设备或锁号的使用单位少，或其使用单位总在同一标段出现。",
            en="The machine or lock has few users, or its users always meet in one tender.",
        ),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each connected group of bidders of a tender; its tier is that of its strongest unexplained code."""
    if not len(rows):
        return
    popular = (rows["users"] > params.popular) & (rows["together"] <= params.together)
    shared = rows.assign(on_site_or_unknown=rows["on_site"] | rows["on_site_unknown"]).groupby(["tender_id", "thing"])
    rows = rows.assign(
        # The hall's terminal explains a code only if each of its users was there.
        terminal=shared["on_site"].transform("all"),
        on_site_gap=(shared["on_site"].transform("any") | rows["on_site_told"])
        & shared["on_site_or_unknown"].transform("all"),
        owner_file=rows["download_only"] & rows["code"].isin(FILE_CODES),
        network=popular & (rows["code"] == "ip"),
        router=rows["thing"].str.startswith(ROUTER_ADDRESSES),
        consultancy=popular & (rows["code"] != "ip"),
    )
    yield from leads(rows, EXCUSES, partial(_account, params=params), LAWS)


def _account(group: Group, params: Parameters) -> Account:
    codes = sorted(set(group.rows["code"]), key=list(CODES).index)
    fact = [code for code in codes if code in params.fact_codes]
    reason = Text(
        zh="{names}在标段 {tender} 的投标特征码一致：{codes}。",
        en="{names} bid for tender {tender} with the same {codes}.",
    ).format(names=group.names, tender=group.tender_id, codes=listing(CODES[code] for code in codes))
    return Account(
        reasons=(reason,),
        tier=Tier.A if fact else Tier.B,
        score=min(1.0, (len(fact) * 2 + len(codes)) / 10),
        rank=float(len(group.things) * len(group.bidders)),
    )


DETECTOR = Detector(
    id="same_device",
    family="bid_rigging",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="投标特征码一致", en="Bids from one machine"),
    question=Text(
        zh="同一标段的不同投标人，是否使用了同一加密锁、CA 证书、文件、计算机或网络地址制作、上传投标文件？",
        en="Did different bidders of one tender prepare or upload their bids with the same lock, certificate, file, "
        "computer or network address?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，其投标特征码中 {fact_codes} 任一相同的，列为 A 类；仅 "
        "{lead_codes} 相同的，列为 B 类。现场终端、招标人控制价文件、路由器内网地址，以及被超过 {popular} 家投标人使用"
        "且其中曾同场投标的两两组合占比不超过 {together} 的设备或地址，不计入。",
        en="In one tender, two or more bidders that are no consortium share any of {fact_codes} (tier A), or only of "
        "{lead_codes} (tier B). Codes of the on-site terminal, of the owner's control-price file, a router's inner "
        "address, and those of a machine or address that more than {popular} bidders use, of whom at most {together} "
        "of the pairs ever met in a tender, do not count.",
    ),
    why=Text(
        zh="独立编制的投标文件不会产生于同一把锁、同一台计算机。特征码一致说明投标文件可能由同一单位或个人编制。",
        en="Bids prepared independently do not come out of one lock or one computer. Codes that agree point to one "
        "hand behind several bids.",
    ),
    example=Text(
        zh="青禾建设与白露市政投同一标段，两份投标文件的加密锁号均为 L-0417，且未组成联合体：列为 A 类疑点。",
        en="Qinghe Construction and Bailu Municipal bid for one lot; both files carry lock L-0417 and they are no "
        "consortium: a tier A lead.",
    ),
    legal_basis=LAWS,
    references=(
        "内蒙古 511 号、大庆高新区等地规则对机器码的认定不同，见规则配置 profiles",
        "OCP Red Flags Guide R028 (similar bids), 2024",
    ),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("on_site_terminal", Text(zh="现场上传终端", en="On-site upload terminal")),
        Innocent("owner_control_file", Text(zh="招标人控制价文件", en="The owner's control-price file")),
        Innocent("park_network", Text(zh="园区共用网络出口", en="An industrial park's network address")),
        Innocent("router_address", Text(zh="路由器内网地址", en="A router's inner address")),
        Innocent("consultancy_machine", Text(zh="造价咨询机构设备", en="One consultancy's machine")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id"), "bid_devices": ("bid_id",)},
    uses={"bids": ("consortium_id", "price", "rank"), "bid_devices": ("stage", "on_site")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"no_codes": Text(zh="少于两家投标人有特征码", en="fewer than two bidders have codes")},
    blind=Text(
        zh="看不到未采集特征码的投标，也看不到使用不同设备的串通。",
        en="Bids without recorded codes, and rings that use a machine each.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners"),
)
