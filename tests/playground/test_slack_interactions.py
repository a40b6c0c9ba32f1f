"""What the simulated Slack sends when people use each kind of element, and what it remembers of their fields."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.playground.slack import RefusedError

pytestmark = pytest.mark.edge

Start = Callable[..., Awaitable[Any]]

RICH = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}]}

CONFIRM = {
    "title": {"type": "plain_text", "text": "Sure?"},
    "text": {"type": "mrkdwn", "text": "It is gone then."},
    "confirm": {"type": "plain_text", "text": "Yes"},
    "deny": {"type": "plain_text", "text": "No"},
}


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def options(*names: str) -> list[dict[str, Any]]:
    return [{"text": plain(name.title()), "value": name} for name in names]


def one(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "action_id": "it", **more}


def actions(*elements: dict[str, Any], block_id: str = "row") -> dict[str, Any]:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def field(element: dict[str, Any], block_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain("Field"), "element": element, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    texts = {"title": plain("Form"), "submit": plain("Send")}
    return {"type": "modal", "callback_id": "form", **texts, "blocks": list(blocks) or [{"type": "divider"}], **more}


def listen(peer: Any) -> list[dict[str, Any]]:
    """Every action on elements called `it` or `go`, as the app hears it."""
    heard: list[dict[str, Any]] = []

    @peer.app.action("it")
    @peer.app.action("go")
    async def hear(ack: Any, body: dict[str, Any]) -> None:
        heard.append(body)
        await ack()

    return heard


async def post(peer: Any, *blocks: dict[str, Any]) -> Any:
    return await peer.client.chat_postMessage(channel="C0WEB", text="use it", blocks=list(blocks))


async def use(peer: Any, posted: Any, action_id: str = "it", **more: Any) -> dict[str, Any]:
    place = {"user": "U0ANN", "channel": "C0WEB", "ts": posted["ts"]}
    result: dict[str, Any] = await peer.control.act("click", **place, action_id=action_id, **more)
    assert result["status"] == "acked"
    return result


async def opened(peer: Any, view: dict[str, Any]) -> str:
    """The id of a modal on Ann's screen."""
    found = asyncio.get_running_loop().create_future()

    @peer.app.command("/devin")
    async def devin(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        found.set_result(body["trigger_id"])

    await peer.control.slash("U0ANN", "C0WEB", "x")
    return str((await peer.client.views_open(trigger_id=await found, view=view))["view"]["id"])


async def submit(peer: Any, view_id: str, **values: Any) -> dict[str, Any]:
    """Ann submits; what the app gets to read of the fields."""
    seen: list[dict[str, Any]] = []

    @peer.app.view("form")
    async def form(ack: Any, view: dict[str, Any]) -> None:
        seen.append(view["state"]["values"])
        await ack()

    entered = {name: {"it": value} for name, value in values.items()}
    result = await peer.control.submit_view("U0ANN", view_id, entered)
    assert result["status"] == "acked"
    return seen[-1]


# ---------------------------------------------------------------- actions


@pytest.mark.parametrize(
    ("element", "value", "told"),
    [
        (one("datepicker"), "2026-11-25", {"selected_date": "2026-11-25"}),
        (one("timepicker", timezone="Europe/Berlin"), "09:30", {"selected_time": "09:30", "timezone": "Europe/Berlin"}),
        (one("datetimepicker"), 1764064800, {"selected_date_time": 1764064800}),
        (one("users_select"), "U0BEN", {"selected_user": "U0BEN"}),
        (one("channels_select"), "C0OPS", {"selected_channel": "C0OPS"}),
        (one("conversations_select"), "D0ANN", {"selected_conversation": "D0ANN"}),
        (one("multi_users_select"), ["U0BEN"], {"selected_users": ["U0BEN"]}),
        (one("multi_channels_select"), ["C0OPS"], {"selected_channels": ["C0OPS"]}),
        (one("multi_conversations_select"), ["D0ANN"], {"selected_conversations": ["D0ANN"]}),
        (one("static_select", options=options("red")), "red", {"selected_option": options("red")[0]}),
        (one("static_select", options=options("red")), "", {"selected_option": None}),
        (one("multi_static_select", options=options("red")), ["red"], {"selected_options": options("red")}),
        (one("checkboxes", options=options("a", "b")), ["b"], {"selected_options": options("b")}),
        (one("radio_buttons", options=options("a", "b")), "b", {"selected_option": options("b")[0]}),
        (one("overflow", options=options("a", "b")), "b", {"selected_option": options("b")[0]}),
        (one("button", text=plain("Go"), url="https://example.com"), None, {"url": "https://example.com"}),
        (one("button", text=plain("Go"), confirm=CONFIRM), None, {"confirm": CONFIRM}),
    ],
)
async def test_an_action_names_what_was_chosen(start: Start, element: Any, value: Any, told: Any) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    await use(peer, await post(peer, actions(element)), value=value)
    action = heard[0]["actions"][0]
    assert {name: action[name] for name in told} == told
    assert (action["action_id"], action["block_id"], action["type"]) == ("it", "row", element["type"])


async def test_feedback_tells_which_of_its_two_buttons_was_pressed(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    good, bad = ({"text": plain(words), "value": words.lower()} for words in ("Good", "Bad"))
    buttons = one("feedback_buttons", positive_button=good, negative_button=bad)
    trash = {"type": "icon_button", "action_id": "go", "icon": "trash", "text": plain("Remove"), "value": "17"}
    posted = await post(peer, {"type": "context_actions", "block_id": "row", "elements": [buttons, trash]})
    await use(peer, posted, value="bad")
    await use(peer, posted, "go")
    assert [body["actions"][0]["value"] for body in heard] == ["bad", "17"]
    assert heard[0]["actions"][0]["text"] == plain("Bad")
    with pytest.raises(RefusedError, match=r"^there's no button with the value 'neither'$"):
        await use(peer, posted, value="neither")


async def test_a_workflow_button_tells_of_the_click(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    workflow = {"trigger": {"url": "https://slack.com/shortcuts/Ft0/1"}}
    await use(peer, await post(peer, actions(one("workflow_button", text=plain("Run"), workflow=workflow))))
    assert heard[0]["actions"][0]["workflow"] == workflow


async def test_the_block_tells_two_elements_of_one_name_apart(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    rows = [actions(one("button", text=plain("Go")), block_id=name) for name in ("first", "second")]
    await use(peer, await post(peer, *rows), block_id="second")
    assert heard[0]["actions"][0]["block_id"] == "second"


async def test_elements_without_a_name_get_one(start: Start) -> None:
    peer = await start()
    posted = await post(peer, {"type": "actions", "elements": [{"type": "button", "text": plain("Go")}]})
    assert posted["message"]["blocks"][0]["elements"][0]["action_id"]


async def test_an_element_inside_a_container_names_its_own_block(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    inner = actions(one("button", text=plain("Go")), block_id="inner")
    outer = {"type": "container", "block_id": "outer", "title": plain("Session"), "child_blocks": [inner]}
    await use(peer, await post(peer, outer))
    assert heard[0]["actions"][0]["block_id"] == "inner"


# ---------------------------------------------------------------- what fields hold


async def test_a_click_tells_what_all_fields_of_the_message_hold(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    colours = one("static_select", options=options("red", "blue"), initial_option=options("red")[0])
    row = actions(colours, {"type": "button", "action_id": "go", "text": plain("Go")})
    posted = await post(peer, row, field(one("plain_text_input"), "words"))
    await use(peer, posted, "go", values={"words": {"it": "typed"}})
    await use(peer, posted, value="blue")
    await use(peer, posted, "go")
    first, _, last = (body["state"]["values"] for body in heard)
    assert first == {
        "row": {"it": {"type": "static_select", "selected_option": options("red")[0]}},
        "words": {"it": {"type": "plain_text_input", "value": "typed"}},
    }
    assert last["row"]["it"]["selected_option"] == options("blue")[0]
    assert last["words"]["it"]["value"] == "typed"


async def test_what_one_person_entered_is_not_anothers(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    posted = await post(peer, actions(one("datepicker"), {"type": "button", "action_id": "go", "text": plain("Go")}))
    await use(peer, posted, value="2026-11-25")
    await peer.control.click("U0BEN", "C0WEB", posted["ts"], "go")
    assert heard[-1]["state"]["values"]["row"]["it"]["selected_date"] is None


async def test_a_field_is_sent_on_its_own_only_with_dispatch_action(start: Start) -> None:
    peer = await start(connect=True, limits=False)
    heard = listen(peer)
    posted = await post(peer, field(one("plain_text_input"), "quiet"))
    with pytest.raises(RefusedError, match=r"^the field it isn't sent on its own: no dispatch_action$"):
        await use(peer, posted, value="x", block_id="quiet")
    number = one("number_input", is_decimal_allowed=False)
    posted = await post(peer, field(number, "loud", dispatch_action=True))
    await use(peer, posted, value="7")
    assert heard[0]["actions"][0]["value"] == heard[0]["state"]["values"]["loud"]["it"]["value"] == "7"


async def test_a_submitted_form_tells_every_kind_of_field(start: Start) -> None:
    peer = await start(connect=True)
    view = modal(
        field(one("plain_text_input", initial_value="Fix it"), "title"),
        field(one("email_text_input"), "mail"),
        field(one("url_text_input"), "page"),
        field(one("rich_text_input"), "notes"),
        field(one("datetimepicker", initial_date_time=1764064800), "instant"),
        field(one("multi_users_select", initial_users=["U0ANN"]), "readers"),
        field(one("checkboxes", options=options("a")), "parts"),
        field(one("radio_buttons", options=options("a", "b"), initial_option=options("b")[0]), "mode"),
    )
    values = await submit(peer, await opened(peer, view), mail="ann@example.com", page="", notes=RICH, readers=[])
    assert {name: entered["it"] for name, entered in values.items()} == {
        "title": {"type": "plain_text_input", "value": "Fix it"},
        "mail": {"type": "email_text_input", "value": "ann@example.com"},
        "page": {"type": "url_text_input", "value": None},
        "notes": {"type": "rich_text_input", "rich_text_value": RICH},
        "instant": {"type": "datetimepicker", "selected_date_time": 1764064800},
        "readers": {"type": "multi_users_select", "selected_users": []},
        "parts": {"type": "checkboxes", "selected_options": []},
        "mode": {"type": "radio_buttons", "selected_option": options("b")[0]},
    }


async def test_files_of_a_form_can_be_read_by_the_app(start: Start) -> None:
    peer = await start(connect=True)
    view_id = await opened(peer, modal(field(one("file_input"), "files")))
    spec = {"name": "log.txt", "mimetype": "text/plain", "content_base64": base64.b64encode(b"boom").decode()}
    values = await submit(peer, view_id, files=[spec])
    (file,) = values["files"]["it"]["files"]
    assert (file["name"], file["size"]) == ("log.txt", 4)
    assert (await peer.client.files_info(file=file["id"]))["file"]["mimetype"] == "text/plain"


async def test_what_was_typed_stays_when_a_view_is_updated(start: Start) -> None:
    peer = await start(connect=True)
    heard = listen(peer)
    go = actions({"type": "button", "action_id": "go", "text": plain("Go")}, block_id="more")
    view_id = await opened(peer, modal(field(one("plain_text_input"), "words"), field(one("datepicker"), "day"), go))
    typed = {"words": {"it": "typed"}, "day": {"it": "2026-11-25"}}
    await peer.control.act("click", user="U0ANN", view_id=view_id, action_id="go", values=typed)
    again = modal(field(one("plain_text_input", initial_value="other"), "words"), field(one("timepicker"), "day"), go)
    await peer.client.views_update(view_id=view_id, view=again)
    values = await submit(peer, view_id)
    assert heard[0]["view"]["state"]["values"]["words"]["it"]["value"] == "typed"
    assert values["words"]["it"]["value"] == "typed"
    assert values["day"]["it"] == {"type": "timepicker", "selected_time": None}


# ---------------------------------------------------------------- menus that load, and closing


async def test_a_menu_of_a_message_loads_its_options(start: Start) -> None:
    peer = await start(connect=True)
    heard, asked = listen(peer), []

    @peer.app.options("it")
    async def cities(ack: Any, body: dict[str, Any]) -> None:
        asked.append(body)
        await ack(options=[{"text": plain("Bern, Switzerland"), "value": "bern"}])

    posted = await post(peer, actions(one("external_select")))
    place = {"user": "U0ANN", "channel": "C0WEB", "ts": posted["ts"]}
    result = await peer.control.act("suggest", **place, action_id="it", value="ber")
    assert result["answer"]["options"][0]["value"] == "bern"
    assert (asked[0]["value"], asked[0]["block_id"], asked[0]["channel"]["id"]) == ("ber", "row", "C0WEB")
    assert asked[0]["container"]["message_ts"] == posted["ts"]
    await use(peer, posted, value="bern")
    assert heard[0]["actions"][0]["selected_option"]["text"] == plain("Bern, Switzerland")


@pytest.mark.parametrize(("clear", "closed"), [(False, ["top"]), (True, ["top", "bottom"])])
async def test_closing_one_modal_or_the_whole_stack(start: Start, clear: bool, closed: list[str]) -> None:
    peer = await start(connect=True)
    told: list[dict[str, Any]] = []

    @peer.app.view("form")
    async def push(ack: Any) -> None:
        await ack(response_action="push", view=modal(callback_id="top", notify_on_close=True))

    @peer.app.view_closed("form")
    @peer.app.view_closed("top")
    async def hear(ack: Any, body: dict[str, Any]) -> None:
        told.append(body)
        await ack()

    view_id = await opened(peer, modal(private_metadata="bottom", notify_on_close=True))
    top = (await peer.control.submit_view("U0ANN", view_id))["view"]["id"]
    await peer.control.act("close_view", user="U0ANN", view_id=top, clear=clear)
    names = [body["view"]["private_metadata"] or body["view"]["callback_id"] for body in told]
    assert (names, {body["is_cleared"] for body in told}) == (closed, {clear})
    assert [view["open"] for view in await peer.control.views()] == [not clear, False]
