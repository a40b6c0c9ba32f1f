"""Who may ask a server of the playground: its own page and programs on this machine, no page of another site.

A browser sends `Origin` with every request that could change something, `Sec-Fetch-Site` with all of them, and the
name it looked up as `Host`. curl and the bot send none of the first two.
"""

import re
from collections.abc import Mapping
from typing import Final

LOOPBACK: Final = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
OWN_SITES: Final = frozenset({"same-origin", "none"})  # none: an address that a person typed

NOT_LOCAL: Final = (
    "This server answers only at 127.0.0.1, localhost, or [::1]; the request was for {host}. Open it at one of these"
    " names."
)
FROM_ELSEWHERE: Final = (
    "This request came from another page, and only the server's own page can send it. Type its address into the"
    " browser instead of following a link."
)


def refusal(headers: Mapping[str, str], *, visit: bool = False) -> str | None:
    """Why a request must not be answered; None when it may. Names of headers are looked up in lower case.

    A `visit` opens the page itself, and a link of another site may lead there: it changes nothing, and what is shown
    stays hidden from that site.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if not LOOPBACK.fullmatch(host):
        return NOT_LOCAL.format(host=host or "no name")  # a name that was bound to this address: DNS rebinding
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return FROM_ELSEWHERE
    if not visit and headers.get("sec-fetch-site", "none") not in OWN_SITES:
        return FROM_ELSEWHERE
    return None
