"""A start that waits for its person's answer, on both stores: where its row stands, and what stands in it."""

from dataclasses import replace

from bot.conversation.steer.held_start import hold, start_questions
from bot.domain.causes import ActionCause, CommandCause, Confirmation, Hold, MessageCause
from bot.domain.lane import held_lane, own_lane, person_lane, slow_lane
from bot.kernel.commands.slow import SlowCommands
from bot.kernel.job import Job, recipient_of
from bot.kernel.questions import Questions
from bot.store import inbox, lanes, tables
from bot.timing import PRODUCTION
from bot.views.message import Message
from tests.flows.conftest import CHANNEL, TEAM
from tests.store.rows import LEASE, NOW, THREAD, asked

LANE, URL, NEW_URL = f"in:{TEAM}:{CHANNEL}:{THREAD}", "https://hooks.slack.com/old", "https://hooks.slack.com/new"
MENTION = MessageCause("U0ANN", "fix it auc=10", CHANNEL, THREAD, mention=True, response_url=URL)
AGAIN, OPTIONS = "start_again", "start_options"
PRESS = ActionCause(
    "answer", f"{OPTIONS} corrected k", "U0ANN", CHANNEL, pressed=True, chosen=True, response_url=NEW_URL
)


async def job_of(services, row):
    """A job for a row that is stored and claimed."""
    db = services.db
    async with db.write() as tx:
        await inbox.add(tx, [row])
        claim = await lanes.claim(tx, db, row.lane, "worker", LEASE)
    return Job(row, claim, services.workspaces[TEAM])


async def held(services, row, suggestions=("fix it acu=10",), question=OPTIONS):
    """Hold the start of a row; answers the row as it waits."""
    job = await job_of(services, row)
    async with services.unit_of_work_for(job) as uow:
        await hold(uow, job, question, Message("Really?"), suggestions)
    async with services.db.read() as tx:
        return await inbox.get(tx, row.key)


async def pressed(services, cause):
    press = await job_of(services, asked("press", team=TEAM, lane="in:press", cause=cause))
    await Questions.of(services, start_questions(services)).handler().run(press)
    async with services.db.read() as tx:
        return await inbox.get(tx, "k")


async def test_it_waits_outside_its_lane_and_without_its_secret(make, either_store, clock):
    clock.now, services = NOW, make(either_store, clock)
    waiting = await held(services, asked("k", team=TEAM, lane=LANE, cause=MENTION))
    until = NOW + PRODUCTION.start_question
    assert (waiting.lane, waiting.ready_at) == (held_lane(OPTIONS, "k"), until)
    assert waiting.cause == replace(MENTION, response_url=None, hold=Hold(OPTIONS, "k", until, NOW, ("fix it acu=10",)))


async def test_an_answer_brings_it_back_at_once_as_it_was_answered(make, either_store, clock):
    clock.now, services = NOW, make(either_store, clock)
    await held(services, asked("k", team=TEAM, lane=LANE, cause=MENTION))
    clock.now += 9 * 60
    row = await pressed(services, PRESS)
    assert (row.lane, row.ready_at) == (LANE, clock.now)
    answered = Confirmation(corrected=True)
    assert row.cause == replace(MENTION, text="fix it acu=10", response_url=NEW_URL, confirmation=answered)


async def test_an_answer_that_is_too_late_or_was_not_offered_changes_nothing(make, either_store, clock):
    clock.now, services = NOW, make(either_store, clock)
    waiting = await held(services, asked("k", team=TEAM, lane=LANE, cause=MENTION), suggestions=())
    assert await pressed(services, PRESS) == waiting
    clock.now += PRODUCTION.start_question
    assert await pressed(services, replace(PRESS, argument=f"{OPTIONS} as_written k")) == waiting


async def test_a_command_goes_on_outside_its_persons_lane(make, either_store, clock):
    clock.now, services = NOW, make(either_store, clock)
    command = CommandCause("U0ANN", CHANNEL, "fix it", URL)
    await held(services, asked("k", team=TEAM, lane=person_lane(TEAM, "U0ANN"), cause=command), (), AGAIN)
    row = await pressed(services, replace(PRESS, argument=f"{AGAIN} again k"))
    assert row.lane == own_lane("k")
    assert row.cause == replace(command, response_url=NEW_URL, confirmation=Confirmation(again=True))


async def test_what_answers_a_command_waits_for_nothing_and_replaces_nothing(make, either_store, clock):
    clock.now, services = NOW, make(either_store, clock)
    row = asked("k", team=TEAM, lane=LANE, cause=CommandCause("U0ANN", CHANNEL, "fix it", URL))
    job = await job_of(services, row)
    async with services.unit_of_work_for(job) as uow:
        await uow.reply_privately(recipient_of(job), Message("No."))
    [answer] = await either_store.rows(tables.outbox)
    assert (answer["payload"]["replaces"], answer["next_at"]) == (False, clock.now)


async def test_only_a_command_that_nothing_has_come_of_is_said_to_take_a_while(make, either_store, clock):
    clock.now, services = NOW, make(either_store, clock)
    look = SlowCommands(services).work
    command = CommandCause("U0ANN", CHANNEL, "start fix it", URL)
    await held(services, asked("k", team=TEAM, lane=LANE, cause=command), question=AGAIN)
    await look(slow_lane("k"))  # its question is the answer
    job = await job_of(services, asked("open", team=TEAM, lane="in:open", cause=command))
    await look(slow_lane("open"))
    await look(slow_lane("open"))
    await services.close(job)
    await look(slow_lane("gone"))
    said = [row for row in await either_store.rows(tables.outbox) if row["key"].endswith(":slow")]
    assert [(row["payload"]["text"], row["payload"]["response_url"]) for row in said] == [
        ("Still checking “fix it”. Its thread appears below; no need to resend.", URL)
    ]
