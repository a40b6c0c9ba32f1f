"""What Devin tells admins in one answer: metrics, members, names of secrets."""

import time
from typing import Final

from bot.devin.client import Devin
from bot.devin.paging import read_first
from bot.features.reads.flow import DevinReads
from bot.features.reads.specs import COMMANDS
from bot.kernel.feature import Feature, Permission
from bot.timing import DAY


async def _metrics(devin: Devin) -> None:
    now = int(time.time())
    await devin.usage_metrics(now - int(DAY), now)


FEATURE: Final = Feature(
    "reads",
    commands=COMMANDS,
    handlers=lambda kernel: DevinReads(kernel.services).handlers(),
    permissions=(
        Permission("secret", "ManageOrgSecrets", lambda devin: read_first(devin.secrets())),
        Permission("members", "ViewOrgMembership", lambda devin: devin.members(most_pages=1)),
        Permission("metrics", "ViewOrgMetrics", _metrics),
    ),
)
