"""What people read about subscriptions, about digests that were not posted, and in the warning before a cycle ends."""

# ruff: noqa: E501 - a sentence is easiest to compare on one line

from dataclasses import replace
from datetime import UTC, date, time, timedelta

import pytest
from inline_snapshot import snapshot

from bot.domain.cycle import Cycle, calendar_month
from bot.domain.session import DisplayState
from bot.features.consumption.forecast import Forecast
from bot.features.consumption.rules import Correction
from bot.features.consumption.sentences import CycleFigures, ProductUse
from bot.features.digest import sentences as subscription_sentences
from bot.features.digest.digest_root import DigestFigures, Needing
from bot.features.digest.edition_sentences import EditionFigures, Preview, edition_posts, preview
from bot.features.digest.past import because_dead
from bot.features.digest.posts import DigestPosts
from bot.features.digest.rules import (
    Edition,
    Missed,
    MissedBecause,
    Occasion,
    Schedule,
    Share,
    Subscription,
    from_settings,
)
from bot.features.usage.figure_sentences import NO_TOTAL, Figures
from bot.views.message import Message
from tests.markup import written
from tests.unit.block_kit import assert_valid

NINE = Schedule(time(9), UTC)
NOVEMBER = Cycle(date(2026, 11, 1), date(2026, 11, 30))
WEEKLY = Subscription("C0WEB", Edition.WEEKLY, NINE, Share.HERE, "U0ADA")
DAYS = [date(2026, 11, day) for day in (21, 22, 23, 24)]
TITLES = "It lists sessions of all channels. Those in DMs and private channels have no title."


def digest(occasion=Occasion.DAILY, share=Share.ALL, missed=(), month=NOVEMBER, **figures):
    found = Figures(day=date(2026, 11, 27), **({"total": 12.5, "here": share is Share.HERE} | figures))
    cycle = month if occasion in {Occasion.CYCLE, Occasion.WARNING} else None
    daily = DigestFigures(found, posted_at=0.0) if (occasion, share) == (Occasion.DAILY, Share.ALL) else None
    edition = EditionFigures(occasion, share, date(2026, 11, 21), found, cycle, missed=tuple(missed), beside=daily)
    message = edition_posts(edition).root
    assert_valid(message)
    return message


# ---------------------------------------------------------------- what was not posted


@pytest.mark.parametrize(
    ("because", "ending"),
    [
        (MissedBecause.AWAY, "was not posted: Devin Bridge wasn't running then."),
        (MissedBecause.LATE, "was not posted: Slack wasn't reached in time."),
        (MissedBecause.UNKNOWN, "might not have been posted: Slack's answer was lost."),
        (MissedBecause.SHARED, "was not posted: the channel was shared with another company."),
        (MissedBecause.ARCHIVED, "was not posted: the channel was archived."),
        (MissedBecause.NOT_IN_CHANNEL, "was not posted: Devin Bridge wasn't in the channel."),
        (MissedBecause.RESTRICTED, "was not posted: Devin Bridge wasn't allowed to post here."),
        (MissedBecause.REFUSED, "was not posted: Slack rejected it."),
    ],
)
def test_why_a_digest_was_not_posted(because, ending):
    lines = written(digest(missed=[Missed(DAYS[0], because)]).blocks).splitlines()
    assert lines[-1] == f"The digest of Sat, Nov 21 {ending}"


def test_several_digests_that_were_not_posted_are_named_together_where_the_reason_is_one():
    away, late = [Missed(day, MissedBecause.AWAY) for day in DAYS], Missed(date(2026, 11, 25), MissedBecause.LATE)
    assert written(digest(missed=[*away, late]).blocks).splitlines()[-2:] == [
        "The digests of 4 days from Sat, Nov 21 to Tue, Nov 24 were not posted: Devin Bridge wasn't running then.",
        "The digest of Wed, Nov 25 was not posted: Slack wasn't reached in time.",
    ]
    two = written(digest(missed=away[:2]).blocks).splitlines()[-1]
    assert two == "The digests of Sat, Nov 21 and Sun, Nov 22 were not posted: Devin Bridge wasn't running then."


def test_weeks_that_were_not_posted_are_named_by_their_last_day():
    away = [Missed(DAYS[0] + timedelta(days=7 * number), MissedBecause.AWAY) for number in range(4)]
    said = [
        written(digest(Occasion.WEEKLY, missed=away[:number]).blocks).splitlines()[-1].split(" not posted")[0]
        for number in (1, 2, 4)
    ]
    assert said == [
        "The digest of the week up to Sat, Nov 21 was",
        "The digests of the weeks up to Sat, Nov 21 and Sat, Nov 28 were",
        "The digests of the 4 weeks up to Sat, Dec 12 were",
    ]


@pytest.mark.parametrize(
    ("reason", "because"),
    [
        ("expired", MissedBecause.LATE),
        ("outcome unknown, search: unreachable", MissedBecause.UNKNOWN),
        ("chat.postMessage: is_archived", MissedBecause.ARCHIVED),
        ("chat.postMessage: not_in_channel", MissedBecause.NOT_IN_CHANNEL),
        ("chat.postMessage: channel_not_found", MissedBecause.NOT_IN_CHANNEL),
        ("chat.postMessage: restricted_action_read_only_channel", MissedBecause.RESTRICTED),
        ("chat.postMessage: msg_too_long (needs something)", MissedBecause.REFUSED),
        ("chat.postMessage: not reached (ConnectError)", MissedBecause.LATE),
        (None, MissedBecause.LATE),
    ],
)
def test_what_the_reason_of_a_dead_post_means(reason, because):
    assert because_dead(reason) is because


# ---------------------------------------------------------------- titles, the warning, the preview


@pytest.mark.parametrize(
    ("occasion", "share", "title"),
    [
        (Occasion.DAILY, Share.ALL, "12.5 ACUs on Fri, Nov 27"),
        (Occasion.DAILY, Share.HERE, "Devin in this channel on Friday, November 27, 2026"),
        (Occasion.WEEKLY, Share.ALL, "Devin in the week up to Friday, November 27, 2026"),
        (Occasion.WEEKLY, Share.HERE, "Devin in this channel in the week up to Friday, November 27, 2026"),
        (Occasion.CYCLE, Share.ALL, "Devin in November"),
        (Occasion.WARNING, Share.ALL, "Devin's billing cycle ends in three days"),
        (Occasion.WARNING, Share.HERE, "Devin in this channel, three days before the billing cycle ends"),
    ],
)
def test_the_title_and_the_notification_say_what_is_counted(occasion, share, title):
    message = digest(occasion, share)
    assert written(message.blocks).splitlines()[0].replace("*", "").startswith(title)
    assert message.text.startswith(title)


def test_another_digest_lists_who_needs_somebody_and_names_corrected_days_too():
    needing = (Needing("Which card?", DisplayState.WAITING, 3600.0, "Ann"),)
    beside = DigestFigures(Figures(DAYS[0]), posted_at=0.0, needing=needing, needing_by_state={DisplayState.WAITING: 2})
    week = EditionFigures(Occasion.WEEKLY, Share.ALL, DAYS[0], Figures(day=date(2026, 11, 27), total=12.5, waiting=2))
    found = replace(week.figures, corrections=(Correction(date(2026, 11, 18), 43.1, 43.4),))
    message = edition_posts(replace(week, beside=beside).with_figures(found)).root
    assert_valid(message)
    assert written(message.blocks).splitlines()[4:] == [
        "No active sessions.",
        "2 sessions are waiting for someone now.",
        "*Needs attention*",
        ":speech_balloon: Which card? · Ann · 1 h",
        "and 1 more",
        "Wed, Nov 18 corrected: 43.1 → 43.4 ACUs.",
    ]


def test_a_channel_in_which_nothing_was_used():
    text = written(digest(Occasion.WEEKLY, Share.HERE, total=0.0).blocks)
    assert text.endswith("\n*0 ACUs*\nNo active sessions.")
    assert "outside Slack" not in text


@pytest.mark.parametrize(
    ("used", "forecast", "outlook"),
    [
        (1200.0, Forecast(1300.0, 1350.0), ":warning: The limit is used up."),
        (973.0, Forecast(1210.0, 1300.0), ":warning: At this rate the limit will be reached before the cycle ends."),
        (973.0, Forecast(1120.0, 1210.0), ":warning: At this rate the limit might be reached before the cycle ends."),
        (
            973.0,
            Forecast(1300.0, 1300.0, is_range=False),
            ":warning: At this rate the limit might be reached before the cycle ends.",
        ),
        (973.0, Forecast(1120.0, 1190.0), None),
        (973.0, None, None),
    ],
)
def test_the_warning_says_how_the_cycle_will_end_beside_its_limit(used, forecast, outlook):
    cycle = CycleFigures(NOVEMBER, used, limit=1200.0, forecast=forecast)
    lines = written(digest(Occasion.WARNING, cycle=cycle).blocks).splitlines()
    assert lines[1].startswith("November: ")
    assert lines[2:-1] == ([outlook] if outlook else [])
    assert lines[-1] == (
        "It ends on Tue, Dec 1 at 8:00 AM UTC. Counted through Fri, Nov 27, the latest finished billing day."
    )


def test_the_warning_is_about_the_limit_of_local_agents_too():
    local = ProductUse("local agents", 700.0, 800.0, Forecast(810.0, 900.0))
    cycle = CycleFigures(NOVEMBER, 1200.0, limit=1200.0, others=(local, ProductUse("review", 5000.0)))
    assert written(digest(Occasion.WARNING, cycle=cycle).blocks).splitlines()[2:-1] == [
        ":warning: The limit is used up.",
        ":warning: At this rate the limit of local agents will be reached before the cycle ends.",
    ]


def test_where_devin_names_no_cycle_nothing_is_said_about_one():
    month, needed = calendar_month(NOVEMBER.first), Forecast(1210.0, 1300.0)
    for share, title in {
        Share.ALL: "November ends in three days",
        Share.HERE: "Devin in this channel, three days before November ends",
    }.items():
        message = digest(Occasion.WARNING, share, month=month, cycle=CycleFigures(month, 973.0, None, 1200.0, needed))
        assert message.text == (
            f"{title}. November: 973 of 1,200 ACUs (81%) · forecast 1,210\N{EN DASH}1,300 "
            "At this rate the limit will be reached before the month ends."
        )


def test_a_channel_whose_sessions_are_no_longer_stored_has_used_something():
    text = written(digest(Occasion.WEEKLY, Share.HERE, through_slack=12.5, has_used=True).blocks)
    assert "The sessions that used it are no longer stored, so they aren't listed." in text
    assert "No session" not in text


def test_a_warning_without_figures_says_so():
    assert NO_TOTAL in digest(Occasion.WARNING).text


def test_a_preview_shows_each_edition_of_the_channel_with_its_thread_in_words():
    daily, thread = Subscription("C0WEB", Edition.DAILY, NINE), (Message("A chart."), Message("A table."))
    shown = preview(
        [
            Preview(daily, DAYS[0], DigestPosts(digest(), thread)),
            Preview(WEEKLY, DAYS[0], DigestPosts(digest(Occasion.WEEKLY))),
        ]
    )
    assert_valid(shown)
    lines = written(shown.blocks).splitlines()
    head = "Only you see this, and nothing was posted. The daily digest, as it would be posted here now:"
    assert lines == [
        head,
        *written(digest().blocks).splitlines(),
        *("*In its thread*", "• A chart.", "• A table."),
        head.replace("daily", "weekly"),
        *written(digest(Occasion.WEEKLY).blocks).splitlines(),
    ]


@pytest.mark.parametrize(("share", "where"), [(Share.ALL, ""), (Share.HERE, " in this channel")])
def test_a_preview_says_that_a_quiet_day_would_be_skipped(share, where):
    shown = preview([Preview(Subscription("C0WEB", Edition.DAILY, NINE, share), DAYS[0])])
    assert_valid(shown)
    assert (
        written(shown.blocks)
        == shown.text
        == f"Only you see this. No daily digest would be posted here now. On Sat, Nov 21, nothing was used{where}, no session was active, and none is waiting. With `BOT_DIGEST_QUIET=post`, such a day has a digest too."
    )


# ---------------------------------------------------------------- subscriptions


def test_what_can_be_typed():
    assert subscription_sentences.digest_forms(NINE).text == (
        "A digest posts spending and results to a channel.\n• `/devin digest list` shows which channels get digests\n• `/devin digest add [daily|weekly|cycle] [#channel] [HH:MM] [zone] [all|here] [csv]` adds one; the defaults are `daily`, this channel, `09:00`, `UTC`, and `all`. A time without a zone is in yours\n• `/devin digest remove N` removes number N of your last list\n• `/devin digest now` shows you what would be posted here\n`weekly` is posted on Mondays, for the Sunday to Saturday before. `cycle` is posted after each billing cycle, with a warning three days before its end.\nSunday isn't over everywhere by Monday; `/devin usage last week` is Monday to Sunday.\n`all` counts everything your Devin organization uses, `here` that channel's sessions. With `csv`, a file in its thread has a row for each session."
    )


def test_the_list_says_which_channels_get_none_any_more():
    lost = [(from_settings("C0OPS", NINE), None), (WEEKLY, MissedBecause.ARCHIVED)]
    assert subscription_sentences.digest_list(lost).text.splitlines()[1:3] == [
        "1. daily in <#C0OPS> · 9:00 AM (UTC) · `all` · set in the settings, and changed only there",
        "2. weekly in <#C0WEB> · 9:00 AM (UTC) · `here` · added by <@U0ADA> · :warning: not posted: it's archived",
    ]
    assert subscription_sentences.digest_list([]).text == snapshot(
        "No channel gets a digest. `/devin digest add #general` adds one."
    )


@pytest.mark.parametrize(
    ("listed", "hint"),
    [
        ([from_settings("C0OPS", NINE), WEEKLY], "`/devin digest remove 2` removes number 2 of this list."),
        ([WEEKLY], "`/devin digest remove 1` removes number 1 of this list."),
        ([from_settings("C0OPS", NINE)], None),
    ],
    ids=["behind that of the settings", "the only one", "none that a command removes"],
)
def test_the_number_in_the_hint_of_a_list_is_one_that_can_be_removed(listed, hint):
    lines = subscription_sentences.digest_list([(one, None) for one in listed]).text.splitlines()
    assert lines[1 + len(listed) :] == ([] if hint is None else [hint])


def test_what_is_confirmed():
    assert subscription_sentences.digest_added(WEEKLY, None, 1795683600).text == (
        "<#C0WEB> gets the weekly digest on Mondays at 9:00 AM (UTC). It counts that channel's sessions. "
        "The first one is posted <!date^1795683600^{date_short_pretty} at {time}|Nov 26, 2026 at 9:00 AM UTC>."
    )
    cycle = Subscription("C0WEB", Edition.CYCLE, NINE)
    assert subscription_sentences.digest_added(cycle, cycle, None).text == (
        "<#C0WEB> gets the cycle digest after each billing cycle, with a warning three days before its end, "
        f"at 9:00 AM (UTC). It counts everything your Devin organization uses. {TITLES} "
        "It replaces the one at 9:00 AM (UTC), `all`."
    )
    with_file = replace(WEEKLY, with_file=True)
    assert subscription_sentences.digest_added(with_file, with_file, None).text == (
        "<#C0WEB> gets the weekly digest on Mondays at 9:00 AM (UTC). It counts that channel's sessions. "
        "A CSV file in its thread has a row for each session. It replaces the one at 9:00 AM (UTC), `here csv`."
    )
    daily = Subscription("C0WEB", Edition.DAILY, NINE)
    assert subscription_sentences.digest_added(daily, None, None).text == (
        "<#C0WEB> gets the daily digest every day at 9:00 AM (UTC). "
        f"It counts everything your Devin organization uses. {TITLES}"
    )


@pytest.mark.parametrize(
    ("because", "why"),
    [
        (MissedBecause.ARCHIVED, "it's archived"),
        (MissedBecause.NOT_IN_CHANNEL, "Devin Bridge is no longer in it"),
        (MissedBecause.RESTRICTED, "only some people can post there, and Devin Bridge isn't one of them"),
        (MissedBecause.SHARED, "it's shared with another company, and a digest shows what you spend"),
        (MissedBecause.REFUSED, "Slack rejects the post"),
    ],
)
def test_what_the_admins_read_about_a_channel_that_gets_none_any_more(because, why):
    assert subscription_sentences.digest_lost(WEEKLY, because).text == (
        f"The weekly digest couldn't be posted in <#C0WEB>: {why}. It stays in `/devin digest "
        "list` and is tried again each time; `/devin digest remove` stops that."
    )
