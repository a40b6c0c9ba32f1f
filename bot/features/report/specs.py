"""The command that shows results: pull requests, merge rate, ACUs per merged one."""

from typing import Final

from bot.domain.commands.arguments import figures_of
from bot.domain.commands.spec import CommandSpec, Help, Role, Source, typed
from bot.domain.questions import REPORT_QUESTIONS

REPORT_QUESTION: Final = figures_of(REPORT_QUESTIONS)
REPORT: Final = CommandSpec(
    "report",
    source=Source.NOTHING,
    ways=typed("report", REPORT_QUESTION),
    role=Role.ADMIN,
    admins_can="see outcome reports",
    ordinary=True,
    examples=("last month", "week by person", "last 30 days by repo"),
    slash_help=Help(
        f"`/devin report {REPORT_QUESTION.shown}` shows results: pull requests, merge rate, ACUs per merged one"
    ),
)
COMMANDS: Final = (REPORT,)
