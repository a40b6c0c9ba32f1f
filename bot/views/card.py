"""The card of a session, which is kept up to date by edits, because edits notify nobody."""

from html import unescape
from typing import Final

from bot.domain.commands.registry import STOP
from bot.domain.session import DisplayState, Options, Session
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.pull_requests import pull_request_link
from bot.views.sentences import (
    SHORTEST,
    STATE_EMOJI,
    STATE_WORDS,
    STEER,
    STOPPABLE,
    asker_name,
    state_sentence,
    took,
    working_words,
)
from bot.views.text import acus, ago, counted, fitted, link, short_duration

MOST_ON_THE_CARD: Final = 3
LAST_LINE: Final = 120  # characters


def card(session: Session, now: float) -> Message:
    """Build the card of `session` as of `now`: title, state, Devin's last line while it works, facts and buttons.

    A session that is done takes two lines with a button beside them. Times are written so that Slack keeps them up to
    date without an edit.
    """
    state = session.display_state
    lines = [f"*{link(session.url, session.title)}*", _state_line(session)]
    if state is DisplayState.WORKING and session.snapshot.last_line:
        lines.append(f"_{_last_line(session)}_")
    facts = [] if state is DisplayState.DONE else _facts(session, now)
    opens = blocks.open_button(session.url)
    # The one button of a session that is done stands beside the two lines. The title opens Devin, too.
    beside, below = (_review_button(session) or opens, []) if state is DisplayState.DONE else (None, [opens])
    return Message(
        text=f"{fitted(session.title)}: {STATE_WORDS[state]}",
        blocks=[
            blocks.section("\n".join(lines), beside),
            *blocks.context(facts),
            *blocks.actions(*below, stop_button(session)),
        ],
    )


def _state_line(session: Session) -> str:
    """The emoji and the words of the state, with the time that Devin worked and what that cost."""
    state = session.display_state
    sign = STATE_EMOJI[state]
    if session.stop_requested and state in STOPPABLE:
        return f"{sign} {state_sentence(session)}"
    if state is DisplayState.WORKING:
        started = f"started {ago(session.working_since)}" if session.working_since else ""
        return " · ".join(
            part for part in (f"{sign} {working_words(session)}", started, spent(session), _hint(session)) if part
        )
    if state is DisplayState.DONE:
        pulls = _pull_requests(session)
        facts = (f"{sign} Done{took(session)}", spent(session), *pulls, f"asked by {asker_name(session)}")
        return " · ".join(fact for fact in facts if fact)
    figures = " · ".join(fact for fact in (worked(session), spent(session) if session.snapshot.acus else "") if fact)
    return f"{sign} {state_sentence(session)} {figures[:1].upper()}{figures[1:]}".rstrip()


def _last_line(session: Session) -> str:
    # It is stored as it is for Slack. Cut like that, it could end in the middle of `&amp;`.
    return fitted(unescape(session.snapshot.last_line), LAST_LINE)


def _hint(session: Session) -> str:
    replied = session.spoken_at > session.created_at
    return "" if replied else STEER


def _facts(session: Session, now: float) -> list[str]:
    repo = fitted(session.options.repo, 100) if session.options.repo else ""
    return [f"Asked by {asker_name(session)}", repo, *_pull_requests(session), _active(session, now)]


def worked(session: Session) -> str:
    """How long Devin worked on `session`; empty where that is too short to be worth a word."""
    return f"worked {short_duration(session.worked)}" if session.worked >= SHORTEST else ""


def _pull_requests(session: Session) -> list[str]:
    requests = session.snapshot.pull_requests
    links = [pull_request_link(request, session) for request in requests[:MOST_ON_THE_CARD]]
    more = len(requests) - MOST_ON_THE_CARD
    return [*links, f"{counted(more, 'more pull request')}"] if more > 0 else links


def _review_button(session: Session) -> Block | None:
    requests = session.snapshot.pull_requests
    return blocks.open_button(requests[0].url, "Review PR", "review") if len(requests) == 1 else None


def option_words(options: Options) -> list[str]:
    """The options that are set, each in words such as `mode fast`; the ACU cap and the title are not among them."""
    named = {"repo": options.repo, "playbook": options.playbook, "mode": options.mode}
    words = [f"{name} {fitted(value, 100)}" for name, value in named.items() if value]
    return [*words, f"tags {fitted(', '.join(options.tags), 200)}"] if options.tags else words


def spent(session: Session) -> str:
    """The ACUs that `session` has used, with its cap if it has one.

    Without a cap the text is empty at 0 ACUs, because on some plans Devin always reports 0.
    """
    cap = session.ceiling or session.options.acu
    if cap:
        return f"{acus(session.snapshot.acus).rsplit(' ', 1)[0]} of {acus(cap)}"
    return acus(session.snapshot.acus) if session.snapshot.acus > 0 else ""


def _active(session: Session, now: float) -> str:
    if not session.snapshot.updated_at:
        return ""
    # Devin's clock may be ahead of ours, and an activity in the future would be odd.
    return f"active {ago(min(session.snapshot.updated_at, now))}"


def stop_button(session: Session) -> Block | None:
    """The button that stops `session`; None when there is nothing to stop, or when it is being stopped."""
    if session.stop_requested or session.display_state not in STOPPABLE:
        return None
    return blocks.button("Stop", STOP.action_id, session.id, style="danger")
