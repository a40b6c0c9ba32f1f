"""What a person does with the bot's buttons, menus, modals and shortcuts."""

import time
from typing import Any, Final

from bot.playground.slack.arguments import Args
from bot.playground.slack.blocks import elements
from bot.playground.slack.errors import ImpossibleError
from bot.playground.slack.people import People
from bot.playground.slack.state import Ephemeral, OpenView, ResponseUrl, Trigger
from bot.playground.slack.timeline import Message
from bot.playground.slack.views import answer_submission, shown
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import APP, DOMAIN, TEAM, Channel, Person

Json = dict[str, Any]

SINGLE: Final = {"static_select", "external_select", "overflow", "radio_buttons"}
SEVERAL: Final = {"multi_static_select", "multi_external_select", "checkboxes"}
PICKED: Final = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "multi_users_select": "selected_users",
}


class Interactions:
    """Clicks, submissions, menus that load, shortcuts."""

    def __init__(self, workspace: Workspace, people: People) -> None:
        self._workspace = workspace
        self._people = people

    async def click(self, args: Args) -> Json:
        """Use an element of a message (also a private one) or, with `view_id`, of a view."""
        if args.text("view_id"):
            return await self._click_in_view(args)
        person, channel = self._people.place(args)
        holder = self._holder(channel, person, args.need("ts"))
        action = self._action(person, holder.blocks, args)
        given = self._workspace.slack.response_url(person.id, channel.id, holder.ts)
        payload = {"channel": {"id": channel.id, "name": channel.name}, "response_url": given.url}
        return await self._act(person, action, payload | _container(holder, channel), given)

    async def suggest(self, args: Args) -> Json:
        """Type into a menu that loads its options from the bot."""
        view = self._view(args)
        person = self._people.person(args)
        element = self._element(person, view.body["blocks"], args)[1]
        payload = self._base("block_suggestion", person) | {"view": shown(view), "value": args.text("value")}
        payload |= {"action_id": element["action_id"], "block_id": self._block_of(view, element)}
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=True)
        answer = delivery.acked.result() if delivery.status == "acked" else None
        return {"status": delivery.status, "error": delivery.error, "answer": answer}

    async def submit(self, args: Args) -> Json:
        """Fill in a modal and submit it. `values`: block id → action id → what is entered."""
        view, person = self._view(args), self._people.person(args)
        self._fill(view, args.data("values") or {})
        trigger = self._workspace.slack.trigger(person.id)
        payload = self._base("view_submission", person) | {"view": shown(view), "response_urls": []}
        payload["trigger_id"] = trigger.id
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=True)
        result = self._people.outcome(delivery, trigger)
        if delivery.status != "acked":
            return result
        return result | answer_submission(self._workspace, view, result["answer"])

    async def close(self, args: Args) -> Json:
        """Close a modal without submitting; the bot hears of it only when it asked to."""
        view, person = self._view(args), self._people.person(args)
        view.open = False
        if not view.body.get("notify_on_close"):
            return {"status": "closed"}
        payload = self._base("view_closed", person) | {"view": shown(view), "is_cleared": False}
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=False)
        return {"status": delivery.status, "error": delivery.error}

    async def shortcut(self, args: Args) -> Json:
        """Use a shortcut: of a message with `channel` and `ts`, else a global one."""
        person, callback_id = self._people.person(args), args.need("callback_id")
        trigger = self._workspace.slack.trigger(person.id)
        facts: Json = {"callback_id": callback_id, "trigger_id": trigger.id, "action_ts": self._now()}
        given = None
        kind = "shortcut"
        if args.text("ts"):
            _, channel = self._people.place(args)
            message = self._workspace.slack.timeline(channel.id).get(args.text("ts"))
            if message is None:
                raise ImpossibleError(f"there is no message {args.text('ts')} in {channel.id}")
            given = self._workspace.slack.response_url(person.id, channel.id, message.ts)
            place = {"channel": {"id": channel.id, "name": channel.name}, "message_ts": message.ts}
            facts |= place | {"message": message.shown(), "response_url": given.url}
            kind = "message_action"
        delivery = await self._workspace.courier.ask(
            "interactive", self._base(kind, person) | facts, expects_answer=False
        )
        return self._people.outcome(delivery, trigger, given)

    async def _click_in_view(self, args: Args) -> Json:
        view, person = self._view(args), self._people.person(args)
        action = self._action(person, view.body["blocks"], args)
        place = {"container": {"type": "view", "view_id": view.id}, "view": shown(view)}
        return await self._act(person, action, place, None)

    async def _act(self, person: Person, action: Json, place: Json, given: ResponseUrl | None) -> Json:
        slack = self._workspace.slack
        if not slack.app.interactive:
            return {"status": "failed", "error": "interactivity_not_enabled"}
        trigger: Trigger = slack.trigger(person.id)
        payload = self._base("block_actions", person) | {"trigger_id": trigger.id, "state": {"values": {}}}
        payload |= place | {"actions": [action]}
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=False)
        return self._people.outcome(delivery, trigger, given)

    def _base(self, kind: str, person: Person) -> Json:
        user = {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team}
        return {
            "type": kind,
            "user": user,
            "api_app_id": APP,
            "token": "verification",
            "team": {"id": TEAM, "domain": DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _holder(self, channel: Channel, person: Person, ts: str) -> Message | Ephemeral:
        private = self._workspace.slack.ephemeral(ts)
        if private is not None and private.user == person.id and private.visible:
            return private
        message = self._workspace.slack.timeline(channel.id).get(ts)
        if message is None:
            raise ImpossibleError(f"{person.id} sees no message {ts} in {channel.id}")
        return message

    def _action(self, person: Person, blocks: list[Json], args: Args) -> Json:
        block, element = self._element(person, blocks, args)
        given = {"action_id": element["action_id"], "block_id": block["block_id"], "type": element["type"]}
        kept = {name: element[name] for name in ("text", "style", "url") if name in element}
        return given | kept | chosen(element, args.values.get("value")) | {"action_ts": self._now()}

    def _element(self, person: Person, blocks: list[Json], args: Args) -> tuple[Json, Json]:
        action_id, value = args.need("action_id"), args.values.get("value")
        for block, element in elements(blocks):
            other = element["type"] == "button" and value not in {None, element.get("value")}
            if element["action_id"] != action_id or other:
                continue
            allowed = element.get("visible_to_user_ids")
            if not allowed or person.id in allowed:
                return block, element
        raise ImpossibleError(f"{person.id} sees nothing to use with the action_id {action_id}")

    def _block_of(self, view: OpenView, element: Json) -> str:
        return next(str(block["block_id"]) for block, other in elements(view.body["blocks"]) if other is element)

    def _view(self, args: Args) -> OpenView:
        view = self._workspace.slack.views.get(args.need("view_id"))
        if view is None or not view.open:
            raise ImpossibleError(f"the view {args.text('view_id')} is not open")
        if view.user != args.text("user"):
            raise ImpossibleError(f"{args.text('user')} does not see the view {view.id}")
        return view

    def _fill(self, view: OpenView, values: Json) -> None:
        filled: Json = {}
        for block, element in elements(view.body["blocks"]):
            if block["type"] == "input":
                value = values.get(block["block_id"], {}).get(element["action_id"])
                filled.setdefault(block["block_id"], {})[element["action_id"]] = entered(element, value)
        unknown = values.keys() - filled.keys()
        if unknown:
            raise ImpossibleError(f"the view has no field {sorted(unknown)}")
        view.state = filled

    def _now(self) -> str:
        return f"{time.time():.6f}"


def entered(element: Json, value: Any) -> Json:
    """A field's state: what was entered, or its initial value."""
    if value is None:
        started = {
            name.replace("initial_", "selected_"): start for name, start in element.items() if "initial_" in name
        }
        first = started.pop("selected_value", None)
        empty: Json = {"value": first} if element["type"].endswith("_input") else started
        return {"type": element["type"]} | empty
    return {"type": element["type"]} | chosen(element, value)


def chosen(element: Json, value: Any) -> Json:
    """How a payload says what was picked or typed."""
    kind = element["type"]
    if kind in SINGLE:
        return {"selected_option": _option(element, value)}
    if kind in SEVERAL:
        return {"selected_options": [_option(element, item) for item in value or []]}
    if kind in PICKED:
        return {PICKED[kind]: value}
    if kind == "button":
        return {"value": element["value"]} if "value" in element else {}
    return {"value": value}


def _option(element: Json, value: Any) -> Json:
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    groups = [group.get("options", []) for group in element.get("option_groups", [])]
    for option in [*element.get("options", []), *(item for group in groups for item in group)]:
        if option.get("value") == value:
            picked: Json = option
            return picked
    raise ImpossibleError(f"there is no option {value!r}")


def _container(holder: Message | Ephemeral, channel: Channel) -> Json:
    private = isinstance(holder, Ephemeral)
    container: Json = {"type": "message", "message_ts": holder.ts, "channel_id": channel.id, "is_ephemeral": private}
    if isinstance(holder, Ephemeral):
        return {"container": container}
    if holder.parent or holder.live_replies:
        container["thread_ts"] = holder.thread_ts
    return {"container": container, "message": holder.shown()}
