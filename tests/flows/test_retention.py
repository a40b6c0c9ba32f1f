"""What is purged, what stays, and in which batches; each on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from bot.config import Settings
from bot.connect import timed
from bot.conversation.session_card import SessionCard
from bot.features import TABLES
from bot.kernel.upkeep import retention
from bot.kernel.upkeep.retention import Retention
from bot.store import purge
from bot.store.inbox import BATCH
from bot.store.table_spec import never
from bot.store.tables import (
    channels,
    fan_out_sessions,
    fan_outs,
    identities,
    inbox,
    lanes,
    notifications,
    operation_rows,
    operations,
    outbox,
    past_sessions,
    people,
    posts,
    sessions,
    threads,
    turn_ends,
    waiting_times,
)
from bot.timing import PRODUCTION
from tests.store.ages import bound_of, row_aged
from tests.store.rows import filled

pytestmark = pytest.mark.edge

DAY = 86_400.0
NOW = 1_779_278_400.0  # 2026-05-20 12:00 UTC
BLANK = {"v": 1}
BY_AGE = [spec for spec in TABLES if bound_of(spec, NOW) is not None]
KEPT = {"a month ago": 31, "in this month": 29}  # dead letters of a session that lives


@pytest.fixture
def purging(make, either_store, clock):
    clock.now = NOW
    return Retention(make(either_store, clock), TABLES, SessionCard)


@pytest.fixture
def briefly(make, either_store, clock):
    """With a retention of one day, the shortest there is."""
    clock.now = NOW
    return Retention(make(either_store, clock, replace(PRODUCTION, retention=DAY)), TABLES, SessionCard)


def asked(key, days_ago, *, thread="1.000100", state="done", **values):
    """An inbox row that was closed so many days ago."""
    return {
        "key": key,
        "lane": f"in:T0ACME:C0WORK:{thread}",
        "kind": "message",
        "ts": "1.000100",
        "state": state,
        "ready_at": 0.0,
        "ref": key,
        "payload": {"v": 1, "text": "secret plan"} if state != "done" else BLANK,
        "created_at": 0.0,
        "done_at": None if state == "open" else NOW - days_ago * DAY,
    } | values


def said(key, days_ago, *, state="sent", session_id=None, **values):
    """An outbox row that was sent, or died, so many days ago."""
    return {
        "key": key,
        "lane": "out:T0ACME:C0WORK",
        "kind": "post",
        "team": "T0ACME",
        "channel": "C0WORK",
        "thread": key,
        "session_id": session_id,
        "state": state,
        "next_at": 0.0,
        "ref": key,
        "payload": {"v": 1, "text": "secret answer", "blocks": []} if state != "sent" else BLANK,
        "created_at": 0.0,
        "sent_at": None if state in {"open", "sending"} else NOW - days_ago * DAY,
    } | values


def card_of(session_id):
    names = {"key": f"card:{session_id}", "drawer": "card", "subject": session_id, "session_id": session_id}
    shown = {"team": "T0ACME", "channel": "C0WORK", "ts": "1.000200", "state": "sent"}
    return names | shown | {"ref": session_id, "created_at": 0.0}


def thread_of(session_id, ts):
    names = {"team": "T0ACME", "channel": "C0WORK", "ts": ts, "session_id": session_id}
    return names | {"last_seen_ts": ts, "created_at": 0.0}


# ---------------------------------------------------------------- inbox and outbox


async def test_closed_rows_without_a_session_go_after_the_retention_time(purging, either_store):
    await either_store.put(
        inbox,
        asked("old", 31),
        asked("old dead", 31, state="dead"),
        asked("young", 29),
        asked("young dead", 29, state="dead"),
        asked("open for ever", 0, state="open", created_at=NOW - 99 * DAY),
    )
    await either_store.put(
        outbox,
        said("old", 31),
        said("old dead", 31, state="dead"),
        said("young", 29),
        said("open for ever", 0, state="open", created_at=NOW - 99 * DAY),
        said("sending for ever", 0, state="sending", created_at=NOW - 99 * DAY),
    )
    assert await purging.purge() == PRODUCTION.retention_interval
    assert await either_store.all(inbox.c.key) == ["open for ever", "young", "young dead"]
    assert sorted(await either_store.all(outbox.c.key)) == ["open for ever", "sending for ever", "young"]


async def test_keys_live_as_long_as_their_session(purging, either_store):
    """A mention that is delivered again after months must not act again while its thread is in use."""
    started = NOW - 90 * DAY
    await either_store.session("lives", started, updated_at=int(NOW - DAY))
    thread = f"{started:.6f}"
    await either_store.put(inbox, asked("mention", 90, thread=thread), asked("reply", 60, thread=thread))
    await either_store.put(inbox, asked("elsewhere", 60, thread="2.000100"))
    await either_store.put(outbox, said("card:lives", 31, kind="card", session_id="lives", ts=thread))
    await either_store.put(outbox, said("say:lives:1:0", 60, session_id="lives"))
    await purging.purge()
    assert await either_store.all(inbox.c.key) == ["mention", "reply"]
    assert await either_store.all(outbox.c.key) == ["card:lives", "say:lives:1:0"]


async def test_texts_of_dead_letters_go_although_their_keys_stay(purging, either_store):
    started = NOW - 90 * DAY
    await either_store.session("lives", started, updated_at=int(NOW - DAY))
    thread = f"{started:.6f}"
    await either_store.put(
        inbox,
        asked("old", 1.1, thread=thread, state="dead", reason="DevinInvalid"),
        asked("young", 0.9, thread=thread, state="dead"),
    )
    follow = {"cause": "x"}
    await either_store.put(
        outbox,
        said("old", 1.1, state="dead", session_id="lives", follow=follow),
        said("young", 0.9, state="dead", session_id="lives", follow=follow),
    )
    await purging.purge()
    for table in (inbox, outbox):
        old, young = await either_store.rows(table, table.c.key)
        assert (old["state"], old["payload"]) == ("dead", BLANK)
        assert "secret" in young["payload"]["text"]
        if table is outbox:
            assert (old["follow"], young["follow"]) == (None, follow)
        else:
            assert old["reason"] == "DevinInvalid"


@pytest.mark.parametrize(("setting", "blank"), [({}, [True, True]), ({"bot_keep_dead_texts": True}, [True, False])])
async def test_texts_of_dead_letters_stay_for_the_retention_time_where_the_settings_say_so(
    make, store, clock, setting, blank
):
    clock.now = NOW
    timing = timed(Settings.model_construct(**setting), PRODUCTION)
    await store.put(outbox, *(said(key, days, state="dead", session_id="lives") for key, days in KEPT.items()))
    await store.session("lives", NOW - 90 * DAY, updated_at=int(NOW - DAY))
    await Retention(make(store, clock, timing), TABLES, SessionCard).purge()
    rows = await store.rows(outbox, outbox.c.key)
    assert [row["payload"] == BLANK for row in rows] == blank


# ---------------------------------------------------------------- sessions


async def test_a_session_goes_with_its_rows_after_the_retention_time(purging, either_store):
    for name, ended in (("old", 31), ("young", 29)):
        started = NOW - (90 if name == "old" else 91) * DAY
        await either_store.session(name, started, lifecycle="ended", ended_at=NOW - ended * DAY)
        await either_store.put(threads, thread_of(name, f"{started:.6f}"))
        await either_store.put(inbox, asked(f"reply to {name}", 40, thread=f"{started:.6f}"))
        await either_store.put(outbox, said(f"say:{name}:1:0", 40, session_id=name))
        await either_store.put(posts, card_of(name))
    await purging.purge()
    assert await either_store.all(sessions.c.id) == ["young"]
    assert await either_store.all(posts.c.session_id) == ["young"]
    assert await either_store.all(threads.c.session_id) == ["young"]
    assert await either_store.all(inbox.c.key) == ["reply to young"]
    assert await either_store.all(outbox.c.key) == ["say:young:1:0"]


async def test_keys_outlive_their_session_by_a_week_however_short_the_retention_is(briefly, either_store, clock):
    started = NOW - 9 * DAY
    await either_store.session("ended", started, lifecycle="ended", ended_at=NOW - 6.5 * DAY)
    await either_store.put(inbox, asked("mention", 8, thread=f"{started:.6f}"))
    await briefly.purge()
    assert await either_store.all(inbox.c.key) == ["mention"]
    clock.now += DAY
    await briefly.purge()
    assert await either_store.all(sessions.c.id) == []
    assert await either_store.all(inbox.c.key) == []


async def test_a_session_that_has_slept_for_long_is_closed_with_its_card_later_and_purged_after_that(
    purging, either_store, clock
):
    asleep = {"status": "suspended", "detail": "inactivity"}
    await either_store.session("sleeps", NOW - 90 * DAY, **asleep, updated_at=int(NOW - 31 * DAY))
    await either_store.put(posts, card_of("sleeps"))
    await either_store.session("naps", NOW - 89 * DAY, **asleep, updated_at=int(NOW - 29 * DAY))
    await either_store.session("works", NOW - 88 * DAY, updated_at=int(NOW - 31 * DAY))
    await purging.purge()
    assert await ends(either_store) == {"sleeps": ("open", NOW), "naps": ("open", None), "works": ("open", None)}
    clock.now += 30 * DAY + 1
    for _ in range(2):  # its card is not edited yet
        await purging.purge()
        assert (await ends(either_store))["sleeps"] == ("ended", NOW)
        assert await either_store.all(posts.c.state) == ["open"]
    async with either_store.db.write() as tx:
        await tx.execute(update(posts).values(state="sent"))
    await purging.purge()
    assert await either_store.all(sessions.c.id) == ["naps", "works"]


async def ends(store):
    return {row["id"]: (row["lifecycle"], row["ended_at"]) for row in await store.rows(sessions)}


async def test_nobody_is_waited_for_by_a_session_that_is_over_or_gone(purging, either_store):
    await either_store.session("waits", NOW - DAY, detail="waiting_for_user")
    await either_store.session("over", NOW - DAY, detail="waiting_for_user", ended_at=NOW - 60)
    waited = {"since": NOW - 120, "team": "T0ACME", "org_id": "org-acme"}
    await either_store.put(waiting_times, *(waited | {"session_id": one} for one in ("waits", "over", "gone")))
    await purging.purge()
    found = {row["session_id"]: row["ended_at"] for row in await either_store.rows(waiting_times)}
    assert found == {"waits": None, "over": NOW - 60, "gone": NOW}


# ---------------------------------------------------------------- the other tables


async def in_batches_of_two(purging, monkeypatch):
    """Purge twice: the first time only one batch of each table goes."""
    for module in (retention, purge):
        monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCHES_A_TICK", 1)
    return [await purging.purge() for _ in range(2)]


@pytest.mark.parametrize("spec", BY_AGE, ids=lambda spec: spec.table.name)
async def test_rows_go_in_batches_once_they_are_as_old_as_their_table_says(purging, either_store, monkeypatch, spec):
    old = [row_aged(spec, NOW, f"{number}", too_old=True) for number in range(3)]
    await either_store.put(spec.table, *old, row_aged(spec, NOW, "kept", too_old=False))
    assert await in_batches_of_two(purging, monkeypatch) == [PRODUCTION.retention_soon, PRODUCTION.retention_interval]
    [kept] = await either_store.rows(spec.table)
    assert kept == {**kept, **row_aged(spec, NOW, "kept", too_old=False)}


def test_each_other_table_has_a_test_here():
    others = {spec.table for spec in TABLES if spec.old is not never and spec not in BY_AGE}
    assert others == {channels, fan_out_sessions, identities, lanes, operation_rows, notifications, posts, turn_ends}


async def test_links_found_by_email_go_with_what_is_known_of_the_person(purging, either_store):
    await either_store.put(people, filled(people, user="known", team="T", read_at=NOW))
    for user, source in (("known", "email"), ("unknown", "email"), ("linked", "admin")):
        await either_store.put(identities, filled(identities, team="T", user=user, source=source))
    await purging.purge()
    assert sorted(await either_store.all(identities.c.user)) == ["known", "linked"]


async def test_ends_of_turns_go_with_their_session(purging, either_store):
    await either_store.session("lives", NOW)
    for name in ("lives", "gone"):
        await either_store.put(turn_ends, filled(turn_ends, key=name, session_id=name))
    await purging.purge()
    assert await either_store.all(turn_ends.c.key) == ["lives"]


async def test_posts_in_no_thread_of_a_session_go_once_they_are_old_and_up_to_date(purging, either_store):
    old, kept = NOW - 33 * DAY, {"new": {"created_at": NOW}, "open": {"state": "open"}, "in": {"session_id": "s"}}
    for key, more in ({"old": {}} | kept).items():
        usual = {"key": key, "created_at": old, "session_id": None, "state": "sent"}
        await either_store.put(posts, filled(posts, **usual | more))
    await purging.purge()
    assert set(await either_store.all(posts.c.key)) == {*kept}


async def test_rows_of_operations_go_once_they_are_over(purging, either_store):
    for name, ended in (("over", NOW), ("going on", None)):
        await either_store.put(operations, filled(operations, id=name, created_at=NOW, ended_at=ended))
    await either_store.put(
        operation_rows, *(filled(operation_rows, operation_id=one) for one in ("over", "going on", "gone"))
    )
    await purging.purge()
    assert await either_store.all(operation_rows.c.operation_id) == ["going on"]


async def test_sessions_of_fan_outs_go_with_their_fan_out(purging, either_store):
    await either_store.put(fan_outs, filled(fan_outs, id="there", created_at=NOW))
    await either_store.put(fan_out_sessions, *(filled(fan_out_sessions, fan_out_id=one) for one in ("there", "gone")))
    await purging.purge()
    assert await either_store.all(fan_out_sessions.c.fan_out_id) == ["there"]


async def test_choices_for_threads_that_are_gone_go(purging, either_store):
    await either_store.session("there", NOW)
    await either_store.put(threads, thread_of("there", "1.000100"))
    for channel, thread in (("C0WORK", "1.000100"), ("C0WORK", "gone")):
        row = filled(notifications, team="T0ACME", channel=channel, thread=thread)
        await either_store.put(notifications, row)
    await purging.purge()
    assert await either_store.all(notifications.c.thread) == ["1.000100"]


async def test_channels_that_no_figure_is_about_go(purging, either_store):
    await either_store.session("there", NOW)
    await either_store.put(fan_outs, filled(fan_outs, team="T0ACME", channel="C0FANNED", created_at=NOW))
    past = filled(past_sessions, team="T0ACME", channel="C0PAST", ended_at=NOW)
    await either_store.put(past_sessions, past)
    for channel in ("C0UNUSED", "C0FANNED", "C0PAST"):
        await either_store.put(channels, filled(channels, team="T0ACME", channel=channel))
    await purging.purge()
    assert await either_store.all(channels.c.channel) == ["C0FANNED", "C0PAST", "C0WORK"]


async def test_idle_lanes_go_and_those_with_work_or_an_owner_stay(purging, either_store):
    await either_store.put(
        lanes,
        {"name": "in:idle", "owner": None},
        {"name": "in:held", "owner": "worker"},
        {"name": "in:waits", "owner": None},
    )
    await either_store.put(inbox, asked("a", 0, state="open", lane="in:waits"), asked("b", 0, lane="in:idle"))
    await purging.purge()
    assert await either_store.all(lanes.c.name) == ["in:held", "in:waits"]


async def test_nothing_to_purge(purging, either_store):
    assert await purging.purge() == PRODUCTION.retention_interval


# ---------------------------------------------------------------- in small batches


async def test_the_first_purge_comes_some_time_after_the_start(purging, either_store):
    await either_store.put(inbox, asked("old", 31))
    assert await purging.tick() == PRODUCTION.first_purge
    assert await either_store.all(inbox.c.key) == ["old"]
    assert await purging.tick() == PRODUCTION.retention_interval
    assert await either_store.all(inbox.c.key) == []


async def test_a_long_history_is_worked_off_over_several_ticks(purging, either_store, monkeypatch):
    monkeypatch.setattr(retention, "BATCHES_A_TICK", 2)
    await either_store.put(inbox, *(asked(f"{number:04}", 31) for number in range(2 * BATCH + 1)))
    assert await purging.purge() == PRODUCTION.retention_soon
    async with either_store.db.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(inbox))).scalar_one() == 1
    assert await purging.purge() == PRODUCTION.retention_interval
    assert await either_store.all(inbox.c.key) == []


async def test_two_replicas_purge_side_by_side(make, either_store, clock, purging):
    await either_store.put(inbox, *(asked(f"{number:04}", 31) for number in range(BATCH + 1)))
    other = Retention(make(either_store, clock), TABLES, SessionCard)
    for each in (purging, other, purging):
        await each.purge()
    assert await either_store.all(inbox.c.key) == []
