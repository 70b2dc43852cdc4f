"""What imports change of codes that are there, and what they leave alone."""

from app.database.instants import from_json, from_row
from app.services import code_groups
from app.services.consistency import disagreements
from app.services.editing import Target
from tests.making import (
    CALLER,
    NOW,
    make_group,
    make_source,
    read_all,
    read_revisions,
    snapshot,
)
from tests.services.using import redeem, reserve
from tests.workers.importing import FAR, JOB_ACTOR, imported, read_code, read_events
from workers.turns import Workshop


async def test_only_what_a_row_says_is_changed(shop: Workshop, codes: dict[str, int]) -> None:
    database = shop.database
    before = await read_code(database, codes["AAA"])
    found = await imported(
        shop, "code,maximumuses,usespercustomer,validto\naaa,20,,\nB-B-B,10,<clear>,<clear>\n"
    )
    assert found.outcomes == ["UPDATED", "UPDATED"]
    assert found.counts == {"updated": 2}
    after = await read_code(database, codes["AAA"])
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"max_uses", "version", "updated_at", "actor"}
    assert (after["max_uses"], after["version"]) == (20, 2)
    assert from_json(after["actor"]) == JOB_ACTOR
    other = await read_code(database, codes["BBB"])
    assert (other["text"], other["max_uses"]) == ("BBB", 10)
    assert (other["uses_per_customer"], other["valid_to"]) == (None, None)
    assert await read_events(database, found) == [
        {
            "kind": "UPDATED",
            "code_id": codes["AAA"],
            "customer_id": None,
            "fields": ["maximumUses"],
        },
        {
            "kind": "UPDATED",
            "code_id": codes["BBB"],
            "customer_id": None,
            "fields": ["validTo", "usesPerCustomer"],
        },
    ]
    revisions = await read_revisions(database)
    assert [(one["kind"], one["entity_id"]) for one in revisions] == [
        ("CODE", codes["AAA"]),
        ("CODE", codes["BBB"]),
    ]
    assert revisions[0]["facts"] == {
        "group_id": before["group_id"],
        "valid_from": "2026-06-01T00:00:00.000000Z",
        "valid_to": "2026-06-09T00:00:00.000000Z",
        "max_uses": 10,
        "uses_per_customer": 2,
        "issued_at": None,
        "issued_to_id": before["issued_to_id"],
        "available_to": "ONLY_ISSUED_TO",
        "suspended_at": None,
        "withdrawn_at": None,
    }
    assert revisions[0]["ended_at"] == from_row(after["updated_at"])
    assert revisions[0]["actor"] == JOB_ACTOR
    assert await disagreements(database) == []


async def test_rows_that_say_what_is_so_change_nothing(
    shop: Workshop, codes: dict[str, int]
) -> None:
    before = await snapshot(shop.database)
    found = await imported(
        shop,
        "code,group,maximumuses,usespercustomer,validfrom,validto,issuedtocustomerid,availableto,"
        "withdrawn,deleted\n"
        "AAA,spring,10,2,2026-05-31T22:00:00-02:00,2026-06-09T00:00:00Z,C-1,only_issued_to,no,0\n"
        "BBB,,,,,,,,,\n",
    )
    assert found.outcomes == ["NO_ACTION", "NO_ACTION"]
    assert (found.ending, found.counts) == (("SUCCESS", None, None), {"unchanged": 2})
    after = await snapshot(shop.database)
    assert {name for name in after if after[name] != before[name]} == {
        "audit_entry",
        "job",
        "outbox",
        "row_result",
    }
    assert set(codes) == {"TYPED-1", "AAA", "BBB", "CCC", "DDD"}


async def test_a_code_gets_another_holder_and_group(shop: Workshop, codes: dict[str, int]) -> None:
    database = shop.database
    found = await imported(
        shop,
        "code,group,issuedtocustomerid,availableto\n"
        "AAA,autumn,C-2,\nBBB,<clear>,<clear>,<clear>\nCCC,AUTUMN,,\n",
    )
    assert found.outcomes == ["UPDATED"] * 3
    (customer,) = await read_all(database, "SELECT id FROM customer WHERE number = 'C-2'")
    rows = [await read_code(database, codes[name]) for name in ("AAA", "BBB", "CCC")]
    groups = await read_all(database, "SELECT id FROM code_group ORDER BY id")
    assert [row["group_id"] for row in rows] == [groups[1]["id"], None, groups[1]["id"]]
    assert [row["issued_to_id"] for row in rows][:2] == [customer["id"], None]
    assert [row["available_to"] for row in rows][1] == "ANY_CUSTOMER"
    assert [
        (event["customer_id"], event["fields"]) for event in await read_events(database, found)
    ] == [
        (customer["id"], ["group", "issuedTo"]),
        (None, ["group", "issuedTo", "availableTo"]),
        (None, ["group"]),
    ]


async def test_groups_that_cannot_be_named(shop: Workshop, codes: dict[str, int]) -> None:
    database = shop.database
    other_id = await make_source(database, "OTHER-1", "Other", "OTHER")
    await make_group(database, other_id, "THEIRS")
    (autumn,) = await read_all(database, "SELECT id FROM code_group WHERE key = 'AUTUMN'")
    await code_groups.archive(database, CALLER, Target(autumn["id"]), NOW)
    found = await imported(shop, "code,group\nAAA,THEIRS\nBBB,Autumn\nNEW,autumn\nCCC,nowhere\n")
    assert found.codes == [["GROUP_NOT_FOUND"]] * 4
    assert [result["messages"][0]["value"] for result in found.results] == [
        "THEIRS",
        "Autumn",
        "autumn",
        "nowhere",
    ]
    assert found.ending == ("FAILED", "ALL_ROWS_FAILED", None)
    assert set(codes) == {row["text"] for row in await read_all(database, "SELECT * FROM code")} - {
        "OTHER-1"
    }


async def test_a_limit_lowered_to_the_uses_uses_the_code_up(
    shop: Workshop, codes: dict[str, int]
) -> None:
    database = shop.database
    for _ in range(3):
        await redeem(database, codes["AAA"])
    await reserve(database, codes["BBB"], "s-1", expires_at=FAR)
    await reserve(database, codes["BBB"], "s-2", expires_at=FAR)
    low = await imported(shop, "code,maximumuses,group\nAAA,2,\nBBB,1,\nCCC,1,\n")
    assert low.codes == [["MAX_USES_BELOW_USED"], ["MAX_USES_BELOW_USED"], []]
    moved = await imported(shop, 'code,group\nAAA,autumn\nBBB,"<clear>"\n')
    assert moved.codes == [["CODE_HAS_USES"], ["CODE_HAS_USES"]]
    assert (await read_code(database, codes["AAA"]))["used_up_at"] is None
    exact = await imported(shop, "code,maximumuses\nAAA,3\nBBB,2\n")
    assert exact.outcomes == ["UPDATED", "UPDATED"]
    spent = await read_code(database, codes["AAA"])
    assert spent["used_up_at"] == spent["updated_at"]
    assert (await read_code(database, codes["BBB"]))["used_up_at"] is None
    # Another change leaves the moment at which it was used up; room makes it usable again.
    await imported(shop, "code,usespercustomer\nAAA,1\n")
    assert (await read_code(database, codes["AAA"]))["used_up_at"] == spent["used_up_at"]
    await imported(shop, "code,maximumuses\nAAA,<clear>\n")
    freed = await read_code(database, codes["AAA"])
    assert (freed["used_up_at"], freed["max_uses"], freed["uses"]) == (None, None, 3)
