"""The arguments of a call, which Slack takes from the query, a form or JSON, and what a message is made of."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from bot.playground import orders
from bot.playground.slack.blocks import BLOCKS_TEXT, MARKDOWN_TEXT, block_errors, text_length
from bot.playground.slack.errors import SlackError

Json = dict[str, Any]

TS: Final = re.compile(r"\d{10}\.\d{6}")
INSTANT: Final = re.compile(r"\d+(\.\d+)?")
MOST_TEXT: Final = 40_000
MOST_METADATA: Final = 8_192


class Args:
    """Arguments by name, whatever form they came in."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A string, empty when missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def need(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if not value:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool:
        """A boolean: true, "true" or "1"."""
        return self.text(name).lower() in {"true", "1"}

    def count(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`."""
        value = self.text(name) or str(default)
        if not value.isdigit() or not 1 <= int(value) <= most:
            raise SlackError(f"invalid_{name}")
        return int(value)

    def instant(self, name: str) -> str | None:
        """Seconds with or without a fraction."""
        value = self.text(name)
        if value and not INSTANT.fullmatch(value):
            raise SlackError(f"invalid_ts_{name}")
        return value or None

    def data(self, name: str, error: str = "invalid_arguments") -> Any:
        """A list or object, as it is or as a JSON string; None when missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return orders.parsed(value) if value else None
        except orders.OrderError:
            raise SlackError(error) from None


def missing(name: str) -> SlackError:
    """A required argument was left out."""
    return SlackError("invalid_arguments", messages=[f"[ERROR] missing required field: {name}"])


async def read_arguments(request: web.Request) -> Json:
    """Query and body in one. Raises SlackError."""
    values = await _arguments(request)
    try:
        orders.check(values)
    except orders.OrderError as error:
        raise _no_json(error) from error
    return values


async def _arguments(request: web.Request) -> Json:
    if request.method != "POST" or not request.can_read_body:
        return dict(request.query)
    if request.content_type == "application/json":
        return {**request.query, **_json_object(await request.text())}
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return {**request.query, **(await request.post())}
    raise SlackError("invalid_post_type")


def _json_object(text: str) -> Json:
    try:
        body = orders.parsed(text)
    except orders.OrderError as error:
        raise _no_json(error) from error
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return body


def _no_json(error: orders.OrderError) -> SlackError:
    return SlackError("invalid_json", messages=[f"[ERROR] {error}"])


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says. `blocks` and `metadata` None: not given, so an edit leaves them as they were."""

    text: str = ""
    blocks: list[Json] | None = None
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None


def read_content(args: Args, *, most_text: int = MOST_TEXT) -> Content:
    """Text, blocks, attachments and metadata, or the error Slack gives for them."""
    text, blocks = args.text("text"), _blocks(args)
    markdown = args.text("markdown_text")
    if markdown and (text or blocks):
        raise SlackError("markdown_text_conflict")
    if len(text) > most_text or len(markdown) > MARKDOWN_TEXT:
        raise SlackError("msg_too_long")
    if markdown:
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    attachments = args.data("attachments", "invalid_attachments") or []
    if len(attachments) > 100:
        raise SlackError("too_many_attachments")
    if not (text.strip() or blocks or attachments):
        raise SlackError("no_text")
    return Content(text, blocks, attachments, _metadata(args))


def _blocks(args: Args) -> list[Json] | None:
    blocks = args.data("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    errors = block_errors(blocks)
    if errors:
        raise SlackError("invalid_blocks", messages=errors, errors=errors)
    if text_length(blocks) > BLOCKS_TEXT:
        raise SlackError("msg_blocks_too_long")
    assert isinstance(blocks, list)
    return blocks


def _metadata(args: Args) -> Json | None:
    """A type and a flat payload; an empty object takes metadata away."""
    metadata = args.data("metadata", "invalid_metadata_format")
    if not metadata:
        return {} if metadata == {} else None
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if not isinstance(payload, dict) or not metadata.get("event_type"):
        raise SlackError("invalid_metadata_format")
    if any(isinstance(value, dict) for value in payload.values()):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise SlackError("metadata_too_large")
    result: Json = metadata
    return result
