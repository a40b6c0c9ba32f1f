"""The form of a new schedule: what is read from it, when that is in UTC, and every sentence about its fields."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.devin.schedules import Schedule
from bot.domain.commands.timed_tasks import read_timed
from bot.domain.form import Form
from bot.features.schedules import sentences as views
from bot.features.schedules.cron import next_due, parse_cron
from bot.features.schedules.flow import may_be
from bot.features.schedules.rules import FIELDS as OF_FORM
from bot.features.schedules.rules import Repeat, entered, mistakes
from bot.playground.slack.blocks import view_errors
from tests.unit.block_kit import assert_valid

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()  # winter time
FIELDS = {
    "name": " Nightly ",
    "task": "Run all tests.",
    "repeat": "weekdays",
    "time": "09:00",
    "zone": "europe/berlin",
}


@pytest.mark.parametrize(
    ("fields", "frequency"),
    [
        ({}, "0 8 * * 1,2,3,4,5"),
        ({"repeat": "daily"}, "0 8 * * *"),
        ({"repeat": "0", "time": "0:30"}, "30 23 * * 0"),  # on Sunday in UTC
        ({"repeat": "6", "time": "20.15", "zone": "America/New_York"}, "15 1 * * 1"),  # on Monday in UTC
        ({"time": "00:00"}, "0 23 * * 0,1,2,3,4"),
        ({"repeat": "hourly", "time": "00:10", "zone": "Asia/Kolkata"}, "40 * * * *"),
        ({"repeat": "cron", "cron": " 0  9 * * 1 ", "time": "", "zone": ""}, "0 9 * * 1"),
        ({"repeat": "no such"}, "0 8 * * 1,2,3,4,5"),
    ],
)
def test_when_it_runs_in_utc(fields, frequency):
    assert mistakes(FIELDS | fields, NOW) == {}
    values = entered(FIELDS | fields).values(NOW, "T0PLAY")
    assert values == {"name": "Nightly", "prompt": "Run all tests.", "frequency": frequency}


def test_what_runs_once_is_no_cron_expression():
    new = entered(FIELDS | {"repeat": "once", "date": "2026-11-27", "time": "8 am"})
    once = {"schedule_type": "one_time", "scheduled_at": "2026-11-27T07:00:00+00:00"}
    assert new.values(NOW, "T0PLAY") == {"name": "Nightly", "prompt": "Run all tests."} | once


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("upgrade to react 19 next Monday", "2026-11-30", ""),
        ("update the docs tomorrow at 8am", "2026-11-27", "8:00 AM"),
        ("tonight, rebuild the index", "2026-11-26", "8:00 PM"),
        ("on friday deploy the docs", "2026-11-27", ""),
        ("deploy the docs next thursday at noon", "2026-12-03", "12:00 PM"),
        ("at 17:00 deploy the docs", "2026-11-26", "5:00 PM"),
        ("at 9:00 deploy the docs", "2026-11-27", "9:00 AM"),
        ("update the docs next week", None, ""),
    ],
)
def test_on_which_day_a_task_is_to_run_once(text, day, at):
    timed = read_timed(text)
    found = timed.day(datetime.fromtimestamp(NOW, UTC))
    assert (found and found.isoformat(), timed.at, timed.once) == (day, at, True)


def test_options_of_the_task_count_as_in_its_fields():
    typed = FIELDS | {"task": "Upgrade deps repo=acme/web tags=a,b playbook=playbook-1", "channel": "C1"}
    assert mistakes(typed, NOW) == {"task": "Pick the playbook in its own field, not in the task."}
    picked = FIELDS | {"task": "Upgrade deps tags=a,b", "repos": "acme/web,acme/api", "playbook": "playbook-1"}
    assert mistakes(picked, NOW) == {}
    assert entered(picked | {"channel": "C1"}).values(NOW, "T0PLAY") == {
        "name": "Nightly",
        "prompt": "Upgrade deps\n\nRepositories: acme/web, acme/api",
        "frequency": "0 8 * * 1,2,3,4,5",
        "playbook_id": "playbook-1",
        "tags": ["a", "b"],
        "slack_team_id": "T0PLAY",
        "slack_channel_id": "C1",
    }


@given(
    st.sampled_from([one for one in Repeat if one not in {Repeat.CRON, Repeat.HOURLY}]),
    st.times(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "UTC"]),
)
def test_it_runs_at_that_time_on_those_days_in_that_zone(repeat, at, zone):
    new = entered(FIELDS | {"repeat": repeat, "time": f"{at:%H:%M}", "zone": zone})
    cron = parse_cron(new.frequency(NOW))
    due = cron and next_due(cron, NOW)
    assert due
    local = datetime.fromtimestamp(due, ZoneInfo(zone))
    assert (f"{local:%H:%M}", local.weekday() in repeat.weekdays) == (f"{at:%H:%M}", True)


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"name": " "}, "name", "Give it a name."),
        ({"task": ""}, "task", "Write what Devin should do."),
        ({"name": "x" * 101}, "name", "This has 101 characters, and the limit is 100. Make it shorter."),
        ({"repeat": "once"}, "date", "Pick the date."),
        ({"repeat": "once", "date": "2026-11-26", "time": "1 pm"}, "date", "That time has passed. Pick a later one."),
        ({"time": "25:00"}, "time", "Write a time, such as 9:00 AM."),
        ({"zone": "UTC+2"}, "zone", "Write the name of a zone, such as Europe/Berlin or UTC."),
        ({"task": "Run it acu=5"}, "task", "A schedule can't have an ACU limit. Remove it from the task."),
        ({"task": "Run it, limit=5"}, "task", "A schedule can't have an ACU limit. Remove it from the task."),
        ({"task": "Run it mode=fast"}, "task", "A schedule can't have a mode. Remove it from the task."),
        (
            {"task": "Run it repo=acme/"},
            "task",
            "`repo=acme/` needs an owner and a name, such as repo=acme/web.",
        ),
        ({"playbook": "?"}, "playbook", "Pick a playbook, or leave this empty."),
        ({"repos": "?"}, "repos", "Pick up to 10 repositories, each written as owner/name."),
        (
            {"repeat": "cron", "cron": "every day"},
            "cron",
            "Write five fields such as 0 9 * * 1-5: minute, hour, day, month, weekday.",
        ),
    ],
)
def test_each_mistake_has_a_sentence_under_its_field(fields, name, sentence):
    assert mistakes(FIELDS | fields, NOW) == {name: sentence}


def test_what_is_not_needed_may_be_empty():
    assert mistakes(FIELDS | {"repeat": "cron", "cron": "0 9 * * 1-5", "time": "", "zone": ""}, NOW) == {}
    assert set(mistakes({}, NOW)) == {"name", "task", "time", "zone"}


def test_slack_takes_the_form():
    view = views.schedule_form(
        Form("schedule_add", channel="C1"), "Europe/Berlin", datetime.fromtimestamp(NOW, UTC), "Run all tests."
    )
    assert view_errors(view) == []
    *fields, about = view["blocks"]
    drawn = {block["block_id"]: block["element"].get("initial_value") for block in fields}
    assert sorted(drawn) == sorted([*(field.name for field in OF_FORM), "date", "channel"])
    assert (drawn["task"], drawn["time"], drawn["zone"]) == ("Run all tests.", "9:00 AM", "Europe/Berlin")
    assert [text["text"] for text in about["elements"]] == [
        "Devin can't limit the ACUs of a schedule. A Devin admin can limit all sessions in Devin."
    ]
    (menu,) = (block["element"] for block in view["blocks"] if block.get("block_id") == "repeat")
    assert {option["value"] for option in menu["options"]} == {str(one) for one in Repeat}


def test_every_word_of_the_form():
    view = views.schedule_form(Form("schedule_add", channel="C1"), "Europe/Berlin", datetime.fromtimestamp(NOW, UTC))
    buttons = (view["title"]["text"], view["submit"]["text"], view["close"]["text"])
    assert buttons == ("New schedule", "Add", "Cancel")
    fields = view["blocks"][:-1]
    said = {block["block_id"]: (block["label"]["text"], block.get("hint", {}).get("text")) for block in fields}
    assert said == {
        "name": ("Name", None),
        "task": ("Task", "Each run starts a session with it."),
        "repos": ("Repositories", None),
        "playbook": ("Playbook", None),
        "repeat": ("Runs", None),
        "date": ("Date", "Only to run once."),
        "time": ("Time", "To run every hour at 15 past, write 9:15 AM."),
        "zone": ("Time zone", "Devin keeps times in UTC: when your clocks change, a run moves by an hour."),
        "cron": ("Other times", "Minute, hour, day, month, and weekday in UTC (cron), such as 0 9 * * 1-5."),
        "channel": (
            "Channel",
            "Devin's own Slack app posts updates there, so invite it. Leave empty for none.",
        ),
    }
    assert [block["block_id"] for block in fields if not block["optional"]] == ["name", "task", "repeat"]
    (menu,) = (block["element"] for block in view["blocks"] if block.get("block_id") == "repeat")
    assert menu["initial_option"]["value"] == "weekdays"
    assert [option["text"]["text"] for option in menu["options"]] == [
        "Monday to Friday",
        "Every day",
        "On Mondays",
        "On Tuesdays",
        "On Wednesdays",
        "On Thursdays",
        "On Fridays",
        "On Saturdays",
        "On Sundays",
        "Every hour",
        "Once, on the date below",
        "At other times, written below",
    ]


def test_a_schedule_is_found_again_after_devin_has_tidied_it_up():
    asked = {"name": "Nightly  run", "prompt": "Run:\n\n- all tests ", "frequency": "0 2 * * *"}
    there = {"scheduled_session_id": "sched-1", "name": "Nightly run", "prompt": "Run:\n- all tests"}
    assert may_be(Schedule(**there, frequency="0 2  * * *"), asked)
    assert not may_be(Schedule(**there, frequency="0 3 * * *"), asked)
    assert not may_be(Schedule(**there, frequency=None), asked)


def test_a_schedule_without_a_readable_field_may_be_the_one_that_its_other_fields_say():
    asked = {"name": "Nightly", "prompt": "Run.", "frequency": "0 2 * * *"}
    assert may_be(Schedule(scheduled_session_id="sched-1", name="Nightly", prompt="Run."), asked)
    assert not may_be(Schedule(scheduled_session_id="sched-1", name="Weekly", prompt="Run."), asked)


def test_what_is_said_about_a_new_schedule():
    made = Schedule(scheduled_session_id="sched-1", name="Nightly", frequency="0 8 * * 1,2,3,4,5")
    assert views.was_added(made, entered(FIELDS), NOW, "https://x.test").text == (
        "The schedule *Nightly* is added. It runs Monday to Friday at 9:00 AM (Europe/Berlin). "
        "The first run is <!date^1795766400^{date_short_pretty} at {time}|Nov 27, 2026 at 8:00 AM UTC>. "
        "<https://x.test|Open in Devin>"
    )
    (refused,) = views.not_added(entered(FIELDS | {"task": "Run `x` <all>"}), "No.")
    assert refused.text == "The schedule Nightly wasn't added. The reason and your text are below."
    assert [block["text"]["text"] for block in refused.blocks] == [
        ":warning: The schedule *Nightly* wasn't added. No.",
        "*Runs*\n```Monday to Friday, 09:00, europe/berlin```",
        "*Task*\n```Run `x` &lt;all&gt;```",
    ]
    assert_valid(refused)
    assert (
        views.late("Nightly").text
        == "Devin can't be reached right now. The schedule *Nightly* is kept and added later; no need to resend."
    )
    by_cron = entered(FIELDS | {"name": "n" * 90, "repeat": "cron", "cron": "0 9 * * 1", "task": "Run all. " * 400})
    (gone,) = views.not_added(by_cron, views.unreachable("r1", "https://x.test"))
    named, texts = f"{'n' * 79}…", [block["text"]["text"] for block in gone.blocks]
    assert gone.text == f"The schedule {named} wasn't added. The reason and your text are below."
    assert texts[:3] == [
        (
            f":warning: The schedule *{named}* wasn't added. Devin couldn't be reached for too long. Add it "
            "again, here or on <https://x.test|Devin's page>. Error ID `r1`."
        ),
        f"*Name*\n```{'n' * 90}```",
        "*Other times*\n```0 9 * * 1```",
    ]
    assert "".join(text.removeprefix("*Task*\n").strip("`") for text in texts[3:]) == by_cron.launch.task
    assert_valid(gone)
    (unknown,) = views.maybe_added(entered(FIELDS), "r1")
    assert unknown.text == "It's unclear whether the schedule Nightly was added. Your text is below."
    assert [block["text"]["text"] for block in unknown.blocks] == [
        (
            ":warning: Devin didn't respond, so it's unclear whether the schedule *Nightly* was added. "
            "`/devin schedule list` shows it if it was. Error ID `r1`."
        ),
        "*Runs*\n```Monday to Friday, 09:00, europe/berlin```",
        "*Task*\n```Run all tests.```",
    ]
