from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.database.fields import InstantField, JsonField
from app.database.schema import Check, Index, PrimaryKey
from app.models.columns import Text, belongs_to


class File(Model):
    """An upload or a result. It is complete once size, hash and `complete_at` are known."""

    id = fields.BigIntField(primary_key=True)
    name = Text(null=True)
    content_type = Text()
    size = fields.BigIntField(null=True)
    sha256 = Text(null=True)
    complete_at = InstantField(null=True)
    expires_at = InstantField()
    actor = JsonField[dict[str, Any]]()
    created_at = InstantField()

    class Meta:
        table = "file"
        constraints = (
            Check(check="size >= 0", name="file_size_not_negative"),
            Check(
                check="complete_at IS NULL OR (size IS NOT NULL AND sha256 IS NOT NULL)",
                name="file_complete_is_measured",
            ),
        )
        indexes = (Index("file_by_expiry", ("expires_at", "id")),)


class FileChunk(Model):
    """A piece of a file, so that any process on any machine can serve it."""

    file = belongs_to("File")
    file_id: int
    number = fields.IntField(primary_key=True, generated=False)
    data = fields.BinaryField()

    class Meta:
        table = "file_chunk"
        constraints = (
            PrimaryKey(fields=("file_id", "number"), name="file_chunk_pkey"),
            Check(check="number >= 0", name="file_chunk_number_not_negative"),
        )
