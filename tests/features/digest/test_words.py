"""What is typed behind `/devin digest`, and the sentences about what cannot be read."""

from datetime import time

import pytest

from bot.domain.commands.parser import Command
from bot.domain.commands.registry import START
from bot.domain.text import as_typed
from bot.domain.zones import nearest_zones, zone_named
from bot.features import COMMANDS
from bot.features.digest import sentences as subscription_sentences
from bot.features.digest.rules import (
    DigestAction,
    DigestMistake,
    DigestRequest,
    Edition,
    MistakeKind,
    Share,
    parse_digest,
    read_digest,
)
from bot.features.digest.specs import DIGEST

ADD = DigestRequest(DigestAction.ADD)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", DigestRequest(DigestAction.SHOW_FORMS)),
        ("list", DigestRequest(DigestAction.LIST)),
        ("NOW", DigestRequest(DigestAction.NOW)),
        ("remove 2", DigestRequest(DigestAction.REMOVE, number=2)),
        ("remove #12", DigestRequest(DigestAction.REMOVE, number=12)),
        ("add", ADD),
        ("add cycle", DigestRequest(DigestAction.ADD, edition=Edition.CYCLE)),
        (
            "add  weekly #C0WEB 9:05 europe/berlin HERE",
            DigestRequest(DigestAction.ADD, 0, Edition.WEEKLY, "C0WEB", time(9, 5), "Europe/Berlin", Share.HERE),
        ),
        (
            "add here America/New_York 23:59 Daily",
            DigestRequest(DigestAction.ADD, at=time(23, 59), zone="America/New_York", share=Share.HERE),
        ),
        ("add CSV", DigestRequest(DigestAction.ADD, with_file=True)),
        ("add csv weekly here", DigestRequest(DigestAction.ADD, 0, Edition.WEEKLY, share=Share.HERE, with_file=True)),
        ("add csv all csv", DigestMistake(MistakeKind.TWICE, "csv csv")),
        ("remove", DigestMistake(MistakeKind.NUMBER)),
        ("remove it", DigestMistake(MistakeKind.NUMBER, "it")),
        ("add #web", DigestMistake(MistakeKind.CHANNEL, "#web")),
        ("add weekly at 9am", DigestRequest(DigestAction.ADD, edition=Edition.WEEKLY, at=time(9))),
        ("add 12:30AM", DigestRequest(DigestAction.ADD, at=time(0, 30))),
        ("add at 4pm in UTC", DigestRequest(DigestAction.ADD, at=time(16), zone="UTC")),
        ("add 13am", DigestMistake(MistakeKind.TIME, "13am")),
        ("add 24:00", DigestMistake(MistakeKind.TIME, "24:00")),
        ("add 09:00 10:00", DigestMistake(MistakeKind.TWICE, "09:00 10:00")),
        ("add daily weekly", DigestMistake(MistakeKind.TWICE, "daily weekly")),
        ("add weekly on mondays", DigestRequest(DigestAction.ADD, edition=Edition.WEEKLY)),
        ("add UTC+2", DigestMistake(MistakeKind.OFFSET, "UTC+2")),
        ("add +05:30", DigestMistake(MistakeKind.OFFSET, "+05:30")),
        ("add Etc/GMT-2", DigestMistake(MistakeKind.OFFSET, "Etc/GMT-2")),
        ("add Berlin", DigestMistake(MistakeKind.ZONE, "Berlin", ("Europe/Berlin",))),
        ("add Europe/Berln", DigestMistake(MistakeKind.ZONE, "Europe/Berln", ("Europe/Berlin",))),
        ("add qqqq", DigestMistake(MistakeKind.ZONE, "qqqq")),
    ],
)
def test_what_is_read(typed, expected):
    argument = read_digest(typed)
    assert argument is not None
    assert parse_digest(argument) == expected


@pytest.mark.parametrize("typed", ["the logs of the build", "add a test", "add more logging", "list all", "now please"])
def test_what_is_a_task(typed):
    assert read_digest(typed) is None
    assert COMMANDS.parser.slash(f"digest {typed}").spec is START


def test_a_short_text_that_nearly_fits_is_asked_about():
    doubt = COMMANDS.parser.doubt("digest lst")
    assert doubt is not None
    assert doubt.spec is DIGEST


def test_a_channel_is_read_by_its_id_whatever_its_name_is():
    typed = as_typed("digest add weekly <#C0WEB|weekly-news> &amp; <#C0OPS>")
    assert typed == "digest add weekly #C0WEB & #C0OPS"
    assert COMMANDS.parser.slash(as_typed("digest add <#C0WEB|daily>")) == Command(DIGEST, "add #C0WEB")


@pytest.mark.parametrize("typed", ["daily #C0WEB 9 am Berlin", "weekly #C0WEB on Tuesdays at 9:00"])
def test_behind_a_channel_that_was_picked_a_mistake_is_answered_and_starts_nothing(typed):
    assert COMMANDS.parser.slash(f"digest add {typed}") == Command(DIGEST, f"add {typed}")
    assert isinstance(parse_digest(f"add {typed}"), DigestMistake)


def test_zones_are_found_by_name_with_any_capitals_and_offsets_are_none():
    assert [zone_named(typed) for typed in ("EUROPE/berlin", "utc", "Nowhere/At_All", "GMT+1")] == [
        *("Europe/Berlin", "UTC", None, None)
    ]
    assert nearest_zones("new york") == ("America/New_York",)
    assert nearest_zones("qqqq") == ()


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (
            DigestMistake(MistakeKind.ZONE, "Berln", ("Europe/Berlin", "Europe/Bern")),
            "`Berln` isn't a time zone, so nothing was changed. Did you mean `Europe/Berlin` or `Europe/Bern`?",
        ),
        (
            DigestMistake(MistakeKind.ZONE, "<!here>"),
            "`&lt;\u200b!here&gt;` isn't a time zone, so nothing was changed. "
            "Write a name such as `Europe/Berlin` or `UTC`.",
        ),
        (
            DigestMistake(MistakeKind.OFFSET, "UTC+2"),
            (
                "Nothing was changed: `UTC+2` is an offset, and offsets don't follow daylight saving. Use a zone name "
                "such as `America/New_York`."
            ),
        ),
        (
            DigestMistake(MistakeKind.TIME, "9am"),
            "`9am` isn't a time of day, so nothing was changed. Write it as HH:MM, for example `09:00`.",
        ),
        (
            DigestMistake(MistakeKind.CHANNEL, "#web"),
            "Slack has no channel `#web` that you can see, so nothing was changed. "
            "Pick it from Slack's list as you type `#`.",
        ),
        (
            DigestMistake(MistakeKind.TWICE, "09:00 10:00"),
            "Only one of `09:00 10:00` can apply, so nothing was changed. Leave the other out.",
        ),
        (
            DigestMistake(MistakeKind.NUMBER, "it"),
            "`/devin digest remove` takes the number of a digest, so nothing was changed. "
            "`/devin digest list` shows it.",
        ),
    ],
)
def test_what_people_read_about_a_word_that_cannot_be_used(mistake, sentence):
    assert subscription_sentences.digest_mistake(mistake).text == sentence
