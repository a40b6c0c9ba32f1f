"""A person's list of sessions: its groups, its buttons, and that its numbers are those that the person saw."""

import re
from typing import Any

import pytest

from bot.domain.session import DisplayState
from bot.store import sessions
from bot.views.answers import access as access_sentences
from bot.views.answers import session_lists as session_list_sentences
from bot.views.answers import sessions as session_sentences
from bot.views.answers import stops as stop_sentences
from bot.views.questions import STALE
from bot.views.sentences import IN_PRIVATE_CHANNEL, STATE_SENTENCES
from tests.said import a_session, stopping
from tests.scenarios.ahead import ORG, TEAM, rows, write
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, GUEST, OPS, WEB, Harness
from tests.scenarios.observations import buttons, forge, press, private_answers, settled, thread_address

DM = "D0ANN"


async def shown(on: Harness, user: str, channel: str, text: str) -> dict[str, Any]:
    """What a command shows at once."""
    answer = await on.slack.slash(user, channel, text)
    assert answer["status"] == "acked"
    message: dict[str, Any] = answer["shown"]
    return message


def lines(message: dict[str, Any]) -> list[str]:
    """What a person reads, without buttons; an age is written as (age) and an id of ours as (id)."""
    texts = [
        part["text"]
        for block in message["blocks"]
        for part in [block.get("text"), *block.get("elements", [])]
        if part and part["type"] == "mrkdwn"
    ]
    aged = re.sub(r"<!date\^\d+\^\{ago\}\|[^>]+>", "(age)", "\n".join(texts))
    return re.sub(r"`[0-9a-f]{8}`", "(id)", aged).split("\n")


def entry(number: int, emoji: str, thread: str, title: str, state: str, facts: str) -> list[str]:
    link = f"<{thread}|{title}>"
    return [f"{number}. :{emoji}: {link}: {state}", f"{facts} · (id)"]


@pytest.mark.both_transports
async def test_the_list_has_groups_and_buttons_and_a_status_shows_the_same(on: Harness) -> None:
    login, one = await on.started("fix the login test", ANN, GENERAL)
    docs, two = await on.started("update the docs", ANN, WEB)
    export, three = await on.started("find out why the export is slow", ANN, OPS)
    await on.started("fix the logout test", BEN, OPS)
    await on.devin.spend(two, 1.5)
    await on.devin.say(two, "Which ones?", status_detail="waiting_for_user")
    await on.devin.set(three, status="suspended", status_detail="inactivity")
    await on.wait_for_post(WEB, docs, "Which ones?")
    await on.slack.wait_for_message(WEB, "1.5 ACUs", thread_ts=docs)
    await on.slack.wait_for_message(OPS, "Asleep", thread_ts=export)
    listed = await shown(on, ANN, OPS, "list")
    assert lines(listed) == [
        "You have 3 sessions:",
        "*Needs you*",
        *entry(
            1,
            "speech_balloon",
            thread_address(WEB, docs),
            "update the docs",
            "waiting for an answer",
            f"<#{WEB}> · started (age) · 1.5 ACUs",
        ),
        "*Working*",
        *entry(
            2, "gear", thread_address(GENERAL, login), "fix the login test", "working", f"<#{GENERAL}> · started (age)"
        ),
        "*Asleep*",
        *entry(
            3,
            "zzz",
            thread_address(OPS, export),
            "find out why the export is slow",
            "asleep",
            f"<#{OPS}> · started (age)",
        ),
        session_list_sentences.HINT,
    ]
    assert buttons(listed) == ["Open in Devin", "Stop", "Open in Devin", "Stop", "Open in Devin"]
    opened = [part["url"] for block in listed["blocks"] for part in block.get("elements", []) if "url" in part]
    assert opened == [f"https://app.devin.ai/sessions/{session}" for session in (two, one)]
    assert lines(await shown(on, ANN, OPS, "status")) == lines(listed)


@pytest.mark.both_transports
async def test_a_stop_by_number_stops_what_was_shown_there(on: Harness) -> None:
    _, one = await on.started("fix the login test", ANN, GENERAL)
    logout, two = await on.started("fix the logout test", ANN, WEB)
    listed = await shown(on, ANN, OPS, "list")
    assert f"1. :gear: <{thread_address(WEB, logout)}|" in listed["rendered"]
    await on.devin.say(one, "Which one?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Which one?")
    assert (await shown(on, ANN, OPS, "stop 1"))["rendered"] == stopping(
        "fix the logout test", thread_address(WEB, logout), two
    )
    await on.slack.wait_for_message(WEB, "Stopped by ann. Reply to resume", thread_ts=logout)
    assert [(await on.devin.session(key))["is_archived"] for key in (one, two)] == [False, True]
    status = (await shown(on, ANN, OPS, "status 2"))["rendered"]
    assert STATE_SENTENCES[DisplayState.WAITING].format(asker="ann") in status, (
        "the other one, although it would come first by now"
    )
    assert (await shown(on, ANN, OPS, "status 3"))["rendered"] == session_list_sentences.no_such_number(
        3, shown=True
    ).text


async def test_a_stop_and_an_archive_take_a_number_an_id_and_an_address(on: Harness) -> None:
    one, first = await on.started("fix the login test", ANN, GENERAL)
    two, second = await on.started("fix the logout test", ANN, WEB)
    three, third = await on.started("update the docs", ANN, OPS)
    four, fourth = await on.started("fix the export", ANN, WEB)
    listed = (await shown(on, ANN, GENERAL, "list"))["rendered"]
    short = re.findall(r"`([0-9a-f]{8})`", listed)
    assert (await shown(on, ANN, GENERAL, "stop 4"))["rendered"] == stopping(
        "fix the login test", thread_address(GENERAL, one), first
    )
    await on.slack.wait_for_message(GENERAL, "Stopped by ann", thread_ts=one)
    assert (await shown(on, ANN, GENERAL, f"stop devin-{second}"))["rendered"] == stopping(
        "fix the logout test", thread_address(WEB, two), second
    )
    await on.slack.wait_for_message(WEB, "Stopped by ann", thread_ts=two)
    await shown(on, ANN, GENERAL, f"archive https://app.devin.ai/sessions/{third}")
    await on.slack.wait_for_message(OPS, "Archived by ann", thread_ts=three)
    assert (await shown(on, ANN, GENERAL, f"stop {short[0]}"))["rendered"] == stopping(
        "fix the export", thread_address(WEB, four), fourth
    )
    await on.slack.wait_for_message(WEB, "Stopped by ann", thread_ts=four)
    archived = [(await on.devin.session(key))["is_archived"] for key in (first, second, third, fourth)]
    assert archived == [True] * 4
    assert await on.thread(OPS, three) == [stop_sentences.archived("ann").text]


async def test_without_sessions_there_is_nothing_to_list_or_stop(on: Harness) -> None:
    assert (await shown(on, ANN, GENERAL, "status 3"))["rendered"] == session_list_sentences.no_such_number(
        3, shown=False
    ).text
    assert (await shown(on, ANN, GENERAL, "list"))["rendered"] == session_list_sentences.NO_SESSIONS.text
    assert (await shown(on, ANN, GENERAL, "status"))["rendered"] == session_list_sentences.NO_SESSIONS.text
    assert (await shown(on, ANN, GENERAL, "stop"))["rendered"] == stop_sentences.NOTHING_TO_STOP.text
    assert (await shown(on, ANN, GENERAL, "status 3"))["rendered"] == session_list_sentences.no_such_number(
        3, shown=True
    ).text


# ------------------------------------------------------------ the buttons below a list


async def test_five_that_are_done_are_shown_and_a_button_shows_all_in_their_place(on: Harness) -> None:
    await on.started("fix the login test", ANN, GENERAL)
    (mine,) = await rows(on, "sessions")
    ids = [f"done-{number}" for number in range(7)]
    before = {"team": TEAM, "org_id": ORG, "channel": WEB, "requester": ANN}

    async def seven_are_done(tx: Any) -> None:
        for age, key in enumerate(ids, start=60):
            await sessions.add(tx, a_session(id=key, prompt=key, created_at=mine["created_at"] - age, **before))
            await sessions.change(tx, key, status="running", detail="finished")

    await write(on, seven_are_done)
    listed = await shown(on, ANN, OPS, "list")
    assert lines(listed)[:2] == ["You have 8 sessions:", "*Working*"]
    assert [key for key in ids if f"|{key}>" in listed["rendered"]] == ids[:5]
    assert "2 more sessions recently done" in lines(listed)
    assert buttons(listed)[-1] == "Show all"
    await on.slack.click(ANN, OPS, listed["ts"], "choose:list_page")
    everything = await on.slack.wait_for_ephemeral(ANN, f"|{ids[6]}>", ts=listed["ts"])
    assert [key for key in ids if f"|{key}>" in everything["rendered"]] == ids
    assert "Show all" not in buttons(everything)
    assert ids[6] in (await shown(on, ANN, OPS, "status 8"))["rendered"]


async def test_in_a_channel_that_is_shared_its_pages_are_turned_as_it_is_shown(on: Harness) -> None:
    await on.slack.put_channel(OPS, is_ext_shared=True)
    listed = await shown(on, ANN, OPS, "list")
    assert await forge(on, "interactive", press(ANN, OPS, "choose:list_page", "mine 0 whole")) == "acked"
    await on.slack.wait_for_ephemeral(ANN, listed["rendered"])
    await settled(on)
    assert access_sentences.SHARED_CHANNEL_REFUSED.text not in await private_answers(on, ANN)


async def test_a_button_with_a_page_that_no_list_has_says_that_it_is_too_old(on: Harness) -> None:
    assert await forge(on, "interactive", press(ANN, OPS, "choose:list_page", "everything")) == "acked"
    await on.slack.wait_for_ephemeral(ANN, STALE.text)


# ------------------------------------------------------------ other lists than one's own


async def test_a_list_of_what_waits_has_only_that_and_its_numbers_count(on: Harness) -> None:
    assert (await shown(on, ANN, OPS, "list waiting"))["rendered"] == session_list_sentences.NOTHING_WAITS.text
    await on.started("fix the login test", ANN, GENERAL)
    docs, two = await on.started("update the docs", ANN, WEB)
    await on.devin.say(two, "Which ones?", status_detail="waiting_for_user")
    await on.wait_for_post(WEB, docs, "Which ones?")
    assert lines(await shown(on, ANN, OPS, "list waiting")) == [
        "Waiting for you: 1 session.",
        "*Needs you*",
        *entry(
            1,
            "speech_balloon",
            thread_address(WEB, docs),
            "update the docs",
            "waiting for an answer",
            f"<#{WEB}> · started (age)",
        ),
        session_list_sentences.HINT,
    ]
    assert "|update the docs>" in (await shown(on, ANN, OPS, "status 1"))["rendered"]


async def test_the_list_of_a_channel_has_everybodys_sessions_there_without_numbers_and_stops(on: Harness) -> None:
    assert (await shown(on, ANN, WEB, "list channel"))["rendered"] == session_list_sentences.NONE_IN_CHANNEL.text
    docs, _ = await on.started("update the docs", BEN, WEB)
    await on.started("fix the login test", ANN, GENERAL)
    await shown(on, ANN, WEB, "list")
    listed = await shown(on, ANN, WEB, "list channel")
    assert lines(listed) == [
        "1 session in this channel:",
        "*Working*",
        f":gear: <{thread_address(WEB, docs)}|update the docs>: working",
        f"<#{WEB}> · started (age) · started by ben",
    ]
    assert buttons(listed) == ["Open in Devin"]
    assert "|fix the login test>" in (await shown(on, ANN, WEB, "status 1"))["rendered"], (
        "numbers are of one's own list"
    )
    guest = (await shown(on, GUEST, WEB, "list channel"))["rendered"]
    assert guest == access_sentences.GUEST_REFUSED.text
    assert (await shown(on, GUEST, WEB, "list"))["rendered"] == access_sentences.GUESTS.text


async def test_an_admin_lists_all_sessions_but_reads_no_title_that_is_not_for_them(on: Harness) -> None:
    await on.started("update the docs", BEN, WEB)
    hidden, session = await on.started("prepare the secret launch page", ANN, "C0PRIVATE")
    await on.devin.say(session, "When?", status_detail="waiting_for_user")
    await on.wait_for_post("C0PRIVATE", hidden, "When?")
    listed = await shown(on, ADA, OPS, "list all")
    text = "\n".join(lines(listed))
    assert text.startswith("2 sessions in this workspace:\n*Needs attention*\n:speech_balloon: ")
    assert "|update the docs>: working" in text
    assert IN_PRIVATE_CHANNEL in text
    assert "secret launch" not in str(listed)
    assert session not in str(listed)
    assert "C0PRIVATE" not in str(listed)
    assert buttons(listed) == ["Open in Devin"]
    refused = (await shown(on, ANN, OPS, "list all"))["rendered"]
    assert refused.startswith("Only admins can see everyone's sessions")
    for button in ("choose:list_page", "choose:list_all"):
        assert await forge(on, "interactive", press(ANN, OPS, button, "all 0 whole")) == "acked"
    await settled(on)
    assert await private_answers(on, ANN) == [refused] * 3


# ------------------------------------------------------------ the button Stop in a list


def value_of_stop(listed: dict[str, Any], title: str) -> str:
    """The value of the button beside the session with this title."""
    blocks = listed["blocks"]
    at = next(place for place, block in enumerate(blocks) if title in str(block.get("text")))
    return next(str(part["value"]) for part in blocks[at + 1]["elements"] if part["action_id"] == "choose:stop_listed")


@pytest.mark.both_transports
async def test_the_button_stops_and_the_list_keeps_its_numbers(on: Harness) -> None:
    login, one = await on.started("fix the login test", ANN, GENERAL)
    docs, two = await on.started("update the docs", ANN, WEB)
    listed = await shown(on, ANN, OPS, "list")
    await on.slack.click(
        ANN, OPS, listed["ts"], "choose:stop_listed", value=value_of_stop(listed, "fix the login test")
    )
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=login)
    await settled(on)
    (now,) = await on.slack.ephemerals(user=ANN)
    assert lines(now) == [
        stopping("fix the login test", thread_address(GENERAL, login), one),
        "*Working*",
        *entry(1, "gear", thread_address(WEB, docs), "update the docs", "working", f"<#{WEB}> · started (age)"),
        *entry(
            2, "gear", thread_address(GENERAL, login), "fix the login test", "stopping", f"<#{GENERAL}> · started (age)"
        ),
        session_list_sentences.HINT,
    ]
    assert buttons(now) == ["Open in Devin", "Stop", "Open in Devin"]
    assert [(await on.devin.session(key))["is_archived"] for key in (one, two)] == [True, False]
    assert await on.thread(GENERAL, login) == [stop_sentences.stopped("ann").text]
    again = press(ANN, OPS, "choose:stop_listed", value_of_stop(listed, "fix the login test"))
    assert await forge(on, "interactive", again) == "acked"
    await on.slack.wait_for_ephemeral(ANN, stop_sentences.ALREADY_STOPPED.text)
    await settled(on)
    assert await on.thread(GENERAL, login) == [stop_sentences.stopped("ann").text]


async def test_nobody_elses_session_is_stopped_by_the_button_of_a_list(on: Harness) -> None:
    _, session = await on.started("fix the login test", ANN, GENERAL)
    value = value_of_stop(await shown(on, ANN, OPS, "list"), "fix the login test")
    assert await forge(on, "interactive", press(BEN, OPS, "choose:stop_listed", value)) == "acked"
    await on.slack.wait_for_ephemeral(BEN, session_sentences.NO_SESSION_HERE.text)
    await settled(on)
    assert (await on.devin.session(session))["is_archived"] is False


async def test_in_a_direct_message_the_list_is_replaced_too(on: Harness) -> None:
    login, session = await on.started("fix the login test", ANN, GENERAL)
    await on.slack.say(ANN, "im", "list")
    listed = await on.slack.wait_for_message(DM, "You have 1 session:")
    await on.slack.click(ANN, "im", listed["ts"], "choose:stop_listed")
    await on.slack.wait_for_message(GENERAL, "Stopped by ann. Reply to resume", thread_ts=login)
    await settled(on)
    (now,) = await on.slack.messages(DM, user="U0BOT")
    assert lines(now)[0] == stopping("fix the login test", thread_address(GENERAL, login), session)
    assert buttons(now) == ["Open in Devin"]
    assert await private_answers(on, ANN) == []
    assert (await on.devin.session(session))["is_archived"] is True


async def test_a_word_of_its_title_names_the_only_session_with_it(on: Harness) -> None:
    for prompt in ("fix the footer", "upgrade lodash in web", "upgrade lodash in api"):
        await on.started(prompt)
    status = (await shown(on, ANN, OPS, "status footer"))["rendered"]
    assert "fix the footer" in status
    asked = await shown(on, ANN, OPS, "stop footer")
    assert asked["rendered"] == (
        "Stop “fix the footer”? Reply in its thread to resume later.\nStop it\nKeep running\nStart a session"
    )
    also = await shown(on, ANN, OPS, "stop the footer")  # which is a task where no session is called so
    assert also["rendered"] == asked["rendered"]
    several = await shown(on, ANN, OPS, "stop lodash")
    assert several["rendered"].startswith("You have 2 sessions to stop. Which one? For example `/devin stop 1`:")
    assert "footer" not in several["rendered"]
    others = await shown(on, BEN, OPS, "stop footer")
    assert others["rendered"].startswith("`stop` doesn't take `footer`. Nothing was stopped.")
    await on.slack.click(ANN, OPS, asked["ts"], "choose:stop_listed")
    await on.slack.wait_for_message(GENERAL, stop_sentences.stopped("ann").text)
    await on.mention("stop the upgrade in web please", ANN)
    await on.slack.wait_for_ephemeral(ANN, "Stop “upgrade lodash in web”?")
    await on.slack.say(ANN, "im", "stop web")
    assert (await on.slack.wait_for_message("D0ANN", "Stop “"))["rendered"].startswith("Stop “upgrade lodash in web”?")


async def test_an_admin_stops_from_the_list_of_somebody(on: Harness) -> None:
    ts, session = await on.started("fix the footer", BEN)
    await on.started("fix the header", ANN)
    listed = await shown(on, ADA, OPS, f"stop <@{BEN}|ben>")
    assert listed["rendered"].startswith(f"<@{BEN}> has 1 running session:")
    assert buttons(listed) == ["Open in Devin", "Stop"]
    assert "header" not in listed["rendered"]
    assert (await shown(on, ADA, OPS, f"stop <@{BEN}|ben>'s sessions"))["rendered"].startswith(
        f"<@{BEN}> has 1 running"
    )
    refused = (await shown(on, ANN, OPS, f"stop <@{BEN}|ben>"))["rendered"]
    assert refused.startswith("Only admins can see everyone's sessions.")
    assert refused.endswith("To stop one session, write `stop` in its thread.")
    assert (await shown(on, ANN, OPS, f"stop devin-{session}"))["rendered"].startswith("You have no session")
    nobody = (await shown(on, ADA, OPS, "stop @Ben"))["rendered"]
    assert nobody == "Whose sessions? Type `@` and pick the person from Slack's list."
    await on.slack.click(ADA, OPS, listed["ts"], "choose:stop")
    await on.slack.wait_for_message(GENERAL, stop_sentences.stopped("ada").text, thread_ts=ts)
    assert (await on.devin.session(session))["is_archived"] is True
    none = (await shown(on, ADA, OPS, f"stop <@{BEN}|ben>"))["rendered"]
    assert none == f"None of <@{BEN}>'s sessions is running. `/devin list all` shows all sessions."
