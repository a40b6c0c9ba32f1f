"""What admins read about teams."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from datetime import date

from inline_snapshot import snapshot

from bot.features.teams import sentences as teams
from bot.features.teams.rules import CostCentre, Member, MemberKind, Problem
from tests.markup import written

DAY = date(2026, 12, 1)
ANN, WEB, PAY = (
    Member(MemberKind.PERSON, "U0ANN1"),
    Member(MemberKind.CHANNEL, "C0WEB1"),
    Member(MemberKind.TAG, "pay"),
)


def test_the_list() -> None:
    assert teams.listing([]).text == snapshot(
        "There are no teams yet. `/devin team add Payments @ann #payments tag:pay` makes one."
    )
    message = teams.listing([CostCentre("Ops <3", (WEB,)), CostCentre("Payments", (PAY, ANN))])
    assert message.text == snapshot("2 teams: Ops &lt;3, Payments")
    assert written(message.blocks) == snapshot("""\
• *Ops &lt;3*: <#C0WEB1>
• *Payments*: `tag:pay` and <@U0ANN1>
A session counts toward one team: by its tag, otherwise its channel, otherwise the person who started it.\
""")


def test_confirmations_and_refusals() -> None:
    said = {
        "made": teams.added("Payments", [PAY, ANN], DAY, is_new=True),
        "added": teams.added("Payments", [WEB], DAY, is_new=False),
        "there": teams.all_there("Payments"),
        "another": teams.in_another(ANN, "Ops", "Payments", DAY),
        "none": teams.no_such_team("Pay`ments"),
        "not in": teams.not_in(WEB, "Payments"),
        "removed": teams.removed("Payments", [PAY, ANN], DAY),
        "taken out": teams.taken_out("Payments", [ANN], DAY),
    }
    assert {name: message.text for name, message in said.items()} == snapshot(
        {
            "made": "Team “Payments” was created: `tag:pay` and <@U0ANN1>. This counts from Tue, Dec 1; earlier days stay as they are. A session counts toward one team: by its tag, otherwise its channel, otherwise the person who started it.",
            "added": "Added to team “Payments”: <#C0WEB1>. This counts from Tue, Dec 1; earlier days stay as they are.",
            "there": "All of them are already in team “Payments”, so nothing was changed.",
            "another": "Nothing was changed. <@U0ANN1> is already in team “Ops”, and can only be in one. To move it today: `/devin team add Payments @person from 2026-12-01`.",
            "none": ("There's no team “Pay`ments”, so nothing was removed. `/devin team list` shows the rest."),
            "not in": "Nothing was changed. <#C0WEB1> isn't in team “Payments”.",
            "removed": "Team “Payments” was removed: `tag:pay` and <@U0ANN1>. This counts from Tue, Dec 1; earlier days stay as they are.",
            "taken out": "Removed from team “Payments”: <@U0ANN1>. This counts from Tue, Dec 1; earlier days stay as they are.",
        }
    )


def test_problems() -> None:
    assert {which: teams.problem(which).text for which in Problem} == snapshot(
        {
            Problem.NAME: "Nothing was changed. Name the team. For example: `/devin team add Payments @ann #web tag:pay`",
            Problem.LONG: "Nothing was changed. The name of a team can have at most 40 characters. For example: `/devin team add Payments @ann #web tag:pay`",
            Problem.RESERVED: "Nothing was changed. A team can't have this name, because other rows in the figures use it. Pick another name. For example: `/devin team add Payments @ann #web tag:pay`",
            Problem.NOBODY: "Nothing was changed. After the name, list people, channels, or tags such as `tag:pay`. For example: `/devin team add Payments @ann #web tag:pay`",
            Problem.PICKED: (
                "Nothing was changed. Pick the channel or person from Slack's list as you type `#` or `@`. For example: `/devin team add Payments @ann #web tag:pay`"
            ),
            Problem.GROUP: "Nothing was changed. A team has people, channels, and tags. A user group can't be in one: name its people. For example: `/devin team add Payments @ann #web tag:pay`",
            Problem.DAY: "Nothing was changed. There's no such day. Write one such as `from 2026-12-01`. For example: `/devin team add Payments @ann #web tag:pay`",
            Problem.MEMBER: "Nothing was changed. After the name, write only people, channels, and tags such as `tag:pay`. For example: `/devin team add Payments @ann #web tag:pay`",
        }
    )
    assert teams.problem(Problem.NAME, removes=True).text == snapshot(
        "Nothing was changed. Name the team. For example: `/devin team remove Payments @ann`"
    )
