"""The brake on bots whose alerts start sessions: what comes again is a reply, what is too much or our own is held."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from bot.conversation.prompt import ALERT, LOOK_AT_ALERT
from bot.conversation.start.alerts import fingerprint
from bot.domain.settings_values import Scope, Setting
from bot.playground.slack.world import OTHER_BOT
from bot.store import settings
from bot.views.answers import starts as start_sentences
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import creations, private_answers, settled

MANY = 60
# Words without numbers, as alerts differ in what they say.
WORDS = [f"{one}{other}" for one in "abcdefgh" for other in "ijklmnop"][:MANY]


async def trusting(on: Harness, *channels: str) -> None:
    await on.stop()
    on.environment["BOT_ALERT_BOTS"] = ",".join(f"{channel}:{OTHER_BOT}:{ANN}" for channel in channels or (GENERAL,))
    await on.slack.limits(enabled=False)
    await on.start()


async def post(on: Harness, alerts: Iterable[str], channel: str = GENERAL) -> list[str]:
    return list(await asyncio.gather(*(on.slack.post_as_app(channel, "Alertmanager", text=alert) for alert in alerts)))


async def held(on: Harness, roots: Iterable[str]) -> list[str]:
    """The roots of the threads in which the bot says that nothing was started."""
    return [root for root in roots if any(said.startswith("Not started: ") for said in await on.thread(GENERAL, root))]


async def test_sixty_equal_alerts_are_one_session_with_a_limit_and_replies_to_it(on: Harness) -> None:
    await trusting(on)
    alerts = [f"[FIRING:{n}] Disk is full on web-{n} since Tue {n % 24}:0{n % 10}\nstop" for n in range(MANY)]
    await post(on, alerts[:1])
    made = await on.session("Disk is full")
    await post(on, alerts[1:])
    replies = [one["message"] for one in await on.devin.wait_for_messages("Disk is full", MANY, seconds=60)]
    assert await creations(on) == 1
    request = made["request"]
    assert request["max_acu_limit"] == 10
    lines = request["prompt"].split("\n")
    assert lines[:3] == [LOOK_AT_ALERT, "", ALERT]
    assert lines[3].startswith("> [FIRING:")
    assert lines[4] == "> stop"
    assert lines[-1].startswith("Asked in Slack by a bot that starts sessions for ann (U0ANN). Reference: ")
    replies = [reply for reply in replies if reply.startswith("[Slack ")]
    assert len(replies) == MANY - 1
    assert all(f"{ALERT}\n> [FIRING:" in reply and reply.endswith("\n> stop") for reply in replies)


async def dead(on: Harness, root: str, session: str, how: str | dict[str, Any]) -> str:
    """Bring the `session` of an alert to its end. Returns the ts of the post that says so."""
    if isinstance(how, str):
        await on.slack.say(ANN, GENERAL, how, thread_ts=root)
        if how == "EXIT":
            asked = await on.slack.wait_for_ephemeral(ANN, "permanently?", thread_ts=root)
            await on.slack.click(ANN, GENERAL, asked["ts"], "choose:exit_confirmed")
    else:
        await on.devin.say(session, "That's it.", **how)
    post = await on.wait_for_post(GENERAL, root, {"EXIT": "Ended", "!archive": "Archived"}.get(str(how), "That's it."))
    await settled(on)
    return str(post["ts"])


@pytest.mark.parametrize(
    "end",
    ["EXIT", "!archive", {"status": "error", "status_detail": None}, {"status": "exit", "status_detail": None}],
    ids=["ended", "archived", "failed", "exited"],
)
async def test_the_same_alert_starts_anew_once_its_session_is_dead_until_the_brake_holds(
    on: Harness, end: str | dict[str, Any]
) -> None:
    await trusting(on)
    async with on.store.write() as tx:
        await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.ALERTS_PER_HOUR, 2, ADA, 0.0)
    (root,) = await post(on, ["Disk is full on web-1"])
    made = await on.session("Disk is full on web-1")
    await dead(on, root, made["session_id"], end)
    (root,) = await post(on, ["Disk is full on web-2"])
    again = await on.session("Disk is full on web-2")
    assert again["request"]["max_acu_limit"] == 10
    await post(on, ["Disk is full on web-3"])  # the second one lives
    await on.devin.wait_for_messages("> Disk is full on web-3")
    assert await creations(on) == 2
    await dead(on, root, again["session_id"], end)
    (root,) = await post(on, ["Disk is full on web-4"])
    await on.wait_for_post(GENERAL, root, start_sentences.alert_held(2).text)
    assert await creations(on) == 2


@pytest.mark.parametrize(
    "rests",
    [
        {"status": "suspended", "status_detail": "inactivity"},
        {"status": "suspended", "status_detail": "user_request"},
        {"status": "running", "status_detail": "finished"},
    ],
    ids=["asleep", "stopped", "done"],
)
async def test_a_session_that_sleeps_or_is_done_takes_the_same_alert(on: Harness, rests: dict[str, Any]) -> None:
    await trusting(on)
    (root,) = await post(on, ["Disk is full on web-1"])
    made = await on.session("Disk is full on web-1")
    await dead(on, root, made["session_id"], rests)
    await post(on, ["Disk is full on web-2"])
    await on.devin.wait_for_messages("> Disk is full on web-2")
    assert await creations(on) == 1


async def test_the_same_alert_finds_the_session_with_which_somebody_tried_again(on: Harness) -> None:
    await trusting(on)
    async with on.store.write() as tx:
        await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.STARTS, 1, ADA, 0.0)
    (root,) = await post(on, ["Disk is full on web-1"])
    made = await on.session("Disk is full on web-1")
    failed = await dead(on, root, made["session_id"], {"status": "error", "status_detail": None})
    await on.slack.click(BEN, GENERAL, failed, "try_again")
    (_, again) = await on.devin.wait_for_sessions("Disk is full on web-1", count=2)
    assert again["prompt"].startswith(f"{ALERT}\n> Disk is full on web-1\n")
    assert "\nAsked in Slack by ben (U0BEN). Reference: " in again["prompt"]
    await post(on, ["Disk is full on web-2"])
    await on.devin.wait_for_messages("> Disk is full on web-2")
    assert await creations(on) == 2
    await on.mention("fix the login test", BEN)  # who tried again has started that session themselves
    await on.slack.wait_for_ephemeral(BEN, "You started 1 session in the last hour.")


async def test_what_continues_the_session_of_an_alert_keeps_what_alert_it_is_about(on: Harness) -> None:
    await trusting(on)
    (root,) = await post(on, ["Disk is full on web-1"])
    ended = {"status": "suspended", "status_detail": "usage_limit_exceeded"}
    for count in (1, 2):  # one that continues is continued too
        made = (await on.devin.wait_for_sessions("Disk is full on web-1", count))[-1]
        assert made["prompt"].count(f"{ALERT}\n> Disk is full on web-1\n") == 1
        await on.devin.set(made["session_id"], acus_consumed=10.0, **ended)
        end = await on.wait_for_post(GENERAL, root, "Out of ACUs", count)
        await settled(on)
        await on.slack.click(BEN, GENERAL, end["ts"], "continue_session")
    last = (await on.devin.wait_for_sessions("Disk is full on web-1", 3))[-1]
    assert last["prompt"].count(f"{ALERT}\n> Disk is full on web-1\n") == 1
    assert last["request"]["max_acu_limit"] == 10
    await post(on, ["Disk is full on web-2"])
    await on.devin.wait_for_messages("> Disk is full on web-2")
    assert await creations(on) == 3
    assert {row["alert"] for row in await rows(on, "sessions")} == {fingerprint("Disk is full on web-1")}


async def test_of_sixty_different_alerts_ten_start_sessions_and_admins_are_told_once(on: Harness) -> None:
    await trusting(on, GENERAL, WEB)
    roots = await post(on, [f"The {word} service is down" for word in WORDS])
    await settled(on, 60)
    assert await creations(on) == 10
    stopped = await held(on, roots)
    assert len(stopped) == MANY - 10
    assert await on.thread(GENERAL, stopped[0]) == [start_sentences.alert_held(10).text]
    told = [one for one in await on.slack.messages(f"D{ADA[1:]}") if "Alerts started" in one["text"]]
    assert [one["text"] for one in told] == [start_sentences.alerts_held(10, GENERAL).text]
    await post(on, ["The cache is cold"], WEB)  # each channel has its own brake
    await on.session("The cache is cold")
    await on.mention("look into it", BEN, GENERAL, thread_ts=stopped[0])
    await on.session("look into it")


async def test_its_owner_is_not_asked_about_an_alert_because_they_started_many(on: Harness) -> None:
    await trusting(on)
    async with on.store.write() as tx:
        await settings.put(tx, "T0PLAY", Scope.CHANNEL, GENERAL, Setting.STARTS, 1, ADA, 0.0)
    await on.mention("fix the login test", ANN)
    await on.session("fix the login test")
    await post(on, ["The build of the shop is broken"])
    await on.session("The build of the shop")
    await settled(on)
    assert (await private_answers(on, ANN), await creations(on)) == ([], 2)


async def test_what_names_our_own_session_or_its_pull_request_starts_nothing(on: Harness) -> None:
    await trusting(on)
    await post(on, ["The build of the shop is broken"])
    made = await on.session("The build of the shop")
    await on.devin.pr(made["session_id"], "https://github.com/acme/web/pull/7")
    await on.slack.wait_for_message(GENERAL, "pull/7")
    await settled(on)
    loop = [
        "Checks failed: <https://github.com/acme/web/pull/7/checks?run=1|web, number seven>",
        f"Devin works: https://app.devin.ai/sessions/{made['session_id']}",
        f"See app.devin.ai/sessions/{made['session_id'].removeprefix('devin-')}, *https://github.com/acme/docs*",
        f"At *https://app.devin.ai/sessions/{made['session_id']}*.",
        "Failed (see https://GitHub.com/Acme/Web/pull/7).",
        "Again: www.github.com/acme/web/pull/7.",
        "Look at “http://github.com/acme/web/pull/7…”, url=github.com/acme/web/pull/7.diff",
        "Behind <https://l.acme.test/?u=https%3A%2F%2Fwww.github.com%2Facme%2Fweb%2Fpull%2F7|a link>",
    ]
    roots = await post(on, loop)
    await settled(on)
    assert await creations(on) == 1
    for root in roots:
        assert await on.thread(GENERAL, root) == [start_sentences.ALERT_OF_OURS.text]
    await post(on, ["Checks failed: <https://github.com/acme/web/pull/8|another one>"])
    await settled(on)
    assert await creations(on) == 2
