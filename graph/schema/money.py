"""Money: payments, arrears, claims, assets, special funds."""

from __future__ import annotations

from graph.schema.model import Column, Kind, Table, choice, ident, plain

TABLES = (
    Table(
        "payments",
        "支付",
        key=("payment_id",),
        columns=(
            ident("payment_id", "支付编号", required=True),
            ident("payer_id", "付款人", "party", required=True),
            ident("payee_id", "收款人", "party", required=True),
            Column("amount", Kind.MONEY, "金额", required=True),
            Column("paid_on", Kind.DATE, "支付日期", required=True),
            Column("currency", Kind.ID, "币种"),
            ident("contract_id", "合同编号", "contracts"),
            ident("debt_id", "欠款编号", "debts"),
            ident("fund_id", "资金编号", "funds"),
            *plain(Kind.ID, [("payer_account", "付款账户"), ("payee_account", "收款账户")]),
            *plain(Kind.DATE, [("applied_on", "申请日期"), ("approved_on", "审批日期")]),
            ident("approver_id", "审批人", "persons"),
            choice("form", "支付形式", "cash bill in_kind offset"),
            Column("purpose", Kind.TEXT, "用途"),
        ),
    ),
    Table(
        "debts",
        "拖欠账款台账",
        key=("debt_id",),
        columns=(
            ident("debt_id", "欠款编号", required=True),
            ident("debtor_id", "欠款单位", "orgs", required=True),
            ident("creditor_id", "债权企业", "party", required=True),
            Column("amount", Kind.MONEY, "欠款金额", required=True),
            ident("contract_id", "合同编号", "contracts"),
            *plain(Kind.DATE, [("accepted_on", "验收日期"), ("due_on", "应付日")]),
            Column("disputed", Kind.FLAG, "有无分歧"),
            Column("planned_on", Kind.DATE, "计划清偿日期"),
            ident("commitment_id", "还款承诺"),
            Column("registered_on", Kind.DATE, "入账日期"),
        ),
    ),
    Table(
        "debt_reports",
        "拖欠账款月报",
        key=("debt_id", "period"),
        columns=(
            ident("debt_id", "欠款编号", "debts", required=True),
            Column("period", Kind.PERIOD, "月份", required=True),
            *plain(
                Kind.MONEY,
                [
                    ("opening", "期初余额"),
                    ("added", "本期新增"),
                    ("repaid", "本期清偿"),
                    ("closing", "期末余额"),
                ],
            ),
            Column("disputed", Kind.FLAG, "有无分歧"),
            Column("status", Kind.TEXT, "状态"),
        ),
    ),
    Table(
        "claim_transfers",
        "债权转让",
        key=("debt_id", "assignor_id", "assignee_id", "transfer_id", "agreed_on"),
        columns=(
            ident("debt_id", "欠款编号", "debts", required=True),
            ident("assignor_id", "转让人", "party", required=True),
            ident("assignee_id", "受让人", "party", required=True),
            ident("transfer_id", "转让编号"),
            *plain(Kind.MONEY, [("face", "债权面值"), ("price", "转让价")]),
            Column("agreed_on", Kind.DATE, "协议日期"),
        ),
    ),
    Table(
        "asset_disposals",
        "资产处置（以物抵债）",
        key=("asset_id", "disposer_id", "acquirer_id"),
        columns=(
            ident("asset_id", "资产编号", required=True),
            ident("disposer_id", "处置单位", "orgs", required=True),
            ident("acquirer_id", "取得人", "party", required=True),
            *plain(Kind.MONEY, [("appraised", "评估价"), ("price", "成交价")]),
            ident("debt_id", "欠款编号", "debts"),
            choice("method", "处置方式", "open agreement"),
            Column("disposed_on", Kind.DATE, "处置日期"),
        ),
    ),
    Table(
        "funds",
        "专项资金",
        key=("fund_id",),
        columns=(
            ident("fund_id", "资金编号", required=True),
            Column("name", Kind.TEXT, "资金名称", required=True),
            Column("granted_on", Kind.DATE, "下达日期"),
            Column("amount", Kind.MONEY, "金额"),
            Column("allowed_use", Kind.TEXT, "规定用途"),
            ident("grantor_id", "下达单位", "orgs"),
            ident("recipient_id", "接收单位", "party"),
        ),
    ),
    Table(
        "transfers",
        "资金往来",
        key=("from_id", "to_id", "amount", "date", "from_account", "to_account", "basis"),
        columns=(
            ident("from_id", "转出人", "party", required=True),
            ident("to_id", "转入人", "party", required=True),
            Column("amount", Kind.MONEY, "金额", required=True),
            Column("date", Kind.DATE, "日期", required=True),
            Column("basis", Kind.TEXT, "事由"),
            *plain(Kind.ID, [("from_account", "转出账户"), ("to_account", "转入账户")]),
        ),
    ),
)
