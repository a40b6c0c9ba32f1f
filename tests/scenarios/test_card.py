"""The card: one message for ever, edited to the newest state, and only when that says something new."""

from pathlib import Path

import pytest

from bot.store import sessions
from bot.views.announcements import PULL_REQUEST
from tests.said import ASKED_BY
from tests.scenarios.ahead import Ahead, rows, until, write
from tests.scenarios.harness import ANN, GENERAL, Harness, harness
from tests.scenarios.observations import buttons, card, card_of, polled, settled


async def edits(on: Harness) -> int:
    """How many edits Slack took so far."""
    return len(await on.slack.log("chat.update", ok=True))


@pytest.mark.long
async def test_many_changes_become_one_edit_with_the_newest_state(on: Harness) -> None:
    ts, session = await on.started()
    before = await edits(on)
    await on.slack.fault("chat.update", "ratelimited", retry_after=8)
    for title in ("First", "Second", "Third"):
        await on.devin.set(session, title=title)
        await polled(on)
    await on.devin.set(session, title="Fourth and last")
    card = await on.slack.wait_for_message(GENERAL, "Fourth and last", thread_ts=ts)
    await on.devin.say(session, "Done with titles.")
    await on.wait_for_post(GENERAL, ts, "Done with titles.")
    assert await edits(on) == before + 1
    assert "|Fourth and last>*" in card["rendered"].splitlines()[0]


@pytest.mark.long
async def test_a_change_that_is_taken_back_before_its_edit_edits_nothing(on: Harness) -> None:
    first, session = await on.started()
    await on.devin.set(session, title="For good", moves=False)
    await on.slack.wait_for_message(GENERAL, "For good", thread_ts=first)
    before = await edits(on)
    await on.slack.fault("chat.update", "ratelimited", retry_after=2)
    await on.devin.set(session, title="Not for long", moves=False)
    (refused,) = await on.slack.wait_for_call("chat.update", status=429)
    await on.devin.set(session, title="For good", moves=False)
    await polled(on)
    await on.started("fix another one")  # whose card is edited after the wait
    await settled(on)
    later = [call for call in await on.slack.log("chat.update", ok=True) if call["n"] > refused["n"]]
    assert await edits(on) == before + len(later)
    assert all("fix another one" in call["args"]["text"] for call in later)


async def test_a_new_sign_of_life_alone_edits_nothing(on: Harness) -> None:
    ts, session = await on.started()
    before = await edits(on)
    for _ in range(3):
        await on.devin.set(session, devin_mode="normal")  # only `updated_at` moves
        await polled(on)
    await settled(on)
    assert await edits(on) == before
    await on.devin.say(session, "Still here.")
    await card_of(on, ts, "\nStill here.\n")  # which is new
    assert await edits(on) == before + 1


async def test_figures_are_drawn_with_the_next_change_of_state(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.spend(session, 2.5)
    await polled(on)
    await on.devin.set(session, status_detail="waiting_for_approval")
    card = await on.slack.wait_for_message(GENERAL, "approval", thread_ts=ts)
    assert "Approve or deny the next action in Devin.\n" in card["rendered"]
    assert " · 2.5 ACUs · active " in card["rendered"]


async def test_what_devin_said_before_a_reply_is_no_longer_its_last_line(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I look at the clock.")
    await on.wait_for_post(GENERAL, ts, "I look at the clock.")
    assert "\nI look at the clock.\n" in await card_of(on, ts, "I look at the clock.")
    await on.slack.say(ANN, GENERAL, "not at the clock", thread_ts=ts)
    await on.devin.wait_for_messages("not at the clock")

    async def gone() -> bool:
        return "I look at the clock." not in (await card(on, ts))["rendered"]

    await until(gone)
    await on.devin.say(session, "Then I look at the test.")
    await card_of(on, ts, "\nThen I look at the test.\n")


async def test_the_card_shows_what_devin_asks_until_somebody_answers(on: Harness) -> None:
    ts, session = await on.started()
    question = "Which clock should the test have?\n\n1. `frozen`\n2. passed in"
    await on.devin.say(session, question, status_detail="waiting_for_user")
    shown = await on.slack.wait_for_message(GENERAL, question, thread_ts=ts, ts=(await card(on, ts))["ts"])
    assert [block["text"] for block in shown["blocks"] if block["type"] == "markdown"] == [question]
    await on.wait_for_post(GENERAL, ts, question)
    await on.slack.say(ANN, GENERAL, "the first", thread_ts=ts)
    await on.devin.wait_for_messages("the first")

    async def gone() -> bool:
        return "Which clock" not in (await card(on, ts))["rendered"]

    await until(gone)


async def test_a_title_shows_no_markup_and_the_card_tells_work_from_the_time_since_the_start(on: Harness) -> None:
    ts, session = await on.started("fix the `login` **test**")
    assert "|fix the login test>*" in (await card(on, ts))["rendered"].splitlines()[0]
    await on.devin.set(session, title="Fix `login()` in *auth*")
    await card_of(on, ts, "|Fix login() in auth>*")
    (known,) = await rows(on, "sessions")
    await write(on, lambda tx: sessions.change(tx, known["id"], worked=372.0, created_at=known["created_at"] - 7_230))
    await on.devin.say(session, "The test passes.", status_detail="finished")
    assert "Done · worked 6 min in 2 h · started by ann" in await card_of(on, ts, "Done")


async def test_where_slack_draws_no_markdown_the_question_is_one_line_above_the_buttons(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.update", "error", error="invalid_blocks", match="Which clock")
    await on.devin.say(session, "Which clock?\n\n- `frozen`", status_detail="waiting_for_user")
    shown = await card_of(on, ts, "\nWhich clock? frozen\n")
    assert "Waiting for ann" in shown
    assert buttons(await card(on, ts)) == ["Open in Devin", "Stop"]


async def test_a_card_says_that_nothing_is_new_and_no_longer_once_devin_writes(on: Harness, clock: Ahead) -> None:
    ts, session = await on.started()
    await on.devin.say(session, "I build it.")
    await card_of(on, ts, "I build it.")
    await settled(on)
    clock.put(on.timing.silence + 60)
    await on.devin.clock(advance=on.timing.silence + 60)
    silent = await card_of(on, ts, "\nNo news for 31 min. Devin's status: “running” / “working”.\nI build it.\n")
    listed = await on.slack.slash(ANN, GENERAL, "list")
    assert "fix the login test>: working, no news for 31 min\n" in listed["shown"]["rendered"]
    before, said = await edits(on), await on.thread(GENERAL, ts)
    await polled(on, 3)
    assert await on.thread(GENERAL, ts) == said, "nobody is notified"
    assert await edits(on) == before, "it is said once in half an hour"
    assert "active" not in silent
    await on.devin.say(session, "I build it.")
    assert "No news" not in await card_of(on, ts, " · active ")


async def test_a_newer_version_that_comes_while_the_edit_is_under_way_is_drawn_next(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.update", "slow", seconds=1.5, match="On its way")
    await on.devin.set(session, title="On its way")
    await on.slack.wait("log", method="chat.update", text="On its way")
    await on.devin.set(session, title="Newer")
    card = await on.slack.wait_for_message(GENERAL, "Newer", thread_ts=ts)
    assert "|Newer>*" in card["rendered"].splitlines()[0]
    assert len(await on.slack.messages(GENERAL, thread_ts=ts, text=ASKED_BY)) == 1


@pytest.mark.both_transports
async def test_an_edit_whose_answer_is_lost_is_simply_made_again(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("chat.update", "commit_then_drop", match="Lost and found")
    await on.devin.set(session, title="Lost and found")
    calls = await on.slack.wait_for_call("chat.update", 2, text="Lost and found")
    assert [call["fault"] for call in calls] == ["commit_then_drop", None]
    assert len(await on.slack.messages(GENERAL, thread_ts=ts, text=ASKED_BY)) == 1


async def test_a_pull_request_on_a_host_that_nobody_knows_is_named_with_the_host_wherever_it_is_shown(
    tmp_path: Path, sqlite_template: Path
) -> None:
    pulls = ("https://git.acme.example/acme/web/pull/1", "https://github.com@evil.example/acme/web/pull/2")
    # A name in front of the host is left out of a link.
    links = [
        "<https://git.acme.example/acme/web/pull/1|acme/web#1> (open)",
        "<https://evil.example/acme/web/pull/2|evil.example/acme/web#2> (open)",
    ]
    async with harness(tmp_path, empty_store=sqlite_template, BOT_CODE_HOSTS="git.acme.example") as on:
        ts, session = await on.started()
        for url in pulls:
            await on.devin.pr(session, url)
        assert " · ".join(links) in await card_of(on, ts, links[1])
        await on.wait_for_post(GENERAL, ts, links[1])
        assert await on.thread(GENERAL, ts) == [PULL_REQUEST.format(pull_request=link) for link in links]
        await on.slack.say(ANN, GENERAL, "!status", thread_ts=ts)
        status = await on.slack.wait_for_ephemeral(ANN, "evil.example")
        assert status["rendered"].splitlines()[-2:] == [f":twisted_rightwards_arrows: {link}" for link in links]
        await on.devin.say(session, "Both are there.", status_detail="finished")
        end = await on.slack.wait_for_message(GENERAL, ", done", thread_ts=ts)
        assert all(f":twisted_rightwards_arrows: {link}" in end["rendered"] for link in links)


async def test_devins_links_lead_to_allowed_hosts_alone_on_the_card_and_in_posts(
    tmp_path: Path, sqlite_template: Path
) -> None:
    async with harness(tmp_path, empty_store=sqlite_template, BOT_LINK_HOSTS="*.acme.example") as on:
        ts, session = await on.started()
        await on.devin.say(session, "See [ci.acme.example](https://git.acme.example/1) or [it](https://evil.example/).")
        post = await on.slack.wait_for_message(GENERAL, "git.acme.example/1", thread_ts=ts)
        assert post["blocks"][0]["text"] == "See <https://git.acme.example/1> or it (`https://evil.example/`)."
        assert "or it (`https://evil.example/`)." in await card_of(on, ts, "evil.example")
