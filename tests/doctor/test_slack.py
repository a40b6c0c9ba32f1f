"""The checks of what is set up at Slack: each sentence in full, and never a secret."""

import pytest

from bot.config import load_settings
from bot.doctor.admins import check_admin_channel, check_admin_group, check_admin_users, check_role_groups
from bot.doctor.scopes import WITHOUT_SCOPE, check_scopes
from bot.doctor.slack import check_transport
from bot.doctor.slack_tokens import accepted_token, check_app_token, refused_token
from bot.domain.person import Person
from bot.manifest import manifest_for, read_manifest, scopes_of
from bot.slack.client import Channel, Identity
from bot.slack.errors import SlackOutcomeUnknown, SlackUnreachable, error_from
from bot.timing import PRODUCTION
from tests.doctor.fakes import FakeSlack, refusal
from tests.doctor.sentences import (
    ADD_SCOPES,
    APP_TOKEN_IS_GOOD,
    BOT_TOKEN,
    BOT_TOKEN_IS_GOOD,
    CHANNEL_IS_GOOD,
    CHANNEL_NOT_CHECKED,
    COPY_BOT,
    FEWER_CALLS,
    GROUP_IS_GOOD,
    MAKE_APP,
    MISSING_SCOPES,
    NO_DIGEST,
    NO_USABLE_ANSWER,
    NOBODY_ASKS,
    NOT_INVITED,
    SCOPES_ARE_GOOD,
    SIGNING,
    SIGNING_NOT_CHECKED,
    SLACK_NOT_REACHED,
    UNKNOWN_ADMINS,
    UNKNOWN_GROUP,
    USERS_ARE_GOOD,
    USERS_NOT_CHECKED,
    WRONG_APP_TOKEN,
    WRONG_BOT_TOKEN,
    note,
    ok,
    problem,
    shown,
)

SCOPES = scopes_of(read_manifest())
WORDS = "removed from the workspace, or the token was replaced."

# What keeps Slack from answering, whichever token and method it is about.
NO_ANSWER = [
    (SlackUnreachable("any.method", f"{BOT_TOKEN} was not sent"), SLACK_NOT_REACHED),
    (
        error_from("any.method", 429, {"Retry-After": "7"}, {"ok": False, "error": "ratelimited"}, PRODUCTION),
        FEWER_CALLS,
    ),
    (error_from("any.method", 500, {}, f"<html>{BOT_TOKEN}</html>", PRODUCTION), NO_USABLE_ANSWER),
    (SlackOutcomeUnknown("any.method", f"cut after {BOT_TOKEN}"), NO_USABLE_ANSWER),
]


# ---------------------------------------------------------------- the tokens


def test_a_bot_token_that_works():
    identity = Identity("T1", "U1", "B1", "https://play.slack.com/", SCOPES)
    assert shown(accepted_token(identity)) == BOT_TOKEN_IS_GOOD
    assert shown(accepted_token(Identity("T1", "U1", "B1", "", SCOPES))) == ok(
        "SLACK_BOT_TOKEN works in the workspace T1."
    )


def test_a_wrong_bot_token():
    assert shown(refused_token(refusal("auth.test", "invalid_auth"))) == WRONG_BOT_TOKEN


@pytest.mark.parametrize("word", ["token_revoked", "account_inactive"])
def test_a_revoked_bot_token(word):
    assert shown(refused_token(refusal("auth.test", word))) == problem(
        f"SLACK_BOT_TOKEN was revoked: the app was {WORDS}",
        "Reinstall the app on its page “OAuth & Permissions” at https://api.slack.com/apps. Copy the new Bot User"
        " OAuth Token (xoxb-…) into SLACK_BOT_TOKEN.",
    )


@pytest.mark.parametrize(("error", "lines"), NO_ANSWER)
async def test_slack_does_not_answer_about_either_token(error, lines):
    assert shown(refused_token(error)) == lines
    assert shown(await check_app_token(FakeSlack(failing=error))) == lines


async def test_an_app_token_that_works():
    assert shown(await check_app_token(FakeSlack())) == APP_TOKEN_IS_GOOD


@pytest.mark.parametrize(
    ("word", "lines"),
    [
        ("invalid_auth", WRONG_APP_TOKEN),
        ("missing_scope", problem("SLACK_APP_TOKEN lacks the scope.", MAKE_APP)),
        ("token_revoked", problem(f"SLACK_APP_TOKEN was revoked: the app was {WORDS}", MAKE_APP)),
        (
            "forbidden_team",
            problem(
                "Slack rejected apps.connections.open (forbidden_team).",
                "https://docs.slack.dev/reference/methods/apps.connections.open explains the error.",
            ),
        ),
    ],
)
async def test_slack_refuses_the_app_token(word, lines):
    slack = FakeSlack(failing=refusal("apps.connections.open", word))
    assert shown(await check_app_token(slack)) == lines


async def test_a_missing_scope_of_the_app_token_is_named_where_slack_names_it():
    slack = FakeSlack(failing=refusal("apps.connections.open", "missing_scope", needed="connections:write"))
    assert shown(await check_app_token(slack)) == problem(
        "SLACK_APP_TOKEN lacks the scope connections:write.", MAKE_APP
    )


async def test_over_http_the_signing_secret_cannot_be_verified(environ):
    settings = load_settings(environ | {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SIGNING})
    assert shown(await check_transport(settings)) == SIGNING_NOT_CHECKED


# ---------------------------------------------------------------- scopes


def test_each_scope_of_the_manifest_has_its_consequence():
    assert set(WITHOUT_SCOPE) == scopes_of(manifest_for(unfurls=True, agent=False))


def test_all_scopes_are_granted():
    assert shown(*check_scopes(SCOPES)) == SCOPES_ARE_GOOD


def test_an_app_that_is_no_agent_is_fine():
    assert shown(*check_scopes(scopes_of(manifest_for(agent=False)))) == (
        ok(f"The app has the {len(SCOPES) - 1} scopes of manifest.yml.")
        + note(
            "The scope assistant:write is missing: Slack shows no “is working…” in threads. It comes with `agent_view`,"
            " which `python -m bot manifest --no-agent` leaves out."
        )
    )


def test_missing_and_unused_scopes():
    granted = SCOPES - {"reactions:write", "files:read"} | {"links:read", "pins:read"}
    assert shown(*check_scopes(granted)) == (
        MISSING_SCOPES
        + note(
            "The app has scopes that the bot doesn't use: links:read, pins:read.",
            "Remove them under “Bot Token Scopes” on the app's page “OAuth & Permissions” if nothing else needs them.",
        )
    )


def test_a_slack_that_names_no_scopes():
    assert shown(*check_scopes(frozenset())) == note(
        "Slack doesn't list the scopes of SLACK_BOT_TOKEN, so they weren't compared with manifest.yml."
    )


# ---------------------------------------------------------------- the admin channel


@pytest.mark.parametrize(
    ("channel", "lines"),
    [
        (Channel("C0OPS", "ops", is_member=True), CHANNEL_IS_GOOD),
        (
            Channel("C0PRIVATE", "private", is_private=True, is_member=True),
            ok("The bot is in the channel “private”, where the digest is posted."),
        ),
        (
            Channel("C0OPS", "ops\x1b[2J\n\u202eevil", is_member=True),
            ok("The bot is in the channel “ops[2J evil”, where the digest is posted."),
        ),
        (
            Channel("D0ADA", "", is_im=True, is_member=True),
            ok("The bot is in the channel D0ADA, where the digest is posted."),
        ),
        (Channel("C0NOBOT", "nobot"), NOT_INVITED),
        (
            Channel("C0ARCHIVED", "archived", is_archived=True),
            problem(
                "The channel “archived” (BOT_ADMIN_CHANNEL) is archived, so no digest is posted.",
                "Unarchive it, or set BOT_ADMIN_CHANNEL to another channel's ID.",
            ),
        ),
        (
            Channel("C0SHARED", "shared", is_ext_shared=True, is_member=True),
            note(
                "The channel “shared” (BOT_ADMIN_CHANNEL) is shared with another company, so admins get digests by DM.",
                "To get digests in one place, set BOT_ADMIN_CHANNEL to a channel that isn't shared.",
            ),
        ),
    ],
)
async def test_the_admin_channel(channel, lines):
    assert shown(await check_admin_channel(FakeSlack(channel), channel.id)) == lines


async def test_an_admin_channel_that_slack_does_not_show():
    assert shown(await check_admin_channel(FakeSlack(), "C0NOWHERE")) == problem(
        "Slack doesn't show the bot a channel C0NOWHERE (BOT_ADMIN_CHANNEL), so no digest is posted.",
        "If it's private, type `/invite @Devin Bridge` in the channel. Otherwise copy the ID at the end of the"
        " channel's details into BOT_ADMIN_CHANNEL.",
    )


async def test_no_admin_channel_is_set():
    assert shown(await check_admin_channel(FakeSlack(), None)) == NO_DIGEST


# ---------------------------------------------------------------- the admins


async def test_slack_knows_each_admin():
    slack = FakeSlack(Person("U0ADA", "Ada"), Person("U0ANN", "Ann"))
    assert shown(await check_admin_users(slack, ["U0ADA", "U0ANN"])) == USERS_ARE_GOOD


async def test_admins_whom_slack_does_not_know_or_who_left():
    slack = FakeSlack(Person("U0ADA", "Ada"), Person("U0ANN", "Ann", deleted=True))
    assert shown(await check_admin_users(slack, ["U0ADA", "U0ANN", "U0NOBODY"])) == UNKNOWN_ADMINS


async def test_no_admin_is_set():
    assert shown(await check_admin_users(FakeSlack(), [])) == NOBODY_ASKS


async def test_a_user_group_makes_its_members_admins():
    slack = FakeSlack(groups={"S0ADMINS": frozenset({"U0ADA", "U0ANN"}), "S0EMPTY": frozenset()})
    assert shown(await check_admin_group(slack, "S0ADMINS")) == GROUP_IS_GOOD
    assert shown(await check_admin_group(slack, "S0EMPTY")) == problem(
        "The user group S0EMPTY (BOT_ADMIN_GROUP) is empty, so it makes no one an admin.",
        "Add members in Slack under Directories → User groups.",
    )
    assert shown(await check_admin_group(slack, "S0NOWHERE")) == UNKNOWN_GROUP


async def test_a_plan_without_user_groups():
    slack = FakeSlack(failing=refusal("usergroups.users.list", "plan_upgrade_required"))
    assert shown(await check_admin_group(slack, "S0ADMINS")) == problem(
        "The workspace's Slack plan has no user groups, so BOT_ADMIN_GROUP makes no one an admin.",
        "Remove BOT_ADMIN_GROUP and list the admins in BOT_ADMIN_USERS, or ask a workspace owner to change the plan.",
    )


async def test_the_user_groups_of_roles_in_the_file():
    slack = FakeSlack(groups={"S0SENIORS": frozenset({"U0ANN"}), "S0EMPTY": frozenset()})
    assert await check_role_groups(slack, "bot.toml", ()) == []
    good = "Slack recognizes each user group with a role in bot.toml."
    assert shown(*await check_role_groups(slack, "bot.toml", {"S0SENIORS"})) == ok(good)
    findings = await check_role_groups(slack, "bot.toml", {"S0SENIORS", "S0EMPTY", "S0NOWHERE"})
    assert shown(*findings) == problem(
        "bot.toml gives a role to user group S0EMPTY, but the group is empty.",
        "Add members in Slack under Directories → User groups.",
    ) + problem(
        "bot.toml gives a role to user group S0NOWHERE, but Slack doesn't recognize it, or it's disabled.",
        "Enable it in Slack under Directories → User groups, or copy the right ID into bot.toml.",
    )
    without = FakeSlack(failing=refusal("usergroups.users.list", "plan_upgrade_required"))
    assert shown(*await check_role_groups(without, "bot.toml", {"S0SENIORS", "S0EMPTY"})) == problem(
        "The workspace's Slack plan has no user groups, so groups in bot.toml give no one a role.",
        "List people in bot.toml instead, or ask a workspace owner to change the plan.",
    )


# ---------------------------------------------------------------- what keeps both from being checked


async def test_what_a_missing_scope_hides_is_reported():
    channels = FakeSlack(failing=refusal("conversations.info", "missing_scope", needed="channels:read"))
    users = FakeSlack(failing=refusal("users.info", "missing_scope", needed="users:read"))
    groups = FakeSlack(failing=refusal("usergroups.users.list", "missing_scope", needed="usergroups:read"))
    findings = [
        await check_admin_channel(channels, "C0OPS"),
        await check_admin_users(users, ["U0ADA"]),
        await check_admin_group(groups, "S0ADMINS"),
    ]
    assert shown(*findings) == (
        CHANNEL_NOT_CHECKED
        + problem(USERS_NOT_CHECKED)
        + problem("BOT_ADMIN_GROUP wasn't checked: the scope usergroups:read is missing.", ADD_SCOPES)
    )


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        *NO_ANSWER,
        (refusal("any.method", "not_authed"), problem("Slack rejected SLACK_BOT_TOKEN (not_authed).", COPY_BOT)),
    ],
)
async def test_slack_does_not_answer_about_channel_or_admins(error, lines):
    slack = FakeSlack(failing=error)
    assert shown(await check_admin_channel(slack, "C0OPS")) == lines
    assert shown(await check_admin_users(slack, ["U0ADA"])) == lines
    assert shown(await check_admin_group(slack, "S0ADMINS")) == lines
