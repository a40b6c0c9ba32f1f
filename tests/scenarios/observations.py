"""What scenarios read on both sides, and what no simulated person can do: requests that somebody forged."""

import asyncio
import time
from typing import Any

from sqlalchemy import text

from bot.playground.slack.client import SlackControl
from tests.markup import written
from tests.said import ASKED_BY
from tests.scenarios.ahead import until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, Harness

SOON = 60.0  # a row that waits longer than this waits for a person
OPEN_ROWS = text(
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'open' AND ready_at < :soon)"
    " + (SELECT count(*) FROM outbox WHERE state IN ('open', 'sending') AND next_at < :soon)"
    " + (SELECT count(*) FROM posts WHERE state = 'open' AND next_at < :soon)"
)


async def sent_to_devin(on: Harness, session: str) -> list[str]:
    """What people's messages Devin got in a session after the prompt."""
    messages = (await on.devin.session(session))["messages"]
    return [one["message"] for one in messages if one["source"] == "user"][1:]


async def each_arrives_once(on: Harness, session: str, count: int, within: float = 60.0) -> None:
    """Wait until Devin has so many replies, which end with their numbers from 0 on; each has come once."""

    async def all_there() -> bool:
        return len(await sent_to_devin(on, session)) >= count

    await until(all_there, within)
    numbers = [int(text.rsplit(maxsplit=1)[-1]) for text in await sent_to_devin(on, session)]
    assert sorted(numbers) == list(range(count))


async def private_answers(on: Harness, user: str, **where: Any) -> list[str]:
    """What the bot wrote to one person privately."""
    return [one["rendered"] for one in await on.slack.ephemerals(user=user, **where)]


async def reactions(on: Harness, ts: str, channel: str = GENERAL) -> list[str]:
    """The names of the reactions to a message."""
    return [one["name"] for one in (await on.slack.message(channel, ts)).get("reactions", [])]


def thread_address(channel: str, ts: str) -> str:
    """The address of a thread, as a confirmation leads to it."""
    return f"https://play.slack.com/archives/{channel}/p{ts.replace('.', '')}"


async def what_became_of(on: Harness, question: dict[str, Any]) -> tuple[str, list[str]]:
    """The text of a private question as the person sees it now, and the buttons that it still has."""
    found = next(one for one in await on.slack.ephemerals() if one["ts"] == question["ts"])
    return written(found.get("blocks") or []) or found["text"], buttons(found)


def buttons(message: dict[str, Any]) -> list[str]:
    """The texts of a message's buttons."""
    blocks = message.get("blocks") or []
    return [
        button["text"]["text"]
        for block in blocks
        for button in [*block.get("elements", []), block.get("accessory")]
        if button and button["type"] == "button"
    ]


async def card(on: Harness, ts: str, channel: str = GENERAL) -> dict[str, Any]:
    """The card in a thread."""
    return next(one for one in await on.slack.messages(channel, thread_ts=ts) if is_card(one))


async def posted(on: Harness, channel: str, prompt: str) -> dict[str, Any]:
    """The card of a slash command, once it stands in its channel."""
    return await on.slack.wait_for_message(channel, prompt)


async def started_by_command(on: Harness, prompt: str, user: str, channel: str) -> tuple[str, str]:
    """A session started by a slash command, running; answers its thread's ts and Devin's session id."""
    await on.slack.slash(user, channel, prompt)
    ts = (await posted(on, channel, prompt))["ts"]
    made = await on.session(prompt)
    await on.devin.set(made["session_id"], status="running", status_detail="working")
    await on.slack.wait_for_message(channel, "Working", thread_ts=ts)
    return ts, made["session_id"]


async def card_of(on: Harness, ts: str, text: str, channel: str = GENERAL) -> str:
    """The card's text once it contains these words."""
    # By its ts: a post in the thread may say the same sentence, and sooner.
    made = (await on.slack.wait_for_message(channel, ASKED_BY, thread_ts=ts))["ts"]
    found = await on.slack.wait_for_message(channel, text, thread_ts=ts, ts=made)
    return str(found["rendered"])


async def polled(on: Harness, times: int = 2) -> None:
    """Wait for so many polls: whatever had changed before was found."""
    so_far = len(await on.devin.log("list_sessions"))
    await on.devin.wait_for_calls("list_sessions", so_far + times + 1)


async def hanging(on: Harness, fault: int) -> None:
    """Wait until a call of the bot's hangs in a fault at Devin."""

    async def holds() -> bool:
        return any(one["holding"] for one in await on.devin.faults() if one["number"] == fault)

    await until(holds)


def is_card(message: dict[str, Any]) -> bool:
    """Whether a message is a session's card."""
    return message["user"] == "U0BOT" and ASKED_BY in message["rendered"]


async def creations(on: Harness) -> int:
    """How often Devin was asked for a session."""
    return (await on.devin.counters()).get("create_session", 0)


async def settled(on: Harness, within: float = 20.0) -> None:
    """Wait until all that Slack sent is acknowledged and everything that was stored has been dealt with."""
    async with asyncio.timeout(within):
        # The first look costs a fraction of what it costs to ask Slack; the last one counts.
        while await open_rows(on) or await on.slack.deliveries(status="pending") or await open_rows(on):
            await asyncio.sleep(0.03)


async def open_rows(on: Harness) -> int:
    """How many rows of the bot's store are to be worked on soon."""
    async with on.store.scan() as tx:
        return int((await tx.execute(OPEN_ROWS, {"soon": time.time() + SOON})).scalar_one())


async def opened_home(on: Harness, user: str, words: str) -> dict[str, Any]:
    """The Home tab of somebody who opens it, once it says these words."""
    await on.slack.open_home(user)
    return await seen_home(on, user, words)


async def seen_home(on: Harness, user: str, words: str) -> dict[str, Any]:
    """The Home tab that somebody has open, once it says these words."""
    found: list[dict[str, Any]] = []

    async def says_so() -> bool:
        found[:] = [view for view in await on.slack.views(user=user, type="home") if words in written(view["blocks"])]
        return bool(found)

    await until(says_so)
    return found[0]


async def set_budget(slack: SlackControl, order: str, channel: str = GENERAL) -> dict[str, Any]:
    """Ada sets a budget and says yes to the question; answers the confirmation."""
    await slack.slash(ADA, channel, f"budget set {order}")
    asked = await slack.wait_for_ephemeral(ADA, "Set it", visible=True)
    await slack.click(ADA, channel, asked["ts"], "choose:budget_set_confirmed")
    return await slack.wait_for_ephemeral(ADA, "is set", ts=asked["ts"])


async def give_role(slack: SlackControl, order: str, channel: str = GENERAL) -> None:
    """Have an admin give a role to the people in `order` alone, and confirm it."""
    asked = (await slack.slash(ADA, channel, f"role add {order}"))["shown"]
    await slack.click(ADA, channel, asked["ts"], "choose:role_add_confirmed")
    await slack.wait("responses", text="From now on, ")


async def forge(on: Harness, kind: str, payload: dict[str, Any]) -> str:
    """Send a request of any content over the transport, as Slack would; answers how it went."""
    delivery = await on.simulated_slack._courier.ask(kind, payload, expects_answer=kind == "slash_commands")
    return delivery.status


def press(user: str, channel: str, action_id: str, value: str, **more: Any) -> dict[str, Any]:
    """A pressed button with any value."""
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user, "team_id": "T0PLAY"},
        "team": {"id": "T0PLAY", "domain": "play"},
        "api_app_id": "A0PLAY",
        "trigger_id": f"forged.{user}.{action_id}.{time.time_ns()}",
        "channel": {"id": channel, "name": channel},
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": channel},
        "actions": [
            {"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1700000000.0001"}
        ],
        **more,
    }


async def give_accounts(on: Harness) -> None:
    """Give Ann and Ben accounts of their own at Devin, with the addresses that they have in Slack."""
    for person, name in ((ANN, "ann"), (BEN, "ben")):
        await on.slack.put_person(person, email=f"{name}@acme.test")
        await on.devin.add_member(f"user-{name}", f"{name}@acme.test", name)
