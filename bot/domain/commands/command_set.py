"""All commands of the bot: by name, by button, and as they are typed."""

from collections.abc import Iterable

from bot.domain.commands.parser import Parser
from bot.domain.commands.presses import Press, answer_of
from bot.domain.commands.registry import ANSWER
from bot.domain.commands.spec import CommandSpec, Surface


class CommandSet:
    """The commands that are declared, in the order of the help texts, and what reads them."""

    def __init__(self, specs: Iterable[CommandSpec]) -> None:
        self.specs = tuple(specs)
        self.parser = Parser(self.specs)
        self.forms = frozenset(spec.name for spec in self.specs if spec.opens_form)
        self.shortcuts = {spec.shortcut: spec for spec in self.specs if spec.shortcut is not None}  # by `callback_id`
        self.global_shortcuts = {spec.global_shortcut: spec for spec in self.specs if spec.global_shortcut is not None}
        self._by_name = {spec.name: spec for spec in self.specs}
        self._choices = {spec.choice_id: spec for spec in self.specs}
        self._buttons = {spec.action_id: spec for spec in self.on(Surface.BUTTON)}

    def named(self, name: str) -> CommandSpec:
        """Return the command called `name`; raises KeyError where there is none."""
        return self._by_name[name]

    def on(self, surface: Surface) -> tuple[CommandSpec, ...]:
        """Return the commands that have a form on `surface`."""
        return tuple(spec for spec in self.specs if spec.ways_on(surface))

    def press_of(self, action_id: str, value: str) -> Press | None:
        """Return what the press of a button asks for; None if the button is none of the bot's."""
        if (answer := answer_of(action_id, value)) is not None:
            return Press(ANSWER, answer, chosen=True)
        # Buttons of one command beside each other have a word behind its action id, because each needs its own.
        if (chosen := self._choices.get(action_id.partition("#")[0])) is not None:
            return Press(chosen, value, chosen=True)
        spec = self._buttons.get(action_id.partition("#")[0])
        return None if spec is None else Press(spec, value)
