from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField


class Editable(Model):
    """What every noun carries that people change: who wrote it last, when, and which version."""

    version = fields.IntField(default=1, db_default=1)
    metadata = JsonField[dict[str, Any]](default=dict, db_default={})
    actor = JsonField[dict[str, Any]]()
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        abstract = True
