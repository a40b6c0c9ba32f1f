"""The commands about settings."""

from typing import Final

from bot.domain.commands.spec import Argument, CommandSpec, Help, Source, alone, typed

MINE: Final = "mine"
CHANNEL: Final = "channel"
_WHICH: Final = (MINE, CHANNEL)


def _which(text: str) -> str | None:
    word = text.lower()
    if not word or word in _WHICH:
        return word
    return text if text.startswith("#") and len(text.split()) == 1 else None  # picked, or to be


WHICH: Final = Argument(f"[{'|'.join(_WHICH)}]", _which, words=_WHICH)  # "" where none was typed: both
SETTINGS: Final = CommandSpec(
    "settings",
    source=Source.NOTHING,
    ways=(*typed("settings", WHICH), *alone("settings")),
    opens_form=True,
    ordinary=True,
    slash_help=Help(f"`/devin settings {WHICH.shown}` opens your settings, or the channel's"),
    meant_by=("settings", "setting", "preferences", "config", "configure"),
)
SETTINGS_WHY: Final = CommandSpec(
    "settings_why",
    source=Source.NOTHING,
    ways=typed("settings why"),
    ordinary=True,
    slash_help=Help("`/devin settings why` shows what applies and why", same_line=True),
)
COMMANDS: Final = (SETTINGS, SETTINGS_WHY)
