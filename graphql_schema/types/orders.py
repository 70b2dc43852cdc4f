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
