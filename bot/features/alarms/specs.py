"""The buttons of alarms."""

from typing import Final

from bot.domain.commands.spec import CommandSpec, Role, Source, button
from bot.domain.roles import Right

# These stand under the post of an alarm about a session, which is in the admins' channel or in the session's thread.
ALARM_STOP: Final = CommandSpec(
    "alarm_stop", source=Source.STORED, right=Right.STOP, ways=(button("alarm_stop"),), urgent=True
)
ALARM_FINE: Final = CommandSpec(
    "alarm_fine", source=Source.STORED, ways=(button("alarm_fine"),), role=Role.ASKER_OR_ADMIN, urgent=True
)
ALARM_SNOOZE: Final = CommandSpec(
    "alarm_snooze", source=Source.STORED, ways=(button("alarm_snooze"),), role=Role.ASKER_OR_ADMIN, urgent=True
)
COMMANDS: Final = (ALARM_STOP, ALARM_FINE, ALARM_SNOOZE)
