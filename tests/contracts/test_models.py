from app.database import Database
from app.domain.campaigns import AvailableTo, CampaignKind
from app.domain.masks import GenerateUsing
from app.models import Campaign, CodeCustomer, NumberSeries
from tests.contracts.rows import ACTOR, LATER, NOW, VALID, another, insert


async def test_a_model_reads_what_it_wrote(database: Database) -> None:
    async with database.transaction() as tx:
        series = await NumberSeries.create(
            **another("number_series", 1), first_used_at=NOW, using_db=tx.client
        )
        campaign = await Campaign.create(
            kind=CampaignKind.VOUCHER,
            key="SPRING",
            name="Spring",
            time_zone="Europe/London",
            active_to=LATER,
            generate_using="NUMBER_SERIES",
            number_series=series,
            applications=["web"],
            actor=ACTOR,
            created_at=NOW,
            updated_at=NOW,
            using_db=tx.client,
        )
        found = await Campaign.get(id=campaign.id, using_db=tx.client)
    assert found.kind is CampaignKind.VOUCHER
    assert found.generate_using is GenerateUsing.NUMBER_SERIES
    assert found.available_to is AvailableTo.ANY_CUSTOMER
    assert (found.number_series_id, found.last_job_sequence, found.version) == (series.id, 0, 1)
    assert (found.enabled, found.issue_only, found.archived_at) == (True, False, None)
    assert (found.active_to, found.created_at) == (LATER, NOW)
    assert (found.applications, found.target_segments, found.metadata) == (["web"], [], {})
    assert (found.actor, found.reporting_code, found.issued_code_validity) == (ACTOR, None, None)


async def test_a_row_inserted_by_sql_has_the_same_defaults(database: Database) -> None:
    async with database.transaction() as tx:
        await insert(tx, "campaign", VALID["campaign"])
        found = await Campaign.get(id=1, using_db=tx.client)
    assert (found.enabled, found.generate_on_demand, found.version) == (True, False, 1)
    assert (found.applications, found.metadata, found.last_job_sequence) == ([], {}, 0)
    assert found.available_to is AvailableTo.ANY_CUSTOMER


async def test_rows_with_a_key_of_columns_are_read_through_the_model(database: Database) -> None:
    async with database.transaction() as tx:
        for table in ("campaign", "customer", "code"):
            await insert(tx, table, VALID[table])
        await insert(tx, "customer", another("customer", 2))
        for customer in (1, 2):
            row = CodeCustomer(code_id=1, customer_id=customer, uses=customer)
            await row.save(using_db=tx.client, force_create=True)
        found = await CodeCustomer.filter(code_id=1).using_db(tx.client).order_by("customer_id")
    assert [(row.code_id, row.customer_id, row.uses, row.cap) for row in found] == [
        (1, 1, 1, None),
        (1, 2, 2, None),
    ]
