"""Several workers ask Slack and Devin for no more than one does: the same story, and the calls that it cost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.process import ProcessKind
from bot.timing import DAY, HOUR, Timing
from tests import postgres
from tests.scenarios.ahead import Ahead, until
from tests.scenarios.harness import ANN, BEN, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import polled, sent_to_devin, settled

POLL, QUIET_POLLS, REPLIES = 0.4, 6, 3
READINGS_OF_A_BILL = 3  # its 91 days, a month at a time
CHANNEL_KNOWN = 2 * DAY  # longer than the story, however long that takes
pytestmark = pytest.mark.timing(
    digest_tick=0.3, channel_known=CHANNEL_KNOWN, consumption_backfill=0.1, privacy_tick=HOUR, poll_soon=POLL
)

AT_EACH_START = ("auth.test", "bots.info", "self")  # each process asks once who it is
ACTS = ("chat.postMessage", "reactions.add", "create_session", "send_message")
# Two flows that need the same answer at the same moment both ask, in one process as in several.
READS = (
    *("users.info", "conversations.info", "conversations.replies", "list_insights", "org_daily", "cycles"),
    *("list_acu_limits", "agent_acu_limits", "get_organization", "org_guardrail_violations"),
    *("list_idp_users", "list_users", "service_users"),
)


@dataclass(frozen=True)
class Cost:
    """The calls of a story, by method and route, and those of its quiet part with the seconds that it took."""

    calls: Mapping[str, int]
    while_quiet: Mapping[str, int]
    quiet_for: float


async def counted(on: Harness) -> Counter[str]:
    """All calls so far at both simulators."""
    return Counter(call.method for call in on.simulated_slack.state.calls) + Counter(await on.devin.counters())


async def quiet_part(on: Harness) -> tuple[Counter[str], float]:
    """The calls of some polls while nothing happens, and the seconds between the first of these and the last."""
    await settled(on)
    await polled(on, 8)  # what Devin has said just now is read again for two seconds
    before, polls = await counted(on), len(await on.devin.log("list_sessions"))
    calls = await on.devin.wait_for_calls("list_sessions", polls + QUIET_POLLS + 1)
    last = calls[polls : polls + QUIET_POLLS + 1]
    return await counted(on) - before, last[-1]["time"] - last[0]["time"]


async def story(on: Harness, clock: Ahead) -> Cost:
    """Two people start a session each and write on; Devin ends its turns; a day later there is a digest."""
    for user, channel in ((ANN, GENERAL), (BEN, WEB)):
        ts, session = await on.started(f"fix tests of {user}", user, channel)
        for number in range(REPLIES):
            await on.slack.say(user, channel, f"reply {number}", thread_ts=ts)
            await until(lambda session=session, number=number: _has(on, session, number + 1))
        await on.devin.say(session, "All done.")
        await on.wait_for_post(channel, ts, "All done.")
        await on.slack.slash(user, channel, "list")
    while_quiet, seconds = await quiet_part(on)
    await on.devin.wait_for_calls("org_daily", READINGS_OF_A_BILL)
    noon = datetime.fromtimestamp(clock() + DAY, UTC).replace(hour=12, minute=0)
    clock.put(noon.timestamp() - clock())
    await until(lambda: _has_digest(on))
    await on.devin.wait_for_calls("org_daily", READINGS_OF_A_BILL + 1)
    await polled(on)
    await settled(on)
    return Cost(await counted(on), while_quiet, seconds)


async def _has(on: Harness, session: str, count: int) -> bool:
    return len(await sent_to_devin(on, session)) == count


async def _has_digest(on: Harness) -> bool:
    return bool(await on.slack.messages(OPS))


async def cost_with(workers: int, folder: Path, timing: Timing, server: str) -> Cost:
    """Play the story with a receiver and so many workers."""
    folder.mkdir()
    settings = {"BOT_POLL_SECONDS": f"{POLL}", "BOT_SLOW_POLL_SECONDS": f"{POLL}", "BOT_ADMIN_CHANNEL": OPS}
    processes = {"process": ProcessKind.WEB, "beside": [ProcessKind.WORKER] * workers}
    clock = Ahead()
    async with (
        postgres.created(server) as database,
        harness(
            folder,
            "http",
            clock=clock,
            timing=timing,
            DATABASE_URL=database,
            BOT_DIGEST_QUIET="post",
            **processes,
            **settings,
        ) as on,
    ):
        return await story(on, clock)


@pytest.mark.edge  # two stories of a quarter of a minute
async def test_three_workers_cost_the_calls_of_one(tmp_path: Path, timing: Timing, postgres_server: str) -> None:
    one, three = [await cost_with(count, tmp_path / str(count), timing, postgres_server) for count in (1, 3)]
    assert {name: three.calls[name] - one.calls[name] for name in AT_EACH_START} == dict.fromkeys(AT_EACH_START, 2)
    assert {name: three.calls[name] for name in ACTS} == {name: one.calls[name] for name in ACTS}
    assert [name for name in READS if one.calls[name] == 0] == [], "the story has them"
    more = {name: (one.calls[name], three.calls[name]) for name in READS if three.calls[name] > one.calls[name] + 1}
    assert more == {}
    assert min(one.quiet_for, three.quiet_for) > (QUIET_POLLS - 1) * POLL, "one of the workers polls, at its interval"
    # Two sessions are read with a poll; the first and the last poll are counted in part.
    assert three.while_quiet["list_messages"] <= 2 * (three.while_quiet["list_sessions"] + 1)
