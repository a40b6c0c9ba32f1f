"""The card of a session, which is kept up to date by edits, because edits notify nobody."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain.commands.registry import STOP
from bot.domain.dead_ends import WayOn, way_on
from bot.domain.session import DisplayState, Options, Session
from bot.domain.settings_values import TurnTaking
from bot.domain.waking import NO_LIMITS, WakeLimits
from bot.views import blocks
from bot.views.card_words import PROGRESS
from bot.views.dead_ends import WENT_ON, way_on_button
from bot.views.devin_markdown import devin_markdown
from bot.views.message import Block, Message
from bot.views.plain_text import plain
from bot.views.pull_requests import pull_request_link
from bot.views.sentences import (
    REASON_SENTENCES,
    SHORTEST,
    STATE_EMOJI,
    STATE_WORDS,
    STEER,
    STOPPABLE,
    asker_name,
    state_sentence,
    status_words,
    took,
    working_words,
)
from bot.views.text import acus, ago, beginning, counted, fitted, hundredths, link, short_duration
from bot.views.turn_taking import in_turns

MOST_ON_THE_CARD: Final = 3
LAST_LINE: Final = 120  # characters, where Devin's words are one line
ACU: Final = "ACU (agent compute unit): how Devin measures and bills work."
WORTH_A_WORD: Final = 120  # seconds of rest between two turns
_ASKS: Final = frozenset({DisplayState.WAITING, DisplayState.APPROVAL})


def card(
    session: Session,
    now: float,
    silence: float = math.inf,
    limits: WakeLimits = NO_LIMITS,
    *,
    went_on: bool = False,
    kept: bool = True,
    first: bool = False,
    turns: TurnTaking = TurnTaking.ALL,
) -> Message:
    """Build the card of `session` as of `now`: title, state, what Devin asks or says at work, facts and buttons.

    A session that is done takes two lines with a button beside them. Times are written so that Slack keeps them up to
    date without an edit. While Devin works, `silence` is after how many seconds without news a line says so. One that
    gets no further has a button for its way on, unless another session `went_on` from there; `limits` say how much that
    gets.
    On the `first` card that a person gets, ACUs are explained. What it asks for reaches Devin where `turns` holds.
    """
    quiet = session.silent_for(now, silence)
    # A session may be stuck although Devin says that it works, so that word stands beside it.
    silent = "" if quiet is None else f"No news for {short_duration(quiet)}. Devin's status: {status_words(session)}."
    words = _devins_words(session)
    if not words:
        # Who is content with what is done needs no more of it.
        is_done = session.display_state is DisplayState.DONE and way_on(session) is WayOn.CONTINUE
        further = None if went_on or is_done else way_on_button(session, limits, kept=kept)
        return _card(session, now, silent, [], further, went_on=went_on, first=first, turns=turns)
    # Without `markdown` blocks, Devin's words are one line without their markup.
    plainer = _card(session, now, silent, [blocks.section(plain(words, LAST_LINE))], first=first, turns=turns)
    full = _card(
        session, now, silent, [blocks.markdown(devin_markdown(words, session.link_hosts))], first=first, turns=turns
    )
    return replace(full, plainer=plainer)


def _card(
    session: Session,
    now: float,
    silent: str,
    words: Sequence[Block],
    further: Block | None = None,
    *,
    went_on: bool = False,
    first: bool = False,
    turns: TurnTaking = TurnTaking.ALL,
) -> Message:
    state, way = session.display_state, way_on(session)
    lines = [f"*{link(session.url, session.title)}*", _state_line(session, turns), *filter(None, [silent])]
    # That Devin is active, which its figures show, would contradict that nothing is new.
    active = "" if silent else _active(session, now)
    went = WENT_ON[way] if went_on and way is not None else ""
    facts = [] if state is DisplayState.DONE else [*_facts(session), *_figures(session), active, went]
    opens = blocks.open_button(session.url)
    # The one button of a session that is done stands beside the two lines. The title opens Devin, too.
    beside, below = (_review_button(session) or opens, []) if state is DisplayState.DONE else (None, [opens])
    return Message(
        text=f"{fitted(session.title)}: {STATE_WORDS[state]}",
        blocks=[
            blocks.section("\n".join(lines), beside),
            *words,
            *blocks.context(facts),
            # A card that is done has two lines; while it was not, the word was explained.
            *blocks.context([ACU] if first and spent(session) and state is not DisplayState.DONE else []),
            *blocks.actions(further, *below, stop_button(session)),
        ],
    )


def _state_line(session: Session, turns: TurnTaking) -> str:
    """The emoji and the words of the state; of a session at work or done, with its time and what that cost."""
    state = session.display_state
    sign = STATE_EMOJI[state]
    if _is_stopping(session):
        return f"{sign} {state_sentence(session, turns)}"
    if state is DisplayState.WORKING:
        return _line(f"{sign} {working_words(session)}", _since(session), _used(session), _hint(session, turns))
    if state is DisplayState.DONE:
        done = f"Done · {_times(session)}" if _paused(session) else f"Done{took(session)}"
        return _line(f"{sign} {done}", spent(session), *_pull_requests(session), f"started by {asker_name(session)}")
    if state in REASON_SENTENCES and not session.begins_thread:
        # The post that says why stands beside the card.
        session = session.with_snapshot(replace(session.snapshot, last_words=""))
    return f"{sign} {state_sentence(session, turns)}"


def _figures(session: Session) -> list[str]:
    """How long Devin worked and what that cost, where no figures stand beside the words of the state."""
    if _is_stopping(session) or session.display_state is DisplayState.WORKING:
        return []
    return [_times(session), _used(session)]


def _used(session: Session) -> str:
    """The ACUs that `session` has used, or as long as these are none, what it may use."""
    return f"up to {acus(session.limit)}" if session.limit and not session.snapshot.acus else spent(session)


def _is_stopping(session: Session) -> bool:
    return session.stop_requested and session.display_state in STOPPABLE


def _line(*facts: str) -> str:
    return " · ".join(fact for fact in facts if fact)


def _since(session: Session) -> str:
    """Since when Devin works; after a rest also how long it had worked before."""
    if session.working_since is None:
        return ""
    rested = session.working_since - session.created_at - session.worked
    if not session.worked or rested < WORTH_A_WORD:
        return f"started {ago(session.working_since if not session.worked else session.created_at)}"
    before = f" after {short_duration(session.worked)} of work" if session.worked >= SHORTEST else ""
    return f"started {ago(session.created_at)} · resumed {ago(session.working_since)}{before}"


def _times(session: Session) -> str:
    """How long Devin worked, and within which time where it rested in between."""
    return f"{worked(session)} in {short_duration(_elapsed(session))}" if _paused(session) else worked(session)


def _paused(session: Session) -> bool:
    return session.worked >= SHORTEST and _elapsed(session) - session.worked >= WORTH_A_WORD


def _elapsed(session: Session) -> float:
    """The seconds from the start of `session` until Devin last wrote, or opened a pull request."""
    return session.progress_at - session.created_at


def _devins_words(session: Session) -> str:
    """What Devin asks, in Markdown, as long as nobody has answered, or how its last words begin while it works."""
    state, words = session.display_state, session.snapshot.last_words
    if state is DisplayState.WORKING:
        return beginning(words, PROGRESS)
    is_asked = state in _ASKS or (state is DisplayState.ASLEEP and session.snapshot.asks is True)
    return words if is_asked and not session.stop_requested else ""


def _hint(session: Session, turns: TurnTaking) -> str:
    replied = session.spoken_at > session.created_at
    return "" if replied else in_turns(STEER, turns)


def _facts(session: Session) -> list[str]:
    repo = fitted(", ".join(session.options.repos), 100)
    return [f"Started by {asker_name(session)}", repo, *_pull_requests(session)]


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
    named = {"repo": ", ".join(options.repos), "playbook": options.playbook, "mode": options.mode}
    words = [f"{name} {fitted(value, 100)}" for name, value in named.items() if value]
    return [*words, f"tags {fitted(', '.join(options.tags), 200)}"] if options.tags else words


def spent(session: Session) -> str:
    """The ACUs that `session` has used, with its cap if it has one.

    Without a cap the text is empty at 0 ACUs, because on some plans Devin always reports 0. If Devin lowered them, it
    says from what.
    """
    before = session.corrected_from or 0.0
    corrected = f" (corrected from {hundredths(before)})" if before > session.snapshot.acus else ""
    if session.limit:
        return f"{acus(session.snapshot.acus).rsplit(' ', 1)[0]} of {acus(session.limit)}{corrected}"
    return f"{acus(session.snapshot.acus)}{corrected}" if session.snapshot.acus > 0 else ""


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
