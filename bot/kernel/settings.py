"""What holds for a person in a channel, of what the file, the channel and the person have set."""

from collections.abc import Collection
from typing import Final

from bot.domain.settings_file import FileSettings
from bot.domain.settings_values import Effective, Layers, TurnTaking
from bot.store import settings as setting_rows
from bot.store.database.connection import Transaction

_DIRECT: Final = ("D", "U", "W")  # begin the ids of direct messages and people: no channels that others share


def is_direct(channel: str | None) -> bool:
    """Whether `channel` is a direct message, which has no settings of its own, or None."""
    return channel is None or channel.startswith(_DIRECT)


class Settings:
    """The settings of channels and people, with the `file` that goes before them."""

    def __init__(self, file: FileSettings = FileSettings()) -> None:  # noqa: B008  # it is frozen
        self.file = file

    async def effective(self, tx: Transaction, team: str, channel: str | None, user: str | None) -> Effective:
        """Return what holds for the work of `user` in `channel`. Either may be None: nobody, or nowhere."""
        return (await self.of_people(tx, team, channel, [user or ""]))[user or ""]

    async def turns(self, tx: Transaction, team: str, channel: str | None) -> TurnTaking:
        """Return which replies in `channel` are for Devin; in a direct message all are."""
        return TurnTaking.ALL if is_direct(channel) else (await self.effective(tx, team, channel, None)).turns

    async def of_people(
        self, tx: Transaction, team: str, channel: str | None, users: Collection[str]
    ) -> dict[str, Effective]:
        """Return what holds for each of `users` in `channel`."""
        shared = None if is_direct(channel) else channel
        of_channel, of_people = await setting_rows.chosen(tx, team, shared, users)
        return {
            user: Layers(self.file.holding(shared, user), of_channel, of_people.get(user, {})).effective()
            for user in users
        }
