"""Each call that sends a text to Devin, and each text of Devin's that is shown, passes the one search for secrets."""

import ast
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

import bot.devin
from bot.devin.answers import Answer, Page
from bot.devin.secrets import SECRETS_PAGE
from bot.domain.redaction import LEFT_OUT
from bot.features.library import modal as library_modals
from bot.features.library.rules import Kind, LibraryItem
from bot.playground.devin.api_library import add_playbook
from bot.views.answers import secrets as secret_sentences
from tests.scenarios.harness import ADA, ANN, BEN, BOT, GENERAL, OPS, Harness
from tests.scenarios.observations import creations, private_answers, settled
from tests.scenarios.test_dead_ends import at_its_limit
from tests.scenarios.test_devin_commands import PERMISSIONS, read, schedule
from tests.scenarios.test_launch_form import offered as offered_at_start
from tests.scenarios.test_launch_form import opened as opened_start
from tests.scenarios.test_library import add, filled, notes, sentence, typed, view
from tests.scenarios.test_schedule_form import opened, send
from tests.scenarios.test_typed_secrets import KEY, TYPED, WRITTEN, log, nothing_is_kept

__all__ = ["log"]

IN_FIELD = secret_sentences.in_field(SECRETS_PAGE)
TEXT = f"publish with {KEY} please"


async def fan_out(on: Harness) -> None:
    assert await typed(on, f"fanout {TEXT} orgs=all") == TYPED
    await on.mention(f"fanout {TEXT} orgs=all", ADA, OPS)
    await on.slack.wait_for_ephemeral(ADA, "Delete your message")
    assert await private_answers(on, ADA) == [TYPED, WRITTEN]


async def tag(on: Harness) -> None:
    await on.mention(f"fix the login test tags={KEY}")
    asked = await on.slack.wait_for_ephemeral(ANN, "looks like a secret", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:without")
    await settled(on)


async def words_for_a_session_that_continues(on: Harness) -> None:
    ts, _, post = await at_its_limit(on)
    await on.slack.say(BEN, GENERAL, TEXT, thread_ts=ts)
    asked = await on.slack.wait_for_ephemeral(BEN, "has what looks like a secret", visible=True)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:secret:without")
    await on.slack.wait_for_ephemeral(BEN, "out of ACUs")
    await on.slack.click(BEN, GENERAL, post["ts"], "continue_session")
    _, second = await on.devin.wait_for_sessions("fix the login test", 2)
    assert f"publish with {LEFT_OUT} please" in second["messages"][0]["message"]


async def words_behind_adopt(on: Harness) -> None:
    ts, made = await on.started()
    await on.slack.say(ANN, GENERAL, "!unsync", thread_ts=ts)
    await on.slack.wait_for_message(GENERAL, "Unlinked by ann.", thread_ts=ts)
    assert await typed(on, f"adopt {made} {TEXT}", ANN) == ""
    await declined(on)
    await on.slack.say(ANN, GENERAL, f"!adopt {made} {TEXT}", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, "looks like a secret")


async def name_of_a_file(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.say(BEN, GENERAL, "see here", thread_ts=ts, files=[{"name": f"{KEY}.log", "content": "failed"}])
    asked = await on.slack.wait_for_ephemeral(BEN, "has what looks like a secret", visible=True)
    await on.slack.click(BEN, GENERAL, asked["ts"], "answer:secret:without")
    await on.devin.wait_for_messages("see here")
    assert KEY not in str(await on.devin.session(session))


async def form_of_a_schedule(on: Harness) -> None:
    await on.devin.permissions(grant=PERMISSIONS)
    assert await typed(on, f"schedule add {TEXT}") == TYPED
    sent = await send(on, await opened(on), task=TEXT, name=KEY)
    assert sent["errors"] == {"task": IN_FIELD, "name": IN_FIELD}


async def forms_of_a_note(on: Harness) -> None:
    secret = {"name": KEY, "trigger": TEXT, "body": TEXT, "repo": ""}
    assert await typed(on, "note add") == ""
    form = await view(on, "New note")
    refused = await on.slack.submit_view(ADA, form["id"], filled(**secret))
    assert refused["errors"] == dict.fromkeys(("name", "trigger", "body"), IN_FIELD)
    await on.slack.close_view(ADA, form["id"])
    await add(on)
    await on.slack.wait_for_message("D0ADA", "is saved")
    assert await typed(on, f"note edit {notes(on)[0]['note_id']}") == ""
    refused = await on.slack.submit_view(ADA, (await view(on, "Edit note"))["id"], filled(**secret))
    assert refused["errors"] == dict.fromkeys(("name", "trigger", "body"), IN_FIELD)


async def forms_of_a_playbook(on: Harness) -> None:
    made = add_playbook(on.simulated_devin.world, "Release", "1. Tag it.")["playbook_id"]
    for command, title in (("playbook add", "New playbook"), (f"playbook edit {made}", "Edit playbook")):
        assert await typed(on, command) == ""
        form = await view(on, title)
        refused = await on.slack.submit_view(ADA, form["id"], filled(name=KEY, body=TEXT, macro="!release"))
        assert refused["errors"] == dict.fromkeys(("name", "body"), IN_FIELD)
        await on.slack.close_view(ADA, form["id"])


async def review(on: Harness) -> None:
    assert await typed(on, f"review https://github.com/acme/web/pull/7?token={KEY}", ANN) == ""
    await declined(on)
    assert await on.devin.log("create_review") == []


async def declined(on: Harness) -> None:
    """Ann is asked about what she has typed, and doesn't send it."""
    asked = await on.slack.wait_for_ephemeral(ANN, "Your task has what looks like a secret", visible=True)
    await on.slack.click(ANN, GENERAL, asked["ts"], "answer:secret:no")
    await on.slack.wait_for_ephemeral(ANN, secret_sentences.NOT_SENT.text)


async def searched_in_a_menu(on: Harness) -> None:
    on.simulated_devin.world.held.repositories = ["github.com/acme/web"]
    assert (await on.slack.slash(ANN, GENERAL, ""))["shown"] is None
    form = await opened_start(on)
    for field in ("repos", "playbook"):
        await on.slack.suggest(ANN, form["id"], field, KEY)


Story = Callable[[Harness], Awaitable[None]]
# Every call of the client that sends something to Devin, with how a text comes there; the usual ways to a start and a
# reply are in `test_typed_secrets`. A call that sends no text of people has none.
SENT: Final[dict[str, tuple[Story, ...]]] = {
    "create_session": (fan_out, tag, words_for_a_session_that_continues),
    "send_message": (words_behind_adopt,),
    "upload_attachment": (name_of_a_file,),
    "create_schedule": (form_of_a_schedule,),
    "create_note": (forms_of_a_note,),
    "replace_note": (forms_of_a_note,),
    "create_playbook": (forms_of_a_playbook,),
    "replace_playbook": (forms_of_a_playbook,),
    "create_review": (review,),
    "repositories": (searched_in_a_menu,),
    "append_tags": (),  # the bot's own tag
    "replace_tags": (),  # nothing calls it
    "enable_schedule": (),  # on or off
}
STORIES: Final = list(dict.fromkeys(story for stories in SENT.values() for story in stories))


def test_every_call_that_sends_a_body_is_declared() -> None:
    sending = {"json", "files"}
    found = {
        function.name
        for path in Path(bot.devin.__path__[0]).glob("*.py")
        for kind in ast.parse(path.read_text()).body
        if isinstance(kind, ast.ClassDef) and kind.name.endswith("Api")
        for function in kind.body
        if isinstance(function, ast.AsyncFunctionDef) and not function.name.startswith("_")
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr == "_create" or sending & {keyword.arg for keyword in call.keywords}
    }
    assert found == SENT.keys() - {"repositories"}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_no_way_to_devin_takes_a_secret_along(on: Harness, log: io.StringIO, story: Story) -> None:
    before = await creations(on)
    await story(on)
    await nothing_is_kept(on, log)
    assert await creations(on) >= before


async def test_what_devin_lists_is_shown_without_one(on: Harness, log: io.StringIO) -> None:
    world = on.simulated_devin.world
    await on.devin.permissions(grant=PERMISSIONS)
    await schedule(on, f"Nightly {KEY}", consecutive_failures=2, last_error_message=f"bad key {KEY}")
    world.held.automations = [{"automation_id": "a1", "name": f"On {KEY}", "enabled": False}]
    listed = await read(on, "schedule list", "1 schedule")
    assert f"*Nightly {LEFT_OUT}*" in listed
    assert f"failed 2 times in a row: bad key {LEFT_OUT}" in listed
    assert f"On {LEFT_OUT} (off)" in listed
    assert f"Delete *Nightly {LEFT_OUT}*" in await read(on, "schedule delete 1", "Delete")
    made = add_playbook(world, f"Release {KEY}", "1. Tag it.")["playbook_id"]
    assert f"1. *Release {LEFT_OUT}*" in await read(on, "playbook list", "*1 playbook*", ANN)
    assert await typed(on, f"playbook edit {made}") == ""
    cut = library_modals.has_secret(LibraryItem(Kind.PLAYBOOK, "", ""))
    form = await view(on, "Edit playbook")
    assert sentence(form) == cut
    await on.slack.close_view(ADA, form["id"])
    assert (await on.slack.slash(ANN, GENERAL, ""))["shown"] is None
    assert f"Release {LEFT_OUT}" in await offered_at_start(on, await opened_start(on), "playbook", "")
    await on.devin.fault("create_session", 400, detail=f"The key {KEY} has expired.", times=1)
    await on.slack.say(BEN, GENERAL, f"{BOT} fix the login test")
    await on.slack.wait_for_message(GENERAL, f"The key {LEFT_OUT} has expired.")
    await nothing_is_kept_but_at_devin(on, log)


async def test_a_file_of_devins_that_is_named_after_one_is_not_fetched(on: Harness, log: io.StringIO) -> None:
    ts, session = await on.started()
    await on.devin.say(session, f'Here.\nATTACHMENT:"https://app.devin.ai/attachments/u-1/{KEY}.log"')
    await on.slack.wait_for_message(GENERAL, f"{LEFT_OUT}, ", thread_ts=ts)
    await nothing_is_kept_but_at_devin(on, log)


async def nothing_is_kept_but_at_devin(on: Harness, log: io.StringIO) -> None:
    await nothing_is_kept(on, log, but="Devin")


# Texts of Devin's that are shown, if at all, as they come: ids, and words of Devin's lists.
CODES: Final = {
    *("status", "status_detail", "origin", "category", "subcategory", "devin_mode", "session_size", "pr_state"),
    *("source", "scope", "action", "frequency", "principal_type", "access_type", "schedule_type", "content_type"),
    *("sessions_created_by_origin", "sessions_created_by_size", "acus_by_product", "commit_sha", "url"),
}
# What is searched elsewhere, or names somebody or something.
ELSEWHERE: Final = {
    *("DevinMessage.message", "DevinMessage.username"),  # with its files, which are taken out first; a person
    *("Note.body", "Note.trigger", "Playbook.body", "AuditEntry.data"),  # where they are shown: they may be long
    *("Note.folder_path", "Note.macro", "Playbook.structured_output_schema", "Attachment.name"),  # shown nowhere
    *("SessionAttachment.name", "DevinSession.tags", "SessionInsights.tags", "Tags.tags"),  # as the bot has sent them
    *("Member.name", "Member.email", "ServiceUser.name", "Organization.name", "Role.role_name"),
    *("Principal.user_name", "Principal.service_user_name", "Principal.api_key_name"),
    *("AuditEntry.user_email", "AuditEntry.service_user_name", "Repository.repo_path", "Review.repo_path"),
}


def test_every_text_of_devins_is_searched_or_declared() -> None:
    plain = {
        f"{model.__name__}.{name}"
        for model in models(Answer)
        for name, field in model.model_fields.items()
        if "str" in str(field.annotation) and "AfterValidator" not in f"{field.annotation}{field.metadata}"
        if name not in CODES and not name.endswith(("_id", "_ids"))
    }
    assert plain == ELSEWHERE


def models(base: type[Answer]) -> list[type[Answer]]:
    own = [one for one in base.__subclasses__() if not issubclass(one, Page) and one.__module__.startswith("bot.devin")]
    return [*own, *(model for one in own for model in models(one))]
