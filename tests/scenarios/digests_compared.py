"""Compares the digests that come in a workspace with what is expected there, as the answers are."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any

from bot.features.usage.part_names import OTHER_WORKSPACE
from tests.recompute import ONE_DAY, Books, added, billing_day, days_from, tenths
from tests.scenarios.figures_compared import Checks
from tests.scenarios.figures_expected import FEWEST, acus_shown, change_shown, usd
from tests.scenarios.figures_shown import (
    ACUS,
    amount,
    change_in,
    corrections_in,
    file_rows,
    name_of,
    named,
    split_in,
    tables_in,
)
from tests.scenarios.harness import OPS, WEB


class DigestChecks(Checks):
    """Compares the digests too."""

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
                corrected |= corrections_in(found[0]["rendered"])
        if len(days) == 1 and self.knows(days):
            self._corrected(days[0], corrected, before)

    async def _digest(self, day: date, root: Mapping[str, Any]) -> None:
        what, shown, books = f"{self.at} digest of {day}", root["rendered"], self.books
        if not self.knows([day]):
            return
        own = books.own(day)
        if books.missing([day]):
            in_money = usd(self.expected.own_cost([day]))
            self.compared.same(f"{what}, own", f"*{acus_shown(own)} ({in_money}) through Slack on" in shown, True)
            return
        total = books.total([day])
        in_money = usd(books.cost([day], self.prices))
        self.compared.same(f"{what}, total", f"*{acus_shown(total)} ({in_money}) on" in shown, True)
        usual = books.usual(day)
        change = None if usual is None or usual <= 0 else change_shown(_rounded((total - usual) * 100 / usual))
        self.compared.same(f"{what}, change to {usual}", change_in(shown), change)
        if own <= total:
            exact = {"slack": own, "outside Slack": total - own}
            if tenths(total):
                self.compared.parts(f"{what}, split", split_in(shown), exact, tenths(total))
            await self._thread(what, day, root)
        self._pull_requests(what, shown, day)
        self._cycle(what, shown, day)

    def _pull_requests(self, what: str, shown: str, day: date) -> None:
        """The pull requests that were opened in 14 days, and what one of those that are merged took."""
        days, books = days_from(day - 13 * ONE_DAY, day), self.books
        work = [one for at, one in self.organisation.opened.values() if billing_day(at) in days]
        opened = {one.devin_id: one for one in work if one.devin_id in self.expected.ours}
        decided = [key for key, one in opened.items() if one.decided_on and one.decided_on <= day]
        merged = sum(row["pr_state"] == "merged" for key in decided for row in books.sessions[key]["pull_requests"])
        line = f"{len(opened)} PR{'' if len(opened) == 1 else 's'} opened · {merged} merged"
        spent = added(Decimal(books.sessions[key]["acus_consumed"]) for key in opened)
        if merged >= FEWEST and spent:
            if not self.knows(days):
                return
            others = added(
                acus for key, acus in books.by_session(days).items() if key in self.expected.ours and key not in opened
            )
            each, of_all = (f"{tenths(acus / merged):,}" for acus in (spent, spent + others))
            line += f" · {each} ACUs per merged PR, {of_all} counting sessions without one"
        self.compared.same(f"{what}, {line} in {shown}", line in shown, bool(opened))

    async def _thread(self, what: str, day: date, root: Mapping[str, Any]) -> None:
        posts = await self.on.slack.messages(OPS, thread_ts=root["ts"])
        groups = {
            "Person": self.expected.people,
            "Channel": self.expected.channels,
            "Session": self.expected.titles,
            "Repository": self.expected.repositories,
            "Team": {key: self.expected.team(key, day) for key in self.expected.work},
        }
        books, total = self.books, self.books.total([day])
        for column, rows in tables_in(posts):
            listed = [
                (f"<#{name}>" if name.startswith("C0") else name_of(name), amount(acus)) for name, acus, *_ in rows
            ]
            shown = self._hidden(listed)
            exact = books.grouped([day], groups[column]) | {"outside Slack": total - books.own(day)}
            self.compared.same(f"{what}, {column}, total", shown[-1], ("total", tenths(total)))
            self.compared.parts(f"{what}, {column}", shown[:-1], exact, tenths(total))
            if column != "Session":
                # There are so few people, channels and repositories that nobody else is among the others.
                names = [OTHER_WORKSPACE if name == "others" else name for name, _ in shown[:-1]]
                named = zip(names, rows[:-1], strict=True)
                counts = {name: int(row[3]) for name, row in named if name != "outside Slack"}
                self._counts(f"{what}, {column}", counts, lambda key, _, of=groups[column]: of[key], [day])
        self._nothing_merged(what, "\n".join(post["rendered"] for post in posts), [day])
        for _, content in await self.asked.files_in(OPS, root["ts"]):
            rows = file_rows(content)
            expected = books.grouped([day], self.expected.titles) | {"outside Slack": total - books.own(day)}
            used = {name: acus for name, acus in self._summed(rows).items() if acus}
            self.compared.same(f"{what}, file", used, {name: acus for name, acus in expected.items() if acus})
            self.compared.same(f"{what}, file, total", Decimal(rows[-1]["acus"]), total)

    def _nothing_merged(self, what: str, shown: str, days: Sequence[date]) -> None:
        """What was wasted, of all that came through Slack here, each rounded with the rest of it."""
        used = [acus for acus in chain.from_iterable(self.expected.wasted(days).values()) if acus]
        found = re.search(rf"nothing merged: ({ACUS}) ACUs? of the ({ACUS}) through Slack, in (\d+) sessions?", shown)
        self.compared.same(f"{what}, wasted sessions", int(found[3]) if found else 0, len(used))
        ours = added(acus for key, acus in self.books.by_session(days).items() if key in self.expected.ours)
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
        self._sessions(what, found[0], [self.expected.active(week)])
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


# ---------------------------------------------------------------- what stands in a digest


def _rounded(acus: Decimal) -> int:
    return int(acus.quantize(Decimal(1), ROUND_HALF_UP))


def _is_root(post: Mapping[str, Any]) -> bool:
    return post.get("thread_ts") in {None, post["ts"]}
