"""What a session's state means and which changes are worth a post."""

from dataclasses import replace

import pytest

from bot.domain.session import (
    LIMIT_DETAILS,
    Change,
    Kind,
    Options,
    Phase,
    PullRequest,
    Session,
    Snapshot,
    Stage,
    bare_id,
    changes,
    first_line,
    moved,
    phase_of,
)

PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
WORKING = Snapshot("running", "working")
SESSION = Session("s1", "T1", "C1", "1.0", "U1", "fix the login test")


@pytest.mark.parametrize(
    ("seen", "phase"),
    [
        (Snapshot(), Phase.QUEUED),
        (Snapshot("claimed"), Phase.QUEUED),
        (Snapshot("resuming", "working"), Phase.QUEUED),
        (Snapshot("running"), Phase.WORKING),
        (WORKING, Phase.WORKING),
        (Snapshot("running", "waiting_for_user"), Phase.WAITING),
        (Snapshot("running", "waiting_for_user", pull_requests=(PULL,)), Phase.DONE),
        (Snapshot("running", "waiting_for_user", has_result=True), Phase.DONE),
        (Snapshot("running", "waiting_for_approval"), Phase.APPROVAL),
        (Snapshot("running", "finished"), Phase.DONE),
        (Snapshot("running", "a_new_word"), Phase.UNKNOWN),
        (Snapshot("exit"), Phase.DONE),
        (Snapshot("error"), Phase.FAILED),
        (Snapshot("suspended"), Phase.ASLEEP),
        (Snapshot("suspended", "inactivity"), Phase.ASLEEP),
        (Snapshot("suspended", "inactivity", pull_requests=(PULL,)), Phase.DONE),
        (Snapshot("suspended", "user_request"), Phase.STOPPED),
        (Snapshot("suspended", "inactivity", archived=True), Phase.STOPPED),
        (Snapshot("suspended", "error"), Phase.FAILED),
        (Snapshot("suspended", "a_new_word"), Phase.UNKNOWN),
        (Snapshot("brand_new"), Phase.UNKNOWN),
        *((Snapshot("suspended", detail), Phase.LIMIT) for detail in sorted(LIMIT_DETAILS)),
    ],
)
def test_status_and_detail_in_one_word(seen, phase):
    assert phase_of(seen) is phase


@pytest.mark.parametrize(
    ("stage", "checking", "phase"),
    [
        (Stage.QUEUED, False, Phase.STARTING),
        (Stage.CREATING, False, Phase.STARTING),
        (Stage.CREATING, True, Phase.CHECKING),
        (Stage.OPEN, False, Phase.WORKING),
        (Stage.CANCELLED, False, Phase.CANCELLED),
        (Stage.REFUSED, False, Phase.REFUSED),
        (Stage.ENDED, False, Phase.ENDED),
    ],
)
def test_devins_status_counts_only_while_it_has_the_session(stage, checking, phase):
    assert replace(SESSION, stage=stage, checking=checking, seen=WORKING).phase is phase


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (Snapshot("running", "waiting_for_user"), Kind.QUESTION),
        (Snapshot("running", "waiting_for_approval"), Kind.APPROVAL),
        (Snapshot("running", "finished"), Kind.DONE),
        (Snapshot("exit"), Kind.DONE),
        (Snapshot("suspended", "out_of_credits"), Kind.LIMIT),
        (Snapshot("suspended", "error"), Kind.FAILED),
        (Snapshot("error"), Kind.FAILED),
    ],
)
def test_coming_to_rest_is_news_once(new, kind):
    assert changes(WORKING, new) == [Change(kind)]
    assert changes(new, new) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Snapshot(), WORKING),
        (WORKING, replace(WORKING, acus=2.5, title="Fix it", updated_at=9)),
        (WORKING, Snapshot("suspended", "inactivity")),
        (WORKING, Snapshot("suspended", "user_request")),
        (Snapshot("running", "finished"), Snapshot("suspended", "inactivity")),
        (
            Snapshot("running", "finished", pull_requests=(PULL,)),
            Snapshot("running", "waiting_for_user", pull_requests=(PULL,)),
        ),
        (
            Snapshot("running", "waiting_for_user", pull_requests=(PULL,)),
            Snapshot("suspended", "inactivity", pull_requests=(PULL,)),
        ),
        (
            replace(WORKING, pull_requests=(PULL,)),
            replace(WORKING, pull_requests=(replace(PULL, state="merged"),)),
        ),
        (WORKING, Snapshot("running", "a_new_word")),
    ],
)
def test_progress_and_falling_asleep_are_no_news(old, new):
    assert changes(old, new) == []


def test_a_pull_request_comes_before_the_end():
    other = PullRequest("https://github.com/acme/web/pull/13")
    new = Snapshot("running", "finished", pull_requests=(PULL, other))
    assert changes(replace(WORKING, pull_requests=(PULL,)), new) == [
        Change(Kind.PULL_REQUEST, other),
        Change(Kind.DONE),
    ]


def test_another_limit_is_news_again():
    old, new = Snapshot("suspended", "out_of_quota"), Snapshot("suspended", "payment_declined")
    assert changes(old, new) == [Change(Kind.LIMIT)]


def test_figures_alone_do_not_move_the_card():
    assert not moved(WORKING, replace(WORKING, acus=3.0, updated_at=5))


@pytest.mark.parametrize(
    "new",
    [
        replace(WORKING, status="suspended"),
        replace(WORKING, detail="finished"),
        replace(WORKING, title="Fix the login test"),
        replace(WORKING, pull_requests=(PULL,)),
        replace(WORKING, has_result=True),
        replace(WORKING, archived=True),
    ],
)
def test_state_title_and_pull_requests_move_the_card(new):
    assert moved(WORKING, new)


def test_the_title_is_devins_then_the_asked_one_then_the_prompt():
    assert SESSION.title == "fix the login test"
    asked = replace(SESSION, options=Options(title="Login"))
    assert asked.title == "Login"
    assert asked.with_seen(Snapshot(title="Fix login")).title == "Fix login"


def test_the_first_line_is_cut_at_a_word():
    assert first_line("\n  one line \n two") == "one line"
    assert first_line("   ") == "Session"
    assert first_line("repair the door, and the window", 20) == "repair the door…"
    assert len(first_line("x" * 500)) == 80


def test_a_row_that_leaves_something_out_takes_nothing_back():
    other = PullRequest("https://github.com/acme/web/pull/13")
    before = Snapshot("running", "working", "t", (PULL, other), acus=2.5, has_result=True, updated_at=1)
    row = Snapshot("running", "finished", "t", (replace(PULL, state="merged"),), acus=0.0, updated_at=2)
    kept = (replace(PULL, state="merged"), other)
    assert row.following(before) == replace(row, pull_requests=kept, acus=2.5, has_result=True)
    assert before.following(row.following(before)).pull_requests == (PULL, other)


def test_an_id_is_compared_without_its_prefix():
    assert bare_id("devin-abc") == bare_id("Devin-abc") == bare_id("abc") == "abc"
