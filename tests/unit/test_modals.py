"""Forms: what travels with one, how it is drawn, what is read from it, and every sentence about its fields."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.commands.registry import LAUNCH
from bot.domain.form import Form
from bot.domain.launch import Launch, Mistakes, mistakes_of, read_launch, with_options
from bot.domain.session import Options
from bot.domain.settings_values import Scope as SettingScope
from bot.domain.settings_values import Setting
from bot.features import COMMANDS, FEATURES
from bot.features.library import modal as library
from bot.features.library.rules import Kind, LibraryItem, entered, mistakes, records_of_change
from bot.features.settings import rules as settings_rules
from bot.features.settings import sentences as settings_modal
from bot.kernel.tasks import Kernel
from bot.playground.slack.blocks import view_errors
from bot.slack import forms
from bot.views.modals import launch as launch_views
from bot.views.modals import parts

NOTE = LibraryItem(Kind.NOTE, "Deploys", "Go through staging.", trigger="when deploying", repo="acme/web", id="note-1")
PLAYBOOK = LibraryItem(Kind.PLAYBOOK, "Release", "1. Tag it.", macro="!release", id="playbook-1")


# ---------------------------------------------------------------- what travels with a form


def test_a_form_comes_back_as_it_was_sent():
    form = Form("note_edit", "note-1", "C1", "0a1b")
    assert Form.read("note_edit", form.kept()) == form


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", "7", '{"v": 2, "target": "", "channel": "", "digest": ""}', '{"v": 1}']
)
def test_a_form_of_another_version_is_none(kept):
    assert Form.read("note_edit", kept) is None


def test_what_slack_would_not_keep_is_an_error():
    with pytest.raises(ValueError, match=r"^Slack keeps no more than 3000 characters with a form\.$"):
        Form("note_edit", "x" * 3_000).kept()


def test_each_command_that_opens_a_form_has_its_kind_of_form():
    kernel = Kernel(None, None, None, None)
    declared = [name for feature in FEATURES for name in feature.forms(kernel)]
    assert len(declared) == len(set(declared))
    assert {*declared, LAUNCH.name} == COMMANDS.forms == {spec.name for spec in COMMANDS.specs if spec.opens_form}


# ---------------------------------------------------------------- views


@pytest.mark.parametrize("item", [NOTE, PLAYBOOK, LibraryItem(Kind.NOTE, "", ""), LibraryItem(Kind.PLAYBOOK, "", "")])
def test_slack_takes_each_form(item):
    view = library.library_form(Form(f"{item.kind}_edit", item.id), item)
    assert view_errors(view) == []
    assert view["callback_id"] == f"{item.kind}_edit"
    drawn = {block["block_id"]: block["element"].get("initial_value", "") for block in view["blocks"]}
    assert drawn == item.fields


@pytest.mark.parametrize(
    ("command", "item", "title", "said"),
    [
        (
            "note_add",
            LibraryItem(Kind.NOTE, "", ""),
            "New note",
            {
                "name": ("Name", None),
                "trigger": ("Trigger", "When Devin should use this note, for example when deploying the web app."),
                "body": ("Body", None),
                "repo": (
                    "Repository",
                    "Pin to one repository (owner/name) or all (all). Leave empty to use only the trigger.",
                ),
            },
        ),
        (
            "playbook_add",
            LibraryItem(Kind.PLAYBOOK, "", ""),
            "New playbook",
            {
                "name": ("Title", None),
                "body": ("Body", None),
                "macro": ("Macro", "A short name, such as !release, that a task can use to ask for this playbook."),
            },
        ),
    ],
)
def test_every_word_of_the_forms_of_notes_and_playbooks(command, item, title, said):
    view = library.library_form(Form(command), item)
    assert (view["title"]["text"], view["submit"]["text"], view["close"]["text"]) == (title, "Save", "Cancel")
    assert {
        block["block_id"]: (block["label"]["text"], block.get("hint", {}).get("text")) for block in view["blocks"]
    } == said
    assert [block["block_id"] for block in view["blocks"] if block["optional"]] == [[*said][-1]]


def test_the_titles_of_forms_of_what_is_there():
    for command, item, title in (("note_edit", NOTE, "Edit note"), ("playbook_edit", PLAYBOOK, "Edit playbook")):
        assert library.library_form(Form(command, item.id), item)["title"]["text"] == title


def test_a_field_may_hold_more_than_slack_counts():
    view = library.library_form(Form("note_edit"), LibraryItem(Kind.NOTE, "a", "x" * 5_000, trigger="t" * 1_200))
    assert view_errors(view) == []
    assert {block["block_id"]: block["element"].get("max_length") for block in view["blocks"]} == {
        "name": 200,
        "trigger": None,  # Slack refuses a field that begins with more than it may hold
        "body": None,
        "repo": 200,
    }


def test_views_without_a_form():
    for view, words, close in (
        (parts.loading("New note"), "Loading…", "Cancel"),
        (parts.notice("New note", "Nothing was changed."), "Nothing was changed.", "Close"),
    ):
        assert view_errors(view) == []
        assert "submit" not in view
        (block,) = view["blocks"]
        assert (view["title"]["text"], block["text"]["text"], view["close"]["text"]) == ("New note", words, close)


def test_what_was_filled_in_is_read():
    state = {
        "name": {"name": {"type": "plain_text_input", "value": "Deploys"}},
        "repo": {"repo": {"type": "plain_text_input", "value": None}},
        "zone": {"zone": {"type": "static_select", "selected_option": {"value": "UTC"}}},
        "none": {"none": {"type": "static_select", "selected_option": None}},
    }
    assert forms.entered({"state": {"values": state}}) == {"name": "Deploys", "repo": "", "zone": "UTC", "none": ""}
    assert forms.entered({}) == {}


def test_a_menu_begins_with_what_is_picked():
    view = parts.form_view(Form("x"), "Zone", "Save", [parts.choice_field("zone", "Zone", {"UTC": "UTC"}, "UTC")])
    assert view_errors(view) == []
    assert view["blocks"][0]["element"]["initial_option"]["value"] == "UTC"


def test_a_button_opens_the_form_of_what_was_written():
    message = parts.open_button(Form("note_edit", "note-1"))
    assert message.text == "This needs a form. Press the button to open it."
    (button,) = message.blocks[1]["elements"]
    assert (button["action_id"], button["value"], button["text"]["text"]) == (
        "open_form",
        "note_edit note-1",
        "Open the form",
    )


def test_what_is_said_where_a_form_was_not_opened_or_not_taken():
    assert parts.NOT_OPENED.text == "Slack couldn't open the form. Nothing was changed; try again."
    assert (
        snapshot("Devin can't be reached, so the form can't be filled. Nothing was changed; try again in a minute.")
        == parts.NOT_LOADED
    )
    assert snapshot("Slack rejected this form. Nothing was changed; use Devin's own page instead.") == parts.NOT_DRAWN
    assert parts.OTHER_VERSION == (
        "Another version of Devin Bridge opened this form, so it wasn't saved. Copy what you "
        "need, and open the form again."
    )
    view = library.library_form(Form("note_add"), NOTE)
    assert parts.not_stored(view, maybe=False) == {
        "name": ("Devin Bridge can't store anything right now, so nothing was saved. Send the form again in a minute.")
    }
    assert parts.not_stored(view, maybe=True) == {
        "name": "Devin Bridge couldn't confirm that. Send the form again in a minute: it's saved only once."
    }
    assert parts.not_stored({}, maybe=False) == {}


# ---------------------------------------------------------------- fields of notes and playbooks


def said(kind, **fields):
    return mistakes(entered(kind, fields))


def test_an_empty_field_says_what_belongs_there():
    assert said(Kind.NOTE, name=" ", body="\n") == {
        "name": "Give it a name.",
        "trigger": "Say when Devin should use this note.",
        "body": "Write what Devin should know.",
    }
    assert said(Kind.PLAYBOOK) == {"name": "Give it a name.", "body": "Write what Devin should do."}


def test_a_field_that_is_too_long_says_by_how_much():
    assert said(Kind.NOTE, name="a", trigger="b", body="x" * 20_001) == {
        "body": "This has 20,001 characters, and the limit is 20,000. Make it shorter."
    }


@pytest.mark.parametrize("repo", ["web", "acme/", "https://github.com/acme/web", "acme web"])
def test_what_is_no_repository(repo):
    assert said(Kind.NOTE, name="a", trigger="b", body="c", repo=repo) == {
        "repo": "Write owner/name, such as acme/web, or all for all repositories, or leave it empty."
    }


@pytest.mark.parametrize("repo", ["all", " All "])
def test_a_note_may_be_pinned_to_all_repositories(repo):
    assert said(Kind.NOTE, name="a", trigger="b", body="c", repo=repo) == {}
    assert entered(Kind.NOTE, {"repo": repo}).repo == "all"


def test_what_is_no_macro():
    assert said(Kind.PLAYBOOK, name="a", body="b", macro="!a b") == {
        "macro": "Write a macro as ! and letters, digits, _ or -, such as !release, or leave it empty."
    }


def test_what_is_fine():
    assert said(Kind.NOTE, name="a", trigger="b", body="c", repo=" acme/web ") == {}
    assert entered(Kind.PLAYBOOK, {"name": "a", "body": "b", "macro": "release"}).macro == "!release"
    assert mistakes(PLAYBOOK) == {}


def test_a_text_that_is_too_long_for_a_form_is_edited_in_devin():
    assert library.too_long(NOTE) == (
        "The text of this note is longer than 20,000 characters, which is too long for a form. "
        "<https://app.devin.ai/knowledge|Edit it in Devin>."
    )


# ---------------------------------------------------------------- what is compared and recorded


def test_white_space_makes_no_other_note_and_another_word_does():
    tidied = LibraryItem(Kind.NOTE, "Deploys", "Go  through\nstaging.\n", trigger="when deploying", repo="acme/web")
    assert tidied.is_like(NOTE)
    assert not tidied.is_same_as(NOTE)  # who changes line breaks alone changes the note
    assert replace(NOTE, body="Go through staging.\n", id="").is_same_as(NOTE)
    assert tidied.digest != NOTE.digest
    assert not NOTE.is_like(LibraryItem(Kind.NOTE, "Deploys", "Go.", trigger="when deploying", repo="acme/web"))


def test_a_record_of_a_change_is_short():
    record = LibraryItem(Kind.NOTE, "Deploys", "x" * 500, trigger="t").as_record()
    assert record == {"name": "Deploys", "trigger": "t", "body": "x" * 199 + "…"}
    assert json.dumps(record)


def test_a_record_of_a_change_of_a_long_text_shows_where_it_begins():
    start, end = "Go on. " * 100, " as always." * 100
    before = NOTE.fields | {"body": f"{start}Ask Ben{end}", "repo": ""}
    after = NOTE.fields | {"body": f"{start}Ask Ada{end}", "name": "n" * 200, "trigger": "t" * 300}
    one, other = records_of_change(before, after)
    around = ("…. Go on. Go on. Ask ", f"{end[:175]}…")
    assert one == {"name": "Deploys", "trigger": "when deploying", "body": "Ben".join(around)}
    assert other == {"name": "n" * 200, "trigger": f"{'t' * 199}…", "body": "Ada".join(around), "repo": "acme/web"}


@pytest.mark.parametrize("added", [".", " Ask Ben." * 100])
def test_a_record_shows_what_a_long_text_has_gained_or_lost_at_its_end(added):
    short, long = NOTE.fields | {"body": "x" * 300}, NOTE.fields | {"body": f"{'x' * 300}{added}"}
    one, other = records_of_change(short, long)
    assert one["body"] == f"…{'x' * 20}"
    assert other["body"].startswith(f"…{'x' * 20}{added[:1]}")
    assert records_of_change(long, short) == (other, one)


def test_a_long_text_that_has_not_changed_is_recorded_by_its_beginning():
    before, after = NOTE.fields | {"body": "x" * 300}, NOTE.fields | {"body": "x" * 300, "name": "Deploy"}
    one, other = records_of_change(before, after)
    assert one["body"] == other["body"] == f"{'x' * 199}…"


@given(st.text("ab", max_size=300), st.text("ab", max_size=300), st.text("ab", max_size=300))
def test_records_of_a_change_differ_and_are_short(start, one, other):
    records = records_of_change({"body": start + one}, {"body": start + other})
    assert (records[0] == records[1]) == (one == other)
    assert all(len(text) <= 200 for record in records for text in record.values())


def test_a_search_is_in_all_fields():
    assert NOTE.contains("STAGING")
    assert NOTE.contains("acme")
    assert not NOTE.contains("prod")


# ---------------------------------------------------------------- the form for a start


EVERYTHING = Options("acme/web", "playbook-1", "fast", 5, ("a", "b"), "Login", ("acme/api",))


@pytest.mark.parametrize("start", [Launch(""), Launch("Fix it", EVERYTHING, "C0GENERAL"), Launch("x" * 5_000)])
def test_slack_takes_the_form_for_a_start(start):
    view = launch_views.launch_form(Form("launch", channel="C0GENERAL"), start)
    assert view_errors(view) == []
    assert [block["label"]["text"] for block in view["blocks"]] == [
        *("Task", "Repositories", "Playbook", "Mode", "ACU limit", "Tags", "Title", "Channel")
    ]
    assert [block["block_id"] for block in view["blocks"] if not block["optional"]] == ["task"]


def test_a_start_is_read_from_what_was_filled_in():
    fields = {
        "task": " Fix it ",
        "repos": "acme/web,acme/api",
        "playbook": "playbook-1",
        "mode": "fast",
        "limit": " 5 ",
    }
    fields |= {"tags": "a, b,,a", "title": "Login", "channel": "C0GENERAL"}
    assert read_launch(fields) == Launch("Fix it", EVERYTHING, "C0GENERAL")
    assert not mistakes_of(fields)
    assert read_launch({"task": "Fix it"}) == read_launch({"task": "Fix it", "playbook": "-", "mode": "-"})
    assert read_launch({"task": "Fix it"}) == Launch("Fix it")


def test_what_is_wrong_with_a_start():
    assert mistakes_of({"task": "repo=acme/web"}) == Mistakes(empty=True)
    forged = {"task": "x", "mode": "no mode!", "limit": "0", "tags": "slack-1", "title": "t" * 201}
    forged["repos"] = ",".join(f"acme/{number}" for number in range(11))
    found = mistakes_of(forged)
    assert found == Mistakes(fields=("limit", "tags", "mode", "title", "repos"))
    assert launch_views.sentences_of(found) == {
        "limit": "Write a whole number above zero, such as 10.",
        "tags": "Up to 40 tags, none of them devin-bridge or slack-….",
        "mode": "Pick one of normal, fast, lite, ultra, fusion, swe-2-medium, swe-2-high, swe-2-max.",
        "title": "Keep the title below 200 characters.",
        "repos": "Pick up to 10 repositories, each written as owner/name.",
    }
    assert mistakes_of({"task": "x mode=fast repo=acme/web", "mode": "fast", "repos": "acme/web"}) == Mistakes()
    assert mistakes_of({"task": "fix it rpeo=acme/web"}) == Mistakes(), "what is near an option is asked about"


def test_what_stands_in_a_field_counts_and_the_rest_is_as_typed():
    typed = Options("acme/old", "release", "lite", 3, ("x",), "Typed")
    assert with_options(typed, Options()) == typed
    assert with_options(typed, EVERYTHING) == Options(
        "acme/web", "playbook-1", "fast", 5, ("x", "a", "b"), "Login", ("acme/api",)
    )
    assert with_options(typed, Options(acu=9)) == Options("acme/old", "release", "lite", 9, ("x",), "Typed")


def test_what_was_picked_in_menus_is_read():
    several = [{"value": "acme/web"}, {"value": "acme/api"}, {}]
    state = {
        "repos": {"repos": {"type": "multi_external_select", "selected_options": several}},
        "channel": {"channel": {"type": "conversations_select", "selected_conversation": "C0GENERAL"}},
        "nowhere": {"nowhere": {"type": "conversations_select", "selected_conversation": None}},
    }
    assert forms.entered({"state": {"values": state}}) == {
        "repos": "acme/web,acme/api",
        "channel": "C0GENERAL",
        "nowhere": "",
    }


# ---------------------------------------------------------------- settings


def groups(chosen=None, fixed=None):
    return [settings_rules.Group(scope, chosen or {}, fixed or {}) for scope in SettingScope]


@pytest.mark.parametrize("chosen", [{}, {Setting.MODE: "fast", Setting.REPOS: ("acme/web",), Setting.REMINDERS: False}])
def test_slack_takes_the_form_of_settings(chosen):
    view = settings_modal.settings_form(Form("settings", "", "C1"), groups(chosen, {Setting.LIMIT: 5}), "bot.toml")
    assert view_errors(view) == []
    assert "*ACU limit*: `5`, set by `bot.toml`" in str(view)
    assert len(view["private_metadata"]) < 3_000


def test_only_changed_fields_of_settings_count():
    kept = settings_rules.drawn(groups({Setting.MODE: "fast", Setting.TAGS: ("a", "b")}, {Setting.LIMIT: 5}))
    same = {"channel.mode": "fast", "channel.tags": "a,b", "channel.turns": "-"}
    assert settings_rules.changes(kept, same | {"channel.limit": "7", "person.turns": "all"}) == []
    changed = same | {"channel.mode": "-", "channel.tags": "c"}
    assert settings_rules.changes(kept, changed) == [
        settings_rules.SettingChange(SettingScope.CHANNEL, Setting.MODE, None),
        settings_rules.SettingChange(SettingScope.CHANNEL, Setting.TAGS, ("c",)),
    ]
    assert settings_rules.mistakes(kept, same | {"person.mode": "fats"}) == {
        "person.mode": "There's no mode “fats”. Did you mean “fast”?"
    }
