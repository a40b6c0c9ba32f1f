"""The card of a session, which is kept up to date by edits, because edits notify nobody."""

import re
from typing import Final

from bot.domain.commands.registry import STOP
from bot.domain.session import Options, PullRequest, Session
from bot.views import blocks
from bot.views.message import Block, Message
from bot.views.sentences import STATE_EMOJI, STOPPABLE, mention, state_sentence
from bot.views.text import acus, ago, counted, fitted, link

MOST_PULL_REQUESTS: Final = 10
_PULL: Final = re.compile(
    r"https?://[^/]+/(?P<repo>.+?)(?:/-)?/(?P<kind>pull|pulls|merge_requests|pull-requests)/(?P<number>\d+)/?"
)


def card(session: Session, now: float) -> Message:
    """Build the card of `session` as of `now`: its title, state, asker, options, pull requests, cost and buttons."""
    state = f"{STATE_EMOJI[session.display_state]} {state_sentence(session)}"
    pulls = pull_request_lines(session.snapshot.pull_requests)
    return Message(
        text=f"{fitted(session.title)}: {state_sentence(session)}",
        blocks=[
            blocks.header(session.title),
            blocks.section(state),
            *blocks.sections(pulls, most=8_000),
            *blocks.context([f"Asked by {mention(session.requester)}", *option_words(session.options)]),
            *blocks.context([spent(session), _last_sign(session, now)]),
            *blocks.actions(blocks.open_button(session.url), _stop_button(session)),
        ],
    )


def pull_request_link(request: PullRequest) -> str:
    """A link to a pull request, named as its host names it, with its state."""
    state = f" ({fitted(request.state, 20)})" if request.state else ""
    return link(request.url, pull_request_name(request.url)) + state


def pull_request_name(url: str) -> str:
    """Shorten the address of a pull request to owner/name#number; an address of unknown form only loses `https://`."""
    match = _PULL.fullmatch(url)
    if match is None:
        return url.removeprefix("https://")
    sign = "!" if match["kind"] == "merge_requests" else "#"
    return f"{match['repo']}{sign}{match['number']}"


def pull_request_lines(requests: tuple[PullRequest, ...]) -> list[str]:
    """A line for each of the first `MOST_PULL_REQUESTS` of `requests`, and one with the number of those left out."""
    lines = [f":twisted_rightwards_arrows: {pull_request_link(request)}" for request in requests[:MOST_PULL_REQUESTS]]
    more = len(requests) - MOST_PULL_REQUESTS
    return [*lines, f"and {counted(more, 'more pull request')}"] if more > 0 else lines


def option_words(options: Options) -> list[str]:
    """The options that are set, each in words such as `mode fast`; the ACU cap and the title are not among them."""
    named = {"repo": options.repo, "playbook": options.playbook, "mode": options.mode}
    words = [f"{name} {fitted(value, 100)}" for name, value in named.items() if value]
    return [*words, f"tags {fitted(', '.join(options.tags), 200)}"] if options.tags else words


def spent(session: Session) -> str:
    """The ACUs that `session` has used, with its cap if it has one.

    Without a cap the text is empty at 0 ACUs, because on some plans Devin always reports 0.
    """
    cap = session.options.acu
    if cap:
        return f"{acus(session.snapshot.acus).rsplit(' ', 1)[0]} of {acus(cap)}"
    return acus(session.snapshot.acus) if session.snapshot.acus > 0 else ""


def _last_sign(session: Session, now: float) -> str:
    if not session.snapshot.updated_at:
        return ""
    # Devin's clock may be ahead of ours, and an activity in the future would be odd.
    return f"last sign of life {ago(min(session.snapshot.updated_at, now))}"


def _stop_button(session: Session) -> Block | None:
    if session.stop_requested or session.display_state not in STOPPABLE:
        return None
    return blocks.button("Stop", STOP.action_id, session.id, style="danger")
