"""Answers through a response_url, which is a secret."""

import logging

import pytest

from bot.slack.client import Slack
from bot.slack.errors import (
    AnswerUrlSpent,
    SlackError,
    SlackOutcomeUnknown,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
)

TOKEN = "xoxb-very-secret"
PATH = "commands/T1/1/secretword"


def url_of(fake) -> str:
    return f"{fake.origin}/hooks/{PATH}"


async def test_an_answer_is_private_and_carries_no_token(slack, fake):
    fake.sends(PATH, text="ok")
    await slack.respond(url_of(fake), "hi", [{"type": "divider"}])
    await slack.respond(url_of(fake), "hi", [], True, thread_ts="1.2")
    assert fake.asked(PATH) == [
        {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": "hi",
            "blocks": [{"type": "divider"}],
        },
        {"response_type": "ephemeral", "replace_original": True, "text": "hi", "thread_ts": "1.2"},
    ]
    assert fake.tokens == [None, None]


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ({"status": 404, "text": "used_url"}, AnswerUrlSpent),
        ({"status": 404, "text": '{"ok":false,"error":"expired_url"}'}, AnswerUrlSpent),
        ({"status": 200, "text": '{"ok":false,"error":"expired_url"}'}, AnswerUrlSpent),
        ({"status": 400, "text": "invalid_payload"}, SlackRefused),
        ({"status": 429, "text": "slow down", "headers": {"Retry-After": "7"}}, SlackRateLimited),
        ({"status": 500, "text": "<html>"}, SlackOutcomeUnknown),
        ({"status": 302, "headers": {"Location": "/hooks/elsewhere"}}, SlackOutcomeUnknown),
        ({"status": 400, "text": "<html>"}, SlackOutcomeUnknown),
    ],
)
async def test_each_way_it_fails(slack, fake, response, kind):
    fake.sends(PATH, **response)
    with pytest.raises(kind):
        await slack.respond(url_of(fake), "hi")
    assert [method for method, _ in fake.calls] == [PATH]


async def test_a_lost_answer_is_unknown_and_said_once(slack, fake):
    fake.drops(PATH)
    with pytest.raises(SlackOutcomeUnknown):
        await slack.respond(url_of(fake), "hi")
    assert len(fake.asked(PATH)) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/commands/secretword",
        "https://hooks.slack.com.evil.example/secretword",
        "https://hooks.slack.com@evil.example/secretword",
        "https://user:word@hooks.slack.com/secretword",
        "http://hooks.slack.com/secretword",
        "https://hooks.slack.com:8443/secretword",
        "https://slack.com/secretword",
        "/secretword",
        "secretword",
        "http://[secretword",
        "",
    ],
)
async def test_other_hosts_are_not_called(slack, fake, url):
    with pytest.raises(SlackRefused) as caught:
        await slack.respond(url, "hi")
    assert str(caught.value) == "response_url: foreign_response_url"
    assert caught.value.__context__ is None


async def test_slacks_own_api_has_no_second_host(fake):
    async with Slack(TOKEN) as slack:
        with pytest.raises(SlackRefused):
            await slack.respond("https://slack.com/hooks/secretword", "hi")
        with pytest.raises(SlackRefused):
            await slack.respond(url_of(fake), "hi")
    assert fake.calls == []


async def test_the_url_is_in_no_error_and_no_log(slack, fake, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    for prepare in (
        lambda: fake.drops(PATH),
        lambda: fake.sends(PATH, status=404, text="used_url"),
        lambda: fake.sends(PATH, status=500, text="secretword"),
        lambda: fake.sends(PATH, status=400, text="secretword!"),
    ):
        prepare()
        with pytest.raises(SlackError) as caught:
            await slack.respond(url_of(fake), "hi")
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        said.append(f"{caught.value!r} {vars(caught.value)}")
    own_log = "\n".join(record.getMessage() for record in caplog.records if record.name != "aiohttp.access")
    assert "secretword" not in "\n".join([*said, own_log])


async def test_an_unreachable_host_is_reported_without_the_url(fake):
    async with Slack(TOKEN, base_url="http://127.0.0.1:9/api/") as slack:
        with pytest.raises(SlackUnreachable) as caught:
            await slack.respond(f"http://127.0.0.1:9/hooks/{PATH}", "hi")
    assert "secretword" not in f"{caught.value!r} {vars(caught.value)} {caught.value.__context__!r}"
