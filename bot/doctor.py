"""`python -m bot doctor`: looks at everything that is set up outside, and says how to put right what is wrong.

It only reads. No error's text is printed and no secret: a finding is made from the kind of error alone.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx

from bot.config import Settings, SettingsError, load_settings, on_this_machine
from bot.devin.client import Devin
from bot.devin.errors import (
    DevinError,
    DevinForbidden,
    DevinLater,
    DevinNotFound,
    DevinRateLimited,
    DevinUnauthorized,
    DevinUncertain,
    DevinUnexpectedAnswer,
)
from bot.devin.models import Principal
from bot.devin.retry import Patience
from bot.manifest import read_manifest, scopes_of
from bot.slack.client import Channel, Slack
from bot.slack.errors import (
    ChannelGone,
    PersonGone,
    ScopeMissing,
    SlackError,
    SlackRateLimited,
    SlackRefused,
    SlackUnreachable,
    TokenRefused,
)
from bot.store.database import Database, sqlite_path
from bot.store.schema import is_current
from bot.timing import DAY
from bot.views.text import one_line, shortened

INDENT: Final = " " * 9  # as wide as the longest mark and two spaces
ONE_ATTEMPT: Final = Patience(attempts=1)

# What each scope of the manifest is for, as the consequence of not having it.
WITHOUT_SCOPE: Final = {
    "app_mentions:read": "the bot does not hear when somebody mentions it",
    "assistant:write": "Slack does not show the bot as an agent",
    "channels:history": "the bot hears no replies in public channels",
    "channels:read": "the bot cannot see what kind of channel a public one is, and starts nothing there",
    "chat:write": "the bot cannot write anything",
    "commands": "the command /devin does not exist",
    "files:read": "files that people attach do not reach Devin",
    "groups:history": "the bot hears no replies in private channels",
    "groups:read": "the bot cannot see what kind of channel a private one is, and starts nothing there",
    "im:history": "the bot hears no direct messages",
    "im:write": "what the bot tells a person directly may appear twice when Slack's answer is lost",
    "reactions:write": "the bot cannot mark the messages it has taken on",
    "users:read": "the bot cannot tell members from guests, and starts nothing for anybody",
}

COPY_BOT: Final = (
    "Copy the Bot User OAuth Token (xoxb-…) from the app's page “OAuth & Permissions” at https://api.slack.com/apps"
    " into SLACK_BOT_TOKEN."
)
INSTALL_AGAIN: Final = (
    "Install the app again on its page “OAuth & Permissions” at https://api.slack.com/apps and copy the new Bot User"
    " OAuth Token (xoxb-…) into SLACK_BOT_TOKEN."
)
MAKE_APP: Final = (
    "Make an app-level token with the scope connections:write on the app's page “Basic Information” at"
    " https://api.slack.com/apps and copy it (xapp-…) into SLACK_APP_TOKEN."
)
ADD_SCOPES: Final = (
    "Add what is missing under “Bot Token Scopes” on the app's page “OAuth & Permissions”, then press"
    " “Reinstall to Workspace” there."
)
REMOVE_SCOPES: Final = (
    "Remove them under “Bot Token Scopes” on the app's page “OAuth & Permissions” if nothing else needs them."
)
CHECK_SIGNING: Final = (
    "If requests from Slack are answered with 401, copy the Signing Secret from the app's page “Basic Information”"
    " at https://api.slack.com/apps into SLACK_SIGNING_SECRET."
)
REACH_SLACK: Final = "Check this machine's network and proxy, and SLACK_API_URL if it is set; then run this again."
SLACK_TROUBLE: Final = (
    "Check SLACK_API_URL if it is set. Otherwise look at https://slack-status.com and run this again later."
)

NEW_KEY: Final = (
    "In Devin under Settings → Service users make a new key for the bot's service user and copy it (cog_…) into"
    " DEVIN_API_KEY."
)
NEW_OWNER: Final = (
    "In Devin under Settings → Service users create a service user and copy its key (cog_…) into DEVIN_API_KEY."
)
COPY_ORG: Final = "Copy the organisation's id (org-…) from Devin's page Settings → Service users into DEVIN_ORG_ID."
CHECK_DEVIN_URL: Final = (
    "Leave DEVIN_API_URL empty for https://api.devin.ai, or set it to your deployment's host without /v3."
)
REACH_DEVIN: Final = "Check this machine's network and proxy, and DEVIN_API_URL if it is set; then run this again."
ASK_DEVIN_LATER: Final = "Run this again in a few minutes."

MIGRATE: Final = "Run `python -m bot migrate`; `python -m bot run` does it too when it starts."
INSTALL_POSTGRES: Final = "Run `pip install -r requirements-postgres.txt`."
OTHER_FOLDER: Final = "Let the bot's account write there, or name a file in another folder in DATABASE_URL."
FIX_LOGIN: Final = (
    "Correct them: postgresql://user:password@host/name, with %40 for an @ in the password, %2F for a slash."
)
MAKE_DATABASE: Final = "Create the database with `createdb`, or correct the name at the end of DATABASE_URL."
REACH_POSTGRES: Final = (
    "Check that the server runs and that this machine may reach it, and the host and port in DATABASE_URL."
)
LOOK_UP_STATE: Final = "https://www.postgresql.org/docs/current/errcodes-appendix.html says what the code means."
CHECK_DATABASE_URL: Final = "Check that DATABASE_URL has the form postgresql://user:password@host:5432/name."


class Level(StrEnum):
    """How a finding is marked. Only a problem makes the exit code 1."""

    OK = "ok"
    PROBLEM = "problem"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report, and what to do about it."""

    level: Level
    what: str
    fix: str | None = None


NOT_PROBED: Final = Finding(
    Level.NOTE,
    "ManageOrgSessions and UseDevinSessions are needed to start, steer and stop sessions and to hand over files."
    " Whether Devin grants them was not probed, because that would start a session.",
    "In Devin under Settings → Service users see that the service user's role has both.",
)


async def doctor(environ: Mapping[str, str], env_file: Path | None = None, write: Callable[[str], None] = print) -> int:
    """Look at everything, report it, and answer the exit code."""
    try:
        settings = load_settings(environ, env_file)
    except SettingsError as error:
        findings = _unusable(error.problems)
    else:
        findings = await examine(settings)
    write(report(findings))
    return int(any(finding.level is Level.PROBLEM for finding in findings))


async def examine(settings: Settings) -> list[Finding]:
    """Everything that can be seen from here: settings, Slack, Devin, the store."""
    async with asyncio.TaskGroup() as group:
        parts = [group.create_task(part(settings)) for part in (_slack, _devin, _store)]
    found = [_usable(settings), *(finding for part in parts for finding in part.result())]
    return list(dict.fromkeys(found))  # what cannot be reached is told once


def report(findings: Sequence[Finding]) -> str:
    """The findings for people. A fix that several in a row share stands once, under the last."""
    lines: list[str] = []
    for finding, following in zip(findings, [*findings[1:], None], strict=True):
        lines.append(f"{finding.level:<{len(INDENT)}}{finding.what}")
        if finding.fix and (following is None or following.fix != finding.fix):
            lines.append(f"{INDENT}→ {finding.fix}")
    problems = sum(finding.level is Level.PROBLEM for finding in findings)
    found = {0: "No problem was found.", 1: "1 problem was found."}.get(problems, f"{problems} problems were found.")
    return "\n".join([*lines, "", found])


def _ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def _problem(what: str, fix: str) -> Finding:
    return Finding(Level.PROBLEM, what, fix)


def _note(what: str, fix: str | None = None) -> Finding:
    return Finding(Level.NOTE, what, fix)


def _named(name: str | None, otherwise: str) -> str:
    """A name from outside as one short line that moves no terminal."""
    printable = "".join(sign for sign in one_line(name or "") if sign.isprintable())
    return f"“{shortened(printable, 80)}”" if printable else otherwise


# ---------------------------------------------------------------- settings


def _unusable(problems: Iterable[str]) -> list[Finding]:
    told = [Finding(Level.PROBLEM, problem) for problem in problems]
    return [*told, _note("Slack, Devin and the store are looked at once the settings can be used.")]


def _usable(settings: Settings) -> Finding:
    way = "Socket Mode" if settings.transport == "socket" else f"HTTP on port {settings.port}"
    store = "SQLite" if _is_sqlite(settings) else "PostgreSQL"
    return _ok(f"The settings can be used: {way}, {store}.")


# ---------------------------------------------------------------- Slack


async def _slack(settings: Settings) -> list[Finding]:
    async with Slack(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url) as slack:
        try:
            identity = await slack.auth_test()
        except SlackError as error:
            return [_slack_trouble(error, "SLACK_BOT_TOKEN", COPY_BOT), *await _way_in(settings)]
        return [
            _ok(f"SLACK_BOT_TOKEN works in the workspace {_named(identity.url, identity.team)}."),
            *_scopes(identity.scopes),
            *await _way_in(settings),
            await _admin_channel(slack, settings.bot_admin_channel),
            *await _admin_users(slack, settings.bot_admin_users),
        ]


def _slack_trouble(error: SlackError, setting: str, renew: str) -> Finding:
    match error:
        case SlackUnreachable():
            return _problem("Slack could not be reached, so nothing was checked there.", REACH_SLACK)
        case SlackRateLimited():
            return _problem("Slack asks for fewer calls.", f"Run this again in {error.retry_after:.0f} seconds.")
        case TokenRefused(error="token_revoked" | "account_inactive"):
            return _problem(
                f"{setting} was revoked: the app was removed from the workspace, or the token was replaced.",
                INSTALL_AGAIN if setting == "SLACK_BOT_TOKEN" else renew,
            )
        case TokenRefused():
            return _problem(f"Slack does not accept {setting} ({error.error}).", renew)
        case ScopeMissing():
            needed = f" {error.needed}" if error.needed else ""
            return _problem(f"{setting} lacks the scope{needed}.", renew)
        case SlackRefused():
            url = f"https://docs.slack.dev/reference/methods/{error.method}"
            return _problem(f"Slack refuses {error.method} ({error.error}).", f"{url} says what the word means.")
        case _:
            return _problem("Slack gave no usable answer.", SLACK_TROUBLE)


def _scopes(granted: frozenset[str]) -> list[Finding]:
    if not granted:
        return [
            _note("Slack does not tell the scopes of SLACK_BOT_TOKEN, so they were not compared with manifest.yml.")
        ]
    wanted = scopes_of(read_manifest())
    missing = [
        _problem(f"The scope {scope} is missing: {WITHOUT_SCOPE[scope]}.", ADD_SCOPES)
        for scope in sorted(wanted - granted)
    ]
    extra = ", ".join(sorted(granted - wanted))
    return [
        *(missing or [_ok(f"The app has the {len(wanted)} scopes of manifest.yml.")]),
        *([_note(f"The app has scopes that the bot does not use: {extra}.", REMOVE_SCOPES)] if extra else []),
    ]


async def _way_in(settings: Settings) -> list[Finding]:
    if settings.slack_app_token is None:
        told = "Whether SLACK_SIGNING_SECRET is right cannot be verified from here: only a request from Slack shows it."
        return [_note(told, CHECK_SIGNING)]
    async with Slack(settings.slack_app_token.get_secret_value(), base_url=settings.slack_api_url) as app:
        try:
            await app.open_socket()
        except SlackError as error:
            return [_slack_trouble(error, "SLACK_APP_TOKEN", MAKE_APP)]
    return [_ok("SLACK_APP_TOKEN opens Socket Mode; no connection was kept.")]


async def _admin_channel(slack: Slack, channel_id: str | None) -> Finding:
    if channel_id is None:
        return _note(
            "BOT_ADMIN_CHANNEL is not set: there is no daily digest.",
            "Set it to the id of a channel if somebody wants the digest.",
        )
    try:
        return _digest_place(await slack.channel(channel_id))
    except ChannelGone:
        return _problem(
            f"Slack does not show the bot a channel {channel_id} (BOT_ADMIN_CHANNEL), so no digest is posted.",
            "Type `/invite @Devin Bridge` in the channel if it is private; otherwise copy the id at the end of the"
            " channel's details into BOT_ADMIN_CHANNEL.",
        )
    except SlackError as error:
        return _not_looked_at("BOT_ADMIN_CHANNEL", error)


def _not_looked_at(setting: str, error: SlackError) -> Finding:
    if isinstance(error, ScopeMissing):
        return _problem(f"{setting} was not looked at: the scope {error.needed} is missing.", ADD_SCOPES)
    return _slack_trouble(error, "SLACK_BOT_TOKEN", COPY_BOT)


def _digest_place(channel: Channel) -> Finding:
    place = _named(channel.name, channel.id)
    if channel.is_archived:
        return _problem(
            f"The channel {place} (BOT_ADMIN_CHANNEL) is archived, so no digest is posted.",
            "Unarchive it, or set BOT_ADMIN_CHANNEL to another channel's id.",
        )
    if not channel.is_member:
        return _problem(
            f"The bot is not in the channel {place} (BOT_ADMIN_CHANNEL), so no digest is posted.",
            "Type `/invite @Devin Bridge` there.",
        )
    if channel.is_ext_shared:
        return _note(
            f"The channel {place} (BOT_ADMIN_CHANNEL) is shared with another company, which reads the digest too.",
            "Set BOT_ADMIN_CHANNEL to another channel's id if it should not.",
        )
    return _ok(f"The bot is in the channel {place}, where the digest is posted.")


async def _admin_users(slack: Slack, users: Sequence[str]) -> list[Finding]:
    if not users:
        return [
            _note(
                "BOT_ADMIN_USERS is not set: nobody may ask for /devin usage.",
                "Set it to the ids of the admins, with commas between them; “Copy member ID” in a profile gives one.",
            )
        ]
    try:
        unknown = [user for user in users if not await _is_there(slack, user)]
    except SlackError as error:
        return [_not_looked_at("BOT_ADMIN_USERS", error)]
    if not unknown:
        return [_ok(f"BOT_ADMIN_USERS: Slack knows each of them ({len(users)}).")]
    return [
        _problem(
            f"BOT_ADMIN_USERS names {', '.join(unknown)}, whom Slack does not know or who left the workspace.",
            "Take out each of these ids or put the right one: “Copy member ID” in a person's profile gives it.",
        )
    ]


async def _is_there(slack: Slack, user: str) -> bool:
    try:
        return not (await slack.person(user)).deleted
    except PersonGone:
        return False


# ---------------------------------------------------------------- Devin


@dataclass(frozen=True, slots=True)
class Probe:
    """A read that shows whether the key has a permission."""

    permission: str
    allows: str
    without: str
    level: Level  # of a refusal
    ask: Callable[[Devin], Awaitable[object]]

    async def finding(self, devin: Devin) -> Finding:
        """What the read shows."""
        try:
            await self.ask(devin)
        except DevinForbidden as refused:
            permission = refused.permission or self.permission
            return Finding(self.level, f"Devin does not grant {permission}: {self.without}.", _grant(permission))
        except DevinNotFound:
            return _note(f"Devin does not offer this to the organisation: {self.without}.")
        except DevinError as error:
            return _devin_trouble(error)
        return _ok(f"Devin grants {self.permission}: {self.allows}.")


async def _devin(settings: Settings) -> list[Finding]:
    # The environment's proxy is for Devin itself, as in the bot, not for a simulated one on this machine.
    async with httpx.AsyncClient(trust_env=not on_this_machine(settings.devin_api_url)) as http:
        key = settings.devin_api_key.get_secret_value()
        try:
            devin = Devin(http, key, settings.devin_org_id, settings.devin_api_url, patience=ONE_ATTEMPT)
        except ValueError:
            return [_problem("DEVIN_API_KEY has a blank or another odd character in it.", NEW_KEY)]
        try:
            principal = await devin.self_()
        except DevinError as error:
            return [_devin_trouble(error)]
        return [_owner(principal), *await _organisation(devin, principal, _probes(settings))]


def _devin_trouble(error: DevinError) -> Finding:
    answer = "" if error.status is None else f" ({error.status})"
    match error:
        case DevinUnauthorized():
            return _problem("Devin does not accept DEVIN_API_KEY: it is wrong, expired or was revoked.", NEW_KEY)
        case DevinForbidden():
            permission = error.needed or "the permission for this"
            return _problem(f"Devin does not grant {permission}.", _grant(permission))
        case DevinNotFound() | DevinUnexpectedAnswer():
            return _problem(f"What answers at DEVIN_API_URL is not Devin's API{answer}.", CHECK_DEVIN_URL)
        case DevinRateLimited() | DevinUncertain():
            return _problem(f"Devin does not answer as it should at the moment{answer}.", ASK_DEVIN_LATER)
        case DevinLater():
            return _problem("Devin could not be reached, so nothing was checked there.", REACH_DEVIN)
        case _:
            return _problem(f"Devin refuses what the bot needs to read{answer}.", ASK_DEVIN_LATER)


def _grant(permission: str) -> str:
    return f"In Devin under Settings → Service users give the bot's service user a role with {permission}."


def _owner(principal: Principal) -> Finding:
    name = _named(principal.name, "without a name")
    if principal.is_service_user:
        return _ok(f"DEVIN_API_KEY belongs to the service user {name}.")
    if principal.principal_type in {"pat_user", "windsurf_session"}:
        return _note(
            f"DEVIN_API_KEY belongs to a person, {name}: sessions count as theirs, and end with their account.",
            NEW_OWNER,
        )
    return _note(
        f"DEVIN_API_KEY belongs to an account of another kind, {_named(principal.principal_type, 'unnamed')}.",
        NEW_OWNER,
    )


def _probes(settings: Settings) -> tuple[Probe, ...]:
    figures_are_read = bool(settings.bot_admin_channel or settings.bot_admin_users)
    return (
        Probe(
            "ViewOrgSessions",
            "sessions and messages can be read",
            "the bot cannot follow its sessions",
            Level.PROBLEM,
            _read_sessions,
        ),
        Probe(
            "ViewOrgConsumption",
            "the digest and /devin usage show what was spent",
            "the digest and /devin usage count the bot's own sessions only",
            Level.PROBLEM if figures_are_read else Level.NOTE,
            _read_consumption,
        ),
        Probe(
            "ViewOrgSessions",
            "message counts (insights) can be read",
            "message counts (insights) cannot be read, and what Devin says may be noticed later",
            Level.NOTE,
            _read_insights,
        ),
        Probe(
            "ManageAccountPlaybooks",
            "playbook= takes titles",
            "playbook= takes ids only, no titles (optional)",
            Level.NOTE,
            _read_playbooks,
        ),
    )


async def _organisation(devin: Devin, principal: Principal, probes: Sequence[Probe]) -> list[Finding]:
    if await _is_unknown(devin):
        return [_wrong_organisation(devin.org_id, principal.org_id)]
    return [*[await probe.finding(devin) for probe in probes], NOT_PROBED]


async def _is_unknown(devin: Devin) -> bool:
    try:
        await _read_sessions(devin)
    except DevinNotFound:
        return True
    except DevinError:
        return False  # whatever it is, the probes meet it too
    return False


def _wrong_organisation(asked: str, own: str | None) -> Finding:
    fix = f"Set DEVIN_ORG_ID to {own}, the organisation of the key." if own and own != asked else COPY_ORG
    return _problem(f"Devin does not show this key an organisation {asked} (DEVIN_ORG_ID).", fix)


# Sessions made from now on are none: the right to ask is asked about, not the list.


async def _read_sessions(devin: Devin) -> None:
    await _read(devin.session_pages(created_after=int(time.time())))


async def _read_insights(devin: Devin) -> None:
    await _read(devin.session_insight_pages(created_after=int(time.time())))


async def _read_consumption(devin: Devin) -> None:
    now = int(time.time())
    await devin.daily_consumption(now - int(DAY), now)


async def _read_playbooks(devin: Devin) -> None:
    await _read(devin.playbooks())


async def _read(listed: AsyncIterator[object]) -> None:
    async for _ in listed:
        pass


# ---------------------------------------------------------------- the store


async def _store(settings: Settings) -> list[Finding]:
    url = settings.database_url.get_secret_value()
    if not _is_sqlite(settings):
        return [await _schema(url, "The PostgreSQL store can be reached", _postgres_trouble)]
    path = sqlite_path(url)
    assert path is not None  # the settings take no store in memory
    if trouble := await asyncio.to_thread(_unwritable, path):
        return [trouble]
    if not path.exists():
        return [_note(f"The store {path} does not exist yet; its folder can be written to.", MIGRATE)]
    return [await _schema(url, f"The store {path} can be opened and written to", lambda _: _no_sqlite(path))]


def _is_sqlite(settings: Settings) -> bool:
    return settings.database_url.get_secret_value().startswith("sqlite")


def _unwritable(path: Path) -> Finding | None:
    if path.is_dir():
        return _problem(f"The store {path} is a folder.", "Name a file in DATABASE_URL.")
    if path.exists() and not os.access(path, os.W_OK):
        return _problem(f"The store {path} cannot be written to.", OTHER_FOLDER)
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    try:
        # Tried, because SQLite keeps files beside its own, and permissions alone do not tell of a read-only disk.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError:
        return _problem(f"The folder of the store, {folder}, cannot be written to.", OTHER_FOLDER)


async def _schema(url: str, reached: str, trouble: Callable[[Exception], Finding]) -> Finding:
    try:
        current = await _is_current(url)
    except ModuleNotFoundError:
        return _problem("DATABASE_URL names PostgreSQL, whose driver is not installed.", INSTALL_POSTGRES)
    except Exception as error:  # noqa: BLE001 - each driver has its own, and each is a finding
        return trouble(error)
    if not current:
        return _problem(f"{reached}, but its schema is missing or older than this version.", MIGRATE)
    return _ok(f"{reached}, and its schema is up to date.")


async def _is_current(url: str) -> bool:
    db = Database(url)
    try:
        return await is_current(db)
    finally:
        await db.close()


def _no_sqlite(path: Path) -> Finding:
    return _problem(
        f"The store {path} cannot be read as an SQLite database.",
        "If another program holds the file, close it; if it is something else, name another file in DATABASE_URL.",
    )


def _postgres_trouble(error: Exception) -> Finding:
    # Neither server nor name is shown: an address that is not written as it should be may show its password there.
    state = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if state.startswith("28"):
        return _problem("PostgreSQL refuses the user or the password of DATABASE_URL.", FIX_LOGIN)
    if state == "3D000":
        return _problem("PostgreSQL has no database with the name in DATABASE_URL.", MAKE_DATABASE)
    if state:
        return _problem(f"PostgreSQL refuses the store ({state}).", LOOK_UP_STATE)
    if isinstance(error, OSError):  # a refused connection, an unknown host, no answer in time
        return _problem("The PostgreSQL server of DATABASE_URL could not be reached.", REACH_POSTGRES)
    return _problem(f"The PostgreSQL store cannot be used ({type(error).__name__}).", CHECK_DATABASE_URL)
