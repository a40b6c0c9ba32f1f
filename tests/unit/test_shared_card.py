"""The card of a session in a channel that another company shares."""

from dataclasses import replace

from bot.views.shared_card import card_in_shared_channel
from tests.unit.block_kit import assert_valid
from tests.unit.test_card import BUTTONS, SESSION, mrkdwn, seen


def test_it_shows_the_state_and_the_buttons_and_nothing_that_devin_wrote_or_made():
    session = replace(SESSION, snapshot=replace(SESSION.snapshot, last_words="The secret plan is ready."))
    made = card_in_shared_channel(session)
    title = "*<https://app.devin.ai/sessions/abc|Devin session>*"
    assert made.text == "Devin session: working"
    assert made.blocks == [
        {
            "type": "section",
            "text": mrkdwn(
                f"{title}\n:gear: Working. This channel is shared with another company, so Devin's messages don't "
                "appear here."
            ),
        },
        {"type": "context", "elements": [mrkdwn("Started by Ann")]},
        {"type": "actions", "elements": BUTTONS},
    ]
    assert_valid(made)


def test_a_session_that_is_over_has_no_stop_button():
    made = card_in_shared_channel(seen("exit"))
    assert made.text == "Devin session: done"
    assert made.blocks[-1]["elements"] == BUTTONS[:1]
