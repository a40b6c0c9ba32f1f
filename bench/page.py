"""What the playground page costs: `python -m bench.page`, half a minute, on Linux with Chromium.

From the command to a usable page, memory, a channel of 2,000 messages beside 300 sessions, and whether the page
stays fluid while 20 changes a second come in. Prints a table in Markdown.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Final

from playwright.async_api import Browser

from tests.page.browser import CHROMIUM, chromium, missing
from tests.page.playground import CHANNELS, Playground, playground
from tests.page.visitor import Visitor

TIMES: Final = 3
MESSAGES: Final = 2_000
SESSIONS: Final = 300
CHANGES_A_SECOND: Final = 20
STREAM_SECONDS: Final = 10
OPTIONS: Final = ("--no-example", "--port", "0", "--quiet")

WATCH_TASKS: Final = """
window.__long = [];
new PerformanceObserver((list) => window.__long.push(...list.getEntries().map((it) => it.duration)))
  .observe({type: "longtask"});
"""
OPENING: Final = """async ([channel, text]) => {
  const began = performance.now();
  document.querySelector(`[data-testid=channel-link][data-channel="${channel}"]`).click();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  while (!document.getElementById("messages").textContent.includes(text)) {
    await frame();
  }
  await frame();
  return performance.now() - began;
}"""


def main() -> int:
    if sentence := missing(CHROMIUM):
        print(sentence, file=sys.stderr)
        return 1
    for name, figure in asyncio.run(_measured()).items():
        print(f"| {name} | {figure} |")
    return 0


async def _measured() -> Mapping[str, str]:
    print("| what | figure |\n| --- | --: |")
    async with chromium() as browser:
        starts = [await _start(browser) for _ in range(TIMES)]
        return {
            "from the command to a page in use, and the bot up": f"{median(starts):.1f} s",
            **await _crowded(browser),
        }


@asynccontextmanager
async def _playground() -> AsyncIterator[Playground]:
    with tempfile.TemporaryDirectory(prefix="devin-bridge-page-") as folder:
        async with playground(Path(folder), *OPTIONS) as play:
            yield play


async def _start(browser: Browser) -> float:
    began = time.perf_counter()
    async with _playground() as play:
        ann = await Visitor.at(browser, play.url)
        await ann.is_up()
        took = time.perf_counter() - began
        await ann.leaves()
        return took


async def _crowded(browser: Browser) -> Mapping[str, str]:
    async with _playground() as play:
        ann = await Visitor.at(browser, play.url)
        await ann.is_up()
        fresh = memory(play.process.pid)
        await play.crowd("nobot", MESSAGES, SESSIONS)
        opening = median([await _opening(ann) for _ in range(TIMES)])
        await ann.drawer.opens("Devin")
        busy = await _long_tasks(ann, play)
        crowded = memory(play.process.pid)
        await ann.leaves()
    return {
        "memory (PSS) of page server, simulators and bot, fresh": f"{fresh:.0f} MB",
        f"the same with {MESSAGES:,} messages and {SESSIONS} sessions": f"{crowded:.0f} MB",
        f"open a channel of {MESSAGES:,} messages": f"{opening:.0f} ms",
        f"long tasks (over 50 ms) while {CHANGES_A_SECOND} changes a second come, {STREAM_SECONDS} s": busy,
    }


async def _opening(ann: Visitor) -> float:
    """From the click to the newest message painted, in milliseconds."""
    await ann.opens("web")
    return float(await ann.page.evaluate(OPENING, [CHANNELS["nobot"], f"Message number {MESSAGES}."]))


async def _long_tasks(ann: Visitor, play: Playground) -> str:
    await ann.page.evaluate(WATCH_TASKS)
    for number in range(CHANGES_A_SECOND * STREAM_SECONDS):
        due = asyncio.create_task(asyncio.sleep(1 / CHANGES_A_SECOND))
        await play.say("Ben", "nobot", f"Change number {number}.")
        await due
    await ann.sees(f"Change number {CHANGES_A_SECOND * STREAM_SECONDS - 1}.")
    tasks = await ann.page.evaluate("window.__long")
    return f"{len(tasks)}, longest {max(tasks):.0f} ms" if tasks else "none"


def memory(pid: int) -> float:
    """The proportional share of a process and its children, in MB; shared pages count once."""
    return sum(_pss(each) for each in _family(pid)) / 1_024


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    sys.exit(main())
