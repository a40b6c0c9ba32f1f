"""Devin answers in an odd way: what it has done is never asked for again, and what it says is not lost."""

from typing import Any

import pytest

from bot.playground.devin.api import ROUTES
from bot.playground.devin.permissions import ADMIN_PERMISSIONS
from bot.views.announcements import QUESTION, unreadable_message
from bot.views.answers import starts as start_sentences
from bot.views.answers import stops as stop_sentences
from tests.for_devin import as_sent
from tests.odd_fields import FEW, MISSING, ODD
from tests.said import a_session, up_to_reference
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import card, creations, sent_to_devin, settled
from tests.scenarios.short_waits import AWAY, WITHIN, waited
from tests.waits import SHORT

pytestmark = [pytest.mark.edge, pytest.mark.timing(**SHORT)]

DIRECT = "D0ADA"
UNKNOWN_AFTER = SHORT["unknown_after"]
SOON_LOST = {"row_outage": UNKNOWN_AFTER + 2.0}


async def time_is_over(on: Harness, **of_row: str) -> None:
    """Wait until the row with these values is put back after the time in which what is not found may still come."""

    async def over() -> bool:
        (row,) = await rows(on, "inbox", **of_row)
        return bool(row["ready_at"] - row["created_at"] > UNKNOWN_AFTER + 1.0)

    await until(over)


# ---------------------------------------------------------------- sessions


async def test_a_session_whose_id_the_answer_does_not_give_is_found_and_not_made_again(on: Harness) -> None:
    await on.devin.fault("create_session", "odd", fields={"session_id": None})
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Queued", thread_ts=ts, within=WITHIN)
    await settled(on)
    (made,) = await on.devin.sessions()
    assert f"https://app.devin.ai/sessions/{made['session_id']}" in str((await card(on, ts))["blocks"])
    assert await creations(on) == 1
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.long
@pytest.mark.timing(**SOON_LOST)
async def test_a_session_that_devin_has_accepted_and_lists_nowhere_is_not_made_again(on: Harness) -> None:
    await on.devin.fault("create_session", "odd", fields={"session_id": None})
    await on.devin.fault("list_sessions", "odd", fields={"tags": []}, **AWAY)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts, within=WITHIN)
    await on.slack.wait_for_message(GENERAL, "it's unclear whether", thread_ts=ts, within=WITHIN)
    assert await creations(on) == 1
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["uncertain"]
    await on.devin.clear_faults()
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    assert await creations(on) == 1
    assert len(await on.thread(GENERAL, ts)) == 1


@pytest.mark.long
async def test_where_devin_refuses_tags_a_row_that_cannot_be_read_among_others_keeps_a_session_from_being_made_again(
    on: Harness,
) -> None:
    await on.devin.switch(tags_refused=True)
    await on.started("fix another test", channel=WEB)
    before = await creations(on)
    await on.devin.fault("list_sessions", "503", **AWAY)
    await on.devin.fault("create_session", "commit_then_drop")
    ts = await on.mention("fix the login test")
    made = (await on.session("fix the login test"))["session_id"]
    await on.devin.set(made, session_id=None)
    await on.devin.clear_faults()
    await on.slack.wait_for_message(GENERAL, "Checking whether your session started", thread_ts=ts, within=WITHIN)
    await time_is_over(on, ts=ts)
    await on.devin.set(made, session_id=made, status="running", status_detail="working")
    await on.slack.wait_for_message(GENERAL, "Working", thread_ts=ts, within=WITHIN)
    await settled(on)
    assert await creations(on) == before + 1
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.timing(**SOON_LOST)
async def test_a_session_whose_row_can_never_be_read_ends_as_not_known(on: Harness) -> None:
    await on.devin.fault("create_session", "commit_then_drop")
    await on.devin.fault("list_sessions", "odd", fields={"session_id": " "}, **AWAY)
    ts = await on.mention("fix the login test")
    await on.slack.wait_for_message(GENERAL, "it's unclear whether", thread_ts=ts, within=WITHIN)
    await settled(on)
    assert [row["lifecycle"] for row in await rows(on, "sessions")] == ["uncertain"]
    (said,) = await on.thread(GENERAL, ts)
    assert said.startswith(up_to_reference(start_sentences.start_uncertain("", f"slack-T0PLAY-{GENERAL}-{ts}")))
    assert await creations(on) == 1


# ---------------------------------------------------------------- replies


async def test_a_reply_is_sent_once_however_odd_the_answer_to_it(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("send_message", "odd", fields={"session_id": None, "status": None})
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    row = await waited(on, "inbox", ts=said, state="done")
    assert row["attempts"] == 0
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please use pytest")]
    assert await on.thread(GENERAL, ts) == []


@pytest.mark.long
async def test_a_reply_is_not_sent_again_while_a_message_of_the_conversation_cannot_be_read(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_messages", "odd", fields={"message": None}, **AWAY)
    await on.devin.fault("send_message", "commit_then_drop")
    said = await on.slack.say(BEN, GENERAL, "please use pytest", thread_ts=ts)
    await on.devin.wait_for_messages("please use pytest", seconds=WITHIN)
    await time_is_over(on, ts=said)
    await on.devin.clear_faults()
    await waited(on, "inbox", ts=said, state="done")
    assert await sent_to_devin(on, session) == [as_sent(said, "ben", "please use pytest")]
    assert len(await on.devin.log("send_message")) == 1
    assert await on.thread(GENERAL, ts) == []


# ---------------------------------------------------------------- notes, playbooks and schedules

NOTE = {"name": "Deploys", "trigger": "when deploying", "body": "Go through staging.", "repo": ""}
PLAYBOOK = {"name": "Release", "body": "1. Tag it.", "macro": ""}
SCHEDULE = {"name": "Nightly", "task": "Run all tests.", "time": "07:30", "zone": "UTC"}


async def submit(on: Harness, command: str, values: dict[str, str]) -> None:
    """Fill in the form of a command and send it."""
    assert (await on.slack.slash(ADA, GENERAL, command))["shown"] is None
    (shown,) = await on.slack.wait("views", user=ADA, open=True)
    if "Loading…" in str(shown["blocks"]):
        await on.slack.wait_for_call("views.update", text=shown["id"])
    state = {name: {name: value} for name, value in values.items()}
    assert (await on.slack.submit_view(ADA, shown["id"], state))["closed"] is True


@pytest.mark.parametrize("odd", [{}, None], ids=["unreadable", "null"])
@pytest.mark.parametrize(
    ("kind", "values", "field", "saved"),
    [
        ("note", NOTE, "body", "The note *Deploys* is saved."),
        ("playbook", PLAYBOOK, "title", "The playbook *Release* is saved."),
        ("schedule", SCHEDULE, "prompt", "The schedule *Nightly* is added."),
    ],
)
async def test_what_may_be_what_a_form_asked_for_is_not_made_again_while_a_field_of_it_cannot_be_read(
    on: Harness, kind: str, values: dict[str, str], field: str, saved: str, odd: Any
) -> None:
    await on.devin.permissions(grant=[*ADMIN_PERMISSIONS])
    await on.devin.fault(f"create_{kind}", "commit_then_drop")
    await on.devin.fault(f"list_{kind}s", "odd", fields={field: odd}, **AWAY)
    await submit(on, f"{kind} add", values)
    await time_is_over(on, kind="view")
    await on.devin.clear_faults()
    await on.slack.wait_for_message(DIRECT, saved, within=WITHIN)
    await settled(on)
    assert len(await on.devin.log(f"create_{kind}")) == 1


# ---------------------------------------------------------------- all that the bot reads

# What the bot reads of a session and of a message, besides what it cannot do without.
OF_A_SESSION = [
    *("url", "status", "status_detail", "title", "tags", "org_id", "created_at", "updated_at", "acus_consumed"),
    *("pull_requests", "structured_output", "is_archived", "parent_session_id", "num_devin_messages"),
]
OF_A_MESSAGE = ["event_id", "source", "created_at"]
# What can be read as an id would be the same id for all messages.
READABLE_AS_ID = [way for way, value in ODD.items() if isinstance(value, str | int | float) and value not in {"", True}]
MESSAGES = "list_messages"
ROWS = [route.name for route in ROUTES if "/sessions" in route.path and route.name != MESSAGES]


async def answers_oddly(on: Harness, routes: list[str], fields: list[str], way: str) -> None:
    """Have every answer of these routes say something odd in these fields."""
    # What says that a session is archived, or gives all messages one id, is not odd but untrue.
    readable = {"event_id"} if way in READABLE_AS_ID else {"is_archived"} if way == "yes" else set()
    fields = [field for field in fields if field not in readable]
    odd: dict[str, Any] = {"without": fields} if way == MISSING else {"fields": dict.fromkeys(fields, ODD[way])}
    for route in routes:
        await on.devin.fault(route, "odd", **odd, **AWAY)


async def a_session_from_start_to_stop(on: Harness, task: str) -> None:
    """Start it, have Devin ask, answer, have Devin say something, and stop it; each happens once."""
    before = await creations(on)
    ts = await on.mention(task)
    made = (await on.session(task))["session_id"]
    await on.devin.say(made, "Which one do you want?", status="running", status_detail="waiting_for_user")
    await on.wait_for_post(GENERAL, ts, "Which one do you want?", within=WITHIN)
    reply = await on.slack.say(BEN, GENERAL, "the second", thread_ts=ts)
    await on.devin.wait_for_messages(f"{reply}] ben (U0BEN):\n> the second", seconds=WITHIN)
    await on.devin.say(made, "Then I take that one.")
    await on.wait_for_post(GENERAL, ts, "Then I take that one.", within=WITHIN)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, stop_sentences.stopped("ann").text, thread_ts=ts, within=WITHIN)
    await settled(on)
    assert (await on.devin.session(made))["is_archived"] is True
    assert await sent_to_devin(on, made) == [as_sent(reply, "ben", "the second")]
    assert await creations(on) == before + 1
    said = await on.thread(GENERAL, ts)
    for words in ("Which one do you want?", "Then I take that one."):
        assert sum(words in one for one in said) == 1, said


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[] if way == "an object" else [pytest.mark.long]) for way in (MISSING, *ODD)]
)
async def test_however_odd_its_answers_are_a_session_is_started_followed_answered_and_stopped(
    on: Harness, way: str
) -> None:
    await answers_oddly(on, ROWS, OF_A_SESSION, way)
    await answers_oddly(on, [MESSAGES], OF_A_MESSAGE, way)
    await a_session_from_start_to_stop(on, "fix the login test")


@pytest.mark.long
@pytest.mark.parametrize("way", FEW)
@pytest.mark.parametrize("field", [*OF_A_SESSION, *OF_A_MESSAGE])
async def test_whichever_field_is_odd_a_session_is_started_followed_answered_and_stopped(
    on: Harness, field: str, way: str
) -> None:
    await answers_oddly(on, [*ROWS, MESSAGES], [field], way)
    await a_session_from_start_to_stop(on, "fix the login test")


async def test_where_devin_ignores_filters_and_lists_the_newest_message_first_all_is_said_once_and_in_order(
    on: Harness,
) -> None:
    await on.devin.switch(filters_ignored=True, messages_newest_first=True)
    (other,) = await on.devin.create_sessions(prompt="Of another tool", say="I am not yours.")
    ts, session = await on.started()
    for number in range(3):
        await on.devin.clock(advance=2)
        await on.devin.say(session, f"I look at file {number}.")
    await on.slack.wait_for_message(GENERAL, "I look at file 2.", thread_ts=ts, within=WITHIN)
    await on.devin.clock(advance=2)
    await on.devin.say(session, "Which one?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question", thread_ts=ts, within=WITHIN)
    await settled(on)
    asked = f"{QUESTION.format(who='<@U0ANN>')}\nWhich one?"
    assert await on.thread(GENERAL, ts) == [*(f"I look at file {number}." for number in range(3)), asked]
    assert (await on.devin.session(other))["terminated"] is False
    assert await creations(on) == 1


@pytest.mark.long
async def test_words_of_devins_that_cannot_be_read_are_not_lost_in_silence(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.fault("list_messages", "odd", fields={"message": {"text": "Which one?"}}, **AWAY)
    await on.devin.say(session, "Which one?")
    shown = await on.wait_for_post(GENERAL, ts, "Devin wrote something that can't be shown here.", within=WITHIN)
    assert shown["rendered"] == unreadable_message(a_session(url=f"https://app.devin.ai/sessions/{session}"))
