"""What goes wrong with the playground itself, in words for the person who started it."""


class TroubleError(Exception):
    """The playground cannot go on; the text is for the person who started it."""
