"""Things that go wrong between Slack and the bot, on request: before the effect, after it, or for a while."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Any, Final

from aiohttp import web

from bot.playground.slack.errors import ImpossibleError

# kind: does the effect happen, is there a wait (before or after the effect), is the connection cut at the end
KINDS: Final = {
    "ratelimited": (False, None, False),
    "http_500": (False, None, False),
    "error": (False, None, False),
    "drop_before": (False, None, True),
    "hang": (False, "after", True),
    "slow": (True, "before", False),
    "commit_then_drop": (True, None, True),
    "commit_then_hang": (True, "after", True),
    "commit_then_500": (True, None, False),
}


@dataclass(slots=True)
class Fault:
    """One fault, used up after `times` calls (0: until cleared).

    It strikes calls of `method` (`*`: any) whose arguments, as JSON, contain `match`.
    """

    method: str
    kind: str
    times: int = 1
    seconds: float = 30.0
    error: str = "internal_error"
    retry_after: int = 1
    status: int = 500
    match: str = ""
    spare: Sequence[str] = ()  # methods that `*` does not mean
    used: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def spent(self) -> bool:
        """Whether it has happened as often as it should."""
        return bool(self.times) and self.used >= self.times

    def strikes(self, method: str, args: dict[str, Any]) -> bool:
        """Whether it is meant for this call."""
        if self.spent or self.method not in {method, "*"} or method in self.spare:
            return False
        return not self.match or self.match in json.dumps(args, ensure_ascii=False)

    def read(self) -> dict[str, Any]:
        """As the control API tells it."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "released"}

    async def hold(self) -> None:
        """Keep a call waiting for its seconds, or until the faults are cleared."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await self.released.wait()

    def answer(self) -> web.Response | None:
        """What is said instead of the real answer; None: the real one."""
        if self.kind == "ratelimited":
            headers = {"Retry-After": str(self.retry_after)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        if self.kind in {"http_500", "commit_then_500"}:
            return web.Response(text="<html>Server Error</html>", status=self.status, content_type="text/html")
        if self.kind == "error":
            return web.json_response({"ok": False, "error": self.error})
        return None


class Faults:
    """The faults waiting to happen, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, spec: dict[str, Any]) -> Fault:
        """Arm one."""
        known = {item.name for item in fields(Fault)} - {"used", "released"}
        if spec.get("kind") not in KINDS or "method" not in spec or spec.keys() - known:
            raise ImpossibleError(f"a fault has a method, a kind of {sorted(KINDS)}, and maybe {sorted(known)}")
        fault = Fault(**spec)
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget them all, and let go what they hold."""
        for fault in self._waiting:
            fault.released.set()
        self._waiting.clear()

    def take(self, method: str, args: dict[str, Any]) -> Fault | None:
        """The fault that strikes this call, if any."""
        for fault in self._waiting:
            if fault.strikes(method, args):
                fault.used += 1
                return fault
        return None


async def strike(fault: Fault, request: web.Request, run: Callable[[], web.Response]) -> web.Response | None:
    """Play the fault around a call. None: the connection was cut without an answer."""
    commits, wait, cuts = KINDS[fault.kind]
    if wait == "before":
        await fault.hold()
    real = run() if commits else None
    if wait == "after":
        await fault.hold()
    if cuts:
        if request.transport is not None:
            request.transport.abort()
        return None
    return fault.answer() or real
