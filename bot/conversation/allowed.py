"""What a channel allows: repositories, playbooks and modes. Every way to start asks it, and so does adopting."""

from bot.conversation.playbooks import playbooks_by_name
from bot.devin.errors import DevinRefused
from bot.domain.session import Options
from bot.domain.settings_values import ALLOWED, Effective, Setting
from bot.kernel.organisation import Organisation
from bot.kernel.services import Services
from bot.views.answers.starts import why_not_allowed


async def why_not(
    services: Services, team: str, channel: str, organisation: Organisation, options: Options, *, begins: bool = True
) -> str:
    """Return why nothing may be started with these `options` in `channel`; empty if it may.

    What `begins` without a mode gets the default of Devin, which is not allowed where only some modes are. Raises
    DevinLater or DevinUncertain while Devin does not say how a playbook is called.
    """
    async with services.db.read() as tx:
        held = await services.settings.effective(tx, team, channel, None)
    for repo in options.repos:
        if not held.allows(Setting.REPOS, repo):
            return _why(held, Setting.REPOS, repo)
    if (begins or options.mode) and not held.allows(Setting.MODE, options.mode or ""):
        return _why(held, Setting.MODE, options.mode)
    playbook = options.playbook
    if playbook is None or held.allows(Setting.PLAYBOOK, playbook):
        return ""
    names = await _names(organisation, playbook)
    return "" if held.allows(Setting.PLAYBOOK, *names) else _why(held, Setting.PLAYBOOK, playbook)


def _why(held: Effective, setting: Setting, value: str | None) -> str:
    return why_not_allowed(setting, value, getattr(held, ALLOWED[setting].value))


async def _names(organisation: Organisation, playbook: str) -> list[str]:
    """All names of the playbook that somebody calls `playbook`; none where Devin does not list it."""
    try:
        known = await playbooks_by_name(organisation)
    except DevinRefused:
        return []
    one = known.get(playbook.lower()) or next((one for one in known.values() if one.playbook_id == playbook), None)
    return [] if one is None else [one.playbook_id, one.title, (one.macro or "").removeprefix("!")]
