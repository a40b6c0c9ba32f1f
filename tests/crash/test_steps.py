"""What the crash tests know about the steps: how they are listed, what differs from the list, what is died at."""

from typing import Final

from tests.crash.recordings import FEW, FILE, Recorded, differences, read, recorded, shared_out, written
from tests.crash.stage import without_repeats
from tests.crash.steps import AFTER, BEFORE, ON_THE_WIRE, Moment
from tests.crash.story import all_stories

TAKE: Final = "Claims._take [out]: commit outbox"
POST: Final = "Send._post [out]: Slack chat.postMessage"
CREATE: Final = "NewSession.call [in]: Devin POST sessions"
BEAT: Final = "Heartbeat.beat [clock]: commit due, workers"
POSTED: Final = [Moment(TAKE, BEFORE), Moment(TAKE, AFTER), Moment(POST, BEFORE), Moment(POST, AFTER)]
CREATED: Final = [Moment(CREATE, BEFORE), Moment(CREATE, ON_THE_WIRE), Moment(CREATE, AFTER)]
BEATEN: Final = [Moment(BEAT, BEFORE), Moment(BEAT, AFTER)]


def test_each_story_is_listed_and_no_other():
    assert read(FILE.read_text()).keys() == all_stories().keys()


def test_what_is_written_is_read():
    stories = recorded({"a start": [[*POSTED, *CREATED], [*CREATED, *POSTED]], "a post": [POSTED, []]})
    assert read(written(stories)) == stories


def test_what_occurs_in_each_telling_has_to_occur_and_calls_to_devin_as_often_as_they_do():
    again = [Moment(one.step, one.when, 2) for one in [*CREATED[:2], *POSTED]]
    stories = recorded({"a start": [[*CREATED, *again, *POSTED], [*POSTED[:2], *CREATED, *again]]})
    assert stories == {
        "a start": [
            Recorded(TAKE, 1),
            Recorded(CREATE, 2, (BEFORE, ON_THE_WIRE)),
            Recorded(POST, 1),
        ]
    }


def test_what_the_clock_does_beside_many_stories_has_to_occur_in_one():
    stories = recorded({"first": [BEATEN, []], "second": [BEATEN, BEATEN], "third": [BEATEN, BEATEN]})
    assert stories == {"first": [], "second": [Recorded(BEAT, 1)], "third": []}
    assert differences("third", stories, BEATEN) == set()


def test_a_step_that_is_new_or_has_vanished_is_a_difference():
    stories = recorded({"a post": [POSTED]})
    assert differences("a post", stories, POSTED) == set()
    assert differences("a post", stories, [*POSTED[:3], *CREATED, *BEATEN]) == {
        f"vanished: {POSTED[3]}",
        f"new: {CREATE}",
        f"new: {BEAT}",
    }


def test_a_step_of_many_stories_is_died_at_in_a_few_first_in_those_where_it_has_to_occur():
    stories = recorded({"a": [POSTED, []], **{name: [POSTED] for name in "bcd"}})
    assert [name for name in stories if POST in shared_out(name, stories)] == ["b", "c"]
    assert len("bc") == FEW


def test_a_death_before_a_call_is_left_out_where_one_after_the_step_before_leaves_the_same():
    chosen = {moment for moment in POSTED if moment.is_distinct}
    assert without_repeats(POSTED, chosen) == [Moment(TAKE, AFTER), Moment(POST, AFTER)]
    assert without_repeats(POSTED, chosen - {Moment(TAKE, AFTER)}) == [Moment(POST, BEFORE), Moment(POST, AFTER)]
    under_way = [*POSTED[:3], *CREATED]
    assert without_repeats(under_way, {*under_way}) == [*POSTED[:2], *CREATED]
