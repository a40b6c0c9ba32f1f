"""The tables in the thread of a digest: their rows add up to the day's total as it is shown."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.amounts import exact, exact_sum, half_up
from bot.features.digest.posts import LastColumn, Spender, SpenderTable, spender_table
from bot.features.usage.figure_sentences import Figures
from bot.views.figure_tables import table_message
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

DAY = "Thu, Nov 26"
PEOPLE = SpenderTable(
    "People",
    "Person",
    (Spender("Ada", Decimal("8.25"), 3), Spender("Ben", Decimal("5.15"), 1)),
    Spender("others", Decimal("3.0"), 7),
)
AMOUNTS = st.decimals(0, 10_000, places=4)


def figures(table, total):
    """What the root says: the table divides what came through Slack."""
    spenders = [*table.rows, *([table.others] if table.others else [])]
    return Figures(date(2026, 11, 26), total, float(exact_sum(spender.acus for spender in spenders)))


def rows(table, total):
    built = spender_table(table, figures(table, total), DAY)
    return [[cell.text for cell in row] for row in built.rows]


def test_the_rows_end_with_elsewhere_and_the_total():
    assert rows(PEOPLE, 49.5) == [
        ["Ada", "8.3", "17%", "3"],
        ["Ben", "5.1", "10%", "1"],
        ["others", "3.0", "6%", "7"],
        ["outside Slack", "33.1", "67%", ""],
        ["total", "49.5", "100%", "11"],
    ]


def test_without_a_bill_our_own_count_is_the_total_and_beside_a_lower_one_the_bill_still_is():
    assert [row[1] for row in rows(PEOPLE, None)] == ["8.3", "5.1", "3.0", "16.4"]
    assert [row[1:3] for row in rows(PEOPLE, 10.0)] == [
        ["8.3", "83%"],
        ["5.1", "51%"],
        ["3.0", "30%"],
        ["-6.4", "-64%"],
        ["10.0", "100%"],
    ]
    empty = replace(PEOPLE, rows=(), others=None)
    assert spender_table(empty, figures(empty, 10.0), DAY) is None


def test_an_amount_that_is_rounded_to_nothing_is_little_and_not_nothing():
    little = SpenderTable("People", "Person", (Spender("Ada", Decimal("1.96")), Spender("Ben", Decimal("0.04"))))
    assert [row[1] for row in rows(little, 2.0)] == ["2.0", "under 0.1", "2.0"]


@given(st.lists(AMOUNTS, min_size=1, max_size=8), AMOUNTS | st.none())
def test_all_rows_add_up_to_the_total_that_is_shown_and_all_shares_to_the_whole(acus, total):
    table = SpenderTable("People", "Person", [Spender(f"p{at}", amount) for at, amount in enumerate(acus)])
    billed = None if total is None else float(total)
    *parts, (_, whole, share, _) = spender_table(table, figures(table, billed), DAY).rows
    amounts = [exact(row[1].value) for row in parts]
    assert sum(amounts) == exact(whole.value) == half_up(exact_sum(acus) if total is None else total, 1)
    assert sum(row[2].value for row in parts) == share.value
    assert share.value == (100 if (exact_sum(acus) if total is None else half_up(total, 6)) else 0)
    for amount, shown in zip(acus, amounts, strict=False):
        assert abs(shown - amount) < Decimal("0.1")
    assert all(row[1].text in {f"{half_up(row[1].value, 1):,}", "under 0.1"} for row in parts)


def test_a_table_has_three_forms_that_say_the_same():
    sessions = SpenderTable(
        "Sessions",
        "Session",
        (
            Spender(
                "Fix the login test", Decimal("1.25"), url="https://acme.slack.com/p1", page="https://d/s1", asker="Ann"
            ),
            Spender("Upgrade", Decimal("0.25")),
        ),
        last=LastColumn.ASKER,
    )
    message = table_message(spender_table(sessions, figures(sessions, 2.0), DAY))
    forms = message.forms()
    for form in forms:
        assert_valid(form)
        assert form.text == message.text
        assert with_markup([form.text]) == []
    assert message.text == (
        "Sessions, Thu, Nov 26: Fix the login test 1.3 ACUs, Upgrade 0.2 ACUs, outside Slack 0.5 ACUs, total 2.0 ACUs"
    )
    assert [[block["type"] for block in form.blocks] for form in forms] == [
        ["data_table"],
        ["section", "table"],
        ["section"],
    ]
    assert written(forms[-1].blocks) == (
        "*Sessions, Thu, Nov 26*\n"
        "• <https://acme.slack.com/p1|Fix the login test> (<https://d/s1|Open in Devin>): 1.3 ACUs · 63% · Ann\n"
        "• Upgrade: 0.2 ACUs · 12%\n"
        "• outside Slack: 0.5 ACUs · 25%\n"
        "• total: 2.0 ACUs · 100%"
    )
    assert message.blocks[0]["rows"][:2] == snapshot(
        [
            [
                {"type": "raw_text", "text": "Session"},
                {"type": "raw_text", "text": "ACUs"},
                {"type": "raw_text", "text": "Share"},
                {"type": "raw_text", "text": "Started by"},
            ],
            [
                {
                    "type": "rich_text",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [
                                {"type": "link", "url": "https://acme.slack.com/p1", "text": "Fix the login test"},
                                {"type": "text", "text": " ("},
                                {"type": "link", "url": "https://d/s1", "text": "Open in Devin"},
                                {"type": "text", "text": ")"},
                            ],
                        }
                    ],
                },
                {"type": "raw_number", "value": 1.3, "text": "1.3"},
                {"type": "raw_number", "value": 63.0, "text": "63%"},
                {"type": "raw_text", "text": "Ann"},
            ],
        ]
    )


def test_a_channel_is_named_by_a_link_that_notifies_nobody():
    channels = SpenderTable("Channels", "Channel", (Spender("", Decimal(2), 1, channel="C0WEB"),))
    data, plain, listed = table_message(spender_table(channels, figures(channels, 2.0), DAY)).forms()
    channel = {"type": "channel", "channel_id": "C0WEB"}
    cell = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [channel]}]}
    assert data.blocks[0]["rows"][1][0] == plain.blocks[1]["rows"][1][0] == cell
    assert "• <#C0WEB>: 2.0 ACUs · 100% · 1 session" in written(listed.blocks)
    assert_calls_nobody(data)


def test_extreme_names_stay_within_the_limits_and_call_nobody():
    spenders = [Spender(NASTY * 99, Decimal(10**9), 1, url="https://acme.slack.com/" + "p" * 900, asker=NASTY * 9)] * 5
    many = SpenderTable("Sessions", "Session", spenders)
    for form in table_message(spender_table(many, figures(many, 1e12), DAY)).forms():
        assert_valid(form)
        assert_calls_nobody(form)
