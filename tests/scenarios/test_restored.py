"""A backup is put back: what was done after it is known to Slack and Devin alone, and nothing is done twice."""

from collections import Counter
from pathlib import Path

import pytest

from bot import store_commands
from bot.store.restored import Restored
from bot.store.restored import read as read_restored
from tests.restores import all_once, lay_back, store_of
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import polled, sent_to_devin, settled, started_by_command
from tests.waits import SHORT

DIRECT = "D0ADA"  # of the admin

pytestmark = [
    pytest.mark.timing(**SHORT),
    pytest.mark.parametrize("store", ["sqlite"]),
]


def backed_up(on: Harness) -> Path:
    """A backup of the store at work."""
    file = store_of(on).with_name("backup.db")
    store_commands.backup(on.settings, file, replace=True)
    return file


async def put_back(on: Harness, backup: Path, *, told: bool = True) -> None:
    """End the bot, put a backup back as its store, and start it again; told so, or not."""
    await on.stop()
    await lay_back(on, backup)
    if told:
        await store_commands.restored(on.settings)
    await on.start()
    await polled(on)
    await settled(on)


async def ends(on: Harness, session: str, ts: str, words: str, channel: str = GENERAL) -> None:
    """Devin ends its turn with words, which appear."""
    await on.devin.say(session, words, status="running", status_detail="waiting_for_user")
    await on.wait_for_post(channel, ts, words)


async def test_starts_and_replies_since_the_backup_are_not_repeated_and_go_on(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    await on.slack.say(ANN, GENERAL, "look at the clock", thread_ts=ts)
    await on.devin.wait_for_messages("look at the clock")
    await ends(on, session, ts, "It is slow. Shall I?")
    mentioned, _ = await on.started("fix the logout test", BEN, WEB)
    commanded, by_command = await started_by_command(on, "write the release notes", ANN, OPS)
    await ends(on, by_command, commanded, "Notes are written. Which file?", OPS)
    await on.slack.say(BEN, OPS, "notes.md", thread_ts=commanded)
    await on.devin.wait_for_messages("notes.md")
    await settled(on)

    await put_back(on, backup)
    await all_once(on)
    assert len(await on.devin.sessions()) == 3
    await on.slack.say(ANN, GENERAL, "yes, do", thread_ts=ts)
    await on.slack.say(BEN, WEB, "and the login", thread_ts=mentioned)
    await on.slack.say(ANN, OPS, "and readme.md", thread_ts=commanded)
    for words in ("yes, do", "and the login", "and readme.md"):
        await on.devin.wait_for_messages(words)
    await ends(on, by_command, commanded, "Both are there. Anything else?", OPS)
    await settled(on)
    await all_once(on)


async def test_what_was_open_in_the_backup_and_is_done_since_is_not_repeated(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    for route in ("send_message", "create_session"):
        await on.devin.fault(route, 429, times=-1, retry_after=1)
    await on.slack.say(ANN, GENERAL, "fix the footer", thread_ts=ts)
    begun = await on.mention("fix the logout test", BEN, WEB)
    await on.slack.wait_for_delivery(2, type="message", status="acked")
    backup = backed_up(on)
    await on.devin.clear_faults()
    await on.devin.wait_for_messages("fix the footer")
    await on.session("fix the logout test")
    await on.slack.wait_for_message(WEB, "Queued", thread_ts=begun)
    await settled(on)

    await put_back(on, backup)
    await all_once(on)
    assert [text.rsplit("> ", 1)[1] for text in await sent_to_devin(on, session)] == ["fix the footer"]


async def test_what_was_not_done_before_the_end_is_done(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    await on.stop()
    await on.slack.pause("lose")
    await on.slack.say(ANN, GENERAL, "fix the header", thread_ts=ts)
    begun = await on.mention("fix the logout test", BEN, GENERAL)
    await on.devin.say(session, "Done so far. What next?", status="running", status_detail="waiting_for_user")
    await on.slack.resume()

    await put_back(on, backup)
    await on.devin.wait_for_messages("fix the header")
    await on.session("fix the logout test")
    await on.slack.wait_for_message(GENERAL, "Queued", thread_ts=begun)
    await on.wait_for_post(GENERAL, ts, "Done so far")
    await all_once(on)


async def test_two_ends_without_words_since_the_backup_are_not_announced_again(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    for number, status in enumerate(("suspended", "running"), start=1):
        detail = "usage_limit_exceeded" if status == "suspended" else "waiting_for_approval"
        await on.devin.set(session, status=status, status_detail=detail)
        await on.wait_for_post(GENERAL, ts, "", count=number)
        await settled(on)
    before = Counter(await on.thread(GENERAL, ts))

    await put_back(on, backup)
    assert Counter(await on.thread(GENERAL, ts)) == before


async def test_a_stop_since_the_backup_is_not_repeated_on_a_session_that_was_woken_after_it(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    await on.slack.say(ANN, GENERAL, "!stop", thread_ts=ts)
    await on.wait_for_post(GENERAL, ts, "Stopped by ann.")
    await on.slack.say(ANN, GENERAL, "go on", thread_ts=ts)
    await on.devin.wait_for_messages("go on")
    await on.devin.set(session, status="running", status_detail="working")
    await settled(on)
    stops = len(await on.devin.log("archive"))

    await put_back(on, backup)
    await on.slack.say(ANN, GENERAL, "and fix the footer", thread_ts=ts)
    await on.devin.wait_for_messages("and fix the footer")
    await all_once(on)
    assert stops > 0
    assert len(await on.devin.log("archive")) == stops


async def test_a_kill_while_all_is_looked_up_doubles_nothing(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    await on.slack.say(ANN, GENERAL, "look at the clock", thread_ts=ts)
    await on.devin.wait_for_messages("look at the clock")
    await ends(on, session, ts, "It is slow. Shall I?")
    await started_by_command(on, "write the release notes", ANN, OPS)
    await on.started("fix the logout test", BEN, WEB)
    await settled(on)

    await on.stop()
    await lay_back(on, backup)
    await store_commands.restored(on.settings)
    for _ in range(4):  # each time a little further
        await on.start()
        await polled(on, 1)
        await on.stop()
    await on.start()
    await polled(on)
    await settled(on)
    await all_once(on)
    assert len(await on.devin.sessions()) == 3


async def test_files_that_were_shared_since_the_backup_are_not_shared_again(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    for number in range(2):
        await on.devin.attach(session, "notes.txt", f"note {number}", say=f"See note {number}.")
        await on.wait_for_post(GENERAL, ts, f"See note {number}.")
        await settled(on)
    await settled(on)
    before = [message.get("files") for message in await on.slack.messages(GENERAL, thread_ts=ts)]

    await put_back(on, backup)
    assert [message.get("files") for message in await on.slack.messages(GENERAL, thread_ts=ts)] == before


async def test_a_start_recognises_by_itself_that_the_store_is_older_than_slack(on: Harness) -> None:
    ts, session = await on.started()
    await settled(on)
    backup = backed_up(on)
    await on.slack.say(ANN, GENERAL, "look at the clock", thread_ts=ts)
    await on.devin.wait_for_messages("look at the clock")
    await ends(on, session, ts, "It is slow. Shall I?")
    await on.started("fix the logout test", BEN, GENERAL)
    await settled(on)

    await put_back(on, backup, told=False)
    async with on.store.read() as tx:
        assert isinstance(await read_restored(tx), Restored)
    assert len(await on.slack.messages(DIRECT, user="U0BOT")) == 1
    await all_once(on)
    assert len(await on.devin.sessions()) == 2


async def test_a_start_after_a_kill_recognises_no_restore(on: Harness) -> None:
    ts, session = await on.started()
    await ends(on, session, ts, "It is slow. Shall I?")
    await settled(on)
    await put_back(on, backed_up(on), told=False)
    async with on.store.read() as tx:
        assert await read_restored(tx) is None


async def test_admins_read_of_an_orphan_whose_thread_nobody_knows(on: Harness) -> None:
    await on.started()
    await settled(on)
    backup = backed_up(on)
    (made,) = await on.devin.create_sessions(
        title="lost", tags=["devin-bridge", f"slack-T0PLAY-{GENERAL}-1700000000.000100"]
    )
    await put_back(on, backup)
    found = await on.slack.wait_for_message(DIRECT, "Since the restore")
    assert made.removeprefix("devin-") in found["text"]
