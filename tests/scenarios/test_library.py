"""Notes and playbooks: read by everybody, changed by admins with forms."""

import html
from typing import Any

import pytest

from bot.domain.redaction import LEFT_OUT
from bot.features.library import sentences as library
from bot.features.library.rules import Kind
from bot.store.inbox_writer import InboxWriter, MaybeStoredError, NotStoredError
from bot.views import devin_answers, operations
from bot.views.answers import access as access_sentences
from bot.views.modals.parts import NOT_DRAWN, NOT_LOADED, NOT_OPENED, not_stored
from tests.scenarios.ahead import Ahead, recorded_changes
from tests.scenarios.harness import ADA, ANN, BOT, GENERAL, Harness

A_MINUTE_LATER = 61.0
DIRECT = "D0ADA"
NOTE = {"name": "Deploys", "trigger": "when deploying", "body": "Go through staging.", "repo": "acme/web"}
PAGE = "<https://app.devin.ai/knowledge|Open in Devin>"
SAVED = f"The note *Deploys* is saved. Devin knows it from now on. {PAGE}"
CHANGED = f"The note *Deploys* is changed. Devin knows it from now on. {PAGE}"
NOT_YOURS = "Only admins can change notes. Ask <@U0ADA>."
NO_PERMISSION = operations.devin_refused("ManageOrgKnowledge")


async def typed(on: Harness, text: str, user: str = ADA) -> str:
    """What somebody reads at once who types a command; nothing where a form opens."""
    shown = (await on.slack.slash(user, GENERAL, text))["shown"]
    return str(shown["rendered"]) if shown else ""


async def read(on: Harness, text: str, words: str, user: str = ADA) -> str:
    """What somebody reads in the end who types a command for which Devin is asked."""
    assert not await typed(on, text, user)
    return str((await on.slack.wait_for_ephemeral(user, words))["rendered"])


async def view(on: Harness, title: str, user: str = ADA) -> dict[str, Any]:
    """The modal with this title that somebody sees, once it has its fields or a sentence."""
    (shown,) = await on.slack.wait("views", user=user, open=True)
    if "Loading…" in str(shown["blocks"]):
        await on.slack.wait_for_call("views.update", text=shown["id"])
        (shown,) = await on.slack.views(user=user, open=True)
    assert shown["title"]["text"] == title
    return shown


def filled(**fields: str) -> dict[str, Any]:
    return {name: {name: value} for name, value in fields.items()}


def holds(shown: dict[str, Any]) -> dict[str, str]:
    """What the fields of a modal hold at first."""
    return {block["block_id"]: block["element"].get("initial_value", "") for block in shown["blocks"]}


def sentence(shown: dict[str, Any]) -> str:
    """What a modal says that has no form."""
    (block,) = shown["blocks"]
    return str(block["text"]["text"])


def notes(on: Harness) -> list[dict[str, Any]]:
    return on.simulated_devin.world.held.notes


def known(on: Harness) -> list[dict[str, Any]]:
    """What the notes at Devin say."""
    names = {"name": "name", "trigger": "trigger", "body": "body", "pinned_repo": "repo"}
    return [{field: note[name] for name, field in names.items()} for note in notes(on)]


async def add(on: Harness, **fields: str) -> None:
    """Fill in the form of a new note and send it."""
    assert await typed(on, "note add") == ""
    shown = await view(on, "New note")
    assert (await on.slack.submit_view(ADA, shown["id"], filled(**NOTE | fields)))["closed"] is True


async def added(on: Harness) -> str:
    """A note at Devin that was added with a form; its id."""
    await add(on)
    await on.slack.wait_for_message(DIRECT, SAVED)
    return str(notes(on)[0]["note_id"])


async def recorded(on: Harness) -> list[tuple[str, str, str, Any, Any]]:
    """The changes in the bot's own audit log, without their times."""
    rows = await recorded_changes(on)
    return [(one["user"], one["action"], one["target"], one["before"], one["after"]) for one in rows]


@pytest.mark.parametrize(
    ("command", "title", "field"), [("note add", "New note", "Body"), ("playbook add", "New playbook", "Title")]
)
async def test_what_is_typed_behind_add_stands_in_the_form(on: Harness, command: str, title: str, field: str) -> None:
    assert await typed(on, f"{command} Deploys go out on Friday.") == ""
    shown = await view(on, title)
    values = {block["label"]["text"]: block["element"].get("initial_value") for block in shown["blocks"]}
    assert {name: value for name, value in values.items() if value} == {field: "Deploys go out on Friday."}


@pytest.mark.both_transports
async def test_a_note_is_added_listed_shown_changed_and_deleted(on: Harness) -> None:
    note_id = await added(on)
    assert known(on) == [NOTE]
    listed = await read(on, "note list", "*1 note*", ANN)
    assert listed == (
        "*1 note*\n1. *Deploys* · when deploying · `acme/web`\n`/devin note show 1` shows number 1 of this list."
    )
    shown = await read(on, "note show 1", "Go through", ANN)
    assert shown.startswith("*Deploys*\nwhen deploying · `acme/web` · changed ")
    assert shown.endswith(f"\nGo through staging.\n{PAGE}")

    notes(on)[0] |= {"is_enabled": False}  # what is in no form stays as it is
    await read(on, "note list staging", "*1 note with “staging”*")
    assert await typed(on, "note edit 1") == ""
    form = await view(on, "Edit note")
    assert holds(form) == NOTE
    await on.slack.submit_view(ADA, form["id"], filled(body="Straight to production.", repo=""))
    await on.slack.wait_for_message(DIRECT, CHANGED)
    changed = {**NOTE, "body": "Straight to production.", "repo": None}
    assert (known(on), notes(on)[0]["is_enabled"]) == ([changed], False)

    asked = await read(on, f"note delete {note_id}", "permanently?")
    assert asked.startswith("Delete the note *Deploys* permanently?")
    question = (await on.slack.ephemerals(user=ADA, visible=True))[-1]
    await on.slack.click(ADA, GENERAL, question["ts"], "choose:note_delete_confirmed")
    await on.slack.wait_for_ephemeral(ADA, "The note *Deploys* is deleted.")
    assert notes(on) == []
    after = {name: value for name, value in changed.items() if value}
    assert await recorded(on) == [
        (ADA, "note_add", note_id, None, NOTE),
        (ADA, "note_edit", note_id, NOTE, after),
        (ADA, "note_delete", note_id, after, None),
    ]
    assert [one["channel"] for one in await recorded_changes(on)] == [GENERAL] * 3


async def test_a_secret_in_a_note_or_playbook_is_shown_nowhere_and_stays_at_devin(on: Harness) -> None:
    key = "ghp_" + "q7Wz" * 9
    await add(on, **NOTE)
    await on.slack.wait_for_message(DIRECT, SAVED)
    notes(on)[0]["body"] = body = f"Publish with {key}."
    assert LEFT_OUT in await read(on, f"note show {notes(on)[0]['note_id']}", "Publish with")
    await read(on, f"note list {key[:12]}", f"No note contains “{key[:12]}”")
    assert await typed(on, f"note edit {notes(on)[0]['note_id']}") == ""
    shown = await view(on, "Edit note")
    assert sentence(shown) == (
        "This note has what looks like a secret. <https://app.devin.ai/knowledge|Edit it in Devin>."
    )
    await read(on, f"note delete {notes(on)[0]['note_id']}", "Delete the note")
    question = (await on.slack.ephemerals(user=ADA, visible=True))[-1]
    assert notes(on)[0]["body"] == body
    await on.slack.click(ADA, GENERAL, question["ts"], "choose:note_delete_confirmed")
    await on.slack.wait_for_ephemeral(ADA, "is deleted")
    assert notes(on) == []
    assert key not in str([call["args"] for call in await on.slack.log()]) + str(await recorded_changes(on))


async def test_a_note_for_all_repositories_stays_pinned_when_it_is_changed(on: Harness) -> None:
    note_id = await added(on)
    notes(on)[0] |= {"pinned_repo": "all", "body": "x" * 300}
    shown = await read(on, f"note show {note_id}", "all repositories")
    assert shown.startswith("*Deploys*\nwhen deploying · all repositories · changed ")
    assert await typed(on, f"note edit {note_id}") == ""
    form = await view(on, "Edit note")
    assert holds(form)["repo"] == "all"
    assert (await on.slack.submit_view(ADA, form["id"], filled(body=f"{'x' * 300}!")))["closed"] is True
    await on.slack.wait_for_message(DIRECT, CHANGED)
    assert known(on) == [{**NOTE, "repo": "all", "body": f"{'x' * 300}!"}]
    *_, before, after = (await recorded(on))[-1]
    assert (before["body"], after["body"]) == (f"…{'x' * 20}", f"…{'x' * 20}!")


async def test_a_form_that_slack_does_not_take_says_so(on: Harness) -> None:
    note_id = await added(on)
    await on.slack.fault("views.update", "error", error="invalid_arguments", times=1)
    assert await typed(on, f"note edit {note_id}") == ""
    await on.slack.wait_for_call("views.update", text="Slack rejected this form")
    (shown,) = await on.slack.views(user=ADA, open=True)
    assert sentence(shown) == NOT_DRAWN


async def test_a_playbook_is_added_listed_shown_and_changed(on: Harness) -> None:
    assert await typed(on, "playbook add") == ""
    form = await view(on, "New playbook")
    written = {"name": "Release", "body": "1. Tag it.", "macro": "release"}
    await on.slack.submit_view(ADA, form["id"], filled(**written))
    page = "<https://app.devin.ai/playbooks|Open in Devin>"
    await on.slack.wait_for_message(DIRECT, f"The playbook *Release* is saved. Sessions can use it from now on. {page}")
    (made,) = on.simulated_devin.world.held.playbooks
    assert (made["title"], made["body"], made["macro"]) == ("Release", "1. Tag it.", "!release")
    listed = await read(on, "playbook list", "*1 playbook*", ANN)
    assert listed == "*1 playbook*\n1. *Release* · `!release`\n`/devin playbook show 1` shows number 1 of this list."
    assert "1. Tag it." in await read(on, "playbook show 1", "Tag it", ANN)
    await read(on, "playbook list", "*1 playbook*")
    made["structured_output_schema"] = schema = {"type": "object"}  # as a person gave it one at Devin
    assert await typed(on, "playbook edit #1") == ""
    form = await view(on, "Edit playbook")
    assert holds(form) == written | {"macro": "!release"}
    await on.slack.submit_view(ADA, form["id"], filled(body="1. Test it."))
    await on.slack.wait_for_message(DIRECT, "The playbook *Release* is changed.")
    assert (made["title"], made["body"], made["macro"]) == ("Release", "1. Test it.", "!release")
    assert made["structured_output_schema"] == schema
    assert [one[1] for one in await recorded(on)] == ["playbook_add", "playbook_edit"]


async def test_a_playbook_with_a_field_that_cannot_be_read_is_not_written_over(on: Harness) -> None:
    made = await on.devin.add_playbook("Release", "1. Tag it.", structured_output_schema=["of", "another", "form"])
    assert await typed(on, f"playbook edit {made['playbook_id']}") == ""
    shown = await view(on, "Edit playbook")
    assert sentence(shown) == NOT_LOADED
    assert "replace_playbook" not in await on.devin.counters()


async def test_who_is_no_admin_saves_no_message(on: Harness) -> None:
    ts = await on.slack.say(ANN, GENERAL, "Deploys go through staging.")
    await on.slack.shortcut(ANN, "save_as_note", channel=GENERAL, ts=ts)
    assert sentence(await view(on, "New note", ANN)) == NOT_YOURS
    assert not [call for call in await on.devin.log() if "/knowledge" in call["path"]]


async def test_a_message_is_saved_as_knowledge(on: Harness) -> None:
    ts = await on.slack.say(ANN, GENERAL, f"<@{ADA}>: deploys &amp; such go through *staging*.")
    await on.slack.shortcut(ADA, "save_as_note", channel=GENERAL, ts=ts)
    form = await view(on, "New note")
    text = "@ada: deploys & such go through *staging*."
    assert holds(form) == {"name": "", "trigger": "", "body": text, "repo": ""}
    sent = await on.slack.submit_view(ADA, form["id"], filled(name=" ", trigger="when deploying", repo="web"))
    assert sent["errors"] == {
        "name": "Give it a name.",
        "repo": "Write owner/name, such as acme/web, or all for all repositories, or leave it empty.",
    }
    assert known(on) == []
    await on.slack.submit_view(ADA, form["id"], filled(name="Deploys", trigger="when deploying", repo=""))
    await on.slack.wait_for_message(DIRECT, SAVED)
    assert known(on) == [{"name": "Deploys", "trigger": "when deploying", "body": text, "repo": None}]


@pytest.mark.edge
async def test_what_is_written_gets_a_button_that_opens_the_form(on: Harness) -> None:
    await on.slack.say(ADA, GENERAL, f"{BOT} note add")
    offer = await on.slack.wait_for_ephemeral(ADA, "This needs a form")
    await on.slack.click(ADA, GENERAL, offer["ts"], "open_form")
    form = await view(on, "New note")
    await on.slack.submit_view(ADA, form["id"], filled(**NOTE))
    await on.slack.wait_for_message(DIRECT, SAVED)
    await on.slack.say(ADA, "im", "note list")
    await on.slack.wait_for_message(DIRECT, "1. *Deploys* · when deploying")
    await on.slack.say(ADA, "im", "note edit 1")
    offer = await on.slack.wait_for_message(DIRECT, "This needs a form")
    await on.slack.click(ADA, DIRECT, offer["ts"], "open_form")
    assert holds(await view(on, "Edit note")) == NOTE
    assert await on.devin.sessions() == []


async def test_a_missing_permission_is_named_with_who_can_grant_it(on: Harness) -> None:
    note_id = await added(on)
    await on.devin.permissions(revoke=["ManageOrgKnowledge"])
    refused = f"{NO_PERMISSION} Nothing was changed."
    for text in ("note list", f"note show {note_id}", f"note delete {note_id}"):
        assert await read(on, text, NO_PERMISSION) == refused
    assert await typed(on, f"note edit {note_id}") == ""
    form = await view(on, "Edit note")
    assert sentence(form) == refused
    await on.slack.close_view(ADA, form["id"])
    await add(on, name="Tests")
    lost = await on.slack.wait_for_message(DIRECT, "wasn't saved")
    assert lost["rendered"] == (
        f":warning: The note *Tests* wasn't saved. {NO_PERMISSION}\n*Trigger*\n```when "
        "deploying```\n*Repository*\n```acme/web```\n*Body*\n```Go through staging.```"
    )


async def test_a_long_text_that_was_not_saved_is_given_back_whole_in_several_messages(on: Harness) -> None:
    await on.devin.permissions(revoke=["ManageOrgKnowledge"])
    body = "\n".join(f"<li>Rule {number} & more</li>" for number in range(650))
    await add(on, body=body)
    last = await on.slack.wait_for_message(DIRECT, "*Your text, 3 of 3*")
    posts = await on.slack.messages(DIRECT, user="U0BOT")
    assert posts[-1]["ts"] == last["ts"]
    assert [post["text"] for post in posts] == [
        "The note Deploys wasn't saved. The reason and your text are below.",
        "Your text, 2 of 3",
        "Your text, 3 of 3",
    ]
    head = f":warning: The note *Deploys* wasn't saved. {NO_PERMISSION} Your text is in 3 messages."
    assert posts[0]["rendered"].startswith(f"{head}\n*Trigger*\n```when deploying```\n*Repository*\n```acme/web```\n")
    texts = [block["text"]["text"] for post in posts for block in post["blocks"]]
    parts = [text.removeprefix("*Body*\n") for text in texts[3:] if not text.startswith("*Your text")]
    assert html.unescape("".join(part[3:-3] for part in parts)) == body


@pytest.mark.edge
async def test_numbers_and_ids_that_name_nothing(on: Harness) -> None:
    assert await typed(on, "note show 1") == "Those numbers have expired. Run `/devin note list`, then try again."
    await read(on, "note list", library.listing(Kind.NOTE, [], "").text)
    none = "Your last list of notes has no number 1. Nothing was changed. `/devin note list` shows it again."
    assert await typed(on, "note edit 1") == none
    assert (
        await typed(on, "note show")
        == "Which note? `/devin note show 2` takes number 2 of your last `/devin note list`."
    )
    assert await typed(on, "note delete login") == (
        "`login` isn't a number from your list or the ID of a note. Nothing was changed. `/devin note "
        "list` shows the numbers."
    )
    gone = "Devin no longer has that note. Nothing was changed. `/devin note list` shows the rest."
    for text in ("note show note-0", "note delete note-0"):
        assert await read(on, text, "no longer has that note") == gone
    assert await typed(on, "note edit note-0") == ""
    assert sentence(await view(on, "Edit note")) == gone


@pytest.mark.edge
async def test_a_change_that_meets_another_one_is_given_back(on: Harness) -> None:
    note_id = await added(on)
    assert await typed(on, f"note edit {note_id}") == ""
    form = await view(on, "Edit note")
    notes(on)[0] |= {"body": "Ask Ben first."}
    await on.slack.submit_view(ADA, form["id"], filled(body="Straight to production."))
    lost = await on.slack.wait_for_message(DIRECT, "wasn't saved")
    assert lost["rendered"] == (
        ":warning: The note *Deploys* wasn't saved. Someone else changed it while your form was open. "
        "`/devin note edit` opens it as it is now.\n*Trigger*\n```when "
        "deploying```\n*Repository*\n```acme/web```\n*Body*\n```Straight to production.```"
    )
    assert notes(on)[0]["body"] == "Ask Ben first."

    assert await typed(on, f"note edit {note_id}") == ""
    form = await view(on, "Edit note")
    await on.slack.submit_view(ADA, form["id"])
    await on.slack.wait_for_message(DIRECT, "You changed nothing in the note *Deploys*, so nothing was saved.")

    assert await typed(on, f"note edit {note_id}") == ""
    form = await view(on, "Edit note")
    notes(on).clear()
    await on.slack.submit_view(ADA, form["id"], filled(body="Straight to production."))
    await on.slack.wait_for_message(DIRECT, "Someone deleted it while your form was open.")
    assert [one[1] for one in await recorded(on)] == ["note_add"]


@pytest.mark.edge
async def test_a_note_is_kept_or_is_deleted_already(on: Harness) -> None:
    note_id = await added(on)
    for button, answer in (
        ("answer:note:no", "The note was kept."),
        ("choose:note_delete_confirmed", "That note is deleted already."),
    ):
        await read(on, f"note delete {note_id}", "permanently?")
        question = await on.slack.wait_for_ephemeral(ADA, "permanently?", visible=True)
        assert len(notes(on)) == 1
        if button == "choose:note_delete_confirmed":
            notes(on).clear()
        await on.slack.click(ADA, GENERAL, question["ts"], button)
        await on.slack.wait_for_ephemeral(ADA, answer)
    assert [one[1] for one in await recorded(on)] == ["note_add"]


@pytest.mark.edge
@pytest.mark.parametrize("fault", ["commit_then_drop", "drop_before", "500", "odd"])
async def test_a_lost_answer_makes_one_note(on: Harness, fault: str) -> None:
    facts = {"without": ["note_id"]} if fault == "odd" else {}
    await on.devin.fault("create_note", fault, **facts)
    await add(on)
    await on.slack.wait_for_message(DIRECT, SAVED, within=60)
    assert known(on) == [NOTE]
    assert [one[1] for one in await recorded(on)] == ["note_add"]


@pytest.mark.edge
async def test_the_same_note_twice_is_two_notes(on: Harness) -> None:
    await added(on)
    await on.devin.fault("create_note", "commit_then_drop")
    await add(on)
    await on.slack.wait_for_messages(DIRECT, 2, text=SAVED, within=60)
    assert known(on) == [NOTE, NOTE]
    assert len({one[2] for one in await recorded(on)}) == 2


@pytest.mark.edge
async def test_a_form_that_slack_does_not_open_is_answered(on: Harness) -> None:
    await on.slack.fault("views.open", "error", error="expired_trigger_id")
    assert await typed(on, "note add") == ""
    shown = await on.slack.wait_for_ephemeral(ADA, "Slack couldn't open the form")
    assert shown["rendered"] == NOT_OPENED.text


@pytest.mark.edge
async def test_while_devin_is_away_a_question_is_answered_at_once_and_a_change_waits(on: Harness) -> None:
    note_id = await added(on)
    for route in ("list_notes", "get_note", "create_note"):
        await on.devin.fault(route, "503", times=-1)
    assert await read(on, "note list", "can't be reached") == devin_answers.UNREACHABLE.text
    assert await typed(on, f"note edit {note_id}") == ""
    form = await view(on, "Edit note")
    assert sentence(form) == NOT_LOADED
    await on.slack.close_view(ADA, form["id"])
    await add(on, name="Tests")
    await on.slack.wait_for_message(
        DIRECT,
        "Devin can't be reached right now. The note *Tests* is kept and saved later; no need to resend.",
        within=60,
    )
    await on.devin.clear_faults()
    await on.slack.wait_for_message(DIRECT, "The note *Tests* is saved.", within=60)
    assert len(notes(on)) == 2


@pytest.mark.edge
async def test_who_lost_the_right_while_the_form_was_open_saves_nothing(on: Harness) -> None:
    await read(on, "note list", "There are no notes yet.")  # so that the bot knows her
    assert await typed(on, "note add") == ""
    form = await view(on, "New note")
    await on.slack.put_person(ADA, is_restricted=True)
    await on.slack.wait_for_delivery(type="user_change", status="acked")
    await on.slack.submit_view(ADA, form["id"], filled(**NOTE))
    refused = "Guests can't use Devin here. Nothing was started."
    assert sentence(await view(on, "New note")).startswith(refused)
    assert known(on) == []


@pytest.mark.edge
async def test_who_has_become_a_guest_saves_nothing_and_reads_why_although_the_event_was_lost(
    on: Harness, clock: Ahead
) -> None:
    assert await typed(on, "note add") == ""
    form = await view(on, "New note")
    await on.slack.pause("lose")
    await on.slack.put_person(ADA, is_restricted=True)
    await on.slack.resume()
    clock.put(A_MINUTE_LATER)
    answered = (await on.slack.submit_view(ADA, form["id"], filled(**NOTE)))["answer"]
    if answered is None:  # Slack said too late who is a guest, so that it is told when the row is carried out
        await on.slack.wait_for_message(DIRECT, access_sentences.GUEST_REFUSED.text)
    else:
        assert answered["view"]["blocks"][0]["text"]["text"] == (
            "No one can change notes yet. Your Devin Bridge operator can name admins in "
            "`BOT_ADMIN_USERS` or `BOT_ADMIN_GROUP`."
        )
    assert known(on) == []


@pytest.mark.edge
async def test_who_becomes_a_guest_before_their_note_is_saved_reads_why_it_is_not(on: Harness) -> None:
    await on.devin.fault("list_notes", "503", times=-1)
    await on.devin.fault("create_note", "503", times=-1)
    await add(on)
    await on.slack.wait_for_message(DIRECT, "The note *Deploys* is kept and saved later; no need to resend.", within=60)
    await on.slack.put_person(ADA, is_restricted=True)
    await on.slack.wait_for_delivery(type="user_change", status="acked")
    await on.devin.clear_faults()
    await on.slack.wait_for_message(DIRECT, access_sentences.GUEST_REFUSED.text, within=60)
    assert known(on) == []


@pytest.mark.edge
async def test_long_lists_show_the_first_and_say_how_many_more_there_are(on: Harness) -> None:
    note_id = await added(on)
    notes(on).extend(notes(on)[0] | {"note_id": f"note-{n}", "name": f"Rule {n:03}"} for n in range(250))
    listed = await read(on, "note list", "*251 notes*")
    lines = listed.split("\n")
    assert lines[1] == "1. *Deploys* · when deploying · `acme/web`"
    assert lines[20] == "20. *Rule 018* · when deploying · `acme/web`"
    assert lines[21] == "… and 231 more. To search, add a word: `/devin note list deploy`."
    assert await typed(on, "note edit 1") == ""
    assert (await view(on, "Edit note"))["private_metadata"].count(note_id) == 1


@pytest.mark.edge
@pytest.mark.parametrize(("error", "maybe"), [(NotStoredError("locked"), False), (MaybeStoredError("lost"), True)])
async def test_while_the_store_is_down_the_form_stays_open(
    on: Harness, monkeypatch: pytest.MonkeyPatch, error: Exception, maybe: bool
) -> None:
    assert await typed(on, "note add") == ""
    form = await view(on, "New note")
    put, failures = InboxWriter.put, [error]

    async def fails_once(writer: InboxWriter, row: Any) -> None:
        if failures:
            raise failures.pop()
        await put(writer, row)

    monkeypatch.setattr(InboxWriter, "put", fails_once)
    refused = await on.slack.submit_view(ADA, form["id"], filled(**NOTE))
    assert refused["errors"] == not_stored(form, maybe=maybe)
    assert (await on.slack.submit_view(ADA, form["id"], filled(**NOTE)))["closed"] is True
    await on.slack.wait_for_message(DIRECT, SAVED)
    assert known(on) == [NOTE]
