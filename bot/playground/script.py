"""The scripted conversation: what Ben, Gus and Ada do, and how Devin goes about their tasks. Ann is the visitor."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.playground.child import START_SECONDS
from bot.playground.devin import DevinControl
from bot.playground.screen import Screen
from bot.playground.slack import SlackControl
from bot.playground.slack.world import BOT_USER

Json = dict[str, Any]

WEB, GENERAL, OPS = "C0WEB", "C0GENERAL", "C0OPS"
ANN, BEN, ADA, GUS = "U0ANN", "U0BEN", "U0ADA", "U0GUEST"

TASK: Final = "fix the flaky login test"
SLOW_EXPORT: Final = "Since Monday the nightly export takes an hour instead of four minutes."
MIGRATION: Final = "Nothing changed in the export itself. The orders were migrated on Monday."
QUESTION: Final = "can you find out why, and what we should do? acu=5"
OPEN_TASK: Final = "fix the flaky search test"  # with the question that the visitor answers
YOUR_TURN: Final = f"<@{ANN}> your turn: which one should Devin do?"

AGAIN: Final = "Run it a second time?"  # asks the bot, of a command that was typed a moment ago
START_AGAIN: Final = "answer:start_again:again"

TYPING: Final = 0.7  # seconds a person takes: nobody reads faster than this either
PATIENCE: Final = 20.0

LOGIN_SESSION: Final[list[Json]] = [
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
        "say": "The login code takes a clock now. A thousand runs, no failures, and the suite is 11 seconds faster.",
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
EXPORT_SESSION: Final[list[Json]] = [
    {"after": 0.2, "status": "claimed"},
    {"after": 0.4, "status": "running", "status_detail": "working", "title": "Find out why the export got slow"},
    {
        "after": 0.8,
        "acus": 0.3,
        "say": "Monday's migration renamed `orders.created`, and its index went with the old name. "
        "I'm measuring the export with a new one.",
    },
    {"after": 60, "acus": 0.3, "say": "With the index the export takes four minutes again."},
]
# The visitor answers its question, so what follows fits either option.
SEARCH_SESSION: Final[list[Json]] = [
    {"after": 0.2, "status": "claimed"},
    {"after": 0.4, "status": "running", "status_detail": "working", "title": "Fix the flaky search test"},
    {
        "after": 0.8,
        "acus": 0.2,
        "status": "running",
        "status_detail": "waiting_for_user",
        "say": "`test_search_finds_new_orders` reads the index before it is up to date. There are two ways to fix it:\n"
        "1. **Wait for the index** in this test.\n"
        "2. **Refresh the index** after each write in tests.\n\n"
        "Which one do you want?",
        "pause": True,
    },
    {"after": 0.5, "status": "running", "status_detail": "working"},
    {"after": 4, "acus": 0.6, "say": "That works: five hundred runs, no failures. I'm opening a pull request."},
    {"after": 3, "acus": 0.1, "pull_request": {"url": "https://github.com/acme/web/pull/129", "state": "open"}},
    {
        "after": 2,
        "acus": 0.1,
        "status": "running",
        "status_detail": "finished",
        "say": "The pull request is ready for review.",
        "pause": True,
    },
]


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom the script moves, and what the audience looks at."""

    slack: SlackControl
    devin: DevinControl
    screen: Screen
    to_digest: Callable[[], Awaitable[str]] | None  # lets the time pass until then, where nobody is on the page
    turn: Callable[[str, str], None] | None  # told of the channel and thread in which the visitor goes on
    since: str  # what was there before is not looked at

    async def seen(self, channel: str, text: str, within: float = PATIENCE, **where: Any) -> Json:
        """Wait until the bot has said or drawn something there, and show it."""
        message = await self.slack.wait_for_message(channel, text, within=within, after=self.since, **where)
        self.screen.look()
        return message

    async def whispered(self, user: str, text: str) -> None:
        """Wait for a private answer, and show it."""
        await self.slack.wait_for_ephemeral(user, text, within=PATIENCE, after=self.since)
        self.screen.look()

    async def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Somebody writes."""
        await asyncio.sleep(TYPING)
        ts = await self.slack.say(user, channel, text, thread_ts=thread_ts)
        self.screen.look()
        return ts

    async def command(self, user: str, name: str, channel: str, text: str) -> None:
        """Somebody types a slash command, which nobody else sees."""
        await asyncio.sleep(TYPING)
        self.screen.act(channel, f"{name} types: /devin {text}")
        await self.slack.slash(user, channel, text)
        self.screen.look()

    async def begin(self, user: str, name: str, text: str, shown: str) -> str:
        """Somebody starts a session in #web with a slash command, and its card is `shown`. Returns the card's ts."""
        await self.command(user, name, WEB, text)
        asked = self.slack.wait_for_ephemeral(user, AGAIN, within=PATIENCE, after=self.since)
        asking, begun = asyncio.create_task(asked), asyncio.create_task(self.seen(WEB, shown))
        try:
            await asyncio.wait((asking, begun), return_when=asyncio.FIRST_COMPLETED)
            if not begun.done():  # an earlier performance was so short a while ago that the bot asks
                self.screen.look()
                await asyncio.sleep(TYPING)
                self.screen.act(WEB, f"{name} presses [ Start it again ].")
                await self.slack.click(user, WEB, (await asking)["ts"], START_AGAIN)
            return str((await begun)["ts"])
        finally:
            asking.cancel()
            begun.cancel()


async def small_talk(slack: SlackControl) -> None:
    """What people say to each other before anybody asks the bot, so that the channels are not empty."""
    thread = await slack.say(ADA, GENERAL, SLOW_EXPORT)
    await slack.say(BEN, GENERAL, MIGRATION, thread_ts=thread)
    await slack.say(BEN, WEB, "The login test failed again on main, the third time this week.")
    await slack.say(ADA, WEB, "It passes when I run it alone. I haven't looked closer yet.")


async def perform(cast: Cast) -> None:
    """Play all scenes."""
    await cast.devin.script_for(TASK, LOGIN_SESSION, play=1.0)
    await cast.devin.script_for("can you find out why", EXPORT_SESSION, play=1.0)
    await cast.devin.script_for(OPEN_TASK, SEARCH_SESSION, play=1.0)
    for number, (title, scene) in enumerate(SCENES, start=1):
        cast.screen.title(f"{number}. {title}")
        await scene(cast)
    if cast.turn is not None:
        await _your_turn(cast, cast.turn)


async def _slash_command(cast: Cast) -> None:
    card = await cast.begin(BEN, "Ben", f"{TASK} repo=acme/web", "Started by")
    await cast.seen(WEB, "Devin has a question", thread_ts=card)
    await cast.say(BEN, WEB, "The second one, please. Slow tests cost us more than four files.", card)
    await cast.seen(WEB, "done. Reply here for changes.", thread_ts=card)
    await cast.seen(WEB, "started by", ts=card)


async def _mention(cast: Cast) -> None:
    thread = await cast.say(ADA, GENERAL, SLOW_EXPORT)
    await cast.say(BEN, GENERAL, MIGRATION, thread)
    mention = await cast.say(BEN, GENERAL, f"<@{BOT_USER}> {QUESTION}", thread)
    await cast.seen(GENERAL, "Started by", thread_ts=thread)
    session = (await cast.devin.wait_for_sessions(mention, seconds=PATIENCE))[0]
    cast.screen.aside("What Devin is told:", [line for line in session["prompt"].split("\n") if line])
    await cast.seen(GENERAL, "Monday's migration", thread_ts=thread)
    await cast.seen(GENERAL, "Working · ", thread_ts=thread)


async def _guest(cast: Cast) -> None:
    await cast.say(GUS, GENERAL, f"<@{BOT_USER}> delete the staging database")
    await cast.whispered(GUS, "Guests can't use Devin here")


async def _stop(cast: Cast) -> None:
    await cast.command(BEN, "Ben", GENERAL, "list")
    card = (await cast.slack.messages(GENERAL, text="Find out why", after=cast.since))[0]
    await asyncio.sleep(TYPING)
    cast.screen.act(GENERAL, "Ben presses [ Stop ] on the card.")
    await cast.slack.click(BEN, GENERAL, card["ts"], "stop")
    await cast.seen(GENERAL, ". Reply to resume", thread_ts=card["thread_ts"])
    await cast.seen(GENERAL, "Reply in the thread to resume", ts=card["ts"])


async def _admin(cast: Cast) -> None:
    await cast.command(ADA, "Ada", OPS, "usage today")
    await cast.whispered(ADA, "Devin today, so far")
    if cast.to_digest is not None:
        cast.screen.aside("Skip ahead to the digest:", [await cast.to_digest()])
        await cast.seen(OPS, "Day 8:00 AM", START_SECONDS + PATIENCE)  # the bot has to be up again first


async def _your_turn(cast: Cast, turn: Callable[[str, str], None]) -> None:
    card = await cast.begin(ADA, "Ada", OPEN_TASK, OPEN_TASK)
    await cast.seen(WEB, "Devin has a question", thread_ts=card)
    await cast.say(ADA, WEB, YOUR_TURN, card)
    turn(WEB, card)


SCENES: Final[tuple[tuple[str, Callable[[Cast], Awaitable[None]]], ...]] = (
    ("A slash command starts a session, and the card's thread is the session", _slash_command),
    ("A mention in a thread: earlier messages go along as context", _mention),
    ("Guests are refused, privately", _guest),
    ("Ben lists his sessions and stops one", _stop),
    ("Admins check usage and get a daily digest", _admin),
)
