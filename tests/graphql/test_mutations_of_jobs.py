"""Writing number series and jobs, and several things in one request."""

from tests.graphql.service import Running
from tests.graphql.writing import (
    ARCHIVE_SERIES,
    CANCEL,
    CREATE_SERIES,
    GENERATE,
    LATER,
    UPDATE_SERIES,
    WITHDRAW_CODES,
    create,
    create_series,
    payload,
    refused,
)


class TestNumberSeries:
    async def test_create_update_archive(self, service: Running) -> None:
        series = await create_series(service, lastNumber="9007199254740", metadata={"a": 1})
        assert series.pop("id")
        assert series == {
            "name": "Flyers",
            "mask": "FLY-0000#",
            "lastNumber": "9007199254740",
            "version": 1,
            "metadata": {"a": 1},
            "archivedAt": None,
        }

    async def test_update(self, service: Running) -> None:
        series = await create_series(service)
        given = {"id": series["id"], "expectedVersion": 1, "lastNumber": 41, "metadata": None}
        found = await payload(service, UPDATE_SERIES, **given)
        assert found["numberSeries"] == {
            "name": "Flyers",
            "mask": "FLY-0000#",
            "lastNumber": "41",
            "version": 2,
            "metadata": {},
        }
        assert await refused(service, UPDATE_SERIES, **given) == [
            ("STALE_VERSION", ["expectedVersion"])
        ]

    async def test_archive(self, service: Running) -> None:
        series = await create_series(service)
        found = await payload(service, ARCHIVE_SERIES, id=series["id"])
        assert found["numberSeries"] == {"name": "Flyers", "version": 2}
        assert await refused(service, ARCHIVE_SERIES, id=series["id"]) == [("NOT_EDITABLE", ["id"])]

    async def test_refused(self, service: Running) -> None:
        await create_series(service)
        assert await refused(service, CREATE_SERIES, name="Flyers", mask="FLY", lastNumber=-1) == [
            ("MASK_NO_VARIABLE_PART", ["mask"]),
            ("INVALID_VALUE", ["lastNumber"]),
            ("NAME_TAKEN", ["name"]),
        ]


class TestJobs:
    async def test_generate(self, service: Running) -> None:
        campaign = await create(service, key="SUMMER")
        given = {
            "campaignId": campaign["id"],
            "count": 10,
            "reference": "June",
            "notBefore": LATER,
            "issueNow": None,
            "idempotencyKey": "once",
        }
        found = await payload(service, GENERATE, **given)
        job = found["job"]
        assert found["userErrors"] == []
        assert job == {
            "id": job["id"],
            "kind": "GENERATE",
            "total": 10,
            "reference": "June",
            "notBefore": LATER,
            "submittedBy": "Demo",
            "campaign": {"key": "SUMMER"},
        }
        again = await payload(service, GENERATE, **given)
        assert again == found
        other = await refused(service, GENERATE, **{**given, "count": 11})
        assert other == [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])]
        assert (await service.data("{ jobs { totalCount } }"))["jobs"]["totalCount"] == 1

    async def test_refused(self, service: Running) -> None:
        wrong = {"campaignId": "nonsense", "count": 1}
        assert await refused(service, GENERATE, **wrong) == [("NOT_FOUND", ["campaignId"])]
        campaign = await create(service)
        assert await refused(service, GENERATE, campaignId=campaign["id"], count=0) == [
            ("COUNT_OUT_OF_RANGE", ["count"])
        ]

    async def test_withdraw(self, service: Running) -> None:
        campaign = await create(service, key="SUMMER")
        where = {
            "campaign": campaign["id"],
            "campaignKey": "SUMMER",
            "codePrefix": "SUM",
            "status": {"in": ["CREATED", "ISSUED"], "eq": None},
            "group": None,
        }
        given = {"campaignId": campaign["id"], "where": where, "reason": "Misprint"}
        found = await payload(service, WITHDRAW_CODES, **given, reference="r-1")
        assert found["userErrors"] == []
        assert found["job"] == {
            "id": found["job"]["id"],
            "kind": "WITHDRAW",
            "total": None,
            "reference": "r-1",
            "submittedBy": "Demo",
            "campaign": {"key": "SUMMER"},
        }
        assert await refused(service, WITHDRAW_CODES, campaignId="x", reason="Misprint") == [
            ("NOT_FOUND", ["campaignId"])
        ]
        whole = await payload(service, WITHDRAW_CODES, campaignId=campaign["id"], reason="All")
        assert whole["job"]["kind"] == "WITHDRAW"
        assert await refused(service, WITHDRAW_CODES, campaignId=campaign["id"], reason=" ") == [
            ("REASON_REQUIRED", ["reason"])
        ]

    async def test_withdraw_by_an_id_of_something_else(self, service: Running) -> None:
        campaign = await create(service)
        given = {"campaignId": campaign["id"], "where": {"group": campaign["id"]}, "reason": "All"}
        answer = await service.ask(WITHDRAW_CODES, input=given)
        (error,) = answer["errors"]
        assert error["message"] == "`where.group` is not the id of a CodeGroup."
        assert error["extensions"]["code"] == "BAD_USER_INPUT"

    async def test_cancel(self, service: Running) -> None:
        campaign = await create(service)
        given = {"campaignId": campaign["id"], "count": 10, "notBefore": LATER}
        job = (await payload(service, GENERATE, **given))["job"]
        found = await payload(service, CANCEL, id=job["id"])
        assert found == {"job": {"id": job["id"], "status": "CANCELLED"}, "userErrors": []}
        assert await refused(service, CANCEL, id=job["id"]) == [("JOB_FINISHED", ["id"])]
        assert await refused(service, CANCEL, id=campaign["id"]) == [("NOT_FOUND", ["id"])]


async def test_aliases_of_payloads(service: Running) -> None:
    """Several writes in one request, each read under the names that were asked for."""
    query = """mutation ($a: CreateNumberSeriesInput!, $b: CreateNumberSeriesInput!) {
      one: createNumberSeries(input: $a) {
        made: numberSeries { label: name } errors: userErrors { code }
      }
      two: createNumberSeries(input: $b) { numberSeries { name } userErrors { code } __typename }
    }"""
    series = {"name": "Flyers", "mask": "FLY-#"}
    assert await service.data(query, a=series, b=series) == {
        "one": {"made": {"label": "Flyers"}, "errors": []},
        "two": {
            "numberSeries": None,
            "userErrors": [{"code": "NAME_TAKEN"}],
            "__typename": "NumberSeriesPayload",
        },
    }
