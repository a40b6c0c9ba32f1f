"""`python -m bot run | web | worker | migrate | backup | restored | copy | forget | manifest | doctor | playground`."""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

# Commands import what they need: the playground would carry the whole bot along, and the bot the simulators.
from bot.lean_imports import leanly
from bot.playground import options
from bot.version import VERSION

if TYPE_CHECKING:
    from bot.config import Settings, StoreSettings
    from bot.domain.erasure import Erased

_T = TypeVar("_T")
Command = Callable[[argparse.Namespace], int]


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says; answers the exit code."""
    asked = _parser().parse_args(argv)
    try:
        code: int = asked.command(asked)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="Devin Bridge: work with Devin from Slack.")
    release = f"devin-bridge {VERSION}, Python {platform.python_version()}"
    parser.add_argument("--version", action="version", version=release)
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, meaning in (
        ("run", _serve, "run everything in one process"),
        ("web", _serve, "receive Slack events (one of several processes sharing PostgreSQL)"),
        ("worker", _serve, "do the work (one of several processes sharing PostgreSQL)"),
        ("migrate", _migrate, "update the store's schema"),
        ("restored", _restored, "run once after a backup was restored, before the bot starts"),
        ("doctor", _doctor, "check tokens, scopes, permissions, and store, with the exact fix"),
    ):
        sub = commands.add_parser(name, help=meaning, description=meaning)
        sub.add_argument("--env-file", type=Path, help="a settings file; environment variables override it")
        sub.set_defaults(command=command, name=name)
    _add_doctor(commands.choices["doctor"])
    backup = commands.add_parser("backup", help="back up the store to a file, even while the bot runs")
    backup.add_argument("file", type=Path, help="the file to write")
    backup.add_argument("--replace", action="store_true", help="replace the file if it exists")
    backup.add_argument("--env-file", type=Path, help="a settings file; environment variables override it")
    backup.set_defaults(command=_backup)
    copy = commands.add_parser("copy", help="copy a store into an empty one while the bot is stopped")
    copy.add_argument("--from", dest="source", required=True, help="the store's URL, such as sqlite:///bot.db")
    copy.add_argument("--to", dest="target", help="the copy's URL, such as postgresql://… (default: DATABASE_URL)")
    copy.add_argument("--env-file", type=Path, help="a settings file; environment variables override it")
    copy.set_defaults(command=_copy)
    erase = commands.add_parser("forget", help="delete stored data of a person or a workspace")
    erase.add_argument("kind", choices=("person", "workspace"))
    erase.add_argument("id", help="the Slack ID, such as U024BE7LH or T024BE7LD")
    erase.add_argument("--env-file", type=Path, help="a settings file; environment variables override it")
    erase.set_defaults(command=_erase)
    _add_manifest(commands.add_parser("manifest", help="print the Slack app's manifest"))
    playground = commands.add_parser("playground", help="try the bot with a simulated Slack and Devin on this machine")
    options.add_to(playground)
    playground.set_defaults(command=_playground)
    return parser


def _add_manifest(manifest: argparse.ArgumentParser) -> None:
    manifest.add_argument("--url", help="the bot's public https address; without it, the manifest is for Socket Mode")
    manifest.add_argument("--unfurl", action="store_true", help="include what link previews need (BOT_UNFURL=on)")
    manifest.add_argument("--no-agent", action="store_true", help="leave out agent features (paid Slack plans)")
    manifest.set_defaults(command=_manifest)


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    kinds = ("run", "web", "worker")
    doctor.add_argument("--for", dest="process", choices=kinds, default="run", help="the kind of process to check for")
    doctor.add_argument("--live", action="store_true", help="try the bot's calls on the real Slack and Devin")
    doctor.add_argument("--as", dest="user", metavar="U…", help="with --live: the admin whose DM is used")
    doctor.add_argument("--create", action="store_true", help="with --live: also create a note in Devin and delete it")
    doctor.add_argument("--json", action="store_true", help="with --live: write JSON, without names or texts")


def _of_the_bot(command: Command) -> Command:
    """A command of the bot itself, whose own errors are sentences."""

    @wraps(command)
    def run(asked: argparse.Namespace) -> int:
        with leanly():
            from bot.config import SettingsError
            from bot.connect import StartError

        try:
            return command(asked)
        except (SettingsError, StartError) as error:
            print(error, file=sys.stderr)
            return 1

    return run


def _settings(asked: argparse.Namespace) -> "Settings":
    from bot import logs
    from bot.config import load_settings, of_opentelemetry, open_to_others, unknown_names
    from bot.domain import redaction

    settings = load_settings(os.environ, asked.env_file)
    logs.configure(
        settings.bot_log_level,
        settings.bot_log_format,
        secrets=settings.secrets,
        without_keys=redaction.redact_shapes,
    )
    for sentence in unknown_names(os.environ, asked.env_file):
        logs.get_logger(__name__).warning("unknown setting", hint=sentence)
    for sentence in open_to_others(asked.env_file):
        logs.get_logger(__name__).warning("settings file open", hint=sentence)
    for name, value in of_opentelemetry(asked.env_file).items():
        os.environ.setdefault(name, value)
    return settings


def _store_settings(asked: argparse.Namespace) -> "StoreSettings":
    """The settings of a command that needs the store alone, before or without the bot's tokens."""
    from bot import logs
    from bot.config import ENV_FILE_NOT_READ, load_store_settings

    settings = load_store_settings(os.environ, asked.env_file)
    if asked.env_file is None and "DATABASE_URL" not in os.environ and Path(".env").is_file():
        print(ENV_FILE_NOT_READ, file=sys.stderr)
    logs.configure(settings.bot_log_level, settings.bot_log_format)
    return settings


@_of_the_bot
def _serve(asked: argparse.Namespace) -> int:
    with leanly():
        from bot.process import ProcessKind
        from bot.server import serve

    _in_loop(serve(_settings(asked), process=ProcessKind(asked.name)))
    return 0


@_of_the_bot
def _migrate(asked: argparse.Namespace) -> int:
    from bot.engines import install_queue
    from bot.opening import open_store

    async def bring_up(url: str) -> None:
        async with AsyncExitStack() as stack:
            await open_store(stack, url)
        await install_queue(settings)

    # Platforms migrate where only the store is known.
    settings = _store_settings(asked)
    _in_loop(bring_up(settings.database_url.get_secret_value()))
    print("The schema is up to date.")
    return 0


@_of_the_bot
def _backup(asked: argparse.Namespace) -> int:
    from bot import store_commands

    print(store_commands.backup(_store_settings(asked), asked.file, replace=asked.replace))
    return 0


@_of_the_bot
def _restored(asked: argparse.Namespace) -> int:
    from bot import store_commands

    print(_in_loop(store_commands.restored(_store_settings(asked))))
    return 0


@_of_the_bot
def _copy(asked: argparse.Namespace) -> int:
    from bot import store_commands

    settings = _store_settings(asked)
    target = asked.target or settings.database_url.get_secret_value()
    print(_in_loop(store_commands.copy(asked.source, target, settings.bot_lease_seconds)))
    return 0


@_of_the_bot
def _erase(asked: argparse.Namespace) -> int:
    from bot.views import erasure

    erased = _in_loop(_erased(_store_settings(asked), asked.kind, asked.id))
    if not erased.rows:
        print(erasure.unknown(asked.kind, asked.id), file=sys.stderr)
        return 1
    print(erasure.report(asked.kind, asked.id, erased))
    return 0


async def _erased(settings: "StoreSettings", kind: str, named: str) -> "Erased":
    """Erase the person or workspace `named` from the store; raises StartError if the bot runs or there is no store."""
    from bot.connect import StartError
    from bot.features import TABLES
    from bot.kernel.upkeep.erase import Erasure
    from bot.opening import StoreInUseError, alone_on, open_store
    from bot.store.database.connection import sqlite_path
    from bot.store.lanes import WorkerAliveError
    from bot.views import erasure

    url = settings.database_url.get_secret_value()
    path = sqlite_path(url) if settings.uses_sqlite else None
    if path is not None and not path.exists():
        raise StartError(erasure.no_store(str(path)))
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(alone_on(path))
            erase = Erasure(await open_store(stack, url), TABLES, settings.bot_lease_seconds)
            return await (erase.person(named) if kind == "person" else erase.workspace(named))
        except StoreInUseError:
            raise StartError(erasure.bot_runs()) from None
        except WorkerAliveError:
            raise StartError(erasure.bot_runs(settings.bot_lease_seconds)) from None


@_of_the_bot
def _doctor(asked: argparse.Namespace) -> int:
    from bot import logs
    from bot.doctor import doctor
    from bot.process import ProcessKind

    if not asked.live and (asked.user or asked.create or asked.json):
        raise ValueError("--as, --create, and --json need --live.")
    if asked.live and not asked.user:
        raise ValueError("--live needs --as and your member ID, such as --as U024BE7LH.")
    logs.configure("ERROR", "console")
    if not asked.live:
        return asyncio.run(doctor(os.environ, asked.env_file, process=ProcessKind(asked.process)))
    from bot.config import load_settings
    from bot.doctor.live import run_live

    settings = load_settings(os.environ, asked.env_file)
    return asyncio.run(run_live(settings, asked.user, create=asked.create, as_json=asked.json))


def _manifest(asked: argparse.Namespace) -> int:
    from bot.manifest import as_yaml, manifest_for

    print(as_yaml(manifest_for(asked.url, unfurls=asked.unfurl, agent=not asked.no_agent)), end="")
    return 0


def _playground(asked: argparse.Namespace) -> int:
    from bot.playground.show import play

    return asyncio.run(play(options.read(vars(asked), os.environ)))


def _in_loop(work: Coroutine[Any, Any, _T]) -> _T:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


if __name__ == "__main__":
    sys.exit(main())
