"""The answers about audit logs: that of the bot, and that of Devin."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.domain.operation import Cell, Operation
from bot.features.audit.rules import NAMES, AuditMistake, AuditQuery, Days, WrongQuery
from bot.views import blocks
from bot.views.answers.wording import code
from bot.views.dates import short_range
from bot.views.message import Block, Message
from bot.views.operations import OperationSentences
from bot.views.text import counted, shortened

MOST_LISTED: Final = 20
BOT_AUDIT_TITLE: Final = "Changes through Devin Bridge"
LONGEST_CELL: Final = 60  # characters
LONGEST_CHANGE: Final = 150  # characters of all that a change has changed
_COLUMNS: Final = ("When (UTC)", "Who", "What", "Which", "Where", "Before → after", "Outcome")
_NOTHING: Final = "-"
_ABOUT_IDS: Final = ("budget", "digest", "identity", "role", "settings", "team")  # how such actions begin
ONLY_IN_PRIVATE: Final = Message(
    "Audit logs aren't shown in channels. Type `/devin audit`, or DM `audit` to Devin Bridge."
)
NOTHING_CHANGED: Final = Message("Nothing has been changed through Devin Bridge yet.")
_OWN_THERE: Final = "`/devin audit bot` shows the changes through Devin Bridge."
NO_AUDIT_LOG: Final = (
    "Devin Bridge's key can't see an audit log. An enterprise admin can create a service user "
    f"with the permission `ManageEnterpriseSettings`. {_OWN_THERE}"
)
_OPTIONS: Final = ", ".join(f"`{name}=`" for name in NAMES)
_WRONG: Final[Mapping[AuditMistake, str]] = {
    AuditMistake.UNKNOWN: f"There's no option {{what}}. `/devin audit` takes {_OPTIONS}.",
    AuditMistake.TWICE: "The option {what} appears twice. Write it once.",
    AuditMistake.UNREADABLE: (
        f"Can't read {{what}}. `/devin audit` takes {_OPTIONS}, without spaces around `=`. "
        'Put a name with spaces in quotation marks: `org="Acme Web"`.'
    ),
    AuditMistake.MENTION: (
        "Devin doesn't know people by @mention. Write the email address, such as `person=ada@example.com`."
    ),
    AuditMistake.NO_DATE: "{what} isn't a date. Write one such as `2026-11-26`.",
    AuditMistake.FUTURE: "{what} is in the future, so there's nothing to read yet.",
    AuditMistake.REVERSED: "`until=` ({what}) is before `since=`. Both days are included.",
}


def wrong_query(wrong: WrongQuery) -> Message:
    """Say what is wrong with a query, and that nothing was read."""
    return Message(f"{_WRONG[wrong.mistake].format(what=code(wrong.what))} Nothing was read.")


def audit_title(query: AuditQuery, days: Days) -> str:
    """The title of the operation that reads Devin's audit log: the days with their zone, and the filters if any."""
    named = {"action": query.action, "person": query.person, "organization": query.org}
    filters = "".join(f", {name} {value}" for name, value in named.items() if value)
    return f"Devin's audit log, {short_range(days.first, days.last)}, {days.last.year} ({days.zone}){filters}"


def left_out(count: int) -> str:
    """Say that so many entries could not be read."""
    return f":warning: {counted(count, 'more row')} couldn't be read and {'is' if count == 1 else 'are'} missing."


def cut(count: int) -> str:
    """Say that no more than so many entries are read."""
    return f":warning: Only the newest {counted(count, 'row')} were read. Name fewer days for the rest."


def no_such_action(action: str) -> str:
    """Say that Devin does not take `action`."""
    return f"Devin's audit log has no action {code(action)}. The column `action` of an unfiltered log shows some."


def no_such_organisation(named: str, found: int) -> str:
    """Say that no organisation, or more than one, is called `named`."""
    if found:
        return f"{found} organizations are called {code(named)}. Use the ID of one; `/devin orgs` shows them."
    return f"Devin Bridge's key sees no organization {code(named)}. `/devin orgs` shows the names and IDs."


def bot_audit(rows: Sequence[Sequence[Cell]]) -> Message:
    """Show the newest changes through the bot, given as the cells of its file."""
    if not rows:
        return NOTHING_CHANGED
    table = bot_audit_table(rows)
    shown = len(table["rows"]) - 1
    last = "change" if shown == 1 else f"{shown} changes"
    head = f"The last {last} through Devin Bridge. `/devin audit bot csv` sends you all of them."
    text = head.replace("`", "")
    return Message(text, [blocks.section(head), table])


def with_devins(own: Message) -> Message:
    """Say below the bot's `own` changes where Devin's audit log comes."""
    return replace(own, blocks=[*own.blocks, *blocks.context(["Devin's own audit log follows in a DM."])])


def without_permission(refused: str) -> str:
    """Say that Devin's audit log was `refused`, and where the bot's own changes are."""
    return f"{refused} {_OWN_THERE}"


def bot_audit_table(rows: Sequence[Sequence[Cell]]) -> Block:
    """The table of changes through the bot, given as the cells of its file."""
    return blocks.data_table(BOT_AUDIT_TITLE, [_COLUMNS, *map(_changed, rows)])


def _changed(row: Sequence[Cell]) -> list[str | Block]:
    at, person_id, person, action, target, channel, before, after, outcome = row
    return [
        _minute(at or ""),
        shortened(person or person_id or "", LONGEST_CELL),
        _words(action or ""),
        _named(action or "", shortened(target or "", LONGEST_CELL)),
        _where(channel or ""),
        _named(action or "", _change(_fields(before), _fields(after))),
        outcome or "",
    ]


def _named(action: str, text: str) -> str | Block:
    """Name whom a change is about; what people wrote themselves stays as it is."""
    return blocks.named_cell(text) if action.startswith(_ABOUT_IDS) else text


def _where(channel: str) -> str | Block:
    if channel.startswith("D"):
        return "direct message"
    return blocks.channel_cell(channel) if channel else ""


def _change(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Write what has changed; all of something that was added or deleted."""
    if before is None or after is None:
        return "" if before is after else f"{_listed(before)} → {_listed(after)}"
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    parts = [f"{_words(name)}: {_value(before.get(name))} → {_value(after.get(name))}" for name in changed]
    return shortened("; ".join(parts), LONGEST_CHANGE)


def _listed(fields: Mapping[str, Any] | None) -> str:
    if not fields:
        return _NOTHING
    return shortened("; ".join(f"{_words(name)}: {_value(value)}" for name, value in fields.items()), LONGEST_CHANGE)


def _value(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return shortened(", ".join(map(str, value)), LONGEST_CELL) or _NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _NOTHING if value is None else shortened(text, LONGEST_CELL)


def _fields(cell: Cell) -> Mapping[str, Any] | None:
    """Read the fields that the file has as JSON."""
    found: Mapping[str, Any] | None = None if cell is None else json.loads(cell)
    return found


def _minute(moment: str) -> str:
    """The minute of a moment as the file writes it, such as 2026-11-26T21:26:47Z."""
    return moment[:16].replace("T", " ")


def _words(name: str) -> str:
    return name.replace("_", " ")


class BotAuditSentences(OperationSentences):
    """What the message with the changes through the bot says: its table is that of the answer."""

    def table(self, operation: Operation, rows: Sequence[Sequence[Cell]], count: int) -> Block:  # noqa: ARG002 - of all alike
        """Show the first `rows`."""
        return bot_audit_table(rows)
