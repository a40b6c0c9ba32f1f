"""The table of commands: what holds for each, and what follows from it."""

import pytest

from bot.domain.commands import devin_specs, library_commands, registry
from bot.domain.commands.registry import BY_ACTION_ID, COMMANDS, commands_on, named
from bot.domain.commands.spec import ADDRESSED, WRITTEN, CommandSpec, Role, Surface

ADMINS = frozenset({"UADA"})
BUTTONS_OF_FLOWS = {
    *("grant_more", "refuse_more", "note_delete_confirmed"),
    *("start_fan_out", "cancel_fan_out", "stop_fan_out", "retry_fan_out"),
}  # their own flows ask for the role
SEEN_BY_ALL = {"stop", "alarm_stop", "alarm_fine", "alarm_snooze", "stop_fan_out", "retry_fan_out"}


def names(specs):
    return {spec.name for spec in specs}


def test_every_command_that_is_declared_stands_in_the_table_once():
    found = [*vars(registry).values(), *vars(library_commands).values(), *vars(devin_specs).values()]
    declared = [value for value in found if isinstance(value, CommandSpec)]
    assert sorted(names(declared)) == sorted(spec.name for spec in COMMANDS)
    assert all(named(spec.name) is spec for spec in declared)


# These names stand in rows that are stored: one that is renamed is a row that nobody can carry out.
def test_what_they_are_called():
    assert " ".join(spec.name for spec in COMMANDS) == (
        "start list cost status stop stop_listed stop_confirmed stop_declined mute unmute aside archive new notify "
        "usage report digest budget_list budget_set budget_remove budget_grant ask_for_more grant_more refuse_more "
        "orgs audit audit_bot fanout start_fan_out cancel_fan_out stop_fan_out retry_fan_out "
        "note_list note_show note_add note_edit note_delete note_delete_confirmed "
        "note_delete_declined playbook_list playbook_show playbook_add playbook_edit open_form "
        "cancel_long_job review schedule_list schedule_add schedule_pause schedule_resume "
        "schedule_delete schedule_delete_confirmed schedule_kept metrics members secret_list secret_add "
        "exit exit_confirmed exit_declined start_again start_declined "
        "start_corrected start_as_written start_cancelled wake leave_asleep alarm_stop alarm_fine alarm_snooze "
        "run_command start_as_task help"
    )


@pytest.mark.parametrize("surface", Surface)
def test_on_each_surface_a_phrase_means_one_command(surface):
    phrases = [form.phrase for spec in COMMANDS for form in spec.forms_on(surface)]
    assert len(phrases) == len(set(phrases)) > 0


def test_what_is_written_counts_wherever_it_is_written():
    """The parser is told only whether a message is written to the bot itself; in a thread other words are Devin's."""
    written = [form.surfaces for spec in COMMANDS for form in spec.forms if form.surfaces & WRITTEN]
    assert all(surfaces in {WRITTEN, ADDRESSED} for surfaces in written)


def test_what_goes_before_waiting_replies():
    """A stop ends them, a question of ours or a press concerns nobody else; what starts or is for Devin waits."""
    assert names(spec for spec in COMMANDS if spec.urgent) == {
        *("stop", "archive", "exit", "status", "cost", "help"),
        *("exit_confirmed", "exit_declined", "start_again", "start_declined", "run_command", "start_as_task"),
        *("start_corrected", "start_as_written", "start_cancelled", "wake", "leave_asleep", "cancel_long_job"),
        *("alarm_stop", "alarm_fine", "alarm_snooze"),
        *("stop_listed", "stop_confirmed", "stop_declined"),
        *("ask_for_more", "grant_more", "refuse_more"),
        *("schedule_delete_confirmed", "schedule_kept"),
        *("note_delete_confirmed", "note_delete_declined", "open_form"),
        *("start_fan_out", "cancel_fan_out", "stop_fan_out", "retry_fan_out"),
    }
    assert all(spec.urgent for spec in commands_on(Surface.BUTTON))


def test_what_ends_a_session_and_what_only_asks():
    assert {"stop", "stop_listed", "stop_confirmed", "archive", "exit", "exit_confirmed"} == registry.ENDING
    assert names(spec for spec in COMMANDS if spec.asks_first) == {"exit", "schedule_delete"}
    assert all(spec.of_session and spec.urgent for spec in COMMANDS if spec.ends_session)


def test_which_buttons_are_replaced_by_their_answer():
    """All but those that everybody sees, of a long job, whose message is edited, and of a form, which covers all."""
    others = {*SEEN_BY_ALL, "cancel_long_job", "open_form"}
    assert names(spec for spec in COMMANDS if spec.replaces) == names(commands_on(Surface.BUTTON)) - others


def test_which_buttons_are_known():
    assert {action_id: spec.name for action_id, spec in BY_ACTION_ID.items()} == {
        "stop": "stop",
        "stop_listed": "stop_listed",
        "stop_confirmed": "stop_confirmed",
        "stop_declined": "stop_declined",
        "exit_confirmed": "exit_confirmed",
        "exit_declined": "exit_declined",
        "start_again": "start_again",
        "wake": "wake",
        "alarm_stop": "alarm_stop",
        "alarm_fine": "alarm_fine",
        "alarm_snooze": "alarm_snooze",
        "leave_asleep": "leave_asleep",
        "start_declined": "start_declined",
        "start_corrected": "start_corrected",
        "start_as_written": "start_as_written",
        "start_cancelled": "start_cancelled",
        "run_command": "run_command",
        "start_as_task": "start_as_task",
        "ask_for_more": "ask_for_more",
        "grant_more": "grant_more",
        "refuse_more": "refuse_more",
        "cancel_long_job": "cancel_long_job",
        "schedule_delete_confirmed": "schedule_delete_confirmed",
        "schedule_kept": "schedule_kept",
        "note_delete_confirmed": "note_delete_confirmed",
        "note_delete_declined": "note_delete_declined",
        "open_form": "open_form",
        "start_fan_out": "start_fan_out",
        "cancel_fan_out": "cancel_fan_out",
        "stop_fan_out": "stop_fan_out",
        "retry_fan_out": "retry_fan_out",
    }


# ---------------------------------------------------------------- roles


def test_who_may_use_what():
    roles = {spec.name: spec.role for spec in COMMANDS if spec.role is not Role.EVERYBODY}
    assert roles == {
        **dict.fromkeys(("usage", "report", "digest", "orgs", "audit", "audit_bot"), Role.ADMIN),
        **dict.fromkeys(("budget_set", "budget_remove", "budget_grant"), Role.ADMIN),
        **dict.fromkeys(("grant_more", "refuse_more"), Role.ADMIN),
        **dict.fromkeys(("schedule_add", "schedule_pause", "schedule_resume", "schedule_delete"), Role.ADMIN),
        **dict.fromkeys(("metrics", "members", "secret_list", "secret_add"), Role.ADMIN),
        **dict.fromkeys(("note_add", "note_edit", "note_delete", "note_delete_confirmed"), Role.ADMIN),
        **dict.fromkeys(("playbook_add", "playbook_edit"), Role.ADMIN),
        **dict.fromkeys(("fanout", "start_fan_out", "cancel_fan_out", "stop_fan_out", "retry_fan_out"), Role.ADMIN),
        "exit": Role.ASKER_OR_ADMIN,
        "exit_confirmed": Role.ASKER_OR_ADMIN,
        "alarm_fine": Role.ASKER_OR_ADMIN,
        "alarm_snooze": Role.ASKER_OR_ADMIN,
    }


def test_a_command_for_admins_says_what_it_is_about():
    assert all(bool(spec.subject) == (spec.role is Role.ADMIN) for spec in COMMANDS)


def test_a_role_is_checked_wherever_it_is_asked_for():
    """Where no thread names a session before anything, otherwise once the session is known, whose asker may do it."""
    for spec in COMMANDS:
        if spec.role is Role.ASKER_OR_ADMIN:
            assert spec.of_session or spec.name in {"alarm_fine", "alarm_snooze"}
            assert not spec.forms_on(Surface.SLASH)
        elif spec.role is Role.ADMIN and not spec.of_session and spec.name not in BUTTONS_OF_FLOWS:
            assert len(spec.forms_on(Surface.SLASH, *ADDRESSED)) == len(spec.forms)


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
