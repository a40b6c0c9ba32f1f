"""Text that tries to run as code, and how one sees that it did not."""

from typing import Final

from playwright.async_api import Page

PWN: Final = "window.__pwned=1"
BAD_LINKS: Final = """[...document.querySelectorAll("[href],[src],[action],[formaction]")]
  .flatMap((node) => [node.href, node.src, node.action, node.getAttribute("formaction")])
  .filter((url) => /^\\s*(java|vb)?script:|^data:(?!image\\/(png|jpeg|gif|webp);)/i.test(String(url ?? "")))"""
RUNNING_PARTS: Final = """[...document.querySelectorAll("script:not([src]), iframe, object, embed")]
  .map((node) => node.outerHTML)"""
HANDLERS: Final = """[...document.querySelectorAll("*")]
  .flatMap((node) => node.getAttributeNames().filter((name) => /^on/.test(name)))"""


async def harmless(page: Page) -> None:
    """Nothing of it ran, and nothing of it waits for a click."""
    for link in await page.get_by_text("click me").all():
        await link.dispatch_event("click")
    assert await page.evaluate("window.__pwned") is None
    for traces in (BAD_LINKS, RUNNING_PARTS, HANDLERS):
        assert await page.evaluate(traces) == []
