"""App Home: a tab of the app in Slack in which each person sees where their own sessions stand."""

from typing import Final

from bot.features.home.flow import DoneLately, HomeOpened, HomeTab, open_window
from bot.features.home.specs import COMMANDS, RECENTLY_DONE
from bot.kernel.commands.handler import Handler
from bot.kernel.feature import Feature

FEATURE: Final = Feature(
    "home",
    commands=COMMANDS,
    handlers=lambda _kernel: {RECENTLY_DONE: Handler(open_window)},
    forms=lambda kernel: {RECENTLY_DONE.name: DoneLately(kernel.services)},
    events=(HomeOpened,),
    drawers=lambda kernel: [HomeTab(kernel.services)],
)
