"""How Devin reads what it is told: the person's own words, a title, what it is about, and a short quotation."""

import re
from collections.abc import Sequence
from typing import Final

TITLE_LENGTH: Final = 60
QUOTE_LENGTH: Final = 90
SHORTEST_OPTION: Final = 8  # letters of an option's beginning by which it is meant
ORDINALS: Final = {
    "a": 1,
    "one": 1,
    "first": 1,
    "1st": 1,
    "b": 2,
    "two": 2,
    "second": 2,
    "2nd": 2,
    "c": 3,
    "three": 3,
    "third": 3,
    "3rd": 3,
}
NO_TITLE: Final = "Do what the message asks for"

# What the bot puts around a prompt and before a message. It says nothing about what somebody wants.
_FILES: Final = re.compile(r'\n?ATTACHMENT:"[^"\n]*"')
_SIGNED: Final = re.compile(r"\bAsked in Slack by [^\n]{0,200}\. Reference: \S*\s*\Z")
_CONTEXT: Final = "\n\nEarlier messages in the Slack thread, oldest first."
_LOOK_AT_THREAD: Final = "Look at this Slack thread and do what it asks for."
_MARK: Final = re.compile(r"\A\[Slack [\d.]+(?:, edited [\d.]+)?\] [^\n]*:\n")
_QUOTED: Final = re.compile(r"^> ?", re.MULTILINE)

_OPTION: Final = re.compile(r"^\d+[.)] (?:\*\*(.+?)\*\*)?(.*)$", re.MULTILINE)  # what is bold is its name
_NUMBER: Final = re.compile(
    r"\W*(?:(?:option|number|no|take|please|i(?:'d| would)? (?:take|prefer|want|like)|go (?:with|for)"
    r"|let'?s (?:take|do))\b\W*)*(?:the )?"
    r"(?:(?P<number>\d)(?!\d)"
    r"(?=\W*\Z|\ufe0f?\u20e3|[.,;:!)\u2014\u2013-]| (?:but|and|please|with|as|since|because)\b(?! \d))"
    r"|(?P<word>[abc]|one|two|three|first|second|third|1st|2nd|3rd)"
    r"(?=\W*\Z|[.,;:!)]| (?:one|option|but|please|way)\b))",
    re.IGNORECASE,
)

_POLITE: Final = re.compile(
    r"\A(?:(?:@\S+|(?:hey|hi|hello|ok|okay|so|please|pls|kindly|devin|just|also|(?:can|could|would|will) you|try to"
    r"|i(?:'d| would) like you to|i want you to|(?:i|we) need (?:you )?to|let'?s|you (?:should|must))\b)[\s,:!-]*)+",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s|\Z)")
_WHY: Final = re.compile(
    r"(?!.*\b(?:on|in|at|of|for|since|when|after|with|from|to|if|and|or)\b)"
    r"why (is|are|was|were) ((?:(?:the|our|my|this|that) )?\S+(?: \S+)?) ((?:(?:so|too|always|often|still) )?\S+)",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(r"(?:why|how|what|which|who|when|where)\b", re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"\S*[_/.()`]")
_UNQUOTABLE: Final = re.compile(r"[`*\[\]<>|#{}“”\\]")
_PATH: Final = re.compile(
    r"(?<![\w/:.-])(?:[\w-]+/)*[\w-]+\.(?:py|tsx?|jsx?|go|rs|rb|java|css|html|sql|sh|ya?ml)\b", re.ASCII
)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_SAY_NOTHING: Final = """
a about acu add adds after again all also am an and any app application are as ask at back be because been
before being big bit both bring broken bug build but by can case cases change check clean clone code codebase
could create date day days delete deploy devin did do does done down drop each eliminate end entire error
every everything explain fail failing fails feature few file files find first fix flaky for from full get give
go goes good had has have he help her his hit how if implement import in into investigate is issue it its just
keep know late latest legacy let like limit little live long look looks make many may me migrate module
monitor more most much must my need needs new next no not nothing now of old on once one only or other our out
over page parts please port prod production project pull purge put red refactor release remove rename repo
repository request rewrite right run runs same see session set she should show since sleep slow small so some
something soon start step still stop such suite take task tell test tests than that the their them then there
these they thing things this those time to today too try turn under until up update upgrade us use using very
wait want was watch way we week weekend well were what when where whether which while who whole whose why will
with without work works write wrong yes yet you your
"""
DULL: Final = frozenset(_SAY_NOTHING.split())


def own_words(prompt: str) -> str:
    """What the person wrote: without the bot's frame; a bare mention means what was said last in the thread."""
    words, _, context = _SIGNED.sub("", _FILES.sub("", prompt)).partition(_CONTEXT)
    words = words.strip()
    if words != _LOOK_AT_THREAD or not context.strip():
        return words
    return _QUOTED.sub("", context.strip().splitlines()[-1]).strip()


def own_reply(message: str) -> str:
    """What the person wrote in a message that came through the bot, or in Devin's own app."""
    words, marks = _MARK.subn("", message)
    return _FILES.sub("", _QUOTED.sub("", words) if marks else words).strip()


def chosen(question: str, reply: str) -> int | None:
    """Which of the numbered options of `question` a reply takes, from 1 on: by its text, or by its number in front."""
    options, said = _OPTION.findall(question), _plain(reply)
    for at, (name, rest) in enumerate(options, start=1):
        begun = len(said) >= SHORTEST_OPTION and _plain(name + rest).startswith(said)
        if begun or said.startswith(_plain(name or rest)):
            return at
    if not (found := _NUMBER.match(reply)):
        return None
    number = ORDINALS[found["word"].lower()] if found["word"] else int(found["number"])
    return number if 0 < number <= len(options) else None


def _plain(text: str) -> str:
    return " ".join(_UNQUOTABLE.sub("", text).casefold().split()).rstrip(" .,:;")


def title_of(words: str) -> str:
    """A short title in the imperative."""
    line = " ".join(next((part for part in words.splitlines() if part.strip()), "").split())
    line = _POLITE.sub("", line) or line
    line = _SENTENCE_END.split(line, maxsplit=1)[0].rstrip(" ,;:-") or line
    if why := _WHY.fullmatch(line):
        line = f"Find out why {why[2]} {why[1].lower()} {why[3]}"
    elif _QUESTION.match(line):
        line = f"Find out: {line[:1].lower()}{line[1:]}"
    return _shortened(_capital(line), TITLE_LENGTH) or NO_TITLE


def subject_of(words: str) -> str:
    """One or two neighbouring words that say what it is about; empty when none does."""
    found = list(_WORD.finditer(words))
    telling = [match for match in found if len(match[0]) > 2 and match[0].lower() not in DULL]
    if not telling:
        return ""
    first, second = telling[0], telling[1] if len(telling) > 1 else None
    if second is not None and words[first.end() : second.start()] == " ":
        return f"{first[0]} {second[0]}".lower()
    return first[0].lower()


def path_in(words: str) -> str | None:
    """A source file that is named in them."""
    found = _PATH.search(words)
    return found[0] if found else None


def quoted(replies: Sequence[str]) -> str:
    """The last two things somebody wrote, as they can stand in one line between quotation marks."""
    lines = [" ".join(_UNQUOTABLE.sub("", reply).split()) for reply in replies[-2:]]
    return "” and “".join(_shortened(line.rstrip("."), QUOTE_LENGTH) for line in lines if line)


def _capital(line: str) -> str:
    return line if _IDENTIFIER.match(line) else line[:1].upper() + line[1:]


def _shortened(line: str, length: int) -> str:
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,.;:") + "…"
