"""The values of settings: how they are read, what is wrong with them, and which of them holds."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.commands.options import parse_request
from bot.domain.defaults import defaults_in, with_defaults
from bot.domain.notify_choice import NotifyChoice
from bot.domain.session import Options
from bot.domain.settings_file import FileSettings, parse_file
from bot.domain.settings_values import (
    Detail,
    Effective,
    Layers,
    QuietHours,
    Scope,
    Setting,
    SettingError,
    Source,
    TurnTaking,
    Value,
    as_json,
    as_text,
    may_be_set,
    read,
    read_text,
    setting_named,
)

NIGHT = QuietHours(time(22), time(7))

TYPED: list[tuple[Setting, str, Value, str]] = [
    (
        Setting.REPOS,
        "acme/web, https://github.com/acme/api.git acme/web",
        ("acme/web", "acme/api"),
        "acme/web, acme/api",
    ),
    (Setting.PLAYBOOK, " Upgrade deps ", "Upgrade deps", "Upgrade deps"),
    (Setting.MODE, "Fast", "fast", "fast"),
    (Setting.LIMIT, "10", 10, "10"),
    (Setting.ALERTS_PER_HOUR, "3", 3, "3"),
    (Setting.ALERT_ACUS, "5", 5, "5"),
    (Setting.TAGS, "web,urgent", ("web", "urgent"), "web, urgent"),
    (
        Setting.ALLOW_REPOS,
        "acme/web, https://github.com/acme/*-docs, acme/web",
        ("acme/web", "acme/*-docs"),
        "acme/web, acme/*-docs",
    ),
    (Setting.ALLOW_PLAYBOOKS, "Upgrade *, !release", ("Upgrade *", "release"), "Upgrade *, release"),
    (Setting.ALLOW_MODES, "Lite, swe-*", ("lite", "swe-*"), "lite, swe-*"),
    (Setting.STARTS, "30", 30, "30"),
    (Setting.TURNS, "two-people", TurnTaking.TWO_PEOPLE, "two-people"),
    (Setting.DETAIL, "final", Detail.FINAL, "final"),
    (Setting.REMINDERS, "off", False, "off"),
    (Setting.QUIET, "22:00 - 7:00", NIGHT, "10:00 PM - 7:00 AM"),
    (Setting.QUIET, "10pm to 7 a.m.", NIGHT, "10:00 PM - 7:00 AM"),
    (Setting.QUIET, "22:00-07:00", NIGHT, "10:00 PM - 7:00 AM"),
    (Setting.NOTIFY, "questions", NotifyChoice.QUESTIONS, "questions"),
]


@pytest.mark.parametrize(("setting", "typed", "value", "text"), TYPED)
def test_a_value_is_read_from_a_form_and_from_what_is_stored(
    setting: Setting, typed: str, value: Value, text: str
) -> None:
    assert read_text(setting, typed) == value
    assert read(setting, as_json(value)) == value
    assert as_text(value) == text
    assert read_text(setting, text) == value


@pytest.mark.parametrize(
    ("setting", "typed", "wrong"),
    [
        (Setting.REPOS, "web", "Write repositories as owner/name, such as acme/web, not “web”."),
        (Setting.REPOS, " ".join(f"a/{n}" for n in range(11)), "Name at most 10 repositories."),
        (Setting.PLAYBOOK, "x" * 151, "Write the name of a playbook, of at most 150 characters."),
        (Setting.MODE, "ulta", "There's no mode “ulta”. Did you mean “ultra”?"),
        (
            Setting.MODE,
            "?",
            "There's no mode “?”. Pick one of normal, fast, lite, ultra, fusion, swe-2-medium, swe-2-high, swe-2-max.",
        ),
        (Setting.LIMIT, "0", "Write the limit as a whole number of ACUs above zero, such as 10."),
        (Setting.STARTS, "-1", "Write a whole number of sessions, such as 20."),
        (Setting.ALERTS_PER_HOUR, "0", "Write a whole number of sessions above zero, such as 10."),
        (Setting.LIMIT, "many", "Write the limit as a whole number of ACUs above zero, such as 10."),
        (Setting.TAGS, "t" * 51, f"A tag has at most 50 characters, and “{'t' * 50}…” has more."),
        (Setting.TAGS, "slack-T1", "Devin Bridge sets “slack-T1” itself. Choose another tag."),
        (Setting.TAGS, "web team, urgent", "Separate tags with commas, and use no spaces in a tag."),
        (Setting.TAGS, ", ".join(f"t{n}" for n in range(41)), "Name at most 40 tags."),
        (Setting.TURNS, "mention", "There's no turn-taking “mention”. Did you mean “mentions”?"),
        (Setting.DETAIL, "finale", "There's no detail “finale”. Did you mean “final”?"),
        (Setting.REMINDERS, "maybe", "There's no switch “maybe”. Pick one of on, off."),
        (Setting.QUIET, "at night", "Write quiet hours from start to end, such as 10 PM - 7 AM."),
        (Setting.QUIET, "07:00-07:00", "Quiet hours can't start and end at the same time."),
        (Setting.NOTIFY, "question", "There's no choice of mentions “question”. Did you mean “questions”?"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_right(setting: Setting, typed: str, wrong: str) -> None:
    with pytest.raises(SettingError) as raised:
        read_text(setting, typed)
    assert str(raised.value) == wrong


NUMBERS = {Setting.LIMIT, Setting.STARTS, Setting.ALERTS_PER_HOUR, Setting.ALERT_ACUS}


@pytest.mark.parametrize("value", [True, 3, [], ["a", 3], None, {}])
def test_a_value_of_another_type_is_refused(value: object) -> None:
    for setting in set(Setting) - NUMBERS - {Setting.REMINDERS}:
        with pytest.raises(SettingError):
            read(setting, value)


def test_true_is_no_limit_and_a_tag_is_one_word() -> None:
    with pytest.raises(SettingError):
        read(Setting.LIMIT, True)
    with pytest.raises(SettingError, match=r"^Separate tags with commas, and use no spaces in a tag\.$"):
        read(Setting.TAGS, ["two words"])


def test_a_setting_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingError, match=r"There's no setting “repo”. Did you mean “repos”?"):
        setting_named("repo")


def test_turns_are_a_channels_and_quiet_hours_a_persons() -> None:
    assert [setting for setting in Setting if not may_be_set(setting, Scope.PERSON)] == [
        Setting.ALLOW_REPOS,
        Setting.ALLOW_PLAYBOOKS,
        Setting.ALLOW_MODES,
        Setting.TURNS,
        Setting.ALERTS_PER_HOUR,
        Setting.ALERT_ACUS,
    ]
    assert [setting for setting in Setting if not may_be_set(setting, Scope.CHANNEL)] == [Setting.QUIET]


def at(hour: int, minute: int = 0, day: int = 10, zone: str = "UTC") -> float:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()


def test_quiet_hours_may_go_past_midnight() -> None:
    held = [hour for hour in range(24) if NIGHT.hold(at(hour), UTC)]
    assert held == [0, 1, 2, 3, 4, 5, 6, 22, 23]
    assert NIGHT.over_at(at(23), UTC) == at(7, day=11)
    assert NIGHT.over_at(at(3), UTC) == at(7)
    assert NIGHT.over_at(at(12), UTC) == at(12)
    noon = QuietHours(time(12), time(13))
    assert [hour for hour in range(24) if noon.hold(at(hour), UTC)] == [12]
    assert noon.over_at(at(12, 59), UTC) == at(13)


def test_quiet_hours_are_those_of_the_persons_clock() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert NIGHT.hold(at(6, 59, zone="Europe/Berlin"), berlin)
    assert NIGHT.over_at(at(23, day=28, zone="Europe/Berlin"), berlin) == at(7, day=29, zone="Europe/Berlin")


def test_nothing_is_set_at_first() -> None:
    assert Layers().effective() == Effective()
    assert {Effective().source(setting) for setting in Setting} == {Source.BUILT_IN}


def test_for_work_a_channel_goes_first_and_for_the_rest_a_person() -> None:
    channel = {Setting.MODE: "lite", Setting.NOTIFY: NotifyChoice.OFF, Setting.LIMIT: 5}
    mine = {Setting.MODE: "fast", Setting.NOTIFY: NotifyChoice.DONE, Setting.TAGS: ("mine",)}
    found = Layers({Setting.LIMIT: 20}, channel, mine).effective()
    assert (found.mode, found.source(Setting.MODE)) == ("lite", Source.CHANNEL)
    assert (found.notify, found.source(Setting.NOTIFY)) == (NotifyChoice.DONE, Source.MINE)
    assert (found.tags, found.source(Setting.TAGS)) == (("mine",), Source.MINE)
    assert (found.limit, found.source(Setting.LIMIT)) == (20, Source.FILE)


@pytest.mark.parametrize(
    ("file", "channel", "mine", "holds", "source"),
    [
        (None, None, 0, 20, Source.BUILT_IN),
        (None, None, 50, 20, Source.BUILT_IN),
        (None, None, 5, 5, Source.MINE),
        (None, 10, 15, 10, Source.CHANNEL),
        (None, 10, 5, 5, Source.MINE),
        (None, 50, 30, 30, Source.MINE),
        (None, 50, 0, 50, Source.CHANNEL),
        (None, 0, 0, 0, Source.MINE),
        (None, 0, 5, 5, Source.MINE),
        (30, None, 0, 30, Source.FILE),
    ],
)
def test_a_persons_own_brake_holds_only_where_it_is_no_looser(
    file: int | None, channel: int | None, mine: int, holds: int, source: Source
) -> None:
    layers = ({} if value is None else {Setting.STARTS: value} for value in (file, channel, mine))
    found = Layers(*layers).effective()
    assert (found.starts, found.source(Setting.STARTS)) == (holds, source)


FILE = """
[default]
mode = "lite"
notify = "done"
reminders = false

[channel.C0123]
repos = ["acme/web"]
mode = "fast"
notify = "off"

[person.U0456]
mode = "ultra"
notify = "all"
"""


def test_a_file_sets_values_for_all_for_channels_and_for_people() -> None:
    found = parse_file("bot.toml", FILE)
    assert found.name == "bot.toml"
    nobody = {Setting.MODE: "lite", Setting.NOTIFY: NotifyChoice.DONE, Setting.REMINDERS: False}
    assert found.holding(None, None) == found.holding("C2", "U2") == nobody
    both = {Setting.REPOS: ("acme/web",), Setting.MODE: "fast", Setting.NOTIFY: NotifyChoice.ALL}
    assert found.holding("C0123", "U0456") == nobody | both
    assert found.holding(None, "U0456") == nobody | {Setting.MODE: "ultra", Setting.NOTIFY: NotifyChoice.ALL}
    assert FileSettings().holding("C0123", "U0456") == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[person.U1]\nturns = 'all'", "bot.toml [person.U1] turns: it's set for channels only."),
        ("[channel.C1]\nquiet = '22:00-07:00'", "bot.toml [channel.C1] quiet: it's set for people only."),
        ("[person.U1]\nallow.repos = ['a/b']", "bot.toml [person.U1] allow.repos: it's set for channels only."),
        (
            "[default]\nallow.repo = ['a/b']",
            "bot.toml [default] allow.repo: There's no setting “allow.repo”. Did you mean “allow.repos”?",
        ),
        (
            "[channel.C1.allow]\nrepos = ['acme']",
            "bot.toml [channel.C1] allow.repos: Write repositories as owner/name, such as acme/web or acme/*-docs, "
            "not “acme”.",
        ),
        (
            "[default]\nallow.modes = ['fats']",
            "bot.toml [default] allow.modes: There's no mode “fats”. Did you mean “fast”?",
        ),
        (
            f"[default]\nallow.playbooks = {['x' * 150] * 10}",
            "bot.toml [default] allow.playbooks: Shorten the list to 1,500 characters, such as with *.",
        ),
        ("[defalt]\nmode = 'fast'", "bot.toml: there's no section [defalt]. Did you mean [default]?"),
        ("[chanel.C1]\nmode = 'fast'", "bot.toml: there's no section [chanel]. Did you mean [channel.C123]?"),
        (
            "[xyz]\nmode = 'fast'",
            "bot.toml: there's no section [xyz]. Use one of [default], [channel.C123], [person.U123], [roles].",
        ),
        ("[default]\nmod = 'fast'", "bot.toml [default] mod: There's no setting “mod”. Did you mean “mode”?"),
        (
            "[channel.C1]\nmode = 'fats'",
            "bot.toml [channel.C1] mode: There's no mode “fats”. Did you mean “fast”?",
        ),
        ("[channel.web]\nmode = 'fast'", "bot.toml: [channel.web] needs an ID from Slack, such as C0123ABC."),
        ("[channel]\nmode = 'fast'", "bot.toml: [channel.mode] needs an ID from Slack, such as C0123ABC."),
        ("channel = 3", "bot.toml: write [channel.C123], with the ID from Slack."),
        ("default = 3", "bot.toml: [default] is no table of settings."),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(text: str, wrong: str) -> None:
    with pytest.raises(SettingError) as raised:
        parse_file("bot.toml", text)
    assert str(raised.value) == wrong


def test_a_file_that_is_no_toml_is_refused() -> None:
    with pytest.raises(SettingError, match=r"^bot\.toml isn't valid TOML: "):
        parse_file("bot.toml", "[default")


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("acme/web", "Acme/Web", True),
        ("acme/web", "acme/web2", False),
        ("acme/*-docs", "acme/site-docs", True),
        ("acme/*", "acme-evil/web", False),
        ("*/web", "other/web", True),
        ("Fix [web] ?", "fix [web] ?", True),
        ("Fix [web] ?", "fix w x", False),
        ("*a" * 70, "a" * 149 + "b", False),  # at once, however many stars there are
    ],
)
def test_only_a_star_stands_for_other_characters_in_what_is_allowed(pattern: str, name: str, fits: bool) -> None:
    assert Effective(allow_playbooks=(pattern,)).allows(Setting.PLAYBOOK, "other", name) is fits
    assert Effective().allows(Setting.PLAYBOOK, name)


def test_defaults_fill_what_was_not_typed_and_not_refused() -> None:
    held = Effective(repos=("acme/web", "acme/api"), playbook="Release", mode="fast", limit=5, tags=("web",))
    filled = Options("acme/web", "Release", "fast", 5, ("web",), also=("acme/api",))
    assert with_defaults(Options(), held) == filled
    assert with_defaults(Options(), Effective()) == Options()
    typed = Options("acme/ios", "Other", "lite", 9, ("mine",), "Title")
    assert with_defaults(typed, held) == typed
    assert with_defaults(Options(), held, {"repo", "playbook", "mode", "acu", "tags"}) == Options()
    assert defaults_in(replace(filled, mode="lite"), held) == [
        Setting.REPOS,
        Setting.PLAYBOOK,
        Setting.LIMIT,
        Setting.TAGS,
    ]


def test_none_is_no_value_and_no_default() -> None:
    request = parse_request("fix it repo=none acu=None mode=fast title=none")
    assert (request.prompt, request.without) == ("fix it", {"repo", "acu"})
    assert request.options == Options(mode="fast", title="none")
