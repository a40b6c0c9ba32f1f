"""A quarter in an organisation, told from a seed: who works in Slack and elsewhere, and how Devin's bill comes in.

Each billing day has spending at a few instants, some of them minutes before it ends. Its bill comes in right after its
end or days late, is corrected later, has a credit, or says nothing on a day without work.
"""

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from sqlalchemy import text

from tests.recompute import ONE_DAY, billing_day, days_from
from tests.scenarios.ahead import Ahead, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness

OTHER_ORG = "org-data"
Products = dict[str, Decimal]
Coming = tuple[date, date, str | None, Products]
"""When the bill of a day comes in, the day, whose it is (None: the bot's organisation), and the bill."""
BRIDGED = 0.12  # of the days end without the bot, though sessions spend then
NAMES = {ANN: "ann", BEN: "ben", ADA: "ada"}
DIRECT = {ANN: "D0ANN", BEN: "D0BEN", ADA: "D0ADA"}
INSTANTS = ((10, 30), (15, 0), (21, 45), (27, 10), (31, 55))  # of a billing day, in hours and minutes of its date
WAITING = text(
    "SELECT (SELECT count(*) FROM inbox WHERE state = 'open' AND ready_at < :soon)"
    " + (SELECT count(*) FROM outbox WHERE state IN ('open', 'sending') AND next_at < :soon)"
    " + (SELECT count(*) FROM posts WHERE state = 'open' AND next_at < :soon)"
)


@dataclass
class Work:
    """A session that was started in Slack: whose it is, where, until which day it works, and its pull request."""

    devin_id: str
    title: str
    person: str
    channel: str
    ts: str
    until: date
    is_done: bool = False
    pull_request: str | None = None
    is_decided: bool = False  # merged or closed


@dataclass
class Quarter:
    """The story, day by day."""

    on: Harness
    clock: Ahead
    rng: random.Random
    work: list[Work] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    opened: dict[str, tuple[date, str]] = field(default_factory=dict)  # pull requests: day, and the session
    spent: dict[date, Decimal] = field(default_factory=dict)  # by all sessions of the organisation
    to_come: list[Coming] = field(default_factory=list)
    bridged: set[date] = field(default_factory=set)  # days at whose end the bot did not run, though sessions spent
    bridges: bool = False
    kinds: set[str] = field(default_factory=set)  # of days that there were
    _numbers: count = field(default_factory=lambda: count(1))

    # ------------------------------------------------------------ time

    def now(self) -> datetime:
        """The instant that it is for everybody."""
        return datetime.fromtimestamp(self.clock(), UTC)

    async def reach(self, day: date, hour: int, minute: int = 0) -> None:
        """Let the time pass until an instant of a date, whose hours may go on after midnight."""
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)
        self.clock.seconds = at.timestamp() - time.time()

    async def caught_up(self) -> None:
        """Wait until the bot has read sessions, bill and cycle as they are now, and has sent what it has to say."""
        await self._called(list_sessions=3, org_daily=3)
        await until(self._knows_cycle)
        await until(self._is_quiet)

    async def _called(self, **times: int) -> None:
        """Wait until the bot has called routes of Devin so often: whatever was there before was found."""
        counters = self.on.simulated_devin.world.journal.counters
        enough = {route: counters[route] + more for route, more in times.items()}

        async def holds() -> bool:
            return all(counters[route] >= number for route, number in enough.items())

        await until(holds, seconds=180)

    async def _polled(self) -> None:
        await self._called(list_sessions=3)

    async def _knows_cycle(self) -> bool:
        today = billing_day(self.now()).isoformat()
        return any(row["starts"] <= today <= row["ends"] for row in await rows(self.on, "cycles"))

    async def _is_quiet(self) -> bool:
        async with self.on.store.scan() as tx:
            return not (await tx.execute(WAITING, {"soon": self.clock() + 60})).scalar_one()

    # ------------------------------------------------------------ a day

    async def history(self, first: date, last: date) -> None:
        """Say what the bill was on days before anybody worked in Slack."""
        for day in days_from(first, last):
            await self._put(day, None, {"devin": self._some() * 4, "cascade": self._some()})

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
        for hour, minute in sorted(self.rng.sample(INSTANTS[:-1], 2 if works else 0)):
            await self.reach(day, hour, minute)
            await self._work(day)
            await self._polled()
        if evening is not None:
            await self.caught_up()
            await evening()
        if works:
            await self._end(day, bridged=is_bridged)
        await self._bill(day, is_late=is_late, is_quiet=not works)
        await self.reach(day, 32, 10)

    async def _end(self, day: date, *, bridged: bool) -> None:
        if bridged:
            self.bridged.add(day)
            self.kinds.add("bridged")
            await self.on.stop()
        await self.reach(day, *INSTANTS[-1])
        await self._spend(self._working(day), day)
        if bridged:
            await self.reach(day, 32, 5)
            await self._spend(self._working(day), day + ONE_DAY)
            await self.on.start()
        await self._polled()

    async def _work(self, day: date) -> None:
        if not self._working(day) or self.rng.random() < 0.35:
            await self._start(day)
        for one in self.work:
            if one.until < day and not one.is_done:
                one.is_done = True
                await self.on.devin.set(one.devin_id, status="running", status_detail="finished")
        await self._spend(self._working(day), day)
        await self._pull_requests(day)
        if self.rng.random() < 0.5:
            await self._spend_elsewhere(day)

    def _working(self, day: date) -> list[str]:
        return [one.devin_id for one in self.work if one.until >= day]

    async def _start(self, day: date) -> None:
        person, title = self.rng.choice(list(NAMES)), f"task {next(self._numbers)} of the quarter"
        channel = self.rng.choice([GENERAL, WEB, GENERAL, WEB, DIRECT[person]])
        if channel.startswith("D"):
            ts = await self.on.slack.say(person, channel, title)
        else:
            ts = await self.on.mention(title, person, channel)
        devin_id = (await self.on.session(title))["session_id"]
        await self.on.devin.set(devin_id, status="running", status_detail="working")
        await self.on.slack.wait_for_message(channel, "Working", thread_ts=ts)
        self.work.append(Work(devin_id, title, person, channel, ts, day + ONE_DAY * self.rng.randint(0, 5)))

    async def _spend(self, sessions: Sequence[str], day: date) -> None:
        for devin_id in sessions:
            acus = self._some()
            await self.on.devin.spend(devin_id, float(acus))
            self.spent[day] = self.spent.get(day, Decimal()) + acus

    async def _spend_elsewhere(self, day: date) -> None:
        if not self.elsewhere or self.rng.random() < 0.2:
            who = self.rng.choice(["user-eve", "user-fay"])
            self.elsewhere += await self.on.devin.create_sessions(1, prompt="In the web", user_id=who, status="running")
        await self._spend([self.rng.choice(self.elsewhere)], day)

    def _some(self) -> Decimal:
        """An amount of ACUs, from next to nothing to much, with up to six decimals, some of them half a tenth."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.1:
            return Decimal(rng.randint(1, 60)) / 1000
        if kind < 0.3:
            return Decimal(rng.randint(1, 60)) / 20
        return Decimal(rng.randint(10_000, 9_000_000)).scaleb(-6).quantize(Decimal(1).scaleb(-rng.randint(1, 6)))

    # ------------------------------------------------------------ what came of it

    async def _pull_requests(self, day: date) -> None:
        for one in self.work:
            if one.is_done:
                continue
            if one.pull_request is None and self.rng.random() < 0.3:
                one.pull_request = (
                    f"https://github.com/acme/{self.rng.choice(['web', 'api'])}/pull/{next(self._numbers)}"
                )
                await self.on.devin.pr(one.devin_id, one.pull_request)
                self.opened[one.pull_request] = day, one.devin_id
            elif one.pull_request and not one.is_decided and self.rng.random() < 0.4:
                one.is_decided = True
                await self.on.devin.pr(one.devin_id, one.pull_request, self.rng.choice(["merged", "merged", "closed"]))

    # ------------------------------------------------------------ the bill

    async def _bill(self, day: date, *, is_late: bool, is_quiet: bool) -> None:
        """Say what the bill of a day is, and what comes in of earlier days at its end. A quiet day is never listed."""
        if not is_quiet:
            of_other = {"devin": self._some(), "cascade": self._some()}
            bill = {OTHER_ORG: of_other, None: self._products(day)}
            when = day + ONE_DAY * (self.rng.randint(1, 2) if is_late else 0)
            self.to_come.extend((when, day, org_id, products) for org_id, products in bill.items())
        for bill_of_day in [one for one in self.to_come if one[0] == day]:
            self.to_come.remove(bill_of_day)
            await self._put(*bill_of_day[1:])

    def _products(self, day: date) -> Products:
        products = {"devin": self.spent.get(day, Decimal())}
        for name, share in (("cascade", 0.8), ("terminal", 0.3), ("review", 0.5)):
            if self.rng.random() < share:
                products[name] = self._some()
        kind = self.rng.random()
        if kind < 0.15:
            self.kinds.add("corrected")  # within two days
            later = products | {"review": products.get("review", Decimal()) + self._some()}
            self.to_come.append((day + ONE_DAY * self.rng.randint(1, 2), day, None, later))
        elif kind < 0.25:
            self.kinds.add("unnamed")  # something that Devin names no product for
            products["unnamed"] = self._some()
        elif kind < 0.35:
            self.kinds.add("credit")
            products["credit"] = -self._some() * 3
        return products

    async def _put(self, day: date, org_id: str | None, products: Products) -> None:
        written = {name: float(acus) for name, acus in products.items()}
        await self.on.devin.consumption(day.isoformat(), 0.0, org_id=org_id, products=written)
