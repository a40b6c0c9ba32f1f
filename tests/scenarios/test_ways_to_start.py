"""Each way to start without typing to the bot, by everybody, in each kind of channel: who starts, who reads why."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from bot.playground.slack.world import OTHER_BOT
from bot.views.answers import access as access_sentences
from tests.scenarios.harness import ANN, BEN, EXTERNAL, GUEST, Harness
from tests.scenarios.observations import settled

PUBLIC, PRIVATE, SHARED, ARCHIVED, WITHOUT = "C0OPEN", "C0CLOSED", "C0SHARED", "C0OLD", "C0ALONE"
KINDS: Final[dict[str, dict[str, Any]]] = {
    PUBLIC: {},
    PRIVATE: {"kind": "group"},
    SHARED: {"is_ext_shared": True},
    ARCHIVED: {"is_archived": True},
    WITHOUT: {"members": [ANN, BEN, GUEST]},
}
STARTS, NOTHING = "starts", ""  # a session begins; nothing does, and nobody is answered
EMOJI: Final = "robot_face"
ANSWER: Final = {
    SHARED: f"Nothing was started: {access_sentences.SHARED.format(channel=SHARED)}",
    ARCHIVED: f"Nothing was started: {access_sentences.ARCHIVED.format(channel=ARCHIVED)}",
    WITHOUT: f"Nothing was started: {access_sentences.WITHOUT_BOT.format(channel=WITHOUT)}",
}
REFUSED: Final = access_sentences.GUEST_REFUSED.text


@dataclass(frozen=True)
class Cell:
    """One way to start, by one person, in one kind of channel, and what comes of it."""

    way: str
    user: str
    channel: str
    comes: str

    @property
    def task(self) -> str:
        """The task, which no other cell has."""
        return f"Mend what {self.way} found for {self.user} in {self.channel}"


def cells() -> list[Cell]:
    """All of them. Slack offers people of other companies no commands and shortcuts."""
    made = [Cell("form", ANN, channel, ANSWER.get(channel, STARTS)) for channel in KINDS]
    made += [Cell("form", GUEST, PUBLIC, REFUSED)]
    made += [Cell("shortcut", ANN, PUBLIC, STARTS), Cell("shortcut", GUEST, PUBLIC, REFUSED)]
    made += [Cell("message", ANN, channel, ANSWER.get(channel, STARTS)) for channel in (PUBLIC, PRIVATE, SHARED)]
    made += [Cell("message", GUEST, PUBLIC, REFUSED)]
    made += [Cell("reaction", ANN, channel, STARTS) for channel in (PUBLIC, PRIVATE)]
    made += [Cell("reaction", user, PUBLIC, NOTHING) for user in (GUEST, EXTERNAL)]
    made += [Cell("alert", ANN, channel, STARTS) for channel in (PUBLIC, PRIVATE)]
    return [*made, Cell("alert", ANN, SHARED, NOTHING)]


async def form(on: Harness, cell: Cell, shown: dict[str, Any]) -> None:
    fields = {"task": cell.task, "channel": cell.channel}
    await on.slack.submit_view(cell.user, shown["id"], {name: {name: value} for name, value in fields.items()})


async def go(on: Harness, cell: Cell) -> None:
    """Do it, as far as the person gets."""
    if cell.way == "alert":
        await on.slack.post_as_app(cell.channel, "Alertmanager", text=cell.task)
        return
    if cell.way == "form":
        await on.slack.slash(cell.user, PUBLIC, "")
    elif cell.way == "shortcut":
        await on.slack.shortcut(cell.user, "new_session")
    else:
        ts = await on.slack.say(BEN, cell.channel, cell.task)
        if cell.way == "reaction":
            await on.slack.react(cell.user, cell.channel, ts, EMOJI)
            return
        await on.slack.shortcut(cell.user, "send_to_devin", channel=cell.channel, ts=ts)
    await settled(on)
    for shown in await on.slack.views(user=cell.user, open=True):
        if "submit" in shown:
            await form(on, cell, shown)


async def said(on: Harness, user: str) -> str:
    """All that the bot has said to somebody: in direct messages, privately, and in place of a form."""
    posts = [one["rendered"] for one in await on.slack.messages(f"D{user[1:]}")] if user != EXTERNAL else []
    private = [one["rendered"] for one in await on.slack.ephemerals(user=user)]
    return "\n".join([*posts, *private, *(str(one["blocks"]) for one in await on.slack.views(user=user))])


@pytest.mark.timeout(240)
async def test_each_way_starts_for_whom_and_where_it_may_and_says_why_elsewhere(on: Harness) -> None:
    await on.stop()
    for channel, facts in KINDS.items():
        people = {"members": ["U0BOT", ANN, BEN, GUEST, EXTERNAL]} | facts
        await on.slack.put_channel(channel, name=channel.lower(), **people | {"is_archived": False})
    alerts = ",".join(f"{channel}:{OTHER_BOT}:{ANN}" for channel in (PUBLIC, PRIVATE, SHARED))
    on.environment.update(BOT_START_EMOJI=EMOJI, BOT_START_EMOJI_CHANNELS="*", BOT_ALERT_BOTS=alerts)
    await on.slack.limits(enabled=False)
    await on.start()
    await on.slack.put_channel(ARCHIVED, is_archived=True)
    wrong = [problem for cell in cells() if (problem := await walked(on, cell))]
    assert not wrong, "\n".join(["", *wrong])


async def walked(on: Harness, cell: Cell) -> str:
    """Do it; answers what is wrong with what comes of it, if anything."""
    before = (await said(on, cell.user)).count(cell.comes) if cell.comes not in {STARTS, NOTHING} else 0
    await go(on, cell)
    await settled(on)
    began = [one for one in await on.devin.sessions(text=cell.task) if cell.task in one["request"]["prompt"][:200]]
    if bool(began) != (cell.comes == STARTS) or len(began) > 1:
        return f"{cell}: {len(began)} sessions"
    if cell.comes in {STARTS, NOTHING}:
        return ""
    heard = await said(on, cell.user)
    return "" if heard.count(cell.comes) > before else f"{cell}: {heard[-400:]!r}"
