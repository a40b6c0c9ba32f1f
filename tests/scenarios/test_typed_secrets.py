"""A secret that somebody types reaches neither Devin nor the store nor the log, by whichever way it comes."""

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import logs
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.redaction import LEFT_OUT
from bot.features import metadata
from bot.playground.slack.world import OTHER_BOT
from bot.views.answers import secrets as secret_sentences
from bot.views.answers import starts as start_sentences
from tests.scenarios.ahead import rows
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, OPS, WEB, Harness
from tests.scenarios.observations import creations, forge, polled, press, private_answers, sent_to_devin, settled

VALUE = "hunter2correct"
KEY = "ghp_" + "q7Wz" * 9  # put together, so that no scanner takes it for a real one
TEXTS = (
    f"secret set DB_PASSWORD {VALUE}",
    f"secret add DB_PASSWORD={VALUE}",
    f"publish the package with {KEY} please",
    f"set secret db_password {VALUE}",
)
WRITTEN = secret_sentences.not_taken(SECRETS_PAGE, written=True).text
ASKED = secret_sentences.ask_without("").text
TYPED = secret_sentences.not_taken(SECRETS_PAGE, written=False).text


@pytest.fixture
def log(plain_logs: None) -> io.StringIO:
    """What the bot logs."""
    stream = io.StringIO()
    logs.configure("DEBUG", "json", stream=stream)
    return stream


async def nothing_is_kept(on: Harness, log: io.StringIO, *, but: str = "") -> None:
    """Neither the store, nor a file of it, nor the log, nor Devin, nor what the bot posted has any of it."""
    await settled(on)
    async with on.store.scan() as tx:
        rows = [str(tuple(row)) for table in metadata.tables.values() for row in await tx.execute(select(table))]
    places = {
        "store": "\n".join(rows),
        "log": log.getvalue(),
        "Devin": str(await on.devin.log()) + str([one.prompt for one in on.simulated_devin.world.held.by_age]),
        "Slack": str([call["args"] for call in await on.slack.log()]),  # so all that the bot has posted
        "answers": str(await on.slack.ephemerals()),
        **{path.name: path.read_bytes().decode("latin-1") for path in files(on)},
    }
    assert rows
    places.pop(but, None)
    assert [(place, found) for place, text in places.items() for found in (VALUE, KEY) if found in text] == []


def files(on: Harness) -> list[Path]:
    """The files of the store, if it has some: what was deleted from a table may still stand in them."""
    url = on.environment["DATABASE_URL"]
    path = Path(url.rpartition("///")[2])
    return sorted(path.parent.glob(f"{path.name}*")) if url.startswith("sqlite") else []


@pytest.mark.both_transports
@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[1], TEXTS[3]])
async def test_behind_the_slash_command_it_is_answered_at_once_and_not_stored(
    on: Harness, log: io.StringIO, text: str
) -> None:
    for typed in (
        text,
        f"start {text}",
        f"fanout {text} orgs=all",
        f"fanout {TEXTS[2]} orgs=all",
        f"note list {KEY}",
        f"note add {KEY}",
    ):
        answer = await on.slack.slash(ADA, GENERAL, typed)
        assert answer["shown"]["rendered"] == TYPED
    await nothing_is_kept(on, log)
    assert await creations(on) == 0


@pytest.mark.both_transports
@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[1], TEXTS[3]])
async def test_what_is_written_to_the_bot_is_answered_privately_and_not_stored(
    on: Harness, log: io.StringIO, text: str
) -> None:
    await on.mention(text)
    await on.slack.say(BEN, "im", text)
    await on.mention(f"fanout {text} orgs=all", ADA, OPS)
    assert (await on.slack.wait_for_message("D0BEN", "looks like a secret"))["text"] == WRITTEN
    for user in (ANN, ADA):
        await on.slack.wait_for_ephemeral(user, "looks like a secret")
    await nothing_is_kept(on, log)
    assert [await private_answers(on, user) for user in (ANN, ADA)] == [[WRITTEN]] * 2
    assert await creations(on) == 0


@pytest.mark.both_transports
async def test_a_task_behind_the_slash_command_is_asked_about_and_goes_without_it(
    on: Harness, log: io.StringIO
) -> None:
    assert (await on.slack.slash(ANN, GENERAL, f"start {TEXTS[2]}"))["shown"] is None
    asked = await on.slack.wait_for_ephemeral(ANN, "Your task has what looks like a secret", visible=True)
    assert asked["text"] == secret_sentences.ask_without("", secret_sentences.YOUR_TASK).text
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:without")
    await on.session(f"publish the package with {LEFT_OUT} please")
    await nothing_is_kept(on, log)
    assert await creations(on) == 1


async def test_a_form_with_a_key_is_asked_about_in_a_direct_message(on: Harness, log: io.StringIO) -> None:
    for answer, made in (("no", 0), ("without", 1)):
        assert (await on.slack.slash(ANN, GENERAL, ""))["shown"] is None
        (shown,) = await on.slack.wait("views", user=ANN, open=True)
        sent = await on.slack.submit_view(ANN, shown["id"], {"task": {"task": TEXTS[2]}})
        assert sent["closed"] is True
        asked = await on.slack.wait_for_message("D0ANN", "Your task has what looks like a secret")
        await on.slack.click(ANN, "D0ANN", asked["ts"], f"answer:secret:{answer}")
        await settled(on)
        assert await creations(on) == made
    assert f"publish the package with {LEFT_OUT} please" in str(await on.devin.sessions())
    await nothing_is_kept(on, log)


async def test_a_message_with_a_start_reaction_is_asked_about(on: Harness, log: io.StringIO) -> None:
    await with_settings(on, BOT_START_EMOJI="robot_face", BOT_START_EMOJI_CHANNELS=GENERAL)
    ts = await on.slack.say(BEN, GENERAL, TEXTS[2])
    await on.slack.react(ANN, GENERAL, ts, "robot_face")
    asked = await on.slack.wait_for_ephemeral(ANN, "has what looks like a secret", visible=True)
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:without")
    await on.session(f"publish the package with {LEFT_OUT} please")
    await nothing_is_kept(on, log)


async def test_the_owner_of_an_alert_is_asked_once_and_the_same_alert_follows(on: Harness, log: io.StringIO) -> None:
    await with_settings(on, BOT_ALERT_BOTS=f"{GENERAL}:{OTHER_BOT}:{ANN}")
    for number in range(3):
        await on.slack.post_as_app(GENERAL, "Alertmanager", text=f"Publishing {number} fails, password: {VALUE}9")
    await on.slack.wait_for_message("D0ANN", "has what looks like a secret")
    await settled(on)
    (asked,) = [one for one in await on.slack.messages("D0ANN") if "looks like a secret" in one["text"]]
    assert await creations(on) == 0
    await on.slack.click(ANN, "D0ANN", asked["ts"], "answer:secret:without")
    made = await on.session(f"fails, password: {LEFT_OUT}")
    await on.slack.post_as_app(GENERAL, "Alertmanager", text=f"Publishing 4 fails, password: {VALUE}9")
    await on.devin.wait_for_messages(f"Publishing 4 fails, password: {LEFT_OUT}")
    await nothing_is_kept(on, log)
    assert len(await sent_to_devin(on, made["session_id"])) == 1
    assert await creations(on) == 1


@pytest.mark.both_transports
async def test_a_task_with_a_key_is_asked_about_and_goes_without_it(on: Harness, log: io.StringIO) -> None:
    await on.mention(TEXTS[2])
    asked = await on.slack.wait_for_ephemeral(ANN, "looks like a secret", visible=True)
    assert asked["text"] == ASKED
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:without")
    made = await on.session(f"publish the package with {LEFT_OUT} please")
    assert KEY not in str(made)
    await nothing_is_kept(on, log)
    assert await creations(on) == 1


# As Slack sends what somebody types, and with signs that nobody sees.
DISGUISED = {
    "mail": (f"connect to postgres://ann:<mailto:{VALUE}@db.acme.com|{VALUE}@db.acme.com>/x", "postgres://ann:{}/x"),
    "curl": (f"try curl -u ann:<mailto:{VALUE}9@acme.com|{VALUE}9@acme.com> it", "curl -u ann:{} it"),
    "zero width": (f"publish with {KEY[:10]}\u200b{KEY[10:]} please", "publish with {} please"),
    "bold": (f"log in with *password:* {VALUE}9", "*password:* {}"),
    "fence": (f"log in with password:\n```{VALUE}9```", "password:\n```{}```"),
    "ampersand": (f"log in with password: hunter&amp;2{VALUE} now", "password: {} now"),
}


@pytest.mark.parametrize(("text", "left"), DISGUISED.values(), ids=DISGUISED)
async def test_however_slack_sends_it_a_task_and_a_reply_go_without_it(
    on: Harness, log: io.StringIO, text: str, left: str
) -> None:
    ts = await on.mention(text)
    asked = await on.slack.wait_for_ephemeral(ANN, "Your message has what looks like a secret", visible=True)
    assert await creations(on) == 0
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:without")
    made = await on.session(left.format(LEFT_OUT))
    await on.slack.say(BEN, GENERAL, f"or {text}", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "has what looks like a secret", visible=True)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:secret:without")
    await on.devin.wait_for_messages(left.format(LEFT_OUT))
    await nothing_is_kept(on, log)
    assert KEY[10:] not in str(await on.devin.session(made["session_id"]))


async def test_who_does_not_send_it_starts_nothing(on: Harness, log: io.StringIO) -> None:
    await on.mention(TEXTS[2])
    asked = await on.slack.wait_for_ephemeral(ANN, "looks like a secret", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:no")
    await on.slack.wait_for_ephemeral(ANN, secret_sentences.NOT_SENT.text)
    await nothing_is_kept(on, log)
    assert await creations(on) == 0


async def test_where_it_is_allowed_a_message_is_sent_as_it_is_and_never_stored(on: Harness, log: io.StringIO) -> None:
    await with_settings(on, BOT_SEND_SECRETS="on")
    await on.devin.fault("create_session", 503, times=-1)
    ts = await on.mention(f"{TEXTS[2]} acu=5")
    asked = await on.slack.wait_for_ephemeral(ANN, "looks like a secret", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:as_it_is")
    await on.devin.wait_for_calls("create_session", 1)
    await on.stop()  # what has not been sent by now is read again
    assert [place for place in files(on) if KEY in place.read_bytes().decode("latin-1")] == []
    await on.devin.clear_faults()
    await on.start()
    made = await on.session(TEXTS[2])
    assert made["request"]["max_acu_limit"] == 5
    await on.slack.say(ANN, GENERAL, f"or with {KEY}", thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(ANN, "has what looks like a secret", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:as_it_is")
    await on.devin.wait_for_messages(f"or with {KEY}")
    await nothing_is_kept(on, log, but="Devin")
    assert [row["action"] for row in await rows(on, "audit")] == [
        "secret_sent",
        "start_session",
        "secret_sent",
        "reply",
    ]


async def test_where_it_is_not_allowed_nothing_is_sent_as_it_is(on: Harness, log: io.StringIO) -> None:
    await on.mention(TEXTS[2])
    asked = await on.slack.wait_for_ephemeral(ANN, "looks like a secret", visible=True)
    assert "Send as is" not in str(asked)
    (key,) = [row["key"] for row in await rows(on, "inbox") if row["state"] == "open"]
    await forge(on, "interactive", press(ANN, GENERAL, "answer:secret:as_it_is", key))
    await on.slack.wait_for_ephemeral(ANN, start_sentences.START_EXPIRED.text)
    await nothing_is_kept(on, log)
    assert await creations(on) == 0


async def test_what_devin_says_is_shown_without_a_key(on: Harness, log: io.StringIO) -> None:
    _, session = await on.started()
    await on.devin.say(session, f"The key is {KEY}, and the password: {VALUE}9.")
    await on.devin.set(session, title=f"Rotate {KEY}")
    said = await on.slack.wait_for_message(GENERAL, "The key is")
    assert said["text"].endswith(f"The key is {LEFT_OUT}, and the password: {LEFT_OUT}")
    await settled(on)
    assert KEY not in str([call["args"] for call in await on.slack.log()])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"The key is {KEY[:10]}\u200b{KEY[10:]} there", "The key is {} there"),
        (f"The key is {KEY[:10]}\u00ad{KEY[10:]} there", "The key is {} there"),
        (f"The key is ghp\\_{KEY[4:]} there", "The key is {} there"),
        (f"The key is gh&#112;_{KEY[4:]} there", "The key is {} there"),
        (f"The key is {KEY[:10]}**{KEY[10:]}** there", "The key is {} there"),
        (f"The key is {KEY[:4]}<!-- x > y -->{KEY[4:]} there", "The key is {} there"),
        (f"**Password:** {VALUE}9", "Password: {}"),
        (f"The password is:\n```\n{VALUE}9\n```", "The password is: {}"),
    ],
)
async def test_a_key_that_devin_takes_apart_is_not_put_together(
    on: Harness, log: io.StringIO, text: str, left: str
) -> None:
    _, session = await on.started()
    await on.devin.set(session, title=f"Rotate {KEY[:10]}\u200b{KEY[10:]} now")
    await on.slack.wait_for_message(GENERAL, f"Rotate {LEFT_OUT} now")
    await on.devin.say(session, text)
    await settled(on)
    await polled(on)
    said = [one["text"] for one in await on.slack.messages(GENERAL)]
    assert any(one.endswith(f"Rotate {LEFT_OUT} now: {left.format(LEFT_OUT)}") for one in said)
    await nothing_is_kept(on, log, but="Devin")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://github.com/acme/api/pull/7?token={KEY}", "https://github.com/acme/api/pull/7"),
        (f"https://{KEY}@github.com/acme/api/pull/7", "https://github.com/acme/api/pull/7"),
        (f"https://ann:{VALUE}@github.com/acme/api/pull/7?tab=files", "https://github.com/acme/api/pull/7?tab=files"),
    ],
)
async def test_the_address_of_a_pull_request_is_shown_without_a_key(
    on: Harness, log: io.StringIO, url: str, shown: str
) -> None:
    ts, session = await on.started()
    await on.devin.pr(session, url)
    await on.slack.wait_for_message(GENERAL, f"<{shown}|", thread_ts=ts)
    await nothing_is_kept(on, log, but="Devin")


@pytest.mark.both_transports
async def test_in_a_sessions_thread_nothing_of_it_is_sent(on: Harness, log: io.StringIO) -> None:
    ts, session = await on.started()
    typed = (
        TEXTS[0],
        TEXTS[1],
        TEXTS[3],
        f"!new {TEXTS[2]}",
        f"!aside {TEXTS[0]}",
        f"!stop {KEY}",
        f"{BOT} {TEXTS[1]}",
    )
    for text in typed:
        await on.slack.say(BEN, GENERAL, text, thread_ts=ts)
    await on.slack.say(BEN, GENERAL, "use the secret DB_PASSWORD", thread_ts=ts)
    await on.devin.wait_for_messages("use the secret DB_PASSWORD")
    await nothing_is_kept(on, log)
    assert await private_answers(on, BEN) == [WRITTEN] * 7
    assert len(await sent_to_devin(on, session)) == 1
    await on.slack.say(BEN, GENERAL, TEXTS[2], thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "Without it", visible=True)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:secret:without")
    await on.devin.wait_for_messages(f"publish the package with {LEFT_OUT} please")
    await nothing_is_kept(on, log)
    assert await creations(on) == 1


async def test_a_message_from_which_it_was_taken_out_starts_as_usual(on: Harness, log: io.StringIO) -> None:
    ts = await on.mention(TEXTS[2])
    await on.slack.wait_for_ephemeral(ANN, "looks like a secret")
    await on.slack.edit(ANN, GENERAL, ts, f"{BOT} publish the package with the secret NPM_TOKEN please")
    await on.session("publish the package with the secret NPM_TOKEN please")
    await nothing_is_kept(on, log)


async def test_what_was_said_in_a_thread_before_is_left_out_of_the_prompt(on: Harness, log: io.StringIO) -> None:
    elsewhere = await on.slack.say(BEN, WEB, f"it is {KEY}")
    root = await on.slack.say(BEN, GENERAL, "the release fails")
    await on.slack.say(BEN, GENERAL, f"I have tried {KEY}", thread_ts=root)
    await on.slack.forward(BEN, WEB, elsewhere, GENERAL, "and this", thread_ts=root)
    await on.mention("repair it", thread_ts=root)
    made = await on.session("repair it")
    assert made["prompt"].count(LEFT_OUT) == 2
    assert "> the release fails" in made["prompt"]
    await nothing_is_kept(on, log)


async def test_what_is_forwarded_is_not_passed_on_either(on: Harness, log: io.StringIO) -> None:
    ts, session = await on.started()
    elsewhere = await on.slack.say(BEN, WEB, f"it is {KEY}")
    await on.slack.forward(ANN, WEB, elsewhere, GENERAL, "use this", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "looks like a secret")
    await nothing_is_kept(on, log)
    assert await sent_to_devin(on, session) == []


async def test_what_was_missed_is_answered_and_not_stored(on: Harness, log: io.StringIO) -> None:
    ts, session = await on.started()
    await on.stop()
    await on.slack.pause("lose")
    await on.slack.say(BEN, GENERAL, TEXTS[0], thread_ts=ts)
    await on.mention(TEXTS[2])
    await on.slack.resume()
    await on.start()
    for user in (ANN, BEN):
        await on.slack.wait_for_ephemeral(user, "looks like a secret")
    await nothing_is_kept(on, log)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


async def with_settings(on: Harness, **settings: str) -> None:
    """Start the bot anew with these settings."""
    await on.stop()
    on.environment.update(settings)
    await on.start()


async def form_of(on: Harness, text: str) -> dict[str, Any]:
    """What somebody sees who saves a message with this text as a note."""
    ts = await on.slack.say(BEN, GENERAL, text)
    await on.slack.shortcut(ADA, "save_as_note", channel=GENERAL, ts=ts)
    *_, shown = await on.slack.wait("views", user=ADA, open=True)
    return dict(shown)


async def test_a_form_opens_without_it(on: Harness, log: io.StringIO) -> None:
    shown = await form_of(on, TEXTS[0])
    assert [block["text"]["text"] for block in shown["blocks"]] == [TYPED]
    shown = await form_of(on, f"deploy with {KEY}")
    await settled(on)
    assert f"deploy with {LEFT_OUT}" in str((await on.slack.views(user=ADA, open=True))[-1])
    await nothing_is_kept(on, log)


async def test_a_form_says_it_under_the_field(on: Harness, log: io.StringIO) -> None:
    form = await form_of(on, "deploy on Mondays")
    values = {"name": "Deploys", "trigger": "when deploying", "body": f"Deploy with {KEY}.", "repo": ""}
    filled = {name: {name: value} for name, value in values.items()}
    refused = await on.slack.submit_view(ADA, form["id"], filled)
    assert refused["errors"] == {"body": secret_sentences.in_field(SECRETS_PAGE)}
    await nothing_is_kept(on, log)
    filled["body"] = {"body": "Deploy with the secret NPM_TOKEN."}
    assert (await on.slack.submit_view(ADA, form["id"], filled))["closed"] is True


async def test_what_only_resembles_one_starts(on: Harness) -> None:
    await on.mention(
        "revert 3f9a2c1b0d4e5f60718293a4b5c6d7e8f9012345 and lower the risk-score of task-1a2b3c4d5e6f7a8b"
    )
    await on.session("revert 3f9a2c1b0d4e5f60718293a4b5c6d7e8f9012345")
    await settled(on)
    assert await private_answers(on, ANN) == []
