"""Checks the user groups to which the settings file gives roles."""

from collections.abc import Iterable
from typing import Final

from bot.doctor.findings import Finding, misleads, ok
from bot.doctor.slack_token import not_checked
from bot.slack.client import Slack
from bot.slack.errors import GroupGone, SlackError

NO_GROUPS: Final = "plan_upgrade_required"


async def check_role_groups(slack: Slack, file: str, groups: Iterable[str]) -> list[Finding]:
    """Report whether `groups`, which hold roles by the `file`, give them to somebody; nothing if there are none."""
    findings = [finding for group in sorted(groups) if (finding := await _check(slack, file, group)) is not None]
    if findings or not groups:
        return list(dict.fromkeys(findings))
    return [ok(f"Slack knows each user group that holds a role by {file}.")]


async def _check(slack: Slack, file: str, group: str) -> Finding | None:
    """What is wrong with one; None if nothing is."""
    try:
        members = await slack.group_members(group)
    except GroupGone as gone:
        return _no_plan(file) if gone.error == NO_GROUPS else _not_shown(file, group)
    except SlackError as error:
        return not_checked(f"the user groups of {file}", error)
    if members:
        return None
    return misleads(
        f"The user group {group} holds a role by {file} but has no members, so nobody has the role by it.",
        "Whoever manages user groups in Slack can add members under Directories → User groups.",
    )


def _not_shown(file: str, group: str) -> Finding:
    return misleads(
        f"Slack knows no user group {group}, which holds a role by {file}, or it is disabled.",
        f"Enable it in Slack under Directories → User groups, or copy the right id into {file}.",
    )


def _no_plan(file: str) -> Finding:
    return misleads(
        f"The workspace's plan at Slack has no user groups: nobody holds a role of {file} by one.",
        f"Name people in {file} instead, or have a workspace owner change the plan.",
    )
