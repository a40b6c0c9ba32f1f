"""The feed of the page: what changed, from where each page is."""

import time

import pytest

from bot.playground.news import Change
from bot.playground.page import feed
from tests.playground.house import view


async def test_changes_of_a_moment_are_one_event_in_which_each_thing_stands_once(house):
    async with house.listening() as page:
        assert await page.line() == "retry: 1000"
        parent = await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": "a task"})
        place = {"user": "U0BEN", "channel": "C0WEB", "ts": parent["ts"]}
        await house.slack.perform("react", place | {"name": "eyes"})
        await house.slack.perform("say", {**place, "thread_ts": parent["ts"], "text": "a reply"})
        event = await page.event()
    assert event.keys() == {"position", "reset", "messages"}
    assert not event["reset"]
    told = {message["text"]: message for message in event["messages"]}
    assert list(told) == ["a task", "a reply"]
    assert told["a task"]["reply_count"] == 1
    assert told["a task"]["reactions"] == [{"name": "eyes", "users": ["U0BEN"], "count": 1}]


async def test_the_bench_hears_that_a_page_is_open_once_it_follows(house):
    await house.get("/api/workspace")
    assert house.bench.pages == 0
    async with house.listening():
        assert house.bench.pages == 1


async def test_every_kind_of_change_reaches_the_page(house):
    async with house.listening() as page:
        await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="psst")
        event = await page.until("ephemerals")
        assert [item["text"] for item in event["ephemerals"]] == ["psst"]
        call = (await house.get("/api/calls"))["slack"][-1]
        assert event["slack_calls"] == [call]

        opened_view = (await house.by_bot("views.open", trigger_id=await house.trigger(), view=view()))["view"]
        assert [item["open"] for item in (await page.until("views"))["views"]] == [True]
        await house.do("close_view", user="U0ANN", view_id=opened_view["id"])
        assert [item["open"] for item in (await page.until("views"))["views"]] == [False]

        ts = await house.say("a task")
        status = {"channel_id": "C0WEB", "thread_ts": ts, "status": "processing"}
        await house.by_bot("agents.sessions.setStatus", **status, title="One")
        agent = {"channel": "C0WEB", "thread_ts": ts, "status": "processing", "title": "One"}
        assert (await page.until("agents"))["agents"] == [agent]
        await house.by_bot("agents.sessions.rename", channel_id="C0WEB", thread_ts=ts, title="Two")
        assert (await page.until("agents"))["agents"] == [agent | {"title": "Two"}]

        made = await house.to_devin("POST", "/sessions", prompt="Fix it")
        event = await page.until("sessions")
        assert event["sessions"] == (await house.get("/api/sessions"))["sessions"]
        assert [row["session_id"] for row in event["devin_calls"]] == [made["session_id"]]


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ("invite", {"channel": "C0NOBOT"}),
        ("remove", {"channel": "C0WEB"}),
        ("archive", {"channel": "C0WEB"}),
        ("unarchive", {"channel": "C0ARCHIVED"}),
        ("channel", {"id": "C0NEW"}),
        ("person", {"id": "U0NEW"}),
    ],
)
async def test_a_change_of_people_or_channels_asks_for_the_workspace_again(house, act, order):
    async with house.listening() as page:
        await house.slack.perform(act, order)
        event = await page.event()
        assert event["workspace"] is True
        assert not event["reset"]


@pytest.mark.parametrize("kind", ["bot", "clock", "counters", "speed"])
async def test_the_bench_tells_of_itself(house, kind):
    async with house.listening() as page:
        house.bench.news.tell(Change(kind), Change(kind))
        event = await page.event()
        assert event.keys() == {"position", "reset", kind}
        assert event[kind] == getattr(house.bench, kind)()


async def test_a_deleted_message_is_gone_and_one_with_replies_stays_as_a_tombstone(house):
    alone = await house.say("alone")
    parent = await house.say("a parent")
    reply = await house.say("a reply", thread_ts=parent)
    async with house.listening() as page:
        await house.do("delete", user="U0ANN", channel="C0WEB", ts=alone)
        event = await page.event()
        assert event["gone"] == [{"channel": "C0WEB", "ts": alone}]
        assert "messages" not in event

        await house.do("delete", user="U0ANN", channel="C0WEB", ts=parent)
        event = await page.event()
        assert [(row["ts"], row["subtype"]) for row in event["messages"]] == [(parent, "tombstone")]

        await house.do("delete", user="U0ANN", channel="C0WEB", ts=reply)
        event = await page.event()
        assert event["gone"] == [{"channel": "C0WEB", "ts": reply}, {"channel": "C0WEB", "ts": parent}]


async def test_a_private_answer_that_is_taken_away_is_told_as_deleted(house):
    given = (await house.do("slash", user="U0ANN", channel="C0WEB", text="x"))["response_url"]
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    await house.outside.post(given, json={"text": "psst", "blocks": [{"type": "actions", "elements": [button]}]})
    [item] = house.slack.state.ephemerals
    given = (await house.do("click", user="U0ANN", channel="C0WEB", ts=item.ts, action_id="go"))["response_url"]
    async with house.listening() as page:
        await house.outside.post(given, json={"delete_original": True})
        [item] = (await page.until("ephemerals"))["ephemerals"]
        assert (item["text"], item["deleted"]) == ("psst", True)


async def test_two_pages_each_hear_everything_from_where_they_are(house):
    start = (await house.get("/api/workspace"))["position"]
    await house.say("one")
    async with house.listening(after=start) as behind, house.listening() as level:
        assert [row["text"] for row in (await behind.event())["messages"]] == ["one"]
        await house.say("two")
        first, second = await behind.event(), await level.event()
        assert first == second
        assert [row["text"] for row in first["messages"]] == ["two"]


async def test_a_page_that_lost_its_connection_goes_on_where_it_was(house):
    start = (await house.get("/api/workspace"))["position"]
    await house.say("one")
    reached = (await house.get("/api/workspace"))["position"]
    await house.say("two")
    async with house.listening(after=start, **{"Last-Event-ID": str(reached)}) as page:
        assert [row["text"] for row in (await page.event())["messages"]] == ["two"]


async def test_a_page_without_a_position_hears_what_comes(house):
    await house.say("one")
    async with house.listening(after="") as page:
        assert await page.line() == "retry: 1000"
        await house.say("two")
        assert [row["text"] for row in (await page.event())["messages"]] == ["two"]


async def test_a_tab_without_a_stream_reads_at_once_what_it_has_missed(house):
    start = (await house.get("/api/workspace"))["position"]
    async with house.listening(after=start) as page:
        await house.say("one")
        event = await page.event()
        assert await house.get("/api/changes", after=start) == event
        assert await house.get("/api/changes", after=event["position"]) == {
            "position": event["position"],
            "reset": False,
        }
        assert (await house.get("/api/changes", after=0))["reset"]


@pytest.mark.parametrize("path", ["/events", "/api/changes"])
async def test_a_position_that_is_none_is_refused(house, path):
    assert await house.refused(path, after="now") == (
        400,
        "after is a whole number from 0 to 9007199254740991.",
    )


@pytest.mark.parametrize("after", [0, 12, 2**53 - 1])
async def test_a_position_of_another_run_makes_the_page_load_anew(house, after):
    async with house.listening(after=after) as page:
        event = await page.event()
        assert event == {"position": (await house.get("/api/workspace"))["position"], "reset": True}
        await house.say("one")
        assert [row["text"] for row in (await page.event())["messages"]] == ["one"]


async def test_who_has_missed_too_much_loads_anew(house):
    start = (await house.get("/api/workspace"))["position"]
    for number in range(feed.MOST + 1):
        await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": str(number)})
    async with house.listening(after=start) as page:
        assert (await page.event()).keys() == {"position", "reset"}
    place = {"user": "U0ANN", "channel": "C0WEB", "ts": await house.say("x")}
    start = (await house.get("/api/workspace"))["position"]
    for number in range(12_000):  # of one message, but more than are kept
        await house.slack.perform("edit", place | {"text": str(number)})
    async with house.listening(after=start) as page:
        assert (await page.event())["reset"]


@pytest.mark.parametrize("which", ["slack", "devin"])
async def test_a_fresh_start_of_either_side_makes_every_page_load_anew(house, which):
    async with house.listening() as page:
        await getattr(house, which).perform("reset", {})
        event = await page.event()
        assert event["reset"]
        await house.say("afterwards")
        assert [row["text"] for row in (await page.event())["messages"]] == ["afterwards"]


async def test_a_change_that_cannot_be_read_makes_the_page_load_anew(house, caplog):
    async with house.listening() as page:
        house.bench.broken = True
        house.bench.news.tell(Change("bot"))
        event = await page.event()
        assert await house.get("/api/changes", after=event["position"] - 1) == event
        house.bench.broken = False
        assert event == {"position": (await house.get("/api/workspace"))["position"], "reset": True}
        await house.say("afterwards")
        assert [row["text"] for row in (await page.event())["messages"]] == ["afterwards"]
    assert "A change couldn't be read (RuntimeError). Pages will reload." in caplog.text
    assert "the bench broke" not in caplog.text  # what an error says may be what somebody wrote


async def test_a_change_that_cannot_be_sent_makes_the_page_load_anew(house, monkeypatch):
    monkeypatch.setattr(house.bench, "counters", lambda: {"saved": {1, 2}})
    async with house.listening(after="") as page:
        assert await page.line() == "retry: 1000"
        house.bench.news.tell(Change("counters"))
        assert (await page.event()).keys() == {"position", "reset"}


async def test_a_quiet_feed_shows_that_it_lives(house, monkeypatch):
    monkeypatch.setattr(feed, "HEARTBEAT", 0.01)
    async with house.listening() as page:
        assert [await page.line() for _ in range(4)] == ["retry: 1000", "", ": nothing new", ""]


async def test_a_change_costs_the_same_among_thousands_of_messages(house):
    for number in range(2_000):
        await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": f"message {number}"})
    for number in range(300):
        await house.devin.perform("sessions", {"prompt": f"session {number}"})
    stream = feed.Feed(house.slack.state, house.devin.world, house.bench)
    stream.open()
    before = stream.position
    last = await house.slack.perform("say", {"user": "U0ANN", "channel": "C0WEB", "text": "the last"})
    started = time.perf_counter()
    for _ in range(100):
        event = stream.event(before)
    spent = (time.perf_counter() - started) / 100
    stream.close()
    assert [row["ts"] for row in event["messages"]] == [last["ts"]]
    assert spent < 0.005  # seconds; a walk over all would take some ten times that
