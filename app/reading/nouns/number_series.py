from app.domain.callers import Scope
from app.models import NumberSeries
from app.reading.declarations import OWN, Listing, Many, Order, columns, readable
from app.reading.filters import archived, texts

NUMBER_SERIES = readable(
    NumberSeries,
    allow=Scope.CODES_READ,
    told={Scope.CAMPAIGNS_WRITE: OWN},
    fields={
        **columns(
            NumberSeries,
            "id name mask last_number archived_at version metadata created_at updated_at",
        ),
        "campaigns": Many(target="Campaign", on="number_series_id"),
    },
    listing=Listing(
        orders={"ID": Order(("id",)), "NAME": Order(("name",))},
        filters={"name": texts("name"), "archived": archived()},
    ),
)
