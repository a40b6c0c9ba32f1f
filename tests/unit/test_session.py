"""What a session's state means, and how long Devin worked on it."""

from dataclasses import replace

import pytest

from bot.domain.session import (
    LIMIT_DETAILS,
    DisplayState,
    Lifecycle,
    Options,
    PullRequest,
    Session,
    Snapshot,
    bare_id,
    display_state_of,
    first_line,
    moved,
)

PULL = PullRequest("https://github.com/acme/web/pull/12", "open")
WORKING = Snapshot("running", "working")
SESSION = Session("s1", "T1", "org-1", "C1", "1.0", "U1", "fix the login test")


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Snapshot(), DisplayState.QUEUED),
        (Snapshot("claimed"), DisplayState.QUEUED),
        (Snapshot("creating"), DisplayState.QUEUED),
        (Snapshot("resuming", "working"), DisplayState.QUEUED),
        (Snapshot("running"), DisplayState.WORKING),
        (WORKING, DisplayState.WORKING),
        (Snapshot("running", "waiting_for_user"), DisplayState.WAITING),
        (Snapshot("running", "waiting_for_user", pull_requests=(PULL,)), DisplayState.WAITING),
        (Snapshot("running", "waiting_for_user", pull_requests=(PULL,), asks=True), DisplayState.WAITING),
        (Snapshot("running", "waiting_for_user", pull_requests=(PULL,), asks=False), DisplayState.DONE),
        (Snapshot("running", "waiting_for_user", has_result=True, asks=False), DisplayState.DONE),
        (Snapshot("running", "waiting_for_user", asks=False), DisplayState.ANSWERED),
        (Snapshot("running", "waiting_for_approval"), DisplayState.APPROVAL),
        (Snapshot("running", "waiting_for_credentials"), DisplayState.WAITING),
        (Snapshot("running", "waiting_for_credentials", pull_requests=(PULL,)), DisplayState.WAITING),
        (Snapshot("running", "finished"), DisplayState.DONE),
        (Snapshot("running", "planning"), DisplayState.WORKING),
        (Snapshot("a_new_word"), DisplayState.UNKNOWN),
        (Snapshot("exit"), DisplayState.DONE),
        (Snapshot("error"), DisplayState.FAILED),
        (Snapshot("suspended"), DisplayState.ASLEEP),
        (Snapshot("suspended", "inactivity"), DisplayState.ASLEEP),
        (Snapshot("suspended", "inactivity", pull_requests=(PULL,)), DisplayState.DONE),
        (Snapshot("suspended", "inactivity", pull_requests=(PULL,), asks=True), DisplayState.ASLEEP),
        (Snapshot("suspended", "user_request"), DisplayState.STOPPED),
        (Snapshot("suspended", "inactivity", archived=True), DisplayState.STOPPED),
        (Snapshot("running", "working", archived=True), DisplayState.STOPPED),
        (Snapshot("running", "waiting_for_user", archived=True), DisplayState.STOPPED),
        (Snapshot("new", archived=True), DisplayState.STOPPED),
        (Snapshot("suspended", "usage_limit_exceeded", archived=True), DisplayState.STOPPED),
        (Snapshot("brand_new", archived=True), DisplayState.STOPPED),
        (Snapshot("exit", archived=True), DisplayState.DONE),
        (Snapshot("error", archived=True), DisplayState.FAILED),
        (Snapshot("suspended", "error"), DisplayState.FAILED),
        (Snapshot("suspended", "a_new_word"), DisplayState.LIMIT),
        (Snapshot("suspended", "contract_expired"), DisplayState.LIMIT),
        (Snapshot("suspended", "trial_ended"), DisplayState.LIMIT),
        (Snapshot("suspended", "stopped_by_guardrail"), DisplayState.LIMIT),
        (Snapshot("error", "stopped_by_guardrail"), DisplayState.ENDED),
        (Snapshot("exit", "contract_expired"), DisplayState.ENDED),
        (Snapshot("exit", "contract_expired", archived=True), DisplayState.ENDED),
        (Snapshot("exit", "finished"), DisplayState.DONE),
        (Snapshot("exit", ""), DisplayState.DONE),
        (Snapshot("error", "working"), DisplayState.FAILED),
        (Snapshot("error", "out_of_credits"), DisplayState.FAILED),
        (Snapshot("suspended", "disk_quota_used_up"), DisplayState.LIMIT),
        (Snapshot("suspended", "Team_Budget_Exceeded"), DisplayState.LIMIT),
        (Snapshot("brand_new"), DisplayState.UNKNOWN),
        *((Snapshot("suspended", detail), DisplayState.LIMIT) for detail in sorted(LIMIT_DETAILS)),
    ],
)
def test_status_and_detail_in_one_word(seen, state):
    assert display_state_of(seen) is state


@pytest.mark.parametrize(
    ("lifecycle", "checking", "state"),
    [
        (Lifecycle.QUEUED, False, DisplayState.STARTING),
        (Lifecycle.CREATING, False, DisplayState.STARTING),
        (Lifecycle.CREATING, True, DisplayState.CHECKING),
        (Lifecycle.OPEN, False, DisplayState.WORKING),
        (Lifecycle.CANCELLED, False, DisplayState.CANCELLED),
        (Lifecycle.REFUSED, False, DisplayState.REFUSED),
        (Lifecycle.ENDED, False, DisplayState.ENDED),
    ],
)
def test_devins_status_counts_only_while_it_has_the_session(lifecycle, checking, state):
    assert replace(SESSION, lifecycle=lifecycle, checking=checking, snapshot=WORKING).display_state is state


@pytest.mark.parametrize(
    ("state", "since", "read_at", "worked", "still_since"),
    [
        (WORKING, None, 200.0, 60.0, 200.0),
        (WORKING, 150.0, 200.0, 60.0, 150.0),
        (Snapshot("running", "finished", updated_at=190), 150.0, 200.0, 100.0, None),
        (Snapshot("running", "finished", updated_at=90), 150.0, 200.0, 60.0, None),
        (Snapshot("running", "finished", updated_at=900), 150.0, 200.0, 110.0, None),
        (Snapshot("running", "finished", updated_at=190), None, 200.0, 60.0, None),
        (Snapshot("resuming", updated_at=190), 150.0, 200.0, 60.0, None),
    ],
    ids=["begins", "goes on", "rests", "rested before", "a clock ahead of ours", "rests still", "is queued"],
)
def test_only_the_time_in_which_devin_works_is_counted(state, since, read_at, worked, still_since):
    session = replace(SESSION, lifecycle=Lifecycle.OPEN, worked=60.0, working_since=since)
    after = session.worked_until(state, read_at)
    assert (after.worked, after.working_since) == (worked, still_since)


def test_figures_alone_do_not_move_the_card():
    assert not moved(WORKING, replace(WORKING, acus=3.0, updated_at=5, last_words="I found it."))


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


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("fix it acu=10ACUs, please", "fix it"),
        ("fix the footer pls acu=5", "fix the footer"),
        ("Please!", "Please!"),
        ("repo=web fix the login test\nand more", "fix the login test"),
        ("acu: 10", "Session"),
        ("run `make repo=acme/web`", "run make repo=acme/web"),
    ],
)
def test_words_that_resemble_options_stand_in_no_title(prompt, title):
    assert replace(SESSION, prompt=prompt).title == title


def test_the_title_is_devins_then_the_asked_one_then_the_prompt():
    assert SESSION.title == "fix the login test"
    asked = replace(SESSION, options=Options(title="Login"))
    assert asked.title == "Login"
    assert asked.with_snapshot(Snapshot(title="Fix login")).title == "Fix login"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Fix the `login` test in **auth**", "Fix the login test in auth"),
        ("**`parse()`** and ~~old~~ *new* (*soon*)", "parse() and old new (soon)"),
        ("# Upgrade [pydantic](https://docs.pydantic.dev) to ``v2``", "Upgrade pydantic to v2"),
        ("![build](https://x.example/b.svg) is red", "build is red"),
        ("`**kwargs` stays", "**kwargs stays"),
        ("make 2 * 3 * 4 and **kwargs of __init__.py and snake_case_name", None),
        ("copy *.py and src/*/test_*.py, see #12 and C#", None),
        ("call f(**a, **b)[0](x y)", None),
        ("a lone ` backtick", None),
        ("``", None),
        ("rename `a_very_long_na…", "rename a_very_long_na…"),
    ],
)
def test_a_title_shows_no_markup(written, shown):
    assert SESSION.with_snapshot(Snapshot(title=written)).title == (shown or written)


def test_a_title_as_long_as_a_text_is_read_at_once():
    for sign in ("`", "*", "**", "[", "~~", "`a", "*a ", "[a](", "# "):
        long = sign * 40_000
        assert len(SESSION.with_snapshot(Snapshot(title=long)).title) <= len(long)


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
    assert replace(row, acus=1.0).following(before).acus == 1.0  # Devin has lowered them
    assert before.following(row.following(before)).pull_requests == (PULL, other)


def test_an_id_is_compared_without_its_prefix():
    assert bare_id("devin-abc") == bare_id("Devin-abc") == bare_id("abc") == "abc"


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("# Fix *the* login ##", "Fix the login"),
        ("- [ ] 1. fix **that**", "fix that"),
        ("> quoted", "quoted"),
        ("_slanted_ and __Both Words__", "slanted and Both Words"),
        ("*bold* and ~gone~ and ***both***", "bold and gone and both"),
        ("```python\nx = 1\n```", "x = 1"),
        ("---\nafter the rule", "after the rule"),
        ('see [the page](https://acme.test/a "A") and <https://acme.test/b>', "see the page and https://acme.test/b"),
        # Names, paths and arithmetic stay.
        ("fix __init__ and snake_case_name", "fix __init__ and snake_case_name"),
        ("move ~/bin to ~/lib", "move ~/bin to ~/lib"),
        ("2 * 3 * 4 > 5", "2 * 3 * 4 > 5"),
        ("#12 fails in C# with -v", "#12 fails in C# with -v"),
        ("---", "---"),
    ],
)
def test_a_first_line_shows_no_marks(prompt, shown):
    assert first_line(prompt) == shown
