"""How a row of `every_command.py` is walked: who types what where, and what each of them has to read.

Each case has a person of its own, whom only its answer reaches, so that many cases go on at once in one bot.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

from bot.domain.commands.spec import CommandSpec, Surface
from bot.domain.commands.spec import Role as Needed
from bot.features import COMMANDS
from bot.playground.devin.api import ROUTES
from bot.views.answers import access as access_sentences
from tests.scenarios.ahead import Running
from tests.scenarios.harness import ADA, ANN, BEN, BOT, EXTERNAL, GUEST, Harness

ANY = "⟨any⟩"  # in an expected text: what differs from run to run
PATIENCE = 20.0  # seconds until an answer counts as missing
AT_ONCE = 6  # with more of them, an ack would wait for others
GROUP, CHANNEL = "S0ADMINS", "C0WALK"
CAM = "U0CAM"  # in threads: somebody who neither asked for the session nor is an admin
OWN_COST = "`/devin cost` shows your own."  # who is refused usage figures may see these
SHOW_COST = "\nShow cost"  # with this button below it
WHO_ARE_ADMINS = "<@U0ADA> or someone in <!subteam^S0ADMINS>"
# What the bot asks of Devin on its own while people type.
BY_ITSELF = frozenset(
    {
        *("self", "list_sessions", "list_insights", "list_messages"),
        *("org_daily", "cycles", "list_acu_limits", "agent_acu_limits"),
    }
)
PERMISSION_OF = {route.name: route.permission for route in ROUTES}


class Role(StrEnum):
    """Who types."""

    ADMIN = "admin"  # named in BOT_ADMIN_USERS
    MEMBER = "member"  # of the user group in BOT_ADMIN_GROUP
    ASKER = "asker"  # of the session in whose thread it is typed
    PERSON = "person"
    GUEST = "guest"
    EXTERNAL = "external"  # of another company: Slack offers them neither the command nor a direct message


ADMINS = frozenset({Role.ADMIN, Role.MEMBER})
ROLES = {
    Surface.SLASH: (Role.ADMIN, Role.MEMBER, Role.PERSON, Role.GUEST),
    Surface.DM: (Role.ADMIN, Role.MEMBER, Role.PERSON, Role.GUEST),
    Surface.MENTION: (Role.ADMIN, Role.MEMBER, Role.PERSON, Role.GUEST, Role.EXTERNAL),
    Surface.THREAD: tuple(Role),
}
OUTSIDE = {Role.GUEST: access_sentences.GUEST_REFUSED.text, Role.EXTERNAL: access_sentences.OTHER_COMPANY_REFUSED.text}
IN_THREAD = {
    Role.ADMIN: ADA,
    Role.MEMBER: BEN,
    Role.ASKER: ANN,
    Role.PERSON: CAM,
    Role.GUEST: GUEST,
    Role.EXTERNAL: EXTERNAL,
}
NAMES = {ADA: "ada", BEN: "ben", ANN: "ann", CAM: "cam"}  # as a post in the thread names them


def admins_only(deed: str) -> str:
    """The refusal of what only admins can do: `deed` begins with a verb."""
    return f"Only admins can {deed}. Ask {WHO_ARE_ADMINS}."


@dataclass(frozen=True, kw_only=True)
class Row:
    """One command: what is typed, and the whole text that people of each role read. `every_command.py` says how."""

    command: str
    typed: str = ""
    verb: str = ""
    answer: str = ""
    then: str = ""
    on: Mapping[Surface, str] = field(default_factory=dict)
    by: Mapping[Role, str] = field(default_factory=dict)
    refused: str = ""
    without: Mapping[str, str] = field(default_factory=dict)
    later: bool = False

    @property
    def spec(self) -> CommandSpec:
        """The command in the registry."""
        return COMMANDS.named(self.command)

    def surfaces(self) -> Iterator[tuple[Surface, str]]:
        """Where the command can be typed, and what is typed there."""
        for surface in ROLES:
            forms = self.spec.ways_on(surface)
            verbs = all(Surface.THREAD in form.surfaces for form in forms)
            if forms:
                yield surface, self.verb if verbs else self.typed

    def expected(self, surface: Surface, role: Role) -> str:
        """What somebody reads who types it there."""
        if role in OUTSIDE and surface is not Surface.SLASH:
            return OUTSIDE[role]
        if not self.allows(surface, role):
            return self.refused
        if role in self.by and (surface is not Surface.THREAD or role is Role.ASKER):
            return self.by[role]
        return self.on.get(surface, self.answer if surface is Surface.SLASH else self.then or self.answer)

    def follows(self, surface: Surface, role: Role) -> str:
        """What somebody reads, or sees open, after the answer to a slash command; empty if nothing follows."""
        if surface is not Surface.SLASH or not self.then or not self.allows(surface, role):
            return ""
        if role not in OUTSIDE:
            return self.then
        return f"{ANY}{OUTSIDE[role]}" if self.spec.opens_form else OUTSIDE[role]  # a modal begins with its title

    def allows(self, surface: Surface, role: Role) -> bool:
        """Whether the command is carried out for them."""
        if role in OUTSIDE and surface is not Surface.SLASH:
            return False
        asks = self.spec.role is Needed.ASKER_OR_ADMIN and (role is Role.ASKER or surface is not Surface.THREAD)
        return self.spec.role is Needed.EVERYBODY or role in ADMINS or asks


@dataclass(frozen=True)
class Case:
    """One thing that one person types somewhere, and what they have to read."""

    row: Row
    surface: Surface
    role: Role
    user: str
    text: str
    expected: str
    then: str = ""
    thread_ts: str | None = None

    @property
    def name(self) -> str:
        """The case in a list of those that failed."""
        return f"{self.row.command} · {self.surface} · {self.role}"

    @property
    def channel(self) -> str:
        """Where the answer is."""
        return f"D{self.user[1:]}" if self.surface is Surface.DM else CHANNEL

    @property
    def phase(self) -> int:
        """First what is refused, then what changes nothing for others, then the rest."""
        if self.then and self.role in OUTSIDE:
            return 0
        return 2 if self.row.later else int(self.row.allows(self.surface, self.role))


def is_usual(case: Case) -> bool:
    """Whether a case is walked by default: behind `/devin` all, and where it is written one of each command."""
    return case.surface is Surface.SLASH or (case.surface, case.role) in {
        (Surface.DM, Role.PERSON),
        (Surface.THREAD, Role.ASKER),
    }


def cases(rows: Iterable[Row]) -> list[Case]:
    """All cases of `rows`; those in threads get their thread by `in_threads`."""
    numbers = count(1)
    made = []
    for row in rows:
        for surface, typed in row.surfaces():
            for role in ROLES[surface]:
                number = next(numbers)
                user = _user(surface, role, number)
                facts = {"user": user, "by": NAMES.get(user, ""), "other": f"U0OTHER{number}"}
                read = (typed, row.expected(surface, role), row.follows(surface, role))
                made.append(Case(row, surface, role, user, *(_filled(one, facts) for one in read)))
    return made


def _filled(text: str, facts: Mapping[str, str]) -> str:
    for name, fact in facts.items():
        text = text.replace(f"{{{name}}}", fact)
    return text


def _user(surface: Surface, role: Role, number: int) -> str:
    if surface is Surface.THREAD:
        return IN_THREAD[role]
    return ADA if role is Role.ADMIN else f"U0{role.upper()}{number}"


def put_people(on: Harness, made: Iterable[Case]) -> None:
    """Put everybody who types into the workspace, and into the channel, before the bot starts."""
    world = on.simulated_slack.state.world
    people = {case.user: case.role for case in made} | {CAM: Role.PERSON}
    for user, role in people.items():
        if user in world.people:
            continue
        facts = {"id": user, "name": user[2:].lower(), "is_restricted": role is Role.GUEST}
        world.put_person(facts | ({"team": "T0OTHER"} if role is Role.EXTERNAL else {}))
        if role is not Role.EXTERNAL:
            world.direct(user)
    world.put_channel({"id": CHANNEL, "name": "walk", "members": ["U0BOT", *people, *IN_THREAD.values()]})
    members = [user for user, role in people.items() if role is Role.MEMBER]
    world.put_group({"id": GROUP, "handle": "devin-admins", "users": [BEN, *members]})


def texts(on: Harness, case: Case) -> list[str]:
    """All that the bot has said to the person of a case where the case is, in its thread, or by starting something."""
    state = on.simulated_slack.state
    private = [
        one.read()["rendered"]
        for one in state.ephemerals
        if (one.user, one.channel, one.thread_ts) == (case.user, case.channel, case.thread_ts) and not one.deleted
    ]
    posts: list[Any] = []
    if case.thread_ts is not None:
        posts = state.timeline(case.channel).thread(case.thread_ts)[2:]  # without its root and the card
    elif case.surface is Surface.DM:
        posts = list(state.timeline(case.channel))
    elif case.row.later:  # the card of what they start
        posts = state.timeline(case.channel).in_channel()
    return private + modals(on, case.user) + [one.read()["rendered"] for one in posts if one.user == "U0BOT"]


def modals(on: Harness, user: str) -> list[str]:
    """The title of each modal that somebody has open, and what it says besides its form."""
    bodies = [one.body for one in on.simulated_slack.state.views.values() if one.user == user and one.open]
    return [
        "\n".join([body["title"]["text"], *(block["text"]["text"] for block in body["blocks"] if "text" in block)])
        for body in bodies
    ]


def fits(expected: str, said: str) -> bool:
    """Whether a text is the expected one, with instants as DATE, numbers in code as N and `ANY` as anything."""
    said = re.sub(r"<!date\^[^>]*>", "DATE", re.sub(r"`\d+`", "`N`", said))
    pattern = ".*".join(re.escape(part) for part in expected.split(ANY))
    return re.fullmatch(pattern, said, re.DOTALL) is not None


async def _typed(on: Harness, case: Case) -> str | None:
    """Type it; answers what is wrong with the answer, if anything."""
    before = texts(on, case)
    if case.surface is Surface.SLASH:
        said = await type_slash(on, case.text, case.user)
        if not fits(case.expected, said):
            return _wrong(case, case.expected, [said])
        return await _missing(on, case, case.then, before) if case.then else None
    text = f"{BOT} {case.text}" if case.surface is Surface.MENTION else case.text
    await on.slack.say(case.user, case.channel, text, thread_ts=case.thread_ts)
    return await _missing(on, case, case.expected, before)


async def _missing(on: Harness, case: Case, expected: str, before: list[str]) -> str | None:
    """Wait until the person of a case reads what is `expected`; answers what is wrong if they do not."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not any(fits(expected, one) for one in _since(before, texts(on, case))):
                await asyncio.sleep(0.05)
    except TimeoutError:
        return _wrong(case, expected, _since(before, texts(on, case)))
    return None


def _since(before: list[str], now: list[str]) -> list[str]:
    return list((Counter(now) - Counter(before)).elements())


def _wrong(case: Case, expected: str, said: list[str]) -> str:
    return f"{case.name}: {case.text!r}\n  has to be answered with {expected!r}\n  and is answered with {said!r}"


async def walk(on: Harness, made: Iterable[Case]) -> list[str]:
    """Walk these cases, some at once, those of one person in one place one after another; answers what is wrong."""
    queues: dict[tuple[str, str, str | None, Surface], list[Case]] = {}
    for case in made:
        queues.setdefault((case.user, case.channel, case.thread_ts, case.surface), []).append(case)

    turn = asyncio.Semaphore(AT_ONCE)

    async def one_by_one(queue: list[Case]) -> list[str | None]:
        found = []
        for case in queue:
            async with turn:
                found.append(await _typed(on, case))
        return found

    found = await asyncio.gather(*(one_by_one(queue) for queue in queues.values()))
    return [wrong for queue in found for wrong in queue if wrong is not None]


def in_threads(made: list[Case], sessions: list[Running]) -> list[Case]:
    """The same cases, those of threads each in the thread of a session of its own."""
    threads = iter(sessions)
    return [
        case if case.surface is not Surface.THREAD else Case(**(vars(case) | {"thread_ts": next(threads).ts}))
        for case in made
    ]


async def type_slash(on: Harness, text: str, user: str) -> str:
    """Type a text behind `/devin`; answers what the person reads at once, which is nothing where a modal opens."""
    outcome = await on.slack.slash(user, CHANNEL, text)
    if outcome["status"] != "acked":
        return f"({outcome['error']})"
    return str(outcome["shown"]["rendered"]) if outcome["shown"] else ""


def said_to(on: Harness, user: str) -> str:
    """All that the bot has said to somebody privately, in their direct messages, in the channel and in modals."""
    state = on.simulated_slack.state
    posts = [one for channel in (f"D{user[1:]}", CHANNEL) for one in state.timeline(channel) if one.user == "U0BOT"]
    said: list[Any] = [*(one for one in state.ephemerals if one.user == user), *posts]
    return "\n".join([*(one.read()["rendered"] for one in said), *modals(on, user)])


async def reads(on: Harness, user: str, text: str) -> bool:
    """Wait until the bot has said a text to somebody; answers whether it has."""
    for _ in range(int(PATIENCE / 0.05)):
        if text in said_to(on, user):
            return True
        await asyncio.sleep(0.05)
    return False


def end_reviews(on: Harness) -> None:
    """Have Devin done with all reviews, so that nobody follows them any longer."""
    for review in on.simulated_devin.world.held.reviews:
        review["status"] = "completed"


async def asked_of_devin(on: Harness, since: int) -> list[tuple[str, str]]:
    """The routes that were called since, with their permissions, without what the bot calls by itself."""
    calls = await on.devin.log(since=since)
    routes = {call["route"] for call in calls} - BY_ITSELF
    return sorted((route, PERMISSION_OF.get(route, "")) for route in routes)


async def newest_call(on: Harness) -> int:
    """The number of the last call of Devin's API."""
    calls = await on.devin.log()
    return int(calls[-1]["number"]) if calls else 0
