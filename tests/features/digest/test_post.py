"""The digest: once for each billing day, whatever the clocks, restarts and replicas do."""

import asyncio
import itertools
import re
import time as wall
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from structlog.testing import capture_logs

from bot.domain.billing import WithheldBecause
from bot.features.digest import digest_root
from bot.features.digest import edition_sentences as editions
from bot.features.digest.contents import DigestContents
from bot.features.digest.due import DueDigests
from bot.features.usage.figure_sentences import ANOMALY, MOST_OF_IT, NO_ACUS, NO_TOTAL, NOT_IN_YET, WITHHELD
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.shared_channels import SharedChannels
from bot.store import channels
from bot.store import due as dues
from bot.store import outbox as said
from bot.store.tables import due, inbox, outbox
from bot.timing import PRODUCTION
from tests.flows.sending import senders_of
from tests.markup import written
from tests.said import titled
from tests.store.rows import held

BERLIN = "Europe/Berlin"
HOUR, TEN_MINUTES = 3600.0, 600.0
HOURLY = replace(PRODUCTION, digest_tick=HOUR)  # checked seldom: each check says when the next one is due


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def digests(services):
    """The digests of the workspace."""
    return DueDigests(services, next(iter(services.workspaces)), SharedChannels(services))


def now():
    return wall.time()  # looked up at each call, since freezegun puts another one in its place


@pytest.fixture
def start(make, store):
    """Begin, as after a start of the process; a second call is a restart."""

    def digest(zone=BERLIN, at=time(9, 0), clock=now, **policy):
        quiet = {"posts_quiet_days": True}
        services = make(store, clock, HOURLY, zone=ZoneInfo(zone), digest_time=at, **(quiet | policy))
        return digests(services)

    return digest


async def posts(store):
    """The roots."""
    return [row for row in await store.rows(outbox, outbox.c.seq) if row["thread"] == row["key"]]


async def thread(store):
    """The posts that wait for their root, in their order."""
    return [row for row in await store.rows(outbox, outbox.c.seq) if row["thread"] != row["key"]]


async def keys(store):
    return [row["key"].removeprefix("digest:T0ACME:C0ADMINS:") for row in await posts(store)]


async def dated_posts(store):
    """Each post as (the day in its key, when it was written in UTC, the day in its text)."""
    return [
        (
            row["key"].removeprefix("digest:T0ACME:C0ADMINS:"),
            datetime.fromtimestamp(row["created_at"], UTC).strftime("%m-%d %H:%M"),
            re.search(r" on (\w{3}, \w{3} \d+)", row["payload"]["text"])[1],
        )
        for row in await posts(store)
    ]


async def run(frozen, digest, until, longest=HOUR, sent_in=None):
    """Let the time pass, as far from one check to the next as the digest asks for, but no more than `longest`.

    With `sent_in` a store, Slack takes each of its posts at once.
    """
    while (now := wall.time()) < until:
        pause = await digest.tick()
        if sent_in is not None:
            async with sent_in.db.write() as tx:
                await tx.execute(outbox.update().values(state="sent"))
        frozen.tick(min(pause, longest, until - now))


def _facts(line):
    return {name: line[name] for name in ("day", "reason")}


def frozen_at(*parts):
    return freeze_time(datetime(*parts, tzinfo=UTC), real_asyncio=True)


# ---------------------------------------------------------------- the post


async def test_the_post(start, store, bills):
    bills.days = {date(2026, 5, day): 2.0 for day in range(1, 18)} | {date(2026, 5, 18): 9.5}
    noon = utc(2026, 5, 18, 12)
    await store.person("U0ADA", "Ada", noon)
    await store.session("a", noon, title="Fix the login test", detail="finished")
    await store.session("b", noon + 1, detail="waiting_for_user", requester_name="Ada")
    await store.session("direct", noon + 3, channel="D0ADA", detail="waiting_for_user", requester_name="Ada")
    await store.session("c", noon + 2, status="error", updated_at=int(noon), requester_name="Ada")
    for name, state in {"merged": "merged", "open": None}.items():
        await store.pull_request("a", f"https://github.com/acme/web/pull/{name}", noon, state)
    await store.spent(date(2026, 5, 18), a=6.25, b=0.5)
    with frozen_at(2026, 5, 20, 6, 59, 40) as frozen:
        digest = start()
        assert await digest.tick() == 20
        assert await posts(store) == []
        frozen.tick(20)
        assert await digest.tick() == HOUR
    (row,) = await posts(store)
    assert row["key"] == "digest:T0ACME:C0ADMINS:2026-05-18"
    assert (row["kind"], row["channel"], row["thread_ts"]) == ("post", "C0ADMINS", None)
    assert row["lane"] == "out:T0ACME:C0ADMINS"
    assert row["expires_at"] == utc(2026, 5, 20, 13)
    assert row["payload"]["once"] is True
    # For thirteen days to come the level is a little above 2, as the high Monday counts as 8. No cycle before is known.
    expected = "about 69.5"
    assert row["payload"]["text"] == "9.5 ACUs on Mon, May 18 (▲ 375%) · 2 sessions waiting · 1 failed"
    assert written(row["payload"]["blocks"]) == (
        "*9.5 ACUs on Mon, May 18*  ▲ 375% (usual 2) · through Slack 6.8 · outside Slack 2.7\n"
        f"{ANOMALY.format(weekday='Monday', acus='7 ACUs')} {MOST_OF_IT.format(cause='Ada', acus='6.8 ACUs')}\n"
        f"May, through May 18: 43.5 ACUs · forecast {expected}\n2 PRs opened · 1 merged (Slack, 14 days)\n"
        f"{digest_root.NEEDS_SOMEBODY}\n"
        ":speech_balloon: <https://acme.slack.com/archives/C0WORK/p1779105601000000|Do b> "
        "(<https://app.devin.ai/sessions/b|Open in Devin>) · Ada · 1 d\n"
        ":speech_balloon: A session in a DM · Ada · 1 d\n"
        ":x: <https://acme.slack.com/archives/C0WORK/p1779105602000000|Do c> "
        "(<https://app.devin.ai/sessions/c|Open in Devin>) · Ada · 1 d\n"
        "Day 8:00 AM to 8:00 AM UTC, read 7:00 AM."
    )


async def test_the_thread_of_the_post(start, store, bills):
    """People, channels, sessions and repositories, each with rows that add up to the bill."""
    bills.days = {date(2026, 5, day): 2.0 for day in range(1, 18)} | {date(2026, 5, 18): 9.5}
    noon = utc(2026, 5, 18, 12)
    await store.person("U0ADA", "Ada", noon)
    await store.session("a", noon, title="Fix the login test", detail="finished")
    await store.session("b", noon + 1, requester="U0BEN", requester_name="Ben", channel="D0BEN")
    for number in range(5):
        await store.session(f"c{number}", noon + 2 + number, requester=f"U{number}", requester_name=f"Person {number}")
    await store.pull_request("a", "https://github.com/acme/web/pull/1", noon)
    await store.spent(date(2026, 5, 18), a=6.25, b=0.5, **{f"c{number}": 0.25 for number in range(5)})
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (root,), rows = await posts(store), await thread(store)
    assert [row["key"].removeprefix(root["key"]) for row in rows] == [f":{number}" for number in range(1, 7)]
    assert {(row["thread"], row["thread_ts"], row["expires_at"]) for row in rows} == {
        (root["key"], None, root["expires_at"])
    }
    assert all(row["payload"]["once"] for row in rows)
    assert [row["payload"]["text"] for row in rows] == [
        "ACUs a day, May 5 \N{EN DASH} May 18: most on Mon, May 18 with 9.5; on Mon, May 18 spent 9.5, usual 2.",
        "People, Mon, May 18: Ada 6.3 ACUs, Ben 0.5 ACUs, Person 0 0.3 ACUs, Person 1 0.2 ACUs, Person 2 0.2 ACUs, "
        "others 0.5 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
        "Channels, Mon, May 18: <#C0WORK> 7.5 ACUs, DMs 0.5 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
        "Sessions, Mon, May 18: Fix the login test 6.3 ACUs, A session in a DM 0.5 ACUs, Do c0 0.3 ACUs, "
        "Do c1 0.2 ACUs, Do c2 0.2 ACUs, others 0.5 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
        "Repositories, Mon, May 18: acme/web 6.3 ACUs, no repository known 1.2 ACUs, "
        "private channels and DMs 0.5 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
        "Usage by session, Mon, May 18, as CSV.",
    ]
    [made] = rows[-1]["payload"]["files"]
    assert made["name"] == "devin-usage-2026-05-18-by-session.csv"
    lines = made["subject"].splitlines()
    thread_of_a = "https://acme.slack.com/archives/C0WORK/p1779105600000000"
    assert [*lines[:3], *lines[-2:]] == [
        "session,url,thread,person,acus,pull_requests",
        f"Fix the login test,https://app.devin.ai/sessions/a,{thread_of_a},Ada,6.25,1",
        "A session in a DM,,,Ben,0.5,0",
        "outside Slack,,,,1.50,",
        "total,,,,9.50,",
    ]
    assert len(lines) == 10
    kinds = [[block["type"] for block in form["blocks"]] for form in rows[0]["payload"]["plainer"]]
    assert ([block["type"] for block in rows[0]["payload"]["blocks"]], kinds) == (
        ["section", "data_visualization"],
        [[], ["section", "section"]],
    )


async def test_a_change_between_the_post_and_its_thread_is_in_neither(start, store, bills, monkeypatch):
    bills.days = {date(2026, 5, 18): 9.5}
    read = DigestContents.thread

    async def read_later(self, *args, **more):
        await store.spent(date(2026, 5, 18), a=1.0)
        return await read(self, *args, **more)

    monkeypatch.setattr(DigestContents, "thread", read_later)
    await store.session("a", utc(2026, 5, 18, 12), requester_name="Ada")
    await store.spent(date(2026, 5, 18), a=6.25)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (root,), rows = await posts(store), await thread(store)
    assert "through Slack 6.3 · outside Slack 3.2" in written(root["payload"]["blocks"])
    texts = [row["payload"]["text"] for row in rows]
    assert "Channels, Mon, May 18: <#C0WORK> 6.3 ACUs, outside Slack 3.2 ACUs, total 9.5 ACUs" in texts


async def test_the_post_and_its_chart_compare_the_limit_with_devin_alone(start, store, bills):
    bills.days = {date(2026, 5, day): 10.0 for day in range(1, 19)}
    products = {"devin": 2.0, "cascade": 5.0, "terminal": 2.5, "review": 0.5}
    bills.products = dict.fromkeys(bills.days, products)
    await store.session("a", utc(2026, 5, 18, 12))
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(cycle_acus=100.0), utc(2026, 5, 20, 7, 10))
    (root,), (chart, *_) = await posts(store), await thread(store)
    assert written(root["payload"]["blocks"]).splitlines()[1] == (
        "May, through May 18: Devin 36 of 100 ACUs (36%), forecast about 62 · local agents 135 ACUs · "
        "review 9 ACUs · 180 ACUs in all"
    )
    assert chart["payload"]["text"] == (
        "ACUs a day, May 5 \N{EN DASH} May 18: most on Tue, May 5 with 10; "
        "on Mon, May 18 spent 10, usual 10, spent by Devin 2, pace of its limit 3.2."
    )


async def test_sessions_of_another_workspace_and_purged_ones_push_none_out_of_the_table(start, store, bills):
    bills.days = {date(2026, 5, 18): 30.0}
    noon = utc(2026, 5, 18, 12)
    await store.session("theirs", noon, team="T0OTHER")
    for number in range(6):
        await store.session(f"c{number}", noon + number)
    own = {f"c{number}": 1.0 - number / 10 for number in range(6)}
    await store.spent(date(2026, 5, 18), theirs=9.0, purged=8.0, **own)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    texts = [row["payload"]["text"] for row in await thread(store)]
    assert (
        "Sessions, Mon, May 18: Do c0 1.0 ACUs, Do c1 0.9 ACUs, Do c2 0.8 ACUs, Do c3 0.7 ACUs, Do c4 0.6 ACUs, "
        "others 17.5 ACUs, outside Slack 8.5 ACUs, total 30.0 ACUs"
    ) in texts


async def test_titles_of_sessions_in_private_channels_are_left_out(start, store, bills):
    """But for those in the digest's own channel, and for those of which it is not known that they are public."""
    bills.days = {date(2026, 5, 18): 9.0}
    noon = utc(2026, 5, 18, 12)
    for number, channel in enumerate(("C0WORK", "C0SECRET", "C0ADMINS")):
        await store.session(channel, noon + number, channel=channel, detail="waiting_for_user")
    async with store.db.write() as tx:
        for channel in ("C0SECRET", "C0ADMINS"):
            await channels.set_private(tx, "T0ACME", channel, private=True)
    await store.spent(date(2026, 5, 18), C0WORK=3.0, C0SECRET=2.0, C0ADMINS=1.0)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (root,), rows = await posts(store), await thread(store)
    needing = written(root["payload"]["blocks"]).splitlines()[-4:-1]
    archive = "https://acme.slack.com/archives"
    assert [line.split(" \N{MIDDLE DOT} ")[0].removeprefix(":speech_balloon: ") for line in needing] == [
        titled("Do C0WORK", f"{archive}/C0WORK/p1779105600000000", "C0WORK"),
        "A session in a private channel",
        titled("Do C0ADMINS", f"{archive}/C0ADMINS/p1779105602000000", "C0ADMINS"),
    ]
    assert [row["payload"]["text"] for row in rows if row["payload"]["text"].startswith("Sessions")] == [
        "Sessions, Mon, May 18: Do C0WORK 3.0 ACUs, A session in a private channel 2.0 ACUs, Do C0ADMINS 1.0 ACUs, "
        "outside Slack 3.0 ACUs, total 9.0 ACUs"
    ]
    assert "Do C0SECRET" not in str([root, *rows])


async def test_without_names_people_are_counted_and_small_groups_merged(start, store, bills):
    bills.days = {date(2026, 5, 18): 9.5}
    noon = utc(2026, 5, 18, 12)
    for number, acus in enumerate((4.0, 2.0, 1.0, 1.0)):
        channel, where = ("C0SMALL", "small") if number == 3 else ("C0WORK", "web")
        name = f"s{number}"
        await store.session(name, noon + number, requester=f"U{number}", requester_name="Ada", channel=channel)
        await store.pull_request(name, f"https://github.com/acme/{where}/pull/{number}", noon)
        await store.spent(date(2026, 5, 18), **{name: acus})
    await store.session("waits", noon + 9, detail="waiting_for_user", requester_name="Ada")
    await store.person("U0", "Ada", noon)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(shows_names=False), utc(2026, 5, 20, 7, 10))
    rows = [*await posts(store), *await thread(store)]
    assert [row["payload"]["text"] for row in rows if ": " in row["payload"]["text"]][1:] == [
        "People, Mon, May 18: 4 people 8.0 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
        "Channels, Mon, May 18: <#C0WORK> 7.0 ACUs, others 1.0 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
        "Sessions, Mon, May 18: Do s0 4.0 ACUs, Do s1 2.0 ACUs, Do s2 1.0 ACUs, Do s3 1.0 ACUs, outside Slack 1.5 "
        "ACUs, total 9.5 ACUs",
        "Repositories, Mon, May 18: acme/web 7.0 ACUs, others 1.0 ACUs, outside Slack 1.5 ACUs, total 9.5 ACUs",
    ]
    assert "|Do waits> (<https://app.devin.ai/sessions/waits|Open in Devin>) · 1 d" in written(
        rows[0]["payload"]["blocks"]
    )
    assert [row["key"] for row in rows if "Ada" in str(row["payload"])] == []
    assert rows[-1]["payload"]["files"][0]["subject"].splitlines()[0] == "session,url,thread,acus,pull_requests"


async def test_a_few_people_are_the_others(start, store, bills):
    bills.days = {date(2026, 5, 18): 9.5}
    noon = utc(2026, 5, 18, 12)
    await store.session("a", noon, requester="U1")
    await store.session("b", noon + 1, requester="U2")
    await store.spent(date(2026, 5, 18), a=4.0, b=1.0)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(shows_names=False), utc(2026, 5, 20, 7, 10))
    texts = [row["payload"]["text"] for row in await thread(store)]
    assert "People, Mon, May 18: others 5.0 ACUs, outside Slack 4.5 ACUs, total 9.5 ACUs" in texts


async def test_a_post_without_permission(start, store, bills):
    bills.refusal = {"detail": "Forbidden"}
    await store.session("a", utc(2026, 5, 18, 12), title="Fix the login test")
    await store.spent(date(2026, 5, 18), a=6.25)
    await store.spent(date(2026, 5, 17), a=7.0)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (row,) = await posts(store)
    assert written(row["payload"]["blocks"]) == (
        "*6.3 ACUs through Slack on Mon, May 18*  ▲ 525% (usual 1)\n"
        f"May, through May 18: 13.3 ACUs · forecast: too early to say\n{digest_root.DAY}.\n"
        f"{WITHHELD[WithheldBecause.PERMISSION].format(named='ViewOrgConsumption')}"
    )


@pytest.mark.parametrize("acus", [2.5, 0.0])
async def test_a_day_without_a_session_has_its_file_too(start, store, bills, acus):
    bills.days = {date(2026, 5, day): 2.0 for day in range(1, 18)} | {date(2026, 5, 18): acus}
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    [made] = (await thread(store))[-1]["payload"]["files"]
    assert made["subject"].splitlines() == [
        "session,url,thread,person,acus,pull_requests",
        f"outside Slack,,,,{acus},",
        f"total,,,,{acus},",
    ]


async def test_a_post_about_a_quiet_day(start, store, bills):
    bills.days = {date(2026, 5, day): 0.0 for day in (16, 17, 18)}
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (row,) = await posts(store)
    assert written(row["payload"]["blocks"]) == (
        "*0 ACUs on Mon, May 18*\nMay, through May 18: 0 ACUs\nDay 8:00 AM to 8:00 AM UTC, read 7:00 AM."
    )


@pytest.mark.parametrize("days", [14, 15])
async def test_a_key_that_expires_soon_is_a_line_even_on_a_quiet_day(start, store, bills, days):
    bills.days = {date(2026, 5, 18): 0.0}
    digest, at = start(posts_quiet_days=False), utc(2026, 5, 20, 7)
    async with store.db.write() as tx:
        await dues.write(tx, dues.key_expiry("org-acme"), at + days * 86_400, {"v": 1})
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, digest, utc(2026, 5, 20, 7, 10))
    found = [written(row["payload"]["blocks"]).splitlines()[-1] for row in await posts(store)]
    assert found == ([editions.KEY_EXPIRES.format(day="Wed, Jun 3")] if days == 14 else [])


async def test_a_post_before_the_bill_is_in(start, store, bills):
    bills.days = {date(2026, 5, 17): 2.0}
    await store.session("a", utc(2026, 5, 18, 12), title="Fix the login test")
    await store.spent(date(2026, 5, 18), a=6.25)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (row,) = await posts(store)
    assert written(row["payload"]["blocks"]) == (
        f"*6.3 ACUs through Slack on Mon, May 18*\n{NOT_IN_YET.format(day='Monday, May 18, 2026')}\n"
        f"May, through May 17: 2 ACUs · forecast: too early to say\n{digest_root.DAY}."
    )


async def test_a_post_where_devin_has_no_bill_comes_at_its_time(start, store, bills):
    """Not half an hour later, as in an outage."""
    bills.status, bills.refusal = 404, {"detail": "Not Found"}
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (row,) = await posts(store)
    assert written(row["payload"]["blocks"]).endswith(
        WITHHELD[WithheldBecause.NOT_FOUND].format(named="ViewOrgConsumption")
    )


async def test_a_post_on_a_plan_without_acus(start, store):
    came = {"worked": 2400.0, "pull_requests": [{"url": "https://github.com/acme/web/pull/1", "state": "open"}]}
    await store.session("a", utc(2026, 5, 18, 12), detail="finished", done_at=utc(2026, 5, 18, 13), **came)
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
    (row,) = await posts(store)
    assert written(row["payload"]["blocks"]) == (
        f"*Devin on Mon, May 18*\n{NO_ACUS}\n1 session: done.\n"
        "Devin worked for 40 minutes on the finished ones.\nDay 8:00 AM to 8:00 AM UTC."
    )


async def test_without_an_admin_channel_nothing_is_called(start, store, bills):
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        digest = start(admin_channel=None, admin_users=frozenset({"U0ADA"}))
        assert await digest.tick() == HOUR
        await run(frozen, digest, utc(2026, 5, 20, 7, 30))
    assert await posts(store) == []
    assert await store.all(due.c.name) == []
    assert bills.asked == []


# ---------------------------------------------------------------- clocks that are changed, zones


@pytest.mark.parametrize(
    ("zone", "at", "begin", "end", "expected"),
    [
        pytest.param(
            BERLIN,
            time(9, 0),
            (2026, 3, 28),
            (2026, 3, 31),
            [
                ("2026-03-26", "03-28 08:00", "Thu, Mar 26"),
                ("2026-03-27", "03-29 07:00", "Fri, Mar 27"),
                ("2026-03-28", "03-30 07:00", "Sat, Mar 28"),
            ],
            id="Berlin in spring",
        ),
        pytest.param(
            BERLIN,
            time(2, 30),
            (2026, 3, 28),
            (2026, 3, 31),
            [
                ("2026-03-26", "03-28 01:30", "Thu, Mar 26"),
                ("2026-03-27", "03-29 01:30", "Fri, Mar 27"),  # 02:30 does not exist: 03:30
                ("2026-03-28", "03-30 00:30", "Sat, Mar 28"),
            ],
            id="Berlin in spring, in the missing hour",
        ),
        pytest.param(
            BERLIN,
            time(9, 0),
            (2026, 10, 24),
            (2026, 10, 27),
            [
                ("2026-10-22", "10-24 07:00", "Thu, Oct 22"),
                ("2026-10-23", "10-25 08:00", "Fri, Oct 23"),
                ("2026-10-24", "10-26 08:00", "Sat, Oct 24"),
            ],
            id="Berlin in autumn",
        ),
        pytest.param(
            BERLIN,
            time(2, 30),
            (2026, 10, 24),
            (2026, 10, 27),
            [
                ("2026-10-22", "10-24 00:30", "Thu, Oct 22"),
                ("2026-10-23", "10-25 00:30", "Fri, Oct 23"),  # 02:30 comes twice: the first
                ("2026-10-24", "10-26 01:30", "Sat, Oct 24"),
            ],
            id="Berlin in autumn, in the doubled hour",
        ),
        pytest.param(
            "America/Los_Angeles",
            time(9, 0),
            (2026, 3, 7),
            (2026, 3, 10),
            [
                ("2026-03-06", "03-07 17:00", "Fri, Mar 6"),
                ("2026-03-07", "03-08 16:00", "Sat, Mar 7"),
                ("2026-03-08", "03-09 16:00", "Sun, Mar 8"),
            ],
            id="Los Angeles in spring",
        ),
        pytest.param(
            "America/Los_Angeles",
            time(1, 30),
            (2026, 10, 31),
            (2026, 11, 3),
            [
                ("2026-10-29", "10-31 08:30", "Thu, Oct 29"),  # the 30th has not settled
                ("2026-10-30", "11-01 08:30", "Fri, Oct 30"),  # 01:30 comes twice
                ("2026-10-31", "11-02 09:30", "Sat, Oct 31"),
                ("2026-11-01", "11-02 10:30", "Sun, Nov 1"),  # at the next check, once the other was sent
            ],
            id="Los Angeles in autumn, in the doubled hour",
        ),
        pytest.param(
            "Asia/Kolkata",
            time(9, 0),
            (2026, 3, 28),
            (2026, 3, 30),
            [("2026-03-26", "03-28 03:30", "Thu, Mar 26"), ("2026-03-27", "03-29 03:30", "Fri, Mar 27")],
            id="Kolkata, which never changes",
        ),
        pytest.param(
            "Pacific/Apia",
            time(9, 0),
            (2011, 12, 28),
            (2012, 1, 1),
            [
                ("2011-12-27", "12-28 19:00", "Tue, Dec 27"),
                ("2011-12-28", "12-29 19:00", "Wed, Dec 28"),
                ("2011-12-29", "12-30 19:00", "Thu, Dec 29"),  # the 30th was left out
                ("2011-12-30", "12-31 19:00", "Fri, Dec 30"),
            ],
            id="Apia across the date line",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            time(2, 10),
            (2026, 10, 2),
            (2026, 10, 5),
            [
                ("2026-10-01", "10-02 15:40", "Thu, Oct 1"),
                ("2026-10-02", "10-03 15:40", "Fri, Oct 2"),  # 02:10 does not exist: 02:40
                ("2026-10-03", "10-04 15:10", "Sat, Oct 3"),
            ],
            id="Lord Howe, half an hour in spring",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            time(1, 40),
            (2026, 4, 3),
            (2026, 4, 6),
            [
                ("2026-04-02", "04-03 14:40", "Thu, Apr 2"),
                ("2026-04-03", "04-04 14:40", "Fri, Apr 3"),  # 01:40 comes twice: the first
                ("2026-04-04", "04-05 15:10", "Sat, Apr 4"),
            ],
            id="Lord Howe, half an hour in autumn",
        ),
    ],
)
async def test_once_for_each_billing_day_at_its_local_time(start, store, zone, at, begin, end, expected):
    with frozen_at(*begin) as frozen:
        await run(frozen, start(zone, at), utc(*end), sent_in=store)
    assert await dated_posts(store) == expected


# ---------------------------------------------------------------- restarts


async def yesterday_as_usual(frozen, start):
    """The bot is not new: it has run since the day before, at 07:00 UTC it posted."""
    await run(frozen, start(), utc(2026, 5, 19, 7, 20))


@pytest.mark.parametrize(
    "restarts",
    [
        [(2026, 5, 20, 6, 59, 59)],
        [(2026, 5, 20, 7)],
        [(2026, 5, 20, 7, 0, 1)],
        [(2026, 5, 20, 6, 59), (2026, 5, 20, 7), (2026, 5, 20, 7, 1), (2026, 5, 20, 12, 59), (2026, 5, 20, 13, 1)],
    ],
)
async def test_a_restart_around_the_time_makes_no_second_post(start, store, restarts):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        for moment in restarts:
            frozen.move_to(datetime(*moment, tzinfo=UTC))
            digest = start()
            await digest.tick()
            frozen.tick(30)
            await digest.tick()
    assert await keys(store) == ["2026-05-17", "2026-05-18"]


@pytest.mark.parametrize("moment", [(2026, 5, 20, 7, 30), (2026, 5, 20, 9, 30), (2026, 5, 20, 13)])
async def test_a_late_start_within_six_hours_still_posts(start, store, moment):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        frozen.move_to(datetime(*moment, tzinfo=UTC))
        await start().tick()
    assert [(day, about) for day, _, about in await dated_posts(store)] == [
        ("2026-05-17", "Sun, May 17"),
        ("2026-05-18", "Mon, May 18"),  # as it would have been on time, also after 09:00 UTC
    ]
    assert (await posts(store))[1]["expires_at"] == utc(2026, 5, 20, 13)


async def test_a_later_start_is_skipped_and_logged_once(start, store, bills):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        asked = len(bills.asked)
        frozen.move_to(datetime(2026, 5, 20, 13, 0, 1, tzinfo=UTC))
        with capture_logs() as logs:
            digest = start()
            for again in (digest, digest, start()):
                await again.tick()
                frozen.tick(30)
        assert [_facts(line) for line in logs if line["event"] == "digest skipped"] == [
            {"day": "2026-05-18", "reason": "too late"}
        ]
        assert len(bills.asked) == asked
        assert await keys(store) == ["2026-05-17"]
        await run(frozen, start(), utc(2026, 5, 21, 7, 10))
    assert await keys(store) == ["2026-05-17", "2026-05-19"]


async def test_a_digest_that_could_not_be_posted_is_logged_as_skipped(start, store):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        async with store.db.write() as tx:
            row = await held(tx, store.db, "digest:T0ACME:C0ADMINS:2026-05-17", now())
            await said.mark_dead(tx, row, "expired", now())
        with capture_logs() as logs:
            await run(frozen, start(), utc(2026, 5, 19, 15))
    assert await keys(store) == ["2026-05-17"]
    assert [line["reason"] for line in logs if line["event"] == "digest skipped"] == ["could not be posted"]


@pytest.mark.parametrize("moment", [(2026, 5, 20, 7, 0, 1), (2026, 5, 20, 10), (2026, 5, 20, 13, 30)])
async def test_the_first_start_after_the_time_waits_for_tomorrow(start, store, bills, moment):
    with frozen_at(*moment) as frozen, capture_logs() as logs:
        await run(frozen, start(), utc(2026, 5, 20, 18))
        assert (await posts(store), bills.asked) == ([], [])
        assert [(line["event"], line["after"]) for line in logs] == [("digests started", "2026-05-18")]
        await run(frozen, start(), utc(2026, 5, 21, 7, 10))
    assert await keys(store) == ["2026-05-19"]


async def test_the_first_start_right_at_the_time_posts(start, store):
    with frozen_at(2026, 5, 20, 7):
        await start().tick()
    assert await keys(store) == ["2026-05-18"]


async def test_another_time_or_another_zone_makes_no_second_post_of_a_day(start, store):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        await run(frozen, start(at=time(10, 0)), utc(2026, 5, 19, 9))
        assert await keys(store) == ["2026-05-17"]
        await run(frozen, start("America/Los_Angeles", time(3, 0)), utc(2026, 5, 19, 12))
    assert await keys(store) == ["2026-05-17", "2026-05-18"]  # which is finished by then


async def test_another_admin_channel_has_digests_of_its_own(start, store):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        await start(admin_channel="C0BOARD").tick()
    assert [row["key"] for row in await posts(store)] == [
        "digest:T0ACME:C0ADMINS:2026-05-17",
        "digest:T0ACME:C0BOARD:2026-05-17",
    ]


async def test_the_bot_checks_again_right_at_the_time(start, store):
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        digest = start()
        assert await digest.tick() == TEN_MINUTES
        frozen.move_to(datetime(2026, 5, 20, 6, 59, 45, tzinfo=UTC))
        assert await digest.tick() == 15
        frozen.move_to(datetime(2026, 5, 20, 6, 59, 59, 999_000, tzinfo=UTC))  # the timer rang early
        assert await digest.tick() == PRODUCTION.digest_shortest


async def test_a_time_that_comes_while_the_bot_checks_is_not_missed(start, store):
    before, after = utc(2026, 5, 20, 6, 59, 59, 999_900), utc(2026, 5, 20, 7, 0, 0, 1_000)
    times, left = [utc(2026, 5, 20, 6, 50)], itertools.repeat(None)
    digest = start(clock=lambda: times[0] if next(left, "passed") is None else after)
    await digest.tick()
    times[0], left = before, itertools.repeat(None, 3)  # what the tick reads before it looks what is due
    assert await digest.tick() == PRODUCTION.digest_shortest
    assert await posts(store) == []
    await digest.tick()
    assert await keys(store) == ["2026-05-18"]


# ---------------------------------------------------------------- outages


async def test_in_an_outage_the_digest_waits_half_an_hour_for_devin(start, store, bills):
    await store.session("a", utc(2026, 5, 18, 12), title="Fix the login test")
    await store.spent(date(2026, 5, 18), a=6.25)
    with frozen_at(2026, 5, 20, 6, 50) as frozen, capture_logs() as logs:
        bills.down = True
        await run(frozen, start(), utc(2026, 5, 20, 8), TEN_MINUTES)
    ((day, at, _),) = await dated_posts(store)
    assert (day, at) == ("2026-05-18", "05-20 07:30")
    assert len(bills.asked) == 4
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["digest waits for Devin"]
    assert written((await posts(store))[0]["payload"]["blocks"]) == (
        f"*6.3 ACUs through Slack on Mon, May 18*\n{NO_TOTAL}\n{digest_root.DAY}."
    )


async def test_figures_that_were_read_before_an_outage_serve(start, store, bills):
    bills.days = {date(2026, 5, 18): 6.25}
    with frozen_at(2026, 5, 19, 12) as frozen:
        digest = start()
        await digest.tick()
        await UsageLedger(digest._services).tick(digest._workspace.organisation)
        bills.down = True
        await run(frozen, digest, utc(2026, 5, 20, 8), TEN_MINUTES)
    assert written((await posts(store))[0]["payload"]["blocks"]) == (
        "*6.3 ACUs on Mon, May 18* · through Slack 0 · outside Slack 6.3\n"
        "May, through May 18: 6.3 ACUs · forecast: too early to say\n"
        "Day 8:00 AM to 8:00 AM UTC, read May 19 at 12:00 PM."
    )


async def test_a_devin_that_comes_back_is_used_at_once(start, store, bills):
    bills.days = {date(2026, 5, 18): 6.25}
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        digest = start()
        bills.down = True
        await run(frozen, digest, utc(2026, 5, 20, 7, 20), TEN_MINUTES)
        bills.down = False
        await run(frozen, digest, utc(2026, 5, 20, 8), TEN_MINUTES)
    ((_, at, _),) = await dated_posts(store)
    assert at == "05-20 07:20"
    assert "*6.3 ACUs on Mon, May 18*" in written((await posts(store))[0]["payload"]["blocks"])


async def test_a_restart_late_in_an_outage_asks_once_and_posts(start, store, bills):
    with frozen_at(2026, 5, 19, 6, 50) as frozen:
        await yesterday_as_usual(frozen, start)
        bills.down = True
        frozen.move_to(datetime(2026, 5, 20, 7, 45, tzinfo=UTC))
        await start().tick()
    assert await keys(store) == ["2026-05-17", "2026-05-18"]


async def test_a_digest_that_slack_could_not_take_in_time_is_not_posted(start, make, store, bills):
    """Six hours after its time it is outdated: the sender lets it go without asking Slack."""
    bills.days = {date(2026, 5, 18): 2.0, date(2026, 5, 17): 1.0}
    with frozen_at(2026, 5, 20, 6, 50) as frozen:
        await run(frozen, start(), utc(2026, 5, 20, 7, 10))
        frozen.move_to(datetime(2026, 5, 20, 13, 0, 1, tzinfo=UTC))
        services = make(store, now)
        sender = senders_of(services).send
        await sender.work("out:T0ACME:C0ADMINS")
    assert [(row["state"], row["reason"]) for row in await posts(store)] == [("dead", "expired")]
    assert {(row["state"], row["reason"]) for row in await thread(store)} == {("dead", "expired")}


# ---------------------------------------------------------------- replicas, on both databases


async def test_replicas_make_one_post(make, either_store, clock, bills):
    clock.now = utc(2026, 5, 20, 6, 50)
    policy = {"zone": ZoneInfo(BERLIN), "posts_quiet_days": True}
    replicas = [digests(make(either_store, clock, **policy)) for _ in range(4)]
    for moment in (clock.now, utc(2026, 5, 20, 7), utc(2026, 5, 20, 7, 0, 30)):
        clock.now = moment
        await asyncio.gather(*(digest.tick() for digest in replicas))
    (row,) = await posts(either_store)
    assert row["key"] == "digest:T0ACME:C0ADMINS:2026-05-18"
    assert await either_store.all(inbox.c.key) == []
