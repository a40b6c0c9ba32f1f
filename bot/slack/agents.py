"""Sessions of an agent: the status that Slack shows in a thread (https://docs.slack.dev/ai/agent-sessions)."""

from contextlib import suppress
from typing import Final

from bot.slack.connection import Connection
from bot.slack.errors import PersonGone, SlackRefused

_TITLE_SIGN: Final = str.maketrans(":", "_")  # Slack writes titles so


class Agents(Connection):
    """What Slack shows of an agent's work beside its messages."""

    async def show_agent(self, channel: str, thread_ts: str, status: str, title: str, initiator: str) -> None:
        """Have Slack show `status` and, unless it is empty, `title` in the thread. The call may be repeated.

        The session stands in its `initiator`'s list of agents' sessions, if Slack finds that person in the channel.
        """
        place = {"channel_id": channel, "thread_ts": thread_ts, "status": status, "title": title or None}
        try:
            body = await self._write("agents.sessions.setStatus", **place, initiator_user_id=initiator or None)
        except PersonGone:
            body = await self._write("agents.sessions.setStatus", **place)
        shown = str(body.get("title") or "")
        # Slack takes the title only with the first status of a thread.
        if title and shown.translate(_TITLE_SIGN) != title.translate(_TITLE_SIGN):
            with suppress(SlackRefused):  # the status is what people wait for
                await self._write("agents.sessions.rename", channel_id=channel, thread_ts=thread_ts, title=title)
