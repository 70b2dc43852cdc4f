"""What a campaign may be: all rules that can be told from the input alone."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from app.domain import time_zones
from app.domain.field_checks import check_limit, check_text, invalid
from app.domain.issue_validity_json import from_json
from app.domain.lines import trimmed, trimmed_or_none
from app.domain.masks import DEFAULT_MASK, GenerateUsing, MaskError, parse_for
from app.domain.reach import check_reach, tidied_labels
from app.domain.refusals import Problem, Refusal

MAX_REPORTING_CODE_LENGTH: Final = 100
MAX_KEY_LENGTH: Final = 64

_KEY: Final = re.compile(r"[A-Z0-9_-]{2,64}")
_NOT_IN_SLUG: Final = re.compile(r"[^A-Z0-9]+")


class CampaignKind(StrEnum):
    """Who makes the codes: we do (VOUCHER), or they come from elsewhere (SOURCE). Never changes."""

    VOUCHER = "VOUCHER"
    SOURCE = "SOURCE"


class AvailableTo(StrEnum):
    """Who may redeem a code, seen from the customer it was issued to."""

    ANY_CUSTOMER = "ANY_CUSTOMER"
    ONLY_ISSUED_TO = "ONLY_ISSUED_TO"
    ANY_EXCEPT_ISSUED_TO = "ANY_EXCEPT_ISSUED_TO"


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """The editable facts of a campaign, named like its columns, before they are accepted."""

    name: str
    time_zone: str
    reporting_code: str | None = None
    enabled: bool = True
    active_from: datetime | None = None
    active_to: datetime | None = None
    applications: tuple[str, ...] = ()
    target_segments: tuple[str, ...] = ()
    maximum_uses: int | None = None
    uses_per_customer: int | None = None
    available_to: AvailableTo = AvailableTo.ANY_CUSTOMER
    generate_using: GenerateUsing | None = None
    number_series_id: int | None = None
    mask: str | None = None
    generate_on_demand: bool = False
    issue_only: bool = False
    issued_code_validity: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def tidied(draft: CampaignDraft, kind: CampaignKind) -> CampaignDraft:
    """Trim the texts, make blank optional ones None, and choose how a voucher campaign generates.

    Without a word about it, a voucher campaign with a series uses that, and any other the default
    mask of unique identifiers.
    """
    tidy = replace(
        draft,
        name=trimmed(draft.name),
        reporting_code=trimmed_or_none(draft.reporting_code),
        mask=trimmed_or_none(draft.mask),
        applications=tidied_labels(draft.applications),
        target_segments=tidied_labels(draft.target_segments),
    )
    if kind == CampaignKind.SOURCE:
        return tidy
    using = tidy.generate_using or (
        GenerateUsing.UNIQUE_ID if tidy.number_series_id is None else GenerateUsing.NUMBER_SERIES
    )
    default = DEFAULT_MASK if using == GenerateUsing.UNIQUE_ID else None
    return replace(tidy, generate_using=using, mask=tidy.mask or default)


def check_campaign(draft: CampaignDraft, kind: CampaignKind) -> list[Problem]:
    """Return every reason why this tidied draft cannot be a campaign of the kind."""
    return [*_check_common(draft), *(_CHECKS_BY_KIND[kind](draft))]


def allocated_key(name: str, suffix: str, nameless: str = "CAMPAIGN") -> str:
    """Return a key that reminds of the name, made unique by a random suffix.

    A name without letters that a key may hold is replaced by `nameless`.
    """
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    slug = _NOT_IN_SLUG.sub("-", letters).strip("-")
    room = MAX_KEY_LENGTH - len(suffix) - 1
    return f"{slug[:room].rstrip('-') or nameless}-{suffix.upper()}"


def normal_key(key: str) -> str:
    """Return the key as it is stored and looked up; keys know no case."""
    return trimmed(key).upper()


def check_key(key: str) -> Iterator[Problem]:
    """Tell whether an import/export key, in its normal form, is one that can be chosen."""
    if _KEY.fullmatch(key) is None:
        yield invalid("Use 2 to 64 letters A to Z, digits, '-' and '_'.", "key")


def _check_common(draft: CampaignDraft) -> Iterator[Problem]:
    yield from check_reach(draft)
    if draft.reporting_code is not None:
        yield from check_text(draft.reporting_code, MAX_REPORTING_CODE_LENGTH, "reportingCode")
    if draft.time_zone not in time_zones.names():
        yield invalid(time_zones.SENTENCE, "timeZone")


def _check_voucher(draft: CampaignDraft) -> Iterator[Problem]:
    yield from check_limit(draft.maximum_uses, "maximumUses")
    yield from check_limit(draft.uses_per_customer, "usesPerCustomer")
    if draft.generate_using == GenerateUsing.NUMBER_SERIES:
        yield from _check_uses_series(draft)
    else:
        yield from _check_uses_mask(draft)
    try:
        from_json(draft.issued_code_validity, "issuedCodeValidity")
    except Refusal as refusal:
        yield from refusal.problems


def _check_uses_series(draft: CampaignDraft) -> Iterator[Problem]:
    if draft.number_series_id is None:
        yield invalid("NUMBER_SERIES needs a number series.", "numberSeriesId")
    if draft.mask is not None:
        yield invalid("The mask of the number series is used; leave this one out.", "mask")


def _check_uses_mask(draft: CampaignDraft) -> Iterator[Problem]:
    if draft.number_series_id is not None:
        yield invalid("UNIQUE_ID uses no number series; leave it out.", "numberSeriesId")
    try:
        parse_for(draft.mask or "", GenerateUsing.UNIQUE_ID)
    except MaskError as error:
        yield error.problem("mask")


def _check_source(draft: CampaignDraft) -> Iterator[Problem]:
    plain = CampaignDraft(draft.name, draft.time_zone)
    for column, name in _VOUCHER_ONLY.items():
        if getattr(draft, column) != getattr(plain, column):
            yield invalid("Only voucher campaigns have this; leave it out.", name)


_VOUCHER_ONLY: Final = {
    "maximum_uses": "maximumUses",
    "uses_per_customer": "usesPerCustomer",
    "available_to": "availableTo",
    "generate_using": "generateUsing",
    "number_series_id": "numberSeriesId",
    "mask": "mask",
    "generate_on_demand": "generateOnDemand",
    "issue_only": "issueOnly",
    "issued_code_validity": "issuedCodeValidity",
}
_CHECKS_BY_KIND: Final = {
    CampaignKind.VOUCHER: _check_voucher,
    CampaignKind.SOURCE: _check_source,
}
