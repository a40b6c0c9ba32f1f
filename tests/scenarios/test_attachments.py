"""Screenshots and recordings of Devin's: shown in the thread, or named where they cannot be; each once and in order."""

import pytest

from bot.kernel.sending import file_contents, files
from tests.scenarios.ahead import rows
from tests.scenarios.harness import GENERAL, Harness
from tests.scenarios.observations import sent_to_devin, settled

pytestmark = pytest.mark.edge

CART = {"name": "cart page.png", "content": "PNG of the cart", "content_type": "image/png"}


async def handed_over(on: Harness, session: str, say: str = "Both pages work.") -> None:
    """Devin says something with two pictures."""
    await on.devin.attach(session, "login.png", "PNG of the login", "image/png", say=say, more=[CART])


async def shown(on: Harness, ts: str) -> list[tuple[str, list[str]]]:
    """What the bot says in a thread after its card: the words of each message, and the names of its files."""
    said = await on.slack.messages(GENERAL, thread_ts=ts, user="U0BOT")
    return [(one["rendered"], [file["name"] for file in one.get("files", [])]) for one in said[1:]]


async def say_last(on: Harness, ts: str, session: str) -> None:
    """Devin says one thing more, which is posted below everything before it."""
    await on.devin.say(session, "That is all.")
    await on.wait_for_post(GENERAL, ts, "That is all.")


def named(session: str, *names: str) -> str:
    """The lines about files that are not shown."""
    return "\n".join(f":paperclip: {name}, <https://app.devin.ai/sessions/{session}|open in Devin>" for name in names)


async def test_the_pictures_of_a_message_are_one_post_below_its_words(on: Harness) -> None:
    on.simulated_slack.state.share_delay = 1.0  # what follows would overtake them
    ts, session = await on.started()
    await handed_over(on, session)
    await say_last(on, ts, session)
    assert await shown(on, ts) == [("Both pages work.", []), ("", ["login.png", "cart page.png"]), ("That is all.", [])]
    copies = on.simulated_slack.state.files.values()
    assert [(file.name, file.content) for file in copies] == [
        ("login.png", b"PNG of the login"),
        ("cart page.png", b"PNG of the cart"),
    ]
    said = [str(call.args) for call in on.simulated_slack.state.calls]
    assert [args for args in said if "login.png" in args]
    assert not [args for args in said if "ATTACHMENT" in args or "/attachments/" in args]
    await settled(on)
    assert await sent_to_devin(on, session) == []  # the bot's own post is nobody's reply


async def test_a_picture_alone_needs_no_words(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.attach(session, "login.png", "PNG", "image/png")
    await say_last(on, ts, session)
    assert await shown(on, ts) == [("", ["login.png"]), ("That is all.", [])]


async def test_a_files_name_calls_nobody_and_hides_nothing(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.attach(session, "<!channel> \u202egnp.exe", "PNG", "image/png")
    await say_last(on, ts, session)
    (_, with_file, _) = await on.slack.messages(GENERAL, thread_ts=ts, user="U0BOT")
    (file,) = with_file["files"]
    assert (file["name"], file["title"]) == ("<!channel> gnp.exe", "&lt;\u200b!channel&gt; gnp.exe")


async def test_a_file_that_is_too_large_is_named_beside_those_that_are_shown(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_contents, "FILE_LIMIT_BYTES", 15)
    ts, session = await on.started()
    await handed_over(on, session)
    await say_last(on, ts, session)
    assert await shown(on, ts) == [
        ("Both pages work.", []),
        (named(session, "login.png"), ["cart page.png"]),
        ("That is all.", []),
    ]


async def test_a_file_that_devin_does_not_hand_out_is_named(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.say(session, 'Look.\nATTACHMENT:"https://app.devin.ai/attachments/u-1/demo.mp4"')
    await say_last(on, ts, session)
    assert await shown(on, ts) == [("Look.", []), (named(session, "demo.mp4"), []), ("That is all.", [])]
    (post,) = await on.slack.log("chat.postMessage", text="demo.mp4")
    assert post["args"]["text"] == "fix the login test: 📎 demo.mp4, open in Devin"


@pytest.mark.parametrize("without_scope", ["files:write"], indirect=True)
async def test_without_the_scope_files_are_named(without_scope: Harness) -> None:
    on = without_scope
    ts, session = await on.started()
    await handed_over(on, session)
    await say_last(on, ts, session)
    assert await shown(on, ts) == [
        ("Both pages work.", []),
        (named(session, "login.png", "cart page.png"), []),
        ("That is all.", []),
    ]


@pytest.mark.parametrize("error", ["some_new_error", "invalid_blocks"])
async def test_files_that_slack_does_not_share_are_named(on: Harness, error: str) -> None:
    ts, session = await on.started()
    await on.slack.fault("files.completeUploadExternal", "error", error=error)
    await handed_over(on, session)
    await say_last(on, ts, session)
    (words, alone), (names, files_of_names), _ = await shown(on, ts)
    assert (words, alone, files_of_names) == ("Both pages work.", [], [])
    assert names.startswith(named(session, "login.png", "cart page.png"))


@pytest.mark.long
@pytest.mark.parametrize("times", [1, 3])
async def test_files_that_devin_cannot_hand_out_for_now_are_tried_again_and_then_named(on: Harness, times: int) -> None:
    ts, session = await on.started()
    await on.devin.fault("download_attachment", "500", times=times)
    await on.devin.attach(session, "login.png", "PNG", "image/png")
    await say_last(on, ts, session)
    expected = ("", ["login.png"]) if times == 1 else (named(session, "login.png"), [])
    assert await shown(on, ts) == [expected, ("That is all.", [])]
    assert len(await on.devin.log("download_attachment")) == min(times + 1, file_contents.DevinFiles.most_tries)


@pytest.mark.long
async def test_a_rate_limit_of_uploads_is_waited_for(on: Harness) -> None:
    ts, session = await on.started()
    await on.slack.fault("files.getUploadURLExternal", "ratelimited", retry_after=1, times=3)
    await on.devin.attach(session, "login.png", "PNG", "image/png")
    await say_last(on, ts, session)
    assert await shown(on, ts) == [("", ["login.png"]), ("That is all.", [])]


@pytest.mark.long
async def test_many_messages_with_files_are_shown_one_after_the_other(
    on: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "AT_ONCE", 1)
    begun = [await on.started(f"fix test {number}") for number in range(3)]
    for _, session in begun:
        await on.devin.attach(session, "login.png", "PNG", "image/png")
    for ts, session in begun:
        await say_last(on, ts, session)
        assert await shown(on, ts) == [("", ["login.png"]), ("That is all.", [])]


@pytest.mark.long
async def test_more_files_than_a_post_holds_are_several_posts(on: Harness) -> None:
    ts, session = await on.started()
    many = [{"name": f"{number}.png", "content": "PNG", "content_type": "image/png"} for number in range(1, 12)]
    await on.devin.attach(session, "0.png", "PNG", "image/png", more=many)
    await say_last(on, ts, session)
    posts = [names for _, names in await shown(on, ts)]
    assert posts == [[f"{number}.png" for number in range(10)], ["10.png", "11.png"], []]


async def test_the_row_of_shared_files_keeps_nothing_of_them(on: Harness) -> None:
    ts, session = await on.started()
    await on.devin.attach(session, "login.png", "PNG", "image/png")
    await say_last(on, ts, session)
    (row,) = [row for row in await rows(on, "outbox", state="sent") if ":files:" in row["key"]]
    (share,) = [one for one in await on.slack.messages(GENERAL, thread_ts=ts) if one.get("files")]
    assert (row["payload"], row["ts"]) == ({"v": 1}, share["ts"])
