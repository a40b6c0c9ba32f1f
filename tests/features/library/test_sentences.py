"""Every sentence about notes and playbooks that no scenario reads, and what Slack takes of a long text."""

import html
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.features.library import sentences as library
from bot.features.library.rules import Kind, LibraryItem
from bot.playground.slack.blocks import block_errors
from tests.unit.block_kit import assert_calls_nobody, assert_valid

NOTE = LibraryItem(
    Kind.NOTE, "Deploys", "Go through *staging*.", trigger="when deploying", repo="acme/web", id="note-1"
)
PLAYBOOK = LibraryItem(Kind.PLAYBOOK, "Release", "1. Tag it.", macro="!release", id="playbook-1")


def words(message):
    """What people read in the blocks of a message."""
    texts = []
    for block in message.blocks:
        inner = block.get("text", "")
        texts.append(inner["text"] if isinstance(inner, dict) else inner)
    return [text for text in texts if text]


def test_a_list_says_what_is_off_or_of_the_enterprise_and_what_could_not_be_read():
    off = replace(NOTE, name="Old <!channel> *rules*", trigger="", repo="", is_enabled=False, of_enterprise=True)
    assert library.listing(Kind.NOTE, [off], "", unreadable=2).text == (
        "*1 note*\n1. *Old &lt;\u200b!channel&gt; *rules** · off · of the enterprise\n:warning: 2 "
        "more rows of Devin's couldn't be read.\n`/devin note show 1` shows number 1 of this "
        "list."
    )


def test_a_list_says_what_is_pinned_to_all_repositories():
    message = library.listing(Kind.NOTE, [replace(NOTE, repo="all")], "")
    assert message.text.split("\n")[1] == "1. *Deploys* · when deploying · all repositories"


def test_lists_with_nothing_in_them():
    assert library.listing(Kind.PLAYBOOK, [], "").text == snapshot(
        "There are no playbooks yet. Admins can add one with `/devin playbook add`."
    )
    assert library.listing(Kind.NOTE, [], "prod").text == (
        "No note contains “prod”. `/devin note list` shows all of them."
    )
    assert library.listing(Kind.NOTE, [], "", unreadable=1).text == (
        "*0 notes*\n:warning: 1 more row of Devin's couldn't be read."
    )
    assert library.not_offered(Kind.NOTE).text == "Devin shows no notes to this organization. Nothing was changed."


def test_a_long_text_is_shown_as_far_as_a_message_holds_it():
    message = library.shown(replace(NOTE, body="word " * 5_000))
    assert block_errors(message.blocks) == []
    assert message.blocks[-1]["elements"][0]["text"] == (
        "<https://app.devin.ai/knowledge|Open in Devin> · the rest is there"
    )
    assert words(library.shown(replace(NOTE, body="", id="note-1")))[1] == "_(no text)_"


def test_what_is_said_about_changes():
    assert library.saved(PLAYBOOK, new=False).text == (
        "The playbook *Release* is changed. Sessions can use it from now on. "
        "<https://app.devin.ai/playbooks|Open in Devin>"
    )
    assert (
        library.late(PLAYBOOK).text
        == "Devin can't be reached right now. The playbook *Release* is kept and saved later; no need to resend."
    )
    assert library.deleted("Deploys").text == "The note *Deploys* is deleted."
    assert library.ALREADY_DELETED.text == "That note is deleted already."
    assert library.NOT_DELETED.text == "The note was kept."


def test_a_deletion_of_which_nobody_knows():
    assert library.MAYBE_DELETED.text == (
        "Devin didn't respond, so it's unclear whether the note was deleted. See `/devin note list`."
    )


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (
            library.gone_meanwhile(Kind.NOTE),
            "Someone deleted it while your form was open. `/devin note add` adds a new one.",
        ),
        (
            library.unreachable("0a1b"),
            "Devin couldn't be reached for hours. Send it again. Error ID `0a1b`.",
        ),
    ],
)
def test_what_was_not_saved_is_given_back(why, said):
    (message,) = library.not_saved(NOTE, why)
    assert message.text == "The note Deploys wasn't saved. The reason and your text are below."
    assert words(message) == [
        f":warning: The note *Deploys* wasn't saved. {said}",
        "*Trigger*\n```when deploying```",
        "*Repository*\n```acme/web```",
        "*Body*\n```Go through *staging*.```",
    ]


def test_what_may_have_been_saved_is_given_back_too():
    (message,) = library.maybe_saved(PLAYBOOK, "0a1b")
    assert message.text == "It's unclear whether the playbook Release was saved. Your text is below."
    assert words(message) == [
        (
            ":warning: Devin didn't respond, so it's unclear whether the playbook *Release* was saved. "
            "`/devin playbook list` shows it if it was. Error ID `0a1b`."
        ),
        "*Macro*\n```!release```",
        "*Body*\n```1. Tag it.```",
    ]


def test_a_name_that_the_head_cuts_is_given_back_whole():
    (message,) = library.not_saved(replace(NOTE, name="n" * 101, trigger="", repo=""), "No.")
    assert words(message) == [
        f":warning: The note *{'n' * 99}…* wasn't saved. No.",
        f"*Name*\n```{'n' * 101}```",
        "*Body*\n```Go through *staging*.```",
    ]
    (message,) = library.not_saved(replace(PLAYBOOK, name="n" * 101), "No.")
    assert words(message)[1] == f"*Title*\n```{'n' * 101}```"


def test_what_one_message_does_not_hold_comes_in_further_ones():
    first, second, third = library.not_saved(replace(NOTE, trigger="", repo="", body="a & b\n" * 3_000), "No.")
    assert first.text == "The note Deploys wasn't saved. The reason and your text are below."
    assert words(first)[0] == snapshot(":warning: The note *Deploys* wasn't saved. No. Your text is in 3 messages.")
    assert words(first)[1].startswith("*Body*\n```a &amp; b\na")
    assert words(first)[1].endswith("\na &amp; b\n```")  # cut behind a line
    assert [(one.text, words(one)[0]) for one in (second, third)] == [
        ("Your text, 2 of 3", "*Your text, 2 of 3*"),
        ("Your text, 3 of 3", "*Your text, 3 of 3*"),
    ]


def test_a_fence_in_what_was_written_is_shown_with_other_marks():
    (message,) = library.not_saved(replace(PLAYBOOK, macro="", body="```sh\nmake\n```"), "No.")
    assert words(message) == [
        ":warning: The playbook *Release* wasn't saved. No. Three backticks in a row are shown as `'''`.",
        "*Body*\n```'''sh\nmake\n'''```",
    ]


def given_back(messages):
    """The text that the last field of `messages` had, put together again."""
    texts = [text for message in messages for text in words(message)]
    field = next(number for number, text in enumerate(texts) if text.startswith("*Body*"))
    parts = [text.removeprefix("*Body*\n") for text in texts[field:] if not text.startswith("*Your text, ")]
    assert all(part.startswith("```") and part.endswith("```") for part in parts)
    return html.unescape("".join(part[3:-3] for part in parts))


@pytest.mark.parametrize(
    "body",
    [
        "x" * 20_000,
        "<" * 20_000,
        "&\n" * 10_000,
        "'''python\n" * 900,
        "é" * 2_801,
        f"{'a' * 1_399}\n{'b' * 2_800}",
        "\n" * 20_000,
        "<a href='x'>&</a>\n" * 1_100,
    ],
)
def test_a_long_text_is_given_back_whole_in_messages_that_slack_takes(body):
    note = replace(NOTE, name="<" * 200, trigger="&" * 1_000, repo="r" * 200, body=body)
    for messages in (library.not_saved(note, "w" * 500), library.maybe_saved(note, "0a1b")):
        assert given_back(messages) == body
        for message in messages:
            assert block_errors(message.blocks) == []
            assert_valid(message)


@given(st.text(st.sampled_from("ab<&>\n "), min_size=1, max_size=50), st.integers(1, 400))
def test_nothing_of_what_was_written_gets_lost(part, times):
    body = (part * times)[:20_000]
    messages = library.not_saved(replace(NOTE, body=body), "No.")
    assert given_back(messages) == body
    assert all(sum(map(len, words(message))) <= 12_200 for message in messages)


def test_what_is_given_back_calls_nobody():
    for message in library.not_saved(replace(NOTE, trigger="@here", body="<!channel> <@U1> @everyone\n" * 600), "No."):
        assert_calls_nobody(message)
