"""What is said about notes and playbooks: lists, one of them, and what became of a change."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.features.library.rules import ALL_REPOS, BODY, FIELDS, MACRO, NAME, REPO, TRIGGER, Kind, LibraryItem
from bot.features.library.specs import NOTE_DELETE_CONFIRMED
from bot.views import blocks, questions
from bot.views.answers import failures as failure_sentences
from bot.views.answers.wording import code, message_of
from bot.views.devin_markdown import devin_markdown
from bot.views.given_back import given_back
from bot.views.message import Message
from bot.views.operations import devin_refused
from bot.views.plain_text import notification
from bot.views.text import OPEN_IN_DEVIN, ago, counted, escape, fitted, link, split

QUESTION: Final = "note"  # the name of the question whether to delete one
MOST_LISTED: Final = 20
PAGES: Final[Mapping[Kind, str]] = {  # where people read them in Devin
    Kind.NOTE: "https://app.devin.ai/knowledge",
    Kind.PLAYBOOK: "https://app.devin.ai/playbooks",
}
NAME_LENGTH: Final = 100
_GIVEN_BACK: Final = (NAME, TRIGGER, REPO, MACRO, BODY)  # the longest one last
_UNCHANGED: Final = "Nothing was changed."

NOT_DELETED: Final = Message("The note was kept.")
ALREADY_DELETED: Final = Message("That note is deleted already.")
MAYBE_DELETED: Final = Message(f"{failure_sentences.lost_answer('the note was deleted')} See `/devin note list`.")


# ---------------------------------------------------------------- lists


def listing(kind: Kind, items: Sequence[LibraryItem], search: str, *, unreadable: int = 0) -> Message:
    """List `items`, those that contain `search`; the first ones have the numbers that commands take."""
    if not items and not unreadable:
        return _nothing(kind, search)
    shown = items[:MOST_LISTED]
    found = f" with “{fitted(search, NAME_LENGTH)}”" if search else ""
    lines = [f"*{counted(len(items), kind)}{found}*"]
    lines += [f"{number}. {_line(item)}" for number, item in enumerate(shown, start=1)]
    if len(items) > len(shown):
        more = len(items) - len(shown)
        lines.append(f"… and {more:,} more. To search, add a word: `/devin {kind} list deploy`.")
    if unreadable:
        lines.append(f":warning: {counted(unreadable, 'more row')} of Devin's couldn't be read.")
    if shown:
        lines.append(f"`/devin {kind} show 1` shows number 1 of this list.")
    return Message("\n".join(lines))


def _nothing(kind: Kind, search: str) -> Message:
    if search:
        return Message(f"No {kind} contains “{fitted(search, NAME_LENGTH)}”. `/devin {kind} list` shows all of them.")
    return Message(f"There are no {kind}s yet. Admins can add one with `/devin {kind} add`.")


def _line(item: LibraryItem) -> str:
    return " · ".join([_bold(item), *_facts(item, 100)])


def _facts(item: LibraryItem, length: int) -> list[str]:
    facts = (
        fitted(item.trigger, length),
        _repo(item.repo),
        code(item.macro) if item.macro else "",
        "off" if not item.is_enabled else "",
        "of the enterprise" if item.of_enterprise else "",
    )
    return [fact for fact in facts if fact]


def _repo(repo: str) -> str:
    if repo == ALL_REPOS:
        return "all repositories"
    return code(repo) if repo else ""


# ---------------------------------------------------------------- one of them


def shown(item: LibraryItem) -> Message:
    """Show one note or playbook, its text as far as a message holds it."""
    facts = [*_facts(item, 1_000), f"changed {ago(item.updated_at)}" if item.updated_at else ""]
    head = "\n".join([_bold(item), " · ".join(fact for fact in facts if fact)]).strip()
    first, *more = split(devin_markdown(item.body)) or ["_(no text)_"]
    foot = [link(PAGES[item.kind], OPEN_IN_DEVIN), "the rest is there" if more else ""]
    return Message(
        notification(item.name, item.body), [blocks.section(head), blocks.markdown(first), *blocks.context(foot)]
    )


def which(kind: Kind, verb: str) -> Message:
    """Ask which one is meant; `verb` is what was typed behind `note` or `playbook`."""
    return message_of(
        f"Which {kind}? `/devin {kind} {verb} 2` takes number 2 of your last `/devin {kind} list`.", _unchanged(verb)
    )


def no_number(kind: Kind, verb: str, typed: str) -> Message:
    """Say that what was typed is neither a number nor an id."""
    return message_of(
        f"{code(typed)} isn't a number from your list or the ID of a {kind}.",
        _unchanged(verb),
        f"`/devin {kind} list` shows the numbers.",
    )


def unseen(kind: Kind, verb: str) -> Message:
    """Say that the person has seen no list whose numbers would count."""
    return message_of("Those numbers have expired.", _unchanged(verb), f"Run `/devin {kind} list`, then try again.")


def not_listed(kind: Kind, verb: str, number: int) -> Message:
    """Say that the list that the person saw last has no such number."""
    return message_of(
        f"Your last list of {kind}s has no number {number}.", _unchanged(verb), f"`/devin {kind} list` shows it again."
    )


def _unchanged(verb: str) -> str:
    """Say so where something was to be changed."""
    return "" if verb == "show" else _UNCHANGED


def gone(kind: Kind) -> Message:
    """Say that it does not exist at Devin, or not for the bot's key."""
    return Message(f"Devin no longer has that {kind}. {_UNCHANGED} `/devin {kind} list` shows the rest.")


def not_offered(kind: Kind) -> Message:
    """Say that Devin knows no list of them."""
    return Message(f"Devin shows no {kind}s to this organization. {_UNCHANGED}")


def refused(permission: str | None) -> Message:
    """Say that Devin refuses the call, and who can grant the `permission`."""
    return Message(f"{devin_refused(permission)} {_UNCHANGED}")


# ---------------------------------------------------------------- changes


def ask_delete(item: LibraryItem) -> Message:
    """Ask whether to delete a note."""
    ask = "Delete the note {} permanently?"
    buttons = blocks.actions(
        questions.choice("Delete it", NOTE_DELETE_CONFIRMED, item.id, "danger"),
        questions.no("Keep note", QUESTION, item.id),
    )
    return Message(ask.format(_plain(item)), [blocks.section(ask.format(_bold(item))), *buttons])


def deleted(name: str) -> Message:
    """Confirm that the note called `name` was deleted."""
    return Message(f"The note *{fitted(name, NAME_LENGTH)}* is deleted.")


def saved(item: LibraryItem, *, new: bool) -> Message:
    """Confirm that a note or playbook was saved."""
    done = "saved" if new else "changed"
    use = "Devin knows it from now on" if item.kind is Kind.NOTE else "Sessions can use it from now on"
    return Message(f"The {item.kind} {_bold(item)} is {done}. {use}. {link(PAGES[item.kind], OPEN_IN_DEVIN)}")


def same_as_before(item: LibraryItem) -> Message:
    """Say that a form was sent back as it had been opened."""
    return Message(f"You changed nothing in the {item.kind} {_bold(item)}, so nothing was saved.")


def late(item: LibraryItem) -> Message:
    """Say that a change is still to come."""
    return Message(
        f"Devin can't be reached right now. The {item.kind} {_bold(item)} is kept and saved later; no need to resend."
    )


def not_saved(item: LibraryItem, why: str) -> list[Message]:
    """Say `why` a note or playbook was not saved, and give back what was written."""
    head = f":warning: The {item.kind} {_bold(item)} wasn't saved. {why}"
    text = f"The {item.kind} {_plain(item)} wasn't saved. The reason and your text are below."
    return given_back(text, head, _written(item))


def maybe_saved(item: LibraryItem, reference: str) -> list[Message]:
    """Say that nobody knows whether a new note or playbook was saved, and give back what was written."""
    advice = f"`/devin {item.kind} list` shows it if it was."
    head = failure_sentences.outcome_unknown(f"the {item.kind} {_bold(item)} was saved", advice, reference).text
    text = f"It's unclear whether the {item.kind} {_plain(item)} was saved. Your text is below."
    return given_back(text, head, _written(item))


def gone_meanwhile(kind: Kind) -> str:
    """Why a change was not saved: what it would change was deleted."""
    return f"Someone deleted it while your form was open. `/devin {kind} add` adds a new one."


def changed_meanwhile(kind: Kind) -> str:
    """Why a change was not saved: somebody else made another one."""
    return f"Someone else changed it while your form was open. `/devin {kind} edit` opens it as it is now."


def unreachable(reference: str) -> str:
    """Why something was not saved: Devin could not be reached."""
    return f"Devin couldn't be reached for hours. Send it again. Error ID {code(reference)}."


def _written(item: LibraryItem) -> dict[str, str]:
    """What was written into a form, by the labels of its fields; the name only where the head has to cut it."""
    fields, values = FIELDS[item.kind], item.fields
    whole = NAME if len(escape(item.name)) <= NAME_LENGTH else ""
    return {fields[name].label: values[name] for name in _GIVEN_BACK if name in values and name != whole}


def _bold(item: LibraryItem) -> str:
    return f"*{fitted(item.name, NAME_LENGTH) or item.id}*"


def _plain(item: LibraryItem) -> str:
    """The name for the text beside blocks, which takes no markup."""
    return fitted(item.name, NAME_LENGTH) or item.id
