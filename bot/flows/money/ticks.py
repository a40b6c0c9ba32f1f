"""What comes again and again about money: Devin's bill, cycles, limits, pull requests, alarms, budgets, the digest.

Of the guardrails too, whose violations go to the same admins.
"""

from functools import partial

from bot.engine.port import Tick
from bot.flows.money.alarms.guardrails import GuardrailWatch
from bot.flows.money.alarms.runaway import RunawayWatch
from bot.flows.money.budgets.watch import BudgetWatch
from bot.flows.money.consumption.cycles import CycleReader
from bot.flows.money.digest.due import DueDigests
from bot.flows.money.figures.usage_ledger import UsageLedger
from bot.flows.money.pull_requests import PullRequestSweep
from bot.flows.services import Services
from bot.flows.shared_channels import SharedChannels


def money_ticks(services: Services, usage_ledger: UsageLedger, shared_channels: SharedChannels) -> dict[str, Tick]:
    """Return the ticks of each organisation and each workspace, by their names."""
    cycle_reader, pull_requests = CycleReader(services), PullRequestSweep(services)
    runaway_watch, guardrail_watch = RunawayWatch(services), GuardrailWatch(services)
    ticks: dict[str, Tick] = {}
    for organisation in services.organisations:
        ticks[f"consumption:{organisation.id}"] = partial(usage_ledger.tick, organisation)
        ticks[f"cycles:{organisation.id}"] = partial(cycle_reader.tick, organisation)
        ticks[f"pull_requests:{organisation.id}"] = partial(pull_requests.tick, organisation)
        ticks[f"guardrails:{organisation.id}"] = partial(guardrail_watch.tick, organisation)
        ticks[organisation.alarm_tick] = partial(runaway_watch.tick, organisation)
    for workspace in services.workspaces:
        ticks[f"digest:{workspace.team}"] = DueDigests(services, workspace, usage_ledger, shared_channels).tick
        ticks[f"budgets:{workspace.team}"] = BudgetWatch(services, workspace).tick
    return ticks
