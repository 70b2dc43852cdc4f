from collections.abc import AsyncIterator
from datetime import datetime

import strawberry

from app.config import Settings
from app.domain.field_checks import invalid
from app.domain.refusals import Refusal
from app.services.imports import ImportRequest
from app.services.uploads import Upload
from graphql_schema.inputs.given import given, optional, without_nulls
from graphql_schema.types.import_words import FileFormat, ImportMode, OnError


@strawberry.input(
    description=(
        "A file of codes, as text. Large ones are better sent to `POST /imports`, as they are."
    )
)
class ImportCodesInput:
    campaign_key: str = strawberry.field(description="The key of a SOURCE campaign.")
    file_format: FileFormat = strawberry.field(
        name="format", description="How the text is written."
    )
    content: str = strawberry.field(description="The whole text of the file.")
    file_name: str | None = optional("The name that the file has with you.")
    reference: str | None = optional("A text by which you find the job again.")
    mode: ImportMode | None = optional(
        "Which codes it may touch; default what the file says, else UPSERT."
    )
    on_error: OnError | None = optional(
        "What a failed row means for the others; default what the file says, else CONTINUE."
    )
    dry_run: bool | None = optional(
        "Check every row and change no code; default what the file says, else false."
    )
    not_before: datetime | None = optional(
        "Do not start before this moment, at most ten years from now; default at once."
    )
    idempotency_key: str | None = optional(
        "A text of your own for this very request: sent again, it answers with the same job."
    )

    def upload(self, settings: Settings) -> Upload:
        values = without_nulls(given(self))
        content = values.pop("content").encode()
        most = settings.max_upload_bytes
        if not 1 <= len(content) <= most:
            raise Refusal(invalid(f"Give a text of 1 to {most:,} bytes.", "content"))
        asked = ImportRequest(**values, max_rows=settings.max_import_rows)
        return Upload(asked, _once(content), most)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
