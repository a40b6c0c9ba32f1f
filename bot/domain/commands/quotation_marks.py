"""The quotation marks that people put around a value, a name or words to search for.

Slack and phones turn straight marks into typographic ones, in the forms of several languages: “…”, „…“, «…», »…«.
"""

import re
from typing import Final

DOUBLE: Final = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
SINGLE: Final = "'\u2018\u2019\u201a\u201b\u2039\u203a"
# An opening mark of one language closes in another, so any of them begins and any of them ends.
QUOTED: Final = rf"[{DOUBLE}][^{DOUBLE}]+[{DOUBLE}]|[{SINGLE}][^{SINGLE}]+[{SINGLE}]"
_QUOTED: Final = re.compile(QUOTED)


def unquoted(text: str) -> str | None:
    """Return what stands between the quotation marks around all of `text`; None where there are no such marks."""
    quoted = text.strip()
    return quoted[1:-1].strip() if _QUOTED.fullmatch(quoted) else None


def searched(typed: str) -> str:
    """Return the words to search for that were `typed`, without the quotation marks around them."""
    return unquoted(typed) or typed.strip()
