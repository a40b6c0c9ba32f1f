"""The page about growth: its tables and pictures come from the figures, and what is calculated on."""

import json
import re
from dataclasses import replace

import pytest

from bench.ack import ROOT
from bench.forecast import Company, Measured, a_day, kept_bytes, limits, tables, workers
from bench.growth import NAMES, curve_at
from bench.rest import at_rest
from bench.scaling import FIGURES, PAGE, curve_table, pictures, render

SMALL = Company(workspaces=10, known=3_000, open=300, channels=2, replies=4, answers=3, edits=2)
SEEN = Measured(poll_ms=10, watch_ms=15, budgets_ms=15, event_ms=20, event_bytes=1_000, session_bytes=4_000)


def figures():
    return json.loads(FIGURES.read_text(encoding="utf-8"))


def amounts(company):
    return {line.what: line.amount for line in a_day(company, SEEN)}


def test_the_tables_of_the_page_are_those_of_the_figures():
    page = PAGE.read_text(encoding="utf-8")
    assert render(page, figures()) == page


def test_a_table_that_differs_is_written_anew():
    page, changed = PAGE.read_text(encoding="utf-8"), figures()
    changed["curve"]["1000"]["idle_cpu"] = 77.7
    assert "| 77.7 |" in render(page, changed)
    assert curve_table(changed) in render(page, changed)


@pytest.mark.parametrize("name", ["scaling.svg", "workers.svg"])
def test_a_picture_has_the_titles_of_its_panels(name):
    shown = (ROOT / "docs" / name).read_text(encoding="utf-8")
    drawn = pictures(figures())[name].decode()
    words = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
    assert len(words) > 20
    assert [word for word in words if word not in shown] == []


def test_a_day_is_calculated_from_what_is_assumed():
    assert amounts(SMALL) == {
        "starts": 100,
        "Slack events": 500,
        "posts": 400,
        "edits of cards": 200,
        "reactions": 500,
        "polls": 10 * 8_640,
        "sweeps of message counts": 10 * 288,
        "starts and replies": 500,
        "readings of messages": 500 + 300,
        "rows of inbox and outbox": 1_400,
        "bytes": 500 * 1_000 + 100 * 4_000,
    }
    assert kept_bytes(SMALL, SEEN) == 30 * 900_000


def test_the_scarcest_comes_first_and_says_what_to_do():
    few = limits(SMALL, SEEN)
    assert [one.share for one in few] == sorted((one.share for one in few), reverse=True)
    assert all(one.share < 1 for one in few)
    many = limits(replace(SMALL, workspaces=1_000), SEEN)
    assert (many[0].what, many[0].needed) == ("CPU of one process: polls", 1.0)
    assert many[0].share == 2
    assert workers(SMALL, SEEN) == 1
    assert workers(replace(SMALL, workspaces=1_000), SEEN) == 4
    assert "the first limit that is reached is **CPU of one process: polls**, at 200%" in tables(
        replace(SMALL, workspaces=1_000), SEEN
    )


def test_a_limit_of_slack_counts_by_workspace():
    """Slack's limits are for each workspace, so only what happens in one counts."""
    one, hundred = (replace(SMALL, workspaces=n, known=300 * n) for n in (1, 100))
    shares = [{at.what: at.share for at in limits(company, SEEN) if "Slack" in at.what} for company in (one, hundred)]
    assert shares[0] == pytest.approx(shares[1])


async def test_each_figure_of_the_curve_is_measured():
    found = await curve_at(200, times=1)
    assert list(found) == list(NAMES)
    assert found["cycles"] <= 3
    assert found["sweep_calls"] >= 2


@pytest.mark.edge
@pytest.mark.timeout(120)
async def test_a_bot_at_rest_is_measured(tmp_path):
    found = await at_rest(20, tmp_path, settle=0.5, seconds=2.0)
    assert found["ready_s"] < 60
    assert 0 <= found["idle_cpu"] < 100
    assert 50 < found["rss_mb"] <= found["peak_mb"] < 500
