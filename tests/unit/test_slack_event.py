"""What a task needs of an event of Slack's: found where it is, and nothing but text."""

import pytest

from bot.domain.commands.spec import Source
from bot.kernel.tasks import SlackEvent

RENAMED = SlackEvent(("channel_rename",), {"channel": "channel.id", "name": "channel.name"}, Source.NOTHING)


def test_texts_are_read_from_where_they_are():
    event = {"type": "channel_rename", "channel": {"id": "C1", "name": "web", "created": 1}}
    assert RENAMED.read(event) == {"channel": "C1", "name": "web"}


@pytest.mark.parametrize("event", [{}, {"channel": None}, {"channel": {"id": None}}])
def test_what_slack_leaves_out_is_empty(event):
    assert RENAMED.read(event) == {"channel": "", "name": ""}


@pytest.mark.parametrize("channel", ["C1", 5, [], {"id": 5}, {"id": "C1", "name": ["web"]}])
def test_what_is_no_text_is_refused(channel):
    with pytest.raises(ValueError, match=r"^no channel\.|is no text$"):
        RENAMED.read({"channel": channel})


LINKS = SlackEvent(("link_shared",), {"links": "links.*.url"}, Source.LINK)


def test_the_texts_of_a_list_get_blanks_between_them():
    assert LINKS.read({"links": [{"url": "https://a"}, {"url": "https://b"}]}) == {"links": "https://a https://b"}
    assert LINKS.read({"links": []}) == LINKS.read({}) == {"links": ""}


@pytest.mark.parametrize("links", ["https://a", {"url": "https://a"}, ["https://a"], [{"url": 5}]])
def test_what_is_no_list_of_texts_is_refused(links):
    with pytest.raises(ValueError, match=r"^no links\.|is no text$"):
        LINKS.read({"links": links})
