"""The posts in a session's thread: Devin's messages, and the announcements of changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.announcements import AnnouncementKind, TurnEnd
from bot.domain.dead_ends import is_over
from bot.domain.session import Lifecycle, PullRequest, Session, waits_for_something_new
from bot.domain.settings_values import TurnTaking
from bot.views import blocks
from bot.views.card import spent, worked
from bot.views.dead_ends import way_on_button
from bot.views.devin_markdown import devin_markdown
from bot.views.message import Block, Message
from bot.views.plain_text import TEXT_LIMIT, notification, plain
from bot.views.pull_requests import pull_request_lines, pull_request_link, pull_request_name
from bot.views.sentences import NEEDS_SOMETHING_NEW, asker_name, limit_words, mention, quoted, state_sentence
from bot.views.text import (
    MOST_PARTS,
    OPEN_IN_DEVIN,
    PART_LIMIT,
    counted,
    fitted,
    is_web_address,
    link,
    split,
)
from bot.views.turn_taking import in_turns

QUESTION: Final = ":speech_balloon: {who}, Devin has a question. Reply here."
ANSWERED: Final = ":speech_balloon: {who}, Devin has answered. Reply here for more."
WAITS: Final = ":speech_balloon: {who}, Devin is waiting for you · {outcome}"
APPROVAL: Final = ":raised_hand: {who}, Devin needs your approval. Approve or deny it in Devin."
PULL_REQUEST: Final = ":twisted_rightwards_arrows: New pull request: {pull_request}"
APPROVE: Final = "Approve in Devin"  # no call of Devin's API approves
_OPENS_DEVIN: Final = frozenset(
    {AnnouncementKind.APPROVAL, AnnouncementKind.LIMIT, AnnouncementKind.FAILED, AnnouncementKind.ENDED}
)
_ASKS: Final = frozenset({AnnouncementKind.QUESTION, AnnouncementKind.APPROVAL})  # there the cost is no matter
_SIGNS: Final = {
    AnnouncementKind.LIMIT: ":no_entry:",
    AnnouncementKind.FAILED: ":x:",
    AnnouncementKind.ENDED: ":checkered_flag:",
}
_PULL_REQUESTS_LIMIT: Final = 1_200  # characters; with a part of Devin's words, a message holds no more
_PULL_STATES: Final = {"open": "ready for review"}
LEFT_OUT: Final = "The rest is too long for Slack. {link}"
LEFT_OUT_LINK: Final = "Read all of it in Devin."
LEFT_OUT_PLAIN: Final = "All of it is in Devin."
UNREADABLE: Final = "Devin wrote something that can't be shown here. {link}"
UNREADABLE_LINK: Final = "Read it in Devin."
CAUGHT_UP: Final = "Devin's messages couldn't be shown for {minutes}. Here's the latest of {count}."
CAUGHT_UP_LINK: Final = "The rest are in Devin."
DUPLICATE_ENDED: Final = (
    ":information_source: Devin started this task twice after a network error. The duplicate was stopped; "
    "its ACUs still count. {link} keeps running."
)
_CAUGHT_UP_LIMIT: Final = 3_000


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A part of a text of Devin's that fits into one Slack message, as Markdown and as blocks."""

    text: str
    blocks: list[Block]


def devin_parts(parts: Sequence[MessagePart], session: Session) -> list[Message]:
    """Turn parts of a text of Devin's into Slack messages, in order."""
    return [Message(notification(session.title, part.text), part.blocks) for part in parts]


def parts_of(markdown: str, session: Session) -> list[MessagePart]:
    """Split a text of Devin's into at most `MOST_PARTS` parts. If that leaves text out, the last part says so."""
    # One part more than is shown, to know whether something was left out.
    found = split(devin_markdown(markdown, session.link_hosts), PART_LIMIT, MOST_PARTS + 1)
    parts = [MessagePart(text, [blocks.markdown(text)]) for text in found[:MOST_PARTS]]
    if len(found) > MOST_PARTS:
        note = LEFT_OUT.format(link=_all_of_it(session, LEFT_OUT_LINK))
        parts[-1] = MessagePart(parts[-1].text, [*parts[-1].blocks, *blocks.context([note])])
    return parts


def unreadable_message(session: Session) -> str:
    """Return, as Markdown, what stands in for a message of Devin's whose words could not be read."""
    linked = f"[{UNREADABLE_LINK}]({session.url})" if is_web_address(session.url) else UNREADABLE_LINK
    return UNREADABLE.format(link=linked)


def turn_end(
    end: TurnEnd,
    session: Session,
    words: MessagePart | None,
    users: Sequence[str],
    *,
    linked: bool = False,
    above: bool = False,
    turns: TurnTaking = TurnTaking.ALL,
) -> Message:
    """Build the post for the `end` of a turn of `session`, which mentions `users`, or nobody if there are none.

    `words` are the last ones of Devin's, if they were not posted before, where they stand `above`. Where it is
    `linked`, they are read at Devin.
    It asks for what reaches Devin where `turns` holds.
    """
    called = " ".join(map(mention, users)) or asker_name(session)
    session = replace(session, lifecycle=Lifecycle.OPEN, stop_requested=False)  # the sentence is about Devin's state
    pulls = pull_request_lines(session, _PULL_REQUESTS_LIMIT, more="; `status` lists them")
    label = APPROVE if end.kind is AnnouncementKind.APPROVAL else OPEN_IN_DEVIN
    ended = end.kind is not AnnouncementKind.DONE and is_over(session)
    further = way_on_button(session) if ended else None
    opens = linked or end.kind in _OPENS_DEVIN or waits_for_something_new(session.snapshot)
    return Message(
        _notification(end, session, words),
        [
            blocks.section(_call(end, session, called, turns, shows_words=above or words is not None)),
            *(words.blocks if words else []),
            *blocks.sections([] if _names_all(end, session) else pulls),
            *blocks.context(_facts(end, session)),
            *blocks.actions(further, blocks.open_button(session.url, label) if opens else None),
        ],
    )


def new_pull_request(request: PullRequest, session: Session) -> Message:
    """Build the post for a pull request that appears while Devin works."""
    name = fitted(pull_request_name(request.url, session.code_hosts), 200)
    line = PULL_REQUEST.format(pull_request=pull_request_link(request, session))
    return Message(f"{fitted(session.title)}: new pull request {name}", [blocks.section(line)])


def caught_up(count: int, last: str, session: Session, minutes: int) -> Message:
    """Build the summary that replaces Devin's messages of an outage.

    It gives the `count` of messages in so many `minutes`, and shows the `last` one.
    """
    summary = CAUGHT_UP.format(minutes=counted(max(1, minutes), "minute"), count=counted(count, "message"))
    part = next(iter(split(devin_markdown(last, session.link_hosts), _CAUGHT_UP_LIMIT, 1)), "")
    others = f" {_all_of_it(session, CAUGHT_UP_LINK)}" if count > 1 else ""
    shown = [blocks.markdown(part)] if part.strip() else []
    return Message(
        notification(session.title, f"{summary}\n\n{part}"),
        [blocks.section(f":information_source: {summary}{others}"), *shown],
    )


def duplicate_ended(session: Session) -> Message:
    """Build the post that a second session for one task was ended; `session` is the older one, which goes on."""
    sentence = DUPLICATE_ENDED.format(link=link(session.url, "The first session"))
    return Message(DUPLICATE_ENDED.format(link="The first session"), [blocks.section(sentence)])


def _all_of_it(session: Session, label: str) -> str:
    linked = link(session.url, label)
    return linked if linked != label else LEFT_OUT_PLAIN


# ---------------------------------------------------------------- the end of a turn


def _call(end: TurnEnd, session: Session, called: str, turns: TurnTaking, *, shows_words: bool) -> str:
    if waits_for_something_new(session.snapshot):
        needs = in_turns(NEEDS_SOMETHING_NEW, turns).format(asker=called, detail=quoted(session.snapshot.detail))
        return f":speech_balloon: {needs}"
    if end.kind is AnnouncementKind.QUESTION:
        return in_turns(QUESTION, turns).format(who=called)
    if end.kind is AnnouncementKind.ANSWERED:
        return in_turns(ANSWERED, turns).format(who=called)
    if end.kind is AnnouncementKind.WAITS:
        return WAITS.format(who=called, outcome=_outcome(session, linked=True))
    if end.kind is AnnouncementKind.APPROVAL:
        return APPROVAL.format(who=called)
    if end.kind is AnnouncementKind.DONE:
        return _done(session, called, turns)
    if shows_words:  # here or above, which say why it has failed
        session = session.with_snapshot(replace(session.snapshot, last_words=""))
    return f"{_SIGNS[end.kind]} {called} · {state_sentence(session, turns)}"


def _done(session: Session, called: str, turns: TurnTaking) -> str:
    sentence = state_sentence(session, turns)
    return f":white_check_mark: {called}, {sentence[:1].lower()}{sentence[1:]}"


def _notification(end: TurnEnd, session: Session, words: MessagePart | None) -> str:
    title, spoken = fitted(session.title), plain(words.text if words else session.snapshot.last_words, TEXT_LIMIT)
    if waits_for_something_new(session.snapshot):
        needs = f"{title}: Devin needs your input ({quoted(session.snapshot.detail)})"
        return f"{needs}: {spoken}" if spoken else needs
    if end.kind is AnnouncementKind.QUESTION:
        return f"{title}: {spoken or 'Devin has a question'}"
    if end.kind is AnnouncementKind.ANSWERED:
        return f"{title}: {spoken or 'Devin has answered'}"
    if end.kind is AnnouncementKind.WAITS:
        waits = f"{title}: Devin is waiting for you ({_outcome(session, linked=False)})"
        return f"{waits}: {spoken}" if spoken else waits
    if end.kind is AnnouncementKind.APPROVAL:
        return f"{title} needs your approval" + (f": {spoken}" if spoken else "")
    spoken = spoken if words else ""
    return _stopped_notification(title, session, spoken, end) or _done_notification(title, session, spoken)


def _stopped_notification(title: str, session: Session, spoken: str, end: TurnEnd) -> str | None:
    """What is said where something has stopped Devin; None where it is done."""
    if end.kind is AnnouncementKind.LIMIT:
        return f"{title} {limit_words(session)}"
    if end.kind is AnnouncementKind.FAILED:
        return f"{title} has failed" + (f": {spoken}" if spoken else "")
    if end.kind is AnnouncementKind.ENDED:
        return f"{title} has ended in Devin ({quoted(session.snapshot.detail)})"
    return None


def _done_notification(title: str, session: Session, spoken: str) -> str:
    pulls = [_pull_request_words(request, session) for request in session.snapshot.pull_requests[:3]]
    facts = [*pulls, spent(session)]
    if pulls or not spoken:
        shown = ", ".join(fact for fact in facts if fact)
        return f"{title} is done: {shown}" if shown else f"{title} is done"
    cost = f" ({spent(session)})" if spent(session) else ""
    return f"{title} is done{cost}: {spoken}"


def _names_all(end: TurnEnd, session: Session) -> bool:
    return end.kind is AnnouncementKind.WAITS and len(session.snapshot.pull_requests) == 1


def _pull_request_words(request: PullRequest, session: Session) -> str:
    state, name = request.state or "", pull_request_name(request.url, session.code_hosts)
    return f"{fitted(name, 100)} {_PULL_STATES.get(state, fitted(state, 20))}".rstrip()


def _outcome(session: Session, *, linked: bool) -> str:
    pulls = session.snapshot.pull_requests
    if not pulls:
        return "see its answer"
    if len(pulls) > 1:
        return f"see {counted(len(pulls), 'pull request')}"
    name = pull_request_name(pulls[0].url, session.code_hosts)
    return f"see {link(pulls[0].url, name) if linked else fitted(name)}"


def _facts(end: TurnEnd, session: Session) -> list[str]:
    if end.kind in _ASKS:
        return [worked(session)]
    if end.kind is not AnnouncementKind.DONE:
        return [spent(session), worked(session)]
    if session.snapshot.pull_requests:
        return [spent(session)]
    return ["" if session.snapshot.has_result else "no pull request", spent(session)]
