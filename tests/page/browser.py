"""Debian's Chromium, and axe from npm: where they are and what to say where they are not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, async_playwright

# Chromium without the window that nobody sees here, which is a third of the work for each tab; or else all of it.
SHELL: Final = Path("/usr/bin/chromium-headless-shell")
CHROMIUM: Final = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
AXE: Final = Path(__file__).parents[2] / ".browser/node_modules/axe-core/axe.min.js"
WITHOUT: Final = (
    # Two pages under the address bar, which nobody sees here: each new window loads them, with 300 files.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # Playwright's own: of several lists Chromium heeds the last.
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
ARGUMENTS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT)}",
)


def missing(path: Path) -> str | None:
    """What to say when a tool is not there."""
    if path.exists():
        return None
    if path == AXE:
        return f"axe-core is not at {path}. `make browser` gets it where npm is."
    return (
        f"Chromium is not at {path}. `make browser BROWSER=install` gets it on Debian, as root; elsewhere put it there."
    )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()
