"""What operators and admins read about a wrong set-up: in readiness, and once in a message."""

from bot.setup_problems import Kind, SetupProblem
from bot.views.message import Message
from bot.views.text import counted


def sentence(problem: SetupProblem) -> str:
    """Return what is wrong, and what to do about it."""
    return {
        Kind.SIGNATURES: "Slack's requests don't match the signing secret. Check SLACK_SIGNING_SECRET.",
        Kind.SLACK_ACCESS: "Slack rejects the bot's token. Set a new one in SLACK_BOT_TOKEN.",
        Kind.DEVIN_ACCESS: "Devin rejects the bot's key. Set a new one in DEVIN_API_KEY.",
        Kind.DEVIN_RIGHTS: "Devin rejects everything (403). In Devin, check the bot's role and IP access.",
        Kind.ORGANISATION: f"Devin doesn't recognize the organization {problem.subject}. Check DEVIN_ORG_ID.",
        Kind.CLOCK: _clock(problem),
    }[problem.kind]


def notice(problem: SetupProblem) -> Message:
    """Inform admins of a problem."""
    return Message(f":warning: {sentence(problem)}")


def _clock(problem: SetupProblem) -> str:
    minutes = round(abs(problem.seconds) / 60)
    size = counted(minutes, "minute") if minutes else counted(int(abs(problem.seconds)), "second")
    way = "ahead of" if problem.seconds > 0 else "behind"
    return f"The bot's clock is {size} {way} {problem.subject}'s. Sync the machine's clock."
