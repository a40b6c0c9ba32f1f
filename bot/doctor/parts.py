"""What can be checked while some settings are missing or wrong: Slack, Devin or the store, each by its own settings."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from bot.config import Settings, SettingsError, StoreSettings, load_settings, load_store_settings
from bot.doctor.devin import check_devin
from bot.doctor.findings import Finding, note
from bot.doctor.slack import check_slack
from bot.doctor.store import check_store
from bot.views.text import listed

# What stands for the settings of one service while another one is checked. It is sent nowhere.
_FOR_SLACK: Final = {"SLACK_BOT_TOKEN": "xoxb-none", "SLACK_SIGNING_SECRET": "0" * 32}
_FOR_DEVIN: Final = {"DEVIN_API_KEY": "cog_none", "DEVIN_ORG_ID": "org-none"}


async def check_parts(environ: Mapping[str, str], env_file: Path | None) -> list[Finding]:
    """Check Slack, Devin and the store as far as their settings can be used, and say what was not checked."""
    findings: list[Finding] = []
    skipped: list[str] = []
    checks: tuple[tuple[str, dict[str, str], Callable[[Settings], Awaitable[list[Finding]]]], ...] = (
        ("Slack", _FOR_DEVIN, check_slack),
        ("Devin", _FOR_SLACK, check_devin),
    )
    for name, others, check in checks:
        settings = _settings(environ, env_file, others)
        if settings is None:
            skipped.append(name)
        else:
            findings += await check(settings)
    try:
        store: StoreSettings = load_store_settings(environ, env_file)
    except SettingsError:
        skipped.append("the store")
    else:
        findings += await check_store(store)
    return [*findings, *_not_checked(skipped)]


def _settings(environ: Mapping[str, str], env_file: Path | None, others: dict[str, str]) -> Settings | None:
    """The settings with `others` in place of a service's own; None if they cannot be used."""
    prefix = next(iter(others)).partition("_")[0]
    own = {name: value for name, value in environ.items() if not name.startswith(f"{prefix}_")}
    try:
        return load_settings(own | others, env_file)
    except SettingsError:
        return None


def _not_checked(names: list[str]) -> list[Finding]:
    if not names:
        return []
    which = listed(names)
    verb, whose = ("are", "their") if len(names) > 1 else ("is", "its")
    return [note(f"{which[0].upper()}{which[1:]} {verb} checked once {whose} settings can be used.")]
