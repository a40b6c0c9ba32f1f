"""What admins read about guardrail violations."""

from dataclasses import replace

from bot.features.guardrails.sentences import MOST_LISTED, Violation, violations
from tests.markup import with_markup, written
from tests.unit.block_kit import NASTY, assert_calls_nobody, assert_valid

THREAD, PAGE = "https://acme.slack.com/p1", "https://app.devin.ai/sessions/1"
INJECTION = Violation("Prompt injection", "block_message", "It overrides.", "Fix the login", THREAD, PAGE)


def test_one_violation():
    message = violations([INJECTION])
    assert_valid(message)
    assert message.text == "Devin's guardrails took action on 1 message: Prompt injection, the message was blocked."
    assert written(message.blocks) == (
        ":shield: *Devin's guardrails took action on 1 message*\n"
        f"• *Prompt injection* · the message was blocked · <{THREAD}|Fix the login> "
        f"(<{PAGE}|Open in Devin>): It overrides."
    )


def test_each_action_has_its_words():
    listed = [Violation("Leak", action) for action in ("log_only", "warn_user", "kill_session", "pause", "")]
    message = violations(listed)
    assert message.text == "Devin's guardrails took action on 5 messages: Leak, logged, and 4 more."
    assert written(message.blocks).splitlines() == [
        ":shield: *Devin's guardrails took action on 5 messages*",
        "• *Leak* · logged",
        "• *Leak* · the person was warned",
        "• *Leak* · the session was ended",
        "• *Leak* · pause",
        "• *Leak* · action unknown",
    ]


def test_the_longest_ones_of_a_post_are_all_there():
    address = (
        "https://acme.slack.com/archives/C0123456789/p1750000000000100?thread_ts=1750000000.000100&cid=C0123456789"
    )
    long = Violation("g" * 99, "a" * 99, "why " * 99, "t" * 99, address, f"{PAGE}{'0' * 32}")
    message = violations([long] * MOST_LISTED)
    assert_valid(message)
    assert len(written(message.blocks).splitlines()) == 1 + MOST_LISTED == 21


def test_what_others_wrote_calls_nobody_and_is_cut():
    nasty = Violation(NASTY * 99, NASTY * 99, NASTY * 99, NASTY * 99, THREAD, PAGE)
    message = violations([nasty] * 5)
    assert_valid(message)
    assert_calls_nobody(message)
    assert with_markup([violations([replace(INJECTION, guardrail="")]).text]) == []
