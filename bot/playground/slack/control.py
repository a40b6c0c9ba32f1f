"""The control API: `POST /control/<act>` does something, `GET /control/<what>` reads, both in JSON."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from aiohttp import web

from bot.playground import orders
from bot.playground.slack.arguments import Args, read_arguments
from bot.playground.slack.delivery import Delivery
from bot.playground.slack.errors import ImpossibleError, SlackError
from bot.playground.slack.http_events import HttpEvents
from bot.playground.slack.interactions import Interactions
from bot.playground.slack.people import People
from bot.playground.slack.reading import kinds, read, wait
from bot.playground.slack.shares import Shares
from bot.playground.slack.socket_mode import SocketMode
from bot.playground.slack.workspace import Workspace
from bot.playground.slack.world import BOT_USER, Channel

Json = dict[str, Any]
Act = Callable[[Args], Json] | Callable[[Args], Awaitable[Json]]

MAKES_NO_SENSE: Final = "this request can't be read ({})"


class Control:
    """Answers `/control/...`. What could not happen in Slack is a 409 with a sentence."""

    def __init__(self, workspace: Workspace, sockets: SocketMode, posts: HttpEvents) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._posts = posts
        self._people = People(workspace)
        self._acts = self._people_acts() | self._channel_acts() | self._delivery_acts() | self._simulator_acts()

    def _people_acts(self) -> dict[str, Act]:
        people = self._people
        interactions = Interactions(self._workspace, people)
        return {
            "say": people.say,
            "edit": people.edit,
            "delete": people.delete,
            "unfurl": people.unfurl,
            "react": people.react,
            "unreact": people.unreact,
            "slash": people.slash,
            "open_home": people.open_home,
            "open_group": people.open_group,
            "stop_agent": people.stop_agent,
            "rename_agent": people.rename_agent,
            "click": interactions.click,
            "suggest": interactions.suggest,
            "submit_view": interactions.submit,
            "close_view": interactions.close,
            "shortcut": interactions.shortcut,
            **Shares(self._workspace, people).acts(),
        }

    def _channel_acts(self) -> dict[str, Act]:
        return {
            "invite": self._invite,
            "remove": self._remove,
            "archive": self._archive,
            "unarchive": self._unarchive,
            "share": partial(self._set_shared, shared=True),
            "unshare": partial(self._set_shared, shared=False),
            "channel": self._channel,
            "person": self._person,
            "user_group": self._user_group,
        }

    def _delivery_acts(self) -> dict[str, Act]:
        return {
            "emit": self._emit,
            "redeliver": self._redeliver,
            "disconnect": self._disconnect,
            "pause": self._pause,
            "resume": self._resume,
            "transport": self._transport,
            "verify_url": self._verify_url,
        }

    def _simulator_acts(self) -> dict[str, Act]:
        return {
            "fault": self._fault,
            "clear_faults": self._clear_faults,
            "clock": self._clock,
            "limits": self._limits,
            "reset": self._reset,
        }

    async def act(self, request: web.Request) -> web.Response:
        """`POST /control/<act>`."""
        name = request.match_info["name"]
        try:
            values = await read_arguments(request)
            if name == "wait":
                return await self._wait(Args(values))
            return web.json_response(await self.perform(name, values))
        except (ImpossibleError, SlackError) as error:
            return _refused(error)
        except orders.UNREADABLE as error:
            return web.json_response({"error": MAKES_NO_SENSE.format(type(error).__name__)}, status=400)

    async def perform(self, name: str, values: Json) -> Json:
        """Do one act; ImpossibleError or SlackError when it could not happen in Slack."""
        result = self._named_act(name)(Args(values))
        return result if isinstance(result, dict) else await result

    def _named_act(self, name: str) -> Act:
        if name not in self._acts:
            raise ImpossibleError(f"there's no act {name}; there are {', '.join(sorted(self._acts))}, wait")
        return self._acts[name]

    async def index(self, _: web.Request) -> web.Response:
        """`GET /control/`: what can be done, and with whom and where."""
        world = self._workspace.slack.world
        told = {
            "POST /control/<act>": sorted([*self._acts, "wait"]),
            "GET /control/<what>": ["state", *kinds()],
            "people": {person.id: person.real_name for person in world.people.values()},
            "channels": {channel.id: channel.name for channel in world.channels.values()},
        }
        return web.json_response(told, dumps=partial(json.dumps, indent=2))

    async def look(self, request: web.Request) -> web.Response:
        """`GET /control/<what>`; the query filters."""
        name = request.match_info["name"]
        if name == "state":
            return web.json_response(self._state())
        try:
            return web.json_response({"items": read(self._workspace, name, dict(request.query))})
        except ImpossibleError as error:
            return _refused(error)

    async def _wait(self, args: Args) -> web.Response:
        count, seconds = int(args.text("count") or 1), float(args.text("timeout") or 10)
        wanted = args.data("filter") or {}
        enough, found = await wait(self._workspace, args.need("what"), wanted, count, seconds)
        return web.json_response({"items": found}, status=200 if enough else 408)

    def _state(self) -> Json:
        world = self._workspace.slack.world
        channels = {
            key: asdict(channel) | {"members": sorted(channel.members)} for key, channel in world.channels.items()
        }
        return {
            "people": {key: asdict(person) for key, person in world.people.items()},
            "channels": channels,
            "user_groups": {key: group.shown(with_users=True, with_count=True) for key, group in world.groups.items()},
            "scopes": sorted(self._workspace.slack.app.scopes),
            "transport": self._workspace.courier.transport,
            "request_url": self._posts.request_url,
            "paused": self._workspace.courier.paused,
            "sockets": len(self._sockets.connections),
            "sockets_opened": self._sockets.opened,
        }

    def _named(self, args: Args) -> Channel:
        channel = self._workspace.slack.world.channels.get(args.need("channel"))
        if channel is None:
            raise ImpossibleError(f"there's no channel {args.text('channel')}")
        return channel

    def _with_members(self, args: Args) -> Channel:
        """A channel whose members may change; those of direct messages never do."""
        channel = self._named(args)
        if channel.is_direct:
            raise ImpossibleError("direct messages keep the people they were opened with, and are never archived")
        return channel

    def _invite(self, args: Args) -> Json:
        """Bring somebody, by default the bot, into a channel."""
        channel, who = self._with_members(args), args.text("who") or BOT_USER
        self._workspace.slack.world.join(channel, who)
        if who == BOT_USER:
            self._workspace.events.bot_joined(channel, args.text("user") or "U0ADA")
        return {"members": sorted(channel.members)}

    def _remove(self, args: Args) -> Json:
        """Put somebody, by default the bot, out of a channel."""
        channel, who = self._with_members(args), args.text("who") or BOT_USER
        self._workspace.slack.world.leave(channel, who)
        if who == BOT_USER:
            self._workspace.events.bot_left(channel, args.text("user") or "U0ADA")
        return {"members": sorted(channel.members)}

    def _archive(self, args: Args) -> Json:
        return self._set_archived(args, archived=True)

    def _unarchive(self, args: Args) -> Json:
        return self._set_archived(args, archived=False)

    def _set_archived(self, args: Args, *, archived: bool) -> Json:
        channel = self._with_members(args)
        self._workspace.slack.world.archive(channel, archived=archived)
        self._workspace.events.archived(channel, args.text("user") or "U0ADA")
        return channel.shown()

    def _set_shared(self, args: Args, *, shared: bool) -> Json:
        """Share a channel with another company, or end that."""
        channel = self._named(args)
        if channel.kind == "im":
            raise ImpossibleError("a DM can't be shared")
        self._workspace.slack.world.share(channel, shared=shared)
        self._workspace.events.shared(channel)
        return channel.shown()

    def _channel(self, args: Args) -> Json:
        """Add a channel or change its facts: name, kind, members, is_archived, is_ext_shared."""
        args.need("id")
        return self._workspace.slack.world.put_channel(args.values).shown()

    def _person(self, args: Args) -> Json:
        """Add a person or change their facts. The app hears of who joins, and of what others could see change."""
        known = self._workspace.slack.world.people.get(args.need("id"))
        before = known and known.shown(with_email=True)
        person = self._workspace.slack.world.put_person(args.values)
        after = person.shown(with_email=True)
        if before != after and not (before is None and person.is_stranger):
            self._workspace.events.person(person, is_new=before is None)
        return after

    def _user_group(self, args: Args) -> Json:
        """Add a user group or change its facts: handle, users, is_disabled. No event: no app here subscribes to it."""
        args.need("id")
        return self._workspace.slack.world.put_group(args.values).shown(with_users=True, with_count=True)

    def _emit(self, args: Args) -> Json:
        """Send any event; `subscription` when it is not the event's type."""
        event = args.data("event") or {}
        kind = args.text("subscription") or str(event.get("type"))
        channel = event.get("channel") if isinstance(event.get("channel"), str) else None
        return {"event_id": self._workspace.events.send(kind, event, channel=channel)}

    async def _redeliver(self, args: Args) -> Json:
        """Send an event again under its id: by `event_id`, or the `nth` (default the last) of those that fit."""
        wanted: Json = {
            name: args.values[name] for name in ("event_id", "type", "ts", "channel") if name in args.values
        }
        found = [delivery for delivery in self._workspace.courier.deliveries if _is(delivery, wanted)]
        place = int(args.text("nth") or -1)
        if not -len(found) <= place < len(found):
            raise ImpossibleError("there's no such event to deliver again")
        return (await self._workspace.courier.again(found[place])).read()

    async def _disconnect(self, args: Args) -> Json:
        """End every socket: with an announcement, or `hard` without."""
        reason = args.text("reason") or "refresh_requested"
        return {"sockets": await self._sockets.disconnect(reason, hard=args.flag("hard"))}

    def _pause(self, args: Args) -> Json:
        """Stop delivering; events meanwhile are held (`hold`) or gone (`lose`)."""
        mode = args.text("mode") or "hold"
        if mode not in {"hold", "lose"}:
            raise ImpossibleError("the mode of a pause is hold or lose")
        self._workspace.courier.paused = mode
        return {"paused": mode}

    def _resume(self, _: Args) -> Json:
        self._workspace.courier.resume()
        return {"paused": None}

    def _transport(self, args: Args) -> Json:
        """Choose the way to the bot: `socket`, or `http` with its `request_url`."""
        courier, way = self._workspace.courier, args.text("transport") or self._workspace.courier.transport
        if way not in courier.transports:
            raise ImpossibleError("the transport is socket or http")
        courier.transport, self._sockets.enabled = way, way == "socket"
        self._posts.request_url = args.text("request_url") or self._posts.request_url
        return {"transport": way, "request_url": self._posts.request_url}

    async def _verify_url(self, _: Args) -> Json:
        return {"verified": await self._posts.verify(self._workspace.slack.names.next(""))}

    def _fault(self, args: Args) -> Json:
        return self._workspace.slack.faults.add(args.values).read()

    def _clear_faults(self, _: Args) -> Json:
        self._workspace.slack.faults.clear()
        return {}

    def _clock(self, args: Args) -> Json:
        """Move limits, triggers and response URLs ahead by `advance` seconds; set the `speed` of an app's waits."""
        clock = self._workspace.slack.clock
        times = float(args.text("speed") or clock.speed)
        if not times > 0:
            raise ImpossibleError("the speed is above 0")
        clock.advance(float(args.text("advance") or 0))
        clock.speed = times
        return {"now": clock.now(), "speed": clock.speed}

    def _limits(self, args: Args) -> Json:
        """Change the rate limits: `enabled`, `burst`."""
        limits = self._workspace.slack.limits
        rules = limits.rules
        enabled = args.flag("enabled") if "enabled" in args.values else rules.enabled
        limits.rules = replace(rules, enabled=enabled, burst=int(args.values.get("burst", rules.burst)))
        return asdict(limits.rules)

    def _reset(self, _: Args) -> Json:
        """A fresh workspace; sockets stay, ids go on."""
        self._workspace.courier.clear()
        self._workspace.slack.clear()
        return {}


def _refused(error: ImpossibleError | SlackError) -> web.Response:
    details = error.answer() if isinstance(error, SlackError) else {"error": str(error)}
    return web.Response(text=json.dumps(details), status=409, content_type="application/json")


def _is(delivery: Delivery, wanted: Json) -> bool:
    if delivery.kind != "events_api":
        return False
    facts = delivery.read()
    return all(facts.get(name) == value for name, value in wanted.items())
