"""Fan-outs: previewed, started once in each organisation, shown in one table, stopped and tried again."""

from pathlib import Path
from typing import Any

import pytest

from bot.features.fan_out import sentences as fan_outs
from bot.playground.devin.permissions import ALL_PERMISSIONS
from bot.timing import DAY, HOUR, Timing
from bot.views import operations
from tests.scenarios.ahead import Ahead, recorded_changes, rows, until
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, OPS, Harness, harness
from tests.scenarios.observations import buttons, forge, opened_home, polled, press, set_budget, settled

DIRECT = "D0ADA"
PROMPT = "upgrade the dependencies of {org}"
TABLE = "Fan-out: “upgrade the dependencies of {org}”"
pytestmark = pytest.mark.timing(
    operation_message=0.05, fan_out_pause=0.02, fan_out_poll=0.2, fan_out_slow_poll=0.2, fan_out_stop_retry=0.2
)


async def enterprise(on: Harness) -> None:
    """A key with all rights, and three organisations."""
    await on.devin.permissions(only=[*ALL_PERMISSIONS])
    await on.devin.add_organization("org-data", "Data Team")
    await on.devin.add_organization("org-web", "Web")


async def previewed(on: Harness, text: str, sessions: str = "3 sessions") -> dict[str, Any]:
    """The preview of what the admin has typed."""
    await on.slack.slash(ADA, GENERAL, f"fanout {text}")
    return await on.slack.wait_for_ephemeral(ADA, f"Start {sessions}?")


async def begun(on: Harness, text: str = f"{PROMPT} orgs=all acu=5", sessions: str = "3 sessions") -> dict[str, Any]:
    """The message with the table of a fan-out that was begun."""
    preview = await previewed(on, text, sessions)
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    return await on.slack.wait_for_message(GENERAL, TABLE)


def made(on: Harness) -> dict[str, Any]:
    """The one session of each organisation."""
    sessions = on.simulated_devin.world.held.by_age
    found = {one.org_id: one for one in sessions}
    assert len(found) == len(sessions)
    return found


async def shows(on: Harness, words: str) -> dict[str, Any]:
    """The table once it shows these words; there is one alone."""
    message = await on.slack.wait_for_message(GENERAL, words)
    tables = [one for one in await on.slack.messages(GENERAL, user="U0BOT") if one["text"].startswith("Fan-out")]
    assert [one["ts"] for one in tables] == [message["ts"]]
    return message


async def answer(on: Harness, text: str, user: str = ADA) -> str:
    """What somebody reads at once who types a command."""
    shown = (await on.slack.slash(user, GENERAL, text))["shown"]
    return str(shown["rendered"]) if shown else ""


@pytest.mark.both_transports
async def test_each_organisation_gets_one_session_and_a_row_of_the_table(on: Harness) -> None:
    await enterprise(on)
    preview = await previewed(on, f"{PROMPT} orgs=all acu=5 tags=deps")
    assert preview["rendered"].split("\nStart 3")[0] == (
        "*Start 3 sessions?* One each in Play, Data Team, Web.\n"
        "Up to 5 ACUs each, 15 in total.\n"
        "The first prompt:\n> upgrade the dependencies of Play"
    )
    assert on.simulated_devin.world.held.by_age == []
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_ephemeral(ADA, "OK, 3 sessions will start.")
    table = await shows(on, "0 of 3 finished · 3 queued")
    found = made(on)
    assert set(found) == {"org-play", "org-data", "org-web"}
    (fan_out,) = await rows(on, "fan_outs")
    reference = f"slack-T0PLAY-fanout-{fan_out['id']}"
    assert found["org-web"].prompt == (
        f"upgrade the dependencies of Web\n\nAsked in Slack by ada (U0ADA). Reference: {reference}"
    )
    assert all(one.request["max_acu_limit"] == 5 for one in found.values())
    assert all(one.request["tags"] == ["devin-bridge", reference, "deps"] for one in found.values())
    for one in found.values():
        await on.devin.set(one.bare_id, status="running", status_detail="finished", acus_consumed=1.5)
    done = await shows(on, "3 of 3 finished · 3 done · 4.5 ACUs")
    assert done["ts"] == table["ts"]
    assert buttons(done) == []
    end = "<@U0ADA> All 3 sessions have ended: 3 done. 4.5 ACUs."
    await on.wait_for_post(GENERAL, table["ts"], end)
    kept = [(one["action"], one["user"], one["outcome"]) for one in await recorded_changes(on)]
    assert kept == [("start_fan_out", ADA, "done"), ("fanout_end", ADA, "done")]


async def test_what_its_sessions_use_counts_for_who_asked(on: Harness) -> None:
    await enterprise(on)
    await begun(on)
    await shows(on, "0 of 3 finished · 3 queued")
    for one in made(on).values():
        await on.devin.set(one.bare_id, status="running", status_detail="working", acus_consumed=0.5)
    await shows(on, "3 working · 1.5 ACUs")
    for one in made(on).values():
        await on.devin.set(one.bare_id, status="running", status_detail="finished", acus_consumed=1.5)
    await shows(on, "3 of 3 finished · 3 done · 4.5 ACUs")
    cost = await answer(on, "cost")
    assert "4.5 ACUs" in cost
    assert "3 sessions: all done.\nFrom other organizations: 3 ACUs." in cost
    own = "4.5 ACUs in 3 sessions of yours. From other organizations: 3 ACUs."
    await opened_home(on, ADA, own)
    assert "upgrade the dependencies of {org} (Web)" in cost
    usage = await answer(on, "usage today by person")
    assert "ada: 1.5 ACUs · 1 session" in usage
    used = await answer(on, "usage today")
    assert "1 session: done." in used
    assert "No session" not in used


async def test_a_prompt_has_the_names_of_the_people_in_it(on: Harness) -> None:
    preview = await previewed(on, f"ask <@{ANN}|ann> about a &lt;b&gt; orgs=all", "1 session")
    assert "The prompt:\n> ask @ann about a &lt;b&gt;" in preview["rendered"]
    await on.slack.slash(ADA, GENERAL, "fanout ask <!subteam^S0BACKEND|@the backend> orgs=all")
    await on.slack.wait_for_ephemeral(ADA, "The prompt:\n> ask @backend-team")


@pytest.mark.edge
async def test_a_session_that_was_archived_at_devin_is_over(on: Harness) -> None:
    await begun(on, f"{PROMPT} orgs=all", "1 session")
    await shows(on, "0 of 1 finished · 1 queued")
    await on.devin.switch(archived_hidden=True)
    one = made(on)["org-play"]
    await on.devin.set(one.bare_id, is_archived=True, status="suspended", status_detail="user_request")
    await shows(on, "1 of 1 finished · 1 stopped")


@pytest.mark.edge
@pytest.mark.timing(row_outage=0.0)
async def test_a_table_that_slack_does_not_take_for_a_moment_is_still_kept_up_to_date(on: Harness) -> None:
    await enterprise(on)
    await begun(on)
    await shows(on, "0 of 3 finished · 3 queued")
    await on.slack.fault("chat.update", "error", error="fatal_error", times=1)
    await on.devin.set(made(on)["org-web"].bare_id, status="running", status_detail="working", acus_consumed=1.5)
    await shows(on, "0 of 3 finished · 2 queued, 1 working · 1.5 ACUs")
    assert await rows(on, "inbox", state="dead") == []


async def test_what_was_not_started_is_named_and_tried_again(on: Harness) -> None:
    await enterprise(on)
    await on.devin.fault("create_session", 404, contains="org-data", times=1)
    await begun(on)
    table = await shows(on, "1 not started")
    assert (
        "*Data Team*: Devin Bridge's key has no access to this organization. An enterprise admin can give "
        "the service user access."
    ) in table["rendered"]
    assert buttons(table) == ["Stop all", "Retry failed"]
    await on.slack.click(ANN, GENERAL, table["ts"], "retry_fan_out")
    await on.slack.wait_for_ephemeral(ANN, "Only admins can run fan-outs. Ask <@U0ADA>.")
    await on.slack.click(ADA, GENERAL, table["ts"], "retry_fan_out")
    await shows(on, "0 of 3 finished · 3 queued")
    assert len(made(on)) == 3
    (fan_out,) = await rows(on, "fan_outs")
    await forge(on, "interactive", press(ADA, GENERAL, "retry_fan_out", fan_out["id"]))
    await on.slack.wait_for_ephemeral(ADA, fan_outs.NOTHING_TO_RETRY.text)
    assert len(made(on)) == 3


async def failed(on: Harness) -> dict[str, Any]:
    """The table in which the session of one organisation has failed, and the others are done."""
    await begun(on)
    await shows(on, "3 queued")
    for org_id, one in made(on).items():
        ended = ("error", None) if org_id == "org-data" else ("running", "finished")
        await on.devin.set(one.bare_id, status=ended[0], status_detail=ended[1], acus_consumed=1.0)
    return await shows(on, "3 of 3 finished · 2 done, 1 failed · 3 ACUs")


async def test_a_session_that_has_failed_is_tried_again_as_another_one(on: Harness) -> None:
    await enterprise(on)
    table = await failed(on)
    broken = made(on)["org-data"]
    assert ("*Data Team*: Devin ended the session with an error. Open it in Devin to see what happened.") in table[
        "rendered"
    ]
    assert buttons(table) == ["Retry failed"]
    await on.wait_for_post(
        GENERAL,
        table["ts"],
        "<@U0ADA> All 3 sessions have ended: 2 done, 1 failed. 3 ACUs. *Retry failed* tries the failed ones again.",
    )
    await on.devin.fault("create_session", "commit_then_drop", contains="org-data", times=1)
    await on.slack.click(ADA, GENERAL, table["ts"], "retry_fan_out")
    await shows(on, "2 of 3 finished · 1 queued, 2 done · 3 ACUs")
    again, before = (one for one in on.simulated_devin.world.held.by_age if one.org_id == "org-data")
    assert before is broken
    (fan_out,) = await rows(on, "fan_outs")
    reference = f"slack-T0PLAY-fanout-{fan_out['id']}-1"
    assert again.prompt.endswith(f"Reference: {reference}")
    assert reference in again.tags
    await on.devin.set(again.bare_id, status="running", status_detail="finished", acus_consumed=0.5)
    done = await shows(on, "3 of 3 finished · 3 done · 3.5 ACUs")
    assert buttons(done) == []
    assert not again.terminated
    (retried,) = [one for one in await recorded_changes(on) if one["action"] == "retry_fan_out"]
    assert retried["before"] == {"sessions": [f"https://app.devin.ai/sessions/{broken.bare_id}"]}
    assert retried["after"] == {"organisations": ["org-data"]}


async def test_a_session_at_a_limit_says_which_and_is_stopped_like_others(on: Harness) -> None:
    await begun(on, f"{PROMPT} orgs=all", "1 session")
    await shows(on, "1 queued")
    await on.devin.set(made(on)["org-play"].bare_id, status="suspended", status_detail="out_of_credits")
    table = await shows(on, "0 of 1 finished · 1 paused")
    assert "Out of credits. Ask your Devin billing admin to add more." in table["rendered"]
    await on.slack.click(ADA, GENERAL, table["ts"], "stop_fan_out")
    await shows(on, "1 of 1 finished · 1 stopped")


async def test_a_lost_answer_makes_no_second_session(on: Harness) -> None:
    await enterprise(on)
    await on.devin.fault("create_session", "commit_then_drop", times=2)
    await begun(on)
    await shows(on, "0 of 3 finished · 3 queued")
    assert len(made(on)) == 3


@pytest.mark.edge
async def test_what_nobody_knows_is_looked_up_and_never_started_twice(on: Harness, clock: Ahead) -> None:
    await enterprise(on)
    await on.devin.fault("create_session", "commit_then_drop", contains="org-web", times=1)
    await on.devin.fault("list_sessions", 500, contains="org-web", times=-1)
    table = await begun(on)
    await shows(on, "1 checking whether it started, 2 queued")
    clock.put(6.1 * 3_600)
    unknown = await shows(on, "1 not known")
    assert fan_outs.UNKNOWN in unknown["rendered"]
    await on.slack.click(ADA, GENERAL, table["ts"], "retry_fan_out")
    await shows(on, "1 checking whether it started, 2 queued")
    await on.devin.clear_faults()
    await shows(on, "0 of 3 finished · 3 queued")
    assert len(made(on)) == 3


async def test_all_are_stopped_and_nothing_is_lost(on: Harness) -> None:
    await enterprise(on)
    table = await begun(on)
    await shows(on, "0 of 3 finished · 3 queued")
    data = made(on)["org-data"]
    await on.devin.set(data.bare_id, status="running", status_detail="finished")
    await shows(on, "1 done")
    await on.slack.click(ADA, GENERAL, table["ts"], "stop_fan_out")
    await shows(on, "3 of 3 finished · 1 done, 2 stopped")
    assert {one.org_id for one in made(on).values() if one.is_archived} == {"org-play", "org-web"}
    await on.wait_for_post(GENERAL, table["ts"], "<@U0ADA> All 3 sessions have ended: 1 done, 2 stopped. 0 ACUs.")


async def test_what_is_typed_wrong_starts_nothing_and_says_why(on: Harness) -> None:
    await enterprise(on)
    nothing = "Nothing was started."
    where = "In which organizations? Add `orgs=all`, or names or IDs such as `orgs=acme,web`."
    assert (await answer(on, "fanout upgrade deps")).startswith(where)
    assert await answer(on, "fanout fix it orgs=all", ANN) == ("Only admins can run fan-outs. Ask <@U0ADA>.")
    assert not await answer(on, "fanout fix it orgs=Nobody,web")
    unknown = await on.slack.wait_for_ephemeral(ADA, "sees no organization `Nobody`.")
    assert unknown["rendered"].endswith(nothing)
    await on.slack.say(ADA, GENERAL, f"{BOT} fanout fix it orgs=all")
    await on.slack.wait_for_ephemeral(ADA, fan_outs.ONLY_IN_PRIVATE.text)
    preview = await previewed(on, "fix it orgs=web", "1 session")
    await on.slack.click(ADA, GENERAL, preview["ts"], "answer:fan_out:no")
    await on.slack.wait_for_ephemeral(ADA, "OK, nothing was started.")
    assert made(on) == {}


@pytest.mark.parametrize("text", ["fan out fix it orgs=all", "fanuot fix it orgs=all"])
async def test_behind_a_mention_what_resembles_a_fan_out_is_not_offered_as_one(on: Harness, text: str) -> None:
    await on.slack.say(ADA, GENERAL, f"{BOT} {text}")
    asked = await on.slack.wait_for_ephemeral(ADA, fan_outs.ONLY_IN_PRIVATE.text)
    assert (asked["text"], buttons(asked)) == (fan_outs.ONLY_IN_PRIVATE.text, ["Start a session"])
    assert await rows(on, "fan_outs") == []
    await on.slack.slash(ADA, GENERAL, text)
    asked = await on.slack.wait_for_ephemeral(ADA, "Did you mean `fanout`?")
    assert buttons(asked) == ["Run fanout fix it orgs=all", "Start a session"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:fanout")
    await on.slack.wait_for_ephemeral(ADA, "Start 1 session?")


async def test_a_key_of_one_organisation_fans_out_there_alone_and_says_so(on: Harness) -> None:
    await on.slack.say(ADA, DIRECT, "fanout fix it orgs=all")
    preview = await on.slack.wait_for_message(DIRECT, "Start 1 session?")
    alone = fan_outs.own_alone("org-play", operations.lacks("ManageOrganizations"), started=True)
    assert alone in preview["rendered"]
    await on.slack.click(ADA, DIRECT, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_message(DIRECT, "0 of 1 finished · 1 queued")
    assert set(made(on)) == {"org-play"}
    await answer(on, "fanout fix it orgs=Data")
    await on.slack.wait_for_ephemeral(ADA, f"{alone} Nothing was started.")


async def test_a_reply_under_the_table_reaches_nobody_and_says_so(on: Harness) -> None:
    await enterprise(on)
    table = await begun(on)
    await on.slack.say(ADA, GENERAL, "and the docs", thread_ts=table["ts"])
    await on.slack.wait_for_ephemeral(
        ADA, "Replies here don't reach Devin. Open a session in the table to write to it."
    )
    await shows(on, "3 queued")


async def test_a_budget_that_is_used_up_keeps_a_fan_out_from_starting(on: Harness) -> None:
    await enterprise(on)
    await set_budget(on.slack, "each-person 2 a day")
    await on.slack.slash(ADA, GENERAL, f"fanout {PROMPT} orgs=all acu=5")
    few = "your budget has less than 3 ACUs left, 1 for each session (0 of 2 ACUs used today)."
    await on.slack.wait_for_ephemeral(ADA, f"Nothing was started: {few}")
    await set_budget(on.slack, "each-person 3 a day")
    preview = await previewed(on, f"{PROMPT} orgs=all acu=5")
    assert "Up to 1 ACU each, 3 in total, all that a budget has left." in preview["rendered"]
    other = await previewed(on, "fix it orgs=web", "1 session")
    await on.slack.click(ADA, GENERAL, other["ts"], "choose:start_fan_out")
    await on.slack.wait_for_message(GENERAL, "0 of 1 finished · 1 queued")
    await on.devin.set(made(on)["org-web"].bare_id, status="running", status_detail="finished", acus_consumed=3.1)
    await on.slack.wait_for_message(GENERAL, "1 of 1 finished · 1 done · 3.1 ACUs")
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_ephemeral(ADA, "Nothing was started: your budget is used up, 3.1 of 3 ACUs today.")
    assert set(made(on)) == {"org-web"}


async def test_a_second_click_is_not_refused_for_what_the_first_one_has_reserved(on: Harness) -> None:
    await enterprise(on)
    await set_budget(on.slack, "each-person 3 a day")
    await begun(on)
    await shows(on, "3 queued")
    (fan_out,) = await rows(on, "fan_outs")
    await forge(on, "interactive", press(ADA, GENERAL, "choose:start_fan_out", fan_out["id"]))
    await on.slack.wait("ephemerals", 2, user=ADA, text=fan_outs.begun(3).text)
    assert len(made(on)) == 3


async def test_a_retry_leaves_others_what_they_were_admitted_with(on: Harness) -> None:
    await enterprise(on)
    await set_budget(on.slack, "each-person 10 a day")
    table = await begun(on)
    await shows(on, "3 queued")
    await on.devin.set(made(on)["org-data"].bare_id, status="error", status_detail=None, acus_consumed=1.0)
    await shows(on, "1 failed")
    await set_budget(on.slack, "each-person 8 a day")
    await on.slack.wait_for_ephemeral(ADA, "8 ACUs")
    await on.slack.click(ADA, GENERAL, table["ts"], "retry_fan_out")
    await shows(on, "0 of 3 finished · 3 queued")
    limits = {one["org_id"]: one["acu_limit"] for one in await rows(on, "fan_out_sessions")}
    assert limits == {"org-play": 3, "org-data": 1, "org-web": 3}
    assert sorted(one["request"]["max_acu_limit"] for one in await on.devin.sessions()) == [1, 3, 3, 3]


async def test_a_retry_that_a_budget_refuses_names_whose_it_is_and_what_to_do(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    two = {"BOT_ADMIN_USERS": f"{ADA},{BEN}"}
    async with harness(tmp_path, transport, timing=timing, **two, **database) as on:
        await enterprise(on)
        table = await failed(on)
        await set_budget(on.slack, "each-person 2 a day")
        for user, whose in ((ADA, "your budget"), (BEN, "ada's budget")):
            await on.slack.click(user, GENERAL, table["ts"], "retry_fan_out")
            refused = await on.slack.wait_for_ephemeral(user, "Nothing was retried")
            said, then = refused["rendered"].split(" It resets ")
            assert said == f"Nothing was retried: {whose} is used up, 3 of 2 ACUs today."
            assert then.endswith(". Press “Retry failed” again then, or request approval.\nRequest approval")
        assert len(made(on)) == 3


@pytest.mark.edge
async def test_in_a_channel_that_becomes_shared_nothing_more_of_a_fan_out_is_shown(on: Harness) -> None:
    await enterprise(on)
    await begun(on)
    await shows(on, "3 queued")
    await on.slack.share(GENERAL)
    hidden = ":lock: This channel is shared with another company, so the fan-out isn't shown here."
    await on.slack.wait_for_message(GENERAL, hidden)
    for one in made(on).values():
        await on.devin.set(one.bare_id, status="running", status_detail="finished", acus_consumed=2.0)

    async def is_over() -> bool:
        return bool(await rows(on, "fan_outs", state="over"))

    await until(is_over)
    await settled(on)
    said = [one["rendered"] for one in await on.slack.messages(GENERAL, user="U0BOT")]
    assert [one for one in said if "2.0 ACUs" in one or "dependencies" in one] == []
    assert [row["state"] for row in await rows(on, "outbox", reason="channel shared")] == ["dead"]


@pytest.mark.edge
async def test_where_the_table_cannot_be_posted_nothing_is_started(on: Harness) -> None:
    await enterprise(on)
    preview = await previewed(on, f"{PROMPT} orgs=all")
    await on.slack.remove(GENERAL)
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await on.slack.wait_for_message(
        DIRECT,
        "Your fan-out's table couldn't be posted in <#C0GENERAL>. Nothing was started. Type "
        "`/invite @Devin Bridge` there, then try again. Channels shared with another company don't work.",
    )
    assert made(on) == {}


@pytest.mark.edge
async def test_a_preview_counts_for_an_hour_and_once(on: Harness, clock: Ahead) -> None:
    await enterprise(on)
    first = await previewed(on, "fix it orgs=web", "1 session")
    clock.put(3_700)
    await on.slack.click(ADA, GENERAL, first["ts"], "choose:start_fan_out")
    await on.slack.wait_for_ephemeral(ADA, "That preview has expired")
    assert made(on) == {}
    table = await begun(on)
    await shows(on, "3 queued")
    (fan_out,) = await rows(on, "fan_outs", state="running")
    await forge(on, "interactive", press(ADA, GENERAL, "choose:start_fan_out", fan_out["id"]))
    await forge(on, "interactive", press(ADA, GENERAL, "answer:fan_out:no", fan_out["id"]))
    await on.slack.wait_for_ephemeral(ADA, fan_outs.STARTED_BEFORE.text)
    await on.slack.click(ADA, GENERAL, table["ts"], "stop_fan_out")
    await shows(on, "3 of 3 finished · 3 stopped")
    for count, action in enumerate(("stop_fan_out", "answer:fan_out:no"), 1):
        await forge(on, "interactive", press(ADA, GENERAL, action, fan_out["id"]))
        await on.slack.wait("ephemerals", count, user=ADA, text=fan_outs.NOT_RUNNING.text)
    assert len(made(on)) == 3


@pytest.mark.edge
async def test_a_preview_is_no_older_for_a_clock_that_is_put_on(on: Harness, clock: Ahead) -> None:
    await enterprise(on)
    preview = await previewed(on, "fix it orgs=web", "1 session")
    clock.set(DAY)

    async def is_followed() -> bool:
        (asked,) = await rows(on, "fan_outs")
        return bool(asked["created_at"] > clock() - HOUR)

    await until(is_followed)
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await shows(on, "1 queued")


@pytest.mark.edge
async def test_of_two_sessions_with_one_reference_the_younger_one_is_ended(on: Harness) -> None:
    await enterprise(on)
    await begun(on)
    await shows(on, "3 queued")
    kept = made(on)["org-web"]
    await on.devin.create_sessions(prompt=kept.prompt, org_id="org-web", tags=list(kept.tags))

    async def is_ended() -> bool:
        of_web = [one for one in on.simulated_devin.world.held.by_age if one.org_id == "org-web"]
        return [one.terminated for one in of_web if one is not kept] == [True]

    await until(is_ended)
    calls = len(await on.devin.log("terminate"))
    await polled(on, 10)
    assert not kept.terminated
    assert len(await on.devin.log("terminate")) == calls == 1


@pytest.mark.long
async def test_a_permission_that_is_missing_is_named_in_the_table(on: Harness) -> None:
    await enterprise(on)
    await on.devin.permissions(only=sorted(ALL_PERMISSIONS - {"ManageOrgSessions", "ManageAccountSessions"}))
    await begun(on)
    table = await shows(on, "0 of 3 finished · 3 not started")
    assert f"*Play, Data Team, Web*: {fan_outs.forbidden(None)}" in table["rendered"]
    assert buttons(table) == ["Retry failed"]


@pytest.mark.long
async def test_more_than_fifty_organisations_are_too_many(on: Harness) -> None:
    await on.devin.permissions(only=[*ALL_PERMISSIONS])
    for number in range(50):
        await on.devin.add_organization(f"org-{number}", f"Team {number}")
    await answer(on, "fanout fix it orgs=all")
    await on.slack.wait_for_ephemeral(ADA, "That is 51 organisations, and a fan-out starts at most 50 sessions at once")
    assert made(on) == {}


async def test_a_repository_s_budget_keeps_a_fan_out_that_names_it_from_starting(on: Harness) -> None:
    await enterprise(on)
    await set_budget(on.slack, "repo:acme/web 2 a day")
    few = (
        "the budget of the repository acme/web has less than 3 ACUs left, 1 for each session (0 of 2 ACUs used today)."
    )
    await on.slack.slash(ADA, GENERAL, f"fanout {PROMPT} orgs=all repo=acme/web")
    await on.slack.wait_for_ephemeral(ADA, f"Nothing was started: {few}")
    await previewed(on, f"{PROMPT} orgs=all repo=acme/api", "3 sessions")


@pytest.mark.timing(budgets=0.2)
async def test_a_team_s_budget_is_shared_by_the_sessions_of_a_fan_out_and_warns_of_what_they_use(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing
) -> None:
    async with harness(tmp_path, transport, timing=timing, BOT_ADMIN_CHANNEL=OPS, **database) as on:
        await enterprise(on)
        await _shared_by_a_fan_out(on)


async def _shared_by_a_fan_out(on: Harness) -> None:
    await answer(on, "team add Payments tag:pay")
    await set_budget(on.slack, "team:Payments 2 a day")
    few = "the budget of team “Payments” has less than 3 ACUs left, 1 for each session (0 of 2 ACUs used today)."
    await on.slack.slash(ADA, GENERAL, f"fanout {PROMPT} orgs=all tags=pay")
    await on.slack.wait_for_ephemeral(ADA, f"Nothing was started: {few}")
    await set_budget(on.slack, "team:Payments 10 a day warn 50")
    preview = await previewed(on, f"{PROMPT} orgs=all acu=5 tags=pay")
    assert "Up to 3 ACUs each, 9 in total, all that a budget has left." in preview["rendered"]
    await on.slack.click(ADA, GENERAL, preview["ts"], "choose:start_fan_out")
    await shows(on, "0 of 3 finished · 3 queued")
    fanned_out = made(on).values()
    assert {one.request["max_acu_limit"] for one in fanned_out} == {3}
    await on.mention("fix the menu tags=pay acu=5", BEN)  # what the fan-out has reserved isn't there for others
    assert (await on.session("fix the menu"))["request"]["max_acu_limit"] == 1
    await on.mention("fix the footer tags=pay", BEN)
    await on.slack.wait_for_ephemeral(BEN, "the budget of team “Payments” has less than 1 ACU left")
    for one in fanned_out:
        await on.devin.set(one.bare_id, status="running", status_detail="finished", acus_consumed=2.0)
    await on.slack.wait_for_message(OPS, "60% of the budget of team “Payments” is used: 6 of 10 ACUs today.")
    await shows(on, "3 of 3 finished · 3 done · 6 ACUs")
    await on.mention("fix the header tags=pay acu=5", BEN)  # and what it did not use is there again
    assert (await on.session("fix the header"))["request"]["max_acu_limit"] == 3
