"""The forms that there are: one line for each command that opens one (`opens_form` in its `CommandSpec`)."""

from bot.domain.commands.devin_specs import SCHEDULE_ADD
from bot.flows.access import Access
from bot.flows.manage.forms import FormKind, Forms
from bot.flows.manage.library_forms import KINDS, LibraryForm
from bot.flows.manage.schedule_form import ScheduleForm
from bot.flows.services import Services


def all_forms(services: Services, access: Access) -> Forms:
    """Return the forms of all commands that have one, by the names of the commands."""
    kinds: dict[str, FormKind] = {
        spec.name: LibraryForm(services, access, spec.name, kind) for spec, kind in KINDS.items()
    }
    kinds[SCHEDULE_ADD.name] = ScheduleForm(services, access)
    return Forms(services, access, kinds)
