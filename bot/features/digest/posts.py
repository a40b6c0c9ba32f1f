"""The tables in the thread of a digest: who and what used most, with rows that add up to the day's total."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from typing import Final

from bot.domain.amounts import exact, exact_sum, half_up
from bot.domain.questions import By
from bot.domain.readers import FEWEST_PEOPLE, Readers
from bot.domain.shares import Share, column, largest, together
from bot.features.digest.files import file_message
from bot.features.report import rows as outcome_rows
from bot.features.report.rules import Used
from bot.features.teams import rows as cost_centres
from bot.features.usage import part_names
from bot.features.usage import spend_group_rows as spend_groups
from bot.features.usage import spend_people_rows as spend_people
from bot.features.usage.chart_days import ChartGroup
from bot.features.usage.figure_files import FigureFile
from bot.features.usage.figure_sentences import Figures, MostExpensive, no_acus_at_all, sessions_of
from bot.features.usage.part_names import HIDDEN_REPOSITORY, NO_TEAM
from bot.features.usage.spend_group_rows import ALL, Group, Spending
from bot.kernel.workspace import Workspace
from bot.store import people
from bot.store.database.connection import Transaction
from bot.views import blocks
from bot.views.charts import chart_message
from bot.views.dates import short_range, weekday_date
from bot.views.doubts import roughly
from bot.views.figure_tables import Cell, FigureTable, table_message
from bot.views.line_chart import Line, LineChart
from bot.views.message import Message
from bot.views.pull_requests import repository_name
from bot.views.text import cell_of, counted, share_of, tenths, with_unit

ELSEWHERE: Final = "outside Slack"
TOTAL: Final = "total"
OTHERS: Final = "others"
DIRECT_MESSAGES: Final = "DMs"
NO_REPOSITORY: Final = "no repository known"
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Spender:
    """A row of a table: a person, channel, session or repository, with what it used and in how many sessions."""

    name: str
    acus: Decimal
    sessions: int = 1
    url: str | None = None  # of the thread of a session
    page: str | None = None  # of a session at Devin
    channel: str | None = None
    asker: str | None = None  # of a session


class LastColumn(StrEnum):
    """What stands in the last column of a table: how many sessions a row has, who asked for its session, or nothing."""

    SESSIONS = "Sessions"
    ASKER = "Started by"
    NONE = ""


@dataclass(frozen=True, slots=True)
class SpenderTable:
    """A table: what its rows are, the rows themselves, and the `others` in sum, if there are more."""

    caption: str
    column: str
    rows: Sequence[Spender]
    others: Spender | None = None
    last: LastColumn = LastColumn.SESSIONS


def spender_table(table: SpenderTable, figures: Figures, day: str) -> FigureTable | None:
    """Build a table of what was used on a `day`, whose `figures` say what it is divided into.

    The last rows are what did not come through Slack, and the total: both stand in the root as well. All amounts add up
    to it as it is shown, and all shares to 100 %. None if there is no row.
    """
    rows = [*table.rows, *([table.others] if table.others else [])]
    if not rows:
        return None
    amounts = column([row.acus for row in rows], figures.through_slack_shown)
    if figures.parts and figures.parts[1].amount:
        rows.append(Spender(ELSEWHERE, figures.parts[1].amount, 0))
        amounts.append(figures.parts[1])
    percents = _percents([amount.amount for amount in amounts])
    about = roughly(figures.about)  # as the root has it; the total is Devin's, if that is known
    total_row = Spender(TOTAL, Decimal(0), sum(row.sessions for row in rows))
    lines = [
        _cells(row, amount, percent, table.last, "" if row is total_row and figures.total is not None else about)
        for row, amount, percent in zip(
            [*rows, total_row], [*amounts, together(amounts)], [*percents, exact_sum(percents)], strict=True
        )
    ]
    acus = f"ACUs ({about.strip()})" if about else "ACUs"
    columns = (table.column, acus, "Share", *([table.last.value] if table.last.value else []))
    return FigureTable(f"{table.caption}, {day}", columns, lines)


def _percents(amounts: Sequence[Decimal]) -> list[Decimal]:
    whole = exact_sum(amounts)
    if whole <= 0:
        return [Decimal(0) for _ in amounts]
    # The quotients are rounded in their 28th digit, which no share can show.
    return [share.shown for share in column([amount * _HUNDRED / whole for amount in amounts], _HUNDRED)]


def _cells(row: Spender, amount: Share, percent: Decimal, last: LastColumn, about: str) -> tuple[Cell, ...]:
    name = Cell(row.name, url=row.url, channel=row.channel, page=row.page)
    detail = {
        LastColumn.SESSIONS: (_sessions(row.sessions),),
        LastColumn.ASKER: (Cell(row.asker or ""),),
        LastColumn.NONE: (),
    }[last]
    return (name, _acus(amount, about), _percent(percent), *detail)


def _acus(amount: Share, about: str) -> Cell:
    text = cell_of(amount)
    return Cell(text, said=f"{about}{text} ACUs", value=float(amount.shown))


def _percent(percent: Decimal) -> Cell:
    text = f"{percent:,f}%"
    return Cell(text, said=text, value=float(percent))


def _sessions(number: int) -> Cell:
    return Cell(f"{number:,}", said=counted(number, "session"), value=float(number)) if number else Cell("")


# ------------------------------------------------------------ digest posts
# The posts in the thread of a digest: the chart, the tables, what was used and nothing merged, the file.


SPENT: Final = "Spent"
USUAL: Final = "Usual"
LIMIT: Final = "Limit's pace"
OF_DEVIN: Final = "Spent by Devin"
PACE_OF_ITS_LIMIT: Final = "Pace of its limit"
NOTHING_MERGED: Final = "With nothing merged: {acus} of the {all} through Slack, in {sessions} that {are} over."


@dataclass(frozen=True, slots=True)
class NothingMerged:
    """What was wasted, by the rule of the report, `of` all that came through Slack."""

    wasted: Used
    of: float


@dataclass(frozen=True, slots=True)
class ThreadFigures:
    """What the thread of a digest says, beside its root, of the billing days from `first` to its last one."""

    first: date
    chart: tuple[ChartGroup, ...] = ()
    tables: tuple[SpenderTable, ...] = ()
    nothing_merged: NothingMerged | None = None
    file: FigureFile | None = None


@dataclass(frozen=True, slots=True)
class DigestPosts:
    """The `root` of a digest and, in their order, the posts of the `thread` that it begins."""

    root: Message
    thread: tuple[Message, ...] = ()


def thread_posts(figures: Figures, thread: ThreadFigures) -> tuple[Message, ...]:
    """Build the posts of the thread of a digest with these `figures`."""
    first, last = thread.first, figures.day
    days = weekday_date(last) if first == last else f"{weekday_date(first)} to {weekday_date(last)}"
    tables = [spender_table(table, figures, days) for table in thread.tables]
    return (
        *_overall(figures, thread),
        *[table_message(table) for table in tables if table is not None],
        *_nothing_merged(thread.nothing_merged, figures),
        *([file_message(thread.file, first, last, days, here=figures.here)] if thread.file else []),
    )


def _overall(figures: Figures, thread: ThreadFigures) -> list[Message]:
    """The chart. Above the one of a single day are its sessions by what became of them, as its root has not these."""
    if no_acus_at_all(figures):
        return []  # the root says it all
    if figures.here and thread.first == figures.day:
        return []  # so does that of a day of one channel
    outcomes = sessions_of(figures) if figures.outcomes and thread.first == figures.day else ""
    if len(thread.chart) > 1 and any(group.spent for group in thread.chart):
        return [chart_message(line_chart(thread.chart), outcomes)]
    return [Message(outcomes, [blocks.section(outcomes)])] if outcomes else []


def _nothing_merged(found: NothingMerged | None, figures: Figures) -> list[Message]:
    if found is None or not found.wasted.sessions:
        return []
    # As the root shows it, unless sessions of another workspace came through Slack too.
    is_all = half_up(found.of, 6) == half_up(figures.through_slack, 6)
    (acus,) = largest(
        [found.wasted.acus], found.of, shown := figures.through_slack_shown if is_all else half_up(found.of, 1)
    )
    whole = share_of(Share(half_up(found.of, 6), shown))
    sessions, are = counted(number := found.wasted.sessions, "session"), "is" if number == 1 else "are"
    text = NOTHING_MERGED.format(acus=with_unit(share_of(acus)), all=whole, sessions=sessions, are=are)
    return [Message(text, [blocks.section(text)])]


def line_chart(groups: Sequence[ChartGroup]) -> LineChart:
    """Build a chart of what was spent on the days of `groups`, beside what is usual and what the limit allows.

    The limit is for Devin itself. Where others spent something too, Devin has a line to be compared with its limit.
    """
    days = (groups[-1].last - groups[-1].first).days + 1
    each = "a day" if days == 1 else f"per {days} days"
    spent = [group.spent for group in groups]
    usual = [group.usual for group in groups if group.usual is not None]
    lines = [Line(SPENT, spent)]
    lines += [Line(USUAL, usual)] if len(usual) == len(groups) else []
    lines += _beside_limit(groups)
    title = f"ACUs {each}, {short_range(groups[0].first, groups[-1].last)}"
    return LineChart(title, [_category(group) for group in groups], lines, "ACUs", _in_words(title, groups, lines))


def _beside_limit(groups: Sequence[ChartGroup]) -> list[Line]:
    allowed = [group.allowed for group in groups if group.allowed is not None]
    of_devin = [group.of_devin for group in groups if group.of_devin is not None]
    if len(allowed) < len(groups):
        return []
    if len(of_devin) < len(groups) or not any(map(_has_others, groups)):
        return [Line(LIMIT, allowed)]
    return [Line(OF_DEVIN, of_devin), Line(PACE_OF_ITS_LIMIT, allowed)]


def _has_others(group: ChartGroup) -> bool:
    return group.of_devin is None or half_up(group.spent, 1) != half_up(group.of_devin, 1)


def _category(group: ChartGroup) -> str:
    if group.first == group.last:
        return weekday_date(group.first)
    return short_range(group.first, group.last)


def _in_words(title: str, groups: Sequence[ChartGroup], lines: Sequence[Line]) -> str:
    highest = max(groups, key=lambda group: group.spent)
    newest = [f"{line.name[0].lower()}{line.name[1:]} {tenths(line.values[-1])}" for line in lines]
    return (
        f"{title}: most on {_category(highest)} with {tenths(highest.spent)}; "
        f"on {_category(groups[-1])} {', '.join(newest)}."
    )


# ------------------------------------------------------------ spenders
# Who and what used most on the billing days of a digest, for the tables in its thread.


MOST_ROWS: Final = 5
_NOISE: Final = Decimal("0.00001")  # ACUs that come from adding up floats
_DIVISIONS: Final = dict.fromkeys((By.PERSON, By.CHANNEL, By.REPO), ALL)


class DigestSpenders:
    """Divides what our sessions used on the days from `first` to that of the `figures`, as `readers` may see it.

    That is done within one transaction.
    """

    def __init__(self, tx: Transaction, workspace: Workspace, first: date, figures: Figures, readers: Readers) -> None:
        self._tx = tx
        self._workspace = workspace
        self._figures = figures
        self._spending = Spending(workspace.team, workspace.organisation.id, first, figures.day, readers=readers)

    async def tables(self, now: float) -> tuple[tuple[SpenderTable, ...], NothingMerged]:
        """Return the tables of a digest, and what was used by sessions that are over `now` and nothing is merged.

        Where names are not shown, people are counted, and groups of fewer than `FEWEST_PEOPLE` are among the others.
        """
        has_teams = bool(await cost_centres.memberships(self._tx, self._workspace.team))
        divisions = _DIVISIONS | ({By.TEAM: ALL} if has_teams else {})
        found = await spend_groups.grouped_each(self._tx, self._spending, divisions)
        named = self._workspace.policy.shows_names
        tables = (
            await self._people(found[By.PERSON]) if named else _counted_people(found[By.PERSON]),
            await self._channels(found[By.CHANNEL]),
            *([await self._teams(found[By.TEAM])] if has_teams else []),
            self._sessions(found[By.CHANNEL]),
            await self._repositories(found[By.REPO]),
        )
        ours = _sum(group for group in found[By.REPO] if group.acus > 0 and not group.foreign)
        return tables, NothingMerged(await outcome_rows.wasted(self._tx, self._spending, now), float(ours))

    async def _people(self, groups: Sequence[Group]) -> SpenderTable:
        known = await people.names(self._tx, self._workspace.team, [group.key for group in groups if group.key])
        named = [group if _is_unknown(group) else replace(group, name=_person(group, known)) for group in groups]
        return _table("People", "Person", _with_nameless(named), lambda group: _spender(group, group.name))

    async def _channels(self, groups: Sequence[Group]) -> SpenderTable:
        who = {} if self._workspace.policy.shows_names else await spend_people.by_channel(self._tx, self._spending)
        return _table("Channels", "Channel", groups, _channel, {key for (key,), users in who.items() if _is_few(users)})

    async def _teams(self, groups: Sequence[Group]) -> SpenderTable:
        who = {} if self._workspace.policy.shows_names else await spend_people.by_team(self._tx, self._spending)
        return _table("Teams", "Team", groups, _team, {key for (key,), users in who.items() if _is_few(users)})

    def _sessions(self, channels: Sequence[Group]) -> SpenderTable:
        """The sessions that used most. All others are what is left of the `channels`: there may be thousands."""
        rows = [_session(session) for session in self._figures.most_expensive[:MOST_ROWS]]
        left = _sum(channels) - exact_sum(row.acus for row in rows)
        others = Spender(OTHERS, left, sum(channel.sessions for channel in channels) - len(rows))
        column = LastColumn.ASKER if self._workspace.policy.shows_names else LastColumn.NONE
        return SpenderTable("Sessions", "Session", rows, others if left > _NOISE else None, column)

    async def _repositories(self, groups: Iterable[Group]) -> SpenderTable:
        joined = dict[tuple[str | None, bool], Group]()
        for group in groups:
            named = replace(group, key=self._repository(group.key, group.pull_request))
            known = joined.get((named.key, _is_unknown(group)))
            joined[named.key, _is_unknown(group)] = known.joined(named) if known else named
        table = _table("Repositories", "Repository", joined.values(), _repository, await self._small_repositories())
        # With no repository known of any session, the table would say nothing.
        return (
            table
            if any(group.key not in {None, HIDDEN_REPOSITORY} for group in joined.values())
            else replace(table, rows=(), others=None)
        )

    async def _small_repositories(self) -> set[str | None]:
        """The repositories that are not named, because too few people used something in them."""
        if self._workspace.policy.shows_names:
            return set()
        users: dict[str | None, set[str]] = defaultdict(set)
        for (repo, url), found in (await spend_people.by_repository(self._tx, self._spending)).items():
            users[self._repository(repo, url)] |= found
        return {name for name, found in users.items() if _is_few(found)}

    def _repository(self, option: str | None, pull_request: str | None) -> str | None:
        hosts = self._workspace.policy.code_hosts
        return (repository_name(pull_request, hosts) if pull_request else None) or option


def _with_nameless(groups: Sequence[Group]) -> list[Group]:
    """Put the people of whom no name is known into one group: a digest mentions nobody, so nothing tells them apart."""
    nameless = [group for group in groups if group.acus > 0 and not _is_unknown(group) and not group.name]
    if not nameless:
        return list(groups)
    together = replace(reduce(Group.joined, nameless), name=part_names.nameless(len(nameless)))
    return [*(group for group in groups if group not in nameless), together]


def _counted_people(groups: Iterable[Group]) -> SpenderTable:
    used = [group for group in groups if group.acus > 0]
    known = [group for group in used if not _is_unknown(group)]
    together = reduce(Group.joined, known) if len(known) >= FEWEST_PEOPLE else None
    rest = [group for group in used if together is None or _is_unknown(group)]
    row = [replace(together, key=f"{len(known):,} people")] if together else []
    hidden = {group.key for group in rest}
    return _table("People", "People", [*row, *rest], lambda group: _spender(group, group.key), hidden)


def _table(
    caption: str,
    column: str,
    groups: Iterable[Group],
    named: Callable[[Group], Spender],
    hidden: Collection[str | None] = (),
) -> SpenderTable:
    top, others = _most_expensive(groups, hidden)
    rows = [replace(named(group), sessions=group.sessions) for group in top]
    rest = Spender(OTHERS, _sum(others), sum(group.sessions for group in others)) if others else None
    return SpenderTable(caption, column, rows, rest)


def _most_expensive(groups: Iterable[Group], hidden: Collection[str | None]) -> tuple[list[Group], list[Group]]:
    """Return the `MOST_ROWS` most expensive groups, and the others, among them those of which nothing is known.

    Sessions of another workspace are among the others: nobody here may see whose they are. So are those whose key is
    `hidden`.
    """
    used = sorted((group for group in groups if group.acus > 0), key=lambda group: (-group.acus, group.key or ""))
    shown = [group for group in used if not _is_unknown(group) and group.key not in hidden]
    return shown[:MOST_ROWS], shown[MOST_ROWS:] + [group for group in used if _is_unknown(group) or group.key in hidden]


def _is_few(users: Collection[str]) -> bool:
    return len(users) < FEWEST_PEOPLE


def _is_unknown(group: Group) -> bool:
    return group.foreign or group.purged


def _person(group: Group, known: Mapping[str, str]) -> str | None:
    return (known.get(group.key) or group.name) if group.key else part_names.ERASED


def _spender(group: Group, name: str | None) -> Spender:
    return Spender(name or "", _exact(group.acus))


def _channel(group: Group) -> Spender:
    is_direct = group.key == "D"
    return Spender(DIRECT_MESSAGES if is_direct else "", _exact(group.acus), channel=None if is_direct else group.key)


def _team(group: Group) -> Spender:
    return Spender(group.key or NO_TEAM, _exact(group.acus))


def _session(session: MostExpensive) -> Spender:
    acus = _exact(session.acus)
    return Spender(session.title, acus, url=session.permalink, page=session.url, asker=session.requester)


def _repository(group: Group) -> Spender:
    return _spender(group, group.key or NO_REPOSITORY)


def _sum(groups: Iterable[Group]) -> Decimal:
    return exact_sum(_exact(group.acus) for group in groups)


def _exact(acus: float) -> Decimal:
    # What is behind six decimals comes from adding up floats.
    return exact(round(acus, 6))
