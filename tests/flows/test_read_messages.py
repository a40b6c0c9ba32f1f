"""Which messages of a session are new: whatever order Devin lists them in, each is read once and none is missed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bot.conversation.follow.read_messages import NewMessages, read_messages
from bot.devin.client import Devin
from bot.domain.session import Session
from bot.kernel.organisation import Organisation
from bot.store.sessions import RelayPosition
from bot.views.announcements import unreadable_message
from tests.flows.conftest import ONCE, ORG, Store
from tests.said import a_session

BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
URL = f"https://app.devin.ai/sessions/{BARE}"
AT = 1767225600
PAGE = 3
PROMPT = "Fix it\n\nReference: slack-T0ACME-C0WORK-1767225600.000100"
REPLY = "[Slack 1767225700.000100] ann:\nhurry"


@dataclass
class Conversation:
    """A conversation at Devin, in pages of three."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    newest_first: bool = False
    refused: str = ""
    asked: list[str | None] = field(default_factory=list)

    def add(self, *texts: str, source: Any = "devin", **odd: Any) -> None:
        for text in texts:
            number = len(self.rows)
            row = {"event_id": f"e{number}", "source": source, "message": text, "created_at": AT + 10 * number}
            self.rows.append(row | odd)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        self.asked.append(after)
        if after == self.refused:
            return httpx.Response(422, json={"detail": "Invalid cursor"})
        rows = list(reversed(self.rows)) if self.newest_first else self.rows
        start = next((at + 1 for at, row in enumerate(rows) if row["event_id"] == after), 0)
        page, more = rows[start : start + PAGE], len(rows) > start + PAGE
        cursor = page[-1]["event_id"] if more else None
        return httpx.Response(200, json={"items": page, "end_cursor": cursor, "has_next_page": more})


@pytest.fixture
def devin() -> Conversation:
    return Conversation()


@pytest.fixture
async def organisation(store: Store, devin: Conversation) -> AsyncIterator[Organisation]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(devin)) as http:
        yield Organisation(Devin(http, "cog_test", ORG, patience=ONCE), store.db)


def after(new: NewMessages) -> RelayPosition:
    return RelayPosition(new.last_event_id, new.page_cursor, new.count)


async def read(organisation: Organisation, position: RelayPosition = RelayPosition()) -> NewMessages:  # noqa: B008
    session = Session("s", "T0ACME", ORG, "C0WORK", "1.0", "U0ANN", "Fix it", devin_id=BARE, url=URL)
    return await read_messages(organisation, session, position)


def words(new: NewMessages) -> list[str]:
    return [message.message for message in new.messages]


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
async def test_each_message_is_new_once_and_in_the_order_of_its_time(
    organisation: Organisation, devin: Conversation, newest_first: bool
) -> None:
    devin.newest_first = newest_first
    devin.add(PROMPT, source="user")
    position, said = RelayPosition(), []
    for texts in (["one", "two"], [], ["three", "four", "five", "six", "seven"], ["eight"]):
        devin.add(*texts)
        new = await read(organisation, position)
        assert words(new) == texts
        position, said = after(new), [*said, *texts]
    assert (position.last_event_id, position.devin_messages) == ("e8", len(said))
    assert position.page_cursor == (None if newest_first else "e5")


async def test_where_devin_changes_the_order_nothing_is_new_twice_and_nothing_is_missed(
    organisation: Organisation, devin: Conversation
) -> None:
    devin.add(PROMPT, source="user")
    devin.add("one", "two", "three", "four")
    position = after(await read(organisation))
    devin.newest_first = True
    devin.add("five")
    new = await read(organisation, position)
    assert (words(new), new.page_cursor) == (["five"], None)
    devin.newest_first = False
    devin.add("six")
    assert words(await read(organisation, after(new))) == ["six"]


async def test_a_message_that_comes_to_stand_before_a_known_one_is_not_missed(
    organisation: Organisation, devin: Conversation
) -> None:
    devin.add(PROMPT, source="user")
    devin.add("two")
    position = after(await read(organisation))
    devin.rows.insert(1, {"event_id": "late", "source": "devin", "message": "one", "created_at": AT + 5})
    new = await read(organisation, position)
    assert words(new) == ["one", "two"]  # "two" has a post already, and gets no second one
    assert words(await read(organisation, after(new))) == []


async def test_messages_without_a_time_keep_their_places(organisation: Organisation, devin: Conversation) -> None:
    devin.add(PROMPT, source="user")
    devin.add("one", "two", created_at=None)
    devin.add("three")
    assert words(await read(organisation)) == ["one", "two", "three"]


@pytest.mark.parametrize("source", ["system", "Devin", None, 7], ids=str)
async def test_of_an_unknown_source_is_devin_unless_the_bot_wrote_it(
    organisation: Organisation, devin: Conversation, source: Any
) -> None:
    devin.add(PROMPT, REPLY, "Which one?", source=source)
    new = await read(organisation)
    assert words(new) == ["Which one?"]
    assert (new.count, new.spoken(0.0).person_last) == (0, False)


@pytest.mark.parametrize("odd", [None, 7, [], {"text": "Which one?"}], ids=str)
async def test_words_that_cannot_be_read_are_not_lost_in_silence(
    organisation: Organisation, devin: Conversation, odd: Any
) -> None:
    devin.add(PROMPT, source="user")
    devin.add("…", message=odd)
    assert words(await read(organisation)) == [unreadable_message(a_session(url=URL))]


async def test_a_cursor_that_is_no_longer_taken_is_not_asked_for_again(
    organisation: Organisation, devin: Conversation
) -> None:
    devin.add(PROMPT, source="user")
    devin.add("one")
    devin.refused = "gone"
    new = await read(organisation, RelayPosition("e0", "gone", 0))
    assert (words(new), new.page_cursor, devin.asked) == (["one"], None, ["gone", None])
