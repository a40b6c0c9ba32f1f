"""A thin client of the control API: what scenario tests act and look with."""

from collections.abc import Sequence
from typing import Any, Final, Self

import httpx

from bot.playground.slack.world import BOT_USER

Json = dict[str, Any]

PATIENCE: Final = 30.0


class RefusedError(Exception):
    """The simulator says that no person could do this in Slack."""


class SlackControl:
    """Acts as the people of the workspace, breaks things, and reads what happened."""

    def __init__(self, control_url: str, client: httpx.AsyncClient | None = None) -> None:
        self._url = control_url
        self._client = client or httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113  waits have their own limit
        self._owned = client is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection, if it is ours."""
        if self._owned:
            await self._client.aclose()

    # ------------------------------------------------------------ people

    async def say(
        self,
        user: str,
        channel: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
        files: Sequence[Json] = (),
        broadcast: bool = False,
    ) -> str:
        """Write a message; its `ts`. Channel `im` is the person's messages with the bot."""
        place = {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts}
        result = await self.act("say", **place, files=list(files), broadcast=broadcast)
        return str(result["ts"])

    async def post_as_app(
        self,
        channel: str,
        name: str,
        *,
        text: str = "",
        blocks: Sequence[Json] = (),
        attachments: Sequence[Json] = (),
        thread_ts: str | None = None,
        user: str | None = None,
    ) -> str:
        """Post as another app does with an incoming webhook, or with the token of a `user`; the message's `ts`."""
        content = {"text": text, "blocks": list(blocks) or None, "attachments": list(attachments) or None}
        result = await self.act("post_as_app", channel=channel, name=name, thread_ts=thread_ts, user=user, **content)
        return str(result["ts"])

    async def forward(
        self, user: str, channel: str, ts: str, to: str, text: str = "", *, thread_ts: str | None = None
    ) -> str:
        """Forward a message to another channel, or to a thread there; the `ts` of the message that does."""
        place = {"user": user, "channel": channel, "ts": ts, "to": to, "thread_ts": thread_ts}
        return str((await self.act("forward", **place, text=text))["ts"])

    async def edit(self, user: str, channel: str, ts: str, text: str) -> Json:
        """Change one's own message."""
        return await self.act("edit", user=user, channel=channel, ts=ts, text=text)

    async def delete(self, user: str, channel: str, ts: str) -> Json:
        """Delete one's own message."""
        return await self.act("delete", user=user, channel=channel, ts=ts)

    async def unfurl(self, channel: str, ts: str) -> Json:
        """Let Slack add a link preview to a message."""
        return await self.act("unfurl", channel=channel, ts=ts)

    async def react(self, user: str, channel: str, ts: str, name: str) -> Json:
        """Add a reaction."""
        return await self.act("react", user=user, channel=channel, ts=ts, name=name)

    async def unreact(self, user: str, channel: str, ts: str, name: str) -> Json:
        """Take a reaction back."""
        return await self.act("unreact", user=user, channel=channel, ts=ts, name=name)

    async def slash(self, user: str, channel: str, text: str = "", *, command: str = "/devin") -> Json:
        """Type a command: `status`, `error`, `answer`, `shown`, `trigger_id`, `response_url`, `latency_ms`."""
        return await self.act("slash", user=user, channel=channel, text=text, command=command)

    async def click(self, user: str, channel: str, ts: str, action_id: str, *, value: str | None = None) -> Json:
        """Use a button or menu of a message: the same fields as `slash`."""
        place = {"user": user, "channel": channel, "ts": ts}
        return await self.act("click", **place, action_id=action_id, value=value)

    async def suggest(self, user: str, view_id: str, action_id: str, value: str = "") -> Json:
        """Type into a menu of a modal that loads its options."""
        return await self.act("suggest", user=user, view_id=view_id, action_id=action_id, value=value)

    async def submit_view(self, user: str, view_id: str, values: Json | None = None) -> Json:
        """Submit a modal. `values`: block id → action id → value."""
        return await self.act("submit_view", user=user, view_id=view_id, values=values or {})

    async def close_view(self, user: str, view_id: str) -> Json:
        """Close a modal."""
        return await self.act("close_view", user=user, view_id=view_id)

    async def shortcut(self, user: str, callback_id: str, *, channel: str | None = None, ts: str | None = None) -> Json:
        """Use a shortcut, of a message when one is named."""
        return await self.act("shortcut", user=user, callback_id=callback_id, channel=channel, ts=ts)

    async def open_home(self, user: str, tab: str = "home") -> Json:
        """Open the app's home."""
        return await self.act("open_home", user=user, tab=tab)

    async def open_group(self, user: str, *others: str) -> str:
        """Open a group direct message with others; answers its id."""
        return str((await self.act("open_group", user=user, users=list(others)))["channel"]["id"])

    async def stop_agent(self, user: str, channel: str, thread_ts: str) -> Json:
        """Press Slack's Stop button of an agent session."""
        return await self.act("stop_agent", user=user, channel=channel, thread_ts=thread_ts)

    async def rename_agent(self, user: str, channel: str, thread_ts: str, title: str) -> Json:
        """Rename the thread of an agent session."""
        return await self.act("rename_agent", user=user, channel=channel, thread_ts=thread_ts, title=title)

    # ------------------------------------------------------------ the workspace

    async def invite(self, channel: str, who: str = BOT_USER) -> Json:
        """Bring the bot, or somebody, into a channel."""
        return await self.act("invite", channel=channel, who=who)

    async def remove(self, channel: str, who: str = BOT_USER) -> Json:
        """Put the bot, or somebody, out of a channel."""
        return await self.act("remove", channel=channel, who=who)

    async def archive(self, channel: str) -> Json:
        """Archive a channel."""
        return await self.act("archive", channel=channel)

    async def unarchive(self, channel: str) -> Json:
        """Bring a channel back."""
        return await self.act("unarchive", channel=channel)

    async def share(self, channel: str) -> Json:
        """Share a channel with another company."""
        return await self.act("share", channel=channel)

    async def unshare(self, channel: str) -> Json:
        """Share a channel with nobody any more."""
        return await self.act("unshare", channel=channel)

    async def put_channel(self, channel: str, **facts: Any) -> Json:
        """Add or change a channel: `name`, `kind`, `members`, `is_archived`, `is_ext_shared`."""
        return await self.act("channel", id=channel, **facts)

    async def put_person(self, user: str, **facts: Any) -> Json:
        """Add or change a person: `real_name`, `email`, `team`, `is_admin`, `is_restricted`, `active` and so on."""
        return await self.act("person", id=user, **facts)

    async def put_group(self, group: str, **facts: Any) -> Json:
        """Add or change a user group: `handle`, `users`, `is_disabled`."""
        return await self.act("user_group", id=group, **facts)

    # ------------------------------------------------------------ delivery and faults

    async def emit(self, event: Json, *, subscription: str | None = None) -> str | None:
        """Send any event to the bot; its id, or None when the app did not subscribe to it."""
        result = await self.act("emit", event=event, subscription=subscription)
        return result["event_id"] if isinstance(result["event_id"], str) else None

    async def redeliver(self, *, nth: int = -1, **which: str) -> Json:
        """Send an event again under its id and wait for the outcome. `which`: event_id, type, ts, channel."""
        return await self.act("redeliver", nth=nth, **which)

    async def disconnect(self, *, hard: bool = False, reason: str = "refresh_requested") -> int:
        """Refresh or cut every socket; how many there were."""
        return int((await self.act("disconnect", hard=hard, reason=reason))["sockets"])

    async def pause(self, mode: str = "hold") -> None:
        """Stop delivering: `hold` keeps events for `resume`, `lose` loses them."""
        await self.act("pause", mode=mode)

    async def resume(self) -> None:
        """Deliver again."""
        await self.act("resume")

    async def transport(self, transport: str, request_url: str | None = None) -> Json:
        """Choose `socket` or `http`."""
        return await self.act("transport", transport=transport, request_url=request_url)

    async def verify_url(self) -> bool:
        """Whether the request URL answers Slack's challenge."""
        return bool((await self.act("verify_url"))["verified"])

    async def fault(self, method: str, kind: str, **how: Any) -> Json:
        """Arm a fault: `times`, `seconds`, `error`, `retry_after`, `status`, `match`; kinds in `faults.KINDS`.

        `response_url` is a method here too.
        """
        return await self.act("fault", method=method, kind=kind, **how)

    async def clear_faults(self) -> None:
        """Disarm all faults."""
        await self.act("clear_faults")

    async def advance(self, seconds: float) -> None:
        """Let limits, triggers and response URLs grow older."""
        await self.act("clock", advance=seconds)

    async def speed(self, times: float) -> None:
        """Let limits and retries pass so many times as fast."""
        await self.act("clock", speed=times)

    async def limits(self, **rules: Any) -> Json:
        """Change rate limits: `enabled`, `burst`."""
        return await self.act("limits", **rules)

    async def reset(self) -> None:
        """Start over with a fresh workspace."""
        await self.act("reset")

    # ------------------------------------------------------------ reading

    async def log(self, method: str | None = None, **filters: Any) -> list[Json]:
        """Calls of the bot: n, method, args, at, ms, status, ok, error, answer, fault, done.

        Filters: text (in the arguments), since, ok, error, status, fault, channel, done.
        """
        return await self.read("log", method=method, **filters)

    async def messages(self, channel: str, thread_ts: str | None = None, **filters: Any) -> list[Json]:
        """Messages as Slack shows them, with `rendered`, `edits`, `metadata`. Filters: text, user, ts, subtype."""
        return await self.read("messages", channel=channel, thread_ts=thread_ts, **filters)

    async def message(self, channel: str, ts: str) -> Json:
        """The one message."""
        return (await self.messages(channel, ts=ts))[0]

    async def ephemerals(self, **filters: Any) -> list[Json]:
        """Private messages. Filters: user, channel, thread_ts, text, visible, source, deleted."""
        return await self.read("ephemerals", **filters)

    async def deliveries(self, **filters: Any) -> list[Json]:
        """What was sent to the bot. Filters: kind, type, event_id, ts, channel, status, since."""
        return await self.read("deliveries", **filters)

    async def responses(self, **filters: Any) -> list[Json]:
        """Uses of response URLs. Filters: user, channel, status, error, text."""
        return await self.read("responses", **filters)

    async def views(self, **filters: Any) -> list[Json]:
        """Modals and home tabs. Filters: user, type, callback_id, open."""
        return await self.read("views", **filters)

    async def agent_sessions(self, **filters: Any) -> list[Json]:
        """Agent sessions by channel and thread."""
        return await self.read("agent_sessions", **filters)

    async def state(self) -> Json:
        """People, channels, scopes, transport, sockets."""
        return self._checked(await self._client.get(self._url + "state"))

    # ------------------------------------------------------------ waiting

    async def wait(self, what: str, /, count: int = 1, within: float = PATIENCE, **filters: Any) -> list[Json]:
        """Until at least `count` items of a kind fit; TimeoutError tells what there was instead."""
        body = {"what": what, "filter": _given(filters), "count": count, "timeout": within}
        response = await self._client.post(self._url + "wait", json=body)
        if response.status_code == 408:
            found = response.json()["items"]
            raise TimeoutError(f"{len(found)} of {count} {what} within {within} s for {_given(filters)}: {found}")
        items: list[Json] = self._checked(response)["items"]
        return items

    async def wait_for_message(
        self,
        channel: str,
        text: str | None = None,
        *,
        thread_ts: str | None = None,
        user: str | None = BOT_USER,
        within: float = PATIENCE,
        **filters: Any,
    ) -> Json:
        """The newest message of the bot (or `user`) that contains a text, once it is there."""
        wanted = {"channel": channel, "thread_ts": thread_ts, "user": user, "text": text, **filters}
        return (await self.wait("messages", within=within, **wanted))[-1]

    async def wait_for_messages(
        self,
        channel: str,
        count: int,
        *,
        thread_ts: str | None = None,
        user: str | None = BOT_USER,
        within: float = PATIENCE,
        **filters: Any,
    ) -> list[Json]:
        """All that fit, once there are `count`."""
        wanted = {"channel": channel, "thread_ts": thread_ts, "user": user, **filters}
        return await self.wait("messages", count, within, **wanted)

    async def wait_for_call(self, method: str, count: int = 1, within: float = PATIENCE, **filters: Any) -> list[Json]:
        """Calls of a method that came to their end, once there are `count`."""
        return await self.wait("log", count, within, method=method, done=True, **filters)

    async def wait_for_ephemeral(
        self, user: str, text: str | None = None, within: float = PATIENCE, **filters: Any
    ) -> Json:
        """The newest private message to a person that contains a text, once it is there."""
        return (await self.wait("ephemerals", within=within, user=user, text=text, **filters))[-1]

    async def wait_for_delivery(self, count: int = 1, within: float = PATIENCE, **filters: Any) -> list[Json]:
        """Deliveries that fit, for example `type="app_mention", status="acked"`, once there are `count`."""
        return await self.wait("deliveries", count, within, **filters)

    async def wait_for_sockets(self, count: int = 1, within: float = PATIENCE) -> None:
        """Until the bot has that many sockets open."""
        await self.wait("sockets", count, within)

    # ------------------------------------------------------------ plumbing

    async def act(self, name: str, /, **args: Any) -> Json:
        """Any act of the control API."""
        return self._checked(await self._client.post(self._url + name, json=_given(args)))

    async def read(self, what: str, /, **filters: Any) -> list[Json]:
        """Anything the control API can tell."""
        params = {name: str(value) for name, value in _given(filters).items()}
        items: list[Json] = self._checked(await self._client.get(self._url + what, params=params))["items"]
        return items

    def _checked(self, response: httpx.Response) -> Json:
        if response.status_code == 409:
            raise RefusedError(response.json()["error"])
        response.raise_for_status()
        body: Json = response.json()
        return body


def _given(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}
