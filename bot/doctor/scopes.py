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
    "app_mentions:read": "the bot does not hear when someone mentions it",
    "channels:history": "the bot hears no replies in public channels",
    "channels:read": "the bot cannot see what kind of channel a public one is, and starts nothing there",
    "chat:write": "the bot cannot write anything",
    "commands": "the command /devin does not exist",
    "files:read": "files that people attach do not reach Devin",
    "files:write": "screenshots and recordings of Devin's are only named in the thread, and admins get no files",
    "groups:history": "the bot hears no replies in private channels",
    "groups:read": "the bot cannot see what kind of channel a private one is, and starts nothing there",
    "im:history": "the bot hears no direct messages",
    "im:write": "what the bot tells a person directly may appear twice, and admins get no files",
    "links:read": "no link gets a preview, although BOT_UNFURL is on",
    "links:write": "no link gets a preview, although BOT_UNFURL is on",
    "mpim:history": "the bot hears nothing in group direct messages",
    "mpim:read": "the bot cannot see what kind of conversation a group direct message is, and starts nothing there",
    "reactions:read": "a :x: on a post stops no session",
    "reactions:write": "the bot cannot mark the messages it has taken on",
    "usergroups:read": (
        "nobody is an admin by BOT_ADMIN_GROUP, and Devin reads the ids of user groups instead of their names"
    ),
    "users:read": "the bot cannot tell members from guests, and starts nothing for anybody",
    "users:read.email": "sessions at Devin stand in the bot's name, not in that of who asked for them",
}


def check_scopes(granted: frozenset[str], *, unfurls: bool = False) -> list[Finding]:
    """Report which scopes of the manifest are not `granted`, with the consequence, and which are granted unused.

    With `unfurls` those for previews of links are needed too.
    """
    if not granted:
        return [note("Slack does not tell the scopes of SLACK_BOT_TOKEN, so they were not compared with manifest.yml.")]
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
    return [note(f"The app has scopes that the bot does not use: {unused}.", REMOVE_SCOPES)] if unused else []
