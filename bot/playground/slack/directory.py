"""The smaller families of methods: the app itself, people, reactions, agent sessions."""

import re
from typing import Any, Final

from bot.playground.news import Change
from bot.playground.slack.arguments import TS, Args
from bot.playground.slack.chat import known, writable
from bot.playground.slack.errors import SlackError
from bot.playground.slack.timeline import Message
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import APP, BOT_ID, BOT_USER, DOMAIN

Json = dict[str, Any]

EMOJI: Final = re.compile(r"[a-z0-9_+'\-]+(::skin-tone-[2-6])?")
MOST_REACTIONS: Final = 23
AGENT_STATES: Final = frozenset({"processing", "active", "suspended", "closed"})


def api_test(_: Workspace, args: Args) -> Json:
    """api.test: gives back what it got, and the error it was asked for."""
    if args.text("error"):
        raise SlackError(args.text("error"), args=args.values)
    return {"args": args.values}


def auth_test(workspace: Workspace, _: Args) -> Json:
    """auth.test with a bot token."""
    return {
        "url": f"https://{DOMAIN}.slack.com/",
        "team": "Play",
        "team_id": workspace.slack.team,
        "user": "devin_bridge",
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def auth_test_app(_: Workspace, __: Args) -> Json:
    """auth.test with an app-level token."""
    return {"app_id": APP, "app_name": "Devin Bridge"}


def bot_info(_: Workspace, args: Args) -> Json:
    """bots.info, of the app's own bot."""
    if args.text("bot") != BOT_ID:
        raise SlackError("bot_not_found")
    return {"bot": {"id": BOT_ID, "app_id": APP, "user_id": BOT_USER, "name": "Devin Bridge", "deleted": False}}


def user_info(workspace: Workspace, args: Args) -> Json:
    """users.info."""
    person = workspace.slack.world.people.get(args.need("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": person.shown(with_email="users:read.email" in workspace.slack.app.scopes)}


def user_by_email(workspace: Workspace, args: Args) -> Json:
    """users.lookupByEmail: people of the workspace only."""
    email = args.need("email").lower()
    for person in workspace.slack.world.people.values():
        if person.email.lower() == email and not person.is_stranger and not person.deleted:
            return {"user": person.shown(with_email=True)}
    raise SlackError("users_not_found")


def user_groups(workspace: Workspace, args: Args) -> Json:
    """usergroups.list."""
    found = workspace.slack.world.groups.values()
    groups = [group for group in found if args.flag("include_disabled") or not group.is_disabled]
    wanted = {"with_users": args.flag("include_users"), "with_count": args.flag("include_count")}
    return {"usergroups": [group.shown(**wanted) for group in groups]}


def user_group_members(workspace: Workspace, args: Args) -> Json:
    """usergroups.users.list: without an id the error is the one of an unknown id, as in Slack."""
    group = workspace.slack.world.groups.get(args.text("usergroup"))
    if group is None or (group.is_disabled and not args.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": sorted(group.users)}


def add_reaction(workspace: Workspace, args: Args) -> Json:
    """reactions.add."""
    name, message = _reacted(workspace, args)
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    if len(message.reactions) > MOST_REACTIONS:
        del message.reactions[name]
        raise SlackError("too_many_emoji")
    users.append(BOT_USER)
    workspace.events.reacted(message, BOT_USER, name, added=True)
    return {}


def remove_reaction(workspace: Workspace, args: Args) -> Json:
    """reactions.remove."""
    name, message = _reacted(workspace, args)
    users = message.reactions.get(name, [])
    if BOT_USER not in users:
        raise SlackError("no_reaction")
    users.remove(BOT_USER)
    if not users:
        del message.reactions[name]
    workspace.events.reacted(message, BOT_USER, name, added=False)
    return {}


def _reacted(workspace: Workspace, args: Args) -> tuple[str, Message]:
    name = args.need("name")
    if not EMOJI.fullmatch(name):
        raise SlackError("invalid_name")
    if not args.text("channel") or not args.text("timestamp"):
        raise SlackError("no_item_specified")
    if not TS.fullmatch(args.text("timestamp")):
        raise SlackError("bad_timestamp")
    channel = writable(workspace, args.text("channel"))
    return name, workspace.slack.message(channel.id, args.text("timestamp"))


def set_agent_status(workspace: Workspace, args: Args) -> Json:
    """agents.sessions.setStatus: creates the session if needed."""
    key = _agent_thread(workspace, args)
    status = args.need("status")
    if status not in AGENT_STATES:
        raise SlackError("invalid_arguments", messages=[f"[ERROR] must be one of {sorted(AGENT_STATES)}: status"])
    if len(args.text("title")) > 200:
        raise SlackError("invalid_arguments", messages=["[ERROR] must be less than 201 characters: title"])
    initiator = args.text("initiator_user_id")
    if initiator and initiator not in known(workspace, key[0]).members:
        raise SlackError("user_not_found")
    first = {"title": args.text("title"), "initiator": initiator}  # what later calls bring of these does not count
    session = workspace.slack.agent_sessions.setdefault(key, first)
    session |= {"status": status, "set_at": workspace.slack.clock.now()}
    workspace.slack.news.tell(Change("agent", *key))
    answer: Json = {"status": status, "agent_status": status, "title": session["title"]}
    if not workspace.slack.app.hears("agent_session_stopped"):
        warnings = ["missing_agent_session_stopped_event_subscription"]
        answer["response_metadata"] = {"warnings": warnings}
    return answer


def rename_agent_session(workspace: Workspace, args: Args) -> Json:
    """agents.sessions.rename."""
    key = _agent_thread(workspace, args)
    session = workspace.slack.agent_session(*key)
    if session is None:
        raise SlackError("not_authorized")
    if not 1 <= len(args.need("title")) <= 200:
        raise SlackError("invalid_arguments", messages=["[ERROR] must be less than 201 characters: title"])
    session["title"] = args.text("title")
    workspace.slack.news.tell(Change("agent", *key))
    return {"title": session["title"]}


def _agent_thread(workspace: Workspace, args: Args) -> tuple[str, str]:
    """The channel and thread of an agent session (https://docs.slack.dev/reference/methods/agents.sessions.setStatus).

    The page names no error for an app that is no agent, for a channel without the bot or for a thread that is not
    there: the first is a feature that is off, the others are places in which the app may show nothing.
    """
    if not workspace.slack.app.is_agent:
        raise SlackError("feature_disabled")
    channel = known(workspace, args.need("channel_id"))
    if not channel.has_bot:
        raise SlackError("not_authorized")
    return channel.id, workspace.slack.message(channel.id, args.need("thread_ts"), "not_authorized").ts
