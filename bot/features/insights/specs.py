"""The command that shows Devin's insights of a session."""

from typing import Final

from bot.domain.commands.arguments import SESSION
from bot.domain.commands.spec import CommandSpec, Help, Source, typed

INSIGHTS: Final = CommandSpec(
    "insights",
    source=Source.LISTED,
    ways=typed("insights", SESSION),
    ordinary=True,
    slash_help=Help("`/devin insights [number]` shows how a session went and a better prompt", same_line=True),
    meant_by=("insight", "analysis"),
)
COMMANDS: Final = (INSIGHTS,)
