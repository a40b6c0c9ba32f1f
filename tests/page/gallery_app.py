"""A Bolt app that uses what Slack offers and Devin Bridge does not use yet: forms, shortcuts, Home, menus, native Stop.

The page draws all of it, so that it is ready when the bot gets there.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackSimulator

Json = dict[str, Any]

MANIFEST: Final[Json] = {
    "_metadata": {"major_version": 2, "minor_version": 1},
    "display_information": {"name": "Gallery", "description": "Everything that Slack can draw"},
    "features": {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "Gallery", "always_online": True},
        "agent_view": {"agent_description": "Shows what Slack can draw."},
        "shortcuts": [
            {
                "name": "Make it a task",
                "type": "message",
                "callback_id": "task_of_message",
                "description": "A task with the words of this message",
            },
            {"name": "New task", "type": "global", "callback_id": "new_task", "description": "A task from nothing"},
        ],
        "slash_commands": [
            {
                "command": "/gallery",
                "description": "Show something",
                "usage_hint": "form | steps | menus | private | careful | evil | broken | refused",
                "should_escape": True,
            }
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "app_mentions:read",
                "assistant:write",
                "channels:history",
                "chat:write",
                "commands",
                "files:read",
                "im:history",
                "reactions:read",
                "users:read",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "agent_session_stopped",
                "app_home_opened",
                "app_mention",
                "message.channels",
                "message.im",
                "reaction_added",
            ]
        },
        "interactivity": {"is_enabled": True},
        "org_deploy_enabled": False,
        "socket_mode_enabled": True,
        "token_rotation_enabled": False,
    },
}

CITIES: Final = ("Amsterdam", "Berlin", "Bern", "Lisbon", "Oslo")
COLOURS: Final = ("Red", "Green", "Blue")
IS_FINAL: Final = "The staging database cannot be brought back."
TOO_SHORT: Final = "Say it in at least three words."
IN_THE_PAST: Final = "That day is over. Choose one that is still to come."
EVIL: Final = "<svg onload=__pwned=1>"  # 24 characters are the most that the title of a modal may have
EVIL_LINK: Final = "<javascript:__pwned=1|click me>"
# What the messages of gallery.json offer, and what a message with menus does: the app says what it was told.
TOLD: Final = re.compile(
    r"pick_\w+|feedback|trash|open|approve|own|flow|colours?|city|cities|channels?|talks?|persons?|evil_\w+"
)


# ---------------------------------------------------------------- what it shows


def text(words: str) -> Json:
    """Text without markup."""
    return {"type": "plain_text", "text": words}


def options(*names: str) -> list[Json]:
    """What a menu offers."""
    return [{"text": text(name), "value": name.lower()} for name in names]


def section(words: str, accessory: Json | None = None, block_id: str | None = None) -> Json:
    """A paragraph, with something to use beside it."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": words}}
    return block | ({"accessory": accessory} if accessory else {}) | ({"block_id": block_id} if block_id else {})


def button(label: str, action_id: str, **more: Any) -> Json:
    """A button."""
    return {"type": "button", "text": text(label), "action_id": action_id, **more}


def field(label: str, kind: str, *, optional: bool = True, **more: Any) -> Json:
    """One field of a form; its block and its element are called after the kind of the element."""
    element = {"type": kind, "action_id": kind, **more}
    return {"type": "input", "block_id": kind, "label": text(label), "optional": optional, "element": element}


def form(title: str = "New task", words: str = "") -> Json:
    """A modal with every field there is."""
    start = {"initial_value": words} if words else {}
    return {
        "type": "modal",
        "callback_id": "task",
        "title": text(title),
        "submit": text("Create"),
        "close": text("Cancel"),
        "blocks": [
            field("What is to be done?", "plain_text_input", optional=False, **start),
            field("Until when?", "datepicker"),
            field("At what time?", "timepicker"),
            field("How urgent?", "radio_buttons", options=options("Today", "This week", "Some day")),
            field("What belongs to it?", "checkboxes", options=options("Tests", "Papers")),
            field("Colour", "static_select", options=options(*COLOURS)),
            field("More colours", "multi_static_select", options=options(*COLOURS)),
            field("City", "external_select", min_query_length=1),
            field("Who?", "users_select"),
            field("Who else?", "multi_users_select"),
            field("Channel", "channels_select"),
            field("Conversation", "conversations_select"),
            field("Address", "email_text_input"),
            field("Page", "url_text_input"),
            field("How many?", "number_input", is_decimal_allowed=False),
            field("Words with marks", "rich_text_input"),
            field("Instant", "datetimepicker"),
            field("Files", "file_input"),
            {
                "type": "actions",
                "block_id": "more",
                "elements": [button("Advice", "advice"), button("Redraw", "redraw")],
            },
        ],
    }


def advice(number: int = 1) -> Json:
    """A modal on top of the form, which goes on to another."""
    return {
        "type": "modal",
        "callback_id": "advice",
        "title": text(f"Advice {number}"),
        "submit": text("Next"),
        "close": text("Back"),
        "private_metadata": str(number),
        "blocks": [section(f"Piece of advice *{number}*: write the test first.")],
    }


def step(number: int) -> Json:
    """One of two modals: the second lies on the first, and ends both."""
    asked = field("Name", "plain_text_input", focus_on_load=number == 1)
    return {
        "type": "modal",
        "callback_id": "step",
        "title": text(f"Step {number}"),
        "submit": text("Next" if number == 1 else "Finish"),
        "private_metadata": str(number),
        "notify_on_close": True,
        "blocks": [field("Colour", "static_select", options=options(*COLOURS)), asked | {"hint": text("As you like.")}],
    }


def evil() -> list[Json]:
    """Blocks whose every text tries to run as code."""
    menu = {"type": "static_select", "action_id": "evil_menu", "placeholder": text(EVIL), "options": options(EVIL)}
    more = {"type": "overflow", "action_id": "evil_more", "options": options(EVIL, "Harmless")}
    link = {"type": "link", "url": "javascript:__pwned=1", "text": "click me"}
    return [
        {"type": "header", "text": text(EVIL)},
        section(f"{EVIL} {EVIL_LINK}", menu),
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]},
        {"type": "actions", "elements": [button(EVIL, "evil_button", accessibility_label=EVIL), more]},
    ]


def evil_form() -> Json:
    """A modal of the same kind."""
    asked = field(EVIL, "plain_text_input", placeholder=text(EVIL)) | {"hint": text(EVIL)}
    words = {"title": text(EVIL), "submit": text(EVIL), "close": text(EVIL)}
    return {"type": "modal", "callback_id": "evil", **words, "blocks": [*evil(), asked]}


def home(colour: str = "") -> Json:
    """The Home tab, with the colour that was chosen last."""
    menu = {"type": "static_select", "action_id": "home_colour", "options": options(*COLOURS)}
    said = f"Your colour is *{colour}*." if colour else "You have not chosen a colour yet."
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": text("Gallery at home")},
            section(said, menu | {"placeholder": text("Choose a colour")}),
            {"type": "actions", "elements": [button("New task", "home_task", style="primary")]},
        ],
    }


def menus() -> list[Json]:
    """A message with each menu that a message may have."""
    return [
        section("Colour", {"type": "static_select", "action_id": "pick_static", "options": options(*COLOURS)}),
        section("City", {"type": "external_select", "action_id": "pick_external", "min_query_length": 1}),
        section("Person", {"type": "users_select", "action_id": "pick_user"}),
        section("Day", {"type": "datepicker", "action_id": "pick_day"}),
        section("More", {"type": "overflow", "action_id": "pick_more", "options": options("Archive", "Mute")}),
        section("Parts", {"type": "checkboxes", "action_id": "pick_parts", "options": options("Tests", "Papers")}),
    ]


def careful() -> list[Json]:
    """A button and a menu that ask before they do something."""
    confirm = {
        "title": text("Delete it?"),
        "text": text(IS_FINAL),
        "confirm": text("Delete"),
        "deny": text("Keep"),
        "style": "danger",
    }
    repaint = {
        "title": text("Paint it?"),
        "text": text("Everybody sees the colour."),
        "confirm": text("Paint"),
        "deny": text("Leave it"),
    }
    menu = {"type": "static_select", "action_id": "pick_paint", "options": options(*COLOURS), "confirm": repaint}
    return [
        {"type": "actions", "elements": [button("Delete staging", "delete", style="danger", confirm=confirm)]},
        section("Colour of the door", menu | {"placeholder": text("No colour yet")}),
    ]


def private() -> list[Json]:
    """Something to answer, seen by one person."""
    elements = [button("Replace", "replace"), button("Remove", "remove"), button("Tell everybody", "publish")]
    return [section("Only you see this."), {"type": "actions", "elements": elements}]


BROKEN: Final[list[Json]] = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]


# ---------------------------------------------------------------- how it answers


def gallery(client: AsyncWebClient, signing_secret: str) -> AsyncApp:
    """The app with all its listeners."""
    app = AsyncApp(client=client, signing_secret=signing_secret, process_before_response=True)
    for add in (_commands, _forms, _steps, _home, _buttons, _agent, _menus, _reactions):
        add(app)
    return app


def _commands(app: AsyncApp) -> None:
    shown = {"menus": menus(), "careful": careful()}
    opened = {"form": form(), "steps": step(1), "evil": evil_form()}

    @app.command("/gallery")
    async def command(ack: Any, body: Json, client: AsyncWebClient) -> None:
        channel, user, asked = body["channel_id"], body["user_id"], body["text"]
        if asked == "broken":
            await ack(text="broken", blocks=BROKEN)
            return
        await ack()
        if asked in opened:
            await client.views_open(trigger_id=body["trigger_id"], view=opened[asked])
        elif asked == "private":
            await client.chat_postEphemeral(channel=channel, user=user, text="private", blocks=private())
        elif asked == "refused":
            await _refused(client, channel)
        else:
            await client.chat_postMessage(channel=channel, text=asked, blocks=shown[asked])


async def _refused(client: AsyncWebClient, channel: str) -> None:
    """Slack takes no such blocks; an app that goes on has to say so itself."""
    try:
        await client.chat_postMessage(channel=channel, text="broken", blocks=BROKEN)
    except SlackApiError as error:
        await client.chat_postMessage(channel=channel, text=f"Slack said {error.response['error']}.")


def _forms(app: AsyncApp) -> None:
    @app.shortcut("new_task")
    async def new_task(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form())

    @app.shortcut("task_of_message")
    async def task_of_message(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form("From a message", body["message"]["text"]))

    @app.view("task")
    async def created(ack: Any, body: Json, view: Json, client: AsyncWebClient) -> None:
        values = {block: next(iter(entered.values())) for block, entered in view["state"]["values"].items()}
        if wrong := _wrong(values):
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        lines = [f"{block}: {_said(entered)}" for block, entered in sorted(values.items()) if _said(entered)]
        words = "\n".join([f"A task of <@{body['user']['id']}>", *lines])
        await client.chat_postMessage(channel="C0GENERAL", text=words)

    @app.view("advice")
    async def next_advice(ack: Any, view: Json) -> None:
        number = int(view["private_metadata"]) + 1
        await ack(response_action="update", view=advice(number))

    @app.action("advice")
    async def advise(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=advice())

    @app.action("redraw")
    async def redraw(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        view = body["view"]
        await client.views_update(view_id=view["id"], hash=view["hash"], view=form("Redrawn"))


def _steps(app: AsyncApp) -> None:
    @app.view("step")
    async def next_step(ack: Any, view: Json) -> None:
        if view["private_metadata"] == "1":
            await ack(response_action="push", view=step(2))
        else:
            await ack(response_action="clear")

    @app.view_closed("step")
    async def given_up(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        words = f"{body['view']['title']['text']} was closed{' with all others' * body['is_cleared']}."
        await client.chat_postMessage(channel="C0GENERAL", text=words)


def _wrong(values: Mapping[str, Json]) -> Json:
    wrong = {}
    if len((values["plain_text_input"].get("value") or "").split()) < 3:
        wrong["plain_text_input"] = TOO_SHORT
    if (values["datepicker"].get("selected_date") or "9999") < "2020-01-01":
        wrong["datepicker"] = IN_THE_PAST
    return wrong


def _said(entered: Json) -> str:
    """What was entered in a field, as words."""
    return ", ".join(_words(value) for name, value in entered.items() if name != "type" and value)


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    if isinstance(value, dict):
        known = [str(value[name]) for name in ("value", "name") if name in value]
        return known[0] if known else " ".join(_leaves(value))
    return str(value)


def _leaves(value: Any) -> Iterator[str]:
    """The texts inside rich text."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def _home(app: AsyncApp) -> None:
    @app.event("app_home_opened")
    async def opened(event: Json, client: AsyncWebClient) -> None:
        if event["tab"] == "home":
            await client.views_publish(user_id=event["user"], view=home())

    @app.action("home_colour")
    async def chosen(ack: Any, body: Json, action: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_publish(user_id=body["user"]["id"], view=home(action["selected_option"]["value"]))

    @app.action("home_task")
    async def task(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form())


def _buttons(app: AsyncApp) -> None:
    @app.action("replace")
    async def replace(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="Replaced, and still only for you.", replace_original=True)

    @app.action("remove")
    async def remove(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    @app.action("publish")
    async def publish(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="Now everybody sees it.", response_type="in_channel", replace_original=False)

    @app.action("delete")
    async def delete(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        place = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        await client.chat_update(**place, text=f"<@{body['user']['id']}> deleted staging.", blocks=[])


def _menus(app: AsyncApp) -> None:
    @app.options(re.compile(r"pick_external|external_select|city|cities"))
    async def cities(ack: Any, payload: Json) -> None:
        begun = payload["value"].lower()
        await ack(options=options(*(city for city in CITIES if city.lower().startswith(begun))))

    @app.action(TOLD)
    async def told(ack: Any, action: Json, body: Json, client: AsyncWebClient) -> None:
        await ack()
        kept = {name: value for name, value in action.items() if name == "value" or name.startswith("selected_")}
        words = f"{action['action_id']}: {_said(kept)}"
        place = {"channel": body["channel"]["id"], "thread_ts": body["message"]["ts"]}
        await client.chat_postMessage(**place, text=words)


def _reactions(app: AsyncApp) -> None:
    @app.event("reaction_added")
    async def answer(event: Json, client: AsyncWebClient) -> None:
        place = {"channel": event["item"]["channel"], "thread_ts": event["item"]["ts"]}
        await client.chat_postMessage(**place, text=f"<@{event['user']}> says :{event['reaction']}:")


def _agent(app: AsyncApp) -> None:
    @app.event("app_mention")
    async def work(event: Json, client: AsyncWebClient) -> None:
        thread = event.get("thread_ts") or event["ts"]
        place = {"channel": event["channel"], "thread_ts": thread}
        await client.chat_postMessage(**place, text="I am at work until somebody stops me.")
        await client.agents_sessions_setStatus(
            channel_id=event["channel"], thread_ts=thread, status="processing", title="Painting"
        )

    @app.event("agent_session_stopped")
    async def stopped(event: Json, client: AsyncWebClient) -> None:
        thread = event["thread_ts"]
        await client.agents_sessions_setStatus(channel_id=event["channel"], thread_ts=thread, status="closed")
        words = f"Stopped by <@{event['user']}>."
        await client.chat_postMessage(channel=event["channel"], thread_ts=thread, text=words)

    @app.event("message")
    async def ignore() -> None:
        """Nothing is said about other messages."""


@asynccontextmanager
async def running(simulator: SlackSimulator) -> AsyncIterator[AsyncApp]:
    """The app, connected to a simulated Slack."""
    client = AsyncWebClient(token=simulator.bot_token, base_url=simulator.base_url, retry_handlers=[])
    app = gallery(client, simulator.signing_secret)
    handler = AsyncSocketModeHandler(app, simulator.app_token, ping_interval=1)
    await handler.connect_async()
    try:
        yield app
    finally:
        await handler.close_async()
