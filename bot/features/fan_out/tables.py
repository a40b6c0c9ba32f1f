"""How long rows of fan-outs stay."""

from typing import Final

from sqlalchemy import select

from bot.features.fan_out.rules import FanOutState
from bot.store import past_sessions
from bot.store.instants import asked_at, happened
from bot.store.table_spec import TableSpec, kept_for, once
from bot.store.tables import fan_out_sessions, fan_outs

TABLES: Final = (
    TableSpec(
        fan_outs,
        ("fan-out", "fan-outs"),
        kept_for(fan_outs.c.created_at, lambda kept: max(kept.retention, kept.fan_outs_kept)),
        kept=past_sessions.keep_of_fan_outs,
        instants=(
            happened(fan_outs.c.created_at, fan_outs.c.begun_at, fan_outs.c.stopped_at),
            asked_at(fan_outs.c.created_at, fan_outs.c.state == FanOutState.ASKED),
        ),
    ),
    TableSpec(
        fan_out_sessions,
        ("session of a fan-out", "sessions of fan-outs"),
        once(fan_out_sessions.c.fan_out_id.not_in(select(fan_outs.c.id))),
        instants=(
            happened(
                *(
                    fan_out_sessions.c[name]
                    for name in ("intent_at", "accepted_at", "polled_at", "started_at", "read_at")
                )
            ),
        ),
    ),
)
