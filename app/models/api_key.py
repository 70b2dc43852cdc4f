from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, Unique, one_of
from app.domain.roles import Role
from app.models.columns import Choice, Text, belongs_to
from app.models.editable import Editable


class ApiKey(Editable):
    """Who may ask, by name, and for what. It stays when its secret is rotated, and when revoked."""

    id = fields.BigIntField(primary_key=True)
    name = Text()
    role = Choice(Role, null=True)
    # Set exactly where there is no role.
    scopes = JsonField[list[str] | None](null=True)
    expires_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    # Written at most once a minute, and no version of the key.
    last_used_at = InstantField(null=True)

    class Meta:
        table = "api_key"
        constraints = (
            # The name of a revoked key is free again.
            Unique(fields=("name",), name="api_key_name_key", condition="revoked_at IS NULL"),
            Check(check=one_of("role", Role), name="api_key_role_known"),
            Check(check="(role IS NULL) <> (scopes IS NULL)", name="api_key_role_or_scopes"),
            Check(check="expires_at > created_at", name="api_key_ends_after_it_began"),
        )
        indexes = (Index("api_key_by_name", ("name", "id")),)


class ApiKeySecret(Model):
    """What one text of a key is recognised by; the text itself is kept nowhere."""

    id = fields.BigIntField(primary_key=True)
    api_key = belongs_to("ApiKey")
    api_key_id: int
    # The public part of the text.
    prefix = Text()
    # HMAC-SHA256 of the whole text, in hexadecimal.
    digest = Text()
    created_at = InstantField()
    # Set by the rotation that replaced it.
    expires_at = InstantField(null=True)
    actor = JsonField[dict[str, Any]]()

    class Meta:
        table = "api_key_secret"
        constraints = (
            Unique(fields=("prefix",), name="api_key_secret_prefix_key"),
            Unique(
                fields=("api_key_id",),
                name="api_key_secret_current_key",
                condition="expires_at IS NULL",
            ),
            Check(check="expires_at >= created_at", name="api_key_secret_range_ordered"),
        )
        indexes = (Index("api_key_secret_by_key", ("api_key_id", "id")),)
