"""Each field of what a poll or a look-up reads, odd in each way: nothing is lost, ended or made again for it.

Each way is a session of its own, and all of them come in one list.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from bot.conversation.follow.announce import Announce
from bot.conversation.follow.poll import READS_A_CYCLE, Poller
from bot.conversation.lookup import SessionLookup
from bot.conversation.session_tags import BOT_TAG
from bot.devin.client import Devin
from bot.devin.errors import DevinUnexpectedAnswer
from bot.kernel.exactly_once.creation import Found, LookupResult, Missing
from bot.kernel.services import Services
from bot.store.database.connection import Database, Transaction
from bot.store.tables import outbox, turn_ends
from bot.store.tables import sessions as sessions_table
from bot.store.watched_sessions import QUIET_PARTS
from tests.flows.conftest import ONCE, ORG, TEAM, Make, SetClock, Store
from tests.odd_fields import FEW, MISSING, ODD, mutations

pytestmark = pytest.mark.edge

NOW = 1767226000.0
STARTED = int(NOW) - 300
MARK = "[Slack 1767225800.000100]"
WORDS = "Which one do you want?"
PATH = f"/v3/organizations/{ORG}/sessions"
LIST, INSIGHTS, MESSAGES = "list", "insights", "messages"
WORD = ["an unknown word", "no words"]  # of what is odd, what can be read where a text is expected

Odd = tuple[str, str, Any]  # the field, what is odd about it, and the row or the messages with it


def reference(bare_id: str) -> str:
    return f"slack-{TEAM}-C0WORK-{bare_id}"


@dataclass
class Made:
    """One session at Devin, and what is said of it in place of its row, its insights or its messages."""

    bare_id: str
    tagged: bool = True
    says: str | None = None
    odd: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, Any]:
        return {
            "session_id": self.bare_id,
            "url": f"https://app.devin.ai/sessions/{self.bare_id}",
            "status": "running",
            "status_detail": "waiting_for_user" if self.says else "working",
            "title": "Fix it",
            "tags": [BOT_TAG, reference(self.bare_id)] if self.tagged else [],
            "created_at": STARTED,
            "updated_at": int(NOW) - 5 if self.says else STARTED + 10,
            "acus_consumed": 0.5,
            "pull_requests": [],
            "structured_output": None,
            "is_archived": False,
            "parent_session_id": None,
        }

    @property
    def messages(self) -> list[dict[str, Any]]:
        prompt = f"Fix it\n\nReference: {reference(self.bare_id)}"
        said = [("user", prompt), ("user", f"{MARK} ann:\nhurry"), *([("devin", self.says)] if self.says else [])]
        return [
            {"event_id": f"e{number}", "source": source, "message": text, "created_at": STARTED + number}
            for number, (source, text) in enumerate(said)
        ]

    def answer(self, place: str) -> Any:
        """The row of a list, or all messages."""
        if place == MESSAGES:
            return self.messages
        insight = {"status_detail": None, "num_user_messages": 1, "num_devin_messages": int(bool(self.says))}
        return self.row | insight if place == INSIGHTS else self.row


@dataclass
class ManySessions:
    """A Devin with many sessions. What changes something is written down."""

    made: dict[str, Made] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    def add(self, made: Made) -> Made:
        self.made[made.bare_id] = made
        return made

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.writes.append(request.method)
        return httpx.Response(200, content=json.dumps(self._answer(request.url.path, request.url.params)))

    def _answer(self, path: str, params: httpx.QueryParams) -> Any:
        if path == "/v3/self":
            return {"principal_type": "service_user", "service_user_id": "service-user-1"}
        if path.endswith("/messages"):
            one = self.made.get(path.split("/")[-2].removeprefix("devin-"))
            return {"items": one.odd.get(MESSAGES, one.messages) if one else []}
        place = INSIGHTS if path.endswith("/insights") else LIST
        ids, tags = params.get_list("session_ids"), params.get_list("tags")
        found = [one for one in self.made.values() if not ids or one.bare_id in ids]
        found = [one for one in found if not tags or BOT_TAG in tags or reference(one.bare_id) in tags]
        return {"items": [one.odd.get(place, one.answer(place)) for one in found]}


@pytest.fixture
def devin() -> ManySessions:
    return ManySessions()


@pytest.fixture
async def services(make: Make, store: Store, clock: SetClock, devin: ManySessions) -> AsyncIterator[Services]:
    clock.now, store.db.clock = NOW, clock
    async with httpx.AsyncClient(transport=httpx.MockTransport(devin)) as http:
        yield make(store, clock, devin=Devin(http, "cog_test", ORG, patience=ONCE))


async def odd_sessions(
    store: Store, devin: ManySessions, place: str, oddities: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Have one session of each oddity, which the poller has seen at work; answers what is odd by our ids."""
    ways: dict[str, tuple[str, str]] = {}
    example = Made("0" * 32, says=WORDS)
    for number, (where, what, _) in enumerate(mutations(example.answer(place), oddities)):
        made = devin.add(replace(example, bare_id=f"{number:032x}", odd={}))
        made.odd[place] = next(
            odd for here, so, odd in mutations(made.answer(place), oddities) if (here, so) == (where, what)
        )
        ways[f"s{number}"] = (where, what)
        seen = {"devin_id": made.bare_id, "bare_id": made.bare_id, "updated_at": STARTED + 10, "last_event_id": "e1"}
        await store.session(f"s{number}", STARTED + number, spoken_at=STARTED, title="Fix it", **seen)
    return ways


async def poll(services: Services, clock: SetClock, pauses: Iterable[float]) -> None:
    """Poll once after each of these pauses."""
    (organisation,) = services.organisations
    poller = Poller(services, organisation, SessionLookup(services), Announce(services))
    for pause in pauses:
        clock.now += pause
        await poller.tick()


async def relayed(store: Store) -> dict[str, list[str]]:
    """What was posted of Devin's words, by our ids of the sessions."""
    found: dict[str, list[str]] = {}
    posts = [(row, row["payload"]) for row in await store.rows(outbox, outbox.c.created_at)]
    ends = [(row, row["message"] or {}) for row in await store.rows(turn_ends)]
    for row, message in (*posts, *ends):
        shown = "\n".join(block["text"] for block in message.get("blocks", []) if block["type"] == "markdown")
        if shown:
            found.setdefault(row["session_id"], []).append(shown)
    return found


# Where these are odd, a session or its words cannot be recognised at once.
LATER = {LIST: {"session_id"}, INSIGHTS: set(), MESSAGES: {"2"}}


@pytest.mark.parametrize("oddities", [FEW, pytest.param((MISSING, *ODD), marks=pytest.mark.long)], ids=["few", "all"])
@pytest.mark.parametrize("place", [LIST, INSIGHTS, MESSAGES])
async def test_what_devin_says_is_posted_once_and_no_thread_goes_dead(
    services: Services, store: Store, clock: SetClock, devin: ManySessions, place: str, oddities: Collection[str]
) -> None:
    ways = await odd_sessions(store, devin, place, oddities)
    cycles = len(ways) // 30 + 2  # as many as it takes to read all of them
    await poll(services, clock, [*[10.0] * cycles, 300.0, *[10.0] * cycles])
    while_odd = await relayed(store)
    for made in devin.made.values():
        made.odd.clear()
    await poll(services, clock, [*[300.0] * QUIET_PARTS, *[10.0] * cycles])  # then each quiet one was in a sweep
    in_the_end = await relayed(store)
    rows = {row["id"]: row for row in await store.rows(sessions_table)}
    for name, (where, what) in ways.items():
        if where == "2.message" and what in WORD:
            continue  # then Devin says something else
        in_time = [] if where in LATER[place] else [while_odd.get(name, [])]
        for said in (*in_time, in_the_end.get(name, [])):
            assert len(said) == 1, (where, what, said)
            allowed = (WORDS, "Devin wrote something that can't be shown here.") if where == "2.message" else (WORDS,)
            assert any(words in said[0] for words in allowed), (where, what, said)
        state = (rows[name]["lifecycle"], rows[name]["status"], rows[name]["detail"], rows[name]["ended_at"])
        assert state == ("open", "running", "waiting_for_user", None), (where, what)
    assert devin.writes == []


async def seen(result: Awaitable[LookupResult[Any]]) -> LookupResult[Any] | DevinUnexpectedAnswer:
    try:
        return await result
    except DevinUnexpectedAnswer as error:
        return error


def odd_id(place: str, odd: Any, made: Made) -> str:
    return str(odd["session_id"]) if place == LIST else made.bare_id


@pytest.mark.parametrize(
    ("tagged", "place", "another"),
    [
        (True, LIST, {"tags": ["a list"], "tags.1": WORD, "parent_session_id": WORD[:1]}),
        (False, LIST, {"session_id": WORD[:1], "parent_session_id": WORD[:1]}),
        (False, MESSAGES, {"0.message": WORD}),
    ],
    ids=["by its tag", "by its prompt", "by an odd prompt"],
)
async def test_a_session_that_is_there_is_found_or_is_not_known_not_to_be(
    services: Services, store: Store, devin: ManySessions, tagged: bool, place: str, another: dict[str, list[str]]
) -> None:
    (organisation,) = services.organisations
    if not tagged:
        await organisation.remember_tags_refused()
    made = devin.add(Made("a" * 32, tagged=tagged))
    await store.session("s", STARTED, reference=reference(made.bare_id))
    session = await services.session("s")
    assert session is not None
    for where, what, odd in mutations(made.answer(place)):
        made.odd[place] = odd
        found = await seen(SessionLookup(services).session(session))
        assert (found is Missing.NOT_FOUND) == (what in another.get(where, [])), (where, what)
        assert not isinstance(found, Found) or found.thing.session_id == odd_id(place, odd, made)


async def test_a_message_that_is_there_is_found_or_is_not_known_not_to_be(
    services: Services, store: Store, devin: ManySessions
) -> None:
    made = devin.add(Made("a" * 32))
    await store.session("s", STARTED, devin_id=made.bare_id)
    session = await services.session("s")
    assert session is not None
    for where, what, odd in mutations(made.messages):
        made.odd[MESSAGES] = odd
        found = await seen(SessionLookup(services).message(session, MARK, None))
        assert (found is Missing.NOT_FOUND) == (where == "1.message" and what in WORD), (where, what)


async def test_thirty_sessions_that_speak_at_once_do_not_wait_for_each_other_in_the_store(
    services: Services, store: Store, clock: SetClock, devin: ManySessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction of a poll locks the poll's lane, and none waits for that for longer than `store_lock`."""
    for number in range(READS_A_CYCLE):
        made = devin.add(Made(f"{number:032x}", says=WORDS))
        seen = {"devin_id": made.bare_id, "bare_id": made.bare_id, "updated_at": STARTED + 10, "last_event_id": "e1"}
        await store.session(f"s{number}", STARTED + number, spoken_at=STARTED, title="Fix it", **seen)
    write, inside, most = Database.write, 0, 0

    @asynccontextmanager
    async def counted(db: Database, **how: bool) -> AsyncIterator[Transaction]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            async with write(db, **how) as tx:
                yield tx
        finally:
            inside -= 1

    monkeypatch.setattr(Database, "write", counted)
    await poll(services, clock, [10.0])
    assert len(await relayed(store)) == READS_A_CYCLE
    assert most == 1
