"""In which form a post is sent, and files that are made for one: shared once, or said in words."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.domain.operation import NewOperation, Operation, OperationRow, OperationState
from bot.kernel.operations.file import share_file
from bot.kernel.sending.file_transfers import AT_ONCE, FileTransfers
from bot.slack.client import Channel, Slack
from bot.slack.errors import ContentRefused, ScopeMissing, SlackRefused
from bot.slack.uploads import UploadedFile
from bot.store import operations
from bot.store.tables import outbox
from bot.timing import PRODUCTION
from bot.views import blocks, chart_pictures
from bot.views.charts import chart_message
from bot.views.line_chart import Line, LineChart
from bot.views.message import MadeFile, Message
from tests.flows.conftest import CHANNEL, TEAM
from tests.flows.sending import senders_of
from tests.store.rows import NOW

CHART = LineChart("ACUs a day", ["Wed", "Thu"], [Line("Spent", [1.0, 2.0])], "ACUs", "Most on Thu with 2.")
TABLE = Message("Ada 2", [{"type": "data_table"}], Message("Ada 2", [{"type": "table"}]))
NOT_SHARED = "Slack rejected the file."
FILE = Message(
    "All sessions, as CSV.",
    plainer=Message(NOT_SHARED, [blocks.section(NOT_SHARED)]),
    file=MadeFile("all.csv", "session,acus\r\n"),
)
DRAWN = "data_visualization"
PNG = b"\x89PNG\r\n\x1a\n"  # how such a file begins


class Refusing(Slack):
    """A Slack that draws some kinds of blocks, and takes files unless it has a reason not to."""

    def __init__(self):
        super().__init__("xoxb-test")
        self.refuses, self.upload_error, self.is_shared = set(), None, False
        self.tried, self.shared = [], []

    async def post(self, channel, text, blocks=(), **more):
        kinds = [block["type"] for block in blocks]
        self.tried.append(kinds)
        if self.refuses & set(kinds):
            raise ContentRefused("invalid_blocks", "chat.postMessage")
        return f"1779105600.{len(self.tried):06}"

    async def upload(self, name, content, alt=""):
        if self.upload_error is not None:
            raise self.upload_error
        content.seek(0)
        self.tried.append([name])
        return UploadedFile(f"F{len(self.tried)}", f"{name}: {content.read()[:8]!r} {alt}")

    async def share(self, channel, files, comment="", thread_ts=None):
        self.shared.append((comment, [file.name for file in files], thread_ts))

    async def find_files(self, channel, thread_ts, file_ids, since):
        return "1779105600.900000" if self.shared else None

    async def channel(self, channel_id):
        return Channel(channel_id, "ops", is_ext_shared=self.is_shared, is_member=True)


@pytest.fixture
def slack():
    return Refusing()


@pytest.fixture
def send(make, store, clock, slack):
    """Post a message in a thread, as any worker would, until the channel has nothing more to send."""
    clock.now = NOW

    async def until_sent(key, message):
        services = make(store, clock, replace(PRODUCTION, channel_interval=0.0), slack=slack)
        sender = senders_of(services).send
        async with services.unit_of_work() as uow:
            await uow.add_to_outbox(uow.post_row(key, TEAM, CHANNEL, "1779105600.000000", message))
        for _ in range(8):
            if await sender.work(f"out:{TEAM}:{CHANNEL}") is None:
                break
        (row,) = [row for row in await store.rows(outbox) if row["key"] == key]
        tried, slack.tried = slack.tried, []
        return row["state"], tried

    return until_sent


async def test_what_a_workspace_cannot_draw_is_tried_again_after_a_week(send, slack, clock, monkeypatch):
    monkeypatch.setattr(chart_pictures, "can_draw", lambda: False)
    slack.refuses = {DRAWN, "data_table"}
    chart, in_characters = chart_message(CHART), ["section"]
    assert await send("first", chart) == ("sent", [[DRAWN], in_characters])
    assert await send("second", chart) == ("sent", [in_characters])
    assert await send("a table", TABLE) == ("sent", [["data_table"], ["table"]])
    assert await send("another table", TABLE) == ("sent", [["table"]])
    clock.now += PRODUCTION.blocks_refused - 1
    assert await send("late in the week", chart) == ("sent", [in_characters])
    clock.now += 1
    slack.refuses = set()
    assert await send("in another week", chart) == ("sent", [[DRAWN]])


async def test_a_refusal_for_another_reason_is_not_taken_for_one_of_the_blocks(send, slack, monkeypatch):
    async def too_long(channel, text, blocks=(), **more):
        monkeypatch.undo()
        raise ContentRefused("msg_too_long", "chat.postMessage")

    monkeypatch.setattr(slack, "post", too_long)
    assert await send("first", TABLE) == ("sent", [["table"]])
    assert await send("second", TABLE) == ("sent", [["data_table"]])


async def test_a_chart_that_slack_does_not_draw_is_a_picture(send, slack):
    slack.refuses = {DRAWN}
    assert await send("first", chart_message(CHART, "3 sessions.")) == ("sent", [["section", DRAWN], ["chart.png"]])
    (shared,) = slack.shared
    described = "ACUs a day. Spent: Wed 1, Thu 2."
    assert shared == (
        "3 sessions.\nMost on Thu with 2.",
        [f"chart.png: {PNG!r} {described}"],
        "1779105600.000000",
    )


@pytest.mark.parametrize(
    "error", [ScopeMissing("missing_scope", "files", "files:write"), SlackRefused("file_uploads_disabled", "files")]
)
async def test_a_file_that_slack_does_not_take_is_said_in_words(send, slack, error):
    slack.refuses, slack.upload_error = {DRAWN}, error
    assert await send("chart", chart_message(CHART)) == ("sent", [[DRAWN], ["section"]])
    assert await send("file", FILE) == ("sent", [["section"]])
    assert slack.shared == []


async def test_a_chart_that_cannot_be_drawn_is_one_of_characters(send, slack, monkeypatch):
    def broken(chart):
        raise OSError

    monkeypatch.setattr(chart_pictures, "draw", broken)
    slack.refuses = {DRAWN}
    assert await send("chart", chart_message(CHART)) == ("sent", [[DRAWN], ["section"]])


async def test_a_file_is_shared_once_but_not_where_another_company_reads_it(send, slack, store):
    assert await send("file", FILE) == ("sent", [["all.csv"]])
    assert slack.shared == [("All sessions, as CSV.", ["all.csv: b'session,' "], "1779105600.000000")]
    slack.is_shared = True
    assert await send("another", FILE) == ("dead", [])
    assert len(slack.shared) == 1


class Turns(FileTransfers):
    """Says when somebody has asked for a turn."""

    def __init__(self):
        super().__init__()
        self.asked = asyncio.Event()

    def turn(self):
        self.asked.set()
        return super().turn()


async def test_the_file_of_an_operation_waits_for_its_turn_like_all_others(make, store, clock, slack):
    clock.now, transfers = NOW, Turns()
    services = make(store, clock, slack=slack)
    await store.person("U0ADA", "Ada", NOW)
    new = NewOperation("table", "Rows", "rows.csv", ("id",), (0,))
    operation = Operation("j1", TEAM, "U0ADA", new, OperationState.DELIVERING, "ref", NOW, channel="D0ADA")
    async with services.unit_of_work() as uow:
        await operations.add(uow.tx, operation, [OperationRow("1", ["a"])])
        await share_file(uow, operation, 1)
    async with AsyncExitStack() as others:
        for _ in range(AT_ONCE):
            await others.enter_async_context(transfers.turn())
        transfers.asked.clear()
        sending = asyncio.create_task(senders_of(services, transfers).send.work(f"out:{TEAM}:D0ADA"))
        await transfers.asked.wait()
        assert slack.tried == []
    await sending
    assert slack.shared == [("Rows: 1 row", ["rows.csv: b'id\\r\\na\\r\\n' "], None)]
    async with store.db.read() as tx:
        assert (await operations.get(tx, "j1")).state is OperationState.DONE
