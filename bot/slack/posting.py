"""Writing: posts, their edits, private answers and reactions (https://docs.slack.dev/reference/methods)."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from bot.slack.connection import Connection, answered, without_none
from bot.slack.errors import NothingToDo, SlackOutcomeUnknown, SlackRefused, error_from
from bot.slack.files import is_slacks
from bot.slack.threads import Json, stamp
from bot.views.message import Block

HOOKS_HOST: Final = "hooks.slack.com"
RESPOND: Final = "response_url"  # not a method of Slack's, but a name for errors and metrics


class Posting(Connection):
    """All that the bot writes into a workspace."""

    async def post(
        self, channel: str, text: str, blocks: Sequence[Block] = (), *, key: str, thread_ts: str | None = None
    ) -> str:
        """Post a message that `find` can find by `key`, and return its `ts`. To repeat the call posts it again."""
        body = await self._write(
            "chat.postMessage",
            channel=channel,
            text=text,
            blocks=list(blocks) or None,
            thread_ts=thread_ts,
            metadata=stamp(key),
            unfurl_links=False,
            unfurl_media=False,
            parse="none",
        )
        ts = body.get("ts")
        if not isinstance(ts, str):
            raise SlackOutcomeUnknown("chat.postMessage", "no ts in the answer")
        return ts

    async def update(self, channel: str, ts: str, text: str, blocks: Sequence[Block], key: str) -> None:
        """Replace the message `ts`. The call may be repeated."""
        # An empty list removes the old blocks. Slack's pages disagree about what leaving `blocks` out does.
        await self._write(
            "chat.update",
            channel=channel,
            ts=ts,
            text=text,
            blocks=list(blocks),
            metadata=stamp(key),
            parse="none",
        )

    async def delete(self, channel: str, ts: str) -> None:
        """Take our message `ts` away. Raises MessageGone if it is gone already."""
        await self._write("chat.delete", channel=channel, ts=ts)

    async def unfurl(self, channel: str, ts: str, previews: Mapping[str, Sequence[Block]]) -> None:
        """Show `previews` of the links in the message `ts`, by their addresses. The call may be repeated."""
        unfurls = {url: {"blocks": list(blocks)} for url, blocks in previews.items()}
        await self._write("chat.unfurl", channel=channel, ts=ts, unfurls=unfurls)

    async def ephemeral(
        self, channel: str, user: str, text: str, blocks: Sequence[Block] = (), thread_ts: str | None = None
    ) -> None:
        """Show a message to one person. Slack stores no such message: only a person who is active now sees it."""
        await self._write(
            "chat.postEphemeral",
            channel=channel,
            user=user,
            text=text,
            blocks=list(blocks) or None,
            thread_ts=thread_ts,
            parse="none",
        )

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Put the emoji `name` on a message, unless it is there already."""
        await self._mark("reactions.add", channel, ts, name)

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        """Take our emoji `name` off a message, unless it is gone already."""
        await self._mark("reactions.remove", channel, ts, name)

    async def _mark(self, method: str, channel: str, ts: str, name: str) -> None:
        with suppress(NothingToDo):
            await self._write(method, channel=channel, timestamp=ts, name=name)

    async def respond(
        self,
        response_url: str,
        text: str,
        blocks: Sequence[Block] = (),
        replace_original: bool = False,
        *,
        thread_ts: str | None = None,
    ) -> None:
        """Answer a command or button privately. A `response_url` takes at most five answers within half an hour.

        Only that of a button can replace a message, which is the one with the button.
        """
        answer: Json = {
            "response_type": "ephemeral",
            "replace_original": replace_original,
            "text": text,
            "blocks": list(blocks) or None,
            "thread_ts": thread_ts,
        }
        if not is_slacks(response_url, HOOKS_HOST, self._web.base_url):
            raise SlackRefused("foreign_response_url", RESPOND)
        with self._measured(RESPOND):
            await answered(RESPOND, self._hook(response_url, without_none(answer)), self._timing)

    async def _hook(self, url: str, answer: Json) -> None:
        async with self._http().post(url, json=answer, allow_redirects=False, proxy=self._web.proxy) as response:
            body = _hook_body(await response.text())
            if response.status != 200 or body.get("ok") is False:
                raise error_from(RESPOND, response.status, response.headers, body, self._timing)


def _hook_body(text: str) -> Mapping[str, object]:
    """Read what a response_url answers: "ok", JSON, or one word for what is wrong."""
    word = text.strip()
    try:
        body = json.loads(word)
    except ValueError:
        return {"error": word} if word.isidentifier() else {}
    return body if isinstance(body, dict) else {}
