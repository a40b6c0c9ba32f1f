"""The pictures of the README: `python -m bench.screenshots` plays a fixed path and writes `docs/*.png`."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser

from tests.page.browser import CHROMIUM, chromium, missing
from tests.page.playground import Playground, playground
from tests.page.visitor import QUESTION, Visitor

DOCS: Final = Path(__file__).parents[1] / "docs"
SIZE: Final = {"width": 1280, "height": 800}
LARGEST: Final = 250_000  # bytes of one picture
OPTIONS: Final = ("--no-example", "--port", "0", "--quiet", "--speed", "20")
TASK: Final = "fix the flaky login test repo=acme/web"


def main() -> int:
    if sentence := missing(CHROMIUM):
        print(sentence, file=sys.stderr)
        return 1
    asyncio.run(_take_all())
    return 0


async def _take_all() -> None:
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="devin-bridge-screenshots-") as folder:
        async with chromium() as browser, playground(Path(folder), *OPTIONS) as one:
            await _task(browser, one)
            await _look(browser, one, "light")
            await _look(browser, one, "dark")


async def _task(browser: Browser, one: Playground) -> None:
    """What there is to look at: a task from the command to its end."""
    ann = await Visitor.at(browser, one.url)
    await ann.is_up()
    await ann.opens("web")
    await ann.writes(f"/devin {TASK}")
    await ann.opens_thread("Asked by @Ann Lee")
    await ann.reads(QUESTION)
    await ann.replies("The second one, please. Slow tests cost us more than four files.")
    await ann.reads("Done · 1 pull request")
    await ann.leaves()


async def _look(browser: Browser, one: Playground, scheme: Literal["light", "dark"]) -> None:
    ann = await Visitor.at(browser, one.url, color_scheme=scheme, viewport=SIZE, reduced_motion="reduce")
    await ann.opens("web")
    await ann.opens_thread("Asked by @Ann Lee")
    await ann.reads("Done · 1 pull request")
    await _take(ann, f"thread-{scheme}")
    if scheme == "light":
        await ann.drawer.chooses_the_session()
        await _take(ann, "devin")
        await ann.drawer.opens("Fault bench")
        await _take(ann, "bench")
    await ann.leaves()
    ann.untroubled()


async def _take(ann: Visitor, name: str) -> None:
    await ann.looks_at_the_newest()
    path = DOCS / f"{name}.png"
    await ann.page.screenshot(path=path, animations="disabled", caret="hide")
    size = path.stat().st_size
    print(f"{path.relative_to(DOCS.parent)}  {size // 1_000} kB")
    if size > LARGEST:
        raise SystemExit(f"{path.name} is larger than {LARGEST // 1_000} kB.")


if __name__ == "__main__":
    sys.exit(main())
