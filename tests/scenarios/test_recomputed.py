"""Each figure is the one that Devin's API gives: a quarter is played, and an independent recomputation adds it up.

`tests/recompute.py` reads the API and knows nothing of the bot. What the bot answers is read from its texts, tables and
files. A total is the same to the last digit; the parts that are shown with it add up to it, and none of them is a whole
digit off; in a file each amount is exact.
"""

import random
import re
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.features.usage.part_names import HIDDEN_REPOSITORY
from bot.timing import Timing
from tests.recompute import (
    ONE_DAY,
    Books,
    added,
    days_from,
    digest_comes,
    ends,
    percent,
    read_books,
    tenths,
)
from tests.scenarios.ahead import Ahead, until
from tests.scenarios.figures_shown import (
    ACUS,
    PRIVATE,
    Compared,
    Rows,
    amount,
    cycle_in,
    file_rows,
    most_in,
    name_of,
    named,
    rows_in,
    split_in,
    tables_in,
    total_in,
)
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import set_budget
from tests.scenarios.quarter import DIRECT, NAMES, OTHER_ORG, Quarter, Work

pytestmark = pytest.mark.timing(
    digest_tick=0.3,
    budgets=0.3,
    consumption_interval=0.5,
    consumption_backfill=0.1,
    idle_tick=0.3,
    progress_interval=0.2,
    operation_message=0.05,
)

# What is left out of the comparison.
BRIDGED = "a day at whose end the bot did not run is *about* right until Devin has said which days its sessions used"
FORECASTS = r"(?:,| ·) forecast[^·\n]*(?=·|$)"  # they follow no plain sum

ZONE, AT = "Europe/London", time(9, 30)  # in summer before the hour at which a day is finished, in winter after it
KEY, ORG = "cog_play", "org-play"
LIMIT, LIMIT_OF_LOCAL_AGENTS = 700, 90  # ACUs in a cycle
ALL_KINDS = {"quiet", "late", "bridged", "corrected", "unnamed", "credit"}  # of days; each stretch has them
BUDGETS = {"org": (9000, "cycle"), "each-person": (3000, "week"), f"<#{WEB}>": (1000, "day")}


def _repository(work: Work, *, hidden: bool) -> str:
    if hidden:
        return HIDDEN_REPOSITORY
    return "/".join(work.pull_request.split("/")[3:5]) if work.pull_request else "no repository known"


class Checks:
    """Compares what a bot shows at an instant with the books."""

    def __init__(self, on: Harness, quarter: Quarter, books: Books, compared: Compared) -> None:
        self.on, self.quarter, self.books, self.compared = on, quarter, books, compared
        self.at = f"{books.now:%d %b %H:%M}"
        work = {one.devin_id: one for one in quarter.work}
        is_direct = {key: one.channel.startswith("D") for key, one in work.items()}
        self.people = {key: NAMES[one.person] for key, one in work.items()}
        self.channels = {key: "direct messages" if is_direct[key] else f"<#{one.channel}>" for key, one in work.items()}
        self.titles = {key: PRIVATE if is_direct[key] else one.title for key, one in work.items()}
        self.private = {one.title: PRIVATE for key, one in work.items() if is_direct[key]}
        self.repositories = {key: _repository(one, hidden=is_direct[key]) for key, one in work.items()}
        # Ada, who asks, may see what is in her own direct messages.
        self.for_ada = {key: _repository(one, hidden=is_direct[key] and one.person != ADA) for key, one in work.items()}

    async def asked(self, command: str, user: str = ADA) -> str:
        """What somebody reads at once who types a command; typed again where a busy machine was too slow for Slack."""
        for _ in range(5):
            if shown := (await self.on.slack.slash(user, GENERAL, command))["shown"]:
                return str(shown["rendered"])
        raise TimeoutError(command)

    def knows(self, days: Sequence[date]) -> bool:
        """Whether the bot can know what the sessions used on these days, and so whether the bills are in."""
        fresh = {day for day in days if self.books.now < ends(day) + timedelta(days=1)}
        if self.quarter.bridged & (fresh | {day - ONE_DAY for day in fresh}):
            self.compared.except_for(BRIDGED)
            return False
        return True

    # ------------------------------------------------------------ usage

    async def usage(self, period: str, days: Sequence[date]) -> None:
        """The answer in sum: the total, what came through Slack, the cycle, and the sessions that used most."""
        what, books = f"{self.at} usage {period}", self.books
        if not self.knows(days):
            return
        shown = await self.asked(f"usage {period}")
        self._sums(what, shown, days)
        self._most(what, shown, books.by_session(days).values())
        if days[-1] == books.newest_finished or period == "today":
            self._cycle(what, shown, days[-1])

    def _most(self, what: str, shown: str, exact: Iterable[Decimal]) -> None:
        """The sessions that used most, which are rounded with the rest, so that each is less than a digit off."""
        found, most = most_in(shown), sorted(exact, reverse=True)[:5]
        is_near = len(found) == len(most) and all(
            abs(acus - one) < Decimal("0.1") for acus, one in zip(found, most, strict=True)
        )
        self.compared.same(f"{what}, most {found} for {most}", is_near, True)

    def _sums(self, what: str, shown: str, days: Sequence[date]) -> None:
        """The total, and what came through Slack and from elsewhere, if all bills are in."""
        books, own = self.books, self.books.through_slack(days)
        if books.missing(days):
            self.compared.same(f"{what}, not in yet", "is not in yet" in shown, True)
            self.compared.same(f"{what}, own", f"*{_shown(own)}* through Slack" in shown, True)
            return
        total = tenths(books.total(days))
        self.compared.same(f"{what}, total", total_in(shown), total)
        if total and own <= books.total(days):
            exact = {"slack": own, "elsewhere": books.total(days) - own}
            self.compared.parts(f"{what}, split", split_in(shown), exact, total)

    def _cycle(self, what: str, shown: str, day: date) -> None:
        books = self.books
        days = days_from(books.cycle_of(day)[0], day)
        if missing := books.missing(days):
            days = days_from(days[0], missing[0] - ONE_DAY)
        found = cycle_in(re.sub(FORECASTS, " ", shown, flags=re.MULTILINE), books, day)
        if not days or not self.knows(days):
            return
        used = {"Devin": Decimal()} | books.by_limit(days)
        self.compared.same(f"{what}, cycle", found is None, False)
        if found is None:
            return
        self.compared.same(f"{what}, cycle in all", found.in_all, tenths(added(used.values())))
        self.compared.parts(f"{what}, cycle", found.parts, used, tenths(added(used.values())))
        limits = {"Devin": Decimal(LIMIT), "local agents": Decimal(LIMIT_OF_LOCAL_AGENTS)}
        expected = {
            name: (acus, percent(used.get(name, Decimal()), acus))
            for name, acus in limits.items()
            if name == "Devin" or name in used
        }
        self.compared.same(f"{what}, limits", dict(found.limits), expected)

    # ------------------------------------------------------------ divided

    def divisions(self, days: Sequence[date]) -> dict[str, dict[str, Decimal]]:
        """What was used by each division, with what came from elsewhere where our sessions are divided."""
        books = self.books
        ours = {
            "person": books.grouped(days, self.people),
            "channel": books.grouped(days, self.channels),
            "session": books.grouped(days, self.titles),
            "repo": books.grouped(days, self.for_ada),
        }
        elsewhere = books.total(days) - books.through_slack(days)
        return {
            **{name: groups | {"elsewhere": elsewhere} for name, groups in ours.items()},
            "day": {named(day): books.total([day]) for day in days},
            "product": books.by_product(days),
            "org": {ORG: books.total(days)},
        }

    async def divided(self, period: str, days: Sequence[date]) -> None:
        """The answers by each division."""
        if not self.knows(days) or self.books.missing(days):
            return
        total = tenths(self.books.total(days))
        for name, exact in self.divisions(days).items():
            what, shown = f"{self.at} usage {period} by {name}", await self.asked(f"usage {period} by {name}")
            self.compared.same(f"{what}, total", total_in(shown), total)
            self.compared.parts(what, self._hidden(rows_in(shown)), exact, total)

    async def files(self, period: str, days: Sequence[date]) -> None:
        """The files of each division, exactly."""
        if not self.knows(days):
            return
        books = self.books
        for name, exact in self.divisions(days).items():
            if books.missing(days) and name != "day":
                continue
            rows = await self._file(f"usage {period} by {name} csv")
            shown = self._summed(rows)
            expected = {_in_file(key): acus for key, acus in exact.items() if acus or name == "day"}
            if name == "day":
                expected = {day.isoformat(): books.total([day]) for day in days if books.is_in(day)}
            total = "" if books.missing(days) else f"{books.total(days).normalize():f}"
            what = f"{self.at} usage {period} by {name} csv"
            self.compared.same(f"{what}, total", _plain(rows[-1]["acus"]), total)
            self.compared.same(what, {key: acus for key, acus in shown.items() if acus or key in expected}, expected)

    def _hidden(self, rows: Rows) -> Rows:
        """The same rows, with one name for all sessions in direct messages, wherever their titles are shown."""
        return [(self.private.get(name, name), acus) for name, acus in rows]

    def _summed(self, rows: Sequence[Mapping[str, str]]) -> dict[str, Decimal]:
        """The amounts of a file but for its total, by what its rows are about."""
        sums: dict[str, Decimal] = {}
        for name, acus in self._hidden([(name_of(next(iter(row.values()))), _read(row["acus"])) for row in rows[:-1]]):
            if acus is not None:
                sums[name] = sums.get(name, Decimal()) + acus
        return sums

    async def of_all(self, period: str, days: Sequence[date]) -> None:
        """The files of all organisations, exactly."""
        books = self.books
        listed = max((day for day in days if day in books.of_all), default=date.min)
        late = [day for day in days if day > listed and books.now < ends(day) + timedelta(days=3)]
        total = added(added(books.of_all.get(day, {}).values()) for day in days)
        by_day = {day.isoformat(): added(books.of_all.get(day, {}).values()) for day in days if day not in late}
        by_org = {key: added(added(bill.get(day, {}).values()) for day in days) for key, bill in books.of_each.items()}
        for name, exact in (("day", by_day), ("product", books.by_product(days, books.of_all)), ("org", by_org)):
            what, rows = (
                f"{self.at} org=all {period} by {name}",
                await self._file(f"usage {period} by {name} org=all csv"),
            )
            column = "org_id" if name == "org" else name
            shown = {row[column]: Decimal(row["acus"]) for row in rows[:-1] if row["acus"]}
            self.compared.same(what, {key: acus for key, acus in shown.items() if acus or key in exact}, exact)
            expected = "" if late and name == "day" else _plain(str(total))
            self.compared.same(f"{what}, total", _plain(rows[-1]["acus"]), expected)

    async def _file(self, command: str) -> list[dict[str, str]]:
        """The rows of the file that a command has sent."""
        before = len(await self._shared())
        await self.asked(command)

        async def is_there() -> bool:
            return len(await self._shared()) > before

        await until(is_there)
        return file_rows((await self._shared())[-1])

    async def _shared(self, channel: str = DIRECT[ADA], thread: str | None = None) -> list[bytes]:
        posts = await self.on.slack.messages(channel, thread_ts=thread)
        held = self.on.simulated_slack.state.files
        return [held[file["id"]].content or b"" for post in posts for file in post.get("files") or ()]

    # ------------------------------------------------------------ what people see of their own

    async def cost(self) -> None:
        """What each person's sessions used in the cycle so far, and what a session used in all."""
        books = self.books
        days = days_from(books.cycle_of(books.today)[0], books.today)
        for user in (ANN, BEN, ADA):
            theirs = {key: acus for key, acus in books.by_session(days).items() if self.people[key] == NAMES[user]}
            shown = await self.asked("cost", user)
            if theirs and not self.quarter.bridged & {days[0] - ONE_DAY}:
                what = f"{self.at} cost of {NAMES[user]}"
                self.compared.same(what, total_in(shown), tenths(added(theirs.values())))
                self._most(what, shown, theirs.values())
        for one in self.quarter.work[-2:]:
            said = await self._said_in_thread(one.channel, one.ts, one.person)
            acus = books.sessions[one.devin_id]["acus_consumed"]
            exact = Decimal(acus).quantize(Decimal("0.01"), ROUND_HALF_UP)
            if exact:
                self.compared.same(f"{self.at} !cost of {acus}", said, exact)

    async def _said_in_thread(self, channel: str, ts: str, user: str) -> Decimal | None:
        where = {"user": user, "channel": channel}
        direct = channel.startswith("D")

        async def answers() -> list[dict[str, Any]]:
            found = await (
                self.on.slack.messages(channel, thread_ts=ts) if direct else self.on.slack.ephemerals(**where)
            )
            return [one for one in found if "This session has used" in one["rendered"]]

        before = len(await answers())
        await self.on.slack.say(user, channel, "!cost", thread_ts=ts)

        async def is_answered() -> bool:
            return len(await answers()) > before

        await until(is_answered)
        found = re.search(rf"has used ({ACUS}) ACUs?", (await answers())[-1]["rendered"])
        return amount(found[1]) if found else None

    # ------------------------------------------------------------ budgets

    async def budgets(self) -> None:
        """What is used of each budget, today included."""
        books, today = self.books, self.books.today
        cycle = days_from(books.cycle_of(today)[0], today)
        week = days_from(today - ONE_DAY * today.weekday(), today)
        for user in (ANN, BEN, ADA):
            shown = await self.asked("budget list", user)
            if self.knows(week):
                spent = books.grouped(week, self.people).get(NAMES[user], Decimal())
                self._budget(f"budget of {NAMES[user]}", shown, r"\*each person\*", spent, 3000)
        shown = await self.asked("budget list", ADA)
        if self.knows(cycle):
            self._budget("budget of the organisation", shown, r"\*the organisation\*", books.of_budget(cycle), 9000)
            others = added(acus for name, acus in books.by_limit(cycle).items() if name != "Devin")
            noted = re.search(rf"not counting ({ACUS}) of other products", shown)
            self.compared.same(
                f"{self.at} budget, others", amount(noted[1]) if noted else Decimal(), max(tenths(others), Decimal())
            )
        if self.knows([today]):
            spent = books.grouped([today], self.channels).get(f"<#{WEB}>", Decimal())
            self._budget("budget of a channel", shown, rf"\*<#{WEB}>\*", spent, 1000)

    def _budget(self, what: str, shown: str, whose: str, spent: Decimal, acus: int) -> None:
        found = re.search(rf"{whose} .*?({ACUS}) of {acus:,} ACUs [\w ]+\((\d+) %", shown)
        expected = (tenths(spent), percent(spent, Decimal(acus)))
        self.compared.same(f"{self.at} {what}", (amount(found[1]), int(found[2])) if found else shown, expected)

    # ------------------------------------------------------------ what came of it

    async def report(self, days: Sequence[date]) -> None:
        """The pull requests of a month, and what their sessions used."""
        books = self.books
        opened = {url: one for url, (day, one) in self.quarter.opened.items() if days[0] <= day <= days[-1]}
        states = [
            pull_request["pr_state"]
            for one in books.sessions.values()
            for pull_request in one["pull_requests"]
            if pull_request["pr_url"] in opened
        ]
        first_seen = {one: day for day, one in self.quarter.opened.values()}
        without = added(
            acus for key, acus in books.by_session(days).items() if first_seen.get(key, date.max) > days[-1]
        )
        (row,) = await self._file("report month csv")
        what = f"{self.at} report"
        for column, number in (
            ("pull_requests_opened", len(opened)),
            *((name, states.count(state)) for name, state in (("merged", "merged"), ("closed_unmerged", "closed"))),
            ("open", states.count("open")),
        ):
            self.compared.same(f"{what}, {column}", int(row[column]), number)
        spent = added(Decimal(books.sessions[one]["acus_consumed"]) for one in set(opened.values()))
        self.compared.same(f"{what}, acus", Decimal(row["acus"]), spent)
        if self.knows(days):
            self.compared.same(f"{what}, acus without", Decimal(row["acus_without_pull_request"]), without)

    # ------------------------------------------------------------ digests

    async def digests(self, days: Sequence[date], before: Books) -> None:
        """The digests about these days, which have just come."""
        for day in days:  # one is on its way, if the clock has just come to its time
            with suppress(TimeoutError):
                await self.on.slack.wait_for_message(OPS, f" on {named(day)}*")
        roots = [post for post in await self.on.slack.messages(OPS, user="U0BOT") if _is_root(post)]
        corrected: dict[str, Decimal] = {}
        for day in days:
            found = [post for post in roots if f" on {named(day)}*" in post["rendered"]]
            self.compared.same(f"{self.at} digests of {day}", len(found), 1)
            if found:
                await self._digest(day, found[0])
                corrected |= _corrections(found[0]["rendered"])
        if len(days) == 1 and self.knows(days):
            self._corrected(days[0], corrected, before)

    async def _digest(self, day: date, root: Mapping[str, Any]) -> None:
        what, shown, books = f"{self.at} digest of {day}", root["rendered"], self.books
        if not self.knows([day]):
            return
        own = books.own(day)
        if books.missing([day]):
            self.compared.same(f"{what}, own", f"*{_shown(own)} through Slack on" in shown, True)
            return
        total = books.total([day])
        self.compared.same(f"{what}, total", f"*{_shown(total)} on" in shown, True)
        usual = books.usual(day)
        change = None if usual is None or usual <= 0 else _rounded((total - usual) * 100 / usual)
        self.compared.same(f"{what}, change to {usual}", _change(shown), change)
        if own <= total:
            exact = {"slack": own, "elsewhere": total - own}
            if tenths(total):
                self.compared.parts(f"{what}, split", split_in(shown), exact, tenths(total))
            await self._thread(what, day, root)
        self._cycle(what, shown, day)

    async def _thread(self, what: str, day: date, root: Mapping[str, Any]) -> None:
        posts = await self.on.slack.messages(OPS, thread_ts=root["ts"])
        groups = {
            "Person": self.people,
            "Channel": self.channels,
            "Session": self.titles,
            "Repository": self.repositories,
        }
        books, total = self.books, self.books.total([day])
        for column, rows in tables_in(posts):
            listed = [
                (f"<#{name}>" if name.startswith("C0") else name_of(name), amount(acus)) for name, acus, *_ in rows
            ]
            shown = self._hidden(listed)
            exact = books.grouped([day], groups[column]) | {"elsewhere": total - books.own(day)}
            self.compared.same(f"{what}, {column}, total", shown[-1], ("total", tenths(total)))
            self.compared.parts(f"{what}, {column}", shown[:-1], exact, tenths(total))
        for content in await self._shared(OPS, root["ts"]):
            rows = file_rows(content)
            expected = books.grouped([day], self.titles) | {"elsewhere": total - books.own(day)}
            used = {name: acus for name, acus in self._summed(rows).items() if acus}
            self.compared.same(f"{what}, file", used, {name: acus for name, acus in expected.items() if acus})
            self.compared.same(f"{what}, file, total", Decimal(rows[-1]["acus"]), total)

    async def weekly(self, day: date) -> None:
        """The digest about the week that a day is the last one of."""
        week, before = days_from(day - 6 * ONE_DAY, day), days_from(day - 13 * ONE_DAY, day - 7 * ONE_DAY)
        what, span = f"{self.at} weekly digest", f"from {named(week[0])} to {named(day)}"
        roots = [post["rendered"] for post in await self.on.slack.messages(WEB, user="U0BOT") if _is_root(post)]
        found = [post for post in roots if span in post]
        self.compared.same(f"{what}, number", len(found), 1)
        if not found or not self.knows(week):
            return
        self._sums(what, found[0], week)
        if not self.books.missing(before):
            took = re.search(rf"The 7 billing days before took ({ACUS}) ACUs?\.", found[0])
            self.compared.same(f"{what}, before", took and amount(took[1]), tenths(self.books.total(before)))

    def _corrected(self, shown_day: date, shown: Mapping[str, Decimal], before: Books) -> None:
        """The days whose bill is another one than when the digest before was written, or has come in since."""
        expected = {}
        for day in days_from(before.newest_finished - 6 * ONE_DAY, before.newest_finished):
            was, now = before.total([day]), self.books.total([day])
            if day != shown_day and abs(now - was) >= Decimal("0.05"):
                expected[named(day)] = tenths(now)
        self.compared.same(f"{self.at} corrections", {day: tenths(acus) for day, acus in shown.items()}, expected)


# ---------------------------------------------------------------- what stands in texts


def _shown(acus: Decimal) -> str:
    """ACUs as a text has them."""
    if 0 < acus < Decimal("0.05"):
        return "under 0.1 ACUs"
    written = f"{tenths(acus):,}".removesuffix(".0")
    return f"{written} ACU" if written == "1" else f"{written} ACUs"


def _rounded(acus: Decimal) -> int:
    return int(acus.quantize(Decimal(1), ROUND_HALF_UP))


def _change(shown: str) -> int | None:
    """By how many percent a day differs from what is usual."""
    if found := re.search(r"^\*.*?\*  ([▲▼]) ([\d,]+) %", shown):
        return int(found[2].replace(",", "")) * (1 if found[1] == "▲" else -1)
    return 0 if re.search(r"^\*.*?\*  as usual", shown) else None


def _corrections(shown: str) -> dict[str, Decimal]:
    changed = re.findall(rf"(\w{{3}} \d+ \w{{3}}) corrected: {ACUS} → ({ACUS}) ACUs?\.", shown)
    came_in = re.findall(rf"Devin's bill for (\w{{3}} \d+ \w{{3}}) is in now: ({ACUS}) ACUs?\.", shown)
    return {day: amount(acus) for day, acus in [*changed, *came_in]}


def _is_root(post: Mapping[str, Any]) -> bool:
    return post.get("thread_ts") in {None, post["ts"]}


def _in_file(name: str) -> str:
    return name.removeprefix("<#").removesuffix(">")


def _read(written: str) -> Decimal | None:
    return Decimal(written) if written else None


def _plain(written: str) -> str:
    return f"{Decimal(written).normalize():f}" if written else ""


# ---------------------------------------------------------------- the stories


@dataclass(frozen=True)
class Stretch:
    """From which billing day to which a story is told, and the seed that it is told from."""

    first: date
    last: date
    seed: int

    def __str__(self) -> str:
        return f"{self.first} to {self.last}, seed {self.seed}"


def _stretch(first: date, last: date, seed: int, *marks: pytest.MarkDecorator) -> Any:
    stretch = Stretch(first, last, seed)
    return pytest.param(stretch, id=f"{stretch}", marks=[*marks, pytest.mark.timeout(1800)])


STRETCHES = [  # around the changes of clocks in Europe
    _stretch(date(2026, 10, 22), date(2026, 10, 27), 9),
    _stretch(date(2026, 10, 12), date(2026, 11, 3), 7, pytest.mark.edge, pytest.mark.early),
    _stretch(date(2027, 3, 15), date(2027, 4, 6), 3, pytest.mark.edge, pytest.mark.early),
    _stretch(date(2026, 9, 15), date(2026, 12, 15), 4, pytest.mark.long, pytest.mark.early),
    _stretch(date(2027, 1, 20), date(2027, 4, 20), 5, pytest.mark.long, pytest.mark.early),
]


@pytest.fixture
async def on(
    tmp_path: Path, sqlite_template: Path, timing: Timing, clock: Ahead, stretch: Stretch
) -> AsyncIterator[Harness]:
    """A bot of an enterprise with two organisations, at the beginning of the stretch; it does not run yet."""
    clock.put(datetime.combine(stretch.first, time(9, 30), UTC).timestamp() - clock())
    settings = {
        "BOT_ADMIN_CHANNEL": OPS,
        "BOT_TIMEZONE": ZONE,
        "BOT_DIGEST_TIME": f"{AT:%H:%M}",
        "BOT_DIGEST_QUIET": "post",
        "BOT_SESSION_ACUS": "50",
        "BOT_RUNAWAY_ACUS": "0",
    }
    async with harness(
        tmp_path,
        clock=clock,
        timing=timing,
        empty_store=sqlite_template,
        workspace={"wall": clock},
        organisation={"now": clock, "others": {OTHER_ORG: "Data Team"}},
        start=False,
        **settings,
    ) as everything:
        await everything.devin.permissions(grant=["ViewAccountConsumption", "ManageOrganizations"])
        await everything.devin.limit_organization(ORG, max_cycle_acu_limit=LIMIT)
        await everything.devin.limit_agents(ORG, local_agent=LIMIT_OF_LOCAL_AGENTS)
        yield everything


class Telling:
    """Plays a stretch, and compares what is shown at several instants of it."""

    def __init__(self, on: Harness, clock: Ahead, stretch: Stretch) -> None:
        self.on, self.stretch = on, stretch
        is_long = stretch.last - stretch.first > timedelta(days=10)
        self.quarter = Quarter(on, clock, random.Random(stretch.seed), bridges=is_long)
        self.kinds = ALL_KINDS if is_long else ALL_KINDS - {"bridged"}
        self.rng = random.Random(stretch.seed)
        self.compared = Compared()
        self.began = datetime.fromtimestamp(clock(), UTC)
        self.told: set[date] = set()
        self.books: Books | None = None
        self.this_morning: Books | None = None

    async def tell(self) -> None:
        """The whole stretch."""
        first, last = self.stretch.first, self.stretch.last
        await self._begin()
        self.this_morning = self.books
        for number, day in enumerate(days_from(first, last)):
            await self.quarter.day(day, self._evening if number % 4 == 1 else None)
            await self.quarter.reach(day + ONE_DAY, 10, 5)
            await self.quarter.caught_up()
            await self._morning(day, in_full=number % 4 == 3 or day == last)
            if number % 12 == 9 or day == last:
                await self._files(day)

    async def _begin(self) -> None:
        await self.quarter.history(self.stretch.first - 40 * ONE_DAY, self.stretch.first - ONE_DAY)
        await self.on.start()
        for whose, (acus, span) in BUDGETS.items():
            await set_budget(self.on.slack, f"{whose} {acus} a {span}")
        await self.on.slack.slash(ADA, GENERAL, f"digest add weekly <#{WEB}> {AT:%H:%M} {ZONE}")
        await self._checks()

    async def _checks(self) -> Checks:
        address = self.on.environment["DEVIN_API_URL"], KEY, ORG
        self.books = await read_books(*address, self.on.clock(), self.stretch.first - 75 * ONE_DAY, self.books)
        return Checks(self.on, self.quarter, self.books, self.compared)

    async def _morning(self, day: date, *, in_full: bool) -> None:
        checks, before = await self._checks(), self.this_morning
        assert self.books is not None
        assert before is not None
        self.this_morning = self.books
        due = [
            one
            for one in days_from(self.stretch.first - 2 * ONE_DAY, day)
            if one not in self.told and self.began <= digest_comes(one, AT, ZONE) <= self.books.now
        ]
        self.told |= {*due}
        await checks.digests(due, before)
        if self.books.now.weekday() == 0 and day - self.stretch.first > ONE_DAY:
            await checks.weekly(day - ONE_DAY)
        await checks.usage("yesterday", [day])
        if in_full:
            await self._in_full(checks, day)

    async def _in_full(self, checks: Checks, day: date) -> None:
        assert self.books is not None
        if month := self._month(day):
            await checks.usage("month", month)
            await checks.divided("month", month)
        if cycle := days_from(self.books.cycle_of(self.books.today)[0], day):
            await checks.usage("cycle", cycle)
        span = days_from(day - self.rng.randint(2, 9) * ONE_DAY, day - ONE_DAY)
        await checks.usage(f"{span[0]}..{span[-1]}", span)
        await checks.divided(f"{span[0]}..{span[-1]}", span)
        await checks.budgets()
        await checks.cost()

    def _month(self, day: date) -> list[date]:
        """The days up to this one of the month that runs."""
        assert self.books is not None
        return days_from(self.books.today.replace(day=1), day)

    async def _evening(self) -> None:
        checks = await self._checks()
        assert self.books is not None
        today = self.books.today
        await checks.usage("today", [today])
        await checks.usage("week", days_from(today - 7 * ONE_DAY, today - ONE_DAY))
        await checks.budgets()
        await checks.cost()

    async def _files(self, day: date) -> None:
        checks = await self._checks()
        if month := self._month(day):
            await checks.files("month", month)
            await checks.of_all("month", month)
            await checks.report(month)


@pytest.mark.parametrize("stretch", STRETCHES)
async def test_each_figure_is_the_one_of_devins_api(on: Harness, clock: Ahead, stretch: Stretch) -> None:
    telling = Telling(on, clock, stretch)
    await telling.tell()
    compared = telling.compared
    sys.stdout.write(f"{compared.number} compared, left out: {compared.left_out}")
    assert not compared.differences, "\n".join(compared.differences)
    assert compared.number > 500
    assert telling.quarter.kinds >= telling.kinds
