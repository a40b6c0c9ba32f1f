"""`python -m bot run | migrate | manifest | doctor | playground`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Commands import what they need: the playground would carry the whole bot along, and the bot the simulators.
from bot.manifest import as_yaml, manifest_for
from bot.playground import options

if TYPE_CHECKING:
    from bot.config import Settings

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
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, meaning in (
        ("run", _run, "everything in one process"),
        ("migrate", _migrate, "bring the store's schema up"),
        ("doctor", _doctor, "check tokens, scopes, permissions and store, with the exact fix"),
    ):
        sub = commands.add_parser(name, help=meaning, description=meaning)
        sub.add_argument("--env-file", type=Path, help="a file of settings; the environment wins")
        sub.set_defaults(command=command)
    manifest = commands.add_parser("manifest", help="print the Slack app's manifest")
    manifest.add_argument("--url", help="the bot's public https address; without it the manifest is for Socket Mode")
    manifest.set_defaults(command=_manifest)
    playground = commands.add_parser("playground", help="the bot against a simulated Slack and Devin on this machine")
    options.add_to(playground)
    playground.set_defaults(command=_playground)
    return parser


def _of_the_bot(command: Command) -> Command:
    """A command of the bot itself, whose own errors are sentences."""

    @wraps(command)
    def run(asked: argparse.Namespace) -> int:
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
    from bot.config import load_settings

    settings = load_settings(os.environ, asked.env_file)
    logs.configure(settings.bot_log_level, settings.bot_log_format, secrets=settings.secrets)
    return settings


@_of_the_bot
def _run(asked: argparse.Namespace) -> int:
    from bot.server import serve

    _in_loop(serve(_settings(asked)))
    return 0


@_of_the_bot
def _migrate(asked: argparse.Namespace) -> int:
    from bot import logs
    from bot.app import open_store
    from bot.config import load_store_settings

    async def bring_up(url: str) -> None:
        async with AsyncExitStack() as stack:
            await open_store(stack, url)

    # Platforms migrate where only the store is known, before the bot has its tokens.
    settings = load_store_settings(os.environ, asked.env_file)
    logs.configure(settings.bot_log_level, settings.bot_log_format)
    _in_loop(bring_up(settings.database_url.get_secret_value()))
    print("The schema is up to date.")
    return 0


@_of_the_bot
def _doctor(asked: argparse.Namespace) -> int:
    from bot import logs
    from bot.doctor import doctor

    logs.configure("ERROR", "console")
    return asyncio.run(doctor(os.environ, asked.env_file))


def _manifest(asked: argparse.Namespace) -> int:
    print(as_yaml(manifest_for(asked.url)), end="")
    return 0


def _playground(asked: argparse.Namespace) -> int:
    from bot.playground.show import play

    return asyncio.run(play(options.read(vars(asked), os.environ)))


def _in_loop(work: Coroutine[Any, Any, None]) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


if __name__ == "__main__":
    sys.exit(main())
