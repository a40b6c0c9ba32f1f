"""A thin client of the control API, for tests and the playground: act as Devin, set faults, wait for calls."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx


class DevinControl:
    """The verbs of the control API. Ids are taken in either form; answers are plain JSON."""

    def __init__(self, control_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=control_url, timeout=None, trust_env=False)  # noqa: S113

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        response = await self._http.request(method, path, **arguments)
        if response.status_code == httpx.codes.REQUEST_TIMEOUT:
            raise TimeoutError(response.json()["detail"])
        if response.is_error:
            raise ValueError(f"{method} {path}: {response.text}")
        return response.json()

    async def _act(self, session_id: str, verb: str, order: dict[str, Any]) -> dict[str, Any]:
        session: dict[str, Any] = await self._ask("POST", f"/sessions/{session_id}/{verb}", json=order)
        return session

    # ------------------------------------------------------------ sessions

    async def create_sessions(self, count: int = 1, **facts: Any) -> list[str]:
        """Make sessions directly: prompt, tags, status, … and `every` seconds between their ages.

        They are the bot's own and new, unless `service_user_id`, `user_id` and `created_at` say who made them and when.
        """
        told = await self._ask("POST", "/sessions", json={"count": count, **facts})
        ids: list[str] = told["session_ids"]
        return ids

    async def sessions(self, *, text: str | None = None) -> list[dict[str, Any]]:
        """All sessions with their conversations, oldest first; or those in which a text stands."""
        told = await self._ask("GET", "/sessions", params={} if text is None else {"text": text})
        rows: list[dict[str, Any]] = told["sessions"]
        return rows

    async def session(self, session_id: str) -> dict[str, Any]:
        """One session with its conversation."""
        row: dict[str, Any] = await self._ask("GET", f"/sessions/{session_id}")
        return row

    async def step(self, session_id: str, count: int = 1) -> dict[str, Any]:
        """Do the next steps of its script now, whatever their delay."""
        return await self._act(session_id, "step", {"count": count})

    async def set(self, session_id: str, /, *, moves: bool = True, **fields: Any) -> dict[str, Any]:
        """Set any field, known to the contract or not; `moves=False` leaves `updated_at`."""
        return await self._act(session_id, "set", {"fields": fields, "moves": moves})

    async def say(self, session_id: str, text: str, **fields: Any) -> dict[str, Any]:
        """Devin says something, and fields change with it (status, status_detail, …)."""
        return await self._act(session_id, "say", {"text": text, "fields": fields})

    async def write(self, session_id: str, text: str) -> dict[str, Any]:
        """Somebody writes in Devin's web app."""
        return await self._act(session_id, "write", {"text": text})

    async def pr(self, session_id: str, url: str, state: str | None = "open") -> dict[str, Any]:
        """A pull request appears or changes its state."""
        return await self._act(session_id, "pr", {"url": url, "state": state})

    async def spend(self, session_id: str, acus: float) -> dict[str, Any]:
        """The session uses ACUs."""
        return await self._act(session_id, "spend", {"acus": acus})

    async def lower(self, session_id: str, acus: float, day: str) -> dict[str, Any]:
        """Devin says now that the session used so much less on a billing day."""
        return await self._act(session_id, "lower", {"acus": acus, "day": day})

    async def attach(
        self,
        session_id: str,
        name: str,
        content: str,
        content_type: str = "text/plain",
        *,
        say: str = "",
        more: Sequence[dict[str, str]] = (),
    ) -> dict[str, Any]:
        """Devin hands a file over, in a message; `more` are other files in the same one."""
        order = {"name": name, "content": content, "content_type": content_type, "say": say, "more": [*more]}
        return await self._act(session_id, "attach", order)

    async def terminate(self, session_id: str) -> dict[str, Any]:
        """Somebody ends it for good in the web app."""
        return await self._act(session_id, "terminate", {})

    async def archive(self, session_id: str) -> dict[str, Any]:
        """Somebody archives it in the web app."""
        return await self._act(session_id, "archive", {})

    async def unarchive(self, session_id: str) -> dict[str, Any]:
        """Somebody brings it back in the web app."""
        return await self._act(session_id, "unarchive", {})

    async def script(
        self, session_id: str, steps: list[dict[str, Any]], *, play: float | None = None
    ) -> dict[str, Any]:
        """Give it another script; with `play` (a speed) it runs by the clock, else by `step`."""
        return await self._act(session_id, "script", {"steps": steps, "play": play})

    async def play(self, session_id: str, speed: float = 1.0) -> dict[str, Any]:
        """Run its script by the clock from now on, at so many times the speed of all sessions; 0 pauses it."""
        return await self._act(session_id, "play", {"speed": speed})

    async def script_for(self, contains: str, steps: list[dict[str, Any]], *, play: float | None = None) -> None:
        """A script for sessions to come whose prompt contains a text."""
        await self._ask("POST", "/scripts", json={"contains": contains, "steps": steps, "play": play})

    # ------------------------------------------------------------ the organisation

    async def switch(self, **switches: Any) -> dict[str, Any]:
        """Turn switches; answers with all of them."""
        told: dict[str, Any] = await self._ask("PUT", "/switches", json=switches)
        return told

    async def permissions(
        self, *, only: list[str] | None = None, grant: list[str] | None = None, revoke: list[str] | None = None
    ) -> list[str]:
        """Set, add or take permissions; answers with those that hold."""
        order = {"only": only, "grant": grant, "revoke": revoke}
        told: list[str] = (await self._ask("PUT", "/permissions", json=order))["permissions"]
        return told

    async def consumption(
        self, date: str, acus: float | None, *, org_id: str | None = None, products: dict[str, float] | None = None
    ) -> None:
        """The figure of one billing day (YYYY-MM-DD, beginning 08:00 UTC); with None no bill lists the day."""
        order = {"date": date, "acus": acus, "org_id": org_id, "products": products}
        await self._ask("POST", "/consumption", json=order)

    async def cycles(self, cycles: list[dict[str, int]]) -> None:
        """The billing cycles, newest first."""
        await self._ask("PUT", "/cycles", json={"cycles": cycles})

    async def acu_limits(self, limits: list[dict[str, Any]]) -> None:
        """How many ACUs may be used in a cycle: rows as Devin lists them, in place of all before."""
        await self._ask("PUT", "/acu_limits", json={"limits": limits})

    async def limit_organization(self, org_id: str, **limits: int | None) -> dict[str, Any]:
        """Set `max_cycle_acu_limit` or `max_session_acu_limit` of an organisation; None takes it away."""
        told: dict[str, Any] = await self._ask("PUT", f"/organizations/{org_id}", json=limits)
        return told

    async def limit_agents(self, org_id: str, **limits: int | None) -> dict[str, Any]:
        """Set the limits of the `cloud_agent` or the `local_agent` in an organisation; None takes one away."""
        told: dict[str, Any] = await self._ask("PUT", f"/organizations/{org_id}/agent_acu_limits", json=limits)
        return told

    async def add_member(self, user_id: str, email: str | None, name: str | None = None, **facts: Any) -> None:
        """A person; `idp=True` for one from a group, `can_use_devin=False` for one without the right."""
        await self._ask("POST", "/members", json={"user_id": user_id, "email": email, "name": name, **facts})

    async def add_playbook(self, title: str, body: str = "", **facts: Any) -> dict[str, Any]:
        """A playbook."""
        told: dict[str, Any] = await self._ask("POST", "/playbooks", json={"title": title, "body": body, **facts})
        return told

    async def add_folder(self, name: str, parent_folder_id: str | None = None) -> dict[str, Any]:
        """One more folder of knowledge notes."""
        order = {"name": name, "parent_folder_id": parent_folder_id}
        folder: dict[str, Any] = await self._ask("POST", "/folders", json=order)
        return folder

    async def add_organization(self, org_id: str, name: str) -> dict[str, Any]:
        """One more organisation of the enterprise."""
        told: dict[str, Any] = await self._ask("POST", "/organizations", json={"org_id": org_id, "name": name})
        return told

    async def add_audit(self, action: str, **facts: Any) -> None:
        """An entry of the audit log."""
        await self._ask("POST", "/audit", json={"action": action, **facts})

    async def add_violation(self, **facts: Any) -> None:
        """A message that a guardrail has stopped."""
        await self._ask("POST", "/violations", json=facts)

    async def clock(self, *, advance: float | None = None, offset: float | None = None) -> float:
        """Move the simulated clock; answers with its time."""
        told = await self._ask("POST", "/clock", json={"advance": advance, "offset": offset})
        return float(told["now"])

    async def speed(self, value: float | None = None) -> float:
        """How fast all sessions live, from this moment on; without a value it is only told."""
        method, order = ("GET", None) if value is None else ("POST", {"value": value})
        return float((await self._ask(method, "/speed", json=order))["speed"])

    # ------------------------------------------------------------ faults

    async def fault(self, route: str, kind: str | int, **facts: Any) -> int:
        """Set a fault (times, seconds, retry_after, commit, detail, contains, fields, …); its number."""
        told = await self._ask("POST", "/faults", json={"route": route, "kind": str(kind), **facts})
        return int(told["number"])

    async def faults(self) -> list[dict[str, Any]]:
        """The faults that are set, with their hits."""
        told: list[dict[str, Any]] = (await self._ask("GET", "/faults"))["faults"]
        return told

    async def release(self, number: int | None = None) -> int:
        """Let held calls go; how many there were."""
        told = await self._ask("POST", "/faults/release", json={"number": number})
        return int(told["released"])

    async def clear_faults(self) -> None:
        """Remove all faults and let go what they hold."""
        await self._ask("DELETE", "/faults")

    # ------------------------------------------------------------ what happened

    async def log(self, route: str = "*", *, contains: str = "", since: int = 0) -> list[dict[str, Any]]:
        """The calls of a route, oldest first."""
        params = {"route": route, "contains": contains, "since": str(since)}
        told: list[dict[str, Any]] = (await self._ask("GET", "/log", params=params))["calls"]
        return told

    async def counters(self) -> dict[str, int]:
        """How many calls each route had."""
        told: dict[str, int] = await self._ask("GET", "/counters")
        return told

    async def reset(self) -> None:
        """Forget everything."""
        await self._ask("POST", "/reset")

    async def wait_for_calls(
        self, route: str, count: int = 1, *, contains: str = "", since: int = 0, seconds: float = 30
    ) -> list[dict[str, Any]]:
        """Wait until a route had so many calls (answered, dropped or held); raises TimeoutError."""
        order = {"route": route, "count": count, "contains": contains, "since": since, "seconds": seconds}
        told: list[dict[str, Any]] = (await self._ask("POST", "/wait/calls", json=order))["calls"]
        return told

    async def wait_for_sessions(
        self, text: str, count: int = 1, *, seconds: float = 30, **fields: Any
    ) -> list[dict[str, Any]]:
        """Wait until so many sessions contain a text and have these fields; raises TimeoutError."""
        order = {"text": text, "count": count, "seconds": seconds, "fields": fields}
        told: list[dict[str, Any]] = (await self._ask("POST", "/wait/sessions", json=order))["sessions"]
        return told

    async def wait_for_messages(self, text: str, count: int = 1, *, seconds: float = 30) -> list[dict[str, Any]]:
        """Wait until so many messages (prompts included) contain a text; raises TimeoutError."""
        order = {"text": text, "count": count, "seconds": seconds}
        told: list[dict[str, Any]] = (await self._ask("POST", "/wait/messages", json=order))["messages"]
        return told
