"""Compiled releases of realistic size and shape, made by a seeded generator.

A release has about 5 KB of JSON: parties with addresses and contacts, planning, a tender with items and documents,
3 to 8 bids, an award with items, a contract. One in two hundred uses a second currency; some tenders fail or are
cancelled, some bids are disqualified, some arrive late, some prices are equal. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

BUYERS = 2_000
SUPPLIERS = 20_000
WORDS = """supply maintenance municipal road rehabilitation hospital equipment school furniture consulting services
water network extension laboratory reagents fuel uniforms software licences cleaning district Städtebau señalización
construção вода""".split()  # noqa: SIM905 - a text reads better than a list of 26


def write_releases(path: Path, count: int, seed: int = 1) -> None:
    """Write `count` releases, one a line."""
    with path.open("w", encoding="utf-8") as out:
        for line in releases(count, seed):
            out.write(line)
            out.write("\n")


def releases(count: int, seed: int = 1) -> Iterator[str]:
    """`count` compiled releases as JSON text without line breaks."""
    draw = random.Random(seed)
    fragments = _Fragments(draw)
    for number in range(count):
        yield _release(draw, fragments, number)


class _Fragments:
    """Texts made once and reused: they are the part of a release that no indicator reads."""

    def __init__(self, draw: random.Random) -> None:
        def sentence(words: int) -> str:
            return " ".join(draw.choice(WORDS) for _ in range(words))

        self.titles = [sentence(8) for _ in range(500)]
        self.descriptions = [sentence(25) for _ in range(500)]
        self.documents = [
            json.dumps(
                [
                    {
                        "id": f"doc-{draw.randrange(10**9)}",
                        "documentType": "biddingDocuments",
                        "title": sentence(5),
                        "url": f"https://procurement.example/documents/{draw.randrange(10**12):x}/download?version=1",
                        "datePublished": "2024-02-01T10:00:00Z",
                        "format": "application/pdf",
                        "language": "en",
                    }
                    for _ in range(2)
                ],
                separators=(",", ":"),
                ensure_ascii=False,
            )
            for _ in range(300)
        ]
        self.party = [
            f'"address":{{"streetAddress":"{draw.randrange(1, 400)} {sentence(2)}",'
            f'"locality":"City {draw.randrange(90)}",'
            f'"region":"Region {draw.randrange(12)}","countryName":"Atlantis"}},"contactPoint":{{"name":"Office '
            f'{draw.randrange(1000)}","email":"office{draw.randrange(1000)}@example.org"}}'
            for _ in range(1000)
        ]
        self.items = [
            f'{{"id":"{{}}","description":"{sentence(6)}","classification":{{"scheme":"UNSPSC",'
            f'"id":"{draw.randrange(10, 96)}{draw.randrange(10**6):06d}","description":"{sentence(3)}"}},'
            f'"quantity":{draw.randrange(1, 500)},"unit":{{"name":"each"}}}}'.replace("{}", str(index))
            for index in range(2000)
        ]


def _release(draw: random.Random, fragments: _Fragments, number: int) -> str:
    ocid = f"ocds-a1b2c3-{number:08d}"
    buyer = draw.randrange(BUYERS)
    currency = "EUR" if draw.random() < 0.005 else "USD"
    estimate = round(10 ** draw.uniform(3, 7), 2)
    bidders = draw.sample(range(SUPPLIERS), draw.randint(3, 8))
    prices = sorted(round(estimate * draw.uniform(0.7, 1.05), 2) for _ in bidders)
    if draw.random() < 0.004:
        prices[1] = prices[0]
    statuses = ["disqualified" if draw.random() < 0.08 else "valid" for _ in bidders]
    winner = next((i for i, status in enumerate(statuses) if status == "valid"), None)
    day = draw.randrange(1, 28)
    days = draw.choice((10, 16, 20, 25))
    opens, closes = f"2024-03-{day:02d}T09:00:00Z", f"2024-04-{max(1, min(28, day + days - 12)):02d}T12:00:00+02:00"
    bids = ",".join(
        f'{{"id":"bid-{number}-{i}",'
        f'"date":"2024-{"05" if draw.random() < 0.002 else "03"}-{day + 1:02d}T10:{i:02d}:00Z",'
        f'"status":"{statuses[i]}","tenderers":[{{"id":"ORG-{bidder:06d}","name":"Firm {bidder} Ltd"}}],'
        f'"value":{{"amount":{prices[i]},"currency":"{currency}"}}}}'
        for i, bidder in enumerate(bidders)
    )
    parties = ",".join(
        f'{{"id":"{identifier}","name":"{name}","identifier":{{"scheme":"XX-REG","id":"{identifier[-6:]}","legalName":"{name}"}},'
        f'{draw.choice(fragments.party)},"roles":["{role}"]}}'
        for identifier, name, role in [
            (f"GOV-{buyer:06d}", f"Municipality {buyer}", 'buyer","procuringEntity'),
            *((f"ORG-{bidder:06d}", f"Firm {bidder} Ltd", "tenderer") for bidder in bidders[:3]),
        ]
    )
    items = ",".join(draw.choice(fragments.items) for _ in range(draw.randint(1, 3)))
    award = contract = ""
    if winner is not None and draw.random() > 0.05:
        supplier = f'{{"id":"ORG-{bidders[winner]:06d}","name":"Firm {bidders[winner]} Ltd"}}'
        value = f'{{"amount":{prices[winner]},"currency":"{currency}"}}'
        award = (
            f'{{"id":"award-{number}","title":"{draw.choice(fragments.titles)}","status":"active","date":"2024-05-20T00:00:00Z",'
            f'"value":{value},"suppliers":[{supplier}],"items":[{items}]}}'
        )
        contract = (
            f'{{"id":"contract-{number}","awardID":"award-{number}","status":"active","value":{value},'
            f'"dateSigned":"2024-06-10T00:00:00Z","period":{{"startDate":"2024-06-15T00:00:00Z","endDate":"2025-06-15T00:00:00Z"}},'
            f'"documents":{draw.choice(fragments.documents)}}}'
        )
    method = draw.choice(("open", "open", "selective", "limited"))
    status = "cancelled" if draw.random() < 0.02 else "complete"
    return (
        f'{{"ocid":"{ocid}","id":"{ocid}-2024-06-12","date":"2024-06-12T08:00:00Z","tag":["compiled"],'
        f'"initiationType":"tender","language":"en","parties":[{parties}],'
        f'"buyer":{{"id":"GOV-{buyer:06d}","name":"Municipality {buyer}"}},'
        f'"planning":{{"rationale":"{draw.choice(fragments.descriptions)}",'
        f'"budget":{{"amount":{{"amount":{estimate},"currency":"{currency}"}},"project":"{draw.choice(fragments.titles)}"}}}},'
        f'"tender":{{"id":"tender-{number}","title":"{draw.choice(fragments.titles)}",'
        f'"description":"{draw.choice(fragments.descriptions)}","status":"{status}",'
        f'"procuringEntity":{{"id":"GOV-{buyer:06d}","name":"Municipality {buyer}"}},"procurementMethod":"{method}",'
        f'"procurementMethodDetails":"{method} procedure","value":{{"amount":{estimate},"currency":"{currency}"}},'
        f'"tenderPeriod":{{"startDate":"{opens}","endDate":"{closes}"}},"numberOfTenderers":{len(bidders)},'
        f'"items":[{items}],"documents":{draw.choice(fragments.documents)}}},'
        f'"bids":{{"details":[{bids}]}},"awards":[{award}],"contracts":[{contract}]}}'
    )
