"""The help texts, whole, and that they name every form of every command."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import re

import pytest

from bot.domain.commands.registry import HELP, START
from bot.domain.commands.spec import ADDRESSED, Surface
from bot.features import COMMANDS
from bot.views.help_texts import admin_help, slash_help, thread_help
from tests.unit.block_kit import assert_valid

SLASH_HELP, ADMIN_HELP = slash_help(COMMANDS.specs, admin=True), admin_help(COMMANDS.specs)
THREAD_HELP = thread_help(COMMANDS.specs)


def coded(message):
    return set(re.findall(r"`([^`]+)`", message.text))


def test_what_works_behind_the_slash_command():
    assert SLASH_HELP.text == (
        "*Devin Bridge* starts Devin sessions from Slack; each session lives in its own thread.\n"
        "• `/devin fix the flaky login test` starts one, and so does `@Devin Bridge fix …` in a channel or thread\n"
        "• `/devin list [mine|waiting|channel|all]` shows your sessions, those that need you first\n"
        "• `/devin cost` shows what your sessions used in this billing cycle\n"
        "• `/devin status [number]` · `/devin stop [number]` · `/devin archive [number]`, with a number or id from the list · `/devin adopt address` follows a Devin session\n"
        "• `/devin notify [all|questions|done|off]` sets when you're mentioned · `/devin insights [number]` shows how a session went\n"
        "• `/devin settings [mine|channel]` opens your settings and the channel's · `/devin settings why` shows what applies and why · `/devin identity` shows your Devin user\n"
        "• `/devin budget list` shows the budgets that apply to you here\n"
        "• `/devin note list [text]` lists what Devin knows · `/devin note show N` shows a note\n"
        "• `/devin playbook list [text]` lists playbooks · `/devin playbook show N` shows one\n"
        "• `/devin review URL` has Devin review a pull request\n"
        "• `/devin schedule list` shows what Devin runs on a schedule\n"
        '• Options can go anywhere in the task: `repo=acme/web` `playbook=…` `mode=fast` `acu=10` `tags=a,b` `title="…"`\n'
        "• In a session's thread, reply to steer Devin; `!help` lists what else works there\n"
        "• Without `/devin`, all of this except `archive` also works as a direct message or after a mention\n"
        "• `/devin help admin` lists what is for admins"
    )
    last = "\n• `/devin help admin` lists what is for admins"
    assert slash_help(COMMANDS.specs).text == SLASH_HELP.text.removesuffix(last)
    assert ADMIN_HELP.text == (
        "*For admins of Devin Bridge*\n"
        "• `/devin usage [today|yesterday|week|month|last month|cycle|YYYY-MM|YYYY-MM-DD..YYYY-MM-DD] [by person|channel|team|session|org|product|repo|playbook|day] [org=all] [csv]` shows what was spent\n"
        "• `/devin report [week|month|last month|cycle|YYYY-MM|YYYY-MM-DD..YYYY-MM-DD] [by person|channel|repo|playbook] [csv]` shows what came of pull requests\n"
        "• `/devin digest [list|add|remove|now]` chooses which channels get digests\n"
        "• `/devin team list` shows the teams that `usage by team` divides by\n"
        "• `/devin team add NAME @person|#channel|tag:… …` adds to a team. A session counts in one: by tag, else channel, else person\n"
        "• `/devin team remove NAME [@person|#channel|tag:… …]` removes it, or takes something out of it, and so do `/devin team rm …` and `/devin team delete …`\n"
        "• `/devin role list` shows who may `start`, `steer`, `stop`, see `cost` and `administer`\n"
        "• `/devin role add ROLE [#channel] @person|@group|everyone …` gives a role to them alone, in one channel or everywhere\n"
        "• `/devin role remove ROLE [#channel] [@person|@group …]` takes it from them, or from everyone who has it there\n"
        "• `/devin identity set @person e-mail|user-id` sets in whose name a person's sessions are at Devin · `/devin identity unset @person` has them in Devin Bridge's name\n"
        "• `/devin budget set org|#channel|@person|each-session|each-person|each-channel ACUs [a day|a week|a cycle] [warn 50,80]` sets a budget, after a question · `/devin budget try …` shows what it would have refused\n"
        "• `/devin budget remove N` removes it, and so do `/devin budget rm N` and `/devin budget delete N`\n"
        "• `/devin budget grant org|#channel|@person|each-… ACUs` adds to it until it resets\n"
        "• `/devin orgs` shows Devin's organisations, with their limits and ACUs\n"
        "• `/devin audit [action=…] [person=…] [org=…] [since=…] [until=…]` sends you Devin's audit log · `/devin audit bot [csv]` shows what was changed through Devin Bridge\n"
        "• `/devin fanout … orgs=all|name,id,… [acu=5] [tags=…]` starts one session in each organisation, after a preview\n"
        "• `/devin note add` opens a form for a new note · `/devin note edit N` · `/devin note delete N`\n"
        "• `/devin playbook add` opens a form for a new playbook · `/devin playbook edit N`\n"
        "• `/devin schedule add` opens a form for a new schedule · `/devin schedule pause N` · `/devin schedule resume N` · `/devin schedule delete N`, with a number from the list\n"
        "• `/devin metrics [week|month]` shows how much Devin is used\n"
        "• `/devin members [text]` shows who may use Devin, with their roles\n"
        "• `/devin secret list` shows the names of Devin's secrets · `/devin secret add` says where to add one\n"
        "• Without `/devin`, all of this also works directly or after a mention (`audit`, `audit bot` and `fanout` only directly)"
    )


def test_what_everybody_reads_first_is_short():
    assert len(SLASH_HELP.text.splitlines()) <= 16
    assert len(SLASH_HELP.text) < 1_500


def test_what_works_in_a_thread():
    assert THREAD_HELP.text == (
        "Replies here go to Devin, unless they begin with somebody else's @name. "
        "For Devin Bridge itself, each as the whole message:\n"
        "• `!cost` what it has used · `!status` where it stands\n"
        "• `!stop` (or `stop`, `cancel`, `sleep`) puts Devin to sleep; a reply wakes it\n"
        "• `!mute` / `!unmute` (or `mute` / `unmute`): replies aren't sent to Devin / are sent again\n"
        "• `!aside …` (or `(aside) …`) is for the people here and not sent to Devin\n"
        "• `!archive` (or `archive`) puts Devin to sleep and closes this thread\n"
        "• `!new …` starts another session · `!adopt address` follows a session from Devin here · `!unsync` ends that; Devin continues\n"
        "• `!notify [all|questions|done|off]` sets when you're mentioned in this thread · `!remind [on|off]` sets reminders of Devin's questions here\n"
        "• `EXIT` ends the session for good, after a question\n"
        "• `list`, `cost`, `status`, `settings` and `help` alone are answered to you only"
    )


@pytest.mark.parametrize("message", [SLASH_HELP, ADMIN_HELP, THREAD_HELP])
def test_it_can_be_posted(message):
    assert_valid(message)


def test_the_slash_help_names_every_slash_form_and_no_other():
    # `start` is what everything else does, and who reads the help has found it.
    forms = {
        f"/devin {form.shown}" for it in COMMANDS.specs if it not in {START, HELP} for form in it.ways_on(Surface.SLASH)
    }
    named = {text for text in coded(SLASH_HELP) | coded(ADMIN_HELP) if text.startswith("/devin ")}
    assert named == forms | {"/devin fix the flaky login test", "/devin help admin"}


def test_the_thread_help_names_every_written_form_and_no_other():
    forms = {form.shown for spec in COMMANDS.specs if spec is not HELP for form in spec.ways_on(Surface.THREAD)}
    alone = {form.phrase for spec in COMMANDS.specs for form in spec.ways_on(Surface.ALONE)}
    stops = {form.phrase for spec in COMMANDS.specs if spec.ends_session for form in spec.ways_on(Surface.ALONE)}
    assert forms | alone - stops <= coded(THREAD_HELP) <= forms | alone
    assert {form.shown for form in HELP.ways_on(Surface.THREAD)} <= coded(SLASH_HELP)


def test_the_slash_help_names_what_is_no_form_for_the_bot_itself():
    slash = {form.phrase for spec in COMMANDS.specs if spec is not START for form in spec.ways_on(Surface.SLASH)}
    addressed = {form.phrase for spec in COMMANDS.specs for form in spec.ways if form.surfaces == ADDRESSED}
    named = re.search(r"except (.*) also works as a direct message", SLASH_HELP.text)[1]
    assert set(re.findall(r"`([^`]+)`", named)) == slash - addressed
