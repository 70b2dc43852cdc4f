"""The conditions by which lists can be narrowed: small inputs of operators.

A null stands for no condition, as if it were absent, so that a form can send what is empty.
"""

from datetime import datetime

import strawberry
from strawberry import UNSET

from graphql_schema.types.enums import (
    CampaignKind,
    CodeStatus,
    DiscountKind,
    EventKind,
    JobKind,
    JobStatus,
    RedemptionState,
    RowOutcome,
)
from graphql_schema.types.validity_enums import ValidityStatus

EQ = "Equal to this value."
IN = "Equal to one of these values, at most 100; an empty list fits nothing."


@strawberry.input(description="Conditions on a text; letters count as they are.")
class TextFilter:
    eq: str | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[str] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on a text that can be searched by its start.")
class NameFilter:
    eq: str | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[str] | None = strawberry.field(name="in", default=UNSET, description=IN)
    starts_with: str | None = strawberry.field(
        default=UNSET, description="Begins with this text; letters count as they are."
    )


@strawberry.input(description="A range of moments.")
class DateTimeFilter:
    gte: datetime | None = strawberry.field(default=UNSET, description="At this moment or later.")
    lt: datetime | None = strawberry.field(default=UNSET, description="Before this moment.")


@strawberry.input(description="Conditions on the kind of a campaign.")
class CampaignKindFilter:
    eq: CampaignKind | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[CampaignKind] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on the status of a code at this moment.")
class CodeStatusFilter:
    eq: CodeStatus | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[CodeStatus] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on the kind of a job.")
class JobKindFilter:
    eq: JobKind | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[JobKind] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on the status of a job.")
class JobStatusFilter:
    eq: JobStatus | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[JobStatus] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on what a promotion gives.")
class DiscountKindFilter:
    eq: DiscountKind | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[DiscountKind] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on whether a use counts.")
class RedemptionStateFilter:
    eq: RedemptionState | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[RedemptionState] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on what happened to a code.")
class CodeEventKindFilter:
    eq: EventKind | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[EventKind] | None = strawberry.field(name="in", default=UNSET, description=IN)


@strawberry.input(description="Conditions on what became of a row.")
class RowOutcomeFilter:
    eq: RowOutcome | None = strawberry.field(default=UNSET, description=EQ)
    in_: list[RowOutcome] | None = strawberry.field(name="in", default=UNSET, description=IN)


ARCHIVED = "Archived ones only (true), others only (false, as without a word), or both (null)."


@strawberry.input(description="Which campaigns a list shows.")
class CampaignWhere:
    kind: CampaignKindFilter | None = strawberry.field(default=UNSET, description="By kind.")
    key: NameFilter | None = strawberry.field(default=UNSET, description="By import/export key.")
    name: NameFilter | None = strawberry.field(default=UNSET, description="By name.")
    reporting_code: TextFilter | None = strawberry.field(
        default=UNSET, description="By reporting code."
    )
    enabled: bool | None = strawberry.field(
        default=UNSET, description="Switched on (true) or off (false)."
    )
    archived: bool | None = strawberry.field(default=False, description=ARCHIVED)


@strawberry.input(description="Which number series a list shows.")
class NumberSeriesWhere:
    name: NameFilter | None = strawberry.field(default=UNSET, description="By name.")
    archived: bool | None = strawberry.field(default=False, description=ARCHIVED)


@strawberry.input(description="Which audit entries a list shows.")
class AuditEntryWhere:
    caller: str | None = strawberry.field(default=UNSET, description="By who asked: `key:7`.")
    operation: TextFilter | None = strawberry.field(
        default=UNSET, description="By mutation: `moveCodes`."
    )
    entity: strawberry.ID | None = strawberry.field(
        default=UNSET, description="By the id of what was written."
    )
    at: DateTimeFilter | None = strawberry.field(default=UNSET, description="By when.")


@strawberry.input(description="Which codes a list shows.")
class CodeWhere:
    code: str | None = strawberry.field(
        default=UNSET,
        description="This very code, however it is typed; no code is found by what is none.",
    )
    code_prefix: str | None = strawberry.field(
        default=UNSET,
        description="Codes that begin so, however it is typed. Needs the scope codes:reveal.",
    )
    campaign: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Codes of the campaign with this id."
    )
    campaign_key: str | None = strawberry.field(
        default=UNSET, description="Codes of the campaign with this key."
    )
    group: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Codes of the group with this id."
    )
    issued_to: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Codes issued to the customer with this id. Needs the scope customers:read.",
    )
    status: CodeStatusFilter | None = strawberry.field(
        default=UNSET, description="By status at this moment."
    )
    validity: ValidityStatus | None = strawberry.field(
        default=UNSET,
        description="Green or red: whether a promotion that they drive runs at this moment. Among"
        " lists inside each other such a list counts as two.",
    )
    issue_reference: TextFilter | None = strawberry.field(
        default=UNSET, description="By the reference under which they were issued."
    )
    created_by_job: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Codes that the job with this id made."
    )


@strawberry.input(description="Which jobs a list shows.")
class JobWhere:
    kind: JobKindFilter | None = strawberry.field(default=UNSET, description="By kind.")
    status: JobStatusFilter | None = strawberry.field(default=UNSET, description="By status.")
    campaign: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Jobs of the campaign with this id."
    )
    reference: TextFilter | None = strawberry.field(
        default=UNSET, description="By the reference given with the request."
    )
    queued_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description="By when they were asked for."
    )


@strawberry.input(description="Which code groups a list shows.")
class CodeGroupWhere:
    campaign: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Groups of the campaign with this id."
    )
    key: NameFilter | None = strawberry.field(default=UNSET, description="By key.")
    name: NameFilter | None = strawberry.field(default=UNSET, description="By name.")
    enabled: bool | None = strawberry.field(
        default=UNSET, description="Switched on (true) or off (false)."
    )
    archived: bool | None = strawberry.field(default=False, description=ARCHIVED)


@strawberry.input(description="Which promotions a list shows.")
class PromotionWhere:
    campaign: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Promotions that the campaign with this id bundles."
    )
    name: NameFilter | None = strawberry.field(default=UNSET, description="By name.")
    discount_kind: DiscountKindFilter | None = strawberry.field(
        default=UNSET, description="By what they give."
    )
    enabled: bool | None = strawberry.field(
        default=UNSET, description="Switched on (true) or off (false)."
    )
    archived: bool | None = strawberry.field(default=False, description=ARCHIVED)


@strawberry.input(description="Which customers a list shows.")
class CustomerWhere:
    number: NameFilter | None = strawberry.field(default=UNSET, description="By customer number.")
    login: TextFilter | None = strawberry.field(default=UNSET, description="By login.")
    email: TextFilter | None = strawberry.field(
        default=UNSET, description="By e-mail address; case does not matter."
    )


@strawberry.input(description="Which orders a list shows.")
class OrderWhere:
    number: NameFilter | None = strawberry.field(default=UNSET, description="By order number.")
    customer: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Orders of the customer with this id."
    )


@strawberry.input(description="Which redemptions a list shows.")
class RedemptionWhere:
    code: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Uses of the code with this id."
    )
    customer: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Uses by the customer with this id. Needs the scope customers:read.",
    )
    order: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Uses with the order with this id. Needs the scope customers:read.",
    )
    state: RedemptionStateFilter | None = strawberry.field(
        default=UNSET, description="By whether they count."
    )


@strawberry.input(description="Which reservations a list shows.")
class ReservationWhere:
    ended: bool | None = strawberry.field(
        default=UNSET, description="Ended before they lapsed (true) or not (false)."
    )


@strawberry.input(description="Which cashback a list shows.")
class CashbackWhere:
    disabled: bool | None = strawberry.field(
        default=UNSET, description="Switched off (true) or on (false)."
    )


@strawberry.input(description="Which events a list shows.")
class CodeEventWhere:
    kind: CodeEventKindFilter | None = strawberry.field(
        default=UNSET, description="By what happened."
    )


@strawberry.input(description="Which refused attempts a list shows.")
class AttemptWhere:
    operation: TextFilter | None = strawberry.field(default=UNSET, description="By what was tried.")


@strawberry.input(description="Which API keys a list shows.")
class ApiKeyWhere:
    name: NameFilter | None = strawberry.field(default=UNSET, description="By name.")
    revoked: bool | None = strawberry.field(
        default=UNSET, description="Revoked (true) or not (false)."
    )


@strawberry.input(description="Which texts of a key a list shows.")
class ApiKeySecretWhere:
    replaced: bool | None = strawberry.field(
        default=UNSET, description="Replaced by a rotation (true), or the current one (false)."
    )


@strawberry.input(description="Which rows of an import a list shows.")
class RowResultWhere:
    outcome: RowOutcomeFilter | None = strawberry.field(
        default=UNSET, description="By what became of them."
    )
