"""What is said about what all organisations of the enterprise used."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from bot.domain.amounts import Money
from bot.domain.periods import Span
from bot.domain.questions import By, Question
from bot.features.usage.division_sentences import NOT_IN_YET
from bot.features.usage.sentences import Apart, heading, not_included
from bot.views.dates import date_range
from bot.views.message import Message
from bot.views.operations import OperationSentences
from bot.views.text import total_acus

MOST_SHOWN: Final = 100  # rows, as Slack's tables take no more
DIVISIONS: Final = (By.ORG, By.PRODUCT, By.DAY)
NOT_DIVIDED: Final = Message(
    "`org=all` shows Devin's bill, and only `by org`, `by product`, or `by day`. "
    "Other breakdowns cover only your own organization: leave out `org=all`."
)
NO_ORGANISATION: Final = "no organization"
NO_REPORT: Final = Message(
    "Reports cover only sessions that Devin Bridge started, so there's none with `org=all`. "
    "`/devin usage org=all` shows what all organizations used."
)


def title(question: Question, span: Span, by: By) -> str:
    """Write the title of an answer about all organisations."""
    return f"{heading(question, span)[0]}, all organizations, by {by}"


def file_name(span: Span, by: By) -> str:
    """Name the file of what all organisations used on the counted days of `span`."""
    first, last = span.counted[0], span.counted[-1]
    days = f"{first}" if first == last else f"{first}-to-{last}"
    return f"devin-usage-all-{days}-by-{by}.csv"


def notes(total: Decimal, late: Sequence[date], apart: Apart, cost: Money | None) -> tuple[str, ...]:
    """Say how many ACUs were used in all, of which days the bill is not in yet, and what stands `apart`.

    While days are missing, nothing used on the others says nothing about all.
    """
    if not late:
        return f"{total_acus(float(total), cost)} in all.", *not_included(apart)
    days = date_range(late[0], late[-1])
    known = (
        (f"{total_acus(float(total), cost)} in all.", f"Not in Devin's bill yet, so not in the total: {days}.")
        if total
        else (f"Not in Devin's bill yet: {days}.",)
    )
    return *known, *not_included(apart)


class EnterpriseSentences(OperationSentences):
    """What the message says, which counts days while it reads."""

    unit = "day"
    absent: Mapping[str, str] = {"acus": NOT_IN_YET}
