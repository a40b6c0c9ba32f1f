"""Messages: the visible conversation of a session.

https://docs.devin.ai/api-reference/v3/sessions/get-organizations-session-messages
"""

from collections.abc import AsyncIterator, Sequence

from bot.devin import paging
from bot.devin.answers import Page
from bot.devin.api import Api, given
from bot.devin.models import DevinMessage, DevinSession


class MessagesApi(Api):
    """The conversations of one organisation's sessions."""

    async def send_message(
        self,
        devin_id: str,
        message: str,
        attachment_urls: Sequence[str] = (),
        message_as_user_id: str | None = None,
    ) -> DevinSession | None:
        """Send a message to a session, which wakes it. Returns the session, because Devin answers no id of the message.

        After any 2xx the message is delivered. Returns None if the session in the answer cannot be read.
        """
        files = list(attachment_urls) or None
        body = {"message": message, "message_as_user_id": message_as_user_id, "attachment_urls": files}
        path, instead = self._session(devin_id, "/messages")
        response = await self._answer("POST", path, instead=instead, json=given(body))
        return self._read_if_possible(response, DevinSession)

    def messages(self, devin_id: str, after: str | None = None) -> AsyncIterator[DevinMessage]:
        """List the messages of a session from the cursor `after` on, oldest first, without unreadable ones."""
        return paging.items(self.message_pages(devin_id, after))

    def message_pages(self, devin_id: str, after: str | None = None) -> AsyncIterator[Page[DevinMessage]]:
        """List the messages of a session in pages; each page has the rows that could not be read.

        To go on later, keep the last `end_cursor` that was not None, pass it as `after`, and drop the event ids that
        were read before: the last page may have no cursor, and a conversation cannot be read from its end.
        """
        path, instead = self._session(devin_id, "/messages")

        async def read(cursor: str | None) -> Page[DevinMessage]:
            return await self._page(path, Page[DevinMessage], {}, cursor, instead=instead)

        return paging.pages(read, after)


def oldest_first(messages: Sequence[DevinMessage]) -> list[DevinMessage]:
    """Return `messages`, which Devin listed in either order, oldest first: which order it is, their times say."""
    known = [message.created_at for message in messages if message.created_at]
    newest_first = bool(known) and known[0] > known[-1]
    return list(reversed(messages)) if newest_first else list(messages)


def by_time(messages: Sequence[DevinMessage]) -> list[DevinMessage]:
    """Return `messages` by the time at which they were written; one without a time goes with the one before it."""
    times: list[int] = []
    for message in messages:
        times.append(message.created_at or (times[-1] if times else 0))
    return [messages[at] for at in sorted(range(len(messages)), key=times.__getitem__)]
