"""How the playground is started: options of the command line, each also a `PLAYGROUND_…` setting; the option wins."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

HIGHEST_PORT: Final = 65_535
PAGE_PORT: Final = 8700
SLOWEST: Final = 0.25
FASTEST: Final = 20.0
YES: Final = frozenset({"1", "yes", "true", "on"})
NO: Final = frozenset({"0", "no", "false", "off"})

PORTS: Final = {
    "port": f"for the page (default {PAGE_PORT})",
    "slack_port": "for the simulated Slack (default any free one)",
    "devin_port": "for the simulated Devin (default any free one)",
    "bot_port": "for the bot (default any free one)",
}
SWITCHES: Final = {
    "example": "play the scripted conversation when the page is first opened (default yes)",
    "once": "play it, print what Slack shows, and exit (no page)",
    "quiet": "print nothing of what Slack shows",
    "open": "open the page in a browser",
    "enterprise": "give the bot's key all rights in the simulated Devin, including the enterprise's",
}


class OptionsError(ValueError):
    """The playground cannot be started like this: one sentence for each thing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; a port of 0 is any free one."""

    port: int = PAGE_PORT
    slack_port: int = 0
    devin_port: int = 0
    bot_port: int = 0
    speed: float = 1.0
    example: bool = True
    once: bool = False
    quiet: bool = False
    open: bool = False
    enterprise: bool = False


def add_to(parser: argparse.ArgumentParser) -> None:
    """Let the command line take them. Values stay texts here, so that a bad one gets its sentence from `read`."""
    for name, meaning in PORTS.items():
        parser.add_argument(_option(name), metavar="PORT", help=meaning)
    parser.add_argument("--speed", metavar="N", help="how fast the simulated Devin works, from 0.25 to 20 (default 1)")
    for name, meaning in SWITCHES.items():
        parser.add_argument(_option(name), action=argparse.BooleanOptionalAction, help=meaning)


def read(given: Mapping[str, str | bool | None], environ: Mapping[str, str]) -> Options:
    """Check everything; OptionsError when something cannot be used."""
    problems: list[str] = []
    found: dict[str, Any] = {}
    for name in Options.__dataclass_fields__:
        told, value = _given(name, given, environ)
        if value is None:
            continue
        try:
            found[name] = _parsed(name, value)
        except ValueError as error:
            problems.append(f"{told} {error}. Nothing was started.")
    if problems:
        raise OptionsError("\n".join(problems))
    return Options(**found)


def is_speed(value: Any) -> TypeGuard[float]:
    """Whether Devin can work this fast; `true` is no number."""
    return type(value) in {int, float} and SLOWEST <= value <= FASTEST


def _given(name: str, given: Mapping[str, str | bool | None], environ: Mapping[str, str]) -> tuple[str, str | None]:
    """How it was named by whoever set it, and the text; None when nobody did."""
    option, setting = given.get(name), f"PLAYGROUND_{name.upper()}"
    if option is not None:
        return _option(name), str(option)
    return setting, environ.get(setting, "").strip() or None


def _parsed(name: str, value: str) -> int | float | bool:
    if name in PORTS:
        return _port(value)
    return _speed(value) if name == "speed" else _switch(value)


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > HIGHEST_PORT:
        raise ValueError(f"must be a port number from 1 to {HIGHEST_PORT}, or 0 for any free one")
    return int(value)


def _speed(value: str) -> float:
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not is_speed(speed):
        raise ValueError(f"must be a number from {SLOWEST} to {FASTEST:.0f}, for example 4")
    return speed


def _switch(value: str) -> bool:
    word = value.lower()
    if word not in YES | NO:
        raise ValueError("must be yes or no")
    return word in YES


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
