"""Writing code groups and promotions."""

from typing import Any

import pytest

from tests.graphql.service import Running
from tests.graphql.writing import LATER, USER_ERRORS, create, payload, refused

CREATE = f"""mutation ($input: CreateCodeGroupInput!) {{ createCodeGroup(input: $input) {{
  codeGroup {{
    id key name enabled activation activeFrom activeTo totalReusePerCode reusePerCustomer
    inStoreRedemption applications targetSegments archivedAt version metadata campaign {{ key }}
  }}
  {USER_ERRORS}
}} }}"""
UPDATE = f"""mutation ($input: UpdateCodeGroupInput!) {{ updateCodeGroup(input: $input) {{
  codeGroup {{
    name enabled activation activeFrom totalReusePerCode applications version metadata
  }}
  {USER_ERRORS}
}} }}"""
ARCHIVE = f"""mutation ($input: ArchiveCodeGroupInput!) {{ archiveCodeGroup(input: $input) {{
  codeGroup {{ enabled archivedAt version }} {USER_ERRORS}
}} }}"""
DISCOUNT = "discount { kind percent amount { amount currencyCode } giftSku }"
CREATE_PROMOTION = f"""mutation ($input: CreatePromotionInput!) {{
  createPromotion(input: $input) {{
    promotion {{
      id name enabled activeFrom activeTo applications targetSegments {DISCOUNT} archivedAt version
      metadata campaign {{ key }} issueCampaign {{ key }} groups {{ nodes {{ key version }} }}
    }}
    {USER_ERRORS}
  }}
}}"""
UPDATE_PROMOTION = f"""mutation ($input: UpdatePromotionInput!) {{
  updatePromotion(input: $input) {{
    promotion {{
      name enabled {DISCOUNT} issueCampaign {{ key }} groups {{ nodes {{ key }} }} version
    }}
    {USER_ERRORS}
  }}
}}"""
ARCHIVE_PROMOTION = f"""mutation ($input: ArchivePromotionInput!) {{
  archivePromotion(input: $input) {{ promotion {{ enabled archivedAt version }} {USER_ERRORS} }}
}}"""
COUNTS = "{ codeGroups { totalCount } promotions { totalCount } }"
NO_ID = "nonsense"


async def create_group(service: Running, **given: object) -> dict[str, Any]:
    found = await payload(service, CREATE, **{"name": "Gold", **given})
    assert found["userErrors"] == []
    group: dict[str, Any] = found["codeGroup"]
    return group


async def create_promotion(service: Running, **given: object) -> dict[str, Any]:
    given = {"name": "Gift", "discount": {"kind": "FREE_SHIPPING"}, **given}
    found = await payload(service, CREATE_PROMOTION, **given)
    assert found["userErrors"] == []
    promotion: dict[str, Any] = found["promotion"]
    return promotion


class TestCodeGroups:
    async def test_the_defaults(self, service: Running) -> None:
        campaign = await create(service, key="SUMMER")
        names = ("key", "enabled", "activation", "totalReusePerCode", "applications", "metadata")
        nulls = dict.fromkeys(names)
        group = await create_group(service, **nulls, campaignId=campaign["id"])
        assert group.pop("id")
        assert group.pop("key").startswith("GOLD-")
        assert group == {
            "name": "Gold",
            "enabled": True,
            "activation": "OWN_RANGE",
            "activeFrom": None,
            "activeTo": None,
            "totalReusePerCode": None,
            "reusePerCustomer": None,
            "inStoreRedemption": False,
            "applications": [],
            "targetSegments": [],
            "archivedAt": None,
            "version": 1,
            "metadata": {},
            "campaign": {"key": "SUMMER"},
        }

    async def test_everything_that_can_be_said(self, service: Running) -> None:
        campaign = await create(service)
        given = {
            "enabled": False,
            "activation": "OWN_RANGE",
            "activeFrom": "2026-06-01T02:00:00Z",
            "activeTo": LATER,
            "totalReusePerCode": 3,
            "reusePerCustomer": 2,
            "inStoreRedemption": True,
            "applications": ["web"],
            "targetSegments": ["vip"],
            "metadata": {"a": 1},
        }
        group = await create_group(service, **given, key="gold", campaignId=campaign["id"])
        assert group["key"] == "GOLD"
        assert {name: group[name] for name in given} == given

    async def test_refusals_come_together_and_name_their_fields(self, service: Running) -> None:
        campaign = await create(service)
        await create_group(service, campaignId=campaign["id"], key="GOLD")
        for wrong in (NO_ID, "MTpDYW1wYWlnbjo5OQ"):
            assert await refused(
                service,
                CREATE,
                campaignId=wrong,
                name="Gold",
                key="gold",
                activation="WHILE_PROMOTIONS_RUN",
                activeTo=LATER,
                reusePerCustomer=0,
            ) == [
                ("INVALID_VALUE", ["activeTo"]),
                ("INVALID_VALUE", ["reusePerCustomer"]),
                ("NOT_FOUND", ["campaignId"]),
                ("NAME_TAKEN", ["name"]),
                ("KEY_TAKEN", ["key"]),
            ]
        counts = await service.data(COUNTS)
        assert counts["codeGroups"]["totalCount"] == 1

    async def test_left_out_stays_and_null_clears(self, service: Running) -> None:
        campaign = await create(service)
        group = await create_group(
            service,
            campaignId=campaign["id"],
            totalReusePerCode=3,
            applications=["web"],
            activeFrom=LATER,
            metadata={"a": 1},
        )
        found = await payload(
            service,
            UPDATE,
            id=group["id"],
            expectedVersion=1,
            name="Silver",
            totalReusePerCode=None,
            activation="WHILE_PROMOTIONS_RUN",
            applications=["app", "web"],
        )
        assert found == {
            "codeGroup": {
                "name": "Silver",
                "enabled": True,
                "activation": "WHILE_PROMOTIONS_RUN",
                "activeFrom": None,
                "totalReusePerCode": None,
                "applications": ["app", "web"],
                "version": 2,
                "metadata": {"a": 1},
            },
            "userErrors": [],
        }
        stale = await refused(service, UPDATE, id=group["id"], expectedVersion=1, name="Gold")
        assert stale == [("STALE_VERSION", ["expectedVersion"])]
        for wrong in (NO_ID, campaign["id"]):
            assert await refused(service, UPDATE, id=wrong, name="X") == [("NOT_FOUND", ["id"])]

    async def test_archive(self, service: Running) -> None:
        campaign = await create(service)
        group = await create_group(service, campaignId=campaign["id"])
        found = await payload(service, ARCHIVE, id=group["id"], expectedVersion=1)
        assert found["codeGroup"].pop("archivedAt")
        assert found == {"codeGroup": {"enabled": False, "version": 2}, "userErrors": []}
        assert await refused(service, ARCHIVE, id=group["id"]) == [("NOT_EDITABLE", ["id"])]


class TestPromotions:
    async def test_the_defaults(self, service: Running) -> None:
        nulls = dict.fromkeys(["campaignId", "groupIds", "enabled", "applications", "metadata"])
        promotion = await create_promotion(service, **nulls)
        assert promotion.pop("id")
        assert promotion == {
            "name": "Gift",
            "enabled": True,
            "activeFrom": None,
            "activeTo": None,
            "applications": [],
            "targetSegments": [],
            "discount": {"kind": "FREE_SHIPPING", "percent": None, "amount": None, "giftSku": None},
            "archivedAt": None,
            "version": 1,
            "metadata": {},
            "campaign": None,
            "issueCampaign": None,
            "groups": {"nodes": []},
        }

    async def test_everything_that_can_be_said(self, service: Running) -> None:
        campaign = await create(service, key="SUMMER")
        groups = [
            await create_group(service, campaignId=campaign["id"], name=name, key=name)
            for name in ("GOLD", "SILVER")
        ]
        given = {
            "enabled": False,
            "activeFrom": "2026-06-01T02:00:00Z",
            "activeTo": LATER,
            "applications": ["web"],
            "targetSegments": ["vip"],
            "metadata": {"a": 1},
        }
        ids = [group["id"] for group in groups]
        promotion = await create_promotion(
            service, **given, campaignId=campaign["id"], groupIds=ids
        )
        assert {name: promotion[name] for name in given} == given
        assert promotion["campaign"] == {"key": "SUMMER"}
        nodes = promotion["groups"]["nodes"]
        assert sorted((node["key"], node["version"]) for node in nodes) == [
            ("GOLD", 2),
            ("SILVER", 2),
        ]

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ({"kind": "PERCENT", "percent": "12.50"}, {"percent": "12.5"}),
            (
                {"kind": "AMOUNT", "amount": {"amount": "5", "currencyCode": "EUR"}},
                {"amount": {"amount": "5.00", "currencyCode": "EUR"}},
            ),
            ({"kind": "GIFT", "giftSku": " MUG ", "percent": None}, {"giftSku": "MUG"}),
        ],
    )
    async def test_discounts(
        self, service: Running, given: dict[str, object], found: dict[str, object]
    ) -> None:
        nothing = {"percent": None, "amount": None, "giftSku": None}
        discount = (await create_promotion(service, discount=given))["discount"]
        assert discount == {**nothing, "kind": given["kind"], **found}

    async def test_a_discount_may_issue_a_code(self, service: Running) -> None:
        campaign = await create(service, key="WELCOME")
        discount = {"kind": "ISSUE_CODE", "issueCampaignId": campaign["id"]}
        promotion = await create_promotion(service, discount=discount)
        assert promotion["issueCampaign"] == {"key": "WELCOME"}
        found = await payload(
            service,
            UPDATE_PROMOTION,
            id=promotion["id"],
            discount={"kind": "PERCENT", "percent": "100"},
        )
        assert found["promotion"]["discount"]["percent"] == "100"
        assert found["promotion"]["issueCampaign"] is None

    async def test_refusals_come_together_and_name_their_fields(self, service: Running) -> None:
        await create_promotion(service)
        assert await refused(
            service,
            CREATE_PROMOTION,
            name="Gift",
            discount={
                "kind": "AMOUNT",
                "percent": "10",
                "amount": {"amount": "0.001", "currencyCode": "EUR"},
                "issueCampaignId": NO_ID,
            },
            campaignId=NO_ID,
            groupIds=[NO_ID],
        ) == [
            ("INVALID_VALUE", ["discount", "percent"]),
            ("INVALID_VALUE", ["discount", "issueCampaignId"]),
            ("INVALID_VALUE", ["discount", "amount", "amount"]),
            ("NOT_FOUND", ["campaignId"]),
            ("NOT_FOUND", ["discount", "issueCampaignId"]),
            ("GROUP_NOT_FOUND", ["groupIds", "0"]),
            ("NAME_TAKEN", ["name"]),
        ]
        counts = await service.data(COUNTS)
        assert counts["promotions"]["totalCount"] == 1

    async def test_groups_are_replaced_and_what_is_left_out_stays(self, service: Running) -> None:
        campaign = await create(service)
        gold, silver = [
            await create_group(service, campaignId=campaign["id"], name=name, key=name)
            for name in ("GOLD", "SILVER")
        ]
        promotion = await create_promotion(service, groupIds=[gold["id"]])
        given = {"id": promotion["id"], "expectedVersion": 1, "groupIds": [silver["id"]]}
        found = (await payload(service, UPDATE_PROMOTION, **given))["promotion"]
        assert found["groups"] == {"nodes": [{"key": "SILVER"}]}
        assert (found["name"], found["discount"]["kind"], found["version"]) == (
            "Gift",
            "FREE_SHIPPING",
            2,
        )
        assert await refused(service, UPDATE_PROMOTION, **given) == [
            ("STALE_VERSION", ["expectedVersion"])
        ]
        cleared = {"id": promotion["id"], "groupIds": None, "enabled": False}
        found = (await payload(service, UPDATE_PROMOTION, **cleared))["promotion"]
        assert (found["groups"], found["enabled"]) == ({"nodes": []}, False)
        assert await refused(service, UPDATE_PROMOTION, id=promotion["id"], discount=None) == [
            ("INVALID_VALUE", ["discount"])
        ]

    async def test_archive(self, service: Running) -> None:
        promotion = await create_promotion(service)
        found = await payload(service, ARCHIVE_PROMOTION, id=promotion["id"], expectedVersion=1)
        assert found["promotion"].pop("archivedAt")
        assert found == {"promotion": {"enabled": False, "version": 2}, "userErrors": []}
        assert await refused(service, ARCHIVE_PROMOTION, id=promotion["id"]) == [
            ("NOT_EDITABLE", ["id"])
        ]
