"""All features, each one line, in the order of the help text."""

from collections.abc import Mapping
from typing import Final

from bot.conversation.parts import ConversationParts
from bot.domain.commands.command_set import CommandSet
from bot.domain.commands.registry import CORE, HELP
from bot.features import (
    alarms,
    audit,
    budgets,
    consumption,
    cost,
    digest,
    fan_out,
    guardrails,
    home,
    identity,
    insights,
    library,
    organisations,
    pauses,
    reads,
    report,
    reviews,
    roles,
    schedules,
    settings,
    teams,
    unfurl,
    usage,
)
from bot.kernel.feature import Feature
from bot.kernel.tasks import SlackEvent
from bot.store import columns
from bot.store.specs import SPECS

FEATURES: Final[tuple[Feature, ...]] = (
    insights.FEATURE,
    settings.FEATURE,
    usage.FEATURE,
    report.FEATURE,
    digest.FEATURE,
    teams.FEATURE,
    pauses.FEATURE,
    roles.FEATURE,
    identity.FEATURE,
    budgets.FEATURE,
    organisations.FEATURE,
    audit.FEATURE,
    fan_out.FEATURE,
    library.FEATURE,
    reviews.FEATURE,
    schedules.FEATURE,
    reads.FEATURE,
    alarms.FEATURE,
    guardrails.FEATURE,
    cost.FEATURE,
    home.FEATURE,
    consumption.FEATURE,
    unfurl.FEATURE,
)
# What is done about events of Slack's, and those events by their types.
EVENT_TASKS: Final = (*ConversationParts.events, *(task for feature in FEATURES for task in feature.events))
EVENTS: Final[Mapping[str, SlackEvent]] = {name: task.event for task in EVENT_TASKS for name in task.event.types}
COMMANDS: Final = CommandSet([*CORE, *(spec for feature in FEATURES for spec in feature.commands), HELP])
# Retention and erasure go in this order, so that rows of features stand after those of the kernel.
TABLES: Final = (*SPECS, *(spec for feature in FEATURES for spec in feature.tables))
metadata: Final = columns.metadata  # has every table, because those of the features are imported here
