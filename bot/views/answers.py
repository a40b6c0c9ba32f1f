"""What the bot itself says to people: answers, refusals, confirmations and errors.

Each says what happened, what was or was not started, sent or stopped, and what to do next. Fixed ones are
constants, the others functions; all are messages whose text is `mrkdwn`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.commands import registry
from bot.domain.commands.options import Mistyped
from bot.domain.commands.parser import UnknownVerb
from bot.domain.session import Session
from bot.views import blocks
from bot.views.card import option_words, pull_request_lines, spent
from bot.views.message import Message
from bot.views.sentences import STATE_EMOJI, STATE_WORDS, mention, state_sentence
from bot.views.text import ago, counted, duration, fitted, link

MOST_LISTED: Final = 20
_PROMPT_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a list, with the address of its thread."""

    session: Session
    permalink: str | None = None


def _says(*sentences: str) -> Message:
    return Message(" ".join(sentence for sentence in sentences if sentence))


# ---------------------------------------------------------------- starting

EMPTY_PROMPT: Final = Message(
    "There is no task in that, so nothing was started. Write what Devin should do, "
    "for example `/devin fix the flaky login test repo=acme/web`."
)
GUEST_REFUSED: Final = Message(
    "Guests cannot work with Devin here, so nothing was started or sent. Ask a full member of this workspace to do it."
)
OTHER_COMPANY_REFUSED: Final = Message(
    "Only members of the workspace that runs Devin Bridge can work with Devin, so nothing was started or sent. "
    "Ask one of them to do it."
)
SHARED_CHANNEL_REFUSED: Final = Message(
    "This channel is shared with another company, where Devin stays out; nothing was started or sent. "
    "Use a channel of your own workspace."
)
CHANNEL_ARCHIVED: Final = Message(
    "This channel is archived, so nothing can be posted here and nothing was started. "
    "Use another channel, or unarchive this one."
)
STORE_DOWN: Final = Message(
    "Devin Bridge cannot store anything at the moment. Nothing was started; try again in a minute."
)
NOT_STORED: Final = Message(
    "Devin Bridge cannot store anything at the moment. Nothing was changed; try again in a minute."
)
MAYBE_STORED: Final = Message(
    "Devin Bridge could not confirm that it has stored this command, so it may or may not be carried out. "
    "Wait a minute; if nothing has happened by then, type it again."
)
START_DECLINED: Final = Message("Fine, nothing more was started.")
START_EXPIRED: Final = Message(
    "That question is too old to answer, so nothing was started. Type the command again if it is still needed."
)
START_UNAUTHORISED: Final = Message(
    ":lock: Nothing was started: Devin does not accept Devin Bridge's key. "
    "Whoever runs Devin Bridge has to set a valid `DEVIN_API_KEY`; then send the task again."
)


def received(prompt: str) -> Message:
    """Acknowledge a slash start before its card exists."""
    return Message(f"Got it: “{fitted(prompt, _PROMPT_SHOWN)}”. The session's thread appears here in a moment.")


def not_in_channel(channel: str | None = None) -> Message:
    """Say that the bot has to be invited first."""
    where = f"<#{channel}>" if channel else "this channel"
    return Message(
        f"Devin Bridge is not a member of {where}, so nothing was started. "
        "Type `/invite @Devin Bridge` there, then try again."
    )


def channel_archived(channel: str) -> Message:
    """Say from elsewhere that a channel was archived before anything was started in it."""
    return Message(
        f"<#{channel}> is archived, so nothing can be posted there and nothing was started. "
        "Use another channel, or unarchive that one."
    )


def mistyped_options(mistyped: Sequence[Mistyped]) -> Message:
    """Say which words look like options and were sent to Devin as text."""
    lines = [f"• {_mistyped(word)}" for word in mistyped[:10]]
    return Message("\n".join(["Not read as options but sent to Devin as part of the task:", *lines]))


def tags_left_out(tags: Sequence[str]) -> Message:
    """Say which of a person's tags Devin did not take."""
    named = ", ".join(_code(tag) for tag in tags)
    return Message(
        f"Devin did not take these tags, so the session runs without them: {named}. If they are needed, an admin of "
        "your Devin organisation can allow them; they then work for the next session."
    )


def ask_again(key: str, prompt: str, seconds: float) -> Message:
    """Ask before the same command starts a second session; `key` finds the stored request again."""
    text = (
        f"You started “{fitted(prompt, _PROMPT_SHOWN)}” {duration(seconds)} ago. "
        "Nothing more was started yet: should it really run a second time?"
    )
    row = blocks.actions(
        blocks.button("Start it again", registry.START_AGAIN.action_id, key),
        blocks.button("No", registry.START_DECLINED.action_id, key),
    )
    return Message(text, [blocks.section(text), *row])


def start_refused(said: str | None = None) -> Message:
    """Tell a mistake of the asker's: Devin refused the request as it was written."""
    return _says(
        ":no_entry: Devin did not accept this request, so nothing was started.",
        f"It says: “{fitted(said, 300)}”." if said else "",
        "Check the options (`repo=` `playbook=` `mode=` `acu=` `tags=`) and send it again.",
    )


def no_such_playbook(wanted: str, titles: Sequence[str]) -> Message:
    """Tell that a playbook's name leads nowhere, and which there are."""
    known = ", ".join(_code(title) for title in titles[:10])
    return _says(
        f":no_entry: There is no playbook {_code(wanted)}, so nothing was started.",
        f"There are {known}." if known else "Your Devin organisation has none.",
        "Send the task again with one of them, or without `playbook=`.",
    )


def start_forbidden(permission: str | None = None) -> Message:
    """Tell that our key lacks a permission."""
    missing = f"the permission `{fitted(permission, 60)}`" if permission else "a permission for this"
    return Message(
        f":lock: Nothing was started: Devin Bridge's key for Devin lacks {missing}. "
        "An admin of your Devin organisation can grant it to the service user; then send the task again."
    )


def start_limited(said: str | None = None) -> Message:
    """Tell that a quota or limit of the organisation is used up."""
    return _says(
        ":no_entry: Nothing was started: a limit or quota of your Devin organisation is used up.",
        f"Devin says: “{fitted(said, 300)}”." if said else "",
        "Somebody who manages billing there can raise it; then send the task again.",
    )


def start_failed(reference: str) -> Message:
    """Tell a fault that is ours or Devin's, after the last attempt."""
    return Message(
        ":warning: Something went wrong on our side and the session could not be started, even after several attempts. "
        f"Nothing is running. Send the task again; if it fails again, give the reference {_code(reference)} "
        "to whoever runs Devin Bridge."
    )


def start_uncertain(reference: str, mark: str) -> Message:
    """Tell that nobody can say whether the session was started; `mark` is what to look for in Devin."""
    advice = (
        f"Look in Devin for a session with {_code(mark)} in its prompt before you send the task again; if the "
        "session shows up, this thread goes on with it."
    )
    return outcome_unknown("the session was started", advice, reference)


def outcome_unknown(what: str, advice: str, reference: str) -> Message:
    """Tell that nobody can say whether `what` is so; `advice` is the sentence that says where people can see it."""
    return Message(
        f":warning: Devin's answer got lost and Devin cannot be reached, so we do not know whether {what}. {advice} "
        f"Reference {_code(reference)}."
    )


def start_retrying(reference: str) -> Message:
    """Tell that a start is late and will be repeated by itself."""
    return Message(
        ":hourglass_flowing_sand: Devin cannot be reached right now. The task is stored and is tried again "
        f"by itself, so please don't send it again. Reference {_code(reference)}."
    )


# ---------------------------------------------------------------- finding sessions

NO_SESSIONS: Final = Message(
    "You have no open sessions. `/devin fix the flaky login test` would start one; `/devin help` shows more."
)
NO_SESSION_HERE: Final = Message(
    "There is no session in this thread, so nothing was changed. "
    "Mention Devin Bridge with a task to start one, or use `/devin list` to see yours."
)


def session_list(listed: Sequence[Listed]) -> Message:
    """List sessions under the numbers that `status`, `stop` and `archive` take."""
    if not listed:
        return NO_SESSIONS
    return _numbered(f"You have {counted(len(listed), 'session')}:", listed)


def several_sessions(verb: str, listed: Sequence[Listed]) -> Message:
    """Ask which one was meant."""
    return _numbered(
        f"You have {counted(len(listed), 'open session')}, so nothing was done yet. "
        f"Say which one is meant, for example `/devin {verb} 1`:",
        listed,
    )


def no_such_session(which: str) -> Message:
    """Say that a number or id leads nowhere."""
    return Message(
        f"You have no open session {_code(which)}, so nothing was done. "
        "`/devin list` shows your sessions with their numbers."
    )


def not_yours(requester: str) -> Message:
    """Say who may do this instead."""
    return Message(
        f"Only {mention(requester)}, who asked for this session, or an admin of Devin Bridge may do that. "
        "Nothing was changed."
    )


def status(session: Session, permalink: str | None = None) -> Message:
    """Say where one session stands."""
    return Message("\n".join([*_heading(session, permalink), *_facts(session)]))


def cost(session: Session) -> Message:
    """Say what one session has used."""
    used = spent(session)
    if not used:
        return Message("Devin reports no ACUs for this session so far; on some plans it never does.")
    return Message(f"This session has used {used} so far. The figure comes from Devin and may be minutes old.")


# ---------------------------------------------------------------- what is for admins


def admins_only(subject: str, admins: Sequence[str]) -> Message:
    """Say who may ask for `subject`, a plural such as "usage figures"."""
    if not admins:
        return Message(
            f"Nobody may ask for {subject} yet. Whoever runs Devin Bridge can name admins in `BOT_ADMIN_USERS`."
        )
    who = ", ".join(mention(user) for user in admins[:10])
    return Message(f"{subject[:1].upper()}{subject[1:]} are for the admins of Devin Bridge. Ask one of them: {who}.")


# ---------------------------------------------------------------- stop, archive, exit

STOPPING: Final = Message("Stopping: Devin is put to sleep in a moment. Nothing is lost.")
STOP_AFTER_CHECK: Final = Message(
    "Devin's answer to the start got lost and is being looked up. The session is stopped as soon as it is found; "
    "if there is none, nothing is started."
)
ALREADY_STOPPED: Final = Message("This session is asleep already; nothing was changed. A reply in its thread wakes it.")
NOTHING_TO_STOP: Final = Message(
    "Nothing of yours is running, so nothing was stopped. `/devin list` shows your sessions."
)
EXIT_KEPT: Final = Message("Fine, the session was kept as it is.")
ALREADY_ENDED: Final = Message(
    "This session has ended already; nothing was changed. Use `/devin` or mention Devin Bridge to start a new one."
)


def stopped(by: str | None, unsent: int = 0) -> Message:
    """Say who stopped it and which replies did not reach Devin any more."""
    whose = f" by {mention(by)}" if by else ""
    return _says(
        f":black_square_for_stop: Stopped{whose}. Devin sleeps and nothing is lost; a reply in this thread wakes it.",
        _unsent(unsent, "because the stop came first"),
    )


def cancelled(by: str | None, unsent: int = 0) -> Message:
    """Say that it was stopped before Devin had it."""
    whose = f" by {mention(by)}" if by else ""
    return _says(
        f":black_square_for_stop: Cancelled{whose} before it began: nothing was started and nothing was spent.",
        _unsent(unsent, "because there is no session"),
    )


def stop_failed(url: str | None, reference: str, unsent: int = 0) -> Message:
    """Say that a session is still running although somebody stopped it."""
    return _says(
        ":warning: Devin could not be told to stop, so *the session is still running*. Stop it in",
        f"{link(url, 'Devin')}, or try `!stop` again in a minute.",
        _unsent(unsent, "because the stop came first"),
        f"Reference {_code(reference)}.",
    )


def archived(by: str | None, unsent: int = 0) -> Message:
    """Say that the session sleeps and its thread is closed."""
    whose = f" by {mention(by)}" if by else ""
    return _says(
        f":file_cabinet: Archived{whose}. Devin sleeps, and replies in this thread are no longer sent to it.",
        _unsent(unsent, "because the thread was closed first"),
        "Use `/devin` or mention Devin Bridge to start a new session.",
    )


def exit_confirm(session: Session) -> Message:
    """Ask before the one thing that cannot be undone."""
    text = (
        f"End “{fitted(session.title)}” for good? It cannot be woken again; "
        "`!stop` only puts it to sleep. Nothing was changed yet."
    )
    row = blocks.actions(
        blocks.button("End for good", registry.EXIT_CONFIRMED.action_id, session.id, style="danger"),
        blocks.button("Keep it", registry.EXIT_DECLINED.action_id, session.id),
    )
    return Message(text, [blocks.section(text), *row])


def exited(by: str | None, unsent: int = 0) -> Message:
    """Say that the session was terminated."""
    whose = f" by {mention(by)}" if by else ""
    return _says(
        f":checkered_flag: Ended for good{whose}. Replies in this thread no longer reach Devin.",
        _unsent(unsent, "because the session was ended first"),
        "Use `/devin` or mention Devin Bridge to start a new session.",
    )


# ---------------------------------------------------------------- replies and verbs

MUTED: Final = Message(
    ":mute: Muted: replies in this thread are not sent to Devin until somebody writes `!unmute`. "
    "What Devin says still appears here."
)
UNMUTED: Final = Message(
    ":speaker: Unmuted: replies in this thread are sent to Devin again. Those written while muted were not sent."
)
ALREADY_MUTED: Final = Message("This thread is muted already; `!unmute` ends that.")
NOT_MUTED: Final = Message("This thread is not muted: every reply is sent to Devin.")
ASIDE: Final = Message("Kept between you: that message was not sent to Devin.")
SESSION_ENDED: Final = Message(
    "This session has ended, so your reply was not sent to Devin. "
    "Use `/devin` or mention Devin Bridge with a task to start a new one."
)
START_UNKNOWN: Final = Message(
    "It is not known yet whether Devin has started this session, so your reply was not sent. If the session shows up, "
    "its card says so: then reply again. To start anew, first look in Devin, as the message above says, so that the "
    "task does not run twice; then mention Devin Bridge with the task."
)
THREAD_CLOSED: Final = Message(
    "This thread was closed, so your reply was not sent to Devin. "
    "Use `/devin` or mention Devin Bridge with a task to start a new session."
)
REPLY_LATE: Final = Message(
    ":hourglass_flowing_sand: Devin cannot be reached right now. Your reply is stored and is sent "
    "as soon as it can be; please don't write it again."
)


def reply_not_sent(reason: str, reference: str, excerpt: str = "") -> Message:
    """Tell in the thread that a reply was given up; `reason` is a clause in our own words."""
    which = f"The reply “{fitted(excerpt, _PROMPT_SHOWN)}”" if excerpt else "A reply"
    return Message(
        f":warning: {which} was *not sent* to Devin, because {fitted(reason, 300)}. "
        f"Write it again if it is still needed. Reference {_code(reference)}."
    )


def reply_uncertain(reference: str, excerpt: str = "") -> Message:
    """Tell in the thread that nobody can say whether a reply arrived."""
    which = f"the reply “{fitted(excerpt, _PROMPT_SHOWN)}”" if excerpt else "a reply"
    advice = "Look into the session in Devin before you write it again."
    return outcome_unknown(f"{which} arrived", advice, reference)


def not_readable(reference: str, *, maybe_done: bool) -> Message:
    """Tell in the thread that a stored row cannot be read; `maybe_done` when an earlier try may have done the work."""
    if maybe_done:
        outcome = "we do not know whether it was done. Look into the session in Devin before you ask for it again."
    else:
        outcome = "it was not done. Ask for it again if it is still needed."
    return Message(
        ":warning: Something that was asked for here was stored by another version of Devin Bridge and cannot be read, "
        f"so {outcome} Reference {_code(reference)}."
    )


def unknown_verb(verb: UnknownVerb) -> Message:
    """Suggest what was probably meant; nothing was forwarded."""
    if verb.nearest == verb.word:
        return Message(
            f"{_code(verb.word)} works only as the whole message, so nothing was done and nothing sent to Devin. "
            f"Write {_code(verb.word)} alone, or the sentence without the `!`."
        )
    meant = f"Did you mean {_code(verb.nearest)}? " if verb.nearest else ""
    return Message(
        f"There is no {_code(verb.word)}, so nothing was done and nothing sent to Devin. {meant}"
        "`!help` lists what works here; without the `!` the message goes to Devin."
    )


# ---------------------------------------------------------------- files


def file_too_large(name: str, size: int, limit: int) -> Message:
    """Say that a file was left out for its size; sizes in bytes."""
    return _file(name, f"it has {_megabytes(size)} and the limit is {_megabytes(limit)}", "Share a smaller one")


def file_not_allowed(name: str) -> Message:
    """Say that a file was left out because it lies elsewhere than at Slack."""
    return _file(name, "it is not stored at Slack", "Upload it to Slack itself")


def file_unreadable(name: str) -> Message:
    """Say that a file was left out because Slack did not hand it over."""
    return _file(name, "Slack did not hand it over", "Upload it again")


def file_refused(name: str) -> Message:
    """Say that a file was left out because Devin did not take it."""
    return _file(name, "Devin did not take it", "Share it in another format")


def one_file_too_many(name: str, most: int) -> Message:
    """Say that a file was left out because there were others before it."""
    return _file(name, f"only {most} files go with one message", "Send it with another one")


def files_lost(left_out: Sequence[Message], done: str) -> Message:
    """Say that nothing is left of a message that consisted of files; `done` names what was not done with it."""
    lines = [message.text.replace(_TEXT_WAS, "") for message in left_out]
    return Message("\n".join([*lines, f"There was no text either, so nothing was {done}."]))


_TEXT_WAS: Final = "The text of the message was. "


def _file(name: str, reason: str, advice: str) -> Message:
    return Message(
        f":paperclip: “{fitted(name, _PROMPT_SHOWN)}” was not passed on to Devin, because {reason}. "
        f"{_TEXT_WAS}{advice}, or paste what matters."
    )


# ---------------------------------------------------------------- posts that were lost


def started_after_all(session_url: str | None) -> Message:
    """Tell that a session which was cancelled or given up had come to be, and was ended now."""
    return Message(
        f":information_source: Devin had started {link(session_url, 'a session')} for this after all; "
        "it was ended now. What it spent until then stays spent."
    )


def posting_lost(channel: str, session: Session | None = None) -> Message:
    """Tell the asker directly that Devin's words cannot be posted in the channel any more."""
    said = (
        f":warning: Devin Bridge can no longer post in <#{channel}> (removed, archived or not allowed), "
        "so news from Devin does not appear there."
    )
    if session is None:
        return Message(said)
    return Message(
        f"{said} The session {link(session.url, session.title)} goes on at Devin. "
        "Invite Devin Bridge again with `/invite @Devin Bridge`, or stop the session with `/devin stop`."
    )


CARD_LOST: Final = Message(
    ":warning: This session's card can no longer be kept up to date here; the session goes on. "
    "`!status` tells where it stands."
)


def post_lost(reference: str, url: str | None = None) -> Message:
    """Tell in the thread that one message of Devin's could not be shown."""
    return Message(
        f":warning: One message of Devin's could not be shown here. Read it in {link(url, 'Devin')}. "
        f"Reference {_code(reference)}."
    )


# ---------------------------------------------------------------- pieces


def _numbered(head: str, listed: Sequence[Listed]) -> Message:
    lines = [f"{number}. {_row(entry)}" for number, entry in enumerate(listed[:MOST_LISTED], start=1)]
    more = len(listed) - MOST_LISTED
    foot = [f"and {counted(more, 'older session')}"] if more > 0 else []
    return Message("\n".join([head, *lines, *foot]), blocks.sections([head, *lines, *foot]))


def _row(entry: Listed) -> str:
    session = entry.session
    title = link(session.url, session.title, 80)
    thread = f" · {link(entry.permalink, 'thread')}" if entry.permalink else ""
    return f"{STATE_EMOJI[session.display_state]} {title}: {STATE_WORDS[session.display_state]}{thread}"


def _heading(session: Session, permalink: str | None) -> list[str]:
    thread = f" · {link(permalink, 'thread')}" if permalink else ""
    return [
        f"*{link(session.url, session.title)}*{thread}",
        f"{STATE_EMOJI[session.display_state]} {state_sentence(session)}",
    ]


def _facts(session: Session) -> list[str]:
    seen = session.snapshot.updated_at
    facts = [f"Asked by {mention(session.requester)}", *option_words(session.options), spent(session)]
    facts.append(f"last sign of life {ago(seen)}" if seen else "")
    return [" · ".join(fact for fact in facts if fact), *pull_request_lines(session.snapshot.pull_requests)]


def _mistyped(word: Mistyped) -> str:
    if word.reason:
        return f"{_code(word.word)}: `{word.nearest}` {fitted(word.reason, 200)}"
    return f"{_code(word.word)}: did you mean `{word.nearest}`?"


def _unsent(count: int, why: str) -> str:
    if not count:
        return ""
    verb = "was" if count == 1 else "were"
    noun = "reply" if count == 1 else "replies"
    return f"{count} waiting {noun} {verb} not sent to Devin, {why}."


def _code(text: str) -> str:
    # A backtick would end the code early.
    return f"`{fitted(text.replace('`', ''), 100)}`"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
