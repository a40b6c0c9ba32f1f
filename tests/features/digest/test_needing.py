"""Which sessions need a person, in which order."""

from dataclasses import replace

import pytest

from bot.domain.session import Snapshot
from bot.features.digest.contents import needing_somebody
from tests.store.rows import NOW, session

HOUR = 3600


def at_devin(name, status, detail=None, hours_ago=1, **more):
    snapshot = Snapshot(status, detail, updated_at=int(NOW - hours_ago * HOUR), **more)
    one = session(name, snapshot=snapshot)
    return replace(one, created_at=NOW - 90 * 24 * HOUR, spoken_at=0.0)


def found(*sessions, failed_after=NOW - 24 * HOUR):
    return [one.id for one in needing_somebody(sessions, failed_after)]


def test_what_can_be_done_at_once_comes_first_and_then_the_longest_wait():
    assert found(
        at_devin("failed", "error"),
        at_devin("limit", "suspended", "out_of_credits", hours_ago=900),
        at_devin("new", "running", "waiting_for_user"),
        at_devin("old", "running", "waiting_for_user", hours_ago=50),
        at_devin("approval", "running", "waiting_for_approval"),
    ) == ["approval", "old", "new", "limit", "failed"]


@pytest.mark.parametrize(
    "one",
    [
        at_devin("works", "running", "working"),
        at_devin("done", "running", "finished"),
        at_devin("answered", "running", "waiting_for_user", asks=False),
        at_devin("asleep", "suspended", "inactivity"),
        at_devin("stopped", "running", "waiting_for_user", archived=True),
        at_devin("long ago", "error", hours_ago=25),
    ],
)
def test_others_need_nobody(one):
    assert found(one) == []
