"""The answers about audit logs: that of the bot, and that of Devin."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.commands.audit_query import NAMES, AuditMistake, AuditQuery, Days, WrongQuery
from bot.domain.long_job import Cell
from bot.views import blocks
from bot.views.answers.wording import code
from bot.views.dates import short_date
from bot.views.message import Message
from bot.views.text import counted

MOST_LISTED: Final = 20
BOT_AUDIT_TITLE: Final = "Changes through Devin Bridge"
ONLY_IN_PRIVATE: Final = Message(
    "Audit logs are not shown in channels. Type `/devin audit`, or write `audit` to Devin Bridge in a direct message."
)
NOTHING_CHANGED: Final = Message("Nothing was changed through Devin Bridge yet.")
NO_AUDIT_LOG: Final = (
    "Devin Bridge's key sees no audit log: that takes a service user of the enterprise with the permission "
    "`ManageEnterpriseSettings`. An admin of the enterprise can create one."
)
_OPTIONS: Final = ", ".join(f"`{name}=`" for name in NAMES)
_WRONG: Final[Mapping[AuditMistake, str]] = {
    AuditMistake.UNKNOWN: f"There is no option {{what}}. `/devin audit` takes {_OPTIONS}.",
    AuditMistake.TWICE: "The option {what} is there twice. Write it once.",
    AuditMistake.UNREADABLE: (
        f"Can't make out {{what}}. `/devin audit` takes {_OPTIONS}, without spaces around `=`. "
        'Put a name with spaces in quotation marks: `org="Acme Web"`.'
    ),
    AuditMistake.MENTION: (
        "Devin doesn't know people by @mention. Write the e-mail address, such as `person=ada@example.com`."
    ),
    AuditMistake.NO_DATE: "{what} isn't a date. Write one such as `2026-11-26`.",
    AuditMistake.FUTURE: "{what} is in the future, so there is nothing to read yet.",
    AuditMistake.REVERSED: "`until=` ({what}) is before `since=`. Both days are included.",
}


def wrong_query(wrong: WrongQuery) -> Message:
    """Say what is wrong with a query, and that nothing was read."""
    return Message(f"{_WRONG[wrong.mistake].format(what=code(wrong.what))} Nothing was read.")


def audit_title(query: AuditQuery, days: Days) -> str:
    """The title of the long job that reads Devin's audit log: the days, and the filters if there are any."""
    span = short_date(days.last) if days.first == days.last else f"{short_date(days.first)} to {short_date(days.last)}"
    named = {"action": query.action, "person": query.person, "organisation": query.org}
    filters = "".join(f", {name} {value}" for name, value in named.items() if value)
    return f"Devin's audit log, {span} {days.last.year}{filters}"


def left_out(count: int) -> str:
    """Say that so many entries could not be read."""
    return f":warning: {counted(count, 'more row')} could not be read and {'is' if count == 1 else 'are'} missing."


def no_such_action(action: str) -> str:
    """Say that Devin does not take `action`."""
    return f"Devin's audit log has no action {code(action)}. The column `action` of an unfiltered log shows some."


def no_such_organisation(named: str, found: int) -> str:
    """Say that no organisation, or more than one, is called `named`."""
    if found:
        return f"{found} organisations are called {code(named)}. Write the id of one; `/devin orgs` shows them."
    return f"Devin Bridge's key sees no organisation {code(named)}. `/devin orgs` shows the names and ids."


def bot_audit(rows: Sequence[Sequence[Cell]]) -> Message:
    """Show the newest changes through the bot, given as the cells of its file."""
    if not rows:
        return NOTHING_CHANGED
    last = "change" if len(rows) == 1 else f"{len(rows)} changes"
    head = f"The last {last} through Devin Bridge. `/devin audit bot csv` sends you all of them."
    table = [["When (UTC)", "Who", "What", "Which", "Outcome"]]
    table += [[_minute(row[0] or ""), row[2] or "", _words(row[3] or ""), row[4] or "", row[8] or ""] for row in rows]
    text = head.replace("`", "")
    return Message(text, [blocks.section(head), blocks.data_table(BOT_AUDIT_TITLE, table)])


def _minute(moment: str) -> str:
    """The minute of a moment as the file writes it, such as 2026-11-26T21:26:47Z."""
    return moment[:16].replace("T", " ")


def _words(action: str) -> str:
    return action.replace("_", " ")
