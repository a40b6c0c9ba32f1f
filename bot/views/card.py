"""The one card of a session: kept up to date by edits, which notify nobody."""

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
    """Show title, state, asker, options, pull requests, cost, last sign of life and the two buttons."""
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
    """Name a pull request as its host does, with its state."""
    state = f" ({fitted(request.state, 20)})" if request.state else ""
    return link(request.url, pull_request_name(request.url)) + state


def pull_request_name(url: str) -> str:
    """Shorten a pull request's address to owner/name#number where its form is known."""
    match = _PULL.fullmatch(url)
    if match is None:
        return url.removeprefix("https://")
    sign = "!" if match["kind"] == "merge_requests" else "#"
    return f"{match['repo']}{sign}{match['number']}"


def pull_request_lines(requests: tuple[PullRequest, ...]) -> list[str]:
    """One line for each pull request, and how many more there are."""
    lines = [f":twisted_rightwards_arrows: {pull_request_link(request)}" for request in requests[:MOST_PULL_REQUESTS]]
    more = len(requests) - MOST_PULL_REQUESTS
    return [*lines, f"and {counted(more, 'more pull request')}"] if more > 0 else lines


def option_words(options: Options) -> list[str]:
    """What was asked for beside the prompt."""
    named = {"repo": options.repo, "playbook": options.playbook, "mode": options.mode}
    words = [f"{name} {fitted(value, 100)}" for name, value in named.items() if value]
    return [*words, f"tags {fitted(', '.join(options.tags), 200)}"] if options.tags else words


def spent(session: Session) -> str:
    """ACUs so far and the cap. Some plans always report 0: without a cap that says nothing and is left out."""
    cap = session.options.acu
    if cap:
        return f"{acus(session.snapshot.acus).rsplit(' ', 1)[0]} of {acus(cap)}"
    return acus(session.snapshot.acus) if session.snapshot.acus > 0 else ""


def _last_sign(session: Session, now: float) -> str:
    if not session.snapshot.updated_at:
        return ""
    # Devin's clock may be ahead of ours; nobody was active in the future.
    return f"last sign of life {ago(min(session.snapshot.updated_at, now))}"


def _stop_button(session: Session) -> Block | None:
    if session.stop_requested or session.display_state not in STOPPABLE:
        return None
    return blocks.button("Stop", STOP.action_id, session.id, style="danger")
