"""The posts in a session's thread: Devin's messages, and the announcements of changes."""

from typing import Final

from bot.domain.session import Announcement, AnnouncementKind, PullRequest, Session, waits_for_something_new
from bot.views import blocks
from bot.views.card import pull_request_lines, pull_request_link, pull_request_name, spent
from bot.views.message import Message
from bot.views.sentences import mention, state_sentence
from bot.views.text import (
    MOST_PARTS,
    PART_LIMIT,
    counted,
    disarm,
    duration,
    escape,
    fallback,
    is_web_address,
    link,
    shortened,
    split,
)

QUESTION: Final = ":speech_balloon: {asker}, Devin waits for your answer: reply in this thread and it goes on."
APPROVAL: Final = (
    ":raised_hand: {asker}, Devin waits for an approval: open the session in Devin and allow or refuse the next "
    "action. That cannot be done from Slack."
)
PULL_REQUEST: Final = ":twisted_rightwards_arrows: New pull request: {pull_request}"
LEFT_OUT: Final = "The rest is too long for Slack and was left out here. {link}"
LEFT_OUT_LINK: Final = "Read all of it in Devin."
LEFT_OUT_PLAIN: Final = "All of it stands in the session in Devin."
UNREADABLE: Final = "Devin wrote something that cannot be shown here. {link}"
UNREADABLE_LINK: Final = "Read it in Devin."
CAUGHT_UP: Final = (
    ":information_source: For {minutes} Devin's messages could not be shown here. "
    "In this time it wrote {count}; this is the last one. {link}"
)
CAUGHT_UP_LINK: Final = "The others stand in Devin."
DUPLICATE_ENDED: Final = (
    ":information_source: After a lost answer Devin had started this task twice. "
    "The younger session was ended and {link} goes on, so nothing has to be done. "
    "What the younger one spent in the meantime stays spent."
)
_CAUGHT_UP_LIMIT: Final = 3_000


def devin_message(markdown: str, session: Session) -> list[Message]:
    """Turn a message of Devin's into Slack messages, in order.

    Of a text that needs more than `MOST_PARTS` messages only so many are made; the last one links to the session.
    """
    # One part more than is shown, to know whether something was left out.
    parts = split(disarm(markdown), PART_LIMIT, MOST_PARTS + 1)
    shown = [Message(fallback(part), [blocks.markdown(part)]) for part in parts[:MOST_PARTS]]
    if len(parts) > MOST_PARTS:
        last = shown[-1]
        note = LEFT_OUT.format(link=_all_of_it(session, LEFT_OUT_LINK))
        shown[-1] = Message(last.text, [*last.blocks, *blocks.context([note])])
    return shown


def unreadable_message(session: Session) -> str:
    """Return, as Markdown, what stands in for a message of Devin's whose words could not be read."""
    linked = f"[{UNREADABLE_LINK}]({session.url})" if is_web_address(session.url) else UNREADABLE_LINK
    return UNREADABLE.format(link=linked)


def announcement(change: Announcement, session: Session) -> Message:
    """Build the post for `change`. Only a question and an approval mention somebody: the asker of `session`."""
    if change.kind is AnnouncementKind.PULL_REQUEST and change.pull_request is not None:
        return _new_pull_request(change.pull_request)
    if change.kind is AnnouncementKind.DONE:
        return _with_lines(outcome(session), pull_request_lines(session.snapshot.pull_requests))
    if change.kind is AnnouncementKind.QUESTION and waits_for_something_new(session.snapshot):
        return _with_lines(f":speech_balloon: {state_sentence(session)}", [], session)
    if change.kind is AnnouncementKind.QUESTION:
        return _with_lines(QUESTION.format(asker=mention(session.requester)))
    if change.kind is AnnouncementKind.APPROVAL:
        return _with_lines(APPROVAL.format(asker=mention(session.requester)), [], session)
    sign = ":no_entry:" if change.kind is AnnouncementKind.LIMIT else ":x:"
    return _with_lines(f"{sign} {state_sentence(session)}", [], session)


def outcome(session: Session) -> str:
    """The line about the end of `session`: its result, the ACUs it used, and how long it took."""
    facts = [_result(session), spent(session), _took(session)]
    return ":white_check_mark: *Done* · " + " · ".join(fact for fact in facts if fact)


def caught_up(count: int, last: str, session: Session, minutes: int) -> Message:
    """Build the summary that replaces Devin's messages of an outage.

    It gives the `count` of messages in so many `minutes`, and shows the `last` one.
    """
    summary = CAUGHT_UP.format(
        minutes=counted(max(1, minutes), "minute"),
        count=counted(count, "message"),
        link=_all_of_it(session, CAUGHT_UP_LINK) if count > 1 else "",
    ).rstrip()
    part = next(iter(split(disarm(last), _CAUGHT_UP_LIMIT, 1)), "")
    shown = [blocks.markdown(part)] if part.strip() else []
    return Message(f"{summary}\n{fallback(part)}".rstrip(), [blocks.section(summary), *shown])


def duplicate_ended(session: Session) -> Message:
    """Build the post that a second session for one task was ended; `session` is the older one, which goes on."""
    return _with_lines(DUPLICATE_ENDED.format(link=link(session.url, "the older one")))


def _new_pull_request(request: PullRequest) -> Message:
    line = PULL_REQUEST.format(pull_request=pull_request_link(request))
    plain = PULL_REQUEST.format(pull_request=escape(shortened(pull_request_name(request.url), 200)))
    return Message(plain, [blocks.section(line)])


def _with_lines(sentence: str, lines: list[str] | None = None, session: Session | None = None) -> Message:
    shown = [blocks.section(sentence), *blocks.sections(lines or [], most=8_000)]
    buttons = blocks.actions(blocks.open_button(session.url)) if session else []
    return Message("\n".join([sentence, *(lines or [])]), [*shown, *buttons])


def _all_of_it(session: Session, label: str) -> str:
    linked = link(session.url, label)
    return linked if linked != label else LEFT_OUT_PLAIN


def _result(session: Session) -> str:
    pulls = len(session.snapshot.pull_requests)
    if pulls:
        return counted(pulls, "pull request")
    return "result handed in" if session.snapshot.has_result else "no pull request"


def _took(session: Session) -> str:
    end = session.ended_at or session.snapshot.updated_at
    took = end - session.created_at if session.created_at else 0
    return duration(took) if took > 0 else ""
