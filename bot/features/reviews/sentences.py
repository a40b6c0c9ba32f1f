"""What is said about reviews: how to ask for one, and the one message that shows how far it is."""

from collections.abc import Collection, Sequence
from typing import Final

from bot.domain.commands.registry import CANCEL_OPERATION
from bot.domain.operation import Cell, Operation, OperationState
from bot.views import blocks
from bot.views.answers import failures as failure_sentences
from bot.views.message import Block, Message
from bot.views.operations import OperationSentences
from bot.views.pull_requests import pull_request_name
from bot.views.text import fitted, link

COMMIT_SHOWN: Final = 7  # characters
_HOW: Final = "`/devin review https://github.com/acme/web/pull/7` has Devin review that pull request."
HOW: Final = Message(f"Which pull request? {_HOW} Nothing was requested.")
NO_PULL_REQUEST: Final = Message(f"That isn't a link to a pull request. Nothing was requested. {_HOW}")
CHECKING: Final = Message("Devin didn't answer. Checking whether the review was requested.")
LATE: Final = Message("Devin can't be reached right now. The review is requested as soon as it answers.")
NOT_SEEN: Final = Message(
    "Devin doesn't see that pull request, so nothing was requested. A Devin admin can connect its repository."
)
NO_COMMIT: Final = "Devin no longer shows this review. Look at the pull request itself."
_GOES_ON: Final = "The review continues and appears on the pull request."
NO_MESSAGE: Final = (
    "Slack rejects messages about this review, because the app lacks the scope `im:write`. "
    f"{_GOES_ON} A workspace admin can reinstall the app with it."
)
STOPPED: Final = f"No longer followed. {_GOES_ON}"
ERRORED: Final = "Devin couldn't finish the review. Ask again with `/devin review`."
LOST: Final = "Devin Bridge can no longer follow it. Look at the pull request itself."
_STATES: Final = {"pending": "Devin starts soon.", "running": "Devin is reading it."}


def title(pr_url: str, commit: str, hosts: Collection[str] = ()) -> str:
    """The title of the operation that follows a review."""
    return f"Review of {pull_request_name(pr_url, hosts)} ({commit[:COMMIT_SHOWN]})"


def asked_for(pr_url: str, hosts: Collection[str] = ()) -> Message:
    """Confirm privately that a review was asked for."""
    name = link(pr_url, pull_request_name(pr_url, hosts))
    return Message(f"Devin will review {name}. You'll get a DM when it's done.")


def goes_on(pr_url: str, hosts: Collection[str] = ()) -> Message:
    """Say privately that Devin reviews that commit already, so that no second review was asked for."""
    name = link(pr_url, pull_request_name(pr_url, hosts))
    return Message(f"Devin is already reviewing the newest commit of {name}. You'll get a DM when it's done.")


def maybe_asked_for(pr_url: str, ref: str, hosts: Collection[str] = ()) -> Message:
    """Say that nobody knows whether a review was asked for."""
    name = link(pr_url, pull_request_name(pr_url, hosts))
    advice = "Look at the pull request before you ask again."
    return failure_sentences.outcome_unknown(f"the review of {name} was requested", advice, ref)


def not_asked_for(pr_url: str, ref: str, hosts: Collection[str] = ()) -> Message:
    """Say that a review was not asked for, because Devin could not be reached for too long."""
    name = link(pr_url, pull_request_name(pr_url, hosts))
    return Message(
        f"The review of {name} wasn't requested: Devin couldn't be reached. Ask again with "
        f"`/devin review`. Error ID `{ref}`."
    )


class ReviewSentences(OperationSentences):
    """What the message of a review says, which has no rows."""

    no_message = NO_MESSAGE

    def going_on(self, operation: Operation, now: float) -> Message:  # noqa: ARG002 - Devin does not say how far it is
        """Show how far the review is, in Devin's word for it, and a button with which it is followed no longer."""
        status = operation.cursor["status"] if operation.cursor else "pending"
        line = _STATES.get(status) or f"Devin's status: {fitted(status, 30)}."
        return _message(
            operation, line, *blocks.actions(blocks.button("Stop following", CANCEL_OPERATION.action_id, operation.id))
        )

    def ended(self, operation: Operation, count: int, rows: Sequence[Sequence[Cell]]) -> Message:  # noqa: ARG002 - none
        """Show how it ended."""
        if operation.state is OperationState.CANCELLED:
            return _message(operation, STOPPED)
        if operation.state is OperationState.FAILED:
            return _message(operation, f":warning: {operation.reason or LOST}")
        return _message(operation, ":white_check_mark: Done. Devin's findings are on the pull request.")

    def over(self, operation: Operation) -> Message:
        """Notify who asked for a review, which took a while, that it is over: nobody is notified of an edit."""
        how = (
            "It couldn't be followed to the end; the message above says why."
            if operation.state is OperationState.FAILED
            else "Done. Devin's findings are on the pull request."
        )
        return Message(f"{fitted(operation.new.title)}: {how}")


def still_going(status: str) -> str:
    """Why a review is followed no longer: Devin has had it for too long, and says `status` about it."""
    word = fitted(status, 30) or "unknown"
    return f"Devin hasn't finished it in two hours (`{word}`). Look at the pull request itself."


def _message(operation: Operation, line: str, *more: Block) -> Message:
    name, _, commit = operation.new.title.removeprefix("Review of ").rpartition(" ")
    head = f"*Review of {link(operation.new.asked.get('pr_url'), name)}* {fitted(commit, 20)}"
    text = line.removeprefix(":warning: ").removeprefix(":white_check_mark: ").replace("`", "")
    return Message(f"{fitted(operation.new.title)}: {text}", [blocks.section(f"{head}\n{line}"), *more])
