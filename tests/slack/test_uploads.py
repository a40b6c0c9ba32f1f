"""Files that the bot shares: three steps, without the token where it does not belong, and found again by their ids."""

import io
from decimal import Decimal

import pytest

from bot.slack.errors import ScopeMissing, SlackOutcomeUnknown, SlackRateLimited, SlackRefused
from bot.slack.uploads import UploadedFile

TOKEN = "xoxb-very-secret"
PNG = b"\x89PNG" * 40_000  # more than one chunk


def gives_an_address(fake, url=None) -> None:
    fake.answers(
        "files.getUploadURLExternal",
        {"ok": True, "upload_url": url or f"{fake.origin}/files/up", "file_id": "F1"},
    )


async def test_a_file_is_uploaded_whole_with_its_length_and_without_the_token(slack, fake):
    gives_an_address(fake)
    fake.sends("up", text="OK")
    content = io.BytesIO(PNG)
    content.read()  # however far it was read or written
    assert await slack.upload("a.png", content) == UploadedFile("F1", "a.png")
    assert fake.calls == [
        ("files.getUploadURLExternal", {"filename": "a.png", "length": "160000"}),
        ("up", {"content": PNG, "length": "160000"}),
    ]
    assert fake.tokens == [f"Bearer {TOKEN}", None]


@pytest.mark.parametrize("url", ["https://evil.example/up", "http://files.slack.com/up", "file:///etc/passwd"])
async def test_the_content_goes_to_no_other_host(slack, fake, url):
    gives_an_address(fake, url)
    with pytest.raises(SlackRefused, match="foreign_upload_url"):
        await slack.upload("a.png", io.BytesIO(PNG))
    assert len(fake.calls) == 1


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "upload_url": 1, "file_id": "F1"}])
async def test_an_answer_without_an_address(slack, fake, answer):
    fake.answers("files.getUploadURLExternal", answer)
    with pytest.raises(SlackOutcomeUnknown):
        await slack.upload("a.png", io.BytesIO(PNG))


async def test_a_picture_is_uploaded_with_its_description(slack, fake):
    gives_an_address(fake)
    fake.sends("up", text="OK")
    await slack.upload("chart.png", io.BytesIO(b"1234"), "ACUs a day")
    asked = {"filename": "chart.png", "length": "4", "alt_txt": "ACUs a day"}
    assert fake.asked("files.getUploadURLExternal") == [asked]


async def test_without_the_scope(slack, fake):
    fake.answers("files.getUploadURLExternal", {"ok": False, "error": "missing_scope", "needed": "files:write"})
    with pytest.raises(ScopeMissing):
        await slack.upload("a.png", io.BytesIO(PNG))


@pytest.mark.parametrize(
    ("status", "error"), [(403, SlackRefused), (302, SlackRefused), (429, SlackRateLimited), (503, SlackOutcomeUnknown)]
)
async def test_an_upload_that_is_not_taken(slack, fake, status, error):
    gives_an_address(fake)
    fake.sends("up", status=status, headers={"Location": "https://evil.example/"})
    with pytest.raises(error) as caught:
        await slack.upload("a.png", io.BytesIO(PNG))
    assert "/files/up" not in str(caught.value)


async def test_an_upload_without_an_answer(slack, fake):
    gives_an_address(fake)
    fake.drops("up")
    with pytest.raises(SlackOutcomeUnknown):
        await slack.upload("a.png", io.BytesIO(PNG))


async def test_several_files_are_shared_in_one_message(slack, fake):
    fake.answers("files.completeUploadExternal", {"ok": True, "files": []})
    files = [UploadedFile("F1", "a.png"), UploadedFile("F2", "b.mp4")]
    await slack.share("C1", files, "Look", "1.000000")
    assert fake.asked("files.completeUploadExternal") == [
        {
            "channel_id": "C1",
            "files": [{"id": "F1", "title": "a.png"}, {"id": "F2", "title": "b.mp4"}],
            "initial_comment": "Look",
            "thread_ts": "1.000000",
        }
    ]
    await slack.share("C1", files)
    assert set(fake.asked("files.completeUploadExternal")[1]) == {"channel_id", "files"}


async def test_a_file_is_named_without_signs_that_nobody_sees_and_its_title_is_escaped(slack, fake):
    gives_an_address(fake)
    fake.sends("up", text="OK")
    file = await slack.upload("<!channel> &\u202egnp.exe\u202c\n", io.BytesIO(PNG))
    assert file == UploadedFile("F1", "<!channel> &gnp.exe")
    fake.answers("files.completeUploadExternal", {"ok": True, "files": []})
    await slack.share("C1", [file])
    (asked,) = fake.asked("files.completeUploadExternal")
    assert asked["files"] == [{"id": "F1", "title": "&lt;\u200b!channel&gt; &amp;gnp.exe"}]


async def test_a_file_whose_name_nobody_sees_gets_one(slack, fake):
    gives_an_address(fake)
    fake.sends("up", text="OK")
    assert await slack.upload("\u200b", io.BytesIO(PNG)) == UploadedFile("F1", "file")


async def test_shared_files_are_found_by_their_ids(slack, fake):
    there = [{"ts": "2.000000", "files": [{"id": "F9"}]}, {"ts": "3.000000", "files": [{"id": "F8"}, {"id": "F1"}]}]
    fake.answers("conversations.replies", {"ok": True, "messages": there, "has_more": False})
    assert await slack.find_files("C1", "1.000000", ["F1", "F2"], 1_000.0) == "3.000000"
    assert await slack.find_files("C1", "1.000000", ["F2"], 1_000.0) is None
    (asked, _) = fake.asked("conversations.replies")
    assert (asked["ts"], Decimal(asked["oldest"])) == ("1.000000", Decimal(700))
