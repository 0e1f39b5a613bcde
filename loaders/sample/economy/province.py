"""The bodies of the whole province: city governments, state asset offices, tax offices, platforms, guarantors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from loaders.sample import codes
from loaders.sample.columns import Ints, constant, dates, ident, picked
from loaders.sample.context import AS_OF, Province, Serials, day
from loaders.sample.names import CITIES, CITY_REGIONS, PROVINCE, PROVINCE_REGION
from loaders.sample.writer import TableFiles

_BANKS = ("岚江银行", "沧宁农村商业银行", "岚州城市银行", "云泽信用联社", "岚江融资担保", "岚江财产保险")
_FACTORS = ("岚江商业保理", "汇通商业保理", "岚江资产管理", "恒信商业保理")


def write_province(files: TableFiles, serials: Serials) -> Province:
    """Write the shared bodies and return their numbers."""
    cities = np.arange(len(CITIES))
    short = [city[:-1] for city in CITIES]

    def bodies(names: list[str], org_type: str, kind: str, regions: list[int], industry: str) -> Ints:
        numbers = serials.take("org", len(names))
        count = len(names)
        files.append(
            "orgs",
            {
                "org_id": ident("O", numbers),
                "name": pa.array(names),
                "org_type": constant(org_type, count),
                "uscc": codes.text_array(codes.uscc(numbers, [kind] * count, regions)),
                "size": constant("large", count),
                "established_on": dates([day("1998-03-01")] * count),
                "status": constant("active", count),
                "region": pa.array([str(region) for region in regions]),
                "industry": constant(industry, count),
            },
        )
        return numbers

    regions = list(CITY_REGIONS)
    whole = [PROVINCE_REGION]
    government = "国家机构"
    province = Province(
        finance_department=int(bodies([f"{PROVINCE}财政厅"], "government", codes.GOVERNMENT, whole, government)[0]),
        city_governments=bodies(
            [f"{city}人民政府" for city in CITIES], "government", codes.GOVERNMENT, regions, government
        ),
        state_asset_offices=bodies(
            [f"{city}人民政府国有资产监督管理委员会" for city in CITIES],
            "government",
            codes.GOVERNMENT,
            regions,
            government,
        ),
        tax_offices=bodies(
            [f"国家税务总局{city}税务局" for city in CITIES], "government", codes.GOVERNMENT, regions, government
        ),
        platforms=serials.take("platform", len(CITIES)),
        guarantors=bodies(
            [f"{name}股份有限公司" for name in _BANKS],
            "other",
            codes.BUSINESS,
            whole * len(_BANKS),
            "货币金融服务",
        ),
        factors=bodies(
            [f"{name}有限公司" for name in _FACTORS],
            "other",
            codes.BUSINESS,
            whole * len(_FACTORS),
            "其他金融业",
        ),
    )
    operators = bodies(
        [f"{city}公共资源交易中心" for city in CITIES],
        "institution",
        codes.INSTITUTION,
        regions,
        "公共资源交易服务",
    )
    files.append(
        "platforms",
        {
            "platform_id": ident("PL", province.platforms, 4),
            "name": pa.array([f"{name}公共资源交易平台" for name in short]),
            "operator_id": ident("O", operators),
            "region": picked([str(region) for region in regions], cities),
            "required_by": dates([day("2018-12-31")] * len(CITIES)),
            "connected_on": dates(day("2017-06-01") + cities * 20),
            "last_data_on": dates([AS_OF] * len(CITIES)),
        },
    )
    return province
