"""Messages as Markdown: Slack's own markup and its blocks, with the names of people and channels."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from bot.playground.page.inert import escaped, inert, one_line
from bot.playground.plain import BOLD, ENTITY, SHORTCODE, emoji
from bot.playground.slack.world import World

Json = dict[str, Any]

_CODE: Final = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_STRUCK: Final = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+)(?<=\S)~(?![\w~])")
_LINK: Final = re.compile(r"(?:https?://|mailto:)\S*", re.IGNORECASE)


class Markdown:
    """Writes down what one person sees."""

    def __init__(self, world: World, reader: str) -> None:
        self._world = world
        self._reader = reader
        self._blocks: dict[str, Callable[[Json], str]] = {
            "header": lambda block: f"### {escaped(block['text']['text'])}",
            "divider": lambda _: "---",
            "markdown": lambda block: str(block["text"]),
            "actions": self._buttons,
            "image": lambda block: f"🖼 {escaped(block['alt_text'])}",
            "table": self._table,
            "data_table": lambda block: f"{escaped(block['caption'])}\n\n{self._table(block)}",
            "data_visualization": self._chart,
            "rich_text": lambda block: "\n".join(chain.from_iterable(map(self._rich, block["elements"]))),
        }

    def body(self, text: str, blocks: Sequence[Json]) -> list[str]:
        """The paragraphs of a message: its blocks, or its text where it has none."""
        drawn = [inert(part) for part in map(self.block, blocks) if part]
        return drawn or ([inert(self.mrkdwn(text))] if text else [])

    def block(self, block: Json) -> str:
        """One block; of a kind that has no counterpart in Markdown all its texts, line by line."""
        writer = self._blocks.get(str(block.get("type")))
        return writer(block) if writer else "\n".join(self._texts(block))

    def mrkdwn(self, text: str) -> str:
        """Slack's own markup; what stands in code stays as it is."""
        parts = enumerate(_CODE.split(text))  # every second one is code
        return "".join(_code(part) if place % 2 else self._marked(part) for place, part in parts).strip("\n")

    def name(self, user: str) -> str:
        """Somebody's name."""
        person = self._world.people.get(user)
        return one_line(person.real_name if person else user)

    def _marked(self, text: str) -> str:
        shown = _STRUCK.sub(r"~~\1~~", BOLD.sub(r"**\1**", text))
        shown = ENTITY.sub(lambda found: self._entity(found[1], found[2]), shown)
        return SHORTCODE.sub(lambda code: emoji(code[1]), shown).replace("• ", "- ")

    def _entity(self, target: str, label: str | None) -> str:
        if target[0] == "@":
            return f"@{self.name(target[1:])}"
        if target[0] == "#":
            channel = self._world.channels.get(target[1:])
            return f"#{channel.name if channel else label or target[1:]}"
        if target[0] == "!":
            return label or f"@{target[1:].partition('^')[0]}"
        # What is no link to another place stays a word: javascript: and the like lead nowhere.
        if not _LINK.fullmatch(target):
            return label or target
        return f"[{label}]({target})" if label else target

    def _buttons(self, block: Json) -> str:
        shown = [
            " ".join(self._texts(element.get("text") or element.get("placeholder") or {}))
            for element in block["elements"]
            if self._reader in (element.get("visible_to_user_ids") or [self._reader])
        ]
        return "  ".join(f"`[ {label} ]`" for label in shown if label)

    def _table(self, block: Json) -> str:
        head, *body = [[self._cell(cell).replace("|", "\\|") for cell in row] for row in block["rows"]]
        return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *body))

    def _cell(self, cell: Json) -> str:
        rich = cell.get("type") == "rich_text"
        return " ".join(chain.from_iterable(map(self._rich, cell["elements"])) if rich else self._texts(cell))

    def _chart(self, block: Json) -> str:
        """The numbers of a chart, as a table: a row for each category, or for each segment of a pie."""
        chart = block["chart"]
        named = [(series["name"], series["data"]) for series in chart.get("series", [])] or [("", chart["segments"])]
        head = ["", *(name for name, _ in named)]
        labels = [point["label"] for point in named[0][1]]
        rows = [[label, *(f"{data[at]['value']:,}" for _, data in named)] for at, label in enumerate(labels)]
        lines = [[escaped(str(cell)).replace("|", "\\|") for cell in row] for row in (head, *rows)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], ["---"] * len(head), *lines[1:]))
        return f"{escaped(block['title'])}\n\n{table}"

    def _texts(self, value: Any) -> Iterator[str]:
        """All texts inside something, in the order they stand in."""
        if isinstance(value, list):
            yield from chain.from_iterable(map(self._texts, value))
        elif isinstance(value, dict):
            text = value.get("text")
            if isinstance(text, str):
                yield self.mrkdwn(text) if value.get("type") == "mrkdwn" else escaped(text)
            else:
                yield from chain.from_iterable(map(self._texts, value.values()))

    def _rich(self, element: Json) -> Iterator[str]:
        """A part of rich text (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block), line by line."""
        kind, inner = element["type"], element.get("elements", [])
        if kind == "rich_text_list":
            sign = "1." if element.get("style") == "ordered" else "-"
            indent = "  " * int(element.get("indent", 0))
            yield from (f"{indent}{sign} {''.join(map(self._leaf, item['elements']))}" for item in inner)
        elif kind == "rich_text_preformatted":
            yield from ("```", "".join(str(leaf.get("text", "")) for leaf in inner), "```")
        else:
            quote = "> " if kind == "rich_text_quote" else ""
            yield from (quote + line for line in "".join(map(self._leaf, inner)).split("\n"))

    def _leaf(self, leaf: Json) -> str:
        kind = leaf["type"]
        if kind in {"user", "channel"}:
            return self._entity(("@" if kind == "user" else "#") + str(leaf[f"{kind}_id"]), None)
        if kind == "emoji":
            return emoji(str(leaf["name"]))
        if kind == "link":
            return self._entity(str(leaf["url"]), escaped(str(leaf.get("text") or "")) or None)
        return _styled(escaped(str(leaf.get("text", ""))), leaf.get("style") or {})


def _code(text: str) -> str:
    """Code of Slack's own: its ``` need no lines of their own, those of Markdown do."""
    return "\n```\n{}\n```\n".format(text[3:-3].strip("\n")) if text.startswith("```") else text


def _styled(text: str, style: Json) -> str:
    for name, sign in (("code", "`"), ("bold", "**"), ("italic", "_"), ("strike", "~~")):
        text = f"{sign}{text}{sign}" if style.get(name) and text.strip() else text
    return text
