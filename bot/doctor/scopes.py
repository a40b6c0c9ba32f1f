"""Checks the scopes that Slack granted against those in manifest.yml."""

from typing import Final

from bot.doctor.findings import Finding, misleads, note, ok, problem
from bot.doctor.slack_tokens import ADD_SCOPES
from bot.manifest import AGENT_SCOPE, manifest_for, scopes_of

REMOVE_SCOPES: Final = (
    "Remove them under “Bot Token Scopes” on the app's page “OAuth & Permissions” if nothing else needs them."
)

NO_AGENT: Final = (
    f"The scope {AGENT_SCOPE} is missing: Slack shows no “is working…” in threads. It comes with `agent_view`, which"
    " `python -m bot manifest --no-agent` leaves out."
)
NEEDED: Final = frozenset({"channels:read", "chat:write", "commands", "users:read"})  # without them nothing starts

# For each scope of the manifest, what does not work without it.
WITHOUT_SCOPE: Final = {
    "app_mentions:read": "the bot doesn't see mentions",
    "channels:history": "the bot doesn't see replies in public channels",
    "channels:read": "the bot can't check public channels and starts nothing there",
    "chat:write": "the bot can't post",
    "commands": "the command /devin doesn't exist",
    "files:read": "Devin doesn't get the files that people attach",
    "files:write": "Devin's screenshots and recordings are only named in the thread, and admins get no files",
    "groups:history": "the bot doesn't see replies in private channels",
    "groups:read": "the bot can't check private channels and starts nothing there",
    "im:history": "the bot doesn't see DMs",
    "im:write": "DMs from the bot might appear twice, and admins get no files",
    "links:read": "links get no preview, although BOT_UNFURL is on",
    "links:write": "links get no preview, although BOT_UNFURL is on",
    "mpim:history": "the bot doesn't see messages in group DMs",
    "mpim:read": "the bot can't check group DMs and starts nothing there",
    "reactions:read": "an :x: on a post doesn't stop its session",
    "reactions:write": "the bot can't mark the messages that it accepted",
    "usergroups:read": (
        "BOT_ADMIN_GROUP makes no one an admin, and Devin gets user groups' IDs instead of their names"
    ),
    "users:read": "the bot can't tell members from guests and starts nothing for anyone",
    "users:read.email": "sessions run as the bot, not as the person who started them",
}


def check_scopes(granted: frozenset[str], *, unfurls: bool = False) -> list[Finding]:
    """Report which scopes of the manifest are not `granted`, with the consequence, and which are granted unused.

    With `unfurls` those for previews of links are needed too.
    """
    if not granted:
        return [note("Slack doesn't list the scopes of SLACK_BOT_TOKEN, so they weren't compared with manifest.yml.")]
    wanted = scopes_of(manifest_for(unfurls=unfurls))
    no_agent = [] if AGENT_SCOPE in granted else [note(NO_AGENT)]
    return [*_missing(wanted - ({AGENT_SCOPE} - granted), granted), *no_agent, *_unused(wanted, granted)]


def _missing(wanted: frozenset[str], granted: frozenset[str]) -> list[Finding]:
    missing = sorted(wanted - granted)
    if not missing:
        return [ok(f"The app has the {len(wanted)} scopes of manifest.yml.")]
    without = [(scope, f"The scope {scope} is missing: {WITHOUT_SCOPE[scope]}.") for scope in missing]
    return [(problem if scope in NEEDED else misleads)(what, ADD_SCOPES) for scope, what in without]


def _unused(wanted: frozenset[str], granted: frozenset[str]) -> list[Finding]:
    unused = ", ".join(sorted(granted - wanted))
    return [note(f"The app has scopes that the bot doesn't use: {unused}.", REMOVE_SCOPES)] if unused else []
