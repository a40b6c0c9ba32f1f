"""The guided tour in its corner: what it says at each step, and where it points."""

from typing import Final

from playwright.async_api import Locator, Page, expect

TOUR_TASK: Final = "/devin fix the flaky checkout test"
STEPS: Final = (
    ("Give Devin a task", f"In #web, type {TOUR_TASK} and press Enter."),
    (
        "Look at the card",
        "The card shows the session's status and updates as Devin works. Open its thread to see Devin's messages.",
    ),
    (
        "Answer Devin",
        "Devin will ask a question in the thread. Reply there, or press an option, and Devin continues.",
    ),
    (
        "Stop it, or see the result",
        "Press Stop on the card; reply to resume. Or wait for the pull request and open it from the card.",
    ),
    (
        "Break it on purpose",
        "Open Faults, kill the bot, write to Devin, and start the bot again: nothing is lost.",
    ),
)
END: Final = (
    "That's Devin Bridge",
    "Act as someone else, set a state in the Devin panel, or jump to the digest in Faults.",
)
LIES_OPEN: Final = """(node) => {
  const {left, top, width, height} = node.getBoundingClientRect();
  const above = document.elementsFromPoint(left + width / 2, top + height / 2);
  return node.contains(above.find((it) => !it.closest("#toasts")) ?? null);
}"""


class Tour:
    """What one reads and presses there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.get_by_role("region", name="Guided tour")
        self.title = self.node.get_by_role("heading")
        self.target = page.locator(".tour-target")
        self.composers = page.locator(".composer:visible")

    async def is_at(self, step: int) -> None:
        """Wait for a step, whole and beside the places where one writes."""
        await self._says(*STEPS[step - 1])
        await expect(self.node.locator(".tour-top > span")).to_have_text(f"Step {step} of {len(STEPS)}")

    async def is_over(self) -> None:
        """Wait for what it says in the end."""
        await self._says(*END)
        await expect(self.target).to_have_count(0)

    async def _says(self, title: str, text: str) -> None:
        await expect(self.title).to_have_text(title)
        await expect(self.node.locator("p")).to_have_text(text)
        for composer in await self.composers.all():
            assert not await overlap(self.node, composer), f"“{title}” stands over a composer"

    async def presses(self, name: str) -> None:
        """Press one of its buttons."""
        await self.node.get_by_role("button", name=name, exact=True).click()

    async def points_at(self, place: Locator) -> None:
        """Wait until it points at a place that is seen, with nothing over it, and at no other."""
        await expect(place).to_contain_class("tour-target")
        await expect(place).to_be_in_viewport()
        await self.page.wait_for_function(LIES_OPEN, arg=await place.element_handle())
        await expect(self.target).to_have_count(1)

    async def has_gone(self) -> None:
        """Away with it, and the focus is where it can be called again."""
        await expect(self.node).to_be_hidden()
        await expect(self.target).to_have_count(0)
        await expect(self.page.locator("#tour-start")).to_be_focused()


async def overlap(one: Locator, other: Locator) -> bool:
    """Whether two things on the page share a place."""
    first, second = await one.bounding_box(), await other.bounding_box()
    assert first, one
    assert second, other
    across = first["x"] < second["x"] + second["width"] and second["x"] < first["x"] + first["width"]
    down = first["y"] < second["y"] + second["height"] and second["y"] < first["y"] + first["height"]
    return across and down
