"""Recognises thanks, praise, greetings, short answers such as `ok`, and emoji: what is no task by itself."""

import re
import unicodedata
from enum import StrEnum
from typing import Final


class SmallTalk(StrEnum):
    """What a text is that is no task. None of it starts a session; what becomes of a reply depends on the kind."""

    GREETING = "greeting"
    QUESTION = "question"  # to whoever reads it, such as "how are you?" or "ok?"
    THANKS = "thanks"  # or praise
    AGREEMENT = "agreement"  # `ok`, 👍: may be meant as an answer
    ANSWER = "answer"  # `yes`: is one


MOST_WORDS: Final = 12
_GREETING: Final = (
    "(?:very )?good (?:day|morning|afternoon|evening|night)|nice to meet you|good ?bye|morning|bye|hi|hiya|hey|hello"
    "|howdy|yo|greetings|hola|buen[oa]s (?:dias|días|tardes|noches)|bonjour|bonsoir|salut|hallo|moin|servus"
    "|guten (?:tag|morgen|abend)|ciao|buongiorno|buonasera|ol[aá]|bom dia|boa tarde|hej|namaste|привет|merhaba"
    "|こんにちは|你好|안녕하세요"
)
_QUESTION: Final = (
    "how (?:are (?:you|u)(?: (?:doing|today))?|do you do|s it going|is it going|does (?:this|it) work"
    "|do (?:i use|you use) (?:you|this|it))|what (?:s|is) (?:up|this)|whats up|wh?assup|sup"
    "|what (?:can|do) (?:you|u) do(?: for me)?|what are you|who are (?:you|u)"
    "|(?:are )?(?:you|u) (?:there|here|ok|okay)|(?:is )?any(?:body|one) (?:here|there)"
)
_YES: Final = "yes|yep|yup|yeah|yea|y|no (?:thanks|thank you|thx)"
_NOUN: Final = "job|work|one|stuff|catch|find|fix|bot|result"
_FINE: Final = (
    "great|nice|cool|perfect|awesome|amazing|excellent|fantastic|brilliant|wonderful|superb|sweet|neat|lovely"
    "|beautiful|impressive|incredible|super|perfecto|genial"
)
# A short clause around praise, as in "that looks really great" or "you are the best".
_ABOUT_IT: Final = (
    "(?:(?:that|this|it|you|u|all)(?: s| is| was| are| re| looks?)? |looks )?(?:(?:very|really|so|just) )?"
)
_WORKED: Final = (
    "(?:that|this|it|all|everything) (?:worked|works)(?: (?:now|great|well|perfectly|fine))?"
    "|works (?:now|great|perfectly|for me)|that did it|that helped|that was (?:quick|fast)"
)
_THANKS: Final = (
    "(?:many |big )?(?:thanks?|thankyou|thx|tnx|tysm|ty|cheers)|danke(?: sch[oö]n)?|vielen dank|merci(?: beaucoup)?"
    "|(?:muchas )?gracias|grazie(?: mille)?|obrigad[oa]|arigato|tack|takk|спасибо|谢谢|ありがとう"
    f"|(?:{_FINE}|good|great) (?:{_NOUN})|{_WORKED}|{_ABOUT_IT}(?:{_FINE}|the best|a star)"
    "|(?:that |this |it |you )?rocks?|well done|nicely done|love (?:it|this|that)|i love (?:it|this|that)"
    "|much appreciated|appreciated|appreciate it|wow|yay|bravo|kudos|congrats|woohoo|hooray"
)
_OK: Final = (
    "ok|okay|okey|k|kk|okie|alright|all right|fine|good|sure|got it|understood|noted|roger|ack|agreed|makes sense"
    f"|sounds good|{_ABOUT_IT}(?:good|fine|ok|okay)(?: to me)?|lgtm|all good|np|no problem|no worries|\\+1"
)
_AROUND: Final = (
    "(?:very|so|too) much|a (?:lot|ton|bunch|million)|lots|tons|many|again|there|here|you|u|devin|bot|all|everyone"
    "|everybody|team|folks|guys|so|very|really|and|today"
    "|for (?:(?:your|the|all the|all your) )?(?:(?:quick|fast|great|good|nice|kind|super) )?"
    "(?:help|fix|work|job|support|reply|response|answer|update|effort|efforts|explanation|info)"
    "|for (?:that|this|it|everything|fixing (?:it|that|this))"
)
# One kind after the other, because a longer phrase has to come before the words that it begins with.
_ANY_KIND: Final = (
    f"(?P<question>{_QUESTION})|(?P<greeting>{_GREETING})|(?P<yes>{_YES})|(?P<thanks>{_THANKS})"
    f"|(?P<ok>{_OK})|(?P<around>{_AROUND})"
)
_PHRASE: Final = re.compile(rf"(?:{_ANY_KIND})(?: |\Z)")
# What tells somebody to go on, alone or beside small talk.
_GO_ON: Final = (
    "keep (?:going|it up|at it)|go (?:right )?(?:ahead|on|for it)|carry on|continue|proceed|resume|move on"
    "|do (?:it|that|so)|you (?:have|ve got|got) (?:my|our) (?:ok|okay|approval|permission|blessing|go ahead|go)"
    "|(?:you re |you are )?(?:good|free|clear) to (?:go|proceed|continue)"
    "|mach(?:t)? weiter|weiter|continuez?|vas y|allez y|adelante|sigue|contin[uú]a|vai avanti|pode continuar"
)
_BESIDE: Final = (
    "please|pls|then|now|just|with (?:it|that|this)|you (?:can|may|should)|bitte|por favor|ja|oui|s[ií]|sim"
)
_AHEAD: Final = re.compile(rf"(?:(?P<ahead>{_GO_ON})|{_ANY_KIND}|(?P<beside>{_BESIDE}))(?: |\Z)")
# What the whole is that has a phrase of the kind: the first one counts.
_KINDS: Final = {
    "question": SmallTalk.QUESTION,
    "yes": SmallTalk.ANSWER,
    "thanks": SmallTalk.THANKS,
    "greeting": SmallTalk.GREETING,
    "ok": SmallTalk.AGREEMENT,
}
_WORD: Final = re.compile(r"(?<!\w)\+1(?!\w)|\w+")
_EMOJI_NAME: Final = re.compile(r":[a-z0-9_+'-]{1,100}:")
_MENTIONED: Final = re.compile(r"@\S+")
# Other emoji may answer a question.
_THANKFUL: Final = re.compile(
    "[🙏❤♥💙💚🎉🙌👏🚀😀😃😄😊😍🥰🥳🔥👋]|:(?:pray|heart|tada|raised_hands|clap|rocket|smile|grinning|wave|fire|partying_face):"
)


def small_talk(text: str) -> SmallTalk | None:
    """Which kind of small talk `text` consists of; None where it says anything else."""
    text = text.lower()
    words = _WORD.findall(_without_names(text))
    kind = _of_words(words) if words else _of_emoji(text)
    return SmallTalk.QUESTION if kind is not None and "?" in text else kind


def _without_names(text: str) -> str:
    """Replace mentions and names of emoji in `text` with spaces. An ack waits for it, and few texts have any."""
    if "@" in text:
        text = _MENTIONED.sub(" ", text)
    return _EMOJI_NAME.sub(" ", text) if ":" in text else text


def is_go_ahead(text: str) -> bool:
    """Whether `text` tells somebody to go on and says nothing else but small talk, such as "ok, go ahead"."""
    return "ahead" in _phrases(_WORD.findall(_without_names(text.lower())), _AHEAD)


def _of_words(words: list[str]) -> SmallTalk | None:
    """The kind of the first of `_KINDS` that is among the phrases of `words`, if they are nothing but phrases."""
    found = _phrases(words, _PHRASE)
    return next((kind for name, kind in _KINDS.items() if name in found), None)


def _phrases(words: list[str], pattern: re.Pattern[str]) -> set[str | None]:
    """The groups of `pattern` of which `words` consist; none if they say anything else."""
    text, at, found = " ".join(words), 0, set[str | None]()
    while at < len(text):
        phrase = pattern.match(text, at) if len(words) <= MOST_WORDS else None
        if phrase is None:
            return set()
        found.add(phrase.lastgroup)
        at = phrase.end()
    return found


def _of_emoji(text: str) -> SmallTalk | None:
    if _EMOJI_NAME.search(text) is None and not any(unicodedata.category(char) == "So" for char in text):
        return None
    return SmallTalk.THANKS if _THANKFUL.search(text) else SmallTalk.AGREEMENT
