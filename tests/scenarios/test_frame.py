"""What the playground takes for granted about the bot's words is what the bot really writes."""

import re
from pathlib import Path

import pytest

from bot.conversation import session_tags
from bot.playground import bench, counters
from bot.playground.devin import task
from tests.scenarios.harness import BEN, GENERAL, Harness
from tests.scenarios.observations import sent_to_devin

WORDS = Path(__file__).parents[2] / "bot/playground/page/static/words.js"
LOG = {"name": "login.log", "content": "login failed"}


def place_of(text: str) -> tuple[str, ...]:
    """Channel and timestamp, as the page reads them in a tag or a prompt."""
    (form,) = re.findall(r"const form = /(.*)/;", WORDS.read_text(encoding="utf-8"))
    found = re.search(form, text)
    assert found, text
    return found.groups()


@pytest.mark.both_transports
async def test_a_prompt_is_read_without_its_frame_and_leads_back_to_its_thread(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    asked = await on.mention("please fix it", thread_ts=root, files=[LOG])
    made = await on.session("please fix it")
    assert task.own_words(made["prompt"]) == "please fix it"
    assert place_of(made["prompt"]) == (GENERAL, asked)
    assert made["tags"][:2] == [session_tags.BOT_TAG, f"slack-T0PLAY-{GENERAL}-{asked}"]
    assert [tag for tag in made["tags"] if counters.REFERENCE.fullmatch(tag)] == made["tags"][1:2]
    assert place_of(made["tags"][1]) == (GENERAL, asked)
    assert bench.BOT_TAG == session_tags.BOT_TAG


async def test_a_bare_mention_is_read_as_what_was_said_last(on: Harness) -> None:
    root = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.mention("", thread_ts=root)
    made = await on.session("fails since Monday")
    assert task.own_words(made["prompt"]) == "the login test fails since Monday"


async def test_a_reply_is_read_without_its_first_line_and_its_files(on: Harness) -> None:
    ts, session = await on.started()
    reply = await on.slack.say(BEN, GENERAL, "use pytest\nand nothing else", thread_ts=ts, files=[LOG])
    await on.devin.wait_for_messages("use pytest")
    (message,) = await sent_to_devin(on, session)
    assert task.own_reply(message) == "use pytest\nand nothing else"
    mark = counters.MARK.match(message)
    assert mark is not None
    assert mark[0] == f"[Slack {reply}]"
