"""Compares what the bot shows in a workspace with what an independent recomputation says of its organisation."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any

from bot.features.usage.part_names import ERASED, HIDDEN_REPOSITORY, OTHER_WORKSPACE
from tests.markup import written
from tests.recompute import (
    ONE_DAY,
    Books,
    Prices,
    added,
    billing_day,
    counts_in,
    days_from,
    ends,
    hundredths,
    money,
    percent,
    tenths,
)
from tests.scenarios.ahead import until
from tests.scenarios.figures_shown import (
    ACUS,
    FORGOTTEN,
    MONEY,
    PRIVATE,
    Compared,
    Rows,
    amount,
    cycle_in,
    file_rows,
    money_in,
    most_in,
    name_of,
    named,
    rows_in,
    sessions_each,
    sessions_in,
    split_in,
    tables_in,
    total_in,
)
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, OPS, WEB
from tests.scenarios.observations import opened_home
from tests.scenarios.quarter import DIRECT, NAMES, Organisation, Quarter, Work

# What is left out of the comparison.
BRIDGED = "a day at whose end the bot did not run is *about* right until Devin has said which days its sessions used"
FORECASTS = r"(?:,| ·) forecast[^·\n]*(?=·|$)"  # they follow no plain sum

LIMIT, LIMIT_OF_LOCAL_AGENTS = 700, 90  # ACUs in a cycle
BUDGETS = {"org": (9000, "cycle"), "each-person": (3000, "week"), f"<#{WEB}>": (1000, "day")}
FAR_ABOVE = 1000  # percent, which are no longer written as a number
UNMERGED = {
    "none": "Without a pull request",
    "closed": "Closed unmerged",
    "stale": "Open for more than 14 days",
}
FEWEST = 5  # merged pull requests that a ratio says something about


def _repository(work: Work, *, hidden: bool) -> str:
    if hidden:
        return HIDDEN_REPOSITORY
    return "/".join(work.pull_request.split("/")[3:5]) if work.pull_request else "no repository known"


class Checks:
    """Compares what the bot shows in a workspace at an instant with the books of its organisation.

    What people there used in other organisations is in the books of these.
    """

    def __init__(
        self,
        quarter: Quarter,
        organisation: Organisation,
        of_each: Mapping[str, Books],
        prices: Prices,
        compared: Compared,
    ) -> None:
        self.quarter, self.organisation, self.of_each, self.prices = quarter, organisation, of_each, prices
        self.on, self.books, self.compared = organisation.on, of_each[organisation.id], compared
        self.at = f"{organisation.id}, {self.books.now:%d %b %H:%M}"
        work = {one.devin_id: one for one in organisation.work}
        self.ours = {key for key, one in work.items() if one.team == organisation.team}

        gone = quarter.gone

        def by(name: Callable[[Work], str]) -> dict[str, str]:
            return {key: name(one) if key in self.ours else OTHER_WORKSPACE for key, one in work.items()}

        def title(one: Work) -> str:
            return PRIVATE if is_direct[one.devin_id] else FORGOTTEN if one.person in gone else one.title

        is_direct = {one.devin_id: one.channel.startswith("D") for one in organisation.work}
        self.people = by(lambda one: ERASED if one.person in gone else NAMES[one.person])
        self.channels = by(lambda one: "DMs" if is_direct[one.devin_id] else f"<#{one.channel}>")
        self.titles = by(title)
        self.private = {one.title: title(one) for one in work.values() if title(one) != one.title}
        self.work = work
        self.users = [user for user in (ANN, BEN, ADA) if user not in gone]
        self.repositories = by(lambda one: _repository(one, hidden=is_direct[one.devin_id]))
        # Ada, who asks, may see what is in her own direct messages.
        self.for_ada = by(lambda one: _repository(one, hidden=is_direct[one.devin_id] and one.person != ADA))

    def team(self, key: str, day: date) -> str:
        """The team in which a session counts on a day."""
        one = self.work[key]
        told = self.quarter.told
        return counts_in(told, day, one.tags, one.channel, one.person) if key in self.ours else OTHER_WORKSPACE

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
        if len(days) > 1 and days[-1] == books.today and not books.missing(days):
            so_far = f"{named(books.today)} still runs and is in the total: {_shown(books.total(days[-1:]))} so far."
            self.compared.same(f"{what}, {so_far}", so_far in shown, True)
        self._sessions(what, shown, [self._active(days)])
        self._most(what, shown, [acus for key, acus in books.by_session(days).items() if key in self.ours])
        if days[-1] in {books.newest_finished, books.today}:
            self._cycle(what, shown, days[-1])

    def _most(self, what: str, shown: str, exact: Iterable[Decimal]) -> None:
        """The sessions that used most, which are rounded with the rest, so that each is less than a digit off."""
        found, most = most_in(shown), sorted(exact, reverse=True)[:5]
        is_near = len(found) == len(most) and all(
            abs(acus - one) < Decimal("0.1") for acus, one in zip(found, most, strict=True)
        )
        self.compared.same(f"{what}, most {found} for {most}", is_near, True)

    def _active(self, days: Sequence[date]) -> dict[str, bool]:
        """The sessions of this workspace that were active on the days, and whether they were done by the end."""
        return {key: is_done for key, is_done in self.books.active(days).items() if key in self.ours}

    def _sessions(self, what: str, shown: str, active: Iterable[Mapping[str, bool]]) -> None:
        """How many sessions were active, and what became of them."""
        became = Counter("done" if is_done else "running" for found in active for is_done in found.values())
        self.compared.same(f"{what}, sessions", sessions_in(shown), became)

    def _sums(self, what: str, shown: str, days: Sequence[date]) -> None:
        """The total, and what came through Slack and from elsewhere, if all bills are in."""
        books, own = self.books, self.books.through_slack(days)
        if missing := books.missing(days):
            own_of_all = f"{_shown(own)} ({_usd(self._own_cost(days))})"
            not_in_yet = f"Devin's bill for {_days_named(missing)} isn't in yet, so usage elsewhere isn't known."
            self.compared.same(f"{what}, {not_in_yet}", not_in_yet in shown, True)
            if known := days_from(days[0], missing[0] - ONE_DAY):
                said = f"{_shown(books.total(known))} ({_usd(books.cost(known, self.prices))})"
                self.compared.same(f"{what}, known", f"{said}* through {named(known[-1])}" in shown, True)
                self.compared.same(f"{what}, own", f"Through Slack, it's {own_of_all} in all." in shown, True)
            else:
                self.compared.same(f"{what}, own", f"*{own_of_all}* through Slack" in shown, True)
            return
        total = tenths(books.total(days))
        self.compared.same(f"{what}, total", total_in(shown), total)
        self.compared.same(f"{what}, money", money_in(shown), hundredths(books.cost(days, self.prices)))
        if total and own <= books.total(days):
            exact = {"slack": own, "elsewhere": books.total(days) - own}
            self.compared.parts(f"{what}, split", split_in(shown), exact, total)

    def _own_cost(self, days: Sequence[date]) -> Decimal:
        return self.books.cost_of(self.books.spent, days, self.prices)

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

    # ------------------------------------------------------------ divided

    def divisions(self, days: Sequence[date]) -> dict[str, dict[str, Decimal]]:
        """What was used by each division, with what came from elsewhere where our sessions are divided."""
        books = self.books
        ours = {
            "person": books.grouped(days, self.people),
            "channel": books.grouped(days, self.channels),
            "session": books.grouped(days, self.titles),
            "repo": books.grouped(days, self.for_ada),
            "team": books.in_teams(days, self.team),
        }
        elsewhere = books.total(days) - books.through_slack(days)
        return {
            **{name: groups | {"elsewhere": elsewhere} for name, groups in ours.items()},
            "day": {named(day): books.total([day]) for day in days},
            "product": books.by_product(days),
            "org": {self.organisation.id: books.total(days)},
        }

    async def home(self) -> None:
        """What Home shows an admin of the running cycle, the running day included as far as it is known."""
        days = self.up_to_now(self.books.cycle_of(self.books.today)[0])
        known = days_from(days[0], (self.books.missing(days) or [days[-1] + ONE_DAY])[0] - ONE_DAY) if days else []
        if not known or not self.knows(days):
            return
        total = f"{_shown(self.books.total(known))} ({_usd(self.books.cost(known, self.prices))})"
        try:
            view = await opened_home(self.on, ADA, f"Whole organization: {total}")
        except TimeoutError:
            self.compared.same(f"{self.at} Home", "another sum", total)
            return
        self._cycle(f"{self.at} Home", written(view["blocks"]).partition("Whole organization: ")[2], days[-1])

    def up_to_now(self, first: date) -> list[date]:
        """The days that a period from `first` up to now counts: the running one too, once its bill is in."""
        today = self.books.today
        return days_from(first, today if self.books.is_in(today) else self.books.newest_finished)

    async def divided(self, period: str, days: Sequence[date]) -> None:
        """The answers by each division."""
        if not self.knows(days) or self.books.missing(days):
            return
        total = tenths(self.books.total(days))
        for name, exact in self.divisions(days).items():
            what, shown = f"{self.at} usage {period} by {name}", await self.asked(f"usage {period} by {name}")
            self.compared.same(f"{what}, total", total_in(shown), total)
            self.compared.same(f"{what}, money", money_in(shown), hundredths(self.books.cost(days, self.prices)))
            self.compared.parts(what, self._hidden(rows_in(shown)), exact, total)
            if name in self._groups():
                self._counts(what, sessions_each(shown), self._groups()[name], days)

    def _groups(self) -> dict[str, Callable[[str, date], str]]:
        """What sessions are counted by, which may be another team on another day: people, channels, repositories."""
        fixed = {"person": self.people, "channel": self.channels, "repo": self.for_ada}
        return {"team": self.team, **{name: lambda key, _, of=of: of[key] for name, of in fixed.items()}}

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
            if name == "day":
                counts = {row["day"]: int(row["sessions"]) for row in rows[:-1]}
                active = {day.isoformat(): len(self._active([day])) for day in days}
                self.compared.same(f"{what}, sessions", counts, active)
            elif name in self._groups():
                counts = {next(iter(row.values())): row["sessions"] for row in rows[:-1]}
                group = self._groups()[name]
                shown = {key: int(number) for key, number in counts.items() if number}
                self._counts(what, shown, lambda key, day, of=group: _in_file(of(key, day)), days)

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
            in_money = hundredths(money({day: added(books.of_all.get(day, {}).values()) for day in days}, self.prices))
            if name != "org" and total:
                self.compared.same(f"{what}, money", await self._money_in_all(), in_money)

    async def _money_in_all(self) -> Decimal:
        """What the message says of which the newest file is."""

        async def said() -> re.Match[str] | None:
            posts = [post for post in await self.on.slack.messages(DIRECT[ADA], user="U0BOT") if not post.get("files")]
            return re.search(rf"{ACUS} ACUs? \(({MONEY}) USD\) in all\.", posts[-1]["rendered"])

        async def is_there() -> bool:
            return await said() is not None

        await until(is_there, seconds=60)
        found = await said()
        assert found
        return amount(found[1])

    async def _file(self, command: str) -> list[dict[str, str]]:
        """The rows of the file that a command has sent."""

        async def sent() -> list[bytes]:
            # By its name: a command that was typed again sends its file again, perhaps after the next command.
            return [content for name, content in await self._shared() if _is_of(name, command)]

        before = len(await sent())
        await self.asked(command)

        async def is_there() -> bool:
            return len(await sent()) > before

        await until(is_there, seconds=60)
        return file_rows((await sent())[-1])

    async def _shared(self, channel: str = DIRECT[ADA], thread: str | None = None) -> list[tuple[str, bytes]]:
        """The names and contents of files, in order."""
        posts = await self.on.slack.messages(channel, thread_ts=thread)
        held = [self.on.simulated_slack.state.files[file["id"]] for post in posts for file in post.get("files") or ()]
        return [(file.name, file.content or b"") for file in held]

    # ------------------------------------------------------------ what people see of their own

    def _asked_by(self, user: str) -> list[tuple[Books, set[str]]]:
        """The sessions that somebody in this workspace has asked for, with the books that they are in."""
        return [
            (
                self.of_each[org.id],
                {one.devin_id for one in org.work if (one.team, one.person) == (self.organisation.team, user)},
            )
            for org in self.quarter.organisations
        ]

    async def cost(self) -> None:
        """What each person's sessions used in the cycle so far, wherever they are, and what a session used in all."""
        books = self.books
        days = days_from(books.cycle_of(books.today)[0], books.today)
        for user in self.users:
            asked = self._asked_by(user)
            theirs = [acus for of, keys in asked for key, acus in of.by_session(days).items() if key in keys]
            shown, what = await self.asked("cost", user), f"{self.at} cost of {NAMES[user]}"
            active = [{key: done for key, done in of.active(days).items() if key in keys} for of, keys in asked]
            self._sessions(what, shown, active)
            if theirs and not self.quarter.bridged & {days[0] - ONE_DAY}:
                self.compared.same(what, total_in(shown), tenths(added(theirs)))
                self._most(what, shown, theirs)
            if theirs and self.knows(days):
                in_money = added(of.cost_of(keys, days, self.prices) for of, keys in asked)
                self.compared.same(f"{what}, money", money_in(shown), hundredths(in_money))
        for one in [one for one in self.organisation.work if one.ts and one.person in self.users][-2:]:
            await self._cost_of(one)

    async def _cost_of(self, one: Work) -> None:
        said = await self._said_in_thread(one.channel, one.ts or "", one.person)
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

    async def _said_in_thread(self, channel: str, ts: str, user: str) -> tuple[str, str, str]:
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
        corrected = rf"(?: \(corrected from ({ACUS})\))?"
        found = re.search(
            rf"has used ({ACUS})(?: of {ACUS})?(?: ACUs?)?{corrected}(?: \(({MONEY}) USD\))?",
            (await answers())[-1]["rendered"],
        )
        return (found[1], found[2] or "0", found[3] or "0") if found else ("0", "0", "0")

    # ------------------------------------------------------------ budgets

    async def budgets(self) -> None:
        """What is used of each budget, today included."""
        books, today = self.books, self.books.today
        cycle = days_from(books.cycle_of(today)[0], today)
        week = days_from(today - ONE_DAY * today.weekday(), today)
        for user in self.users:
            shown = await self.asked("budget list", user)
            if self.knows(week):
                spent = self._used(week, lambda one, user=user: one.person == user)
                self._budget(f"budget of {NAMES[user]}", shown, r"\*each person\*", spent, 3000)
        shown = await self.asked("budget list", ADA)
        if self.knows(cycle):
            self._budget("budget of the organization", shown, r"\*the organization\*", books.of_budget(cycle), 9000)
            others = added(acus for name, acus in books.by_limit(cycle).items() if name != "Devin")
            noted = re.search(rf"not counting ({ACUS}) of other products", shown)
            self.compared.same(
                f"{self.at} budget, others", amount(noted[1]) if noted else Decimal(), max(tenths(others), Decimal())
            )
        if self.knows([today]):
            spent = self._used([today], lambda one: one.channel == WEB)
            self._budget("budget of a channel", shown, rf"\*<#{WEB}>\*", spent, 1000)

    def _used(self, days: Sequence[date], of: Callable[[Work], bool]) -> Decimal:
        """What sessions used on the days that somebody in this workspace has asked for, in all organisations."""
        work = [
            (org.id, one)
            for org in self.quarter.organisations
            for one in org.work
            if one.team == self.organisation.team
        ]
        spent = [self.of_each[org_id].spent[one.devin_id] for org_id, one in work if of(one)]
        return added(used.get(day, Decimal()) for used in spent for day in days)

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
            if one.devin_id in self.ours
        }
        opened = {key: url for key, (url, day) in first_seen.items() if days[0] <= day <= days[-1]}
        rows = [row for key in opened for row in books.sessions[key]["pull_requests"] if row["pr_url"] == opened[key]]
        became = Counter(row["pr_state"] for row in rows)
        active = self._active(days)
        without = {key for key in active if key not in first_seen}
        (row,) = await self._file("report month csv")
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
                acus for key, acus in books.by_session(days).items() if key in self.ours and key not in opened
            )
            self.compared.same(f"{what}, acus of all", Decimal(row["acus_of_all"]), spent + others)
        shown = await self.asked("report month")
        expected = {"with a pull request": len(active) - len(without), "without": len(without)}
        self.compared.same(f"{what}, sessions", sessions_in(shown), {key: n for key, n in expected.items() if active})
        if not self.knows(days):
            return
        columns = {"none": "over_without_one", "closed": "closed_unmerged", "stale": "open_over_14_days"}
        for result, used in self._wasted(days).items():
            column = columns[result]
            self.compared.same(f"{what}, sessions {column}", int(row[f"sessions_{column}"]), len(used))
            self.compared.same(f"{what}, acus {column}", Decimal(row[f"acus_{column}"]), added(used))
            line = f"• {UNMERGED[result]}: {_shown(added(used))} in {_counted(len(used))}"
            self.compared.same(f"{what}, {line} in {shown}", line in shown, bool(added(used)))
        if spent:
            cost = books.cost_of(opened, days_from(self.quarter.first, books.today), self.prices)
            each = f", {_usd(cost / became['merged'])} each" if became["merged"] >= FEWEST else ""
            for words, acus, more in (
                ("ACUs per merged pull request", spent, each),
                ("Counting sessions that opened none", spent + others, ""),
            ):
                line = f"{words}: {_per_merged(acus, became['merged'], more)}"
                self.compared.same(f"{what}, {line} in {shown}", line in shown, True)

    def _wasted(self, days: Sequence[date]) -> dict[str, list[Decimal]]:
        """What was used by each session of this workspace that is over and nothing of it will be merged."""
        seen = {url: at for url, (at, _) in self.organisation.opened.items()}
        questions = {key for key, one in self.work.items() if one.asks}
        wasted = self.books.wasted(days, seen, questions)
        return {result: [used[key] for key in used if key in self.ours] for result, used in wasted.items()}

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
            in_money = _usd(self._own_cost([day]))
            self.compared.same(f"{what}, own", f"*{_shown(own)} ({in_money}) through Slack on" in shown, True)
            return
        total = books.total([day])
        in_money = _usd(books.cost([day], self.prices))
        self.compared.same(f"{what}, total", f"*{_shown(total)} ({in_money}) on" in shown, True)
        usual = books.usual(day)
        change = None if usual is None or usual <= 0 else _in_words(_rounded((total - usual) * 100 / usual))
        self.compared.same(f"{what}, change to {usual}", _change(shown), change)
        if own <= total:
            exact = {"slack": own, "elsewhere": total - own}
            if tenths(total):
                self.compared.parts(f"{what}, split", split_in(shown), exact, tenths(total))
            await self._thread(what, day, root)
        self._pull_requests(what, shown, day)
        self._cycle(what, shown, day)

    def _pull_requests(self, what: str, shown: str, day: date) -> None:
        """The pull requests that were opened in 14 days, and what one of those that are merged took."""
        days, books = days_from(day - 13 * ONE_DAY, day), self.books
        work = [one for at, one in self.organisation.opened.values() if billing_day(at) in days]
        opened = {one.devin_id: one for one in work if one.devin_id in self.ours}
        decided = [key for key, one in opened.items() if one.decided_on and one.decided_on <= day]
        merged = sum(row["pr_state"] == "merged" for key in decided for row in books.sessions[key]["pull_requests"])
        line = f"{len(opened)} PR{'' if len(opened) == 1 else 's'} opened · {merged} merged"
        spent = added(Decimal(books.sessions[key]["acus_consumed"]) for key in opened)
        if merged >= FEWEST and spent:
            if not self.knows(days):
                return
            others = added(
                acus for key, acus in books.by_session(days).items() if key in self.ours and key not in opened
            )
            each, of_all = (f"{tenths(acus / merged):,}" for acus in (spent, spent + others))
            line += f" · {each} ACUs per merged PR, {of_all} counting sessions without one"
        self.compared.same(f"{what}, {line} in {shown}", line in shown, bool(opened))

    async def _thread(self, what: str, day: date, root: Mapping[str, Any]) -> None:
        posts = await self.on.slack.messages(OPS, thread_ts=root["ts"])
        groups = {
            "Person": self.people,
            "Channel": self.channels,
            "Session": self.titles,
            "Repository": self.repositories,
            "Team": {key: self.team(key, day) for key in self.work},
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
            if column != "Session":
                # There are so few people, channels and repositories that nobody else is among the others.
                names = [OTHER_WORKSPACE if name == "others" else name for name, _ in shown[:-1]]
                counts = {name: int(row[3]) for name, row in zip(names, rows[:-1], strict=True) if name != "elsewhere"}
                self._counts(f"{what}, {column}", counts, lambda key, _, of=groups[column]: of[key], [day])
        self._nothing_merged(what, "\n".join(post["rendered"] for post in posts), [day])
        for _, content in await self._shared(OPS, root["ts"]):
            rows = file_rows(content)
            expected = books.grouped([day], self.titles) | {"elsewhere": total - books.own(day)}
            used = {name: acus for name, acus in self._summed(rows).items() if acus}
            self.compared.same(f"{what}, file", used, {name: acus for name, acus in expected.items() if acus})
            self.compared.same(f"{what}, file, total", Decimal(rows[-1]["acus"]), total)

    def _nothing_merged(self, what: str, shown: str, days: Sequence[date]) -> None:
        """What was wasted, of all that came through Slack here, each rounded with the rest of it."""
        used = [acus for acus in chain.from_iterable(self._wasted(days).values()) if acus]
        found = re.search(rf"nothing merged: ({ACUS}) ACUs? of the ({ACUS}) through Slack, in (\d+) sessions?", shown)
        self.compared.same(f"{what}, wasted sessions", int(found[3]) if found else 0, len(used))
        ours = added(acus for key, acus in self.books.by_session(days).items() if key in self.ours)
        for said, acus in zip(found.groups()[:2] if found else (), (added(used), ours), strict=False):
            self.compared.same(f"{what}, {said} of {acus}", abs(amount(said) - acus) < Decimal("0.1"), True)

    async def weekly(self, day: date) -> None:
        """The digest about the week that a day is the last one of."""
        week, before = days_from(day - 6 * ONE_DAY, day), days_from(day - 13 * ONE_DAY, day - 7 * ONE_DAY)
        what, span = f"{self.at} weekly digest", f"from {named(week[0])} to {named(day)}"
        with suppress(TimeoutError):  # it may be on its way
            await self.on.slack.wait_for_message(WEB, span)
        roots = [post["rendered"] for post in await self.on.slack.messages(WEB, user="U0BOT") if _is_root(post)]
        found = [post for post in roots if span in post]
        self.compared.same(f"{what}, number", len(found), 1)
        if not found or not self.knows(week):
            return
        self._sums(what, found[0], week)
        self._sessions(what, found[0], [self._active(week)])
        root = next(post for post in await self.on.slack.messages(WEB, user="U0BOT") if span in post["rendered"])
        posts = await self.on.slack.messages(WEB, thread_ts=root["ts"])
        if not self.books.missing(week):
            self._nothing_merged(what, "\n".join(post["rendered"] for post in posts), week)
        if not self.books.missing(before):
            took = re.search(rf"Previous 7 billing days: ({ACUS}) ACUs?\.", found[0])
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
    written = _number(acus)
    return f"{written} ACU" if written == "1" else f"{written} ACUs"


def _number(acus: Decimal) -> str:
    rounded = tenths(acus) or Decimal()  # nobody reads -0
    return "under 0.1" if acus > 0 == rounded else f"{rounded:,}".removesuffix(".0")


def _usd(amount: Decimal) -> str:
    return f"{hundredths(amount):,} USD"


def _per_merged(acus: Decimal, merged: int, more: str) -> str:
    of = f"{_number(acus)} ÷ {merged}"
    if merged < FEWEST:
        return f"not enough data ({of}; needs at least {FEWEST})"
    return f"{_number(acus / merged)} ({of}{more})"


def _counted(sessions: int) -> str:
    return f"{sessions} session{'' if sessions == 1 else 's'}"


def _days_named(days: Sequence[date]) -> str:
    """The days whose bill is not in yet."""
    if len(days) == 1:
        return f"{days[0]:%A, %B} {days[0].day}, {days[0].year}"
    if len(days) == 2:
        return f"{named(days[0])} and {named(days[1])}"
    return f"{len(days)} days from {named(days[0])} to {named(days[-1])}"


def _rounded(acus: Decimal) -> int:
    return int(acus.quantize(Decimal(1), ROUND_HALF_UP))


def _change(shown: str) -> str | None:
    """How a day differs from what is usual, in the words of a digest."""
    found = re.search(r"^\*.*?\*  (as usual|[▲▼] (?:[\d,]+%|far above))", shown)
    return found[1] if found else None


def _in_words(percent: int) -> str:
    if not percent:
        return "as usual"
    number = f"{abs(percent):,}%" if abs(percent) < FAR_ABOVE else "far above"
    return f"{'▲' if percent > 0 else '▼'} {number}"


def _corrections(shown: str) -> dict[str, Decimal]:
    changed = re.findall(rf"(\w{{3}}, \w{{3}} \d+) corrected: {ACUS} → ({ACUS}) ACUs?\.", shown)
    came_in = re.findall(rf"Devin's bill for (\w{{3}}, \w{{3}} \d+) is in now: ({ACUS}) ACUs?\.", shown)
    return {day: amount(acus) for day, acus in [*changed, *came_in]}


def _is_root(post: Mapping[str, Any]) -> bool:
    return post.get("thread_ts") in {None, post["ts"]}


def _is_of(name: str, command: str) -> bool:
    """Whether the file with this name is one that the command sends: of figures of its kind, divided as it says."""
    kind, _, *more = command.removesuffix(" csv").split()  # such as: usage month by day org=all
    division = f"-by-{more[1]}" if more else ""
    begin = f"devin-{kind}-{'all-' if 'org=all' in more else ''}"
    return re.fullmatch(rf"{begin}[\d-]+(?:to-[\d-]+)?{division}\.csv", name) is not None


def _in_file(name: str) -> str:
    return name.removeprefix("<#").removesuffix(">")


def _read(written: str) -> Decimal | None:
    return Decimal(written) if written else None


def _plain(written: str) -> str:
    return f"{Decimal(written).normalize():f}" if written else ""
