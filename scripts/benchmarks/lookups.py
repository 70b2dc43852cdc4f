"""The look-ups that must stay quick in a full shop, each with the rows that it may touch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.status import CodeStatus
from app.reading.counting import MAX_COUNT
from graphql_schema.ids import encode_id
from scripts.benchmarks.filling import CODE, CUSTOMER, EVERY, FIRST, ORDER

TIMES = 20
PAGE = 50
MOST = TIMES * PAGE + MAX_COUNT + 1
"""Twenty times a page, and what is counted."""
CAMPAIGNS = {"the huge campaign": encode_id("Campaign", 1), "a campaign": encode_id("Campaign", 50)}
SOURCE = encode_id("Campaign", 199)

_K = 7
_RICH, _OWNER = FIRST + EVERY * _K, 1 + _K
_CODE, _CUSTOMER = CODE + _RICH, encode_id("Customer", _OWNER)
_ANSWER = "{ totalCount nodes { id } }"


@dataclass(frozen=True)
class Lookup:
    """A question, and how many rows it may touch."""

    document: str
    most: int


def lookups() -> Mapping[str, Lookup]:
    return {
        **{name: Lookup(f"{{ {root} {{ id }} }}", TIMES) for name, root in ONE.items()},
        **{name: Lookup(f"{{ {root} {_ANSWER} }}", MOST) for name, root in _listed()},
        **{
            f"{name} of a code": Lookup(
                f'{{ code(code: "{_CODE}") {{ {field} {_ANSWER} }} }}', MOST
            )
            for name, field in OF_CODE.items()
        },
    }


ONE = {
    "code by its text": f'code(code: "{_CODE}")',
    "campaign by key": 'campaign(key: "K50")',
    "group by key": 'codeGroup(key: "G50")',
    "promotion by name": 'promotion(name: "Promotion 50")',
    "order by number": f'order(number: "{ORDER + 50}")',
    "customer by id": f'customer(by: {{id: "{_CUSTOMER}"}})',
    "customer by number": f'customer(by: {{number: "{CUSTOMER + 50}"}})',
    "customer by login": 'customer(by: {login: "login50"})',
    "customer by email": 'customer(by: {email: "person50@example.com"})',
}
OF_CODE = {
    "related orders": f'relatedOrders(customer: {{number: "{CUSTOMER + _OWNER}"}}, first: {PAGE})',
    "redemptions": f"redemptions(first: {PAGE})",
    "reservations": f"reservations(first: {PAGE})",
    "events": f"events(first: {PAGE})",
    "attempts": f"attempts(first: {PAGE})",
}
CODES = {
    "codes by text": f'code: "{_CODE}"',
    "codes by prefix": f'codePrefix: "{_CODE // 1_000}"',
    "codes by key of the huge campaign": 'campaignKey: "K1"',
    "codes by campaign's key": 'campaignKey: "K50"',
    "codes by group": f'group: "{encode_id("CodeGroup", 250)}"',
    "codes by customer": f'issuedTo: "{_CUSTOMER}"',
    "codes by issue reference": 'issueReference: {eq: "R3"}',
    "codes by job": f'createdByJob: "{encode_id("Job", 50)}"',
    "codes of a job without any": f'createdByJob: "{encode_id("Job", 999)}"',
}
REDEMPTIONS = {
    "redemptions by code": f'code: "{encode_id("Code", _RICH)}"',
    "redemptions by customer": f'customer: "{_CUSTOMER}"',
    "redemptions by order": f'order: "{encode_id("Order", 50)}"',
    "reversed redemptions": "state: {eq: REVERSED}",
}
JOBS = {
    "jobs by reference": 'reference: {eq: "job-50"}',
    "failed jobs": "status: {eq: FAILED}",
    "exports": "kind: {eq: EXPORT}",
}


def _listed() -> Iterator[tuple[str, str]]:
    for name, where in CODES.items():
        yield name, _codes(where)
    for status in CodeStatus:
        yield f"{status} codes", _codes(f"status: {{eq: {status}}}")
        campaigns = {"a source campaign": SOURCE} if status == CodeStatus.ACTIVE else CAMPAIGNS
        for name, campaign in campaigns.items():
            where = f'status: {{eq: {status}}}, campaign: "{campaign}"'
            yield f"{status} codes of {name}", _codes(where)
    for name, campaign in CAMPAIGNS.items():
        yield f"codes of {name}", _codes(f'campaign: "{campaign}"')
    for name, where in REDEMPTIONS.items():
        yield name, f"redemptions(where: {{{where}}}, first: {PAGE})"
    for name, where in JOBS.items():
        yield name, f"jobs(where: {{{where}}}, first: {PAGE})"


def _codes(where: str) -> str:
    return f"codes(where: {{{where}}}, first: {PAGE})"
