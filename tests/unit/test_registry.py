"""The table of commands: what holds for each, and what follows from it."""

import sys

import pytest

from bot.domain.commands import registry
from bot.domain.commands.presses import NO, AnswerGiven, Press, answer_id
from bot.domain.commands.spec import ADDRESSED, WRITTEN, CommandSpec, Role, Surface
from bot.domain.roles import Right
from bot.features import COMMANDS

ADMINS = frozenset({"UADA"})


def names(specs):
    return {spec.name for spec in specs}


def test_every_command_that_is_declared_stands_in_the_table_once():
    declared = {
        value
        for name, module in sys.modules.items()
        if name.startswith("bot.")
        for value in vars(module).values()
        if isinstance(value, CommandSpec)
    }
    assert sorted(names(declared)) == sorted(spec.name for spec in COMMANDS.specs)
    assert all(COMMANDS.named(spec.name) is spec for spec in declared)


# These names stand in rows that are stored: one that is renamed is a row that nobody can carry out.
def test_what_they_are_called():
    assert " ".join(spec.name for spec in COMMANDS.specs) == (
        "start launch list list_all list_page cost status stop stop_all stop_all_confirmed stop_listed stop_confirmed "
        "archive_confirmed mute unmute aside archive new adopt adopt_confirmed unsync "
        "unsync_confirmed notify follow unfollow give "
        "remind open_form "
        "cancel_operation quick_answer rate exit exit_confirmed try_again continue_session answer "
        "insights settings settings_why "
        "usage report digest digest_add_confirmed digest_undo team_list team_add team_remove pause resume "
        "role_list admins role_add role_add_confirmed role_undo role_remove "
        "identity identity_set identity_unset "
        "budget_list budget_set "
        "budget_set_confirmed budget_undo budget_try budget_remove budget_grant ask_for_more grant_more "
        "grant_half_more grant_other refuse_more stop_uncapped orgs audit "
        "audit_bot fanout start_fan_out stop_fan_out retry_fan_out note_list note_show note_add note_edit note_delete "
        "note_delete_confirmed playbook_list playbook_show playbook_add playbook_edit review schedule_list "
        "schedule_add schedule_pause schedule_resume schedule_delete schedule_delete_confirmed metrics "
        "members secret_list secret_add alarm_stop alarm_fine alarm_snooze recently_done help"
    )


@pytest.mark.parametrize("surface", Surface)
def test_on_each_surface_a_phrase_means_one_command(surface):
    phrases = [form.phrase for spec in COMMANDS.specs for form in spec.ways_on(surface)]
    assert len(phrases) == len(set(phrases)) > 0


def test_what_is_written_counts_wherever_it_is_written():
    """The parser is told only whether a message is written to the bot itself; in a thread other words are Devin's."""
    written = [form.surfaces for spec in COMMANDS.specs for form in spec.ways if form.surfaces & WRITTEN]
    assert all(surfaces in {WRITTEN, ADDRESSED} for surfaces in written)


def test_what_goes_before_waiting_replies():
    """A stop ends them, a question of ours or a press concerns nobody else; what starts or is for Devin waits."""
    assert names(spec for spec in COMMANDS.specs if spec.urgent) == {
        *("stop", "archive", "exit", "status", "cost", "help"),
        *("stop_all", "stop_all_confirmed", "pause", "resume"),
        *("role_add_confirmed", "role_undo", "digest_add_confirmed", "digest_undo"),
        *(
            "stop_listed",
            "list_all",
            "list_page",
            "stop_confirmed",
            "archive_confirmed",
            "exit_confirmed",
            "answer",
            "cancel_operation",
            "open_form",
        ),
        *("alarm_stop", "alarm_fine", "alarm_snooze"),
        *("ask_for_more", "grant_more", "grant_half_more", "refuse_more", "stop_uncapped"),
        *("schedule_delete_confirmed", "note_delete_confirmed", "budget_set_confirmed", "budget_undo"),
        *("start_fan_out", "stop_fan_out", "retry_fan_out"),
        *("try_again", "continue_session", "rate"),
        *("adopt", "adopt_confirmed", "unsync", "unsync_confirmed"),
    }
    assert [spec.name for spec in COMMANDS.on(Surface.BUTTON) if not spec.urgent] == ["quick_answer"]


def test_what_ends_a_session_and_what_only_asks():
    ending = {"stop", "stop_listed", "stop_confirmed", "archive_confirmed", "archive", "exit", "exit_confirmed"}
    assert names(spec for spec in COMMANDS.specs if spec.ends_session) == ending
    assert names(spec for spec in COMMANDS.specs if spec.asks_first) == {
        "exit",
        "schedule_delete",
        "budget_set",
        "stop_all",
    }
    assert all(spec.of_session and spec.urgent for spec in COMMANDS.specs if spec.ends_session)


def test_what_starts_work_that_is_paid_for():
    assert names(spec for spec in COMMANDS.specs if spec.starts) == {
        "start",
        "review",
        "fanout",
        "start_fan_out",
        "retry_fan_out",
        "try_again",
        "continue_session",
        "quick_answer",
        "adopt",
        "adopt_confirmed",
    }


def test_which_buttons_stand_under_posts():
    shown = {"stop", "alarm_stop", "alarm_fine", "alarm_snooze", "stop_fan_out", "retry_fan_out"}
    others = {"grant_more", "grant_half_more", "refuse_more", "stop_uncapped", "cancel_operation", "open_form"}
    others |= {"try_again", "continue_session", "quick_answer", "rate"}
    assert names(COMMANDS.on(Surface.BUTTON)) == shown | others
    assert all(COMMANDS.press_of(spec.action_id, "x") == Press(spec, "x") for spec in COMMANDS.on(Surface.BUTTON))
    assert COMMANDS.press_of("quick_answer#3", "x") == COMMANDS.press_of("quick_answer", "x")


def test_a_choice_gives_any_command_or_an_answer():
    assert all(COMMANDS.press_of(spec.choice_id, "x") == Press(spec, "x", chosen=True) for spec in COMMANDS.specs)
    given = COMMANDS.press_of(answer_id("wake", NO), "s1|k1")
    assert given == Press(registry.ANSWER, "wake no s1|k1", chosen=True)
    assert AnswerGiven.read(given.argument) == AnswerGiven("wake", "no", "s1|k1")


@pytest.mark.parametrize("action_id", ["open_pr", "stop_confirmed", "choose:", "choose:nothing"])
def test_other_buttons_give_nothing(action_id):
    assert COMMANDS.press_of(action_id, "x") is None


# ---------------------------------------------------------------- roles


def test_who_may_use_what():
    roles = {spec.name: spec.role for spec in COMMANDS.specs if spec.role is not Role.EVERYBODY}
    assert roles == {
        **dict.fromkeys(("usage", "report", "digest", "orgs", "audit", "audit_bot"), Role.ADMIN),
        **dict.fromkeys(("team_list", "team_add", "team_remove"), Role.ADMIN),
        **dict.fromkeys(("pause", "resume", "identity_set", "identity_unset"), Role.ADMIN),
        **dict.fromkeys(("role_add", "role_add_confirmed", "role_undo", "role_remove"), Role.ADMIN),
        **dict.fromkeys(("digest_add_confirmed", "digest_undo"), Role.ADMIN),
        **dict.fromkeys(
            ("budget_set", "budget_set_confirmed", "budget_undo", "budget_try", "budget_remove", "budget_grant"),
            Role.ADMIN,
        ),
        **dict.fromkeys(("grant_more", "grant_half_more", "grant_other", "refuse_more", "stop_uncapped"), Role.ADMIN),
        **dict.fromkeys(("schedule_delete_confirmed",), Role.ADMIN),
        **dict.fromkeys(("schedule_add", "schedule_pause", "schedule_resume", "schedule_delete"), Role.ADMIN),
        **dict.fromkeys(("metrics", "members", "secret_list", "secret_add"), Role.ADMIN),
        **dict.fromkeys(("note_add", "note_edit", "note_delete", "note_delete_confirmed"), Role.ADMIN),
        **dict.fromkeys(("playbook_add", "playbook_edit"), Role.ADMIN),
        **dict.fromkeys(("fanout", "start_fan_out", "stop_fan_out", "retry_fan_out"), Role.ADMIN),
        "list_all": Role.ADMIN,
        "adopt_confirmed": Role.ADMIN,
        "exit": Role.ASKER_OR_ADMIN,
        "exit_confirmed": Role.ASKER_OR_ADMIN,
        "unsync": Role.ASKER_OR_ADMIN,
        "unsync_confirmed": Role.ASKER_OR_ADMIN,
        "alarm_fine": Role.ASKER_OR_ADMIN,
        "alarm_snooze": Role.ASKER_OR_ADMIN,
    }


def test_which_role_a_command_takes_beside_that():
    """What starts and what writes to a session is asked for its role by the gate, whichever way it comes."""
    assert {spec.name: spec.right for spec in COMMANDS.specs if spec.right is not None} == {
        "cost": Right.COST,
        **dict.fromkeys(
            ("stop", "stop_listed", "stop_confirmed", "archive", "archive_confirmed", "alarm_stop"), Right.STOP
        ),
        **dict.fromkeys(("mute", "unmute", "give", "remind", "quick_answer"), Right.STEER),
        **dict.fromkeys(("start", "launch", "new", "review", "adopt", "try_again", "continue_session"), Right.START),
        **dict.fromkeys(("pause", "resume"), Right.ADMINISTER),  # in the channel where it is typed
    }


def test_a_command_for_admins_says_what_it_is_about():
    assert all(bool(spec.admins_can) == (spec.role is Role.ADMIN) for spec in COMMANDS.specs)


def test_the_asker_is_of_a_session():
    """An alarm names its session, whose asker may answer it."""
    for spec in COMMANDS.specs:
        if spec.role is Role.ASKER_OR_ADMIN:
            assert spec.of_session or spec.name in {"alarm_fine", "alarm_snooze"}
            assert not spec.ways_on(Surface.SLASH)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.EVERYBODY, {"UADA", "UANN", "UBEN", None}),
        (Role.ASKER_OR_ADMIN, {"UADA", "UANN"}),
        (Role.ADMIN, {"UADA"}),
    ],
)
def test_whom_a_role_includes(role, allowed):
    assert {user for user in ("UADA", "UANN", "UBEN", None) if role.includes(user, ADMINS, "UANN")} == allowed


def test_without_a_session_there_is_no_asker():
    assert not Role.ASKER_OR_ADMIN.includes(None, ADMINS)
    assert not Role.ASKER_OR_ADMIN.includes("UANN", ADMINS)
    assert Role.ASKER_OR_ADMIN.includes("UADA", ADMINS)
