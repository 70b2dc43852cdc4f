from app.domain.callers import Scope
from app.domain.customers import normal_email
from app.domain.lines import trimmed
from app.models import Customer
from app.reading.declarations import Listing, Many, Order, column, columns, readable
from app.reading.facts import Argument, Way
from app.reading.filters import texts, words
from app.reading.kinds import TEXT, TEXTS, id_of

CUSTOMER_BY = Argument(
    target="Customer",
    ways={
        "id": Way("{0}", id_of("Customer")),
        "number": Way("(SELECT id FROM customer WHERE number = {0})", TEXT, trimmed),
        "login": Way("(SELECT id FROM customer WHERE login = {0})", TEXT, trimmed),
        # An address may belong to several customers; then it names none of them.
        "email": Way(
            "(SELECT MIN(id) FROM customer WHERE email = {0} HAVING COUNT(*) = 1)",
            TEXT,
            normal_email,
        ),
    },
    allow=Scope.CUSTOMERS_READ,
)

# Who writes customers and orders without the right to read them hears that it is done, and no more:
# else naming a number would be a way to read what others told of it.
WRITTEN = "id number version created_at updated_at"

CUSTOMER = readable(
    Customer,
    allow=Scope.CUSTOMERS_READ,
    told={Scope.CUSTOMERS_WRITE: WRITTEN, Scope.ADMIN: WRITTEN},
    fields={
        **columns(
            Customer,
            "id number login email first_name last_name type status erased_at version metadata"
            " created_at updated_at",
        ),
        "segments": column(Customer, "segments", kind=TEXTS),
        "orders": Many(target="Order", on="customer_id"),
        "redemptions": Many(target="Redemption", on="customer_id"),
        "reservations": Many(target="Reservation", on="customer_id"),
        "issued_codes": Many(target="Code", on="issued_to_id"),
        "cashbacks": Many(target="Cashback", on="customer_id"),
        "attempts": Many(target="Attempt", on="customer_id"),
    },
    listing=Listing(
        orders={
            "ID": Order(("id",), leads=("email",)),
            "NUMBER": Order(("number",)),
        },
        filters={
            "number": texts("number", trimmed),
            "login": words("login", trimmed),
            "email": words("email", normal_email),
        },
    ),
)
