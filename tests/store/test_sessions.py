"""Sessions: our own record of each, with what was relayed from it."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.announcements import Pending, TurnState
from bot.domain.session import Lifecycle, Options, PullRequest, Session, Snapshot
from bot.features.usage import session_count_rows as session_counts
from bot.store import sessions, watched_sessions
from bot.store.database.connection import Database
from bot.store.sessions import RelayPosition
from bot.store.watched_sessions import Sweep
from tests.store.rows import NOW, ORG, TEAM, session

AT = 1_750_000_000  # Devin's time of the last look
POLLED = Snapshot(status="running", detail="working", updated_at=AT)


async def add(db: Database, *given: Session) -> None:
    async with db.write() as tx:
        for one in given:
            await sessions.add(tx, one)


async def change(db: Database, session_id: str, **values: Any) -> None:
    async with db.write() as tx:
        await sessions.change(tx, session_id, **values)


async def get(db: Database, session_id: str = "s") -> Session:
    async with db.read() as tx:
        found = await sessions.get(tx, session_id)
    assert found is not None
    return found


async def relay(db: Database, session_id: str = "s") -> RelayPosition:
    async with db.read() as tx:
        return (await sessions.tracked(tx, [session_id]))[session_id].position


# ------------------------------------------------------------ one session


async def test_everything_about_a_session_comes_back(db: Database) -> None:
    whole = session(
        "s",
        prompt="fix it\n\nplease 😀",
        options=Options("acme/web", "pb-1", "fast", 10, ("a", "b"), "a title"),
        lifecycle=Lifecycle.CREATING,
        cause_ts="1750000000.000100",
        checking=True,
        stop_requested=True,
        stop_ts="1750000009.000100",
        stopped_by="U2",
        ended_at=NOW + 9,
        snapshot=Snapshot(
            "suspended",
            "inactivity",
            "a title of Devin's",
            (PullRequest("https://git.example/1", "open"), PullRequest("https://git.example/2")),
            1.25,
            has_result=True,
            archived=True,
            updated_at=AT + 5_000_000_000,
        ),
    )
    await add(db, whole)
    assert await get(db) == whole
    assert await relay(db) == RelayPosition(mark="eyes")


async def test_a_session_that_devin_does_not_have_yet_comes_back_too(db: Database) -> None:
    bare = session(
        "s", thread_ts=None, reference=None, devin_id=None, url=None, lifecycle=Lifecycle.QUEUED, snapshot=Snapshot()
    )
    await add(db, bare, replace(bare, id="s2"))
    assert await get(db) == bare
    assert await get(db, "s2") == replace(bare, id="s2")


async def test_the_repositories_of_a_person_and_of_a_channel_are_known(db: Database) -> None:
    mine = {"requester": "U7", "channel": "C7"}
    await add(
        db,
        session("one", **mine, options=Options("acme/web"), created_at=NOW),
        session("two", **mine, options=Options("acme/api"), created_at=NOW + 1),
        session("three", **mine, options=Options("acme/web"), created_at=NOW + 2),
        session("four", **mine, created_at=NOW + 3),
        session("five", requester="U8", channel="C7", options=Options("acme/docs"), created_at=NOW - 1),
        session("six", requester="U8", channel="C8", options=Options("acme/secret"), created_at=NOW + 4),
    )
    async with db.read() as tx:
        assert await sessions.repositories(tx, TEAM, "U7", "C7") == ["acme/web", "acme/api", "acme/docs"]


async def test_the_same_cause_makes_no_second_session(db: Database) -> None:
    await add(db, session("s"), session("s", prompt="another", reference="slack-other", devin_id=None))
    assert (await get(db)).prompt == "fix the login test"
    async with db.read() as tx:
        assert await sessions.get(tx, "unknown") is None


async def test_single_facts_are_changed_and_others_stay(db: Database) -> None:
    await add(db, session("s"), session("other"))
    await change(db, "s", lifecycle=Lifecycle.ENDED, ended_at=NOW, stopped_by="U2")
    assert await get(db) == session("s", lifecycle=Lifecycle.ENDED, ended_at=NOW, stopped_by="U2")
    assert await get(db, "other") == session("other")


async def test_once_devin_has_it_only_the_first_line_of_the_prompt_is_kept(db: Database) -> None:
    asked = session(
        "s", prompt="fix it\nsecret details", lifecycle=Lifecycle.CREATING, checking=True, devin_id=None, url=None
    )
    await add(db, asked)
    async with db.write() as tx:
        await sessions.opened(tx, asked, "devin-42", "https://app.devin.ai/sessions/42", POLLED, NOW)
    found = await get(db)
    assert (found.prompt, found.lifecycle, found.checking) == ("fix it", Lifecycle.OPEN, False)
    # What it has come to by now is left for the poller to tell.
    seen = Snapshot(title=POLLED.title, updated_at=POLLED.updated_at)
    assert (found.devin_id, found.url, found.snapshot) == ("devin-42", "https://app.devin.ai/sessions/42", seen)
    async with db.read() as tx:
        assert list(await sessions.by_bare_ids(tx, ORG, ["42"])) == ["42"]


async def test_a_session_that_is_over_without_devin_keeps_only_the_first_line_too(db: Database) -> None:
    await add(db, session("s", prompt="fix it\nsecret details", lifecycle=Lifecycle.CREATING, checking=True))
    async with db.write() as tx:
        ended = await sessions.end(tx, "s", Lifecycle.CANCELLED, NOW + 5)
        assert await sessions.end(tx, "unknown", Lifecycle.CANCELLED, NOW) is None
    assert ended is not None
    assert ended.prompt == "fix it\nsecret details"
    found = await get(db)
    assert (found.prompt, found.lifecycle, found.checking, found.ended_at) == (
        "fix it",
        Lifecycle.CANCELLED,
        False,
        NOW + 5,
    )


async def test_odd_signs_in_a_prompt_and_in_a_title_are_no_obstacle(db: Database) -> None:
    await add(db, session("s", prompt="nul \0 half \ud83d"))
    async with db.write() as tx:
        assert await sessions.apply_snapshot(tx, session("s"), replace(POLLED, title="a\0b"))
        await sessions.change(tx, "s", stopped_by="U\0")
    found = await get(db)
    assert (found.prompt, found.snapshot.title, found.stopped_by) == ("nul \ufffd half \ufffd", "a\ufffdb", "U\ufffd")


# ------------------------------------------------------------ looks of the poller


async def test_a_newer_snapshot_is_stored_with_how_far_it_was_announced(db: Database) -> None:
    await add(db, session("s"))
    new = Snapshot("running", "finished", "t", (PullRequest("https://git.example/1", "open"),), 2.5, updated_at=AT + 1)
    async with db.write() as tx:
        applied = await sessions.apply_snapshot(
            tx,
            session("s"),
            new,
            last_event_id="e9",
            page_cursor="p",
            devin_messages=4,
            announcement_seq=2,
            announced="done",
            person_wrote=True,
            pending={"end": "question", "not_before": 9.0, "words": True, "pull_requests": ["https://git.example/1"]},
            changes_until=7.0,
        )
    assert applied is True
    assert (await get(db)).snapshot == new
    pending = Pending("question", 9.0, words=True, pull_requests=("https://git.example/1",))
    turn = TurnState(2, "done", person_wrote=True, pending=pending)
    assert await relay(db) == RelayPosition("e9", "p", 4, turn, changes_until=7.0, mark="eyes")


async def test_a_look_at_the_same_instant_is_stored(db: Database) -> None:
    await add(db, session("s"))
    async with db.write() as tx:
        assert await sessions.apply_snapshot(tx, session("s"), replace(POLLED, acus=3.0))
    assert (await get(db)).snapshot.acus == 3.0


@pytest.mark.parametrize(
    "stored", [{"detail": None}, {"status": "suspended"}, {"archived": True}, {"lifecycle": Lifecycle.ENDED}]
)
async def test_a_poll_that_began_before_another_state_was_stored_changes_nothing(
    db: Database, stored: dict[str, Any]
) -> None:
    await add(db, session("s"))
    before = await get(db)
    await change(db, "s", **stored)
    newer = replace(POLLED, detail="waiting_for_user", updated_at=AT + 9)
    async with db.write() as tx:
        assert await sessions.apply_snapshot(tx, before, newer, last_event_id="e1") is False
    async with db.write() as tx:
        assert await sessions.apply_snapshot(tx, await get(db), newer, last_event_id="e2")
    assert (await get(db)).snapshot == newer
    assert (await relay(db)).last_event_id == "e2"


async def test_an_older_snapshot_changes_nothing(db: Database) -> None:
    await add(db, session("s"))
    async with db.write() as tx:
        old = Snapshot("new", updated_at=AT - 1)
        assert await sessions.apply_snapshot(tx, session("s"), old, last_event_id="e1") is False
        assert await sessions.apply_reply_status(tx, "s", old) is False
        assert await sessions.apply_snapshot(tx, session("unknown"), POLLED) is False
    assert (await get(db)).snapshot == POLLED
    assert await relay(db) == RelayPosition(mark="eyes")


async def test_an_answer_of_devin_moves_the_state_and_leaves_the_rest_to_the_poller(db: Database) -> None:
    before = Snapshot("suspended", "inactivity", "t", (PullRequest("https://git.example/1"),), 2.5, True, updated_at=AT)
    await add(db, session("s", snapshot=before))
    async with db.write() as tx:
        assert await sessions.apply_reply_status(tx, "s", Snapshot("resuming", acus=9.0, updated_at=AT + 2))
    assert (await get(db)).snapshot == replace(before, status="resuming", detail=None, updated_at=AT + 2)


@pytest.mark.parametrize("status", ["exit", "error"])
async def test_an_end_in_an_answer_of_devin_is_left_to_the_poller_which_announces_it(db: Database, status: str) -> None:
    await add(db, session("s"))
    async with db.write() as tx:
        assert await sessions.apply_reply_status(tx, "s", Snapshot(status, updated_at=AT + 2)) is False
    assert (await get(db)).snapshot == POLLED


@pytest.mark.parametrize(
    ("status", "detail", "after"),
    [
        ("running", "waiting_for_user", None),
        ("running", "finished", None),
        ("running", "working", "working"),
        ("running", "waiting_for_approval", "waiting_for_approval"),
        ("running", None, None),
        ("suspended", "out_of_credits", None),
    ],
)
async def test_what_a_message_does_not_end_stays_after_one(
    db: Database, status: str, detail: str | None, after: str | None
) -> None:
    await add(db, session("s", snapshot=Snapshot(status, detail, updated_at=AT)))
    async with db.write() as tx:
        assert await sessions.apply_reply_status(tx, "s", Snapshot("running", updated_at=AT))
    assert (await get(db)).snapshot == Snapshot("running", after, updated_at=AT)


async def test_figures_of_many_sessions_are_stored_at_once_older_ones_are_not(db: Database) -> None:
    await add(db, session("a"), session("b"), session("c"))
    async with db.write() as tx:
        await sessions.apply_figures(tx, [], 0.0)
        await sessions.apply_figures(
            tx,
            [
                ("a", replace(POLLED, acus=1.5, updated_at=AT + 1)),
                ("b", replace(POLLED, acus=9.9, updated_at=AT - 1)),
                ("c", replace(POLLED, acus=2.5, has_result=True)),
                ("unknown", POLLED),
            ],
            NOW,
        )
    seen = [(await get(db, name)).snapshot for name in "abc"]
    assert seen == [replace(POLLED, acus=1.5, updated_at=AT + 1), POLLED, replace(POLLED, acus=2.5, has_result=True)]


async def test_when_cards_last_showed_figures_is_noted(db: Database) -> None:
    await add(db, session("a"), session("b"))
    async with db.write() as tx:
        await sessions.mark_figures_drawn(tx, ["a"], NOW + 5)
        await sessions.mark_figures_drawn(tx, [], NOW + 9)
    assert [(await relay(db, name)).figures_at for name in "ab"] == [NOW + 5, 0.0]


@pytest.mark.parametrize(
    ("ago", "drawn", "found"),
    [
        ((1_300, 1_250, 1_200), 600, True),  # the line is due, although figures were drawn in between
        ((1_300, 1_250, 1_300), 30, False),  # its card says so already
        ((9_000, 9_000, 8_000), 1_200, True),  # and says by now for how long
        ((1_300, 1_199, 1_300), 1_300, False),  # somebody wrote
        ((1_199, 1_300, 1_300), 1_300, False),  # Devin wrote
        ((1_300, 1_300, None), 1_300, False),  # Devin rests
    ],
)
async def test_which_cards_have_to_say_that_nothing_is_new(db: Database, ago: Any, drawn: int, found: bool) -> None:
    await add(db, session("a"))
    progress, spoken, working = (since and NOW - since for since in ago)
    times = {"progress_at": progress, "spoken_at": spoken, "working_since": working, "figures_at": NOW - drawn}
    await change(db, "a", **times)
    async with db.read() as tx:
        assert await watched_sessions.silent(tx, ORG, NOW, 1_200.0) == (["a"] if found else [])
        assert await watched_sessions.silent(tx, "org-other", NOW, 1_200.0) == []


# ------------------------------------------------------------ many sessions


async def test_sessions_are_found_by_devins_ids_and_by_reference(db: Database) -> None:
    await add(db, session("a", devin_id="devin-1"), session("b", devin_id="2"), session("c", devin_id=None))
    async with db.read() as tx:
        bare = await sessions.by_bare_ids(tx, ORG, ["1", "2", "3"])
        named = await sessions.by_references(tx, ORG, ["slack-a", "slack-c", "slack-x"])
        ours = await sessions.tracked(tx, ["a", "x"])
        assert await sessions.by_bare_ids(tx, ORG, []) == {}
    assert {key: one.session.id for key, one in bare.items()} == {"1": "a", "2": "b"}
    assert {key: one.id for key, one in named.items()} == {"slack-a": "a", "slack-c": "c"}
    assert list(ours) == ["a"]


async def test_only_open_sessions_are_watched(db: Database) -> None:
    await add(
        db,
        session("open"),
        session("ended", lifecycle=Lifecycle.ENDED),
        session("over", ended_at=NOW),
        session("creating", lifecycle=Lifecycle.CREATING),
        session("nameless", devin_id=None),
    )
    async with db.read() as tx:
        assert await watched_sessions.slice_of(tx, ORG, Sweep(0.0, 0, 0), "", 9) == ["open"]
        assert await watched_sessions.count_in(tx, ORG, Sweep(0.0, 0, 0)) == 2


async def test_each_quiet_session_is_in_one_of_six_sweeps_and_one_that_spoke_or_changed_in_all(db: Database) -> None:
    quiet = [
        session(digit, spoken_at=0.0, snapshot=Snapshot("running", updated_at=AT)) for digit in "0123456789abcdefz"
    ]
    await add(db, *quiet, session("spoken-z", spoken_at=NOW, snapshot=Snapshot("running", updated_at=AT)))
    found: list[str] = []
    async with db.read() as tx:
        for part in range(watched_sessions.QUIET_PARTS):
            sweep = Sweep(NOW, AT + 1, part)
            ids = await watched_sessions.slice_of(tx, ORG, sweep, "", 99)
            assert await watched_sessions.count_in(tx, ORG, sweep) == len(ids)
            assert "spoken-z" in ids
            assert await watched_sessions.slice_of(tx, ORG, sweep, ids[0], 1) == ids[1:2]
            found += [one for one in ids if one != "spoken-z"]
    assert sorted(found) == sorted("0123456789abcdefz")


@pytest.mark.parametrize(
    ("seen", "active"),
    [
        (Snapshot("new"), True),
        (Snapshot("claimed"), True),
        (Snapshot("resuming"), True),
        (Snapshot("running"), True),
        (Snapshot("running", "working"), True),
        (Snapshot("running", "waiting_for_approval"), True),
        (Snapshot("running", "waiting_for_user"), False),
        (Snapshot("running", "finished"), False),
        (Snapshot("suspended", "inactivity"), False),
        (Snapshot("suspended"), False),
        (Snapshot("error"), False),
        (Snapshot("exit"), False),
    ],
)
async def test_what_works_is_active_and_what_waits_is_not(db: Database, seen: Snapshot, active: bool) -> None:
    await add(db, session("s", snapshot=seen, spoken_at=0.0), session("ended", lifecycle=Lifecycle.ENDED))
    async with db.read() as tx:
        assert await watched_sessions.any_watched(tx, ORG, NOW) == (True, active)


async def test_who_was_just_spoken_to_or_waits_without_a_word_is_active_and_polled(db: Database) -> None:
    waiting = Snapshot("running", "finished", updated_at=AT)
    await add(
        db,
        session("spoken", snapshot=waiting, spoken_at=NOW),
        session("waits", snapshot=waiting, spoken_at=NOW - 500),
        session("rests", snapshot=waiting, spoken_at=NOW - 400),
        session("ended", lifecycle=Lifecycle.ENDED, spoken_at=NOW),
    )
    await change(db, "waits", pending={"end": "done", "not_before": 0.0, "words": False, "pull_requests": []})
    async with db.read() as tx:
        assert await watched_sessions.any_watched(tx, ORG, NOW - 60) == (True, True)
        found = await watched_sessions.expecting(tx, ORG, NOW - 60, NOW)
        assert [one.session.id for one in found] == ["waits", "spoken"]
    assert found[0].position.turn.pending == Pending("done")


@pytest.mark.parametrize("mark", [watched_sessions.mark_changing, watched_sessions.mark_failing])
async def test_what_may_have_changed_unseen_or_could_not_be_announced_is_polled(db: Database, mark: Any) -> None:
    resting = Snapshot("running", "finished", updated_at=AT)
    await add(db, *(session(name, snapshot=resting, spoken_at=0.0) for name in ("rests", "other", "ended")))
    await change(db, "ended", lifecycle=Lifecycle.ENDED)
    async with db.write() as tx:
        await mark(tx, ["rests", "ended"], NOW)
    async with db.read() as tx:
        assert [one.session.id for one in await watched_sessions.expecting(tx, ORG, NOW, NOW - 1)] == ["rests"]


async def test_a_session_fails_since_the_first_time(db: Database) -> None:
    await add(db, session("s"))
    async with db.write() as tx:
        await watched_sessions.mark_failing(tx, ["s"], NOW)
        await watched_sessions.mark_failing(tx, ["s"], NOW + 9)
    assert (await relay(db)).failing_since == NOW


async def test_a_reply_stores_who_wrote_and_that_devin_works_again(db: Database) -> None:
    await add(db, session("s", stopped_by="U9", ended_at=NOW - 5))
    await change(db, "s", last_words="Which one?", asks=True)
    for user, at in (("U1", NOW), ("U2", NOW + 3)):
        async with db.write() as tx:
            await sessions.spoke(tx, "s", user, at)
    spoken = await get(db)
    assert (spoken.replied_by, spoken.spoken_at, spoken.working_since) == ("U2", NOW + 3, NOW)
    assert (spoken.stopped_by, spoken.ended_at) == (None, None)
    assert (spoken.snapshot.last_words, spoken.snapshot.asks) == ("", None)


async def test_an_empty_store_counts_nothing(db: Database) -> None:
    async with db.read() as tx:
        assert await watched_sessions.any_watched(tx, ORG, 0.0) == (False, False)
        assert await session_counts.waiting_now(tx, TEAM, ORG) == 0
        assert await watched_sessions.expecting(tx, ORG, 0.0, 0.0) == []


async def test_a_persons_sessions_come_newest_first(db: Database) -> None:
    await add(
        db,
        session("old", created_at=NOW),
        session("new", created_at=NOW + 2, lifecycle=Lifecycle.QUEUED),
        session("elsewhere", created_at=NOW + 1, channel="C2", lifecycle=Lifecycle.CREATING),
        session("ended", created_at=NOW + 3, lifecycle=Lifecycle.ENDED),
        session("bens", requester="U2"),
        session("other team", team="T2"),
    )

    async def of_person(**narrower: Any) -> list[str]:
        async with db.read() as tx:
            return [one.id for one in await sessions.of_person(tx, TEAM, "U1", **narrower)]

    assert await of_person() == ["new", "elsewhere", "old"]
    assert await of_person(channel="C1") == ["new", "old"]
    assert await of_person(limit=1) == ["new"]


async def test_the_live_sessions_of_a_channel_come_newest_first(db: Database) -> None:
    await add(
        db,
        session("old", created_at=NOW, requester="U2"),
        session("new", created_at=NOW + 2),
        session("ended", lifecycle=Lifecycle.ENDED),
        session("elsewhere", channel="C2"),
    )
    async with db.read() as tx:
        assert [one.id for one in await sessions.of_channel(tx, TEAM, "C1")] == ["new", "old"]
        assert [one.id for one in await sessions.of_channel(tx, TEAM, "C1", limit=1)] == ["new"]


async def test_the_same_prompt_is_known_again_when_only_its_first_line_is_left(db: Database) -> None:
    prompt = "Fix this bug:\nthe login page is red"
    await add(
        db,
        session("old", prompt=prompt, created_at=NOW - 100),
        session("first", prompt=prompt, created_at=NOW - 50),
        session("second", prompt=prompt, created_at=NOW - 40, lifecycle=Lifecycle.ENDED),
        session("else", prompt="Fix this bug:\nthe export is slow"),
        session("refused", prompt=prompt, lifecycle=Lifecycle.REFUSED),
        session("canceled", prompt=prompt, lifecycle=Lifecycle.CANCELLED),
        session("of another", prompt=prompt, requester="U2"),
    )
    async with db.write() as tx:
        await sessions.end(tx, "second", Lifecycle.ENDED, NOW)
    async with db.read() as tx:
        found = await sessions.with_prompt(tx, TEAM, "U1", prompt, NOW - 60)
        assert [(one.id, one.prompt) for one in found] == [("second", "Fix this bug:"), ("first", prompt)]
        assert await sessions.with_prompt(tx, "T2", "U1", prompt, NOW - 60) == []


async def test_who_waits_for_a_person_is_counted(db: Database) -> None:
    waits = Snapshot("running", "waiting_for_user")
    await add(
        db,
        session("a", snapshot=waits),
        session("b", snapshot=Snapshot("running", "waiting_for_approval")),
        session("c", snapshot=waits, lifecycle=Lifecycle.ENDED),
        session("d", snapshot=Snapshot("suspended", "waiting_for_user")),  # paused for a reason that is new
        session("e"),
        session("h", snapshot=Snapshot("running", "waiting_for_credentials")),
        session("i", snapshot=Snapshot("suspended", "out_of_credits")),
        session("j", snapshot=Snapshot("suspended", "error")),
        session("k", snapshot=Snapshot("suspended", "out_of_credits"), channel="C0OTHER"),
        session("f", snapshot=replace(waits, asks=False, pull_requests=(PullRequest("https://git.example/1"),))),
        session("g", snapshot=replace(waits, has_result=True, asks=False)),
    )
    async with db.read() as tx:
        assert await session_counts.waiting_now(tx, TEAM, ORG) == 6
        assert await session_counts.waiting_now(tx, TEAM, ORG, "C0OTHER") == 1
