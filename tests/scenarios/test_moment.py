"""A scenario begins at one moment by all its clocks, so that what it is about does not depend on when it is run."""

import pytest

from tests.scenarios.ahead import rows
from tests.scenarios.harness import Harness


async def test_slack_devin_and_the_bot_begin_at_the_same_moment(on: Harness, pytestconfig: pytest.Config) -> None:
    moment = pytestconfig.getoption("--moment").timestamp()
    ts, _ = await on.started()
    (made,) = await on.devin.sessions()
    (session,) = await rows(on, "sessions")
    begun = (float(ts), made["created_at"], session["created_at"])
    assert [int(at - moment) // 60 for at in begun] == [0, 0, 0]
