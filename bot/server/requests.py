"""Reads the body of a request of Slack's, and checks the values that Bolt and our listeners read.

Neither copes with values of other types than Slack's: they would end in a traceback and a 503.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, StringConstraints
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.conversation.receive.intake import BOTS_WROTE, CHANGED, DELETED, PEOPLE_WROTE
from bot.features import COMMANDS, EVENTS
from bot.store.database.connection import storable

Json = dict[str, Any]

LARGEST_BODY: Final = 1_000_000  # bytes; Slack's requests are a few kilobytes
MOST_FIELDS: Final = 100  # of a form; Slack's have about fifteen
DEEPEST: Final = 100  # levels of objects and lists; Slack's blocks have about ten
# What a store does not take, as JSON writes it and as a form does: NUL, and half a surrogate pair.
_UNSTORABLE: Final = re.compile(r"\\u0000|\\u[dD][89a-fA-F]")
_NUL: Final = re.compile(r"\x00|%00")

_NOT_EMPTY: Final = Field(min_length=1)
_ABSENT: Final[Any] = None  # the default of a field that may be absent, but not null

Text = str | None
Id = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
Ts = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}\.[0-9]{1,12}$")]


# ---------------------------------------------------------------- of every kind of request


class Event(BaseModel):
    """What happened, in the body of an event."""

    type: str
    subtype: Text = None


class Action(BaseModel):
    """An element that was used: a button, for example."""

    value: Text = None
    action_ts: Ts | None = None


class Body(BaseModel):
    """A request of whatever kind."""

    team_id: Text = None
    api_app_id: Text = None
    response_url: Text = None
    authorizations: list[Json] | None = None
    event: Event = _ABSENT
    actions: Annotated[Sequence[Action], _NOT_EMPTY] = _ABSENT


# ---------------------------------------------------------------- of one kind


class Command(Body):
    """A slash command."""

    type: None = None  # all other requests have one
    command: str
    user_id: Id
    channel_id: Id
    trigger_id: Id
    text: Text = None


class CertificateCheck(Body):
    """The request with which Slack checks the certificate of the address for slash commands."""

    type: None = None
    ssl_check: Literal["1"]


class EventCallback(Body):
    """An event of whatever type."""

    event_id: Id
    event: Event


class WrittenMessage(BaseModel):
    """The event of a message that a person wrote."""

    user: Id
    bot_id: Text = None
    channel: Id
    ts: Ts
    thread_ts: Ts | None = None


class BotsMessage(BaseModel):
    """The event of a message that a bot wrote, which may start a session."""

    bot_id: Id
    channel: Id
    ts: Ts
    thread_ts: Ts | None = None


class Edited(BaseModel):
    """When a message was edited."""

    ts: Ts | None = None


class RevisedMessage(BaseModel):
    """A message that was edited or deleted, as it is now or as it was. Where `user` is no person's it is left alone."""

    user: Id | None = None
    ts: Ts
    thread_ts: Ts | None = None
    edited: Edited | None = None


class MessageRevision(BaseModel):
    """The event of an edit or a deletion."""

    channel: Id
    ts: Ts
    message: RevisedMessage | None = None
    previous_message: RevisedMessage | None = None


class BlockAction(Action):
    """An element of a block that was used."""

    action_id: str


class Interaction(Body):
    """The use of an element of a block in a message or a form."""

    actions: Annotated[Sequence[BlockAction], _NOT_EMPTY]


class AttachmentAction(Body):
    """The use of an element in an attachment, which was the way before there were blocks."""

    actions: Annotated[Sequence[Action], _NOT_EMPTY]
    callback_id: str


class Identified(BaseModel):
    """An object with an id."""

    id: Id


class PressedIn(BaseModel):
    """The message with the button that was pressed, or what names it."""

    ts: Ts | None = None
    thread_ts: Ts | None = None
    message_ts: Ts | None = None


class Press(BaseModel):
    """The press of a button of ours under a message."""

    user: Identified
    channel: Identified
    trigger_id: Id
    message: PressedIn | None = None
    container: PressedIn | None = None


class PressInView(BaseModel):
    """The press of a button of ours in a view, such as a Home tab, which stands in no channel."""

    user: Identified
    channel: None = None
    view: Identified
    trigger_id: Id


class FormView(BaseModel):
    """The form that was submitted or closed. Slack's steps of workflows, which were forms too, are gone."""

    type: Literal["modal", "home"]
    callback_id: str


class Form(Body):
    """A form that was submitted or closed."""

    view: FormView


class FilledIn(BaseModel):
    """What was filled in: by block, by element."""

    values: dict[str, dict[str, Json]]


class OurView(BaseModel):
    """The view of a form of ours that was submitted."""

    id: Id
    private_metadata: Text = None
    blocks: list[Json] = []
    state: FilledIn


class Submission(BaseModel):
    """The submission of a form of ours."""

    user: Identified
    view: OurView


class OnMessage(BaseModel):
    """The use of a shortcut of ours on a message."""

    user: Identified
    channel: Identified
    trigger_id: Id
    message: Json


class UsedGlobally(BaseModel):
    """The use of a shortcut of ours beside no message."""

    user: Identified
    trigger_id: Id


class OurMenu(BaseModel):
    """A menu of a form of ours that asks for its choices."""

    user: Identified
    block_id: str
    value: Text = None


class Called(Body):
    """A shortcut, a dialog or one of its menus."""

    callback_id: str


class Suggestion(Body):
    """A menu that asks for its options."""

    action_id: str


class Bare(Body):
    """A request about the app itself."""

    type: str


_KINDS: Final[Mapping[str, type[BaseModel]]] = {
    "command": Command,
    "ssl_check": CertificateCheck,
    "event_callback": EventCallback,
    "block_actions": Interaction,
    "interactive_message": AttachmentAction,
    "view_submission": Form,
    "view_closed": Form,
    "block_suggestion": Suggestion,
    **dict.fromkeys(
        ("shortcut", "message_action", "dialog_submission", "dialog_cancellation", "dialog_suggestion"), Called
    ),
    **dict.fromkeys(("url_verification", "app_rate_limited"), Bare),
}


# ---------------------------------------------------------------- reading


def read_body(body: bytes, content_type: bytes) -> Json | None:
    """Read the `body` of an HTTP request: JSON, a form, or a form with JSON in it; None if it is none of these."""
    try:
        text = body.decode()
        if not (content_type.startswith(b"application/json") or text.startswith("{")):
            form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
            if "payload" not in form:
                return {name: storable(value) for name, value in form.items()} if _NUL.search(text) else form
            text = form["payload"]
        payload = json.loads(text)
    except (ValueError, RecursionError):  # among them: not UTF-8, a number with more digits than Python reads
        return None
    if not isinstance(payload, dict) or not _is_shallow(text, payload):
        return None
    changed: Json = storable(payload) if _UNSTORABLE.search(text) else payload
    return changed


def _is_shallow(text: str, payload: Json) -> bool:
    """Whether `payload`, which was read from `text`, has no more levels than those who read it can bear."""
    if text.count("{") + text.count("[") <= DEEPEST:
        return True
    level: list[Any] = [payload]
    for _ in range(DEEPEST):
        parts = (part for value in level for part in (value.values() if isinstance(value, dict) else value))
        level = [part for part in parts if isinstance(part, dict | list)]
        if not level:
            return True
    return False


def bolt_request(payload: Json) -> AsyncBoltRequest | None:
    """Make Bolt's request of `payload`; None if Slack does not send such."""
    if not _is_slacks(payload):
        return None
    try:
        # In this mode Bolt takes what is parsed already, and leaves the check of the signature to its caller.
        request = AsyncBoltRequest(body=payload, mode="socket_mode")
    except Exception:  # noqa: BLE001 - Bolt reads the body here and does nothing else, so the body is the cause
        return None
    team: object = request.context.team_id
    return request if team is None or isinstance(team, str) else None


def is_known(payload: Json) -> bool:
    """Whether this version knows the kind of request that `payload` is."""
    return _kind(payload) in _KINDS


def _kind(payload: Json) -> str:
    if "command" in payload:
        return "command"
    return "ssl_check" if "ssl_check" in payload else str(payload.get("type"))


def _is_slacks(payload: Json) -> bool:
    try:
        for shape, part in _shapes(payload):
            shape.model_validate(part)
    except (ValueError, LookupError):  # a ValueError: among them pydantic's; a LookupError: the kind is not known
        return False
    return True


def _shapes(payload: Json) -> Iterator[tuple[type[BaseModel], object]]:
    """Yield what `payload` and its parts have to be; each is checked before the next is asked for."""
    kind = _kind(payload)
    yield _KINDS[kind], payload
    if kind == "event_callback":
        yield from _event_shapes(payload["event"])
    elif kind == "block_actions" and COMMANDS.press_of(payload["actions"][0]["action_id"], "") is not None:
        yield PressInView if payload.get("channel") is None and "view" in payload else Press, payload
    elif kind == "view_submission" and payload["view"]["callback_id"] in COMMANDS.forms:
        yield Submission, payload
    elif kind == "shortcut" and payload["callback_id"] in COMMANDS.global_shortcuts:
        yield UsedGlobally, payload
    elif kind == "block_suggestion" and (payload.get("view") or {}).get("callback_id") in COMMANDS.forms:
        yield OurMenu, payload
    elif kind == "message_action" and payload["callback_id"] in COMMANDS.shortcuts:
        yield OnMessage, payload


def _event_shapes(event: Json) -> Iterator[tuple[type[BaseModel], object]]:
    if (known := EVENTS.get(event["type"])) is not None:
        known.read(event)  # raises ValueError if a task could not read it
    elif event["type"] in {"message", "app_mention"} and event.get("subtype") in PEOPLE_WROTE and event.get("user"):
        yield WrittenMessage, event
    elif event["type"] in {"message", "app_mention"} and event.get("subtype") in BOTS_WROTE and event.get("bot_id"):
        yield BotsMessage, event
    elif event["type"] == "message" and event.get("subtype") in {CHANGED, DELETED}:
        yield MessageRevision, event
