"""The forms of all commands that open one (`opens_form` in a `CommandSpec`)."""

from bot.domain.commands.devin_specs import SCHEDULE_ADD
from bot.flows.access import Access
from bot.flows.manage.forms.forms import Forms
from bot.flows.manage.forms.library import library_forms
from bot.flows.manage.forms.schedule import ScheduleForm
from bot.flows.services import Services


def all_forms(services: Services, access: Access) -> Forms:
    """Return the forms of all commands that have one, by the names of the commands."""
    kinds = {**library_forms(services, access), SCHEDULE_ADD.name: ScheduleForm(services, access)}
    return Forms(services, access, kinds)
