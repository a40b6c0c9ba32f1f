"""What the page reads: the workspace, messages, threads, views, sessions, calls and files."""

import base64

from tests.playground.house import EVIL, section, view

# ---------------------------------------------------------------- reading


async def test_the_workspace_tells_people_channels_and_what_can_be_typed(house):
    ts = await house.say("hello")
    told = await house.get("/api/workspace")
    assert told["team"] == "Play"
    assert told["app"] == {"name": "Devin Bridge", "user": "U0BOT", "home_tab": True}
    assert {person["real_name"]: person["role"] for person in told["people"]} == {
        "Devin Bridge": "bot",
        "Ann Lee": "member",
        "Ben Ortiz": "member",
        "Ada Weiss": "admin",
        "Gus Guest": "guest",
        "Eve Other": "external",
    }
    assert {"id": "U0ANN", "name": "ann", "real_name": "Ann Lee", "role": "member"} in told["people"]
    web, direct = (next(item for item in told["channels"] if item["id"] == key) for key in ("C0WEB", "D0ANN"))
    assert web == {
        "id": "C0WEB",
        "name": "web",
        "kind": "channel",
        "members": ["U0ADA", "U0ANN", "U0BEN", "U0BOT", "U0GUEST"],
        "is_archived": False,
        "is_ext_shared": False,
        "has_bot": True,
        "latest": ts,
    }
    assert (direct["kind"], direct["latest"]) == ("im", None)
    assert told["commands"] == [
        {"command": "/devin", "description": "Start a Devin session", "usage_hint": "<what to do> | list"}
    ]
    assert told["shortcuts"] == [
        {"type": "message", "name": "Ask Devin", "callback_id": "ask", "description": "Starts a session"},
        {"type": "global", "name": "New session", "callback_id": "new", "description": "Asks what to do"},
    ]
    assert (told["me"], told["speed"], told["counters"]) == ("U0ANN", 2.0, {"saved": 0})
    assert (told["bot"], told["clock"]) == (house.bench.bot(), house.bench.clock())
    assert isinstance(told["position"], int)


async def test_a_guest_by_either_name_is_a_guest(house):
    await house.do("person", id="U0ONE", is_ultra_restricted=True)
    people = (await house.get("/api/workspace"))["people"]
    assert {person["id"]: person["role"] for person in people}["U0ONE"] == "guest"


async def test_messages_come_page_by_page_each_with_what_only_this_person_sees(house):
    stamps, private = [], []
    for number in range(5):
        stamps.append(await house.say(f"number {number}"))
        whisper = await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text=f"psst {number}")
        private.append(whisper["message_ts"])
    await house.say("a reply", thread_ts=stamps[4])
    also = await house.say("a reply for all", thread_ts=stamps[4], broadcast=True)

    newest = await house.get("/api/messages", channel="C0WEB", user="U0ANN", limit=3)
    assert [message["ts"] for message in newest["messages"]] == [*stamps[3:], also]
    assert newest["messages"][1]["reply_count"] == 2
    assert [item["ts"] for item in newest["ephemerals"]] == private[3:]
    assert newest["more"]

    rest = await house.get("/api/messages", channel="C0WEB", user="U0ANN", before=stamps[3])
    assert [message["text"] for message in rest["messages"]] == ["number 0", "number 1", "number 2"]
    assert [item["text"] for item in rest["ephemerals"]] == ["psst 0", "psst 1", "psst 2"]
    assert not rest["more"]

    others = await house.get("/api/messages", channel="C0WEB", user="U0BEN")
    assert len(others["messages"]) == 6
    assert others["ephemerals"] == []


async def test_questions_that_cannot_be_answered_get_a_sentence(house):
    assert await house.refused("/api/messages", user="U0ANN") == (400, "The request is missing channel.")
    place = {"channel": "C0WEB", "user": "U0ANN"}
    assert await house.refused("/api/messages", **place, limit=0) == (400, "limit is a whole number from 1 to 500.")
    assert await house.refused("/api/messages", **place, limit="many") == (
        400,
        "limit is a whole number from 1 to 500.",
    )
    assert await house.refused("/api/messages", channel="C0WEB", user="U0NOBODY") == (
        404,
        "There's no one called U0NOBODY.",
    )
    assert await house.refused("/api/messages", channel="C1", user="U0ANN") == (404, "There's no channel C1.")
    assert await house.refused("/api/messages", channel="C0PRIVATE", user="U0GUEST") == (
        403,
        "Gus Guest can't see #private.",
    )
    assert await house.refused("/api/messages", channel="C0OPS", user="U0EXT") == (403, "Eve Other can't see #ops.")
    group = (await house.do("open_group", user="U0ADA", users=["U0BEN", "U0BOT"]))["channel"]["id"]
    for direct in ("D0BEN", group):
        assert await house.refused("/api/messages", channel=direct, user="U0ANN") == (
            403,
            "Ann Lee can't see these direct messages.",
        )
    assert await house.refused("/api/thread", **place, ts="1700000000.000001") == (
        404,
        "This thread is gone because its first message was deleted.",
    )
    assert await house.refused("/api/sessions/abc") == (404, "There's no session abc.")
    assert await house.refused("/api/nothing") == (404, "There's nothing at /api/nothing.")
    assert await house.refused("/api/slack/say") == (405, "/api/slack/say doesn't accept GET.")


async def test_a_member_may_look_into_a_public_channel_before_joining(house):
    await house.do("channel", id="C0NEW", name="new", members=["U0BEN"])
    await house.say("hello", user="U0BEN", channel="C0NEW")
    seen = await house.get("/api/messages", channel="C0NEW", user="U0ANN")
    assert [message["text"] for message in seen["messages"]] == ["hello"]


async def test_a_thread_has_its_private_answers_and_its_agent_session(house):
    parent = await house.say("a task")
    reply = await house.say("a reply", user="U0BEN", thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="psst", thread_ts=parent)
    await house.by_bot("chat.postEphemeral", channel="C0WEB", user="U0ANN", text="outside")
    status = {"channel_id": "C0WEB", "thread_ts": parent, "status": "processing", "title": "A task"}
    await house.by_bot("agents.sessions.setStatus", **status)

    for ts in (parent, reply):
        told = await house.get("/api/thread", channel="C0WEB", ts=ts, user="U0ANN")
        assert [message["text"] for message in told["messages"]] == ["a task", "a reply"]
        assert [item["text"] for item in told["ephemerals"]] == ["psst"]
        assert told["agent"] == {"status": "processing", "title": "A task"}

    await house.do("delete", user="U0ANN", channel="C0WEB", ts=parent)
    left = await house.get("/api/thread", channel="C0WEB", ts=parent, user="U0BEN")
    assert [message.get("subtype") for message in left["messages"]] == ["tombstone", None]
    assert left["ephemerals"] == []
    other = await house.get("/api/thread", channel="C0WEB", ts=await house.say("alone"), user="U0BEN")
    assert other["agent"] is None


async def test_views_are_the_open_modals_bottom_to_top_and_the_home_tab(house):
    assert await house.get("/api/views", user="U0ANN") == {"modals": [], "home": None}
    first = (await house.by_bot("views.open", trigger_id=await house.trigger(), view=view()))["view"]
    await house.by_bot("views.push", trigger_id=await house.trigger(), view=view(title="More"))
    home = {"type": "home", "blocks": [section("At home")]}
    await house.by_bot("views.publish", user_id="U0ANN", view=home)
    told = await house.get("/api/views", user="U0ANN")
    assert [modal["title"]["text"] for modal in told["modals"]] == ["Start Devin", "More"]
    assert told["modals"][1]["previous_view_id"] == first["id"]
    assert told["home"]["blocks"][0]["text"]["text"] == "At home"
    await house.do("close_view", user="U0ANN", view_id=told["modals"][1]["id"])
    assert len((await house.get("/api/views", user="U0ANN"))["modals"]) == 1
    assert (await house.get("/api/views", user="U0BEN"))["modals"] == []
    assert await house.refused("/api/views", user="U0NOBODY") == (404, "There's no one called U0NOBODY.")


async def test_sessions_are_listed_newest_first_and_one_is_told_with_its_calls(house):
    prompt = "Fix the login page. " * 20
    made = await house.to_devin("POST", "/sessions", prompt=prompt, title="Login")
    await house.to_devin("POST", f"/sessions/{made['session_id']}/messages", message="And the logout page.")
    await house.to_devin("POST", "/sessions", prompt="Another")
    rows = (await house.get("/api/sessions"))["sessions"]
    assert [row["prompt"] for row in rows] == ["Another", prompt[:200]]
    assert rows[1].keys() == {
        "session_id", "bare_id", "title", "status", "status_detail", "acus_consumed", "tags", "pull_requests",
        "is_archived", "created_at", "steps_left", "prompt",
    }  # fmt: skip
    assert rows[1]["title"] == "Login"

    told = await house.get(f"/api/sessions/devin-{made['session_id']}")
    assert told["session"]["prompt"] == prompt
    assert [message["message"] for message in told["session"]["messages"]] == [prompt, "And the logout page."]
    assert [(call["route"], call["session_id"]) for call in told["calls"]] == [
        ("create_session", made["session_id"]),
        ("send_message", made["session_id"]),
    ]


async def test_the_last_calls_are_told_with_the_beginning_of_long_answers(house):
    for _ in range(200):
        await house.by_bot("auth.test", include=list(range(30)))
    await house.to_devin("GET", "/sessions")
    told = await house.get("/api/calls")
    assert len(told["slack"]) == 200
    newest = told["slack"][-1]
    assert (newest["method"], newest["ok"], newest["done"]) == ("auth.test", True, True)
    assert newest["args"]["include"] == [*range(20), "… and 10 more"]
    assert [call["n"] for call in told["slack"]] == sorted(call["n"] for call in told["slack"])
    assert [(call["route"], call["session_id"]) for call in told["devin"]] == [("list_sessions", None)]
    assert told["devin"][0]["status"] == 200


async def test_a_long_text_in_a_call_is_cut(house):
    await house.by_bot("chat.postMessage", channel="C0WEB", text="x" * 4_100)
    assert (await house.get("/api/calls"))["slack"][-1]["args"]["text"] == "x" * 4_000 + " … and 100 more characters"


# ---------------------------------------------------------------- files


async def attached(house, **spec):
    return (await house.do("say", user="U0ANN", channel="C0WEB", files=[spec]))["message"]["files"][0]["id"]


async def test_a_picture_is_shown_and_everything_else_is_saved_and_nothing_can_run(house):
    content = base64.b64encode(b"\x89PNG").decode()
    picture = await attached(house, name="a b.png", mimetype="image/png", content_base64=content)
    shown = await house.browser.get(f"/api/files/{picture}")
    assert shown.content == b"\x89PNG"
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''a%20b.png"
    for mimetype in ("text/html", "image/svg+xml", "text/plain", "application/pdf"):
        other = await attached(house, name='x"\r\n.html', mimetype=mimetype, content=EVIL)
        saved = await house.browser.get(f"/api/files/{other}")
        assert saved.text == EVIL
        assert saved.headers["content-type"] == "application/octet-stream"
        assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''x%22%0D%0A.html"
        assert saved.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert saved.headers["x-content-type-options"] == "nosniff"


async def test_a_file_of_some_size_is_zeros_and_one_that_is_elsewhere_is_not_fetched(house):
    large = await house.browser.get(f"/api/files/{await attached(house, name='a.bin', size=200_000)}")
    assert large.content == bytes(200_000)
    linked = await attached(house, name="plan.doc", redirect="http://127.0.0.1:1/")
    assert await house.refused(f"/api/files/{linked}") == (
        404,
        "plan.doc isn't stored in Slack: it only links to another site.",
    )
    assert await house.refused("/api/files/F1") == (404, "There's no such file.")
