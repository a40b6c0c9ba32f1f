"""The registry of commands against everything that repeats it: papers, manifest, routes, and the playground's page."""

import re
from pathlib import Path

import pytest

from bench import commands
from bot.conversation.start.adopt import AdoptCommand
from bot.conversation.start.anew import StartAnew
from bot.conversation.start.from_command import StartFromCommand
from bot.conversation.start.launch_form import LaunchForm
from bot.conversation.steer.give import Give
from bot.conversation.steer.notify import Notify
from bot.conversation.steer.quick_answer import QuickAnswers
from bot.conversation.steer.rate import Rate
from bot.conversation.steer.remind import Remind
from bot.conversation.steer.session_commands import SessionCommands
from bot.conversation.steer.session_list import SessionList
from bot.conversation.steer.stop_all import StopAll
from bot.conversation.steer.unsync import Unsync
from bot.domain.billing import Period
from bot.domain.commands.registry import ANSWER, ASIDE, CANCEL_OPERATION, HELP, NEW, OPEN_FORM, START
from bot.domain.commands.spec import Surface
from bot.domain.questions import By
from bot.features import COMMANDS, FEATURES
from bot.kernel.feature import Kernel
from bot.manifest import read_manifest

ROOT = Path(__file__).parent.parent.parent
KERNEL = Kernel(None, None, None, None)
HANDLERS = {
    **StartFromCommand(None, None, None, None).handlers(),
    **LaunchForm(None, None, None).handlers(),
    **StartAnew(None, None).handlers(),
    **AdoptCommand(None, None, None, None, None).handlers(),
    **Unsync(None).handlers(),
    **StopAll(None, None).handlers(),
    **Give(None, None, None).handlers(),
    **SessionCommands(None, SessionList(None, None), ()).handlers(),
    **Notify(None).handlers(),
    **SessionList(None, None).handlers(),
    **Rate(None).handlers(),
    **Remind(None, None).handlers(),
    **QuickAnswers(None).handlers(),
    **{spec: handler for feature in FEATURES for spec, handler in feature.handlers(KERNEL).items()},
}
WORDS = [form.phrase for spec in COMMANDS.specs if spec is not START for form in spec.ways_on(Surface.SLASH)]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def coded(text):
    return re.findall(r"`([^`]+)`", text)


# ---------------------------------------------------------------- manifest and papers


def test_slack_hints_at_commands_that_there_are():
    """The hint has one line, and `/devin help` names the others."""
    (command,) = read_manifest()["features"]["slash_commands"]
    task, *named = command["usage_hint"].split(" | ")
    assert task == "<task>"
    assert named
    assert set(named) <= set(WORDS)


def test_the_page_of_commands_is_made_from_their_table():
    assert read("docs/commands.md") == commands.page(), "`make commands` writes docs/commands.md again"


def test_each_command_that_can_be_typed_has_a_sentence_in_the_page():
    rows = [line for line in commands.page().splitlines() if line.startswith("| `")]
    assert len(rows) > len(COMMANDS.on(Surface.SLASH))
    assert [row for row in rows if not re.fullmatch(r"\| `.+` \| [a-z].{10,}[^.] \|", row)] == []


def test_the_readme_shows_commands_that_there_are():
    typed = re.findall(r"`/devin ([^`]+)`", read("README.md"))
    read_as = {text: COMMANDS.parser.slash(text).spec for text in typed}
    assert [text for text, spec in read_as.items() if (spec is START) != (text == "fix the flaky login test")] == []


def test_the_page_of_usage_names_every_period_and_every_part():
    table = "\n".join(line for line in read("docs/usage.md").splitlines() if line.startswith("|"))
    assert {*map(str, Period), *map(str, By)} <= set(coded(table))


def test_each_private_command_has_a_sentence_for_who_writes_it_in_a_channel():
    assert {spec for spec in COMMANDS.specs if spec.private} == {
        spec for spec, one in HANDLERS.items() if one.elsewhere
    }


def test_a_verb_about_no_session_has_a_branch_of_its_own():
    branches = {"help", "aside", "new", "adopt", "notify", "follow", "unfollow", "give", "remind"}  # in Conversation
    alone = {spec.name for spec in COMMANDS.specs if spec.ways_on(Surface.THREAD) and not spec.of_session}
    assert alone == branches, "add the branch where these have theirs, and then its name here"


def test_the_changelog_names_them():
    text = read("CHANGELOG.md")
    listed = [words.split("|") for words in re.findall(r"`/devin ([^`]+)`", text)]
    assert set(WORDS) <= {word for words in listed for word in words}
    verbs = {
        form.phrase for spec in COMMANDS.specs for form in spec.ways_on(Surface.THREAD) if form.phrase.startswith("!")
    }
    assert verbs <= {verb for listed in re.findall(r"`(![^`]+)`", text) for verb in listed.split()}


# ---------------------------------------------------------------- the table of handlers


def test_every_command_has_its_handler():
    # The first two are about what was written, and a press alone opens a form. Others the composition root adds.
    elsewhere = {ASIDE, NEW, OPEN_FORM, HELP, ANSWER, CANCEL_OPERATION}
    assert set(HANDLERS) == set(COMMANDS.specs) - elsewhere


@pytest.mark.parametrize("spec", HANDLERS, ids=lambda spec: spec.name)
def test_the_handler_does_what_the_command_may_be_asked_for(spec):
    handler = HANDLERS[spec]
    assert bool(handler.on_session) == spec.source.is_session
    assert handler.answer or handler.run or handler.on_session
    if spec.is_typed and spec is not START:
        assert handler.answer, "an ack answers it"


# ---------------------------------------------------------------- the playground, which imports nothing of the bot


@pytest.mark.parametrize(
    ("script", "pattern"),
    [
        ("bot/playground/page/static/tour.js", r'(?:press\(.*, |AGAIN = )"([\w:]+)"'),
        ("bot/playground/script.py", r'slack\.click\([^)]*, "([\w:]+)"\)'),
    ],
)
def test_the_playground_presses_buttons_that_there_are(script, pattern):
    pressed = set(re.findall(pattern, read(script)))
    assert pressed
    assert all(COMMANDS.press_of(action_id, "") for action_id in pressed)
