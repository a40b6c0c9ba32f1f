"""What a poll announces of a session, and when: the ends of turns, without a store."""

from dataclasses import replace
from time import process_time

import pytest

from bot.domain.announcements import (
    NOBODY,
    AnnouncementKind,
    Pending,
    Spoken,
    TurnEnd,
    TurnState,
    asks,
    decide,
    turn_end,
)
from bot.domain.session import LIMIT_DETAILS, PullRequest, Snapshot

PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
NOW, SETTLE = 1_000.0, 8.0
WORKING = Snapshot("running", "working")
ASKS = Snapshot("running", "waiting_for_user", asks=True)
ANSWERED = replace(ASKS, asks=False)
APPROVAL = Snapshot("running", "waiting_for_approval")
DONE = Snapshot("running", "finished")
LIMIT = Snapshot("suspended", "out_of_credits")
WORDS = Spoken(devin=True)
NEW_WORDS = Spoken(devin=True, just_now=True)
PERSON = Spoken(person=True, person_last=True)
ANSWER = Spoken(devin=True, person=True)  # a person, then Devin


NEW_TURN = TurnState()


def polled(new, spoken=NOBODY, turn=NEW_TURN, old=WORKING, now=NOW):
    return decide(turn, old, new, spoken, now, SETTLE)


def announced(kind, **more):
    """The state of a turn whose end of this kind was announced."""
    return TurnState(1, TurnEnd(kind, LIMIT.detail).name, **more)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (ASKS, AnnouncementKind.QUESTION),
        (ANSWERED, AnnouncementKind.ANSWERED),
        (replace(ASKS, asks=None), AnnouncementKind.QUESTION),
        (replace(ASKS, pull_requests=(PULL,)), AnnouncementKind.QUESTION),
        (replace(ASKS, pull_requests=(PULL,), asks=None), AnnouncementKind.WAITS),
        (replace(ASKS, has_result=True, asks=None), AnnouncementKind.WAITS),
        (replace(ASKS, pull_requests=(PULL,), asks=False), AnnouncementKind.DONE),
        (APPROVAL, AnnouncementKind.APPROVAL),
        (DONE, AnnouncementKind.DONE),
        (replace(DONE, asks=True), AnnouncementKind.DONE),
        (Snapshot("exit"), AnnouncementKind.DONE),
        (Snapshot("error"), AnnouncementKind.FAILED),
        (Snapshot("suspended", "error"), AnnouncementKind.FAILED),
        *((Snapshot("suspended", detail), AnnouncementKind.LIMIT) for detail in sorted(LIMIT_DETAILS)),
    ],
)
def test_in_a_resting_state_a_turn_ends(state, kind):
    found = polled(state, WORDS)
    assert (found.end and found.end.kind) == kind
    assert found.turn == TurnState(1, found.end.name)
    again = polled(state, turn=found.turn, old=state)
    assert (again.end, again.turn) == (None, found.turn)


@pytest.mark.parametrize(
    "state",
    [
        WORKING,
        Snapshot("running", "planning"),
        Snapshot("claimed"),
        Snapshot("suspended", "inactivity"),
        Snapshot("suspended", "user_request"),
    ],
)
def test_no_turn_ends_where_devin_works_or_sleeps_without_a_result(state):
    assert turn_end(state) is None
    assert polled(state, WORDS).end is None


@pytest.mark.parametrize("state", [ASKS, ANSWERED, APPROVAL, DONE])
def test_an_end_without_words_is_announced_if_the_next_poll_shows_it_again(state):
    first = polled(state)
    assert (first.end, first.turn.pending) == (None, Pending(turn_end(state).name, NOW))
    assert polled(state, turn=first.turn, old=state, now=NOW + 1).end == turn_end(state)
    assert polled(state, WORDS, turn=first.turn, old=state).end == turn_end(state)
    back = polled(WORKING, turn=first.turn, old=state)
    assert (back.end, back.turn) == (None, TurnState(0))


@pytest.mark.parametrize("state", [LIMIT, Snapshot("error"), Snapshot("exit"), Snapshot("suspended", "error")])
def test_an_end_after_which_no_words_come_is_announced_at_once(state):
    assert polled(state).end == turn_end(state)


def test_a_state_that_may_be_older_than_a_persons_message_waits_until_devin_has_taken_that():
    first = polled(ASKS, PERSON)
    assert first.turn == TurnState(person_wrote=True, pending=Pending("question", NOW + SETTLE))
    soon = polled(ASKS, turn=first.turn, old=ASKS, now=NOW + 1)
    assert (soon.end, soon.turn) == (None, first.turn)
    assert polled(ASKS, turn=first.turn, old=ASKS, now=NOW + SETTLE).end == TurnEnd(
        AnnouncementKind.QUESTION, "waiting_for_user"
    )
    assert polled(ASKS, WORDS, turn=first.turn, old=ASKS, now=NOW + 1).end is not None


@pytest.mark.parametrize(
    ("before", "state", "spoken", "another"),
    [
        ("question", ASKS, NOBODY, False),
        ("question", ASKS, WORDS, True),
        ("question", ASKS, ANSWER, True),
        ("question", DONE, WORDS, True),
        ("approval", APPROVAL, NOBODY, False),
        ("approval", APPROVAL, PERSON, False),
        ("approval", APPROVAL, WORDS, True),
        ("done", DONE, WORDS, False),
        ("done", DONE, PERSON, False),
        ("done", DONE, ANSWER, True),
        ("done", ASKS, NOBODY, False),
        ("done", ASKS, WORDS, True),
        ("done", LIMIT, NOBODY, True),
        ("done", Snapshot("suspended", "inactivity", has_result=True), NOBODY, False),
        ("question", Snapshot("suspended", "inactivity", has_result=True), NOBODY, False),
        ("waits", replace(ASKS, has_result=True, asks=None), NOBODY, False),
        ("answered", ANSWERED, NOBODY, False),
        ("answered", ANSWERED, WORDS, True),
        ("answered", ASKS, NOBODY, False),
        ("answered", ASKS, WORDS, True),
        ("question", ANSWERED, NOBODY, False),
        ("question", ANSWERED, WORDS, True),
        ("done", ANSWERED, NOBODY, False),
        ("answered", DONE, NOBODY, False),
        ("answered", DONE, WORDS, True),
        ("answered", replace(ANSWERED, has_result=True), NOBODY, False),
        ("answered", LIMIT, NOBODY, True),
        ("waits", DONE, NOBODY, False),
        ("waits", DONE, WORDS, True),
        ("limit:out_of_credits", LIMIT, NOBODY, False),
        ("limit:out_of_credits", LIMIT, PERSON, False),
        ("limit:out_of_credits", LIMIT, WORDS, False),
        ("limit:out_of_credits", LIMIT, ANSWER, True),
        ("limit:out_of_credits", Snapshot("suspended", "payment_declined"), NOBODY, True),
    ],
)
def test_within_a_turn_only_another_end_is_announced(before, state, spoken, another):
    found = polled(state, spoken, TurnState(1, before), old=state)
    assert (found.end is not None) is another
    if not another:
        assert found.turn == TurnState(1, before, person_wrote=spoken.person)


def test_a_question_to_which_a_person_wrote_and_that_stands_is_asked_again():
    turn = TurnState(1, "question", person_wrote=True)
    pending = polled(ASKS, turn=turn, old=ASKS).turn
    assert polled(ASKS, turn=pending, old=ASKS).end is not None


def test_an_answer_counts_in_whatever_poll_the_persons_message_was_read():
    read = polled(DONE, PERSON, TurnState(1, "done"), old=DONE).turn
    assert polled(DONE, WORDS, read, old=DONE).end == TurnEnd(AnnouncementKind.DONE, "finished")


@pytest.mark.parametrize("state", [ASKS, APPROVAL, DONE, LIMIT])
def test_once_devin_was_seen_at_work_the_same_end_is_another_one(state):
    over = polled(state, WORDS).turn
    works = polled(WORKING, turn=over, old=state).turn
    assert works == TurnState(1)
    found = polled(state, WORDS, works)
    assert (found.end, found.turn.number) == (turn_end(state), 2)


def test_what_devin_said_just_now_waits_for_the_end_that_it_may_bring():
    first = polled(WORKING, NEW_WORDS)
    assert (first.relays, first.turn.pending) == (False, Pending(words=True))
    still = polled(WORKING, NEW_WORDS, first.turn)
    assert (still.relays, still.turn) == (True, TurnState())
    found = polled(DONE, NEW_WORDS, first.turn)
    assert (found.relays, found.end) == (True, TurnEnd(AnnouncementKind.DONE, "finished"))


def test_what_devin_said_a_while_ago_is_relayed_at_once():
    assert polled(WORKING, WORDS).relays


def test_a_state_that_was_announced_may_be_older_than_new_words():
    first = polled(LIMIT, replace(ANSWER, just_now=True), TurnState(1, "limit:out_of_credits"), old=LIMIT)
    assert (first.relays, first.end) == (False, None)
    assert polled(WORKING, replace(ANSWER, just_now=True), first.turn, old=LIMIT).end is None


# ---------------------------------------------------------------- pull requests

WITH_PULL = replace(WORKING, pull_requests=(PULL,))


def test_a_pull_request_is_announced_when_it_appears_while_devin_works():
    assert polled(WITH_PULL).pull_requests == (PULL.url,)
    assert polled(replace(WITH_PULL, pull_requests=(replace(PULL, state="merged"),)), old=WITH_PULL).pull_requests == ()


def test_a_pull_request_that_comes_with_the_end_belongs_to_its_post():
    found = polled(replace(DONE, pull_requests=(PULL,)), WORDS)
    assert (found.end is not None, found.pull_requests) == (True, (PULL.url,))


@pytest.mark.parametrize("spoken", [NOBODY, NEW_WORDS])
def test_a_pull_request_waits_with_what_is_pending(spoken):
    state = replace(DONE, pull_requests=(PULL,)) if spoken is NOBODY else WITH_PULL
    first = polled(state, spoken)
    assert first.pull_requests == ()
    assert first.turn.pending.pull_requests == (PULL.url,)
    back = polled(WITH_PULL, turn=first.turn, old=state)
    assert (back.pull_requests, back.turn.pending) == ((PULL.url,), None)
    ended = polled(replace(DONE, pull_requests=(PULL,)), WORDS, first.turn, old=state)
    assert (ended.end is not None, ended.pull_requests) == (True, (PULL.url,))


# ---------------------------------------------------------------- what words ask


ASK = [
    "Which one do you want?\n\n1. Freeze the clock\n2. Pass a clock in",
    "Which one do you want?\n\n- Freeze the clock\n\n- Pass a clock in",
    "Which one do you want?\n\n**Option A**: Redis\n\n**Option B**: Postgres",
    "I opened the PR.\n\nShould I update the docs too?",
    "¿Actualizo también la documentación?",
    "Soll ich den Test auch löschen?",
    "ドキュメントも更新しますか？",  # noqa: RUF001
    "https://web.acme.dev/ にデプロイしますか？",  # noqa: RUF001
    "هل أدمج الطلب؟",
    "Which branch should it go to? I can do both.",
    "Shall I deploy to https://web.acme.dev?",
    "Did you see [the preview](https://web.acme.dev/?branch=fix)?",
    "May I run this?\n\n```bash\nrm -r build\n```",
    "**Do you agree?**",
    "Should I rename `login`?",
]
MAY_ASK = [
    "I need the staging AWS key to go on. The PR is a draft until then.",
    "I’ll need your approval for the migration.",  # noqa: RUF001
    "I **still need** a test account.",
    "We need a decision on the cache.",
    "I'm blocked: the AWS key is missing",
    "Blocked on the staging key.",
    "I can't proceed without the key.",
    "Provide the API key as a secret, then I go on.",
    "Confirm and I'll merge",
    "Once you confirm, I'll merge.",
    "Please confirm the plan.",
    "Should I go on with A or B.",
    "Shall we merge it now",
    "Do you want me to merge it",
    "Reply with 1 or 2.",
    "Waiting for the credentials.",
    "You need to grant access to acme/api.",
    "Please tell me which branch to use.",
    "Let me know which branch to use.",
    "Let me know if I should merge it.",
    "Let me know if you'd like me to proceed.",
    "Let me know if you agree.",
    "I need you to set the token first.",
    "Let me know if you need anything else, but first provide the API key.",
    "The test failed. Why? Because of the clock.\n\nIt is mended.",
    "Which one do you want?\n\n1. Freeze the clock\n2. Pass a clock in\n\nTake your time.",
    "The script is\n\n```\nmake\n\nShall I run it? It is not closed.\n\nThanks.",
]
ASK_NOTHING = [
    "I opened the PR. All tests pass.",
    "The PR is ready for review. Preview: https://web.acme.dev/?branch=fix",
    "The PR is ready for review. Preview: web.acme.dev/?branch=fix",
    "It reads `x?.y` and ``a ? b : c`` now.",
    "It reads x?.y and x?.[0] now, and `name?: string` is optional.",
    "Mended:\n\n```ts\nconst name = user ? user.name : null\n```\n\n~~~\nPlease confirm?\n~~~",
    "All done. Let me know if you'd like any changes.",
    "All done. Let me know if you need anything else.",
    "All done. Let me know if there is anything else I need to change!",
    "Done. Please let me know if anything is missing. Feel free to reply here.",
    "Please feel free to provide feedback, and don't hesitate to ask.",
    "I'm happy to help with the rest, or to provide more details.",
    "If you need anything else, just ask.",
    "Reply here if you want changes.",
    "I ran the suite to confirm the fix and can confirm that it passes.",
    "No further changes are needed. The hook still has to provide the session.",
    "Unblocked the queue.",
    "Done:\n\n- the clock is frozen\n- the test passes",
    "",
]


@pytest.mark.parametrize(
    ("words", "answer"),
    [(words, answer) for answer, several in ((True, ASK), (None, MAY_ASK), (False, ASK_NOTHING)) for words in several],
)
def test_whether_words_ask_something(words, answer):
    assert asks(words) is answer


@pytest.mark.parametrize(
    "part",
    ["`", "``x", "```\n", "https://", "https://?", "?", "?.", "let me know if ", "\n\n- ", "\n\n", "i need", " "],
)
def test_reading_long_words_takes_linear_time(part):
    begun = process_time()
    asks(part * 50_000)
    assert process_time() - begun < 1
