"""The steps of the bot: each commit, and each call that changes something outside, named after the code that makes it.

"NewSession.call [in]: Devin POST sessions" is a call that the method makes in a lane of the kind `in`; the name of a
commit says which tables it changes. What the clock has done is marked `[clock]`, and what is done at the start or while
Slack waits has no mark. No name is written by hand: `make steps` records them. The bot may die at several moments of a
step.
"""

from dataclasses import dataclass
from types import CodeType
from typing import Final

from bot.kernel.services import Services

COMMIT: Final = "commit"
RECEIPT: Final = "receipt"  # the commit that Slack's ack waits for
BEFORE, ON_THE_WIRE, AFTER = "before", "on the wire", "after"
CLOCK: Final = "clock"

# Modules that make commits and calls for others: the step belongs to who asked for it.
PLUMBING: Final = ("bot.store", "bot.slack", "bot.devin", "bot.engine", "bot.logs", Services.__module__)


def is_plumbing(module: str) -> bool:
    """Whether a module commits and calls for others."""
    return any(module == one or module.startswith(f"{one}.") for one in PLUMBING)


def name_of(module: str, code: CodeType) -> str:
    """The name of a function: with its class, or with the last word of its module, so that it outlives a move."""
    name = code.co_qualname.replace(".<locals>", "")
    return name if name.lstrip("_")[0].isupper() else f"{module.rpartition('.')[2]}.{name}"


def calls_devin(step: str) -> bool:
    """Whether a step is a call to Devin: each time something else is done, which cannot be taken back."""
    return ": Devin " in step


def is_by_the_clock(step: str) -> bool:
    """Whether a step may run beside any story."""
    return f" [{CLOCK}]: " in step


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment of one occurrence of a step."""

    step: str
    when: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.step}, {self.when} #{self.number}"

    @classmethod
    def parse(cls, line: str) -> "Moment":
        """The moment that a process wrote down."""
        reached, number = line.rsplit(" #", 1)
        step, when = reached.rsplit(", ", 1)
        return cls(step, when, int(number))

    @property
    def names(self) -> tuple[str, str, str]:
        """What a test may call the step: its whole name, the function, or what is done."""
        return self.step, self.step.partition(" ")[0].removesuffix(":"), self.what

    @property
    def what(self) -> str:
        """What is done at the step: the call, or the kind of commit."""
        return self.step.partition(": ")[2]

    @property
    def is_distinct(self) -> bool:
        """Whether a death here leaves something else behind than a death after the step before.

        Before a commit nothing has changed since the last step. But what Slack sent is lost with a death before its
        receipt, and comes again.
        """
        return self.when != BEFORE or not self.what.startswith(COMMIT)

    @property
    def is_before_a_call(self) -> bool:
        """Whether a call to the outside is about to be made."""
        return self.when == BEFORE and not self.is_of_a_commit

    @property
    def is_of_a_commit(self) -> bool:
        """Whether the step changes the store, and nothing outside."""
        return self.what.startswith((COMMIT, RECEIPT))
