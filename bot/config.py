"""The settings: read once at the start, checked all together, and never printed.

In the environment a setting has the name of its field in capitals.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Self, TypeVar, get_args
from unicodedata import category
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    FilePath,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

Transport = Literal["socket", "http"]

ENV_FILE_NOT_READ: Final = "The file .env here isn't read. To read it, add --env-file .env."
_FILE: Final = "_FILE"  # ends the name of a variable that names the file in which a secret stands

PREFIXES: Final = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-", "devin_api_key": "cog_"}

MISSING: Final = {
    "slack_bot_token": (
        "install the app in your workspace and copy the Bot User OAuth Token (xoxb-…) from its page"
        " “OAuth & Permissions”."
    ),
    "slack_signing_secret": (
        "copy it from the app's page “Basic Information” to receive events over HTTP, or set SLACK_APP_TOKEN"
        " to use Socket Mode."
    ),
    "devin_api_key": ("create a service user in Devin's settings and copy its key (cog_…), which is shown only once."),
    "devin_org_id": "copy the organization ID (org-…) from Devin's settings, on the page of service users.",
}

WRONG: Final = {
    "slack_bot_token": (
        "must start with xoxb-: copy the Bot User OAuth Token from the app's page “OAuth & Permissions”."
    ),
    "slack_app_token": (
        "must start with xapp-: create an app-level token with the scope connections:write on the app's page “Basic"
        " Information”. Leave it empty to use HTTP."
    ),
    "slack_api_url": "must be a web address that ends in /api/, for example https://slack.com/api/.",
    "devin_api_key": (
        "must start with cog_: create a service user in Devin's settings and copy its key. Keys that start with apk_"
        " are for old versions of the API and don't work here."
    ),
    "devin_org_id": "must be the organization ID (org-…) from Devin's settings, not its name.",
    "devin_api_url": (
        "must be the host's address only, for example https://api.devin.ai: leave out /v3 and any other path."
    ),
    "database_url": (
        "must start with sqlite:/// and name a file, or start with postgresql:// and name a server,"
        " for example sqlite:///devin-bridge.db."
    ),
    "database_direct_url": ("must start with postgresql:// and name the PostgreSQL server itself, not its pooler."),
    "port": "must be a port number from 1 to 65535, or 0 for any free one.",
    "bot_poll_seconds": "must be a number of seconds above 0 and up to 3600, for example 10.",
    "bot_slow_poll_seconds": "must be a number of seconds above 0 and up to 3600, for example 60.",
    "bot_admin_channel": (
        "must be a channel ID such as C0123456789, not its name: find it at the end of the channel's details in Slack."
    ),
    "bot_admin_users": (
        "must be user IDs separated by commas, for example U0123456789,U9876543210: use “Copy member ID” in a"
        " person's profile."
    ),
    "bot_admin_group": (
        "must be a user group ID such as S0123456789, not its name: use “Copy group ID” in the group's menu."
    ),
    "bot_start_emoji": "must be the name of one emoji, such as robot_face. It can't be x, which stops sessions.",
    "bot_start_emoji_channels": "must be channel IDs separated by commas, such as C0123456789, or * for every channel.",
    "bot_alert_bots": ("must be channel:bot:person, separated by commas, such as C0123456789:B0123456789:U0123456789."),
    "bot_digest_time": "must be a time of day as HH:MM, for example 09:00.",
    "bot_timezone": "must be the name of a time zone such as Europe/Berlin or UTC.",
    "bot_digest_quiet": "must be post or skip.",
    "bot_acu_price": (
        "has an invalid number: write digits with a decimal point, then the currency, for example 2.25 USD."
    ),
    "bot_cycle_acus": (
        "must be how many ACUs Devin itself can use in a billing cycle: a number above 0 and up to a billion, without"
        " separators, for example 1200."
    ),
    "bot_names": "must be on or off.",
    "bot_repeat_as_bot": "must be on or off.",
    "bot_send_secrets": "must be on or off.",
    "bot_unfurl": "must be on or off.",
    "bot_stop_at_limit": "must be on or off.",
    "bot_session_acus": "must be a number of ACUs above 0 and up to a billion, without separators, for example 10.",
    "bot_session_acus_max": "must be a number of ACUs above 0 and up to a billion, without separators, for example 50.",
    "bot_wake_guard_hours": "must be a number of hours from 0, which turns it off, to 87600, for example 72.",
    "bot_stalled_minutes": "must be a number of minutes above 0 and up to 1440, for example 30.",
    "bot_runaway_acus": "must be a number of ACUs from 0, which turns it off, up to a billion, for example 5.",
    "bot_retention_days": "must be a whole number of days from 1 to 3650, for example 30.",
    "bot_keep_dead_texts": "must be yes or no.",
    "bot_code_hosts": (
        "must be your code hosts separated by commas, without https:// and paths,"
        " for example git.acme.example,code.acme.example:8443."
    ),
    "bot_link_hosts": (
        "must be hosts separated by commas, without https:// and paths, for example github.com,*.acme.example."
    ),
    "bot_audit_log": "must be the path of a file, or - for the standard output.",
    "bot_secret_patterns": (
        "must be regular expressions separated by spaces, with \\s for a space, for example acme-[0-9a-f]{32}."
    ),
    "bot_settings_file": "must be the path of a file that exists, for example /etc/devin-bridge/bot.toml.",
    "bot_host": "must be the address to listen on, for example 0.0.0.0 or 127.0.0.1.",
    "bot_metrics_token": (
        "must have at least 16 characters, for example what `openssl rand -hex 16` prints. Leave it empty to let"
        " only this machine read /metrics."
    ),
    "bot_lease_seconds": "must be a number of seconds above 0 and up to 3600, for example 30.",
    "bot_log_level": "must be DEBUG, INFO, WARNING, or ERROR.",
    "bot_log_format": "must be json or console.",
}

# What else can be wrong with the price, by the type of the error.
WRONG_PRICE: Final = {
    "price_comma": "has a comma in a number: use a decimal point, for example 2.25 USD.",
    "price_currency": (
        "has a number without a known currency: add its three letters or its symbol, for example 2.25 USD."
    ),
    "price_zero": (
        "has a price of 0: leave it empty to show no prices, or write the price of an ACU, for example 2.25 USD."
    ),
    "price_empty": (
        "has a comma without a price: add a price or remove the comma, for example 2.00 USD, 2.25 USD from 2026-12-01."
    ),
    "price_day": (
        "has an invalid date: write year, month, and day after from, for example 2.00 USD, 2.25 USD from 2026-12-01."
    ),
    "price_first": ("must start with a price that has no date, for example 2.00 USD, 2.25 USD from 2026-12-01."),
    "price_without_day": (
        "has several prices without a date: add a start date to the later ones, for example"
        " 2.00 USD, 2.25 USD from 2026-12-01."
    ),
    "price_same_day": (
        "has several prices from the same date: keep one of them, for example 2.00 USD, 2.25 USD from 2026-12-01."
    ),
    "price_currencies": (
        "has prices in different currencies: use one for all of them, for example 2.00 USD, 2.25 USD from 2026-12-01."
    ),
}


def on_this_machine(url: str) -> bool:
    """Whether the host of `url` is this machine, so that no proxy is used for it."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class SettingsError(Exception):
    """The settings cannot be used; `problems` has a sentence for each wrong one, which never contains a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _emoji(value: object) -> object:
    if not isinstance(value, str):
        return value
    name = value.strip().strip(":")
    if name == "x":
        raise ValueError("x stops a session")
    return name


def _clock(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("HH:MM")
    return time.fromisoformat(value)


def _zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError for "Europe", which is a folder of the database
        raise ValueError("unknown zone") from error


class DatedPrice(NamedTuple):
    """What an ACU costs, in a currency, from the billing day `since` on."""

    amount: Decimal
    currency: str
    since: date = date.min


# Few digits, so that no amount gets longer than a line.
_AMOUNT: Final = re.compile(r"(?P<amount>[0-9]{1,6}(\.[0-9]{1,6})?)(?![0-9.])\s*(?P<behind>.*)")
_SINCE: Final = re.compile(r"from\s+(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})", re.IGNORECASE)
_DECIMAL_COMMA: Final = re.compile(r"(?:^|,)\s*[0-9]+,[0-9]")


def _prices(value: object) -> object:
    if not isinstance(value, str):
        return value
    if _DECIMAL_COMMA.search(value):
        raise _wrong_price("price_comma")
    prices = sorted(map(_price, value.split(",")), key=lambda price: price.since)
    days = [price.since for price in prices]
    if days[0] != date.min:
        raise _wrong_price("price_first")
    if days.count(date.min) > 1:
        raise _wrong_price("price_without_day")
    if len(set(days)) < len(days):
        raise _wrong_price("price_same_day")
    if len({price.currency for price in prices}) > 1:
        raise _wrong_price("price_currencies")
    return tuple(prices)


def _price(value: str) -> DatedPrice:
    if not value.strip():
        raise _wrong_price("price_empty")
    found = _AMOUNT.fullmatch(value.strip())
    if not found:
        raise ValueError("amount")
    currency, *behind = found["behind"].split(maxsplit=1) or [""]
    if not (re.fullmatch("[A-Za-z]{3}", currency) or (len(currency) == 1 and category(currency) == "Sc")):
        raise _wrong_price("price_currency")
    amount = Decimal(found["amount"])
    if not amount:
        raise _wrong_price("price_zero")
    return DatedPrice(amount, currency.upper(), _since(behind[0]) if behind else date.min)


def _since(value: str) -> date:
    found = _SINCE.fullmatch(value)
    try:
        return date.fromisoformat(found["day"] if found else "")
    except ValueError:
        raise _wrong_price("price_day") from None


def _words(value: object) -> object:
    return tuple(value.split()) if isinstance(value, str) else value


def _expression(value: str) -> str:
    try:
        empty = re.compile(value).match("") is not None
    except re.error:
        empty = True
    if empty:
        raise ValueError("no expression, or one that matches nothing at all")
    return value


def _wrong_price(kind: str) -> PydanticCustomError:
    return PydanticCustomError(kind, kind)  # `WRONG_PRICE` has its sentence


ChannelId = Annotated[str, StringConstraints(pattern=r"^[CDG][A-Z0-9]+$")]
UserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]+$")]
GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]+$")]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
CodeHost = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?$", to_lower=True)]
LinkHost = Annotated[str, StringConstraints(pattern=r"^(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", to_lower=True)]
LinkHosts = Annotated[tuple[LinkHost, ...], NoDecode, BeforeValidator(_split)]
Patterns = Annotated[tuple[Annotated[str, AfterValidator(_expression)], ...], NoDecode, BeforeValidator(_words)]
CodeHosts = Annotated[tuple[CodeHost, ...], NoDecode, BeforeValidator(_split)]
UserIds = Annotated[tuple[UserId, ...], NoDecode, BeforeValidator(_split)]
StartEmoji = Annotated[str, BeforeValidator(_emoji), StringConstraints(pattern=r"^[a-z0-9_+'-]*$")]
EmojiChannel = Annotated[str, StringConstraints(pattern=r"^([CG][A-Z0-9]+|\*)$")]
EmojiChannels = Annotated[tuple[EmojiChannel, ...], NoDecode, BeforeValidator(_split)]
AlertBot = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]+:B[A-Z0-9]+:[UW][A-Z0-9]+$")]
AlertBots = Annotated[tuple[AlertBot, ...], NoDecode, BeforeValidator(_split)]
AcuPrice = Annotated[tuple[DatedPrice, ...], NoDecode, BeforeValidator(_prices)]
Acus = Annotated[float, Field(gt=0, le=1_000_000_000, allow_inf_nan=False)]


class StoreSettings(BaseSettings):
    """What a command needs that works on the store alone."""

    # Without hide_input_in_errors a failed check prints the secret, SecretStr or not.
    model_config = SettingsConfigDict(
        frozen=True, hide_input_in_errors=True, env_ignore_empty=True, extra="ignore", validate_default=True
    )

    database_url: SecretStr = SecretStr("sqlite:///devin-bridge.db")  # a secret: it may hold a password
    database_direct_url: SecretStr | None = None
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    bot_log_format: Literal["json", "console"] = "json"
    bot_lease_seconds: Seconds = 15.0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read settings only from the arguments and the file, because `load_settings` passes the environment."""
        del settings_cls, env_settings, file_secret_settings
        return init_settings, dotenv_settings

    @field_validator("database_url")
    @classmethod
    def _known_store(cls, value: SecretStr) -> SecretStr:
        # Hosting platforms write the older postgres://, which SQLAlchemy does not know.
        url = re.sub(r"^postgres://", "postgresql://", value.get_secret_value())
        if not re.match(r"^(sqlite:///(?!:memory:)|postgresql://)[^\s?]", url):
            raise ValueError("unknown store")
        return SecretStr(url)

    @field_validator("database_direct_url")
    @classmethod
    def _postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        url = re.sub(r"^postgres://", "postgresql://", value.get_secret_value())
        if not re.match(r"^postgresql://[^\s?]", url):
            raise ValueError("no PostgreSQL")
        return SecretStr(url)

    @field_validator("bot_log_level", mode="before")
    @classmethod
    def _capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def uses_sqlite(self) -> bool:
        """Whether the store is an SQLite file; otherwise it is PostgreSQL."""
        return self.database_url.get_secret_value().startswith("sqlite")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all settings in the environment."""
        return tuple(field.upper() for field in cls.model_fields)

    @classmethod
    def read(cls, environ: Mapping[str, str], env_file: Path | None = None) -> Self:
        """Make the settings from `environ` and `env_file`; `environ` wins, and empty values count as not set.

        A secret may stand in a file that `environ` names, as in `SLACK_BOT_TOKEN_FILE`. Raises SettingsError for a file
        that cannot be read.
        """
        given: dict[str, Any] = {name.lower(): environ.get(name, "").strip() for name in cls.names()}
        given |= {name.lower(): _in_file(environ, name) for name in cls.secret_names() if environ.get(name + _FILE)}
        return cls(**{"_env_file": env_file} | {name: value for name, value in given.items() if value})

    @classmethod
    def secret_names(cls) -> tuple[str, ...]:
        """The names of those settings that are secrets."""
        return tuple(name.upper() for name, field in cls.model_fields.items() if _is_secret(field.annotation))


class Settings(StoreSettings):
    """All settings of the bot, with their defaults and checks."""

    slack_bot_token: SecretStr
    slack_app_token: SecretStr | None = None  # before the signing secret, because the check of that one uses it
    slack_signing_secret: SecretStr | None = None
    slack_api_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s/]+)*/api/$")] = (
        "https://slack.com/api/"
    )
    devin_api_key: SecretStr
    devin_org_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
    devin_api_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+$")] = "https://api.devin.ai"
    port: int = Field(3000, ge=0, le=65535)
    bot_poll_seconds: Seconds = 10.0
    bot_slow_poll_seconds: Seconds = 60.0
    bot_admin_channel: ChannelId | None = None
    bot_admin_users: UserIds = ()
    bot_admin_group: GroupId | None = None
    bot_start_emoji: StartEmoji = ""
    bot_start_emoji_channels: EmojiChannels = ()
    bot_alert_bots: AlertBots = ()
    bot_digest_time: Annotated[time, BeforeValidator(_clock)] = time(9, 0)
    bot_timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    bot_digest_quiet: Literal["skip", "post"] = "skip"
    bot_acu_price: AcuPrice = ()
    bot_cycle_acus: Acus | None = None
    bot_names: bool = True
    bot_repeat_as_bot: bool = True
    bot_unfurl: bool = False
    bot_stop_at_limit: bool = False
    bot_session_acus: Acus | None = None
    bot_session_acus_max: Acus | None = None
    bot_wake_guard_hours: Annotated[float, Field(ge=0, le=87_600, allow_inf_nan=False)] = 72.0
    bot_stalled_minutes: Annotated[float, Field(gt=0, le=1_440)] = 30.0
    bot_runaway_acus: Annotated[float, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)] = 5.0
    bot_host: str | None = None
    bot_metrics_token: Annotated[SecretStr, Field(min_length=16)] | None = None
    bot_retention_days: int = Field(30, ge=1, le=3650)
    bot_keep_dead_texts: bool = False
    bot_code_hosts: CodeHosts = ()
    bot_link_hosts: LinkHosts = ()
    bot_secret_patterns: Patterns = ()
    bot_send_secrets: bool = False
    bot_audit_log: Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")] = ""
    bot_settings_file: FilePath | None = None

    @field_validator("slack_bot_token", "slack_app_token", "devin_api_key")
    @classmethod
    def _starts_right(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        prefix = PREFIXES[str(info.field_name)]
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(prefix)
        return value

    @field_validator("slack_signing_secret")
    @classmethod
    def _needed_for_http(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # A wrong app token is absent from `data`. Then Socket Mode was meant, so the signing secret is not missing.
        if value is None and info.data.get("slack_app_token", ...) is None:
            raise PydanticCustomError("missing", "needed for HTTP")
        return value

    @field_validator("devin_api_url", mode="before")
    @classmethod
    def _without_slash(cls, value: object) -> object:
        return value.rstrip("/") if isinstance(value, str) else value

    @field_validator("bot_slow_poll_seconds")
    @classmethod
    def _never_faster(cls, value: float, info: ValidationInfo) -> float:
        fast: float = info.data.get("bot_poll_seconds", value)
        return max(value, fast)

    @property
    def transport(self) -> Transport:
        """How Slack sends its requests: through Socket Mode if there is an app token, otherwise over HTTP."""
        return "socket" if self.slack_app_token else "http"

    @property
    def host(self) -> str:
        """The address to listen on: of this machine alone in Socket Mode, where nobody else has to reach the port."""
        # A container's port is reached from outside.
        return self.bot_host or ("127.0.0.1" if self.transport == "socket" else "0.0.0.0")  # noqa: S104

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets in clear text, only for the redaction of the log."""
        held = (
            self.slack_bot_token,
            self.slack_app_token,
            self.slack_signing_secret,
            self.devin_api_key,
            self.bot_metrics_token,
        )
        return tuple(secret.get_secret_value() for secret in held if secret)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def _in_file(environ: Mapping[str, str], name: str) -> str:
    if environ.get(name, "").strip():
        raise SettingsError([f"{name} and {name}{_FILE} are both set: remove one of them."])
    try:
        return Path(environ[name + _FILE]).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError([f"{name}{_FILE} names a file that can't be read."]) from None


def unknown_names(environ: Mapping[str, str], env_file: Path | None = None) -> list[str]:
    """Return a sentence for each name of `environ` and `env_file` that looks like a setting and is none."""
    names = {*Settings.names(), *(name + _FILE for name in Settings.secret_names())}
    in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars if env_file else ()
    given = {*environ, *(name.upper() for name in in_file)}
    unknown = sorted(name for name in given - names if name.startswith(("BOT_", "SLACK_", "DEVIN_")))
    nearest = {name: get_close_matches(name, names, n=1, cutoff=0.8) for name in unknown}
    return [
        f"{name} isn't a setting." + "".join(f" Did you mean {one}?" for one in near) for name, near in nearest.items()
    ]


def open_to_others(env_file: Path | None) -> list[str]:
    """Return a sentence if other users of the machine may read `env_file`, which has secrets."""
    if env_file is None or not env_file.stat().st_mode & 0o077:
        return []
    return [f"Other users can read {env_file}, which has secrets. Run chmod 600 {env_file}."]


def of_opentelemetry(env_file: Path | None) -> dict[str, str]:
    """Return the variables of OpenTelemetry in `env_file`; its library reads them from the environment alone."""
    in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars if env_file else {}
    return {name.upper(): value for name, value in in_file.items() if name.upper().startswith("OTEL_") and value}


_Settings = TypeVar("_Settings", bound=StoreSettings)


def load_settings(environ: Mapping[str, str], env_file: Path | None = None) -> Settings:
    """Read the settings from `environ` and `env_file`; raises a SettingsError that names all wrong ones."""
    return _load(Settings, environ, env_file)


def load_store_settings(environ: Mapping[str, str], env_file: Path | None = None) -> StoreSettings:
    """Read only what concerns the store, as `load_settings` does. The other settings may be wrong or missing."""
    return _load(StoreSettings, environ, env_file)


def _load(kind: type[_Settings], environ: Mapping[str, str], env_file: Path | None) -> _Settings:
    if env_file is not None and not env_file.is_file():
        raise SettingsError([f"{env_file.name} doesn't exist: copy .env.example to it and fill it in."])
    try:
        return kind.read(environ, env_file)
    except ValidationError as error:
        problems = _sentences(error.errors(include_url=False, include_context=False, include_input=False))
    if env_file is None and Path(".env").is_file():
        problems.append(ENV_FILE_NOT_READ)
    # Raised outside the handler, so that no traceback leads back to what was read.
    raise SettingsError(problems)


def _sentences(errors: list[ErrorDetails]) -> list[str]:
    return list(dict.fromkeys(_sentence(error) for error in errors))


def _sentence(error: ErrorDetails) -> str:
    field = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{field.upper()} is missing: {MISSING[field]}"
    return f"{field.upper()} {WRONG_PRICE.get(error['type']) or WRONG[field]}"
