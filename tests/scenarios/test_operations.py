"""Operations: exports and lists for admins, each with one message and one file in a direct message with who asked."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.devin import paging
from bot.domain.admins import Admins
from bot.domain.billing import billing_day, newest_finished
from bot.domain.commands.registry import CANCEL_OPERATION
from bot.features.audit import sentences as audit_logs
from bot.features.organisations import sentences as organisations
from bot.features.usage import enterprise_sentences as enterprise_usage
from bot.features.usage import figure_files
from bot.kernel.operations.requests import Requester, begin_file
from bot.kernel.unit_of_work import UnitOfWork
from bot.playground.devin.permissions import ALL_PERMISSIONS
from bot.store import audit, tables
from bot.store.audit import AuditRow
from bot.views import operations
from bot.views.answers import access as access_sentences
from bot.views.csv import with_total
from bot.views.dates import full_date
from tests.scenarios.ahead import TEAM, rows, until, write
from tests.scenarios.harness import ADA, ANN, BOT, GENERAL, Harness, harness
from tests.scenarios.observations import buttons
from tests.scenarios.walk import OWN_COST, SHOW_COST

DIRECT = "D0ADA"
MINUTE, HOUR, DAY = 60, 3_600, 86_400
NOBODY = dict.fromkeys(("org_id", "user_id", "user_email", "service_user_id", "service_user_name"))
AUDIT_ENTRY: dict[str, Any] = {"data": {}, **NOBODY}
pytestmark = pytest.mark.timing(post_look_up=0.3, post_settle=1.0, progress_interval=0.3, operation_message=0.05)


async def asked(on: Harness, text: str, user: str = ADA) -> str:
    """What somebody reads at once who types a command."""
    return str((await on.slack.slash(user, GENERAL, text))["shown"]["rendered"])


async def shared(on: Harness) -> list[dict[str, Any]]:
    return [one for one in await on.slack.messages(DIRECT) if one.get("files")]


async def file_of(on: Harness) -> list[list[str]]:
    """The rows of the one file that was shared with the admin."""
    (file,) = [file for post in await shared(on) for file in post["files"]]
    content = on.simulated_slack.state.files[file["id"]].content
    assert content is not None
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


async def result(on: Harness, words: str, within: float = 30) -> str:
    """The message of the one operation once it shows these words; Slack shares the file a moment later."""
    message = await on.slack.wait_for_message(DIRECT, words, within=within)
    assert [one["ts"] for one in await on.slack.messages(DIRECT) if not one.get("files")] == [message["ts"]]

    async def is_shared() -> bool:
        return bool(await shared(on))

    if ".csv" in message["rendered"]:
        await until(is_shared)
    return str(message["rendered"])


async def changed(on: Harness, *targets: str, after: dict[str, Any] | None = None) -> None:
    """Ada has changed these things through the bot, in this order; `after` is how they are now."""

    async def add(tx: Any) -> None:
        for number, target in enumerate(targets):
            await audit.add(
                tx, AuditRow(TEAM, 1_790_000_000.0 + number, ADA, "budget", target, GENERAL, None, after or {"acus": 5})
            )

    await write(on, add)


# ---------------------------------------------------------------- what was changed through the bot


async def test_what_was_changed_through_the_bot_is_listed_and_sent_as_a_file(on: Harness) -> None:
    assert await asked(on, "audit bot") == audit_logs.NOTHING_CHANGED.text
    await on.started(user=ADA)  # so that her name is known
    await changed(on, "org", "=HYPERLINK(1)")
    await asked(on, "audit bot")
    head, table = (await on.slack.ephemerals(user=ADA, visible=True))[-1]["blocks"]
    assert head["text"]["text"] == (
        "The last 2 changes through Devin Bridge. `/devin audit bot csv` sends you all of them."
    )
    assert [[cell.get("text") for cell in row] for row in table["rows"]] == [
        ["When (UTC)", "Who", "What", "Which", "Where", "Before → after", "Outcome"],
        ["2026-09-21 14:13", "ada", "budget", "=HYPERLINK(1)", None, "- → acus: 5", "done"],
        ["2026-09-21 14:13", "ada", "budget", "org", None, "- → acus: 5", "done"],
    ]
    assert {row[4]["elements"][0]["elements"][0]["channel_id"] for row in table["rows"][1:]} == {GENERAL}
    assert await asked(on, "audit bot csv") == operations.BEGUN.text
    shown = await result(on, "3 rows, also")
    name = f"devin-bridge-audit-{datetime.fromtimestamp(time.time(), UTC):%Y-%m-%d}.csv"
    assert shown.startswith(f"*Changes through Devin Bridge*\n3 rows, also in `{name}` below.")
    (post,) = await shared(on)
    assert (post["text"], [file["name"] for file in post["files"]]) == ("Changes through Devin Bridge: 3 rows", [name])
    head, *listed = await file_of(on)
    (started,) = [row for row in listed if row[3] == "start_session"]
    newest, oldest = [row for row in listed if row is not started]
    assert started[1:3] == [ADA, "ada"]
    assert head == ["at", "person_id", "person", "action", "target", "channel", "before", "after", "outcome"]
    assert newest[3:] == ["budget", "'=HYPERLINK(1)", GENERAL, "", '{"acus": 5}', "done"]
    assert oldest[:5] == ["2026-09-21T14:13:20Z", ADA, "ada", "budget", "org"]

    async def are_deleted() -> bool:
        return await rows(on, "operation_rows") == []

    await until(are_deleted)  # the operation ends after its file is shared


async def test_a_file_runs_no_formula_at_any_separator_and_hides_nothing(on: Harness) -> None:
    await on.started(user=ADA)
    await changed(on, "Pay\u202eroll\u200b;=1|+2", after={"name": "a;=cmd()\n@b"})
    await asked(on, "audit bot csv")
    await result(on, "2 rows, also")
    row = next(row for row in await file_of(on) if row[3] == "budget")
    assert (row[4], row[7]) == ("Payroll;'=1|'+2", '{"name": "a;\'=cmd()\\n\'@b"}')


async def test_a_sentence_that_begins_with_audit_starts_a_session(on: Harness) -> None:
    task = "audit the login code for checks that are missing"
    await on.slack.slash(ADA, GENERAL, task)
    await on.session(task)
    assert await rows(on, "operations") == []


# ---------------------------------------------------------------- figures


async def test_what_was_used_and_what_came_of_it_are_sent_as_files(on: Harness) -> None:
    day = newest_finished(time.time())
    await on.stop()
    await on.devin.consumption(day.isoformat(), 4.25)

    async def unread(tx: Any) -> None:
        await tx.execute(tables.consumption.delete())

    await write(on, unread)
    await on.start()  # which reads the bill

    async def is_read() -> bool:
        return any(float(row["acus"]) == 4.25 for row in await rows(on, "consumption", day=day.isoformat()))

    await until(is_read)
    await on.started(user=ADA)
    (active,) = await rows(on, "spend")

    async def spend(tx: Any) -> None:
        await tx.execute(tables.spend.insert().values(active | {"day": day.isoformat(), "acus": 1.125}))

    await write(on, spend)
    assert (await asked(on, "usage by person csv")).startswith(
        "Today isn't over, and a file has only finished days. Type `/devin usage "
    )
    refused = access_sentences.admins_only("see usage figures", Admins(frozenset({"U0ADA"})), OWN_COST).text
    assert await asked(on, f"usage csv by person {day}", ANN) == refused + SHOW_COST
    assert await asked(on, f"usage csv by person {day}") == figure_files.BEGUN.text
    assert f"`devin-usage-{day}-by-person.csv` below." in await result(on, "3 rows, also")
    assert await file_of(on) == [
        ["person", "person_id", "acus", "sessions", "pull_requests"],
        ["ada", ADA, "1.125", "1", "0"],
        ["outside Slack", "", "3.125", "", ""],
        ["total", "", "4.250", "", ""],
    ]
    assert await asked(on, "report csv") == figure_files.BEGUN.text
    await on.slack.wait_for_message(DIRECT, "1 row, also in `devin-report-")
    # A range without an end has words behind it, too.
    assert await asked(on, f"usage csv by person since {day}") == figure_files.BEGUN.text


# ---------------------------------------------------------------- Devin's audit log


async def logged(on: Harness, count: int, **facts: Any) -> None:
    """So many entries of the last days, the newest one first in the log's own order."""
    now = int(time.time())
    for number in range(count):
        entry = {"action": "login", "audit_log_id": f"audit-{number}", "created_at": now - HOUR - number * MINUTE}
        on.simulated_devin.world.add_audit(entry | facts)


async def test_all_pages_of_devins_audit_log_are_a_file(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings"])
    now = int(time.time()) - HOUR
    await logged(on, 405, user_email="ann@example.com")
    on.simulated_devin.world.add_audit(
        {"action": "login", "audit_log_id": "old", "created_at": int(time.time()) - 9 * DAY}
    )
    await on.devin.fault("audit_logs", 429, times=1, retry_after=0)
    await on.devin.fault("audit_logs", 500, times=1)
    assert await asked(on, "audit") == operations.BEGUN.text
    shown = await result(on, "405 rows:")
    assert ": the first 20 here, all in `devin-audit-" in shown
    newest = [f"{datetime.fromtimestamp(now - number * MINUTE, UTC):%Y-%m-%dT%H:%M}" for number in range(20)]
    listed = [line[:16] for line in shown.split("\n") if line.endswith("Z")]
    assert listed == newest
    head, *entries = await file_of(on)
    assert head[:4] == ["audit_log_id", "at", "action", "by"]
    assert [entry[0] for entry in entries] == [f"audit-{number}" for number in range(405)]
    assert {entry[3] for entry in entries} == {"ann@example.com"}


@pytest.mark.early
@pytest.mark.long
@pytest.mark.timeout(300)
async def test_fifty_thousand_entries_with_faults_between_lose_and_double_none(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings"])
    start, count = int(time.time()) - 300 * DAY, 50_000
    for number in range(count):
        entry = {"action": "login", "audit_log_id": f"audit-{number}", "created_at": start + number * 500}
        on.simulated_devin.world.held.audits.append(AUDIT_ENTRY | entry)
    await on.devin.fault("audit_logs", 429, times=20, retry_after=0.01)
    await on.devin.fault("audit_logs", 500, times=20)
    since = datetime.fromtimestamp(start - DAY, UTC)
    await asked(on, f"audit since={since:%Y-%m-%d}")
    await on.devin.wait_for_calls("audit_logs", 40, seconds=120)
    await on.devin.fault("audit_logs", 500, times=20)
    await on.devin.fault("audit_logs", 429, times=20, retry_after=0.01)
    await result(on, "50,000 rows: the first 20 here", within=240)
    found = [entry[0] for entry in (await file_of(on))[1:]]
    assert found == [f"audit-{number}" for number in reversed(range(count))]


async def test_the_filters_and_days_are_those_that_were_typed(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings", "ManageOrganizations"])
    await on.devin.add_organization("org-other", "Data Team")
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    for number, day in enumerate((0, 120, 240, 300)):
        facts = {"created_at": int(start) + day * DAY + 60, "audit_log_id": f"a{number}", "org_id": "org-other"}
        on.simulated_devin.world.add_audit({"action": "create_org", "user_email": "Ann@example.com", **facts})
        on.simulated_devin.world.add_audit({"action": "create_org", **facts, "audit_log_id": f"b{number}"})
        on.simulated_devin.world.add_audit({"action": "login", **facts, "audit_log_id": f"c{number}"})
    await asked(on, 'audit action=create_org person=ann@example.com org="data team" since=2026-01-01 until=2026-08-29')
    shown = await result(on, "3 rows, also")
    title = (
        "Devin's audit log, Jan 1 \N{EN DASH} Aug 29, 2026 (UTC), action create_org, person ann@example.com, "
        "organization data team"
    )
    assert shown.startswith(f"*{title}*\n3 rows, also in `devin-audit-2026-01-01-to-2026-08-29.csv` below.")
    assert [entry[0] for entry in (await file_of(on))[1:]] == ["a2", "a1", "a0"]


async def test_what_is_wrong_with_a_query_is_said(on: Harness) -> None:
    answer = "`yesterday` isn't a date. Write one such as `2026-11-26`. Nothing was read."
    assert await asked(on, "audit since=yesterday") == answer
    assert await asked(on, "audit org=Acme Web") == (
        "Can't read `Web`. `/devin audit` takes `action=`, `person=`, `org=`, `since=`, `until=`, without spaces "
        'around `=`. Put a name with spaces in quotation marks: `org="Acme Web"`. Nothing was read.'
    )
    assert await asked(on, f"audit person=<@{ANN}>") == (
        "Devin doesn't know people by @mention. Write the email address, such as "
        "`person=ada@example.com`. Nothing was read."
    )
    assert await rows(on, "operations") == await on.devin.sessions() == []


async def test_a_missing_permission_is_named_with_who_can_grant_it(on: Harness) -> None:
    await changed(on, "org")
    own = (await on.slack.slash(ADA, GENERAL, "audit"))["shown"]
    assert own["rendered"].startswith("The last change through Devin Bridge.")
    assert "budget" in own["rendered"]
    assert own["rendered"].endswith("Devin's own audit log follows in a DM.")
    shown = await result(on, "lacks the permission")
    missing = operations.devin_refused("ManageEnterpriseSettings")
    assert shown.split("\n")[1] == f":warning: {missing} `/devin audit bot` shows the changes through Devin Bridge."


@pytest.mark.long
async def test_an_organisation_that_is_not_there_is_said(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings", "ManageOrganizations"])
    await asked(on, "audit org=Nobody")
    shown = await result(on, "no organization")
    assert "Devin Bridge's key sees no organization `Nobody`. `/devin orgs` shows the names and IDs." in shown


async def test_audit_logs_stay_out_of_channels(on: Harness) -> None:
    await on.slack.say(ADA, GENERAL, f"{BOT} audit")
    answer = await on.slack.wait_for_ephemeral(ADA, "n't shown in channels")
    assert answer["rendered"] == audit_logs.ONLY_IN_PRIVATE.text
    assert await rows(on, "operations") == []


@pytest.mark.parametrize("text", ["audit logs", "audti org=Acme Web"])
async def test_what_resembles_audit_is_not_offered_in_a_channel_either(on: Harness, text: str) -> None:
    await on.slack.say(ADA, GENERAL, f"{BOT} {text}")
    answer = await on.slack.wait_for_ephemeral(ADA, "n't shown in channels")
    assert (answer["text"], buttons(answer)) == (audit_logs.ONLY_IN_PRIVATE.text, ["Start a session"])
    await on.slack.say(ADA, DIRECT, text)
    answer = await on.slack.wait_for_message(DIRECT, "Nothing was started.")
    assert buttons(answer)[0].startswith("Show audit")
    assert await rows(on, "operations") == await on.devin.sessions() == []


async def test_in_a_direct_message_the_message_of_the_operation_is_the_answer(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings"])
    await on.slack.say(ADA, DIRECT, "audit")
    await on.slack.wait_for_message(DIRECT, "Nothing was found, so there's no file.")
    assert len(await on.slack.messages(DIRECT, user="U0BOT")) == 1


async def test_an_operation_that_waits_for_devin_is_canceled(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageEnterpriseSettings"])
    await on.devin.fault("audit_logs", 429, times=100, retry_after=60)
    await asked(on, "audit")
    message = await on.slack.wait_for_message(DIRECT, "Reading…")
    await on.devin.wait_for_calls("audit_logs")
    await on.slack.click(ADA, DIRECT, message["ts"], CANCEL_OPERATION.action_id)
    await on.slack.wait_for_message(DIRECT, "Canceled. No file was made.")
    assert await shared(on) == []


# ---------------------------------------------------------------- organisations


async def test_the_organisations_are_a_table_with_limits_acus_and_the_queue(on: Harness) -> None:
    await on.devin.permissions(only=[*ALL_PERMISSIONS])
    await on.devin.add_organization("org-other", "Data Team")
    await on.devin.limit_organization("org-other", max_cycle_acu_limit=500)
    today = datetime.fromtimestamp(time.time() - 8 * HOUR, UTC)
    products = {"devin": 12.5, "cascade": 600.0, "terminal": 26.0, "review": 1.04}
    await on.devin.consumption(f"{today:%Y-%m-%d}", 639.54, org_id="org-other", products=products)
    assert await asked(on, "orgs") == operations.BEGUN.text
    shown = await result(on, "2 rows.")
    assert "Queue: normal, 0 sessions are waiting for a machine." in shown
    assert shown.split("Organization\n", 1)[1].split("\n") == [
        *("Organization ID", "ACUs per session", "ACUs per cycle", "Used by Devin", "Used by others"),
        *("Play", "org-play", "none", "none", "0.0", "0.0"),
        *("Data Team", "org-other", "none", "500", "12.5", "627.0"),
        *("total", "-", "-", "-", "12.5", "627.0"),
    ]
    assert await shared(on) == []


async def test_of_more_organisations_or_entries_than_are_read_it_is_said_how_many_were(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "LISTED_PAGES", 1)
    monkeypatch.setattr(paging, "MOST_PAGES", 1)
    await on.devin.permissions(only=sorted(ALL_PERMISSIONS - {"ViewAccountConsumption"}))
    for number in range(220):
        await on.devin.add_organization(f"org-{number}", f"Team {number}")
        on.simulated_devin.world.audit("login", "org-play", {})
    await asked(on, "orgs")
    await on.slack.wait_for_message(DIRECT, ":warning: Only the first 200 organizations were read.")
    await asked(on, "audit")
    cut = ":warning: Only the newest 200 rows were read. Name fewer days for the rest."
    await on.slack.wait_for_message(DIRECT, cut)


async def test_without_the_acus_there_is_no_total_of_them(on: Harness) -> None:
    await on.devin.permissions(only=sorted(ALL_PERMISSIONS - {"ViewAccountConsumption"}))
    await on.devin.add_organization("org-other", "Data Team")
    await asked(on, "orgs")
    shown = await result(on, "2 rows.")
    assert organisations.no_acus(operations.lacks("ViewAccountConsumption")) in shown
    assert shown.split("Used by others\n", 1)[1].split("\n") == [
        *("Play", "org-play", "none", "none", "not shown", "not shown"),
        *("Data Team", "org-other", "none", "none", "not shown", "not shown"),
    ]


@pytest.mark.long
async def test_more_than_a_hundred_organisations_are_a_file_with_their_total(on: Harness) -> None:
    await on.devin.permissions(only=[*ALL_PERMISSIONS])
    today = datetime.fromtimestamp(time.time() - 8 * HOUR, UTC)
    for number in range(205):
        await on.devin.add_organization(f"org-{number}", f"Team {number}")
    for number in range(3):
        await on.devin.consumption(f"{today:%Y-%m-%d}", 0.1, org_id=f"org-{number}")
    await asked(on, "orgs")
    await result(on, "206 rows: the first 100 here")
    head, *listed, total = await file_of(on)
    assert head == ["name", "org_id", "max_session_acu_limit", "max_cycle_acu_limit", "devin_acus", "other_acus"]
    assert len({one[1] for one in listed}) == len(listed) == 206
    assert total == ["total", "", "", "", "0.3", "0"]


async def test_of_a_table_longer_than_slack_takes_the_rows_that_fit_are_shown_and_counted(
    on: Harness,
) -> None:
    await on.devin.permissions(only=sorted(ALL_PERMISSIONS - {"ViewAccountConsumption"}))
    for number in range(90):
        await on.devin.add_organization(f"org-{number}-{'x' * 60}", f"Team {number} of the{' very' * 9} large company")
    await asked(on, "orgs")
    shown = await result(on, "91 rows: the first ")
    (post,) = [one for one in await on.slack.messages(DIRECT) if not one.get("files")]
    (table,) = [block for block in post["blocks"] if block["type"] == "data_table"]
    lengths = [sum(len(cell["text"]) for cell in row) for row in table["rows"]]
    assert f"91 rows: the first {len(lengths) - 1} here, all in `" in shown
    assert 10_000 - lengths[-1] < sum(lengths) <= 10_000
    assert len(await file_of(on)) == 1 + 91 + 1  # with the head and the total


@pytest.mark.long
async def test_in_the_file_a_total_of_acus_that_are_not_known_is_empty(on: Harness) -> None:
    await on.devin.permissions(only=sorted(ALL_PERMISSIONS - {"ViewAccountConsumption"}))
    for number in range(100):
        await on.devin.add_organization(f"org-{number}", f"Team {number}")
    await asked(on, "orgs")
    await result(on, "101 rows: the first 100 here")
    assert (await file_of(on))[-1] == ["total", "", "", "", "", ""]


@pytest.mark.timing(operation_unnoticed=0.0)
async def test_the_end_without_a_file_of_an_operation_that_took_long_is_a_message(on: Harness) -> None:
    await asked(on, "orgs")
    assert (await on.slack.wait_for_message(DIRECT, "ready"))["text"] == "Devin's organizations: It's ready above."
    assert "1 row." in (await on.slack.messages(DIRECT))[0]["rendered"]


async def test_a_key_of_one_organisation_shows_that_one_and_says_what_is_missing(on: Harness) -> None:
    await asked(on, "orgs")
    shown = await result(on, "1 row.")
    assert organisations.no_queue(operations.lacks("ViewAccountMetrics")) in shown
    assert organisations.own_alone(operations.lacks("ManageOrganizations")) in shown
    assert shown.split("Used by others\n", 1)[1].split("\n") == [
        "-",
        "org-play",
        "not shown",
        "not shown",
        "0.0",
        "0.0",
    ]


@pytest.mark.parametrize(
    ("status", "detail", "why"),
    [
        (404, "Not found", operations.NO_ENTERPRISE),
        (403, "Not part of this contract", operations.denied("Not part of this contract")),
    ],
)
async def test_what_devin_does_not_offer_to_the_key_is_told_as_no_missing_permission(
    on: Harness, status: int, detail: str, why: str
) -> None:
    for route in ("list_organizations", "queue"):
        await on.devin.fault(route, status, detail=detail, times=9)
    await asked(on, "orgs")
    shown = await result(on, "1 row.")
    assert organisations.no_queue(why) in shown
    assert organisations.own_alone(why) in shown
    await on.slack.say(ADA, DIRECT, "fanout fix it orgs=all")
    await on.slack.wait_for_message(DIRECT, "1 session" if status == 404 else detail)


async def test_a_key_that_does_not_show_its_own_acus_says_so(on: Harness) -> None:
    granted = set(await on.devin.permissions()) - {"ViewOrgConsumption"}
    await on.devin.permissions(only=sorted(granted))
    await asked(on, "orgs")
    shown = await result(on, "1 row.")
    missing = organisations.no_acus(operations.lacks("ViewOrgConsumption"))
    assert missing in shown
    assert shown.endswith("\norg-play" + "\nnot shown" * 4)


# ---------------------------------------------------------------- what all organisations used


async def spent_in_two_organisations(on: Harness) -> None:
    await on.devin.permissions(grant=["ViewAccountConsumption", "ManageOrganizations"])
    await on.devin.add_organization("org-other", "Data Team")
    newest = newest_finished(time.time())
    for back, org_id, acus in (
        (0, "org-play", 1.25),
        (6, "org-other", 2.5),
        (0, "org-other", 0.125),
        (7, "org-play", 9.0),
    ):
        await on.devin.consumption((newest - timedelta(back)).isoformat(), acus, org_id=org_id)


async def test_what_all_organisations_used_is_shown_by_day_or_product_and_as_a_file(on: Harness) -> None:
    await spent_in_two_organisations(on)
    newest = newest_finished(time.time())
    assert await asked(on, "usage week org=all csv") == operations.BEGUN.text
    shown = await result(on, "7 rows, also")
    assert shown.startswith("*Devin in the last seven days, all organizations, by day*\n7 rows, also in")
    assert "3.9 ACUs in all. " in shown
    assert "isn't finished and isn't in the total" in shown
    head, *days, total = await file_of(on)
    assert (head, total) == (["day", "acus"], ["total", "3.875"])
    assert [days[0], days[-1]] == [[newest.isoformat(), "1.375"], [(newest - timedelta(6)).isoformat(), "2.5"]]


async def test_a_day_that_devin_lists_for_no_organisation_is_not_in_yet(on: Harness) -> None:
    await spent_in_two_organisations(on)
    newest = newest_finished(time.time())
    await on.devin.consumption((newest - timedelta(1)).isoformat(), 1.0)
    await on.devin.consumption(newest.isoformat(), None)
    await asked(on, "usage week org=all csv")
    shown = await result(on, "7 rows, also")
    assert f"3.5 ACUs in all. Not in Devin's bill yet, so not in the total: {full_date(newest)}." in shown
    assert f"\n{newest.isoformat()}\nnot in yet\n" in shown
    _, first, second, *_, total = await file_of(on)
    assert (first[1:], second[1:], total) == ([""], ["1.0"], ["total", ""])


async def test_what_each_organisation_used_is_listed(on: Harness) -> None:
    await spent_in_two_organisations(on)
    await asked(on, "usage week by org org=all")
    shown = await result(on, "2 rows.")
    assert shown.startswith("*Devin in the last seven days, all organizations, by org*\n2 rows. 3.9 ACUs in all. ")
    assert " isn't finished and isn't in the total." in shown
    for row in ("Play\norg-play\n1.3", "Data Team\norg-other\n2.6", "total\n-\n3.9"):
        assert row in shown


async def test_by_organisation_a_day_that_devin_does_not_list_is_not_in_yet_either(on: Harness) -> None:
    await spent_in_two_organisations(on)
    newest = newest_finished(time.time())
    await on.devin.consumption(newest.isoformat(), None)
    await asked(on, "usage week by org org=all")
    late = "2.5 ACUs in all. Not in Devin's bill yet, so not in the total: "
    assert late in await result(on, "2 rows.")


@pytest.mark.parametrize(
    ("by", "shown"),
    [
        ("day", "1 row. Not in Devin's bill yet: {day}.\nDay\nACUs used\n{iso}\nnot in yet"),
        (
            "org",
            "1 row. Not in Devin's bill yet: {day}.\nOrganization\nOrganization ID\nACUs used\n"
            "Play\norg-play\nnot in yet",
        ),
        ("product", "Nothing was found, so there's no file. Not in Devin's bill yet: {day}."),
    ],
)
async def test_a_zero_that_is_not_known_is_not_shown(on: Harness, by: str, shown: str) -> None:
    await on.devin.permissions(grant=["ViewAccountConsumption", "ManageOrganizations"])
    day = billing_day(time.time())
    await on.devin.consumption(day.isoformat(), None)
    await asked(on, f"usage today org=all by {by}")
    named = shown.format(day=full_date(day), iso=day.isoformat())
    assert await result(on, "Not in") == f"*Devin today, so far, all organizations, by {by}*\n{named}"


@pytest.mark.parametrize("by", ["day", "org"])
async def test_what_all_organisations_used_has_a_price_in_both_forms(
    tmp_path: Path, transport: str, database: dict[str, Any], by: str
) -> None:
    async with harness(tmp_path, transport, BOT_ACU_PRICE="2.25 USD", **database) as on:
        await spent_in_two_organisations(on)
        await asked(on, f"usage week by {by} org=all")
        assert "3.9 ACUs (8.72 USD) in all." in await result(on, "in all.")


async def test_what_was_used_in_no_organisation_is_a_row_of_its_own(on: Harness) -> None:
    await spent_in_two_organisations(on)
    newest = newest_finished(time.time())
    await on.devin.consumption((newest - timedelta(2)).isoformat(), 0.5, org_id="")
    await on.devin.consumption((newest + timedelta(1)).isoformat(), None)
    await asked(on, "usage week by org org=all csv")
    shown = await result(on, "3 rows, also")
    assert "4.4 ACUs in all. " in shown
    assert "isn't finished and isn't in the total." in shown
    assert "so far" not in shown
    assert "no organization\n-\n0.5" in shown
    assert (await file_of(on))[-2:] == [["no organization", "", "0.5"], ["total", "", "4.375"]]


async def test_what_is_not_known_of_all_organisations_is_said(on: Harness) -> None:
    assert await asked(on, "usage by person org=all") == enterprise_usage.NOT_DIVIDED.text
    assert await asked(on, "report org=all") == enterprise_usage.NO_REPORT.text
    await asked(on, "usage org=all")
    shown = await result(on, "lacks the permission")
    missing = operations.devin_refused("ViewAccountConsumption")
    assert shown == f"*Devin today, so far, all organizations, by day*\n:warning: {missing}"


# ---------------------------------------------------------------- one file, whatever Slack does


@pytest.mark.timing(lane_sweep=0.3)
async def test_a_table_of_figures_becomes_a_file(on: Harness) -> None:
    figures = with_total([("ann", Decimal("0.10")), ("=ben", Decimal("0.20"))], 2, 1, Decimal("1E+1"))

    async def begin(tx: Any) -> None:
        for _ in range(2):  # a request that comes twice
            uow = UnitOfWork(tx, time.time(), "ref", on.timing)
            await begin_file(uow, Requester(TEAM, ADA, "cmd:1"), "Usage", "usage.csv", ("person", "acus"), figures)

    await write(on, begin)
    assert (await result(on, "4 rows, also")).startswith("*Usage*\n4 rows, also in `usage.csv` below.")
    assert await file_of(on) == [
        ["person", "acus"],
        ["ann", "0.10"],
        ["'=ben", "0.20"],
        ["outside Slack", "10"],
        ["total", "10.30"],
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "commit_then_drop",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("commit_then_500", "drop_before", "http_500")),
    ],
)
async def test_a_lost_answer_makes_no_second_file(on: Harness, kind: str) -> None:
    await changed(on, "org")
    await on.slack.fault("files.completeUploadExternal", kind, times=1)
    await asked(on, "audit bot csv")
    await result(on, "1 row, also")
    assert len(await shared(on)) == 1


@pytest.mark.long
async def test_a_file_that_slack_has_deleted_is_made_anew(on: Harness) -> None:
    await changed(on, "org")
    await on.slack.fault("files.completeUploadExternal", "error", error="file_not_found", times=1)
    await asked(on, "audit bot csv")
    await result(on, "1 row, also")
    assert len(await shared(on)) == 1


@pytest.mark.long
@pytest.mark.parametrize("without_scope", ["files:write"], indirect=True)
async def test_without_the_scope_for_files_the_operation_says_so(without_scope: Harness) -> None:
    on = without_scope
    await changed(on, "org")
    await asked(on, "audit bot csv")
    shown = await result(on, "rejected the file")
    assert shown.split("\n")[1] == (
        ":warning: Slack rejected the file, because the app lacks the scope `files:write`. A "
        "workspace admin can reinstall the app with it."
    )


# ---------------------------------------------------------------- the message, whatever Slack does


async def test_a_table_that_slack_does_not_draw_is_written_as_text(on: Harness) -> None:
    await changed(on, "org")
    await on.slack.fault("chat.update", "error", error="invalid_blocks", match="data_table")
    await asked(on, "audit bot csv")
    message = await on.slack.wait_for_message(DIRECT, "1 row, also")
    assert message["text"].split("\n\n")[1].split("\n") == [
        "When (UTC) · Who · What · Which · Where · Before → after · Outcome",
        f"2026-09-21 14:13 · ada · budget · org · <#{GENERAL}> · - → acus: 5 · done",
    ]


@pytest.mark.long
async def test_where_the_message_is_gone_the_end_is_another_one(on: Harness) -> None:
    await changed(on, "org")
    await on.slack.fault("chat.update", "error", error="message_not_found", times=5)
    await asked(on, "audit bot csv")
    await on.slack.wait_for_message(DIRECT, "1 row, also")
    assert len(await on.slack.messages(DIRECT)) == 3  # with the first one, and the file


@pytest.mark.long
@pytest.mark.parametrize("without_scope", ["im:write"], indirect=True)
async def test_without_the_scope_for_direct_messages_the_operation_says_so(without_scope: Harness) -> None:
    on = without_scope
    await changed(on, "org")
    await asked(on, "audit bot csv")
    message = await on.slack.wait_for_message(DIRECT, "doesn't take")
    assert message["rendered"] == (
        "*Changes through Devin Bridge*\n:warning: Slack rejected the result, because the "
        "app lacks the scope `im:write`. A workspace admin can reinstall the app with it."
    )
