"""The root post of the daily digest."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.amounts import Money, half_up
from bot.domain.billing import Withheld, WithheldBecause
from bot.domain.cycle import calendar_month
from bot.domain.outcomes import Outcome
from bot.domain.session import DisplayState
from bot.features.consumption.forecast import Forecast
from bot.features.consumption.rules import Correction
from bot.features.consumption.sentences import CycleFigures
from bot.features.digest.digest_root import DigestFigures, Needing, PullRequestFigures, digest_root
from bot.features.usage.figure_sentences import NO_ACUS, NO_PARTS, NO_TOTAL, Figures
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

NOVEMBER = CycleFigures(calendar_month(date(2026, 11, 26)), 973.0, limit=1200.0, forecast=Forecast(1120.0, 1190.0))
FIGURES = Figures(
    day=date(2026, 11, 26),
    total=49.5,
    through_slack=16.4,
    usual=37.3,
    outcomes={Outcome.DONE: 3, Outcome.RUNNING: 1},
    cycle=NOVEMBER,
    corrections=(Correction(date(2026, 11, 25), 43.1, 43.4),),
    read_at=datetime(2026, 11, 27, 9, 5, tzinfo=UTC).timestamp(),
)
HOUR = 3600.0
PAGE = "https://app.devin.ai/sessions/a"
DEPLOY = Needing("Deploy 2.3 to production", DisplayState.APPROVAL, 23 * HOUR, "Ben", "https://acme.slack.com/p1", PAGE)
CARD = Needing("Which card?", DisplayState.WAITING, 45 * 60.0, "Ann")
LIMITED = Needing("Upgrade", DisplayState.LIMIT, 50 * HOUR)
FAILED = Needing("Fix the import", DisplayState.FAILED, 30.0, "Ada", "https://acme.slack.com/p2")
DIGEST = DigestFigures(
    FIGURES,
    posted_at=datetime(2026, 11, 27, 9, 5, tzinfo=UTC).timestamp(),
    needing=(DEPLOY, CARD),
    needing_by_state={DisplayState.APPROVAL: 1, DisplayState.WAITING: 1, DisplayState.FAILED: 1},
    pull_requests=PullRequestFigures(opened=8, merged=5, acus=10.1, acus_of_others=5.0),
)
FIRST = "*49.5 ACUs on Thu, Nov 26*  ▲ 33% (usual 37.3) · through Slack 16.4 · outside Slack 33.1"
CYCLE = "November: 973 of 1,200 ACUs (81%) · forecast 1,120\N{EN DASH}1,190"
MANY_MERGED = "1,200 PRs opened · 1,000 merged · 12.3 ACUs per merged PR, 12.3 counting sessions without one "
WITH_RATIO = "8 PRs opened · 5 merged · 2.0 ACUs per merged PR, 3.0 counting sessions without one (Slack, 14 days)"
READ = "Day 8:00 AM to 8:00 AM UTC, read 9:05 AM. Wed, Nov 25 corrected: 43.1 → 43.4 ACUs."


def lines(digest=DIGEST, **facts):
    message = digest_root(replace(digest, figures=replace(digest.figures, **facts)))
    assert_valid(message)
    return written(message.blocks).splitlines()


def test_the_whole_post():
    message = digest_root(DIGEST)
    assert_valid(message)
    assert written(message.blocks) == (
        f"{FIRST}\n{CYCLE}\n{WITH_RATIO}\n*Needs attention*\n"
        f":raised_hand: <https://acme.slack.com/p1|Deploy 2.3 to production> (<{PAGE}|Open in Devin>) · Ben · 23 h\n"
        f":speech_balloon: Which card? · Ann · 45 min\nand 1 more\n{READ}"
    )
    assert [block["type"] for block in message.blocks] == ["section", "section", "context"]
    assert message.text == "49.5 ACUs on Thu, Nov 26 (▲ 33%) · 2 sessions waiting · 1 failed"
    assert with_markup([message.text]) == []


def test_an_anomaly_is_a_line():
    expected = ":warning: Unusually high for a Thursday: up to 45 ACUs would be normal."
    assert lines(anomaly_limit=44.96)[1] == expected
    withheld = Withheld(WithheldBecause.PERMISSION, "ViewOrgConsumption")
    assert lines(anomaly_limit=44.96, total=None, withheld=withheld)[1] == expected
    assert expected not in lines(anomaly_limit=44.96, total=0.0, no_acus_reported=True)


def test_every_state_has_its_sign_and_five_are_listed():
    needing = (DEPLOY, CARD, LIMITED, FAILED, CARD, CARD)
    found = lines(replace(DIGEST, needing=needing, needing_by_state={DisplayState.WAITING: 7, DisplayState.FAILED: 1}))
    at = found.index("*Needs attention*")
    assert found[at + 3 : at + 7] == [
        ":no_entry: Upgrade · 2 d",
        ":x: <https://acme.slack.com/p2|Fix the import> · Ada · 0 min",
        ":speech_balloon: Which card? · Ann · 45 min",
        "and 3 more",
    ]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({}, ""),
        ({DisplayState.LIMIT: 1}, " · 1 session waiting"),
        ({DisplayState.FAILED: 2}, " · 2 failed"),
        ({DisplayState.WAITING: 1200, DisplayState.FAILED: 1}, " · 1,200 sessions waiting · 1 failed"),
    ],
)
def test_the_notification_says_who_waits(states, said):
    message = digest_root(replace(DIGEST, needing=(), needing_by_state=states))
    assert message.text == f"49.5 ACUs on Thu, Nov 26 (▲ 33%){said}"


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        (PullRequestFigures(), None),
        (PullRequestFigures(1, 0, 3.0), "1 PR opened · 0 merged (Slack, 14 days)"),
        (PullRequestFigures(8, 4, 10.1), "8 PRs opened · 4 merged (Slack, 14 days)"),  # too few to say anything
        (PullRequestFigures(8, 5, 0.0), "8 PRs opened · 5 merged (Slack, 14 days)"),  # a plan without ACUs
        (
            PullRequestFigures(1200, 1000, 12_345.0),
            "1,200 PRs opened · 1,000 merged · 12.3 ACUs per merged PR, 12.3 counting sessions without one ",
        ),
    ],
)
def test_a_ratio_stands_beside_its_basis_or_not_at_all(counts, line):
    found = [one for one in lines(replace(DIGEST, pull_requests=counts)) if "PR" in one]
    assert [one.partition("(Slack")[0] for one in found] == ([line.partition("(Slack")[0]] if line else [])


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        ({"usual": None}, "*49.5 ACUs on Thu, Nov 26* · through Slack 16.4 · outside Slack 33.1"),
        ({"usual": 49.5}, "*49.5 ACUs on Thu, Nov 26*  as usual · through Slack 16.4 · outside Slack 33.1"),
        ({"usual": 99.0}, "*49.5 ACUs on Thu, Nov 26*  ▼ 50% (usual 99) · through Slack 16.4 · outside Slack 33.1"),
        ({"total": 0.0, "through_slack": 0.0}, "*0 ACUs on Thu, Nov 26*  ▼ 100% (usual 37.3)"),
        (
            {"cost": Money(Decimal("111.375"), "USD"), "usual": None},
            "*49.5 ACUs (111.38 USD) on Thu, Nov 26* · through Slack 16.4 · outside Slack 33.1",
        ),
    ],
)
def test_the_first_line_has_what_has_a_basis(facts, first):
    assert lines(**facts)[0] == first


def test_a_bill_that_is_missing_is_explained_and_compared_with_nothing():
    found = lines(total=None, not_in_yet=date(2026, 11, 26))
    assert found[:2] == [
        "*16.4 ACUs through Slack on Thu, Nov 26*",
        "Devin's bill for Thursday, November 26, 2026 isn't in yet, so usage outside Slack isn't known.",
    ]
    assert found[-1] == "Day 8:00 AM to 8:00 AM UTC. Wed, Nov 25 corrected: 43.1 → 43.4 ACUs."
    assert lines(total=None)[1] == NO_TOTAL
    withheld = lines(total=None, withheld=Withheld(WithheldBecause.PERMISSION, "ViewOrgConsumption"))
    assert withheld[0] == "*16.4 ACUs through Slack on Thu, Nov 26*  ▼ 56% (usual 37.3)"
    assert withheld[-1] == snapshot(
        ":information_source: Counted from the sessions of Devin Bridge alone, because its key "
        "lacks the permission `ViewOrgConsumption`. A Devin admin can grant it to the service "
        "user."
    )


def test_a_plan_without_acus_has_sessions_and_time_instead():
    facts = {"total": 0.0, "through_slack": 0.0, "no_acus_reported": True, "worked": 19_200.0}
    found = lines(**facts)
    assert found[:5] == [
        "*Devin on Thu, Nov 26*",
        NO_ACUS,
        "4 sessions, as of Thu, Nov 26: 3 done, 1 running.",
        "Devin worked for 5 h 20 min on the finished ones.",
        WITH_RATIO,
    ]
    text = digest_root(replace(DIGEST, figures=replace(FIGURES, **facts))).text
    assert (
        text
        == "Devin on Thu, Nov 26 · 4 sessions, as of Thu, Nov 26: 3 done, 1 running · 2 sessions waiting · 1 failed"
    )
    assert lines(no_acus_reported=True)[1] == snapshot(NO_PARTS)
    assert lines(**facts, no_acus_said=True)[1] == "Devin reports no ACUs."


def test_corrected_bills_stand_behind_the_day():
    days = [Correction(date(2026, 11, day), 43.1, 43.4) for day in (25, 24, 23, 22, 21)]
    named = [f"{day} corrected: 43.1 → 43.4 ACUs." for day in ("Wed, Nov 25", "Tue, Nov 24", "Mon, Nov 23")]
    for count, more in ((0, []), (3, []), (4, ["and 1 more day."]), (5, ["and 2 more days."])):
        said = ["Day 8:00 AM to 8:00 AM UTC, read 9:05 AM.", *named[: min(count, 3)], *more]
        assert lines(corrections=tuple(days[:count]))[-1] == " ".join(said)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (43.1, 43.4, ("43.1", "43.4 ACUs")),
        (43.12, 43.17, ("43.1", "43.2 ACUs")),
        (43.05, 43.14, ("43.05", "43.14 ACUs")),  # both are 43.1 in one decimal
        (1.0, 0.95, ("1", "0.95 ACUs")),
        (0.0, 0.05, ("0", "0.1 ACUs")),
        (2.0, 1.0, ("2", "1 ACU")),
    ],
)
def test_a_correction_has_one_decimal_and_two_where_one_would_show_no_change(before, after, shown):
    found = lines(corrections=(Correction(date(2026, 11, 25), before, after),))
    assert found[-1] == f"Day 8:00 AM to 8:00 AM UTC, read 9:05 AM. Wed, Nov 25 corrected: {shown[0]} → {shown[1]}."


def test_a_bill_read_long_ago_says_on_which_day():
    assert lines(read_at=datetime(2026, 11, 26, 12, 0, tzinfo=UTC).timestamp(), corrections=())[-1] == (
        snapshot("Day 8:00 AM to 8:00 AM UTC, read Nov 26 at 12:00 PM.")
    )


@given(st.decimals(0, 10_000, places=3).map(float), st.decimals(0, 10_000, places=3).map(float))
def test_the_parts_that_are_shown_add_up_to_the_total_that_is_shown(total, own):
    first, *parts = lines(total=total, through_slack=own, usual=None)[0].split(" · ")
    whole = _amount(first.removeprefix("*").split(" ACU")[0])
    assert whole == (half_up(total, 1) if parts else 0)
    amounts = [_amount(part.removeprefix("through Slack ").removeprefix("outside Slack ")) for part in parts]
    assert sum(amounts) == whole
    assert all(amount >= 0 for amount in amounts) or own > total


def _amount(text):
    return Decimal(0) if text == "under 0.1" else Decimal(text.replace(",", ""))


def test_extreme_input_stays_within_the_limits_and_calls_nobody():
    needing = Needing(NASTY * 500, DisplayState.WAITING, 1e9, NASTY * 9, "https://acme.slack.com/" + "p" * 900)
    message = digest_root(
        replace(
            DIGEST,
            figures=replace(FIGURES, total=None, withheld=Withheld(WithheldBecause.PERMISSION, NASTY * 99)),
            needing=(needing,) * 100,
            needing_by_state={DisplayState.WAITING: 100_000},
        )
    )
    assert_valid(message)
    assert_calls_nobody(message)
