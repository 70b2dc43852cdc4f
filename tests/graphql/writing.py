"""The mutations as callers write them, and what they answer."""

from datetime import UTC, datetime
from typing import Any

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
  campaign {{
    name enabled timeZone reportingCode maximumUses activeTo applications version metadata
  }}
  {USER_ERRORS}
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
WITHDRAW_CODES = f"""mutation ($input: WithdrawCodesInput!) {{ withdrawCodes(input: $input) {{
  job {{ id kind total reference submittedBy campaign {{ key }} }} {USER_ERRORS}
}} }}"""
CANCEL = f"""mutation ($input: CancelJobInput!) {{ cancelJob(input: $input) {{
  job {{ id status }} {USER_ERRORS}
}} }}"""
VERSION = "query ($key: String!) { campaign(key: $key) { version } }"
# After every test run, and not so far ahead that nothing may begin then.
LATER = f"{datetime.now(UTC).year + 5}-01-01T00:00:00Z"


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
