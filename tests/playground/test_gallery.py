"""The gallery that the page's tests draw holds only what Slack would take, and every type of block there is."""

import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import blocks as models

from bot.playground.plain import Reader
from bot.playground.slack.blocks import WITHOUT_MODEL, block_errors, elements, text_length, view_errors
from bot.playground.slack.fields import STATEFUL

GALLERY = json.loads((Path(__file__).parents[1] / "page" / "gallery.json").read_text(encoding="utf-8"))
NOT_SENT_BY_APPS = {"auth_provider", "call"}


def of_slack_sdk() -> set[str]:
    classes = [thing for thing in vars(models).values() if isinstance(thing, type) and issubclass(thing, models.Block)]
    return {str(thing.type) for thing in classes if thing is not models.Block} - NOT_SENT_BY_APPS


@pytest.mark.parametrize("name", GALLERY["messages"])
def test_each_message_would_be_taken(name: str) -> None:
    message = GALLERY["messages"][name]
    assert message["text"]
    assert block_errors(message["blocks"]) == []
    assert text_length(message["blocks"]) < 13_200


@pytest.mark.parametrize("name", GALLERY["messages"])
def test_each_message_can_be_printed_in_a_terminal(name: str) -> None:
    message = GALLERY["messages"][name]
    lines = Reader({}).lines({"ts": "1700000000.000000"} | message)
    assert lines
    assert all(isinstance(line, str) for line in lines)


@pytest.mark.parametrize("name", GALLERY["views"])
def test_each_view_would_be_taken(name: str) -> None:
    assert view_errors(GALLERY["views"][name]) == []


def test_no_type_of_block_is_missing() -> None:
    shown = {block["type"] for message in GALLERY["messages"].values() for block in message["blocks"]}
    assert of_slack_sdk() | WITHOUT_MODEL <= shown


def test_no_field_is_missing() -> None:
    everything: list[dict[str, Any]] = [*GALLERY["messages"].values(), *GALLERY["views"].values()]
    shown = {element["type"] for thing in everything for _, element in elements(thing["blocks"])}
    assert STATEFUL.keys() <= shown
