"""What people see in the Home tab, and that Slack takes it whatever their sessions are like."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.domain.cycle import Cycle
from bot.domain.list_groups import ListGroup
from bot.domain.session import DisplayState, Lifecycle, PullRequest, Session, Snapshot
from bot.features.consumption.sentences import CycleFigures, ProductUse
from bot.features.home import sentences as home_sentences
from bot.features.home.sentences import AtHome, Home, HomeFigures
from bot.features.usage.figure_sentences import Figures
from bot.playground.slack.blocks import view_errors
from tests.markup import written
from tests.said import a_session

DECEMBER = Cycle(date(2026, 12, 1), date(2026, 12, 31), assumed=True)


def session(**known: Any) -> Session:
    return a_session(snapshot=Snapshot(status="running", **known.pop("snapshot", {})), **known)


def view(home: Home) -> dict[str, Any]:
    return {"type": "home", "blocks": home_sentences.home(home).blocks}


def test_an_empty_home_says_how_to_start() -> None:
    assert written(home_sentences.home(Home()).blocks) == snapshot("""\
Your Devin sessions
You have no open sessions. `/devin fix the flaky login test` starts one.
*Your defaults*
No defaults set.\
""")


def test_sessions_stand_in_their_groups_in_one_line_each() -> None:
    pull_requests = tuple(PullRequest(f"https://github.com/a/b/pull/{number}", "open") for number in range(1, 6))
    working = session(prompt="fix the <login> test", snapshot={"pull_requests": pull_requests})
    over = session(id="done", prompt="update the docs", lifecycle=Lifecycle.ENDED)
    shown = Home(
        [
            AtHome(ListGroup.WORKING, working, "https://play.slack.com/archives/C1/p1"),
            *[AtHome(ListGroup.RECENTLY_DONE, over)] * 7,
        ]
    )
    blocks = home_sentences.home(shown).blocks
    assert written(blocks) == snapshot("""\
Your Devin sessions
*Working*
:gear: *<https://play.slack.com/archives/C1/p1|fix the &lt;login&gt; test>* (<https://app.devin.ai/sessions/s|Open in Devin>) · working · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC> · <https://github.com/a/b/pull/1|a/b#1> (open) · <https://github.com/a/b/pull/2|a/b#2> (open) · <https://github.com/a/b/pull/3|a/b#3> (open) · 2 more pull requests
*Recently done*
:checkered_flag: *<https://app.devin.ai/sessions/s|update the docs>* · ended · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC>
:checkered_flag: *<https://app.devin.ai/sessions/s|update the docs>* · ended · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC>
:checkered_flag: *<https://app.devin.ai/sessions/s|update the docs>* · ended · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC>
:checkered_flag: *<https://app.devin.ai/sessions/s|update the docs>* · ended · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC>
:checkered_flag: *<https://app.devin.ai/sessions/s|update the docs>* · ended · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC>
2 more sessions recently done
*Your defaults*
No defaults set.\
""")
    assert view_errors(view(shown)) == []


def test_the_figures_of_a_person_and_of_an_admin() -> None:
    cycle = CycleFigures(DECEMBER, 100.5, date(2026, 12, 2), 500.0, others=(ProductUse("local agents", 20.0),))
    of_all = Figures(date(2026, 12, 2), total=120.5, cycle=cycle)
    none = HomeFigures(DECEMBER)
    mine = HomeFigures(DECEMBER, 12.34, 4, in_others=4.0, budgets=["Your budget: 12.3 of 20 ACUs this cycle (61%)"])
    admins = HomeFigures(DECEMBER, 12.34, 1, organisation=of_all)
    shown = [written(home_sentences.home(Home(figures=figures)).blocks[4:]) for figures in (none, mine, admins)]
    assert "\n--\n".join(shown) == snapshot("""\
*This cycle: December*
None of your sessions was active.
*Your defaults*
No defaults set.
--
*This cycle: December*
12.3 ACUs in 4 sessions of yours. From other organizations: 4 ACUs.
Your budget: 12.3 of 20 ACUs this cycle (61%)
*Your defaults*
No defaults set.
--
*This cycle: December*
12.3 ACUs in 1 session of yours
Whole organization: 120.5 ACUs
December, through Dec 2: Devin 100.5 of 500 ACUs (20%), forecast: too early to say · local agents 20 ACUs · 120.5 ACUs in all
*Your defaults*
No defaults set.\
""")


def test_a_guest_reads_one_sentence() -> None:
    assert written(home_sentences.for_guests().blocks) == snapshot("Guests can't use Devin here.")


def test_the_window_with_all_that_are_done() -> None:
    over = AtHome(ListGroup.RECENTLY_DONE, session(prompt="update the docs", lifecycle=Lifecycle.ENDED))
    shown = home_sentences.recently_done([over] * 95)
    assert view_errors(shown) == []
    assert written(shown["blocks"][-2:]) == snapshot("""\
:checkered_flag: *<https://app.devin.ai/sessions/s|update the docs>* · ended · started <!date^0^{ago}|Jan 1, 1970 at 12:00 AM UTC>
and 5 more\
""")
    assert written(home_sentences.recently_done([])["blocks"]) == snapshot("You have no recently done sessions.")


_TITLES = st.text(max_size=400).filter(lambda text: text.strip() != "")
_ADDRESSES = st.integers(1, 2_900).map(lambda length: f"https://github.com/acme/{'w<' * (length // 2)}/pull/1")
_SESSIONS = st.builds(
    lambda title, requests, address: session(
        prompt=title, url=address, snapshot={"pull_requests": tuple(PullRequest(url, "open") for url in requests)}
    ),
    _TITLES,
    st.lists(_ADDRESSES, max_size=12),
    _ADDRESSES,
)
_AT_HOME = st.builds(AtHome, st.sampled_from(ListGroup), _SESSIONS, st.none() | _ADDRESSES)


@settings(max_examples=60, deadline=None)
@given(st.lists(_AT_HOME, max_size=12), st.integers(1, 40), st.lists(_TITLES, max_size=3))
def test_slack_takes_a_home_of_any_sessions(some: list[AtHome], times: int, lines: list[str]) -> None:
    figures = HomeFigures(
        DECEMBER, 1.0, 1, organisation=Figures(date(2026, 12, 2), total=1.0), budgets=[line[:150] for line in lines]
    )
    made = view(Home(some * times, figures))
    assert view_errors(made) == []
    assert len(made["blocks"]) <= 100
    assert len(json.dumps(made)) < 250_000
    for entry in some:
        assert home_sentences.recently_done([entry] * times)["blocks"]


def test_every_state_of_a_listed_session_has_words() -> None:
    for state in DisplayState:
        assert state in home_sentences.STATE_WORDS
