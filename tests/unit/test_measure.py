"""The measure of all sentences: fifteen situations, each through the function that says what happens in it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest

from bot.domain.admins import Admins
from bot.domain.commands.options import parse_request
from bot.domain.session import Lifecycle, Options, Session, Snapshot
from bot.domain.waking import WakeQuestion
from bot.features.budgets import sentences as budget_sentences
from bot.features.budgets.rules import Budget, Period, Scope, ScopeKind, Span, Standing
from bot.features.budgets.sentences import Act, Named, Refusal
from bot.features.library.specs import NOTE_ADD
from bot.views.announcements import QUESTION
from bot.views.answers import access, replies, starts, stops, wakings
from bot.views.card import card
from bot.views.sentences import state_sentence

SESSION: Final = Session(
    id="s1",
    team="T1",
    org_id="org-1",
    channel="C1",
    thread_ts="1.0",
    requester="U1",
    requester_name="Ann",
    prompt="Fix it",
    options=Options(acu=10),
    lifecycle=Lifecycle.OPEN,
    url="https://app.devin.ai/sessions/abc",
    snapshot=Snapshot("running", "working", "Fix it"),
)
WEEK: Final = Period(Span.WEEK, date(2026, 11, 23), date(2026, 11, 29))
OVER: Final = Named(
    Standing(Budget(1, Scope(ScopeKind.EACH_PERSON), Decimal(10), Span.WEEK, ()), "U1", WEEK, Decimal(10), Decimal(10)),
    yours=True,
)


def seen(status: str, detail: str | None = None, **facts: Any) -> Session:
    """The session with this state at Devin."""
    return replace(SESSION, snapshot=Snapshot(status, detail, "Fix it", **facts))


def shown(session: Session) -> str:
    """The second line of its card."""
    return str(card(session, 0.0).blocks[0]["text"]["text"]).splitlines()[1]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        pytest.param(
            state_sentence(replace(SESSION, lifecycle=Lifecycle.CREATING, checking=True)),
            "Devin didn't answer. Checking whether your session started; no need to resend (about a minute).",
            id="a lost answer",
        ),
        pytest.param(state_sentence(seen("suspended", "usage_limit_exceeded")), "Out of ACUs.", id="limit"),
        pytest.param(
            replies.REPLY_AT_LIMIT.text,
            "Still paused at its limit. Devin sees your reply when it resumes.",
            id="a reply at a limit",
        ),
        pytest.param(
            replies.OUT_OF_ACUS.text,
            "Your reply wasn't sent: this session is out of ACUs. "
            "A new session continues it here and reads your reply.",
            id="a reply to a session that is out of ACUs",
        ),
        pytest.param(wakings.waking(WakeQuestion(slept=9e5), 1).text, "Waking Devin with your reply.", id="woken"),
        # Devin says nothing more in a thread that is archived, so the card says that, and what it took.
        pytest.param(
            shown(replace(seen("suspended", "user_request", acus=0.27, archived=True), lifecycle=Lifecycle.ENDED)),
            ":file_cabinet: Archived. Replies here no longer reach Devin.",
            id="archived",
        ),
        pytest.param(
            stops.stopped("Ann").text, ":black_square_for_stop: Stopped by Ann. Reply to resume.", id="stopped"
        ),
        pytest.param(
            access.admins_only(NOTE_ADD.admins_can, Admins(frozenset({"U8"}))).text,
            "Only admins can change notes. Ask <@U8>.",
            id="for admins",
        ),
        pytest.param(access.GUEST_REFUSED.text, "Guests can't use Devin here. Nothing was started.", id="guests"),
        pytest.param(
            access.SHARED_CHANNEL_REFUSED.text,
            "Devin can't be used in channels shared with other companies. Nothing was started.",
            id="a shared channel",
        ),
        # How much is used says whether it is worth to ask.
        pytest.param(
            budget_sentences.refused(Refusal(OVER, Act.START, start="key")).text,
            "You're over budget, 10 of 10 ACUs this week. It resets on Nov 30 at 8:00 AM UTC. Nothing was started.",
            id="over budget",
        ),
        pytest.param(starts.EMPTY_PROMPT.text.split(" For example")[0], "What should Devin do?", id="no task"),
        # In Devin's own words, so in quotation marks.
        pytest.param(
            state_sentence(seen("error", last_words="acme-customers-core isn't in any registry")),
            "Failed: “acme-customers-core isn't in any registry”.",
            id="failed",
        ),
        pytest.param(
            starts.ask_about_options("key", parse_request("fix it mode=fsat")).text,
            "There's no mode “fsat”. Did you mean “fast”? Nothing was started.",
            id="a mode that there is not",
        ),
        pytest.param(
            QUESTION.format(who="<@U1>"), ":speech_balloon: <@U1>, Devin has a question. Reply here.", id="asks"
        ),
    ],
)
def test_the_sentences_that_all_others_are_measured_by(said: str, sentence: str) -> None:
    assert said == sentence
