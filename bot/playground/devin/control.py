"""The control API under /control: what a test or the playground does behind Devin's back."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from aiohttp import web

from bot.playground import orders
from bot.playground.devin import life, shapes
from bot.playground.devin.api import ROUTE_NAMES
from bot.playground.devin.api_account import keep_file
from bot.playground.devin.api_library import add_folder, add_playbook
from bot.playground.devin.faults import Faults
from bot.playground.devin.problems import ProblemError
from bot.playground.devin.session import Session, Step
from bot.playground.devin.state import BILLING_START, Member, Script, World
from bot.playground.devin.timeline import Player
from bot.playground.news import Change
from bot.playground.options import FASTEST, SLOWEST, is_speed

Order = dict[str, Any]
Names = Mapping[str, str]  # what stands in the path
Act = Callable[[Names, Order], Awaitable[Any]]
Verb = Callable[[Session, Order], None]
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STEP_FIELDS: Final = {field.name for field in fields(Step)}


class Control:
    """The verbs over one world, its player and its faults."""

    def __init__(self, world: World, player: Player, faults: Faults) -> None:
        self._world = world
        self._player = player
        self._faults = faults
        self._verbs: dict[str, Verb] = {
            "step": self._step,
            "set": self._set,
            "say": self._say,
            "write": self._write,
            "pr": self._pr,
            "spend": self._spend,
            "lower": self._lower,
            "attach": self._attach,
            "script": self._script,
            "play": self._play,
            "terminate": lambda session, _: life.terminate(world, session),
            "archive": lambda session, _: life.archive(world, session),
            "unarchive": lambda session, _: life.unarchive(world, session),
        }
        self._table = self._acts()

    def add_to(self, app: web.Application) -> None:
        """Put the control routes into the application."""
        app.add_routes([web.route(method, f"/control{path}", _endpoint(act)) for method, path, act in self._table])
        app.router.add_get("/control", _index([f"{method} /control{path}" for method, path, _ in self._table]))

    async def perform(self, act: str, order: Order) -> Any:
        """What `POST /control/<act>` does."""
        for method, path, run in self._table:
            place = re.fullmatch(_pattern(path), f"/{act}") if method == "POST" else None
            if place is not None:
                return await run(place.groupdict(), order)
        raise ValueError(f"There's no act {act!r}.")

    def _acts(self) -> tuple[tuple[str, str, Act], ...]:
        return (
            ("POST", "/sessions", self._create_sessions),
            ("GET", "/sessions", self._list_sessions),
            ("GET", "/sessions/{id}", self._get_session),
            ("POST", "/sessions/{id}/{verb}", self._act),
            ("POST", "/scripts", self._add_script),
            ("GET", "/switches", lambda place, _: self._switches(place, {})),
            ("PUT", "/switches", self._switches),
            ("GET", "/permissions", lambda place, _: self._permissions(place, {})),
            ("PUT", "/permissions", self._permissions),
            ("POST", "/consumption", self._consumption),
            ("PUT", "/cycles", self._cycles),
            ("PUT", "/acu_limits", self._acu_limits),
            ("PUT", "/organizations/{org_id}", self._limit_organization),
            ("PUT", "/organizations/{org_id}/agent_acu_limits", self._limit_agents),
            ("POST", "/members", self._add_member),
            ("POST", "/playbooks", self._add_playbook),
            ("POST", "/folders", self._add_folder),
            ("POST", "/organizations", self._add_organization),
            ("POST", "/audit", self._add_audit),
            ("POST", "/violations", self._add_violation),
            ("POST", "/clock", self._clock),
            ("GET", "/speed", lambda place, _: self._speed(place, {})),
            ("POST", "/speed", self._speed),
            ("POST", "/faults", self._add_fault),
            ("GET", "/faults", self._list_faults),
            ("DELETE", "/faults", self._clear_faults),
            ("POST", "/faults/release", self._release),
            ("GET", "/log", self._log),
            ("GET", "/counters", self._counters),
            ("POST", "/reset", self._reset),
            ("POST", "/wait/calls", self._wait_calls),
            ("POST", "/wait/sessions", self._wait_sessions),
            ("POST", "/wait/messages", self._wait_messages),
        )

    # ------------------------------------------------------------ sessions

    async def _create_sessions(self, _: Names, order: Order) -> Any:
        shapes.check(order, shapes.NEW_SESSIONS)
        count, every = order.pop("count", 1), order.pop("every", 0)
        prompt, says = order.pop("prompt", "A task"), order.pop("say", None)
        newest = order.pop("created_at", self._world.seconds())
        order.setdefault("service_user_id", self._world.service_user_id)
        ids = []
        for number in range(count):
            at = newest - (count - 1 - number) * every
            session = life.create(self._world, prompt, **order, created_at=at, updated_at=at)
            if says is not None:
                life.add_message(self._world, session, "devin", says, at=at)
            ids.append(session.bare_id)
        return {"session_ids": ids}

    async def _list_sessions(self, _: Names, order: Order) -> Any:
        return {"sessions": self._with_text(order.get("text", ""))}

    def _with_text(self, text: str) -> list[dict[str, Any]]:
        return [
            life.snapshot(self._world, session)
            for session in self._world.held.sessions.values()
            if any(text in message.message for message in session.messages)
        ]

    async def _get_session(self, place: Names, _: Order) -> Any:
        return life.snapshot(self._world, self._world.session(place["id"]))

    async def _act(self, place: Names, order: Order) -> Any:
        session = self._world.session(place["id"])
        verb = self._verbs.get(place["verb"])
        if verb is None:
            raise ValueError(f"There's no verb {place['verb']!r}.")
        shapes.check(order, shapes.VERBS.get(place["verb"], {}))
        shapes.check(order.get("fields") or {}, shapes.SESSION, "The field")
        verb(session, order)
        self._world.changed(session.change)  # a script that is another one touches nothing else
        return life.snapshot(self._world, session)

    def _step(self, session: Session, order: Order) -> None:
        if not self._player.step(session, order.get("count", 1)):
            raise ValueError("The session has no steps left.")

    def _set(self, session: Session, order: Order) -> None:
        life.change(self._world, session, order["fields"], moves=order.get("moves", True))
        self._forced(session, order["fields"])

    def _say(self, session: Session, order: Order) -> None:
        if order.get("fields"):
            life.change(self._world, session, order["fields"])
        life.say(self._world, session, order["text"])
        self._forced(session, order.get("fields") or {})

    def _forced(self, session: Session, changed: Order) -> None:
        if {"status", "status_detail"} & changed.keys():
            self._player.forced(session)

    def _write(self, session: Session, order: Order) -> None:
        life.receive(self._world, session, order["text"])

    def _pr(self, session: Session, order: Order) -> None:
        life.put_pull_request(self._world, session, order["url"], order.get("state"))

    def _spend(self, session: Session, order: Order) -> None:
        life.spend(self._world, session, order["acus"])

    def _lower(self, session: Session, order: Order) -> None:
        life.lower(self._world, session, order["acus"], _begin_of(order["day"]))

    def _attach(self, session: Session, order: Order) -> None:
        urls = [
            keep_file(self._world, session.org_id, file["name"], file["content"].encode(), file.get("content_type")).url
            for file in (order, *order.get("more", ()))
        ]
        life.attach(self._world, session, "devin", urls)
        life.say(self._world, session, (order.get("say", "") + life.mention(urls)).strip())

    def _script(self, session: Session, order: Order) -> None:
        self._player.replace(session, _steps(order), order.get("play"))

    def _play(self, session: Session, order: Order) -> None:
        self._player.play(session, order.get("speed", 1.0))

    async def _add_script(self, _: Names, order: Order) -> Any:
        shapes.check(order, shapes.SCRIPT)
        script = Script(order["contains"], tuple(_steps(order)), order.get("play"))
        self._world.held.scripts.append(script)
        return {}

    # ------------------------------------------------------------ the organisation

    async def _switches(self, _: Names, order: Order) -> Any:
        if order:
            self._world.switch(order)
        return asdict(self._world.switches)

    async def _permissions(self, _: Names, order: Order) -> Any:
        held = self._world.permissions if order.get("only") is None else frozenset(order["only"])
        held = (held | set(order.get("grant") or ())) - set(order.get("revoke") or ())
        self._world.permissions = held
        return {"permissions": sorted(held)}

    async def _consumption(self, _: Names, order: Order) -> Any:
        day = _begin_of(order["date"])
        if order["acus"] is None:
            self._world.held.left_out.add(day)
            return {"date": day}
        self._world.held.left_out.discard(day)
        products = order.get("products") or {"devin": order["acus"]}
        org_id = self._world.org_id if order.get("org_id") is None else order["org_id"]
        self._world.held.figures[org_id, day] = products
        return {"date": day}

    async def _cycles(self, _: Names, order: Order) -> Any:
        self._world.held.cycles = order["cycles"]
        return {}

    async def _acu_limits(self, _: Names, order: Order) -> Any:
        limits: list[dict[str, Any]] = order["limits"]
        for limit in limits:
            if missing := {"scope", "cycle_acu_limit"} - limit.keys():
                raise ValueError(f"A limit lacks {', '.join(sorted(missing))}.")
            if unknown := limit.keys() - shapes.ACU_LIMIT.keys():
                raise ValueError(f"A limit has no {', '.join(sorted(unknown))}.")
            shapes.check(limit, shapes.ACU_LIMIT, "A limit's")
        self._world.held.acu_limits = [{"org_id": None, "user_id": None} | limit for limit in limits]
        return {}

    async def _limit_organization(self, place: Names, order: Order) -> Any:
        if unknown := order.keys() - shapes.ORGANIZATION_LIMITS.keys():
            raise ValueError(f"No organization limit is called {', '.join(sorted(unknown))}.")
        shapes.check(order, shapes.ORGANIZATION_LIMITS)
        return self._world.limit_organization(place["org_id"], order)

    async def _limit_agents(self, place: Names, order: Order) -> Any:
        if unknown := order.keys() - shapes.AGENT_LIMITS.keys():
            raise ValueError(f"No kind of agent is called {', '.join(sorted(unknown))}.")
        shapes.check(order, shapes.AGENT_LIMITS)
        return self._world.limit_agents(place["org_id"], order)

    async def _add_member(self, _: Names, order: Order) -> Any:
        members, member = self._world.held.members, Member(**order)
        members[:] = [*(one for one in members if one.user_id != member.user_id), member]
        return {}

    async def _add_playbook(self, _: Names, order: Order) -> Any:
        return add_playbook(self._world, order.pop("title"), order.pop("body", ""), **order)

    async def _add_folder(self, _: Names, order: Order) -> Any:
        return add_folder(self._world, **order)

    async def _add_organization(self, _: Names, order: Order) -> Any:
        return self._world.add_organization(order["org_id"], order["name"])

    async def _add_audit(self, _: Names, order: Order) -> Any:
        self._world.add_audit(order)
        return {}

    async def _add_violation(self, _: Names, order: Order) -> Any:
        self._world.add_violation(order)
        return {}

    async def _clock(self, _: Names, order: Order) -> Any:
        if order.get("offset") is not None:
            self._world.clock_offset = order["offset"]
        self._world.clock_offset += order.get("advance") or 0
        return {"now": self._world.now()}

    async def _speed(self, _: Names, order: Order) -> Any:
        if order:
            value = order.get("value")
            if not is_speed(value):
                raise ValueError(f"The speed must be a number from {SLOWEST:g} to {FASTEST:g}; 1 is as it is written.")
            self._player.speed = float(value)
            self._world.changed(Change("speed"))
        return {"speed": self._player.speed}

    # ------------------------------------------------------------ faults

    async def _add_fault(self, _: Names, order: Order) -> Any:
        if order.get("route", "*") not in ROUTE_NAMES | {"*"}:
            raise ValueError(f"There's no route {order['route']!r}. Known: {', '.join(sorted(ROUTE_NAMES))}.")
        return self._faults.add(order).row()

    async def _list_faults(self, _: Names, __: Order) -> Any:
        return {"faults": self._faults.rows()}

    async def _clear_faults(self, _: Names, __: Order) -> Any:
        self._faults.clear()
        return {}

    async def _release(self, _: Names, order: Order) -> Any:
        return {"released": self._faults.release(order.get("number"))}

    # ------------------------------------------------------------ what happened

    async def _log(self, _: Names, order: Order) -> Any:
        route, contains, since = order.get("route", "*"), order.get("contains", ""), order.get("since", "0")
        return {"calls": self._calls(route, contains, int(since))}

    def _calls(self, route: str, contains: str, since: int) -> list[dict[str, Any]]:
        return [entry.row() for entry in self._world.journal.seen(route, contains, since)]

    async def _counters(self, _: Names, __: Order) -> Any:
        return dict(self._world.journal.counters)

    async def _reset(self, _: Names, __: Order) -> Any:
        self._faults.clear()
        await self._player.stop()
        self._world.reset()
        return {}

    async def _wait_calls(self, _: Names, order: Order) -> Any:
        route, contains, since = order["route"], order.get("contains", ""), order.get("since", 0)
        if route not in ROUTE_NAMES | {"*"}:
            raise ValueError(f"There's no route {route!r}.")
        return await self._wait(order, f"calls of {route}", "calls", lambda: self._calls(route, contains, since))

    async def _wait_sessions(self, _: Names, order: Order) -> Any:
        wanted = order.get("fields", {}).items()

        def found() -> list[dict[str, Any]]:
            rows = self._with_text(order["text"])
            return [row for row in rows if all(row.get(name) == value for name, value in wanted)]

        return await self._wait(order, f"sessions with {order['text']!r}", "sessions", found)

    async def _wait_messages(self, _: Names, order: Order) -> Any:
        def found() -> list[dict[str, Any]]:
            return [
                message.row() | {"session_id": session.bare_id}
                for session in self._world.held.sessions.values()
                for message in session.messages
                if order["text"] in message.message
            ]

        return await self._wait(order, f"messages with {order['text']!r}", "messages", found)

    async def _wait(self, order: Order, what: str, name: str, found: Callable[[], list[Any]]) -> Any:
        count, seconds = order.get("count", 1), order.get("seconds", 10)
        if not await self._world.journal.until(lambda: len(found()) >= count, seconds):
            raise TimeoutError(f"After {seconds} s there are {len(found())} {what}, not {count}.")
        return {name: found()}


def _begin_of(day: str) -> int:
    """The instant at which a billing day begins."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + BILLING_START


def _steps(order: Order) -> list[Step]:
    for step in order["steps"]:
        if unknown := step.keys() - _STEP_FIELDS:
            raise ValueError(f"A step has no {', '.join(sorted(unknown))}.")
        shapes.check(step, shapes.STEP, "A step's")
    return [Step(**step) for step in order["steps"]]


def _index(routes: list[str]) -> Endpoint:
    async def index(_: web.Request) -> web.StreamResponse:
        return web.json_response(routes, dumps=partial(json.dumps, indent=2))

    return index


def _pattern(path: str) -> str:
    """A route's path as an expression with the same names."""
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)


def _endpoint(act: Act) -> Endpoint:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        try:
            raw = await request.read()
            answer = await act(request.match_info, orders.read(raw) if raw else dict(request.query))
        except ProblemError as problem:
            return web.json_response({"detail": problem.detail}, status=problem.status)
        except TimeoutError as error:
            return web.json_response({"detail": str(error)}, status=408)
        except orders.OrderError as error:
            return web.json_response({"detail": str(error)}, status=400)
        except orders.UNREADABLE as error:
            return web.json_response({"detail": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response(answer)

    return endpoint
