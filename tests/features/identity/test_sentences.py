"""What people read about who they are at Devin."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from bot.domain.identity import Identity, LinkSource, LinkState
from bot.features.identity import sentences as views
from bot.views.answers.identities import EXPLANATIONS
from tests.unit.block_kit import assert_valid

ANN = Identity("T1", "U0ANN1", LinkState.LINKED, 1.0, "email|ann")
MESSAGES = {
    **{f"mine_{state}": views.mine(replace(ANN, state=state)) for state in LinkState},
    "mine_by_an_admin": views.mine(replace(ANN, source=LinkSource.ADMIN)),
    "mine_not_looked_up": views.mine(None),
    "nobody": views.nobody("ann@acme.test"),
    "linked": views.linked("U0ANN1", "email|ann"),
    "unlinked": views.unlinked("U0ANN1"),
    "outsider": views.OUTSIDER,
    "wrong_link": views.WRONG_LINK,
    "wrong_person": views.WRONG_PERSON,
    **{f"explained_{state}": message for state, message in EXPLANATIONS.items()},
}


def test_what_they_read() -> None:
    assert {name: message.text for name, message in MESSAGES.items()} == snapshot(
        {
            "mine_linked": "In Devin you're `email|ann`, found by your email.",
            "mine_unknown": "No Devin account matches your email. Your sessions run as Devin Bridge until an admin links you.",
            "mine_hidden": "Slack doesn't show Devin Bridge your email. Your sessions run as Devin Bridge until an admin links you.",
            "mine_invalid": "Devin no longer accepts sessions that run as you. Devin Bridge checks again within a day.",
            "mine_unlinked": "An admin unlinked you. Your sessions run as Devin Bridge.",
            "mine_by_an_admin": "In Devin you're `email|ann`, set by an admin.",
            "mine_not_looked_up": "Devin Bridge looks you up by email when you start your first session.",
            "nobody": "Nothing changed: no Devin member, or more than one, matches `ann@acme.test`. See `/devin members`.",
            "linked": "Sessions of <@U0ANN1> now run as the Devin user `email|ann`.",
            "unlinked": "Sessions of <@U0ANN1> now run as Devin Bridge.",
            "outsider": "Nothing was changed. Pick a full member of this workspace; only they can be linked to Devin.",
            "wrong_link": "Nothing was changed. Write `/devin identity set @ann ann@corp.com`, or a Devin user ID instead of the email.",
            "wrong_person": "Nothing was changed. Write `/devin identity unset @ann`, with a person picked in Slack.",
            "explained_linked": "Your sessions and replies now run as you in Devin. `/devin identity` shows it. Not you? Ask an admin.",
            "explained_unknown": "No Devin account matches your email. Your sessions run as Devin Bridge; everything else works.",
            "explained_invalid": "Devin no longer accepts sessions that run as you. Yours run as Devin Bridge for now.",
        }
    )


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_it_can_be_posted(message: object) -> None:
    assert_valid(message)
