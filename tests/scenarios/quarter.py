"""A quarter in two organisations, told from a seed: who works in Slack and elsewhere, and how Devin's bill comes in.

Each billing day has spending at a few instants, some of them minutes before it ends. Its bill comes in right after its
end or days late, is corrected later, has a credit, or says nothing on a day without work. Now and then somebody asks
for one session in each organisation, Devin lowers what a session has used, or a pull request is merged after its
session was done. People and channels are in teams, somebody is moved, and somebody is forgotten.
"""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile

from sqlalchemy import text

from bot.features import TABLES
from bot.kernel.upkeep.erase import Erasure
from bot.playground.devin.journal import Entry
from bot.store.database.connection import Database
from tests.recompute import BOT_TAG, ONE_DAY, SETTLED, Belongs, billing_day, days_from
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness

Products = dict[str, Decimal]
Coming = tuple[date, date, Products]
"""When the bill of a day comes in, the day, and the bill."""
Question = tuple[str, str, str]
"""What the bot asks Devin: a route, a path, and the tag of the sessions that are to be listed."""
BRIDGED = 0.12  # of the days end without the bot, though sessions spend then
LOWERED = 0.25  # of the days have a session that Devin says less of than before
FANNED_OUT = 0.15  # of the instants of work are those at which a fan-out begins
URGENT = "urgent"  # a tag
NAMES = {ANN: "ann", BEN: "ben", ADA: "ada"}
DIRECT = {ANN: "D0ANN", BEN: "D0BEN", ADA: "D0ADA"}
INSTANTS = ((10, 30), (15, 0), (21, 45), (27, 10), (31, 55))  # of a billing day, in hours and minutes of its date
TO_ASK = text(  # days of sessions that Devin is to be asked about by now
    "SELECT count(*) FROM spend WHERE acus > 0 AND ask_at <= :now AND coalesce(used_since, day) <= :finished"
)
WAITING = text(
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'open' AND lane NOT LIKE 'in:fanout:%' AND ready_at < :soon)"
    " + (SELECT count(*) FROM outbox WHERE state IN ('open', 'sending') AND next_at < :soon)"
    # What an agent's thread says below it has no figures, and is said again and again.
    " + (SELECT count(*) FROM posts WHERE state = 'open' AND next_at < :soon AND key NOT LIKE 'agent:%')"
)


@dataclass
class Work:
    """A session that was started in Slack: whose it is, where, until which day it works, and its pull request."""

    devin_id: str
    title: str
    team: str  # the workspace
    person: str
    channel: str
    ts: str | None  # of its thread; None of a session of a fan-out, by whose `reference` the bot finds it
    until: date
    reference: str | None = None
    tags: tuple[str, ...] = ()
    asks: bool = False  # it is a plain question
    done_on: date | None = None
    used: dict[date, Decimal] = field(default_factory=dict)
    lowered_from: Decimal = Decimal()  # the most that Devin has ever lowered
    pull_request: str | None = None
    decided_on: date | None = None  # when that was merged or closed

    @property
    def is_done(self) -> bool:
        """Whether Devin has finished it."""
        return self.done_on is not None


@dataclass
class Organisation:
    """One of the two: who works in it, in Slack and elsewhere, and what it is billed."""

    on: Harness  # of the workspace whose sessions are in it
    team: str  # that workspace
    id: str
    rng: random.Random
    numbers: Iterator[int]  # of tasks and pull requests
    kinds: set[str]  # of days that there were
    gone: set[str]  # people who were forgotten
    work: list[Work] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    opened: dict[str, tuple[datetime, Work]] = field(default_factory=dict)  # pull requests
    spent: dict[date, Decimal] = field(default_factory=dict)  # by all of its sessions
    to_come: list[Coming] = field(default_factory=list)

    # ------------------------------------------------------------ work

    async def works(self, day: date) -> None:
        """Start sessions, and let all spend that work."""
        if not self._working(day) or self.rng.random() < 0.35:
            await self._start(day)
        await self.spends(day)
        await self._pull_requests()
        if self.rng.random() < 0.5:
            await self._spend_elsewhere(day)

    async def ends(self, ending: Sequence[Work]) -> None:
        """Let Devin finish those of the sessions that it has not finished yet."""
        for one in [one for one in ending if not one.is_done]:
            one.done_on = billing_day(self._now())
            await self.on.devin.set(one.devin_id, status="running", status_detail="finished")

    async def spends(self, day: date) -> None:
        """Let each session that works on a day spend something, on the day that it is now."""
        for one in self._working(day):
            await self._spend(one.devin_id, one)

    def _working(self, day: date) -> list[Work]:
        return [one for one in self.work if one.until >= day and not one.is_done]

    def done_on(self) -> dict[str, date]:
        """On which days the sessions were done that are."""
        return {one.devin_id: one.done_on for one in self.work if one.done_on is not None}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.on.clock(), UTC)

    async def _start(self, day: date) -> None:
        person, title = self.rng.choice([one for one in NAMES if one not in self.gone]), self.task()
        channel = self.rng.choice([GENERAL, WEB, GENERAL, WEB, DIRECT[person]])
        asks, tags = self.rng.random() < 0.2, (URGENT,) if self.rng.random() < 0.2 else ()
        asked = " ".join([*(f"tags={tag}" for tag in tags), f"How does one {title}?" if asks else title])
        if channel.startswith("D"):
            ts = await self.on.slack.say(person, channel, asked)
        else:
            ts = await self.on.mention(asked, person, channel)
        devin_id = (await self.on.session(title))["session_id"]
        await self.on.devin.set(devin_id, status="running", status_detail="working")
        await self.on.slack.wait_for_message(channel, "Working", thread_ts=ts)
        until_day = day + ONE_DAY * self.rng.randint(0, 5)
        self.work.append(Work(devin_id, title, self.team, person, channel, ts, until_day, tags=tags, asks=asks))

    def task(self) -> str:
        """A task that nobody has given to Devin yet."""
        return f"fix bug {next(self.numbers)} of the quarter"

    async def _spend(self, devin_id: str, work: Work | None = None) -> None:
        day, acus = billing_day(self._now()), self._some()
        await self.on.devin.spend(devin_id, float(acus))
        self.spent[day] = self.spent.get(day, Decimal()) + acus
        if work is not None:
            work.used[day] = work.used.get(day, Decimal()) + acus

    async def lowers(self, day: date) -> None:
        """Have Devin say less of a session, by half of what it has used today."""
        working = [one for one in self._working(day) if one.used.get(day)]
        if not working:
            return
        one = self.rng.choice(working)
        acus = (one.used[day] / 2).quantize(Decimal("0.000001"))
        if acus:
            self.kinds.add("lowered")
            one.lowered_from = max(one.lowered_from, sum(one.used.values(), Decimal()))
            await self.on.devin.lower(one.devin_id, float(acus), day.isoformat())
            one.used[day] -= acus
            self.spent[day] -= acus

    async def _spend_elsewhere(self, day: date) -> None:
        if not self.elsewhere or self.rng.random() < 0.2:
            who = self.rng.choice(["user-eve", "user-fay"])
            facts = {"prompt": "In the web", "user_id": who, "org_id": self.id, "status": "running"}
            self.elsewhere += await self.on.devin.create_sessions(1, **facts)
        await self._spend(self.rng.choice(self.elsewhere))

    def _some(self) -> Decimal:
        """An amount of ACUs, from next to nothing to much, with up to six decimals, some of them half a tenth."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            return Decimal(rng.randint(1, 60)) / 1000
        if kind < 0.3:
            return Decimal(rng.randint(1, 60)) / 20
        return Decimal(rng.randint(10_000, 9_000_000)).scaleb(-6).quantize(Decimal(1).scaleb(-rng.randint(1, 6)))

    async def _pull_requests(self) -> None:
        """Open some, and merge or close others, also of sessions in threads that are done."""
        for one in self.work:
            if one.pull_request is None and not one.is_done and self.rng.random() < 0.3:
                one.pull_request = (
                    f"https://github.com/acme/{self.rng.choice(['web', 'api'])}/pull/{next(self.numbers)}"
                )
                await self.on.devin.pr(one.devin_id, one.pull_request)
                self.opened[one.pull_request] = self._now(), one
            elif one.pull_request and one.decided_on is None and self._is_decided_now(one):
                one.decided_on = billing_day(self._now())
                await self.on.devin.pr(one.devin_id, one.pull_request, self.rng.choice(["merged", "merged", "closed"]))

    def _is_decided_now(self, one: Work) -> bool:
        if not one.is_done:
            return self.rng.random() < 0.4
        is_theirs = one.ts is not None and one.person not in self.gone and self.rng.random() < 0.15
        self.kinds |= {"merged later"} if is_theirs else set()
        return is_theirs

    # ------------------------------------------------------------ the bill

    async def history(self, first: date, last: date) -> None:
        """Say what the bill was on days before anybody worked in Slack."""
        for day in days_from(first, last):
            await self._put(day, {"devin": self._some() * 4, "cascade": self._some()})

    def is_billed(self, day: date, comes: date) -> None:
        """Say what the bill of a day is, and on which day it comes in."""
        self.to_come.append((comes, day, self._products(day)))

    async def gets_bills(self, day: date) -> None:
        """Let those bills come in that come at the end of a day."""
        for coming in [one for one in self.to_come if one[0] == day]:
            self.to_come.remove(coming)
            await self._put(*coming[1:])

    def _products(self, day: date) -> Products:
        products = {"devin": self.spent.get(day, Decimal())}
        for name, share in (("cascade", 0.8), ("terminal", 0.3), ("review", 0.5)):
            if self.rng.random() < share:
                products[name] = self._some()
        kind = self.rng.random()
        if kind < 0.15:
            self.kinds.add("corrected")  # within two days
            later = products | {"review": products.get("review", Decimal()) + self._some()}
            self.to_come.append((day + ONE_DAY * self.rng.randint(1, 2), day, later))
        elif kind < 0.25:
            self.kinds.add("unnamed")  # something that Devin names no product for
            products["unnamed"] = self._some()
        elif kind < 0.35:
            self.kinds.add("credit")
            products["credit"] = -self._some() * 3
        return products

    async def _put(self, day: date, products: Products) -> None:
        written = {name: float(acus) for name, acus in products.items()}
        await self.on.devin.consumption(day.isoformat(), 0.0, org_id=self.id, products=written)


@dataclass
class Quarter:
    """The story, day by day. One bot works for all organisations, and fan-outs are asked for in the first one's."""

    first: date
    clock: Ahead
    rng: random.Random
    organisations: Sequence[Organisation]
    kinds: set[str]
    gone: set[str]
    bridges: bool = False
    told: list[Belongs] = field(default_factory=list)  # who and what belongs to which team
    bridged: set[date] = field(default_factory=set)  # days at whose end the bot did not run, though sessions spent

    @property
    def on(self) -> Harness:
        """The bot, with the workspace of the first organisation."""
        return self.organisations[0].on

    # ------------------------------------------------------------ time

    def now(self) -> datetime:
        """The instant that it is for everybody."""
        return datetime.fromtimestamp(self.clock(), UTC)

    async def reach(self, day: date, hour: int, minute: int = 0) -> None:
        """Let the time pass until an instant of a date, whose hours may go on after midnight."""
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
        # It passes: a clock that is set is something else, which the bot notices and puts right.
        self.clock.put(max(at.timestamp() - self.clock(), 0.0))

    async def caught_up(self) -> None:
        """Wait until the bot has read sessions, bill and cycle as they are now, and has sent what it has to say."""
        bills = [("org_daily", f"/v3/organizations/{one.id}/consumption/daily", "") for one in self.organisations]
        # The bill is read for a digest too, beside the reading that comes again and again.
        await self._asked_again(self._lists() | dict.fromkeys(bills, 3))
        await until(self._knows_cycles, seconds=180)
        await until(self._is_quiet, seconds=180)

    async def settled(self) -> None:
        """Wait until the bot knows on which of the finished days its sessions used what."""
        await self._polled()
        await until(self._knows_days, seconds=180)

    async def _polled(self) -> None:
        """Wait until the bot has seen what the sessions have spent, and which of them are over."""
        await self._asked_again(self._lists())
        await until(self._follows_fan_outs, seconds=180)
        await until(self._knows_decisions, seconds=180)

    def _lists(self) -> dict[Question, int]:
        """What the bot asks about sessions that are not over, by organisation and by fan-out too, and how often.

        The second time it has dealt with what it read the first time.
        """
        running = [(org.id, one) for org in self.organisations for one in org.work if not one.is_done]
        tags = {(org_id, one.reference or BOT_TAG) for org_id, one in running}
        return {("list_sessions", f"/v3/organizations/{org_id}/sessions", tag): 2 for org_id, tag in tags}

    async def _asked_again(self, questions: Mapping[Question, int]) -> None:
        """Wait until each question was asked so often."""
        journal = self.on.simulated_devin.world.journal
        since = journal.number

        async def holds() -> bool:
            new = takewhile(lambda entry: entry.number > since, reversed(journal.entries))
            asked = Counter(map(_question, new))
            return all(asked[question] >= times for question, times in questions.items())

        await until(holds, seconds=180)

    async def _follows_fan_outs(self) -> bool:
        """Whether the bot follows those fan-outs alone whose sessions are not over."""
        working = {one.reference for org in self.organisations for one in org.work if one.reference and not one.is_done}
        return len(await rows(self.on, "fan_outs", state="running")) == len(working)

    async def _knows_decisions(self) -> bool:
        """Whether the bot has seen which pull requests are merged or closed."""
        known = {row["url"] for row in await rows(self.on, "pull_requests") if row["merged_at"] or row["closed_at"]}
        return known >= {one.pull_request for org in self.organisations for one in org.work if one.decided_on}

    async def _knows_days(self) -> bool:
        """Whether the bot has asked Devin on which of the finished days its sessions used what."""
        at = {"now": self.clock(), "finished": (billing_day(self.now() - SETTLED) - ONE_DAY).isoformat()}
        async with self.on.store.scan() as tx:
            return not (await tx.execute(TO_ASK, at)).scalar_one()

    async def _knows_cycles(self) -> bool:
        today = billing_day(self.now()).isoformat()
        known = {row["org_id"] for row in await rows(self.on, "cycles") if row["starts"] <= today <= row["ends"]}
        return known >= {one.id for one in self.organisations}

    async def _is_quiet(self) -> bool:
        self.clock.put(1)  # what is paced comes the sooner
        async with self.on.store.scan() as tx:
            return not (await tx.execute(WAITING, {"soon": self.clock() + 60})).scalar_one()

    # ------------------------------------------------------------ a day

    async def day(self, day: date, evening: Callable[[], Awaitable[None]] | None = None) -> None:
        """Play a billing day up to ten past eight of the next date, with its bill if that comes in at once.

        What is to be done while it runs is its `evening`. On some days nobody works. On some the bot is stopped before
        the end, and started after it.
        """
        chances = [self.rng.random() for _ in range(3)]
        # On a day that begins without the bot sessions spend, and what is listed once stays listed.
        began_without = day - ONE_DAY in self.bridged
        works, is_bridged = began_without or chances[0] < 0.9, self.bridges and chances[1] < BRIDGED
        is_late = not began_without and (not works or (chances[2] < 0.15 and not is_bridged))
        self.kinds |= {name for name, there in (("quiet", not works), ("late", is_late and works)) if there}
        if is_late:
            await self.on.devin.consumption(day.isoformat(), None)
        if works:
            await self._work(day)
        if evening is not None:
            await self.caught_up()
            await evening()
        if works:
            await self._end(day, bridged=is_bridged, lowers=not is_late and not is_bridged)
        comes = day + ONE_DAY * (self.rng.randint(1, 2) if is_late else 0)
        for one in self.organisations:
            if works:  # a quiet day is never listed
                one.is_billed(day, comes)
            await one.gets_bills(day)
        await self.reach(day, 32, 10)

    async def _work(self, day: date) -> None:
        for hour, minute in sorted(self.rng.sample(INSTANTS[:-1], 2)):
            await self.reach(day, hour, minute)
            for one in self.organisations:
                await one.works(day)
            if self.rng.random() < FANNED_OUT:
                await self._fan_out(day)
                await self._polled()
        for one in self.organisations:
            await one.ends([session for session in one.work if session.until < day])
        await self._polled()

    async def _end(self, day: date, *, bridged: bool, lowers: bool) -> None:
        if bridged:
            self.bridged.add(day)
            self.kinds.add("bridged")
            await self.on.stop()
        await self.reach(day, *INSTANTS[-1])
        await self._spend(day)
        if bridged:
            await self.reach(day, 32, 5)
            await self._spend(day)
            await self.on.start()
        await self._polled()
        lowering = [one for one in self.organisations if lowers and self.rng.random() < LOWERED]
        for one in lowering:
            await one.lowers(day)
        if lowering:
            await self._polled()

    async def _spend(self, day: date) -> None:
        for one in self.organisations:
            await one.spends(day)

    # ------------------------------------------------------------ people

    async def belongs(self, subject: str, team: str, since: date) -> None:
        """Have an admin of each workspace say that a person, a channel or a tag belongs to a team from a day on."""
        member = {WEB: f"<#{WEB}>", URGENT: f"tag:{URGENT}"}.get(subject, f"<@{subject}>")
        for one in self.organisations:
            answer = await one.on.slack.slash(ADA, GENERAL, f"team add {team} {member} from {since}")
            assert "This counts from" in answer["shown"]["rendered"]
        self.told.append(Belongs(subject, team, since))

    async def forgets(self, person: str) -> None:
        """Have Devin finish all that somebody asked for, and then forget the person."""
        self.kinds.add("forgotten")
        for one in self.organisations:
            await one.ends([session for session in one.work if session.person == person])

        async def is_seen() -> bool:
            theirs = await rows(self.on, "sessions", requester=person)
            return {row["outcome"] for row in theirs} <= {"done"}

        await until(is_seen, seconds=180)
        await self.caught_up()
        await self.on.stop()
        self.gone.add(person)
        store = Database(self.on.environment["DATABASE_URL"], self.clock)
        await Erasure(store, TABLES, lease=30.0).person(person)
        await store.close()
        await self.on.start()

    # ------------------------------------------------------------ fan-outs

    async def _fan_out(self, day: date) -> None:
        """Ada asks for a session in each organisation."""
        on, title, until_day = self.on, self.organisations[0].task(), day + ONE_DAY * self.rng.randint(0, 2)
        self.kinds.add("fan-out")
        channel = self.rng.choice([GENERAL, WEB])
        await on.slack.slash(ADA, channel, f"fanout {title} orgs=all")
        preview = await on.slack.wait_for_ephemeral(ADA, title)
        await on.slack.click(ADA, channel, preview["ts"], "choose:start_fan_out")
        made = {one["org_id"]: one for one in await on.devin.wait_for_sessions(title, len(self.organisations))}
        for org in self.organisations:
            devin_id, (_, reference) = made[org.id]["session_id"], made[org.id]["tags"]
            await on.devin.set(devin_id, status="running", status_detail="working")
            team = self.organisations[0].team
            org.work.append(Work(devin_id, title, team, ADA, channel, None, until_day, reference))


def _question(entry: Entry) -> Question:
    """What a call asks."""
    tags = [value for name, value in entry.query if name == "tags"]
    return entry.route, entry.path, ",".join(tags)
