"""What people read about a fan-out, in whole sentences."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from bot.domain.commands.options import NOT_ACUS, Mistyped
from bot.domain.session import DisplayState, Lifecycle, Options
from bot.features.fan_out import sentences as fan_outs
from bot.features.fan_out.rules import (
    FanOut,
    FanOutMistake,
    FanOutSession,
    FanOutState,
    NotChosen,
    OrganisationName,
    PollIntervals,
    WrongFanOut,
    may_be_retried,
    reference_of,
    seconds_to_start,
)
from bot.views import operations
from tests.unit.block_kit import assert_valid

URL = "https://app.devin.ai/sessions/1"
FAN_OUT = FanOut("f1", "T0", "U0ADA", "C0GENERAL", "upgrade deps\nof {org}", FanOutState.RUNNING, 1.0, ts="1.1")
LIMITED = replace(FAN_OUT, limit=5, options=Options(acu=5))
ACME = FanOutSession("org-1", "Acme", Lifecycle.OPEN, DisplayState.WORKING, url=URL, acus=1.25)
DONE = replace(ACME, org_id="org-2", name="Data <Team>", display=DisplayState.DONE, acus=2.0)
FORBIDDEN = FanOutSession("org-3", "Web", Lifecycle.REFUSED, reason=fan_outs.forbidden("ManageOrgSessions"))
FAILED = replace(ACME, org_id="org-5", name="Docs", display=DisplayState.FAILED)
LIMIT = replace(ACME, org_id="org-6", name="Sales", display=DisplayState.LIMIT, detail="out_of_credits")
UNKNOWN = FanOutSession("org-4", "Ops", Lifecycle.UNCERTAIN, reason=fan_outs.UNKNOWN, intent_at=2.0)
NAMES = [OrganisationName("org-1", "Acme"), OrganisationName("org-2", "Data Team")]


def texts(message):
    """The words of each block that is no table."""
    return [block["text"]["text"] for block in message.blocks if block["type"] == "section"]


def labels(message):
    return [button["text"]["text"] for block in message.blocks for button in block.get("elements", [])]


@pytest.mark.parametrize(
    ("said", "found"),
    {
        "In which organizations? Add `orgs=all`, or names or IDs such as `orgs=acme,web`. `/devin orgs` shows the names and IDs. Nothing was started.": WrongFanOut(
            FanOutMistake.NO_ORGANISATIONS
        ),
        "`orgs=` appears twice. Write it once, with commas: `orgs=acme,web`. Nothing was started.": WrongFanOut(
            FanOutMistake.TWICE
        ),
        "What should Devin do? For example: `/devin fanout upgrade the dependencies of {org} "
        "orgs=all`. Nothing was started.": WrongFanOut(FanOutMistake.NO_TASK),
        "In a fan-out, name a playbook by its ID, such as `playbook=playbook-1a2b`. Titles differ between organizations. Nothing was started.": WrongFanOut(
            FanOutMistake.PLAYBOOK
        ),
        "`acu=lots` needs a whole number above zero, such as acu=10. Nothing was started.": WrongFanOut(
            FanOutMistake.OPTION, Mistyped("acu=lots", "acu=", NOT_ACUS)
        ),
        "`acus=5` isn't an option. Did you mean `acu=`? Nothing was started.": WrongFanOut(
            FanOutMistake.OPTION, Mistyped("acus=5", "acu=")
        ),
    }.items(),
)
def test_what_is_wrong_is_said(found, said):
    assert fan_outs.wrong(found).text == said


def test_which_names_stand_for_nothing_or_for_several():
    hint = "`/devin orgs` shows the names and IDs. Put a name with spaces in quotation marks. For one with a comma, use its ID. Nothing was started."
    assert fan_outs.not_chosen(NotChosen(("a", "b"), ())).text == (
        f"Devin Bridge's key sees no organization `a` or `b`. {hint}"
    )
    assert fan_outs.not_chosen(NotChosen((), ("x",))).text == (
        f"Several organizations are called `x`: use the ID of one. {hint}"
    )


def test_how_many_there_may_be():
    assert fan_outs.too_many(73).text == (
        "That's 73 organizations, and a fan-out starts at most 50 sessions at once. Name up to 50 of them with `orgs=`. Nothing was started."
    )


def test_the_preview_says_how_many_where_for_how_much_and_what():
    message = fan_outs.preview(replace(LIMITED, prompt="upgrade {org}"), NAMES)
    assert message.text == "Start 2 sessions? Nothing was started."
    assert texts(message) == [
        "*Start 2 sessions?* One each in Acme, Data Team.\n"
        "Up to 5 ACUs each, 10 in total.\n"
        "The first prompt:\n> upgrade Acme"
    ]
    assert labels(message) == ["Start 2 sessions", "Cancel"]
    assert_valid(message)


def test_the_preview_of_one_organisation_says_what_is_missing():
    note = fan_outs.own_alone("org-play", operations.lacks("ManageOrganizations"), started=True)
    message = fan_outs.preview(replace(FAN_OUT, prompt="upgrade"), NAMES[:1], note)
    assert texts(message) == [
        (
            "*Start 1 session?* In Acme.\nNo ACU limit is set; `acu=5` sets one for each session.\nDevin Bridge can start sessions only in its own organization, `org-play`: the key lacks the permission `ManageOrganizations`. An admin of the enterprise can grant it to the service user.\nThe prompt:\n> upgrade"
        )
    ]
    assert labels(message) == ["Start 1 session", "Cancel"]


def test_the_preview_says_that_a_budget_leaves_less():
    message = fan_outs.preview(replace(LIMITED, limit=3), NAMES)
    said = "Up to 3 ACUs each, 6 in total, all that a budget has left."
    assert said in texts(message)[0]


def test_a_preview_with_fifty_long_names_fits():
    many = [OrganisationName(f"org-{number}", "<" * 300) for number in range(50)]
    assert_valid(fan_outs.preview(replace(FAN_OUT, prompt="x" * 9_000), many))


def test_the_other_answers():
    assert fan_outs.own_alone("org-play", operations.NO_ENTERPRISE, started=False) == (
        snapshot(
            "Devin Bridge can start sessions only in its own organization, `org-play`: Devin Bridge's key has no access to an enterprise. An enterprise admin can create a service user there. Nothing was started."
        )
    )
    assert fan_outs.begun(5).text == "OK, 5 sessions will start. Their table appears here in a moment."
    assert fan_outs.not_posted("C0").text == (
        "Your fan-out's table couldn't be posted in <#C0>. Nothing was started. Type "
        "`/invite @Devin Bridge` there, then try again. Channels shared with another company don't work."
    )
    assert fan_outs.not_posted("D0").text == (
        snapshot(
            "Your fan-out's table couldn't be posted there. Nothing was started. Use a channel, or DM Devin Bridge."
        )
    )
    assert fan_outs.ONLY_IN_PRIVATE.text == snapshot(
        "A mention can't start a fan-out. Type `/devin fanout …`, or DM `fanout …` to Devin Bridge. Nothing was started."
    )
    assert (
        fan_outs.UNREACHABLE.text
        == ":warning: Devin can't list the organizations right now. Nothing was started. Try again in a minute."
    )
    assert fan_outs.NO_ORGANISATIONS.text == ("Devin Bridge's key can't see any organization. Nothing was started.")


def test_the_answers_to_buttons_that_change_nothing():
    assert fan_outs.EXPIRED.text == "That preview has expired. Send the fan-out again."
    assert fan_outs.STARTED_BEFORE.text == "This fan-out has already started. *Stop all* in its table stops it."
    assert fan_outs.GONE.text == "This fan-out is too old. Nothing was changed. Open its sessions in Devin."
    assert fan_outs.NOT_RUNNING.text == "This fan-out is over. There was nothing to stop."
    assert fan_outs.BEING_STOPPED.text == "This fan-out is already being stopped."
    assert fan_outs.NOTHING_TO_RETRY.text == snapshot(
        "Nothing to try again: no session has failed, or the fan-out was stopped."
    )


# ---------------------------------------------------------------- the table


def test_the_table_shows_state_link_acus_and_reason():
    message = fan_outs.table(LIMITED, [ACME, DONE, FORBIDDEN], "ada")
    assert message.text == (
        "Fan-out: “upgrade deps”: 1 of 3 finished · 1 working, 1 done, 1 not started · 3.3 ACUs · started by ada"
    )
    assert texts(message) == [
        "*Fan-out: “upgrade deps”*\n1 of 3 finished · 1 working, 1 done, 1 not started · 3.3 ACUs · started by ada",
        ("*Web*: Devin Bridge's key lacks the permission `ManageOrgSessions` there. A Devin admin there can grant it."),
    ]
    (data,) = [block for block in message.blocks if block["type"] == "data_table"]
    assert [cell["text"] for cell in data["rows"][0]] == ["Organization", "State", "Session", "ACUs", "Reason"]
    assert data["rows"][1][0]["text"] == "Acme"
    assert data["rows"][1][3] == {"type": "raw_number", "value": 1.3, "text": "1.3"}
    assert labels(message) == ["Stop all", "Retry failed"]


def test_where_slack_draws_no_table_the_lines_say_the_same():
    message = fan_outs.table(FAN_OUT, [ACME, DONE, FORBIDDEN], "ada")
    plain, text = message.forms()[1:]
    assert [block["type"] for block in plain.blocks] == ["section", "table", "section", "actions"]
    assert texts(text)[1] == (
        f"• <{URL}|Acme>: working · 1.3 ACUs\n• <{URL}|Data &lt;Team&gt;>: done · 2 ACUs\n• Web: not started"
    )
    for form in message.forms():
        assert_valid(form)


def test_what_is_being_stopped_or_over_has_no_button_to_stop():
    stopping = fan_outs.table(replace(FAN_OUT, stopped_at=5.0), [ACME, FORBIDDEN], "ada")
    assert texts(stopping)[0].endswith("\nStopping. Nothing is lost.")
    assert stopping.text.endswith(" · started by ada. Stopping. Nothing is lost.")
    assert labels(stopping) == []
    over = fan_outs.table(replace(FAN_OUT, state=FanOutState.OVER), [DONE], "ada")
    assert texts(over) == ["*Fan-out: “upgrade deps”*\n1 of 1 finished · 1 done · 2 ACUs · started by ada"]
    assert labels(over) == []


def test_what_is_followed_no_more_says_so():
    message = fan_outs.table(replace(FAN_OUT, state=FanOutState.OVER), [ACME, UNKNOWN], "ada")
    assert texts(message)[0].endswith(" · started by ada\nThis table is no longer updated.")
    assert labels(message) == ["Stop all", "Retry failed"]


def test_what_is_still_to_be_started_is_counted_with_the_time_it_takes():
    fan_out, waiting = replace(FAN_OUT, begun_at=90.0), FanOutSession("org-7", "Next")
    assert texts(fan_outs.table(fan_out, [waiting] * 3, "ada"))[0].endswith("\nStarting 3 sessions.")
    assert texts(fan_outs.table(fan_out, [waiting], "ada"))[0].endswith("\nStarting 1 session.")
    early, late = (replace(ACME, started_at=at) for at in (100.0, 103.0))
    begun = [early, *[waiting] * 3]
    assert texts(fan_outs.table(fan_out, begun, "ada"))[0].endswith("\nStarting 3 more.")
    message = fan_outs.table(fan_out, [early, late, *[waiting] * 3], "ada")
    assert texts(message)[0].endswith(
        "\n0 of 5 finished · 3 starting, 2 working · 2.5 ACUs · started by ada\nStarting 3 more, about 9 s left."
    )
    assert message.text.endswith(" · started by ada. Starting 3 more, about 9 s left.")
    # Those that an earlier press has started say nothing about the pace of this one.
    assert seconds_to_start(replace(fan_out, begun_at=102.0), [early, late, waiting]) is None


def test_the_end_is_said_once_with_what_became_of_them():
    assert fan_outs.ended(FAN_OUT, [DONE, FORBIDDEN]).text == (
        "<@U0ADA> 1 of 2 sessions has ended: 1 done, 1 not started. 2 ACUs. *Retry failed* tries the failed ones again."
    )
    assert fan_outs.ended(replace(FAN_OUT, stopped_at=1.0), [FORBIDDEN]).text == (
        "<@U0ADA> The session wasn't started: 1 not started. 0 ACUs."
    )
    assert fan_outs.ended(replace(FAN_OUT, stopped_at=1.0), [FORBIDDEN, FORBIDDEN]).text == (
        "<@U0ADA> None of the 2 sessions was started: 2 not started. 0 ACUs."
    )
    assert fan_outs.ended(FAN_OUT, [DONE]).text == "<@U0ADA> The session has ended: 1 done. 2 ACUs."
    assert fan_outs.ended(replace(FAN_OUT, stopped_at=1.0), [DONE, UNKNOWN]).text == (
        "<@U0ADA> This table is no longer updated. 1 of 2 sessions has ended: 1 done, 1 unknown. 2 ACUs."
    )


def test_a_shared_channel_is_shown_nothing():
    assert fan_outs.in_shared_channel(FAN_OUT).text == (
        ":lock: This channel is shared with another company, so the fan-out isn't shown here. "
        "Its sessions keep running."
    )


def test_why_a_session_was_not_started():
    assert fan_outs.limited("out_of_quota") == ("Devin says “out_of_quota”. A Devin admin there can raise the limit.")
    assert fan_outs.refused("no <way>") == "Devin says “no &lt;way&gt;”."
    assert fan_outs.NOT_REACHED == (
        "Devin Bridge's key has no access to this organization. An enterprise admin can give the service user access."
    )

    assert fan_outs.NOT_STOPPED == "Devin didn't stop it. Open it in Devin to stop it."
    assert fan_outs.NO_LONGER_ALLOWED == "The person who started it can no longer start sessions."
    assert fan_outs.LOST == "Devin couldn't be reached."
    assert (
        snapshot(
            "Devin didn't respond, so it's unclear whether it was started. “Retry failed” looks first, and starts it only if it isn't there."
        )
        == fan_outs.UNKNOWN
    )


@pytest.mark.parametrize(
    ("reason", "session"),
    {
        "Devin ended the session with an error. Open it in Devin to see what happened.": FAILED,
        "Devin paused the session after an error. Reply in Devin to resume.": replace(FAILED, detail="error"),
        "Out of credits. Ask your Devin billing admin to add more.": LIMIT,
        "Out of ACUs. Start a new session with a higher `acu=`.": replace(LIMIT, detail="usage_limit_exceeded"),
        "This organization is at its usage limit. A Devin admin can raise it.": replace(
            LIMIT, detail="org_usage_limit_exceeded"
        ),
        "This organization is at its session limit. Stop one or ask a Devin admin to raise it.": replace(
            LIMIT, detail="total_session_limit_exceeded"
        ),
        "Devin's status: “moon_quota”. Open the session in Devin to see what it means.": replace(
            LIMIT, detail="moon_quota"
        ),
        "Devin didn't stop it. Open it in Devin to stop it.": replace(LIMIT, reason=fan_outs.NOT_STOPPED),
    }.items(),
)
def test_why_a_session_has_failed_or_is_at_a_limit(session, reason):
    message = fan_outs.table(LIMITED, [session], "ada")
    assert texts(message)[1:] == [f"*{session.name}*: {reason}"]
    (data,) = [block for block in message.blocks if block["type"] == "data_table"]
    assert reason.replace("`", "").startswith(data["rows"][1][4]["text"].removesuffix("…"))  # a cell is short
    assert_valid(message)


def test_what_goes_on_again_has_no_reason_any_more():
    assert len(texts(fan_outs.table(LIMITED, [replace(LIMIT, display=DisplayState.WORKING)], "ada"))) == 1


def test_the_largest_table_fits():
    reason = fan_outs.refused("x" * 900)
    many = [
        replace(FORBIDDEN, org_id=f"org-{number}", name="<" * 300, url=URL, reason=f"{number}{reason}")
        for number in range(50)
    ]
    for form in fan_outs.table(replace(FAN_OUT, prompt="x" * 9_000), many, "a" * 200).forms():
        assert_valid(form)
        cells = [cell for block in form.blocks if "rows" in block for row in block["rows"] for cell in row]
        assert sum(len(str(cell.get("text", ""))) for cell in cells) < 10_000


# ---------------------------------------------------------------- the rules behind it


def test_what_may_be_asked_for_again():
    assert may_be_retried(FAN_OUT, [FORBIDDEN])
    assert may_be_retried(FAN_OUT, [UNKNOWN])
    assert may_be_retried(FAN_OUT, [FAILED])
    assert not may_be_retried(FAN_OUT, [ACME, DONE, LIMIT])
    assert not may_be_retried(replace(FAN_OUT, stopped_at=1.0), [FORBIDDEN])


def test_a_session_in_place_of_one_that_failed_has_a_reference_of_its_own():
    assert reference_of(FAN_OUT, ACME) == "slack-T0-fanout-f1"
    assert reference_of(FAN_OUT, replace(ACME, failed_before=2)) == "slack-T0-fanout-f1-2"


def test_when_devin_is_asked_next():
    next_poll = PollIntervals(5.0, 60.0, 600.0).next_poll
    waiting = replace(ACME, display=DisplayState.WAITING, polled_at=100.0)
    assert next_poll([DONE, FORBIDDEN]) is None
    assert next_poll([waiting, DONE]) == 700.0
    assert next_poll([waiting, replace(ACME, polled_at=90.0)]) == 150.0
    assert next_poll([UNKNOWN]) == 600.0


def test_devin_is_asked_soon_after_a_start_and_then_more_and_more_seldom():
    intervals, session, polls = PollIntervals(5.0, 60.0, 600.0), replace(ACME, started_at=1_000.0), [1_000.0]
    while len(polls) < 7:
        polls.append(intervals.due_at(replace(session, polled_at=polls[-1])))
    assert [at - 1_000.0 for at in polls] == [0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 140.0]


def test_the_table_has_as_many_sessions_as_slack_takes_and_says_how_many():
    many = [replace(FORBIDDEN, org_id=f"org-{at}", name=f"{at} {'x' * 76}") for at in range(100)]
    message = fan_outs.table(FAN_OUT, many, "ada")
    for form in message.forms():
        assert_valid(form)
    [data] = [block for block in message.blocks if block["type"] == "data_table"]
    shown = len(data["rows"]) - 1
    assert data["caption"] == f"Sessions (the first {shown} of 100)"
    assert 50 < shown < 100
    few = fan_outs.table(FAN_OUT, many[:2], "ada")
    assert [block["caption"] for block in few.blocks if block["type"] == "data_table"] == ["Sessions"]
