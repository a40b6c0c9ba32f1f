"""Faults put on routes: refusals, delays, and lost answers with or without the effect."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from bot.playground.devin.journal import Entry

Kind = Literal[
    "400", "403", "404", "409", "413", "429", "500", "503", "hang", "slow", "drop_before", "commit_then_drop", "odd"
]
Commit = Literal["before", "after", "never"]

KINDS: Final = get_args(Kind)
STATUSES: Final = {
    "400": "Bad Request",
    "403": "Forbidden",
    "404": "Session not found",
    "409": "Not possible in the present state",
    "413": "Request body is too large",
    "429": "Rate limit exceeded",
    "500": "Unexpected error",
    "503": "Service unavailable",
}
_COMMIT_DEFAULTS: Final[dict[str, Commit]] = {"slow": "after", "commit_then_drop": "before", "odd": "before"}
_COMMITS: Final[dict[Any, Commit]] = {True: "before", False: "never", "late": "after"}


@dataclass(slots=True, eq=False)
class Fault:
    """One fault. `commit`: the effect happens before the fault, after it (when released), or never."""

    number: int
    route: str
    kind: Kind
    times: int = 1  # -1: until removed
    seconds: float | None = None
    retry_after: int | None = None
    commit: Commit = "never"
    detail: str = ""  # what a refusal says; empty is the usual sentence
    contains: str = ""  # only calls whose path, query or body contain this
    fields: dict[str, Any] = field(default_factory=dict)  # what an odd answer, or each row of it, says instead
    without: list[str] = field(default_factory=list)  # what it does not say at all
    envelope: dict[str, Any] = field(default_factory=dict)  # what the page around the rows says instead
    hits: int = 0
    holding: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def row(self) -> dict[str, Any]:
        """As the control API tells it."""
        names = ("number", "route", "kind", "times", "seconds", "retry_after", "commit", "detail", "contains")
        return {name: getattr(self, name) for name in (*names, "fields", "without", "envelope", "hits", "holding")}

    def fits(self, entry: Entry) -> bool:
        """Whether the call says what this fault waits for."""
        return not self.contains or self.contains in entry.text

    def odd(self, answer: bytes) -> bytes:
        """An answer with other fields: in the thing it tells of, or in each row of a list."""
        told = json.loads(answer)
        for row in told if isinstance(told, list) else told.get("items", [told]):
            row.update(self.fields)
            for name in self.without:
                row.pop(name, None)
        return json.dumps(told | self.envelope if self.envelope else told).encode()

    async def hold(self) -> None:
        """Wait for release, or for the fault's own time."""
        self.holding += 1
        try:
            async with asyncio.timeout(self.seconds):
                await self.released.wait()
        except TimeoutError:
            pass
        finally:
            self.holding -= 1


class Faults:
    """The faults that are set, oldest first; a call meets the first that fits."""

    def __init__(self) -> None:
        self._number = 0
        self._set: list[Fault] = []

    def add(self, order: dict[str, Any]) -> Fault:
        """Set one, from the control API's JSON."""
        kind = str(order.get("kind"))
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}.")
        commit = order.get("commit", _COMMIT_DEFAULTS.get(kind, "never"))
        if (commit := _COMMITS.get(commit, commit)) not in get_args(Commit):
            raise ValueError("commit must be true, false, late, or one of before, after, never.")
        self._number += 1
        fault = Fault(
            number=self._number,
            route=order.get("route", "*"),
            kind=kind,  # type: ignore[arg-type]  # one of KINDS, see above
            times=order.get("times", 1),
            seconds=order.get("seconds"),
            retry_after=order.get("retry_after"),
            commit=commit,
            detail=order.get("detail", ""),
            contains=order.get("contains", ""),
            fields=order.get("fields", {}),
            without=order.get("without", []),
            envelope=order.get("envelope", {}),
        )
        self._set.append(fault)
        return fault

    def take(self, route: str, entry: Entry) -> Fault | None:
        """The fault this call meets; it is used up by it."""
        for fault in self._set:
            if fault.times != 0 and fault.route in {"*", route} and fault.fits(entry):
                fault.times -= fault.times > 0
                fault.hits += 1
                return fault
        return None

    def release(self, number: int | None = None) -> int:
        """Let go what is being held, by one fault or by all; how many calls that were."""
        chosen = [fault for fault in self._set if number in {None, fault.number}]
        count = sum(fault.holding for fault in chosen)
        for fault in chosen:
            fault.released.set()
            # Later calls of the same fault are held again.
            fault.released = asyncio.Event()
        return count

    def clear(self) -> None:
        """Remove all, letting go what they hold."""
        self.release()
        self._set.clear()

    def rows(self) -> list[dict[str, Any]]:
        """All faults that are set."""
        return [fault.row() for fault in self._set]
