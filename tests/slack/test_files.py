"""Files: whose server gets the token, and every way not to get the bytes."""

import logging
from dataclasses import replace
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web

from bot.domain.file import SlackFile
from bot.slack.client import Slack
from bot.slack.errors import SlackError, SlackRateLimited
from bot.slack.files import FileNotReadable, Reason, file_from, files_of, is_slacks
from bot.timing import PRODUCTION

TOKEN = "xoxb-very-secret"
PNG = b"\x89PNG" * 10


def a_file(fake, **more) -> SlackFile:
    facts = {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": len(PNG), **more}
    return file_from({"url_private_download": f"{fake.origin}/files/F1", **facts})


async def content_of(slack, file) -> bytes:
    content = BytesIO()
    await slack.download(file, content)
    return content.getvalue()


async def refused(slack, file, limit=1000) -> Reason:
    with pytest.raises(FileNotReadable) as caught:
        await slack.download(file, BytesIO(), limit)
    assert isinstance(caught.value, SlackError)
    assert caught.value.__context__ is None
    return caught.value.reason


async def test_the_bytes_come_with_the_token(slack, fake):
    fake.sends("F1", body=PNG, content_type="image/png")
    assert await content_of(slack, a_file(fake)) == PNG
    assert fake.tokens == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/F1",
        "https://files.slack.com.evil.example/F1",
        "https://files.slack.com@evil.example/F1",
        "http://files.slack.com/F1",
        "https://files.slack.com:444/F1",
        "http://127.0.0.1:1/F1",
        "https://docs.google.com/document/F1",
    ],
)
async def test_the_token_goes_to_no_other_host(slack, fake, url):
    assert await refused(slack, a_file(fake, url_private_download=url)) is Reason.HOST
    assert fake.calls == []


async def test_beside_slacks_own_api_only_its_file_host_is_trusted(fake):
    async with Slack(TOKEN) as slack:
        assert await refused(slack, a_file(fake)) is Reason.HOST
    assert fake.calls == []


@pytest.mark.parametrize(
    ("url", "base", "trusted"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", "https://slack.com/api/", True),
        ("https://files.slack.com:443/a.png", "https://slack.com/api/", True),
        ("https://files.slack.com/a.png", "http://127.0.0.1:9/api/", True),
        ("http://127.0.0.1:9/a.png", "http://127.0.0.1:9/api/", True),
        ("http://127.0.0.1:8/a.png", "http://127.0.0.1:9/api/", False),
        ("https://127.0.0.1:9/a.png", "http://127.0.0.1:9/api/", False),
        ("https://slack.com/a.png", "https://slack.com/api/", False),
        ("https://acme.slack.com/a.png", "https://acme.slack.com/api/", False),
    ],
)
def test_whose_address_it_is(url, base, trusted):
    assert is_slacks(url, "files.slack.com", base) is trusted


async def test_a_redirect_is_not_followed(slack, fake):
    fake.sends("F1", status=302, headers={"Location": f"{fake.origin}/files/elsewhere"})
    assert await refused(slack, a_file(fake)) is Reason.LOGIN
    assert [method for method, _ in fake.calls] == ["F1"]


async def test_a_login_page_is_no_file(slack, fake):
    fake.sends("F1", text="<html>Sign in", content_type="text/html")
    assert await refused(slack, a_file(fake)) is Reason.LOGIN


async def test_a_login_page_is_not_an_html_file_either(slack, fake):
    fake.sends("F1", text="<html>Sign in", content_type="text/html")
    assert await refused(slack, a_file(fake, mimetype="text/html", size=99)) is Reason.LOGIN
    page = "<html>Sign in"
    assert await content_of(slack, a_file(fake, mimetype="text/html", size=len(page))) == page.encode()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.LOGIN),
        (403, Reason.LOGIN),
        (404, Reason.GONE),
        (410, Reason.GONE),
        (500, Reason.UNREACHABLE),
    ],
)
async def test_what_a_status_means(slack, fake, status, reason):
    fake.sends("F1", status=status)
    assert await refused(slack, a_file(fake)) is reason


async def test_a_rate_limit_is_a_rate_limit(slack, fake):
    fake.sends("F1", status=429, headers={"Retry-After": "4"})
    with pytest.raises(SlackRateLimited) as caught:
        await content_of(slack, a_file(fake))
    assert caught.value.retry_after == 4


async def test_a_cut_connection_and_a_cut_body_are_unreachable(slack, fake):
    fake.drops("F1")
    assert await refused(slack, a_file(fake)) is Reason.UNREACHABLE
    fake.cuts("F1", "image/png")
    assert await refused(slack, a_file(fake)) is Reason.UNREACHABLE


async def test_a_file_said_to_be_too_large_is_not_asked_for(slack, fake):
    assert await refused(slack, a_file(fake, size=1001)) is Reason.SIZE
    assert fake.calls == []


async def test_an_answer_that_announces_too_much_is_not_read(slack, fake):
    fake.sends("F1", body=b"x" * 2000, content_type="image/png")
    assert await refused(slack, a_file(fake), limit=1000) is Reason.SIZE


async def test_a_file_larger_than_said_is_cut_off(slack, fake):
    sent = []

    async def endless(arguments, request):
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        try:
            while len(sent) < 10_000:
                await response.write(b"x" * 65_536)
                sent.append(1)
        except ConnectionError:
            pass
        return response

    fake.scripts["F1"] = endless
    assert await refused(slack, a_file(fake), limit=100_000) is Reason.SIZE
    assert len(sent) < 10_000


async def test_a_stub_is_asked_about_first(slack, fake):
    fake.sends("F1", body=PNG, content_type="image/png")
    whole = {"id": "F1", "mimetype": "image/png", "size": len(PNG), "url_private": f"{fake.origin}/files/F1"}
    fake.answers("files.info", {"ok": True, "file": whole})
    stub = file_from({"id": "F1", "file_access": "check_file_info"})
    assert stub.is_stub
    assert await content_of(slack, stub) == PNG
    assert fake.asked("files.info") == [{"file": "F1"}]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("missing_scope", Reason.LOGIN),
        ("invalid_auth", Reason.LOGIN),
        ("file_not_found", Reason.GONE),
        ("file_deleted", Reason.GONE),
        ("service_unavailable", Reason.UNREACHABLE),
        ("internal_error", Reason.UNREACHABLE),
    ],
)
async def test_why_a_stub_stays_one(slack, fake, error, reason):
    fake.answers("files.info", {"ok": False, "error": error})
    assert await refused(slack, SlackFile("F1", access="check_file_info")) is reason


async def test_a_file_without_an_address_is_gone(slack):
    assert await refused(slack, file_from({"id": "F1", "mode": "tombstone"})) is Reason.GONE


async def test_nothing_listening_is_unreachable():
    async with Slack(TOKEN, base_url="http://127.0.0.1:9/api/") as slack:
        assert await refused(slack, SlackFile("F1", url="http://127.0.0.1:9/files/F1")) is Reason.UNREACHABLE


async def test_a_slow_file_ends(fake):
    fake.hangs("F1")
    async with aiohttp.ClientSession() as session:
        slack = Slack(TOKEN, base_url=fake.base_url, session=session, timing=replace(PRODUCTION, download=0.2))
        assert await refused(slack, a_file(fake)) is Reason.UNREACHABLE


def test_the_files_of_an_event():
    event = {"files": [{"id": "F1", "title": "Log", "size": 5}, {"mode": "hidden_by_limit"}]}
    assert files_of(event) == (SlackFile("F1", "Log", size=5),)
    assert files_of({}) == ()


async def test_downloads_are_observed_and_reveal_nothing(fake, caplog):
    caplog.set_level(logging.DEBUG)
    seen = []
    async with Slack(TOKEN, base_url=fake.base_url, on_call=lambda *call: seen.append(call[:2])) as slack:
        fake.sends("F1", body=PNG, content_type="image/png")
        await content_of(slack, a_file(fake))
        await refused(slack, a_file(fake, size=2000))
    assert seen == [("files.download", "ok"), ("files.download", "file_size")]
    assert TOKEN not in caplog.text
