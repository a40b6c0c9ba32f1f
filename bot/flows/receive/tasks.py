"""All tasks. A new one gets its line here, and all that has to know it loops over these."""

from collections.abc import Mapping
from typing import Any, Final

from bot.flows.job import Flow
from bot.flows.kernel import EventTask, Kernel, SlackEvent, Task
from bot.flows.manage.fan_out.run import RunFanOut
from bot.flows.manage.fan_out.session import StartFanOutSession
from bot.flows.manage.long_jobs.run import RunLongJob
from bot.flows.receive.channel_gone import ChannelGone
from bot.flows.receive.channel_shared import ChannelShared

TASKS: Final[tuple[type[Task], ...]] = (RunLongJob, RunFanOut, StartFanOutSession)
EVENT_TASKS: Final[tuple[type[EventTask], ...]] = (ChannelGone, ChannelShared)

EVENTS: Final[Mapping[str, SlackEvent]] = {name: task.event for task in EVENT_TASKS for name in task.event.types}


def task_flows(kernel: Kernel) -> dict[str, Flow[Any]]:
    """Make all tasks, by what rows call them: the name of the task, or the type of Slack's event."""
    named: dict[str, Flow[Any]] = {task.name: task(kernel) for task in TASKS}
    return named | {name: made for task in EVENT_TASKS for made in [task(kernel)] for name in task.event.types}
