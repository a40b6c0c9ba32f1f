"""The waits fit together: what one part waits for is over before another part takes it for lost."""

from dataclasses import replace

import pytest

from bot.devin.retry import PATIENCE, Patience
from bot.timing import PRODUCTION, Timing
from tests.waits import SHORT

MARGIN_SECONDS = 10.0  # from the intent to the request, and from the end of the request to what a search can see


def test_what_devin_was_asked_for_counts_as_not_done_only_when_no_request_can_be_on_its_way() -> None:
    assert PRODUCTION.unknown_after >= PRODUCTION.devin_write + MARGIN_SECONDS
    assert Patience.of(PRODUCTION) == PATIENCE
    assert PATIENCE.write == PRODUCTION.devin_write


@pytest.mark.parametrize(
    ("wait", "limit"),
    [
        *(("devin_write", "write"), ("devin_read", "read"), ("devin_upload", "upload"), ("devin_connect", "connect")),
        *(("devin_reads", "reads"), ("devin_longest_asked", "longest_asked")),
        *(("devin_first_pause", "first_pause"), ("devin_longest_pause", "longest_pause")),
    ],
)
def test_each_wait_for_devin_is_the_limit_of_its_client(wait: str, limit: str) -> None:
    assert Patience.of(replace(PRODUCTION, **{wait: 0.125})) == replace(PATIENCE, **{limit: 0.125})


@pytest.mark.parametrize("timing", [PRODUCTION, replace(PRODUCTION, **SHORT)], ids=["production", "short"])
def test_nothing_counts_as_lost_before_it_can_be_known(timing: Timing) -> None:
    assert timing.unknown_after > timing.devin_write
    assert timing.unknown_thread < timing.post_settle


def test_a_lost_post_counts_as_not_made_only_when_no_request_can_be_on_its_way() -> None:
    assert PRODUCTION.post_settle > PRODUCTION.slack_request


@pytest.mark.parametrize("timing", [PRODUCTION, replace(PRODUCTION, **SHORT)], ids=["production", "short"])
def test_a_lost_post_is_searched_for_well_before_it_can_count_as_not_made(timing: Timing) -> None:
    assert timing.post_look_up < timing.post_settle


def test_who_starts_or_stops_something_is_known_anew_sooner_than_who_does_not() -> None:
    assert PRODUCTION.person_at_hand < PRODUCTION.person_checked < PRODUCTION.person_known


def test_several_readings_of_the_admins_group_may_fail_before_its_members_are_no_admins() -> None:
    assert PRODUCTION.admins_retry < PRODUCTION.admins_interval < PRODUCTION.admins_known / 3


def test_a_start_is_searched_for_longer_than_anybody_waits_for_it() -> None:
    assert PRODUCTION.read_back > PRODUCTION.row_outage + PRODUCTION.unknown_start


def test_a_stop_takes_less_than_the_ten_seconds_it_is_given() -> None:
    drains = (PRODUCTION.listener_drain, PRODUCTION.flow_drain, PRODUCTION.tick_drain)
    assert sum(drains) + PRODUCTION.request_drain + PRODUCTION.spans_drain < 10
