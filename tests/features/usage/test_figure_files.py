"""Figures as CSV files: rows that add up exactly, and what is said about them."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.amounts import exact, exact_sum
from bot.domain.billing import Period, Withheld, WithheldBecause
from bot.domain.periods import Span, days_between
from bot.domain.questions import By, Question
from bot.features.report.rules import outcomes_of
from bot.features.report.sentences import report_file
from bot.features.usage.figure_files import FilePart, no_bill, running, usage_file
from bot.features.usage.figure_sentences import NO_ACUS, Figures
from bot.views.csv import csv_text
from bot.views.doubts import ABOUT

TUESDAY = date(2026, 5, 19)
WEEK = Span(date(2026, 5, 13), TUESDAY, days_between(date(2026, 5, 13), TUESDAY), (date(2026, 5, 20),))
BY_PERSON = Question(Period.WEEK, by=By.PERSON, as_file=True)
PARTS = [FilePart(("Ada", "U0ADA"), Decimal("0.1"), 1, 2), FilePart(("=ben", "U0BEN"), Decimal("0.2"), 3, 0)]


def lines(made):
    return csv_text(made.header, made.rows).splitlines()


def test_what_people_used_ends_with_elsewhere_and_the_total():
    figures = Figures(TUESDAY, total=20.35, through_slack=0.3)
    made = usage_file(BY_PERSON, WEEK, figures, PARTS, Decimal("20.35"))
    assert lines(made) == [
        "person,person_id,acus,sessions,pull_requests",
        "Ada,U0ADA,0.1,1,2",
        "'=ben,U0BEN,0.2,3,0",
        "outside Slack,,20.05,,",
        "total,,20.35,,",
    ]
    assert (made.title, made.name) == (
        "Devin in the last seven days, by person",
        "devin-usage-2026-05-13-to-2026-05-19-by-person.csv",
    )
    assert made.notes == ["Wed, May 20 isn't finished and isn't in the total."]


def test_a_file_says_of_which_days_what_came_through_slack_is_only_about_right():
    why = ABOUT.format(days="Tue, May 19")
    made = usage_file(BY_PERSON, WEEK, Figures(TUESDAY, total=20.35, through_slack=0.3, about=(TUESDAY,)), PARTS, None)
    assert made.notes[0] == why
    own, days = (
        Figures(TUESDAY, through_slack=0.3, about_each=(TUESDAY,)),
        [FilePart(("2026-05-19",), Decimal("0.3"), 1)],
    )
    assert why in usage_file(Question(None, "2026-05-18..2026-05-19"), WEEK, own, days, None).notes
    assert why not in usage_file(BY_PERSON, WEEK, own, PARTS, None).notes


def test_without_a_division_each_day_is_a_row():
    figures = Figures(TUESDAY, total=1.5)
    parts = [FilePart(("2026-05-18",), Decimal("0.123456789"), 2), FilePart(("2026-05-19",), Decimal("1.376543211"), 0)]
    made = usage_file(Question(None, "2026-05-18..2026-05-19"), WEEK, figures, parts, None)
    assert lines(made) == [
        *("day,acus,sessions", "2026-05-18,0.123456789,2", "2026-05-19,1.376543211,0"),
        "total,1.500000000,",
    ]


def test_without_a_bill_there_is_no_elsewhere_and_why_is_said():
    withheld = Withheld(WithheldBecause.PERMISSION, "ViewOrgConsumption")
    figures = Figures(TUESDAY, through_slack=0.3, withheld=withheld)
    made = usage_file(BY_PERSON, WEEK, figures, PARTS, None)
    assert lines(made)[-1] == "total through Slack,,0.3,,"
    reason = (
        ":information_source: Counted from the sessions of Devin Bridge alone, because its key "
        "lacks the permission `ViewOrgConsumption`. A Devin admin can grant it to the service "
        "user."
    ).removeprefix(":information_source: ")
    assert made.notes[0] == reason
    assert no_bill(figures).text == f"Only Devin's bill has this breakdown. So there's no file. {reason}"


def test_below_zero_elsewhere_has_a_sentence():
    figures = Figures(TUESDAY, total=0.25, through_slack=0.3)
    made = usage_file(BY_PERSON, WEEK, figures, PARTS, Decimal("0.25"))
    assert lines(made)[-2:] == ["outside Slack,,-0.05,,", "total,,0.25,,"]
    assert made.notes[0].startswith("Added up session by session, 0.3 ACUs came through Slack")


def test_a_plan_without_acus_has_sessions_time_and_pull_requests():
    figures = Figures(TUESDAY, total=0.0, no_acus_reported=True)
    made = usage_file(BY_PERSON, WEEK, figures, [FilePart(("Ada", "U0ADA"), Decimal(0), 2, 1, 600.4)], Decimal(0))
    assert lines(made) == ["person,person_id,acus,sessions,pull_requests,worked_seconds", "Ada,U0ADA,,2,1,600"]
    assert made.notes[0] == snapshot(NO_ACUS)


def test_without_names_there_is_no_column_for_ids():
    figures = Figures(TUESDAY, total=1.0)
    parts = [FilePart(("3 people",), Decimal("0.3"), 4, 2)]
    made = usage_file(BY_PERSON, WEEK, figures, parts, Decimal(1), shows_people=False)
    assert lines(made)[:2] == ["people,acus,sessions,pull_requests", "3 people,0.3,4,2"]
    by_session = usage_file(Question(Period.WEEK, by=By.SESSION), WEEK, figures, [], Decimal(1), shows_people=False)
    assert lines(by_session)[0] == "session,url,thread,acus,pull_requests"


def test_more_than_a_file_takes_are_one_row():
    parts = [*PARTS, FilePart(("7 others",), Decimal("0.5"), 7, 0, of_others=True)]
    made = usage_file(BY_PERSON, WEEK, Figures(TUESDAY, total=1.0), parts, Decimal(1))
    assert lines(made)[-3:] == ["7 others,,0.5,7,0", "outside Slack,,0.2,,", "total,,1.0,,"]
    assert made.notes[-1] == "Only the 2,000 that used most have their own rows."


AMOUNTS = st.floats(0, 1e9, allow_nan=False).map(exact)


@given(st.lists(AMOUNTS), AMOUNTS)
def test_a_file_adds_up_to_the_bill_to_the_last_digit(amounts, billed):
    parts = [FilePart((f"p{number}", "U"), acus) for number, acus in enumerate(amounts)]
    made = usage_file(BY_PERSON, WEEK, Figures(TUESDAY, total=float(billed)), parts, billed)
    *rows, total = list(csv.DictReader(io.StringIO(csv_text(made.header, made.rows))))
    assert rows[-1]["person"] == "outside Slack"
    assert exact_sum(Decimal(row["acus"]) for row in rows) == Decimal(total["acus"]) == billed


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Question(Period.TODAY), "Today isn't over, and a file has only finished days."),
        (Question(Period.MONTH), "No day of this period is finished yet, and a file has only finished days."),
    ],
)
def test_a_running_day_is_in_no_file(question, answer):
    typed = "/devin usage yesterday csv"
    assert running(question, typed).text == f"{answer} Type `{typed}` instead."


def test_a_report_has_counts_and_acus_and_no_total():
    nothing = outcomes_of([], [], {}, 0.0)
    made = report_file(
        Question(Period.WEEK, by=By.REPO), WEEK, [(("acme/web",), nothing), (("acme/api",), nothing)], shows_people=True
    )
    assert lines(made) == [
        "repo,pull_requests_opened,merged,closed_unmerged,open,open_over_14_days,acus,acus_of_all,sessions_with_pull_request,sessions_without,sessions_over_without_one,acus_over_without_one,sessions_closed_unmerged,acus_closed_unmerged,sessions_open_over_14_days,acus_open_over_14_days,times_to_merge,median_seconds_to_merge,rated_good,rated_bad",
        "acme/web,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,,,",
        "acme/api,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,,,",
    ]
    assert made.name == "devin-report-2026-05-13-to-2026-05-19-by-repo.csv"
