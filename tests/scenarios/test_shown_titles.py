"""Of sessions in private channels and direct messages nobody else reads title, link or repository, wherever it is."""

import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day, bounds, newest_finished
from bot.store import tables
from bot.timing import DAY, HOUR, Timing
from bot.views.sentences import IN_DIRECT_MESSAGE, IN_PRIVATE_CHANNEL
from tests.markup import written
from tests.said import titled
from tests.scenarios.ahead import Ahead, rows, until, write
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import opened_home, set_budget, thread_address

PRIVATE, DM = "C0PRIVATE", "D0ANN"
HIDDEN = re.compile(r"hush|acme/vault|vault/pull", re.IGNORECASE)  # what nobody else may read, and the page at Devin

pytestmark = pytest.mark.timing(privacy_tick=0.1, alarm_watch=0.2, budgets=0.3, digest_tick=0.3)


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], clock: Ahead, timing: Timing
) -> AsyncIterator[Harness]:
    """A bot with a channel for its admins, to which two of them belong."""
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_ADMIN_USERS": f"{ADA},{BEN}"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def learned(on: Harness, channel: str, *, private: bool) -> None:
    """It is known whether a channel is private."""

    async def is_known() -> bool:
        return [row["is_private"] for row in await rows(on, "channels", channel=channel)] == [private]

    await until(is_known)


async def three_sessions(on: Harness) -> dict[str, str]:
    """One of Ann's in public, one in a private channel and one in a direct message; answers Devin's ids."""
    made = {}
    for prompt, channel in (("fix the docs", GENERAL), ("fix hush one", PRIVATE), ("fix hush two", DM)):
        text = f"{prompt} repo={'acme/web' if channel == GENERAL else 'acme/vault'}"
        await on.slack.say(ANN, channel, text if channel == DM else f"{BOT} {text}")
        made[channel] = (await on.session(prompt))["session_id"]
        await on.devin.set(made[channel], status="running", status_detail="working", title=prompt, acus_consumed=6.2)
    await learned(on, GENERAL, private=False)
    await learned(on, PRIVATE, private=True)
    return made


async def asked(on: Harness, text: str, channel: str = GENERAL, user: str = ADA) -> str:
    return str((await on.slack.slash(user, channel, text))["shown"]["rendered"])


async def spent(on: Harness, sessions: int = 3) -> None:
    """So many sessions have spent something by now, as the figures say."""

    async def is_spent() -> bool:
        return [row["acus"] for row in await rows(on, "spend")] == [6.2] * sessions

    await until(is_spent)


def hides(text: str, made: dict[str, str]) -> bool:
    """Whether a text says nothing that only those in the private channel, or Ann, may read."""
    return not HIDDEN.search(text) and made[PRIVATE] not in text and made[DM] not in text


async def test_answers_to_an_admin_say_as_much_as_that_person_may_read_elsewhere(on: Harness, clock: Ahead) -> None:
    made = await three_sessions(on)
    pull_request = {"pr_url": "https://github.com/acme/vault/pull/7", "pr_state": "open"}
    await on.devin.set(made[PRIVATE], pull_requests=[pull_request])
    await spent(on)
    await on.wait_for_post(PRIVATE, (await rows(on, "sessions", channel=PRIVATE))[0]["thread_ts"], "vault")
    answers = [await asked(on, text) for text in ("usage by session", "usage", "usage by repo")]
    there, repositories = [await asked(on, text, PRIVATE) for text in ("usage by session", "usage by repo")]
    for one in made.values():
        await on.devin.set(one, status="exit", status_detail="finished")

    async def are_over() -> bool:
        return {row["outcome"] for row in await rows(on, "spend")} == {"done"}

    await until(are_over)
    clock.put(DAY)  # a report is about days that are over
    answers += [await asked(on, text) for text in ("report", "report by repo")]
    assert [hides(answer, made) for answer in answers] == [True] * 5, answers
    assert all(words in answers[0] for words in ("fix the docs", IN_PRIVATE_CHANNEL, IN_DIRECT_MESSAGE))
    assert "acme/web" in answers[2]
    assert "• One in a private channel or DM: " in answers[3]
    assert f". {IN_DIRECT_MESSAGE}: 6.2 ACUs" in answers[3]
    assert "fix hush one" in there
    assert "fix hush two" not in there
    assert "acme/vault" in repositories


async def test_a_file_names_no_session_of_a_private_channel_but_ones_own(on: Harness) -> None:
    made = await three_sessions(on)
    await spent(on)
    day = newest_finished(on.clock()) - timedelta(days=1)

    async def move(tx: Any) -> None:
        await tx.execute(tables.spend.update().values(day=day.isoformat()))

    await write(on, move)
    await on.mention("fix hush three", ADA, PRIVATE)
    own = await on.session("fix hush three")
    await on.devin.set(own["session_id"], title="fix hush three", acus_consumed=6.2)

    await spent(on, 4)
    await write(on, move)
    await asked(on, f"usage by session csv {day}")

    async def is_shared() -> bool:
        return any(one.get("files") for one in await on.slack.messages("D0ADA"))

    await until(is_shared)
    (file,) = [file for one in await on.slack.messages("D0ADA") for file in one.get("files") or ()]
    content = (on.simulated_slack.state.files[file["id"]].content or b"").decode()
    named = sorted(row[0] for row in csv.reader(io.StringIO(content, newline="")) if "acus" not in row)
    assert named[:4] == sorted([IN_DIRECT_MESSAGE, IN_PRIVATE_CHANNEL, "fix the docs", "fix hush three"])
    assert made[PRIVATE] not in content


async def test_alarms_budgets_requests_and_what_is_pressed_name_no_session_of_a_private_channel(on: Harness) -> None:
    await set_budget(on.slack, "each-session 2 a day")
    made = await three_sessions(on)

    async def texts() -> list[str]:
        return [one["rendered"] for one in await on.slack.messages(OPS)]

    async def all_there() -> bool:
        return len(await texts()) == 6  # an alarm and a level of the budget for each

    await until(all_there)
    said = await texts()
    assert sorted(text for text in said if hides(text, made)) == sorted(said)
    assert sum("he budget of “<" in text and "|fix the docs>” (<" in text for text in said) == 1
    assert sum("budget of a session in a private channel is used up" in text for text in said) == 1
    home = written((await opened_home(on, ADA, "*Open alarms*"))["blocks"])
    assert (hides(home, made), home.count("|Open alarm>")) == (True, 3)
    (alarm,) = [one for one in await on.slack.messages(OPS) if "A session in a private channel*" in str(one["blocks"])]
    await on.slack.click(BEN, OPS, alarm["ts"], "alarm_stop")
    answer = await on.slack.wait_for_ephemeral(BEN, "Stopping a session in a private channel")
    assert hides(answer["rendered"], made)


async def test_a_title_leads_to_its_thread_and_beside_it_to_devin_wherever_it_is_shown(
    on: Harness, clock: Ahead
) -> None:
    await set_budget(on.slack, "each-session 2 a day")
    made = await three_sessions(on)
    await spent(on)
    (session,) = await rows(on, "sessions", channel=GENERAL)
    place = thread_address(GENERAL, session["thread_ts"])
    ways = [titled("fix the docs", place, made[GENERAL], around) for around in ("{}", "*{}*", "“{}”")]
    said = {text: await asked(on, text) for text in ("usage", "usage by session")}
    said |= {text: await asked(on, text, user=ANN) for text in ("cost", f"status {session['id']}")}
    for user in (ANN, ADA):
        said[user] = written((await opened_home(on, user, "fix the docs"))["blocks"])
    for words in ("since its last message", "is used up"):
        said[words] = str([one["rendered"] for one in await on.slack.wait_for_messages(OPS, 3, text=words)])
    await on.devin.say(made[GENERAL], "Which docs?", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Which docs?")
    clock.put(bounds(billing_day(on.clock()))[1] + 1.5 * HOUR - on.clock())  # after nine, when the day is over
    said["digest"] = (await on.slack.wait_for_message(OPS, "*Needs attention*", within=60))["rendered"]
    said["report"] = await asked(on, "report")
    said["stop"] = await asked(on, f"stop {session['id']}", user=ANN)
    assert [name for name, text in said.items() if not any(way in text for way in ways)] == []
    table = await on.slack.wait_for_message(OPS, "Sessions, ", within=60)
    cells = [row[0] for block in table["blocks"] for row in block["rows"] if "fix the docs" in str(row[0])]
    links = [part.get("url") for cell in cells for part in cell["elements"][0]["elements"] if part["type"] == "link"]
    assert links == [place, f"https://app.devin.ai/sessions/{made[GENERAL]}"]


async def test_the_audit_names_no_session_of_a_private_channel(on: Harness) -> None:
    made = await three_sessions(on)
    (session,) = await rows(on, "sessions", channel=PRIVATE)
    await on.slack.say(BEN, PRIVATE, "EXIT", thread_ts=session["thread_ts"])
    question = await on.slack.wait_for_ephemeral(BEN, "permanently?")
    await on.slack.click(BEN, PRIVATE, question["ts"], "choose:exit_confirmed")
    await on.slack.wait_for_message(PRIVATE, "Ended permanently by ben", thread_ts=session["thread_ts"])
    seen = await asked(on, "audit bot")
    assert IN_PRIVATE_CHANNEL in seen
    assert hides(seen, made)
    assert made[PRIVATE].removeprefix("devin-") in await asked(on, "audit bot", PRIVATE)


async def in_a_thread(on: Harness) -> None:
    """A session of Ann's that has spent something, in a channel."""
    ts = await on.mention("fix hush one", ANN, WEB)
    await on.devin.set((await on.session("fix hush one"))["session_id"], title="fix hush one", acus_consumed=6.2)
    await on.slack.wait_for_message(WEB, "fix hush one", thread_ts=ts)


async def in_a_fan_out(on: Harness) -> None:
    """The same of a fan-out of Ada's, the only work in the channel."""
    await on.slack.slash(ADA, WEB, "fanout fix hush one orgs=all")
    preview = await on.slack.wait_for_ephemeral(ADA, "Start 1 session?")
    await on.slack.click(ADA, WEB, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_message(WEB, "0 of 1 finished · 1 queued")
    [made] = on.simulated_devin.world.held.by_age
    await on.devin.set(made.bare_id, status="running", status_detail="finished", acus_consumed=6.2)


@pytest.mark.timing(privacy_tick=0.1, fan_out_pause=0.02, fan_out_poll=0.2)
@pytest.mark.parametrize("begin", [in_a_thread, in_a_fan_out])
async def test_what_became_private_is_asked_about_each_day_and_stays_out_from_then_on(
    on: Harness, clock: Ahead, begin: Callable[[Harness], Awaitable[None]]
) -> None:
    await begin(on)
    await learned(on, WEB, private=False)
    await spent(on, 1)
    assert "fix hush one" in await asked(on, "usage by session", user=BEN)
    await on.slack.put_channel(WEB, kind="group")
    clock.put(DAY + 1)
    await learned(on, WEB, private=True)
    assert IN_PRIVATE_CHANNEL in (said := await asked(on, "usage week by session", user=BEN))
    assert "hush one" not in said


async def test_a_digest_asks_again_right_before(on: Harness, clock: Ahead) -> None:
    ts = await on.mention("fix hush one", ANN, WEB)
    await on.devin.set((await on.session("fix hush one"))["session_id"], title="fix hush one", acus_consumed=6.2)
    await on.slack.wait_for_message(WEB, "fix hush one", thread_ts=ts)
    await learned(on, WEB, private=False)
    await spent(on, 1)
    await on.slack.put_channel(WEB, kind="group")
    clock.put(bounds(billing_day(on.clock()))[1] + 1.5 * HOUR - on.clock())  # after nine, when the day is over
    table = await on.slack.wait_for_message(OPS, "Sessions, ", within=60)
    assert IN_PRIVATE_CHANNEL in table["text"]
    assert "hush one" not in str(table)
