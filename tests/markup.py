"""What must not stand in the text beside blocks, which notifications show and screen readers read as it is."""

import re

MARKUP = re.compile(r"\*\*|^[ \t]*\|.*\|[ \t]*$|```|~~~", re.MULTILINE)


def with_markup(texts: list[str]) -> list[str]:
    """Those of `texts` that have bold print, a row of a table or a fence of Markdown in them."""
    return [text for text in texts if MARKUP.search(text)]
