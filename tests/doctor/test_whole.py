"""The whole doctor against simulated services over real HTTP: what each check finds is put together and in order."""

import pytest

from bot.doctor import doctor
from bot.manifest import read_manifest, scopes_of
from bot.playground.devin import DevinControl, DevinSimulator
from bot.playground.devin.permissions import ALL_PERMISSIONS
from bot.playground.slack import SlackControl, SlackSimulator
from tests.doctor.conftest import bring_up
from tests.doctor.sentences import (
    ADD_SCOPES,
    APP_TOKEN,
    APP_TOKEN_IS_GOOD,
    BOT_TOKEN,
    BOT_TOKEN_IS_GOOD,
    CANNOT_ACT,
    CHANNEL_IS_GOOD,
    CHANNEL_NOT_CHECKED,
    COMMANDS,
    CONSUMPTION,
    CYCLES,
    DEVIN_NOT_REACHED,
    GROUP_IS_GOOD,
    INSIGHTS,
    KEY,
    KEY_IS_GOOD,
    LASTING_DISK,
    MISSING_SCOPES,
    NO_COMMANDS,
    NO_CYCLE_LIMIT,
    NO_CYCLES,
    NO_DIGEST,
    NO_INSIGHTS,
    NO_LISTS,
    NO_PLAYBOOKS,
    NO_SESSIONS,
    NOBODY_ASKS,
    NOT_INVITED,
    NOT_PROBED,
    NOT_WARNED,
    OVER_HTTP,
    PASSWORD,
    PLAYBOOKS,
    POSTGRES_IS_UP_TO_DATE,
    POSTGRES_NOT_REACHED,
    SCOPES_ARE_GOOD,
    SESSIONS,
    SIGNING,
    SIGNING_NOT_CHECKED,
    SLACK_NOT_REACHED,
    SOCKET_MODE,
    UNKNOWN_ADMINS,
    UNKNOWN_GROUP,
    USERS_ARE_GOOD,
    USERS_NOT_CHECKED,
    WITHOUT_CONSUMPTION,
    WRONG_APP_TOKEN,
    WRONG_BOT_TOKEN,
    WRONG_KEY,
    count_problems,
    lines_of,
    not_devin,
    note,
    ok,
    problem,
    schema_is_old,
    store_is_up_to_date,
)

ADMINS_ARE_GOOD = CHANNEL_IS_GOOD + USERS_ARE_GOOD + GROUP_IS_GOOD
DEVIN_IS_GOOD = KEY_IS_GOOD + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED


def store_is_good(path):
    return store_is_up_to_date(path) + LASTING_DISK


@pytest.fixture
async def slack():
    simulator = SlackSimulator(manifest=read_manifest(), bot_token=BOT_TOKEN, app_token=APP_TOKEN)
    async with simulator, SlackControl(simulator.control_url) as control:
        simulator.control = control
        yield simulator


@pytest.fixture
async def devin():
    async with DevinSimulator(api_key=KEY, permissions=ALL_PERMISSIONS) as simulator:
        simulator.world.held.repositories, simulator.world.held.automations = ["github.com/acme/web"], []
        yield simulator


@pytest.fixture
async def control(devin):
    async with DevinControl(devin.control_url) as control:
        yield control


@pytest.fixture
def environ(environ, slack, devin):
    """Settings with which nothing is wrong, for the simulated services."""
    return environ | {"SLACK_API_URL": slack.base_url, "DEVIN_API_URL": devin.base_url}


async def reported(environ, env_file=None):
    """The lines of the report; its exit code fits them."""
    written = []
    code = await doctor(environ, env_file, write=written.append)
    (text,) = written
    lines = lines_of(text)
    assert code == (1 if count_problems(lines) else 0)
    return lines


async def test_where_nothing_is_wrong_each_thing_is_reported_and_the_exit_code_is_0(environ, store, tmp_path):
    all_is_well = (
        SOCKET_MODE
        + BOT_TOKEN_IS_GOOD
        + SCOPES_ARE_GOOD
        + APP_TOKEN_IS_GOOD
        + ADMINS_ARE_GOOD
        + DEVIN_IS_GOOD
        + store_is_good(store)
    )
    assert await reported(environ) == all_is_well
    file = tmp_path / "settings.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in environ.items()))
    file.chmod(0o600)
    assert await reported({}, file) == all_is_well
    file.chmod(0o644)
    open_to_others = note(f"Other users can read {file}, which has secrets. Run chmod 600 {file}.")
    assert await reported({}, file) == all_is_well + open_to_others


async def test_where_a_user_group_is_named_nobody_else_need_be(environ):
    lines = await reported(environ | {"BOT_ADMIN_USERS": ""})
    assert [line for line in lines if "BOT_ADMIN_" in line] == GROUP_IS_GOOD


async def test_checking_changes_nothing(environ, slack, control):
    await reported(environ)
    asked = {call["method"] for call in await slack.control.log()}
    assert asked == {
        *("auth.test", "apps.connections.open", "conversations.info", "users.info", "usergroups.users.list"),
    }
    assert (await slack.control.state())["sockets"] in ([], 0)
    written = [call for call in await control.log() if call["method"] != "GET"]
    assert {(call["route"], call["status"]) for call in written} == {("send_message", 404)}  # to no session
    assert await control.sessions() == []


async def test_everything_is_set_up_wrongly(environ, control, tmp_path):
    await control.permissions(only=["ReadAccountMeta"])
    (tmp_path / "old.db").touch()
    wrong = {
        "SLACK_APP_TOKEN": "xapp-of-somebody-else",
        "BOT_ADMIN_CHANNEL": "C0NOBOT",
        "BOT_ADMIN_USERS": "U0ADA,U0ANN,U0NOBODY",
        "BOT_ADMIN_GROUP": "S0NOWHERE",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'old.db'}",
    }
    scopes = scopes_of(read_manifest()) - {"reactions:write", "files:read"}
    async with SlackSimulator(scopes=scopes, bot_token=BOT_TOKEN, app_token=APP_TOKEN) as slack:
        async with SlackControl(slack.control_url) as people:
            await people.put_person("U0ANN", deleted=True)
        lines = await reported(environ | wrong | {"SLACK_API_URL": slack.base_url})
    assert lines == (
        SOCKET_MODE
        + BOT_TOKEN_IS_GOOD
        + MISSING_SCOPES
        + WRONG_APP_TOKEN
        + NOT_INVITED
        + UNKNOWN_ADMINS
        + UNKNOWN_GROUP
        + KEY_IS_GOOD
        + NOT_WARNED
        + NO_SESSIONS
        + problem(*WITHOUT_CONSUMPTION)
        + NO_CYCLES
        + NO_CYCLE_LIMIT
        + NO_INSIGHTS
        + NO_PLAYBOOKS
        + NO_LISTS
        + NO_COMMANDS
        + CANNOT_ACT
        + schema_is_old(tmp_path / "old.db")
        + LASTING_DISK
    )


async def test_what_a_missing_scope_hides_is_reported(environ, store):
    scopes = scopes_of(read_manifest()) - {"channels:read", "users:read"}
    async with SlackSimulator(scopes=scopes, bot_token=BOT_TOKEN, app_token=APP_TOKEN) as slack:
        lines = await reported(environ | {"SLACK_API_URL": slack.base_url})
    assert lines == (
        SOCKET_MODE
        + BOT_TOKEN_IS_GOOD
        + problem("The scope channels:read is missing: the bot can't check public channels and starts nothing there.")
        + problem(
            "The scope users:read is missing: the bot can't tell members from guests and starts nothing for anyone.",
            ADD_SCOPES,
        )
        + APP_TOKEN_IS_GOOD
        + CHANNEL_NOT_CHECKED
        + problem(USERS_NOT_CHECKED, ADD_SCOPES)
        + GROUP_IS_GOOD
        + DEVIN_IS_GOOD
        + store_is_good(store)
    )


async def test_neither_token_nor_key_is_accepted(environ, store):
    wrong = {
        "SLACK_BOT_TOKEN": "xoxb-of-somebody-else",
        "SLACK_APP_TOKEN": "xapp-of-somebody-else",
        "DEVIN_API_KEY": "cog_of_somebody_else",
    }
    assert await reported(environ | wrong) == (
        SOCKET_MODE + WRONG_BOT_TOKEN + WRONG_APP_TOKEN + WRONG_KEY + store_is_good(store)
    )


async def test_another_service_at_devins_address(environ, slack, store):
    assert await reported(environ | {"DEVIN_API_URL": slack.root}) == (
        SOCKET_MODE
        + BOT_TOKEN_IS_GOOD
        + SCOPES_ARE_GOOD
        + APP_TOKEN_IS_GOOD
        + ADMINS_ARE_GOOD
        + not_devin(404)
        + store_is_good(store)
    )


async def test_what_is_out_of_reach_is_reported_once(environ, slack, devin):
    await slack.stop()
    await devin.stop()
    nowhere = f"postgresql://bot:{PASSWORD}@127.0.0.1:1/bridge"
    assert await reported(environ | {"DATABASE_URL": nowhere}) == (
        ok("The settings can be used: Socket Mode, PostgreSQL.")
        + SLACK_NOT_REACHED
        + DEVIN_NOT_REACHED
        + POSTGRES_NOT_REACHED
    )


async def test_http_and_postgres_with_nothing_optional(environ, fresh_postgres):
    await bring_up(fresh_postgres)
    changes = {
        "SLACK_APP_TOKEN": "",
        "SLACK_SIGNING_SECRET": SIGNING,
        "PORT": "8080",
        "BOT_ADMIN_CHANNEL": "",
        "BOT_ADMIN_USERS": "",
        "BOT_ADMIN_GROUP": "",
        "DATABASE_URL": fresh_postgres,
    }
    assert await reported(environ | changes) == (
        OVER_HTTP
        + BOT_TOKEN_IS_GOOD
        + SCOPES_ARE_GOOD
        + SIGNING_NOT_CHECKED
        + NO_DIGEST
        + NOBODY_ASKS
        + [line for line in DEVIN_IS_GOOD if line not in CYCLES]  # nobody reads figures
        + ok(POSTGRES_IS_UP_TO_DATE)
    )
