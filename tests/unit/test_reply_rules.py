"""What becomes of a reply, by the state of its session and by what it says."""

import pytest

from bot.domain.reply_rules import Meaning, Outcome, Situation, meaning_of, outcome_of, situation_of
from bot.domain.session import Lifecycle, Session, Snapshot

STATES = {
    "working": ("running", "working"),
    "waiting": ("running", "waiting_for_user"),
    "approval": ("running", "waiting_for_approval"),
    "done": ("running", "finished"),
    "exited": ("exit", None),
    "asleep": ("suspended", "inactivity"),
    "stopped": ("suspended", "user_request"),
    "limit": ("suspended", "out_of_credits"),
    "failed": ("suspended", "error"),
    "unknown": ("hibernating", None),
}
REST = ["done", "exited", "asleep", "stopped"]
STUCK = ["limit", "failed"]
ALL = [*STATES]


def session(state: str, asks: bool | None = None) -> Session:
    status, detail = STATES[state]
    return Session("s1", "T1", "org-1", "C1", "1.0", "U1", "p", lifecycle=Lifecycle.OPEN).with_snapshot(
        Snapshot(status, detail, asks=asks)
    )


def states_with(text: str, outcome: Outcome) -> list[str]:
    return [state for state in STATES if outcome_of(text, situation_of(session(state))) is outcome]


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("thanks!", ["waiting", "unknown"]),
        ("hi", ["waiting", "unknown"]),
        ("👍", ["waiting", *STUCK, "unknown"]),
        ("ok", ["waiting", *STUCK, "unknown"]),
        ("yes", ["working", "waiting", *STUCK, "unknown"]),
        ("continue", ALL),
        ("and be quick", ALL),
        ("make it faster", ALL),
        ("use the staging database instead", ALL),
        ("thanks, now add a test for the empty list", ALL),
        ("which file has the retry logic?", ALL),
        ("how much has this used?", []),
        ("who asked for this session?", []),
        ("is it finished yet?", []),
        ("I'll review it tomorrow morning", ["waiting", "unknown"]),
    ],
)
def test_in_which_states_a_text_is_sent_at_once(text, states):
    assert sorted(states_with(text, Outcome.SEND)) == sorted(states)


@pytest.mark.parametrize(
    "text",
    [
        "what did this session cost us?",
        "¿quién pidió este trabajo?",
        "combien ça a coûté jusqu'ici ?",
        "ist das schon fertig?",
        "who is the asker here?",
        "what's the status?",
    ],
)
def test_a_question_about_the_session_is_answered_in_every_state(text):
    assert states_with(text, Outcome.TELL) == ALL
    assert outcome_of(text, Situation.OVER) is Outcome.TELL


@pytest.mark.parametrize("text", ["hold on", "pause", "wait a minute", "un momento por favor"])
def test_who_wants_devin_to_pause_is_asked_while_it_works(text):
    assert outcome_of(text, Situation.WORKS) is Outcome.ASK


@pytest.mark.parametrize("text", ["👍", "ok", "yes"])
@pytest.mark.parametrize("state", ["working", "done", "asleep", "waiting"])
def test_an_answer_is_sent_in_each_state_when_devins_last_words_ask(text, state):
    assert outcome_of(text, situation_of(session(state, asks=True))) is Outcome.SEND


@pytest.mark.parametrize(("asks", "outcome"), [(True, Outcome.SEND), (None, Outcome.SEND), (False, Outcome.REACT)])
@pytest.mark.parametrize("text", ["thanks!", "Great work!"])
def test_thanks_are_not_sent_where_devin_waits_and_asks_nothing(text, asks, outcome):
    assert outcome_of(text, situation_of(session("waiting", asks))) is outcome


@pytest.mark.parametrize("text", ["👍", "ok", "yes"])
def test_an_answer_is_sent_where_devin_waits_even_if_it_seems_to_ask_nothing(text):
    assert outcome_of(text, situation_of(session("waiting", asks=False))) is Outcome.SEND


@pytest.mark.parametrize("text", ["👍", "ok", "yes", "thanks"])
def test_no_text_is_an_approval(text):
    assert states_with(text, Outcome.APPROVE) == ["approval"]


def test_a_session_that_is_over_gets_nothing():
    outcomes = {meaning: outcome_of(text, Situation.OVER) for meaning, text in ONE_OF_EACH.items()}
    assert Outcome.SEND not in outcomes.values()
    assert Outcome.ASK not in outcomes.values()
    assert outcomes[Meaning.INSTRUCTION] is Outcome.WAY_ON


ONE_OF_EACH = {
    Meaning.INSTRUCTION: "rename the flag to beta",
    Meaning.YES: "yes",
    Meaning.OK: "ok",
    Meaning.THANKS: "thanks",
    Meaning.FACTS: "what did this cost?",
    Meaning.CHATTER: "I'll have a look after the meeting",
}


@pytest.mark.parametrize(("meaning", "text"), ONE_OF_EACH.items())
def test_what_a_text_is(meaning, text):
    assert meaning_of(text) is meaning
