"""The CSV file in the thread of a digest: the sessions of its days, each with what it used, and what is elsewhere."""

from dataclasses import replace
from datetime import date
from typing import Final

from bot.domain.periods import Span, days_between
from bot.domain.questions import By, Question
from bot.domain.readers import Readers
from bot.features.usage.figure_files import FigureFile, usage_file
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.file_parts import FileParts
from bot.features.usage.spend_group_rows import Spending
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction
from bot.views import blocks
from bot.views.answers.wording import code
from bot.views.csv import csv_text
from bot.views.message import MadeFile, Message

SHARED: Final = "Usage by session, {days}, as CSV."
NOT_SHARED: Final = "Slack rejected the CSV file of usage by session, {days}. Type {command} to get it as a DM."
NOT_SHARED_HERE: Final = "Slack rejected the CSV file of usage by session in this channel, {days}."


def question_of(first: date, last: date) -> tuple[Question, Span]:
    """Return the question that the file answers, and the days that it is about."""
    return Question(None, f"{first}..{last}", By.SESSION), Span(first, last, days_between(first, last))


def file_message(made: FigureFile, first: date, last: date, days: str, *, here: bool) -> Message:
    """Build the post with the file `made` of the sessions from `first` to `last`, which are called `days`.

    With `here` they are those of one channel, of which no command makes a file.
    """
    question, _ = question_of(first, last)
    command = code(f"/devin usage {replace(question, as_file=True)}")
    not_shared = (NOT_SHARED_HERE if here else NOT_SHARED).format(days=days, command=command)
    without = Message(not_shared, [blocks.section(not_shared)])
    file = MadeFile(made.name, csv_text(made.header, made.rows))
    return Message(" ".join([SHARED.format(days=days), *made.notes]), plainer=without, file=file)


# ------------------------------------------------------------ file
# Makes the CSV file of a digest from stored rows, as `/devin usage by session csv` would.


async def digest_file(
    tx: Transaction,
    workspace: Workspace,
    figures: Figures,
    first: date,
    channel: str | None,
    readers: Readers,
) -> FigureFile | None:
    """Return the file of the sessions from `first` to the day of the `figures`, and of what came from elsewhere.

    With a `channel` only its sessions count. None if there was no session, and the bill is not known or says nothing on
    this plan.
    """
    question, span = question_of(first, figures.day)
    spending = Spending(workspace.team, workspace.organisation.id, first, figures.day, channel, readers)
    found = await FileParts(tx, workspace, spending, figures).by(By.SESSION)
    if found is None or found == ([], None):
        return None
    made = usage_file(question, span, figures, *found, shows_people=workspace.policy.shows_names)
    return made if made.rows else None
