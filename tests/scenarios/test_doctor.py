"""The doctor against simulated services over real HTTP: each sentence in full, and never a secret."""

import asyncio
import socket
import sys
from pathlib import Path

import pytest
from aiohttp import web

from bot.doctor import WITHOUT_SCOPE, Finding, Level, doctor, report
from bot.manifest import read_manifest, scopes_of
from bot.playground.devin import BOT_PERMISSIONS, LIBRARY_PERMISSIONS, DevinControl, DevinSimulator
from bot.playground.slack import SlackControl, SlackSimulator
from bot.store.database import Database
from bot.store.schema import migrate
from tests.postgres import create, named

BOT_TOKEN = "xoxb-secret-of-the-bot"
APP_TOKEN = "xapp-secret-of-the-app"
SIGNING = "secret-of-the-signature"
KEY = "cog_secret_of_devin"
PASSWORD = "secret-of-the-store"
PERMISSIONS = BOT_PERMISSIONS | LIBRARY_PERMISSIONS
SCOPES = scopes_of(read_manifest())

ADD_SCOPES = (
    "Add what is missing under “Bot Token Scopes” on the app's page “OAuth & Permissions”, then press"
    " “Reinstall to Workspace” there."
)
CHECK_DEVIN_URL = "Leave DEVIN_API_URL empty for https://api.devin.ai, or set it to your deployment's host without /v3."
COPY_BOT = (
    "Copy the Bot User OAuth Token (xoxb-…) from the app's page “OAuth & Permissions” at"
    " https://api.slack.com/apps into SLACK_BOT_TOKEN."
)
MAKE_APP = (
    "Make an app-level token with the scope connections:write on the app's page “Basic Information” at"
    " https://api.slack.com/apps and copy it (xapp-…) into SLACK_APP_TOKEN."
)
MIGRATE = "Run `python -m bot migrate`; `python -m bot run` does it too when it starts."


def problem(what, fix=None):
    """The lines of a problem; without a fix, the next one's is shared."""
    return [f"problem  {what}", *([f"         → {fix}"] if fix else [])]


def note(what, fix=None):
    return [f"note     {what}", *([f"         → {fix}"] if fix else [])]


def grant(permission):
    return f"In Devin under Settings → Service users give the bot's service user a role with {permission}."


NOT_PROBED = note(
    "ManageOrgSessions and UseDevinSessions are needed to start, steer and stop sessions and to"
    " hand over files. Whether Devin grants them was not probed, because that would start a session.",
    "In Devin under Settings → Service users see that the service user's role has both.",
)


async def brought_up(path):
    db = Database(f"sqlite:///{path}")
    await migrate(db)
    await db.close()
    return path


@pytest.fixture
async def slack():
    simulator = SlackSimulator(manifest=read_manifest(), bot_token=BOT_TOKEN, app_token=APP_TOKEN)
    async with simulator, SlackControl(simulator.control_url) as control:
        simulator.says = control
        yield simulator


@pytest.fixture
async def devin():
    async with DevinSimulator(api_key=KEY, permissions=PERMISSIONS) as simulator:
        yield simulator


@pytest.fixture
async def control(devin):
    async with DevinControl(devin.control_url) as control:
        yield control


@pytest.fixture
async def environ(slack, devin, tmp_path):
    """Settings with which nothing is wrong."""
    return {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": slack.base_url,
        "DEVIN_API_KEY": KEY,
        "DEVIN_ORG_ID": "org-play",
        "DEVIN_API_URL": devin.base_url,
        "DATABASE_URL": f"sqlite:///{await brought_up(tmp_path / 'bot.db')}",
        "BOT_ADMIN_CHANNEL": "C0OPS",
        "BOT_ADMIN_USERS": "U0ADA,U0ANN",
    }


@pytest.fixture
async def serve():
    """Serve one answer for everything; the address. For what the simulators are too strict to say."""
    runners = []

    async def begin(answer):
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", answer)
        runners.append(web.AppRunner(app, shutdown_timeout=0.1))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runners[-1].addresses[0][1]}"

    yield begin
    for runner in runners:
        await runner.cleanup()


async def told(environ, **changes):
    """What stands in the report beside what is ok, and the exit code."""
    said = []
    code = await doctor({**environ, **changes}, write=said.append)
    (text,) = said
    assert not [secret for secret in (BOT_TOKEN, APP_TOKEN, SIGNING, KEY, PASSWORD) if secret in text]
    *lines, empty, summary = text.splitlines()
    assert empty == ""
    problems = sum(line.startswith("problem  ") for line in lines)
    assert summary == {0: "No problem was found.", 1: "1 problem was found."}.get(
        problems, f"{problems} problems were found."
    )
    assert code == (1 if problems else 0)
    return [line for line in lines if not line.startswith("ok ")]


async def wrong(environ, **changes):
    """The same without the note that is always there."""
    lines = await told(environ, **changes)
    return [line for line in lines if line not in NOT_PROBED]


# ---------------------------------------------------------------- the whole report


async def test_where_nothing_is_wrong_each_thing_is_told_and_the_exit_code_is_0(environ, slack, tmp_path):
    said = []
    assert await doctor(environ, write=said.append) == 0
    assert said[0].splitlines() == [
        "ok       The settings can be used: Socket Mode, SQLite.",
        "ok       SLACK_BOT_TOKEN works in the workspace “https://play.slack.com/”.",
        "ok       The app has the 13 scopes of manifest.yml.",
        "ok       SLACK_APP_TOKEN opens Socket Mode; no connection was kept.",
        "ok       The bot is in the channel “ops”, where the digest is posted.",
        "ok       BOT_ADMIN_USERS: Slack knows each of them (2).",
        "ok       DEVIN_API_KEY belongs to the service user “Devin Bridge”.",
        "ok       Devin grants ViewOrgSessions: sessions and messages can be read.",
        "ok       Devin grants ViewOrgConsumption: the digest and /devin usage show what was spent.",
        "ok       Devin grants ViewOrgSessions: message counts (insights) can be read.",
        "ok       Devin grants ManageAccountPlaybooks: playbook= takes titles.",
        *NOT_PROBED,
        f"ok       The store {tmp_path / 'bot.db'} can be opened and written to, and its schema is up to date.",
        "",
        "No problem was found.",
    ]


async def test_looking_changes_nothing(environ, slack, devin, control, tmp_path):
    await told(environ)
    asked = {call["method"] for call in await slack.says.log()}
    assert asked == {"auth.test", "apps.connections.open", "conversations.info", "users.info"}
    assert (await slack.says.state())["sockets"] in ([], 0)
    assert {call["method"] for call in await control.log()} == {"GET"}
    assert await control.sessions() == []


async def test_what_is_not_set_is_a_note(environ):
    assert await wrong(environ, BOT_ADMIN_CHANNEL="", BOT_ADMIN_USERS="") == (
        note(
            "BOT_ADMIN_CHANNEL is not set: there is no daily digest.",
            "Set it to the id of a channel if somebody wants the digest.",
        )
        + note(
            "BOT_ADMIN_USERS is not set: nobody may ask for /devin usage.",
            "Set it to the ids of the admins, with commas between them; “Copy member ID” in a profile gives one.",
        )
    )


def test_a_fix_that_several_share_stands_once():
    findings = [
        Finding(Level.PROBLEM, "One is missing.", "Add it."),
        Finding(Level.PROBLEM, "Two is missing.", "Add it."),
        Finding(Level.OK, "Three is there."),
    ]
    assert report(findings) == (
        "problem  One is missing.\n"
        "problem  Two is missing.\n"
        "         → Add it.\n"
        "ok       Three is there.\n"
        "\n"
        "2 problems were found."
    )


# ---------------------------------------------------------------- settings


async def test_settings_that_cannot_be_used_are_all_told():
    assert await told({"SLACK_BOT_TOKEN": PASSWORD, "SLACK_APP_TOKEN": APP_TOKEN, "DEVIN_API_KEY": KEY}) == (
        problem(
            "SLACK_BOT_TOKEN must start with xoxb-: copy the Bot User OAuth Token from the app's page"
            " “OAuth & Permissions”."
        )
        + problem(
            "DEVIN_ORG_ID is missing: copy the organisation's id (org-…) from Devin's settings, where"
            " service users are made."
        )
        + note("Slack, Devin and the store are looked at once the settings can be used.")
    )


async def test_a_file_of_settings_is_read(environ, tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in environ.items()))
    assert await doctor({}, file, write=str) == 0
    said = []
    assert await doctor({}, tmp_path / "none.env", write=said.append) == 1
    assert said[0].splitlines()[0] == ("problem  none.env does not exist: copy .env.example to it and fill it in.")


# ---------------------------------------------------------------- Slack


async def test_a_wrong_bot_token(environ):
    assert await wrong(environ, SLACK_BOT_TOKEN="xoxb-of-somebody-else") == problem(
        "Slack does not accept SLACK_BOT_TOKEN (invalid_auth).", COPY_BOT
    )


@pytest.mark.parametrize("word", ["token_revoked", "account_inactive"])
async def test_a_revoked_bot_token(environ, slack, word):
    await slack.says.fault("auth.test", "error", error=word)
    assert await wrong(environ) == problem(
        "SLACK_BOT_TOKEN was revoked: the app was removed from the workspace, or the token was replaced.",
        "Install the app again on its page “OAuth & Permissions” at https://api.slack.com/apps and copy"
        " the new Bot User OAuth Token (xoxb-…) into SLACK_BOT_TOKEN.",
    )


async def test_a_wrong_app_token(environ):
    assert await wrong(environ, SLACK_APP_TOKEN="xapp-of-somebody-else") == problem(
        "Slack does not accept SLACK_APP_TOKEN (invalid_auth).", MAKE_APP
    )


async def test_an_app_token_without_its_scope(environ, slack):
    await slack.says.fault("apps.connections.open", "error", error="missing_scope")
    assert await wrong(environ) == problem("SLACK_APP_TOKEN lacks the scope.", MAKE_APP)


async def test_a_revoked_app_token(environ, slack):
    await slack.says.fault("apps.connections.open", "error", error="token_revoked")
    assert await wrong(environ) == problem(
        "SLACK_APP_TOKEN was revoked: the app was removed from the workspace, or the token was replaced.", MAKE_APP
    )


async def test_missing_and_unused_scopes(environ):
    scopes = SCOPES - {"reactions:write", "files:read"} | {"links:read", "files:write"}
    async with SlackSimulator(scopes=scopes, bot_token=BOT_TOKEN, app_token=APP_TOKEN) as slack:
        assert await wrong(environ, SLACK_API_URL=slack.base_url) == (
            problem("The scope files:read is missing: files that people attach do not reach Devin.")
            + problem(
                "The scope reactions:write is missing: the bot cannot mark the messages it has taken on.", ADD_SCOPES
            )
            + note(
                "The app has scopes that the bot does not use: files:write, links:read.",
                "Remove them under “Bot Token Scopes” on the app's page “OAuth & Permissions” if nothing else"
                " needs them.",
            )
        )


async def test_what_a_missing_scope_hides_is_told(environ):
    scopes = SCOPES - {"channels:read", "users:read"}
    async with SlackSimulator(scopes=scopes, bot_token=BOT_TOKEN, app_token=APP_TOKEN) as slack:
        assert await wrong(environ, SLACK_API_URL=slack.base_url) == (
            problem(
                "The scope channels:read is missing: the bot cannot see what kind of channel a public one is,"
                " and starts nothing there."
            )
            + problem(
                "The scope users:read is missing: the bot cannot tell members from guests, and starts nothing"
                " for anybody.",
                ADD_SCOPES,
            )
            + problem("BOT_ADMIN_CHANNEL was not looked at: the scope channels:read is missing.")
            + problem("BOT_ADMIN_USERS was not looked at: the scope users:read is missing.", ADD_SCOPES)
        )


def test_each_scope_of_the_manifest_has_its_consequence():
    assert set(WITHOUT_SCOPE) == SCOPES


async def test_over_http_the_signing_secret_cannot_be_verified(environ):
    assert await wrong(environ, SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=SIGNING) == note(
        "Whether SLACK_SIGNING_SECRET is right cannot be verified from here: only a request from Slack shows it.",
        "If requests from Slack are answered with 401, copy the Signing Secret from the app's page"
        " “Basic Information” at https://api.slack.com/apps into SLACK_SIGNING_SECRET.",
    )


@pytest.mark.parametrize(
    ("channel", "lines"),
    [
        (
            "C0NOBOT",
            problem(
                "The bot is not in the channel “nobot” (BOT_ADMIN_CHANNEL), so no digest is posted.",
                "Type `/invite @Devin Bridge` there.",
            ),
        ),
        (
            "C0ARCHIVED",
            problem(
                "The channel “archived” (BOT_ADMIN_CHANNEL) is archived, so no digest is posted.",
                "Unarchive it, or set BOT_ADMIN_CHANNEL to another channel's id.",
            ),
        ),
        (
            "C0NOWHERE",
            problem(
                "Slack does not show the bot a channel C0NOWHERE (BOT_ADMIN_CHANNEL), so no digest is posted.",
                "Type `/invite @Devin Bridge` in the channel if it is private; otherwise copy the id at the end"
                " of the channel's details into BOT_ADMIN_CHANNEL.",
            ),
        ),
        (
            "C0SHARED",
            note(
                "The channel “shared” (BOT_ADMIN_CHANNEL) is shared with another company, which reads the digest too.",
                "Set BOT_ADMIN_CHANNEL to another channel's id if it should not.",
            ),
        ),
        ("C0PRIVATE", []),
    ],
)
async def test_the_admin_channel(environ, channel, lines):
    assert await wrong(environ, BOT_ADMIN_CHANNEL=channel) == lines


async def test_a_name_from_outside_moves_no_terminal(environ, slack):
    await slack.says.put_channel("C0OPS", name="ops\x1b[2J\n\u202eevil")
    said = []
    await doctor(environ, write=said.append)
    assert "ok       The bot is in the channel “ops[2J evil”, where the digest is posted." in said[0].splitlines()


async def test_admins_whom_slack_does_not_know(environ, slack):
    await slack.says.put_person("U0ANN", deleted=True)
    assert await wrong(environ, BOT_ADMIN_USERS="U0ADA,U0ANN,U0NOBODY") == problem(
        "BOT_ADMIN_USERS names U0ANN, U0NOBODY, whom Slack does not know or who left the workspace.",
        "Take out each of these ids or put the right one: “Copy member ID” in a person's profile gives it.",
    )


async def test_slack_asks_for_fewer_calls(environ, slack):
    await slack.says.fault("auth.test", "ratelimited", retry_after=7)
    assert await wrong(environ) == problem("Slack asks for fewer calls.", "Run this again in 7 seconds.")


async def test_slack_has_trouble(environ, slack):
    await slack.says.fault("auth.test", "http_500")
    assert await wrong(environ) == problem(
        "Slack gave no usable answer.",
        "Check SLACK_API_URL if it is set. Otherwise look at https://slack-status.com and run this again later.",
    )


async def test_slack_refuses_for_a_reason_nobody_knows(environ, slack):
    await slack.says.fault("apps.connections.open", "error", error="forbidden_team")
    assert await wrong(environ) == problem(
        "Slack refuses apps.connections.open (forbidden_team).",
        "https://docs.slack.dev/reference/methods/apps.connections.open says what the word means.",
    )


async def test_slack_out_of_reach_is_told_once(environ, slack):
    await slack.stop()
    assert await wrong(environ) == problem(
        "Slack could not be reached, so nothing was checked there.",
        "Check this machine's network and proxy, and SLACK_API_URL if it is set; then run this again.",
    )


async def test_a_slack_that_tells_no_scopes(environ, serve):
    async def who(request):
        who = {"ok": True, "team_id": "T1", "user_id": "U1", "url": ""}
        return web.json_response({**who, "channel": {"id": "C1", "is_member": True}, "user": {"id": "U1"}})

    base_url = await serve(who)
    assert await wrong(environ, SLACK_API_URL=f"{base_url}/api/") == note(
        "Slack does not tell the scopes of SLACK_BOT_TOKEN, so they were not compared with manifest.yml."
    )


# ---------------------------------------------------------------- Devin


async def test_a_wrong_key(environ):
    lines = problem(
        "Devin does not accept DEVIN_API_KEY: it is wrong, expired or was revoked.",
        "In Devin under Settings → Service users make a new key for the bot's service user and copy it"
        " (cog_…) into DEVIN_API_KEY.",
    )
    assert await told(environ, DEVIN_API_KEY="cog_of_somebody_else") == lines


async def test_a_key_with_a_blank(environ):
    assert await told(environ, DEVIN_API_KEY="cog_torn apart") == problem(
        "DEVIN_API_KEY has a blank or another odd character in it.",
        "In Devin under Settings → Service users make a new key for the bot's service user and copy it"
        " (cog_…) into DEVIN_API_KEY.",
    )


async def test_another_organisation_than_the_keys(environ):
    assert await told(environ, DEVIN_ORG_ID="org-typo") == problem(
        "Devin does not show this key an organisation org-typo (DEVIN_ORG_ID).",
        "Set DEVIN_ORG_ID to org-play, the organisation of the key.",
    )


async def test_an_unknown_organisation_when_the_key_names_none(environ, control):
    await control.switch(self_without_org=True)
    assert await told(environ, DEVIN_ORG_ID="org-typo") == problem(
        "Devin does not show this key an organisation org-typo (DEVIN_ORG_ID).",
        "Copy the organisation's id (org-…) from Devin's page Settings → Service users into DEVIN_ORG_ID.",
    )


async def test_each_missing_permission_and_what_it_means(environ, control):
    await control.permissions(only=["ReadAccountMeta"])
    assert await told(environ) == (
        problem("Devin does not grant ViewOrgSessions: the bot cannot follow its sessions.", grant("ViewOrgSessions"))
        + problem(
            "Devin does not grant ViewOrgConsumption: the digest and /devin usage count the bot's own sessions only.",
            grant("ViewOrgConsumption"),
        )
        + note(
            "Devin does not grant ViewOrgSessions: message counts (insights) cannot be read, and what Devin"
            " says may be noticed later.",
            grant("ViewOrgSessions"),
        )
        + note(
            "Devin does not grant ManageAccountPlaybooks: playbook= takes ids only, no titles (optional).",
            grant("ManageAccountPlaybooks"),
        )
        + NOT_PROBED
    )


async def test_consumption_is_optional_where_nobody_reads_it(environ, control):
    await control.permissions(revoke=["ViewOrgConsumption"])
    lines = await wrong(environ, BOT_ADMIN_CHANNEL="", BOT_ADMIN_USERS="")
    assert lines[-2:] == note(
        "Devin does not grant ViewOrgConsumption: the digest and /devin usage count the bot's own sessions only.",
        grant("ViewOrgConsumption"),
    )


async def test_an_organisation_without_insights(environ, control):
    await control.switch(insights_status=404)
    assert await wrong(environ) == note(
        "Devin does not offer this to the organisation: message counts (insights) cannot be read, and"
        " what Devin says may be noticed later."
    )


@pytest.mark.parametrize(
    ("principal", "lines"),
    [
        (
            {"principal_type": "pat_user", "user_id": "email|1", "user_name": "Ann Lee"},
            note(
                "DEVIN_API_KEY belongs to a person, “Ann Lee”: sessions count as theirs, and end with their account.",
                "In Devin under Settings → Service users create a service user and copy its key (cog_…) into"
                " DEVIN_API_KEY.",
            ),
        ),
        (
            {"principal_type": "devin_brain", "devin_id": "devin-1"},
            note(
                "DEVIN_API_KEY belongs to an account of another kind, “devin_brain”.",
                "In Devin under Settings → Service users create a service user and copy its key (cog_…) into"
                " DEVIN_API_KEY.",
            ),
        ),
    ],
)
async def test_whose_key_it_is(environ, serve, principal, lines):
    empty = {"items": [], "has_next_page": False, "total_acus": 0}

    async def answer(request):
        return web.json_response(principal if request.path == "/v3/self" else empty)

    assert await wrong(environ, DEVIN_API_URL=await serve(answer)) == lines


@pytest.mark.parametrize(
    ("status", "detail", "lines"),
    [
        (403, "Forbidden", problem("Devin does not grant ReadAccountMeta.", grant("ReadAccountMeta"))),
        (
            409,
            "Not now",
            problem("Devin refuses what the bot needs to read (409).", "Run this again in a few minutes."),
        ),
    ],
)
async def test_devin_refuses_to_say_whose_key_it_is(environ, serve, status, detail, lines):
    async def answer(request):
        return web.json_response({"detail": detail}, status=status)

    assert await told(environ, DEVIN_API_URL=await serve(answer)) == lines


async def test_another_service_at_devins_address(environ, slack):
    assert await told(environ, DEVIN_API_URL=slack.root) == problem(
        "What answers at DEVIN_API_URL is not Devin's API (404).", CHECK_DEVIN_URL
    )


@pytest.mark.parametrize("status", ["429", "500", "503"])
async def test_devin_has_trouble(environ, control, status):
    await control.fault("self", status)
    assert await told(environ) == problem(
        f"Devin does not answer as it should at the moment ({status}).", "Run this again in a few minutes."
    )


async def test_devin_out_of_reach(environ, devin):
    await devin.stop()
    assert await told(environ) == problem(
        "Devin could not be reached, so nothing was checked there.",
        "Check this machine's network and proxy, and DEVIN_API_URL if it is set; then run this again.",
    )


# ---------------------------------------------------------------- the store


async def test_a_store_that_does_not_exist_yet(environ, tmp_path):
    path = tmp_path / "new" / "bot.db"
    assert await wrong(environ, DATABASE_URL=f"sqlite:///{path}") == note(
        f"The store {path} does not exist yet; its folder can be written to.", MIGRATE
    )
    assert not path.parent.exists()


async def test_a_store_without_its_schema(environ, tmp_path):
    path = tmp_path / "old.db"
    path.touch()
    assert await wrong(environ, DATABASE_URL=f"sqlite:///{path}") == problem(
        f"The store {path} can be opened and written to, but its schema is missing or older than this version.", MIGRATE
    )


async def test_a_store_that_is_something_else(environ, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("These are notes and no database. " * 100)
    assert await wrong(environ, DATABASE_URL=f"sqlite:///{path}") == problem(
        f"The store {path} cannot be read as an SQLite database.",
        "If another program holds the file, close it; if it is something else, name another file in DATABASE_URL.",
    )


async def test_a_store_that_is_a_folder(environ, tmp_path):
    assert await wrong(environ, DATABASE_URL=f"sqlite:///{tmp_path}") == problem(
        f"The store {tmp_path} is a folder.", "Name a file in DATABASE_URL."
    )


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
async def test_a_folder_that_cannot_be_written_to(environ):
    assert await wrong(environ, DATABASE_URL="sqlite:////proc/bot.db") == problem(
        "The folder of the store, /proc, cannot be written to.",
        "Let the bot's account write there, or name a file in another folder in DATABASE_URL.",
    )


async def test_a_bot_at_work_does_not_disturb(environ, tmp_path):
    db = Database(environ["DATABASE_URL"])
    async with db.write():
        assert await wrong(environ) == []
    await db.close()


REACH_POSTGRES = problem(
    "The PostgreSQL server of DATABASE_URL could not be reached.",
    "Check that the server runs and that this machine may reach it, and the host and port in DATABASE_URL.",
)


async def test_a_postgres_that_nobody_runs(environ):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://bot:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}/bridge"
        assert await wrong(environ, DATABASE_URL=url) == REACH_POSTGRES


@pytest.mark.parametrize(
    ("place", "error"),
    [("127.0.0.1:not-a-port", "ValueError"), ("127.0.0.1:99999", "OverflowError"), (f"b#{PASSWORD}@:/", "ValueError")],
)
async def test_an_address_that_is_none(environ, place, error):
    assert await wrong(environ, DATABASE_URL=f"postgresql://bot:a/{PASSWORD}@{place}/bridge") == problem(
        f"The PostgreSQL store cannot be used ({error}).",
        "Check that DATABASE_URL has the form postgresql://user:password@host:5432/name.",
    )


async def test_postgres_without_its_driver(environ, monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert await wrong(environ, DATABASE_URL=f"postgresql://bot:{PASSWORD}@127.0.0.1:1/bridge") == problem(
        "DATABASE_URL names PostgreSQL, whose driver is not installed.",
        "Run `pip install -r requirements-postgres.txt`.",
    )


@pytest.fixture
def postgres(postgres_server):
    """The address of an empty database on a PostgreSQL that lets everybody in who has a role."""
    return asyncio.run(create(postgres_server, template=None))


async def test_a_real_postgres_before_and_after_its_schema(environ, postgres):
    assert await wrong(environ, DATABASE_URL=postgres) == problem(
        "The PostgreSQL store can be reached, but its schema is missing or older than this version.", MIGRATE
    )
    db = Database(postgres)
    await migrate(db)
    await db.close()
    said = []
    assert await doctor({**environ, "DATABASE_URL": postgres}, write=said.append) == 0
    assert "ok       The PostgreSQL store can be reached, and its schema is up to date." in said[0].splitlines()


async def test_postgres_refuses_the_user(environ, postgres):
    url = postgres.replace("//postgres:@", f"//nobody:{PASSWORD}@")
    assert await wrong(environ, DATABASE_URL=url) == problem(
        "PostgreSQL refuses the user or the password of DATABASE_URL.",
        "Correct them: postgresql://user:password@host/name, with %40 for an @ in the password, %2F for a slash.",
    )


async def test_postgres_has_no_such_database(environ, postgres_server):
    assert await wrong(environ, DATABASE_URL=named(postgres_server, "bridge")) == problem(
        "PostgreSQL has no database with the name in DATABASE_URL.",
        "Create the database with `createdb`, or correct the name at the end of DATABASE_URL.",
    )


async def test_postgres_refuses_for_another_reason(environ, postgres):
    db = Database(postgres)
    async with db.write() as tx:
        await tx.exec_driver_sql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    await db.close()
    assert await wrong(environ, DATABASE_URL=postgres.replace("//postgres:@", "//crowded:@")) == problem(
        "PostgreSQL refuses the store (53300).",
        "https://www.postgresql.org/docs/current/errcodes-appendix.html says what the code means.",
    )
