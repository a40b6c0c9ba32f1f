"""`python -m bot.playground.slack --port N`: the simulated Slack in a process of its own, until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
import signal
from pathlib import Path

from bot.playground.slack.server import SlackSimulator


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--transport", choices=("socket", "http"), default="socket")
    parser.add_argument("--request-url", default="")
    parser.add_argument("--manifest", type=Path, help="a manifest in JSON: its scopes and events are the app's")
    parser.add_argument("--no-limits", action="store_true")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    manifest = json.loads(arguments.manifest.read_text()) if arguments.manifest else None
    simulator = SlackSimulator(
        port=arguments.port,
        manifest=manifest,
        transport=arguments.transport,
        request_url=arguments.request_url,
        limits=not arguments.no_limits,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulator:
        print(json.dumps({"base_url": simulator.base_url, "control_url": simulator.control_url}), flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
