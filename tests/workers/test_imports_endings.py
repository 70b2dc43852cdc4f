"""Codes that an import withdraws or deletes, and what goes with them."""

from app.database.instants import from_json, from_row
from app.services.consistency import disagreements
from tests.making import NOW, count_rows, read_all, read_revisions
from tests.services.using import earn, redeem, reserve
from tests.workers.importing import FAR, imported, read_code, read_events, staged
from workers.turns import Workshop


async def test_a_withdrawal_ends_reservations_and_is_told(
    shop: Workshop, codes: dict[str, int]
) -> None:
    database = shop.database
    await reserve(database, codes["AAA"], "s-1", FAR)
    await reserve(database, codes["AAA"], "s-2", FAR, ended_at=NOW)
    await reserve(database, codes["BBB"], "s-3", FAR)
    known = await disagreements(database)
    found = await imported(
        shop,
        "code,withdrawn,reason,maximumuses\nAAA,true, printed twice ,12\nCCC,1,burnt,\n",
    )
    assert found.outcomes == ["WITHDRAWN", "WITHDRAWN"]
    assert found.counts == {"withdrawn": 2}
    row = await read_code(database, codes["AAA"])
    assert (row["withdrawal_reason"], row["withdrawn_at"], row["max_uses"], row["version"]) == (
        "printed twice",
        row["updated_at"],
        12,
        2,
    )
    reservations = await read_all(database, "SELECT * FROM reservation ORDER BY id")
    assert [(one["end_reason"], one["ended_at"]) for one in reservations] == [
        ("WITHDRAWN", row["withdrawn_at"]),
        ("RELEASED", reservations[1]["ended_at"]),
        (None, None),
    ]
    assert from_row(reservations[1]["ended_at"]) == NOW
    assert await read_events(database, found) == [
        {
            "kind": "UPDATED",
            "code_id": codes["AAA"],
            "customer_id": None,
            "fields": ["maximumUses"],
        },
        {
            "kind": "WITHDRAWN",
            "code_id": codes["AAA"],
            "customer_id": None,
            "reason": "printed twice",
        },
        {"kind": "WITHDRAWN", "code_id": codes["CCC"], "customer_id": None, "reason": "burnt"},
    ]
    messages = await read_all(
        database, "SELECT payload FROM outbox WHERE kind = 'CODE_WITHDRAWN' ORDER BY id"
    )
    assert [from_json(one["payload"])["codeId"] for one in messages] == [codes["AAA"], codes["CCC"]]
    facts = [one["facts"]["withdrawn_at"] for one in await read_revisions(database)]
    assert facts == [None, None]
    # The reservations of this test were stored without events; nothing else is amiss.
    assert await disagreements(database) == known


async def test_a_withdrawn_code_stays_as_it_is(shop: Workshop, codes: dict[str, int]) -> None:
    await imported(shop, "code,withdrawn,reason\nAAA,true,printed twice\n")
    before = await read_code(shop.database, codes["AAA"])
    found = await imported(
        shop, "code,withdrawn,reason,maximumuses\nAAA,true,another reason,\nA-AA,,,11\n"
    )
    assert found.codes == [[], ["DUPLICATE_IN_FILE"]]
    assert found.outcomes == ["NO_ACTION", "FAILED"]
    again = await imported(shop, "code,withdrawn,reason,maximumuses\nAAA,true,x,11\n")
    revived = await imported(shop, "code,withdrawn\nAAA,false\n")
    assert again.codes == revived.codes == [["CODE_WITHDRAWN"]]
    assert await read_code(shop.database, codes["AAA"]) == before


async def test_deleted_codes_are_gone_and_their_texts_free(
    shop: Workshop, codes: dict[str, int]
) -> None:
    database = shop.database
    await reserve(database, codes["AAA"], "s-1", expires_at=NOW)
    await redeem(database, codes["BBB"], reversed_since=True)
    await reserve(database, codes["CCC"], "s-2", expires_at=FAR)
    await earn(database, codes["DDD"])
    content = "code,deleted\n" + "".join(f"{name},true\n" for name in (*codes, "ZZZ"))
    found = await imported(shop, content)
    assert found.outcomes == ["DELETED", "DELETED", "FAILED", "FAILED", "FAILED", "FAILED"]
    assert found.codes[2:] == [["CODE_HAS_USES"]] * 3 + [["CODE_NOT_FOUND"]]
    assert found.counts == {"deleted": 2, "failed": 4}
    texts = {row["text"] for row in await read_all(database, "SELECT text FROM code")}
    assert texts == {"BBB", "CCC", "DDD"}
    assert await count_rows(database, "reservation") == 1
    assert {one["entity_id"] for one in await read_revisions(database)} == {
        codes["TYPED-1"],
        codes["AAA"],
    }
    assert await read_events(database, found) == []
    again = await imported(shop, "code\na a a\n")
    assert (again.outcomes, await staged(database, again.job["id"])) == (["INSERTED"], [])


async def test_the_history_of_deleted_codes_contradicts_nothing(
    shop: Workshop, codes: dict[str, int]
) -> None:
    database = shop.database
    await reserve(database, codes["AAA"], "s-1", FAR, ended_at=NOW)
    async with database.transaction() as tx:
        for kind in ("RESERVED", "RELEASED"):
            await tx.execute(
                "INSERT INTO code_event (code_id, campaign_id, kind, at, reservation_id, actor)"
                f" SELECT code_id, 1, '{kind}', ended_at, id, actor FROM reservation"
            )
    await imported(shop, "code,withdrawn,reason\nAAA,true,printed twice\n")
    assert await disagreements(database) == []
    found = await imported(shop, "code,deleted\nAAA,true\n")
    assert found.outcomes == ["DELETED"]
    assert await disagreements(database) == []
