"""Whether what is set as a default of starts is there at Devin, so that no start has to be refused because of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from bot.devin.client import Devin
from bot.devin.errors import DevinError
from bot.domain.commands.options import is_playbook_id
from bot.domain.settings_values import Setting, Values


async def unknown_defaults(devin: Devin, values: Values) -> dict[Setting, str]:
    """Return a sentence for each of the default `values` that Devin lacks. What it does not list counts as there."""
    found = {}
    for setting, check in _CHECKS.items():
        if setting in values and (sentence := await _checked(check, devin, values[setting])) is not None:
            found[setting] = sentence
    return found


async def _checked(check: Callable[[Devin, Any], Awaitable[str | None]], devin: Devin, value: Any) -> str | None:
    try:
        return await check(devin, value)
    except DevinError:
        return None


async def _playbook(devin: Devin, wanted: str) -> str | None:
    if is_playbook_id(wanted):  # that of a playbook of the whole enterprise is not in the list
        return None
    titles = {
        name.lower(): playbook.title
        async for playbook in devin.playbooks()
        for name in (playbook.title, (playbook.macro or "").removeprefix("!"))
        if name
    }
    way_on = _near([wanted], titles) or " Pick one from /devin playbook list."
    return None if wanted.lower() in titles else f"Devin has no playbook “{wanted}”.{way_on}"


async def _repositories(devin: Devin, wanted: Sequence[str]) -> str | None:
    missing = [name for name in wanted if await _lacks(devin, name)]
    names = {repository.name.lower(): repository.name for repository in (await devin.repositories())[0]}
    return f"Devin has no repository {', '.join(missing)}.{_near(missing, names)}" if missing and names else None


async def _lacks(devin: Devin, repo: str) -> bool:
    """Whether Devin does not list `repo`. If the answer is cut, as where the filter is ignored, it may be there."""
    found, has_more = await devin.repositories(repo.rpartition("/")[2])
    return not has_more and repo.lower() not in {repository.name.lower() for repository in found}


def _near(missing: Sequence[str], names: Mapping[str, str]) -> str:
    near = [found for name in missing for found in get_close_matches(name.lower(), names, n=1)]
    return f" Did you mean {', '.join(f'“{names[name]}”' for name in near)}?" if near else ""


_CHECKS: Final[Mapping[Setting, Callable[[Devin, Any], Awaitable[str | None]]]] = {
    Setting.PLAYBOOK: _playbook,
    Setting.REPOS: _repositories,
}
