"""What Devin answers is bounded: a body in its unpacked size, a list in its pages."""

import gzip

import httpx
import pytest

from bot.devin import errors, paging, transport

BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
MOST = 10_000
# A few hundred bytes on the wire.
PACKED = gzip.compress(b'{"items": [], "filler": "' + b"x" * 20 * MOST + b'"}')


def packed(status=200, **headers):
    return httpx.Response(status, headers={"Content-Encoding": "gzip", **headers}, content=PACKED)


@pytest.fixture(autouse=True)
def _few_bytes(monkeypatch):
    monkeypatch.setattr(transport, "MOST_ANSWER_BYTES", MOST)


def unread(response):
    """An answer whose body is unpacked only while it is read."""
    headers = dict(response.headers)
    return lambda _: httpx.Response(response.status_code, headers=headers, stream=httpx.ByteStream(PACKED))


async def test_a_read_whose_answer_is_too_large_is_not_read_further_and_not_tried_again(devin, devin_api):
    devin_api.on_org("GET", "/sessions", unread(packed()))

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        [page async for page in devin.session_pages()]

    assert caught.value.message == "The answer is too large."
    assert len(devin_api.requests) == 1


async def test_a_write_whose_answer_is_too_large_was_done(devin, devin_api):
    devin_api.on_session("POST", "/messages", unread(packed()))
    devin_api.on_org("POST", "/sessions", unread(packed()))

    assert await devin.send_message(BARE, "go on") is None
    with pytest.raises(errors.DevinCreatedUnreadable):
        await devin.create_session("fix the login test")


async def test_a_refusal_that_is_too_large_keeps_its_status_and_its_wait(devin, devin_api):
    devin_api.on_session("POST", "/messages", unread(packed(429, **{"Retry-After": "7"})))

    with pytest.raises(errors.DevinRateLimited) as caught:
        await devin.send_message(BARE, "go on")

    assert (caught.value.message, caught.value.retry_after) == ("Too Many Requests", 7)


async def test_a_packed_answer_of_the_usual_size_is_read(devin, devin_api):
    small = gzip.compress(b'{"items": []}')
    headers = {"Content-Encoding": "gzip"}
    devin_api.on_org("GET", "/sessions", lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(small)))

    assert [page.items for page in [page async for page in devin.session_pages()]] == [()]


async def test_a_list_that_never_ends_is_not_read_for_ever(devin, devin_api, monkeypatch):
    monkeypatch.setattr(paging, "MOST_PAGES", 5)

    def endless(request):
        number = int(request.url.params.get("after", 0)) + 1
        return httpx.Response(200, json={"items": [], "end_cursor": str(number), "has_next_page": True})

    devin_api.on_org("GET", "/sessions", endless)

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        [page async for page in devin.session_pages()]

    assert caught.value.message == "There are too many pages."
    assert len(devin_api.requests) == 5
