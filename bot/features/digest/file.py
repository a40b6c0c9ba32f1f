"""Makes the CSV file of a digest from stored rows, as `/devin usage by session csv` would."""

from datetime import date

from bot.domain.questions import By
from bot.domain.readers import Readers
from bot.features.digest.digest_file import question_of
from bot.features.usage.figure_files import FigureFile, usage_file
from bot.features.usage.figure_sentences import Figures
from bot.features.usage.file_parts import FileParts
from bot.features.usage.spend_group_rows import Spending
from bot.kernel.workspace import Workspace
from bot.store.database.connection import Transaction


async def digest_file(
    tx: Transaction,
    workspace: Workspace,
    figures: Figures,
    first: date,
    channel: str | None,
    readers: Readers,
) -> FigureFile | None:
    """Return the file of the sessions from `first` to the day of the `figures`, and of what came from elsewhere.

    With a `channel` only its sessions count. None if there was no session, and the bill is not known or says nothing on
    this plan.
    """
    question, span = question_of(first, figures.day)
    spending = Spending(workspace.team, workspace.organisation.id, first, figures.day, channel, readers)
    found = await FileParts(tx, workspace, spending, figures).by(By.SESSION)
    if found is None or found == ([], None):
        return None
    made = usage_file(question, span, figures, *found, shows_people=workspace.policy.shows_names)
    return made if made.rows else None
