"""`promograph import`: its options, and the conversation that they ask for."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import DEFAULT_URL, ApiKey, AsJson, Exit, Url, instant

if TYPE_CHECKING:
    from app.client import Client


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    XML = "xml"


class Mode(StrEnum):
    UPSERT = "upsert"
    INSERT_ONLY = "insert-only"
    UPDATE_ONLY = "update-only"


class OnError(StrEnum):
    CONTINUE = "continue"
    ABORT = "abort"


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file; - reads the standard input.")
    ],
    campaign: Annotated[str, typer.Option(metavar="KEY", help="Key of a SOURCE campaign.")],
    file_format: Annotated[
        Format | None, typer.Option("--format", help="Without it, the file's name tells.")
    ] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Which codes it may touch; else the file's own, or upsert.")
    ] = None,
    on_error: Annotated[
        OnError | None, typer.Option(help="What a failed row means for the others.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check every row and change nothing.")
    ] = False,
    reference: Annotated[str | None, typer.Option(help="Stored with the job.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a file that is not UTF-8, such as windows-1252.")
    ] = None,
    not_before: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="INSTANT", help="Start no earlier, e.g. at night."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until the job ends.")] = False,
    failed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Stay, and write the rows that failed here, to be corrected."
        ),
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Import codes from a CSV, JSON or XML file, in the background.

    Without --watch it prints the job and returns; `promograph jobs watch` picks it up later.
    """
    from app.cli import importing, talking

    importing.check_source(file)
    importing.check_target(failed, file)
    wanted = {
        "campaign": campaign,
        "filename": None if str(file) == "-" else file.name,
        "format": file_format,
        "mode": mode and mode.replace("-", "_"),
        "onError": on_error,
        "dryRun": "true" if dry_run else None,
        "reference": reference,
        "encoding": encoding,
        "notBefore": not_before and not_before.isoformat(),
    }

    async def work(client: "Client") -> Exit:
        job = await importing.send(client, file, wanted, as_json=as_json)
        if watch or failed:
            return await importing.attend(client, job["id"], failed, as_json=as_json)
        return Exit.DONE

    talking.talk(url, api_key, work, as_json=as_json)
