"""The checks of what is set up at Devin, over httpx without a network: each sentence in full, and never a secret."""

import time

import pytest
from freezegun import freeze_time

from bot.config import load_settings
from bot.doctor.devin import check_devin
from tests.doctor.fakes import ORG, FakeDevin
from tests.doctor.sentences import (
    BOTH_NOT_PROBED,
    CANNOT_ACT,
    COMMANDS,
    CONSUMPTION,
    CYCLES,
    DEVIN_NOT_REACHED,
    INSIGHTS,
    KEY,
    KEY_IS_GOOD,
    LISTS,
    NEW_KEY,
    NO_CYCLE_LIMIT,
    NO_CYCLES,
    NO_INSIGHTS,
    NO_LISTS,
    NO_PLAYBOOKS,
    NO_SESSIONS,
    NOT_PROBED,
    NOT_WARNED,
    PLAYBOOKS,
    RUN_AGAIN,
    SESSIONS,
    SETTLE,
    WITHOUT_CONSUMPTION,
    WRONG_KEY,
    grant,
    not_devin,
    note,
    ok,
    problem,
    shown,
)

IN_ORG = f"/v3/organizations/{ORG}"
NO_SESSION = f"{IN_ORG}/sessions/devin-{'0' * 32}/messages"
TO_NO_SESSION = {NO_SESSION, NO_SESSION.replace("devin-", "")}  # in both forms of its id
NEW_SERVICE_USER = (
    "In Devin under Settings → Service users, create a service user. Copy its key (cog_…) into DEVIN_API_KEY."
)


@pytest.fixture
def devin():
    return FakeDevin()


@pytest.fixture
def checked(environ, devin):
    """Check Devin with these settings changed; the lines of the report."""

    async def check(**changes):
        return shown(*await check_devin(load_settings(environ | changes), devin))

    return check


async def test_all_is_granted_and_only_read_but_for_a_message_to_no_session(checked, devin):
    assert (
        await checked() == KEY_IS_GOOD + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED
    )
    assert {request.url.path for request in devin.requests if request.method != "GET"} == TO_NO_SESSION


async def test_defaults_of_the_settings_file_that_devin_lacks_are_named(checked, devin, tmp_path):
    file = tmp_path / "bot.toml"
    file.write_text('[default]\nplaybook = "Notes"\n[channel.C0WEB]\nrepos = ["acme/wbe"]\n')
    listed = {"items": [{"repo_path": "github.com/acme/web"}], "has_next_page": False}
    devin.offer(f"/v3beta1/organizations/{ORG}/repositories", **listed)
    found = await checked(BOT_SETTINGS_FILE=str(file))
    assert found[:2] == (
        problem("bot.toml [default] playbook: Devin has no playbook “Notes”. Pick one from /devin playbook list.")
        + problem("bot.toml [channel.C0WEB] repos: Devin has no repository acme/wbe. Did you mean “acme/web”?")
    )


# ---------------------------------------------------------------- the key


async def test_a_wrong_key(checked, devin):
    devin.refuse("/v3/self", 401, "Invalid key")
    assert await checked() == WRONG_KEY


async def test_a_key_with_a_blank(checked, devin):
    assert await checked(DEVIN_API_KEY=f"{KEY} apart") == problem(
        "DEVIN_API_KEY contains a space or an invalid character.", NEW_KEY
    )
    assert devin.requests == []


@pytest.mark.parametrize(
    ("principal", "line"),
    [
        (
            {"principal_type": "pat_user", "user_id": "email|1", "user_name": "Ann Lee"},
            "DEVIN_API_KEY belongs to a person, “Ann Lee”: sessions count as theirs and end with their account.",
        ),
        (
            {"principal_type": "windsurf_session", "user_id": "email|1"},
            "DEVIN_API_KEY belongs to a person, without a name: sessions count as theirs and end with their account.",
        ),
        (
            {"principal_type": "devin_brain", "devin_id": "devin-1"},
            "DEVIN_API_KEY belongs to an account of another kind, “devin_brain”.",
        ),
    ],
)
async def test_whose_key_it_is(checked, devin, principal, line):
    devin.answer("/v3/self", **principal)
    assert await checked() == (
        note(line, NEW_SERVICE_USER) + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED
    )


SERVICE_USERS = "/v3/enterprise/members/service-users"
EXPIRES_ON = (
    "The service user of DEVIN_API_KEY expires on June 3, 2026. Then Devin rejects its key.",
    "Before then, create a new one in Devin under Settings → Service users. Copy its key (cog_…) into DEVIN_API_KEY"
    " and restart the bot.",
)


@freeze_time("2026-05-20", real_asyncio=True)
@pytest.mark.parametrize(
    ("days", "lines"),
    [(None, []), (14, note(*EXPIRES_ON)), (15, ok("The service user of DEVIN_API_KEY expires on June 4, 2026."))],
)
async def test_when_the_key_expires(checked, devin, days, lines):
    at = days and int(time.time()) + days * 86_400
    devin.offer(
        SERVICE_USERS,
        items=[{"service_user_id": "other", "expires_at": 1}, {"service_user_id": "su-1", "expires_at": at}],
    )
    assert await checked() == (
        KEY_IS_GOOD + lines + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED
    )


@pytest.mark.parametrize(("status", "lines"), [(403, NOT_WARNED), (404, []), (500, [])])
async def test_devin_does_not_say_when_the_key_expires(checked, devin, status, lines):
    devin.offer(SERVICE_USERS, status, detail="Missing permission")
    assert await checked() == (
        KEY_IS_GOOD + lines + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED
    )


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (403, problem("Devin doesn't grant ReadAccountMeta.", grant("ReadAccountMeta"))),
        (404, not_devin(404)),
        (409, problem("Devin rejected the bot's read requests (409).", RUN_AGAIN)),
        (429, problem("Devin isn't answering properly right now (429).", RUN_AGAIN)),
        (500, problem("Devin isn't answering properly right now (500).", RUN_AGAIN)),
        (503, problem("Devin isn't answering properly right now (503).", RUN_AGAIN)),
    ],
)
async def test_devin_does_not_say_whose_key_it_is(checked, devin, status, lines):
    devin.refuse("/v3/self", status, "Missing permission")
    assert await checked() == lines
    assert len(devin.requests) == 1


async def test_a_refusal_that_is_about_no_permission_is_told_in_devins_words(checked, devin):
    devin.offer("/v3/self", 403, detail="IP 203.0.113.7 is not on the access list")
    assert await checked() == problem(
        "Devin rejected the bot's read requests (403): “IP 203.0.113.7 is not on the access list”.", SETTLE
    )


async def test_what_devin_does_not_allow_is_told_where_it_is_missing(checked, devin):
    devin.offer(f"{IN_ORG}/sessions/insights", 403, detail="Insights are not part of this contract")
    said = (
        "Devin doesn't allow this (“Insights are not part of this contract”): /devin insights shows nothing, "
        "message counts can't be read, and Devin's messages might appear later."
    )
    assert note(said, SETTLE)[0] in await checked()


async def test_an_answer_that_is_not_devins(checked, devin):
    devin.answer("/v3/self", hello="world")
    assert await checked() == not_devin(200)


async def test_devin_out_of_reach(checked, devin):
    devin.unplug()
    assert await checked() == DEVIN_NOT_REACHED


# ---------------------------------------------------------------- the organisation


async def test_another_organisation_than_the_keys(checked):
    assert await checked(DEVIN_ORG_ID="org-typo") == KEY_IS_GOOD + problem(
        "Devin doesn't show this key an organization org-typo (DEVIN_ORG_ID).",
        "Set DEVIN_ORG_ID to org-play, the key's organization.",
    )


COPY_ORG_ID = "Copy the organization ID (org-…) from Devin's page Settings → Service users into DEVIN_ORG_ID."


async def test_an_unknown_organisation_when_the_key_names_none(checked, devin):
    devin.answer("/v3/self", principal_type="service_user", service_user_name="Devin Bridge")
    assert await checked(DEVIN_ORG_ID="org-typo") == KEY_IS_GOOD + problem(
        "Devin doesn't show this key an organization org-typo (DEVIN_ORG_ID).", COPY_ORG_ID
    )


async def test_the_keys_own_organisation_is_not_shown(checked, devin):
    devin.refuse(f"{IN_ORG}/sessions", 404)
    assert await checked() == KEY_IS_GOOD + problem(
        "Devin doesn't show this key an organization org-play (DEVIN_ORG_ID).", COPY_ORG_ID
    )


# ---------------------------------------------------------------- the permissions


@pytest.mark.parametrize(
    ("status", "detail", "lines"),
    [
        (
            403,
            "Missing permission: ImpersonateOrgSessions",
            note(
                "Devin doesn't grant ImpersonateOrgSessions: sessions run as the bot (optional).",
                grant("ImpersonateOrgSessions"),
            )
            + BOTH_NOT_PROBED,
        ),
        (
            403,
            "Target user lacks the required permission: UseDevinSessions",
            ok("ImpersonateOrgSessions is granted: sessions can run as the person who started them.") + BOTH_NOT_PROBED,
        ),
        (
            403,
            "Forbidden",
            CANNOT_ACT,
        ),
        (404, "Session not found", NOT_PROBED),
        (403, "Your address is not on the allow list", NOT_PROBED),
        (429, "", problem("Devin isn't answering properly right now (429).", RUN_AGAIN) + BOTH_NOT_PROBED),
    ],
)
async def test_a_message_to_no_session_shows_whether_names_are_taken(checked, devin, status, detail, lines):
    devin.offer(NO_SESSION, status, detail=detail)
    assert await checked() == (KEY_IS_GOOD + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + COMMANDS + lines)


async def test_each_missing_permission_and_what_it_means(checked, devin):
    devin.refuse(IN_ORG, 403, "Missing permission")
    assert await checked() == (
        KEY_IS_GOOD
        + NO_SESSIONS
        + problem(*WITHOUT_CONSUMPTION)
        + CYCLES
        + NO_INSIGHTS
        + NO_PLAYBOOKS
        + ok("Devin grants Read: forms and repo= offer the organization's repositories.")
        + NO_LISTS[2:]
        + COMMANDS
        + NOT_PROBED
    )


async def test_a_permission_that_devin_names_itself(checked, devin):
    devin.refuse(f"{IN_ORG}/playbooks", 403, "Missing permission: ManageOrgPlaybooks")
    assert await checked() == (
        KEY_IS_GOOD
        + SESSIONS
        + CONSUMPTION
        + CYCLES
        + INSIGHTS
        + note(
            "Devin doesn't grant ManageOrgPlaybooks: playbook= accepts only IDs, not titles (optional).",
            grant("ManageOrgPlaybooks"),
        )
        + LISTS
        + COMMANDS
        + NOT_PROBED
    )


async def test_the_commands_that_lack_a_permission_are_named_in_one_line(checked, devin):
    devin.offer(f"{IN_ORG}/schedules", 403, detail="Missing permission")
    devin.offer("/v3/enterprise/audit-logs", 403, detail="Missing permission")
    lacking = note(
        "Devin doesn't grant ManageEnterpriseSettings (/devin audit), ManageOrgSchedules (/devin schedule): these"
        " commands only report what's missing (optional). It grants ManageOrgKnowledge (/devin note), UseReviewManual"
        " (/devin review), ManageOrgSecrets (/devin secret), ViewOrgMembership (/devin members), ViewOrgMetrics"
        " (/devin metrics). Notes and reviews can be read; creating wasn't tried.",
        grant("ManageEnterpriseSettings and ManageOrgSchedules"),
    )
    assert (
        await checked() == KEY_IS_GOOD + SESSIONS + CONSUMPTION + CYCLES + INSIGHTS + PLAYBOOKS + lacking + NOT_PROBED
    )


async def test_that_reviews_are_not_granted_shows_in_a_read(checked, devin):
    devin.offer(f"{IN_ORG}/pr-reviews", 403, detail="Missing permission: UseReviewManual")
    line = next(line for line in await checked() if "UseReviewManual" in line)
    assert "doesn't grant UseReviewManual (/devin review): these commands only report what's missing" in line
    assert {request.url.path for request in devin.requests if request.method != "GET"} <= TO_NO_SESSION


async def test_a_command_that_devin_does_not_offer_is_not_called_granted(checked, devin):
    devin.offer(f"{IN_ORG}/schedules", 404, detail="Not found")
    devin.offer("/v3/enterprise/audit-logs", 403, detail="Not part of this contract")
    granted = ok(
        "Devin grants ManageOrgKnowledge (/devin note), UseReviewManual (/devin review), ManageOrgSecrets (/devin"
        " secret), ViewOrgMembership (/devin members), ViewOrgMetrics (/devin metrics). Notes and reviews can be"
        " read; creating wasn't tried. Devin doesn't offer the data for /devin audit and /devin schedule."
    )
    assert granted[0] in await checked()


@pytest.mark.parametrize(
    ("read_by", "made", "cycles"),
    [
        ({}, note, []),
        ({"BOT_ADMIN_CHANNEL": "C0OPS"}, problem, CYCLES),
        ({"BOT_ADMIN_USERS": "U0ADA"}, problem, CYCLES),
        ({"BOT_ADMIN_GROUP": "S0ADMINS"}, problem, CYCLES),
    ],
)
async def test_consumption_is_optional_where_nobody_reads_it(checked, devin, read_by, made, cycles):
    devin.refuse(f"{IN_ORG}/consumption", 403, "Missing permission")
    nobody = dict.fromkeys(("BOT_ADMIN_CHANNEL", "BOT_ADMIN_USERS", "BOT_ADMIN_GROUP"), "")
    assert await checked(**nobody | read_by) == (
        KEY_IS_GOOD + SESSIONS + made(*WITHOUT_CONSUMPTION) + cycles + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED
    )


@pytest.mark.parametrize(
    ("path", "cycles"),
    [
        ("/v3/enterprise", NO_CYCLES + NO_CYCLE_LIMIT),
        ("/v3/enterprise/consumption/cycles", NO_CYCLES + CYCLES[1:]),
        (f"/v3/enterprise/organizations/{ORG}", CYCLES[:1] + NO_CYCLE_LIMIT),
    ],
)
async def test_without_cycles_or_limits_it_is_noted_what_is_done_instead(checked, devin, path, cycles):
    devin.refuse(path, 403, "Missing permission")
    assert (
        await checked() == KEY_IS_GOOD + SESSIONS + CONSUMPTION + cycles + INSIGHTS + PLAYBOOKS + COMMANDS + NOT_PROBED
    )


async def test_an_organisation_without_insights(checked, devin):
    devin.refuse(f"{IN_ORG}/sessions/insights", 404)
    assert await checked() == (
        KEY_IS_GOOD
        + SESSIONS
        + CONSUMPTION
        + CYCLES
        + note(
            "Devin doesn't offer this to your organization: /devin insights shows nothing, message counts can't be"
            " read, and Devin's messages might appear later."
        )
        + PLAYBOOKS
        + COMMANDS
        + NOT_PROBED
    )


async def test_a_probe_that_devin_does_not_answer(checked, devin):
    devin.refuse(f"{IN_ORG}/consumption", 500)
    assert await checked() == (
        KEY_IS_GOOD
        + SESSIONS
        + problem("Devin isn't answering properly right now (500).", RUN_AGAIN)
        + CYCLES
        + INSIGHTS
        + PLAYBOOKS
        + COMMANDS
        + NOT_PROBED
    )


async def test_devin_stops_answering_after_the_key(checked, devin):
    devin.refuse(f"{IN_ORG}/sessions", 503)
    said = "Devin isn't answering properly right now (503)."
    lines = problem(said) + problem(said, RUN_AGAIN)
    assert await checked() == KEY_IS_GOOD + lines + CONSUMPTION + CYCLES + PLAYBOOKS + COMMANDS + NOT_PROBED
