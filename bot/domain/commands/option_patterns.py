"""The expressions by which options are found in a text, with signs and in prose (`option_words`).

Each is bounded, because an ack waits for them and a text may be long.
"""
# ruff: noqa: RUF001 - the signs that people type

import re
from collections.abc import Mapping
from typing import Final

from bot.domain.commands.quotation_marks import DOUBLE, SINGLE

BLANKS: Final = " \t"
MOST_FORMS: Final = 200  # of one kind; a log or a file of settings may have thousands
QUOTES: Final = DOUBLE + SINGLE + "`"
_QUOTED: Final = "|".join(rf"[{marks}][^\n]{{0,300}}?[{marks}](?!\w)" for marks in (DOUBLE, SINGLE, "`"))
# Code, markup and calls, such as `open(path, mode="r")`. A fence without its end runs to the end of the text, as Slack
# shows it. A value may stand in marks of code: repo=`acme/web`.
NOT_READ: Final = re.compile(
    r"```.*?(?:```|\Z)|(?<![=:])`[^`\n]+`|<!--.{0,500}?-->|</?(?!acu|repo|mode)[A-Za-z][^<>]{0,2000}>"
    r"|(?P<kept>(?<![^\s(])[Tt]itle=[^\s()`]{1,200}\([^\s()`]{0,200}\))|[A-Za-z0-9_]\((?:[^()]"
    r"|\([^()]{0,300}\)){0,500}\)",
    re.DOTALL,
)
# The wide signs of Chinese and Japanese keyboards, each as the one that is meant.
WIDE: Final = {**{0xFF01 + at: 0x21 + at for at in range(94)}, 0x3000: 0x20}

_START: Final = r"(?<![^\s({\[<*_~\"'“‘,;、。，])"
SIGNED: Final = re.compile(
    rf"{_START}(?P<flag>--?|[/@+])?(?P<name>[A-Za-z]+(?:[_-][A-Za-z]+){{0,3}})"
    r"(?P<sign>[ \t]{0,2}(?:==?|:(?!//)|->|<=?|≤)[ \t]{0,2})"
)
FLAG: Final = re.compile(rf"{_START}(?P<flag>--?)(?P<name>[A-Za-z]+(?:[_-][A-Za-z]+){{0,3}})(?P<sign>[ \t])(?=[^\s-])")
# A bracket that closes none of its own is no part of a value.
VALUE: Final = re.compile(rf"{_QUOTED}|(?:\([^\s`()]*\)|[^\s`(){{}}<>])*")
LIST: Final = re.compile(r"(?<![\w.-])[\w.-]+(?:,[ \t]?[\w.-]+){0,40}(?=[)\]]?[ \t]*(?:\n|\Z))")  # of tags, with blanks
FOLLOWS: Final = re.compile(r"(?<![ \t])[ \t]+(?P<value>[^\s`]+)")

NUMBERS: Final[Mapping[str, int]] = {
    word: number
    for number, words in {
        1: "one ein eine einen un una une",
        2: "two zwei dos deux due",
        3: "three drei tres trois tre",
        4: "four vier cuatro quatre quattro",
        5: "five fünf fuenf cinco cinq cinque",
        6: "six sechs seis sei",
        7: "seven sieben siete sept sette",
        8: "eight acht ocho huit otto",
        9: "nine neun nueve neuf nove",
        10: "ten zehn diez dix dieci",
        12: "twelve zwölf doce douze dodici",
        15: "fifteen fünfzehn quince quinze quindici",
        20: "twenty zwanzig veinte vingt venti",
        25: "twenty-five",
        30: "thirty dreißig dreissig treinta trente trenta",
        40: "forty vierzig",
        50: "fifty fünfzig cincuenta cinquante cinquanta",
        100: "hundred hundert cien cent cento",
    }.items()
    for word in words.split()
}
_NUMBER: Final = (
    r"(?:[~<≤$]{0,2}[0-9]{1,9}(?:[.,][0-9]{1,3})?k?(?:[ \t]?(?:-|–|to|bis|or)[ \t]?[0-9]{1,9})?"
    rf"|(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))}|a[ ]couple(?:[ ]of)?|(?:a[ ])?few|some"
    rf"|many)(?![A-Za-z-]))"
)
# The unit behind a number that has its name in front: one ACU only at the end of a clause, since "ACU" may also begin
# the words of the task.
_UNIT: Final = r"[ \t]*(?:acus|acu(?=[ \t]*(?:[.,;!?)\n]|\Z)))(?![\w-]|[ \t]*[:=])"
_MISSPELT: Final = ("auc", "accu", "acuu", "aacu", "cau")  # without a sign; with one all that is near
ACUS: Final = re.compile(rf"(?P<unit>acu|{'|'.join(_MISSPELT)})(?:['\u2019]?s)?(?![A-Za-z0-9_=-])", re.IGNORECASE)
NUMBER_OF_THEM: Final = re.compile(
    rf"(?<![A-Za-z0-9_.,/$-])(?P<value>{_NUMBER})(?:[ \t]?[个個])?[ \t-]{{0,2}}\Z", re.IGNORECASE
)
ACU_NAMED: Final = re.compile(
    rf"(?<![A-Za-z0-9_/.?&=-])(?P<flag>--?|[/@+])?"
    # What is named in front of `acu=` may be the task's: the "rate limit" is.
    rf"(?:(?:max|maximum)[ _-]?|(?:limit|budget|cap)(?:[_-]|[ ](?![A-Za-z]{{2,5}}[=:]))"
    r"|(?<=[,;(][ ])(?:limit|budget|cap)[ ])?"
    rf"(?P<name>(?:acu|{'|'.join(_MISSPELT)})s?)"
    r"(?:[ _-](?:limit|max|maximum|budget|cap)(?![a-z])){0,2}"
    rf"(?P<sign>(?:-|(?P<odd>[,;./|+–—]|--))(?=[0-9])"
    rf"|(?:[ \t=:~{QUOTES}]|->|<=?|≤|of[ ]|to[ ]|at[ ]|is[ ]|max[ ]?|most[ ]|under[ ]"
    rf"|[はを为為]){{0,8}})"
    rf"(?P<value>{_NUMBER})(?:{_UNIT})?[{QUOTES}]?(?![A-Za-z0-9_%/$]|[.,-][0-9])",
    re.IGNORECASE,
)
# What is written in front of a number to make it a limit, in the languages that people write to each other in.
LIMITING: Final = re.compile(
    r"(?<![A-Za-z])(?P<word>max(?:imum|imal|imaal|im[ao]|\.)?|máximo|maks\w{0,10}|massimo|at[ ]most"
    r"|limit(?:ed)?|cap(?:ped)?|budget"
    r"|ceiling|up[ ]to|under|below|less[ ]than|within|not?[ ]more[ ]th[ae]n|(?:(?:do|should|must|may|can|could|wo"
    r"|would|will)(?:n?['’]?t|[ ]?not)|never)[ ][a-z]{2,8}(?:[ ]more[ ]th[ae]n|[ ]over)?"
    r"|stop[ ](?:at|after|once|when|if|as[ ]soon[ ]as)"
    r"(?:[ ](?:you|it|has|have|you['’]ve|it['’]s|used|spent|reached)){0,3}"
    r"|höchstens|hoechstens|bis[ ]zu|unter|nicht[ ]mehr[ ]als"
    r"|como[ ]mucho"
    r"|hasta|no[ ]más[ ]de|menos[ ]de|au[ ](?:plus|maximum)|pas[ ]plus[ ]de|moins[ ]de|jusqu['’]à|al[ ]massimo|fino[ ]a"
    r"|non[ ]più[ ]di|até|hooguit|niet[ ]meer[ ]dan|najwyżej|не[ ](?:более|больше)|максимум|до"
    r"|最大|最多|不超过|不超過|上限"
    r"|최대|högst|<=?|≤)"
    r"(?:[ \t:=]|(?:of|to|at|is|by|it|this|de|von|auf|di|van|about|around|just|a|an)[ \t]){0,5}\Z",
    re.IGNORECASE,
)
LEADING: Final = re.compile(
    r"(?<![A-Za-z])(?:(?:please|and|with|using|for|in|uses?|spend|keep|stay|it|this|that|a|an|the|you|may|can|have|your"
    r"|mit|einem|con|un|avec|of|going|go|cost|run|switch|im|to)[ \t]{1,3}){1,4}\Z",
    re.IGNORECASE,
)
GRANTING: Final = re.compile(
    r"(?:(?:you[ ](?:can|may)[ ])?(?:use|spend)|with|you[ ](?:have|get|may[ ]use)|(?:i|we)[ ](?:only[ ])?have|takes?"
    r"|for|about|roughly|approx(?:imately|\.)?|circa|ca\.?)[ \t]+(?:just[ ]|only[ ])?\Z",
    re.IGNORECASE,
)
LIMITED: Final = re.compile(
    r"[ \t]{0,2}(?P<word>max(?:imum|imal)?(?![a-z])|tops(?![a-z])|limit(?![a-z])|budget(?![a-z])|cap(?![a-z])"
    r"|at[ ]most|or[ ](?:less|fewer)|höchstens|maximal|以内|以下|まで|至多|이하)(?:[で])?",
    re.IGNORECASE,
)
UNITLESS: Final = re.compile(
    rf"{_START}(?P<flag>--?)?(?P<name>limit|max(?:imum)?|budget|cap|credits|(?:cap|limit|keep)[ ](?:it|this)"
    r"|(?:spend|use)[ ](?:no|not)[ ]more[ ]than|(?:spend|use)[ ]at[ ]most)"
    r"(?P<sign>(?:[ \t=:]|of[ ]|at[ ]|is[ ]|to[ ]"
    r"|under[ ]){1,4})(?P<value>[0-9]{1,9})(?P<unit>[ ]credits?)?(?![\w%/$]|[.,-]\w)",
    re.IGNORECASE,
)
MONEY: Final = re.compile(
    r"(?<![\w$€£.,])(?P<value>[$€£][ ]?[0-9]{1,9}(?:[.,][0-9]{1,2})?k?|[0-9]{1,9}(?:[.,][0-9]{1,2})?[ ]?"
    r"(?:€|\$|usd|eur|euros?|dollars?|bucks)(?![a-z]))(?![\w.]\w)",
    re.IGNORECASE,
)
TIME: Final = re.compile(
    r"(?P<name>time[ ]?limit[ :=]{1,3})?(?<![\w$.,])(?P<value>(?:[0-9]{1,4}[ ]?|an?[ ]|half[ ]an[ ]|(?:one|two"
    r"|three|ten)[ ])"
    r"(?:h|hours?|hrs?|m|min|mins|minutes?|stunden?|minuten)(?![a-z]))",
    re.IGNORECASE,
)
# With this behind it, a word is the name of an option: "fix that of it repo=acme/web" names no repository `it`.
_VALUE_BEHIND: Final = r"[ \t]{0,3}(?:=|:(?=[^\s:])|:[ \t]{1,3}[\w.-]{1,60}/)"
_MODE_WORD: Final = r"(?:normal|fast|lite|ultra|fusion|swe-[0-9]{1,3}(?:-[a-z0-9]{1,12}){0,3})"
MODE: Final = re.compile(
    rf"(?<![\w/.-])(?:mode[ ](?P<behind>{_MODE_WORD})|(?P<value>{_MODE_WORD})"
    rf"(?P<noun>[ -](?:mode|modus)(?!{_VALUE_BEHIND}))?)(?![\w-])",
    re.IGNORECASE,
)
OWNED: Final = re.compile(
    r"(?<![\w/.:@=&?-])(?:(?P<name>repo|repository|dépôt"
    r"|repositorio)[ \t:=]{1,3})?(?:https?://)?(?:www\.)?(?:github\.com/)?"
    r"(?P<value>[A-Za-z0-9][\w-]{0,60}/[\w.-]{1,100}(?<![.-]))/?(?P<noun>[ ]repo(?:sitory)?(?![a-z=:]))?(?![\w/?#-])",
    re.IGNORECASE,
)
# What stands in front of a repository that a task begins with, in some languages.
IN_REPO: Final = re.compile(
    r"\s*(?:(?:please|pls)[ ,]+)?(?:in|on|for|at|im?|für|dans|pour|en|para|nel|per|em)\s+", re.IGNORECASE
)
REPO_NAMED: Final = re.compile(
    r"(?<![\w/.-])(?:(?:in|on|of|for|im|to)[ ](?:the[ ])?(?!the[ ])(?P<before>[\w.-]{2,60})[ ]repo(?:sitory)?"
    rf"|repo(?:sitory)?[ ](?P<value>[\w.-]{{2,60}}))(?![\w/-]|{_VALUE_BEHIND})",
    re.IGNORECASE,
)
PLAYBOOK: Final = re.compile(
    rf"(?:(?<!\S)!(?P<macro>[a-z][\w-]{{0,60}})"
    rf"|(?<![\w/.-])playbook[ ](?P<named>[{QUOTES}][^\n{QUOTES}]{{1,60}}[{QUOTES}]|[\w-]{{1,60}})"
    rf"|(?<![\w/.-])(?:use|using|with|via|follow|following|run|apply|per|according[ ]to|mit)[ ](?:the[ ]|dem[ ]"
    rf"|our[ ])?[{QUOTES}]?"
    rf"(?!(?:the|dem|our"
    rf"|a)[ ]playbook)(?P<value>[\w-]{{1,30}}(?:[ ][\w-]{{1,30}}){{0,3}}?)[{QUOTES}]?[ ]playbook(?![\w-])"
    rf"|^(?P<first>[\w-]{{1,30}})[ ]playbook(?=[:,]))(?!\w|{_VALUE_BEHIND})",
    re.IGNORECASE | re.MULTILINE,
)

# Around a form that is no part of a sentence.
AROUND: Final = " \t-*•([{<_~'\"“‘>"
OPENERS: Final = ",;.:!?([{<—–-*_~>、。，；：\n"
CLOSERS: Final = {"", *",;.:!?)]—–、。，\n"}
DASHES: Final = {f"{dash} " for dash in "-–—"}
POLITE: Final = re.compile(r"(?:[ \t'\"*_~}>]|(?:please|pls|thanks|thx|bitte|danke|ausgeben)(?!\w))*", re.IGNORECASE)
LINE_END: Final = re.compile(r"[)\].!,;: \t]*")
DETERMINER: Final = re.compile(
    r"(?<!\w)(?:the|an?|this|that|each|every|its|our|der|die|das|den|le|la|el|los)[ \t]+\Z", re.IGNORECASE
)
# A word in front of a number of ACUs, or of dollars, that is talked about and no limit.
TELLING: Final = re.compile(
    r"(?<!\w)(?:show(?:s|n|ed|ing)?|displays?|says?|said|reads?|prints?|returns?|is|are|was|were|has|have"
    r"|costs?|used|than|gets?|got|expects?|sends?|takes?"
    r"|from|to|of|by|for|about|over|above|below|under|at|on|and|or|exactly|sessions?|users?|rows?|if|when|where"
    r"|that|which)[ \t]+\Z",
    re.IGNORECASE,
)
SUBJECT_BEHIND: Final = re.compile(
    r"[ \t]{0,2}(?:instead|rather|but|columns?|fields?|badge|label|button|widget|warning|message|text|banner"
    r"|hint|tooltip"
    r"|placeholder|option|setting|filter|parameter|argument|flag|per|each)(?![a-z])",
    re.IGNORECASE,
)
SHOWING: Final = re.compile(
    r"(?<!\w)(?:show(?:s|n|ed|ing)?|displays?|says?|said|reads?|prints?|returns?|sessions?|users?|rows?|runs?"
    r"|if|when)[ \t]+\Z",
    re.IGNORECASE,
)
LOOKS: Final = re.compile(
    r"(?<!\w)(?:dark|light|edit|view|dev|debug|offline|read|write|safe|strict)[ \t]+\Z", re.IGNORECASE
)
STARTS_WITH_NUMBER: Final = re.compile(rf"[{QUOTES}]?{_NUMBER}", re.IGNORECASE)
LONGEST_NUMBER: Final = 24  # characters
NEAR_EDGE: Final = 80  # characters that are looked at in front of a form
