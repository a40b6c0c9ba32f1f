"""What is told of a session: its card, Devin's words, and the few moments when somebody should look."""

from typing import Any, Final

from bot.domain.billing import billing_day
from bot.domain.session import (
    TERMINAL_STATUSES,
    Change,
    Kind,
    Session,
    Snapshot,
    Stage,
    changes,
    moved,
    rest_of,
)
from bot.flows.listen import Heard
from bot.flows.tools import Step, Tools, ref_of
from bot.store import outbox, sessions, spend
from bot.store.lanes import Claim
from bot.store.sessions import Tracked
from bot.views import news

REPLAYED: Final = 3  # after such a gap more messages than this become one summary
MARK_AT_END: Final = "white_check_mark"


class Tell:
    """Writes down what a look at a session brought: state, relay, posts and card in one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @staticmethod
    def is_news(old: Snapshot, new: Snapshot) -> bool:
        """Whether a change is more than figures."""
        return moved(old, new) or bool(changes(old, new))

    async def session(
        self, claim: Claim, tracked: Tracked, new: Snapshot, heard: Heard | None, polled_at: float
    ) -> bool:
        """Tell one session's news, Devin's words first; `heard` is None when its messages could not be read.

        False when our record has changed since it was read: then nothing was told.
        """
        session, relay = tracked.session, tracked.relay
        after = session.with_seen(new)
        happened, waiting = ([], False) if _ended_by_hand(session, new) else _news(tracked, new, heard)
        async with self._tools.step(claim, ref_of(session.id)) as step:
            seq = relay.news_seq
            told: dict[str, Any] = {"waiting": waiting, "news_seq": seq + len(happened)}
            if heard is not None:
                told |= {
                    "last_event_id": heard.last_event_id,
                    "page_cursor": heard.page_cursor,
                    "devin_messages": heard.count,
                }
            if not await sessions.see(step.tx, session, new, **told):
                return False
            if heard is not None:
                await self._say(step, after, heard, polled_at)
                await self._ending(step, session, new)
            for number, change in enumerate(happened, start=seq + 1):
                await self._happened(step, after, change, f"news:{session.id}:{number}:{change.kind}")
            await spend.add(step.tx, billing_day(step.now), _spent(session, new))
            await self._draw(step, tracked, new)
        return True

    async def figures(self, step: Step, tracked: list[Tracked]) -> None:
        """New figures on cards that have shown the same ones for long enough, when nothing else waits."""
        interval = self._tools.timing.figures_interval
        due = [one.session.id for one in tracked if step.now - one.relay.figures_at >= interval]
        if due:
            await sessions.drew_figures(step.tx, due, step.now)
            await step.redraw(*due, figures_only=True)

    async def _say(self, step: Step, session: Session, heard: Heard, polled_at: float) -> None:
        # What comes after a person's word is an answer, however long nobody looked before it.
        gap = step.now - max(polled_at, session.created_at, session.spoken_at)
        if gap > self._tools.timing.outage_summary and len(heard.messages) > REPLAYED:
            last = heard.messages[-1]
            summary = news.caught_up(len(heard.messages), last.message, session, round(gap / 60))
            await step.post(f"say:{session.id}:{last.event_id}:0", session, summary)
            return
        for message in heard.messages:
            for number, part in enumerate(news.say(message.message, session)):
                await step.post(f"say:{session.id}:{message.event_id}:{number}", session, part)

    async def _happened(self, step: Step, session: Session, change: Change, key: str) -> None:
        urgent = change.kind in {Kind.QUESTION, Kind.APPROVAL}
        rank = outbox.FIRST if urgent else outbox.USUAL
        await step.post(key, session, news.news(change, session), rank=rank)
        if change.kind is Kind.DONE:
            await sessions.change(step.tx, session.id, done_at=step.now)
            if session.cause_ts is not None:
                await step.react(session.channel, session.cause_ts, MARK_AT_END)

    async def _ending(self, step: Step, session: Session, new: Snapshot) -> None:
        """A session that cannot go on by itself is looked at no more; a reply that it takes brings it back."""
        over = new.status in TERMINAL_STATUSES
        waking = step.now - session.spoken_at < self._tools.timing.waking
        replied = session.spoken_at > session.created_at and waking
        if session.stage is not Stage.OPEN or (over and replied):
            return
        if over != (session.ended_at is not None):
            await sessions.change(step.tx, session.id, ended_at=step.now if over else None)

    async def _draw(self, step: Step, tracked: Tracked, new: Snapshot) -> None:
        if moved(tracked.session.seen, new):
            await sessions.drew_figures(step.tx, [tracked.session.id], step.now)
            await step.redraw(tracked.session.id)
        elif _spent(tracked.session, new):
            await self.figures(step, [tracked])


def _news(tracked: Tracked, new: Snapshot, heard: Heard | None) -> tuple[list[Change], bool]:
    """What is told now, and whether a rest waits to be told until it still stands at the next look.

    A session's detail may flip, and states are listed before messages are read. So the next look decides about a
    question without words, about a rest that may be from before a person's last word, and about the same rest once
    more, after a person wrote in Devin's web app or here in a reply whose answer is not stored yet.
    """
    happened, rest = changes(tracked.session.seen, new), rest_of(new)
    if rest is None:
        return happened, False
    others = [change for change in happened if change.kind is not rest]
    unsure = heard is not None and heard.person_spoke_last and new.status == "running"
    if rest is rest_of(tracked.session.seen):
        if tracked.relay.waiting and not unsure:
            return [*others, Change(rest)], False
        # What happened may be another limit.
        return happened, happened == others and _may_be_another(rest, tracked, new, heard)
    without_words = rest is Kind.QUESTION and not (heard and heard.messages)
    if without_words or (unsure and rest in {Kind.QUESTION, Kind.DONE}):
        return others, not _flips(tracked, new, heard)
    return happened, False


def _may_be_another(rest: Kind, tracked: Tracked, new: Snapshot, heard: Heard | None) -> bool:
    """Whether Devin may have gone on since it came to the same rest."""
    if heard is None:
        return tracked.relay.waiting
    if rest is Kind.APPROVAL:  # given in Devin, which no message shows
        return bool(heard.messages) and new.updated_at > tracked.session.seen.updated_at
    return tracked.relay.waiting or heard.devin_answered or (heard.person_spoke_last and rest is Kind.QUESTION)


def _flips(tracked: Tracked, new: Snapshot, heard: Heard | None) -> bool:
    """Whether a session at its end goes to waiting without anybody's word, which asks nothing."""
    seen = tracked.session.seen
    silent = not tracked.relay.waiting and not (heard and heard.fresh)
    return silent and rest_of(seen) is Kind.DONE and seen.status == new.status


def _ended_by_hand(session: Session, new: Snapshot) -> bool:
    """Whether somebody here is just ending it for good: who did that is told then, and it is no work that was done."""
    return session.stop_requested and new.status == "exit" and not new.archived


def _spent(session: Session, new: Snapshot) -> dict[str, float]:
    acus = new.acus - session.seen.acus
    return {session.id: acus} if acus > 0 else {}
