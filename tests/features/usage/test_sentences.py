"""The answers to questions about usage: their titles, their rows, and what is said of a range without figures."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.amounts import exact_sum, half_up
from bot.domain.billing import Period, Withheld, WithheldBecause, billing_day, bounds
from bot.domain.cycle import calendar_month
from bot.domain.periods import RangeFault, RefusedRange, Span, days_between, span_of_period
from bot.domain.questions import By, Question
from bot.features.usage import part_names
from bot.features.usage.acus_by_day import AcusByDay
from bot.features.usage.division_sentences import ELSEWHERE, MOST_ROWS, UsagePart, divide, rows_as_lines
from bot.features.usage.figure_sentences import NO_ACUS, NO_PARTS, NO_TOTAL, Figures
from bot.features.usage.sentences import Apart, divided, heading, nothing_finished, refused_range, usage
from bot.views.pull_requests import repository_name
from bot.views.text import when
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

MARCH = days_between(date(2025, 3, 1), date(2025, 3, 9))
TODAY = date(2025, 3, 10)
SPAN = Span(MARCH[0], date(2025, 3, 31), MARCH, (TODAY,))
FIGURES = Figures(day=MARCH[-1], total=12.5, through_slack=8.0)
APART = Apart((TODAY,), 3.25)


def utc(*clock: int) -> float:
    return datetime(*clock, tzinfo=UTC).timestamp()


def ours(*amounts):
    return [UsagePart(f"part {number}", Decimal(str(acus))) for number, acus in enumerate(amounts)]


# ---------------------------------------------------------------- shares


@given(st.lists(st.floats(0, 1e6), max_size=60), st.none() | st.floats(0, 1e8))
def test_rows_add_up_to_the_total_that_is_shown(amounts, total):
    parts = [UsagePart("one", Decimal(repr(round(acus, 6)))) for acus in amounts]
    figures = replace(FIGURES, total=total, through_slack=sum(float(part.acus) for part in parts))
    rows = divide(parts, figures)
    shown = figures.through_slack if total is None else total
    assert exact_sum(row.acus.shown for row in rows) == half_up(shown, 1)


# ---------------------------------------------------------------- rows


def lines(parts, **facts):
    return rows_as_lines(divide(parts, replace(FIGURES, **facts)))


def test_what_did_not_come_through_slack_is_the_last_row():
    parts = [UsagePart("Ann", Decimal("7.96"), sessions=3), UsagePart("Ben", Decimal("0.04"), sessions=1)]
    assert lines(parts) == [
        "• Ann: 8 ACUs · 3 sessions",
        "• Ben: under 0.1 ACUs · 1 session",
        "• outside Slack: 4.5 ACUs",
    ]
    assert lines(ours(8), total=8.0)[-1] == "• outside Slack: 0 ACUs"
    assert lines([], through_slack=0.0) == ["• outside Slack: 12.5 ACUs"]
    assert lines([], through_slack=0.0, total=0.0) == []
    assert lines(ours(8), total=None) == ["• part 0: 8 ACUs"]


# ---------------------------------------------------------------- what is only about right


WHY = "Approximate for {}: Devin Bridge was offline when a billing day ended. Some ACUs might belong to the day before or after."
SUN, MON, TUE, WED = (date(2025, 3, day) for day in (2, 3, 4, 5))
ONE_DAY = Question(Period.YESTERDAY)


def in_words(figures, question=ONE_DAY, day=MARCH[-1], apart=APART):
    return str(usage(question, Span(day, day, (day,)), figures, apart).blocks)


def test_days_between_which_acus_divide_nobody_knows_how_are_about_unless_all_are_in_the_sum():
    amounts = AcusByDay(doubts=((MON, TUE), (TUE, WED)))
    assert amounts.about((SUN,)) == ()
    assert amounts.about((MON,)) == (MON,)
    assert amounts.about((SUN, MON, TUE)) == (TUE,)
    assert amounts.about((MON, TUE, WED)) == ()
    assert amounts.about_each((SUN, MON, TUE, WED)) == (MON, TUE, WED)


def test_parts_and_sums_that_are_about_right_are_called_so_and_the_bill_is_not():
    split = in_words(replace(FIGURES, about=(MON,)))
    assert "*12.5 ACUs*" in split
    assert "about 8 through Slack, about 4.5 outside Slack" in split
    assert WHY.format("Mon, Mar 3") in split
    own = in_words(replace(FIGURES, total=None, about=(MON, TUE)))
    assert "*about 8 ACUs* through Slack" in own
    assert WHY.format("Mon, Mar 3 to Tue, Mar 4") in own
    assert "*about 8 ACUs*" in in_words(replace(FIGURES, total=8.0, about=(MON,), here=True))
    assert "bout" not in in_words(replace(FIGURES, about_each=(MON,)))


def test_the_running_day_is_about_right_where_it_may_have_some_of_a_day_before():
    assert "Mon, Mar 10 isn't finished and isn't in the total: about 3 ACUs through Slack so far." in in_words(
        FIGURES, apart=Apart((TODAY,), None, 3.0, is_about=True)
    )


def test_days_by_our_own_count_are_about_right_each_by_itself():
    figures = replace(FIGURES, total=None, about_each=(MON, TUE))
    parts = [UsagePart("Mon", Decimal(8), is_about=True), UsagePart("Sun", Decimal(0))]
    shown = str(divided(Question(Period.WEEK, by=By.DAY), SPAN, figures, parts, Apart()).blocks)
    assert "• Mon: about 8 ACUs" in shown
    assert "*8 ACUs* through Slack" in shown
    assert WHY.format("Mon, Mar 3 to Tue, Mar 4") in shown
    assert "bout" not in str(divided(Question(Period.WEEK, by=By.PERSON), SPAN, figures, ours(8), Apart()).blocks)


def test_more_of_our_own_than_was_billed_is_explained():
    answer = divided(Question(Period.MONTH, by=By.PERSON), SPAN, replace(FIGURES, total=7.5), ours(8), Apart())
    assert "• outside Slack: -0.5 ACUs" in written(answer.blocks)
    assert written(answer.blocks).endswith(
        "Added up session by session, 8 ACUs came through Slack. Devin's bill is lower: it has a credit, or counts use around 8:00 AM UTC toward another day."
    )


def test_at_most_so_many_rows_and_the_others_in_sum():
    amounts = [1.25] * (MOST_ROWS + 12)
    found = lines(ours(*amounts), through_slack=40.0, total=50.0)
    assert len(found) == MOST_ROWS + 2
    # The rounded rows before it have what these twelve lost.
    assert found[-2:] == ["• and 12 more: 14.4 ACUs", "• outside Slack: 10 ACUs"]


def test_the_others_may_come_in_sum_already():
    parts = [*ours(*[2.0] * MOST_ROWS), UsagePart("", Decimal("3.41"), others=1_200)]
    assert lines(parts, through_slack=43.41, total=None)[-1] == "• and 1,200 more: 3.4 ACUs"


def test_the_others_may_be_next_to_nothing():
    found = lines(ours(*[3.0] * MOST_ROWS, 0.01, 0.01), through_slack=60.02, total=None)
    assert found[-1] == "• and 2 more: under 0.1 ACUs"


def test_a_part_of_the_bill_below_zero_is_explained():
    parts = [UsagePart("devin", Decimal(13), ours=False), UsagePart("other", Decimal("-0.5"), ours=False)]
    answer = divided(Question(Period.WEEK, by=By.PRODUCT), SPAN, FIGURES, parts, Apart())
    assert written(answer.blocks).endswith(
        "• devin: 13 ACUs\n• other: -0.5 ACUs\nother is below zero: Devin's bill has a credit there."
    )


def test_where_devin_reports_no_acus_sessions_time_and_pull_requests_are_shown():
    parts = [
        UsagePart("Ann", sessions=3, worked=7500.0, pull_requests=1),
        UsagePart("Ben", sessions=1, worked=0.0, pull_requests=0),
    ]
    figures = Figures(day=MARCH[-1], no_acus_reported=True, total=0.0)
    answer = divided(Question(Period.MONTH, by=By.PERSON), SPAN, figures, parts, Apart((TODAY,)))
    assert answer.text == "Devin in March, so far, by person."
    assert written(answer.blocks) == (
        "Devin in March, so far, by person\n"
        "9 finished billing days, March 1\N{EN DASH}9, 2025, each 8:00 AM to 8:00 AM UTC.\n"
        f"{NO_ACUS}\n"
        "• Ann: 3 sessions · 2 h 5 min · 1 pull request\n• Ben: 1 session\n"
        "Mon, Mar 10 isn't finished and isn't in the total."
    )
    nothing = divided(Question(Period.MONTH, by=By.PRODUCT), SPAN, figures, [], Apart())
    assert written(nothing.blocks).endswith(NO_ACUS)
    billed = replace(figures, total=5.0)
    assert NO_PARTS in written(divided(Question(Period.MONTH, by=By.PERSON), SPAN, billed, parts, Apart()).blocks)


# ---------------------------------------------------------------- whole answers


def test_a_divided_answer():
    answer = divided(Question(Period.MONTH, by=By.PERSON), SPAN, FIGURES, ours(6, 2), APART)
    assert_valid(answer)
    assert answer.text == "Devin in March, so far, by person: 12.5 ACUs."
    assert written(answer.blocks) == (
        "Devin in March, so far, by person\n"
        "9 finished billing days, March 1\N{EN DASH}9, 2025, each 8:00 AM to 8:00 AM UTC.\n*12.5 ACUs*\n"
        "• part 0: 6 ACUs\n• part 1: 2 ACUs\n• outside Slack: 4.5 ACUs\n"
        "Mon, Mar 10 isn't finished and isn't in the total: 3.3 ACUs so far."
    )


def test_nothing_to_divide_and_no_bill_to_divide():
    question = Question(Period.MONTH, by=By.PRODUCT)
    nothing = divided(question, SPAN, replace(FIGURES, total=0.0, through_slack=0.0), [], Apart())
    assert written(nothing.blocks).endswith("*0 ACUs*\nNothing was used in this period.")
    unread = divided(question, SPAN, replace(FIGURES, total=None), None, Apart())
    assert written(unread.blocks).endswith(f"*8 ACUs* through Slack\n{NO_TOTAL}\nOnly Devin's bill has this breakdown.")


@pytest.mark.parametrize(
    ("late", "named"),
    [
        ((9,), "Sunday, March 9, 2025"),
        ((7, 9), "Fri, Mar 7 and Sun, Mar 9"),
        ((4, 7, 9), "3 days from Tue, Mar 4 to Sun, Mar 9"),
    ],
)
def test_while_days_are_not_in_yet_it_is_not_said_that_nothing_was_used(late, named):
    days = [date(2025, 3, day) for day in late]
    # Days before and behind the period are none of it.
    amounts = AcusByDay(late=frozenset([*days, date(2025, 2, 28), TODAY]))
    figures = replace(FIGURES, total=None, through_slack=0.0, not_in_yet=days[0], amounts=amounts)
    answer = divided(Question(Period.MONTH, by=By.PERSON), SPAN, figures, [], Apart())
    assert written(answer.blocks) == (
        "Devin in March, so far, by person\n9 finished billing days, March 1\N{EN DASH}9, 2025, each "
        f"8:00 AM to 8:00 AM UTC.\n*0 ACUs* through Slack\nDevin's bill for {named} isn't in yet, "
        "so usage outside Slack isn't known.\nNo known usage so far."
    )


def test_of_a_bill_that_devin_does_not_show_it_is_not_said_that_nothing_was_used():
    withheld = Withheld(WithheldBecause.PERMISSION, "ViewOrgConsumption")
    figures = replace(FIGURES, total=None, through_slack=0.0, withheld=withheld)
    answer = written(divided(Question(Period.MONTH, by=By.PERSON), SPAN, figures, [], Apart()).blocks)
    assert answer.splitlines()[2:4] == [
        "*0 ACUs* through Slack",
        "No Devin Bridge session used anything in this period.",
    ]


@pytest.mark.parametrize(
    ("question", "span", "found"),
    [
        (
            Question(Period.TODAY),
            Span(TODAY, TODAY, (TODAY,), running=(TODAY,)),
            ("Devin today, so far", "Billing day Monday, March 10, 2025, 8:00 AM to 8:00 AM UTC, still running."),
        ),
        (
            Question(Period.YESTERDAY),
            Span(MARCH[-1], MARCH[-1], MARCH[-1:]),
            ("Devin yesterday", "Billing day Sunday, March 9, 2025, 8:00 AM to 8:00 AM UTC."),
        ),
        (
            Question(Period.WEEK),
            Span(MARCH[2], MARCH[-1], MARCH[2:]),
            (
                "Devin in the last seven days",
                "Seven billing days up to Sunday, March 9, 2025, each 8:00 AM to 8:00 AM UTC.",
            ),
        ),
        (
            Question(Period.MONTH),
            SPAN,
            (
                "Devin in March, so far",
                "9 finished billing days, March 1\N{EN DASH}9, 2025, each 8:00 AM to 8:00 AM UTC.",
            ),
        ),
        (
            Question(Period.CYCLE),
            Span(date(2024, 12, 29), date(2025, 3, 28), days_between(date(2024, 12, 29), MARCH[-1])),
            (
                "Devin in this billing cycle, so far",
                "71 finished billing days, December 29, 2024 \N{EN DASH} March 9, 2025, each 8:00 AM to 8:00 AM UTC.",
            ),
        ),
        (
            Question(None, "…"),
            Span(date(2025, 2, 27), date(2025, 3, 2), days_between(date(2025, 2, 27), date(2025, 3, 2))),
            (
                "Devin, February 27 \N{EN DASH} March 2, 2025",
                "4 finished billing days, February 27 \N{EN DASH} March 2, 2025, each 8:00 AM to 8:00 AM UTC.",
            ),
        ),
        (
            Question(None, "…"),
            Span(MARCH[0], MARCH[0], MARCH[:1]),
            ("Devin on March 1, 2025", "Billing day Saturday, March 1, 2025, 8:00 AM to 8:00 AM UTC."),
        ),
    ],
)
def test_an_answer_says_which_days_it_means(question, span, found):
    assert heading(question, span) == found


@pytest.mark.parametrize(
    ("now", "period", "title", "days"),
    [
        (utc(2026, 12, 1, 4), Period.MONTH, "Devin in November, so far", "November 1\N{EN DASH}29, 2026"),
        (utc(2026, 12, 1, 9, 30), Period.LAST_MONTH, "Devin in November 2026", "November 1\N{EN DASH}30, 2026"),
        (utc(2026, 12, 1, 8, 30), Period.LAST_MONTH, "Devin in November 2026, so far", "November 1\N{EN DASH}29, 2026"),
        (utc(2026, 12, 1, 9, 30), Period.MONTH, "Devin in December, so far", ""),
        (utc(2026, 12, 31, 23), Period.MONTH, "Devin in December, so far", "December 1\N{EN DASH}30, 2026"),
        (utc(2027, 1, 1, 4), Period.MONTH, "Devin in December, so far", "December 1\N{EN DASH}30, 2026"),
        (utc(2027, 1, 1, 9, 30), Period.LAST_MONTH, "Devin in December 2026", "December 1\N{EN DASH}31, 2026"),
        (utc(2027, 1, 1, 4), Period.TODAY, "Devin today, so far", "Thursday, December 31, 2026"),
    ],
)
def test_at_the_ends_of_months_the_days_that_count_are_named(now, period, title, days):
    span = span_of_period(period, now, calendar_month(billing_day(now)), date(2026, 9, 1))
    said, scope = heading(Question(period), span)
    assert said == title
    assert days in scope
    assert bool(scope) == bool(days)


def test_a_period_without_a_finished_day_says_so():
    answer = nothing_finished(Question(Period.MONTH), Span(TODAY, TODAY, (), (TODAY,)), Apart((TODAY,), None, 2.5))
    assert_valid(answer)
    more = "Mon, Mar 10 isn't finished and isn't in the total: 2.5 ACUs through Slack so far."
    assert answer.text == f"Devin in March, so far: No day of this period is finished yet. {more}"
    assert written(answer.blocks) == f"Devin in March, so far\nNo day of this period is finished yet.\n{more}"


def test_the_days_that_are_not_finished_stand_apart():
    answer = usage(Question(Period.MONTH), SPAN, FIGURES, Apart((MARCH[-1], TODAY), 3.0))
    assert_valid(answer)
    assert written(answer.blocks).endswith(
        "Sun, Mar 9 and Mon, Mar 10 aren't finished and aren't in the total: 3 ACUs so far."
    )


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            RangeFault.MALFORMED,
            "`2025-02-30` isn't a valid date. Write a month such as `2026-10`, a day such as `2026-11-26`, or two days such as `2026-11-01..2026-11-15`.",
        ),
        (RangeFault.REVERSED, "`2025-02-30` ends before it begins. Write the earlier day first."),
        (
            RangeFault.FUTURE,
            (
                "`2025-02-30` ends in the future. The latest end date is today's billing day, March 10, 2025, "
                f"which ends {when(bounds(TODAY)[1])}."
            ),
        ),
        (
            RangeFault.NOT_KEPT,
            "There are no figures from before March 1, 2025. Start the range on that day or later.",
        ),
    ],
)
def test_a_range_without_figures_gets_a_sentence(fault, said):
    assert refused_range(RefusedRange(fault, "2025-02-30", TODAY, MARCH[0])).text == said


# ---------------------------------------------------------------- names


def test_what_others_wrote_calls_nobody():
    names = [
        part_names.person("U1", NASTY),
        part_names.playbook(NASTY),
        part_names.repository(NASTY),
        part_names.session(NASTY * 9, "https://acme.slack.com/p1", None, NASTY),
        part_names.product(NASTY),
    ]
    answer = divided(
        Question(Period.WEEK, by=By.PERSON),
        SPAN,
        FIGURES,
        [UsagePart(name, Decimal(1)) for name in names * 20],
        Apart(),
    )
    assert_valid(answer)
    assert_calls_nobody(answer)
    assert with_markup([answer.text]) == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/web/pull/12", "acme/web"),
        ("https://gitlab.com/acme/group/api/-/merge_requests/3", "acme/group/api"),
        ("https://git.acme.test/acme/web/pull/12", "git.acme.test/acme/web"),
        ("https://git.acme.test/changes/12", None),
    ],
)
def test_a_repository_is_named_by_a_pull_request(url, name):
    assert repository_name(url) == name


def test_twenty_sessions_with_long_addresses_fit_with_the_row_of_elsewhere():
    name = part_names.session("x" * 200, "https://acme.slack.com/" + "p" * 270, None, "y" * 200)
    parts = [UsagePart(name, Decimal("0.4"))] * MOST_ROWS
    answer = divided(Question(Period.WEEK, by=By.SESSION), SPAN, FIGURES, parts, Apart())
    assert_valid(answer)
    assert "• outside Slack: 4.5 ACUs" in written(answer.blocks)
    assert "<" not in part_names.session("x", "https://acme.slack.com/" + "p" * 300, None, None)


def test_parts_of_which_little_is_known_have_names_too():
    assert part_names.person("", None) == "people whose data was erased"
    assert part_names.person("U1", None) == "<@U1>"
    assert part_names.channel("D") == "DMs"
    assert part_names.playbook(None) == "no playbook"
    assert part_names.repository(None) == "no repository known"
    assert part_names.product("other") == "other"
    assert ELSEWHERE == "outside Slack"
