import strawberry


@strawberry.interface(description="Anything with an id; `node` and `nodes` find it again by that.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque and stable, unique over all types. Do not take it apart."
    )
