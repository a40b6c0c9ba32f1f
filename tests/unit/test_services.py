"""What all flows share is the process's; what belongs to a workspace or an organisation comes with the work."""

from dataclasses import fields

from bot.kernel.services import Services
from bot.kernel.unit_of_work import UnitOfWork

OF_THE_PROCESS = {
    "settings",
    "db",
    "engine",
    "writer",
    "timing",
    "clock",
    "worker",
    "metrics",
    "setup",
    "commands",
    "process",
} | {"restoration", "channels", "tracing"}
REGISTRIES = {"workspaces", "organisations"}


def test_services_hold_what_is_the_processs_and_two_registries() -> None:
    assert {field.name for field in fields(Services)} == OF_THE_PROCESS | REGISTRIES
    assert not {name for name in vars(Services) if name in {"workspace", "organisation", "slack", "devin", "policy"}}


def test_a_unit_of_work_knows_no_workspace() -> None:
    assert {field.name for field in fields(UnitOfWork)} == {
        "tx",
        "now",
        "ref",
        "timing",
        "settings",
        "wakes",
        "afterwards",
    }
