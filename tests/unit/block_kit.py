"""Slack's rules for a message, as far as they can be checked without Slack."""

from slack_sdk.models.blocks import Block

from bot.playground.slack.blocks import WITHOUT_MODEL, block_errors
from bot.views.message import Message
from tests.markup import with_markup


def nodes(value):
    """Every dict in a payload."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def assert_valid(message: Message) -> None:
    """Round trip through slack_sdk (it drops what it does not know), and the limits it does not know."""
    assert message.text.strip()
    assert len(message.text) <= 40_000
    assert len(message.blocks) <= 50
    assert not message.blocks or with_markup([message.text], emphasis=False) == []
    assert block_errors(message.blocks) == []
    for block in message.blocks:
        if block["type"] in WITHOUT_MODEL:
            continue
        parsed = Block.parse(block)
        assert parsed is not None, block
        parsed.validate_json()
        assert parsed.to_dict() == block
    found = list(nodes(message.blocks))
    for node in found:
        assert None not in node.values()
        assert [] not in node.values()
        assert "" not in node.values()
        _within_limits(node)
    for block in message.blocks:
        ids = [node["action_id"] for node in nodes(block) if "action_id" in node]
        assert len(ids) == len(set(ids)), "two elements of one block have one action_id"
    pressed = [(node["action_id"], node["value"]) for node in found if "action_id" in node and "value" in node]
    assert len(pressed) == len(set(pressed)), "two buttons of a message look alike to the bot"
    assert sum(len(node["text"]) for node in found if isinstance(node.get("text"), str)) <= 13_000


def _within_limits(node) -> None:
    limits = {"mrkdwn": 3_000, "plain_text": 150, "markdown": 12_000}
    if isinstance(node.get("text"), str) and node["type"] in limits:
        assert len(node["text"]) <= limits[node["type"]]
    if node.get("type") == "button":
        assert len(node["text"]["text"]) <= 75
        assert len(node.get("value", "")) <= 2_000
        assert len(node.get("url", "")) <= 3_000


def assert_calls_nobody(message: Message, *but: str) -> None:
    """No broadcast, no mention beside the expected ones, no foreign link."""
    found = [node for node in nodes(message.blocks) if isinstance(node.get("text"), str)]
    whole = "\n".join([message.text, *(node["text"] for node in found)])
    for expected in but:
        whole = whole.replace(f"<@{expected}>", "").replace(f"<!subteam^{expected}>", "")
    for call in ("<!channel", "<!here", "<!everyone", "<!subteam", "<@", "@channel", "@here", "@everyone"):
        assert call not in whole
    # Links are not read in plain text; standard Markdown has links of its own.
    assert "<https://evil" not in "\n".join(
        [message.text, *(node["text"] for node in found if node["type"] == "mrkdwn")]
    )


NASTY = "<!channel> @here <@U666> <https://evil.example|click> *b* `c` & <script> @everyone "
