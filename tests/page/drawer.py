"""The drawer at the right side: Devin's own side, and the fault bench."""

from playwright.async_api import Locator, Page, expect


class Drawer:
    """What one does there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.get_by_test_id("drawer")
        self.bench = page.get_by_test_id("bench")
        self.sessions = self.node.get_by_test_id("session-row")
        self.chosen = page.get_by_test_id("devin-session")

    async def opens(self, tab: str) -> None:
        """Show one of its tabs, "Devin" or "Fault bench"."""
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
        await self.opens("Fault bench")
        await self.page.get_by_test_id(f"bench-{testid}").click()

    async def sees_the_bot(self, state: str) -> None:
        """Wait until the bot's process is in a state."""
        await self.opens("Fault bench")
        await expect(self.page.get_by_test_id("bench-bot")).to_contain_text(state)

    async def breaks(self, side: str, kind: str, *, times: int, where: str = "*") -> None:
        """Arm a fault and close the drawer again."""
        await self.opens("Fault bench")
        for name, value in {"side": side, "kind": kind, "where": where}.items():
            await self.page.get_by_test_id(f"bench-fault-{name}").select_option(value)
        await self.page.get_by_test_id("bench-fault-times").fill(str(times))
        await self.page.get_by_test_id("bench-fault-add").click()
        await expect(self.page.get_by_test_id("bench-fault")).to_have_count(1)
        await self.closes()

    async def sees_a_fault_strike(self) -> None:
        """Wait until the armed fault has struck as often as it should."""
        await self.opens("Fault bench")
        await expect(self.page.get_by_test_id("bench-fault")).to_contain_text("used up")

    def counter(self, name: str) -> Locator:
        """A figure of the bench."""
        return self.page.get_by_test_id(f"counter-{name}")

    async def chooses_the_session(self) -> None:
        """Look at the newest session."""
        await self.opens("Devin")
        await self.sessions.first.click()
        await expect(self.chosen).to_be_visible()

    async def says_as_devin(self, text: str) -> None:
        """Write in the chosen session as Devin."""
        await self.page.get_by_test_id("devin-say").fill(text)
        await self.page.get_by_test_id("devin-say-send").click()
        await expect(self.page.get_by_test_id("devin-say")).to_have_value("")

    async def forces(self, status: str, detail: str) -> None:
        """Set the state of the chosen session."""
        await self.page.get_by_test_id("devin-status").select_option(status)
        await self.page.get_by_test_id("devin-detail").select_option(detail)
        await self.page.get_by_test_id("devin-set").click()
