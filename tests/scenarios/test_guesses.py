"""Guesses at commands start no session, whichever way they come; tasks start one at once, in other languages too."""

import time

import pytest

from bot.domain.commands.registry import START
from bot.domain.commands.small_talk import small_talk
from bot.features import COMMANDS
from bot.features.pauses.specs import PAUSE
from bot.views.modals.parts import OPENED
from tests.guesses import GUESSES, TASKS
from tests.markup import written
from tests.scenarios.ahead import rows, until
from tests.scenarios.harness import ADA, ANN, BEN, GENERAL, WEB, Harness
from tests.scenarios.observations import (
    SOON,
    buttons,
    creations,
    private_answers,
    sent_to_devin,
    settled,
    what_became_of,
)

DM = "D0ADA"
FORGET = "Your Devin Bridge operator can delete a person's data with `python -m bot forget person`."
HEALTH = "Your Devin Bridge operator can check it with `python -m bot doctor`."
EVERY = 12  # a sample takes one of so many
SAMPLE = GUESSES[::EVERY]


async def answered(on: Harness, guesses: tuple[str, ...]) -> None:
    """Each of the messages has its private answer, though not sent yet: Slack takes fewer than two a second."""

    async def dealt_with() -> bool:
        waiting = [row for row in await rows(on, "inbox", state="open") if row["ready_at"] < time.time() + SOON]
        return not waiting and not await on.slack.deliveries(status="pending")

    await until(dealt_with, seconds=200)
    private = {row["key"].split(":asked")[0].removeprefix("priv:") for row in await rows(on, "outbox")}
    messages = [row["key"] for row in await rows(on, "inbox") if row["key"].startswith("msg:")]
    welcomed = any(":welcome:" in key for key in private)
    greeting = [text for text in guesses if small_talk(text) is not None]
    assert len([key for key in messages if key in private]) >= len(set(guesses)) - len(greeting)
    assert welcomed or not greeting


async def typed(on: Harness, guesses: tuple[str, ...]) -> None:
    for text in guesses:
        answer = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        is_list = text in {"playbooks", "secrets"}  # which shows what Devin answers, later
        if COMMANDS.parser.slash(text).spec is START and small_talk(text) is None and not is_list:
            assert ("nothing was started" in answer["rendered"].lower()) or answer["rendered"].startswith(
                "What should Devin do?"
            ), text
    await settled(on)
    assert await creations(on) == 0


async def mentioned(on: Harness, guesses: tuple[str, ...]) -> None:
    for text in guesses:
        await on.mention(text, ADA)
    await answered(on, guesses)
    assert await creations(on) == 0


async def written_directly(on: Harness, guesses: tuple[str, ...]) -> None:
    for text in guesses:
        await on.slack.say(ADA, "im", text)
    await answered(on, guesses)
    assert await creations(on) == 0


def test_there_are_enough_of_both() -> None:
    assert len(set(GUESSES)) >= 150
    assert len(set(TASKS)) >= 50


async def test_a_sample_of_them_starts_nothing_behind_a_slash(on: Harness) -> None:
    await typed(on, SAMPLE)


async def test_a_sample_of_them_starts_nothing_behind_a_mention(on: Harness) -> None:
    await mentioned(on, SAMPLE)


async def test_a_sample_of_them_starts_nothing_in_a_direct_message(on: Harness) -> None:
    await written_directly(on, SAMPLE)


@pytest.mark.edge
@pytest.mark.timeout(300)
async def test_none_of_them_starts_a_session_behind_a_slash(on: Harness) -> None:
    await typed(on, GUESSES)


@pytest.mark.edge
@pytest.mark.timeout(300)
async def test_none_of_them_starts_a_session_behind_a_mention(on: Harness) -> None:
    await mentioned(on, GUESSES)


@pytest.mark.edge
@pytest.mark.timeout(300)
async def test_none_of_them_starts_a_session_in_a_direct_message(on: Harness) -> None:
    await written_directly(on, GUESSES)


async def test_what_was_meant_as_a_task_starts_with_a_press(on: Harness) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, "fix it"))["shown"]
    assert written(asked["blocks"]) == "`fix it` doesn't look like a task for Devin. Nothing was started."
    assert buttons(asked) == ["Show help", "Start a session"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:start")
    await on.session("fix it")
    await settled(on)
    assert await creations(on) == 1


@pytest.mark.parametrize(
    ("text", "question", "button"),
    [
        ("sessions", "`sessions` isn't a command here, but `list` is. Nothing was started.", "Show list"),
        ("pause 2", f"{PAUSE.instead} Nothing was stopped.", "Stop 2"),
        ("please stop", "Did you mean `stop`? Nothing was stopped.", "Stop"),
        ("alarms", "Alarms have no command. Use the buttons under each alarm. Nothing was started.", "Show help"),
        (
            "is the bot healthy?",
            "`/devin help` might answer that. Nothing was started.",
            "Show help",
        ),
        (
            "budget @ann 10 per month",
            "Did you mean `budget set`? Nothing was started.",
            "Run budget set @ann 10 per month",
        ),
        ("pause @ben", f"{PAUSE.instead} Nothing was started.", "Show list all"),
        (f"pause <@{BEN}|ben>", f"{PAUSE.instead} Nothing was started.", "Show list all"),
        ("allowlist", "Did you mean `settings`? Nothing was started.", "Show settings channel"),
        ("channel settings", "Did you mean `settings`? Nothing was started.", "Show settings channel"),
        (
            "audit last week",
            "`audit` doesn't take `last week`. Try `since=2026-11-26` or `person=ada@example.com`. "
            "Nothing was started.",
            "Show audit",
        ),
        (
            "schedule remove 9",
            "`schedule` doesn't take `remove 9`. Nothing was started.",
            "Run schedule delete 9",
        ),
        (
            "digest test",
            "`digest` doesn't take `test`. Try `list`, `add`, `remove`, or `now`. Nothing was started.",
            "Show digest",
        ),
        (f"forget <@{BEN}|ben>", f"{FORGET} Nothing was started.", "Show help"),
        ("doctor", f"{HEALTH} Nothing was started.", "Show help"),
        ("health check", f"{HEALTH} Nothing was started.", "Show help"),
        ("ping", "`ping` isn't a command here, but `help` is. Nothing was started.", "Show help"),
        (
            "resume 2",
            "`/devin resume` ends a pause. To wake a session, reply in its thread. Nothing was started.",
            "Show list",
        ),
    ],
)
async def test_the_command_that_does_it_is_offered(on: Harness, text: str, question: str, button: str) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    assert written(asked["blocks"]) == question
    is_bare = text in {"sessions", "please stop", "ping"} or text.startswith("pause ")  # hardly more than a command
    assert buttons(asked) == ([button] if is_bare else [button, "Start a session"])


@pytest.mark.parametrize(
    ("text", "button"),
    [
        ("limit everybody to 10 acu per week", "Run budget set each-person 10 per week"),
        ("cap everyone at 10 ACUs a week", "Run budget set each-person 10 a week"),
        ("limit the team Payments to 400 per month", 'Run budget set team:"Payments" 400 per month'),
        ("who can use this?", "Show role list"),
        ("who are the admins", "Show admins"),
        ("everyone 20", "Run budget set each-person 20"),
        (f"<#{WEB}|web> 20 a week", "Run budget set #web 20 a week"),
        ("org 500 per month", "Run budget set org 500 per month"),
        ("show me what ann spent", "Show usage month by person"),
        (f"what did <@{ANN}|ann> spend this month", "Show usage @ann this month"),
        ("I want to cancel my last session", "Stop"),
        (f"make <@{BEN}|ben> an admin", "Run role add administer @ben"),
        (f"please promote <@{BEN}|ben> to team lead", "Show role list"),
        ("make ben an admin", "Run role add administer @ben"),
        ("add cleo as admin", "Run role add administer @cleo"),
        ("which sessions cost the most", "Show usage month by session"),
        ("our merge rate by repo", "Show report month"),
        (f"send the report to <#{WEB}|web> every monday", "Run digest add weekly #web"),
        (f"post a summary to <#{WEB}|web> every weekday", "Run digest add daily #web"),
        ("limit ben to 20 ACUs a month", "Run budget set @ben 20 a month"),
        ("what did each person cost", "Show usage month by person"),
        ("our top spenders", "Show usage month by person"),
        ("ben's usage", "Show usage month by person"),
        ("compare this month to last month", "Show usage last month"),
        ("post a daily digest in this channel", "Run digest add daily #here"),
        ("set my limit to 100", "Show settings"),
        ("use acme/web by default", "Show settings"),
        ("remind me less often", "Show settings"),
        ("hand over my session to ann", "Give @ann"),
        ("please give this to Ben", "Give @ben"),
        ("set my budget to 10", "Run budget set @me 10 a cycle"),
        ("which pull requests were merged?", "Show report"),
        ("how many PRs got merged last week?", "Show report"),
        ("weekly report to #ops", "Run digest add weekly #ops"),
        (f"post a daily summary in <#{WEB}|web>", "Run digest add daily #web"),
        ("could you please list all?", "Show list all"),
        ("whos working on what", "Show list all"),
        ("put the bot on hold for the weekend", "Pause"),
        ("Ben may not spend more than 20 a month", "Run budget set @Ben 20 a month"),
        ("limit this channel to 50 ACUs a month", "Run budget set #here 50 a month"),
        ("budget raise to 300", "Run budget set org 300"),
        ("set the default limit to 5 ACUs for everyone", "Run budget set each-session 5"),
        ("do I have any budget left?", "Show budget list"),
        ("who is over budget", "Show budget list"),
        ("request more budget", "Show budget list"),
        ("what did this channel cost in November?", "Show usage #here november"),
        ("what are the top 5 most expensive sessions in november", "Show usage november by session"),
        ("what was the money spent on", "Show usage month by session"),
        ("export december as csv", "Show usage december csv"),
        ("send me a weekly report every monday morning", "Run digest add weekly"),
        (f"post the costs to <#{WEB}|web> every monday at 9", "Run digest add weekly #web 9:00"),
        ("switch off the daily digest", "Show digest list"),
        ("everyone may start again", "Run role add start everyone"),
        ("only engineers should be able to start", "Show role list"),
        (f"lock <#{WEB}|web> for guests", "Show role list"),
        ("please give me start permission", "Show admins"),
        ("who changed the budget?", "Show audit bot"),
        (f"please give the lodash session to <@{ANN}|ann>", "Give @ann"),
        ("quiet", "Show settings mine"),
        ("emergency stop!!", "Pause"),
        ("please freeze all devin work until monday, we have an incident", "Pause"),
        ("shut everything down NOW", "Pause"),
        ("nobody should start sessions today", "Pause"),
        ("lock down the workspace", "Pause"),
        ("pasue evrything", "Pause everything"),
        ("disable devin in this channel", "Pause #here"),
        ("turn devin back on", "Resume"),
        ("transfer bens sessions to ann", "Show list all"),
        ("budget 50 ACU a month for this channel", "Run budget set #here 50 a month"),
        ("budget ben 10", "Run budget set @ben 10"),
        ("raise the monthly cap for the web team to 200", 'Run budget set team:"web" 200 a month'),
        ("nobody may start anything over 10 ACU", "Run budget set each-session 10"),
        ("ask ada for more budget", "Show budget list"),
        ("approve bens budget request", "Show budget list"),
        ("what limits do we have", "Show budget list"),
        ("max 5 sessions a day for each person", "Show settings channel"),
        ("allow only opus in this channel", "Show settings #here"),
        (f"restrict <#{WEB}|web> to acme/web only", "Show settings #web"),
        ("only the web team shoud be able to start sessions here", "Show role list"),
        ("remove bens access pls", "Show role list"),
        ("who has access?", "Show role list"),
        ("list all users and their permissions", "Show role list"),
        ("give ann permission to stop other peoples sessions", "Run role add stop @ann"),
        ("add ben to the payments team", "Show team list"),
        ("create a weekly cost summary for the managers", "Run digest add weekly"),
        ("make a report of costs per team", "Show usage month by team"),
        ("track spending per person", "Show usage month by person"),
        ("give me yesterdays bill", "Show usage yesterday"),
        ("show me all the changes ben made this week", "Show audit bot"),
        ("review our spending and cut what we dont need", "Show usage month by session"),
        ("clean up old sessions", "Show list"),
        ("clean up unused schedules", "Show schedule list"),
        ("raise anns budget by 50", "Run budget grant @ann 50"),
        ("everyone gets 20 ACUs per week", "Run budget set each-person 20 per week"),
        ("lets cap spending at 500 a month", "Run budget set org 500 a month"),
        ("is anyone over their limit", "Show budget list"),
        ("whats our merge rate", "Show report month"),
        ("how much per PR", "Show report"),
        ("compare october and november", "Show usage last month"),
        ("who changed settings yesterday", "Show audit bot"),
        ("only let engineers use opus", "Show role list"),
        ("make the bot private", "Show role list"),
        ("why cant i start", "Show role list"),
        ("show me ann's sessions", "Show list all"),
        ("what did devin do yesterday", "Show list"),
        ("dont ping me at night", "Show settings"),
        ("add a team called payments", "Run team add payments"),
    ],
)
async def test_a_sentence_that_says_what_a_command_does_offers_it(on: Harness, text: str, button: str) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    assert f"Nothing was {'stopped' if button == 'Stop' else 'started'}." in written(asked["blocks"])
    assert buttons(asked) == [button, "Start a session"]
    assert await creations(on) == 0


async def test_a_budget_of_ones_own_is_for_who_asks(on: Harness) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, "set my budget to 10"))["shown"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:budget_set")
    await settled(on)
    said, _ = await what_became_of(on, asked)
    assert said.startswith("Set a budget of 10 ACUs a cycle for <@U0ADA>, with a warning at 80%?")
    member = (await on.slack.slash(BEN, GENERAL, "set my budget to 10"))["shown"]
    assert member["text"] == "Only admins can change budgets. Ask <@U0ADA>."
    assert buttons(member) == ["Start a session"]


@pytest.mark.parametrize(
    "task",
    [
        "limit everyone to 3 login attempts per day",
        "cap the retries of the worker at 5",
        "what memory used by the worker leaks in src/pool.py",
        "make the admin page show who made ben an admin",
    ],
)
async def test_a_limit_within_the_work_starts_at_once(on: Harness, task: str) -> None:
    await on.slack.slash(ADA, GENERAL, task)
    await on.session(task)


@pytest.mark.parametrize("task", TASKS[::EVERY])
async def test_a_task_starts_at_once(on: Harness, task: str) -> None:
    await on.slack.slash(ADA, WEB, task)
    await on.mention(task, BEN)
    await on.slack.say(BEN, "im", task)

    async def started() -> bool:
        return await creations(on) == 3

    await until(started)


async def test_in_a_thread_a_few_words_say_what_is_to_be_done(on: Harness) -> None:
    ts = await on.slack.say(BEN, GENERAL, "the login test fails since Monday")
    await on.mention("fix this", ADA, thread_ts=ts)
    made = await on.session("fix this")
    assert "the login test fails since Monday" in made["prompt"]


async def test_a_short_line_is_a_reply_where_a_session_runs(on: Harness) -> None:
    await on.slack.say(ADA, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await settled(on)
    await on.slack.say(ADA, "im", "with pytest")
    await on.devin.wait_for_messages("with pytest")
    assert len(await sent_to_devin(on, session)) == 1
    assert await creations(on) == 1


@pytest.mark.parametrize(
    ("text", "button", "said"),
    [
        ("how many credits are left this month?", "Show cost", "`/devin cost` might answer that."),
        ("wie viel Budget ist noch übrig?", "Show budget list", "`/devin budget list` might answer that."),
        ("which sessions are running right now?", "Show list", "`/devin list` might answer that."),
        ("où en es-tu avec la migration ?", "Show list", "`/devin list` might answer that."),
        ("who started this session?", "Show list", "`/devin list` might answer that."),
        ("what can you do for us?", "Show help", "`/devin help` might answer that."),
        ("tell me a good joke about programmers", "Show help", ""),
    ],
)
async def test_a_question_to_the_bot_is_asked_about_and_costs_nothing(
    on: Harness, text: str, button: str, said: str
) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    said = said or f"`{text}` doesn't look like a task for Devin."
    assert written(asked["blocks"]) == f"{said} Nothing was started."
    assert buttons(asked) == [button, "Start a session"]
    await on.mention(text, BEN)
    same = await on.slack.wait_for_ephemeral(BEN, "Nothing was started.")
    assert buttons(same) == [button, "Start a session"]
    await settled(on)
    assert await creations(on) == 0


FREE = "Devin Bridge is free; Devin bills its work in ACUs (agent compute units). `acu=5` in a task limits it to 5."
REPOSITORIES = "Devin sees only the repositories that your Devin admins connected."
PLACES = "Devin Bridge works in DMs, and in channels it's invited to."
READERS = "Everyone in a channel can read its session threads. Your Devin organization controls who can open a session."
HOW_TO_STOP = "To stop a session, write `stop` in its thread, or press “Stop” on its card."
A_BOT = "Devin Bridge is a bot. It passes your tasks and replies to Devin, the AI software engineer."
REOPEN = "To wake a session, reply in its thread. Archived sessions stay closed; start a new one."
REMINDERS = (
    "`/devin settings mine` sets your reminders and mentions. `!remind off` in a session's thread stops its reminders."
)
MENTIONED = "You're mentioned when Devin has a question or is done."
LATER = f"Devin Bridge doesn't set reminders, but Slack's `/remind` does. {MENTIONED}"
DONE = f"{MENTIONED} `/devin notify` changes that."
LIMIT = (
    "A session gets its limit when it starts: `acu=5` in a task limits it to 5 ACUs. "
    "`/devin settings mine` sets yours for every session."
)
ACCESS = "`/devin role list` shows who can use Devin here. Admins limit that with `/devin role add start @person`."
UNDO = (
    "Changes to budgets, roles, and digests have an “Undo” button for a minute. "
    "After that, set the old value again, such as with `/devin budget set`."
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("is this free?", FREE),
        ("what's an ACU?", FREE),
        ("who pays for the sessions?", FREE),
        ("how do I see my costs?", "`/devin cost` might answer that."),
        ("can you see our private repos?", REPOSITORIES),
        ("do you know our codebase", REPOSITORIES),
        ("can I use this in private channels?", PLACES),
        ("do you also answer in direct messages?", PLACES),
        ("who can see my session?", READERS),
        ("will my teammates see what I ask you?", READERS),
        ("how do I stop it?", HOW_TO_STOP),
        ("can I interrupt you somehow?", HOW_TO_STOP),
        ("are you devin?", A_BOT),
        ("what kind of bot is this?", A_BOT),
        ("undo", UNDO),
        ("undo the last one", UNDO),
        ("reopen", REOPEN),
        ("please reactivate my last session", REOPEN),
        ("remind me less often", REMINDERS),
        ("how do I get fewer reminders?", REMINDERS),
        ("block ben", ACCESS),
        ("ban ben from using devin", ACCESS),
        ("remind me tomorrow at ten", LATER),
        ("remind me tomorrow to check the lodash PR", LATER),
        ("tell me when the revert is done", DONE),
        ("cap this one at 3 ACUs", LIMIT),
        ("make it max 5 acu", LIMIT),
    ],
)
async def test_a_question_about_the_bot_is_answered_in_a_sentence(on: Harness, text: str, said: str) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    assert written(asked["blocks"]) == f"{said} Nothing was started."
    assert buttons(asked)[1:] == ["Start a session"]
    await on.slack.say(BEN, "im", text)
    assert written((await on.slack.wait_for_message("D0BEN", "Nothing was started."))["blocks"]) == (
        f"{said} Nothing was started."
    )
    assert await creations(on) == 0


async def test_a_task_that_begins_with_the_word_of_a_command_is_offered_as_one(on: Harness) -> None:
    text = "cost optimization: reduce our S3 bill"
    asked = (await on.slack.slash(ANN, GENERAL, text))["shown"]
    assert written(asked["blocks"]) == f"Is “{text}” a task for Devin? Nothing was started."
    assert buttons(asked) == ["Start a session", "Show cost"]
    await on.slack.click(ANN, GENERAL, asked["ts"], "choose:start")
    await on.session(text)
    admins = (await on.slack.slash(BEN, GENERAL, "budget tracker: round the totals"))["shown"]
    assert buttons(admins) == ["Start a session", "Show budget list"]


@pytest.mark.parametrize(
    ("text", "said", "labels"),
    [
        ("role", "Which one? Try `role list`, `add`, or `remove`.", ["Show role list"]),
        (
            "follow",
            "`follow` works only in a session's thread: write `!follow` there.",
            ["My sessions"],
        ),
        ("note", "Which one? Try `note list`, `show`, `add`, `edit`, or `delete`.", ["Show note list"]),
    ],
)
async def test_the_word_of_a_command_alone_offers_no_session(
    on: Harness, text: str, said: str, labels: list[str]
) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    assert asked["text"] == f"{said} Nothing was started."
    assert buttons(asked) == labels
    assert (text in {"role", "note"}) is ("\n• `/devin " in asked["rendered"])


async def test_the_word_of_a_command_alone_is_the_only_one_that_somebody_has(on: Harness) -> None:
    """Of what can be done with schedules and budgets, only to list them is for everyone."""
    none = "No budget applies to you here."
    assert (await on.slack.slash(ANN, GENERAL, "budget"))["shown"]["text"] == none
    await on.slack.say(ANN, "im", "budget")
    await on.slack.wait_for_message("D0ANN", none)
    ts = await on.slack.say(BEN, GENERAL, "who has seen this?")
    await on.slack.say(ANN, GENERAL, "<@U0BOT> budget", thread_ts=ts)
    await on.slack.wait_for_ephemeral(ANN, none, thread_ts=ts)
    assert not (await on.slack.slash(ANN, GENERAL, "schedule"))["shown"]
    await on.slack.wait_for_ephemeral(ANN, "`ManageOrgSchedules`")  # Devin was asked for the list
    assert await creations(on) == 0


async def test_the_plural_of_a_list_shows_it_at_once(on: Harness) -> None:
    assert (await on.slack.slash(ANN, GENERAL, "budgets"))["shown"]["text"] == "No budget applies to you here."
    refused = (await on.slack.slash(ANN, GENERAL, "teams"))["shown"]
    assert refused["text"] == "Only admins can manage teams. Ask <@U0ADA>."
    assert (await on.slack.slash(ADA, GENERAL, "roles"))["shown"]["text"] == "Who can do what"
    assert await creations(on) == 0


async def test_a_question_about_the_code_starts(on: Harness) -> None:
    await on.mention("what does the function that counts the costs return?")
    await on.session("counts the costs")
    await settled(on)
    assert await private_answers(on, ANN) == []


@pytest.mark.both_transports
async def test_a_ticket_alone_is_asked_about_once_until_a_tracker_is_known(on: Harness) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, "fix WEB-123"))["shown"]
    assert asked["text"] == (
        "No session here has named a tracker or repository yet. Can Devin find `fix WEB-123`? Nothing was started."
    )
    assert buttons(asked) == ["Start a session"]
    await on.mention("fix #42", BEN)
    await on.slack.wait_for_ephemeral(BEN, "Can Devin find `fix #42`?")
    await settled(on)
    assert await creations(on) == 0
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:start")
    await on.session("fix WEB-123")
    await settled(on)
    await on.slack.slash(ADA, GENERAL, "fix WEB-124")
    await on.session("fix WEB-124")
    await on.mention("fix #43", BEN)
    await on.session("fix #43")


async def test_who_asks_for_a_review_may_choose_it_or_a_session(on: Harness) -> None:
    await on.mention("please review https://github.com/acme/web/pull/7", ADA)
    asked = await on.slack.wait_for_ephemeral(ADA, "Nothing was started.")
    assert asked["text"] == "Devin can review this pull request, or work on it in a session. Nothing was started."
    assert buttons(asked) == ["Review", "Start a session"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:start")
    await on.session("please review https://github.com/acme/web/pull/7")
    await on.mention("review https://github.com/acme/web/pull/8 for security problems and leave comments", ADA)
    await on.session("for security problems")


async def test_a_question_about_the_teams_spending_leads_to_figures_for_who_may_see_them(on: Harness) -> None:
    for text, button in {
        "how much did we spend last month?": "Show usage last month",
        "who spent the most": "Show usage month by person",
        "who used most": "Show usage month by person",
        "how many ACUs do we have left?": "Show usage month",
        f"what did <@{BEN}|ben> spend": "Show usage @ben month",
        "set budget to 100 acus per month": "Run budget set org 100 a month",
        "how much have I used?": "Show cost",
    }.items():
        asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        assert buttons(asked) == [button, "Start a session"], text
    for text in ("how much did we spend last month?", "who spent the most"):
        member = (await on.slack.slash(BEN, GENERAL, text))["shown"]
        assert member["text"] == "Only admins can see usage figures. Ask <@U0ADA>. `/devin cost` shows your own."
        assert buttons(member) == ["Show cost", "Start a session"]
    asked = (await on.slack.slash(ADA, GENERAL, "who spent the most"))["shown"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:usage")
    await on.slack.wait_for_ephemeral(ADA, "by person")
    assert await creations(on) == 0


async def test_cost_of_others_leads_to_usage(on: Harness) -> None:
    said = "`cost` shows only your own sessions, and `usage` everyone's. Nothing was started."
    for text, button in {
        f"cost <@{BEN}|ben>": "Show usage @ben",
        f"cost of <#{WEB}|web>": "Show usage #web",
        "cost last week": "Show usage last week",
    }.items():
        asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
        start = ["Start a session"] if len(text.split()) > 2 else []
        assert (written(asked["blocks"]), buttons(asked)) == (said, [button, *start])
        member = (await on.slack.slash(BEN, GENERAL, text))["shown"]
        assert member["text"] == "Only admins can see usage figures. Ask <@U0ADA>. `/devin cost` shows your own."
        assert buttons(member) == ["Show cost", *start]


AT_ONCE = "This task names a time, but Devin starts at once. Nothing was started."


async def test_a_task_that_names_its_time_is_scheduled_or_started_by_one_press(on: Harness) -> None:
    text = "every monday at 9 update the dependencies"
    member = (await on.slack.slash(BEN, GENERAL, text))["shown"]
    assert member["text"] == f"{AT_ONCE} Admins can schedule it."
    assert buttons(member) == ["Start now"]
    await on.mention(text, ADA)
    asked = await on.slack.wait_for_ephemeral(ADA, AT_ONCE)
    assert (asked["text"], buttons(asked)) == (AT_ONCE, ["Start now", "Schedule it"])
    assert await creations(on) == 0
    await on.slack.click(ADA, GENERAL, asked["ts"], "open_form#answers")
    (shown,) = await on.slack.wait("views", user=ADA, open=True)
    if "Loading…" in str(shown["blocks"]):
        await on.slack.wait_for_call("views.update", text=shown["id"])
        (shown,) = await on.slack.wait("views", user=ADA, open=True)
    for filled in ("'initial_value': 'update the dependencies'", "'initial_value': '9:00 AM'", "On Mondays"):
        assert filled in str(shown["blocks"])
    await on.slack.click(BEN, GENERAL, member["ts"], "choose:start")
    await on.session(text)
    await settled(on)
    assert await creations(on) == 1


@pytest.mark.parametrize(
    "text", ["update the docs tomorrow at 8am", "at 17:00 deploy the docs", "please rebuild the index tonight"]
)
async def test_a_task_for_later_is_asked_about_and_starts_nothing(on: Harness, text: str) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    assert (asked["text"], buttons(asked)) == (AT_ONCE, ["Start now", "Schedule it"])
    member = (await on.slack.slash(BEN, GENERAL, text))["shown"]
    assert (member["text"], buttons(member)) == (f"{AT_ONCE} Admins can schedule it.", ["Start now"])
    await settled(on)
    assert await creations(on) == 0


async def test_a_task_for_tomorrow_is_scheduled_to_run_once(on: Harness) -> None:
    await on.devin.permissions(grant=["ManageOrgSchedules"])
    asked = (await on.slack.slash(ADA, GENERAL, "update the docs tomorrow at 8am"))["shown"]
    await on.slack.click(ADA, GENERAL, asked["ts"], "open_form#answers")
    await on.slack.wait_for_call("views.update")
    (shown,) = await on.slack.wait("views", user=ADA, open=True)
    await settled(on)
    # Pressed once, the question is answered: nothing starts beside the schedule.
    assert await what_became_of(on, asked) == (OPENED, ["Open the form"])
    for filled in ("'initial_date': '2026-11-19'", "'initial_value': '8:00 AM'", "Once, on the date below"):
        assert filled in str(shown["blocks"])
    over = await on.slack.submit_view(ADA, shown["id"], {"name": {"name": "Docs"}, "date": {"date": "2026-11-17"}})
    assert over["errors"] == {"date": "That time has passed. Pick a later one."}
    await on.devin.fault("create_schedule", "commit_then_drop")
    again = {"zone": {"zone": "UTC"}, "date": {"date": "2026-11-19"}}
    sent = await on.slack.submit_view(ADA, shown["id"], again)
    assert sent.get("closed") is True, sent
    said = (await on.slack.wait_for_message("D0ADA", "is added"))["rendered"]
    at = "<!date^1795075200^{date_short_pretty} at {time}|Nov 19, 2026 at 8:00 AM UTC>"
    assert said.startswith(f"The schedule *Docs* is added. It runs once, {at}. <")
    (made,) = on.simulated_devin.world.held.schedules
    assert (made["schedule_type"], made["frequency"], made["prompt"]) == ("one_time", None, "update the docs")
    assert made["scheduled_at"] == "2026-11-19T08:00:00+00:00"
    assert await creations(on) == 0


@pytest.mark.parametrize(
    "task",
    ["fix the cron job that runs every monday", "the login test fails at midnight", "nightly build is broken, fix it"],
)
async def test_a_time_that_a_task_is_about_asks_nothing(on: Harness, task: str) -> None:
    await on.slack.slash(ADA, GENERAL, task)
    await on.session(task)
    await settled(on)
    assert [buttons(one) for one in await on.slack.ephemerals(user=ADA) if buttons(one)] == []


@pytest.mark.parametrize(
    "text",
    [
        *("only seniors should be able to start", "just the leads may start sessions", "undo the limit change"),
        *("revert the role you gave Tom", "lock #web for contractors", "keep visitors out of #general"),
        *("export october as csv", "warn us at 90 ACUs", "turn off the weekly digest", "who lowered the limit?"),
        *("ping me when the rollback is done", "remind me on monday about this"),
        *("clean up my finished sessions", "review our spending and cut what we can", "take away ben's access"),
        *("add a monthly limit for this channel", "lock everything down now", "who has which permissions here?"),
    ],
)
async def test_what_is_wanted_of_the_bot_is_asked_about_and_never_started_or_sent(on: Harness, text: str) -> None:
    asked = (await on.slack.slash(ADA, GENERAL, text))["shown"]
    assert "Nothing was started." in asked["rendered"]
    await on.mention(text, ADA)
    await on.slack.wait_for_ephemeral(ADA, "Nothing was started.")
    await on.slack.say(ADA, "im", text)
    await on.slack.wait_for_message("D0ADA", "Nothing was started.")
    assert await creations(on) == 0
    await on.slack.say(ANN, "im", "fix the login test")
    session = (await on.session("fix the login test"))["session_id"]
    await settled(on)
    await on.slack.say(ANN, "im", text)
    await settled(on)
    assert await sent_to_devin(on, session) == []
    assert await creations(on) == 1


@pytest.mark.parametrize(
    "task",
    [
        *("only editors should be able to delete drafts", "lock the nginx container", "undo the users migration"),
        *("export the invoices as csv from the admin page", "notify the author when the export is done"),
    ],
)
async def test_the_same_words_about_the_product_start_at_once(on: Harness, task: str) -> None:
    await on.mention(task, ADA)
    await on.session(task)
