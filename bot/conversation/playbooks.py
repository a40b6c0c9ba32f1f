"""The playbooks that people may name in an organisation."""

from bot.devin.models import Playbook
from bot.kernel.organisation import Organisation


async def playbooks_by_name(organisation: Organisation) -> dict[str, Playbook]:
    """Return the playbooks of `organisation` by their titles and macros, in lower case and without the `!`.

    Raises DevinForbidden if the key may not read them. Of two with one name the first counts.
    """
    found: dict[str, Playbook] = {}
    async for playbook in organisation.devin.playbooks():
        for name in (playbook.title, (playbook.macro or "").removeprefix("!")):
            found.setdefault(name.lower(), playbook)
    found.pop("", None)
    return found
