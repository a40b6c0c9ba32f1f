"""What a person reads of Devin's insights, and what is made of an odd analysis."""

from typing import Any

import pytest
from inline_snapshot import snapshot

from bot.features.insights import sentences as views
from bot.features.insights.rules import Analysis, Issue, read_analysis
from bot.features.insights.sentences import Counted
from tests.markup import written
from tests.said import a_session
from tests.unit.block_kit import assert_valid

SIZES = Counted("m", 1, 12)
WHOLE = {
    "timeline": [{"title": f"Step {number}", "description": "…"} for number in range(1, 9)],
    "issues": [{"id": "1", "issue": "No access to the registry", "impact": "lost 20 minutes", "label": "setup"}],
    "action_items": [{"action_item": "Add the registry's token to Devin's secrets.", "type": "machine_setup"}] * 4,
    "suggested_prompt": {"original_prompt": "fix it", "suggested_prompt": "Fix the <login> test in acme/web."},
    "classification": {"category": "bug", "confidence": 0.9},
    "note_usage": None,
}


THREAD = "https://acme.slack.com/p1"


def analysis(answer: object = WHOLE) -> Analysis:
    found = read_analysis(answer)
    assert found is not None
    return found


def test_an_analysis_is_a_few_lines() -> None:
    message = views.insights(a_session(), THREAD, SIZES, analysis())
    assert_valid(message)
    assert message.text == "Insights: fix the login test"
    assert written(message.blocks) == snapshot("""\
*<https://acme.slack.com/p1|fix the login test>* (<https://app.devin.ai/sessions/s|Open in Devin>)
Medium · 1 message from people · 12 from Devin
*How it went*: Step 1 → Step 2 → Step 3 → … → Step 6 → Step 7 → Step 8
*What got in the way*
• No access to the registry (lost 20 minutes)
*What would help*
• Add the registry's token to Devin's secrets.
• Add the registry's token to Devin's secrets.
• Add the registry's token to Devin's secrets.
*A better prompt*: Fix the &lt;login&gt; test in acme/web.\
""")


def test_an_analysis_that_says_nothing() -> None:
    assert written(views.insights(a_session(), THREAD, Counted(), analysis({})).blocks) == snapshot("""\
*<https://acme.slack.com/p1|fix the login test>* (<https://app.devin.ai/sessions/s|Open in Devin>)
Devin noted nothing else.\
""")


def test_an_analysis_that_is_only_begun() -> None:
    message = views.analysing(a_session(), THREAD, SIZES)
    assert_valid(message)
    assert written(message.blocks) == snapshot("""\
*<https://acme.slack.com/p1|fix the login test>* (<https://app.devin.ai/sessions/s|Open in Devin>)
Medium · 1 message from people · 12 from Devin
Devin is analyzing it now. That takes about a minute.\
""")


def test_a_long_analysis_is_cut() -> None:
    long = Analysis(("s" * 900,) * 9, (Issue("i" * 900, "j" * 900),) * 9, ("a" * 900,) * 9, "p" * 9_000)
    assert_valid(views.insights(a_session(), THREAD, SIZES, long))


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (None, None),
        ("soon", None),
        ({}, Analysis()),
        ({"timeline": None, "issues": "none", "action_items": [7, {"action_item": None}]}, Analysis()),
        ({"timeline": [{"title": " Started "}], "suggested_prompt": "better"}, Analysis(("Started",))),
        ({"issues": [{"issue": "slow"}, {"impact": "late"}]}, Analysis(issues=(Issue("slow"),))),
    ],
)
def test_what_is_missing_or_odd_is_left_out(answer: Any, read: Analysis | None) -> None:
    assert read_analysis(answer) == read
