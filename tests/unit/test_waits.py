"""The waits of production fit together: what one part waits for is over before another part takes it for lost."""

from bot.app import rules
from bot.config import load_settings
from bot.devin.retry import PATIENCE
from bot.flows import failure
from bot.slack import connection

MARGIN_SECONDS = 10.0  # from the intent to the request, and from the end of the request to what a look can see
SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "DEVIN_API_KEY": "cog_key",
    "DEVIN_ORG_ID": "org-acme",
}


def test_what_devin_was_asked_for_counts_as_not_done_only_when_no_request_can_be_on_its_way() -> None:
    assert rules(load_settings(SETTINGS)).unknown_after >= PATIENCE.write + MARGIN_SECONDS


def test_a_lost_post_is_looked_for_only_when_no_request_can_be_on_its_way() -> None:
    assert failure.SETTLE_SECONDS > connection.REQUEST_LIMIT_SECONDS
