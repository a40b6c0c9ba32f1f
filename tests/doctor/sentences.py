"""What the doctor's report says: its lines, its secrets that must not be in it, and the fixes that recur.

Why settings cannot be used stands here too; the bot says it in the same words when it does not start.
"""

from collections.abc import Iterable

from bot.doctor.findings import Finding, Level, report

BOT_TOKEN = "xoxb-secret-of-the-bot"
APP_TOKEN = "xapp-secret-of-the-app"
SIGNING = "secret-of-the-signature"
KEY = "cog_secret_of_devin"
PASSWORD = "secret-of-the-store"
SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING, KEY, PASSWORD)

SUMMARIES = {0: "No problems were found.", 1: "1 problem was found."}


class Lines(list[str]):
    """Lines of a report in any order: how it sorts them is in `test_report`."""

    __hash__ = None

    def __add__(self, others: object) -> "Lines":
        return Lines([*self, *others])  # type: ignore[misc]  # only lines are added

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and sorted(self) == sorted(other)


def ok(what: str) -> Lines:
    return Lines([f"ok       {what}"])


def problem(what: str, fix: str | None = None) -> Lines:
    """The lines of a problem; without a fix, the next one's is shared."""
    return Lines([f"problem  {what}", *_fixed(fix)])


def note(what: str, fix: str | None = None) -> Lines:
    return Lines([f"note     {what}", *_fixed(fix)])


def _fixed(fix: str | None) -> list[str]:
    return [f"         → {fix}"] if fix else []


def shown(*findings: Finding) -> Lines:
    """The lines that a person reads about these findings."""
    return lines_of(report(findings))


def lines_of(text: str) -> Lines:
    """The lines of a report above its summary, which is checked, like the absence of secrets; without its headings."""
    assert [secret for secret in SECRETS if secret in text] == []
    *lines, empty, summary = text.splitlines()
    assert empty == ""
    lines = Lines(line for line in lines if line and line.removesuffix(":") not in list(Level))
    problems = count_problems(lines)
    assert summary == SUMMARIES.get(problems, f"{problems} problems were found.")
    return lines


def count_problems(lines: Iterable[str]) -> int:
    return sum(line.startswith("problem  ") for line in lines)


# ---------------------------------------------------------------- the settings

SOCKET_MODE = ok("The settings can be used: Socket Mode, SQLite.")
OVER_HTTP = ok("The settings can be used: HTTP on port 8080, PostgreSQL.")
NO_BOT_TOKEN = (
    "SLACK_BOT_TOKEN is missing: install the app in your workspace and copy the Bot User OAuth Token (xoxb-…)"
    " from its page “OAuth & Permissions”."
)
NOT_A_BOT_TOKEN = (
    "SLACK_BOT_TOKEN must start with xoxb-: copy the Bot User OAuth Token from the app's page “OAuth & Permissions”."
)
NO_ORGANISATION = (
    "DEVIN_ORG_ID is missing: copy the organization ID (org-…) from Devin's settings, on the page of service users."
)
NOT_A_DATABASE_URL = (
    "DATABASE_URL must start with sqlite:/// and name a file, or start with postgresql:// and name a server,"
    " for example sqlite:///devin-bridge.db."
)
NOT_A_TIME_ZONE = "BOT_TIMEZONE must be the name of a time zone such as Europe/Berlin or UTC."

# ---------------------------------------------------------------- Slack

BOT_TOKEN_IS_GOOD = ok("SLACK_BOT_TOKEN works in the workspace “https://play.slack.com/”.")
APP_TOKEN_IS_GOOD = ok("SLACK_APP_TOKEN opens Socket Mode; no connection was kept.")
SCOPES_ARE_GOOD = ok("The app has the 19 scopes of manifest.yml.")
CHANNEL_IS_GOOD = ok("The bot is in the channel “ops”, where the digest is posted.")
USERS_ARE_GOOD = ok("BOT_ADMIN_USERS: Slack recognizes each ID (2).")
GROUP_IS_GOOD = ok("BOT_ADMIN_GROUP: the user group exists (2 members). Its full members are admins.")
ADD_SCOPES = (
    "Add what's missing under “Bot Token Scopes” on the app's page “OAuth & Permissions”. Then press “Reinstall to"
    " Workspace” there."
)
COPY_BOT = (
    "Copy the Bot User OAuth Token (xoxb-…) from the app's page “OAuth & Permissions” at"
    " https://api.slack.com/apps into SLACK_BOT_TOKEN."
)
MAKE_APP = (
    "Create an app-level token with the scope connections:write on the app's page “Basic Information” at"
    " https://api.slack.com/apps. Copy it (xapp-…) into SLACK_APP_TOKEN."
)
MISSING_SCOPES = problem("The scope files:read is missing: Devin doesn't get the files that people attach.") + problem(
    "The scope reactions:write is missing: the bot can't mark the messages that it accepted.", ADD_SCOPES
)
CHANNEL_NOT_CHECKED = problem("BOT_ADMIN_CHANNEL wasn't checked: the scope channels:read is missing.")
USERS_NOT_CHECKED = "BOT_ADMIN_USERS wasn't checked: the scope users:read is missing."
WRONG_BOT_TOKEN = problem("Slack rejected SLACK_BOT_TOKEN (invalid_auth).", COPY_BOT)
WRONG_APP_TOKEN = problem("Slack rejected SLACK_APP_TOKEN (invalid_auth).", MAKE_APP)
SLACK_NOT_REACHED = problem(
    "Slack couldn't be reached, so nothing was checked there.",
    "Check this machine's network and proxy, and SLACK_API_URL if it's set. Then run this again.",
)
FEWER_CALLS = problem("Slack is rate limiting the bot.", "Run this again in 7 seconds.")
NO_USABLE_ANSWER = problem(
    "Slack gave no usable answer.",
    "Check SLACK_API_URL if it's set. Otherwise look at https://slack-status.com and run this again later.",
)
SIGNING_NOT_CHECKED = note(
    "SLACK_SIGNING_SECRET can't be verified from here; only a request from Slack shows whether it's right.",
    "If requests from Slack get a 401, copy the Signing Secret into SLACK_SIGNING_SECRET. It's on the app's page"
    " “Basic Information” at https://api.slack.com/apps.",
)
NO_DIGEST = note(
    "BOT_ADMIN_CHANNEL isn't set, so there's no daily digest.",
    "To get a digest, set it to a channel ID.",
)
NOBODY_ASKS = note(
    "Neither BOT_ADMIN_USERS nor BOT_ADMIN_GROUP is set, so there are no admins, and no one can use /devin usage.",
    "Set BOT_ADMIN_USERS to the admins' IDs, separated by commas (“Copy member ID” in a profile). Or set"
    " BOT_ADMIN_GROUP to a user group ID.",
)
NOT_INVITED = problem(
    "The bot isn't in the channel “nobot” (BOT_ADMIN_CHANNEL), so no digest is posted.",
    "Type `/invite @Devin Bridge` there.",
)
UNKNOWN_ADMINS = problem(
    "BOT_ADMIN_USERS has U0ANN, U0NOBODY: unknown to Slack, or no longer in the workspace.",
    "Remove or correct each of these IDs. “Copy member ID” is in a person's profile.",
)

UNKNOWN_GROUP = problem(
    "Slack has no user group S0NOWHERE (BOT_ADMIN_GROUP), or it's disabled. It makes no one an admin.",
    "Enable it in Slack under Directories → User groups. Or correct BOT_ADMIN_GROUP with “Copy group ID” in the"
    " group's menu.",
)

# ---------------------------------------------------------------- Devin

RUN_AGAIN = "Run this again in a few minutes."
SETTLE = "Fix the problem Devin reports, then run this again."
NEW_KEY = (
    "In Devin under Settings → Service users, create a new key for the bot's service user. Copy it (cog_…) into"
    " DEVIN_API_KEY."
)
WRONG_KEY = problem("Devin rejected DEVIN_API_KEY: it's wrong, expired, or revoked.", NEW_KEY)
DEVIN_NOT_REACHED = problem(
    "Devin couldn't be reached, so nothing was checked there.",
    "Check this machine's network and proxy, and DEVIN_API_URL if it's set. Then run this again.",
)


def not_devin(status: int) -> list[str]:
    return problem(
        f"The server at DEVIN_API_URL isn't Devin's API ({status}).",
        "Leave DEVIN_API_URL empty for https://api.devin.ai, or set it to your deployment's host without /v3.",
    )


def grant(permission: str) -> str:
    return f"In Devin under Settings → Service users, give the bot's service user a role with {permission}."


KEY_IS_GOOD = ok("DEVIN_API_KEY belongs to the service user “Devin Bridge”.")
NOT_WARNED = note(
    "Devin doesn't grant ViewAccountMembership: no one is warned before the service user expires (optional).",
    grant("ViewAccountMembership"),
)
SESSIONS = ok("Devin grants ViewOrgSessions: sessions and messages can be read.")
CONSUMPTION = ok("Devin grants ViewOrgConsumption: the digest and /devin usage show ACU usage.")
CYCLES = ok("Devin grants ViewAccountConsumption: the digest uses Devin's billing cycles and their ACU limits.") + ok(
    "Devin grants ManageOrganizations: the digest shows the organization's ACU limit for a cycle."
)
NO_CYCLES = note(
    "Devin doesn't grant ViewAccountConsumption: the digest uses calendar months instead of Devin's billing cycles,"
    " and doesn't read Devin's ACU limits (optional).",
    grant("ViewAccountConsumption"),
)
NO_CYCLE_LIMIT = note(
    "Devin doesn't grant ManageOrganizations: the organization's own ACU limit for a cycle isn't read. If Devin's"
    " list of ACU limits has none either, BOT_CYCLE_ACUS is used (optional).",
    grant("ManageOrganizations"),
)
INSIGHTS = ok("Devin grants ViewOrgSessions: /devin insights works, and message counts can be read.")
LISTS = ok("Devin grants Read: forms and repo= offer the organization's repositories.") + ok(
    "Devin grants ViewOrgAutomations: /devin schedule list names automations."
)
PLAYBOOKS = (
    ok("Devin grants ManageOrgPlaybooks: playbook= accepts titles. Playbooks can be read; creating wasn't tried.")
    + LISTS
)
NO_SESSIONS = problem(
    "Devin doesn't grant ViewOrgSessions: the bot can't follow its sessions.", grant("ViewOrgSessions")
)
WITHOUT_CONSUMPTION = (
    "Devin doesn't grant ViewOrgConsumption: the digest and /devin usage count the bot's own sessions only.",
    grant("ViewOrgConsumption"),
)
NO_INSIGHTS = note(
    "Devin doesn't grant ViewOrgSessions: /devin insights shows nothing, message counts can't be read, and Devin's "
    "messages might appear later.",
    grant("ViewOrgSessions"),
)
NO_PLAYBOOKS = note(
    "Devin doesn't grant ManageOrgPlaybooks: playbook= accepts only IDs, not titles (optional).",
    grant("ManageOrgPlaybooks"),
)
COMMANDS = ok(
    "Devin grants ManageEnterpriseSettings (/devin audit), ManageOrgKnowledge (/devin note), UseReviewManual"
    " (/devin review), ManageOrgSchedules (/devin schedule), ManageOrgSecrets (/devin secret), ViewOrgMembership"
    " (/devin members), ViewOrgMetrics (/devin metrics). Notes, reviews, and schedules can be read; creating wasn't"
    " tried."
)
NO_LISTS = note(
    "Devin doesn't grant Read: forms list no repositories, and repo= suggests only those of earlier sessions"
    " (optional).",
    grant("Read"),
) + note(
    "Devin doesn't grant ViewOrgAutomations: /devin schedule list leaves automations out (optional).",
    grant("ViewOrgAutomations"),
)
NO_COMMANDS = note(
    "Devin doesn't grant ManageEnterpriseSettings (/devin audit), ManageOrgKnowledge (/devin note),"
    " UseReviewManual (/devin review), ManageOrgSchedules (/devin schedule), ManageOrgSecrets (/devin secret),"
    " ViewOrgMembership (/devin members), ViewOrgMetrics (/devin metrics): these commands only report what's missing"
    " (optional).",
    grant(
        "ManageEnterpriseSettings, ManageOrgKnowledge, UseReviewManual, ManageOrgSchedules, ManageOrgSecrets,"
        " ViewOrgMembership, and ViewOrgMetrics"
    ),
)
OWN_NAMES_NOT_KNOWN = note(
    "The first session shows whether Devin grants ImpersonateOrgSessions. Without it, sessions run as the bot"
    " (optional).",
    "In Devin under Settings → Service users, check that the service user's role has ImpersonateOrgSessions.",
)
CANNOT_ACT = problem(
    "Devin doesn't grant ManageOrgSessions: the bot can't start, steer, or stop sessions.", grant("ManageOrgSessions")
)
BOTH_NOT_PROBED = note(
    "ManageOrgSessions is needed to start, steer, and stop sessions, and UseDevinSessions to pass on files. Whether"
    " Devin grants both wasn't tried, because that would start something.",
    "In Devin under Settings → Service users, check that the service user's role has them.",
)
NOT_PROBED = OWN_NAMES_NOT_KNOWN + BOTH_NOT_PROBED

# ---------------------------------------------------------------- the store

MIGRATE = "Run `python -m bot migrate`. `python -m bot run` also does it when it starts."
POSTGRES_IS_UP_TO_DATE = "The PostgreSQL store can be reached, and its schema is up to date."
LASTING_DISK = note(
    "The store is a file on this disk. Some platforms give each deploy a new disk, and the file is lost.",
    "Point DATABASE_URL to a file on a persistent disk, or to PostgreSQL.",
)
POSTGRES_NOT_REACHED = problem(
    "No PostgreSQL server listens at the host and port of DATABASE_URL.",
    "Check the host and port in DATABASE_URL, and that this machine can reach the running server.",
)


def store_is_up_to_date(path: object) -> list[str]:
    return ok(f"The store {path} can be opened and written to, and its schema is up to date.")


def schema_is_old(path: object) -> list[str]:
    return problem(
        f"The store {path} can be opened and written to, but its schema is missing or older than this version.", MIGRATE
    )
