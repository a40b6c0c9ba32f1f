"""What a person does with the bot's buttons, menus, modals and shortcuts."""

import copy
from typing import Any

from bot.playground.slack.arguments import Args
from bot.playground.slack.blocks import elements
from bot.playground.slack.errors import ImpossibleError
from bot.playground.slack.fields import STATEFUL, Offered, action, state, unknown
from bot.playground.slack.files import described, shared
from bot.playground.slack.people import People
from bot.playground.slack.state import Ephemeral, OpenView, ResponseUrl, Trigger
from bot.playground.slack.timeline import Message
from bot.playground.slack.views import answer_submission, close, shown
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import APP, DOMAIN, Channel, Person

Json = dict[str, Any]


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
        done, held = self._use(person, holder.ts, holder.blocks, args)
        entered = self._workspace.slack.entered
        entered[person.id, holder.ts] = state(
            holder.blocks, entered.get((person.id, holder.ts), {}), held, self._offered(holder.ts)
        )
        given = self._workspace.slack.response_url(person.id, channel.id, holder.ts)
        payload = {"channel": {"id": channel.id, "name": channel.name}, "response_url": given.url}
        payload |= {"state": {"values": copy.deepcopy(entered[person.id, holder.ts])}}
        return await self._act(person, done, payload | _container(holder, channel), given)

    async def suggest(self, args: Args) -> Json:
        """Type into a menu, of a view or a message, that loads its options from the bot."""
        person = self._people.person(args)
        if args.text("view_id"):
            view = self._view(args)
            holder, blocks, place = view.id, view.body["blocks"], _in_view(view)
        else:
            channel = self._people.place(args)[1]
            message = self._holder(channel, person, args.need("ts"))
            holder, blocks, place = message.ts, message.blocks, _container(message, channel)
            place["channel"] = {"id": channel.id, "name": channel.name}
        block, element = self._element(person, blocks, args)
        payload = self._base("block_suggestion", person) | place | {"value": args.text("value")}
        payload |= {"action_id": element["action_id"], "block_id": block["block_id"]}
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=True)
        answer = delivery.acked.result() if delivery.status == "acked" else None
        self._workspace.slack.offered[holder, element["action_id"]] = _options(answer)
        return {"status": delivery.status, "error": delivery.error, "answer": answer}

    async def submit(self, args: Args) -> Json:
        """Fill in a modal and submit it. `values`: block id → action id → what is entered."""
        view, person = self._view(args), self._people.person(args)
        values = self._values(person, view.body["blocks"], args)
        view.state = state(view.body["blocks"], view.state, values, self._offered(view.id))
        trigger = self._workspace.slack.trigger(person.id)
        payload = self._base("view_submission", person) | {"view": shown(view), "response_urls": []}
        payload["trigger_id"] = trigger.id
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=True)
        result = self._people.outcome(delivery, trigger)
        if delivery.status != "acked":
            return result
        return result | answer_submission(self._workspace, view, result["answer"])

    async def close(self, args: Args) -> Json:
        """Close a modal without submitting, with `clear` its whole stack; the bot hears of it when it asked to."""
        view, person = self._view(args), self._people.person(args)
        cleared = args.flag("clear") or bool(view.body.get("clear_on_close"))
        closed = close(self._workspace.slack, view, everything=cleared)
        told: Json = {"status": "closed"}
        for other in reversed(closed):
            if other.body.get("notify_on_close"):
                told = await self._tell_closed(person, other, cleared=cleared)
        return told

    async def _tell_closed(self, person: Person, view: OpenView, *, cleared: bool) -> Json:
        payload = self._base("view_closed", person) | {"view": shown(view), "is_cleared": cleared}
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
                raise ImpossibleError(f"there's no message {args.text('ts')} in {channel.id}")
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
        done, held = self._use(person, view.id, view.body["blocks"], args)
        view.state = state(view.body["blocks"], view.state, held, self._offered(view.id))
        return await self._act(person, done, _in_view(view), None)

    async def _act(self, person: Person, done: Json, place: Json, given: ResponseUrl | None) -> Json:
        slack = self._workspace.slack
        if not slack.app.interactive:
            return {"status": "failed", "error": "interactivity_not_enabled"}
        trigger: Trigger = slack.trigger(person.id)
        payload = self._base("block_actions", person) | {"trigger_id": trigger.id}
        payload |= place | {"actions": [done | {"action_ts": self._now()}]}
        delivery = await self._workspace.courier.ask("interactive", payload, expects_answer=False)
        return self._people.outcome(delivery, trigger, given)

    def _base(self, kind: str, person: Person) -> Json:
        # A form comes under the person's workspace; in its view stands where the app is installed.
        team = person.team if kind.startswith("view_") else self._workspace.slack.team
        user = {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team}
        return {
            "type": kind,
            "user": user,
            "api_app_id": APP,
            "token": "verification",
            "team": {"id": team, "domain": DOMAIN},
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

    def _use(self, person: Person, holder: str, blocks: list[Json], args: Args) -> tuple[Json, Json]:
        """The action, and the values of all fields after it."""
        block, element = self._element(person, blocks, args)
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise ImpossibleError(f"the field {element['action_id']} isn't sent on its own: no dispatch_action")
        values = self._values(person, blocks, args)
        value = args.values.get("value")
        if element["type"] in STATEFUL:
            value = self._value(person, element, value)
            values.setdefault(block["block_id"], {})[element["action_id"]] = "" if value is None else value
        return action(block, element, value, self._offered(holder)(element)), values

    def _values(self, person: Person, blocks: list[Json], args: Args) -> Json:
        """What is entered in the fields: block id → action id → value."""
        values: Json = copy.deepcopy(args.data("values") or {})
        if strange := unknown(blocks, values):
            raise ImpossibleError(f"the view has no field {strange}")
        for block, element in elements(blocks):
            entered = values.get(block["block_id"], {})
            if element["action_id"] in entered:
                entered[element["action_id"]] = self._value(person, element, entered[element["action_id"]])
        return values

    def _value(self, person: Person, element: Json, value: Any) -> Any:
        """Files are shared before they are named: each is the id of one, or says what it is."""
        if element["type"] != "file_input":
            return value
        slack = self._workspace.slack
        known = {item: slack.files.get(item) for item in value if isinstance(item, str)}
        if None in known.values():
            raise ImpossibleError("there's no such file")
        new = iter(shared(slack, [item for item in value if not isinstance(item, str)], person.id))
        files = [known[item] if isinstance(item, str) else next(new) for item in value]
        return [described(slack, file) for file in files if file]

    def _offered(self, holder: str) -> Offered:
        return lambda element: self._workspace.slack.offered.get((holder, element["action_id"]), ())

    def _element(self, person: Person, blocks: list[Json], args: Args) -> tuple[Json, Json]:
        action_id, block_id, value = args.need("action_id"), args.text("block_id"), args.values.get("value")
        for block, element in elements(blocks):
            other = element["type"] == "button" and value not in {None, element.get("value")}
            if element["action_id"] != action_id or other or block_id not in {"", block["block_id"]}:
                continue
            allowed = element.get("visible_to_user_ids")
            if not allowed or person.id in allowed:
                return block, element
        raise ImpossibleError(f"{person.id} sees nothing to use with the action_id {action_id}")

    def _view(self, args: Args) -> OpenView:
        view = self._workspace.slack.views.get(args.need("view_id"))
        if view is None or not view.open:
            raise ImpossibleError(f"the view {args.text('view_id')} isn't open")
        if view.user != args.text("user"):
            raise ImpossibleError(f"{args.text('user')} doesn't see the view {view.id}")
        return view

    def _now(self) -> str:
        return f"{self._workspace.slack.clock.wall():.6f}"


def _in_view(view: OpenView) -> Json:
    return {"container": {"type": "view", "view_id": view.id}, "view": shown(view)}


def _options(answer: Any) -> list[Json]:
    """The options in an answer of the bot, in groups or not."""
    if not isinstance(answer, dict):
        return []
    groups = [group.get("options", []) for group in answer.get("option_groups") or []]
    return [*(answer.get("options") or []), *(option for group in groups for option in group)]


def _container(holder: Message | Ephemeral, channel: Channel) -> Json:
    private = isinstance(holder, Ephemeral)
    container: Json = {"type": "message", "message_ts": holder.ts, "channel_id": channel.id, "is_ephemeral": private}
    if isinstance(holder, Ephemeral):
        return {"container": container}
    if holder.parent or holder.live_replies:
        container["thread_ts"] = holder.thread_ts
    return {"container": container, "message": holder.shown()}
