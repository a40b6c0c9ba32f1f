"""`python -m tests.page.forking_playground`: `python -m bot playground`, whose bots are forks."""

import argparse
import asyncio
import os
import sys


def main() -> int:
    """Open the playground; answers the exit code."""
    # Each fork imports its parent's main module again, so that nothing may be imported at the top of this one.
    from bot.playground import options  # noqa: PLC0415
    from bot.playground.show import play  # noqa: PLC0415
    from tests.forked_bot import fork  # noqa: PLC0415

    parser = argparse.ArgumentParser()
    options.add_to(parser)
    return asyncio.run(play(options.read(vars(parser.parse_args()), os.environ), fork))


if __name__ == "__main__":
    sys.exit(main())
