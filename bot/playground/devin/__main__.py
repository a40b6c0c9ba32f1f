"""`python -m bot.playground.devin`: the simulated Devin alone, for measurements and for looking around."""

import argparse
import asyncio

from bot.playground.devin.server import DevinSimulator


async def _serve(port: int, demo: float | None) -> None:
    async with DevinSimulator(port=port, demo=demo) as devin:
        print(f"DEVIN_API_URL={devin.base_url} (control: {devin.control_url})", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    """Read the arguments and serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--demo", type=float, default=None, help="play sessions at this speed")
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(arguments.port, arguments.demo))
    except KeyboardInterrupt:
        print("Stopped.")


if __name__ == "__main__":
    main()
