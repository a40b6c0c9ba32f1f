"""Checks everything at Slack, in the order of the report."""

from functools import partial

from bot.config import Settings
from bot.connect import StartError, read_settings_file
from bot.doctor.admins import check_admin_channel, check_admin_group, check_admin_users, check_role_groups
from bot.doctor.clock import Clocks
from bot.doctor.findings import Finding
from bot.doctor.scopes import check_scopes
from bot.doctor.slack_tokens import SIGNING_NOT_CHECKED, accepted_token, check_app_token, refused_token
from bot.slack.client import Slack
from bot.slack.errors import SlackError


async def check_slack(settings: Settings) -> list[Finding]:
    """Check both tokens, the scopes, and the channel and people that the settings name."""
    clocks = Clocks()
    token, dated = settings.slack_bot_token.get_secret_value(), partial(clocks.dated, "Slack")
    async with Slack(token, base_url=settings.slack_api_url, on_date=dated) as slack:
        try:
            identity = await slack.auth_test()
        except SlackError as error:
            return [refused_token(error), await check_transport(settings)]
        return [
            accepted_token(identity),
            *check_scopes(identity.scopes, unfurls=settings.bot_unfurl),
            await check_transport(settings),
            await check_admin_channel(slack, settings.bot_admin_channel),
            *await _check_admins(slack, settings),
            *await _check_roles(slack, settings),
            *clocks.findings(),
        ]


async def _check_admins(slack: Slack, settings: Settings) -> list[Finding]:
    """Check the people and the user group that the settings name as admins; one of the two is enough."""
    users, group = settings.bot_admin_users, settings.bot_admin_group
    findings = [await check_admin_users(slack, users)] if users or group is None else []
    return findings if group is None else [*findings, await check_admin_group(slack, group)]


async def _check_roles(slack: Slack, settings: Settings) -> list[Finding]:
    """Check the user groups to which the settings file gives roles. A faulty file has a finding of its own."""
    try:
        file = read_settings_file(settings)
    except StartError:
        return []
    return await check_role_groups(slack, file.name, file.roles.groups)


async def check_transport(settings: Settings) -> Finding:
    """Check how Slack's requests come in: the app token of Socket Mode, or the signing secret of HTTP."""
    if settings.slack_app_token is None:
        return SIGNING_NOT_CHECKED
    async with Slack(settings.slack_app_token.get_secret_value(), base_url=settings.slack_api_url) as app:
        return await check_app_token(app)
