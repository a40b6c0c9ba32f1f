"""The scripted conversation: what Ann, Ben, Gus and Ada do, and how Devin goes about their tasks."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.playground.devin import DevinControl
from bot.playground.screen import Screen
from bot.playground.slack import SlackControl
from bot.playground.slack.world import BOT_USER

Json = dict[str, Any]

WEB, GENERAL, OPS = "C0WEB", "C0GENERAL", "C0OPS"
ANN, BEN, ADA, GUS = "U0ANN", "U0BEN", "U0ADA", "U0GUEST"

TASK: Final = "fix the flaky login test"
QUESTION: Final = "can you find out why, and what we should do? acu=5"

TYPING: Final = 0.7  # seconds a person takes: nobody reads faster than this either
PATIENCE: Final = 20.0
BILLING_DAY_STARTS: Final = timedelta(hours=8)  # UTC
SETTLING: Final = timedelta(hours=1)  # a billing day is told of this long after its end
SPENT: Final = (41.5, 38.0, 29.5, 44.0, 35.5, 31.0, 40.0, 34.0)  # ACUs a day, from the newest that is told of back
DAYS: Final = 40  # more than the month that a digest can be about

ANNS_SESSION: Final[list[Json]] = [
    {"after": 0.2, "status": "claimed"},
    {"after": 0.5, "status": "running", "status_detail": "working", "title": "Fix the flaky login test"},
    {
        "after": 0.8,
        "acus": 0.2,
        "say": "I ran `tests/test_login.py` a hundred times: `test_session_expires` failed in 6 of them. "
        "It waits for a real second to pass.",
    },
    {
        "after": 1.5,
        "acus": 0.2,
        "status": "running",
        "status_detail": "waiting_for_user",
        "say": "There are two ways to fix it:\n"
        "1. **Freeze the clock** in this one test.\n"
        "2. **Pass a clock in**, so that no test has to wait. That touches four files.\n\n"
        "Which one do you want?",
        "pause": True,
    },
    {"after": 0.2, "status": "running", "status_detail": "working"},
    {
        "after": 1.8,
        "acus": 0.7,
        "say": "The login code takes a clock now. A thousand runs: no failure, and the suite is 11 seconds faster.",
    },
    {"after": 1.2, "acus": 0.1, "pull_request": {"url": "https://github.com/acme/web/pull/128", "state": "open"}},
    {
        "after": 1.5,
        "acus": 0.1,
        "status": "running",
        "status_detail": "finished",
        "say": "The pull request is ready for review.",
        "pause": True,
    },
]
BENS_SESSION: Final[list[Json]] = [
    {"after": 0.2, "status": "claimed"},
    {"after": 0.4, "status": "running", "status_detail": "working", "title": "Find out why the export got slow"},
    {
        "after": 0.8,
        "acus": 0.3,
        "say": "Monday's migration renamed `orders.created`, and its index went with the old name. "
        "I am measuring the export with a new one.",
    },
    {"after": 60, "acus": 0.3, "say": "With the index the export takes four minutes again."},
]


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom the script moves, and what the audience looks at."""

    slack: SlackControl
    devin: DevinControl
    screen: Screen
    digest_at: float  # Unix seconds

    async def seen(self, channel: str, text: str, within: float = PATIENCE, **where: Any) -> Json:
        """Wait until the bot has said or drawn something there, and show it."""
        message = await self.slack.wait_for_message(channel, text, within=within, **where)
        await self.screen.look()
        return message

    async def whispered(self, user: str, text: str) -> None:
        """Wait for a private answer, and show it."""
        await self.slack.wait_for_ephemeral(user, text, within=PATIENCE)
        await self.screen.look()

    async def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Somebody writes."""
        await asyncio.sleep(TYPING)
        ts = await self.slack.say(user, channel, text, thread_ts=thread_ts)
        await self.screen.look()
        return ts

    async def command(self, user: str, name: str, channel: str, text: str) -> None:
        """Somebody types a slash command, which nobody else sees."""
        await asyncio.sleep(TYPING)
        self.screen.act(channel, f"{name} types: /devin {text}")
        await self.slack.slash(user, channel, text)
        await self.screen.look()


async def prepare(devin: DevinControl, digest_at: float) -> None:
    """What happened before the curtain rises: scripts for the sessions to come, and what was spent so far."""
    await devin.script_for(TASK, ANNS_SESSION, play=1.0)
    await devin.script_for("can you find out why", BENS_SESSION, play=1.0)
    newest = (datetime.fromtimestamp(digest_at, UTC) - BILLING_DAY_STARTS - SETTLING).date() - timedelta(days=1)
    for back in range(DAYS):
        day = newest - timedelta(days=back)
        await devin.consumption(day.isoformat(), SPENT[back % len(SPENT)])


async def perform(cast: Cast) -> None:
    """Play all scenes."""
    for number, (title, scene) in enumerate(SCENES, start=1):
        cast.screen.title(f"{number}. {title}")
        await scene(cast)


async def _slash_command(cast: Cast) -> None:
    await cast.command(ANN, "Ann", WEB, f"{TASK} repo=acme/web")
    card = (await cast.seen(WEB, "Asked by"))["ts"]
    await cast.seen(WEB, "waits for your answer", thread_ts=card)
    await cast.say(ANN, WEB, "The second one, please. Slow tests cost us more than four files.", card)
    await cast.seen(WEB, "*Done*", thread_ts=card)
    await cast.seen(WEB, "Done. If something is missing", ts=card)


async def _mention(cast: Cast) -> None:
    thread = await cast.say(ADA, GENERAL, "Since Monday the nightly export takes an hour instead of four minutes.")
    await cast.say(
        BEN, GENERAL, "Nothing changed in the export itself. Monday was the migration of the orders.", thread
    )
    await cast.say(BEN, GENERAL, f"<@{BOT_USER}> {QUESTION}", thread)
    await cast.seen(GENERAL, "Asked by", thread_ts=thread)
    session = (await cast.devin.wait_for_sessions("can you find out why", seconds=PATIENCE))[0]
    cast.screen.aside("What Devin is told:", [line for line in session["prompt"].split("\n") if line])
    await cast.seen(GENERAL, "Monday's migration", thread_ts=thread)
    await cast.seen(GENERAL, "Working.", thread_ts=thread)


async def _guest(cast: Cast) -> None:
    await cast.say(GUS, GENERAL, f"<@{BOT_USER}> delete the staging database")
    await cast.whispered(GUS, "Guests cannot work with Devin here")


async def _stop(cast: Cast) -> None:
    await cast.command(BEN, "Ben", GENERAL, "list")
    card = (await cast.slack.messages(GENERAL, text="Find out why"))[0]
    await asyncio.sleep(TYPING)
    cast.screen.act(GENERAL, "Ben presses [ Stop ] on the card.")
    await cast.slack.click(BEN, GENERAL, card["ts"], "stop")
    await cast.seen(GENERAL, "Devin sleeps and nothing is lost", thread_ts=card["thread_ts"])
    await cast.seen(GENERAL, "It sleeps and nothing is lost", ts=card["ts"])


async def _admin(cast: Cast) -> None:
    left = cast.digest_at - time.time()
    if left > 1:
        when = datetime.fromtimestamp(cast.digest_at, UTC)
        cast.screen.aside(
            f"The digest is due at {when:%H:%M} UTC, in {round(left)} seconds; then you can act yourself."
        )
    await cast.seen(OPS, "Billing day", within=max(left, 0) + PATIENCE)
    await cast.command(ADA, "Ada", OPS, "usage today")
    await cast.whispered(ADA, "Devin today, so far")


SCENES: Final[tuple[tuple[str, Callable[[Cast], Awaitable[None]]], ...]] = (
    ("A slash command starts a session, and the card's thread is the session", _slash_command),
    ("A mention in a thread: what was said before goes along as context", _mention),
    ("Guests are refused, privately", _guest),
    ("Ben looks at his sessions and stops one", _stop),
    ("Admins get a daily digest, and may ask what was spent", _admin),
)
