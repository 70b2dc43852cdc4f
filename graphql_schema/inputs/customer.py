import strawberry

from app.services.customers import CustomerValues
from app.services.editing import Target
from graphql_schema.inputs.given import EXPECTED_VERSION, given, optional, target
from graphql_schema.scalars import Json
from graphql_schema.types.enums import CustomerStatus, CustomerType


@strawberry.input(
    description=(
        "What the shop tells of a customer: what is left out stays, null clears or gives the"
        " default."
    )
)
class CustomerInput:
    number: str = strawberry.field(
        description="The customer number of the shop, by which we know them: not an e-mail address,"
        " because it stays when the customer is erased."
    )
    login: str | None = optional("The login, which no other customer has; default none.")
    email: str | None = optional("The e-mail address; kept in lower case; default none.")
    first_name: str | None = optional("The first name; default none.")
    last_name: str | None = optional("The last name; default none.")
    type: CustomerType | None = optional("A person or a company; default B2C.")
    status: CustomerStatus | None = optional("Whether they may use codes; default ACTIVE.")
    segments: list[str] | None = optional("All segments that they belong to; default none.")
    metadata: Json | None = optional("Whatever you want to keep with it; at most 4 KB.")

    def values(self) -> CustomerValues:
        values = given(self)
        if values.get("segments") is not None:
            values["segments"] = tuple(values["segments"])
        return CustomerValues(values.pop("number"), values)


@strawberry.input(description="Customers to insert or to change, all or none of them.")
class UpsertCustomersInput:
    customers: list[CustomerInput] = strawberry.field(
        description="1 to 100 customers, each number once."
    )

    def values(self) -> list[CustomerValues]:
        return [customer.values() for customer in self.customers]


@strawberry.input(description="A customer whose personal data shall go.")
class EraseCustomerInput:
    id: strawberry.ID = strawberry.field(description="The id of the customer.")
    expected_version: int | None = optional(EXPECTED_VERSION)

    def target(self) -> Target:
        return target(given(self), "Customer", "customer")
