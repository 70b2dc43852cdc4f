"""Writes through the API: what they answer, what they refuse and that nothing happened then."""

from typing import Any

import pytest

from tests.graphql.service import Running

USER_ERRORS = "userErrors { code message field }"
CREATE = f"""mutation ($input: CreateCampaignInput!) {{ createCampaign(input: $input) {{
  campaign {{
    id kind key name reportingCode enabled activeFrom activeTo applications targetSegments timeZone
    maximumUses usesPerCustomer availableTo generateUsing numberSeries {{ name }} mask
    generateOnDemand issueOnly version metadata
    issuedCodeValidity {{
      kind period delay validFrom validTo unit offset weekStart minimumRemaining
    }}
  }}
  {USER_ERRORS}
}} }}"""
UPDATE = f"""mutation ($input: UpdateCampaignInput!) {{ updateCampaign(input: $input) {{
  campaign {{ name reportingCode maximumUses activeTo applications version metadata }} {USER_ERRORS}
}} }}"""
ARCHIVE = f"""mutation ($input: ArchiveCampaignInput!) {{ archiveCampaign(input: $input) {{
  campaign {{ enabled archivedAt version }} {USER_ERRORS}
}} }}"""
CREATE_SERIES = f"""mutation ($input: CreateNumberSeriesInput!) {{
  createNumberSeries(input: $input) {{
    numberSeries {{ id name mask lastNumber version metadata archivedAt }} {USER_ERRORS}
  }}
}}"""
UPDATE_SERIES = f"""mutation ($input: UpdateNumberSeriesInput!) {{
  updateNumberSeries(input: $input) {{
    numberSeries {{ name mask lastNumber version metadata }} {USER_ERRORS}
  }}
}}"""
ARCHIVE_SERIES = f"""mutation ($input: ArchiveNumberSeriesInput!) {{
  archiveNumberSeries(input: $input) {{ numberSeries {{ name version }} {USER_ERRORS} }}
}}"""
GENERATE = f"""mutation ($input: GenerateCodesInput!) {{ generateCodes(input: $input) {{
  job {{ id kind total reference notBefore submittedBy campaign {{ key }} }} {USER_ERRORS}
}} }}"""
CANCEL = f"""mutation ($input: CancelJobInput!) {{ cancelJob(input: $input) {{
  job {{ id status }} {USER_ERRORS}
}} }}"""
VERSION = "query ($key: String!) { campaign(key: $key) { version } }"
LATER = "2099-01-01T00:00:00Z"


async def payload(service: Running, document: str, **given: object) -> dict[str, Any]:
    """The payload of the one mutation of the document."""
    (found,) = (await service.data(document, input=given)).values()
    assert isinstance(found, dict)
    return found


async def refused(service: Running, document: str, **given: object) -> list[tuple[str, list[str]]]:
    """Codes and fields of a write that must be refused."""
    found = await payload(service, document, **given)
    errors = found.pop("userErrors")
    assert list(found.values()) == [None]
    assert all(error["message"] for error in errors)
    return [(error["code"], error["field"]) for error in errors]


async def create(service: Running, **given: object) -> dict[str, Any]:
    found = await payload(service, CREATE, **{"kind": "VOUCHER", "name": "Summer", **given})
    assert found["userErrors"] == []
    campaign: dict[str, Any] = found["campaign"]
    return campaign


async def create_series(service: Running, **given: object) -> dict[str, Any]:
    given = {"name": "Flyers", "mask": "FLY-0000#", **given}
    found = await payload(service, CREATE_SERIES, **given)
    assert found["userErrors"] == []
    series: dict[str, Any] = found["numberSeries"]
    return series


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
        code = {"code": "Sum-mer 25", "maximumUses": 10, "validTo": LATER, "metadata": {"a": 1}}
        await create(service, kind="SOURCE", key="SRC", firstCode=code)
        query = '{ code(code: "SUMMER25") { code maximumUses validTo metadata campaign { key } } }'
        assert (await service.data(query))["code"] == {
            "code": "Sum-mer 25",
            "maximumUses": 10,
            "validTo": LATER,
            "metadata": {"a": 1},
            "campaign": {"key": "SRC"},
        }

    async def test_ids_of_nothing(self, service: Running) -> None:
        for wrong in ("", "nonsense", "MTpDYW1wYWlnbjox", "MTpOdW1iZXJTZXJpZXM6OTk"):
            given = {"kind": "VOUCHER", "name": "Summer", "numberSeriesId": wrong}
            assert await refused(service, CREATE, **given) == [("NOT_FOUND", ["numberSeriesId"])]

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
                "reportingCode": "R",
                "maximumUses": None,
                "activeTo": LATER,
                "applications": ["shop", "app"],
                "version": 2,
                "metadata": {"a": 1},
            },
            "userErrors": [],
        }

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
