"""What became of a session on a day, and the sentences about all of them."""

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.billing import bounds
from bot.domain.outcomes import Outcome, RecordedDay, is_active, outcome_of
from bot.domain.session import DisplayState, Lifecycle, PullRequest, Session, Snapshot
from bot.views.outcomes import pull_requests_moved, sessions_by_outcome, waiting_now

DAY = date(2026, 5, 20)
START = bounds(DAY)[0]
PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
WORKING = Snapshot("running", "working", updated_at=START - 60)
SESSION = Session(
    *("s1", "T1", "org-1", "C1", "1.0", "U1", "fix the login test"), lifecycle=Lifecycle.OPEN, snapshot=WORKING
)
ASLEEP = Snapshot("suspended", "inactivity")
STOPPED = Snapshot("running", "working", archived=True)


def of_lifecycle(lifecycle: Lifecycle, **more: object) -> Session:
    return replace(SESSION, lifecycle=lifecycle, **more)  # type: ignore[arg-type]  # names are Session's own


# A session in each state, and what became of it if nothing is known about it before.
STATES = {
    DisplayState.STARTING: (of_lifecycle(Lifecycle.QUEUED), Outcome.RUNNING),
    DisplayState.CHECKING: (of_lifecycle(Lifecycle.CREATING, checking=True), Outcome.RUNNING),
    DisplayState.QUEUED: (SESSION.with_snapshot(Snapshot("resuming")), Outcome.RUNNING),
    DisplayState.WORKING: (SESSION, Outcome.RUNNING),
    DisplayState.WAITING: (SESSION.with_snapshot(Snapshot("running", "waiting_for_user")), Outcome.WAITING),
    DisplayState.ANSWERED: (SESSION.with_snapshot(Snapshot("running", "waiting_for_user", asks=False)), Outcome.DONE),
    DisplayState.APPROVAL: (SESSION.with_snapshot(Snapshot("running", "waiting_for_approval")), Outcome.WAITING),
    DisplayState.DONE: (SESSION.with_snapshot(Snapshot("running", "finished")), Outcome.DONE),
    DisplayState.ASLEEP: (SESSION.with_snapshot(ASLEEP), Outcome.STOPPED),
    DisplayState.STOPPED: (SESSION.with_snapshot(STOPPED), Outcome.STOPPED),
    DisplayState.LIMIT: (SESSION.with_snapshot(Snapshot("suspended", "out_of_credits")), Outcome.LIMITED),
    DisplayState.FAILED: (SESSION.with_snapshot(Snapshot("error")), Outcome.FAILED),
    DisplayState.ENDED: (of_lifecycle(Lifecycle.ENDED, stopped_by="U1"), Outcome.STOPPED),
    DisplayState.ARCHIVED: (
        of_lifecycle(Lifecycle.ENDED, snapshot=replace(STOPPED, status="suspended")),
        Outcome.STOPPED,
    ),
    DisplayState.CANCELLED: (of_lifecycle(Lifecycle.CANCELLED), Outcome.STOPPED),
    DisplayState.REFUSED: (of_lifecycle(Lifecycle.REFUSED), Outcome.FAILED),
    DisplayState.UNCERTAIN: (of_lifecycle(Lifecycle.UNCERTAIN), Outcome.FAILED),
    DisplayState.UNFOLLOWED: (of_lifecycle(Lifecycle.UNFOLLOWED), Outcome.RUNNING),  # as it is at Devin
    DisplayState.UNKNOWN: (SESSION.with_snapshot(Snapshot("a_new_word")), Outcome.RUNNING),
}


@pytest.mark.parametrize("state", list(DisplayState))
def test_each_state_has_an_outcome(state: DisplayState) -> None:
    session, outcome = STATES[state]
    assert (session.display_state, outcome_of(session)) == (state, outcome)


@pytest.mark.parametrize(
    ("snapshot", "before", "outcome"),
    [
        *((ASLEEP, before, before) for before in Outcome if before is not Outcome.RUNNING),
        (ASLEEP, Outcome.RUNNING, Outcome.STOPPED),
        (replace(ASLEEP, pull_requests=(PULL,), asks=True), Outcome.RUNNING, Outcome.WAITING),
        (replace(ASLEEP, asks=True), None, Outcome.WAITING),
        (replace(ASLEEP, has_result=True), Outcome.WAITING, Outcome.DONE),  # it shows as done, not as asleep
        *((STOPPED, before, before) for before in (Outcome.DONE, Outcome.LIMITED, Outcome.FAILED)),
        *((STOPPED, before, Outcome.STOPPED) for before in (Outcome.WAITING, Outcome.RUNNING, Outcome.STOPPED)),
    ],
)
def test_sleep_and_a_stop_keep_what_came_of_the_work_before(
    snapshot: Snapshot, before: Outcome | None, outcome: Outcome
) -> None:
    assert outcome_of(SESSION.with_snapshot(snapshot), before) is outcome


@pytest.mark.parametrize(
    ("status", "stopped_by", "before", "outcome"),
    [
        ("exit", None, Outcome.RUNNING, Outcome.DONE),
        ("error", None, Outcome.RUNNING, Outcome.FAILED),
        ("exit", "U1", Outcome.RUNNING, Outcome.STOPPED),
        ("exit", "U1", Outcome.DONE, Outcome.DONE),
        ("exit", "", Outcome.WAITING, Outcome.STOPPED),  # the person was erased
        ("running", None, Outcome.WAITING, Outcome.STOPPED),
        ("running", None, Outcome.LIMITED, Outcome.LIMITED),
    ],
)
def test_an_end_is_devins_unless_a_person_made_it(
    status: str, stopped_by: str | None, before: Outcome, outcome: Outcome
) -> None:
    ended = of_lifecycle(Lifecycle.ENDED, stopped_by=stopped_by, snapshot=Snapshot(status))
    assert outcome_of(ended, before) is outcome


def test_an_end_that_a_person_has_just_asked_for_is_no_work_done() -> None:
    ending = replace(SESSION, stop_requested=True, stopped_by="U1", snapshot=Snapshot("exit"))
    assert ending.display_state is DisplayState.DONE
    assert outcome_of(ending, Outcome.RUNNING) is Outcome.STOPPED


@pytest.mark.parametrize("status", ["exit", "error"])
def test_an_end_for_a_reason_that_is_new_is_neither_done_nor_failed(status: str) -> None:
    ended = replace(SESSION, snapshot=Snapshot(status, "stopped_by_guardrail"))
    assert outcome_of(ended, Outcome.RUNNING) is Outcome.STOPPED


QUIET = replace(WORKING, detail="waiting_for_user")
WAITING = replace(SESSION, snapshot=QUIET, created_at=START - 90.0, spoken_at=START - 80.0)
ENDED = replace(SESSION, lifecycle=Lifecycle.ENDED)


@pytest.mark.parametrize(
    ("before", "snapshot", "active"),
    [
        (WAITING, QUIET, False),
        (SESSION, WORKING, True),
        (WAITING, replace(QUIET, acus=0.5), True),
        (replace(WAITING, spoken_at=float(START)), QUIET, True),
        (replace(WAITING, created_at=float(START)), QUIET, True),
        (replace(WAITING, snapshot=replace(QUIET, updated_at=START)), replace(QUIET, updated_at=START), True),
        (ENDED, WORKING, False),
        (ENDED, replace(WORKING, status="exit", detail=None), False),  # a state that is not stored any more
        (ENDED, replace(WORKING, status="exit", updated_at=WORKING.updated_at + 1), True),
        (ENDED, replace(WORKING, acus=0.5), True),
    ],
)
def test_a_session_is_active_where_something_happened_or_devin_works(
    before: Session, snapshot: Snapshot, active: bool
) -> None:
    assert is_active(before, snapshot, DAY) is active


def test_a_recorded_day_is_read_from_its_columns() -> None:
    assert RecordedDay.stored("2026-05-20", "done") == RecordedDay(DAY, Outcome.DONE)
    assert RecordedDay.stored(None, None) == RecordedDay()


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ({}, "No active sessions."),
        (dict.fromkeys(Outcome, 0), "No active sessions."),
        ({Outcome.RUNNING: 1}, "1 session: running."),
        ({Outcome.DONE: 2}, "2 sessions: both done."),
        ({Outcome.LIMITED: 3}, "3 sessions: all at a limit."),
        (
            {Outcome.RUNNING: 1, Outcome.FAILED: 1, Outcome.WAITING: 1, Outcome.DONE: 3},
            "6 sessions: 3 done, 1 waiting, 1 failed, 1 running.",
        ),
        (
            dict.fromkeys(Outcome, 1) | {Outcome.STOPPED: 1_200},
            "1,205 sessions: 1 done, 1 waiting, 1 at a limit, 1 failed, 1,200 stopped, 1 running.",
        ),
    ],
)
def test_sessions_are_counted_by_what_became_of_them(outcomes: dict[Outcome, int], sentence: str) -> None:
    assert sessions_by_outcome(outcomes) == sentence


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ({}, "No active sessions."),
        ({Outcome.DONE: 2}, "2 sessions: both done."),
        ({Outcome.DONE: 2, Outcome.FAILED: 1, Outcome.STOPPED: 1}, "4 sessions: 2 done, 1 failed, 1 stopped."),
        ({Outcome.RUNNING: 1}, "1 session, as of Wed, May 20: running."),
        ({Outcome.LIMITED: 3}, "3 sessions, as of Wed, May 20: all at a limit."),
        ({Outcome.DONE: 3, Outcome.WAITING: 1}, "4 sessions, as of Wed, May 20: 3 done, 1 waiting."),
    ],
)
def test_of_a_period_that_is_over_it_is_said_when_sessions_were_still_open(
    outcomes: dict[Outcome, int], sentence: str
) -> None:
    assert sessions_by_outcome(outcomes, DAY) == sentence


@pytest.mark.parametrize(
    ("opened", "merged", "sentence"),
    [
        (0, 0, ""),
        (1, 0, "1 pull request opened."),
        (0, 2, "2 pull requests merged."),
        (2, 1, "2 pull requests opened, 1 merged."),
        (1, 1_000, "1 pull request opened, 1,000 merged."),
    ],
)
def test_pull_requests_are_counted_where_there_are_any(opened: int, merged: int, sentence: str) -> None:
    assert pull_requests_moved(opened, merged) == sentence


def test_who_waits_now_is_said_where_somebody_does() -> None:
    assert [waiting_now(number) for number in (0, 1, 2)] == [
        "",
        "1 session is waiting for someone now.",
        "2 sessions are waiting for someone now.",
    ]
