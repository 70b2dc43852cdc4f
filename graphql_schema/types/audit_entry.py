from datetime import datetime

import strawberry

from graphql_schema.scalars import Json
from graphql_schema.types.lazy import LazyCustomer
from graphql_schema.types.node import CUSTOMERS_READ, Node


@strawberry.type(
    description="One write, and who made it. What happens to single codes is told by their events."
)
class AuditEntry(Node):
    at: datetime = strawberry.field(description="When.")
    operation: str = strawberry.field(description="The mutation that was asked for: `moveCodes`.")
    entity: strawberry.ID | None = strawberry.field(
        description="What was written, for `node`, which is null once it is deleted; null when many"
        " rows were written at once."
    )
    data: Json = strawberry.field(
        description="Which fields changed, or how many rows; never what was written."
    )
    caller: str = strawberry.field(
        description="Who asked, for good: a key is `key:` and a number, whatever its name."
    )
    done_by: str = strawberry.field(description="The name that the caller had then.")
    channel: str = strawberry.field(description="The entrance: `API`, `CLI` or `JOB`.")
    request_id: str | None = strawberry.field(
        description="The id of the request, which its answer carried and the log knows."
    )
    acting_for: LazyCustomer | None = strawberry.field(
        description=f"The customer for whom it was asked, if for one. {CUSTOMERS_READ}"
    )
