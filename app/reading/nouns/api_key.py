from app.domain.api_keys import api_key_status, granted
from app.domain.callers import Scope
from app.models import ApiKey, ApiKeySecret
from app.reading.declarations import Listing, Many, One, Order, columns, computed, readable
from app.reading.filters import filled, texts

API_KEY = readable(
    ApiKey,
    allow=Scope.ADMIN,
    fields={
        **columns(
            ApiKey,
            "id name role expires_at revoked_at last_used_at version metadata created_at"
            " updated_at",
        ),
        "status": computed(api_key_status),
        "scopes": computed(granted),
        "secrets": Many(target="ApiKeySecret", on="api_key_id"),
    },
    listing=Listing(
        orders={"ID": Order(("id",)), "NAME": Order(("name", "id"))},
        filters={"name": texts("name"), "revoked": filled("revoked_at")},
        newest_first=True,
    ),
)

# Whatever is read here is known to who has the text. The digest is for recognising it alone.
API_KEY_SECRET = readable(
    ApiKeySecret,
    allow=Scope.ADMIN,
    fields={
        **columns(ApiKeySecret, "id prefix created_at expires_at"),
        "api_key": One(target="ApiKey", via="api_key_id", null=False),
    },
    listing=Listing(
        orders={"ID": Order(("id",), leads=("api_key_id",))},
        filters={"replaced": filled("expires_at")},
        newest_first=True,
    ),
)
