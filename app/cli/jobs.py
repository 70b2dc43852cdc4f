"""Commands that are clients of the public API: they start jobs, list them and watch them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import DEFAULT_URL, ApiKey, AsJson, Exit, Url, instant

if TYPE_CHECKING:
    from app.client import Client

app = typer.Typer(help="Watch, list and cancel background jobs.", no_args_is_help=True)


def generate(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN_KEY", help="Key of a campaign.")],
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many codes to make.")],
    issue_now: Annotated[
        bool, typer.Option("--issue-now", help="Make them ISSUED instead of CREATED.")
    ] = False,
    reference: Annotated[
        str | None, typer.Option(help="Stored with the job; codes can be found by it.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="KEY", help="Put the codes in this group.")
    ] = None,
    not_before: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="INSTANT", help="Start no earlier, e.g. at night."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until the job ends.")] = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make codes of a voucher campaign in the background.

    Without --watch it prints the job and returns; `promograph jobs watch` picks it up later.
    """
    from app.cli import output, talking

    wanted = {
        "count": count,
        "issueNow": issue_now,
        "reference": reference,
        "groupKey": group,
        "notBefore": not_before and not_before.isoformat(),
    }

    async def work(client: "Client") -> Exit:
        job = await client.generate(campaign, wanted)
        if watch:
            progress = client.watch_job(job["id"])
            return talking.ended(await talking.follow(progress, as_json=as_json))
        output.job(job, as_json=as_json)
        return Exit.DONE

    talking.talk(url, api_key, work, as_json=as_json)


@app.command("watch")
def watch_jobs(
    job_id: Annotated[str | None, typer.Argument(help="One job; without it, every job.")] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only jobs of this campaign.")
    ] = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Follow one job to its end, or all jobs until Ctrl-C.

    A watch outlives a restart of the service: it waits a minute and goes on.
    """
    from app.cli import talking

    if job_id and campaign:
        raise typer.BadParameter("name a job or a campaign, not both")

    async def work(client: "Client") -> Exit:
        progress = client.watch_job(job_id) if job_id else client.watch_jobs(campaign)
        return talking.ended(await talking.follow(progress, as_json=as_json))

    talking.talk(url, api_key, work, as_json=as_json)


@app.command("list")
def list_jobs(
    campaign: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only jobs of this campaign.")
    ] = None,
    first: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """The newest jobs."""
    from app.cli import output, talking

    async def work(client: "Client") -> Exit:
        where = {"campaign": await client.campaign_id(campaign)} if campaign else {}
        for job in await client.jobs(first, where):
            output.job(job, as_json=as_json)
        return Exit.DONE

    talking.talk(url, api_key, work, as_json=as_json)


@app.command("cancel")
def cancel_job(
    job_id: Annotated[str, typer.Argument(help="The job to stop.")],
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Stop a job: a waiting one at once, a running one after its current chunk."""
    from app.cli import output, talking

    async def work(client: "Client") -> Exit:
        output.job(await client.cancel(job_id), as_json=as_json)
        return Exit.DONE

    talking.talk(url, api_key, work, as_json=as_json)


@app.command("failed")
def save_failed_rows(
    job_id: Annotated[str, typer.Argument(help="An import.")],
    to: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to; - is the standard output.")
    ] = Path("-"),
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """The failed rows of an import as a file: correct it and import it again."""
    from app.cli import importing, talking

    async def work(client: "Client") -> Exit:
        await importing.save(client.failed_file(job_id), to)
        return Exit.DONE

    talking.talk(url, api_key, work, as_json=as_json)
