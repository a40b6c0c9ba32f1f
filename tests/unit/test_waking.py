"""When a person is asked before a reply wakes a session, and in which words."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.amounts import Money
from bot.domain.dead_ends import WayOn, way_on
from bot.domain.session import Lifecycle, Options, Session, Snapshot, is_asleep
from bot.domain.waking import WakeLimits, WakeQuestion, wake_question
from bot.views.answers import wakings as waking_sentences

NOW, HOUR = 1_800_000_000.0, 3600.0
SESSION = Session("s1", "T1", "org-1", "C1", "1.0", "U1", "p", lifecycle=Lifecycle.OPEN)
LIMITS = WakeLimits(session_acus=5.0, guard_seconds=72 * HOUR)
OWN_LIMIT = "usage_limit_exceeded"


def asleep(
    acus: float = 0.0, acu: int | None = None, slept: float = HOUR, detail: str = "inactivity", **more
) -> Session:
    snapshot = Snapshot("suspended", detail, acus=acus, updated_at=int(NOW - slept))
    return replace(SESSION, snapshot=snapshot, options=Options(acu=acu), **more)


@pytest.mark.parametrize(
    ("snapshot", "sleeps"),
    [
        (Snapshot("suspended", "inactivity"), True),
        (Snapshot("suspended", "usage_limit_exceeded"), True),
        (Snapshot("running", "working", archived=True), True),
        (Snapshot("running", "waiting_for_user"), False),
        (Snapshot("running", "finished"), False),
        (Snapshot("resuming"), False),
        (Snapshot("exit"), False),
        (Snapshot("error", archived=True), False),
    ],
)
def test_what_a_reply_would_wake(snapshot, sleeps):
    assert is_asleep(replace(SESSION, snapshot=snapshot)) is sleeps
    assert not is_asleep(replace(SESSION, snapshot=snapshot, lifecycle=Lifecycle.ENDED))


@pytest.mark.parametrize(
    ("session", "question"),
    [
        (asleep(4.94), None),
        (asleep(4.95), WakeQuestion(5.0)),  # which people read as 5
        (asleep(5.0), WakeQuestion(5.0)),
        (asleep(5.0, acu=9), None),  # its own option counts and not the setting
        (asleep(7.3, acu_limit=8), WakeQuestion(5.0)),  # the setting was higher once
        (asleep(5.0, wake_allowed=int(NOW - HOUR)), None),  # somebody has said yes to this sleep
        (asleep(5.0, wake_allowed=int(NOW - HOUR) - 1), WakeQuestion(5.0)),
    ],
)
def test_the_usual_limit_that_is_spent_is_asked_about_once_a_sleep(session, question):
    assert wake_question(session, LIMITS, NOW) == question
    awake = replace(session, snapshot=replace(session.snapshot, status="running", detail="working"))
    assert wake_question(awake, LIMITS, NOW) is None


@pytest.mark.parametrize(
    ("session", "continues"),
    [
        (asleep(1.94, acu=2, acu_limit=2), False),
        (asleep(1.95, acu=2, acu_limit=2), True),  # which people read as 2
        (asleep(5.0, acu_limit=5), True),  # of the setting
        (asleep(1.2, acu=2, acu_limit=1), True),  # a budget left no more
        (asleep(2.0, acu=2, acu_limit=2, detail="user_request"), True),
        (asleep(2.0, acu=2, acu_limit=2, detail="out_of_credits"), True),
        (asleep(1.2, acu=2, acu_limit=2, detail=OWN_LIMIT), True),
        (asleep(1.2, detail=OWN_LIMIT, slept=99 * HOUR), True),
        (asleep(2.0, acu=2), False),  # linked from Devin, so that nobody knows of a limit
    ],
)
def test_no_message_wakes_a_session_that_has_spent_its_own_limit(session, continues):
    assert (way_on(session) is WayOn.CONTINUE) is continues
    if continues:
        assert wake_question(session, LIMITS, NOW) is None
        awake = replace(session, snapshot=replace(session.snapshot, status="running", detail="working"))
        assert way_on(awake) is None


def test_without_any_ceiling_nothing_is_asked():
    assert wake_question(asleep(1e6), WakeLimits(), NOW) is None


def test_a_long_sleep_is_asked_about_once():
    long = asleep(slept=72 * HOUR + 1)
    assert wake_question(asleep(slept=72 * HOUR), LIMITS, NOW) is None
    assert wake_question(long, LIMITS, NOW) == WakeQuestion(slept=72 * HOUR + 1)
    assert wake_question(replace(long, wake_allowed=long.snapshot.updated_at), LIMITS, NOW) is None
    earlier = replace(long, wake_allowed=long.snapshot.updated_at - 1)
    assert wake_question(earlier, LIMITS, NOW) is not None, "another sleep"
    assert wake_question(long, replace(LIMITS, guard_seconds=0.0), NOW) is None
    unknown = replace(long, snapshot=replace(long.snapshot, updated_at=0))
    assert wake_question(unknown, LIMITS, NOW) is None


@pytest.mark.parametrize(
    ("session", "limits", "more"),
    [
        (asleep(5.0, acu=5, acu_limit=5), LIMITS, 5),
        (asleep(2.0, acu=5, acu_limit=2), LIMITS, 2),  # a budget left no more
        (asleep(8.0, acu_limit=8), replace(LIMITS, session_acus=7.25), 8),
        (asleep(7.0), replace(LIMITS, session_acus=7.25), 8),  # linked from Devin: nobody knows its limit
        (asleep(50.0), WakeLimits(), 20),
        (asleep(50.0), WakeLimits(most=7), 7),
        (asleep(50.0, acu=50, acu_limit=50), WakeLimits(most=10), 10),  # the most was lowered since
    ],
)
def test_a_session_is_continued_with_as_much_again_as_its_limit_was(session, limits, more):
    assert limits.more(session) == more


def asked(session, limits=LIMITS, cost=None):
    question = wake_question(session, limits, NOW)
    assert question is not None
    message = waking_sentences.ask_to_wake(session, question, "s1|k", cost)
    [_, row] = message.blocks
    assert {button["value"] for button in row["elements"]} == {"s1|k"}
    return message.text, [button["text"]["text"] for button in row["elements"]]


def test_the_question_says_what_it_has_cost():
    assert asked(asleep(5.13), cost=Money(Decimal("11.54"), "USD")) == (
        "This session used up its 5 ACUs (5.1 ACUs, 11.54 USD). Wake it anyway?",
        ["Wake it", "Keep asleep"],
    )


def test_the_question_about_a_long_sleep():
    assert asked(asleep(3.4, slept=99 * HOUR)) == (
        "This session slept for 4 d 3 h (3.4 ACUs). Wake it anyway?",
        ["Wake it", "Keep asleep"],
    )
    assert asked(asleep(slept=99 * HOUR))[0] == "This session slept for 4 d 3 h. Wake it anyway?"
    assert asked(asleep(2.0, acu=2, slept=99 * HOUR))[0] == (
        "This session used up its 2 ACUs and slept for 4 d 3 h. Wake it anyway?"
    )


def test_what_was_used_is_said_once_where_it_is_the_limit():
    assert asked(asleep(10.0, acu=10))[0] == "This session used up its 10 ACUs. Wake it anyway?"
    assert asked(asleep(10.0, acu=10), cost=Money(Decimal("22.5"), "USD"))[0] == (
        "This session used up its 10 ACUs (22.50 USD). Wake it anyway?"
    )


def test_what_came_of_it():
    assert waking_sentences.waking(WakeQuestion(2), 1).text == "Waking Devin with your reply."
    assert waking_sentences.waking(WakeQuestion(slept=9.0), 2).text == "Waking Devin with your 2 replies."
    assert waking_sentences.waking(None, 2).text == "Devin is already awake. Sending your 2 replies."
    assert waking_sentences.left_asleep("ann", 1).text == (
        ":zzz: ann kept Devin asleep, so 1 reply *wasn't sent*. Reply again if you want to wake it."
    )
    assert waking_sentences.left_asleep("", 2).text.startswith(
        ":zzz: No one chose within a day, so 2 replies *weren't sent*."
    )
