"""What Slack does not take: said in another form, later, or never and announced; and never twice."""

from typing import Any

import httpx
import pytest

from bot.domain.lane import channel_lane
from bot.store import outbox
from bot.store.outbox import OutboxRow
from bot.timing import PRODUCTION
from bot.views.answers import failures as failure_sentences
from tests.said import a_session
from tests.scenarios.ahead import TEAM, Ahead, rows, until, write
from tests.scenarios.harness import ANN, GENERAL, WEB, Harness

pytestmark = pytest.mark.edge

SEARCH = "include_all_metadata"  # tells a search for a post from other readings of a thread
FIRST_SEARCH = 3  # seconds after which a post without an answer is looked for
SETTLED = 14  # seconds after which it counts as not made if it is not found


async def lost(on: Harness, session: str) -> str:
    """The sentence about a message of Devin's that could not be shown."""
    (known,) = await rows(on, "sessions", bare_id=session)
    url = f"https://app.devin.ai/sessions/{session}"
    return failure_sentences.post_lost(known["id"][:10], url).text


async def dead(on: Harness) -> int:
    """How many rows the metric counts as dead."""
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"http://127.0.0.1:{on.port}/metrics")).text
    found = [line for line in text.splitlines() if line.startswith("devin_bridge_dead_letters_total{")]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in found)


async def poke(on: Harness, task: str = "fix another test") -> None:
    """Let the lane of the channel be looked at, as anything that is to be said in another thread does."""
    await on.started(task)


async def put_back(on: Harness, reason: str = "") -> None:
    """Wait until a post whose outcome is unknown waits for its search."""

    async def waits() -> bool:
        return any(
            reason in (row["reason"] or "") for row in await rows(on, "outbox", state="sending") if row["reason"]
        )

    await until(waits)


# ------------------------------------------------------------ permanent


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "some_new_error"])
async def test_what_slack_does_not_take_as_blocks_is_said_plainly(on: Harness, error: str) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "error", error=error, match="**strange**")
    words = "\n".join(f"Line {number} of a **strange** text." for number in range(300))
    await on.devin.say(session, words)
    shown = await on.wait_for_post(GENERAL, ts, "strange")
    assert shown["text"] == f"{words}\n\n<https://app.devin.ai/sessions/{session}|Open in Devin>"
    assert "blocks" not in shown
    await on.devin.say(session, "A usual one.")
    await on.wait_for_post(GENERAL, ts, "A usual one.")
    assert await on.thread(GENERAL, ts) == [shown["text"], "A usual one."]


@pytest.mark.parametrize("error", ["invalid_blocks", "some_new_error"])
async def test_a_card_that_slack_does_not_take_as_blocks_is_drawn_plainly(on: Harness, error: str) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.update", "error", error=error, match="Odd title")
    await on.devin.set(session, title="Odd title")
    shown = await on.slack.wait_for_message(GENERAL, "Odd title", thread_ts=ts)
    assert "blocks" not in shown
    title, state, _, asker = shown["rendered"].splitlines()
    assert title == f"*<https://app.devin.ai/sessions/{session}|Odd title>*"
    assert state.startswith(":gear: Working · started ")
    assert asker.startswith("Started by ann · active ")
    await on.devin.set(session, title="Better title")
    shown = await on.slack.wait_for_message(GENERAL, "Better title", thread_ts=ts)
    assert shown["blocks"]


@pytest.mark.parametrize("error", ["msg_too_long", "some_new_error"])
async def test_a_post_that_slack_never_takes_ends_dead_and_is_announced(on: Harness, error: str) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "error", error=error, times=0, match="unspeakable")
    await on.devin.say(session, "Something unspeakable.")
    await on.devin.say(session, "Something else.")
    await on.slack.wait_for_message(GENERAL, "couldn't be shown", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Something else.")
    assert sorted(await on.thread(GENERAL, ts)) == sorted(["Something else.", await lost(on, session)])
    assert await dead(on) == 1
    (row,) = await rows(on, "outbox", state="dead")
    assert error in row["reason"]
    assert row["key"].startswith("say:")


async def test_a_sentence_about_a_loss_that_is_lost_too_is_not_repeated_for_ever(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "error", error="some_new_error", times=3)
    await on.devin.say(session, "Lost.")
    # With its blocks and without them; the sentence about the loss has none, so it is tried once.
    await on.slack.wait_for_call("chat.postMessage", 3, fault="error")
    await on.devin.say(session, "Not lost.")
    await on.wait_for_post(GENERAL, ts, "Not lost.")
    assert await on.thread(GENERAL, ts) == ["Not lost."]
    assert await dead(on) == 2


async def directly(on: Harness, count: int = 1) -> list[str]:
    """What the bot has written to ann directly."""
    state = await on.slack.state()
    place = next(
        key for key, channel in state["channels"].items() if channel["kind"] == "im" and ANN in channel["members"]
    )
    return [message["rendered"] for message in await on.slack.wait_for_messages(place, count)]


@pytest.mark.parametrize("error", ["not_in_channel", "is_archived"])
async def test_when_a_channel_cannot_be_posted_to_its_asker_is_informed_once(on: Harness, error: str) -> None:
    _, session = await on.started()
    await on.slack.fault("chat.postMessage", "error", error=error, times=0, match=f'"channel": "{GENERAL}"')
    await on.devin.say(session, "One.")
    await on.devin.say(session, "Two.")
    await on.slack.wait_for_call("chat.postMessage", fault="error")
    await on.slack.wait_for_call("chat.postMessage", text="can no longer post in", ok=True)
    await on.devin.say(session, "Three.")
    await on.slack.wait_for_call("chat.postMessage", fault="error", text="Three.")
    other, second = await on.started("fix another one", channel=WEB)
    await on.devin.say(second, "Four.")
    await on.wait_for_post(WEB, other, "Four.")
    assert await directly(on) == [
        failure_sentences.posting_lost(GENERAL, a_session(url=f"https://app.devin.ai/sessions/{session}")).text
    ]


async def test_a_card_that_somebody_deleted_is_announced_once_and_the_session_goes_on(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.update", "error", error="message_not_found", times=0)
    await on.devin.set(session, title="Nobody sees this")
    await on.wait_for_post(GENERAL, ts, failure_sentences.CARD_LOST.text)
    await on.devin.set(session, title="Nor this")
    await on.devin.say(session, "But this.")
    await on.wait_for_post(GENERAL, ts, "But this.")
    assert await on.thread(GENERAL, ts) == [failure_sentences.CARD_LOST.text, "But this."]
    assert len(await on.slack.log("chat.update", fault="error")) == 1


# ------------------------------------------------------------ passing


@pytest.mark.parametrize("error", ["token_revoked", "missing_scope"])
async def test_what_a_person_can_repair_keeps_the_post(on: Harness, error: str) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "error", error=error, match="Patience")
    await on.devin.say(session, "Patience, please.")
    await on.wait_for_post(GENERAL, ts, "Patience", within=20)
    assert await on.thread(GENERAL, ts) == ["Patience, please."]
    assert await dead(on) == 0


@pytest.mark.long
@pytest.mark.timing(send_first_retry=PRODUCTION.send_first_retry, send_longest_retry=PRODUCTION.send_longest_retry)
async def test_an_edit_that_fails_again_and_again_is_tried_at_growing_intervals(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.update", "error", error="token_revoked", times=2, match="Patience")
    await on.devin.set(session, title="Patience")
    await on.slack.wait_for_message(GENERAL, "Patience", thread_ts=ts, within=20)
    first, second, third = [call["at"] for call in await on.slack.log("chat.update", text="Patience")]
    assert third - second > second - first + on.timing.send_first_retry / 2


# ------------------------------------------------------------ unknown outcomes


@pytest.mark.parametrize(
    ("fault", "ahead"), [("commit_then_drop", 0), ("commit_then_500", 0), ("commit_then_drop", 240)]
)
async def test_a_post_whose_answer_was_lost_is_found_and_not_made_again(
    on: Harness, clock: Ahead, fault: str, ahead: float
) -> None:
    ts, session = await on.started()
    clock.put(ahead)  # of Slack's, as far as a clock may be
    await on.devin.clock(advance=2)  # where seconds are whole: what follows shows as a change
    await on.slack.fault("chat.postMessage", fault, match="Said once")
    await on.devin.say(session, "Said once.")
    await on.slack.wait_for_call("chat.postMessage", fault=fault)
    await on.devin.clock(advance=2)
    await on.devin.say(session, "And this after it.")
    await put_back(on)
    clock.put(FIRST_SEARCH)
    await poke(on)
    # Long before it could count as not made: what follows it in the thread does not wait for that.
    await on.wait_for_post(GENERAL, ts, "And this after it.")
    assert await on.thread(GENERAL, ts) == ["Said once.", "And this after it."]
    assert len(await on.slack.log("chat.postMessage", text="Said once")) == 1
    assert len(await on.slack.log("conversations.replies", text=SEARCH)) == 1


@pytest.mark.parametrize("fault", ["drop_before", "http_500"])
async def test_a_post_that_was_never_made_is_made_after_the_search(on: Harness, clock: Ahead, fault: str) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", fault, match="Said late")
    await on.devin.say(session, "Said late.")
    await on.slack.wait_for_call("chat.postMessage", fault=fault)
    await put_back(on)
    clock.put(FIRST_SEARCH)
    await poke(on)
    await put_back(on, "not found")
    assert len(await on.slack.log("chat.postMessage", text="Said late")) == 1
    clock.put(SETTLED)
    await poke(on, "fix the logout test")
    await on.wait_for_post(GENERAL, ts, "Said late.", within=20)
    assert await on.thread(GENERAL, ts) == ["Said late."]
    assert len(await on.slack.log("conversations.replies", text=SEARCH)) == 2


@pytest.mark.timing(post_look_up=11.0)  # a time that does not pass by itself while the test runs
async def test_before_the_first_look_up_nothing_is_searched_or_repeated(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.postMessage", "commit_then_drop", match="Said once")
    await on.devin.say(session, "Said once.")
    await on.slack.wait_for_call("chat.postMessage", fault="commit_then_drop")
    await poke(on)
    assert len(await on.slack.log("chat.postMessage", text="Said once")) == 1
    assert not await on.slack.log("conversations.replies", text=SEARCH)
    assert await on.thread(GENERAL, ts) == ["Said once."]


async def test_where_the_search_is_impossible_announcements_may_appear_twice(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.slack.fault("conversations.replies", "error", error="missing_scope", times=0, match=SEARCH)
    await on.slack.fault("chat.postMessage", "commit_then_drop", match="Important")
    await on.devin.say(session, "Important.")
    await on.slack.wait_for_call("chat.postMessage", fault="commit_then_drop")
    await put_back(on)
    clock.put(FIRST_SEARCH)
    await poke(on)
    await put_back(on, "search: missing_scope")
    assert await on.thread(GENERAL, ts) == ["Important."]  # Slack may still be at work, so nothing is repeated
    clock.put(SETTLED)
    await poke(on, "fix the logout test")
    await on.wait_for_post(GENERAL, ts, "Important", count=2, within=20)
    assert await on.thread(GENERAL, ts) == ["Important.", "Important."]


@pytest.mark.long
@pytest.mark.parametrize(
    "how",
    [
        {"kind": "ratelimited", "retry_after": 2},
        {"kind": "http_500"},
        {"kind": "error", "error": "service_unavailable"},
        {"kind": "error", "error": "token_revoked"},
    ],
    ids=["429", "500", "busy", "token"],
)
async def test_a_search_that_fails_for_now_is_made_again_before_anything_is_repeated(
    on: Harness, clock: Ahead, how: dict[str, Any]
) -> None:
    ts, session = await on.started()
    how = {**how}  # the parameter is shared with the other transports and stores
    fault = how.pop("kind")
    await on.slack.fault("conversations.replies", fault, match=SEARCH, **how)
    await on.slack.fault("chat.postMessage", "commit_then_drop", match="Said once")
    await on.devin.say(session, "Said once.")
    await on.slack.wait_for_call("chat.postMessage", fault="commit_then_drop")
    await put_back(on)
    clock.put(SETTLED)
    await poke(on)
    await on.slack.wait_for_call("conversations.replies", fault=fault)
    await put_back(on, "outcome unknown, search")
    clock.put(SETTLED)
    await poke(on, "fix the logout test")
    await on.devin.say(session, "And this after it.")
    await on.wait_for_post(GENERAL, ts, "And this after it.", within=20)
    assert await on.thread(GENERAL, ts) == ["Said once.", "And this after it."]


@pytest.mark.long
async def test_what_may_be_said_only_once_is_marked_dead_where_the_search_is_impossible(
    on: Harness, clock: Ahead
) -> None:
    _, session = await on.started()
    await on.slack.fault("conversations.history", "error", error="missing_scope", times=0)
    await on.slack.fault("chat.postMessage", "commit_then_drop", match="Only once")
    now = clock()
    payload = {"text": "Only once.", "blocks": [], "once": True}
    lane = channel_lane(TEAM, GENERAL)
    await write(
        on, lambda tx: outbox.add(tx, [OutboxRow("d", lane, "post", TEAM, GENERAL, "d", "r", payload, now, now)])
    )
    await poke(on)
    await on.slack.wait_for_call("chat.postMessage", fault="commit_then_drop")
    await put_back(on)
    clock.put(SETTLED)
    await poke(on, "fix the logout test")

    async def is_dead() -> bool:
        return bool(await rows(on, "outbox", key="d", state="dead"))

    await until(is_dead)
    await on.devin.say(session, "And this after it.")
    await on.slack.wait_for_message(GENERAL, "And this after it.")
    assert len(await on.slack.messages(GENERAL, text="Only once.")) == 1
    (row,) = await rows(on, "outbox", key="d")
    assert (row["state"], row["reason"]) == ("dead", "outcome unknown, search: missing_scope")
