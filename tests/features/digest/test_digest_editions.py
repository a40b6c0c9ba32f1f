"""Digests of channels that subscribe: each edition at its dates, once, and what follows if it is not posted."""

import asyncio
import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cycle import Cycle, LimitSource
from bot.features.consumption import rows as cycles
from bot.features.digest import digest_root
from bot.features.digest import edition_sentences as editions
from bot.features.digest import rows as subscriptions
from bot.features.digest.due import first_at, keep_past
from bot.features.digest.flow import Subscriptions
from bot.features.digest.rules import Edition, Schedule, Share, Subscription
from bot.features.usage.figure_sentences import NO_ACUS, NO_ACUS_AGAIN, NOTHING_BEFORE
from bot.features.usage.usage_ledger import UsageLedger
from bot.kernel.access import Access
from bot.kernel.shared_channels import SharedChannels
from bot.slack.client import Channel, Slack
from bot.slack.errors import ChannelGone
from bot.store import channels, sessions
from bot.store import outbox as outbox_rows
from bot.store.tables import outbox
from tests.features.digest.test_post import BERLIN, HOUR, HOURLY, digests, frozen_at, run, utc
from tests.flows.conftest import ADMINS, CHANNEL, ORG, TEAM
from tests.markup import written
from tests.store.rows import held

WEB = "C0WEB"
NINE = Schedule(time(9), ZoneInfo("UTC"))


class Channels(Slack):
    """A Slack that says which channels another company shares, and which are private. Of one it says nothing."""

    shared = frozenset()

    async def channel(self, channel_id):
        if channel_id == "C0GONE":
            raise ChannelGone("channel_not_found", "conversations.info")
        facts = {"is_ext_shared": channel_id in self.shared, "is_private": channel_id == "C0SECRET"}
        return Channel(channel_id, "web", is_member=True, **facts)


@pytest.fixture
def slack():
    return Channels("xoxb-test")


@pytest.fixture
def start(make, store, slack):
    """Begin, as after a start of the process; a second call is a restart."""

    def begin(**policy):
        settings = {"admin_channel": None, "posts_quiet_days": True} | policy
        return digests(make(store, utc_now, HOURLY, slack=slack, **settings))

    return begin


def utc_now():
    return datetime.now(UTC).timestamp()


async def subscribe(store, edition, channel=WEB, schedule=NINE, share=Share.ALL, at=None, **more):
    one = Subscription(channel, edition, schedule, share, "U0ADA", utc_now() if at is None else at, **more)
    async with store.db.write() as tx:
        await subscriptions.put(tx, TEAM, one)


async def roots(store):
    """The rows of digests, without those of the threads that they begin."""
    return [row for row in await store.rows(outbox, outbox.c.seq) if re.search(r"\d{4}-\d\d-\d\d$", row["key"])]


async def keys(store):
    return [row["key"].removeprefix(f"digest:{TEAM}:") for row in await roots(store)]


async def texts(store):
    return [written(row["payload"]["blocks"]) for row in await roots(store)]


async def in_threads(store):
    """The texts of what stands in the threads of digests."""
    return [row["payload"]["text"] for row in await store.rows(outbox, outbox.c.seq) if row["thread"] != row["key"]]


async def die(store, key, reason):
    async with store.db.write() as tx:
        row = await held(tx, store.db, f"digest:{TEAM}:{key}", utc_now())
        await outbox_rows.mark_dead(tx, row, reason, utc_now())


# ---------------------------------------------------------------- the editions


async def test_each_channel_gets_its_editions_at_their_local_times_also_when_the_clocks_change(start, store):
    berlin = ZoneInfo(BERLIN)
    with frozen_at(2026, 3, 28) as frozen:
        await subscribe(store, Edition.DAILY, schedule=Schedule(time(9), berlin))
        await subscribe(store, Edition.WEEKLY, CHANNEL, Schedule(time(2, 30), berlin))
        await run(frozen, start(), utc(2026, 3, 31))
    posted = {
        row["key"].removeprefix(f"digest:{TEAM}:"): datetime.fromtimestamp(row["created_at"], UTC).strftime("%d %H:%M")
        for row in await store.rows(outbox)
    }
    assert posted == {
        f"{WEB}:2026-03-26": "28 08:00",
        f"{WEB}:2026-03-27": "29 07:00",
        f"{WEB}:2026-03-28": "30 07:00",
        f"{CHANNEL}:weekly:2026-03-28": "30 00:30",
    }


async def test_the_weekly_digest_is_about_the_week_that_ended_with_saturday(start, store, bills):
    bills.days = {date(2026, 5, day): 2.0 if day > 9 else 1.0 for day in range(1, 18)}
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.WEEKLY)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
    (text,) = await texts(store)
    assert text.splitlines()[:4] == [
        "Devin in the week up to Saturday, May 16, 2026",
        "7 billing days from Sun, May 10 to Sat, May 16, each 8:00 AM to 8:00 AM UTC. Previous 7 billing days: 7 ACUs.",
        "*14 ACUs*",
        "0 through Slack, 14 outside Slack",
    ]
    assert await in_threads(store) == [
        "ACUs a day, May 10 \N{EN DASH} May 16: most on Sun, May 10 with 2; on Sat, May 16 spent 2, usual 1.9."
    ]


async def test_slack_is_asked_once_which_channels_are_private_and_their_titles_are_left_out(start, store, slack, bills):
    bills.days = {date(2026, 5, day): 0.0 for day in range(15, 18)}
    noon, slack.shared = utc(2026, 5, 15, 12), {"C0SHARED"}
    for number, channel in enumerate(("C0OPEN", "C0SECRET", "C0GONE", "C0SHARED", "D0ADA")):
        await store.session(channel, noon + number, channel=channel)
    await store.spent(date(2026, 5, 15), C0OPEN=4.0, C0SECRET=3.0, C0GONE=2.0, D0ADA=1.0)
    async with store.db.write() as tx:
        await tx.execute(channels.channels.delete())
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.WEEKLY)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
    (text,) = await texts(store)
    assert text.splitlines()[-5:-1] == [
        "1. <https://acme.slack.com/archives/C0OPEN/p1778846400000000|Do C0OPEN> "
        "(<https://app.devin.ai/sessions/C0OPEN|Open in Devin>): 4 ACUs",
        "2. A session in a private channel: 3 ACUs",
        "3. A session in a private channel: 2 ACUs",
        "4. A session in a DM: 1 ACU",
    ]
    known = {row["channel"]: (row["is_private"], row["is_shared"]) for row in await store.rows(channels.channels)}
    public, private = (False, False), (True, False)
    assert known == {"C0OPEN": public, "C0SECRET": private, "C0GONE": private, "C0SHARED": (False, True)}


PERIODS = [
    (Edition.WEEKLY, 18, "Sun, May 10 to Sat, May 16", "2026-05-10-to-2026-05-16"),
    (Edition.CYCLE, 15, "Tue, May 5 to Thu, May 14", "2026-05-05-to-2026-05-14"),
]


async def digest_of_a_period(start, store, bills, edition, day, **policy):
    """One of a week or a cycle in which one session used something, and another waits in a private channel."""
    bills.days = {date(2026, 5, one): 2.0 for one in range(1, 19)}
    noon = utc(2026, 5, 13, 12)
    await store.person("U0ADA", "Ada", noon)
    await store.session("a", noon, title="Fix the login test", detail="finished")
    await store.session("b", noon + 1, channel="C0SECRET", detail="waiting_for_user", requester_name="Ada")
    await store.pull_request("a", "https://github.com/acme/web/pull/1", noon)
    await store.spent(date(2026, 5, 13), a=1.5, b=0.5)
    async with store.db.write() as tx:
        await channels.set_private(tx, TEAM, "C0SECRET", private=True)
        both = [Cycle(date(2026, 5, 5), date(2026, 5, 14)), Cycle(date(2026, 5, 15), date(2026, 6, 14))]
        await cycles.put_cycles(tx, ORG, both, utc(2026, 5, 5))
    with frozen_at(2026, 5, day, 8, 50) as frozen:
        await subscribe(store, edition)
        await run(frozen, start(digest_time=time(23), **policy), utc(2026, 5, day, 9, 20))


@pytest.mark.parametrize(("edition", "day", "days", "dates"), PERIODS)
async def test_the_thread_of_a_week_and_of_a_cycle_has_tables_of_all_their_days_and_no_file(
    start, store, bills, edition, day, days, dates
):
    await digest_of_a_period(start, store, bills, edition, day)
    whole = "14.0" if edition is Edition.WEEKLY else "20.0"
    others = "12.0" if edition is Edition.WEEKLY else "18.0"
    (text,), (chart, *tables) = await texts(store), await in_threads(store)
    at = text.splitlines().index(digest_root.NEEDS_SOMEBODY)
    waits = "4 d" if edition is Edition.WEEKLY else "1 d"
    assert text.splitlines()[at + 1] == f":speech_balloon: A session in a private channel · Ada · {waits}"
    assert chart.startswith("ACUs a day, ")
    assert tables == [
        f"People, {days}: Ada 2.0 ACUs, outside Slack {others} ACUs, total {whole} ACUs",
        f"Channels, {days}: <#C0WORK> 1.5 ACUs, <#C0SECRET> 0.5 ACUs, outside Slack {others} ACUs, total {whole} ACUs",
        f"Sessions, {days}: Fix the login test 1.5 ACUs, A session in a private channel 0.5 ACUs, "
        f"outside Slack {others} ACUs, total {whole} ACUs",
        f"Repositories, {days}: acme/web 1.5 ACUs, private channels and DMs 0.5 ACUs, "
        f"outside Slack {others} ACUs, total {whole} ACUs",
    ]
    assert [row["payload"].get("files") for row in await store.rows(outbox) if row["payload"].get("files")] == []


@pytest.mark.parametrize(("edition", "day", "days", "dates"), PERIODS)
async def test_in_the_admin_channel_that_thread_ends_with_a_file(start, store, bills, edition, day, days, dates):
    await digest_of_a_period(start, store, bills, edition, day, admin_channel=WEB)
    rows = await store.rows(outbox, outbox.c.seq)
    assert [row["payload"]["files"][0]["name"] for row in rows if row["payload"].get("files")] == [
        f"devin-usage-{dates}-by-session.csv"
    ]
    assert rows[-1]["payload"]["text"] == f"Usage by session, {days}, as CSV."
    lines = rows[-1]["payload"]["files"][0]["subject"].splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        *("Fix the login test", "A session in a private channel", "outside Slack", "total")
    ]


async def test_sessions_that_are_purged_are_named_by_their_days_and_not_as_private(start, store, bills):
    bills.days = {date(2026, 5, one): 2.0 for one in range(1, 19)}
    noon = utc(2026, 5, 13, 12)
    await store.session("a", noon, title="Fix the login test", lifecycle="ended", ended_at=noon, requester_name="Ada")
    await store.spent(date(2026, 5, 13), a=1.5)
    async with store.db.write() as tx:
        assert await sessions.purge(tx, noon + 1)
        await tx.execute(channels.channels.delete())  # as they go with their last session
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.WEEKLY)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
    (text,) = await texts(store)
    assert "1. session of May 13, 2026, no longer stored: 1.5 ACUs · Ada" in text.splitlines()


async def test_the_daily_digest_of_another_channel_has_no_file(start, store, bills):
    bills.days = {date(2026, 5, 17): 9.0}
    await store.session("a", utc(2026, 5, 17, 12))
    await store.spent(date(2026, 5, 17), a=4.0)
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(admin_channel=ADMINS, digest_time=time(9)), utc(2026, 5, 18, 9, 20))
    rows = await store.rows(outbox, outbox.c.seq)
    assert len([row for row in rows if row["channel"] == WEB]) > 2
    assert [row["channel"] for row in rows if row["payload"].get("files")] == [ADMINS]


async def test_the_cycle_has_a_warning_and_then_its_digest(start, store, bills):
    bills.days = {date(2026, 4, 1 + day): 3.0 for day in range(30)} | {date(2026, 5, day): 3.0 for day in range(1, 32)}
    cycle = Cycle(date(2026, 5, 5), date(2026, 5, 14))
    with frozen_at(2026, 5, 10) as frozen:
        async with store.db.write() as tx:
            await cycles.put_cycles(tx, ORG, [cycle, Cycle(date(2026, 5, 15), date(2026, 6, 14))], utc_now())
            await cycles.put_limit(tx, ORG, LimitSource.ORGANISATION, 25.0, utc_now())
        await subscribe(store, Edition.CYCLE)
        await run(frozen, start(), utc(2026, 5, 16))
    assert await keys(store) == [f"{WEB}:warning:2026-05-14", f"{WEB}:cycle:2026-05-14"]
    warning, digest = await texts(store)
    assert warning == (
        "Devin's billing cycle ends in three days\n"
        "May 5 \N{EN DASH} May 14, through May 11: 21 of 25 ACUs (84%) · forecast about 30\n"
        ":warning: At this rate the limit might be reached before the cycle ends.\n"
        "It ends on Fri, May 15 at 8:00 AM UTC. Counted through Mon, May 11, the latest finished billing day."
    )
    assert digest.splitlines()[:3] == [
        "Devin in the billing cycle May 5 \N{EN DASH} May 14",
        "10 billing days from Tue, May 5 to Thu, May 14, each 8:00 AM to 8:00 AM UTC.",
        "*30 ACUs*",
    ]
    assert await in_threads(store) == [
        "ACUs a day, May 5 \N{EN DASH} May 14: most on Tue, May 5 with 3; "
        "on Thu, May 14 spent 3, usual 3, limit's pace 2.5."
    ]


async def test_here_counts_the_sessions_of_that_channel_alone(start, store, bills):
    bills.days = {date(2026, 5, day): 9.0 for day in range(1, 19)}
    noon = utc(2026, 5, 17, 12)
    await store.session("a", noon, title="Fix the login test", detail="finished")
    await store.session("b", noon + 1, title="Elsewhere", channel="C0OTHER", detail="waiting_for_user")
    await store.session("c", noon + 2, status="suspended", detail="out_of_credits", requester_name="Ada")
    await store.pull_request("b", "https://github.com/acme/web/pull/1", noon)
    await store.spent(date(2026, 5, 17), a=1.5, b=4.0)
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY, CHANNEL, share=Share.HERE)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
    (text,) = await texts(store)
    assert text.splitlines()[:4] == [
        "Devin in this channel on Sunday, May 17, 2026",
        "Billing day 8:00 AM to 8:00 AM UTC. Only the sessions of this channel count.",
        f"*1.5 ACUs* · {NOTHING_BEFORE}",
        "2 sessions, as of Sun, May 17: 1 done, 1 at a limit.",
    ]
    at = text.splitlines().index(digest_root.NEEDS_SOMEBODY)
    assert "1 session is waiting for someone now." in text.splitlines()
    assert text.splitlines()[at + 1 : at + 3] == [
        ":no_entry: <https://acme.slack.com/archives/C0WORK/p1779019202000000|Do c> "
        "(<https://app.devin.ai/sessions/c|Open in Devin>) · Ada · 20 h",
        "*Most ACUs used*",
    ]
    assert "Fix the login test" in text
    assert "Elsewhere" not in text
    assert await in_threads(store) == []


@pytest.mark.parametrize("edition", [Edition.DAILY, Edition.WEEKLY])
@pytest.mark.parametrize("share", Share)
async def test_a_digest_that_was_added_with_csv_has_a_file_of_the_sessions_that_it_counts(
    start, store, bills, edition, share
):
    bills.days = {date(2026, 5, day): 9.0 for day in range(1, 19)}
    day = 17 if edition is Edition.DAILY else 16
    noon = utc(2026, 5, day, 12)
    await store.session("a", noon, title="Fix the login test", requester_name="Ada", channel=WEB)
    await store.session("b", noon + 1, title="Secret", channel="C0SECRET")
    await store.spent(date(2026, 5, day), a=1.5, b=4.0)
    async with store.db.write() as tx:
        await channels.set_private(tx, TEAM, "C0SECRET", private=True)
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, edition, share=share, with_file=True)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
    *others, row = [row for row in await store.rows(outbox, outbox.c.seq) if row["thread"] != row["key"]]
    assert bool(others) is not (share is Share.HERE and edition is Edition.DAILY)
    [file] = row["payload"]["files"]
    address = "https://app.devin.ai/sessions/a,https://acme.slack.com/archives/C0WEB/p"
    first, *rest = file["subject"].splitlines()[1:]
    theirs = "Fix the login test," + address
    if share is Share.HERE:
        assert (first[: len(theirs)], rest) == (theirs, ["total,,,,1.5,"])
        return
    whole = "9.0" if edition is Edition.DAILY else "63.0"
    assert first == "A session in a private channel,,,,4.0,0"
    assert (rest[0][: len(theirs)], rest[-1]) == (theirs, f"total,,,,{whole},")


# ---------------------------------------------------------------- plans without ACUs


async def test_that_devin_reports_no_acus_is_explained_once_in_each_channel(start, store):
    for day in range(13, 18):
        at = utc(2026, 5, day, 12)
        await store.session(f"s{day}", at, detail="finished", done_at=at + 60, worked=60.0)
    with frozen_at(2026, 5, 14, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        digest = start()
        await run(frozen, digest, utc(2026, 5, 14, 9, 20))
        await die(store, f"{WEB}:2026-05-13", "expired")
        await run(frozen, digest, utc(2026, 5, 16, 8, 50))
        await subscribe(store, Edition.DAILY, CHANNEL)
        await run(frozen, start(), utc(2026, 5, 17, 9, 20))
    said = {
        row["key"].removeprefix(f"digest:{TEAM}:"): written(row["payload"]["blocks"]).splitlines()[1]
        for row in await roots(store)
    }
    in_full, again = NO_ACUS, NO_ACUS_AGAIN
    # The first one died with its explanation.
    assert said == {
        f"{WEB}:2026-05-13": in_full,
        f"{WEB}:2026-05-14": in_full,
        f"{WEB}:2026-05-15": again,
        f"{CHANNEL}:2026-05-15": in_full,
        f"{WEB}:2026-05-16": again,
        f"{CHANNEL}:2026-05-16": again,
    }


# ---------------------------------------------------------------- a preview


async def preview(digest, channel=WEB):
    """The lines that `/devin digest now` shows in a channel."""
    subscriptions_of = Subscriptions(digest._services, Access(digest._services), SharedChannels(digest._services))
    shown = await subscriptions_of.preview(digest._workspace, channel)
    return written(shown.blocks).splitlines()


async def test_a_preview_is_the_root_and_the_thread_that_are_posted_then(start, store, bills):
    bills.days = {date(2026, 5, day): 2.0 for day in range(1, 18)}
    await store.person("U0ADA", "Ada", utc(2026, 5, 17, 12))
    await store.session("a", utc(2026, 5, 17, 12), title="Fix the login test", detail="waiting_for_user")
    await store.spent(date(2026, 5, 17), a=1.5)
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        digest = start(admin_channel=WEB, digest_time=time(9, 10))
        await digest.tick()
        frozen.move_to(datetime(2026, 5, 18, 9, 10, tzinfo=UTC))
        await UsageLedger(digest._services).refresh(digest._workspace.organisation)
        before = await store.rows(outbox)
        head, *shown = await preview(digest)
        assert (await store.rows(outbox), head.endswith("The daily digest, as it would be posted here now:")) == (
            before,
            True,
        )
        await digest.tick()
    (root,), thread = await texts(store), await in_threads(store)
    assert thread[-1] == "Usage by session, Sun, May 17, as CSV."
    assert shown == [*root.splitlines(), "*In its thread*", *(f"• {text}" for text in thread)]


async def test_a_preview_of_the_weekly_digest_is_about_the_newest_week_that_is_finished(start, store):
    with frozen_at(2026, 5, 24, 8, 59) as frozen:
        await subscribe(store, Edition.WEEKLY)
        digest = start()
        titles = [(await preview(digest))[1]]
        frozen.tick(60)
        titles.append((await preview(digest))[1])
    assert titles == [f"Devin in the week up to Saturday, May {day}, 2026" for day in (16, 23)]


async def test_a_preview_names_corrections_and_leaves_them_to_the_digest(start, store, bills):
    bills.days = {date(2026, 5, 15): 43.1, date(2026, 5, 16): 5.0}
    with frozen_at(2026, 5, 16, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        digest = start()
        await run(frozen, digest, utc(2026, 5, 17, 9, 20))
        bills.days[date(2026, 5, 15)] = 43.4
        await UsageLedger(digest._services).refresh(digest._workspace.organisation)
        shown = [await preview(digest) for _ in range(2)]
        await run(frozen, digest, utc(2026, 5, 18, 9, 20))
    expected = "Fri, May 15 corrected: 43.1 → 43.4 ACUs."
    assert [expected in " ".join(lines) for lines in shown] == [True, True]
    assert [expected in text for text in await texts(store)] == [False, False, True]


async def test_a_preview_of_a_day_that_is_left_out_says_so(start, store, bills):
    bills.days = {date(2026, 5, 17): 0.0}
    with frozen_at(2026, 5, 18, 9, 30):
        digest = start(posts_quiet_days=False)
        await UsageLedger(digest._services).refresh(digest._workspace.organisation)
        assert await preview(digest) == [editions.WOULD_BE_SKIPPED.format(edition="daily", day="Sun, May 17", where="")]
        await store.session("a", utc(2026, 5, 10, 12), status="suspended", detail="out_of_credits")
        assert digest_root.NEEDS_SOMEBODY in await preview(digest)


# ---------------------------------------------------------------- once


@pytest.mark.parametrize("moment", [(2026, 5, 18, 8, 59, 59), (2026, 5, 18, 9), (2026, 5, 18, 14, 59)])
async def test_a_restart_around_the_time_makes_one_post(start, store, moment):
    with frozen_at(2026, 5, 17, 12) as frozen:
        await subscribe(store, Edition.WEEKLY)
        await start().tick()
        frozen.move_to(datetime(*moment, tzinfo=UTC))
        for _ in range(3):
            await start().tick()
            frozen.tick(1)
    assert await keys(store) == [f"{WEB}:weekly:2026-05-16"]


async def test_who_subscribes_after_the_time_gets_the_first_one_the_next_day(start, store):
    with frozen_at(2026, 5, 18, 9, 30) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(), utc(2026, 5, 19, 9, 20))
    assert await keys(store) == [f"{WEB}:2026-05-18"]


async def test_a_later_time_makes_no_second_post_of_a_day_and_the_first_one_is_announced_for_the_next(start, store):
    later = Subscription(WEB, Edition.DAILY, Schedule(time(15), ZoneInfo("UTC")))
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        digest = start()
        async with store.db.read() as tx:
            assert await first_at(tx, digest._workspace, later, utc_now()) == utc(2026, 5, 18, 15)
        await run(frozen, digest, utc(2026, 5, 18, 9, 20))
        async with store.db.read() as tx:
            assert await first_at(tx, digest._workspace, later, utc_now()) == utc(2026, 5, 19, 15)
        await subscribe(store, Edition.DAILY, schedule=later.schedule)
        await run(frozen, start(), utc(2026, 5, 19, 15, 10))
    assert await keys(store) == [f"{WEB}:2026-05-17", f"{WEB}:2026-05-18"]


async def replaced(store, digest, **schedule):
    """Put a subscription with another time in the place of the daily one, as the command does."""
    one = Subscription(WEB, Edition.DAILY, Schedule(time(**schedule), ZoneInfo("UTC")), added_at=utc_now())
    async with store.db.write() as tx:
        before = await subscriptions.get(tx, TEAM, WEB, Edition.DAILY)
        await keep_past(tx, digest._workspace, before, utc_now())
        await subscriptions.put(tx, TEAM, one)
        return await first_at(tx, digest._workspace, one, utc_now())


@pytest.mark.parametrize("hour", [9, 15, 17])  # more than six hours ago, within them, and still to come
@pytest.mark.parametrize("ticks", [False, True])
async def test_an_earlier_time_skips_no_day_and_tells_none_twice(start, store, hour, ticks):
    with frozen_at(2026, 5, 18, 15, 50) as frozen:
        await subscribe(store, Edition.DAILY, schedule=Schedule(time(18), ZoneInfo("UTC")))
        digest = start()
        if ticks:
            await digest.tick()
        frozen.tick(HOUR / 6)
        first = utc(2026, 5, 18, max(hour, 16))
        assert await replaced(store, digest, hour=hour) == first
        await run(frozen, digest, first + 60, sent_in=store)
        assert await keys(store) == [f"{WEB}:2026-05-17"]
        await run(frozen, digest, utc(2026, 5, 19, 18, 10), sent_in=store)
    assert await keys(store) == [f"{WEB}:2026-05-17", f"{WEB}:2026-05-18"]
    assert "not posted" not in str(await texts(store))


async def test_a_day_that_was_told_or_was_over_before_its_channel_subscribed_is_not_told_again(start, store):
    with frozen_at(2026, 5, 18, 10) as frozen:
        await subscribe(store, Edition.DAILY)  # its time was an hour ago
        digest = start()
        await digest.tick()
        assert await replaced(store, digest, hour=9, minute=30) == utc(2026, 5, 19, 9, 30)
        await run(frozen, digest, utc(2026, 5, 19, 10), sent_in=store)
        assert await replaced(store, digest, hour=9) == utc(2026, 5, 20, 9)
        await run(frozen, digest, utc(2026, 5, 20, 8), sent_in=store)
    assert await keys(store) == [f"{WEB}:2026-05-18"]


async def test_a_channel_that_the_settings_name_later_gets_each_digest_once(start, store):
    with frozen_at(2026, 5, 18, 8, 30) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
        await run(frozen, start(admin_channel=WEB, digest_time=time(10)), utc(2026, 5, 19, 10, 20))
    assert await keys(store) == [f"{WEB}:2026-05-17", f"{WEB}:2026-05-18"]


async def test_replicas_make_one_post_of_each_edition(make, either_store, clock, slack):
    clock.now = utc(2026, 5, 18, 8, 50)
    for edition in (Edition.DAILY, Edition.WEEKLY):
        await subscribe(either_store, edition, at=clock.now)
    policy = {"admin_channel": None, "posts_quiet_days": True}
    replicas = [digests(make(either_store, clock, slack=slack, **policy)) for _ in range(3)]
    for moment in (clock.now, utc(2026, 5, 18, 9), utc(2026, 5, 18, 9, 0, 30)):
        clock.now = moment
        await asyncio.gather(*(replica.tick() for replica in replicas))
    assert sorted(await keys(either_store)) == [f"{WEB}:2026-05-17", f"{WEB}:weekly:2026-05-16"]


# ---------------------------------------------------------------- what is not posted


async def test_the_next_digest_names_those_that_were_missed(start, store):
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
        frozen.move_to(datetime(2026, 5, 20, 16, tzinfo=UTC))
        await run(frozen, start(), utc(2026, 5, 21, 9, 20))
        await die(store, f"{WEB}:2026-05-20", "expired")
        await run(frozen, start(), utc(2026, 5, 23, 9, 20))
    assert await keys(store) == [f"{WEB}:2026-05-{day}" for day in (17, 20, 21, 22)]
    away = "The digests of Mon, May 18 and Tue, May 19 were not posted: Devin Bridge wasn't running then."
    late = "The digest of Wed, May 20 was not posted: Slack wasn't reached in time."
    said = [[line for line in text.splitlines() if "not posted" in line] for text in await texts(store)]
    # The one of the 20th died with what it said, so the next one says it again.
    assert said == [[], [away], [away, late], []]


async def test_a_missed_week_is_named_by_the_next(start, store):
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.WEEKLY)
        await run(frozen, start(), utc(2026, 5, 18, 9, 20))
        frozen.move_to(datetime(2026, 6, 1, 8, 50, tzinfo=UTC))
        await run(frozen, start(), utc(2026, 6, 1, 9, 20))
    assert (await texts(store))[-1].splitlines()[-1] == (
        "The digest of the week up to Sat, May 23 was not posted: Devin Bridge wasn't running then."
    )


async def test_of_a_channel_that_cannot_be_posted_to_the_admins_are_informed_once(start, store):
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        digest = start(admin_users=frozenset({"U0ADA"}))
        for day in (18, 19):
            await run(frozen, digest, utc(2026, 5, day, 9, 20))
            await die(store, f"{WEB}:2026-05-{day - 1}", "chat.postMessage: is_archived")
            await run(frozen, digest, utc(2026, 5, day, 10))
        await run(frozen, digest, utc(2026, 5, 20, 9, 20))
    first, notice, _, third = await store.rows(outbox, outbox.c.seq)
    assert first["state"] == "dead"
    assert notice["channel"] == "U0ADA"
    assert notice["payload"]["text"] == (
        f"The daily digest couldn't be posted in <#{WEB}>: it's archived. It stays in `/devin "
        "digest list` and is tried again each time; `/devin digest remove` stops that."
    )
    assert written(third["payload"]["blocks"]).splitlines()[-1] == (
        "The digests of Sun, May 17 and Mon, May 18 were not posted: the channel was archived."
    )


async def test_a_channel_that_another_company_shares_sees_nothing_of_what_was_spent(start, store, slack):
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        slack.shared = frozenset({WEB})
        digest = start(admin_channel=ADMINS, digest_time=time(23))
        await run(frozen, digest, utc(2026, 5, 19, 9, 20))
        slack.shared = frozenset()
        await run(frozen, start(digest_time=time(23)), utc(2026, 5, 20, 9, 20))
    rows = [row for row in await store.rows(outbox, outbox.c.seq) if row["channel"] == WEB]
    assert [row["key"] for row in rows] == [f"digest:{TEAM}:{WEB}:2026-05-19"]
    assert written(rows[0]["payload"]["blocks"]).splitlines()[-1] == (
        "The digests of Sun, May 17 and Mon, May 18 were not posted: the channel was shared with another company."
    )
    notices = [row for row in await store.rows(outbox) if row["key"].startswith("admins:")]
    assert [(row["channel"], row["payload"]["text"].split(":")[1].split(".")[0]) for row in notices] == [
        (ADMINS, " it's shared with another company, and a digest shows what you spend")
    ]


async def test_a_day_without_anything_is_left_out_and_not_named_as_missed(start, store, bills):
    bills.days = {date(2026, 5, 17): 0.0, date(2026, 5, 18): 0.0, date(2026, 5, 19): 4.0}
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(posts_quiet_days=False), utc(2026, 5, 20, 9, 20))
    assert await keys(store) == [f"{WEB}:2026-05-19"]
    assert "not posted" not in (await texts(store))[0]


async def test_a_day_with_a_credit_has_a_digest_of_which_the_parts_add_up(start, store, bills):
    bills.days = {date(2026, 5, day): 4.0 for day in range(1, 17)} | {date(2026, 5, 17): -3.25}
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(posts_quiet_days=False), utc(2026, 5, 18, 9, 20))
    (text,) = await texts(store)
    assert text.splitlines()[0] == "*-3.3 ACUs on Sun, May 17*  ▼ 181% (usual 4) · through Slack 0 · outside Slack -3.3"
    assert text.splitlines()[-1] == "Devin's bill has a credit that's larger than the usage in this period."


async def test_a_day_that_devin_does_not_list_is_not_in_yet_and_skips_no_digest(start, store, bills):
    bills.days = {date(2026, 5, day): 4.0 for day in range(1, 17)}
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(posts_quiet_days=False), utc(2026, 5, 18, 9, 20))
    (text,) = await texts(store)
    assert text.splitlines()[:3] == [
        "*0 ACUs through Slack on Sun, May 17*",
        "Devin's bill for Sunday, May 17, 2026 isn't in yet, so usage outside Slack isn't known.",
        "May, through May 16: 64 ACUs · forecast about 124",
    ]
    assert "▼" not in text


@pytest.mark.parametrize(
    "waits",
    [
        {"detail": "waiting_for_user"},
        {"detail": "waiting_for_approval"},
        {"status": "suspended", "detail": "out_of_credits"},
    ],
)
async def test_a_quiet_day_on_which_somebody_is_waited_for_is_posted(start, store, bills, waits):
    with frozen_at(2026, 5, 18, 8, 50) as frozen:
        await store.session("a", utc(2026, 5, 10, 12), **waits)
        await subscribe(store, Edition.DAILY)
        await run(frozen, start(posts_quiet_days=False), utc(2026, 5, 18, 9, 20))
    assert await keys(store) == [f"{WEB}:2026-05-17"]
