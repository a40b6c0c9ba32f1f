"""A story: what people and Devin do, played again with a death at each of its steps, and what is true at its end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import pytest

from tests import sentences
from tests.crash.scene import AT_ONCE, PATIENCE, Nursery, Scene, scene
from tests.crash.steps import AFTER, Moment, moments
from tests.scenarios.conftest import STORES
from tests.scenarios.harness import ANN, GENERAL, TRANSPORTS

TITLE: Final = "A title from Devin"
TRIES = 3  # how often a story is played until a death at a listed step counts as missed

# What may run beside every story, by the clock or by the poller. Each step has to occur in a story, which dies there.
BESIDE: Final = frozenset(
    {
        "heartbeat: commit",
        "fetch the consumption: commit",
        "read the cycles: commit",
        "watch what is spent: commit",
        "announce guardrail violations: commit",
        "claim the poll: commit",
        "announce, nothing new: commit",
        "record figures, nothing new: commit",
        "move the watermark, nothing new: commit",
        "take a turn to fetch: commit",
        "fetch what was missed: commit",
        "claim (old reaction): commit",
        "add (old reaction): Slack reactions.remove",
        "mark as sent (old reaction): commit",
    }
)

# What many stories have in common.
RECEIVED: Final = ("receive: commit", "begin work: commit")
KNOWN: Final = "learn who it is: commit"
STARTED_FROM_A_COMMAND: Final = "start from a command: commit"
CREATED: Final = ("intend: commit", "create: Devin POST sessions", "adopt: commit")
UPLOADED: Final = "upload a file: Devin POST attachments"
REPLIED: Final = ("intend: commit", "reply: Devin POST sessions/messages", "adopt: commit")
PUT_TO_SLEEP: Final = (
    "announce the stop: commit",
    "put to sleep: Devin POST sessions/archive",
    "put to sleep: commit",
)
FOLLOWED: Final = ("announce: commit", "move the watermark: commit")
POLLED: Final = (
    "claim the poll: commit",
    "announce, nothing new: commit",
    "move the watermark, nothing new: commit",
)
FETCHED: Final = ("take a turn to fetch: commit", "fetch what was missed: commit")
POSTED: Final = ("claim: commit", "post: Slack chat.postMessage", "mark as sent: commit")
EDITED: Final = ("claim: commit", "edit the card: Slack chat.update", "mark as sent: commit")
REACTED: Final = (
    "claim (reaction): commit",
    "add (reaction): Slack reactions.add",
    "mark as sent (reaction): commit",
)
# Devin's answer to a stop does not say why the session sleeps. A poll after it does, and so finds something.
SEEN_ASLEEP: Final = FOLLOWED
# A session that was archived or ended for good is not followed. A poll may find that before the bot has stored it.
SEEN_BEFORE_ITS_END: Final = FOLLOWED
TAKEN_AWAY: Final = (
    "claim (old reaction): commit",
    "add (old reaction): Slack reactions.remove",
    "mark as sent (old reaction): commit",
)
CLAIMED_PRIVATELY: Final = "claim (private): commit"
MARKED_PRIVATELY: Final = "mark as sent (private): commit"
ANSWERED_BY_URL: Final = (CLAIMED_PRIVATELY, "answer (private): Slack response_url", MARKED_PRIVATELY)
ANSWERED_IN_DM: Final = (CLAIMED_PRIVATELY, "answer (private): Slack chat.postMessage", MARKED_PRIVATELY)
ANSWERED_HERE: Final = (CLAIMED_PRIVATELY, "answer (private): Slack chat.postEphemeral", MARKED_PRIVATELY)
# Steps of nearly every story. In the short form only stories with `at_common_steps` die there.
COMMON: Final = frozenset({*RECEIVED, KNOWN, *POSTED, *EDITED, *REACTED, *FOLLOWED})
# Protocols of many stories. In the short form those that are about one (`throughout`) die at each moment of it. The
# others die at one: after the call, when it is done and nobody has recorded that.
PROTOCOLS: Final = frozenset(
    {
        STARTED_FROM_A_COMMAND,
        *CREATED,
        *REPLIED,
        *PUT_TO_SLEEP,
        *ANSWERED_BY_URL,
        *ANSWERED_IN_DM,
        *ANSWERED_HERE,
    }
)


@dataclass(frozen=True)
class Form:
    """How a story is played: how Slack reaches the bot, where the bot stores, and whether it dies at `every` step.

    There are four forms with `every`. A step is died at in two of them: over both transports, and on both stores. Which
    transport goes with which store changes from moment to moment, because all four pairs would take twice as long.
    """

    transport: str = TRANSPORTS[0]
    store: str = STORES[0]
    every: bool = False

    def includes(self, moment: Moment) -> bool:
        """Whether this is one of the forms in which the bot dies at the moment."""
        if not self.every:
            return True
        pair = (TRANSPORTS.index(self.transport) + STORES.index(self.store)) % 2
        return crc32(str(moment).encode()) % 2 == pair

    def __str__(self) -> str:
        return f"every-step-{self.transport}-{self.store}" if self.every else "each-step"


USUAL: Final = Form()
FORMS: Final = (USUAL, *(Form(transport, store, every=True) for transport in TRANSPORTS for store in STORES))


@dataclass(frozen=True)
class Story:
    """What people and Devin do, by which steps, and what has to be true at the end.

    A step in `steps` has to occur. One in `sometimes` may, which depends on what comes first; some other story has to
    show it. No other step may occur, except those in `BESIDE`. `times` is how often a step occurs at least, where every
    occurrence is another; of the other steps one death at the first occurrence is enough. A call in `unanswered` gets
    no answer, or is refused. `throughout` is the part of `PROTOCOLS` that the short form dies at throughout. A step in
    `only_on` occurs over one transport or on one store alone. Over `transports` the story can be played.
    """

    name: str
    setting: Callable[[Scene], Awaitable[Any]]
    act: Callable[[Scene, Any], Awaitable[Any]]
    check: Callable[[Scene, Any], Awaitable[None]]
    steps: Sequence[str]
    sometimes: Sequence[str] = ()
    times: Mapping[str, int] = field(default_factory=dict)
    unanswered: Sequence[str] = ()
    only_on: Mapping[str, str] = field(default_factory=dict)
    transports: Sequence[str] = TRANSPORTS
    settings: Callable[[], dict[str, str]] = dict
    from_the_start: bool = False  # whether the steps of the bot's own start count as well
    throughout: Sequence[str] = ()
    at_common_steps: bool = False  # whether the short form dies at `COMMON` steps too, and at `PROTOCOLS` throughout

    def differences(self, reached: Sequence[Moment], form: Form = USUAL) -> list[str]:
        """What a telling without a death has shown that is not as listed."""
        occurred = {moment.step for moment in reached}
        unlisted = occurred - {*self.steps, *self.sometimes, *BESIDE}
        return [
            *(["the story lists no steps"] if not self.steps else []),
            *(f"not listed, but occurred: {step}" for step in sorted(unlisted)),
            *(f"listed, but never occurred: {moment}" for moment in self.required(form) if moment not in reached),
        ]

    def required(self, form: Form = USUAL) -> list[Moment]:
        """The moments that every telling in this form reaches."""
        return [
            Moment(step, when, number)
            for step in dict.fromkeys(self.steps)
            if self.only_on.get(step) in {None, form.transport, form.store}
            for number in range(1, self.times.get(step, 1) + 1)
            for when in sorted(moments(step) - ({AFTER} if step in self.unanswered else set()))
        ]

    def deaths(self, reached: Sequence[Moment], form: Form) -> list[Moment]:
        """The moments to die at: in the short form of this story's own steps, in the others of all that it lists."""
        listed = {*self.steps, *self.sometimes}
        chosen = [
            moment
            for moment in reached
            if moment.is_distinct
            and moment.number <= self.times.get(moment.step, 1)
            and (moment.step in listed if form.every else self.dies_at(moment))
        ]
        return [moment for moment in without_repeats(chosen, reached) if form.includes(moment)]

    def dies_at(self, moment: Moment) -> bool:
        """Whether the short form dies at this moment of a step."""
        if moment.step not in {*self.steps, *self.sometimes}:
            return False
        if self.at_common_steps or moment.step in self.throughout:
            return True
        return moment.step not in COMMON and (moment.step not in PROTOCOLS or moment.leaves_a_call_unrecorded)


def without_repeats(chosen: Sequence[Moment], reached: Sequence[Moment]) -> list[Moment]:
    """The chosen moments without those before a call that leave the same behind as a chosen one.

    Until a call is made, nothing has changed since the last step that was done: a death after that step is the same.
    """
    kept: list[Moment] = []
    last_done: Moment | None = None
    for moment in reached:
        if moment in chosen and not (moment.is_before_a_call and last_done in chosen):
            kept.append(moment)
        if moment.is_before_a_call:
            last_done = None  # from here on something may have changed outside, also where no answer comes
        elif moment.when == AFTER:
            last_done = moment
    return kept


async def played(
    story: Story, folder: Path, nursery: Nursery, form: Form, strike: Moment | None
) -> tuple[list[Moment], int]:
    """Play one story, with a death at a moment; answers the moments that were reached and the deaths."""
    where = {"transport": form.transport, "store": form.store, "first_start": story.from_the_start}
    async with nursery.slots.one(), scene(folder, nursery, strike, **where, **story.settings()) as one:
        if story.from_the_start:
            one.arm()
        await one.keep()
        reached = await one.guarded(_whole(story, one))
        if strike is None:
            reached = await _recorded(story, one, form, reached)
        return reached, one.deaths


async def _recorded(story: Story, one: Scene, form: Form, reached: list[Moment]) -> list[Moment]:
    """The moments that were reached, with the last one: what a commit did can be seen before its moment is recorded."""
    with suppress(TimeoutError):
        async with asyncio.timeout(3.0):  # the caller reports a moment that was never reached
            while not set(story.required(form)).issubset(reached):
                await asyncio.sleep(0.05)  # the record has no event for it
                reached = one.reached()
    return reached


async def _whole(story: Story, one: Scene) -> list[Moment]:
    set_up = await story.setting(one)
    one.arm()
    facts = await story.act(one, set_up)
    await one.settled()
    reached = one.reached()
    await story.check(one, facts)
    return reached


async def killed_everywhere(story: Story, folder: Path, nursery: Nursery, form: Form) -> None:
    """Play a story without a death, then again with one at each moment of its steps."""
    reached, _ = await played(story, folder / "whole", nursery, form, None)
    differences = story.differences(reached, form)
    assert not differences, "\n".join([story.name, *differences])
    deaths, required = story.deaths(reached, form), set(story.required(form))
    turns, problems, missed = asyncio.Semaphore(AT_ONCE), [], []

    async def once(number: int, moment: Moment) -> None:
        async with turns:
            try:
                tries = TRIES if moment in required else 1
                died = await _dies(story, folder / str(number), nursery, form, moment, tries)
            except (AssertionError, TimeoutError, ValueError, LookupError) as problem:
                logs = "\n".join(log.read_text()[-3000:] for log in (folder / str(number)).glob("*/log"))
                problems.append(f"killed at '{moment}' ({number}):\n{type(problem).__name__}: {problem}\n{logs}")
            else:
                if not died:
                    missed.append(moment)

    await asyncio.gather(*(once(number, moment) for number, moment in enumerate(deaths)))
    print(f"{story.name}: {len(deaths)} deaths, not reached again: {[str(moment) for moment in missed]}")  # noqa: T201
    assert not problems, f"{len(problems)} of {len(deaths)} deaths:\n\n" + "\n\n".join(problems)
    assert not required.intersection(missed), f"no death at: {[str(one) for one in missed if one in required]}"


async def _dies(story: Story, folder: Path, nursery: Nursery, form: Form, moment: Moment, tries: int) -> bool:
    """Whether the bot died at the moment in one of so many tellings; another order of things may pass it by."""
    for number in range(tries):
        _, deaths = await played(story, folder / str(number), nursery, form, moment)
        if deaths:
            return True
    return False


def in_all_forms(stories: Sequence[Story]) -> pytest.MarkDecorator:
    """Have a test play each of these stories in its short form, and in the long run in all others."""
    possible = [(story, form) for story in stories for form in FORMS if form.transport in story.transports]
    return pytest.mark.parametrize(("story", "form"), [_parameter(story, form) for story, form in possible])


def _parameter(story: Story, form: Form) -> Any:
    # The limits hold a story's turns to wait, too: all stories of a run share the scenes that may play at once.
    marks = [pytest.mark.early, pytest.mark.timeout(1800 if form.every else 900)]
    if form.every:
        marks.append(pytest.mark.long)
    return pytest.param(story, form, marks=marks, id=f"{story.name.replace(' ', '-')}-{form}")


# ---------------------------------------------------------------- what is true in every story


async def one_session(one: Scene, text: str = "fix the login test", channel: str = GENERAL) -> dict[str, Any]:
    """There is exactly one session for the task, and one card for it."""
    (made,) = await sessions_with_cards(one, 1, text, channel)
    return made


async def sessions_with_cards(
    one: Scene, count: int, text: str = "fix the login test", channel: str = GENERAL
) -> list[dict[str, Any]]:
    """There are exactly so many sessions for the task, and as many cards."""
    made = await one.devin.sessions(text=text)
    assert len(made) == count, [row["session_id"] for row in made]
    messages = await one.slack.messages(channel)
    cards = [
        message for message in messages if message["user"] == "U0BOT" and sentences.ASKED_BY in message["rendered"]
    ]
    assert len(cards) == count, [card["rendered"] for card in cards]
    return made


async def asked(session: dict[str, Any]) -> list[str]:
    """What people wrote to Devin, without the prompt and the marks."""
    said = [message["message"] for message in session["messages"] if message["source"] == "user"]
    return [text.split("\n> ", 1)[1] for text in said[1:]]


# ---------------------------------------------------------------- what many stories begin with, or end with


async def nothing(_one: Scene) -> None:
    """No setting."""


async def running(one: Scene) -> tuple[str, str]:
    """A session under a mention, running, with all its work done."""
    ts, devin_id = await one.on.started()
    await one.quiet()
    return ts, devin_id


async def titled(one: Scene, devin_id: str, channel: str = GENERAL) -> None:
    """Devin gives the session a title, and its card shows it: something a poll finds, whatever else there is to find.

    At the end of a story, so that what it is about comes first, it makes sure that a poll and an edit occur in it.
    """
    await one.devin.set(devin_id, title=TITLE)
    await one.slack.wait_for_message(channel, TITLE, within=PATIENCE)


async def press(one: Scene, ts: str, action: str, user: str = ANN) -> None:
    """Press a button of the card until it is acknowledged, as a person does."""
    for _ in range(10):
        card = await one.slack.wait_for_message(GENERAL, sentences.ASKED_BY, thread_ts=ts, within=PATIENCE)
        if (await one.slack.click(user, GENERAL, card["ts"], action))["status"] == "acked":
            return
        await one.reachable()
    raise AssertionError(f"{action} was never acknowledged")


async def typed(one: Scene, text: str, count: int = 1, channel: str = GENERAL) -> None:
    """Type a command until the store has that many, as a person does who is told that nothing happened."""
    for _ in range(10):
        if (await one.slack.slash(ANN, channel, text))["status"] == "acked":
            return
        await one.reachable()
        with suppress(TimeoutError):
            async with asyncio.timeout(3.0):  # what is stored without an ack is stored by then, or dropped
                while len(await one.rows("SELECT key FROM inbox WHERE key LIKE 'cmd:%' OR key LIKE 'job:%'")) < count:
                    await asyncio.sleep(0.05)  # the store has no event for it
                return
    raise AssertionError(f"/devin {text} was never acknowledged")


async def stop(one: Scene, begun: tuple[str, str]) -> tuple[str, str]:
    await press(one, begun[0], "stop")
    await one.devin.wait_for_sessions("fix the login test", seconds=PATIENCE, is_archived=True)
    await one.slack.wait_for_message(GENERAL, sentences.stopped_begins("ann"), thread_ts=begun[0], within=PATIENCE)
    await one.slack.wait_for_message(GENERAL, sentences.card_stopped_begins("ann"), thread_ts=begun[0], within=PATIENCE)
    return begun


STOPPED = sentences.stopped("ann")


async def stopped(one: Scene, begun: tuple[str, str]) -> None:
    made = await one_session(one)
    assert (made["is_archived"], made["status"]) == (True, "suspended")
    assert await one.on.thread(GENERAL, begun[0]) == [STOPPED]
