"""`/devin digest`: which channels get which digests, for admins."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.billing import billing_day, newest_finished
from bot.features.digest import sentences as subscription_sentences
from bot.features.digest.rules import MissedBecause
from bot.store import tables
from bot.timing import HOUR, Timing
from bot.views.questions import TOO_LATE_TO_UNDO
from tests.said import titled
from tests.scenarios.ahead import Ahead, rows, until, write
from tests.scenarios.harness import ADA, ANN, GENERAL, OPS, WEB, Harness, harness
from tests.scenarios.observations import thread_address

pytestmark = pytest.mark.timing(digest_tick=0.3)

FORMS_BEGIN = "A digest posts spending and results to a channel."


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
async def on(
    tmp_path: Path, transport: str, database: dict[str, Any], timing: Timing, clock: Ahead
) -> AsyncIterator[Harness]:
    """A bot whose settings ask for a digest in the channel of the admins."""
    settings = {"BOT_ADMIN_CHANNEL": OPS, "BOT_TIMEZONE": "Europe/Berlin", "BOT_DIGEST_QUIET": "post"} | database
    async with harness(tmp_path, transport, clock=clock, timing=timing, **settings) as everything:
        yield everything


async def typed(on: Harness, text: str, user: str = ADA, channel: str = GENERAL) -> str:
    """What a command answers in the ack."""
    shown = (await on.slack.slash(user, channel, text))["shown"]
    return str(shown["rendered"]) if shown else ""


async def checked(on: Harness, text: str, answer: str, channel: str = GENERAL) -> None:
    """What a command asks Slack for, and its answer takes the place of what the ack said."""
    assert not await typed(on, text, channel=channel)
    await on.slack.wait_for_ephemeral(ADA, answer)


async def test_channels_are_added_listed_replaced_and_removed(on: Harness) -> None:
    alone = "set in the settings, and changed only there"
    from_settings = f"1. daily in <#{OPS}> · 9:00 AM (Europe/Berlin) · `all` · {alone}"
    hint = "`/devin digest remove 2` removes number 2 of this list."
    assert await typed(on, "digest list") == f"Digests:\n{from_settings}"
    await checked(
        on,
        f"digest add weekly <#{WEB}> 9:30 America/New_York here",
        f"<#{WEB}> gets the weekly digest on Mondays at 9:30 AM (America/New_York). It counts that channel's sessions.",
    )
    await checked(on, "digest add", f"<#{GENERAL}> gets the daily digest every day at 9:00 AM (Europe/Berlin).")
    await checked(on, "digest add 10:00", "It replaces the one at 9:00 AM (Europe/Berlin), `all`.")
    assert await typed(on, "digest list") == (
        f"Digests:\n{from_settings}\n"
        f"2. weekly in <#{WEB}> · 9:30 AM (America/New_York) · `here` · added by <@{ADA}>\n"
        f"3. daily in <#{GENERAL}> · 10:00 AM (Europe/Berlin) · `all` · added by <@{ADA}>\n{hint}"
    )
    assert await typed(on, "digest remove 2") == f"Removed: <#{WEB}> no longer gets the weekly digest."
    assert await typed(on, "digest remove 2") == "Number 2 was already removed. `/devin digest list` shows the rest."
    assert await typed(on, "digest remove 1") == (
        f"The daily digest in <#{OPS}> comes from the settings, so nothing was changed. Your Devin Bridge operator "
        "can change it with `BOT_ADMIN_CHANNEL`, `BOT_DIGEST_TIME`, and `BOT_TIMEZONE`."
    )
    assert await typed(on, "digest remove 9") == (
        "Your last list has no number 9, so nothing was changed. `/devin digest list` shows it again."
    )
    assert [(row["channel"], row["time"], row["share"]) for row in await rows(on, "subscriptions")] == [
        (GENERAL, "10:00", "all")
    ]
    changes = [(row["target"], row["before"], row["after"]) for row in await rows(on, "audit", action="digest")]
    weekly = {"edition": "weekly", "channel": WEB, "time": "09:30", "zone": "America/New_York", "share": "here"}
    daily = {"edition": "daily", "channel": GENERAL, "time": "09:00", "zone": "Europe/Berlin", "share": "all"}
    assert changes == [
        (f"{WEB}:weekly", None, weekly),
        (f"{GENERAL}:daily", None, daily),
        (f"{GENERAL}:daily", daily, daily | {"time": "10:00"}),
        (f"{WEB}:weekly", weekly, None),
    ]


async def test_a_digest_is_changed_and_added_in_the_words_of_people(on: Harness) -> None:
    await checked(on, "digest add every monday 9am", f"<#{GENERAL}> gets the weekly digest on Mondays at 9:00 AM")
    await checked(
        on, f"digest change <#{GENERAL}> every week at 8am", "It replaces the one at 9:00 AM (Europe/Berlin), `all`."
    )
    assert (await typed(on, "digest change")).startswith(
        "`digest` doesn't take `change`. Try `list`, `add`, `remove`, or `now`. Nothing was started."
    )


async def test_a_time_without_a_zone_is_in_that_of_who_types_it(on: Harness) -> None:
    await on.slack.put_person(ADA, tz="Asia/Tokyo")
    await checked(on, "digest add", "at 9:00 AM (Europe/Berlin)")  # the usual time of the settings
    await checked(on, "digest add 8am", "every day at 8:00 AM (Asia/Tokyo). ")
    await checked(on, "digest add 8am UTC", "every day at 8:00 AM (UTC). ")


async def test_who_posts_all_figures_elsewhere_is_asked_first_and_can_undo_it(on: Harness, clock: Ahead) -> None:
    added = f"<#{WEB}> gets the weekly digest on Mondays at 9:00 AM (UTC)."
    await typed(on, f"digest add weekly <#{WEB}> UTC")
    asked = await on.slack.wait_for_ephemeral(ADA, "Post your whole organization's figures")
    assert asked["rendered"].splitlines() == [
        f"Post your whole organization's figures in <#{WEB}>? "
        "Everyone there sees what it spends, with the titles of sessions.",
        "Post all figures",
        "Only that channel's",
        "Cancel",
    ]
    assert await rows(on, "subscriptions") == []
    await on.slack.click(ADA, GENERAL, asked["ts"], "choose:digest_add_confirmed#here")
    only = await on.slack.wait_for_ephemeral(ADA, added)
    assert "It counts that channel's sessions." in only["rendered"]
    await typed(on, f"digest add weekly <#{WEB}> 10:00 UTC")
    again = await on.slack.wait_for_ephemeral(ADA, "Post your whole organization's figures")
    await on.slack.click(ADA, GENERAL, again["ts"], "choose:digest_add_confirmed")
    all_of = await on.slack.wait_for_ephemeral(ADA, "It replaces the one at 9:00 AM (UTC), `here`.")
    await on.slack.click(ADA, GENERAL, all_of["ts"], "choose:digest_undo")
    await on.slack.wait_for_ephemeral(ADA, "It replaces the one at 10:00 AM (UTC), `all`.")
    assert [(row["time"], row["share"]) for row in await rows(on, "subscriptions")] == [("09:00", "here")]
    clock.put(on.timing.undo + 2)
    await on.slack.click(ADA, GENERAL, only["ts"], "choose:digest_undo")
    await on.slack.wait_for_ephemeral(ADA, TOO_LATE_TO_UNDO.text)
    assert len(await rows(on, "subscriptions")) == 1


async def test_channels_that_can_get_none_are_refused_with_what_to_do(on: Harness) -> None:
    await on.slack.put_channel("C0AWAY", name="away", members=[ADA])
    await on.slack.share(WEB)
    for text, answer in {
        "digest add <#C0AWAY>": subscription_sentences.digest_refused("C0AWAY", MissedBecause.NOT_IN_CHANNEL).text,
        f"digest add <#{WEB}>": f"<#{WEB}> is shared with another company, and a digest shows what you spend, so "
        "nothing was changed. Name a channel that isn't shared.",
    }.items():
        await checked(on, text, answer)
    await on.slack.archive(GENERAL)
    await checked(
        on,
        f"digest add <#{GENERAL}>",
        f"<#{GENERAL}> is archived, so nothing was changed. Name another channel, or unarchive that one.",
        OPS,
    )
    for text, answer in {
        f"digest add <#{OPS}>": f"The daily digest in <#{OPS}> comes from the settings, so nothing was changed.",
        "digest add weekly Berlin": "`Berlin` isn't a time zone, so nothing was changed. Did you mean `Europe/Berlin`?",
        "digest remove 1": "Those numbers have expired. Run `/devin digest list`, then try again.",
        "digest": FORMS_BEGIN,
    }.items():
        assert answer in await typed(on, text, channel=OPS)
    assert await rows(on, "subscriptions") == []
    assert "Only admins can set up digests" in await typed(on, "digest list", ANN, OPS)


async def test_while_slack_does_not_answer_nothing_is_changed(on: Harness) -> None:
    await on.slack.fault("conversations.info", "error", error="internal_error", times=20)
    await checked(
        on,
        f"digest add <#{WEB}>",
        "Devin Bridge couldn't find out whether it can post there. Nothing was changed; try again in a minute.",
    )
    assert await rows(on, "subscriptions") == []


async def test_in_a_direct_message_and_behind_a_mention_it_works_too(on: Harness) -> None:
    await on.slack.say(ADA, "D0ADA", f"digest add weekly <#{WEB}> UTC here")
    await on.slack.wait_for_message("D0ADA", f"<#{WEB}> gets the weekly digest on Mondays at 9:00 AM (UTC).")
    await on.slack.say(ADA, "D0ADA", "digest add")
    await on.slack.wait_for_message(
        "D0ADA", "A digest goes to a channel, so nothing was changed. Name one, for example `/devin digest add weekly"
    )
    await on.mention("digest list", user=ADA)
    await on.slack.wait_for_ephemeral(ADA, f"2. weekly in <#{WEB}>")
    assert await on.devin.sessions() == []


async def test_a_preview_names_what_is_in_a_public_channel(on: Harness) -> None:
    ts, devin_id = await on.started(user=ANN, channel=GENERAL)
    await on.devin.set(devin_id, status="running", status_detail="waiting_for_user")
    await on.slack.wait_for_message(GENERAL, "Devin has a question")
    await typed(on, "digest now", channel=WEB)
    shown = (await on.slack.wait_for_ephemeral(ADA, "The daily digest, as it would be posted here now:"))["rendered"]
    assert f"{titled('fix the login test', thread_address(GENERAL, ts), devin_id)} · ann" in shown
    assert "A session in a private channel" not in shown


async def test_a_preview_is_for_the_asker_alone_and_the_digest_comes_at_its_time(on: Harness, clock: Ahead) -> None:
    assert not await typed(on, "digest now")
    shown = (await on.slack.wait_for_ephemeral(ADA, "The daily digest, as it would be posted here now:"))["rendered"]
    assert "Only you see this, and nothing was posted. The daily digest, as it would be posted here now:" in shown
    assert "\n*0 ACUs " in shown
    assert await on.slack.messages(GENERAL, user="U0BOT") == []
    soon = datetime.fromtimestamp(time.time(), UTC) + timedelta(hours=2)
    await checked(on, f"digest add {soon:%H:%M} UTC here", f"<#{GENERAL}> gets the daily digest every day")
    clock.put(2 * 3600)
    post = await on.slack.wait_for_message(GENERAL, "Devin in this channel on")
    assert "Only the sessions of this channel count." in post["rendered"]


async def test_an_unusual_day_says_what_made_most_of_it(on: Harness) -> None:
    """Nothing came through Slack, and the key may not list people, so nobody is named."""
    day = newest_finished(time.time())
    await on.stop()
    for ago in range(30):
        await on.devin.consumption((day - timedelta(days=ago)).isoformat(), 40.0 if ago == 0 else 10.0)

    async def unread(tx: Any) -> None:
        await tx.execute(tables.consumption.delete())

    await write(on, unread)
    await on.start()  # which reads the bill

    async def is_read() -> bool:
        return len([row for row in await rows(on, "consumption") if row["acus"]]) >= 29

    await until(is_read)
    await typed(on, "digest now")
    shown = (await on.slack.wait_for_ephemeral(ADA, "as it would be posted here now"))["rendered"]
    assert "would be normal. Most of it: outside Slack, 30 ACUs more than usual." in shown


async def test_a_time_that_has_passed_already_skips_no_day_when_it_takes_the_place_of_a_later_one(
    on: Harness, clock: Ahead
) -> None:
    noon = datetime.fromtimestamp(time.time(), UTC).replace(hour=12, minute=0, second=0) + timedelta(days=1)
    clock.put(noon.timestamp() - clock())
    await checked(on, "digest add 14:00 UTC here", f"<#{GENERAL}> gets the daily digest every day at 2:00 PM (UTC).")
    await checked(on, "digest add 10:00 UTC here", "It replaces the one at 2:00 PM (UTC), `here`.")
    await on.slack.wait_for_message(GENERAL, "Devin in this channel on")


async def test_a_digest_that_was_added_with_csv_comes_with_a_file(on: Harness, clock: Ahead) -> None:
    _, session = await on.started()
    await on.devin.set(session, acus_consumed=2.5)
    day = billing_day(clock())

    async def has_spent() -> bool:
        return sum(float(row["acus"]) for row in await rows(on, "spend")) == 2.5

    await until(has_spent)
    noon = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=12)
    clock.put(noon.timestamp() - clock())
    answer = "A CSV file in its thread has a row for each session."
    await checked(on, "digest add 13:00 UTC csv here", answer)
    assert f"· 1:00 PM (UTC) · `here csv` · added by <@{ADA}>" in await typed(on, "digest list")
    clock.put(HOUR)
    root = await on.slack.wait_for_message(GENERAL, "Devin in this channel on")
    shared = await on.slack.wait_for_message(GENERAL, "as CSV.", thread_ts=root["ts"])
    (file,) = shared["files"]
    content = on.simulated_slack.state.files[file["id"]].content
    assert content is not None
    header, row, total = content.decode().splitlines()
    assert header == "session,url,thread,person,acus,pull_requests"
    assert row.endswith(",ann,2.5,0")
    assert total == "total,,,,2.5,"
