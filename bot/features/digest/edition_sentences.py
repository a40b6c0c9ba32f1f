"""The digests by their editions: of a day, a week or a cycle, of the organisation or of one channel, and the warning.

Each says which digests before it were not posted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Final

from bot.domain.billing import ONE_DAY
from bot.domain.cycle import Cycle
from bot.features.consumption.sentences import LONGEST_NAME, CycleFigures, ProductUse, cycle_line, cycle_name
from bot.features.digest.digest_root import DigestFigures, corrected, digest_root, needs_somebody
from bot.features.digest.posts import DigestPosts, ThreadFigures, thread_posts
from bot.features.digest.rules import Missed, MissedBecause, Occasion, Share, Subscription
from bot.features.usage.figure_sentences import NO_TOTAL, Figures, report
from bot.views import blocks
from bot.views.dates import HOURS, long_date, weekday_date
from bot.views.message import Message
from bot.views.text import counted, fitted, listed, tenths_of_acus

MOST_NAMED: Final = 3  # days of digests that were not posted
PREVIEW: Final = "Only you see this, and nothing was posted. The {edition} digest, as it would be posted here now:"
IN_ITS_THREAD: Final = "*In its thread*"
WOULD_BE_SKIPPED: Final = (
    "Only you see this. No {edition} digest would be posted here now. On {day}, nothing was used{where}, no session "
    "was active, and none is waiting. With `BOT_DIGEST_QUIET=post`, such a day has a digest too."
)
KEY_EXPIRES: Final = (
    ":key: Devin Bridge's service user expires on {day}. After that, nothing reaches Devin. Create a new one in Devin "
    "under Settings → Service users. Copy its key into "
    "`DEVIN_API_KEY` and restart Devin Bridge."
)
_HERE: Final = "Only the sessions of this channel count."
_ENDS: Final = "{cycle} ends in three days"
_ENDS_HERE: Final = "Devin in this channel, three days before {cycle} ends"
_ALERT: Final = ":warning: "
_WHY: Final[Mapping[MissedBecause, str]] = {
    MissedBecause.AWAY: "Devin Bridge wasn't running then",
    MissedBecause.LATE: "Slack wasn't reached in time",
    MissedBecause.UNKNOWN: "Slack's answer was lost",
    MissedBecause.SHARED: "the channel was shared with another company",
    MissedBecause.ARCHIVED: "the channel was archived",
    MissedBecause.NOT_IN_CHANNEL: "Devin Bridge wasn't in the channel",
    MissedBecause.RESTRICTED: "Devin Bridge wasn't allowed to post here",
    MissedBecause.REFUSED: "Slack rejected it",
}


@dataclass(frozen=True, slots=True)
class EditionFigures:
    """What a digest says on an `occasion`: the `figures` of the billing days from `first` to their last one.

    `cycle` is the one that the occasion is about, if it is about one, and `before` what the same span before took.
    `beside` is what a root says beside its figures, where it has more, and `thread` what stands in a thread.
    """

    occasion: Occasion
    share: Share
    first: date
    figures: Figures
    cycle: Cycle | None = None
    before: float | None = None
    missed: tuple[Missed, ...] = ()
    beside: DigestFigures | None = None
    key_expires_at: float | None = None  # when the key for Devin expires, if that is soon
    thread: ThreadFigures | None = None

    def with_figures(self, figures: Figures) -> "EditionFigures":
        """Return the same with other `figures`."""
        beside = replace(self.beside, figures=figures) if self.beside else None
        return replace(self, figures=figures, beside=beside)

    @property
    def is_daily_of_all(self) -> bool:
        """Whether it is the digest whose root is to be read in five seconds."""
        return self.occasion is Occasion.DAILY and self.share is Share.ALL


def edition_posts(edition: EditionFigures) -> DigestPosts:
    """Build the digest of an `edition`."""
    root = digest_root(edition.beside) if edition.beside and edition.is_daily_of_all else _message(edition)
    missed = blocks.context(["\n".join(_missed(edition.occasion, edition.missed))])
    expires = blocks.sections(_key_expires(edition.key_expires_at))
    thread = thread_posts(edition.figures, edition.thread) if edition.thread else ()
    return DigestPosts(replace(root, blocks=[*root.blocks, *expires, *missed]), thread)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be posted now for a `subscription`, about days up to `day`; no `posts` if that would be skipped."""

    subscription: Subscription
    day: date
    posts: DigestPosts | None = None


def preview(editions: Iterable[Preview]) -> Message:
    """Show a person the digests that a channel would get now."""
    shown = [_previewed(digest) for digest in editions]
    return Message(
        " ".join(message.text for message in shown), [block for message in shown for block in message.blocks]
    )


def _previewed(digest: Preview) -> Message:
    """The root of a digest as it would be posted, and in words what its thread would hold."""
    edition = digest.subscription.edition
    if digest.posts is None:
        where = " in this channel" if digest.subscription.share is Share.HERE else ""
        text = WOULD_BE_SKIPPED.format(edition=edition, day=weekday_date(digest.day), where=where)
        return Message(text, [blocks.section(text)])
    head, root = PREVIEW.format(edition=edition), digest.posts.root
    thread = [IN_ITS_THREAD, *(f"• {post.text}" for post in digest.posts.thread)] if digest.posts.thread else []
    return Message(f"{head} {root.text}", [*blocks.context([head]), *root.blocks, *blocks.sections(thread)])


def _message(edition: EditionFigures) -> Message:
    if edition.occasion is Occasion.WARNING:
        return _warning(edition)
    figures, here = edition.figures, edition.share is Share.HERE
    title = f"Devin{' in this channel' if here else ''} {_when(edition)}"
    scope = f"{_days(edition)}{f' {_HERE}' if here else ''}"
    needing = needs_somebody(edition.beside) if edition.beside else []
    corrections = " ".join(corrected(figures.corrections))
    return report(title, scope, figures, compared=edition.occasion is Occasion.DAILY, more=needing, notes=[corrections])


def _when(edition: EditionFigures) -> str:
    if edition.occasion is Occasion.DAILY:
        return f"on {long_date(edition.figures.day)}"
    if edition.cycle is not None:
        named = cycle_name(edition.cycle)
        return f"in {named}" if edition.cycle.is_month else f"in the billing cycle {named}"
    return f"in the week up to {long_date(edition.figures.day)}"


def _days(edition: EditionFigures) -> str:
    first, last = edition.first, edition.figures.day
    if first == last:
        return f"Billing day {HOURS}."
    number = counted((last - first).days + 1, "billing day")
    before = f" Previous {number}: {tenths_of_acus(edition.before)}." if edition.before is not None else ""
    return f"{number} from {weekday_date(first)} to {weekday_date(last)}, each {HOURS}.{before}"


# ---------------------------------------------------------------- the warning


def _warning(edition: EditionFigures) -> Message:
    figures, here = edition.figures, edition.share is Share.HERE
    cycle = figures.cycle
    lines = [NO_TOTAL] if cycle is None else [cycle_line(cycle), *_outlook(cycle)]
    assert edition.cycle is not None
    assumed = cycle_name(edition.cycle) if edition.cycle.assumed else ""
    title = (
        _ENDS_HERE.format(cycle=assumed or "the billing cycle")
        if here
        else _ENDS.format(cycle=assumed or "Devin's billing cycle")
    )
    ends = f"It ends on {weekday_date(edition.cycle.last + ONE_DAY)} at 8:00 AM UTC."
    counted_to = f"Counted through {weekday_date(figures.day)}, the latest finished billing day."
    scope = " ".join([ends, counted_to, *([_HERE] if here else [])])
    return Message(
        f"{title}. {' '.join(lines)}".replace(_ALERT, ""),
        [blocks.header(title), blocks.section("\n".join(lines)), *blocks.context([scope])],
    )


def _outlook(cycle: CycleFigures) -> list[str]:
    """Say in lines how the cycle will end beside its limits, if there are any."""
    devin, *others = cycle.parts
    limits = [("limit", devin), *((f"limit of {fitted(other.name, LONGEST_NAME)}", other) for other in others)]
    span = "month" if cycle.cycle.assumed else "cycle"
    return [f"{_ALERT}{line}" for name, part in limits for line in _beside_limit(name, part, span)]


def _beside_limit(name: str, part: ProductUse, span: str) -> list[str]:
    """Say in a line whether a limit that is called `name` is reached, or will be in the `span`; nothing if it holds."""
    if part.limit is None:
        return []
    if part.used >= part.limit:
        return [f"The {name} is used up."]
    if part.forecast is None or part.forecast.high <= part.limit:
        return []
    surely = part.forecast.is_range and part.forecast.low > part.limit
    return [f"At this rate the {name} {'will' if surely else 'might'} be reached before the {span} ends."]


def _key_expires(at: float | None) -> list[str]:
    return [] if at is None else [KEY_EXPIRES.format(day=weekday_date(datetime.fromtimestamp(at, UTC).date()))]


# ---------------------------------------------------------------- what was not posted


def _missed(occasion: Occasion, missed: Iterable[Missed]) -> list[str]:
    return [
        _not_posted(occasion, [digest.day for digest in those], because)
        for because, those in groupby(missed, key=lambda digest: digest.because)
    ]


def _not_posted(occasion: Occasion, days: Sequence[date], because: MissedBecause) -> str:
    single = len(days) == 1
    what = f"The {'digest' if single else 'digests'} of {_about(occasion, days)}"
    if because is MissedBecause.UNKNOWN:
        return f"{what} might not have been posted: {_WHY[because]}."
    return f"{what} {'was' if single else 'were'} not posted: {_WHY[because]}."


def _about(occasion: Occasion, days: Sequence[date]) -> str:
    """What the digests are about that these days name."""
    *others, last = map(weekday_date, days)
    is_weekly, are_many = occasion is Occasion.WEEKLY, len(days) > MOST_NAMED
    if are_many:
        return f"the {len(days)} weeks up to {last}" if is_weekly else f"{len(days)} days from {others[0]} to {last}"
    named = listed([*others, last])
    return f"the week{'s' if others else ''} up to {named}" if is_weekly else named
