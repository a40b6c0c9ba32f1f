"""The drawer at the right side: Devin's own side, and the fault bench."""

import re

from playwright.async_api import Locator, Page, expect


class Drawer:
    """What one does there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.get_by_test_id("drawer")
        self.bench = page.get_by_test_id("bench")
        self.sessions = self.node.get_by_test_id("session-row")
        self.filter = page.get_by_test_id("session-filter")
        self.count = self.node.locator(".drawer-count")
        self.chosen = page.get_by_test_id("devin-session")
        self.title = self.chosen.get_by_role("heading")
        self.state = self.chosen.locator(".chosen-state")
        self.pin = self.chosen.get_by_role("button", name="Pin")
        self.beside = self.chosen.locator(".acts").get_by_role("status")
        self.devin_calls = page.get_by_role("list", name="Devin API calls, newest first")
        self.slack_calls = page.get_by_role("list", name="Slack Web API calls, newest first")

    async def opens(self, tab: str) -> None:
        """Show one of its tabs, "Devin" or "Faults"."""
        if await self.node.is_hidden():
            await self.page.locator("#open-devin" if tab == "Devin" else "#open-bench").click()
        await self.node.get_by_role("tab", name=tab).click()
        await expect(self.node.get_by_role("tabpanel", name=tab)).to_be_visible()

    async def closes(self) -> None:
        """Away with it."""
        await self.page.get_by_test_id("drawer-close").click()
        await expect(self.node).to_be_hidden()

    async def presses(self, testid: str) -> None:
        """Press a button of the bench."""
        await self.opens("Faults")
        await self.page.get_by_test_id(f"bench-{testid}").click()

    async def sees_the_bot(self, state: str) -> None:
        """Wait until the bot's process is in a state."""
        await self.opens("Faults")
        await expect(self.page.get_by_test_id("bench-bot")).to_contain_text(state)

    async def breaks(self, side: str, kind: str, *, times: int, where: str = "*") -> None:
        """Arm a fault and close the drawer again."""
        await self.opens("Faults")
        for name, value in {"side": side, "kind": kind, "where": where}.items():
            await self.page.get_by_test_id(f"bench-fault-{name}").select_option(value)
        await self.page.get_by_test_id("bench-fault-times").fill(str(times))
        await self.page.get_by_test_id("bench-fault-add").click()
        await expect(self.page.get_by_test_id("bench-fault")).to_have_count(1)
        await self.closes()

    async def sees_a_fault_strike(self) -> None:
        """Wait until the armed fault has struck as often as it should."""
        await self.opens("Faults")
        await expect(self.page.get_by_test_id("bench-fault")).to_contain_text("used up")

    def counter(self, name: str) -> Locator:
        """A figure of the bench."""
        return self.page.get_by_test_id(f"counter-{name}")

    async def chooses_the_session(self) -> None:
        """Look at the newest session."""
        await self.opens("Devin")
        await self.sessions.first.click()
        await expect(self.chosen).to_be_visible()

    async def chooses(self, title: str) -> None:
        """Look at a session by its title."""
        await self.sessions.filter(has_text=title).click()
        await expect(self.title).to_have_text(title)

    def devin_call(self, route: str) -> Locator:
        """The shown calls of a route of Devin's API, newest first."""
        return self._calls(self.devin_calls, route)

    def slack_call(self, method: str) -> Locator:
        """The shown calls of a method of Slack's Web API, newest first."""
        return self._calls(self.slack_calls, method)

    def _calls(self, within: Locator, route: str) -> Locator:
        return within.locator(f'[data-testid="call-row"][data-route="{route}"]:visible')

    def fact(self, name: str) -> Locator:
        """What is told of the chosen session under a name."""
        named = self.page.get_by_role("term").filter(has_text=re.compile(f"^{name}$"))
        return self.chosen.locator(".fact").filter(has=named).get_by_role("definition")

    def act(self, name: str) -> Locator:
        """A button that lets something happen in the chosen session."""
        return self.chosen.get_by_role("button", name=name, exact=True)

    async def lets(self, act: str, beside: str, state: str) -> None:
        """Make something happen; what is said beside the buttons, and the state that the session is in then."""
        await self.act(act).click()
        await expect(self.beside).to_have_text(beside)
        await self.tells(state)

    async def tells(self, state: str) -> None:
        """Wait until the chosen session is told to be in a state, in words and in Devin's own."""
        await expect(self.state).to_have_text(state, use_inner_text=True)

    async def says_as_devin(self, text: str) -> None:
        """Write in the chosen session as Devin."""
        await self.page.get_by_test_id("devin-say").fill(text)
        await self.page.get_by_test_id("devin-say-send").click()
        await expect(self.page.get_by_test_id("devin-say")).to_have_value("")

    async def forces(self, status: str, detail: str, own: tuple[str, str] | None = None) -> None:
        """Set the state of the chosen session; to words of one's own after choosing "another value …" twice."""
        for name, value in {"devin-status": status, "devin-detail": detail}.items():
            await self.page.get_by_test_id(name).select_option(value)
        for name, word in zip(("devin-status-other", "devin-detail-other"), own or (), strict=False):
            await self.page.get_by_test_id(name).fill(word)
        await self.page.get_by_test_id("devin-set").click()
