"""A second opinion on each figure that the bot shows: what Devin's API says, read once and added up by hand.

Nothing of the bot is imported here. What it shows is computed from the raw answers of the API, by what docs/digests.md
and Devin's documents say. Amounts are the decimal numbers that stand in the answers, and no sum is ever rounded.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

ONE_DAY: Final = timedelta(days=1)
BEGINS: Final = time(8)  # UTC: midnight PST, all year
SETTLED: Final = timedelta(hours=1)  # after its end a day counts as finished
FINAL: Final = timedelta(days=3)  # after its end Devin changes a day no more
LOCAL_AGENTS: Final = ("cascade", "terminal")
DONE: Final = ("finished", "inactivity")  # the latter once it sleeps
STALE: Final = timedelta(days=14)  # a pull request that is open for longer counts as one that nobody merges
BOT_TAG: Final = "devin-bridge"
NO_TEAM: Final = "no team"

Bill = Mapping[date, Mapping[str, Decimal]]
"""ACUs by billing day and product; what the products leave of a day's total is `other`."""
Prices = Mapping[date, Decimal]
"""What an ACU costs, by the first day on which it does."""


@dataclass(frozen=True)
class Belongs:
    """What an admin has said: that a tag, a channel or a person belongs to a team from a day on."""

    subject: str
    team: str
    since: date


@dataclass(frozen=True)
class Books:
    """What Devin's API says at an instant of an organisation, of all of them together, and of the bot's sessions."""

    now: datetime
    bill: Bill
    of_all: Bill
    of_each: Mapping[str, Bill]
    spent: Mapping[str, Mapping[date, Decimal]]  # by session
    sessions: Mapping[str, Mapping[str, Any]]  # as the API lists them
    done_on: Mapping[str, date]  # when those that are done were, which the API says only until they change again
    cycles: Sequence[tuple[date, date]]  # by their first and last days
    limit: Decimal | None  # of Devin itself, in the cycle
    limit_of_local_agents: Decimal | None

    # ------------------------------------------------------------ days

    @property
    def today(self) -> date:
        """The billing day that runs."""
        return billing_day(self.now)

    @property
    def newest_finished(self) -> date:
        """The newest day that was over an hour ago."""
        return billing_day(self.now - SETTLED) - ONE_DAY

    def own(self, day: date) -> Decimal:
        """What all sessions of the bot used on a day."""
        return added(of_session.get(day, Decimal()) for of_session in self.spent.values())

    def devin(self, day: date) -> Decimal:
        """What Devin itself, the cloud agent, used on a day by its bill."""
        return self.bill.get(day, {}).get("devin", Decimal())

    def is_in(self, day: date) -> bool:
        """Whether the bill of a day is in: it is listed, or will never be.

        By docs/digests.md not while Devin lists a day not at all, or with less than came through Slack. A day on which
        nothing was used may never be listed, and counts once a later finished day is listed, and at the latest three
        days after its end.
        """
        since_its_end = self.now - ends(day)
        if day in self.bill:
            if self.now < ends(day) + SETTLED and self.devin(day) <= 0:
                return False  # of a day that runs, nothing is no bill yet
            return since_its_end >= ONE_DAY or self.devin(day) >= self.own(day)
        passed_over = any(later > day and self.now >= ends(later) + SETTLED for later in self.bill)
        is_quiet = not self.own(day) and (passed_over or since_its_end >= ONE_DAY)
        return is_quiet or since_its_end >= FINAL

    def missing(self, days: Iterable[date]) -> list[date]:
        """Those of the days whose bill is not in yet."""
        return [day for day in days if not self.is_in(day)]

    def cycle_of(self, day: date) -> tuple[date, date]:
        """The billing cycle that a day is in."""
        return next((first, last) for first, last in self.cycles if first <= day <= last)

    # ------------------------------------------------------------ sessions

    def active(self, days: Sequence[date]) -> dict[str, bool]:
        """The sessions of the bot that were active on the days, and whether they were done by the end of these.

        A session is active from the day on which it was made to that on which it was done, and on the day of the last
        change: later only its pull request changes, once.
        """
        found = {}
        for key, session in self.sessions.items():
            made, changed = (_day_of(session[name]) for name in ("created_at", "updated_at"))
            over = self.done_on.get(key, changed) if session["status_detail"] in DONE else date.max
            if (made <= days[-1] and over >= days[0]) or days[0] <= changed <= days[-1]:
                found[key] = over <= days[-1]
        return found

    def became_of(self, key: str, seen: Mapping[str, datetime]) -> str:
        """The best that has become by now of a session's pull requests, each of which was `seen` at an instant."""
        rows = self.sessions[key]["pull_requests"]
        found = {"stale" if self._is_stale(row, seen) else row["pr_state"] for row in rows}
        return next((state for state in ("merged", "open", "stale", "closed") if state in found), "none")

    def _is_stale(self, row: Mapping[str, Any], seen: Mapping[str, datetime]) -> bool:
        return row["pr_state"] == "open" and self.now - seen[row["pr_url"]] > STALE

    def wasted(
        self, days: Sequence[date], seen: Mapping[str, datetime], questions: Collection[str]
    ) -> dict[str, dict[str, Decimal]]:
        """What each session used on the days that is over by now and that nobody will merge, by what became of it.

        How long a pull request has been open is not in the API, so that it is told when it was `seen`; of plain
        `questions` none comes.
        """
        used = self.by_session(days)
        found: dict[str, dict[str, Decimal]] = {"none": {}, "closed": {}, "stale": {}}
        for key in self.active(days):
            became = self.became_of(key, seen)
            is_over = self.sessions[key]["status_detail"] in DONE
            if is_over and became in found and not (became == "none" and key in questions):
                found[became][key] = used.get(key, Decimal())
        return found

    # ------------------------------------------------------------ sums over days

    def total(self, days: Iterable[date]) -> Decimal:
        """What Devin billed on the days."""
        return added(added(self.bill.get(day, {}).values()) for day in days)

    def through_slack(self, days: Iterable[date]) -> Decimal:
        """What the bot's sessions used on the days."""
        return added(self.own(day) for day in days)

    def by_session(self, days: Sequence[date]) -> dict[str, Decimal]:
        """What each session of the bot used on the days, without those that used nothing."""
        sums = {key: added(spent.get(day, Decimal()) for day in days) for key, spent in self.spent.items()}
        return {key: acus for key, acus in sums.items() if acus}

    def grouped(self, days: Sequence[date], group: Mapping[str, str]) -> dict[str, Decimal]:
        """The same by what each session belongs to, such as a person or a channel."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for key, acus in self.by_session(days).items():
            sums[group[key]] += acus
        return dict(sums)

    def in_teams(self, days: Sequence[date], team: Callable[[str, date], str]) -> dict[str, Decimal]:
        """The same by the `team` that each session counted in on each day."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for key, spent in self.spent.items():
            for day in days:
                sums[team(key, day)] += spent.get(day, Decimal())
        return {name: acus for name, acus in sums.items() if acus}

    def by_product(self, days: Iterable[date], bill: Bill | None = None) -> dict[str, Decimal]:
        """What each product used on the days by a bill, which is that of the organisation if none is given."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for day in days:
            for product, acus in (self.bill if bill is None else bill).get(day, {}).items():
                sums[product] += acus
        return {product: acus for product, acus in sums.items() if acus}

    def by_limit(self, days: Iterable[date]) -> dict[str, Decimal]:
        """What Devin itself, the local agents together and each other product used on the days."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for product, acus in self.by_product(days).items():
            name = {"devin": "Devin"} | dict.fromkeys(LOCAL_AGENTS, "local agents")
            sums[name.get(product, product)] += acus
        return dict(sums)

    def cost(self, days: Iterable[date], prices: Prices) -> Decimal:
        """What Devin's bill for the days comes to in money."""
        return money({day: self.total([day]) for day in days}, prices)

    def cost_of(self, sessions: Iterable[str], days: Sequence[date], prices: Prices) -> Decimal:
        """What comes to in money what some sessions used on the days."""
        spent = [self.spent[key] for key in sessions]
        return added(money({day: of.get(day, Decimal()) for day in days}, prices) for of in spent)

    def of_budget(self, days: Iterable[date]) -> Decimal:
        """What a budget of the organisation has used: what Devin billed for itself, or our own count without a bill.

        While a bill is not in yet, the greater one counts.
        """
        return added(self.devin(day) if day in self.bill and self.is_in(day) else self._at_least(day) for day in days)

    def _at_least(self, day: date) -> Decimal:
        return max(self.devin(day), self.own(day))

    def usual(self, day: date) -> Decimal | None:
        """What a day like this one takes: the median of four same weekdays, else the mean of the seven days before."""
        before = [day - ONE_DAY * back for back in range(1, 29)]
        used = [earlier for earlier in before if self.is_in(earlier) and self.total([earlier]) > 0]
        first = min(used, default=date.max)
        same = [self.total([on]) for on in before[6::7] if on >= first and self.is_in(on)]
        if len(same) == len(before[6::7]):
            return Decimal(median(same))
        if self.missing(before[:7]):
            return None
        return self.total(before[:7]) / 7


# ---------------------------------------------------------------- days and numbers


def billing_day(at: datetime) -> date:
    """The billing day of an instant."""
    return (at.astimezone(UTC) - timedelta(hours=BEGINS.hour)).date()


def ends(day: date) -> datetime:
    """The instant at which a billing day is over."""
    return datetime.combine(day + ONE_DAY, BEGINS, UTC)


def days_from(first: date, last: date) -> list[date]:
    """All days from one to another."""
    return [first + ONE_DAY * ahead for ahead in range((last - first).days + 1)]


def digest_comes(day: date, at: time, zone: str) -> datetime:
    """When the daily digest about a billing day comes: the first time it is `at` in a zone once the day is finished."""
    finished = ends(day) + SETTLED
    dates = [finished.astimezone(ZoneInfo(zone)).date() + ONE_DAY * ahead for ahead in (-1, 0, 1, 2)]
    times = [datetime.combine(on, at, ZoneInfo(zone)).astimezone(UTC) for on in dates]
    return min(instant for instant in times if instant >= finished)


def added(amounts: Iterable[Decimal]) -> Decimal:
    """Add amounts up."""
    return sum(amounts, Decimal())


def tenths(acus: Decimal) -> Decimal:
    """Round to one decimal, a half up and away from zero, as on an invoice."""
    return acus.quantize(Decimal("0.1"), ROUND_HALF_UP)


def hundredths(amount: Decimal) -> Decimal:
    """Round to two decimals, a half up and away from zero."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def money(acus: Mapping[date, Decimal], prices: Prices) -> Decimal:
    """What the ACUs of days cost, each day's by the price of that day."""
    return added(of_day * prices[max(since for since in prices if since <= day)] for day, of_day in acus.items())


def percent(part: Decimal, whole: Decimal) -> int:
    """How many whole percent of it: 100 means all of it."""
    return int(part * 100 / whole)


def counts_in(told: Sequence[Belongs], day: date, tags: Iterable[str], channel: str, person: str) -> str:
    """The team in which what a session used on a day counts, by all that was `told`, the latest last.

    By docs/usage.md it is that of its tag, otherwise of its channel, otherwise of the person who started it.
    """
    for subject in (*tags, channel, person):
        for one in reversed(told):
            if one.subject == subject and one.since <= day:
                return one.team
    return NO_TEAM


# ---------------------------------------------------------------- reading


async def read_books(
    url: str,
    key: str,
    org_id: str,
    now: float,
    first: date,
    done_on: Mapping[str, date],
    before: Books | None = None,
) -> Books:
    """Ask the API for everything since the billing day `first`, at the instant `now`.

    Of a day that it does not list, it does not say what a session used either. Then that is what the total of the
    session has grown by since the reading `before`, if that was on the same day.
    """
    moment = datetime.fromtimestamp(now, UTC)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        raw = _Raw(http, first, billing_day(moment))
        own, orgs = f"/v3/organizations/{org_id}", await raw.items("/v3/enterprise/organizations")
        sessions = {
            row["session_id"]: row for row in await raw.items(f"{own}/sessions") if BOT_TAG in (row["tags"] or ())
        }
        bill = await raw.bill(f"{own}/consumption/daily")
        spent = {one: await raw.days(f"{own}/consumption/daily/sessions/devin-{one}") for one in sessions}
        for one, days in _unlisted(sessions, bill, before).items():
            spent[one] |= days
        (limited,) = [row for row in orgs if row["org_id"] == org_id]
        return Books(
            now=moment,
            bill=bill,
            of_all=await raw.bill("/v3/enterprise/consumption/daily"),
            of_each={
                row["org_id"]: await raw.bill(f"/v3/enterprise/consumption/daily/organizations/{row['org_id']}")
                for row in orgs
            },
            spent=spent,
            sessions=sessions,
            done_on=done_on,
            cycles=await raw.cycles(),
            limit=limited["max_cycle_acu_limit"] and Decimal(limited["max_cycle_acu_limit"]),
            limit_of_local_agents=await raw.limit_of_local_agents(org_id),
        )


def _unlisted(sessions: Mapping[str, Any], bill: Bill, before: Books | None) -> dict[str, dict[date, Decimal]]:
    """What sessions used on days that are not listed."""
    if before is None:
        return {}
    found: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for one, days in before.spent.items():
        found[one] = {day: acus for day, acus in days.items() if day not in bill}
    for one, session in sessions.items():
        grown = _acus(session) - (_acus(before.sessions[one]) if one in before.sessions else 0)
        if grown and before.today not in bill:
            found[one][before.today] = found[one].get(before.today, Decimal()) + grown
    return found


def _day_of(timestamp: float) -> date:
    return billing_day(datetime.fromtimestamp(timestamp, UTC))


def _acus(session: Mapping[str, Any]) -> Decimal:
    return Decimal(session["acus_consumed"])


class _Raw:
    """The answers of the API, with each number as it is written there."""

    def __init__(self, http: httpx.AsyncClient, first: date, last: date) -> None:
        self._http, self._first, self._last = http, first, last

    async def ask(self, path: str, **query: Any) -> Any:
        answer = await self._http.get(path, params=query)
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)

    async def items(self, path: str) -> list[Any]:
        """All pages of a list."""
        found, more = [], {}
        while True:
            page = await self.ask(path, first=100, **more)
            found += page["items"]
            if not page["has_next_page"]:
                return found
            more = {"after": page["end_cursor"]}

    async def bill(self, path: str) -> Bill:
        """What was billed by day and product, asked for a month at a time."""
        bill: dict[date, dict[str, Decimal]] = {}
        for row in await self._daily(path):
            products = {name: Decimal(acus) for name, acus in row["acus_by_product"].items() if acus}
            rest = Decimal(row["acus"]) - added(products.values())
            bill[_day_of(row["date"])] = products | ({"other": rest} if rest else {})
        return bill

    async def days(self, path: str) -> dict[date, Decimal]:
        """What was billed by day."""
        rows = await self._daily(path)
        return {_day_of(row["date"]): Decimal(row["acus"]) for row in rows}

    async def _daily(self, path: str) -> list[Any]:
        rows = []
        for begin in days_from(self._first, self._last)[::30]:
            span = {
                "time_after": int(ends(begin - ONE_DAY).timestamp()),
                "time_before": int(ends(begin + 29 * ONE_DAY).timestamp()),
            }
            rows += (await self.ask(path, **span))["consumption_by_date"]
        return rows

    async def cycles(self) -> list[tuple[date, date]]:
        """The first and the last day of each billing cycle."""
        found = await self.items("/v3/enterprise/consumption/cycles")
        instants = [(cycle["after"], cycle["before"] - 1) for cycle in found]
        return [tuple(map(_day_of, ends)) for ends in instants]

    async def limit_of_local_agents(self, org_id: str) -> Decimal | None:
        limits = await self.ask(f"/v3beta1/enterprise/organizations/{org_id}/consumption/acu-limits")
        found = limits.get("local_agent")
        return found and Decimal(found["cycle_acu_limit"])
