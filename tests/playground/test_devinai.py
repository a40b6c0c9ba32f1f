"""The Python SDK `devinai` 0.1.0, which calls itself official, against the simulated Devin.

It reads every answer strictly, by the types of the contract as it was in spring 2026. Where it goes another way than
the contract, the test says so: it joins the values of a list with commas, which the API does not take apart, and it
knows endpoints for the events of a session, which nobody has seen at work.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.playground.devin import ALL_PERMISSIONS, DevinControl, DevinSimulator
from tests.playground.devin_peer import DAY, HOUR, START, Clock

pytestmark = pytest.mark.edge

sdk = pytest.importorskip("devin_sdk", reason="devinai is not installed; requirements-dev.txt has it")

ORG = "org-play"
ANY_TIME = {"time_after": START - DAY, "time_before": START + DAY}


@pytest.fixture
async def client(devin: DevinSimulator, control: DevinControl) -> AsyncIterator[Any]:
    """The client as its README makes it, but strict, and without the proxies of this machine and without retries."""
    await control.permissions(grant=sorted(ALL_PERMISSIONS))
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
        yield sdk.AsyncDevinSDK(
            api_key="cog_play",
            base_url=devin.base_url,
            http_client=http,
            max_retries=0,
            _strict_response_validation=True,
        ).organizations


async def sent(control: DevinControl) -> list[tuple[str, str]]:
    """What reached the simulator: every call was known to it."""
    return [(call["method"], call["path"].removeprefix(f"/v3/organizations/{ORG}")) for call in await control.log()]


async def test_a_session_from_its_creation_to_its_end(client: Any, control: DevinControl) -> None:
    made = await client.sessions.create(ORG, prompt="Fix the flaky login test", tags=["a", "b"], max_acu_limit=3)
    session_id = made.session_id
    assert (made.status, made.tags, made.status_detail) == ("new", ["a", "b"], None)
    await control.step(session_id, 2)
    await client.sessions.messages.send(session_id, org_id=ORG, message="Only the login test")
    read = await client.sessions.retrieve(session_id, org_id=ORG)
    assert (read.status, read.status_detail) == ("running", "working")
    messages = await client.sessions.messages.list(session_id, org_id=ORG)
    said = [message.message for message in messages.items if message.source == "user"]
    assert said == ["Fix the flaky login test", "Only the login test"]
    assert (await client.sessions.tags.append(session_id, org_id=ORG, tags=["c"])).tags == ["a", "b", "c"]
    assert (await client.sessions.tags.replace(session_id, org_id=ORG, tags=["d"])).tags == ["d"]
    assert (await client.sessions.tags.retrieve(session_id, org_id=ORG)).tags == ["d"]
    assert (await client.sessions.archive(session_id, org_id=ORG)).is_archived is True
    assert (await client.sessions.terminate(session_id, org_id=ORG)).status == "exit"
    one = f"/sessions/{session_id}"
    assert await sent(control) == [
        ("POST", "/sessions"),
        ("POST", f"{one}/messages"),
        ("GET", one),
        ("GET", f"{one}/messages"),
        ("POST", f"{one}/tags"),
        ("PUT", f"{one}/tags"),
        ("GET", f"{one}/tags"),
        ("POST", f"{one}/archive"),
        ("DELETE", one),
    ]


async def test_lists_go_from_page_to_page(client: Any, control: DevinControl) -> None:
    await control.create_sessions(3, every=60)
    first = await client.sessions.list(ORG, first=2, created_after=START - DAY)
    rest = await client.sessions.list(ORG, first=2, after=first.end_cursor)
    assert [len(page.items) for page in (first, rest)] == [2, 1]
    assert (first.has_next_page, rest.has_next_page, rest.end_cursor, rest.total) == (True, False, None, 3)


async def test_it_joins_the_values_of_a_filter_with_commas_which_finds_nothing(
    client: Any, control: DevinControl
) -> None:
    await control.create_sessions(tags=["a"])
    assert len((await client.sessions.list(ORG, tags=["a"])).items) == 1
    assert (await client.sessions.list(ORG, tags=["a", "b"])).items == []
    assert [call["query"] for call in await control.log()] == [[["tags", "a"]], [["tags", "a,b"]]]


async def test_files_are_uploaded_listed_and_downloaded_without_the_key(client: Any, control: DevinControl) -> None:
    file = await client.attachments.upload(ORG, file=("login.log", b"boom", "text/plain"))
    made = await client.sessions.create(ORG, prompt="Look", attachment_urls=[file.url])
    (listed,) = await client.sessions.list_attachments(made.session_id, org_id=ORG)
    assert (listed.name, listed.source, listed.content_type) == ("login.log", "user", "text/plain")
    uuid = file.url.split("/")[-2]
    raw = await client.attachments.with_raw_response.download("login.log", org_id=ORG, uuid=uuid)
    assert await raw.read() == b"boom"  # the other origin would have blocked a bearer token


async def test_insights_are_listed_read_and_generated(client: Any, control: DevinControl) -> None:
    (session_id,) = await control.create_sessions(acus_consumed=4.0)
    generated = await client.sessions.insights.generate(session_id, org_id=ORG)
    assert (generated.session_id, generated.status) == (session_id, "started")
    one = await client.sessions.insights.retrieve(session_id, org_id=ORG)
    assert (one.num_user_messages, one.session_size, one.analysis.classification.category) == (1, "m", "other")
    (row,) = (await client.sessions.insights.list(ORG)).items
    assert row == one


async def test_the_library(client: Any, control: DevinControl) -> None:
    folder = await control.add_folder("Web")
    words: dict[str, Any] = {"name": "Deploys", "body": "Fridays never.", "trigger": "when deploying"}
    note = await client.knowledge.notes.create(ORG, **words)
    changed = await client.knowledge.notes.update(note.note_id, org_id=ORG, **words | {"body": "Mondays neither."})
    assert await client.knowledge.notes.retrieve(note.note_id, org_id=ORG) == changed
    assert (await client.knowledge.notes.list(ORG, search="mondays")).items == [changed]
    folders = await client.knowledge.get_folders(ORG)
    assert ([one.folder_id for one in folders.folders], folders.root_note_count) == ([folder["folder_id"]], 1)
    assert await client.knowledge.notes.delete(note.note_id, org_id=ORG) == changed
    playbook = await client.playbooks.create(ORG, title="Review", body="Read the diff.", macro="!review")
    replaced = await client.playbooks.update(playbook.playbook_id, org_id=ORG, title="Review", body="Twice.")
    assert (await client.playbooks.list(ORG)).items == [replaced]
    assert await client.playbooks.retrieve(playbook.playbook_id, org_id=ORG) == replaced
    assert (await client.playbooks.delete(playbook.playbook_id, org_id=ORG)).macro is None


async def test_secrets_and_schedules(client: Any) -> None:
    secret = await client.secrets.create(ORG, type="key-value", key="NPM_TOKEN", value="x")
    assert (await client.secrets.list(ORG)).items == [secret]
    assert await client.secrets.delete(secret.secret_id, org_id=ORG) == secret
    made = await client.schedules.create(ORG, name="Nightly", prompt="Look for flaky tests", frequency="0 7 * * 1-5")
    schedule_id = made.scheduled_session_id
    changed = await client.schedules.update(schedule_id, org_id=ORG, enabled=False)
    assert (changed.enabled, changed.created_at.timestamp()) == (False, START)
    assert await client.schedules.retrieve(schedule_id, org_id=ORG) == changed
    assert (await client.schedules.list(ORG, limit=10, offset=0)).items == [changed]
    assert await client.schedules.delete(schedule_id, org_id=ORG) == changed


async def test_consumption_by_day(client: Any, control: DevinControl, clock: Clock) -> None:
    (session_id,) = await control.create_sessions(user_id="user|1")
    clock.now = START + 8 * HOUR
    await control.spend(session_id, 1.5)
    daily = client.consumption.daily
    for told in (
        await daily.get(ORG, **ANY_TIME),
        await daily.get_session(f"devin-{session_id}", org_id=ORG),
        await daily.get_user("user|1", org_id=ORG),
        await daily.get_service_user("service-user-play", org_id=ORG),
    ):
        (row,) = told.consumption_by_date
        assert (told.total_acus, row.date, row.acus_by_product.devin) == (1.5, START + 8 * HOUR, 1.5)


async def test_metrics(client: Any, control: DevinControl) -> None:
    merged = {"pr_url": "https://github.com/acme/web/pull/1", "pr_state": "merged"}
    await control.create_sessions(user_id="user|1", pull_requests=[merged])
    metrics = client.metrics
    assert (await metrics.get_usage_metrics(ORG)).prs_merged_count == 1
    assert (await metrics.get_session_metrics(ORG, **ANY_TIME)).sessions_created_by_origin.api == 1
    assert (await metrics.get_pr_metrics(ORG, **ANY_TIME)).prs_created_count == 1
    assert (await metrics.get_search_metrics(ORG, **ANY_TIME)).searches_created_count == 0
    assert (await metrics.get_active_users(ORG, **ANY_TIME)).active_users == 1
    for active in (metrics.get_daily_active_users, metrics.get_weekly_active_users, metrics.get_monthly_active_users):
        assert [row.active_users for row in await active(ORG, **ANY_TIME)][-1] == 1


async def test_refusals_arrive_as_its_own_errors(client: Any, control: DevinControl) -> None:
    (session_id,) = await control.create_sessions()
    with pytest.raises(sdk.NotFoundError):
        await client.sessions.events.list(session_id, org_id=ORG)  # in the SDK alone; a live probe got a 404 too
    with pytest.raises(sdk.UnprocessableEntityError) as invalid:
        await client.sessions.list(ORG, first=201)
    assert invalid.value.body["errors"][0]["loc"] == ["query", "first"]
    await control.permissions(revoke=["ManageOrgSecrets"])
    with pytest.raises(sdk.PermissionDeniedError, match="ManageOrgSecrets"):
        await client.secrets.list(ORG)
    await control.switch(key_revoked=True)
    with pytest.raises(sdk.AuthenticationError):
        await client.sessions.list(ORG)


async def test_its_retry_of_a_lost_answer_makes_a_second_session(devin: DevinSimulator, control: DevinControl) -> None:
    """Why the bot has a client of its own: the API knows no idempotency, and this one asks again by itself."""
    await control.fault("create_session", "commit_then_drop", times=1)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
        client = sdk.AsyncDevinSDK(api_key="cog_play", base_url=devin.base_url, http_client=http)
        await client.organizations.sessions.create(ORG, prompt="Fix the flaky login test")
    assert len(await control.sessions()) == 2
