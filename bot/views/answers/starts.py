"""The answers about starting a session: confirmations, questions, refusals and failures."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from bot.domain.commands import registry
from bot.domain.commands.intent import Kind, Topic
from bot.domain.commands.option_words import ACU, MODES
from bot.domain.commands.options import NO_SUCH_REPO, NOT_A_MODE, NOT_COUNTED, Mistyped, Request
from bot.domain.commands.parser import FILLERS, Doubt
from bot.domain.commands.picked import is_picked
from bot.domain.commands.small_talk import SmallTalk
from bot.domain.commands.spec import CommandSpec, Surface
from bot.domain.defaults import Gone
from bot.domain.session import Session
from bot.domain.settings_values import Setting, Source
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.wording import PROMPT_SHOWN, any_of, code, message_of, one_of
from bot.views.given_back import given_back
from bot.views.help_texts import help_lines
from bot.views.message import Block, Message
from bot.views.modals.parts import OF_QUESTION
from bot.views.sentences import mention
from bot.views.text import (
    counted,
    disarm,
    duration,
    fitted,
    limit_of_acus,
    link,
    linked_title,
    listed,
    one_line,
    shortened,
)

FILES_NAMED: Final = 3
BUTTON_LABEL: Final = 75  # characters, of the text of a button at Slack
_PICKED: Final = frozenset("@#")  # before the name of a person or channel
# What is said of words for which another command is offered.
_SAID_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("alarm", "alarms", "alert", "alerts"), "Alarms have no command. Use the buttons under each alarm."
    ),
    registry.COST.name: "`cost` shows only your own sessions, and `usage` everyone's.",
}
# What is answered to a question about the bot.
ANSWERS: Final[Mapping[Topic, str]] = {
    Topic.PRICE: (
        "Devin Bridge is free; Devin bills its work in ACUs (agent compute units). `acu=5` in a task limits it to 5."
    ),
    Topic.REPOSITORIES: "Devin sees only the repositories that your Devin admins connected.",
    Topic.PLACES: "Devin Bridge works in DMs, and in channels it's invited to.",
    Topic.READERS: (
        "Everyone in a channel can read its session threads. Your Devin organization controls who can open a session."
    ),
    Topic.STOP: "To stop a session, write `stop` in its thread, or press “Stop” on its card.",
    Topic.ITSELF: "Devin Bridge is a bot. It passes your tasks and replies to Devin, the AI software engineer.",
    Topic.UNDO: (
        "Changes to budgets, roles, and digests have an “Undo” button for a minute. "
        "After that, set the old value again, such as with `/devin budget set`."
    ),
    Topic.FORGET: "Your Devin Bridge operator can delete a person's data with `python -m bot forget person`.",
    Topic.HEALTH: "Your Devin Bridge operator can check it with `python -m bot doctor`.",
    Topic.REOPEN: "To wake a session, reply in its thread. Archived sessions stay closed; start a new one.",
    Topic.REMINDERS: (
        "`/devin settings mine` sets your reminders and mentions. "
        "`!remind off` in a session's thread stops its reminders."
    ),
    Topic.ACCESS: (
        "`/devin role list` shows who can use Devin here. Admins limit that with `/devin role add start @person`."
    ),
    Topic.LATER: (
        "Devin Bridge doesn't set reminders, but Slack's `/remind` does. "
        "You're mentioned when Devin has a question or is done."
    ),
    Topic.DONE: "You're mentioned when Devin has a question or is done. `/devin notify` changes that.",
    Topic.LIMIT: (
        "A session gets its limit when it starts: `acu=5` in a task limits it to 5 ACUs. "
        "`/devin settings mine` sets yours for every session."
    ),
}
_AROUND_CODE: Final = ' `*_~"'
MOST_OFFERED: Final = 5  # corrections that one question offers
MOST_OPTIONS: Final = 8  # that one question names; a block takes 3,000 characters
# The questions about a start, and their answers.
REPEATED: Final = "start_again"
MANY: Final = "start_many"
OPTIONS: Final = "start_options"
AGAIN: Final = "again"
CORRECTED: Final = "corrected"
AS_WRITTEN: Final = "as_written"
ROOM: Final = "start_room"  # a budget has none
APPROVAL: Final = "start_approval"  # the admins were asked for more
PAUSED: Final = "start_paused"  # until an admin resumes the bot
COMMAND: Final = "command"  # or a message for Devin, which waits
AS_TASK: Final = "as_task"
AS_REPLY: Final = "as_reply"
# Commands that are ordinary words: the button that gives each.
MAY_BE_ANSWERS: Final[Mapping[CommandSpec, str]] = {
    registry.STOP: "Stop Devin",
    registry.ARCHIVE: "Archive",
    registry.MUTE: "Mute",
}
EMPTY_PROMPT: Final = Message("What should Devin do? For example: `/devin fix the flaky login test repo=acme/web`")
_OUTSIDERS: Final = "Not started: that message is from a guest or another company."
OUTSIDERS_WORDS: Final = message_of(_OUTSIDERS, "Mention Devin Bridge in its thread and write the task yourself.")
OUTSIDERS_FORWARDED: Final = message_of(_OUTSIDERS, "Forward it again with a task in your own words.")
GREETED: Final = Message("Hi! What should Devin do? `/devin help` shows what works here.")
THANKED: Final = Message("You're welcome.")
NO_TASK: Final = Message("What should Devin do?")
# Who asks a question gets the help.
TO_SMALL_TALK: Final[Mapping[SmallTalk, Message]] = {
    SmallTalk.GREETING: GREETED,
    SmallTalk.THANKS: THANKED,
    SmallTalk.AGREEMENT: NO_TASK,
    SmallTalk.ANSWER: NO_TASK,
}
START_DECLINED: Final = Message("OK, nothing more was started.")
START_CANCELLED: Final = Message("OK, nothing was started.")
REPLY_CANCELLED: Final = Message("OK, your reply wasn't sent.")
NOT_STARTED: Final = "Nothing was started."
NOT_STOPPED: Final = "Nothing was stopped."
NOT_SENT: Final = "Nothing was sent to Devin."
REPLY_NOT_SENT: Final = "Your reply wasn't sent."
SENT_ON: Final = Message("OK, your message goes to Devin.")
START_EXPIRED: Final = Message("That question has expired. Send the task again to start a session.")
ANSWER_EXPIRED: Final = Message("That question has expired. Send your reply again.")
ANSWERED_ALREADY: Final = Message("You answered that already. Nothing changed.")
SENT_ALREADY: Final = Message("Your reply was sent already. Nothing changed.")
EDITED_SINCE: Final = Message("You edited your message, so that question no longer applies. Answer the newer one.")
START_OVERTAKEN: Final = Message(
    "Another session now runs in this thread, so nothing more was started. Reply to steer it."
)
NAME_REFUSED: Final = Message(
    "Not started: Devin doesn't accept sessions in your name. Ask an admin to check your Devin account."
)
THREAD_NOT_READ: Final = Message("Devin doesn't see that thread: you aren't in its channel. Paste what it needs.")
ALERT_OF_OURS: Final = Message(
    "Not started: this is about one of Devin's sessions or pull requests. Mention Devin Bridge here to start one."
)
NO_ROOM: Final = Message("Not started: a budget is used up. Only the person who asked can see which.")


def start_cancelled(text: str) -> list[Message]:
    """Confirm that nothing was started, and give back the `text` of the task, to be copied."""
    return given_back(START_CANCELLED.text, START_CANCELLED.text, {"Your text": text})


def not_approved(reply: bool) -> Message:
    """Inform who asked for a start, or to have a `reply` sent, that no admin has answered."""
    return Message(f"No admin answered within a week. {REPLY_NOT_SENT if reply else NOT_STARTED}")


def received_in_thread(prompt: str) -> Message:
    """Confirm that the `prompt` of a message starts after all, in the thread of that message."""
    return Message(f"Got it: “{fitted(prompt, PROMPT_SHOWN)}”. Devin answers in the thread of your message.")


def still_checking(prompt: str) -> Message:
    """Say that the `prompt` of a slash command takes a while; Slack keeps this above what comes of it."""
    return Message(f"Still checking “{fitted(prompt, PROMPT_SHOWN)}”. Its thread appears below; no need to resend.")


def started_in_thread(prompt: str, permalink: str) -> Message:
    """Confirm that the session of a slash command's `prompt` has its thread, which `permalink` leads to."""
    return Message(f"Got it: “{fitted(prompt, PROMPT_SHOWN)}”. It's in {link(permalink, 'this thread')}.")


def started_already(title: str, permalink: str | None) -> Message:
    """Inform who answers a question about a start that its session, with this `title`, has begun."""
    return Message(f"“{link(permalink, title)}” was started already. Nothing changed.")


def answered_already(permalink: str | None) -> Message:
    """Inform who answers a question again that it was answered; what came of it is in the thread at `permalink`."""
    where = f" The result is in {link(permalink, 'this thread')}." if permalink else ""
    return Message(f"That was answered already.{where} Nothing changed.")


def nothing_to_read(outsiders: int) -> Message:
    """Report that a message without a task started nothing, because its thread holds nothing else to read.

    `outsiders` is the number of messages that guests and people of other companies wrote there.
    """
    return message_of(
        "What should Devin do?",
        _of_outsiders(outsiders),
        "Mention Devin Bridge again with a task.",
    )


def thread_read(messages: int, files: int, left_out: Sequence[str], *, older: bool, outsiders: int = 0) -> Message:
    """Report how many earlier messages and files of a thread Devin got, and what was left out.

    `left_out` are the names of the files that were not passed on; `older` is whether messages were left out too, and
    `outsiders` is the number of those that guests and people of other companies wrote.
    """
    counts = [counted(number, noun) for number, noun in ((messages, "message"), (files, "file")) if number]
    return message_of(
        f"Read {' and '.join(counts)} of this thread." if counts else "",
        "It's long, so earlier messages were left out. Paste what matters." if older else "",
        _of_outsiders(outsiders),
        _not_passed_on(left_out) if left_out else "",
    )


def _of_outsiders(messages: int) -> str:
    if not messages:
        return ""
    which = f"Devin didn't get {counted(messages, 'message')} from guests or other companies"
    return f"{which}. Paste anything it needs."


def _not_passed_on(names: Sequence[str]) -> str:
    named = [f"“{fitted(name, PROMPT_SHOWN)}”" for name in names[:FILES_NAMED]]
    more = len(names) - len(named)
    which = listed([*named, f"{more} more"] if more else named)
    them = "it" if len(names) == 1 else "them"
    return f"Devin didn't get {which}. Share {them} in a reply, or paste what matters."


def started_elsewhere(session: Session, permalink: str) -> Message:
    """Link the thread of `session`, which a person started from another thread; `permalink` is its address."""
    title = linked_title(session.title, permalink, session.url, PROMPT_SHOWN)
    return Message(f"Your new session has its own thread: {title}.")


def ask_again(key: str, prompt: str, seconds: float) -> Message:
    """Ask whether to start a second session with a `prompt` that the person used `seconds` ago.

    `key` is the key of the stored command. The buttons carry it, so that a press leads back to the command.
    """
    text = f"You started “{fitted(prompt, PROMPT_SHOWN)}” {duration(seconds)} ago. Run it a second time?"
    row = blocks.actions(
        questions.answer("Start it again", REPEATED, AGAIN, key),
        questions.no("Cancel", REPEATED, key),
    )
    return Message(text, [blocks.section(text), *row])


def less_than_wanted(most: float, wanted: int) -> Message:
    """Tell who `wanted` so many ACUs that the session has got `most`."""
    return Message(f"You asked for {limit_of_acus(wanted)}. No session here can use more than {limit_of_acus(most)}.")


def at_most(most: float) -> Message:
    """Refuse to wake a session that has used as much as any session may."""
    return Message(
        f"Not sent: this session has used the {limit_of_acus(most)} that any session can use. Start a new one."
    )


def ask_about_many(key: str, started: int) -> Message:
    """Ask whether a person who `started` so many sessions in the last hour wants another; `key` is that of the row."""
    text = f"You started {counted(started, 'session')} in the last hour. {NOT_STARTED} Start another one?"
    row = blocks.actions(questions.answer("Start it", MANY, AGAIN, key), questions.no("Cancel", MANY, key))
    return Message(text, [blocks.section(text), *row])


def alert_held(most: int) -> Message:
    """Say in the thread of an alert that it starts nothing, because alerts have started the `most` here in an hour."""
    return Message(
        f"Not started: alerts started {counted(most, 'session')} here in an hour. "
        "Mention Devin Bridge here to start one."
    )


def alerts_held(most: int, channel: str) -> Message:
    """Tell admins that alerts have started the `most` sessions in a `channel` in an hour, so that others wait."""
    return Message(
        f"Alerts started {counted(most, 'session')} in <#{channel}> in an hour. Further alerts start none for now. "
        "To start one, mention Devin Bridge in the alert's thread. `/devin settings channel` there changes the number."
    )


def ask_about_mention(key: str) -> Message:
    """Ask who spoke about the bot, in the message whose row has this `key`, whether Devin should do something."""
    text = f"You mentioned Devin Bridge. {NOT_STARTED} Should Devin work on this?"
    row = blocks.actions(
        questions.answer("Start a session", COMMAND, AS_TASK, key),
        questions.no("No", COMMAND, key),
    )
    return Message(text, [blocks.section(text), *row])


def ask_about_reference(text: str) -> Message:
    """Ask whether to start with a `text` that only names a ticket, where no tracker or repository is known."""
    said = f"No session here has named a tracker or repository yet. Can Devin find {code(text)}? {NOT_STARTED}"
    return Message(
        said, [blocks.section(said), *blocks.actions(questions.choice("Start a session", registry.START, text))]
    )


def ask_command_or_task(doubt: Doubt, refused: Message | None = None) -> Message:
    """Ask whether a text that resembles a command is that command or a task.

    A command that is `refused` where the text was written is not offered, but what shows one's own costs is.
    """
    text = f"{_why_in_doubt(doubt)} {_not_done(doubt)}" if refused is None or doubt.other else refused.text
    text = _why_timed(refused) if doubt.timed is not None else text
    task = None if doubt.bare else questions.choice("Start a session", registry.START, doubt.text)
    is_offered = refused is None or doubt.spec is registry.COST
    offered = doubt.argument if doubt.spec.is_typed and is_offered else None
    return Message(text, [blocks.section(_with_help(text, doubt, offered)), *_offered(doubt, offered, task)])


def ask_command_or_message(
    key: str, doubt: Doubt, session: Session | None = None, refused: Message | None = None
) -> Message:
    """Ask whether a message that resembles a command is that command, or is for Devin as it is.

    It would be sent to `session`, or start one in its thread, and waits under `key`, which the buttons carry. A command
    about a session is about this one, unless another is named.
    """
    is_offered = refused is None or doubt.spec is registry.COST
    refused = None if doubt.other else refused
    if session is not None and doubt.spec is registry.GIVE and refused is None and is_picked(doubt.meant.split()[-1]):
        return _ask_to_give(key, doubt.meant.split()[-1])
    why = _why_in_doubt(doubt, in_session=session is not None) if refused is None else refused.text
    nothing = NOT_SENT if session is not None else _not_done(doubt) if refused is None else ""
    text = message_of(why, nothing).text if doubt.timed is None else _why_timed(refused)
    about = session.id if session is not None and doubt.spec.of_session and not doubt.argument else ""
    task: Block | None = questions.answer("Send to Devin", COMMAND, AS_REPLY, key)
    if session is None:
        task = None if doubt.bare else questions.answer("Start a session", COMMAND, AS_TASK, key)
    is_typed = doubt.spec.is_typed and not doubt.meant.startswith("!")
    offered = about or doubt.argument if (is_typed or about) and is_offered else None
    return Message(text, [blocks.section(_with_help(text, doubt, offered)), *_offered(doubt, offered, task)])


def _ask_to_give(key: str, person: str) -> Message:
    """Ask whether to give the session of the thread to the `person` that a message names as `@U0BEN`."""
    text = f"Hand this session over to {mention(person.removeprefix('@'))}? {NOT_SENT}"
    row = blocks.actions(
        questions.choice("Hand it over", registry.GIVE, person),
        questions.answer("Send to Devin", COMMAND, AS_REPLY, key),
    )
    return Message(text, [blocks.section(text), *row])


def _not_done(doubt: Doubt) -> str:
    return NOT_STOPPED if doubt.spec in {registry.STOP, registry.STOP_ALL} else NOT_STARTED


def ask_command_or_answer(key: str, session: Session, spec: CommandSpec) -> Message:
    """Ask whether a word such as `stop`, which waits under `key`, gives the command or answers Devin's question."""
    text = "Devin has a question. Is this your answer?"
    row = blocks.actions(
        questions.choice(MAY_BE_ANSWERS[spec], spec, session.id),
        questions.answer("Send as answer", COMMAND, AS_REPLY, key),
    )
    return Message(text, [blocks.section(text), *row])


def _why_guessed(doubt: Doubt) -> str:
    if doubt.spec is registry.ADOPT:
        return "That's a link to a Devin session."
    if _is_review(doubt):
        return "Devin can review this pull request, or work on it in a session."
    if doubt.topic is not None:
        return ANSWERS[doubt.topic]
    if doubt.instead:
        return doubt.instead
    is_question = doubt.kind in {Kind.COST, Kind.STATE, Kind.WHO} or (doubt.kind is Kind.BOT and "?" in doubt.text)
    if is_question and not _does_something(doubt.spec):
        return f"{code(f'/devin {doubt.shown or doubt.meant}')} might answer that."
    return f"{code(doubt.word)} doesn't look like a task for Devin."


def _why_timed(refused: Message | None) -> str:
    """Say that a start does not wait for the time in a task, and who can schedule it."""
    says_who = "Admins can schedule it." if refused is not None else ""
    return message_of("This task names a time, but Devin starts at once.", NOT_STARTED, says_who).text


def _is_review(doubt: Doubt) -> bool:
    """Whether a text asks to review a pull request, which is a command as well as a task."""
    return doubt.guessed and doubt.spec.name == "review"


def _with_help(text: str, doubt: Doubt, argument: str | None) -> str:
    """`text`, and below it what the commands do of whose word nothing else was typed."""
    is_shown = doubt.bare and doubt.seconds and argument is not None
    return "\n".join([text, *help_lines(spec.slash_help for spec in doubt.family)]) if is_shown else text


def _offered(doubt: Doubt, argument: str | None, task: Block | None) -> Sequence[Block]:
    """The button of the command that is meant, with `argument`, beside the one that takes the text as a `task`.

    There are examples instead where nothing of what stands behind the command's word is read.
    """
    if doubt.timed is not None and task is not None:
        at_once = {**task, "text": {**task["text"], "text": "Start now"}}
        form_id, form = f"{registry.OPEN_FORM.action_id}{OF_QUESTION}", f"{doubt.spec.name} {doubt.text}"
        return blocks.actions(at_once, blocks.button("Schedule it", form_id, form) if argument is not None else None)
    way = doubt.spec.ways[0].phrase
    behind = doubt.text.partition(doubt.word)[2].strip(f"{_AROUND_CODE}.!?")
    is_read = doubt.meant != way or not behind or behind.lower() == way.partition(" ")[2]
    meant = None if argument is None else questions.choice(_label(_meant(doubt)), doubt.spec, argument)
    if doubt.other:
        return blocks.actions(task, meant)
    if argument is not None and doubt.spec.examples and not is_read:
        return [*examples(doubt.spec), *blocks.actions(task)]
    others = doubt.family if doubt.bare and doubt.meant == way and argument is not None else ()
    shown = next((examples(spec) for spec in others if spec.examples and spec is not doubt.spec), [])
    mine = questions.choice("My sessions", registry.LIST, "") if doubt.bare and not doubt.spec.is_typed else None
    return [*blocks.actions(meant, mine, task), *shown]


def examples(spec: CommandSpec) -> list[Block]:
    """The buttons that give a command as its examples do, each in a row of its own, as they share their action id."""
    way = spec.ways[0]
    verb = "Run" if _does_something(spec) else "Show"
    shown = [(example, way.argument.read(example) or "") for example in spec.examples]
    buttons = [questions.choice(f"{verb} {way.phrase} {typed}", spec, read) for typed, read in shown]
    return [block for button in buttons for block in blocks.actions(button)]


def _why_in_doubt(doubt: Doubt, *, in_session: bool = False) -> str:
    if doubt.other:
        return f"Is “{fitted(doubt.text, PROMPT_SHOWN)}” {'for' if in_session else 'a task for'} Devin?"
    if doubt.guessed or doubt.instead or doubt.topic is not None:
        return _why_guessed(doubt)
    return _why_resembling(doubt, in_session=in_session)


def _why_resembling(doubt: Doubt, *, in_session: bool) -> str:
    command, typed = doubt.meant.split()[0], code(doubt.word)
    name = next((word for word in doubt.text.split() if word[:1] in _PICKED), "")
    if doubt.spec.examples and name and not any(is_picked(word) or word == name for word in doubt.meant.split()):
        return f"{code(name)} isn't known. Pick the name from Slack's list as you type `{name[0]}`."
    if (known := _SAID_OF.get(doubt.word.lower())) is not None and doubt.spec is not registry.COST:
        return known
    forms = doubt.spec.ways_on(Surface.SLASH)
    if not forms or doubt.meant.startswith("!"):
        only = f"{typed} works only in a session's thread: write {code(doubt.meant)} there."
        how = "To hand this session over, write `!give @` and pick the person from Slack's list."
        in_thread = how if doubt.spec is registry.GIVE else f"Did you mean {code(doubt.meant)}?"
        return in_thread if in_session else only
    if doubt.word.lower() in {*doubt.spec.meant_by, *(form.phrase for form in doubt.spec.ways)} - {command}:
        return f"{typed} isn't a command here, but {code(command)} is."
    behind = doubt.text.partition(doubt.word)[2].strip(_AROUND_CODE)
    if doubt.word.lower() == command and doubt.seconds and not behind.strip(".!? "):
        first, *others = doubt.seconds
        return f"Which one? Try {one_of([f'{command} {first}', *others])}."
    if doubt.word.lower() != command or not behind or _adds_nothing(behind.lower(), forms[0].argument.words):
        return f"Did you mean {code(command)}?"
    if doubt.spec.examples and behind[:1] in _PICKED:
        return f"Did you mean {code(doubt.spec.ways[0].phrase)}?"
    words = _words_behind(doubt, behind)
    instead = f" Try {one_of(words)}." if words else ""
    return f"{code(command)} doesn't take {code(behind)}.{instead}"


def _adds_nothing(behind: str, words: Sequence[str]) -> bool:
    """Whether what is typed `behind` a command is no try at one of its `words`: `of` is one at `off`, `it` is none."""
    has_options = any("=" in word for word in words)  # any word is a try at an option
    tries = has_options or get_close_matches(behind, words, n=1)
    return FILLERS.issuperset(behind.split()) and not tries


def _words_behind(doubt: Doubt, behind: str) -> tuple[str, ...]:
    """The words of which one may stand where `behind` does: those of the command, and second words of its kin."""
    way, second = doubt.spec.ways_on(Surface.SLASH)[0], behind.split(maxsplit=1)[0].lower()
    own = () if " " in way.phrase else way.argument.words
    if get_close_matches(second, doubt.seconds, n=1) or doubt.meant.endswith(behind):
        return own  # the one that is meant is known
    return tuple(dict.fromkeys((*own, *doubt.seconds)))


def _meant(doubt: Doubt) -> str:
    meant = doubt.shown or doubt.meant
    if doubt.spec is registry.ADOPT and doubt.guessed:
        return "Link it here"
    if _is_review(doubt):
        return "Review"
    if doubt.spec is registry.NOTIFY:
        return f"Set {meant}" if meant != doubt.spec.name else "Show my setting"
    if doubt.spec.ends_session or doubt.spec.of_place or doubt.spec in {registry.STOP_ALL, registry.GIVE}:
        return meant.capitalize()
    is_change = not {"add", "remove"}.isdisjoint(doubt.meant.split()[1:2])  # as in `digest add #web`
    return f"{'Run' if is_change or _does_something(doubt.spec) else 'Show'} {meant}"


def _does_something(spec: CommandSpec) -> bool:
    """Whether a command does more than to show what its words name."""
    _, *second = spec.ways[0].phrase.split()
    return second not in ([], ["list"], ["bot"], ["why"]) or spec.starts


def _label(text: str) -> str:
    """`text` as the label of a button, which is plain text."""
    return shortened(disarm(one_line(text)), BUTTON_LABEL)


def corrected_answers() -> list[str]:
    """The answers that take what a question about options offers, in its order."""
    return [CORRECTED, *(f"{CORRECTED}_{number}" for number in range(2, MOST_OFFERED + 1))]


def ask_about_options(key: str, request: Request) -> Message:
    """Ask what to do with the options of `request` that are not valid, and say what comes of starting with them.

    `key` is the key of the stored start, which the buttons carry.
    """
    wrong = request.mistyped[:MOST_OPTIONS]
    lines = [f"Nothing was started. Check {'this option' if len(wrong) == 1 else 'these options'}:"]
    lines = [*lines, *(f"• {_mistyped(word)}" for word in wrong), *_as_written(request)]
    if len(wrong) == 1 and (wrong[0].reason is None or wrong[0].reason == NOT_A_MODE):
        lines = [_mistyped(wrong[0]), "Nothing was started.", *_as_written(request)]
    is_limit = request.options.acu is None and all(word.nearest == f"{ACU}=" for word in request.mistyped)
    offered = zip(corrected_answers(), request.offered, strict=False)
    row = blocks.actions(
        *(questions.answer(_start_with(option), OPTIONS, answer, key) for answer, (option, _) in offered),
        questions.answer(f"Start {'without limit' if is_limit else 'as written'}", OPTIONS, AS_WRITTEN, key),
        questions.no("Cancel", OPTIONS, key),
    )
    return Message(" ".join(lines), [blocks.section("\n".join(lines)), *row])


def _start_with(option: str) -> str:
    """The label of the button that starts with `option`."""
    name, _, value = option.partition("=")
    return _label(f"Start with {counted(int(value), 'ACU') if name == ACU and value.isdecimal() else option}")


def ask_about_default(key: str, gone: Gone, source: Source, file: str = "") -> Message:
    """Ask what to do where a default is `gone`.

    The default comes from `source`, which may be the `file`.
    """
    text = f"Devin has no {gone.what} {code(gone.value)}. Nothing was started. {_default_of(source, file)}"
    without, *meant = corrected_answers()
    row = blocks.actions(
        questions.answer("Start without it", OPTIONS, without, key),
        *(
            questions.answer(_label(f"Start with {near}"), OPTIONS, answer, key)
            for answer, near in zip(meant, gone.near, strict=False)
        ),
        questions.no("Cancel", OPTIONS, key),
    )
    return Message(text, [blocks.section(text), *row])


def why_not_allowed(setting: Setting, value: str | None, allowed: Sequence[str]) -> str:
    """Say that a start may not use this `value` of a `setting`, or Devin's without one, and what is `allowed`."""
    more = len(allowed) - MOST_OPTIONS
    named = listed([*map(code, allowed[:MOST_OPTIONS]), *([f"{more:,} more"] if more > 0 else [])])
    what = code(value) if value else f"Devin's default {setting.value}"
    return f"{what} isn't allowed here, only {named}. `/devin settings why` shows who can change that."


def not_allowed(why: str, head: str = "Not started") -> Message:
    """Refuse what is not allowed in a channel, and say `why`."""
    return Message(f"{head}: {why}")


def from_defaults(message: Message, values: Mapping[Source, Sequence[str]], file: str = "") -> Message:
    """Add to `message`, by which Devin refuses a start, its `values` that are defaults, by where they are set.

    Each is followed by who can change it there; the file is called `file`.
    """
    told = [f"Used {_codes(named)}. {_default_of(source, file)}" for source, named in values.items()]
    return Message(" ".join([message.text, *told]))


def _default_of(source: Source, file: str) -> str:
    """Say where a default is set, and who can change it."""
    if source is Source.FILE:
        return f"This default is set in {code(file)}. Ask your Devin Bridge operator to change it."
    if source is Source.CHANNEL:
        return (
            "It's this channel's default. Admins and the channel's creator can change it "
            "with `/devin settings channel`."
        )
    return "It's your default. Change it with `/devin settings mine`."


_PASSED_ON: Final = {NOT_A_MODE, NO_SUCH_REPO}  # Devin is asked for them as they are written


def _as_written(request: Request) -> list[str]:
    """Say what comes of a start as it is written: most of the options are text."""
    texts = [word.word for word in request.mistyped if word.reason not in _PASSED_ON]
    limit = any(word.nearest == f"{ACU}=" for word in request.mistyped) and request.options.acu is None
    if not texts:
        return []
    unlimited = " and the session has no ACU limit" if limit else ""
    return [f"If you start anyway, Devin reads {_codes(texts)} as text{unlimited}."]


def _codes(words: Sequence[str]) -> str:
    return listed([code(word) for word in words[:MOST_OPTIONS]])


def tags_left_out(tags: Sequence[str]) -> Message:
    """List the `tags` of a person that Devin refused, so that the session runs without them."""
    named = ", ".join(code(tag) for tag in tags)
    return Message(
        f"Devin rejected these tags: {named}. The session runs without them. A Devin admin can "
        "allow them for the next one."
    )


def start_refused(reason: str | None = None) -> Message:
    """Report that Devin refused the request as the asker wrote it; `reason` is what Devin answered."""
    return message_of(
        ":no_entry: Devin rejected this task. Nothing was started.",
        f"It says: “{fitted(reason, 300)}”." if reason else "",
        "Change the task or its options, and send it again.",
    )


def mode_refused(mode: str, reason: str) -> Message:
    """Tell the asker that Devin has no such `mode`; `reason` is its answer, which mostly lists those that it has."""
    listed = re.findall(r"[\w-]+", reason.partition("Input should be ")[2].replace("one of ", "").replace(" or ", " "))
    said = f"It says: “{fitted(reason, 300)}”." if reason else ""
    return message_of(
        not_started(no_such_mode(mode)).text,
        f"Devin has {any_of([code(known) for known in listed])}." if listed else said,
        "“Try again” uses Devin's default mode. Or send the task again with another mode.",
    )


def not_started(why: str) -> Message:
    """Report in a thread `why` a start was refused."""
    return Message(f":no_entry: Not started: {why}.")


def no_such_mode(mode: str) -> str:
    """Say that Devin has no such `mode`, as the card shows it too."""
    return f"Devin has no mode {fitted(mode, 60)}"


def no_such_playbook(wanted: str, titles: Sequence[str]) -> Message:
    """Report that there is no playbook called `wanted`, and list the `titles` of those that exist."""
    known = ", ".join(code(title) for title in titles[:10])
    return message_of(
        f":no_entry: There's no playbook {code(wanted)}. Nothing was started.",
        f"There are {known}." if known else "Your Devin organization has none.",
        "Send the task again with one of them, or without `playbook=`.",
    )


def start_forbidden(permission: str | None = None) -> Message:
    """Report that nothing was started because the bot's key for Devin lacks `permission`."""
    missing = f"the permission `{fitted(permission, 60)}`" if permission else "a permission for this"
    return Message(
        f":lock: Devin Bridge's key lacks {missing}. Nothing was started. A Devin admin can grant "
        "it to the service user."
    )


def start_denied(reason: str) -> Message:
    """Report that Devin does not allow a start, for a `reason` of its own that is no permission."""
    return message_of(
        f":no_entry: Devin doesn't allow this. Nothing was started. It says: “{fitted(reason, 300)}”.",
        "Change the task and send it again, or ask a Devin admin.",
    )


def start_too_large(reason: str | None = None) -> Message:
    """Report that the task, with what was read for it, is more than Devin takes; `reason` is what Devin answered."""
    return message_of(
        ":no_entry: The task is too long for Devin. Nothing was started.",
        f"It says: “{fitted(reason, 300)}”." if reason else "",
        "Shorten it, or put long text into a file.",
    )


def start_limited(reason: str | None = None) -> Message:
    """Report that a quota or limit of the Devin organisation is used up; `reason` is what Devin answered."""
    return message_of(
        ":no_entry: Not started: your Devin organization hit a limit.",
        f"Devin says: “{fitted(reason, 300)}”." if reason else "",
        "Ask your Devin billing admin to raise it, then resend.",
    )


def start_failed(reference: str) -> Message:
    """Report that the last attempt to start a session failed for a fault of ours or Devin's.

    `reference` leads to the lines in the log.
    """
    return Message(
        ":warning: The session failed to start. Send the task again. "
        f"If that fails, give your Devin Bridge operator this error ID: {code(reference)}."
    )


def start_uncertain(ref: str, reference: str) -> Message:
    """Report that it is unknown whether the session was started.

    `ref` is the short reference for people and the log; `reference` is the one to search for in prompts at Devin.
    """
    advice = (
        f"Check Devin for {code(reference)} before you send the task again. If the session "
        "shows up, this thread picks it up."
    )
    return failure_sentences.outcome_unknown("the session was started", advice, ref)


def start_retrying(reference: str, *, key_refused: bool = False) -> Message:
    """Report that Devin cannot be reached, or refuses the bot's key, and that the bot will try the start again."""
    why = failure_sentences.KEY_REFUSED if key_refused else "Devin can't be reached right now."
    return Message(
        f":hourglass_flowing_sand: {why} Your task is stored and "
        f"starts later; no need to resend. Error ID {code(reference)}."
    )


def started_after_all(session_url: str | None) -> Message:
    """Report that Devin had started a session that was cancelled or marked dead here, and that it was ended now."""
    return Message(
        f":information_source: Devin had started {link(session_url, 'a session')} for this after "
        "all. It was ended; its ACUs still count."
    )


def _mistyped(word: Mistyped) -> str:
    if word.reason == NOT_A_MODE:
        meant = (word.correction or "").partition("=")[2]
        ways_on = f"Did you mean “{meant}”?" if meant else f"Pick: {', '.join(MODES)}."
        return f"There's no mode “{fitted(word.word.partition('=')[2], 60)}”. {ways_on}"
    if word.reason in {NO_SUCH_REPO, NOT_COUNTED}:
        return f"{code(word.word)} {word.reason}."
    if word.reason:
        return f"{code(word.word)}: `{word.nearest}` {fitted(word.reason, 200)}"
    if word.nearest == f"{ACU}=":
        return f"Is {code(word.word)} an ACU limit?"
    return f"{code(word.word)}: did you mean `{word.nearest}`?"
