"""What the crash tests know about the steps: each name stands for code that exists, and a wrong list fails."""

import signal
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.crash import (
    test_kill,
    test_kill_alarms,
    test_kill_budgets,
    test_kill_devin_commands,
    test_kill_fan_outs,
    test_kill_files,
    test_kill_library,
    test_kill_long_jobs,
    test_kill_refusals,
    test_kill_replies,
    test_kill_seldom,
    test_kill_unknown,
)
from tests.crash.steps import (
    AFTER,
    BEFORE,
    LANES,
    NOTHING_NEW,
    ON_THE_WIRE,
    OURS,
    PLACE_OF,
    PLACES,
    PLUMBING,
    Moment,
    StepNames,
    moments,
)
from tests.crash.story import ANSWERED_HERE, BESIDE, CREATED, FORMS, RECEIVED, USUAL, Form, Story
from tests.crash.victim import Boundaries
from tests.scenarios.conftest import STORES
from tests.scenarios.harness import TRANSPORTS

STORIES = [
    *test_kill.STORIES,
    *test_kill_alarms.STORIES,
    *test_kill_budgets.STORIES,
    *test_kill_devin_commands.STORIES,
    *test_kill_library.STORIES,
    *test_kill_fan_outs.STORIES,
    *test_kill_files.STORIES,
    *test_kill_long_jobs.STORIES,
    *test_kill_refusals.STORIES,
    *test_kill_replies.STORIES,
    *test_kill_seldom.STORIES,
    *test_kill_unknown.STORIES,
]
REQUIRED = {step for story in STORIES for step in story.steps}


def place_in(step: str) -> str:
    """The line of the table that a step belongs to."""
    where = step.split(": ", 1)[0].removesuffix(f", {NOTHING_NEW}")
    for word in LANES.values():
        where = where.removesuffix(f" ({word})")
    return where


@pytest.mark.parametrize("code", PLACE_OF)
def test_each_place_is_a_function_of_the_bot(code: str) -> None:
    module, _, names = code.partition(":")
    found: Any = import_module(module)
    for name in names.split(".<locals>")[0].split("."):
        found = getattr(found, name)
    assert callable(found)


@pytest.mark.parametrize("module", [*OURS, *PLUMBING])
def test_each_module_that_is_distinguished_exists(module: str) -> None:
    assert find_spec(module) is not None


def test_each_place_has_one_name() -> None:
    assert len(PLACE_OF) == sum(len(codes) for codes in PLACES.values())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_each_listed_step_stands_at_a_place_of_the_table(story: Story) -> None:
    assert story.steps
    listed = {*story.steps, *story.sometimes, *story.times, *story.unanswered}
    assert {place_in(step) for step in listed} <= PLACES.keys()
    assert {*story.times, *story.unanswered} <= {*story.steps}


def test_each_place_of_the_table_has_to_be_reached_by_a_story() -> None:
    assert PLACES.keys() <= {place_in(step) for step in REQUIRED}


def test_each_moment_of_each_required_step_is_died_at_by_a_story_of_the_short_form() -> None:
    reached = {moment for story in STORIES for moment in story.required() if moment.number == 1 and moment.is_distinct}
    assert {moment.step for moment in reached} == REQUIRED
    assert {moment for moment in reached if not any(story.dies_at(moment) for story in STORIES)} == set()


def test_each_step_that_may_occur_has_to_occur_in_another_story_so_that_none_disappears_unnoticed() -> None:
    may_occur = {*BESIDE, *(step for story in STORIES for step in story.sometimes)}
    assert may_occur - REQUIRED == set()


# ---------------------------------------------------------------- a list that is wrong


async def nothing(*_: Any) -> None:
    """What nobody does."""


POST = "post: Slack chat.postMessage"
MARK = "mark as sent: commit"
REPLY = "reply: Devin POST sessions/messages"
REACHED = [Moment(POST, BEFORE), Moment(POST, AFTER), Moment(MARK, BEFORE), Moment(MARK, AFTER)]
STORY = Story("a post", nothing, nothing, nothing, steps=(POST, MARK), at_common_steps=True)


def test_a_list_that_fits_is_accepted() -> None:
    assert STORY.differences(REACHED) == []


def test_a_listed_step_that_does_not_occur_is_a_difference() -> None:
    assert STORY.differences(REACHED[:2]) == [
        "listed, but never occurred: mark as sent: commit, after #1",
        "listed, but never occurred: mark as sent: commit, before #1",
    ]


def test_a_step_that_is_not_listed_is_a_difference() -> None:
    assert replace(STORY, steps=(POST,)).differences(REACHED) == ["not listed, but occurred: mark as sent: commit"]


def test_an_empty_list_is_a_difference() -> None:
    assert "the story lists no steps" in replace(STORY, steps=()).differences([])


def test_a_step_that_occurs_less_often_than_listed_is_a_difference() -> None:
    assert replace(STORY, times={MARK: 2}).differences(REACHED) == [
        "listed, but never occurred: mark as sent: commit, after #2",
        "listed, but never occurred: mark as sent: commit, before #2",
    ]


def test_a_step_of_one_transport_or_store_has_to_occur_there_alone() -> None:
    story = replace(STORY, only_on={POST: "socket", MARK: "sqlite"})
    assert story.differences(REACHED, Form("socket", "sqlite")) == []
    assert story.differences([], Form("http", "postgresql")) == []
    assert story.required(Form("http", "sqlite")) == [Moment(MARK, AFTER), Moment(MARK, BEFORE)]


def test_a_call_with_a_body_that_never_goes_on_the_wire_is_a_difference() -> None:
    create = "create: Devin POST sessions"
    reached = [Moment(create, BEFORE), Moment(create, AFTER)]
    assert replace(STORY, steps=(create,)).differences(reached) == [
        f"listed, but never occurred: {create}, {ON_THE_WIRE} #1"
    ]


def test_a_step_that_began_before_steps_count_is_not_counted(tmp_path: Path) -> None:
    boundaries = Boundaries("", signal.SIGKILL, tmp_path / "steps", tmp_path / "armed")
    boundaries.reach(MARK, BEFORE)
    boundaries.armed.touch()
    boundaries.reach(MARK, AFTER)
    for moment in REACHED:
        boundaries.reach(moment.step, moment.when)
    assert [Moment.parse(line) for line in boundaries.trace.read_text().splitlines()] == REACHED


def test_code_without_a_place_keeps_its_own_name() -> None:
    names = StepNames()
    assert names.call("bot.flows.new:New.act", "in", "Slack chat.delete") == "bot.flows.new:New.act: Slack chat.delete"
    assert names.commit("bot.flows.new:New.act", "priv", set()) == "bot.flows.new:New.act (private): commit"


# ---------------------------------------------------------------- the moments to die at


def test_a_listed_step_is_died_at_once() -> None:
    again = [*REACHED, Moment(MARK, BEFORE, 2), Moment(MARK, AFTER, 2)]
    assert STORY.deaths(again, USUAL) == [Moment(POST, BEFORE), Moment(POST, AFTER), Moment(MARK, AFTER)]


def test_in_the_long_run_it_is_died_at_over_both_transports_and_on_both_stores() -> None:
    for moment in (Moment(POST, BEFORE), Moment(POST, AFTER), Moment(MARK, AFTER)):
        forms = [form for form in FORMS if form.every and STORY.deaths([moment], form)]
        assert len(forms) == 2
        assert {form.transport for form in forms} == {*TRANSPORTS}
        assert {form.store for form in forms} == {*STORES}


@pytest.mark.parametrize("at_common_steps", [False, True])
def test_the_long_forms_die_where_the_short_one_does_or_where_the_same_is_left(at_common_steps: bool) -> None:
    steps = (*STORY.steps, *RECEIVED, *CREATED, *ANSWERED_HERE)
    reached = [
        Moment(step, when, number)
        for step in (*steps, *BESIDE)
        for number in (1, 2)
        for when in (BEFORE, ON_THE_WIRE, AFTER)
        if when in moments(step)
    ]
    story = replace(STORY, steps=steps, at_common_steps=at_common_steps, times={MARK: 2})
    long = {moment for form in FORMS if form.every for moment in story.deaths(reached, form)}
    short = set(story.deaths(reached, USUAL))
    assert short == long if at_common_steps else len(short) < len(long)
    for moment in short - long:
        done_before = [one for one in reached[: reached.index(moment)] if one.when == AFTER]
        assert moment.is_before_a_call
        assert done_before[-1] in long


def test_a_step_that_nearly_all_stories_have_is_died_at_where_the_story_says_so() -> None:
    elsewhere = replace(STORY, at_common_steps=False)
    assert elsewhere.deaths(REACHED, USUAL) == []
    assert all(any(elsewhere.deaths([moment], form) for form in FORMS) for moment in REACHED if moment.is_distinct)


def test_a_protocol_of_many_stories_is_died_at_throughout_where_it_is_the_point_and_elsewhere_after_its_call() -> None:
    protocol = [Moment("intend: commit", AFTER), *(Moment(REPLY, when) for when in (BEFORE, ON_THE_WIRE, AFTER))]
    story = replace(STORY, at_common_steps=False, steps=("intend: commit", REPLY))
    assert story.deaths(protocol, USUAL) == [Moment(REPLY, AFTER)]
    throughout = replace(story, throughout=story.steps)
    assert throughout.deaths(protocol, USUAL) == [moment for moment in protocol if not moment.is_before_a_call]


def test_a_death_before_a_call_is_left_out_where_one_after_the_step_before_it_leaves_the_same() -> None:
    claim = "claim: commit"
    story = replace(STORY, steps=(claim, POST))
    first = [Moment(claim, BEFORE), Moment(claim, AFTER), Moment(POST, BEFORE), Moment(POST, AFTER)]
    assert story.deaths(first, USUAL) == [Moment(claim, AFTER), Moment(POST, AFTER)]
    second = [Moment(claim, AFTER), Moment(claim, AFTER, 2), Moment(POST, BEFORE)]
    assert story.deaths(second, USUAL) == [Moment(claim, AFTER), Moment(POST, BEFORE)]


def test_it_is_not_left_out_where_another_call_is_under_way_or_got_no_answer() -> None:
    story = replace(STORY, steps=(MARK, POST, REPLY))
    reached = [Moment(MARK, AFTER), Moment(POST, BEFORE), Moment(REPLY, BEFORE), Moment(POST, AFTER)]
    assert story.deaths(reached, USUAL) == [Moment(MARK, AFTER), Moment(REPLY, BEFORE), Moment(POST, AFTER)]


def test_a_step_that_is_another_each_time_is_died_at_each_time() -> None:
    again = [*REACHED, Moment(MARK, AFTER, 2)]
    assert replace(STORY, times={MARK: 2}).deaths(again, USUAL)[-1] == Moment(MARK, AFTER, 2)


def test_what_is_stored_first_is_died_at_before_its_commit_too() -> None:
    received = Moment("receive: commit", BEFORE)
    assert replace(STORY, steps=(received.step,)).deaths([received], USUAL) == [received]


def test_a_moment_is_read_as_it_was_written() -> None:
    moment = Moment("announce, nothing new: commit", AFTER, 12)
    assert Moment.parse(str(moment)) == moment
