"""A slash command that takes a while: a line says so, once.

Slack can neither replace nor take back what answers a command (see `bot.slack.posting`). So a quick one is acknowledged
without a word, and gets its card or its answer alone. The line about a slow one stays, above what comes of it.
"""

from bot.domain.causes import ActionCause, CommandCause
from bot.domain.commands.options import parse_request
from bot.domain.commands.parser import parse_task
from bot.domain.keys import session_id, short_id
from bot.domain.session import Lifecycle
from bot.domain.text import plain
from bot.kernel.services import Services
from bot.kernel.unit_of_work import Recipient
from bot.store import inbox, sessions
from bot.store.database.connection import Transaction
from bot.views.answers.starts import still_checking
from bot.views.devin_answers import STILL_WORKING


class SlowCommands:
    """Looks at slash commands when they have had time to be answered."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self, lane: str) -> None:
        """Tell the person of a command that it takes a while, if neither a card nor an answer has come of it."""
        key = lane.partition(":")[2]
        async with self._services.db.read() as tx:  # most are answered by now, and cost no write
            if await _silent(tx, key) is None:
                return
        # Again in a writing transaction: an answer is stored before it and seen, or after it and comes below.
        async with self._services.unit_of_work(ref=short_id(key)) as uow:
            if (silent := await _silent(uow.tx, key)) is not None:
                to, task = silent
                said = still_checking(task) if task else STILL_WORKING
                await uow.reply_privately(to, said, key=f"{key}:slow")


async def _silent(tx: Transaction, key: str) -> tuple[Recipient, str] | None:
    """Return whom to tell about the command with this `key`, and its task; None once a card or an answer is stored."""
    row, session = await inbox.get(tx, key), await sessions.get(tx, session_id(key))
    if row is not None and isinstance(row.cause, CommandCause | ActionCause) and row.cause.hold is None:
        cause = row.cause
        to = Recipient(row.team, key, cause.user or "", cause.channel or "", None, cause.response_url)
        return to, parse_request(parse_task(plain(cause.text))).task if isinstance(cause, CommandCause) else ""
    if session is not None and session.thread_ts is None and session.lifecycle is Lifecycle.QUEUED:
        # Its card is not posted yet.
        return Recipient(session.team, key, session.requester, session.channel), session.prompt
    return None
