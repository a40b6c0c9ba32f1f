"""Which replies are not sent to Devin: what it needs no answer to, in the state that its session is in."""

import pytest

from bot.conversation.steer.reply import needs_no_answer
from bot.domain.commands.small_talk import SmallTalk, small_talk
from bot.domain.session import Lifecycle, Session, Snapshot

STATES = {
    "working": ("running", "working"),
    "waiting": ("running", "waiting_for_user"),
    "approval": ("running", "waiting_for_approval"),
    "done": ("running", "finished"),
    "over": ("exit", None),
    "asleep": ("suspended", "inactivity"),
    "stopped": ("suspended", "user_request"),
    "limit": ("suspended", "out_of_credits"),
    "failed": ("suspended", "error"),
    "unknown": ("hibernating", None),
}


def session(state: str, asks: bool | None = None) -> Session:
    status, detail = STATES[state]
    return Session("s1", "T1", "org-1", "C1", "1.0", "U1", "p", lifecycle=Lifecycle.OPEN).with_snapshot(
        Snapshot(status, detail, asks=asks)
    )


REST = ["done", "over", "asleep", "stopped"]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("thanks!", ["working", *REST, "limit", "failed", "approval"]),
        ("Perfect!", ["working", *REST, "limit", "failed", "approval"]),
        ("hi", ["working", *REST, "limit", "failed", "approval"]),
        ("👍", ["working", *REST, "approval"]),
        ("ok", ["working", *REST, "approval"]),
        ("yes", [*REST, "approval"]),
        ("how's it going?", []),
        ("ok?", []),
        ("no", []),
        ("continue", []),
        ("ok go on", []),
        ("thanks, now add a test", []),
    ],
)
def test_in_which_states_a_text_is_not_sent(text, states):
    assert [state for state in STATES if needs_no_answer(small_talk(text), session(state))] == [
        state for state in STATES if state in states
    ]


@pytest.mark.parametrize("text", ["👍", "ok", "yes"])
@pytest.mark.parametrize("state", ["working", "done", "asleep", "waiting"])
def test_an_answer_is_sent_in_each_state_when_devins_last_words_ask(text, state):
    assert not needs_no_answer(small_talk(text), session(state, asks=True))


@pytest.mark.parametrize(("asks", "sent"), [(True, True), (None, True), (False, False)])
@pytest.mark.parametrize("text", ["thanks!", "Great work!"])
def test_thanks_are_not_sent_where_devin_waits_and_asks_nothing(text, asks, sent):
    assert needs_no_answer(small_talk(text), session("waiting", asks)) is not sent


@pytest.mark.parametrize("text", ["👍", "ok", "yes"])
def test_an_answer_is_sent_where_devin_waits_even_if_it_seems_to_ask_nothing(text):
    assert not needs_no_answer(small_talk(text), session("waiting", asks=False))


@pytest.mark.parametrize("lifecycle", [Lifecycle.ENDED, Lifecycle.CANCELLED, Lifecycle.REFUSED])
@pytest.mark.parametrize("kind", [SmallTalk.THANKS, SmallTalk.AGREEMENT, SmallTalk.ANSWER])
def test_a_session_that_is_over_needs_none_of_it(lifecycle, kind):
    assert needs_no_answer(kind, Session("s1", "T1", "org-1", "C1", "1.0", "U1", "p", lifecycle=lifecycle))
