"""What admins read about guardrail violations."""

from dataclasses import replace

from bot.views.guardrails import Violation, violations
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

THREAD, PAGE = "https://acme.slack.com/p1", "https://app.devin.ai/sessions/1"
INJECTION = Violation("Prompt injection", "block_message", "It overrides.", "Fix the login", THREAD, PAGE)


def test_one_violation():
    message = violations([INJECTION], 1)
    assert_valid(message)
    assert message.text == "Devin's guardrails took action on 1 message: Prompt injection, the message was blocked."
    assert written(message.blocks) == (
        ":shield: *Devin's guardrails took action on 1 message*\n"
        f"• *Prompt injection* · the message was blocked · <{THREAD}|Fix the login> · <{PAGE}|Devin>: It overrides."
    )


def test_each_action_and_how_many_more_there_are():
    listed = [Violation("Leak", action) for action in ("log_only", "warn_user", "kill_session", "pause", "")]
    assert written(violations(listed, 1_005).blocks).splitlines() == [
        ":shield: *Devin's guardrails took action on 1,005 messages*",
        "• *Leak* · logged",
        "• *Leak* · the person was warned",
        "• *Leak* · the session was ended",
        "• *Leak* · pause",
        "• *Leak* · action unknown",
        "and 1,000 more",
    ]


def test_what_others_wrote_calls_nobody_and_is_cut():
    nasty = Violation(NASTY * 99, NASTY * 99, NASTY * 99, NASTY * 99, THREAD, PAGE)
    message = violations([nasty] * 5, 9)
    assert_valid(message)
    assert_calls_nobody(message)
    assert with_markup([violations([replace(INJECTION, guardrail="")], 1).text]) == []
