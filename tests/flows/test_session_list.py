"""Which session a number, an id or nothing stands for, and that numbers are those of the list that was shown."""

import pytest

from bot.conversation.steer.session_list import SessionList
from bot.domain.list_pages import ListPage
from bot.domain.session import Lifecycle, Session
from bot.features import COMMANDS
from bot.kernel.access import Access
from bot.kernel.commands.handler import Asked
from bot.store import session_lists, sessions
from bot.store.tables import shown_lists
from bot.timing import DAY
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import stops as stop_sentences
from tests.flows.conftest import CHANNEL, TEAM
from tests.said import titled
from tests.unit.block_kit import assert_valid

NOW = 1_779_278_400.0
ADA, BEN = "U0ADA", "U0BEN"


class Typed:
    """What a person gets who types behind `/devin`."""

    page = ListPage()

    def __init__(self, services):
        self._list = SessionList(services, Access(services))
        self._workspace = services.workspaces[TEAM]

    async def __call__(self, text, user=ADA, channel=CHANNEL):
        """The text of the answer, or the id of the session that the command is about."""
        command = COMMANDS.parser.slash(text)
        if command.spec.name == "list":
            found = await self._list.listing(self._workspace, user, self.page)
        else:
            found = await self._list.pick(
                Asked(self._workspace, user, channel, command.spec, command.argument, command.key)
            )
        if isinstance(found, Session):
            return found.id
        assert_valid(found)
        return found.text

    async def again(self, db, session_id, user=ADA):
        async with db.write() as tx:
            session = await sessions.get(tx, session_id)
            return await self._list.shown_again(tx, self._workspace, user, session)


@pytest.fixture
def devin(make, store, clock):
    clock.now = NOW
    return Typed(make(store, clock))


@pytest.fixture
async def three(store, devin):
    """Three sessions in the order in which they are listed."""
    await store.session("aaaaaaaa00", NOW - 30, detail="waiting_for_user", title="Docs")
    await store.session("bbbbbbbb00", NOW - 10, title="Login")
    await store.session("cccccccc00", NOW - 20, title="Logout", channel="C0OTHER")


ARCHIVE = "https://acme.slack.com/archives/C0WORK"
LINES = "1. Docs: waiting for an answer · 2. Login: working · 3. Logout: working"
LISTED = f"You have 3 sessions: {LINES}"


async def test_a_status_without_a_number_shows_the_list(devin, three):
    assert await devin("list") == LISTED
    assert await devin("status") == LISTED


async def test_a_number_means_what_stood_there_whatever_has_changed_since(store, devin, three, clock):
    await devin("list")
    clock.now += 60
    await store.session("dddddddd00", NOW + 1, detail="waiting_for_user")
    async with store.db.write() as tx:
        await sessions.change(tx, "aaaaaaaa00", status="error", detail=None)
        await sessions.end(tx, "cccccccc00", Lifecycle.ENDED, clock.now)
    numbered = [await devin(f"{verb} {number}") for verb, number in (("status", 1), ("stop", 2), ("archive", "#3"))]
    assert numbered == ["aaaaaaaa00", "bbbbbbbb00", "cccccccc00"]


async def test_a_number_that_was_not_shown_stands_for_nothing(devin, three, clock):
    assert await devin("stop 1") == session_list_sentences.no_such_number(1, shown=False).text
    await devin("list")
    assert await devin("stop 0") == session_list_sentences.no_such_number(0, shown=True).text
    assert await devin("stop 4") == session_list_sentences.no_such_number(4, shown=True).text
    assert await devin("stop 1", user=BEN) == session_list_sentences.no_such_number(1, shown=False).text
    clock.now += DAY
    assert await devin("stop 1") == "aaaaaaaa00"
    clock.now += 1
    assert await devin("stop 1") == session_list_sentences.no_such_number(1, shown=False).text


async def test_a_list_without_sessions_takes_the_numbers_away(store, devin, three):
    await devin("list")
    async with store.db.write() as tx:
        for name in ("aaaaaaaa00", "bbbbbbbb00", "cccccccc00"):
            await sessions.end(tx, name, Lifecycle.REFUSED, NOW)
    assert await devin("list") == session_list_sentences.NO_SESSIONS.text
    assert await devin("stop 1") == session_list_sentences.no_such_number(1, shown=True).text


async def test_a_session_that_is_stored_no_longer_has_no_number(store, devin, three):
    await devin("list")
    async with store.db.write() as tx:
        await sessions.end(tx, "aaaaaaaa00", Lifecycle.ENDED, NOW - 1)
        await sessions.purge(tx, NOW)
    assert await devin("status 1") == session_list_sentences.no_such_session("1").text


async def test_an_id_stands_for_its_session_without_a_list(store, devin, three):
    assert await devin("stop bbbbbb") == "bbbbbbbb00"
    assert await devin("stop devin-cccccccc00") == "cccccccc00"
    assert await devin("stop dddddddd") == session_list_sentences.no_such_session("dddddddd").text
    assert await devin("stop bbbbbbbb", user=BEN) == session_list_sentences.no_such_session("bbbbbbbb").text
    await store.session("bbbbbbbb99", NOW, title="Export")
    assert (await devin("stop bbbbbb")).split("\n") == [
        "`bbbbbb` fits 2 of your sessions. Type more of the ID:",
        f"• `bbbbbbbb00` {titled('Login', f'{ARCHIVE}/p{int(NOW - 10)}000000', 'bbbbbbbb00')}",
        f"• `bbbbbbbb99` {titled('Export', f'{ARCHIVE}/p{int(NOW)}000000', 'bbbbbbbb99')}",
    ]


async def test_without_a_number_the_only_session_that_fits_is_meant(store, devin, three):
    assert await devin("stop", channel="C0OTHER") == "cccccccc00"
    assert await devin("stop") == (f"You have 3 sessions to stop. Which one? For example `/devin stop 1`: {LINES}")
    async with store.db.write() as tx:
        await sessions.change(tx, "aaaaaaaa00", status="suspended", detail="inactivity")
    assert await devin("stop") == "bbbbbbbb00", "the other one here sleeps"
    assert (await devin("archive")).startswith(
        "You have 3 sessions to archive. Which one? For example `/devin archive 1`:"
    )
    assert await devin("archive 3") == "aaaaaaaa00", "the question shows a list too"
    assert await devin("stop", user=BEN) == stop_sentences.NOTHING_TO_STOP.text


async def test_only_what_can_be_stopped_is_asked_about(store, devin, three):
    async with store.db.write() as tx:
        await sessions.change(tx, "aaaaaaaa00", status="suspended", detail="inactivity")
    await store.session("dddddddd00", NOW - 5, title="Export")
    assert await devin("stop") == (
        "You have 3 sessions to stop. Which one? For example `/devin stop 1`: "
        "1. Export: working · 2. Login: working · 3. Logout: working"
    )
    assert await devin("stop 3") == "cccccccc00"


async def test_of_sixty_sessions_twenty_are_shown_and_the_others_counted(store, devin):
    for number in range(60):
        await store.session(f"{number:010}", NOW - number)
    first, *others, last = (await devin("list")).split(" · ")
    assert (first, last) == ("You have 60 sessions: 1. Do 0000000000: working", "and 40 more")
    assert len(others) == 19
    assert await devin("stop 20") == f"{19:010}"
    assert await devin("stop 21") == session_list_sentences.no_such_number(21, shown=True).text
    assert await devin(f"stop {59:010}") == f"{59:010}"


async def test_the_numbers_go_on_over_the_pages_and_count_once_they_are_shown(store, devin):
    for number in range(45):
        await store.session(f"{number:010}", NOW - number)
    await devin("list")
    devin.page = ListPage(20)
    first, *_, last = (await devin("list")).split(" · ")
    assert (first, last) == ("You have 45 sessions: 21. Do 0000000020: working", "and 25 more")
    assert [await devin(f"stop {number}") for number in (20, 21, 40)] == [f"{number:010}" for number in (19, 20, 39)]
    assert await devin("stop 41") == session_list_sentences.no_such_number(41, shown=True).text
    shown = await devin.again(store.db, f"{25:010}")
    assert [one.number for one in shown.entries] == [*range(21, 41)], "the page on which a stop was pressed"


async def test_what_is_done_is_shown_as_far_as_five_until_somebody_asks_for_all(store, devin):
    await store.session("aaaaaaaa00", NOW - 100, title="Docs")
    for number in range(7):
        await store.session(f"{number:010}", NOW - number, detail="finished")
    shown = await devin("list")
    assert shown.startswith("You have 8 sessions: 1. Docs: working · 2. ")
    assert shown.endswith("6. Do 0000000004: done · and 2 more")
    assert await devin("status 7") == session_list_sentences.no_such_number(7, shown=True).text
    devin.page = ListPage(whole=True)
    assert (await devin("list")).endswith("8. Do 0000000006: done")
    assert await devin("status 7") == f"{5:010}"
    shown = await devin.again(store.db, "aaaaaaaa00")
    assert len(shown.entries) == 8, "a stop leaves all of them shown"


async def test_a_list_that_is_shown_again_keeps_its_numbers(store, devin, three, clock):
    await devin("list")
    await store.session("dddddddd00", NOW + 1, detail="waiting_for_user")
    async with store.db.write() as tx:
        await sessions.change(tx, "aaaaaaaa00", status="suspended", detail="inactivity")
    clock.now += 60
    shown = await devin.again(store.db, "bbbbbbbb00")
    assert {one.number: one.session.id for one in shown.entries} == {1: "aaaaaaaa00", 2: "bbbbbbbb00", 3: "cccccccc00"}
    assert shown.left_out == 1, "the one that is new"
    assert await store.all(shown_lists.c.shown_at) == [NOW + 60]


@pytest.mark.parametrize("old", [True, False])
async def test_a_list_that_is_gone_is_made_anew(store, devin, three, clock, old):
    await devin("list")
    async with store.db.write() as tx:
        if not old:
            await session_lists.show(tx, TEAM, ADA, ["cccccccc00"], NOW)
    clock.now += DAY + 1 if old else 0
    shown = await devin.again(store.db, "aaaaaaaa00")
    assert [one.session.id for one in shown.entries] == ["aaaaaaaa00", "bbbbbbbb00", "cccccccc00"]
    assert await devin("stop 1") == "aaaaaaaa00"
