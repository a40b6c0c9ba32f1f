"""The posts in the thread of a digest: the chart, the tables, and what was used without a pull request."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.amounts import exact, exact_sum
from bot.domain.outcomes import Outcome
from bot.features.digest.posts import NothingMerged, Spender, SpenderTable, ThreadFigures, line_chart, thread_posts
from bot.features.report.rules import Used
from bot.features.usage.chart_days import CHART_DAYS, MOST_GROUPS, ChartGroup, Pace, chart_groups
from bot.features.usage.figure_files import FigureFile
from bot.features.usage.figure_sentences import Figures
from bot.views.charts import ALT_LIMIT, chart_message, sparkline
from bot.views.message import MadeFile
from tests.markup import with_markup, written
from tests.unit.block_kit import assert_valid

DAY = date(2026, 11, 26)
ACUS = st.decimals(0, 10_000, places=4).map(float)


def days(count, last=DAY):
    return [last - timedelta(days=back) for back in reversed(range(count))]


THREE = tuple(
    ChartGroup(day, day, spent, usual=30.0, allowed=40.0) for day, spent in zip(days(3), (20.0, 0.0, 49.5), strict=True)
)
FIGURES = Figures(DAY, total=49.5, through_slack=16.4, outcomes={Outcome.DONE: 3, Outcome.RUNNING: 1})
PEOPLE = SpenderTable("People", "Person", (Spender("Ada", Decimal("16.4"), 3),))
THREAD = ThreadFigures(DAY, THREE, (PEOPLE,), NothingMerged(Used(6.1, 2), 16.4))
FOUR_SESSIONS = "4 sessions, as of Thu, Nov 26: 3 done, 1 running."
IN_WORDS = (
    "ACUs a day, Nov 24 \N{EN DASH} Nov 26: most on Thu, Nov 26 with 49.5; "
    "on Thu, Nov 26 spent 49.5, usual 30, limit's pace 40."
)


def test_the_thread_has_a_chart_then_the_tables_then_what_came_without_a_pull_request():
    chart, people, without = thread_posts(FIGURES, THREAD)
    for message in (chart, people, without):
        for form in message.forms():
            assert_valid(form)
    assert chart.text == IN_WORDS
    assert with_markup([chart.text, people.text, without.text]) == []
    assert written(chart.blocks) == FOUR_SESSIONS
    assert chart.blocks[1] == snapshot(
        {
            "type": "data_visualization",
            "title": "ACUs a day, Nov 24 \N{EN DASH} Nov 26",
            "chart": {
                "type": "line",
                "series": [
                    {
                        "name": "Spent",
                        "data": [
                            {"label": "Tue, Nov 24", "value": 20.0},
                            {"label": "Wed, Nov 25", "value": 0.0},
                            {"label": "Thu, Nov 26", "value": 49.5},
                        ],
                    },
                    {
                        "name": "Usual",
                        "data": [
                            {"label": "Tue, Nov 24", "value": 30.0},
                            {"label": "Wed, Nov 25", "value": 30.0},
                            {"label": "Thu, Nov 26", "value": 30.0},
                        ],
                    },
                    {
                        "name": "Limit's pace",
                        "data": [
                            {"label": "Tue, Nov 24", "value": 40.0},
                            {"label": "Wed, Nov 25", "value": 40.0},
                            {"label": "Thu, Nov 26", "value": 40.0},
                        ],
                    },
                ],
                "axis_config": {"categories": ["Tue, Nov 24", "Wed, Nov 25", "Thu, Nov 26"], "y_label": "ACUs"},
            },
        }
    )
    assert people.text == "People, Thu, Nov 26: Ada 16.4 ACUs, outside Slack 33.1 ACUs, total 49.5 ACUs"
    assert without.text == "With nothing merged: 6.1 ACUs of the 16.4 through Slack, in 2 sessions that are over."


def test_a_file_that_slack_does_not_take_is_replaced_by_how_to_get_it():
    made = FigureFile("", "all.csv", ("session", "acus"), [["=1+1", Decimal("1.50")]], ["Only some."])
    for first, days in {DAY: "Thu, Nov 26", date(2026, 11, 20): "Fri, Nov 20 to Thu, Nov 26"}.items():
        (shared,) = thread_posts(replace(FIGURES, outcomes={}), ThreadFigures(first, file=made))
        assert shared.text == f"Usage by session, {days}, as CSV. Only some."
        assert shared.file == MadeFile("all.csv", "session,acus\r\n'=1+1,1.50\r\n")
        assert_valid(shared.plainer)
        assert written(shared.plainer.blocks) == (
            f"Slack rejected the CSV file of usage by session, {days}. "
            f"Type `/devin usage {first}..2026-11-26 by session csv` to get it as a DM."
        )


def test_of_a_file_of_one_channel_no_command_is_named():
    made = FigureFile("", "all.csv", ("session", "acus"), [["a", Decimal("1.50")]])
    (shared,) = thread_posts(replace(FIGURES, here=True), ThreadFigures(DAY, file=made))
    not_shared = "Slack rejected the CSV file of usage by session in this channel, Thu, Nov 26."
    assert written(shared.plainer.blocks) == not_shared


def test_where_slack_draws_no_chart_it_is_a_line_of_characters():
    *_, plain = chart_message(line_chart(THREE), FOUR_SESSIONS).forms()
    assert written(plain.blocks) == f"{FOUR_SESSIONS}\n*ACUs a day, Nov 24 \N{EN DASH} Nov 26*\n`▄▁█`\n{IN_WORDS}"


def test_a_picture_of_the_chart_is_described_by_its_numbers():
    _, picture, _ = chart_message(line_chart(THREE), FOUR_SESSIONS).forms()
    assert (picture.text, picture.blocks) == (f"{FOUR_SESSIONS}\n{IN_WORDS}", [])
    assert picture.file.alt == (
        "ACUs a day, Nov 24 \N{EN DASH} Nov 26. Spent: Tue, Nov 24 20, Wed, Nov 25 0, Thu, Nov 26 49.5. "
        "Usual: 30, 30, 30. Limit's pace: 40, 40, 40."
    )


def test_the_description_of_the_largest_picture_is_no_longer_than_slack_takes():
    groups = [
        replace(THREE[0], first=day, last=day + timedelta(1), spent=1e8, usual=1e8, allowed=1e8) for day in days(20)
    ]
    (alt,) = [form.file.alt for form in chart_message(line_chart(groups)).forms() if form.file]
    assert len(alt) <= ALT_LIMIT


@pytest.mark.parametrize(("values", "drawn"), [([], ""), ([0, 0], "▁▁"), ([1], "█"), (range(8), "▁▂▃▄▅▆▇█")])
def test_characters_are_as_high_as_what_they_stand_for(values, drawn):
    assert sparkline(values) == drawn


def test_what_is_not_known_of_all_days_is_no_line():
    groups = (replace(THREE[0], usual=None), replace(THREE[1], allowed=None), THREE[2])
    assert [line.name for line in line_chart(groups).lines] == ["Spent"]


def test_where_others_spent_something_devin_has_a_line_beside_its_limit():
    own = tuple(replace(group, of_devin=group.spent) for group in THREE)
    assert [line.name for line in line_chart(own).lines] == ["Spent", "Usual", "Limit's pace"]
    chart = line_chart((own[0], own[1], replace(own[2], of_devin=4.5)))
    assert [(line.name, line.values[-1]) for line in chart.lines[2:]] == [
        ("Spent by Devin", 4.5),
        ("Pace of its limit", 40.0),
    ]
    assert chart.in_words.endswith("on Thu, Nov 26 spent 49.5, usual 30, spent by Devin 4.5, pace of its limit 40.")
    assert_valid(chart_message(chart))


def test_nothing_is_posted_of_which_there_is_nothing():
    assert thread_posts(Figures(DAY, total=0.0), ThreadFigures(DAY)) == ()
    bare = replace(THREAD, chart=(), tables=(), nothing_merged=NothingMerged(Used(), 16.4))
    (overall,) = thread_posts(FIGURES, bare)
    assert written(overall.blocks) == overall.text == FOUR_SESSIONS
    flat = tuple(replace(group, spent=0.0) for group in THREE)
    assert thread_posts(FIGURES, replace(bare, chart=flat)) == (overall,)
    no_acus = replace(FIGURES, total=0.0, through_slack=0.0, no_acus_reported=True)
    assert thread_posts(no_acus, replace(THREAD, tables=(), nothing_merged=None)) == ()


def test_the_thread_of_several_days_names_them_and_leaves_the_sessions_to_its_root():
    chart, people, _ = thread_posts(FIGURES, replace(THREAD, first=date(2026, 11, 24)))
    assert written(chart.blocks) == ""
    assert people.text.startswith("People, Tue, Nov 24 to Thu, Nov 26: Ada 16.4 ACUs, ")


def test_more_days_than_a_chart_has_room_for_are_put_together():
    known = dict.fromkeys(days(60), 1.0)
    groups = chart_groups(days(31), known, Pace(40.0, known))
    assert [(group.last - group.first).days + 1 for group in groups] == [1, *[2] * 15]
    assert groups[-1] == ChartGroup(date(2026, 11, 25), DAY, spent=2.0, usual=2.0, allowed=80.0, of_devin=2.0)
    chart = line_chart(groups)
    assert chart.title == "ACUs per 2 days, Oct 27 \N{EN DASH} Nov 26"
    assert chart.categories[-1] == "Nov 25 \N{EN DASH} Nov 26"
    assert_valid(chart_message(chart))


@given(st.integers(1, 100), st.lists(ACUS, min_size=100, max_size=100), st.sets(st.integers(0, 99)))
def test_the_groups_add_up_to_the_days_to_the_last_digit(count, acus, unknown):
    known = {day: amount for at, (day, amount) in enumerate(zip(days(100), acus, strict=True)) if at not in unknown}
    groups = chart_groups(days(count), known)
    shown = [day for day in days(count) if day in known]
    assert len(groups) <= MOST_GROUPS
    assert exact_sum(exact(group.spent) for group in groups) == exact_sum(exact(known[day]) for day in shown)
    assert [group.first for group in groups] == sorted({group.first for group in groups})
    if shown:
        assert (groups[0].first, groups[-1].last) == (shown[0], shown[-1])
        assert_valid(chart_message(line_chart(groups)))


def test_of_days_of_which_nothing_is_known_there_is_no_chart():
    assert chart_groups(days(3), {}, Pace(40.0, {})) == ()


def test_a_days_digest_has_a_point_for_each_day():
    assert len(chart_groups(days(CHART_DAYS), dict.fromkeys(days(60), 1.0))) == CHART_DAYS
