"""Somebody at the page: what they do with mouse and keyboard, and what they see."""

from typing import Any, Final, Literal, Self

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, FilePayload, Locator, Page, expect

from bot.domain.session import DisplayState
from bot.views import announcements
from bot.views.sentences import STATE_SENTENCES
from tests.page.drawer import Drawer
from tests.page.playground import CHANNELS, PEOPLE
from tests.page.tour import Tour

# All tests of the page share one loop, as they share one browser.
# Once more, because a browser that shares two processors with six other tests now and then misses a click. What the
# bot did wrong is wrong the second time too.
AT_THE_PAGE: Final = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.flaky(reruns=1)]

PATIENCE: Final = 20_000  # milliseconds
WATCH: Final = """
window.__broken = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""
TOURED: Final = "localStorage.setItem('playground.tour', '{\"step\": -1}')"
TASK: Final = "fix the flaky login test"
QUESTION: Final = announcements.QUESTION.format(who="@Ann Lee").partition(" ")[2]
WAITING: Final = STATE_SENTENCES[DisplayState.WAITING].format(asker="Ann Lee")
AFRESH: Final = "Everything is reset except the clock, because time never runs backward.×"
CLIPBOARD: Final = ("clipboard-read", "clipboard-write")
SERIOUS: Final = {"serious", "critical"}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
DRAWN_WIDTH: Final = "async (node) => (await node.decode(), node.naturalWidth)"
FOCUSED: Final = "(node) => node === document.activeElement || node.contains(document.activeElement)"
MOST_TABS: Final = 150
MOST_STOPS: Final = 400
# What has the focus, and whether it, or what stands for it, has another outline or shadow than without; null where Tab
# was before.
STOP: Final = """() => {
  const node = document.activeElement;
  if (node === document.body || node.dataset.wasStop) return null;
  const ring = (it, part) => {
    const {outlineStyle: line, outlineWidth, outlineColor, boxShadow, backgroundColor} = getComputedStyle(it, part);
    return [line === "none" ? line : [line, outlineWidth, outlineColor], boxShadow, part && backgroundColor].join();
  };
  const looks = () => [
    ring(node),
    node.closest(".composer-frame") && ring(node.closest(".composer-frame")),
    node.matches(".choice input") && ring(node.nextElementSibling),
    node.matches(".drawer-edge") && ring(node, "::after"),
  ].join(" ");
  const focused = looks();
  node.blur();
  const plain = looks();
  node.focus({preventScroll: true, focusVisible: true});
  node.dataset.wasStop = "yes";
  const label = [...(node.labels?.[0]?.childNodes ?? [])].find((it) => it.textContent.trim());
  const name = node.ariaLabel ?? (label ?? node).textContent;
  return {name: name.trim().replace(/\\s+/g, " "), seen: focused !== plain};
}"""
CARRY: Final = """(node, [kind, files]) => {
  const data = new DataTransfer();
  files.forEach(([name, size]) => data.items.add(new File(["x".repeat(size)], name, {type: "text/plain"})));
  const how = {bubbles: true, cancelable: true};
  node.dispatchEvent(kind === "paste"
    ? new ClipboardEvent(kind, {...how, clipboardData: data})
    : new DragEvent(kind, {...how, dataTransfer: data}));
}"""

expect.set_options(timeout=PATIENCE)


class Visitor:
    """A person with a tab. `channel` and `thread` are the two lists of messages they look at."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.channel = page.locator("#messages")
        self.thread = page.locator("#thread-messages")
        self.composer = page.get_by_test_id("composer-input")
        self.thread_composer = page.get_by_test_id("thread-composer-input")
        self.card = self.message("Started by Ann Lee")
        self.drawer = Drawer(page)
        self.tour = Tour(page)
        self.home = page.locator("#home")
        self.modal = page.get_by_test_id("modal")
        self.toast = page.get_by_test_id("toast")
        self.troubles: list[str] = []
        self.expected: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(f"{error}\n{error.stack}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{message.text} ({message.location.get('url', '')})")

    def expects(self, *parts: str) -> None:
        """Say which lines in the console belong to the story: the browser logs each answer of 400 and above there."""
        self.expected += parts

    @classmethod
    async def at(cls, browser: Browser, url: str, *, toured: bool = True, script: str = "", **context: Any) -> Self:
        """Open the page in a fresh browser, where a script runs before it, and wait until it can be used."""
        opened = await browser.new_context(**{"viewport": {"width": 1280, "height": 720}} | context)
        await opened.add_init_script(WATCH)
        if toured:
            await opened.add_init_script(TOURED)
        if script:
            await opened.add_init_script(script)
        return await cls._in(opened, url)

    @classmethod
    async def _in(cls, browser: BrowserContext, url: str) -> Self:
        visitor = cls(await browser.new_page())
        await visitor.page.goto(url)
        await visitor.is_ready()
        return visitor

    async def opens_a_tab(self) -> Self:
        """Open the page in one more tab of the same browser."""
        return await self._in(self.page.context, self.page.url)

    async def is_ready(self) -> None:
        """Wait until the page can be used."""
        await expect(self.page.locator("html[data-ready=yes]")).to_be_attached()

    async def closes_the_tab(self) -> None:
        """Close this tab; the browser's other tabs stay."""
        if not self.page.is_closed():
            self.troubles += await self.page.evaluate("window.__broken ?? []")
            await self.page.close()

    async def leaves(self) -> None:
        """Close the browser with all its tabs."""
        await self.closes_the_tab()
        await self.page.context.close()

    def untroubled(self) -> None:
        """Nothing went wrong in the page: no errors in the console, no breach of its content security policy."""
        unexpected = [line for line in self.troubles if not any(part in line for part in self.expected)]
        assert not unexpected, "\n".join(unexpected)

    async def faults(self, axe: str) -> list[str]:
        """What axe calls serious or critical on a bright and on a dark screen, one line for each place."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(axe)
        found = [line for scheme in SCHEMES for line in await self._faults(scheme)]
        await self.page.emulate_media(color_scheme="null", reduced_motion="null")
        return found

    async def _faults(self, scheme: Literal["light", "dark"]) -> list[str]:
        # Without motion, because a colour that is still fading into another has no contrast that counts.
        await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{scheme}: {rule['id']}: {node['html'][:200]} {' '.join(each['message'] for each in node['any'])}"
            for rule in found["violations"]
            if rule["impact"] in SERIOUS
            for node in rule["nodes"]
        ]

    # ------------------------------------------------------------ coming and going

    async def opens(self, name: str) -> None:
        """Go to a channel; on a narrow screen the list of channels has to be opened first."""
        if await self.page.locator("#open-sidebar").is_visible():
            await self.page.locator("#open-sidebar").click()
        await self.link(name).click()
        await expect(self.link(name)).to_have_attribute("aria-current", "page")

    def link(self, name: str) -> Locator:
        """A channel in the sidebar."""
        return self.page.locator(f'[data-testid="channel-link"][data-channel="{CHANNELS.get(name, name)}"]')

    async def is_up(self) -> None:
        """Wait until the bot runs, as the top of the page tells it."""
        await expect(self.page.locator("#bot-state")).to_have_text("(the bot runs)")

    async def resets(self) -> None:
        """Begin anew with everything, and wait until the bot runs again."""
        await self.page.locator("#reset").click()
        await self.page.get_by_role("dialog", name="Reset the playground?").get_by_role("button", name="Reset").click()
        await expect(self.toast).to_have_text(AFRESH)
        await self.is_up()

    async def acts_as(self, name: str) -> None:
        """Become somebody else."""
        await self.page.get_by_test_id("acting-as").select_option(PEOPLE[name])

    async def opens_a_group(self, *names: str) -> None:
        """Begin messages with others, one of whom may be the bot."""
        if await self.page.locator("#open-sidebar").is_visible():
            await self.page.locator("#open-sidebar").click()
        await self.page.get_by_role("button", name="New group message").click()
        panel = self.page.get_by_role("dialog", name="New group message")
        await expect(panel.get_by_role("button", name="Open")).to_be_disabled()
        for name in names:
            await panel.get_by_role("checkbox", name=name).check()
        await panel.get_by_role("button", name="Open").click()
        await expect(self.page.locator("#channel-head h2")).to_have_text(", ".join(sorted(names)))

    async def opens_home(self) -> None:
        """Go to the app's Home tab."""
        await self.page.get_by_test_id("home-link").click()
        await expect(self.home).to_be_visible()

    async def tabs_to(self, target: Locator) -> None:
        """Press Tab until something has the focus, as somebody without a mouse does."""
        for _ in range(MOST_TABS):
            if await target.evaluate(FOCUSED):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"{MOST_TABS} tabs do not lead to {target}")

    async def tabs_through(self) -> dict[str, bool]:
        """Press Tab from the beginning of the page to its end: what has the focus then, and whether one sees that."""
        stops: dict[str, bool] = {}
        await self.page.get_by_role("link", name="Skip to the message field").focus()
        await self.page.keyboard.press("Shift+Tab")
        for _ in range(MOST_STOPS):
            await self.page.keyboard.press("Tab")
            stop = await self.page.evaluate(STOP)
            if stop is None:
                return stops
            stops[stop["name"]] = stops.get(stop["name"], True) and stop["seen"]
        raise AssertionError(f"{MOST_STOPS} tabs do not lead through the page: {list(stops)}")

    # ------------------------------------------------------------ writing

    async def writes(self, text: str) -> None:
        """Send a message or a command in the channel."""
        await self.composer.fill(text)
        await self.page.get_by_test_id("send").click()
        await expect(self.composer).to_have_value("")

    async def asks_devin(self, task: str = TASK) -> Locator:
        """Give Devin the task of which everybody knows that it comes back with a question; answers its card."""
        await self.writes(f"/devin {task}")
        await expect(self.card).to_contain_text(WAITING)
        return self.card

    async def attaches(self, *files: FilePayload) -> None:
        """Put files beside what is being written."""
        async with self.page.expect_file_chooser() as chooser:
            await self.page.locator("#composer").get_by_role("button", name="Attach files").click()
        await (await chooser.value).set_files(files)
        await expect(self.page.get_by_test_id("file-chip")).to_have_count(len(files))

    async def pastes(self, name: str, size: int) -> None:
        """Paste a file into what is being written."""
        await self.composer.evaluate(CARRY, ["paste", [[name, size]]])

    async def drops(self, *files: tuple[str, int]) -> None:
        """Drag files of some size from the desk and let them go above the messages."""
        await self.channel.evaluate(CARRY, ["drop", [list(file) for file in files]])

    async def replies(self, text: str) -> None:
        """Send a message in the open thread."""
        await self.thread_composer.fill(text)
        await self.page.get_by_test_id("thread-send").click()
        await expect(self.thread_composer).to_have_value("")

    async def opens_thread(self, text: str) -> Locator:
        """Open the thread of a message; answers the message at its top."""
        await self.message(text).hover()
        await self.message(text).get_by_role("button", name="Reply in thread").click()
        top = self.thread.get_by_test_id("message").first
        await expect(top).to_contain_text(text)
        return top

    async def opens_the_menu_of(self, message: Locator) -> None:
        """Open the ⋯ menu of a message."""
        await message.hover()
        await message.get_by_role("button", name="More actions").click()
        await expect(self.page.get_by_role("menu", name="Message actions")).to_be_visible()

    async def chooses(self, message: Locator, item: str) -> None:
        """Choose something from the ⋯ menu of a message."""
        await self.opens_the_menu_of(message)
        await self.page.get_by_role("menuitem", name=item).click()

    async def picks(self, menu: Locator, *names: str) -> None:
        """Choose from a menu; one for several choices stays open until it is closed."""
        await menu.click()
        for name in names:
            await self.page.locator(":popover-open").get_by_role("option", name=name).click()
        if await self.page.locator("[role=listbox][aria-multiselectable=true]").is_visible():
            await self.page.keyboard.press("Escape")
        await expect(menu).to_have_attribute("aria-expanded", "false")

    async def searches(self, menu: Locator, begun: str, name: str) -> None:
        """Type into a menu that asks the app for its options, and choose one."""
        await menu.click()
        await self.page.keyboard.type(begun)
        await self.page.get_by_role("option", name=name, exact=True).click()
        await expect(menu).to_have_attribute("aria-expanded", "false")  # a click before that is on the open one

    # ------------------------------------------------------------ looking

    def message(self, text: str, *, within: Locator | None = None) -> Locator:
        """The newest message with a text."""
        return (within or self.channel).get_by_test_id("message").filter(has_text=text).last

    def reply(self, text: str) -> Locator:
        """The newest message with a text in the open thread."""
        return self.message(text, within=self.thread)

    def private_answer(self, text: str) -> Locator:
        """A message that only this person sees."""
        return self.page.get_by_test_id("ephemeral").filter(has_text=text).last

    async def looks_at_the_newest(self) -> None:
        """Go to the end of each list, and take the hand off the mouse."""
        for jump in await self.page.get_by_role("button", name="To the newest").all():
            await jump.click()
        await self.page.mouse.move(0, 0)

    async def sees(self, text: str) -> Locator:
        """Wait for a message in the channel."""
        await expect(self.message(text)).to_be_visible()
        return self.message(text)

    async def reads(self, text: str) -> Locator:
        """Wait for a message in the open thread."""
        await expect(self.reply(text)).to_be_visible()
        return self.reply(text)

    async def is_answered(self, text: str) -> Locator:
        """Wait for a private message."""
        await expect(self.private_answer(text)).to_be_visible()
        return self.private_answer(text)
