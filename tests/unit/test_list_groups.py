"""Which sessions stand in a person's list, in which group and in which order."""

from dataclasses import replace

import pytest

from bot.domain.list_groups import ListGroup, group_of, grouped
from bot.domain.session import DisplayState, Lifecycle, PullRequest, Session, Snapshot

NOW = 1_750_000_000.0
DAY = 86_400
LATELY = NOW - DAY
SESSION = Session(
    id="s",
    team="T1",
    org_id="org-1",
    channel="C1",
    thread_ts="1.0",
    requester="U1",
    prompt="fix it",
    lifecycle=Lifecycle.OPEN,
    created_at=NOW - 3 * DAY,
)
PULL = (PullRequest("https://github.com/acme/web/pull/12", "open"),)


def at_devin(status, detail=None, hours_ago=1, **more):
    snapshot = Snapshot(status, detail, updated_at=int(NOW - hours_ago * 3600), **more)
    return replace(SESSION, snapshot=snapshot)


def of_ours(lifecycle, hours_ago=1.0, **more):
    return replace(SESSION, lifecycle=lifecycle, ended_at=NOW - hours_ago * 3600, **more)


OF_STATE = {
    DisplayState.WAITING: (at_devin("running", "waiting_for_user"), ListGroup.NEEDS_YOU),
    DisplayState.ANSWERED: (at_devin("running", "waiting_for_user", asks=False), ListGroup.NEEDS_YOU),
    DisplayState.APPROVAL: (at_devin("running", "waiting_for_approval"), ListGroup.NEEDS_YOU),
    DisplayState.LIMIT: (at_devin("suspended", "out_of_credits"), ListGroup.NEEDS_YOU),
    DisplayState.FAILED: (at_devin("error"), ListGroup.NEEDS_YOU),
    DisplayState.UNCERTAIN: (of_ours(Lifecycle.UNCERTAIN), ListGroup.NEEDS_YOU),
    DisplayState.STARTING: (of_ours(Lifecycle.QUEUED), ListGroup.WORKING),
    DisplayState.CHECKING: (of_ours(Lifecycle.CREATING, checking=True), ListGroup.WORKING),
    DisplayState.QUEUED: (at_devin("new"), ListGroup.WORKING),
    DisplayState.WORKING: (at_devin("running", "working"), ListGroup.WORKING),
    DisplayState.UNKNOWN: (at_devin("thinking"), ListGroup.WORKING),
    DisplayState.ASLEEP: (at_devin("suspended", "inactivity"), ListGroup.ASLEEP),
    DisplayState.STOPPED: (at_devin("suspended", "user_request"), ListGroup.ASLEEP),
    DisplayState.DONE: (at_devin("running", "finished"), ListGroup.RECENTLY_DONE),
    DisplayState.ENDED: (of_ours(Lifecycle.ENDED), ListGroup.RECENTLY_DONE),
    DisplayState.ARCHIVED: (
        of_ours(Lifecycle.ENDED, snapshot=Snapshot("suspended", archived=True)),
        ListGroup.RECENTLY_DONE,
    ),
    DisplayState.CANCELLED: (of_ours(Lifecycle.CANCELLED), None),
    DisplayState.REFUSED: (of_ours(Lifecycle.REFUSED), None),
    DisplayState.UNFOLLOWED: (of_ours(Lifecycle.UNFOLLOWED), None),
}


@pytest.mark.parametrize("state", DisplayState)
def test_the_group_of_each_state(state):
    session, group = OF_STATE[state]
    assert session.display_state is state
    assert group_of(session, LATELY) is group


@pytest.mark.parametrize(
    "session",
    [
        at_devin("error", hours_ago=25),
        at_devin("running", "finished", hours_ago=25),
        at_devin("suspended", "inactivity", hours_ago=25, pull_requests=PULL),
        of_ours(Lifecycle.ENDED, 25),
        of_ours(Lifecycle.UNCERTAIN, 25),
    ],
)
def test_what_is_over_leaves_the_list_after_a_day(session):
    assert group_of(session, LATELY) is None
    assert group_of(session, LATELY - 2 * 3600) is not None


@pytest.mark.parametrize(
    ("session", "group"),
    [
        (at_devin("running", "waiting_for_user", hours_ago=300), ListGroup.NEEDS_YOU),
        (at_devin("suspended", "usage_limit_exceeded", hours_ago=300), ListGroup.NEEDS_YOU),
        (at_devin("running", "working", hours_ago=300), ListGroup.WORKING),
        (at_devin("suspended", "inactivity", hours_ago=300), ListGroup.ASLEEP),
    ],
)
def test_what_is_not_over_stays_in_the_list(session, group):
    assert group_of(session, LATELY) is group


def test_what_needs_the_person_comes_first_and_in_a_group_what_changed_last():
    done, asleep = at_devin("exit", hours_ago=0), at_devin("suspended", "inactivity", hours_ago=1)
    older = at_devin("running", "working", hours_ago=5)
    written = replace(at_devin("running", "working", hours_ago=9), spoken_at=NOW - 4 * 3600)
    waiting, refused = at_devin("running", "waiting_for_user", hours_ago=20), of_ours(Lifecycle.REFUSED)
    listed = [one.session for one in grouped([done, asleep, older, refused, written, waiting], LATELY, ())]
    assert listed == [waiting, written, older, asleep, done]


def test_a_dead_end_from_which_another_session_goes_on_needs_nobody_and_is_over():
    failed, waiting = replace(at_devin("error"), id="failed"), at_devin("running", "waiting_for_user")
    old = replace(at_devin("suspended", "usage_limit_exceeded", hours_ago=30), id="old")
    listed = [(one.session, one.group) for one in grouped([failed, old, waiting], LATELY, {"failed", "old"})]
    assert listed == [(waiting, ListGroup.NEEDS_YOU), (failed, ListGroup.RECENTLY_DONE)]
