"""What the playground says and more than one test file asserts: its page, its console and its simulated services.

The simulated Devin refuses in the words of the recorded answers in `tests/samples/devin`.
"""

NOTHING_TO_STOP = "The bot isn't running, so there's nothing to stop. Start it first."
NOT_FILES = "Files are a list of objects, each with its name, mimetype and content."
PERMISSION_MISSING = "Service user lacks the required permission"
MODE_REFUSED = "devin_mode 'lite' is not available for this organization"
STORY_BEGINS = "I have `acme/web` checked out and I'm running the login tests until I see it happen."


def permission_missing(permission: str) -> str:
    """As the simulated Devin says it, which names the permission."""
    return f"{PERMISSION_MISSING}: {permission}"


def no_free_port(first: int) -> str:
    return (
        f"Port {first} and the ports after it are in use or not allowed. "
        "Choose another with --port, --slack-port, --devin-port or --bot-port, or 0 for any free one."
    )


def next_free_port(what: str, wanted: int, port: int) -> str:
    return f"Port {wanted} is in use or not allowed, so {what} listens on the next free one, {port}."
