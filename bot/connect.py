"""Connecting to Slack and Devin: the clients of each workspace and organisation, or why the bot cannot start.

Settings name one workspace and the organisation in which its people start sessions.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from bot.config import Settings, on_this_machine
from bot.devin.client import Devin
from bot.devin.errors import DevinDenied, DevinError, DevinRefused, DevinUnauthorized
from bot.devin.known_defaults import unknown_defaults
from bot.devin.retry import Patience
from bot.devin.routes import route_of
from bot.domain import redaction
from bot.domain.amounts import Price
from bot.domain.roles import Roles
from bot.domain.settings_file import FileSettings, parse_file
from bot.domain.settings_values import SettingError
from bot.domain.waking import WakeLimits
from bot.kernel.organisation import Organisation
from bot.kernel.workspace import Policy, Workspace
from bot.logs import get_logger
from bot.setup_problems import SetupProblems
from bot.slack.client import Identity, Slack
from bot.slack.errors import SlackError, SlackRefused
from bot.store.database.connection import Database
from bot.timing import DAY, HOUR, MINUTE, Timing

log = get_logger(__name__)

_T = TypeVar("_T")
SETTINGS_FILE: Final = "bot.toml"  # in the working folder


class StartError(Exception):
    """The bot cannot start or go on; the text is a sentence that says what to do."""


def read_settings_file(settings: Settings) -> FileSettings:
    """Read the file of settings of channels and people that `settings` name, or `bot.toml` if there is one.

    Raises StartError, which says what is wrong in it.
    """
    path = settings.bot_settings_file or Path(SETTINGS_FILE)
    if settings.bot_settings_file is None and not path.is_file():
        return FileSettings()
    try:
        return parse_file(path.name, path.read_text(encoding="utf-8"))
    except SettingError as wrong:
        raise StartError(str(wrong)) from None
    except (OSError, UnicodeDecodeError):
        raise StartError(f"{path.name} can't be read. Check its permissions, and that it's UTF-8.") from None


async def warn_of_defaults(file: FileSettings, organisations: Iterable[Organisation], timing: Timing) -> None:
    """Log which defaults of the `file` an organisation lacks at Devin. One that doesn't answer soon is left out."""
    for organisation in organisations:
        try:
            async with asyncio.timeout(timing.choices_asked):
                for section, values in file.sections.items():
                    for setting, sentence in (await unknown_defaults(organisation.devin, values)).items():
                        place = f"{file.name} [{section}] {setting}"
                        log.warning("default not in Devin", set_in=place, organisation=organisation.id, why=sentence)
        except TimeoutError:
            log.info("defaults not checked", organisation=organisation.id)


class Connector:
    """Opens clients, and leaves it to the stack to close them."""

    def __init__(self, stack: AsyncExitStack, db: Database, setup: SetupProblems, timing: Timing, roles: Roles) -> None:
        self._stack = stack
        self._db = db
        self._setup = setup
        self._timing = timing
        self._roles = roles  # of the settings file, in each workspace
        self.organisations: dict[str, Organisation] = {}  # each is connected once, whoever starts sessions in it

    async def workspace(self, settings: Settings) -> Workspace:
        """Connect to the workspace and the organisation of the settings."""
        token = settings.slack_bot_token.get_secret_value()
        slack = await self._stack.enter_async_context(self._slack(token, settings.slack_api_url))
        who = await self._identity(slack)
        if settings.slack_app_token is not None:
            await self._check_app_token(settings.slack_app_token.get_secret_value(), settings.slack_api_url)
        organisation = await self._organisation(settings)
        redaction.use(settings.bot_secret_patterns)
        return Workspace(
            who.team,
            who.user_id,
            who.bot_id,
            slack,
            replace(policy_of(settings), roles=self._roles),
            organisation,
            app=await _app_id(slack),
            enterprise=who.enterprise,
        )

    def _slack(self, token: str, base_url: str) -> Slack:
        setup = self._setup

        def called(method: str, outcome: str, seconds: float) -> None:
            setup.slack_called(slack.team, method, outcome, seconds)

        slack = Slack(
            token, base_url=base_url, on_call=called, on_date=partial(setup.dated, "Slack"), timing=self._timing
        )
        return slack

    async def _organisation(self, settings: Settings) -> Organisation:
        known = self.organisations.get(settings.devin_org_id)
        if known is not None:
            return known
        http = await self._stack.enter_async_context(_http(settings, self._setup))
        made = Organisation(_devin(http, settings, self._timing), self._db)
        await _check_devin_key(made)
        self.organisations[made.id] = made
        return made

    async def _identity(self, slack: Slack) -> Identity:
        try:
            return await self._answered(slack.auth_test)
        except SlackRefused as refused:
            raise StartError(
                f"Slack rejected the bot ({refused.outcome}). Check SLACK_BOT_TOKEN and SLACK_API_URL. For details,"
                " run `python -m bot doctor`."
            ) from None

    async def _check_app_token(self, app_token: str, base_url: str) -> None:
        """Raise StartError if Slack refuses to open a socket for `app_token`, with which Bolt would try for ever."""
        try:
            async with Slack(app_token, base_url=base_url, timing=self._timing) as opener:
                await self._answered(opener.open_socket)
        except SlackRefused as refused:
            raise StartError(
                f"Slack didn't open a socket for the bot ({refused.outcome}). Check SLACK_APP_TOKEN. For details,"
                " run `python -m bot doctor`."
            ) from None

    async def _answered(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """Make `call` again and again until Slack answers it; raises SlackRefused if the answer is a lasting no.

        An outage of Slack ends by itself. A process that ended instead would be started again and again by its
        platform, until that gives up.
        """
        wait = self._timing.start_first_retry
        while True:
            try:
                return await call()
            except SlackError as error:
                if isinstance(error, SlackRefused) and error.permanent:
                    raise
                pause = max(wait, getattr(error, "retry_after", 0.0))
                self._setup.waits_for = "Slack"
                log.warning("Slack didn't answer at startup", error=error.outcome, again_in=pause)
            await asyncio.sleep(pause)
            wait = min(2 * wait, self._timing.start_longest_retry)


async def _app_id(slack: Slack) -> str | None:
    """The id of the bot's app, asked for once. If Slack does not say it, requests are not compared with it."""
    try:
        return await slack.app_id()
    except SlackError as error:
        log.warning("app ID unknown", error=error.outcome)
        return None


def policy_of(settings: Settings) -> Policy:
    """The part of `settings` that flows obey in the workspace."""
    # Rounded down, as no session may pass it; Devin takes whole ACUs, and not less than one.
    most = None if settings.bot_session_acus_max is None else max(int(settings.bot_session_acus_max), 1)
    return Policy(
        admin_channel=settings.bot_admin_channel,
        admin_users=frozenset(settings.bot_admin_users),
        admin_group=settings.bot_admin_group,
        start_emoji=settings.bot_start_emoji,
        start_emoji_channels=frozenset(settings.bot_start_emoji_channels),
        alert_bots=tuple((where, bot, who) for where, bot, who in (one.split(":") for one in settings.bot_alert_bots)),
        digest_time=settings.bot_digest_time,
        zone=settings.bot_timezone,
        posts_quiet_days=settings.bot_digest_quiet == "post",
        code_hosts=frozenset(settings.bot_code_hosts),
        link_hosts=frozenset(settings.bot_link_hosts),
        acu_price=_price(settings),
        cycle_acus=settings.bot_cycle_acus,
        audit_log=settings.bot_audit_log,
        unfurls=settings.bot_unfurl,
        shows_names=settings.bot_names,
        stops_at_limit=settings.bot_stop_at_limit,
        sends_secrets=settings.bot_send_secrets,
        repeats_as_bot=settings.bot_repeat_as_bot,
        runaway_acus=settings.bot_runaway_acus,
        wake_limits=WakeLimits(settings.bot_session_acus, settings.bot_wake_guard_hours * HOUR, most),
    )


def _price(settings: Settings) -> Price | None:
    if not settings.bot_acu_price:
        return None
    first, *changes = settings.bot_acu_price
    return Price(first.amount, first.currency, tuple((change.since, change.amount) for change in changes))


def _devin(http: httpx.AsyncClient, settings: Settings, timing: Timing) -> Devin:
    key = settings.devin_api_key.get_secret_value()
    patience = Patience.of(timing)
    return Devin(http, key, settings.devin_org_id, settings.devin_api_url, patience=patience, doubts_403=True)


async def _check_devin_key(organisation: Organisation) -> None:
    try:
        await organisation.own_id()
    except DevinDenied as denied:
        raise StartError(f"Devin rejected the bot ({denied.status}). It says: {denied.words}") from None
    except (DevinRefused, DevinUnauthorized) as refused:
        raise StartError(
            f"Devin rejected the key ({refused.status}). Check DEVIN_API_KEY and DEVIN_API_URL. For details, run"
            " `python -m bot doctor`."
        ) from None
    except DevinError as error:
        # An outage at Devin is no reason to refuse what people write: the messages are stored and handled later.
        log.warning("Devin didn't answer at startup", error=type(error).__name__)


def _http(settings: Settings, setup: SetupProblems) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=20)
    return _DevinHttp(
        partial(setup.devin_called, settings.devin_org_id),
        partial(setup.dated, "Devin"),
        limits=limits,
        trust_env=not on_this_machine(settings.devin_api_url),
    )


class _DevinHttp(httpx.AsyncClient):
    """An HTTP client that reports each call: path, route, status or None, seconds; and the dates of the answers."""

    def __init__(
        self, on_call: Callable[[str, str, int | None, float], None], on_date: Callable[[str | None], None], **more: Any
    ) -> None:
        super().__init__(**more)
        self._on_call = on_call
        self._on_date = on_date

    async def send(self, request: httpx.Request, **more: Any) -> httpx.Response:
        """Send the request, and report once the answer is read, or that there is none."""
        started, status = time.monotonic(), None
        try:
            response = await super().send(request, **more)
            status = response.status_code
            self._on_date(response.headers.get("Date"))
        finally:
            path = request.url.path
            self._on_call(path, route_of(request.method, path), status, time.monotonic() - started)
        return response


def timed(settings: Settings, timing: Timing) -> Timing:
    """`timing` with those waits replaced that `settings` contain."""
    return replace(
        timing,
        poll=settings.bot_poll_seconds,
        slow_poll=settings.bot_slow_poll_seconds,
        lease=settings.bot_lease_seconds,
        silence=settings.bot_stalled_minutes * MINUTE,
        retention=settings.bot_retention_days * DAY,
        dead_texts=settings.bot_retention_days * DAY if settings.bot_keep_dead_texts else timing.dead_texts,
    )
