"""The two help texts, whole, and that they name every form of every command."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import re

import pytest

from bot.domain.commands.registry import COMMANDS, HELP, START
from bot.domain.commands.spec import WRITTEN, Surface
from bot.views.help_texts import SLASH_HELP, THREAD_HELP
from tests.unit.block_kit import assert_valid


def coded(message):
    return set(re.findall(r"`([^`]+)`", message.text))


def test_what_works_behind_the_slash_command():
    assert SLASH_HELP.text == (
        "*Devin Bridge* starts Devin sessions from Slack; each session lives in its own thread.\n"
        "• `/devin fix the flaky login test` starts one, and so does `@Devin Bridge fix …` in a channel or thread\n"
        "• `/devin list` · `/devin status [number]` · `/devin stop [number]` · `/devin archive [number]`\n"
        "• `/devin usage [today|yesterday|week]` shows admins what was spent\n"
        '• Options may stand anywhere in the task: `repo=acme/web` `playbook=…` `mode=fast` `acu=10` `tags=a,b` `title="…"`\n'
        "• In a session's thread, reply to steer Devin; `!help` lists what else works there"
    )


def test_what_works_in_a_thread():
    assert THREAD_HELP.text == (
        "Every reply in this thread goes to Devin, except these, each as the whole message:\n"
        "• `!status` where it stands · `!cost` what it has used\n"
        "• `!stop` (or `sleep`) puts Devin to sleep; a reply wakes it\n"
        "• `!mute` / `!unmute` (or `mute` / `unmute`): replies are not sent to Devin / are sent again\n"
        "• `!aside …` (or `(aside) …`) is for the people here and not sent to Devin\n"
        "• `!archive` (or `archive`) puts Devin to sleep and closes this thread\n"
        "• `!new …` starts another session\n"
        "• `EXIT` ends the session for good, after a question"
    )


@pytest.mark.parametrize("message", [SLASH_HELP, THREAD_HELP])
def test_it_can_be_posted(message):
    assert_valid(message)


def test_the_slash_help_names_every_slash_form_and_no_other():
    # `start` is what everything else does, and who reads the help has found it.
    forms = {
        f"/devin {form.shown}" for it in COMMANDS if it not in {START, HELP} for form in it.forms_on(Surface.SLASH)
    }
    named = {text for text in coded(SLASH_HELP) if text.startswith("/devin")}
    assert named == forms | {"/devin fix the flaky login test"}


def test_the_thread_help_names_every_written_form_and_no_other():
    forms = {form.shown for spec in COMMANDS if spec is not HELP for form in spec.forms_on(*WRITTEN)}
    assert coded(THREAD_HELP) == forms
    assert {form.shown for form in HELP.forms_on(*WRITTEN)} <= coded(SLASH_HELP)
