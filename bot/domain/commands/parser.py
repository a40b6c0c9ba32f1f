"""Reads commands from what people type, by the forms that the registry declares.

All functions expect plain text (`bot.domain.text.plain`). A command is read only when the whole text fits one of its
forms, so "stop the flaky test from failing" is a task and stops nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bot.domain.commands.registry import COMMANDS, HELP, START
from bot.domain.commands.spec import WRITTEN, CommandSpec, Form, Surface


@dataclass(frozen=True, slots=True)
class Command:
    """A command that somebody typed, and its argument in its standard form."""

    spec: CommandSpec
    argument: str = ""


@dataclass(frozen=True, slots=True)
class UnknownVerb:
    """A message that begins with `!` and a word but is no command; `nearest` is what to type instead, if anything.

    Where `nearest` equals `word`, the verb exists but has to be the whole message.
    """

    word: str
    nearest: str | None = None


_Declared = tuple[CommandSpec, Form]
_BANG: Final = "!"
_BANGED: Final = re.compile(rf"{_BANG}(?P<word>[A-Za-z]+)(?P<tail>.*)", re.DOTALL)
_CLOSING: Final = " .!"  # spaces and punctuation at the end, which are no part of a command


def parse_slash(text: str, commands: Sequence[CommandSpec] = COMMANDS) -> Command:
    """Read `text`, which was typed behind `/devin`: a text that fits no other command is a prompt for START."""
    text = text.strip()
    if not text:
        return Command(HELP)
    # Longer phrases first: of `note` and `note add` the longer one is meant.
    for spec, form in sorted(_forms(commands, Surface.SLASH), key=lambda it: -len(it[1].phrase)):
        if (argument := _behind_slash(form, text)) is not None:
            return Command(spec, argument)
    return Command(START, text)


def parse_verb(text: str, commands: Sequence[CommandSpec] = COMMANDS) -> Command | UnknownVerb | None:
    """Read the command that the message `text` consists of; None when it is a message for Devin."""
    text = text.strip()
    forms = list(_forms(commands, *WRITTEN))
    for spec, form in forms:
        if not form.phrase.startswith(_BANG) and (argument := _as_it_is(form, text)) is not None:
            return Command(spec, argument)
    banged = _BANGED.fullmatch(text)
    return _verb(forms, banged["word"].lower(), banged["tail"]) if banged else None


def _forms(commands: Sequence[CommandSpec], *surfaces: Surface) -> Iterator[_Declared]:
    return ((spec, form) for spec in commands for form in spec.forms_on(*surfaces))


def _behind_slash(form: Form, text: str) -> str | None:
    if not form.argument.verbatim:
        text = text.rstrip(_CLOSING)
    phrase = r"\s+".join(map(re.escape, form.phrase.split()))
    found = re.fullmatch(rf"{phrase}(?:\s+(?P<tail>.*))?", text, re.IGNORECASE | re.DOTALL)
    return form.argument.read((found["tail"] or "").strip()) if found else None


def _as_it_is(form: Form, text: str) -> str | None:
    head, tail = text[: len(form.phrase)], text[len(form.phrase) :]
    same = (head if form.exact else head.lower()) == form.phrase
    glued = head[-1:].isalnum() and tail[:1].isalnum()  # a longer word that begins with the phrase
    return form.argument.read(tail.strip()) if same and not glued else None


def _verb(forms: list[_Declared], word: str, tail: str) -> Command | UnknownVerb:
    verbs = {form.phrase: (spec, form) for spec, form in forms if form.phrase.startswith(_BANG)}
    typed = f"{_BANG}{word}"
    if typed not in verbs:
        return UnknownVerb(typed, _nearest(forms, word))
    spec, form = verbs[typed]
    argument = form.argument.read(tail.strip() if form.argument.verbatim else tail.strip(_CLOSING))
    # "!stop the server" may be meant for Devin, so the bot neither stops nor forwards anything but asks.
    return UnknownVerb(typed, typed) if argument is None else Command(spec, argument)


def _nearest(forms: list[_Declared], word: str) -> str | None:
    for spec, form in forms:
        if word in spec.meant_by:
            return form.phrase  # the first form is the one that people should learn
    verbs = {form.phrase.removeprefix(_BANG): form.phrase for _, form in forms if form.phrase.startswith(_BANG)}
    near = get_close_matches(word, verbs, n=1, cutoff=0.6)
    return verbs[near[0]] if near else None
