"""What admins read about roles."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

import pytest
from inline_snapshot import snapshot

from bot.domain.admins import Admins
from bot.domain.roles import EVERYONE, Right, Roles
from bot.features.roles import sentences as views
from bot.features.roles.words import Problem
from tests.markup import written
from tests.unit.block_kit import assert_valid

OF_FILE = Roles({(Right.START, ""): ("U0ANN1",)})
HELD = OF_FILE.over(Roles({(Right.STOP, "C0WEB1"): (EVERYONE,), (Right.STOP, ""): ("S0OPS1", "U0ANN1")}))
MESSAGES = {
    "given": views.given(Right.STOP, "", ["U0ANN1", "S0OPS1"]),
    "given_in_a_channel": views.given(Right.START, "C0WEB1", ["U0ANN1"]),
    "given_to_everyone": views.given(Right.COST, "", [EVERYONE]),
    "as_before": views.as_before(Right.STEER, "", None),
    "as_before_to_administer": views.as_before(Right.ADMINISTER, "", None),
    "as_everywhere": views.as_before(Right.STOP, "C0WEB1", ["S0OPS1"]),
    "all_have_it": views.all_have_it(Right.STOP),
    "open_to_all": views.not_held(Right.STOP, [], "C0WEB1", None),
    "not_held": views.not_held(Right.STOP, ["U0ANN1"], "", ["U0BEN1"]),
    "not_held_by_everyone": views.not_held(Right.STOP, [EVERYONE], "", ["U0BEN1"]),
    "not_held_to_administer": views.not_held(Right.ADMINISTER, ["U0ANN1"], "", None),
    "set_by_file": views.set_by_file(Right.STOP),
    "named_by_settings": views.NAMED_BY_SETTINGS,
    "not_yourself": views.NOT_YOURSELF,
    "whom_to_ask": views.whom_to_ask(Admins(frozenset({"U0ADA1"}), ("S0OPS1",), frozenset({"U0BEN1"}))),
    "nobody_to_ask": views.whom_to_ask(Admins()),
    "nobody_in_the_group": views.whom_to_ask(Admins(groups=("S0OPS1",))),
    **{f"problem_{which}": views.problem(which) for which in Problem},
    "problem_when_taken": views.problem(Problem.RIGHT, removes=True),
}


def test_what_they_read() -> None:
    assert {name: message.text for name, message in MESSAGES.items()} == snapshot(
        {
            "given": "From now on, only <@U0ANN1>, <!subteam^S0OPS1>, and admins can stop other people's sessions.",
            "given_in_a_channel": "From now on, only <@U0ANN1> and admins can start sessions in <#C0WEB1>.",
            "given_to_everyone": "From now on, everyone can see the cost of other people's sessions with `!cost`.",
            "as_before": "From now on, everyone can write to other people's sessions.",
            "as_before_to_administer": "From now on, only admins can administer Devin Bridge.",
            "as_everywhere": "From now on, only <!subteam^S0OPS1> and admins can stop other people's sessions in <#C0WEB1>.",
            "all_have_it": "They already have the role `stop` there. Nothing was changed.",
            "open_to_all": "Everyone can stop other people's sessions in <#C0WEB1>; no rule limits it. To limit it, name who can: `/devin role add stop @ann`.",
            "not_held": "Only <@U0BEN1> and admins can stop other people's sessions. Nothing was changed.",
            "not_held_by_everyone": "Only <@U0BEN1> and admins can stop other people's sessions. Nothing was changed.",
            "not_held_to_administer": "They don't have the role `administer`. Nothing was changed.",
            "set_by_file": "Nothing was changed. The settings file sets the role `stop`. Your Devin Bridge operator can change it.",
            "not_yourself": "You can't take that from yourself. Ask another admin.",
            "whom_to_ask": "Admins of Devin Bridge: <@U0ADA1>, <!subteam^S0OPS1>. Ask one for a role or for more budget.",
            "nobody_to_ask": "Devin Bridge has no admins. Your Devin Bridge operator can name admins in `BOT_ADMIN_USERS` or `BOT_ADMIN_GROUP`.",
            "nobody_in_the_group": "No admins found: the admin user group is empty or unavailable. Tell your Devin Bridge operator.",
            "named_by_settings": "Nothing was changed. The settings name this admin. Your Devin Bridge operator can change `BOT_ADMIN_USERS`.",
            "problem_right": "Nothing was changed. Name one role: `start`, `steer`, `stop`, `cost`, `administer`. For example: `/devin role add start #web @ann`",
            "problem_nobody": "Nothing was changed. Name who gets it: people, user groups, or `everyone`. For example: `/devin role add start #web @ann`",
            "problem_picked": (
                "Nothing was changed. Pick the channel, person, or group from Slack's list as you type `#` or `@`. For example: `/devin role add start #web @ann`"
            ),
            "problem_channels": "Nothing was changed. Name one channel, or none for everywhere. For example: `/devin role add start #web @ann`",
            "problem_everyone": "Nothing was changed. For `administer`, name people or groups, not everyone. For example: `/devin role add start #web @ann`",
            "problem_word": "Nothing was changed. Write only the role, a channel, people, and user groups. For example: `/devin role add start #web @ann`",
            "problem_when_taken": "Nothing was changed. Name one role: `start`, `steer`, `stop`, `cost`, `administer`. For example: `/devin role remove start @ann`",
        }
    )


def test_the_list() -> None:
    message = views.listing(HELD, OF_FILE, Admins(frozenset({"U0ADA1"}), ("S0OPS1",)))
    assert_valid(message)
    assert written(message.blocks) == snapshot("""\
• *start* (start sessions): <@U0ANN1> (settings file)
• *steer* (write to other people's sessions): everyone
• *stop* (stop other people's sessions): <!subteam^S0OPS1>, <@U0ANN1>
• *stop* in <#C0WEB1>: everyone
• *cost* (see the cost of other people's sessions with `!cost`): everyone
• *administer* (see usage, set budgets, and give roles): <@U0ADA1>, <!subteam^S0OPS1>
Admins have every role. You can always steer, stop, and see the cost of sessions you started.\
""")


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_it_can_be_posted(message: object) -> None:
    assert_valid(message)
