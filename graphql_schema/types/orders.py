"""The orders of lists: over indexed fields only, each ending in something unique."""

from enum import StrEnum

import strawberry

from graphql_schema.connections import OrderDirection
from graphql_schema.types.enums import described

DIRECTION = "Which end comes first."
FIELD = "What to order by."


class CampaignOrderField(StrEnum):
    ID = "ID"
    KEY = "KEY"
    NAME = "NAME"


class NumberSeriesOrderField(StrEnum):
    ID = "ID"
    NAME = "NAME"


class CodeOrderField(StrEnum):
    ID = "ID"
    CODE = "CODE"


class JobOrderField(StrEnum):
    QUEUED_AT = "QUEUED_AT"


CREATED = "In the order in which they were made."

described(
    CampaignOrderField,
    "What campaigns can be ordered by.",
    {
        "ID": CREATED,
        "KEY": "By import/export key. Not for the campaigns of one number series.",
        "NAME": "By name. Not for the campaigns of one number series.",
    },
)
described(
    NumberSeriesOrderField,
    "What number series can be ordered by.",
    {"ID": CREATED, "NAME": "By name."},
)
described(
    CodeOrderField,
    "What codes can be ordered by.",
    {
        "ID": CREATED,
        "CODE": "By the code itself. Needs the scope codes:reveal. Not for the codes of one"
        " campaign, one job or one issue reference.",
    },
)
described(
    JobOrderField, "What jobs can be ordered by.", {"QUEUED_AT": "By when they were asked for."}
)


@strawberry.input(description="The order of campaigns; without it, as they were made.")
class CampaignOrder:
    field: CampaignOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


@strawberry.input(description="The order of number series; without it, as they were made.")
class NumberSeriesOrder:
    field: NumberSeriesOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


@strawberry.input(description="The order of codes; without it, as they were made.")
class CodeOrder:
    field: CodeOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


@strawberry.input(description="The order of jobs; without it, newest first.")
class JobOrder:
    field: JobOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class CodeGroupOrderField(StrEnum):
    ID = "ID"
    KEY = "KEY"
    NAME = "NAME"


described(
    CodeGroupOrderField,
    "What code groups can be ordered by.",
    {
        "ID": CREATED,
        "KEY": "By key. Not for the groups of one campaign.",
        "NAME": "By name. Not for the groups of one campaign.",
    },
)


@strawberry.input(description="The order of code groups; without it, as they were made.")
class CodeGroupOrder:
    field: CodeGroupOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class PromotionOrderField(StrEnum):
    ID = "ID"
    NAME = "NAME"


described(
    PromotionOrderField,
    "What promotions can be ordered by.",
    {
        "ID": CREATED,
        "NAME": "By name. Not for the promotions of one campaign.",
    },
)


@strawberry.input(description="The order of promotions; without it, as they were made.")
class PromotionOrder:
    field: PromotionOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class CustomerOrderField(StrEnum):
    ID = "ID"
    NUMBER = "NUMBER"


described(
    CustomerOrderField,
    "What customers can be ordered by.",
    {
        "ID": CREATED,
        "NUMBER": "By customer number. Not for those of one e-mail address.",
    },
)


@strawberry.input(description="The order of customers; without it, as they were made.")
class CustomerOrder:
    field: CustomerOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class OrderOrderField(StrEnum):
    ID = "ID"
    NUMBER = "NUMBER"


described(
    OrderOrderField,
    "What orders can be ordered by.",
    {
        "ID": CREATED,
        "NUMBER": "By order number. Not for the orders of one customer.",
    },
)


@strawberry.input(description="The order of orders; without it, as they were made.")
class OrderOrder:
    field: OrderOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class RedemptionOrderField(StrEnum):
    ID = "ID"


described(
    RedemptionOrderField,
    "What redemptions can be ordered by.",
    {
        "ID": CREATED,
    },
)


@strawberry.input(description="The order of redemptions; without it, the latest first.")
class RedemptionOrder:
    field: RedemptionOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class ReservationOrderField(StrEnum):
    ID = "ID"


described(
    ReservationOrderField,
    "What reservations can be ordered by.",
    {
        "ID": CREATED,
    },
)


@strawberry.input(description="The order of reservations; without it, the latest first.")
class ReservationOrder:
    field: ReservationOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class CashbackOrderField(StrEnum):
    ID = "ID"


described(
    CashbackOrderField,
    "What cashback can be ordered by.",
    {
        "ID": CREATED,
    },
)


@strawberry.input(description="The order of cashback; without it, the latest first.")
class CashbackOrder:
    field: CashbackOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class CodeEventOrderField(StrEnum):
    ID = "ID"


described(
    CodeEventOrderField,
    "What events can be ordered by.",
    {
        "ID": CREATED,
    },
)


@strawberry.input(description="The order of events; without it, the latest first.")
class CodeEventOrder:
    field: CodeEventOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class AttemptOrderField(StrEnum):
    ID = "ID"


described(
    AttemptOrderField,
    "What refused attempts can be ordered by.",
    {
        "ID": CREATED,
    },
)


@strawberry.input(description="The order of refused attempts; without it, the latest first.")
class AttemptOrder:
    field: AttemptOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class RowResultOrderField(StrEnum):
    ROW = "ROW"


described(
    RowResultOrderField,
    "What rows of an import can be ordered by.",
    {
        "ROW": "As they stand in the file.",
    },
)


@strawberry.input(
    description="The order of rows of an import; without it, as they stand in the file."
)
class RowResultOrder:
    field: RowResultOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class ApiKeyOrderField(StrEnum):
    ID = "ID"
    NAME = "NAME"


described(
    ApiKeyOrderField,
    "What API keys can be ordered by.",
    {
        "ID": CREATED,
        "NAME": "By name.",
    },
)


@strawberry.input(description="The order of API keys; without it, newest first.")
class ApiKeyOrder:
    field: ApiKeyOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class AuditEntryOrderField(StrEnum):
    AT = "AT"


described(
    AuditEntryOrderField,
    "What audit entries can be ordered by.",
    {
        "AT": "By when it was written.",
    },
)


@strawberry.input(description="The order of audit entries; without it, the latest first.")
class AuditEntryOrder:
    field: AuditEntryOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)


class ApiKeySecretOrderField(StrEnum):
    ID = "ID"


described(
    ApiKeySecretOrderField,
    "What texts of a key can be ordered by.",
    {
        "ID": CREATED,
    },
)


@strawberry.input(description="The order of texts of a key; without it, the latest first.")
class ApiKeySecretOrder:
    field: ApiKeySecretOrderField = strawberry.field(description=FIELD)
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description=DIRECTION)
