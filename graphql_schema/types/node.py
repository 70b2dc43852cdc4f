import strawberry

VERSION = "Raised by every change; for `expectedVersion` of an update."
CUSTOMERS_READ = "Needs the scope customers:read."


@strawberry.interface(description="Anything with an id; `node` and `nodes` find it again by that.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque and stable, unique over all types. Do not take it apart."
    )
