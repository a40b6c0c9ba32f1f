"""Orders that no page would send: refused with a sentence, and nothing of them stays."""

import json

import pytest

from tests.playground.house import OURS
from tests.playground.sentences import NOT_FILES

HALF = "The text has an invalid character (a lone surrogate). Remove it and try again."
NO_NUMBER = "A number in this request isn't valid JSON, or is beyond 9,007,199,254,740,991. Send a smaller one."
DEEP = "This request is nested more than 100 levels deep. Send a flatter one."
READ = ("/api/workspace", "/api/messages?channel=C0WEB&user=U0ANN", "/api/sessions", "/api/calls")
TRANSCRIPT = "/api/transcript?channel=C0WEB&user=U0ANN"
DEEP_JSON = '{"text": ' + "[" * 5_000 + "]" * 5_000 + "}"
UNTAKEN = [
    (r'{"user": "U0ANN", "channel": "C0WEB", "text": "\ud83d"}', HALF),
    (r'{"user": "U0ANN", "channel": "C0WEB", "\udcff": "x"}', HALF),
    ('{"fields": {"acus_consumed": NaN}}', NO_NUMBER),
    ('{"fields": {"acus_consumed": -Infinity}}', NO_NUMBER),
    ('{"acus": 1e999}', NO_NUMBER),
    (f'{{"acus": 1{"0" * 400}}}', NO_NUMBER),
    (DEEP_JSON, DEEP),
    ('{"text": ' + "[" * 101 + "]" * 101 + "}", DEEP),
]


async def all_can_be_read(house):
    for path in (*READ, TRANSCRIPT):
        answer = await house.browser.get(path)
        assert answer.status_code == 200, (path, answer.text)


async def session(house):
    return (await house.to_devin("POST", "/sessions", prompt="Fix it"))["session_id"]


# ---------------------------------------------------------------- at the door


@pytest.mark.parametrize(("body", "sentence"), UNTAKEN)
async def test_what_could_never_be_told_again_is_refused_at_the_door(house, body, sentence):
    made = await session(house)
    headers = {**OURS, "Content-Type": "application/json"}
    for path in ("/api/slack/say", f"/api/devin/{made}/say", f"/api/devin/{made}/set", "/api/bench/fault"):
        answer = await house.browser.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (400, {"error": sentence})
    assert house.bench.done == []
    await all_can_be_read(house)


@pytest.mark.parametrize(("body", "sentence"), UNTAKEN)
async def test_the_control_apis_refuse_it_too(house, body, sentence):
    made = await session(house)
    answer = await house.outside.post(f"{house.devin.control_url}/sessions/{made}/say", content=body)
    assert (answer.status_code, answer.json()) == (400, {"detail": sentence})
    headers = {"Content-Type": "application/json"}
    answer = await house.outside.post(f"{house.slack.control_url}say", content=body, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["response_metadata"]["messages"] == [f"[ERROR] {sentence}"]
    files = {"user": "U0ANN", "channel": "C0WEB", "files": r'[{"name": "\ud83d"}]'}  # JSON inside of a form
    assert (await house.outside.post(f"{house.slack.control_url}say", data=files)).status_code == 409
    await all_can_be_read(house)


@pytest.mark.parametrize("body", [DEEP_JSON, r'{"prompt": "\ud83d"}', '{"prompt": "x", "max_acu_limit": NaN}'])
async def test_a_call_of_the_bot_leaves_nothing_that_cannot_be_told_either(house, body):
    path = f"{house.devin.base_url}/v3/organizations/org-play/sessions"
    headers = {"Authorization": "Bearer cog_play", "Content-Type": "application/json"}
    assert (await house.outside.post(path, content=body, headers=headers)).status_code == 422
    headers["Authorization"] = f"Bearer {house.slack.bot_token}"
    answer = await house.outside.post(f"{house.slack.base_url}chat.postMessage", content=body, headers=headers)
    assert answer.json()["error"] == "invalid_json"
    await all_can_be_read(house)


async def test_half_a_sign_in_the_name_of_an_upload_breaks_no_answer(house):
    path = f"{house.devin.base_url}/v3/organizations/org-play/attachments"
    headers = {"Authorization": "Bearer cog_play", "Content-Type": "multipart/form-data; boundary=x"}
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff.txt"\r\n\r\nhello\r\n--x--\r\n'
    assert (await house.outside.post(path, content=part, headers=headers)).status_code == 200
    assert (await house.get("/api/calls"))["devin"][-1]["body"] == {"file": "?.txt", "bytes": 5}


async def test_a_number_that_json_has_not_makes_the_pages_load_anew(house):
    made = await session(house)
    async with house.listening() as page:
        found = house.devin.world.session(made)
        found.acus_consumed = float("nan")
        house.devin.world.touch(found)
        assert (await page.event())["reset"] is True


async def test_who_cannot_take_a_change_in_hinders_nobody(house, caplog):
    def fail(_):
        raise KeyError("a secret")

    heard = []
    house.slack.state.news.follow(fail)
    house.slack.state.news.follow(heard.append)
    await house.say("hello")
    assert [change.kind for change in heard] == ["message"]
    assert "A follower failed to process a change (KeyError)." in caplog.messages
    assert "a secret" not in caplog.text


# ---------------------------------------------------------------- in Slack


LONG = "must be a text of 1 to 80 characters."


@pytest.mark.parametrize(
    ("act", "order", "sentence"),
    [
        ("person", {"id": "U0ANN", "real_name": ""}, f"Real_name {LONG}"),
        ("person", {"id": "U0ANN", "real_name": None}, f"Real_name {LONG}"),
        ("person", {"id": "U0ANN", "name": " "}, f"Name {LONG}"),
        ("person", {"id": 5}, f"Id {LONG}"),
        ("person", {"id": "U0ANN", "name": "new", "is_admin": "yes"}, "Is_admin must be true or false."),
        ("person", {"id": "U0ANN", "email": None}, "Email must be a text."),
        ("channel", {"id": "C0WEB", "name": None}, f"Name {LONG}"),
        ("channel", {"id": "C0WEB", "kind": []}, "Kind must be one of channel, group, im, mpim."),
        ("channel", {"id": "C0WEB", "members": ["U0ANN", 5]}, "Members must be a list of ids."),
        ("channel", {"id": "C0WEB", "members": "U0ANN"}, "Members must be a list of ids."),
        ("channel", {"id": "C0WEB", "name": "new", "is_archived": None}, "Is_archived must be true or false."),
    ],
)
async def test_people_and_channels_are_what_they_must_be(house, act, order, sentence):
    before = await house.get("/api/workspace")
    assert await house.post(f"/api/slack/{act}", **order) == (409, {"error": sentence})
    after = await house.get("/api/workspace")
    assert (after["people"], after["channels"]) == (before["people"], before["channels"])


NAME = "The name of a file is a text of 1 to 255 characters."
KIND = "The mimetype of a file is a media type such as text/plain."
SIZE = "The size of a file is a whole number from 0 to 1,000,000,000."


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["a"], NOT_FILES),
        ("[5]", NOT_FILES),
        ([{"name": 5}], NAME),
        ([{"name": None}], NAME),
        ([{"name": "x" * 256}], NAME),
        ([{"name": "good"}, {"mimetype": 5}], KIND),
        ([{"mimetype": None}], KIND),
        ([{"mimetype": "text/html\r\nX: y"}], KIND),
        ([{"size": {}}], SIZE),
        ([{"size": 10**12}], SIZE),
        ([{"content": 5}], "The content of a file is a text."),
        ([{"content_base64": "x"}], "The content_base64 of a file is no base64."),
        ([{"redirect": "javascript:alert(1)"}], "The redirect of a file is a web address."),
    ],
)
async def test_files_are_what_they_must_be_and_all_or_none_is_kept(house, files, sentence):
    order = {"user": "U0ANN", "channel": "C0WEB", "text": "x", "files": files}
    assert await house.post("/api/slack/say", **order) == (409, {"error": sentence})
    assert house.slack.state.files == {}


async def test_a_text_is_as_long_as_slack_lets_it_be(house):
    ts = await house.say("x" * 40_000)
    place = {"user": "U0ANN", "channel": "C0WEB"}
    for act, what, more in (("say", "message", {}), ("edit", "message", {"ts": ts}), ("slash", "command", {})):
        assert await house.post(f"/api/slack/{act}", **place, **more, text="y" * 40_001) == (
            409,
            {"error": f"A {what} has at most 40,000 characters; this one has 40,001."},
        )
    messages = (await house.get("/api/messages", channel="C0WEB", user="U0ANN"))["messages"]
    assert [message["text"][0] for message in messages] == ["x"]


async def test_a_reaction_is_an_emoji(house):
    ts = await house.say("hello")
    order = {"user": "U0BEN", "channel": "C0WEB", "ts": ts, "name": "eyes\n# x"}
    assert await house.post("/api/slack/react", **order) == (409, {"error": r"There's no emoji called 'eyes\n# x'."})


async def test_nobody_reacts_twice_with_the_same(house):
    order = {"user": "U0BEN", "channel": "C0WEB", "ts": await house.say("hello"), "name": "eyes"}
    assert (await house.post("/api/slack/react", **order))[0] == 200
    assert await house.post("/api/slack/react", **order) == (
        409,
        {"error": "Ben Ortiz has already reacted with eyes."},
    )


async def test_an_order_of_a_strange_shape_is_told_to_be_one(house):
    ts = await house.say("hello")
    order = {"user": "U0ANN", "channel": "C0WEB", "ts": ts, "event": [1]}
    assert await house.post("/api/slack/emit", **order) == (
        400,
        {"error": "The simulated Slack can't read this request (AttributeError)."},
    )
    answer = await house.outside.post(f"{house.slack.control_url}emit", json=order)
    assert (answer.status_code, answer.json()) == (400, {"error": "this request can't be read (AttributeError)"})


# ---------------------------------------------------------------- behind Devin


PACE = "The order's speed must be zero, which pauses it, or a number above, such as 0.5 or 2."
ACUS = "must be a number from 0 to 1,000,000."
MOMENT = "must be a whole number from 0 to 9,999,999,999."


@pytest.mark.parametrize(
    ("verb", "order", "sentence"),
    [
        ("set", {"fields": 5}, "The order's fields must be an object."),
        ("set", {"fields": None}, "The order's fields must be an object."),
        ("say", {"text": "x", "fields": ["status"]}, "The order's fields must be an object or null."),
        ("say", {"text": 5}, "The order's text must be a text."),
        ("say", {"text": "x", "fields": {"tags": "x"}}, "The field tags must be a list of at most 50 texts."),
        ("write", {"text": None}, "The order's text must be a text."),
        ("pr", {"url": 5}, "The order's url must be a text."),
        ("step", {"count": "x"}, "The order's count must be a whole number from 1 to 100,000."),
        ("spend", {"acus": "x"}, f"The order's acus {ACUS}"),
        ("spend", {"acus": 1e300}, f"The order's acus {ACUS}"),
        ("spend", {"acus": True}, f"The order's acus {ACUS}"),
        ("play", {"speed": "x"}, PACE),
        ("play", {"speed": 1e300}, PACE),
        ("attach", {"name": "a", "content": 5}, "The order's content must be a text."),
        (
            "attach",
            {"name": "a", "content": "x", "content_type": "text/html\nX: y"},
            "The order's content_type must be a media type such as text/plain or null.",
        ),
        ("script", {"steps": "x"}, "The order's steps must be a list of objects."),
        ("script", {"steps": [{"dance": 1}]}, "A step has no dance."),
        ("script", {"steps": [{"acus": "x"}]}, f"A step's acus {ACUS}"),
        ("script", {"steps": [], "play": -1}, f"{PACE[:-1].replace('speed', 'play')} or null."),
        (
            "script",
            {"steps": [{"answers": [["(", "x"]]}]},
            "A step's answers must be a list of pairs of a pattern and a text.",
        ),
        (
            "script",
            {"steps": [{"pull_request": {}}]},
            "A step's pull_request must be an object with a url and a state or null.",
        ),
        ("set", {"fields": {"title": "New", "created_at": None}}, f"The field created_at {MOMENT}"),
        ("set", {"fields": {"title": "New", "updated_at": "x"}}, f"The field updated_at {MOMENT}"),
        ("set", {"fields": {"title": "New", "acus_consumed": None}}, f"The field acus_consumed {ACUS}"),
        ("set", {"fields": {"title": "New", "tags": [1]}}, "The field tags must be a list of at most 50 texts."),
        (
            "set",
            {"fields": {"title": "New", "pull_requests": "x"}},
            "The field pull_requests must be a list of objects with a pr_url and a pr_state.",
        ),
        (
            "set",
            {"fields": {"title": "New", "structured_output": "x"}},
            "The field structured_output must be an object or null.",
        ),
    ],
)
async def test_nothing_is_stored_of_an_order_with_a_value_that_cannot_be(house, verb, order, sentence):
    made = await session(house)
    before = await house.get(f"/api/sessions/{made}")
    assert await house.post(f"/api/devin/{made}/{verb}", **order) == (409, {"error": sentence})
    assert (await house.get(f"/api/sessions/{made}"))["session"] == before["session"]
    await all_can_be_read(house)


async def test_numbers_beyond_all_measure_are_refused_in_process_too(house):
    made = await session(house)
    for verb, order in (("play", {"speed": 10**400}), ("spend", {"acus": 10**400})):
        with pytest.raises(ValueError, match=rf"^The order's {next(iter(order))} must be "):
            await house.devin.perform(f"sessions/{made}/{verb}", order)
    with pytest.raises(ValueError, match=r"^The speed must be a number from 0\.25 to 20; 1 is as it is written\.$"):
        await house.devin.perform("speed", {"value": 10**400})


async def test_a_field_of_its_own_hides_none_of_the_others(house):
    made = await session(house)
    fields = {"messages": "x", "some_new_field": [1]}
    told = (await house.post(f"/api/devin/{made}/set", fields=fields))[1]
    assert [message["message"] for message in told["messages"]] == ["Fix it"]
    assert told["some_new_field"] == [1]
    assert json.dumps(told)
