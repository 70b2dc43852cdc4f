"""Writing campaigns: what is answered, what is refused, and that nothing happened then."""

import pytest
from pydantic import SecretStr

from app.config import Settings
from tests.graphql.service import Running, running
from tests.graphql.writing import (
    ARCHIVE,
    CREATE,
    LATER,
    UPDATE,
    VERSION,
    create,
    create_series,
    payload,
    refused,
)


class TestCreateCampaign:
    async def test_defaults(self, service: Running) -> None:
        """Null means the default, as leaving out does."""
        given = dict.fromkeys(["enabled", "timeZone", "availableTo", "metadata", "firstCode"])
        campaign = await create(service, key="summer", mask=None, **given)
        assert campaign.pop("id")
        assert campaign == {
            "kind": "VOUCHER",
            "key": "SUMMER",
            "name": "Summer",
            "reportingCode": None,
            "enabled": True,
            "activeFrom": None,
            "activeTo": None,
            "applications": [],
            "targetSegments": [],
            "timeZone": "UTC",
            "maximumUses": None,
            "usesPerCustomer": None,
            "availableTo": "ANY_CUSTOMER",
            "generateUsing": "UNIQUE_ID",
            "numberSeries": None,
            "mask": "????-????-????!",
            "generateOnDemand": False,
            "issueOnly": False,
            "version": 1,
            "metadata": {},
            "issuedCodeValidity": None,
        }

    async def test_everything_that_can_be_said(self, service: Running) -> None:
        series = await create_series(service)
        given = {
            "reportingCode": "S26",
            "enabled": False,
            "activeFrom": "2026-06-01T02:00:00Z",
            "activeTo": "2026-09-01T00:00:00Z",
            "applications": ["app", "shop"],
            "targetSegments": ["vip"],
            "timeZone": "Europe/Berlin",
            "maximumUses": 3,
            "usesPerCustomer": 1,
            "availableTo": "ONLY_ISSUED_TO",
            "generateUsing": "NUMBER_SERIES",
            "generateOnDemand": True,
            "issueOnly": True,
            "metadata": {"source": {"flyer": [1, "ü"]}},
        }
        campaign = await create(
            service,
            **{**given, "activeFrom": "2026-06-01T04:00:00+02:00"},
            numberSeriesId=series["id"],
            key="ALL",
        )
        assert {name: campaign[name] for name in given} == given
        assert campaign["numberSeries"] == {"name": "Flyers"}

    @pytest.mark.parametrize(
        "validity",
        [
            {"kind": "NONE"},
            {"kind": "FIXED_PERIOD", "period": "P7D", "delay": "PT36H"},
            {"kind": "FIXED_DATES", "validFrom": "2026-01-01T00:00:00Z"},
            {"kind": "RELATIVE_END", "unit": "MONTH", "offset": 0, "minimumRemaining": "P3D"},
            {"kind": "RELATIVE_END", "unit": "WEEK", "offset": 2, "weekStart": "SUNDAY"},
        ],
    )
    async def test_validity_of_issued_codes(
        self, service: Running, validity: dict[str, object]
    ) -> None:
        found = (await create(service, issuedCodeValidity=validity))["issuedCodeValidity"]
        assert {name: value for name, value in found.items() if value is not None} == validity

    async def test_refusals_come_together_and_name_their_fields(self, service: Running) -> None:
        await create(service, key="SUMMER")
        assert await refused(
            service,
            CREATE,
            kind="VOUCHER",
            name="Summer",
            key="summer",
            timeZone="Moon/Crater",
            activeFrom=LATER,
            activeTo="2026-01-01T00:00:00Z",
            issuedCodeValidity={"kind": "FIXED_DATES", "validFrom": LATER, "validTo": LATER},
            firstCode={"code": "A"},
        ) == [
            ("VALID_TO_BEFORE_FROM", ["activeTo"]),
            ("INVALID_VALUE", ["timeZone"]),
            ("VALID_TO_BEFORE_FROM", ["issuedCodeValidity", "validTo"]),
            ("CAMPAIGN_KIND_MISMATCH", ["firstCode"]),
            ("NAME_TAKEN", ["name"]),
            ("KEY_TAKEN", ["key"]),
        ]
        assert (await service.data("{ campaigns { totalCount } }"))["campaigns"]["totalCount"] == 1

    async def test_a_source_campaign_with_its_first_code(self, service: Running) -> None:
        code = {
            "code": "Sum-mer 25",
            "maximumUses": 10,
            "validTo": LATER,
            "availableTo": "ANY_EXCEPT_ISSUED_TO",
            "metadata": {"a": 1},
        }
        given = {"kind": "SOURCE", "key": "SRC", "firstCode": {**code, "issuedTo": " C-9 "}}
        await create(service, **given)
        query = """{ code(code: "SUMMER25") {
          code maximumUses validTo availableTo metadata issuedTo { number } campaign { key }
        } }"""
        right = {**code, "issuedTo": {"number": "C-9"}, "campaign": {"key": "SRC"}}
        assert (await service.data(query))["code"] == right
        assert await refused(service, CREATE, kind="SOURCE", name="Other", firstCode=code) == [
            ("AVAILABLE_TO_NEEDS_CUSTOMER", ["firstCode", "availableTo"]),
            ("CODE_TAKEN", ["firstCode", "code"]),
        ]

    async def test_ids_of_nothing(self, service: Running) -> None:
        for wrong in ("", "nonsense", "MTpDYW1wYWlnbjox", "MTpOdW1iZXJTZXJpZXM6OTk"):
            given = {"kind": "VOUCHER", "name": " ", "numberSeriesId": wrong}
            assert await refused(service, CREATE, **given) == [
                ("INVALID_VALUE", ["name"]),
                ("NOT_FOUND", ["numberSeriesId"]),
            ]

    @pytest.mark.parametrize(
        "metadata", [[], "text", 7, {"deep": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}]
    )
    async def test_metadata_is_an_object_of_some_depth(
        self, service: Running, metadata: object
    ) -> None:
        given = {"kind": "VOUCHER", "name": "Summer", "metadata": metadata}
        answer = await service.ask(CREATE, input=given)
        if isinstance(metadata, dict):
            (error,) = answer["data"]["createCampaign"]["userErrors"]
            assert (error["code"], error["field"]) == ("INVALID_VALUE", ["metadata"])
        else:
            (error,) = answer["errors"]
            assert error["extensions"]["code"] == "BAD_USER_INPUT"


class TestUpdateCampaign:
    async def test_left_out_stays_and_null_clears(self, service: Running) -> None:
        campaign = await create(
            service, reportingCode="R", maximumUses=5, applications=["app"], metadata={"a": 1}
        )
        found = await payload(
            service,
            UPDATE,
            id=campaign["id"],
            expectedVersion=1,
            maximumUses=None,
            name="Autumn",
            activeTo=LATER,
            applications=["shop", "app"],
        )
        assert found == {
            "campaign": {
                "name": "Autumn",
                "enabled": True,
                "timeZone": "UTC",
                "reportingCode": "R",
                "maximumUses": None,
                "activeTo": LATER,
                "applications": ["shop", "app"],
                "version": 2,
                "metadata": {"a": 1},
            },
            "userErrors": [],
        }

    async def test_null_brings_back_the_default(self, service: Running) -> None:
        campaign = await create(service, timeZone="Europe/Berlin", enabled=False)
        found = await payload(service, UPDATE, id=campaign["id"], timeZone=None, enabled=None)
        assert found["userErrors"] == []
        assert (found["campaign"]["timeZone"], found["campaign"]["enabled"]) == ("UTC", True)

    async def test_the_default_time_zone_is_the_services(self, settings: Settings) -> None:
        berlin = settings.model_copy(
            update={"secret": SecretStr("a secret of tests"), "time_zone": "Europe/Berlin"}
        )
        async with running(berlin) as service:
            campaign = await create(service, timeZone="Asia/Tokyo")
            found = await payload(service, UPDATE, id=campaign["id"], timeZone=None)
            assert found["campaign"]["timeZone"] == "Europe/Berlin"

    async def test_nothing_given_changes_nothing(self, service: Running) -> None:
        campaign = await create(service)
        found = await payload(service, UPDATE, id=campaign["id"])
        assert found["campaign"]["version"] == 1

    async def test_versions(self, service: Running) -> None:
        campaign = await create(service, key="SUMMER")
        stale = await refused(service, UPDATE, id=campaign["id"], expectedVersion=7, name="Autumn")
        assert stale == [("STALE_VERSION", ["expectedVersion"])]
        assert (await service.data(VERSION, key="SUMMER"))["campaign"] == {"version": 1}
        found = await payload(service, UPDATE, id=campaign["id"], name="Autumn")
        assert found["campaign"]["version"] == 2

    async def test_refusals(self, service: Running) -> None:
        series = await create_series(service)
        assert await refused(service, UPDATE, id=series["id"]) == [("NOT_FOUND", ["id"])]
        assert await refused(service, UPDATE, id="MTpDYW1wYWlnbjo5OQ") == [("NOT_FOUND", ["id"])]
        campaign = await create(service)
        assert await refused(service, UPDATE, id=campaign["id"], name=None) == [
            ("INVALID_VALUE", ["name"])
        ]


async def test_archive_campaign(service: Running) -> None:
    campaign = await create(service)
    stale = await refused(service, ARCHIVE, id=campaign["id"], expectedVersion=2)
    assert stale == [("STALE_VERSION", ["expectedVersion"])]
    found = await payload(service, ARCHIVE, id=campaign["id"], expectedVersion=1)
    assert found["campaign"].pop("archivedAt")
    assert found == {"campaign": {"enabled": False, "version": 2}, "userErrors": []}
    assert await refused(service, ARCHIVE, id=campaign["id"]) == [("NOT_EDITABLE", ["id"])]
