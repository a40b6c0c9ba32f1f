"""How a row of `every_interaction.py` is played: who does it where, and what each of them reads or has done.

Each kind of person acts in each kind of channel, on a session of their own there. Those of one row act at once.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.markup import written
from tests.scenarios import walk
from tests.scenarios.ahead import Running, rows, until
from tests.scenarios.harness import ADA, ANN, Harness
from tests.scenarios.observations import forge, press, settled
from tests.scenarios.walk import fits

NOTHING = ""
PATIENCE = 15  # looks, a tenth of a second apart
START_EMOJI = "robot_face"
# What is done beside what is said; it stands in an expected text behind what is read.
SENT, STOPPED, STARTED, PREVIEW = "[sent to Devin]", "[stopped]", "[started]", "[preview]"
QUESTION = "Which one?\n1. Freeze the clock\n2. Pass a clock in"
OPENED = "C0OPENED"  # where the session is of which links are written


class Kind(StrEnum):
    """Who acts."""

    MEMBER = "member"  # asked for the session in their direct messages alone
    ADMIN = "admin"
    GUEST = "guest"
    STRANGER = "stranger"  # of another company
    BOT = "bot"


class Place(StrEnum):
    """Where they act."""

    PUBLIC = "public"
    PRIVATE = "private"
    DM = "dm"
    SHARED = "shared"  # with another company, since after the session began


class At(StrEnum):
    """How far the session is on which somebody acts."""

    ASKING = "asking"
    CHOOSING = "choosing"  # asking too
    DONE = "done"
    FAILED = "failed"
    LIMIT = "limit"


OURS = frozenset({Kind.MEMBER, Kind.ADMIN, Kind.GUEST})  # Slack offers nobody else a command, a shortcut or Home
PEOPLE = OURS | {Kind.STRANGER}  # bots press nothing
ALL = PEOPLE | {Kind.BOT}
HERE = frozenset(Place)
CHANNELS = {Place.PUBLIC: "C0PUBLIC", Place.PRIVATE: "C0PRIVATE", Place.SHARED: "C0SHARED"}
# How far Devin gets with the session: what it says, and its fields.
HOW_FAR: Mapping[At, tuple[str, dict[str, Any]]] = {
    At.ASKING: (QUESTION, {"status_detail": "waiting_for_user"}),
    At.CHOOSING: (QUESTION, {"status_detail": "waiting_for_user"}),
    At.DONE: ("All tests pass.", {"status_detail": "finished"}),
    At.FAILED: ("The registry is down.", {"status": "error", "status_detail": None}),
    At.LIMIT: ("Half of it passes.", {"status": "suspended", "status_detail": "usage_limit_exceeded"}),
}


@dataclass(frozen=True)
class Scene:
    """Somebody who acts somewhere: on a session that is there, unless it is a place of theirs without one."""

    on: Harness
    kind: Kind
    place: Place
    session: Running | None = None
    end: Mapping[str, Any] = field(default_factory=dict)  # the row of the end of its turn, empty where none was posted

    @property
    def user(self) -> str:
        """Who acts. Each place has people of its own, so that what they read is of one scene."""
        return ADA if (self.kind, self.place) == (Kind.ADMIN, Place.PUBLIC) else f"U0{self.kind}{self.place}".upper()

    @property
    def has_session(self) -> bool:
        """Whether a session is there: in direct messages, one that is their own."""
        return self.place is not Place.DM or self.kind in {Kind.MEMBER, Kind.ADMIN}

    @property
    def channel(self) -> str:
        """Where."""
        return f"D{self.user[1:]}" if self.place is Place.DM else CHANNELS[self.place]

    @property
    def ts(self) -> str:
        """The thread of the session."""
        assert self.session is not None
        return self.session.ts

    @property
    def post(self) -> str:
        """The bot's newest post in the thread of the session, or its card where there is no other."""
        thread = self.on.simulated_slack.state.timeline(self.channel).thread(self.ts)
        return str([one.ts for one in thread if one.user == "U0BOT"][-1])

    async def press(self, action: str, value: str) -> None:
        """Press a button, which may stand where the person sees it no longer."""
        await forge(self.on, "interactive", press(self.user, self.channel, action, value))

    async def react(self, name: str, ts: str) -> None:
        """Put a reaction to a message."""
        await self.on.slack.react(self.user, self.channel, ts, name)


Act = Callable[[Scene], Awaitable[object]]
Gets = dict[Kind, str]


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """One way to act; `every_interaction.py` says what a row has."""

    name: str
    of: frozenset[str]
    act: Act
    gets: Gets
    on: Mapping[Place, Gets] = field(default_factory=dict)
    places: frozenset[Place] = HERE
    needs: At | None = None

    def has(self, kind: Kind, place: Place) -> bool:
        """Whether somebody of this kind can act there at all."""
        if place is Place.DM and (kind not in OURS or (self.needs and kind is Kind.GUEST)):
            return False
        return kind in self.gets and place in self.places

    def expected(self, kind: Kind, place: Place) -> str:
        """What they read, and what is done."""
        return self.on.get(place, {}).get(kind, self.gets[kind])


def scenes(on: Harness) -> Iterator[Scene]:
    """Everybody everywhere, without sessions."""
    for kind in Kind:
        for place in Place:
            yield Scene(on, kind, place)


def put_people(on: Harness) -> None:
    """Put everybody into the workspace and into their channel, before the bot starts."""
    world = on.simulated_slack.state.world
    for scene in scenes(on):
        facts: dict[str, Any] = {"id": scene.user, "name": scene.user[2:].lower()}
        facts |= {"is_restricted": scene.kind is Kind.GUEST, "is_bot": scene.kind is Kind.BOT}
        world.put_person(facts | ({"team": "T0OTHER"} if scene.kind is Kind.STRANGER else {}))
        if scene.kind in OURS:
            world.direct(scene.user)
    here = {place: [scene.user for scene in scenes(on) if scene.place is place] for place in CHANNELS}
    for place, channel in CHANNELS.items():
        kind = "group" if place is Place.PRIVATE else "channel"
        facts = {"id": channel, "name": place.value, "kind": kind, "members": ["U0BOT", ANN, ADA, *here[place]]}
        world.put_channel(facts)
    world.put_channel({"id": OPENED, "name": "opened", "members": ["U0BOT", ANN]})
    admins = [scene.user for scene in scenes(on) if scene.kind is Kind.ADMIN]
    world.put_group({"id": walk.GROUP, "handle": "devin-admins", "users": admins})


def said_to(scene: Scene) -> list[str]:
    """All that the bot has said to somebody: privately, in their direct messages outside of threads, and in modals."""
    state = scene.on.simulated_slack.state
    private = [one for one in state.ephemerals if one.user == scene.user and not one.deleted]
    direct = f"D{scene.user[1:]}"
    posts: list[Any] = []
    if direct in state.world.channels:
        posts = [one for one in state.timeline(direct) if one.user == "U0BOT"]
    homes = [
        written(one.body["blocks"])
        for one in state.views.values()
        if one.user == scene.user and one.body["type"] == "home"
    ]
    return [one.read()["rendered"] for one in (*private, *posts)] + homes + _modals(scene)


def _modals(scene: Scene) -> list[str]:
    """The title of each modal that somebody has open, with what it says beside its fields."""
    views = [one.body for one in scene.on.simulated_slack.state.views.values() if one.user == scene.user and one.open]
    return [
        "\n".join([body["title"]["text"], *(block["text"]["text"] for block in body["blocks"] if "text" in block)])
        for body in views
        if body["type"] == "modal"
    ]


async def done_by(scene: Scene) -> list[str]:
    """What was done so far with the session of somebody, and what they began."""
    found = [STARTED for row in await rows(scene.on, "sessions") if row["requester"] == scene.user]
    if scene.session is not None:
        at_devin = await scene.on.devin.session(scene.session.devin_id)
        found += [SENT for one in at_devin["messages"] if one["source"] == "user"]
        found += [STOPPED] * bool(at_devin["is_archived"])
    messages = await scene.on.slack.messages(scene.channel) if scene.channel in CHANNELS.values() else []
    mine = [one for one in messages if one["user"] == scene.user or one["text"].startswith(f"{scene.user} ")]
    return found + [PREVIEW for one in mine if one.get("attachments")]


async def seen(scene: Scene) -> list[str]:
    """What somebody has read and done so far."""
    return [*said_to(scene), *await done_by(scene)]


async def play(row: Interaction, placed: Iterable[Scene]) -> list[str]:
    """Have everybody do it at once who can; answers what is wrong with what they get."""
    acting = [scene for scene in placed if row.has(scene.kind, scene.place)]
    before = [await seen(scene) for scene in acting]
    failed = await asyncio.gather(*(row.act(scene) for scene in acting), return_exceptions=True)
    if acting:
        await settled(acting[0].on, within=60)
    found = [f"{row.name}: {error!r}" for error in failed if isinstance(error, Exception)]
    for scene, so_far in zip(acting, before, strict=True):
        expected = row.expected(scene.kind, scene.place)
        got = await _got(scene, so_far, expected)
        if not fits(expected, got):
            found.append(f"{row.name} · {scene.kind} · {scene.place}\n  has to get {expected!r}\n  and gets {got!r}")
        _close_modals(scene)
    return found


async def _got(scene: Scene, before: list[str], expected: str) -> str:
    """What somebody has got since; what is `expected` may come after all rows of the bot are done with."""
    got = ""
    for _ in range(PATIENCE):
        got = " ".join((Counter(await seen(scene)) - Counter(before)).elements())
        if fits(expected, got):
            break
        await asyncio.sleep(0.1)
    return got


def _close_modals(scene: Scene) -> None:
    for view in scene.on.simulated_slack.state.views.values():
        if view.user == scene.user and view.body["type"] == "modal":
            view.open = False


async def so_far(on: Harness, sessions: Iterable[Running], at: At) -> None:
    """Have Devin get that far with these sessions, and wait until people can see it."""
    words, fields = HOW_FAR[at]
    known = list(sessions)
    for session in known:
        await on.devin.say(session.devin_id, words, **fields)
    shown = {session.id for session in known if session.channel != CHANNELS[Place.SHARED]}

    async def all_show_it() -> bool:
        return shown <= {row["session_id"] for row in await rows(on, "turn_ends")}

    await until(all_show_it)
    await settled(on, within=60)


async def with_sessions(on: Harness, sessions: Mapping[tuple[Kind, Place], Running]) -> list[Scene]:
    """Everybody everywhere, with these sessions and the newest ends of their turns."""
    ends = {row["session_id"]: row for row in await rows(on, "turn_ends")}
    found = []
    for scene in scenes(on):
        session = sessions.get((scene.kind, scene.place))
        found.append(Scene(on, scene.kind, scene.place, session, ends.get(session.id, {}) if session else {}))
    return found
