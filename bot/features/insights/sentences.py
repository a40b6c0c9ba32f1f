"""What a person reads of Devin's insights of a session."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.session import Session
from bot.features.insights.rules import Analysis, Issue
from bot.features.insights.specs import INSIGHTS
from bot.views import blocks, questions
from bot.views.message import Message
from bot.views.text import counted, fitted, linked_title

MOST_LISTED: Final = 3  # of each kind, so that it stays a few lines
LONGEST: Final = 240  # characters of one
LONGEST_PROMPT: Final = 600
NOT_THERE: Final = Message("Devin has no insights for this session.")
SIZES: Final = {"xs": "very small", "s": "small", "m": "medium", "l": "large", "xl": "very large"}


@dataclass(frozen=True, slots=True)
class Counted:
    """How large Devin says a session is, and who wrote how many messages in it, where it says so."""

    size: str = ""
    by_people: int | None = None
    by_devin: int | None = None


def insights(session: Session, thread: str | None, sizes: Counted, analysis: Analysis) -> Message:
    """Show what Devin says of `session`, whose `thread` is linked."""
    lines = [
        *_head(session, thread, sizes),
        *(_analysis(analysis) if not analysis.is_empty else ["Devin noted nothing else."]),
    ]
    return Message(f"Insights: {fitted(session.title, 80)}", blocks.sections(lines))


def analysing(session: Session, thread: str | None, sizes: Counted) -> Message:
    """Say that Devin has only begun to analyse `session`, with a button to ask again."""
    lines = [*_head(session, thread, sizes), "Devin is analyzing it now. That takes about a minute."]
    again = questions.choice("Look again", INSIGHTS, session.id)
    return Message(f"{fitted(session.title, 80)}: {lines[-1]}", [*blocks.sections(lines), *blocks.actions(again)])


def _head(session: Session, thread: str | None, sizes: Counted) -> Iterator[str]:
    yield linked_title(session.title, thread, session.url, around="*{}*")
    facts = [
        SIZES.get(sizes.size, fitted(sizes.size, 20)),
        "" if sizes.by_people is None else f"{counted(sizes.by_people, 'message')} from people",
        "" if sizes.by_devin is None else f"{sizes.by_devin:,} from Devin",
    ]
    if any(facts):
        line = " · ".join(fact for fact in facts if fact)
        yield f"{line[:1].upper()}{line[1:]}"


def _analysis(analysis: Analysis) -> Iterator[str]:
    if analysis.timeline:
        yield f"*How it went*: {' → '.join(fitted(step, 80) for step in _few(analysis.timeline))}"
    if analysis.issues:
        yield "*What got in the way*"
        yield from map(_issue, analysis.issues[:MOST_LISTED])
    if analysis.action_items:
        yield "*What would help*"
        yield from (f"• {fitted(item, LONGEST)}" for item in analysis.action_items[:MOST_LISTED])
    if analysis.suggested_prompt:
        yield f"*A better prompt*: {fitted(analysis.suggested_prompt, LONGEST_PROMPT)}"


def _few(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The first and the last steps."""
    return steps if len(steps) <= 2 * MOST_LISTED else (*steps[:MOST_LISTED], "…", *steps[-MOST_LISTED:])


def _issue(found: Issue) -> str:
    impact = f" ({fitted(found.impact, LONGEST)})" if found.impact else ""
    return f"• {fitted(found.issue, LONGEST)}{impact}"
