"""Recognises thanks, greetings and emoji, which start no session."""

import re
import unicodedata
from typing import Final

# "ok" and "yes" are missing here: alone they may answer a question of Devin's.
_POLITE: Final = (
    r"(?:thanks?|thankyou|thx|tnx|tysm|ty|cheers|hi|hiya|hey|hello|howdy|yo|morning|bye|goodbye"
    r"|good (?:day|evening|afternoon|night))"
)
_AROUND: Final = (
    r"(?:you|u|so|much|very|a lot|lots|many|again|there|devin|bot|all|everyone|team|good|great|nice|cool"
    r"|perfect|awesome|wonderful|excellent|ok|okay|and|for (?:your|the|all the) help|for (?:that|this|it))"
)
_SMALL_TALK: Final = re.compile(rf"(?:{_AROUND} ){{0,4}}{_POLITE}(?: (?:{_POLITE}|{_AROUND})){{0,8}}")
_EMOJI_NAME: Final = re.compile(r":[a-z0-9_+'-]+:")
_MENTIONED: Final = re.compile(r"@\S+")


def is_small_talk(text: str) -> bool:
    """Whether `text` consists of nothing but thanks, a greeting or emoji."""
    text = text.lower()
    bare = _EMOJI_NAME.sub(" ", _MENTIONED.sub(" ", text))
    words = re.findall(r"\w+", bare)
    if words:
        return _SMALL_TALK.fullmatch(" ".join(words)) is not None
    return _EMOJI_NAME.search(text) is not None or any(unicodedata.category(char) == "So" for char in text)
