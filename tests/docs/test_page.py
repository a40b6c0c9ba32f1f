"""Where the page's scripts repeat a list of the playground, the two are the same."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from bot.playground.bench import KNOWN, SUFFERS, TO_START
from bot.playground.child import State
from bot.playground.devin.session import LIMIT_DETAILS
from bot.playground.devin.timeline import RESTING
from bot.playground.slack.fields import STATEFUL

STATIC = Path(__file__).parent.parent.parent / "bot/playground/page/static"


def read(name):
    return (STATIC / name).read_text(encoding="utf-8")


def literal(script, name):
    """What a constant of a script holds."""
    found = re.search(rf"^(?:export )?const {name} = (\{{.*?^\}});", read(script), re.MULTILINE | re.DOTALL)
    assert found, f"{script} has no {name}"
    text = re.sub(r"//.*", "", found[1])
    text = re.sub(r"^(\s*)(\w+):", r'\1"\2":', text, flags=re.MULTILINE)
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", text))


@pytest.mark.parametrize("side", ["slack", "devin"])
def test_every_call_that_a_fault_is_offered_for_is_known_to_the_bench(side):
    offered = literal("faults.js", "WHERE")[side]
    assert set(offered) <= KNOWN[side]
    assert len(set(offered)) == len(offered)


def test_what_can_go_wrong_is_what_the_bench_can_do():
    assert list(literal("faults.js", "KINDS")) == list(SUFFERS)
    assert f"skips {' and '.join(TO_START)}:" in read("faults.js")


def test_the_states_of_the_bot_are_those_of_its_keeper():
    assert set(literal("words.js", "BOT_STATES")) == set(get_args(State))


def test_the_details_of_a_status_are_those_of_the_simulated_devin():
    details = literal("words.js", "DETAILS")
    assert set(details["running"]) == RESTING | {"working"}
    assert set(details["suspended"]) == LIMIT_DETAILS | {"inactivity", "user_request", "error"}


def test_a_session_waits_in_the_details_of_a_resting_state():
    (waiting,) = re.findall(r"(\[[^\]]*\])\.includes\(detail\)", read("words.js"))
    assert set(json.loads(waiting)) == RESTING


def test_every_field_starts_where_the_simulated_slack_is():
    assert literal("entered.js", "STARTS") == {kind: start for kind, (_, start) in STATEFUL.items()}
