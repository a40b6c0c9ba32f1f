"""Modals and home tabs: the `views.*` methods and the answers to a submitted modal."""

import copy
import json
from typing import Any, Final

from bot.playground.slack.arguments import Args
from bot.playground.slack.blocks import block_errors, elements, view_errors
from bot.playground.slack.errors import SlackError
from bot.playground.slack.fields import kept
from bot.playground.slack.state import OpenView, Slack
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import APP, BOT_ID

Json = dict[str, Any]

STACK: Final = 3
LARGEST: Final = 250_000


def validate(_: Workspace, args: Args) -> Json:
    """blocks.validate: exactly one of a view, a message and blocks, checked and not shown.

    https://docs.slack.dev/reference/methods/blocks.validate
    """
    given = {name: args.data(name) for name in ("blocks", "message", "view")}
    given = {name: value for name, value in given.items() if value is not None}
    if len(given) != 1:
        raise SlackError("invalid_arguments", messages=["[ERROR] must provide exactly one of blocks, message, view"])
    ((name, value),) = given.items()
    blocks = value.get("blocks") if name == "message" and isinstance(value, dict) else value
    if errors := view_errors(value) if name == "view" else block_errors(blocks):
        parts = [error.removeprefix("[ERROR] ").removesuffix("]").split(" [json-pointer:") for error in errors]
        found = [{"pointer": place, "code": "failed_constraint", "message": what} for what, place in parts]
        raise SlackError(f"invalid_{name}", errors=found)
    return {}


def open_view(workspace: Workspace, args: Args) -> Json:
    """views.open: once per trigger, within three seconds."""
    body = _checked(args, "modal")
    trigger = workspace.slack.pull(args.need("trigger_id"))
    return {"view": shown(create(workspace, body, trigger.user))}


def push_view(workspace: Workspace, args: Args) -> Json:
    """views.push: on top of the modal the person has open."""
    slack = workspace.slack
    body = _checked(args, "modal")
    trigger = slack.pull(args.need("trigger_id"))
    top = next((view for view in reversed(slack.views.values()) if view.user == trigger.user and view.open), None)
    if top is None or top.body["type"] != "modal":
        raise SlackError("not_found")
    return {"view": shown(push(workspace, body, top))}


def update_view(workspace: Workspace, args: Args) -> Json:
    """views.update, by id or external id."""
    body = _checked(args, "modal")
    view = _find(workspace.slack, args)
    if args.text("hash") and args.text("hash") != view.hash:
        raise SlackError("hash_conflict")
    replace(workspace, view, body)
    return {"view": shown(view)}


def publish_view(workspace: Workspace, args: Args) -> Json:
    """views.publish: a person's home tab.

    https://docs.slack.dev/reference/methods/views.publish
    """
    slack = workspace.slack
    body, user = _checked(args, "home"), args.need("user_id")
    if not slack.app.has_home:
        raise SlackError("not_enabled")
    if user not in slack.world.people:
        raise SlackError("invalid_arguments", messages=["invalid `user_id`"])
    home = next((view for view in slack.views.values() if view.user == user and view.body["type"] == "home"), None)
    if home is None:
        return {"view": shown(create(workspace, body, user))}
    if args.text("hash") and args.text("hash") != home.hash:
        raise SlackError("hash_conflict")
    replace(workspace, home, body)
    return {"view": shown(home)}


def create(workspace: Workspace, body: Json, user: str) -> OpenView:
    """A new view on somebody's screen."""
    slack = workspace.slack
    external = body.get("external_id")
    if external and any(view.open and view.body.get("external_id") == external for view in slack.views.values()):
        raise SlackError("duplicate_external_id")
    view_id = slack.names.next("V")
    view = OpenView(view_id, user, _kept(workspace, body), slack.names.next(""), root=view_id, team=slack.team)
    slack.views[view_id] = view
    slack.news.tell(view.change)
    return view


def push(workspace: Workspace, body: Json, below: OpenView) -> OpenView:
    """A new view on top of another; three are the most."""
    stack = [view for view in workspace.slack.views.values() if view.root == below.root and view.open]
    if len(stack) >= STACK:
        raise SlackError("push_limit_reached")
    view = create(workspace, body, below.user)
    view.root, view.previous = below.root, below.id
    return view


def replace(workspace: Workspace, view: OpenView, body: Json) -> None:
    """Show something else in a view; what was entered stays where ids and type stay."""
    view.body, view.hash = _kept(workspace, body), workspace.slack.names.next("")
    view.state = kept(view.body["blocks"], view.state)
    workspace.slack.news.tell(view.change)


def answer_submission(workspace: Workspace, view: OpenView, answer: Any) -> Json:
    """What the person sees after submitting: field errors, another view, or the modal gone."""
    action = answer.get("response_action") if isinstance(answer, dict) else None
    if action == "errors":
        return _field_errors(view, answer.get("errors"))
    if action in {"update", "push"}:
        errors = view_errors(answer.get("view"))
        if errors:
            return {"status": "failed", "error": "invalid_view", "messages": errors}
        if action == "update":
            replace(workspace, view, answer["view"])
            return {"status": "acked", "view": shown(view)}
        return {"status": "acked", "view": shown(push(workspace, answer["view"], view))}
    close(workspace.slack, view, everything=action == "clear")
    return {"status": "acked", "closed": True}


def _field_errors(view: OpenView, errors: Any) -> Json:
    known = {block["block_id"] for block, _ in elements(view.body["blocks"]) if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= known:
        return {"status": "failed", "error": "invalid_errors"}
    return {"status": "acked", "errors": errors}


def close(slack: Slack, view: OpenView, *, everything: bool = False) -> list[OpenView]:
    """Take a view off the screen, or the whole stack it belongs to; answers what that was, bottom to top."""
    stack = [other for other in slack.views.values() if other.open and other.root == view.root]
    closed = stack if everything else [view]
    for other in closed:
        other.open = False
        slack.news.tell(other.change)
    return closed


def shown(view: OpenView) -> Json:
    """A view as answers and payloads carry it."""
    ids = {"id": view.id, "team_id": view.team, "app_id": APP, "app_installed_team_id": view.team, "bot_id": BOT_ID}
    place = {"root_view_id": view.root, "previous_view_id": view.previous, "hash": view.hash}
    empty = {"callback_id": "", "private_metadata": "", "external_id": ""}
    return empty | copy.deepcopy(view.body) | ids | place | {"state": {"values": view.state}}


def read(view: OpenView) -> Json:
    """As the control API tells it."""
    return shown(view) | {"user": view.user, "open": view.open}


def _checked(args: Args, kind: str) -> Json:
    view = args.data("view")
    errors = view_errors(view)
    if not errors and view["type"] != kind:
        errors = [f"[ERROR] must be of type {kind} [json-pointer:/view/type]"]
    if errors:
        raise SlackError("invalid_arguments", messages=errors)
    if len(json.dumps(view)) > LARGEST:
        raise SlackError("view_too_large")
    body: Json = view
    return body


def _kept(workspace: Workspace, body: Json) -> Json:
    return {**body, "blocks": workspace.stored(body["blocks"])}


def _find(slack: Slack, args: Args) -> OpenView:
    wanted, external = args.text("view_id"), args.text("external_id")
    for view in slack.views.values():
        if view.open and (view.id == wanted or (external and view.body.get("external_id") == external)):
            return view
    raise SlackError("not_found")
