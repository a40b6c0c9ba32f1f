"""Compares what the bot answers in a workspace with what is expected there by an independent recomputation."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from tests.markup import written
from tests.recompute import ONE_DAY, added, billing_day, days_from, ends, hundredths, money, percent, tenths
from tests.scenarios.figures_asked import Asked
from tests.scenarios.figures_expected import FEWEST, Expected, acus_shown, counted, days_named, per_merged, usd
from tests.scenarios.figures_shown import (
    ACUS,
    Compared,
    Rows,
    amount,
    cycle_in,
    money_in,
    most_in,
    name_of,
    named,
    rows_in,
    sessions_each,
    sessions_in,
    split_in,
    total_in,
)
from tests.scenarios.harness import ADA, WEB
from tests.scenarios.observations import opened_home
from tests.scenarios.quarter import NAMES, Work

# What is left out of the comparison.
BRIDGED = "a day at whose end the bot did not run is *about* right until Devin has said which days its sessions used"
FORECASTS = r"(?:,| ·) forecast[^·\n]*(?=·|$)"  # they follow no plain sum

LIMIT, LIMIT_OF_LOCAL_AGENTS = 700, 90  # ACUs in a cycle
BUDGETS = {"org": (9000, "cycle"), "each-person": (3000, "week"), f"<#{WEB}>": (1000, "day")}
UNMERGED = {
    "none": "Without a pull request",
    "closed": "Closed unmerged",
    "stale": "Open for more than 14 days",
}


class Checks:
    """Compares what the bot answers in a workspace at an instant with what is expected."""

    def __init__(self, expected: Expected, compared: Compared) -> None:
        self.expected, self.books, self.prices, self.compared = expected, expected.books, expected.prices, compared
        self.organisation, self.on = expected.organisation, expected.organisation.on
        self.asked = Asked(self.on)
        self.at = f"{self.organisation.id}, {self.books.now:%d %b %H:%M}"

    def knows(self, days: Sequence[date]) -> bool:
        """Whether the bot can know what the sessions used on these days, and so whether the bills are in."""
        fresh = {day for day in days if self.books.now < ends(day) + timedelta(days=1)}
        if self.expected.quarter.bridged & (fresh | {day - ONE_DAY for day in fresh}):
            self.compared.except_for(BRIDGED)
            return False
        return True

    async def usage(self, period: str, days: Sequence[date]) -> None:
        """The answer in sum: the total, what came through Slack, the cycle, and the sessions that used most."""
        what, books = f"{self.at} usage {period}", self.books
        if not self.knows(days):
            return
        shown = await self.asked.answer(f"usage {period}")
        self._sums(what, shown, days)
        if len(days) > 1 and days[-1] == books.today and not books.missing(days):
            so_far = (
                f"{named(books.today)} still runs and is in the total: {acus_shown(books.total(days[-1:]))} so far."
            )
            self.compared.same(f"{what}, {so_far}", so_far in shown, True)
        self._sessions(what, shown, [self.expected.active(days)])
        self._most(what, shown, [acus for key, acus in books.by_session(days).items() if key in self.expected.ours])
        if days[-1] in {books.newest_finished, books.today}:
            self._cycle(what, shown, days[-1])

    def _most(self, what: str, shown: str, exact: Iterable[Decimal]) -> None:
        """The sessions that used most, which are rounded with the rest, so that each is less than a digit off."""
        found, most = most_in(shown), sorted(exact, reverse=True)[:5]
        is_near = len(found) == len(most) and all(
            abs(acus - one) < Decimal("0.1") for acus, one in zip(found, most, strict=True)
        )
        self.compared.same(f"{what}, most {found} for {most}", is_near, True)

    def _sessions(self, what: str, shown: str, active: Iterable[Mapping[str, bool]]) -> None:
        """How many sessions were active, and what became of them."""
        became = Counter("done" if is_done else "running" for found in active for is_done in found.values())
        self.compared.same(f"{what}, sessions", sessions_in(shown), became)

    def _sums(self, what: str, shown: str, days: Sequence[date]) -> None:
        """The total, and what came through Slack and from elsewhere, if all bills are in."""
        books, own = self.books, self.books.through_slack(days)
        if missing := books.missing(days):
            own_of_all = f"{acus_shown(own)} ({usd(self.expected.own_cost(days))})"
            not_in_yet = f"Devin's bill for {days_named(missing)} isn't in yet, so usage outside Slack isn't known."
            self.compared.same(f"{what}, {not_in_yet}", not_in_yet in shown, True)
            if known := days_from(days[0], missing[0] - ONE_DAY):
                said = f"{acus_shown(books.total(known))} ({usd(books.cost(known, self.prices))})"
                self.compared.same(f"{what}, known", f"{said}* through {named(known[-1])}" in shown, True)
                self.compared.same(f"{what}, own", f"Through Slack, it's {own_of_all} in all." in shown, True)
            else:
                self.compared.same(f"{what}, own", f"*{own_of_all}* through Slack" in shown, True)
            return
        total = tenths(books.total(days))
        self.compared.same(f"{what}, total", total_in(shown), total)
        self.compared.same(f"{what}, money", money_in(shown), hundredths(books.cost(days, self.prices)))
        if total and own <= books.total(days):
            exact = {"slack": own, "outside Slack": books.total(days) - own}
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
        self.compared.same(f"{what}, cycle in money", found.money, hundredths(books.cost(days, self.prices)))
        self.compared.parts(f"{what}, cycle", found.parts, used, tenths(added(used.values())))
        limits = {"Devin": Decimal(LIMIT), "local agents": Decimal(LIMIT_OF_LOCAL_AGENTS)}
        expected = {
            name: (acus, percent(used.get(name, Decimal()), acus))
            for name, acus in limits.items()
            if name == "Devin" or name in used
        }
        self.compared.same(f"{what}, limits", dict(found.limits), expected)

    async def home(self) -> None:
        """What Home shows an admin of the running cycle, the running day included as far as it is known."""
        days = self.expected.up_to_now(self.books.cycle_of(self.books.today)[0])
        known = days_from(days[0], (self.books.missing(days) or [days[-1] + ONE_DAY])[0] - ONE_DAY) if days else []
        if not known or not self.knows(days):
            return
        total = f"{acus_shown(self.books.total(known))} ({usd(self.books.cost(known, self.prices))})"
        try:
            view = await opened_home(self.on, ADA, f"Whole organization: {total}")
        except TimeoutError:
            self.compared.same(f"{self.at} Home", "another sum", total)
            return
        self._cycle(f"{self.at} Home", written(view["blocks"]).partition("Whole organization: ")[2], days[-1])

    # ------------------------------------------------------------ divided

    async def divided(self, period: str, days: Sequence[date]) -> None:
        """The answers by each division; only that of the bill by product while a day's bill is not in yet."""
        if not self.knows(days):
            return
        if missing := self.books.missing(days):
            await self._by_product(period, days_from(days[0], missing[0] - ONE_DAY))
            return
        total = tenths(self.books.total(days))
        for name, exact in self.expected.divisions(days).items():
            what, shown = f"{self.at} usage {period} by {name}", await self.asked.answer(f"usage {period} by {name}")
            self.compared.same(f"{what}, total", total_in(shown), total)
            self.compared.same(f"{what}, money", money_in(shown), hundredths(self.books.cost(days, self.prices)))
            self.compared.parts(what, self._hidden(rows_in(shown)), exact, total)
            if name in self.expected.groups():
                self._counts(what, sessions_each(shown), self.expected.groups()[name], days)

    async def _by_product(self, period: str, known: Sequence[date]) -> None:
        """The bill by product of the days up to the first whose bill is not in yet."""
        what, shown = (
            f"{self.at} usage {period} by product, known",
            await self.asked.answer(f"usage {period} by product"),
        )
        if known:
            self.compared.parts(what, rows_in(shown), self.books.by_product(known), tenths(self.books.total(known)))
        else:
            self.compared.same(what, "Only Devin's bill has this breakdown." in shown, True)

    def _counts(
        self, what: str, shown: Mapping[str, int], group: Callable[[str, date], str], days: Sequence[date]
    ) -> None:
        """How many sessions each of the groups has that used anything and have a row of their own."""
        active = {(group(key, day), key) for day in days for key in self.books.active([day])}
        counts = Counter(name for name, _ in active)
        expected = {name: counts[name] for name in self.books.in_teams(days, group)}
        self.compared.same(f"{what}, sessions", dict(shown), expected)

    async def files(self, period: str, days: Sequence[date]) -> None:
        """The files of each division, exactly."""
        if not self.knows(days):
            return
        books = self.books
        for name, exact in self.expected.divisions(days).items():
            if books.missing(days) and name != "day":
                continue
            rows = await self.asked.file(f"usage {period} by {name} csv")
            shown = self._summed(rows)
            expected = {_in_file(key): acus for key, acus in exact.items() if acus or name == "day"}
            if name == "day":
                expected = {day.isoformat(): books.total([day]) for day in days if books.is_in(day)}
            total = "" if books.missing(days) else f"{books.total(days).normalize():f}"
            what = f"{self.at} usage {period} by {name} csv"
            self.compared.same(f"{what}, total", _plain(rows[-1]["acus"]), total)
            self.compared.same(what, {key: acus for key, acus in shown.items() if acus or key in expected}, expected)
            if name == "day":
                counts = {row["day"]: int(row["sessions"]) for row in rows[:-1]}
                active = {day.isoformat(): len(self.expected.active([day])) for day in days}
                self.compared.same(f"{what}, sessions", counts, active)
            elif name in self.expected.groups():
                counts = {next(iter(row.values())): row["sessions"] for row in rows[:-1]}
                group = self.expected.groups()[name]
                shown = {key: int(number) for key, number in counts.items() if number}
                self._counts(what, shown, lambda key, day, of=group: _in_file(of(key, day)), days)

    def _hidden(self, rows: Rows) -> Rows:
        """The same rows, with one name for all sessions in direct messages, wherever their titles are shown."""
        return [(self.expected.private.get(name, name), acus) for name, acus in rows]

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
                await self.asked.file(f"usage {period} by {name} org=all csv"),
            )
            column = "org_id" if name == "org" else name
            shown = {row[column]: Decimal(row["acus"]) for row in rows[:-1] if row["acus"]}
            self.compared.same(what, {key: acus for key, acus in shown.items() if acus or key in exact}, exact)
            expected = "" if late and name == "day" else _plain(str(total))
            self.compared.same(f"{what}, total", _plain(rows[-1]["acus"]), expected)
            in_money = hundredths(money({day: added(books.of_all.get(day, {}).values()) for day in days}, self.prices))
            if name != "org" and total:
                self.compared.same(f"{what}, money", await self.asked.money_in_all(), in_money)

    # ------------------------------------------------------------ what people see of their own

    async def cost(self) -> None:
        """What each person's sessions used in the cycle so far, wherever they are, and what a session used in all."""
        books = self.books
        days = days_from(books.cycle_of(books.today)[0], books.today)
        for user in self.expected.users:
            asked = self.expected.asked_by(user)
            theirs = [acus for of, keys in asked for key, acus in of.by_session(days).items() if key in keys]
            shown, what = await self.asked.answer("cost", user), f"{self.at} cost of {NAMES[user]}"
            active = [{key: done for key, done in of.active(days).items() if key in keys} for of, keys in asked]
            self._sessions(what, shown, active)
            if theirs and not self.expected.quarter.bridged & {days[0] - ONE_DAY}:
                self.compared.same(what, total_in(shown), tenths(added(theirs)))
                others = added(
                    acus
                    for of, keys in asked
                    for key, acus in of.by_session(days).items()
                    if key in keys and of is not books
                )
                found = re.search(rf"From other organizations: ({ACUS}) ACUs?\.", shown)
                self.compared.same(f"{what}, others", amount(found[1]) if found else Decimal(), tenths(others))
                self._most(what, shown, theirs)
            if theirs and self.knows(days):
                in_money = added(of.cost_of(keys, days, self.prices) for of, keys in asked)
                self.compared.same(f"{what}, money", money_in(shown), hundredths(in_money))
        for one in [one for one in self.organisation.work if one.ts and one.person in self.expected.users][-2:]:
            await self._cost_of(one)

    async def _cost_of(self, one: Work) -> None:
        said = await self.asked.cost_in_thread(one.channel, one.ts or "", one.person)
        acus = Decimal(self.books.sessions[one.devin_id]["acus_consumed"])
        if not acus:
            return
        what, days = f"{self.at} !cost of {acus}", days_from(min(self.books.spent[one.devin_id]), self.books.today)
        self.compared.same(what, amount(said[0]), hundredths(acus))
        before = one.lowered_from if one.lowered_from > acus else Decimal()
        self.compared.same(f"{what}, corrected", amount(said[1]), hundredths(before))
        if self.knows(days):
            in_money = self.books.cost_of([one.devin_id], days, self.prices)
            self.compared.same(f"{what}, money", amount(said[2]), hundredths(in_money))

    # ------------------------------------------------------------ budgets

    async def budgets(self) -> None:
        """What is used of each budget, today included."""
        books, today = self.books, self.books.today
        cycle = days_from(books.cycle_of(today)[0], today)
        week = days_from(today - ONE_DAY * today.weekday(), today)
        for user in self.expected.users:
            shown = await self.asked.answer("budget list", user)
            if self.knows(week):
                spent = self.expected.used(week, lambda one, user=user: one.person == user)
                self._budget(f"budget of {NAMES[user]}", shown, r"\*each person\*", spent, 3000)
        shown = await self.asked.answer("budget list", ADA)
        if self.knows(cycle):
            self._budget("budget of the organization", shown, r"\*the organization\*", books.of_budget(cycle), 9000)
            others = added(acus for name, acus in books.by_limit(cycle).items() if name != "Devin")
            noted = re.search(rf"not counting ({ACUS}) of other products", shown)
            self.compared.same(
                f"{self.at} budget, others", amount(noted[1]) if noted else Decimal(), max(tenths(others), Decimal())
            )
        if self.knows([today]):
            spent = self.expected.used([today], lambda one: one.channel == WEB)
            self._budget("budget of a channel", shown, rf"\*<#{WEB}>\*", spent, 1000)

    def _budget(self, what: str, shown: str, whose: str, spent: Decimal, acus: int) -> None:
        found = re.search(rf"{whose} .*?({ACUS}) of {acus:,} ACUs [\w ]+\((\d+)%", shown)
        expected = (tenths(spent), percent(spent, Decimal(acus)))
        self.compared.same(f"{self.at} {what}", (amount(found[1]), int(found[2])) if found else shown, expected)

    # ------------------------------------------------------------ what came of it

    async def report(self, days: Sequence[date]) -> None:
        """The pull requests of a month, and what their sessions used."""
        books, what = self.books, f"{self.at} report"
        first_seen = {
            one.devin_id: (url, billing_day(at))
            for url, (at, one) in self.organisation.opened.items()
            if one.devin_id in self.expected.ours
        }
        opened = {key: url for key, (url, day) in first_seen.items() if days[0] <= day <= days[-1]}
        rows = [row for key in opened for row in books.sessions[key]["pull_requests"] if row["pr_url"] == opened[key]]
        became = Counter(row["pr_state"] for row in rows)
        active = self.expected.active(days)
        without = {key for key in active if key not in first_seen}
        (row,) = await self.asked.file("report month csv")
        for column, number in {
            "pull_requests_opened": len(opened),
            "merged": became["merged"],
            "closed_unmerged": became["closed"],
            "open": became["open"],
            "sessions_with_pull_request": len(active) - len(without),
            "sessions_without": len(without),
        }.items():
            self.compared.same(f"{what}, {column}", int(row[column]), number)
        spent = added(Decimal(books.sessions[key]["acus_consumed"]) for key in opened)
        self.compared.same(f"{what}, acus", Decimal(row["acus"]), spent)
        if self.knows(days):
            others = added(
                acus for key, acus in books.by_session(days).items() if key in self.expected.ours and key not in opened
            )
            self.compared.same(f"{what}, acus of all", Decimal(row["acus_of_all"]), spent + others)
        shown = await self.asked.answer("report month")
        expected = {"with a pull request": len(active) - len(without), "without": len(without)}
        self.compared.same(f"{what}, sessions", sessions_in(shown), {key: n for key, n in expected.items() if active})
        if not self.knows(days):
            return
        columns = {"none": "over_without_one", "closed": "closed_unmerged", "stale": "open_over_14_days"}
        for result, used in self.expected.wasted(days).items():
            column = columns[result]
            self.compared.same(f"{what}, sessions {column}", int(row[f"sessions_{column}"]), len(used))
            self.compared.same(f"{what}, acus {column}", Decimal(row[f"acus_{column}"]), added(used))
            line = f"• {UNMERGED[result]}: {acus_shown(added(used))} in {counted(len(used))}"
            self.compared.same(f"{what}, {line} in {shown}", line in shown, bool(added(used)))
        if spent:
            cost = books.cost_of(opened, days_from(self.expected.quarter.first, books.today), self.prices)
            each = f", {usd(cost / became['merged'])} each" if became["merged"] >= FEWEST else ""
            for words, acus, more in (
                ("ACUs per merged pull request", spent, each),
                ("Counting sessions that opened none", spent + others, ""),
            ):
                line = f"{words}: {per_merged(acus, became['merged'], more)}"
                self.compared.same(f"{what}, {line} in {shown}", line in shown, True)


def _in_file(name: str) -> str:
    return name.removeprefix("<#").removesuffix(">")


def _read(written: str) -> Decimal | None:
    return Decimal(written) if written else None


def _plain(written: str) -> str:
    return f"{Decimal(written).normalize():f}" if written else ""
