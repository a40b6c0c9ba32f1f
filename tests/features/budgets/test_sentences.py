"""The sentences about budgets that no scenario shows, and names that try to be more than names."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.features.budgets import sentences as views
from bot.features.budgets.rules import Budget, Period, Scope, ScopeKind, Span, Standing
from bot.features.budgets.sentences import Act, Entry, Granted, Named, Refusal, Tried, Uncapped, Waking
from bot.features.budgets.trial import Trial
from bot.features.budgets.words import Problem
from bot.views.message import Message
from tests.unit.block_kit import assert_valid

EACH = Budget(3, Scope(ScopeKind.EACH_PERSON), Decimal(10), Span.WEEK, (50, 80))
WEEK = Period(Span.WEEK, date(2026, 11, 23), date(2026, 11, 29))
ANNS = Named(Standing(EACH, "U0ANN", WEEK, Decimal("10.25"), Decimal(10)), "ann")
NO_ACUS = "Devin reports no ACUs for this organization, so budgets can't work: nothing is ever counted against them."
ANEW = "on Nov 30 at 8:00 AM UTC"
FORM = "Or take an example:"


def of(kind: ScopeKind, subject: str = "", name: str = "") -> Named:
    budget = replace(EACH, scope=Scope(kind))
    return Named(replace(ANNS.standing, budget=budget, subject=subject), name)


def divided(kind: ScopeKind, subject: str) -> Named:
    return Named(replace(ANNS.standing, budget=replace(EACH, scope=Scope(kind, subject)), subject=subject))


def test_sessions_without_a_limit_are_counted_where_a_budget_has_no_room() -> None:
    held = replace(ANNS.standing, spent=Decimal("7.5"), reserved=Decimal("2.5"), uncapped=("s1", "s2"))
    assert views.refused(Refusal(replace(ANNS, yours=True, standing=held), Act.START)).text == (
        "Nothing was started: your budget has less than 1 ACU left (7.5 of 10 ACUs used this week, 2.5 more reserved by "
        f"running sessions, 2 sessions without a limit might go over it). It resets {ANEW}. Try again then, or request "
        "approval."
    )


@pytest.mark.parametrize("stops", [False, True])
def test_what_has_no_limit_is_named_with_stop_once_a_budget_is_used_up(stops: bool) -> None:
    uncapped = [Uncapped(f"s{number}", f"“Fix {number}”", "1.5", stops) for number in range(12)]
    said = views.reached_for_admins(of(ScopeKind.ORG), 100, uncapped)
    assert_valid(said)
    then = "so they're being stopped:" if stops else "and can use more:"
    assert said.text == (
        f"The organization's budget is used up: 10.3 of 10 ACUs this week. Until it resets {ANEW}, no session is started "
        f"or woken. Running sessions keep running. These have no ACU limit{',' if stops else ''} {then}"
    )
    assert [block["text"]["text"] for block in said.blocks[1:11]] == [
        f"“Fix {number}” (1.5 ACUs used)" for number in range(10)
    ]
    assert [("accessory" in block) is not stops for block in said.blocks[1:11]] == [True] * 10
    assert said.blocks[11]["elements"][0]["text"] == "2 more"


@pytest.mark.parametrize(
    ("one", "owner"),
    [
        (of(ScopeKind.ORG), "the organization's budget"),
        (of(ScopeKind.EACH_CHANNEL, "C0WEB"), "the budget of <#C0WEB>"),
        (of(ScopeKind.EACH_SESSION, "s1", "“Fix it”"), "the budget of “Fix it”"),
        (replace(of(ScopeKind.EACH_SESSION, "s1", "Fix it"), yours=True), "this session's budget"),
        (ANNS, "ann's budget"),
        (replace(ANNS, yours=True), "your budget"),
        (replace(ANNS, anonymous=True), "one person's budget"),
        (divided(ScopeKind.TEAM, "<Pay>"), "the budget of team “&lt;Pay&gt;”"),
        (divided(ScopeKind.REPO, "acme/web"), "the budget of the repository acme/web"),
        (replace(divided(ScopeKind.TEAM, "Pay"), anonymous=True), "one team's budget"),
        (replace(divided(ScopeKind.REPO, "acme/web"), anonymous=True), "one repository's budget"),
    ],
)
def test_whose_budget_it_is(one: Named, owner: str) -> None:
    assert one.owner == owner


def test_a_name_is_only_a_name() -> None:
    sly = replace(ANNS, name="{anew} <!channel> & *co*")
    message = views.refused(Refusal(sly, Act.START))
    assert_valid(message)
    assert message.text.startswith("Nothing was started: {anew} &lt;\u200b!channel&gt; &amp; *co*'s budget is used up")
    assert f"10.3 of 10 ACUs this week. It resets {ANEW}." in message.text


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (of(ScopeKind.ORG), "no session is started or woken. Running sessions keep running."),
        (of(ScopeKind.CHANNEL, "C0WEB"), "no session is started or woken there. Running sessions keep running."),
        (of(ScopeKind.EACH_SESSION, "s1", "Fix it"), "that session isn't woken. If it runs, it keeps running."),
        (ANNS, "they can't start or wake sessions. Running sessions keep running."),
        (replace(ANNS, yours=True), "you can't start or wake sessions. Running sessions keep running."),
    ],
)
def test_a_budget_that_is_used_up_stops_only_what_it_is_for(one: Named, what: str) -> None:
    assert views.reached_for_admins(one, 100).text.endswith(f" Until it resets {ANEW}, {what}")
    assert views.reached(one, 100).text.endswith(f" Until it resets {ANEW}, {what} An admin can grant more.")


def test_a_retry_that_is_refused_names_whose_budget_it_is_and_what_to_do() -> None:
    message = views.refused(Refusal(ANNS, Act.RETRY))
    assert message.text == (
        f"Nothing was retried: ann's budget is used up, 10.3 of 10 ACUs this week. It resets {ANEW}. "
        "Press “Retry failed” again then, or request approval."
    )
    assert message.blocks[1]["elements"][0]["text"]["text"] == "Request approval"


def test_a_reply_that_is_kept_says_why_it_was_not_sent_and_who_can_be_asked() -> None:
    yours = replace(ANNS, yours=True)
    used_up = f"your budget is used up, 10.3 of 10 ACUs this week. It resets {ANEW}."
    kept = views.refused(Refusal(yours, Act.REPLY, waking=Waking("s1", Decimal(2)), start="key"))
    assert kept.text == f"Your reply wasn't sent: {used_up}"
    assert buttons(kept) == ["Request approval", "Cancel"]
    assert views.refused(Refusal(yours, Act.REPLY, waking=Waking("s1", Decimal(11)), start="key")).text == (
        "Your reply wasn't sent: your budget is used up, 10.3 of 10 ACUs this week."
    )
    assert views.refused(Refusal(yours, Act.STEER, start="key")).text == (
        f"Your reply wasn't sent: {used_up} You need ACUs left in your own budget to reply in someone else's session."
    )
    asked = views.asked_to_start("key", "and mypy", reply=True)
    assert asked.text == "Request sent to your admins. “and mypy” is sent as soon as one approves it."
    assert views.asked_to_start("key", "", reply=True).text == (
        "Request sent to your admins. Your reply is sent as soon as one approves it."
    )
    assert [
        views.to_send("and mypy", ""),
        views.to_send("", ""),
        views.to_send("x", "A session in a DM"),
    ] == [
        " to send “and mypy”",
        " to send a reply",
        " to reply to a session in a DM",
    ]
    assert views.start_not_approved("ada", True).text == (
        "ada denied your request for more ACUs. Your reply wasn't sent."
    )
    assert views.room_for_start(yours, reply=True).text.endswith("Trying to send your reply now.")


def test_a_budget_with_too_little_left_says_how_much_is_free_of_it() -> None:
    left = replace(ANNS, yours=True, standing=replace(ANNS.standing, spent=Decimal("7.5"), reserved=Decimal(2)))
    why = "(7.5 of 10 ACUs used this week, 2 more reserved by running sessions)"
    assert views.refused(Refusal(left, Act.START)).text == (
        f"Nothing was started: your budget has less than 1 ACU left {why}. It resets {ANEW}. "
        "Try again then, or request approval."
    )
    assert views.refused(Refusal(left, Act.WAKE, waking=Waking("s1", Decimal("0.95")))).text == (
        f"Devin wasn't woken: your budget has less than 1 ACU left {why}. It resets {ANEW}. "
        "It's kept for up to a day. Try again, or request approval."
    )
    assert views.refused(Refusal(left, Act.REPLY, waking=Waking("s1", Decimal("2.876544")))).text == (
        f"Your reply wasn't sent: your budget doesn't have enough left: this session could still use 2.9 ACUs {why}. It resets {ANEW}. Send it again then, or request approval."
    )
    assert views.refused(Refusal(left, Act.REPLY, waking=Waking("s1", Decimal(11)))).text == (
        f"Your reply wasn't sent: your budget doesn't have enough left: this session could still use 11 ACUs {why}. Request approval to continue."
    )
    assert views.refused(Refusal(left, Act.RETRY, 3)).text == (
        f"Nothing was retried: your budget has less than 3 ACUs left, 1 for each session {why}. It resets {ANEW}. "
        "Press “Retry failed” again then, or request approval."
    )
    unbilled = replace(left, unbilled=True, standing=replace(left.standing, reserved=Decimal(0)))
    assert (
        "(7.5 of 10 ACUs used this week, counted from Slack sessions only)"
        in views.refused(Refusal(unbilled, Act.START)).text
    )


def test_what_can_be_posted_is_valid() -> None:
    for message in (
        views.refused(Refusal(ANNS, Act.RETRY)),
        views.refused(Refusal(ANNS, Act.REPLY)),
        views.refused(Refusal(ANNS, Act.WAKE)),
        views.request(ANNS, "ben", Decimal(10), "key"),
        views.granted(ANNS, Decimal(10), "ada"),
        views.begun_anew(WEEK),
        views.reached(ANNS, 100, "U0ANN"),
        views.reached_for_admins(ANNS, 50),
        views.listing([Entry(EACH, standing=ANNS, used_up_by=2)], admin=True, no_acus=True),
    ):
        assert_valid(message)


def buttons(message: Message) -> list[str]:
    return [one["text"]["text"] for block in message.blocks if block["type"] == "actions" for one in block["elements"]]


def test_the_texts_of_the_buttons() -> None:
    for act in Act:
        assert buttons(views.refused(Refusal(ANNS, act))) == ["Request approval"]
        assert buttons(views.refused(Refusal(ANNS, act, start="key"))) == ["Request approval", "Cancel"]
    assert buttons(views.request(ANNS, "ben", Decimal(10), "key")) == [
        "Grant 10 ACUs",
        "Grant 15 ACUs",
        "Another amount…",
        "Deny",
    ]


def test_what_is_answered_to_who_asks_and_to_a_late_press() -> None:
    assert [one.text for one in (views.ASKED, views.ASKED_ALREADY, views.ANSWERED_ALREADY, views.BUDGET_GONE)] == [
        "Request sent to your admins. You'll hear when they answer; then send your message again.",
        "The admins were already asked. You'll hear when they answer.",
        "This request was already answered. Nothing was changed.",
        "That budget was removed. If it stopped your message, send it again.",
    ]
    since = "<!date^1795420800^{date_short_pretty} at {time}|Nov 23, 2026 at 8:00 AM UTC>"
    late = views.begun_anew(WEEK)
    assert late.text == "That budget already reset on Nov 23 at 8:00 AM UTC, so no ACUs were added."
    assert late.blocks[0]["text"]["text"] == f"That budget already reset {since}, so no ACUs were added."


def test_where_figures_name_nobody_neither_who_asks_nor_who_grants_is_named() -> None:
    theirs = replace(ANNS, anonymous=True)
    used = "10.3 of 10 ACUs this week"
    assert views.request(theirs, "", Decimal(10), "key").text == (
        f"Someone asks for more ACUs: one person's budget is used up, {used}. It resets {ANEW}."
    )
    assert views.granted(theirs, Decimal(1), "").text == (
        f"An admin raised one person's budget by 1 ACU: {used}. It resets {ANEW}."
    )
    assert views.request_refused("", "").text == "An admin denied a request for more ACUs."
    assert views.refused_to_you(theirs, "").text == (
        f"An admin denied your request for more ACUs. One person's budget resets {ANEW}."
    )


def test_a_budget_that_is_counted_without_devins_bill_says_so() -> None:
    unbilled = replace(of(ScopeKind.ORG), unbilled=True)
    assert views.reached_for_admins(unbilled, 50).text == (
        "102% of the organization's budget is used: 10.3 of 10 ACUs this week, counted from Slack sessions only."
    )
    message = views.listing([Entry(unbilled.standing.budget, unbilled)], admin=False, no_acus=False)
    assert message.text == "1 budget: the organization 10.3 of 10 ACUs this week, counted from Slack sessions only"


def test_a_grant_that_does_not_help_says_so() -> None:
    raised = f"ada raised ann's budget by 1 ACU: 10.3 of 10 ACUs this week. It resets {ANEW}."
    assert views.granted_to_you(ANNS, Decimal(1), "ada", refused=True).text == f"{raised} It's still used up."


def test_a_notification_names_a_few_budgets() -> None:
    message = views.listing([Entry(EACH)] * 7, admin=True, no_acus=False)
    assert message.text == f"7 budgets: {'each person 10 ACUs a week; ' * 5}2 more"


def test_a_request_that_came_too_late() -> None:
    with_room = replace(ANNS, standing=replace(ANNS.standing, acus=Decimal(20)), yours=True)
    assert views.room_again(with_room).text == (
        "Your budget has ACUs left again: 10.3 of 20 ACUs this week. Send your message again."
    )


def test_an_admin_sees_by_how_many_a_budget_is_used_up_and_where_budgets_cannot_work() -> None:
    message = views.listing([Entry(EACH, used_up_by=2)], admin=True, no_acus=True)
    assert message.text == "1 budget: each person 10 ACUs a week"
    (line, note) = message.blocks
    assert line["text"]["text"] == "`3` *each person* 10 ACUs a week · used up by 2 · warns at 50 and 80%"
    assert note["elements"][0]["text"] == NO_ACUS
    assert views.listing([], admin=False, no_acus=True).text == f"No budget applies to you here. {NO_ACUS}"
    assert views.was_set(EACH, None, 0.0, no_acus=True).text == (
        f"Budget `3` is set: 10 ACUs a week for each person, with warnings at 50 and 80%. {NO_ACUS}"
    )


@pytest.mark.parametrize(
    ("kind", "by_subject", "said"),
    [
        (ScopeKind.ORG, {"": 5}, "5 ACUs more"),
        (ScopeKind.EACH_CHANNEL, {"": 1, "C0WEB": 2}, "1 ACU more to each, 2 ACUs more to <#C0WEB>"),
        (ScopeKind.EACH_SESSION, {"s1": 10, "s2": 10}, "more to 2 sessions"),
        (
            ScopeKind.EACH_PERSON,
            {f"U{number}": number for number in range(1, 8)},
            "1 ACU more to <@U1>, 2 ACUs more to <@U2>, 3 ACUs more to <@U3>, 4 ACUs more to <@U4>, "
            "5 ACUs more to <@U5>, more to 2 people",
        ),
    ],
)
def test_the_list_says_what_was_granted_to_whom(kind: ScopeKind, by_subject: dict[str, int], said: str) -> None:
    budget = replace(EACH, scope=Scope(kind))
    granted = Granted(WEEK, {subject: Decimal(acus) for subject, acus in by_subject.items()})
    message = views.listing([Entry(budget, granted=granted)], admin=False, no_acus=False)
    assert_valid(message)
    anew = "<!date^1796025600^{date_short_pretty} at {time}|Nov 30, 2026 at 8:00 AM UTC>"
    assert message.blocks[0]["text"]["text"].endswith(f"* 10 ACUs a week · granted until {anew}: {said}")
    assert message.text.endswith(f" 10 ACUs a week ({said})")


@pytest.mark.parametrize(
    ("kind", "own", "single", "then"),
    [
        (ScopeKind.EACH_SESSION, 0, 0, ""),
        (ScopeKind.EACH_SESSION, 0, 3, " This is in addition to the ACUs granted to 3 sessions."),
        (ScopeKind.EACH_CHANNEL, 1, 0, " 1 channel has its own budget, which doesn't change."),
        (ScopeKind.EACH_PERSON, 2, 0, " 2 people have their own budgets, which don't change."),
    ],
)
def test_a_grant_to_each_says_for_whom_it_does_not_hold_alone(
    kind: ScopeKind, own: int, single: int, then: str
) -> None:
    scope = Scope(kind)
    raised = Standing(replace(EACH, scope=scope), "", WEEK, Decimal(0), Decimal(12))
    assert views.granted_to(scope, Decimal(2), raised, own, single).text == (
        f"Each {kind.value.removeprefix('each-')} can now use 12 ACUs this week, 2 ACUs more than before. This applies until <!date^1796025600^{{date_short_pretty}} at {{time}}|Nov 30, 2026 at 8:00 AM UTC>.{then}"
    )


@pytest.mark.parametrize(
    ("kind", "trial", "said"),
    [
        (ScopeKind.ORG, Trial(0, {}), "no sessions would have counted toward this budget."),
        (ScopeKind.ORG, Trial(1, {}), "it wouldn't have blocked the one start."),
        (ScopeKind.ORG, Trial(1, {"U0ANN": 1}), "it would have blocked the one start (by <@U0ANN>)."),
        (ScopeKind.ORG, Trial(12, {}), "it would have blocked none of the 12 starts."),
        (ScopeKind.ORG, Trial(12, {"": 12}), "it would have blocked all 12 starts (by someone)."),
        (
            ScopeKind.ORG,
            Trial(1200, {"U0ANN": 1000}),
            "it would have blocked about 1,000 of the 1,200 starts (by <@U0ANN>).",
        ),
        (
            ScopeKind.ORG,
            Trial(12, {"U0ANN": 11}, {"U0BEN": 1}),
            "it would have blocked about 11 of the 12 starts (by <@U0ANN>). "
            "1 session would have reached its limit before it was done.",
        ),
        (
            ScopeKind.ORG,
            Trial(12, {}, {"U0ANN": 1, "U0BEN": 1}),
            "it would have blocked none of the 12 starts. "
            "2 sessions would have reached their limits before they were done.",
        ),
        (ScopeKind.EACH_SESSION, Trial(1, {}), "the one session used no more."),
        (ScopeKind.EACH_SESSION, Trial(1, {}, {"U0ANN": 1}), "the one session used more (by <@U0ANN>)."),
        (ScopeKind.EACH_SESSION, Trial(3, {}), "none of the 3 sessions used more."),
        (
            ScopeKind.EACH_SESSION,
            Trial(3, {}, {"U0ANN": 1, "U0BEN": 1}),
            "2 of the 3 sessions used more (1 by <@U0ANN>, 1 by <@U0BEN>).",
        ),
    ],
)
def test_what_a_budget_would_have_refused_is_said_of_one_and_of_many(kind: ScopeKind, trial: Trial, said: str) -> None:
    budget = replace(EACH, scope=Scope(kind), warn=(80,))
    whose = "the organization" if kind is ScopeKind.ORG else "each session"
    assert views.shown(Tried(budget, None, trial)).text == (
        f"Only a trial: 10 ACUs a week for {whose}, with a warning at 80%. In the last 30 days, {said} "
        "To set it, use `/devin budget set` with the same words."
    )


def test_what_is_said_of_people_who_have_used_a_budget_up_already() -> None:
    for used_up, said in ((1, "1 person has used that much already."), (2, "2 people have used that much already.")):
        assert f". {said} {NO_ACUS} To set it" in views.shown(Tried(EACH, None, Trial(3, {}), None, used_up, True)).text


def test_the_question_before_a_budget_changes_says_what_it_is_now() -> None:
    nothing = "In the last 30 days, no sessions would have counted toward this budget."
    now = "Change the budget for each person to 10 ACUs a week, with warnings at 50 and 80%?"
    for before, said in (
        (replace(EACH, acus=Decimal(1), span=Span.CYCLE), "1 ACU a cycle"),
        (replace(EACH, warn=(80,)), "10 ACUs a week, with a warning at 80%"),
    ):
        asked = views.ask_to_set(Tried(EACH, before, Trial(0, {})), "order")
        assert_valid(asked)
        assert asked.text == f"{now} Now it's {said}. {nothing}"
        assert buttons(asked) == ["Set it", "Cancel"]
        assert views.was_set(EACH, before, 0.0, no_acus=False).text == (
            f"Budget `3` is set: 10 ACUs a week for each person, with warnings at 50 and 80%. Before, it was {said}."
        )


def test_whose_budget_nobody_has_is_not_raised() -> None:
    assert views.no_budget(Scope(ScopeKind.PERSON, "U0ANN")).text == (
        "No budget applies to <@U0ANN>, so nothing was granted. See `/devin budget list`."
    )


@pytest.mark.parametrize(
    ("problem", "verb", "text"),
    [
        (
            Problem.SCOPE,
            "grant",
            "Nothing was changed. Who is it for? Use `org`, #channel, @person, `team:Payments`, `repo:acme/web`, `each-person`, `each-channel`, or `each-session`. For example: `/devin budget grant org 50`.",
        ),
        (
            Problem.NAME,
            "set",
            (
                "Nothing was changed. Pick the channel or person from Slack's list as you type `#` or "
                "`@`. Or take an example:"
            ),
        ),
        (
            Problem.ACUS,
            "set",
            "Nothing was changed. How many ACUs? Use a number above zero, such as `20` or `7.5`. Or take an example:",
        ),
        (
            Problem.LEAST,
            "try",
            "Nothing was changed. The smallest budget is 1 ACU, the minimum to start a session.",
        ),
        (
            Problem.BEHIND,
            "grant",
            "Nothing was changed. After the ACUs, write nothing more: a grant applies until the budget resets. For example: `/devin budget grant org 50`.",
        ),
        (
            Problem.SPAN,
            "set",
            "Nothing was changed. After the ACUs, write only `a day`, `a week`, `a month`, or `a cycle`, and `warn` with "
            f"percentages. {FORM}",
        ),
        (
            Problem.WARN,
            "set",
            "Nothing was changed. After `warn`, write up to five percentages from 1 to 99, such as `warn 50,80`. Or take an example:",
        ),
        (
            Problem.NUMBER,
            "set",
            "Nothing was changed. Which budget? Use its number from `/devin budget list`: `/devin budget remove N`.",
        ),
    ],
)
def test_what_is_wrong_with_an_order(problem: Problem, verb: str, text: str) -> None:
    assert views.problem(problem, verb).text == text


def test_each_problem_has_a_sentence() -> None:
    assert len({views.problem(one).text for one in Problem}) == len(Problem)
