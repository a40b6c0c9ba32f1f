"""The command that shows spending."""

from typing import Final

from bot.domain.commands.arguments import figures_of
from bot.domain.commands.registry import COST
from bot.domain.commands.spec import CommandSpec, Help, Role, Source, typed
from bot.domain.questions import USAGE_QUESTIONS

USAGE_QUESTION: Final = figures_of(USAGE_QUESTIONS)
USAGE: Final = CommandSpec(
    "usage",
    source=Source.NOTHING,
    ways=typed("usage", USAGE_QUESTION),
    role=Role.ADMIN,
    admins_can="see usage figures",
    own_by=COST.name,
    instead="`/devin cost` shows your own.",
    examples=("last month", "month by person", "last 30 days by channel"),
    slash_help=Help(f"`/devin usage {USAGE_QUESTION.shown}` shows spending"),
    meant_by=("bill", "bills", "billing", "invoice", "spend", "spending", "forecast", "csv"),
)
COMMANDS: Final = (USAGE,)
