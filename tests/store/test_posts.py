"""Posts that are edited: which is next, what is wanted and what is shown, and who has one in hand."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from bot.store import lanes, posts, sessions
from bot.store.database.connection import Database
from bot.store.lanes import ClaimLostError
from bot.store.posts import Post
from bot.store.row_claims import Sender
from bot.store.tables import workers
from tests.said import a_session
from tests.store.rows import LEASE, NOW, TEAM, card, held_card, standing

ME = Sender("me", LEASE)
TS = "1750000050.000000"  # of a card in Slack


async def stand(db: Database, *session_ids: str, **more: Any) -> None:
    """Cards that stand in Slack already."""
    async with db.write() as tx:
        for session_id in session_ids:
            await standing(tx, session_id, TS, **more)


async def redraw(db: Database, *session_ids: str, now: float = NOW, gives_way: bool = False) -> set[posts.Edited]:
    async with db.write() as tx:
        return await posts.redraw(tx, [f"card:{name}" for name in session_ids], now, gives_way=gives_way)


async def known(db: Database, session_id: str = "s") -> Post:
    async with db.read() as tx:
        row = await posts.get(tx, f"card:{session_id}")
    assert row is not None
    return row


async def next_edit(db: Database, now: float = NOW, sender: Sender = ME, team: str = TEAM) -> str | None:
    async with db.read() as tx:
        row = await posts.next_edit(tx, db, (team, posts.MESSAGE), now, sender)
    return row and row.subject


async def next_at(db: Database, now: float = NOW, sender: Sender = ME) -> float | None:
    async with db.read() as tx:
        return await posts.next_at(tx, db, (TEAM, posts.MESSAGE), now, sender)


async def taken(db: Database, session_id: str = "s", now: float = NOW, worker: str = "me") -> Post:
    async with db.write() as tx:
        return await held_card(tx, db, session_id, now, worker)


async def shown(db: Database, row: Post, now: float = NOW, drawn: str = "print") -> None:
    """As the editor does it."""
    async with db.write() as tx:
        await posts.sent(tx, row, row.version, drawn, now)


# ------------------------------------------------------------ the first post


async def test_a_card_is_added_once(db: Database) -> None:
    async with db.write() as tx:
        assert await posts.add(tx, card())
        assert not await posts.add(tx, card(channel="C2"))
    assert await known(db) == card()
    assert await next_edit(db) is None, "it is not posted yet"
    async with db.read() as tx:
        assert await posts.get(tx, "card:unknown") is None


async def test_a_card_that_was_posted_shows_what_was_drawn(db: Database) -> None:
    async with db.write() as tx:
        await posts.add(tx, card())
        assert not await posts.posted(tx, "card:s", TS, 1, "print", NOW)
    row = await known(db)
    assert (row.state, row.ts, row.sent_version, row.drawn) == ("sent", TS, 1, "print")
    assert await next_edit(db) is None


async def test_a_version_that_is_asked_for_before_the_card_stands_is_shown_by_its_first_post(db: Database) -> None:
    async with db.write() as tx:
        await posts.add(tx, card())
    assert await redraw(db, "s") == set(), "there is nothing to edit"
    async with db.write() as tx:
        assert not await posts.posted(tx, "card:s", TS, 2, "print", NOW)
    assert (await known(db)).state == "sent"


async def test_a_version_that_is_asked_for_while_a_new_card_is_posted_is_drawn_after_it_stands(db: Database) -> None:
    async with db.write() as tx:
        await posts.add(tx, card())
    await redraw(db, "s")
    async with db.write() as tx:
        assert await posts.posted(tx, "card:s", TS, 1, "print", NOW)
    row = await known(db)
    assert (row.state, row.ts, row.version, row.sent_version, row.drawn) == ("open", TS, 2, 1, None)
    assert await next_edit(db) == "s"


async def test_a_card_that_was_found_in_its_channel_is_drawn_again(db: Database) -> None:
    async with db.write() as tx:
        await posts.add(tx, card())
        assert await posts.posted(tx, "card:s", TS, 0, None, NOW), "nobody knows which version it shows"
    assert await next_edit(db) == "s"


# ------------------------------------------------------------ what is wanted and what is shown


async def test_asking_for_many_new_versions_draws_the_card_once(db: Database) -> None:
    await stand(db, "s")
    for _ in range(3):
        assert await redraw(db, "s") == {(TEAM, posts.MESSAGE)}
    row = await taken(db)
    assert (row.key, row.version, row.sent_version, row.gives_way) == ("card:s", 4, 1, False)
    await shown(db, row)
    assert await next_edit(db) is None
    assert (await known(db)).sent_version == 4


async def test_a_version_that_is_asked_for_while_the_card_is_drawn_is_drawn_next(db: Database) -> None:
    await stand(db, "s")
    await redraw(db, "s", gives_way=True)
    row = await taken(db)
    await redraw(db, "s")  # the editor reads the session, then somebody changes it
    await shown(db, row, NOW + 1)
    again = await taken(db, now=NOW + 1)
    assert (again.version, again.sent_version, again.gives_way) == (3, 2, False)
    await shown(db, again, NOW + 1)
    assert await next_edit(db, NOW + 1) is None


async def test_a_card_that_is_to_be_drawn_again_is_drawn_whatever_it_showed(db: Database) -> None:
    await stand(db, "s")
    await redraw(db, "s")
    row = await taken(db)
    await redraw(db, "s")
    await shown(db, row)
    assert (await known(db)).drawn is None
    await shown(db, await taken(db))
    assert (await known(db)).drawn == "print"
    async with db.write() as tx:
        await posts.clear_drawn(tx, "card:s")
    assert (await known(db)).drawn is None


async def test_a_post_is_shown_in_a_plainer_form_until_the_next_version(db: Database) -> None:
    await stand(db, "s")
    await redraw(db, "s")
    async with db.write() as tx:
        await posts.show_in_form(tx, await held_card(tx, db), 1, NOW, "blocks refused")
    row = await taken(db)
    assert (row.form, row.reason, row.attempts) == (1, "blocks refused", 0)
    await shown(db, row)
    assert ((await known(db)).form, (await known(db)).reason) == (0, None)


async def test_cards_of_many_sessions_are_asked_for_at_once(db: Database) -> None:
    await stand(db, "s0", "s1")
    await stand(db, "s2", team="T2")
    assert await redraw(db, "s0", "s1", "s2") == {(TEAM, posts.MESSAGE), ("T2", posts.MESSAGE)}
    assert await redraw(db) == set()


# ------------------------------------------------------------ order


async def test_new_states_come_before_new_figures_and_the_longest_wait_first(db: Database) -> None:
    await stand(db, "figures", "second", "first", "third")
    await redraw(db, "figures", gives_way=True)
    await redraw(db, "first", now=NOW + 1)
    await redraw(db, "second", "third", now=NOW + 2)
    edited = []
    while session_id := await next_edit(db, NOW + 3):
        edited.append(session_id)
        await shown(db, await taken(db, session_id, NOW + 3))
    assert edited == ["first", "second", "third", "figures"]


async def test_what_waits_for_its_state_is_not_put_back_by_new_figures(db: Database) -> None:
    await stand(db, "s")
    await redraw(db, "s", gives_way=True)
    assert (await known(db)).gives_way
    await redraw(db, "s")
    assert not (await known(db)).gives_way
    await redraw(db, "s", gives_way=True)
    assert not (await known(db)).gives_way
    await shown(db, await taken(db))
    await redraw(db, "s", gives_way=True)
    assert (await known(db)).gives_way, "its state is shown by now"


async def test_cards_of_other_workspaces_are_not_read(db: Database) -> None:
    await stand(db, "theirs", team="T2")
    await redraw(db, "theirs")
    assert await next_edit(db) is None
    assert await next_edit(db, team="T2") == "theirs"


async def test_a_redraw_does_not_shorten_a_wait_that_slack_asked_for(db: Database) -> None:
    await stand(db, "s")
    await redraw(db, "s")
    async with db.write() as tx:
        await posts.reschedule(tx, await held_card(tx, db), NOW + 30, "rate limited")
    await redraw(db, "s", now=NOW + 1)
    assert (await next_edit(db, NOW + 29), await next_at(db, NOW + 29)) == (None, NOW + 30)
    assert await next_edit(db, NOW + 30) == "s"
    assert ((await known(db)).attempts, (await known(db)).reason) == (1, "rate limited")


async def test_open_workspaces_and_their_instants_are_known(db: Database) -> None:
    await stand(db, "s0", "s1", "shown")
    await stand(db, "s2", team="T2")
    await redraw(db, "s0", now=NOW + 5)
    await redraw(db, "s1", now=NOW + 3)
    await redraw(db, "s2", now=NOW + 9)
    async with db.read() as tx:
        assert sorted(await posts.open_edits(tx)) == [
            ((TEAM, posts.MESSAGE), NOW + 3),
            (("T2", posts.MESSAGE), NOW + 9),
        ]
        assert await posts.count_open(tx, NOW + 5) == 2


# ------------------------------------------------------------ cards that are marked dead


async def test_a_card_that_died_and_one_that_never_was_are_not_drawn(db: Database) -> None:
    await stand(db, "s")
    await redraw(db, "s")
    async with db.write() as tx:
        await posts.mark_dead(tx, await held_card(tx, db), "message_not_found")
    assert await redraw(db, "s", "unknown") == set()
    row = await known(db)
    assert (row.state, row.reason, row.owner) == ("dead", "message_not_found", None)
    assert (await next_edit(db), await next_at(db)) == (None, None)


async def test_what_is_wanted_of_a_session_can_be_marked_dead_whether_its_card_stands_or_not(db: Database) -> None:
    await stand(db, "s", "shown", "other")
    await redraw(db, "s", "other")
    async with db.write() as tx:
        await posts.add(tx, card("new"))
        for session_id in ("s", "new", "shown"):
            await posts.mark_session_dead(tx, session_id, "channel gone")
    states = {name: (await known(db, name)).state for name in ("s", "new", "shown", "other")}
    assert states == {"s": "dead", "new": "dead", "shown": "sent", "other": "open"}


async def test_a_card_that_was_marked_dead_while_somebody_had_it_in_hand_is_noted_as_shown_or_stays_dead(
    db: Database,
) -> None:
    await stand(db, "arrives", "fails")
    await redraw(db, "arrives", "fails")
    arrives, fails = await taken(db, "arrives"), await taken(db, "fails")
    await redraw(db, "arrives", "fails")
    async with db.write() as tx:
        for row in (arrives, fails):
            await posts.mark_session_dead(tx, row.subject, "channel gone")
        await posts.sent(tx, arrives, arrives.version, "print", NOW)
        await posts.reschedule(tx, fails, NOW, "rate limited")
    assert [(await known(db, name)).state for name in ("arrives", "fails")] == ["sent", "dead"]
    assert await next_edit(db) is None


# ------------------------------------------------------------ claims


@pytest.fixture
def at_now(db: Database) -> None:
    """SQLite tells who is alive by our clock, and the rows here are of another time."""
    db.clock = lambda: NOW


async def beat(db: Database, *names: str) -> None:
    for name in names:
        async with db.write() as tx:
            await lanes.beat(tx, db, name, LEASE)


@pytest.mark.usefixtures("at_now")
async def test_a_card_in_hand_holds_up_no_other(db: Database) -> None:
    await stand(db, "s", "s2")
    await redraw(db, "s", "s2")
    row = await taken(db)
    mine = replace(ME, in_hand={row.key})
    assert await next_edit(db, sender=mine) == "s2"
    await shown(db, await taken(db, "s2"))
    assert (await next_edit(db, sender=mine), await next_at(db, sender=mine)) == (None, None)


@pytest.mark.usefixtures("at_now")
async def test_what_another_living_worker_has_in_hand_is_not_for_us(db: Database) -> None:
    await beat(db, "me", "other")
    await stand(db, "s")
    await redraw(db, "s")
    await taken(db, worker="other")
    assert await next_edit(db) is None
    async with db.write() as tx:
        assert await posts.take(tx, db, "card:s", ME, NOW) is None


@pytest.mark.usefixtures("at_now")
async def test_a_worker_that_fell_silent_is_replaced_and_writes_nothing_any_more(db: Database) -> None:
    await beat(db, "me", "silent")
    await stand(db, "s")
    await redraw(db, "s")
    old = await taken(db, worker="silent")
    async with db.write() as tx:
        gone = update(workers).where(workers.c.id == "silent").values(seen_at=workers.c.seen_at - LEASE - 1)
        await tx.execute(gone)
    assert await next_edit(db) == "s"
    new = await taken(db)
    assert (new.owner, new.epoch) == ("me", old.epoch + 1)
    writes = (
        lambda tx: posts.check(tx, old),
        lambda tx: posts.sent(tx, old, old.version, "print", NOW),
        lambda tx: posts.reschedule(tx, old, NOW, "late"),
        lambda tx: posts.show_in_form(tx, old, 1, NOW, "late"),
        lambda tx: posts.mark_dead(tx, old, "late"),
    )
    for write in writes:
        async with db.write() as tx:
            with pytest.raises(ClaimLostError):
                await write(tx)
    assert await known(db) == new
    async with db.read() as tx:
        await posts.check(tx, new)


@pytest.mark.usefixtures("at_now")
async def test_a_worker_that_leaves_frees_its_cards_and_who_is_alone_frees_all(db: Database) -> None:
    await beat(db, "me", "a", "b")
    await stand(db, "of a", "of b")
    await redraw(db, "of a", "of b")
    await taken(db, "of a", worker="a")
    await taken(db, "of b", worker="b")
    async with db.write() as tx:
        await posts.leave(tx, "a")
    assert [(await known(db, name)).owner for name in ("of a", "of b")] == [None, "b"]
    async with db.write() as tx:
        await posts.free_all(tx)
    assert (await known(db, "of b")).owner is None


async def test_what_was_given_back_is_in_nobodys_hand(db: Database) -> None:
    await stand(db, "shown", "put back")
    await redraw(db, "shown", "put back")
    await shown(db, await taken(db, "shown"))
    async with db.write() as tx:
        await posts.reschedule(tx, await held_card(tx, db, "put back"), NOW + 5, "rate limited")
        assert await posts.take(tx, db, "card:shown", ME, NOW + 5) is None, "there is nothing to do"
        assert await posts.take(tx, db, "card:put back", ME, NOW) is None, "it is not due"
        assert await posts.take(tx, db, "card:put back", ME, NOW + 5) is not None


async def test_what_stands_under_a_ts_is_known_by_its_drawer(db: Database) -> None:
    await stand(db, "s")
    async with db.read() as tx:
        assert await posts.drawer_at(tx, TEAM, card().channel, TS) == "card"
        assert await posts.drawer_at(tx, TEAM, card().channel, "1.0") is None


# ------------------------------------------------------------ Home tabs


def home_of(user: str, at: float = NOW) -> Post:
    subject = posts.home_subject(TEAM, user)
    return Post("home", subject, TEAM, user, "ref", at, surface=posts.HOME, ts="home", state="open", next_at=at)


async def open_home(db: Database, user: str, at: float = NOW) -> None:
    async with db.write() as tx:
        await posts.open_home(tx, home_of(user, at))


async def next_home(db: Database, now: float = NOW) -> str | None:
    async with db.read() as tx:
        row = await posts.next_edit(tx, db, (TEAM, posts.HOME), now, ME)
    return row and row.channel


async def redraw_homes(db: Database, *session_ids: str, opened_after: float = NOW - 60) -> set[posts.Edited]:
    async with db.write() as tx:
        return await posts.redraw_homes(tx, session_ids, opened_after, NOW + 2)


async def drawn(db: Database, user: str, now: float = NOW) -> None:
    async with db.write() as tx:
        row = await posts.take(tx, db, home_of(user).key, ME, now)
        assert row is not None
        await posts.sent(tx, row, row.version, "print", now)


async def test_a_home_is_drawn_each_time_it_is_opened_in_a_lane_of_its_own(db: Database) -> None:
    await stand(db, "s")
    await open_home(db, "U1")
    assert (await next_home(db), await next_edit(db)) == ("U1", None)
    await drawn(db, "U1")
    assert await next_home(db) is None
    await open_home(db, "U1", NOW + 9)
    async with db.read() as tx:
        row = await posts.get(tx, home_of("U1").key)
        assert await posts.open_edits(tx) == [((TEAM, posts.HOME), NOW + 9)]
    assert row is not None
    assert (row.version, row.created_at, row.drawn) == (2, NOW + 9, None)


async def test_a_home_that_is_dead_is_drawn_when_it_is_opened_again(db: Database) -> None:
    await open_home(db, "U1")
    async with db.write() as tx:
        row = await posts.take(tx, db, home_of("U1").key, ME, NOW)
        assert row is not None
        await posts.mark_dead(tx, row, "not_enabled")
    assert await next_home(db) is None
    await open_home(db, "U1")
    assert await next_home(db) == "U1"


async def test_only_homes_opened_lately_are_drawn_when_a_session_of_their_person_changes(db: Database) -> None:
    async with db.write() as tx:
        for session_id, user in (("mine", "U1"), ("theirs", "U2")):
            await sessions.add(tx, a_session(id=session_id, team=TEAM, requester=user))
    for user, at in (("U1", NOW), ("U2", NOW - 100)):
        await open_home(db, user, at)
        await drawn(db, user)
    assert await redraw_homes(db, "theirs", "unknown") == set(), "nobody looks at it any more"
    assert await redraw_homes(db, "mine") == {(TEAM, posts.HOME)}
    assert (await next_home(db), await next_home(db, NOW + 2)) == (None, "U1")
