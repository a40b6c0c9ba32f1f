"""Runs all checks, of settings, Slack, Devin and the store, and writes the report."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.config import Settings, SettingsError, load_settings, open_to_others, unknown_names
from bot.doctor.devin import check_devin
from bot.doctor.findings import Finding, Level, note, report
from bot.doctor.parts import check_parts
from bot.doctor.process import check_process
from bot.doctor.settings import settings_file, unusable_settings, usable_settings
from bot.doctor.slack import check_slack
from bot.doctor.store import check_store
from bot.process import ProcessKind


async def doctor(
    environ: Mapping[str, str],
    env_file: Path | None = None,
    write: Callable[[str], None] = print,
    process: ProcessKind = ProcessKind.RUN,
) -> int:
    """Check everything that the settings name for this kind of process, write the report, and return the exit code."""
    try:
        settings = load_settings(environ, env_file)
    except SettingsError as error:
        findings = [*unusable_settings(error.problems), *await check_parts(environ, env_file)]
    else:
        notes = [*unknown_names(environ, env_file), *open_to_others(env_file)]
        findings = [*map(note, notes), *await examine(settings, process)]
    write(report(findings))
    return int(any(finding.level in {Level.STOPS, Level.MISLEADS} for finding in findings))


async def examine(settings: Settings, process: ProcessKind) -> list[Finding]:
    """Check settings, Slack, Devin and the store; the last three at the same time."""
    async with asyncio.TaskGroup() as group:
        parts = [group.create_task(check(settings)) for check in (check_slack, check_devin, check_store)]
    findings = [
        usable_settings(settings),
        *settings_file(settings),
        *await check_process(settings, process),
        *(finding for part in parts for finding in part.result()),
    ]
    return list(dict.fromkeys(findings))  # the checks of both tokens may find the same, which is reported once
