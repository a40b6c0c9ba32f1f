"""What each method asks, and what it makes of the answer."""

import io
import logging
import traceback

import httpx
import pytest

from bot.devin import errors
from bot.devin.answers import Page
from bot.devin.client import Devin
from bot.devin.links import resolve as look_up
from bot.devin.models import DevinSession
from bot.domain.file import DevinFile
from bot.domain.session import PullRequest, Snapshot, bare_id

KEY = "cog_test_0123456789abcdef"
ORG = "org-abc123def456"
BARE = "3f1c0a9be2d44c7d8a5b6e7f80912a34"
SESSION = f"/v3/organizations/{ORG}/sessions/devin-{BARE}"
FILES_AT = "52.216.1.1"  # where the host of files is
FILES = f"/v3/organizations/{ORG}/attachments"


# ------------------------------------------------------------ who


async def test_self_as_a_service_user(devin, devin_api):
    devin_api.on("GET", "/v3/self", "self_service_user")

    me = await devin.self_()

    assert (me.is_service_user, me.id, me.name, me.org_id) == (
        True,
        "service-user-abc123",
        "Devin Bridge",
        None,
    )


async def test_self_as_a_person(devin, devin_api):
    devin_api.on("GET", "/v3/self", "self_person")

    me = await devin.self_()

    assert (me.is_service_user, me.id, me.name) == (False, "email|64b0c0ffee", "Ada")


async def test_self_as_something_newer(devin, devin_api):
    devin_api.on("GET", "/v3/self", httpx.Response(200, json={"principal_type": "robot", "x": 1}))

    me = await devin.self_()

    assert (me.principal_type, me.id) == ("robot", None)


# ------------------------------------------------------------ sessions


async def test_create_sends_what_was_given_and_nothing_else(devin, devin_api):
    devin_api.on_org("POST", "/sessions", "session_new")

    await devin.create_session(
        "Fix the flaky login test",
        title=None,
        tags=("devin-bridge", "ref:1767225600.000100"),
        repos=["acme/web"],
        playbook_id=None,
        devin_mode="fast",
        max_acu_limit=10,
        attachment_urls=["https://api.devin.ai/f"],
        create_as_user_id="email|64b0c0ffee",
    )

    assert devin_api.sent == {
        "prompt": "Fix the flaky login test",
        "tags": ["devin-bridge", "ref:1767225600.000100"],
        "repos": ["acme/web"],
        "devin_mode": "fast",
        "max_acu_limit": 10,
        "attachment_urls": ["https://api.devin.ai/f"],
        "create_as_user_id": "email|64b0c0ffee",
    }


async def test_filters_are_repeated_parameters(devin, devin_api):
    devin_api.on_org("GET", "/sessions", "sessions_empty")

    found = [
        page
        async for page in devin.session_pages(
            tags=["a", "b"], updated_after=1767225600, is_archived=False, user_ids=None
        )
    ]

    assert [page.items for page in found] == [()]
    assert devin_api.last.url.query.decode() == ("tags=a&tags=b&updated_after=1767225600&is_archived=false&first=200")


async def test_insights_count_messages(devin, devin_api):
    devin_api.on_org("GET", "/sessions/insights", "insights")

    (row,) = [row async for row in devin.session_insights(session_ids=[BARE])]
    (page,) = [page async for page in devin.session_insight_pages(session_ids=[BARE])]

    assert (row.num_user_messages, row.num_devin_messages, row.session_size) == (1, 2, "xs")
    assert page.items == (row,)
    assert devin_api.last.url.params.get_list("session_ids") == [BARE]


@pytest.mark.parametrize(
    ("method", "tail", "ask", "name", "status"),
    [
        ("DELETE", "", lambda devin: devin.terminate(BARE), "session_ended", "exit"),
        ("POST", "/archive", lambda devin: devin.archive(BARE), "session_archived", "suspended"),
        ("POST", "/unarchive", lambda devin: devin.unarchive(BARE), "session_waiting", "running"),
    ],
    ids=["terminate", "archive", "unarchive"],
)
async def test_what_changes_a_session_answers_with_it(devin, devin_api, method, tail, ask, name, status):
    devin_api.on_session(method, tail, name)

    assert (await ask(devin)).status == status
    assert devin_api.asked == [f"{method} {SESSION}{tail}"]


@pytest.mark.parametrize(("archive", "expected"), [(True, "true"), (False, "false")])
async def test_terminate_may_archive(devin, devin_api, archive, expected):
    devin_api.on_session("DELETE", "", "session_ended")

    await devin.terminate(BARE, archive=archive)

    assert dict(devin_api.last.url.params) == {"archive": expected}


async def test_a_message_with_files_for_a_person(devin, devin_api):
    devin_api.on_session("POST", "/messages", "session_resuming")

    await devin.send_message(BARE, "See the log", ["https://api.devin.ai/f"], "email|64b0c0ffee")

    assert devin_api.sent == {
        "message": "See the log",
        "attachment_urls": ["https://api.devin.ai/f"],
        "message_as_user_id": "email|64b0c0ffee",
    }


async def test_files_are_apart_from_what_devin_says_and_from_nobody_elses_words(devin, devin_api):
    text = 'Look.\nATTACHMENT:"https://app.devin.ai/attachments/0000/a.png"'
    rows = [
        {"event_id": f"e{number}", "source": source, "message": text, "created_at": 1, "files": ["odd"]}
        for number, source in enumerate(("devin", "user"))
    ]
    devin_api.on_session("GET", "/messages", httpx.Response(200, json={"items": rows, "has_next_page": False}))

    by_devin, by_user = [message async for message in devin.messages(BARE)]

    assert (by_devin.message, by_devin.files) == ("Look.", (DevinFile("a.png", "0000"),))
    assert (by_user.message, by_user.files) == (text, ())


async def test_tags(devin, devin_api):
    for method in ("GET", "POST", "PUT"):
        devin_api.on_session(method, "/tags", "tags")

    assert await devin.tags(BARE) == ("devin-bridge", "csv")
    assert await devin.append_tags(BARE, ("csv",)) == ("devin-bridge", "csv")
    assert devin_api.sent == {"tags": ["csv"]}
    assert await devin.replace_tags(BARE, []) == ("devin-bridge", "csv")
    assert devin_api.sent == {"tags": []}
    assert devin_api.asked == [f"{method} {SESSION}/tags" for method in ("GET", "POST", "PUT")]


# ------------------------------------------------------------ ids


@pytest.mark.parametrize("given", [BARE, f"devin-{BARE}"])
async def test_a_path_has_the_prefix_once(devin, devin_api, given):
    devin_api.on_session("GET", "", "session_working")

    session = await devin.get_session(given)

    assert devin_api.asked == [f"GET {SESSION}"]
    assert session.session_id == BARE  # as Devin gave it
    assert bare_id(given) == BARE


@pytest.mark.parametrize(
    ("method", "tail", "ask", "name"),
    [
        ("GET", "", lambda devin: devin.get_session(f"devin-{BARE}"), "session_working"),
        ("POST", "/messages", lambda devin: devin.send_message(BARE, "yes"), "session_resuming"),
        ("POST", "/archive", lambda devin: devin.archive(BARE), "session_archived"),
        ("DELETE", "", lambda devin: devin.terminate(BARE), "session_ended"),
    ],
    ids=["get", "message", "archive", "terminate"],
)
async def test_a_404_on_the_prefixed_form_falls_back_once_to_the_bare_form(devin, devin_api, method, tail, ask, name):
    bare = f"/v3/organizations/{ORG}/sessions/{BARE}{tail}"
    devin_api.on(method, bare, name)

    assert (await ask(devin)).session_id == BARE
    assert devin_api.asked == [f"{method} {SESSION}{tail}", f"{method} {bare}"]


async def test_two_404_are_not_found(devin, devin_api):
    with pytest.raises(errors.DevinNotFound) as caught:
        await devin.send_message(BARE, "yes")

    assert caught.value.message == "Resource not found"
    assert len(devin_api.requests) == 2


async def test_only_a_404_falls_back(devin, devin_api):
    devin_api.on_session("POST", "/messages", "error_409")

    with pytest.raises(errors.DevinConflict):
        await devin.send_message(BARE, "yes")

    assert len(devin_api.requests) == 1


async def test_an_id_cannot_leave_its_place_in_the_path(devin, devin_api):
    with pytest.raises(errors.DevinNotFound):
        await devin.get_session("../../self?x=1")

    assert [request.url.raw_path for request in devin_api.requests] == [
        f"/v3/organizations/{ORG}/sessions/{prefix}..%2F..%2Fself%3Fx%3D1".encode() for prefix in ("devin-", "")
    ]


# ------------------------------------------------------------ files


async def test_upload(devin, devin_api):
    devin_api.on_org("POST", "/attachments", "attachment")

    file = await devin.upload_attachment("data.csv", io.BytesIO(b"a;b\n1;2\n"), "text/csv")

    assert file.url == f"https://api.devin.ai{FILES}/0000/data.csv"
    assert devin_api.last.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    body = devin_api.last.content
    assert b'name="file"; filename="data.csv"\r\nContent-Type: text/csv\r\n\r\na;b\n1;2\n\r\n' in body


async def test_a_control_sign_in_the_name_of_a_file_does_not_have_it_refused(devin, devin_api):
    devin_api.on_org("POST", "/attachments", "attachment")

    await devin.upload_attachment("da\x1bta\x7f\n.csv", io.BytesIO(b"a"), "text/csv")

    assert b'name="file"; filename="da_ta__.csv"\r\n' in devin_api.last.content


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare array", "items"])
async def test_session_attachments_in_both_forms(devin, devin_api, wrapped):
    rows = [{"attachment_id": "att-1", "name": "a.py", "url": "https://x/a.py", "source": "devin"}]
    answers = ["session_attachments"] if not wrapped else [httpx.Response(200, json={"items": rows})]
    devin_api.on_session("GET", "/attachments", *answers)

    (file,) = await devin.session_attachments(BARE)

    assert (file.attachment_id, file.source) == ("att-1", "devin")
    assert file.content_type == (None if wrapped else "text/x-python")


STORED = "https://files.example.com/0000?signature=abc"


async def saved(devin, uuid="0000", name="a", most=100):
    """What is read of a file."""
    content = io.BytesIO()
    await devin.save_attachment(uuid, name, content, most)
    return content.getvalue()


async def test_download_leaves_the_key_behind_at_the_redirect(devin, devin_api):
    devin_api.on_org("GET", "/attachments/0000/my data.csv", httpx.Response(307, headers={"Location": STORED}))
    devin_api.on("GET", "/0000", httpx.Response(200, content=b"a;b\n"))

    assert await saved(devin, name="my data.csv") == b"a;b\n"

    first, second = devin_api.requests
    assert first.headers["Authorization"] == f"Bearer {KEY}"
    assert first.url.host == "api.devin.ai"
    assert str(second.url) == STORED.replace("files.example.com", FILES_AT)
    assert (second.headers["Host"], second.extensions["sni_hostname"]) == ("files.example.com", "files.example.com")
    assert "Authorization" not in second.headers


@pytest.mark.parametrize(
    ("link", "at"),
    [
        ("https://127.0.0.1/0000", []),
        ("https://[::1]/0000", []),
        ("https://169.254.169.254/latest/meta-data", []),
        ("https://52.216.1.1/0000", []),
        ("https://2130706433/0000", ["127.0.0.1"]),
        ("https://localhost/0000", ["127.0.0.1", "::1"]),
        ("https://files.example.com/0000", ["10.0.0.7"]),
        ("https://files.example.com/0000", [FILES_AT, "192.168.1.1"]),
        ("https://files.example.com/0000", ["::ffff:10.0.0.7"]),
        ("https://files.example.com/0000", ["fd00::7"]),
        ("https://files.example.com/0000", ["fe80::1%eth0"]),
        ("https://files.example.com/0000", ["0.0.0.0"]),
        ("https://files.example.com/0000", []),
        ("http://files.example.com/0000", [FILES_AT]),
        ("ftp://files.example.com/0000", [FILES_AT]),
        (f"https://{'a' * 64}.example.com/0000", UnicodeError("label too long")),
    ],
)
async def test_a_download_link_leads_to_a_name_and_to_no_address_of_our_own_network(
    devin, devin_api, addresses, link, at
):
    addresses[link.split("/")[2]] = at
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": link}))

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await saved(devin)

    assert caught.value.message == "The link to the file is not a safe one."
    assert len(devin_api.requests) == 1


@pytest.mark.parametrize("refused", ["169.254.169.254", "127.0.0.1"])
async def test_files_may_be_in_the_network_that_the_api_is_in(devin, devin_api, addresses, refused):
    addresses |= {"api.devin.ai": ["10.0.0.1"], "files.example.com": ["10.0.0.7"]}
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": STORED}))
    devin_api.on("GET", "/0000", httpx.Response(200, content=b"a;b\n"))

    assert await saved(devin) == b"a;b\n"
    assert devin_api.last.url.host == "10.0.0.7"

    addresses["files.example.com"] = [refused]
    with pytest.raises(errors.DevinUnexpectedAnswer):
        await saved(devin)


async def test_a_link_to_the_apis_own_host_is_asked_by_its_name(devin, devin_api):
    link = "https://api.devin.ai:8443/0000"
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": link}))
    devin_api.on("GET", "/0000", httpx.Response(200, content=b"a;b\n"))

    assert await saved(devin) == b"a;b\n"
    assert str(devin_api.last.url) == link


async def test_behind_a_proxy_the_proxy_looks_the_name_up(devin_api, monkeypatch):
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host}:{port} is looked up")

    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": STORED}))
    devin_api.on("GET", "/0000", httpx.Response(200, content=b"a;b\n"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(devin_api)) as http:
        # After the client was made, which would ask the proxy itself.
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert await saved(Devin(http, KEY, ORG, resolve=resolve)) == b"a;b\n"

    assert str(devin_api.last.url) == STORED


async def test_a_host_that_nobody_knows_cannot_be_reached():
    with pytest.raises(httpx.ConnectError):
        await look_up("files.invalid", 443)
    assert await look_up("127.0.0.1", 443) == ["127.0.0.1"]


async def test_a_redirect_without_a_link_is_an_answer_that_cannot_be_read(devin, devin_api):
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307))

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await saved(devin)

    assert caught.value.message == "The link to the file is missing."


async def test_download_of_what_our_own_host_hands_out(devin, devin_api):
    devin_api.on_org("GET", "/attachments/0000/data.csv", httpx.Response(200, content=b"a;b\n"))

    assert await saved(devin, name="data.csv") == b"a;b\n"
    assert devin_api.last.url.host == "api.devin.ai"


async def test_a_download_reads_no_more_than_a_chunk_at_once(devin, devin_api):
    class Chunks(io.BytesIO):
        largest = 0

        def write(self, chunk):
            self.largest = max(self.largest, len(chunk))
            return super().write(chunk)

    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": STORED}))
    devin_api.on("GET", "/0000", httpx.Response(200, content=b"x" * 300_000))
    content = Chunks()

    await devin.save_attachment("0000", "a", content, 300_000)

    assert (len(content.getvalue()), content.largest) == (300_000, 65_536)


@pytest.mark.parametrize(
    ("link", "answer", "expected"),
    [
        ("http://files.example.com/0000", httpx.Response(200), "The link to the file is not a safe one."),
        (STORED, httpx.Response(403), "The link to the file could not be read."),
        (STORED, httpx.Response(302, headers={"Location": "/"}), "The link to the file could not be read."),
    ],
    ids=["not https", "expired", "another redirect"],
)
async def test_a_download_link_that_does_not_work(devin, devin_api, link, answer, expected):
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": link}))
    devin_api.on("GET", "/0000", answer)

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await saved(devin)

    assert caught.value.message == expected
    assert "signature" not in str(caught.value)


@pytest.mark.parametrize(("status", "error"), [(404, errors.DevinNotFound), (503, errors.DevinServerError)])
async def test_a_download_that_devin_refuses(devin, devin_api, status, error):
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(status, json={"detail": "no"}))

    with pytest.raises(error):
        await saved(devin)

    assert len(devin_api.requests) == 1


async def test_a_download_link_without_an_answer(devin, devin_api):
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": STORED}))
    devin_api.on("GET", "/0000", httpx.ReadError("reset"))

    with pytest.raises(errors.DevinUnreachable):
        await saved(devin)


async def test_a_file_that_is_too_large(devin, devin_api):
    devin_api.on_org("GET", "/attachments/0000/a", httpx.Response(307, headers={"Location": STORED}))
    devin_api.on("GET", "/0000", httpx.Response(200, content=b"1234"))

    assert await saved(devin, most=4) == b"1234"
    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await saved(devin, most=3)

    assert caught.value.message == "The file is too large."


@pytest.mark.parametrize(("uuid", "name"), [("", "a"), ("0000", ""), ("..", "a"), ("0000", "..")])
async def test_an_address_without_a_file(devin, devin_api, uuid, name):
    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await saved(devin, uuid, name)

    assert caught.value.message == "The address of the file has no name in it."
    assert devin_api.requests == []


# ------------------------------------------------------------ people, playbooks, knowledge, cycles

USERS = f"/v3beta1/organizations/{ORG}/members/users"
IDP_USERS = f"/v3beta1/organizations/{ORG}/members/idp-users"


async def test_a_member_by_email(devin, devin_api):
    devin_api.on("GET", USERS, "members")

    (ada,) = await devin.members_by_email("Ada@Example.com")

    assert (ada.user_id, ada.name) == ("email|64b0c0ffee", "Ada")
    assert devin_api.asked == [f"GET {USERS}"]
    assert devin_api.last.url.params["email"] == "ada@example.com"


async def test_a_member_through_an_identity_provider(devin, devin_api):
    devin_api.on("GET", USERS, "members_none")
    devin_api.on("GET", IDP_USERS, "members_idp")

    (grace,) = await devin.members_by_email("grace@example.com")

    assert grace.user_id == "okta|77"


async def test_who_is_in_both_lists_has_the_roles_of_both(devin, devin_api):
    def listed(**roles):
        return httpx.Response(200, json={"items": [{"user_id": "okta|1", "email": "a@acme.test", **roles}]})

    def role(name):
        return {"role": {"role_id": name, "role_name": name}, "org_id": ORG}

    devin_api.on("GET", USERS, listed(role_assignments=[role("Admin")]))
    devin_api.on("GET", IDP_USERS, listed(idp_role_assignments=[role("Reader") | {"idp_group_name": "All"}]))

    (ada,), _ = await devin.members()

    assert [assigned.role.role_name for assigned in ada.roles] == ["Admin", "Reader"]


async def test_an_ignored_email_filter_makes_nobody_somebody_else(devin, devin_api):
    devin_api.on("GET", USERS, "members")
    devin_api.on("GET", IDP_USERS, httpx.Response(200, json={"items": [{"user_id": "okta|78"}]}))

    assert await devin.members_by_email("mallory@example.com") == ()


async def test_members_where_the_list_has_left_beta(devin, devin_api):
    devin_api.on("GET", f"/v3/organizations/{ORG}/members/users", "members")

    assert len(await devin.members_by_email("ada@example.com")) == 1


async def test_members_where_there_is_no_such_list(devin, devin_api):
    assert await devin.members_by_email("ada@example.com") == ()


async def test_members_without_the_permission(devin, devin_api):
    devin_api.on("GET", USERS, "error_403")

    with pytest.raises(errors.DevinForbidden) as caught:
        await devin.members_by_email("ada@example.com")

    assert caught.value.needed == "ViewOrgMembership"


async def test_playbooks_notes_and_cycles(devin, devin_api):
    devin_api.on_org("GET", "/playbooks", "playbooks")
    devin_api.on_org("GET", "/knowledge/notes", "notes")
    devin_api.on("GET", "/v3/enterprise/consumption/cycles", "consumption_cycles")

    assert [playbook.title async for playbook in devin.playbooks()] == ["Raise test coverage"]
    assert [note.trigger async for note in devin.notes()] == ["When writing code in this repo"]
    assert [(c.after, c.before) async for c in devin.consumption_cycles()] == [(1764921600, 1767600000)]


async def test_the_limits_of_a_cycle(devin, devin_api):
    devin_api.on("GET", "/v3/enterprise/consumption/acu-limits/devin", "acu_limits_first_page", "acu_limits_last_page")
    devin_api.on("GET", f"/v3/enterprise/organizations/{ORG}", "organization")

    limits = [(one.scope, one.org_id, one.user_id, one.cycle_acu_limit) async for one in devin.acu_limits()]

    assert limits == [("enterprise", None, None, 5000), ("org", ORG, None, 500), ("user", ORG, "email|1", 50)]
    assert (await devin.organization()).max_cycle_acu_limit == 400


@pytest.mark.parametrize("note_id", ["", ".", ".."])
async def test_an_id_that_would_lead_to_another_path_is_not_found_and_not_asked_for(devin, devin_api, note_id):
    for ask in (devin.get_note(note_id), devin.delete_note(note_id), devin.replace_note(note_id, "n", "b", "t")):
        with pytest.raises(errors.DevinNotFound):
            await ask
    assert devin_api.requests == []


async def test_the_limits_of_a_cycle_by_kind_of_agent(devin, devin_api):
    path = f"/v3beta1/enterprise/organizations/{ORG}/consumption/acu-limits"
    for name in ("agent_acu_limits", "agent_acu_limits_of_one"):
        devin_api.on("GET", path, name)

    both, local_alone = await devin.agent_limits(), await devin.agent_limits()

    assert (both.cloud_agent.cycle_acu_limit, both.local_agent.cycle_acu_limit) == (1000, 500)
    assert (local_alone.cloud_agent, local_alone.local_agent.cycle_acu_limit) == (None, 0)


async def test_a_note_with_everything(devin, devin_api):
    devin_api.on_org("POST", "/knowledge/notes", "note")

    await devin.create_note("n", "b", "t", folder_id="folder-1", pinned_repo="acme/web", is_enabled=False)

    assert devin_api.sent == {
        "name": "n",
        "body": "b",
        "trigger": "t",
        "folder_id": "folder-1",
        "pinned_repo": "acme/web",
        "is_enabled": False,
    }


async def test_consumption_without_bounds(devin, devin_api):
    devin_api.on_org("GET", "/consumption/daily", "consumption_daily")

    await devin.daily_consumption()

    assert devin_api.last.url.query == b""


# ------------------------------------------------------------ answers

MINIMAL = {"session_id": "a1", "url": "https://app.devin.ai/sessions/a1", "status": "running"}


def test_new_words_fields_and_nulls_are_accepted():
    session = DevinSession.model_validate(
        {
            **MINIMAL,
            "status": "dreaming",
            "status_detail": "of_sheep",
            "devin_mode": "swe-2-max",
            "origin": "telepathy",
            "brand_new": {"field": 1},
            "tags": None,
            "acus_consumed": None,
            "pull_requests": [{"pr_url": "https://github.com/acme/web/pull/7", "number": 7}],
            "child_session_ids": None,
        }
    )

    assert (session.status, session.status_detail, session.devin_mode) == (
        "dreaming",
        "of_sheep",
        "swe-2-max",
    )
    assert (session.tags, session.acus_consumed, session.child_session_ids) == ((), 0.0, ())
    assert session.pull_requests[0].pr_state is None


def test_models_are_frozen():
    session = DevinSession.model_validate(MINIMAL)

    with pytest.raises(ValueError, match="frozen"):
        session.status = "exit"


async def test_the_part_people_see(devin, devin_api):
    devin_api.on_session("GET", "", "session_finished")

    seen = (await devin.get_session(BARE)).snapshot()

    assert seen == Snapshot(
        status="running",
        detail="finished",
        title="Analyse CSV data",
        pull_requests=(PullRequest("https://github.com/acme/web/pull/7", "open"),),
        acus=2.5,
        has_result=True,
        archived=False,
        updated_at=1767226800,
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(200, text="<html>"), "Invalid JSON: expected value at line 1 column 1"),
        (httpx.Response(200, text=""), "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (httpx.Response(200, json={"url": "https://x", "status": "new"}), "Field required (at session_id)."),
        (httpx.Response(302, headers={"Location": "https://login.example.com"}), "Invalid JSON"),
    ],
    ids=["html", "empty", "another shape", "redirect"],
)
async def test_an_unreadable_answer_to_a_change_is_uncertain(devin, devin_api, answer, expected):
    devin_api.on_session("POST", "/archive", answer)

    with pytest.raises(errors.DevinUncertain) as caught:
        await devin.archive(BARE)

    assert type(caught.value) is errors.DevinUnexpectedAnswer
    assert caught.value.message.startswith(expected)
    assert caught.value.path == f"{SESSION}/archive"
    assert len(devin_api.requests) == 1


async def test_an_unreadable_answer_is_not_repeated_in_the_error(devin, devin_api):
    devin_api.on_session(
        "GET", "/messages", httpx.Response(200, json={"items": [{"text": "a private text", "source": []}]})
    )

    with pytest.raises(errors.DevinUnexpectedAnswer) as caught:
        await anext(devin.messages(BARE))

    assert "private text" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.message == "Value error, No row can be read for its event_id and source (at the beginning)."


def test_a_page_may_lack_all_but_its_items():
    assert Page[DevinSession].model_validate({"items": []}) == Page[DevinSession](items=())


# ------------------------------------------------------------ the host and the key


@pytest.mark.parametrize("base", ["https://api.acme.devinenterprise.com", "https://api.acme.devinenterprise.com/"])
async def test_an_enterprise_has_its_own_host(http, devin_api, base):
    devin_api.on("GET", "/v3/self", "self_service_user")

    await Devin(http, KEY, ORG, base).self_()

    assert str(devin_api.last.url) == "https://api.acme.devinenterprise.com/v3/self"


async def test_the_client_given_stays_open(http, devin_api):
    devin_api.on("GET", "/v3/self", "self_service_user")

    await Devin(http, KEY, ORG).self_()

    assert not http.is_closed


async def test_the_key_is_shown_nowhere(devin, devin_api, caplog):
    caplog.set_level(logging.DEBUG)
    echo = httpx.Response(401, json={"detail": f"Invalid API key {KEY}"})
    devin_api.on("GET", "/v3/self", "error_500", "self_service_user")
    devin_api.on_org("POST", "/sessions", echo, httpx.ReadError("reset"), httpx.ConnectError("refused"))
    shown = [repr(devin), str(devin), repr(vars(devin)), repr(vars(devin._transport))]
    shown += [repr(vars(devin._transport._auth)), repr(await devin.self_())]

    for _ in range(3):
        with pytest.raises(errors.DevinError) as caught:
            await devin.create_session("Fix the flaky login test")
        shown += [repr(caught.value), str(caught.value), repr(vars(caught.value))]
        shown += traceback.format_exception(caught.value)

    assert KEY not in "".join([*shown, caplog.text])
    assert repr(devin) == "Devin(org_id='org-abc123def456')"
    assert all(request.headers["Authorization"] == f"Bearer {KEY}" for request in devin_api.requests)


@pytest.mark.parametrize("key", ["", "cog_secret\n", "cog secret", "cog_sécret", "cog_\tsecret"])
def test_an_odd_key_is_refused_without_being_shown(key, http):
    with pytest.raises(ValueError, match="The Devin API key") as caught:
        Devin(http, key, ORG)

    assert str(caught.value) == (
        "The Devin API key is empty or has a space, a line break, or another invalid character."
    )
