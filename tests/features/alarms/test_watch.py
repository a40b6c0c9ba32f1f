"""The runaway watch on both stores: which rows it writes, and that one thing has one alarm and one post."""

import pytest

from bot.domain.lane import edit_lane
from bot.features.alarms import rows as alarms
from bot.features.alarms.flow import BATCH_SIZE, RunawayWatch, alarm_key
from bot.features.alarms.rules import AlarmState
from bot.slack.client import Channel, Slack
from bot.slack.errors import ContentRefused, SlackRateLimited, SlackUnreachable
from bot.slack.rate_limits import EDITS
from bot.store import channels, due, posts, rate_limits, recent_spend, sessions, tables
from bot.timing import HOUR, MINUTE, PRODUCTION
from tests.flows.conftest import ADMINS, CHANNEL, ORG, TEAM
from tests.flows.sending import senders_of

NOW = 1_800_000_000.0
POST = "1800000001.000100"


class Edits(Slack):
    """A Slack that takes edits, or fails as a test says."""

    def __init__(self):
        super().__init__("xoxb-test")
        self.texts, self.fails = [], []

    async def channel(self, channel_id):
        return Channel(channel_id, "ops", is_member=True)

    async def update(self, channel, ts, text, blocks, key):
        if self.fails:
            raise self.fails.pop()
        self.texts.append((channel, ts, (blocks[0]["text"]["text"] if blocks else text).splitlines()[-1]))


async def edited(services):
    """Have edited what is due. Returns the seconds until more is."""
    editor = senders_of(services).editor
    while (wait := await editor.work(edit_lane(TEAM))) == 0.0:
        pass
    return wait


def watch_of(make, store, clock, **policy):
    clock.now = NOW
    services = make(store, clock, slack=Edits(), **({"runaway_acus": 5.0} | policy))
    return services, RunawayWatch(services), next(iter(services.organisations))


async def stored(store):
    async with store.db.read() as tx:
        return await alarms.current(tx, ORG, 0.0)


async def set_acus(store, acus, **more):
    async with store.db.write() as tx:
        await sessions.change(tx, "s1", acus=acus, **more)


async def posted(store, alarm):
    async with store.db.write() as tx:
        await posts.posted(tx, alarm_key(alarm), POST, 1, None, NOW)


async def test_one_session_has_one_alarm_and_one_post(make, either_store, clock):
    services, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=5.0)
    assert await watch.tick(organisation) == PRODUCTION.alarm_watch
    assert await stored(either_store) == []
    await set_acus(either_store, 6.2)
    for _ in range(3):
        clock.now += MINUTE
        await watch.tick(organisation)
        await RunawayWatch(services).tick(organisation)
    [alarm] = await stored(either_store)
    assert (alarm.subject, alarm.channel, alarm.thread_ts) == ("s1", ADMINS, None)
    assert alarm.facts == {"silent": 6.2, "hour": None, "limit": 5.0, "acus": 6.2, "progress": 0.0}
    [row] = await either_store.rows(tables.outbox)
    assert (row["key"], row["channel"], row["kind"]) == (f"alarm:{alarm.key}", ADMINS, "alarm")


async def test_each_session_of_several_batches_is_watched(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    many = {f"s{number}" for number in range(2 * BATCH_SIZE + 1)}
    for session_id in many:
        await either_store.session(session_id, NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    assert sorted(alarm.subject for alarm in await stored(either_store)) == sorted(many)


async def test_in_a_shared_channel_without_one_of_admins_they_are_informed_once(make, either_store, clock):
    admins = frozenset({"U0ADA"})
    _, watch, organisation = watch_of(make, either_store, clock, admin_channel=None, admin_users=admins)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    async with either_store.db.write() as tx:
        await channels.set_shared(tx, TEAM, CHANNEL, True, NOW)
    for _ in range(2):
        clock.now += MINUTE
        await watch.tick(organisation)
    assert await stored(either_store) == []
    [row] = await either_store.rows(tables.outbox)
    assert (row["channel"], row["thread_ts"]) == ("U0ADA", None)
    assert "actions" not in [block["type"] for block in row["payload"]["blocks"]]


async def test_another_worker_that_has_the_watch_is_left_alone(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    async with either_store.db.write() as tx:
        await due.write(tx, due.alarms(ORG), NOW + 30, {"v": 1})
    await watch.tick(organisation)
    assert await stored(either_store) == []
    clock.now += 31  # that worker has died
    await watch.tick(organisation)
    assert len(await stored(either_store)) == 1


async def test_it_is_over_when_the_session_sleeps_and_its_post_is_edited(make, either_store, clock):
    services, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    [alarm] = await stored(either_store)
    slack = services.workspaces[TEAM].slack
    await posted(either_store, alarm)
    await watch.tick(organisation)
    assert await edited(services) is None
    await set_acus(either_store, 6.2, status="suspended", detail="inactivity")
    slack.fails = [SlackUnreachable("chat.update", "no_route")]
    await watch.tick(organisation)
    wait = await edited(services)
    [over] = await stored(either_store)
    assert (over.over_at, slack.texts) == (NOW, [])
    clock.now += wait
    for _ in range(2):
        await watch.tick(organisation)
        await edited(services)
    assert slack.texts == [(ADMINS, POST, "Resolved: session asleep.")]


async def over_in_slack(make, store, clock):
    """An alarm that is over, which its post does not show yet."""
    services, watch, organisation = watch_of(make, store, clock)
    await store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    [alarm] = await stored(store)
    await posted(store, alarm)
    await set_acus(store, 6.2, status="suspended", detail="inactivity")
    await watch.tick(organisation)
    return services


async def test_a_post_whose_blocks_slack_refuses_shows_the_alarm_as_text(make, either_store, clock):
    services = await over_in_slack(make, either_store, clock)
    slack = services.workspaces[TEAM].slack
    slack.fails = [ContentRefused("invalid_blocks", "chat.update")]
    assert await edited(services) is None
    [(_, _, text)] = slack.texts
    assert text.startswith("6.2 ACUs in all")


async def test_a_429_makes_all_edits_of_the_workspace_wait(make, either_store, clock):
    services = await over_in_slack(make, either_store, clock)
    services.workspaces[TEAM].slack.fails = [SlackRateLimited(9.0, "chat.update")]
    assert await edited(services) == pytest.approx(9.0, abs=0.01)
    async with either_store.db.read() as tx:
        assert await rate_limits.ready_at(tx, f"{TEAM}:chat.update", EDITS.interval, EDITS.burst) == clock.now + 9.0


async def test_it_comes_back_in_its_post_unless_there_was_progress(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    async with either_store.db.write() as tx:
        [alarm] = await alarms.current(tx, ORG, 0.0)
        await alarms.change(tx, alarm.key, NOW, state=AlarmState.ACKNOWLEDGED, user="U0ADA")
    await set_acus(either_store, 6.2, detail="waiting_for_user")
    await watch.tick(organisation)
    clock.now += MINUTE
    await set_acus(either_store, 6.4, detail="working")
    await watch.tick(organisation)
    [back] = await stored(either_store)
    assert (back.over_at, back.state, back.user, back.facts["silent"]) == (None, AlarmState.OPEN, None, 6.4)
    await set_acus(either_store, 6.4, progress_acus=6.4)
    await watch.tick(organisation)
    clock.now += MINUTE
    await set_acus(either_store, 12.0)
    await watch.tick(organisation)
    assert [(one.state, one.over_at is None) for one in await stored(either_store)] == [
        (AlarmState.OPEN, False),
        (AlarmState.OPEN, True),
    ]


async def test_a_snooze_goes_on_while_the_session_waits_for_a_moment(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    async with either_store.db.write() as tx:
        [alarm] = await alarms.current(tx, ORG, 0.0)
        snoozed = {"state": AlarmState.SNOOZED, "user": "U0ADA", "snoozed_until": NOW + 4 * HOUR}
        await alarms.change(tx, alarm.key, NOW, **snoozed)
    await set_acus(either_store, 6.2, detail="waiting_for_user")
    await watch.tick(organisation)
    clock.now += MINUTE
    await set_acus(either_store, 6.4, detail="working")
    await watch.tick(organisation)
    [back] = await stored(either_store)
    assert (back.over_at, back.state, back.user) == (None, AlarmState.SNOOZED, "U0ADA")
    assert back.snoozed_until == NOW + 4 * HOUR


async def test_a_session_that_is_woken_before_its_stop_was_seen_is_open_again(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    async with either_store.db.write() as tx:
        [alarm] = await alarms.current(tx, ORG, 0.0)
        await alarms.change(tx, alarm.key, NOW, state=AlarmState.STOPPED, user="U0ADA")
    clock.now += MINUTE
    await watch.tick(organisation)
    assert [(one.state, one.user) for one in await stored(either_store)] == [(AlarmState.STOPPED, "U0ADA")]
    async with either_store.db.write() as tx:
        await recent_spend.add(tx, {"s1": 6.2}, clock.now)
        await sessions.spoke(tx, "s1", "U0BEN", clock.now)
    clock.now += MINUTE
    await watch.tick(organisation)
    [again] = await stored(either_store)
    assert (again.key, again.state, again.user) == (alarm.key, AlarmState.OPEN, None)
    assert (again.facts["silent"], again.facts["hour"]) == (None, 6.2)
    assert len(await either_store.rows(tables.outbox)) == 1


async def test_a_stop_that_fails_leaves_an_alarm_that_is_over_alone(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    for over_at, state in ((NOW, AlarmState.STOPPED), (None, AlarmState.OPEN)):
        async with either_store.db.write() as tx:
            [alarm] = await alarms.current(tx, ORG, 0.0)
            await alarms.change(tx, alarm.key, NOW, state=AlarmState.STOPPED, over_at=over_at)
            session = await sessions.get(tx, "s1")
            await alarms.not_stopped(tx, session, NOW)
        [alarm] = await stored(either_store)
        assert (alarm.state, alarm.over_at) == (state, over_at)


@pytest.mark.parametrize(("shows_names", "who"), [(True, "Ada"), (False, "Someone")])
async def test_who_has_decided_is_named_where_figures_name_people(make, either_store, clock, shows_names, who):
    services, watch, organisation = watch_of(make, either_store, clock, shows_names=shows_names)
    await either_store.person("U0ADA", "Ada", NOW)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    [alarm] = await stored(either_store)
    await posted(either_store, alarm)
    async with either_store.db.write() as tx:
        await alarms.change(tx, alarm.key, NOW, state=AlarmState.ACKNOWLEDGED, user="U0ADA")
        await posts.redraw(tx, [alarm_key(alarm)], NOW)
    await edited(services)
    slack = services.workspaces[TEAM].slack
    assert slack.texts == [(ADMINS, POST, f":white_check_mark: {who} says this is fine.")]


async def test_an_hour_that_costs_more_than_is_usual(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR, acus=9.0, progress_acus=9.0)
    async with either_store.db.write() as tx:
        for hour in range(1, 9):
            await recent_spend.add(tx, {"s1": 6.0 + hour % 2 / 10}, NOW - (hour + 1) * HOUR)
        await recent_spend.add(tx, {"s1": 3.0}, NOW - 40 * MINUTE)
        await recent_spend.add(tx, {"s1": 3.2}, NOW)
        await recent_spend.add(tx, {"gone": 3.2}, NOW)
        assert await recent_spend.last_hour(tx, ["s1"], NOW) == {"s1": 6.2}
        assert await recent_spend.above(tx, ORG, NOW, 6.1) == {"s1": 6.2}
        assert await recent_spend.above(tx, ORG, NOW, 6.2) == {}
        assert await recent_spend.session_hours(tx, ORG, NOW - HOUR) == {6.0: 4, 6.1: 4}
    await watch.tick(organisation)
    assert await stored(either_store) == [], "6.2 is usual here, although it is more than 5"
    async with either_store.db.write() as tx:
        await recent_spend.add(tx, {"s1": 0.2}, NOW)
    await watch.tick(organisation)
    [alarm] = await stored(either_store)
    assert alarm.facts["silent"] is None
    assert round(alarm.facts["hour"], 6) == 6.4
    assert round(alarm.facts["limit"], 6) == round(6.05 + 3.5 * 1.4826 * 0.05, 6)


async def test_without_a_channel_for_admins_it_is_in_the_thread_and_with_0_there_is_none(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock, admin_channel=None)
    await either_store.session("s1", NOW - HOUR, acus=6.2)
    await watch.tick(organisation)
    [alarm] = await stored(either_store)
    assert (alarm.channel, alarm.thread_ts) == (CHANNEL, f"{NOW - HOUR:.6f}")
    _, off, organisation = watch_of(make, either_store, clock, runaway_acus=0.0)
    await off.tick(organisation)
    [alarm] = await stored(either_store)
    assert alarm.over_at is not None


async def failing_since(store, since, failures=3):
    async with store.db.write() as tx:
        state = {"v": 1, "poll": {"polled_at": since, "failures": failures, "watermark": 0}}
        await due.write(tx, due.poll(ORG), since, state)


async def test_what_nobody_could_read_for_an_hour_is_one_alarm(make, either_store, clock):
    _, watch, organisation = watch_of(make, either_store, clock)
    await either_store.session("s1", NOW - HOUR)
    await failing_since(either_store, NOW - HOUR)
    await watch.tick(organisation)
    assert await stored(either_store) == []
    for _ in range(2):
        clock.now += 1
        await watch.tick(organisation)
    [alarm] = await stored(either_store)
    assert (alarm.channel, alarm.facts) == (ADMINS, {"since": NOW - HOUR})
    await failing_since(either_store, clock.now, 0)
    await watch.tick(organisation)
    [alarm] = await stored(either_store)
    assert alarm.over_at == clock.now


async def test_without_a_channel_for_admins_each_of_them_is_informed_once(make, either_store, clock):
    admins = frozenset({"U0ADA", "U0BEN"})
    _, watch, organisation = watch_of(make, either_store, clock, admin_channel=None, admin_users=admins)
    await either_store.session("s1", NOW - HOUR)
    await failing_since(either_store, NOW - 2 * HOUR)
    for _ in range(2):
        await watch.tick(organisation)
    rows = await either_store.rows(tables.outbox)
    assert {row["channel"] for row in rows} == admins
    assert [row["payload"]["text"] for row in rows] == ["No usage data from Devin for an hour."] * 2
