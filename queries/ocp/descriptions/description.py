"""What an indicator's page says beyond its flag, and what several pages say alike."""

from __future__ import annotations

from dataclasses import dataclass

from i18n import Text


@dataclass(frozen=True, slots=True)
class Description:
    """What a page says beyond the flag itself.

    `reads` are the OCDS fields, `reasons` the names of why a case cannot be judged, and `options` the settings of the
    indicator's own section: key, attribute of `Settings`, meaning.
    """

    code: str
    rule: Text
    example: Text
    output: Text
    reads: str
    reasons: str
    assumptions: tuple[Text, ...]
    options: tuple[tuple[str, str, Text], ...] = ()
    literature: tuple[str, ...] = ()


COLLUSION = "OECD (2009), Guidelines for Fighting Bid Rigging in Public Procurement"
RISK_INDEX = (
    "Fazekas, M., Tóth, I. J. and King, L. P. (2016), An Objective Corruption Risk Index Using Public Procurement "
    "Data, European Journal on Criminal Policy and Research 22, 369-397"
)
SCREENING = (
    "Imhof, D., Karagök, Y. and Rutz, S. (2018), Screening for Bid Rigging - Does It Work?, Journal of Competition "
    "Law & Economics 14, 235-261"
)
QUARTILES = (
    "Hyndman, R. J. and Fan, Y. (1996), Sample Quantiles in Statistical Packages, The American Statistician 50, "
    "361-365 (the quartiles: definition 8)"
)
FENCES = "Tukey, J. W. (1977), Exploratory Data Analysis, Addison-Wesley (the fences)"
PROCESS = Text(zh="命中的采购项目，记 1。", en="The contracting process, with the value 1.")
STATUS = Text(
    zh="投标状态按代码表填写；全部状态缺失或不在代码表内的，不作判断。",
    en="Bid statuses come from the codelist; where none can be read, nothing is judged.",
)
PRICE = Text(
    zh="除设定为不比价的采购方式外，均视为比价。",
    en="Price decides, except for the methods set as not comparing prices.",
)
SPREAD = Text(
    zh="四分位数相等时不设界限：否则与众不同者都成了异常。",
    en="Equal quartiles give no fence: whoever merely differs would be an outlier.",
)
FIXED = Text(zh="固定阈值，代替由数据得出的界限", en="a fixed threshold in place of the fence")
MARGIN_REASONS = (
    "no_bids award_not_final no_award several_awards no_supplier consortium unread_status no_price_comparison "
    "price_for_lots other_currency no_winning_price single_price not_lowest too_few no_spread"
)
BIDS = "bids/details/status bids/details/tenderers/id "
AWARDS = "awards/status awards/suppliers/id "
PRICES = "bids/details/value/amount bids/details/value/currency tender/procurementMethodDetails "
