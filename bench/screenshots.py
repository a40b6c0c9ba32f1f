"""The pictures of the README: `python -m bench.screenshots` plays a fixed path and writes them to `docs/`."""

import asyncio
import io
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.async_api import Browser, FloatRect, Locator, ViewportSize, expect

from bench.office import ALARM, CLOSED, MERGED, MONDAY, TUESDAY, Office, fans_out
from bot.domain.session import DisplayState
from bot.features.digest import digest_root
from bot.playground.devin import DevinControl
from bot.playground.slack import SlackControl
from bot.views.sentences import STATE_SENTENCES
from tests.page.browser import CHROMIUM, chromium, missing
from tests.page.playground import Playground, playground
from tests.page.visitor import QUESTION, Visitor
from tests.said import ASKED_BY

DOCS: Final = Path(__file__).parents[1] / "docs"
SIZE: Final = {"width": 1280, "height": 800}
SMALL: Final = {"width": 1120, "height": 640}
POST: Final = {"width": 960, "height": 900}  # for pictures of one post, which are cut out
WITH_THREAD: Final = ViewportSize(width=1280, height=1040)
SHARP: Final = 2  # pixels of a cut-out picture for each of the page
LARGEST: Final = 400_000  # bytes of one picture
COLOURS: Final = 128  # of animated and cut-out pictures: enough for text and signs
# The simulated Devin works slowly enough that each of its states can be seen.
OPTIONS: Final = ("--no-example", "--port", "0", "--quiet", "--speed", "4")
FAN_OUT: Final = "/devin fanout upgrade the dependencies of {org} orgs=all acu=5"
LONGEST_WAIT: Final = 150_000  # milliseconds: the bot asks about each session once a minute
HIDE: Final = "(button) => { button.style.visibility = 'hidden'; }"
COMMAND: Final = "/devin fix the flaky login test repo=acme/web"
REPLY: Final = "The second one, please."
DONE: Final = ", done"


class Film:
    """Screenshots of a page, put together to an animated picture."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._frames: list[Image.Image] = []
        self._seconds: list[float] = []

    async def takes(self, seconds: float) -> None:
        """Take what the page shows now as a frame that stays for so many `seconds`."""
        await self._visitor.looks_at_the_newest()
        shot = await self._visitor.page.screenshot(animations="disabled", caret="hide")
        self._frames.append(Image.open(io.BytesIO(shot)).convert("RGB"))
        self._seconds.append(seconds)

    def develops(self, path: Path) -> None:
        """Write all frames to `path`, in the colours of the last one, so that nothing flickers."""
        palette = self._frames[-1].quantize(COLOURS)
        first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames]
        durations = [round(seconds * 1_000) for seconds in self._seconds]
        first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)
        _weigh(path)


def main() -> int:
    if sentence := missing(CHROMIUM):
        print(sentence, file=sys.stderr)
        return 1
    asyncio.run(_take_all())
    return 0


async def _take_all() -> None:
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="devin-bridge-screenshots-") as folder:
        async with chromium() as browser:
            async with playground(Path(folder), *OPTIONS) as play:
                await _session(browser, play)
                await _look(browser, play, "light")
                await _look(browser, play, "dark")
                await _admins(browser, play)
            async with playground(Path(folder), *OPTIONS, "--enterprise") as play:
                await _fan_out(browser, play)


async def _session(browser: Browser, play: Playground) -> None:
    """A task from the command to its end, as an animated picture."""
    ann = await Visitor.at(browser, play.url, viewport=SMALL, reduced_motion="reduce")
    film = Film(ann)
    await ann.is_up()
    await ann.opens("web")
    await ann.composer.fill(COMMAND)
    await film.takes(2)
    await ann.writes(COMMAND)
    await ann.opens_thread(ASKED_BY)
    await expect(ann.card).to_contain_text("Working")
    await film.takes(1.5)
    await ann.reads(QUESTION)
    await expect(ann.card).to_contain_text(STATE_SENTENCES[DisplayState.WAITING].format(asker="Ann Lee"))
    await film.takes(3)
    await ann.thread_composer.fill(REPLY)
    await film.takes(1.5)
    await ann.replies(REPLY)
    await expect(await ann.reads(REPLY)).to_contain_text("👀")
    await expect(ann.card).to_contain_text("Working")
    await film.takes(1.5)
    await ann.reads(DONE)
    await expect(ann.card).to_contain_text("Review PR")
    await film.takes(5)
    await ann.leaves()
    ann.untroubled()
    film.develops(DOCS / "session.gif")


async def _look(browser: Browser, play: Playground, scheme: Literal["light", "dark"]) -> None:
    ann = await Visitor.at(browser, play.url, color_scheme=scheme, viewport=SIZE, reduced_motion="reduce")
    await ann.opens("web")
    await ann.opens_thread(ASKED_BY)
    await ann.reads(DONE)
    await _take(ann, f"thread-{scheme}")
    if scheme == "light":
        await ann.drawer.chooses_the_session()
        await _take(ann, "devin")
        await ann.drawer.opens("Faults")
        await _take(ann, "bench")
    await ann.leaves()
    ann.untroubled()


async def _admins(browser: Browser, play: Playground) -> None:
    """What admins see of two days: an alarm, the digest and the outcome report. The clock jumps, so they come last."""
    async with SlackControl(play.slack_url) as slack, DevinControl(play.devin_url) as devin:
        office = Office(slack, devin)
        ada = await _admin(browser, play)
        await office.works(MONDAY)
        await _jump(ada, 1)
        await office.merges(MERGED)
        await office.merges([CLOSED], "closed")
        await office.works(TUESDAY)
        await office.runs_away()
        await _alarm(ada)
        await office.stops_it()
        await _jump(ada, 2)
        await _report(ada)
        await _digest(ada)
        await ada.leaves()
        ada.untroubled()


async def _admin(browser: Browser, play: Playground) -> Visitor:
    """Ada, who looks at #ops."""
    ada = await Visitor.at(browser, play.url, viewport=POST, device_scale_factor=SHARP, reduced_motion="reduce")
    await ada.is_up()
    await ada.acts_as("Ada")
    await ada.opens("ops")
    return ada


async def _jump(ada: Visitor, digests: int) -> None:
    """Let the time pass until there are so many digests."""
    await ada.drawer.presses("jump-digest")
    await ada.drawer.closes()
    await ada.is_up()
    await expect(ada.channel.get_by_test_id("message").filter(has_text=digest_root.DAY)).to_have_count(digests)
    if await ada.toast.is_visible():  # it goes by itself after a while
        await ada.toast.get_by_role("button").click()
    await expect(ada.toast).to_be_hidden()


async def _alarm(ada: Visitor) -> None:
    alarm = await ada.sees(ALARM)
    await expect(alarm.get_by_role("button", name="Stop")).to_be_visible()
    await ada.looks_at_the_newest()
    await _cut_out(ada, "alarm", alarm)


async def _report(ada: Visitor) -> None:
    """The answer in another channel, so that it does not stand below the digest."""
    await ada.opens("general")
    await ada.writes("/devin report week")
    answer = await ada.is_answered("Merge rate")
    await ada.looks_at_the_newest()
    await _cut_out(ada, "report", answer)
    await ada.opens("ops")


async def _digest(ada: Visitor) -> None:
    """The daily digest beside its thread, which begins with the chart."""
    await ada.page.set_viewport_size(WITH_THREAD)
    await ada.opens_thread(digest_root.DAY)
    await ada.reads("With nothing merged")  # the last of its posts
    await expect(ada.thread.locator("svg.bk-chart")).to_be_visible()
    await ada.looks_at_the_newest()
    await ada.thread.get_by_test_id("message").first.scroll_into_view_if_needed()
    await ada.page.locator("#thread-to-bottom").evaluate(HIDE)  # it would lie over the chart
    await _cut_out(ada, "digest", ada.channel, ada.thread)


async def _fan_out(browser: Browser, play: Playground) -> None:
    """One task in each of three organisations, with the table that shows them."""
    ada = await _admin(browser, play)
    async with DevinControl(play.devin_url) as devin:
        await fans_out(devin)
    await ada.writes(FAN_OUT)
    preview = await ada.is_answered("Start 3 sessions?")
    await preview.get_by_role("button", name="Start 3 sessions").click()
    table = await ada.sees("Data Team")
    for state in ("1 working", "1 waiting", "1 done"):
        await expect(table).to_contain_text(state, timeout=LONGEST_WAIT)
    await ada.looks_at_the_newest()
    await _cut_out(ada, "fan-out", table)
    await ada.leaves()
    ada.untroubled()


async def _take(visitor: Visitor, name: str) -> None:
    """Take the whole page, with the newest of each list."""
    await visitor.looks_at_the_newest()
    path = DOCS / f"{name}.png"
    await visitor.page.screenshot(path=path, animations="disabled", caret="hide")
    _weigh(path)


async def _cut_out(visitor: Visitor, name: str, *shown: Locator) -> None:
    """Take the part of the page that holds what is `shown`."""
    for locator in shown:
        await expect(locator).to_be_in_viewport()
    boxes = [box for locator in shown if (box := await locator.bounding_box())]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right, bottom = max(box["x"] + box["width"] for box in boxes), max(box["y"] + box["height"] for box in boxes)
    clip = FloatRect(x=left, y=top, width=right - left, height=bottom - top)
    shot = await visitor.page.screenshot(animations="disabled", caret="hide", clip=clip)
    path = DOCS / f"{name}.png"
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    _weigh(path)


def _weigh(path: Path) -> None:
    size = path.stat().st_size
    print(f"{path.relative_to(DOCS.parent)}  {size // 1_000} kB")
    if size > LARGEST:
        raise SystemExit(f"{path.name} is larger than {LARGEST // 1_000} kB.")


if __name__ == "__main__":
    sys.exit(main())
