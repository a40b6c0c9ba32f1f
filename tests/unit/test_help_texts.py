"""The help texts, whole, and that they name every form of every command."""

import re

import pytest

from bot.domain.commands.registry import HELP, START
from bot.domain.commands.spec import ADDRESSED, Surface
from bot.features import COMMANDS
from bot.views.help_texts import admin_help, slash_help, thread_help
from tests import sentences
from tests.unit.block_kit import assert_valid

SLASH_HELP, ADMIN_HELP = slash_help(COMMANDS.specs), admin_help(COMMANDS.specs)
THREAD_HELP = thread_help(COMMANDS.specs)


def coded(message):
    return set(re.findall(r"`([^`]+)`", message.text))


def test_what_works_behind_the_slash_command():
    assert SLASH_HELP.text == sentences.HELP
    assert ADMIN_HELP.text == sentences.HELP_FOR_ADMINS


def test_what_everybody_reads_first_is_short():
    assert len(SLASH_HELP.text.splitlines()) <= 16
    assert len(SLASH_HELP.text) < 1_500


def test_what_works_in_a_thread():
    assert THREAD_HELP.text == sentences.HELP_IN_THREAD


@pytest.mark.parametrize("message", [SLASH_HELP, ADMIN_HELP, THREAD_HELP])
def test_it_can_be_posted(message):
    assert_valid(message)


def test_the_slash_help_names_every_slash_form_and_no_other():
    # `start` is what everything else does, and who reads the help has found it.
    forms = {
        f"/devin {form.shown}"
        for it in COMMANDS.specs
        if it not in {START, HELP}
        for form in it.forms_on(Surface.SLASH)
    }
    named = {text for text in coded(SLASH_HELP) | coded(ADMIN_HELP) if text.startswith("/devin ")}
    assert named == forms | {"/devin fix the flaky login test", "/devin help admin"}


def test_the_thread_help_names_every_written_form_and_no_other():
    forms = {form.shown for spec in COMMANDS.specs if spec is not HELP for form in spec.forms_on(Surface.THREAD)}
    assert coded(THREAD_HELP) == forms
    assert {form.shown for form in HELP.forms_on(Surface.THREAD)} <= coded(SLASH_HELP)


def test_the_slash_help_names_what_is_no_form_for_the_bot_itself():
    slash = {form.phrase for spec in COMMANDS.specs if spec is not START for form in spec.forms_on(Surface.SLASH)}
    addressed = {form.phrase for spec in COMMANDS.specs for form in spec.forms if form.surfaces == ADDRESSED}
    named = re.search(r"except (.*) also works as a direct message", SLASH_HELP.text)[1]
    assert set(re.findall(r"`([^`]+)`", named)) == slash - addressed
