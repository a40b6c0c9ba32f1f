"""One example of each thing that the bot shows in Slack, drawn by its own views with data that nobody has."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.announcements import AnnouncementKind, TurnEnd
from bot.domain.commands import registry
from bot.domain.commands.options import Known, parse_request, repos_by_name
from bot.domain.cycle import Cycle
from bot.domain.form import Form
from bot.domain.launch import Launch
from bot.domain.list_groups import ListGroup
from bot.domain.outcomes import Outcome
from bot.domain.session import Lifecycle, Options, PullRequest, Session, Snapshot
from bot.domain.settings_values import Scope
from bot.features import COMMANDS
from bot.features.budgets.form import budget_form, grant_form
from bot.features.budgets.specs import BUDGET_SET, GRANT_OTHER
from bot.features.digest.digest_root import DigestFigures, digest_root
from bot.features.digest.posts import Spender, SpenderTable, ThreadFigures, thread_posts
from bot.features.home.sentences import AtHome, Home, HomeFigures, home, recently_done
from bot.features.library.modal import library_form
from bot.features.library.rules import Kind, LibraryItem
from bot.features.library.specs import NOTE_ADD, PLAYBOOK_ADD
from bot.features.schedules.sentences import schedule_form
from bot.features.schedules.specs import SCHEDULE_ADD
from bot.features.settings.rules import Group
from bot.features.settings.sentences import settings_form
from bot.features.settings.specs import SETTINGS
from bot.features.usage.chart_days import ChartGroup
from bot.features.usage.figure_sentences import Figures
from bot.views.announcements import devin_parts, new_pull_request, parts_of, turn_end
from bot.views.answers.starts import ask_about_options
from bot.views.card import card
from bot.views.help_texts import admin_help, slash_help
from bot.views.message import Message
from bot.views.modals.launch import launch_form

_PULL_REQUEST = PullRequest("https://github.com/acme/web/pull/12", "open")
_WORDS = "Fixed in `login_test.py`:\n\n- the clock is passed in\n- no sleep is left\n\n```\nnow()\n```"


def messages(user: str) -> Mapping[str, Message]:
    """Return an example of each kind of message, by its name, as `user` would get it."""
    now = time.time()
    working = _session(user, now)
    asks = replace(working, snapshot=replace(working.snapshot, detail="waiting_for_user", last_words="Which clock?"))
    done = replace(working, lifecycle=Lifecycle.ENDED, snapshot=replace(working.snapshot, status="exit", detail=None))
    end = TurnEnd(AnnouncementKind.DONE)
    chart, table = _digest_thread(now)
    return {
        "card": card(working, now, first=True),
        "card_that_asks": card(asks, now),
        "card_that_is_done": card(done, now),
        "devins_words": devin_parts(parts_of(_WORDS, working), working)[0],
        "turn_end": turn_end(end, done, None, [user]),
        "pull_request": new_pull_request(_PULL_REQUEST, working),
        "question": ask_about_options(
            "example", parse_request("fix it repo=web", Known(repos=repos_by_name(["acme/web"])))
        ),
        "help": slash_help(),
        "admin_help": admin_help(COMMANDS.specs),
        "digest": digest_root(DigestFigures(_figures(now), now)),
        "table": table,
        "chart": chart,
    }


def modals(user: str) -> Mapping[str, Mapping[str, Any]]:
    """Return an example of each form and window, by its name."""
    now = time.time()
    options = Options(repo="acme/web", mode="fast", acu=10, tags=("frontend",))
    at_home = AtHome(ListGroup.RECENTLY_DONE, _session(user, now))
    groups = [Group(scope, {}, {}) for scope in (Scope.PERSON, Scope.CHANNEL)]
    return {
        "start_form": launch_form(Form(registry.LAUNCH.name), Launch("Fix the login test", options)),
        "note_form": library_form(Form(NOTE_ADD.name), LibraryItem(Kind.NOTE, "Deploys", "Ask first.", "deploying")),
        "playbook_form": library_form(Form(PLAYBOOK_ADD.name), LibraryItem(Kind.PLAYBOOK, "Upgrade", "1. Read.")),
        "schedule_form": schedule_form(Form(SCHEDULE_ADD.name), "UTC", datetime.fromtimestamp(now, UTC)),
        "settings_form": settings_form(Form(SETTINGS.name), groups, "bot.toml"),
        "budget_form": budget_form(Form(BUDGET_SET.name), ["Payments"]),
        "grant_form": grant_form(Form(GRANT_OTHER.name), Decimal("7.5"), "At least 7.5 more ACUs are needed."),
        "done_window": recently_done([at_home]),
    }


def home_tab(user: str) -> Message:
    """Return an example of a Home tab."""
    now = time.time()
    session, day = _session(user, now), _day(now)
    of_all = Figures(day, total=40.0)
    figures = HomeFigures(Cycle(day, day + timedelta(30), assumed=True), 12.5, 3, organisation=of_all)
    shown = [
        AtHome(ListGroup.NEEDS_YOU, session),
        AtHome(ListGroup.WORKING, session),
        AtHome(ListGroup.RECENTLY_DONE, session),
    ]
    return home(Home(shown, figures))


def _session(user: str, now: float) -> Session:
    return Session(
        id="example",
        team="",
        org_id="",
        channel="",
        thread_ts=None,
        requester=user,
        requester_name="Ann",
        prompt="fix the flaky login test",
        options=Options(repo="acme/web", acu=10),
        lifecycle=Lifecycle.OPEN,
        devin_id="devin-example",
        url="https://app.devin.ai/sessions/example",
        snapshot=Snapshot("running", "working", "Fix the login test", (_PULL_REQUEST,), 1.5, updated_at=int(now)),
        created_at=now - 600,
        working_since=now - 540,
    )


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()


def _figures(now: float) -> Figures:
    outcomes = {Outcome.DONE: 3, Outcome.RUNNING: 1}
    return Figures(_day(now), total=49.5, through_slack=16.4, outcomes=outcomes)


def _digest_thread(now: float) -> tuple[Message, Message]:
    day = _day(now)
    days = [day - timedelta(back) for back in (2, 1, 0)]
    spent = zip(days, (20.0, 0.0, 49.5), strict=True)
    groups = tuple(ChartGroup(one, one, acus, usual=30.0, allowed=40.0) for one, acus in spent)
    table = SpenderTable("People", "Person", (Spender("Ann", Decimal("16.4"), 3),))
    chart, people = thread_posts(_figures(now), ThreadFigures(day, groups, (table,)))
    return chart, people
