"""What holds for a person in a channel, of what the file, the channel and the person have set."""

from bot.domain.settings_file import FileSettings
from bot.domain.settings_values import Effective, Layers
from bot.store import settings as setting_rows
from bot.store.database.connection import Transaction

_DIRECT = "D"  # begins the id of a direct message, which is no channel that others share


class Settings:
    """The settings of channels and people, with the `file` that goes before them."""

    def __init__(self, file: FileSettings = FileSettings()) -> None:  # noqa: B008  # it is frozen
        self.file = file

    async def layers(self, tx: Transaction, team: str, channel: str | None, user: str | None) -> Layers:
        """Return what the file, the channel and the person have set, each by itself."""
        shared = None if (channel or "").startswith(_DIRECT) else channel
        of_channel, mine = await setting_rows.chosen(tx, team, shared, user)
        return Layers(self.file.holding(shared, user), of_channel, mine)

    async def effective(self, tx: Transaction, team: str, channel: str | None, user: str | None) -> Effective:
        """Return what holds for the work of `user` in `channel`. Either may be None: nobody, or nowhere."""
        return (await self.layers(tx, team, channel, user)).effective()
