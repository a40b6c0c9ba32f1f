"""What Devin offers to choose from in a message that asks a person: numbered options, or yes and no.

It is better to find none than wrong ones: a list is one of options only if the words beside it ask to choose, and a
question is one of yes or no only if it reads like nothing else.
"""

# ruff: noqa: RUF001 - words of other alphabets
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.announcements import without_fences

YES_OR_NO: Final = ("Yes", "No")
MOST_OPTIONS: Final = 9  # there is a reaction for each
LONGEST: Final = 1_000  # characters of an option
_MOST_READ: Final = 8_000  # characters of a message, the last ones
_NEAR: Final = 12  # lines after an item in which a list below it may begin

_ITEM: Final = re.compile(
    r"(?P<indent>[ \t]*)(?:[-*+•][ \t]+)?(?:#{1,6}[ \t]+)?(?:\*{1,3}|__?)?(?P<named>option[ \t]+)?"
    r"(?:\((?P<inside>\d{1,2}|[a-z])\)|"
    r"(?P<mark>\d{1,2}|[a-z])(?P<keycap>\ufe0f?\u20e3)?(?P<sign>[.):](?=[\s*_]|\Z)|(?=[ \t*_(\u2014\u2013-])))"
    r"(?P<text>.*)",
    re.IGNORECASE,
)
# The same as people write them in East Asia: in full width, in a circle, or with a comma behind.
_WIDE_MARK: Final = re.compile(
    r"\A(?P<before>\s*(?:[-*+•]\s+)?\*{0,3})(?:(?P<circled>[\u2460-\u2468])|(?P<mark>[1-9\uff11-\uff19])[\uff0e\uff09\uff1a\u3001]|"
    r"\uff08(?P<inside>[1-9\uff11-\uff19A-Ca-c])\uff09)\s*"
)
_BULLET: Final = re.compile(r"\s*(?:[-*+•]|\(?(?:\d{1,2}|[a-z])[.)])\s+\S", re.IGNORECASE)
_RULE: Final = re.compile(r"\s*(?:[-*_]\s*){3,}")
_HEADING: Final = re.compile(r"\s*#{1,6}\s+")
_LEADING: Final = re.compile(r"^(?:\*{1,3}(?=\s)|[\s:.)\]\u2014\u2013-])+")
_LINK: Final = re.compile(r"!?\[([^\]\n]{0,500})\]\([^)\s]{0,1000}\)")
_EMPHASIS: Final = re.compile(r"(?<![\w\\])(\*{1,3}|_{1,3}|~~)(?=\S)|(?<=\S)(\*{1,3}|_{1,3}|~~)(?!\w)|\*\*")
_CODE: Final = re.compile(r"`[^`\n]*`")
# What stands for these in other scripts, or is put in their place by editors.
_AS_TYPED: Final = {0x2019: "'", 0xFF1F: "?", 0x061F: "?", 0x3002: ". "}
_ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[^.!?\n]*(?:\.(?=\w)[^.!?\n]*)*[.!?]?")

# Words that speak of things to choose between, before a list or behind it.
_CHOICE: Final = re.compile(
    r"\b(?:which (?:one|of|option|approach|way|do|would|should|is|you|path|direction|variant|version|solution|strategy)"
    r"\b|which\W*\Z|what (?:would|do) you (?:like|want|prefer|think|say)|your (?:preference|choice|pick|call|decision)|"
    r"(?:choose|pick|select|prefer|decide)\b|(?:reply|respond|answer) with|(?:let me know|tell me) which|"
    r"option [a-z0-9]\b|(?:1|a) or (?:2|b)\b|(?:1|a), (?:2|b),? or |how (?:should|shall|would|do) (?:i|we|you)\b|"
    r"thoughts\?|go with\b|(?:the )?(?:number|letter) of)",
    re.IGNORECASE,
)
_OFFERS: Final = re.compile(
    r"\b(?:options?|ways|approaches|alternatives|choices|possibilities|solutions|paths|directions|strategies|variants|"
    r"either)\b",
    re.IGNORECASE,
)
# A question that begins the list: whatever it asks for is in the list, unless it asks for yes or no.
_OPEN_QUESTION: Final = re.compile(r"\b(?:which|what|where|how|who|whom|whose|when)\b", re.IGNORECASE)
_STEPS: Final = re.compile(
    r"\b(?:plan|steps?|did|done|changes|changed|i(?:'ve| have)|i(?:'ll| will)|summary|todo|findings)\b", re.IGNORECASE
)

# The same in other languages, of which only what asks to choose is read: the words that ask, and those beside them.
_WHICH: Final = (
    r"(?:welche[mnrs]?|wo|wie|wohin|was (?:soll|möchte|willst)|quel(?:le)?s?|lequel|laquelle|lesquel(?:le)?s|"
    r"cu[aá]l(?:es)?|qual|quais|quale|quali|welke|vilken|vilket|vilka|hvilken|hvilket|hvilke|"
    r"kt[oó]r[aąeyą]\w*|kter[ýáéouý]\w*|как(?:ой|ую|ое|ая|ие|ого)|котор\w+|як(?:ий|у|е|а|і)|hangi(?:si(?:ni)?)?|"
    r"kumpi|kumman|mikä|minkä|melyik(?:et)?)"
)
_THING: Final = (
    r"(?:(?:op[ct]i|opç|opzi|opcj|variant|wariant|alternativ|vaihtoehto|möglichkeit|možnost|lösung|solu[cçtz]|oplossi|"
    r"ansatz|ansätz|approche|approcc|enfoque|abordage|aanpak|вариант)\w*|weg|davon|von|"
    r"(?:préf|prefer|prefier|bevorzug|möcht|voul|quier|wol|wil|выбра|предпоч|обра|seçe|tercih)\w*|"
    r"soll(?:en)?|veux|vuoi|vil|ska|skal)"
)
_CHOICE_ELSEWHERE: Final = re.compile(
    rf"\b{_WHICH}\b(?:\W*\?|\W+(?:\w+\W+){{0,2}}?{_THING}\b)|"
    r"\b(?:wähl|choisi|elig|escolh|scegl|escoj|kies|välj|vælg|velg|wybier|vyber|выбер|обер|seçin|valitse)\w*|"
    r"どれ|どちら|どの|いずれ|選(?:ん|び|択し)|哪|选择|選擇|어느|어떤|선택|"
    r"\b(?:1\W+\w{1,5}\W+2|a\W+\w{1,5}\W+b)\s*\?",
    re.IGNORECASE,
)
_ASKS_ELSEWHERE: Final = re.compile(rf"\b{_WHICH}\b", re.IGNORECASE)

_OK: Final = (
    r"(?:ok(?:ay)?|fine|right|correct|acceptable|good|intended|expected|desired|alright|sensible|reasonable|accurate|"
    r"work(?:s)? for you|sounds? (?:good|right|ok(?:ay)?)|looks? (?:good|right|ok(?:ay)?|correct)|make(?:s)? sense|"
    r"what you (?:want|had in mind|need|expect|meant))"
)
_ASKS_YES_OR_NO: Final = re.compile(
    r"(?:(?:should|shall|may|can|could) (?:i|we)\b(?! (?:help|assist))|"
    r"(?:do|would|did) you (?:want|like|prefer|need|wish) (?:me|us|this|that|it|these|the|to|for me)\b|"
    r"(?:do|can|could|would|will) you (?:approve|agree|confirm|accept)\b|"
    rf"(?:is|are|was|were|do|does|would|will)(?:n't)? (?:this|that|it|these|those|the|my|everything|all)\b.*\b{_OK}|"
    r"(?:am|are) (?:i|we) (?:right|correct|allowed|ok(?:ay)?|fine|good)\b|"
    r"(?:is|are) (?:it|this|that|you) (?:ok(?:ay)?|fine|alright|good) (?:if|to|with|for)\b|"
    r"(?:ok(?:ay)?|fine|good|ready|safe|free|happy) (?:to|if|with|for me)\b|"
    r"(?:proceed|continue|go ahead|go on|merge|deploy|approve|agreed|correct|right|ok(?:ay)?|sound[s]? good|"
    r"look[s]? good|make[s]? sense|all good)\W*\Z|(?:go ahead|proceed|continue) (?:with|and|as|anyway)\b)",
    re.IGNORECASE,
)
_MARKED: Final = re.compile(r"[(\[]\s*(?:y|yes)\s*/\s*(?:n|no)\s*[)\]]|\byes (?:or|/) no\b|\byes/no\b", re.IGNORECASE)
_BEGINS: Final = re.compile(
    r"^(?:\W*(?:so|and|also|then|now|ok(?:ay)?|well|please|otherwise|if so|if not|finally|just to (?:confirm|check)|"
    r"to confirm|quick question|question|one question|before (?:i|we)[^,:]*|once[^,:]*|if [^,:]*|in that case|"
    r"that said|given [^,:]*|let me know|tell me|for now|first)\b[,:\u2014\u2013-]*\s*)+",
    re.IGNORECASE,
)
_AROUND: Final = " ,:\u2014\u2013-\"'“”*_"
_OR: Final = re.compile(r"\bor\b(?!\s*(?:not|no)\b)", re.IGNORECASE)


@dataclass(slots=True)
class _List:
    """Items in order, and where the list stands among the lines: from `first` up to `last`."""

    named: bool
    indent: int
    style: str
    first: int
    last: int
    items: list[list[str]] = field(default_factory=list)
    all_ones: bool = True  # as Markdown allows, which counts by itself

    @property
    def texts(self) -> tuple[str, ...]:
        """The items as plain text."""
        return tuple(_clean(" ".join(lines)) for lines in self.items)


def answer_options(words: str) -> tuple[str, ...]:
    """The options among which Devin's `words` ask a person to choose, as plain text; none where that is not clear."""
    lines = [_WIDE_MARK.sub(_with_mark, line, count=1) for line in without_fences(words[-_MOST_READ:]).split("\n")]
    lists = [one for one in _lists(lines) if _is_whole(one)]
    for found in reversed(lists):
        if _is_offered(found, lines):
            return found.texts
    return YES_OR_NO if _asks_yes_or_no(lines, lists) else ()


# ---------------------------------------------------------------- lists


def _lists(lines: Sequence[str]) -> Sequence[_List]:
    """The lists whose items are counted from 1 or A on, the first ones first."""
    found: list[_List] = []
    for number, line in enumerate(lines):
        item = _ITEM.fullmatch(line)
        mark = _mark(item) if item else None
        if item is None or mark is None or not _add_item(found, item, mark, number):
            _add_line(found, line, number)
    return found


def _with_mark(wide: re.Match[str]) -> str:
    """The beginning of a line with the mark of an item as it is written elsewhere."""
    mark = unicodedata.normalize("NFKC", wide["circled"] or wide["mark"] or wide["inside"])
    return f"{wide['before']}{mark}. "


def _mark(item: re.Match[str]) -> str | None:
    """The number or letter of an item; None if the line only looks like one, as `I - too - agree` does."""
    if item["inside"]:
        return item["inside"]
    return item["mark"] if item["sign"] or item["named"] or item["keycap"] else None


def _add_item(found: list[_List], item: re.Match[str], mark: str, number: int) -> bool:
    """Add an item to the list that it continues, or begin one with it. Returns False if it does neither."""
    indent, style, value = len(item["indent"].expandtabs(4)), _style(item, mark), _value(mark)
    one = next((one for one in reversed(found) if _continues(one, style, value, indent, number)), None)
    if one is None and (value != 1 or (found and _is_below(found[-1], indent, number))):
        return False
    if one is None:
        found.append(_List(bool(item["named"]), indent, style, number, number, [[item["text"]]]))
    else:
        one.items.append([item["text"]])
        one.last, one.all_ones = number, value == 1
    return True


def _style(item: re.Match[str], mark: str) -> str:
    return f"{'named' if item['named'] else ''}{'number' if mark.isdigit() else 'letter'}"


def _value(mark: str) -> int:
    return int(mark) if mark.isdigit() else ord(mark.lower()) - ord("a") + 1


def _continues(one: _List, style: str, value: int, indent: int, number: int) -> bool:
    """Whether an item goes on with a list: it has the next number, or right below it a 1 like those before."""
    ones = value == 1 and one.all_ones and style == "number" and number - one.last <= 1
    counted = value == len(one.items) + 1
    return (counted or ones) and one.style == style and abs(indent - one.indent) <= 1


def _is_below(one: _List, indent: int, number: int) -> bool:
    """Whether an item is of a list below an item of `one`."""
    return one.indent < indent <= one.indent + 8 and one.last >= number - _NEAR


def _add_line(found: Sequence[_List], line: str, number: int) -> None:
    """Add a line to the item that it continues: up to an empty line, a list below the item or a heading."""
    if not found:
        return
    one = found[-1]
    item = one.items[-1]
    begun, closed = any(map(_clean, item)), "" in item
    ends = not line.strip() or _RULE.fullmatch(line) or _HEADING.match(line) or _BULLET.match(line)
    if closed or (begun and ends):
        if not closed:
            item.append("")
        if line[:1] in {" ", "\t"}:
            one.last = number  # a paragraph or a list below the item
    elif line.strip():
        item.append(line.strip())
        one.last = number


def _is_whole(one: _List) -> bool:
    texts = one.texts
    return 2 <= len(texts) <= MOST_OPTIONS and all(texts) and len({text.casefold() for text in texts}) == len(texts)


def _clean(text: str) -> str:
    """`text` as plain words: without markup, in one line."""
    text = _EMPHASIS.sub("", _LINK.sub(r"\1", text)).replace("`", "")
    text = " ".join(_LEADING.sub("", text).split())
    return text.rstrip(" :*_\u2014\u2013-")[:LONGEST]


# ---------------------------------------------------------------- what is asked


def _is_offered(found: _List, lines: Sequence[str]) -> bool:
    """Whether the words right before the list, or those behind it, ask to choose one of its items."""
    if any(text.endswith("?") for text in found.texts):
        return False  # several questions, each with an answer of its own
    before, behind = _paragraph_before(lines, found.first), _prose(lines[found.last + 1 :])
    asked = _questions(behind)
    if asked:
        return _asks_to_choose(asked, before, named=found.named)
    if _chooses(behind) and not _STEPS.search(before):
        return True
    *_, begun = _questions(before) or [""]
    if not begun:
        return _chooses(before)
    chosen = _OPEN_QUESTION.search(begun) or _ASKS_ELSEWHERE.search(begun) or _chooses(begun)
    return bool(chosen) and before.rstrip("* _:").endswith("?") and not _reads_yes_or_no(begun)


def _asks_to_choose(asked: Sequence[str], before: str, *, named: bool) -> bool:
    """Whether the questions behind a list ask to choose from it, given the words `before` it."""
    question = asked[-1]
    if len(asked) > 1 and not all(map(_chooses, asked)):
        return False
    if _chooses(question):
        return True
    open_question = named or (_OFFERS.search(before) and _OPEN_QUESTION.search(question))
    return bool(open_question) and not _reads_yes_or_no(question)


def _chooses(text: str) -> bool:
    """Whether `text` asks to choose something, in one of the languages whose words are known here."""
    return bool(_CHOICE.search(text) or _CHOICE_ELSEWHERE.search(text))


def _asks_yes_or_no(lines: Sequence[str], lists: Sequence[_List]) -> bool:
    if any(text.endswith("?") for one in lists for text in one.texts):
        return False
    listed = {number for one in lists for number in range(one.first, one.last + 1)}
    prose = _prose([line for number, line in enumerate(lines) if number not in listed])
    asked = _questions(prose)
    if _MARKED.search(prose):
        return len(asked) <= 1
    return len(asked) == 1 and _reads_yes_or_no(asked[0])


def _reads_yes_or_no(question: str) -> bool:
    if _MARKED.search(question):
        return True
    asked = question.strip(_AROUND)
    return not _OR.search(asked) and any(map(_ASKS_YES_OR_NO.match, (asked, _BEGINS.sub("", asked).strip(_AROUND))))


def _questions(prose: str) -> list[str]:
    """The sentences of `prose` that end with a question mark."""
    return [sentence.strip() for sentence in _SENTENCE.findall(prose) if sentence.endswith("?")]


def _paragraph_before(lines: Sequence[str], number: int) -> str:
    """The paragraph that stands right before a line."""
    found: list[str] = []
    for line in reversed(lines[:number]):
        if line.strip():
            found.append(line)
        elif found:
            break
    return _prose(found[::-1])


def _prose(lines: Sequence[str]) -> str:
    text = _ADDRESS.sub("", _CODE.sub("code", "\n".join(lines)))
    return _EMPHASIS.sub("", _LINK.sub(r"\1", text)).translate(_AS_TYPED)
