"""A file goes in, its failed rows come out, are corrected and go in again: by each way."""

import json
from typing import Any

import pytest

from app.database import Database
from tests.graphql.service import Running
from tests.making import read_all
from tests.routes.filling import create_campaign, import_to_the_end, to_the_end
from workers.turns import Workshop

CSV = """code,maximumuses
SUMMER10,5
SUMMER20,many
S,1
SUMMER30,
"""
JSON = json.dumps(
    {
        "codes": [
            {"code": "SUMMER10", "maximumUses": 5},
            {"code": "SUMMER20", "maximumUses": "many"},
            {"code": "S", "maximumUses": 1},
            {"code": "SUMMER30"},
        ]
    }
)
XML = """<import><codes>
<code code="SUMMER10" maximumuses="5"/>
<code code="SUMMER20" maximumuses="many"/>
<code code="S" maximumuses="1"/>
<code code="SUMMER30"/>
</codes></import>"""
FORMATS = [("csv", CSV), ("json", JSON), ("xml", XML)]
IMPORT = """mutation ($input: ImportCodesInput!) { importCodes(input: $input) {
  job { id } userErrors { message }
} }"""


def corrected(failed: str) -> str:
    """What a person does to the file, without looking at the reasons."""
    return failed.replace("many", "9").replace('"S"', '"SUN"').replace("\nS,", "\nSUN,")


async def by_post(service: Running, shop: Workshop, kind: str, content: str) -> dict[str, Any]:
    return await import_to_the_end(service, shop, content.encode(), format=kind)


async def by_mutation(service: Running, shop: Workshop, kind: str, content: str) -> dict[str, Any]:
    given = {"campaignKey": "SUMMER", "format": kind.upper(), "content": content}
    payload = (await service.data(IMPORT, input=given))["importCodes"]
    assert payload["userErrors"] == []
    return await to_the_end(service, shop, payload["job"]["id"])


@pytest.mark.parametrize("way", [by_post, by_mutation])
@pytest.mark.parametrize(("kind", "content"), FORMATS)
async def test_a_round(  # noqa: PLR0917 - as many as a test needs
    service: Running,
    shop: Workshop,
    database: Database,
    kind: str,
    content: str,
    way: Any,  # noqa: ANN401 - one of the two above
) -> None:
    await create_campaign(service)
    job = await way(service, shop, kind, content)
    assert (job["status"], job["total"], job["inserted"], job["failed"]) == ("WARNINGS", 4, 2, 2)
    results = job["rowResults"]["nodes"]
    assert [(row["code"], row["outcome"]) for row in results] == [
        ("SUMMER10", "INSERTED"),
        ("SUMMER20", "FAILED"),
        ("S", "FAILED"),
        ("SUMMER30", "INSERTED"),
    ]
    reasons = [[message["code"] for message in row["messages"]] for row in results]
    assert reasons == [[], ["NOT_A_NUMBER"], ["CODE_TOO_SHORT"], []]
    failed = await service.http.get(f"/imports/{job['id']}/failed")
    assert failed.status_code == 200

    again = await way(service, shop, kind, corrected(failed.text.removeprefix("\ufeff")))
    assert (again["status"], again["total"], again["inserted"]) == ("SUCCESS", 2, 2)
    rows = await read_all(database, "SELECT text, max_uses FROM code ORDER BY id")
    assert [(row["text"], row["max_uses"]) for row in rows[1:]] == [
        ("SUMMER10", 5),
        ("SUMMER30", None),
        ("SUMMER20", 9),
        ("SUN", 1),
    ]
