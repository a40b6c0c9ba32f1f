"""The files behind `/devin usage … csv` and `/devin report … csv`, made of rows."""

from datetime import date

import pytest

from bot.domain.billing import WithheldBecause
from bot.domain.questions import REPORT_QUESTIONS, USAGE_QUESTIONS, By
from bot.features.report.flow import OutcomeAnswers, ReportCommand
from bot.features.report.specs import REPORT
from bot.features.usage import figure_files, file_parts
from bot.features.usage import figure_sentences as digest
from bot.features.usage.files import UsageFiles
from bot.features.usage.sentences import ONLY_THE_BILL
from bot.features.usage.usage import UsageAnswers
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.commands.handler import Asked
from bot.kernel.operations.requests import Requester
from bot.store import spend
from bot.store.tables import inbox, operation_rows, operations
from bot.views.doubts import ABOUT
from bot.views.sentences import IN_DIRECT_MESSAGE
from tests.features.report.test_outcomes import filled as with_pull_requests
from tests.features.usage.test_usage import NOW, TODAY, YESTERDAY, filled, may, utc
from tests.markup import written

ELSEWHERE, TOTAL = "outside Slack", "total"
URL = "https://app.devin.ai/sessions/"
THREAD = "https://acme.slack.com/archives/"


class Files:
    """The files for the admins of the only workspace."""

    def __init__(self, services, store):
        self._store = store
        self.usage_ledger = UsageLedger(services)
        usage = UsageAnswers(services, self.usage_ledger)
        self._files = UsageFiles(services, usage)
        self._outcomes = OutcomeAnswers(services, usage)
        self._report = ReportCommand(services).handlers()[REPORT]
        (self.workspace,) = services.workspaces
        self._asked = 0

    async def refused(self, text, direct=None, key="cmd:refused"):
        """What is answered to a command."""
        word, _, question = text.partition(" ")
        requester = Requester(self.workspace.team, "U0ADA", key, direct)
        if word == "usage":
            return (await self._files.usage(self.workspace, requester, USAGE_QUESTIONS.of(question))).text
        asked = Asked(self.workspace, "U0ADA", "C0ADMINS", REPORT, question, key, direct)
        return (await self._report.answer(asked)).text

    async def __call__(self, text):
        """The lines of the file that a command asks for, with commas, the last one a note."""
        self._asked += 1
        key = f"cmd:{self._asked}"
        for _ in range(2):  # a request that comes twice
            assert await self.refused(text, key=key) == figure_files.BEGUN.text
        operation = max(await self._store.rows(operations), key=lambda row: row["created_at"])
        found = [row for row in await self._store.rows(operation_rows) if row["operation_id"] == operation["id"]]
        cells = [
            operation["shape"]["header"],
            *(row["cells"] for row in sorted(found, key=lambda row: row["position"])),
        ]
        async with self._store.db.write() as tx:
            await tx.execute(operations.delete())
            await tx.execute(operation_rows.delete())
        return [",".join(cell or "" for cell in row) for row in cells]

    async def report(self, text):
        return written((await self._outcomes.report(self.workspace, REPORT_QUESTIONS.of(text))).blocks)


@pytest.fixture
async def files(make, either_store, clock, bills):
    clock.now = NOW
    await filled(either_store)
    bills.days = {may(18): 10.123456789, YESTERDAY: 10.0, TODAY: 3.0}
    bills.products = {YESTERDAY: {"devin": 6.05, "review": 3.0}}
    made = Files(make(either_store, clock), either_store)
    await made.usage_ledger.refresh(made.workspace.organisation)
    return made


async def test_all_divisions_add_up_to_the_bill(files):
    assert await files("usage 2026-05-18..2026-05-19 by person csv") == [
        "person,person_id,acus,sessions,pull_requests",
        "another workspace,,4.0,1,0",
        "Ada,U0ADA,2.5,1,0",
        "ben,U0BEN,2.25,1,1",
        "sessions that are no longer stored,,0.5,1,0",
        "people whose data was erased,,0.25,1,0",
        f"{ELSEWHERE},,10.623456789,,",
        f"{TOTAL},,20.123456789,,",
    ]
    assert await files("usage week by session csv") == [
        "session,url,thread,person,acus,pull_requests",
        "another workspace,,,,4.0,0",
        f"Fix login,{URL}a,{THREAD}C0WORK/p1779105600000000,Ada,2.5,0",
        f"{IN_DIRECT_MESSAGE},,,ben,2.25,1",
        "sessions that are no longer stored,,,,0.5,0",
        f"{IN_DIRECT_MESSAGE},,,,0.25,0",
        f"{ELSEWHERE},,,,10.623456789,",
        f"{TOTAL},,,,20.123456789,",
    ]
    assert (await files("usage week by channel csv"))[:4] == [
        "channel,acus,sessions,pull_requests",
        "another workspace,4.0,1,0",
        "DMs,2.5,2,1",
        "C0WORK,2.5,1,0",
    ]
    repositories = ["private channels and DMs,2.5,2,1", "acme/web,2.5,1,0"]
    assert (await files("usage week csv by repo"))[2:4] == repositories
    assert (await files("usage week by product csv"))[1:] == [
        *("other,11.073456789", "devin,6.05", "review,3.0", f"{TOTAL},20.123456789")
    ]
    for by in By:
        assert (await files(f"usage week by {by} csv"))[-1].strip(",").rpartition(",")[2] == "20.123456789"


async def test_more_than_a_file_takes_are_one_row(files, monkeypatch):
    monkeypatch.setattr(file_parts, "MOST_ROWS", 2)
    lines = await files("usage week by session csv")
    assert [line.split(",")[0] for line in lines[1:]] == [
        "another workspace",
        "Fix login",
        "3 others",
        ELSEWHERE,
        TOTAL,
    ]
    assert lines[3:] == [*("3 others,,,,3.0,0", f"{ELSEWHERE},,,,10.623456789,", f"{TOTAL},,,,20.123456789,")]


async def test_without_a_division_each_finished_day_is_a_row(files):
    lines = await files("usage csv week")
    assert (len(lines), lines[0], lines[1]) == (9, "day,acus,sessions", "2026-05-13,0,0")
    assert lines[-3:] == ["2026-05-18,10.123456789,4", "2026-05-19,10.00,2", f"{TOTAL},20.123456789,"]


async def test_a_day_that_devin_does_not_list_has_no_acus_and_no_total(files, bills, clock):
    clock.now += 2 * 86_400
    await files.usage_ledger.refresh(files.workspace.organisation)
    lines = await files("usage csv week")
    assert lines[0] == "day,acus,sessions"
    assert lines[-4:] == [
        "2026-05-19,10.00,2",
        "2026-05-20,3.0,0",
        "2026-05-21,,0",
        f"{TOTAL},,",
    ]


async def test_a_day_that_is_not_finished_is_in_no_file(files, clock):
    over = "a file has only finished days. Type"
    assert await files.refused("usage by person csv") == (
        f"Today isn't over, and {over} `/devin usage yesterday by person csv` instead."
    )
    no_day = f"No day of this period is finished yet, and {over}"
    assert await files.refused(f"usage {TODAY} csv") == f"{no_day} `/devin usage yesterday csv` instead."
    clock.now = utc(2026, 5, 20, 8, 30)  # yesterday was over half an hour ago
    assert await files.refused("usage yesterday csv") == f"{no_day} `/devin usage 2026-05-18 csv` instead."
    clock.now = utc(2026, 6, 1, 12)
    assert await files.refused("report month csv") == f"{no_day} `/devin report week csv` instead."
    assert (
        await files.refused("usage 2026-05-04..2026-05-01 csv")
        == "`2026-05-04..2026-05-01` ends before it begins. Write the earlier day first."
    )


async def test_in_a_direct_message_the_message_of_the_operation_is_the_answer(files, either_store):
    assert not await files.refused("usage week csv", "D0ADA", "msg:T0ACME:D0ADA:1.0")
    (operation,) = await either_store.rows(operations)
    assert (operation["channel"], operation["notes"]) == (
        "D0ADA",
        ["Wed, May 20 isn't finished and isn't in the total."],
    )
    assert len(await either_store.rows(inbox)) == 1


async def test_only_devins_bill_divides_by_product(make, store, clock, bills):
    clock.now = NOW
    await filled(store)
    bills.refusal = {"detail": "Forbidden"}
    files = Files(make(store, clock), store)
    await files.usage_ledger.refresh(files.workspace.organisation)
    reason = (
        digest.WITHHELD[WithheldBecause.PERMISSION]
        .format(named="ViewOrgConsumption")
        .removeprefix(":information_source: ")
    )
    assert await files.refused("usage week by product csv") == (f"{ONLY_THE_BILL} So there's no file. {reason}")
    assert (await files("usage week csv"))[-3:] == [
        "2026-05-18,4.25,4",
        "2026-05-19,5.25,2",
        "total through Slack,9.50,",
    ]


async def test_without_names_people_are_counted(make, store, clock, bills):
    clock.now = NOW
    await filled(store)
    bills.days = {YESTERDAY: 20.0}
    files = Files(make(store, clock, shows_names=False), store)
    await files.usage_ledger.refresh(files.workspace.organisation)
    assert (await files("usage week by person csv"))[:2] == ["people,acus,sessions,pull_requests", "3 people,5.0,3,1"]
    assert (await files("usage week by session csv"))[2].startswith(f"Fix login,{URL}a,{THREAD}C0WORK/")
    assert "2 others,5.0,3,1" in await files("usage week by channel csv")
    assert (await files("report week by person csv"))[1].startswith("3 people,1,0,")
    assert (await files("report week by channel csv"))[1].startswith("others,1,0,")
    assert "• 3 people: 1 pull request opened, 0 merged" in await files.report("week by person")


async def test_a_report_is_a_row_for_each_group(make, either_store, clock):
    clock.now = utc(2026, 5, 20, 12)
    await with_pull_requests(either_store)
    files = Files(make(either_store, clock), either_store)
    columns = (
        "pull_requests_opened,merged,closed_unmerged,open,open_over_14_days,acus,acus_of_all,"
        "sessions_with_pull_request,sessions_without,sessions_over_without_one,acus_over_without_one,sessions_closed_unmerged,"
        "acus_closed_unmerged,sessions_open_over_14_days,acus_open_over_14_days,times_to_merge,"
        "median_seconds_to_merge,rated_good,rated_bad"
    )
    assert await files("report csv") == [
        f"period,{columns}",
        "2026-05-13..2026-05-19,4,1,1,2,0,12.0,12.5,3,1,1,0.5,0,0,0,0,1,7200,0,0",
    ]
    assert await files("report week by person csv") == [
        f"person,person_id,{columns}",
        "Ada,U0ADA,2,1,0,1,0,8.0,8.5,1,1,1,0.5,0,0,0,0,1,7200,,",
        "ben,U0BEN,1,0,1,0,0,2.0,2.0,1,0,0,0,0,0,0,0,0,,,",
        "sessions that are no longer stored,,1,0,0,1,0,4.0,4.0,1,0,0,0,0,0,0,0,0,,,",
    ]
    clock.now = utc(2026, 5, 20, 8, 30)  # the newest day was over half an hour ago
    assert (await files("report csv"))[1].startswith("2026-05-12..2026-05-18,")


async def test_a_report_says_why_what_was_used_is_only_about_right(make, either_store, clock):
    clock.now = utc(2026, 5, 20, 12)
    await with_pull_requests(either_store)
    async with either_store.db.write() as tx:
        await spend.add(tx, "org-acme", may(13), {"c": 2.0}, {"c": may(12)})
    files = Files(make(either_store, clock), either_store)
    await files.refused("report csv")
    (operation,) = await either_store.rows(operations)
    assert ABOUT.format(days="Wed, May 13") in str(dict(operation))


async def test_the_month_before_is_a_row_of_the_file_too(make, either_store, clock):
    clock.now = utc(2026, 6, 3, 12)
    await with_pull_requests(either_store)
    await either_store.spent(date(2026, 4, 1), b=1.0)
    files = Files(make(either_store, clock), either_store)
    for typed in ("last month", "2026-05"):
        assert [line.split(",")[:2] for line in (await files(f"report {typed} csv"))[1:]] == [
            ["2026-05-01..2026-05-31", "6"],
            ["2026-04-01..2026-04-30", "0"],
        ]
    assert await files.refused("report 2026-07 csv") == await files.refused("usage 2026-07 csv")
    assert await files.refused("report 2026-06-03 csv") == (
        "No day of this period is finished yet, and a file has only finished days. Type `/devin report week csv` "
        "instead."
    )
