"""Files in messages: those that people share in Slack, and those that Devin names in what it writes."""

import json
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

# The sources of files that are shared in Slack, as they stand in rows.
DEVINS, TABLE, CHART = "devin", "table", "chart"

# `ATTACHMENT:"https://…"`, with the address in quotes, in JSON, or bare.
_MARKER: Final = (
    r"ATTACHMENT:[ \t]*"
    r"(?:\"(?P<quoted>https?://[^\"\n]*)\"|(?P<json>\{[^{}\n]*\})|(?P<bare>https?://[^\s\"<>]+))"
)
# An address of a file at Devin, which opens only for who is signed in there; alone, in a link or in an image.
_ADDRESS: Final = (
    r"https://(?:[\w-]+\.){0,5}devin\.ai/(?:[\w.-]+/){0,8}?attachments/[\w-]+/"
    r"[^\s\"'<>()|\]`*]*[^\s\"'<>()|\]`*.,;:!?]"
)
_LINK: Final = rf"!?\[(?P<label>[^\[\]\n]{{0,300}})\]\((?P<linked>{_ADDRESS})\)"
_FILE: Final = re.compile(rf"{_MARKER}|{_LINK}|<?(?P<address>{_ADDRESS})>?")
_NOTHING_SAID: Final = " \t-*>•"  # what may be left of a line that only named a file


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file in a Slack message. In a shared channel it may be a stub of which only the id is known."""

    id: str
    name: str = "file"
    mimetype: str = ""
    size: int = 0
    url: str = field(default="", repr=False)  # empty when there is nothing to download
    access: str | None = None

    @property
    def is_stub(self) -> bool:
        """Whether the facts about the file have to be read with files.info first."""
        return self.access == "check_file_info"


@dataclass(frozen=True, slots=True)
class DevinFile:
    """A file that a message of Devin's names. The API hands it out by its `uuid` and `name`, and not without a uuid."""

    name: str
    uuid: str = ""


def without_files(text: str) -> tuple[str, tuple[DevinFile, ...]]:
    """Take the files out of a message of Devin's. Returns its words without their addresses, and each file once."""
    found: dict[DevinFile, None] = {}

    def taken_out(match: re.Match[str]) -> str:
        url = match["quoted"] or match["bare"] or match["linked"] or match["address"] or _in_json(match["json"])
        if not url:
            return match[0]
        file = _file(url)
        found[file] = None
        # A bare address stands for the file within a sentence, and so does the label of a link.
        return file.name if match["address"] else _label(match)

    lines = [(line, _FILE.sub(taken_out, line)) for line in text.split("\n")]
    kept = [said for line, said in lines if said == line or said.strip(_NOTHING_SAID)]
    return ("\n".join(kept) if found else text), tuple(found)


def _label(match: re.Match[str]) -> str:
    return match["label"] if match["linked"] and match[0].startswith("[") else ""


def _in_json(value: str | None) -> str:
    try:
        url = json.loads(value or "{}").get("url")
    except ValueError:
        return ""
    return url if isinstance(url, str) else ""


def _file(url: str) -> DevinFile:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    *_, uuid, name = ["", "", *path.split("/")]
    # What Devin writes may come from anybody, so nothing is asked for that could be another address of the API.
    return DevinFile(unquote(name) or "file", uuid if re.fullmatch(r"[\w-]+", uuid) else "")
