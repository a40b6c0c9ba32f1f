"""The commands of the buttons in the Home tab."""

from typing import Final

from bot.domain.commands.spec import CommandSpec, Source

# The button below the first sessions that are done, which shows all of them.
RECENTLY_DONE: Final = CommandSpec("recently_done", source=Source.LISTED, ways=(), opens_form=True)
COMMANDS: Final = (RECENTLY_DONE,)
