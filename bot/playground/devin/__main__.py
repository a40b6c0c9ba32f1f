"""`python -m bot.playground.devin`: the simulated Devin alone, for measurements and for looking around."""

import argparse
import asyncio
from collections.abc import Collection

from bot.playground.devin.permissions import ALL_PERMISSIONS, BOT_PERMISSIONS
from bot.playground.devin.server import DevinSimulator


async def _serve(port: int, demo: float | None, permissions: Collection[str]) -> None:
    async with DevinSimulator(port=port, demo=demo, permissions=permissions) as devin:
        print(f"DEVIN_API_URL={devin.base_url} (control: {devin.control_url})", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Read the arguments and serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--demo", type=float, default=None, help="play sessions at this speed")
    parser.add_argument("--enterprise", action="store_true", help="give the key all rights, those of an enterprise too")
    arguments = parser.parse_args()
    permissions = ALL_PERMISSIONS if arguments.enterprise else BOT_PERMISSIONS
    try:
        asyncio.run(_serve(arguments.port, arguments.demo, permissions))
    except KeyboardInterrupt:
        print("Stopped.")


if __name__ == "__main__":
    main()
