"""What one row of an import does to a code: a pure decision over the row and the code as it stands.

The rules of a code are those of `source_codes` and `codes`; this module only says when they are
asked, and tells their answers in the words of rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any, Final

from app.domain.code_text import CodeTextError
from app.domain.codes import MAX_REASON_LENGTH, CodeUsage, check_maximum, check_unused
from app.domain.field_checks import check_text
from app.domain.import_files import ImportMode, RowErrorCode, RowMessage, Severity, Value
from app.domain.import_values import READERS, Unfit, quoted, shown
from app.domain.refusals import Problem, UserErrorCode
from app.domain.rows import RowOutcome
from app.domain.source_codes import SourceCodeDraft, check_source_facts

_DRAFTED: Final = {
    "maximumUses": "maximum_uses",
    "usesPerCustomer": "uses_per_customer",
    "validFrom": "valid_from",
    "validTo": "valid_to",
    "issuedToCustomerId": "issued_to",
    "availableTo": "available_to",
}
_FLAGS: Final = {"withdrawn", "deleted"}
_WRITTEN: Final = {"issuedTo": "issuedToCustomerId", "groupId": "group"}
_SAID: Final = {
    UserErrorCode.INVALID_VALUE: RowErrorCode.OUT_OF_RANGE,
    UserErrorCode.WITHDRAWN: RowErrorCode.CODE_WITHDRAWN,
}
"""Reasons that rows tell by another word; the others by the same."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a row says besides its code.

    `values` is how it is written, `given` what it means: named like SourceCodeDraft, except for the
    group, which is named by `group_key` when `groups` is true. What is not given stays.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    groups: bool = False
    group_key: str | None = None
    withdrawn: bool | None = None
    deleted: bool = False
    reason: str | None = None
    messages: tuple[RowMessage, ...] = ()

    @property
    def failed(self) -> bool:
        return any(message.severity == Severity.ERROR for message in self.messages)

    def error(self, code: RowErrorCode, text: str, name: str) -> RowMessage:
        """Say something about a field, and quote it as it is written."""
        return RowMessage(code, text, name, quoted(name, self.values.get(name)))


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A code as it stands under its lock; its facts without the text, which never changes."""

    id: int
    campaign_id: int
    facts: SourceCodeDraft
    uses: int
    withdrawn_at: datetime | None
    usage: CodeUsage


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for all rows of one import; `groups` are those in use, by key."""

    campaign_id: int
    mode: ImportMode
    groups: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row.

    `facts` are those of the code afterwards, its text left out; `changed` names what of them is
    new. `reason` is that of a withdrawal that this row brings.
    """

    outcome: RowOutcome
    messages: tuple[RowMessage, ...] = ()
    facts: SourceCodeDraft | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


def read_wish(values: Mapping[str, Value], zone: tzinfo) -> Wish:
    """Read all fields but the code, with dates as clocks in the zone show them."""
    read: dict[str, Any] = {}
    messages: list[RowMessage] = []
    for name, reader in READERS.items():
        if name not in values:
            continue
        value = values[name]
        try:
            found = reader(name, value, zone)
        except Unfit as unfit:
            messages.append(RowMessage(unfit.code, unfit.text, name, quoted(name, value)))
        else:
            read[name] = found.meaning
            messages += [found.message] if found.message else []
    wish = Wish(
        values=values,
        given={_DRAFTED[name]: value for name, value in read.items() if name in _DRAFTED},
        groups="group" in read,
        group_key=read.get("group"),
        withdrawn=read.get("withdrawn"),
        deleted=bool(read.get("deleted")),
        reason=read.get("reason") or None,
        messages=tuple(messages),
    )
    return replace(wish, messages=(*messages, *_check_flags(wish, values.keys() - read.keys())))


def _check_flags(wish: Wish, unread: AbstractSet[str]) -> Iterator[RowMessage]:
    """Tell how flags and reason contradict each other, as far as they can be read."""
    if wish.withdrawn and wish.deleted:
        text = "Withdraw the code or delete it; a row does one of them."
        yield wish.error(RowErrorCode.FLAGS_CONFLICT, text, "deleted")
    elif wish.withdrawn and wish.reason is None and "reason" not in unread:
        text = "A withdrawal needs a reason."
        yield wish.error(RowErrorCode.REASON_REQUIRED, text, "reason")
    elif wish.reason and not (wish.withdrawn or wish.deleted or unread & _FLAGS):
        text = "A reason belongs to a withdrawal; write withdrawn as true or leave the reason out."
        yield wish.error(RowErrorCode.FLAGS_CONFLICT, text, "reason")
    if wish.reason is not None:
        yield from _told(wish, check_text(wish.reason, MAX_REASON_LENGTH, "reason"))


def bad_code(error: CodeTextError | Unfit, value: Value) -> RowMessage:
    """Say why the value of a row's code is no code."""
    if isinstance(error, Unfit):
        return RowMessage(error.code, error.text, "code", shown(value))
    problem = error.problem("code")
    return RowMessage(RowErrorCode(problem.code), problem.message, "code", shown(value))


def duplicate(first: int, text: str | None) -> RowMessage:
    """Say that an earlier row has the same code; that one counts, even when it fails itself."""
    sentence = f"Row {first:,} has this code already; case and separators do not count."
    return RowMessage(RowErrorCode.DUPLICATE_IN_FILE, sentence, "code", shown(text))


def failed(messages: Iterable[RowMessage]) -> Decision:
    """Return the decision about a row that cannot be taken as it is."""
    return Decision(RowOutcome.FAILED, tuple(messages))


def aborted(decision: Decision) -> Decision:
    """Return what becomes of a row when another one failed and all are to be applied or none."""
    if decision.outcome == RowOutcome.FAILED:
        return decision
    text = "Another row failed, so nothing of the file was applied."
    note = RowMessage(RowErrorCode.ABORTED, text, severity=Severity.INFO)
    return Decision(RowOutcome.NO_ACTION, (*decision.messages, note))


def decide_new(wish: Wish, rules: Rules) -> Decision:
    """Decide about a row whose code does not exist; the same for every code with this wish."""
    grouped, problems = _grouped(SourceCodeDraft(code=""), wish, rules)
    if rules.mode == ImportMode.UPDATE_ONLY or wish.deleted:
        text = "There is no such code; look for a slip of the pen."
        problems.append(RowMessage(RowErrorCode.CODE_NOT_FOUND, text, "code"))
    facts = replace(grouped, **wish.given)
    problems += _told(wish, check_source_facts(facts))
    if problems or wish.failed:
        return failed([*wish.messages, *problems])
    reason = wish.reason if wish.withdrawn else None
    return Decision(RowOutcome.INSERTED, wish.messages, facts, reason=reason)


def decide_known(wish: Wish, stored: StoredCode, rules: Rules) -> Decision:
    """Decide about a row whose code exists."""
    if stored.campaign_id != rules.campaign_id:
        text = "The code exists in another campaign; codes are unique over all of them."
        return failed(
            [*wish.messages, RowMessage(RowErrorCode.CODE_IN_OTHER_CAMPAIGN, text, "code")]
        )
    if rules.mode == ImportMode.INSERT_ONLY:
        text = "The code exists already; import it with another mode to change it."
        return failed([*wish.messages, RowMessage(RowErrorCode.CODE_EXISTS, text, "code")])
    if wish.deleted:
        problems = _told(wish, check_unused(stored.usage, "deleted"))
        return _decided(wish, problems, Decision(RowOutcome.DELETED, wish.messages))
    return _decide_change(wish, stored, rules)


def _decide_change(wish: Wish, stored: StoredCode, rules: Rules) -> Decision:
    grouped, problems = _grouped(stored.facts, wish, rules)
    facts = replace(grouped, **wish.given)
    changed = {
        name: getattr(facts, name)
        for name in ("group_id", *_DRAFTED.values())
        if getattr(facts, name) != getattr(stored.facts, name)
    }
    if changed:
        problems += _told(wish, check_source_facts(facts))
        problems += _told(wish, _check_changes(changed, stored))
    if stored.withdrawn_at is not None and (changed or wish.withdrawn is False):
        text = "The code is withdrawn, and that is final."
        problems.append(RowMessage(RowErrorCode.CODE_WITHDRAWN, text, "code"))
    withdrawing = bool(wish.withdrawn) and stored.withdrawn_at is None
    outcome = RowOutcome.UPDATED if changed else RowOutcome.NO_ACTION
    return _decided(
        wish,
        problems,
        Decision(
            RowOutcome.WITHDRAWN if withdrawing else outcome,
            wish.messages,
            facts,
            changed,
            wish.reason if withdrawing else None,
        ),
    )


def _decided(wish: Wish, problems: list[RowMessage], otherwise: Decision) -> Decision:
    return failed([*wish.messages, *problems]) if problems or wish.failed else otherwise


def _grouped(
    facts: SourceCodeDraft, wish: Wish, rules: Rules
) -> tuple[SourceCodeDraft, list[RowMessage]]:
    """Return the facts with the group that the row names, if it names one."""
    if not wish.groups:
        return facts, []
    if wish.group_key is None:
        return replace(facts, group_id=None), []
    group_id = rules.groups.get(wish.group_key)
    if group_id is None:
        text = "The campaign has no group with this key, or it is archived."
        return facts, [wish.error(RowErrorCode.GROUP_NOT_FOUND, text, "group")]
    return replace(facts, group_id=group_id), []


def _check_changes(changed: Mapping[str, Any], stored: StoredCode) -> Iterator[Problem]:
    if "maximum_uses" in changed:
        maximum = changed["maximum_uses"]
        yield from check_maximum(maximum, stored.uses, stored.usage, "maximumUses")
    if "group_id" in changed:
        yield from check_unused(stored.usage, "groupId")


def _told(wish: Wish, problems: Iterable[Problem]) -> list[RowMessage]:
    """Say the reasons of the rules in the words of rows."""
    return [
        wish.error(
            _SAID.get(problem.code) or RowErrorCode(problem.code),
            problem.message,
            _WRITTEN.get(problem.field[-1], problem.field[-1]),
        )
        for problem in problems
    ]
