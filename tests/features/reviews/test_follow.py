"""How far a review is: what each answer of Devin's means for who follows it, and when Devin is asked again."""

from typing import Any

import httpx
import pytest

from bot.devin.client import Devin
from bot.domain.operation import NewOperation, Operation, OperationState
from bot.features.reviews.follow import ReviewFollow
from bot.kernel.operations.row_sources import Batch, CannotGoOn
from bot.views import operations
from tests.flows.conftest import ONCE, ORG, TEAM

ASKED = {"pr_url": "https://github.com/acme/web/pull/7", "commit_sha": "abcdef0123"}
NEW = NewOperation("review", "Review of acme/web#7 (abcdef0)", "", (), (), asked=ASKED)
BEGUN_AT = 1_000.0
NOT_FOUND_LASTS, FOLLOWED = 300, 7_200
PENDING, RUNNING = {"status": "pending"}, {"status": "running"}


def says(status: str) -> httpx.Response:
    return httpx.Response(200, json={"commit_sha": ASKED["commit_sha"], "status": status})


def refuses(code: int, detail: str = "No.", **headers: str) -> httpx.Response:
    return httpx.Response(code, json={"detail": detail}, headers=headers)


@pytest.fixture
async def read(make, store, clock):
    """Ask how far a review is that began so many seconds ago."""

    async def asked(answer: httpx.Response, age: float = 60, cursor: Any = None) -> Batch:
        def devin(request: httpx.Request) -> httpx.Response:
            assert dict(request.url.params) == ASKED
            return answer

        clock.now = BEGUN_AT + age
        operation = Operation("j1", TEAM, "U0ANN", NEW, OperationState.READING, "ref", BEGUN_AT, cursor=cursor)
        async with httpx.AsyncClient(transport=httpx.MockTransport(devin)) as http:
            services = make(store, clock, devin=Devin(http, "cog_test", ORG, patience=ONCE))
            (workspace,) = services.workspaces
            return await ReviewFollow(services).read(workspace, operation)

    return asked


async def test_while_it_goes_on_devin_is_asked_again_after_ten_seconds(read):
    assert await read(says("pending")) == Batch((), 0, PENDING, wait=10)
    assert await read(says("running"), FOLLOWED, PENDING) == Batch((), 0, RUNNING, wait=10)
    assert await read(says("on hold"), cursor=RUNNING) == Batch((), 0, {"status": "on hold"}, wait=10)


async def test_a_review_that_is_done_is_the_last_batch(read):
    assert await read(says("completed"), FOLLOWED + 1, RUNNING) == Batch((), 0)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (refuses(503), 10),
        (refuses(429), 10),
        (refuses(429, **{"Retry-After": "5"}), 10),
        (refuses(429, **{"Retry-After": "60"}), 60),
        (refuses(429, **{"Retry-After": "3600"}), 300),
    ],
)
async def test_what_may_pass_is_waited_for_as_long_as_devin_asks(read, answer, wait):
    assert await read(answer, cursor=RUNNING) == Batch((), 0, RUNNING, wait=wait)
    assert await read(answer) == Batch((), 0, PENDING, wait=wait)


async def test_right_after_the_request_devin_may_not_know_the_review_yet(read):
    assert await read(refuses(404), NOT_FOUND_LASTS) == Batch((), 0, PENDING, wait=10)


@pytest.mark.parametrize(
    ("answer", "age", "sentence"),
    [
        (says("errored"), 60, "Devin couldn't finish the review. Ask again with `/devin review`."),
        (
            refuses(404),
            NOT_FOUND_LASTS + 1,
            "Devin no longer shows this review. Look at the pull request itself.",
        ),
        (refuses(403, "Missing permission"), 60, operations.devin_refused("UseReviewManual")),
        (
            says("running"),
            FOLLOWED + 1,
            "Devin hasn't finished it in two hours (`running`). Look at the pull request itself.",
        ),
        (refuses(503), FOLLOWED + 1, "Devin Bridge can no longer follow it. Look at the pull request itself."),
    ],
)
async def test_what_ends_it_without_a_result_is_a_sentence(read, answer, age, sentence):
    with pytest.raises(CannotGoOn) as ended:
        await read(answer, age, RUNNING)
    assert str(ended.value) == sentence
