"""What people do on the page: in Slack, behind Devin and at the bench."""

from tests.playground.house import EVIL, OURS
from tests.playground.sentences import NOT_FILES


async def test_people_act_in_slack_and_what_is_impossible_is_told_with_names(house):
    status, said = await house.post("/api/slack/say", user="U0ANN", channel="C0WEB", text="hello")
    assert status == 200
    assert said["message"]["text"] == "hello"
    assert await house.post("/api/slack/say", user="U0GUEST", channel="C0PRIVATE", text="x") == (
        409,
        {"error": "Gus Guest isn't in #private."},
    )
    assert await house.post("/api/slack/say", user="U0ANN", channel="D0BEN", text="x") == (
        409,
        {"error": "Ann Lee isn't in these direct messages."},
    )
    assert await house.post("/api/slack/delete", user="U0BEN", channel="C0WEB", ts=said["ts"]) == (
        409,
        {"error": f"Ben Ortiz didn't write {said['ts']}."},
    )
    status, answer = await house.post("/api/slack/dance")
    assert status == 409
    assert answer["error"].startswith("There's no act dance; there are archive, channel, ")
    assert await house.post("/api/slack/edit", user="U0ANN", channel="C0WEB") == (
        409,
        {
            "error": "Slack rejected this: invalid_arguments [ERROR] missing required field: ts.",
            "code": "invalid_arguments",
        },
    )
    assert await house.post("/api/slack/submit_view", user="U0ANN", view_id="V1", values=[1]) == (
        409,
        {"error": "The view V1 isn't open."},
    )
    assert await house.post("/api/slack/say", user="U0ANN", channel="C0WEB", text="x", files={"name": "a"}) == (
        409,
        {"error": NOT_FILES},
    )


async def test_a_command_that_reaches_nobody_is_an_answer_not_a_refusal(house):
    status, answer = await house.post("/api/slack/slash", user="U0ANN", channel="C0WEB", text="list")
    assert status == 200
    assert (answer["status"], answer["error"], answer["shown"]) == ("failed", "dispatch_failed", None)


async def test_devin_is_moved_from_behind(house):
    made = await house.to_devin("POST", "/sessions", prompt="Fix it")
    path = f"/api/devin/{made['session_id']}"
    status, told = await house.post(f"{path}/say", text="I am on it.")
    assert status == 200
    assert told["messages"][-1]["message"] == "I am on it."
    fields = {"status": "running", "status_detail": "waiting_for_user"}
    assert (await house.post(f"{path}/set", fields=fields))[1]["status_detail"] == "waiting_for_user"
    assert (await house.post(f"{path}/pr", url="https://github.com/acme/web/pull/1", state="open"))[1][
        "pull_requests"
    ] == [{"pr_url": "https://github.com/acme/web/pull/1", "pr_state": "open"}]
    assert (await house.post(f"{path}/spend", acus=1.5))[1]["acus_consumed"] == 1.5
    assert (await house.post(f"{path}/terminate"))[1]["status"] == "exit"
    assert (await house.post(f"{path}/archive"))[1]["is_archived"] is True
    assert (await house.post(f"{path}/unarchive"))[1]["is_archived"] is False
    assert await house.post("/api/devin/abc/say", text="x") == (404, {"error": "Session not found."})
    assert await house.post(f"{path}/dance") == (409, {"error": "There's no verb 'dance'."})
    assert await house.post(f"{path}/say") == (409, {"error": "The request is missing text."})
    assert await house.post(f"{path}/write", text="x") == (
        409,
        {"error": "Session was terminated and cannot receive messages."},
    )


async def test_a_script_that_is_replaced_is_told_too(house):
    made = await house.to_devin("POST", "/sessions", prompt="Fix it")
    async with house.listening() as page:
        await house.post(f"/api/devin/{made['session_id']}/script", steps=[])
        assert [row["steps_left"] for row in (await page.until("sessions"))["sessions"]] == [0]


async def test_the_bench_does_what_it_is_asked_and_says_so(house):
    assert await house.post("/api/bench/jump", to="digest") == (200, {"said": "Done: jump {'to': 'digest'}."})
    await house.post("/api/bench/kill")
    assert await house.post("/api/bench/kill") == (409, {"error": "The bot is not running."})
    assert house.bench.done == ["jump", "kill"]


async def test_a_body_must_be_an_object(house):
    for body in (b"[]", b"x", b"", b"\xff"):
        headers = {**OURS, "Content-Type": "application/json"}
        answer = await house.browser.post("/api/slack/say", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "The request body isn't a JSON object."},
        )


async def test_text_of_people_and_of_devin_arrives_as_data_only(house):
    await house.say(EVIL)
    made = await house.to_devin("POST", "/sessions", prompt=EVIL, title=EVIL)
    await house.post(f"/api/devin/{made['session_id']}/say", text=EVIL)
    for path in ("/api/messages?channel=C0WEB&user=U0ANN", "/api/sessions", "/api/workspace", "/api/calls"):
        answer = await house.browser.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await house.get("/api/messages", channel="C0WEB", user="U0ANN"))["messages"][0]["text"] == EVIL
    assert "alert(1)" not in (await house.browser.get("/")).text
    async with house.listening(after=(await house.get("/api/workspace"))["position"] - 1) as page:
        await house.say("line one\nid: 7\n\nevent: other\u2028")
        event = await page.until("messages")
        assert event["messages"][0]["text"] == "line one\nid: 7\n\nevent: other\u2028"
