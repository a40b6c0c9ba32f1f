"""The help texts, whole, and that they name every form of every command."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import re

import pytest

from bot.domain.commands.registry import HELP, START
from bot.domain.commands.spec import Surface
from bot.features import COMMANDS
from bot.views.help_texts import admin_help, all_help, slash_help, thread_help
from tests.markup import written
from tests.unit.block_kit import assert_valid

THREAD_HELP = thread_help(COMMANDS.specs)
EVERYONES, ALL = (all_help(COMMANDS.specs, "all", admin=admin) for admin in (False, True))


def shown(message):
    return written(message.blocks) or message.text


def coded(message):
    return set(re.findall(r"`([^`]+)`", shown(message)))


def labels(message):
    return [element["text"]["text"] for block in message.blocks for element in block.get("elements", ())]


def test_a_newcomer_reads_eight_lines_at_most():
    assert shown(slash_help()) == (
        "*Devin Bridge* starts Devin sessions from Slack. Each session has its own thread.\n"
        "• `/devin fix the flaky login test` or `@Devin Bridge fix …` starts a session\n"
        "• `/devin` by itself opens a form with repository, playbook, and ACU limit\n"
        "• In a session's thread, reply to steer Devin; `!help` there shows what else you can do\n"
        "• `/devin list` shows your sessions; `/devin stop 2` stops the second one\n"
        "• `/devin cost` shows what your sessions used in this billing cycle\n"
        "• `/devin settings` sets your defaults and reminders"
    )
    assert shown(slash_help(admin=True)) == f"{shown(slash_help())}\n• `/devin help admin` shows what admins can do"
    assert labels(slash_help()) == ["Start a session", "My sessions", "Settings", "All commands"]
    assert shown(admin_help(COMMANDS.specs)) == (
        "*For admins of Devin Bridge*\n"
        "• `/devin usage` shows spending, for example `usage last month by team` or `usage week csv`\n"
        "• `/devin report` shows results: pull requests, merge rate, ACUs per merged one\n"
        "• `/devin digest add #web` posts spending and results to a channel every day\n"
        "• `/devin budget set #web 20 a week` sets a budget; `budget list` shows all of them\n"
        "• `/devin role add stop #web @ann` sets who can start, steer, stop, or see costs\n"
        "• `/devin settings channel` sets a channel's defaults, and which repositories and playbooks it allows\n"
        "• `/devin list all` shows everyone's sessions; `/devin stop all` stops them, `/devin pause` blocks new ones"
    )
    assert labels(admin_help(COMMANDS.specs)) == ["Usage", "Report", "Budgets", "All commands"]


def test_what_the_short_help_shows_can_be_typed():
    named = coded(slash_help(admin=True)) | coded(admin_help(COMMANDS.specs))
    typed = {text.removeprefix("/devin ").replace("#web", "C0WEB").replace("@ann", "U0ANN") for text in named}
    starts = {text for text in typed if COMMANDS.parser.slash(text).spec is START}
    assert starts == {"fix the flaky login test", "@Devin Bridge fix …", "!help", "/devin"}


def test_a_topic_shows_the_lines_of_its_commands_that_the_person_can_use():
    assert all_help(COMMANDS.specs, "note").text == (
        "• `/devin note list [text]` lists knowledge notes · `/devin note show N` shows a note"
    )
    assert len(all_help(COMMANDS.specs, "budget", admin=True).text.splitlines()) > 2
    assert all_help(COMMANDS.specs, "usage") is None
    assert all_help(COMMANDS.specs, "nothing", admin=True) is None


def test_what_works_in_a_thread():
    assert THREAD_HELP.text == (
        "Replies here go to Devin, unless they begin with someone else's @name. Commands in this thread (send each as its own message):\n• `!cost` shows what the session has used · `!status` shows its state\n• `!stop` (or `stop`, `cancel`, `sleep`) stops Devin; reply to resume\n• `!mute` (or `mute`) stops sending replies to Devin · `!unmute` (or `unmute`) sends replies to Devin again\n• `!aside …` (or `(aside) …`) is a note to people in the thread; Devin doesn't get it\n• `!archive` (or `archive`) archives this session; after that, replies don't reach Devin\n• `!new …` starts another session · `!adopt link` links a session from Devin to this thread · `!unsync` unlinks this thread; the session keeps running in Devin\n• `!notify [all|questions|done|off]` sets when you're mentioned in this thread\n• `!follow` also mentions you in this thread · `!unfollow` stops mentioning you in this thread · `!give @person` hands this session over to someone else · `!remind [on|off]` turns reminders about Devin's questions in this thread on or off\n• `EXIT` ends the session permanently (asks you to confirm)\n• `list`, `cost`, `status`, `settings`, or `help` by itself: only you see the answer"
    )


@pytest.mark.parametrize("message", [slash_help(admin=True), admin_help(COMMANDS.specs), ALL, THREAD_HELP])
def test_it_can_be_posted(message):
    assert_valid(message)


def test_all_commands_are_every_slash_form_and_no_other():
    # `start` is what everything else does, and who reads the help has found it.
    forms = {
        f"/devin {form.shown}" for it in COMMANDS.specs if it not in {START, HELP} for form in it.ways_on(Surface.SLASH)
    }
    named = {text for text in coded(ALL) if text.startswith("/devin ")}
    assert named == forms | {"/devin fix the flaky login test"}
    assert coded(EVERYONES) < coded(ALL)


def test_the_thread_help_names_every_written_form_and_no_other():
    forms = {form.shown for spec in COMMANDS.specs if spec is not HELP for form in spec.ways_on(Surface.THREAD)}
    alone = {form.phrase for spec in COMMANDS.specs for form in spec.ways_on(Surface.ALONE)}
    stops = {form.phrase for spec in COMMANDS.specs if spec.ends_session for form in spec.ways_on(Surface.ALONE)}
    assert forms | alone - stops <= coded(THREAD_HELP) <= forms | alone
    assert {form.shown for form in HELP.ways_on(Surface.THREAD)} <= coded(slash_help())


def test_all_commands_say_which_need_the_slash_or_a_direct_message():
    last = ALL.text.splitlines()[-1]
    assert last == (
        "• All but `archive`, `pause`, and `resume` also work without `/devin`, as a DM or after a mention "
        "(`audit`, `audit bot`, and `fanout` only as a DM)"
    )
