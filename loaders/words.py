"""The Chinese words that a form uses for each choice, and other spellings that mean the same."""

from __future__ import annotations

import functools

from graph.schema import TABLES

_WORDS: dict[str, dict[str, str]] = {
    "orgs.org_type": {
        "government": "政府机关 机关 行政机关 政府部门 党政机关",
        "institution": "事业单位 事业",
        "soe": "国有企业 国企 国有控股企业 国有独资企业 央企",
        "private": "民营企业 私营企业 民企 私企 非公企业 个体工商户",
        "intermediary": "中介机构 中介 代理机构 中介组织",
        "other": "其他 其它",
    },
    "orgs.size": {
        "large": "大型 大型企业",
        "medium": "中型 中型企业",
        "small": "小型 小型企业",
        "micro": "微型 微型企业",
    },
    "orgs.status": {
        "active": "存续 在营 开业 在业 正常 存续（在营、开业、在册）",
        "revoked": "吊销 吊销未注销",
        "cancelled": "注销 已注销",
        "abnormal": "经营异常 异常 列入经营异常名录",
    },
    "posts.powers": {
        "approve": "审批 批准 审批权",
        "pay": "支付 拨付 付款 支付权",
        "evaluate": "评审 评标 评审权",
        "supervise": "监管 监督 监督权",
        "procure": "采购 招标 采购权",
    },
    "roles.kind": {
        "legal_rep": "法定代表人 法人代表 法人",
        "shareholder": "股东 投资人 出资人",
        "director": "董事 董事长 执行董事",
        "supervisor": "监事 监事会主席",
        "manager": "经理 总经理 高级管理人员 高管",
        "finance": "财务负责人 财务",
        "actual_controller": "实际控制人 实控人",
        "employee": "员工 职工 雇员",
    },
    "kinship.relation": {
        "spouse": "配偶 夫妻 丈夫 妻子",
        "parent": "父母 父亲 母亲",
        "child": "子女 儿子 女儿",
        "sibling": "兄弟姐妹 兄弟 姐妹 兄 弟 姐 妹",
        "in_law": "姻亲 近姻亲",
        "associate": "特定关系人 特定关系",
    },
    "contacts.kind": {
        "phone": "电话 手机 联系电话 手机号码",
        "email": "邮箱 电子邮箱 电子邮件",
        "address": "地址 住址 通信地址",
        "account": "账户 账号 银行账户 银行账号",
    },
    "tenders.category": {
        "works": "工程 工程建设 建设工程 施工 工程类",
        "goods": "货物 物资 货物类",
        "services": "服务 服务类",
        "land": "土地 土地使用权 建设用地使用权",
        "mining": "矿业权 采矿权 探矿权",
        "state_property": "国有产权 国有资产",
        "rural_property": "农村产权 农村集体产权",
        "medical": "医疗 药品 医用耗材 药品和医用耗材 医疗器械",
    },
    "tenders.method": {
        "open": "公开招标 公开",
        "invited": "邀请招标 邀请",
        "negotiation": "竞争性谈判 谈判",
        "consultation": "竞争性磋商 磋商",
        "inquiry": "询价 询比采购",
        "single_source": "单一来源 单一来源采购 直接采购",
        "auction": "拍卖 竞价 挂牌竞价",
        "listing": "挂牌",
        "framework": "框架协议 框架协议采购",
    },
    "tenders.status": {
        "planned": "计划 未发布 待发布",
        "active": "进行中 招标中 公告中",
        "awarded": "已中标 中标 成交 已成交 已定标",
        "failed": "流标 废标 失败",
        "cancelled": "终止 取消 撤销",
    },
    "bids.status": {
        "valid": "有效 有效投标",
        "disqualified": "否决 无效 废标 否决投标 投标无效",
        "withdrawn": "撤回 撤销",
        "invited": "受邀 已邀请",
    },
    "bid_members.role": {
        "project_manager": "项目经理 项目负责人",
        "technical": "技术负责人 技术",
        "contact": "联系人 联系人员",
        "safety": "安全员 安全负责人 专职安全生产管理人员",
        "other": "其他 其它",
    },
    "bid_devices.stage": {
        "download": "下载 下载招标文件",
        "prepare": "编制 编制投标文件 制作",
        "upload": "上传 递交",
        "decrypt": "解密 开标解密",
    },
    "bid_deposits.form": {
        "transfer": "转账 电汇 银行转账 汇款",
        "guarantee": "保函 银行保函 担保 担保保函",
        "insurance": "保险 保证保险 保证保险保单",
    },
    "contracts.kind": {
        "main": "总包 主合同 总承包",
        "sub": "分包 分包合同",
        "supplement": "补充 补充合同 补充协议",
    },
    "contracts.scope": {
        "all": "全部 整体",
        "partial": "部分",
        "labour": "劳务",
        "material": "材料 物资",
        "professional": "专业 专业分包",
    },
    "payments.form": {
        "cash": "现金 银行转账 转账 货币资金 电汇",
        "bill": "票据 承兑汇票 商业汇票",
        "in_kind": "实物 以物抵债 以房抵债",
        "offset": "抵销 抵扣 冲抵 对冲",
    },
    "asset_disposals.method": {
        "open": "公开 公开处置 公开拍卖 公开挂牌",
        "agreement": "协议 协议转让",
    },
    "sanctions.status": {
        "effective": "有效 生效 执行中",
        "revoked": "撤销 已撤销 移出",
    },
    "complaints.status": {
        "open": "办理中 未办结 待办",
        "closed": "已办结 办结 已关闭",
    },
}

TRUE = frozenset(("true", "1", "yes", "y", "t", "是", "有", "对", "真", "√", "✓", "已"))
FALSE = frozenset(("false", "0", "no", "n", "f", "否", "无", "没有", "错", "假", "×", "✗", "未"))
"""Words of a yes-or-no cell, compared in lower case and half width."""

WAN = 4
"""万 is ten to this power."""


@functools.cache
def choice_words(table: str, column: str) -> dict[str, str]:
    """Every accepted word of a choice column, in lower case, and the canonical word that it stands for."""
    declared = TABLES[table][column].choices
    words = {word: word for word in declared}
    words.update({word.replace("_", " "): word for word in declared})
    for canonical, spellings in _WORDS.get(f"{table}.{column}", {}).items():
        words.update(dict.fromkeys(spellings.split(), canonical))
    return words
