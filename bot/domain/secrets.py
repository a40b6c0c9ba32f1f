"""Recognises secrets in what people type: keys of a documented shape, and values that somebody wants to set.

Only shapes that are hardly anything else count, because whatever looks like a secret starts nothing: a word such as
`risk-` or the hash of a commit is none.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

# What stands behind the beginning of a key. The digits and capitals that some have to hold tell keys from names such as
# `apk_signing_config` and `sk-learn-pipeline`.
_DIGIT: Final = r"(?=[\w-]{0,60}[0-9])"
_CAPITAL: Final = r"(?=[\w-]{0,60}[A-Z])"
_DENSE: Final = r"(?=[a-z]{0,60}[0-9A-Z])[A-Za-z0-9]"
_DEVINS: Final = rf"(?:{_DENSE}{{16,}}|{_DIGIT}{_CAPITAL}[\w-]{{20,}})"
_AWS: Final = r"(?!.{9}EXAMPLE)[A-Z2-7]{16}"  # the keys of AWS's own documentation end so
_SLACKS: Final = rf"{_DIGIT}[\w-]{{10,}}"
_STRIPES: Final = r"[A-Za-z0-9]{16,}"
_SHAPES: Final[Mapping[str, str]] = {
    # https://docs.devin.ai/api-reference/authentication
    **dict.fromkeys(("cog_", "apk_user_", "apk_"), _DEVINS),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    **dict.fromkeys(("AKIA", "ASIA"), _AWS),
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{36}"),
    "github_pat_": r"\w{40}",
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    "glpat-": r"[\w-]{20}",
    # https://docs.slack.dev/authentication/tokens
    **dict.fromkeys(("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xapp-"), _SLACKS),
    # https://docs.stripe.com/keys and https://docs.stripe.com/webhooks
    **dict.fromkeys(("sk_live_", "rk_live_", "sk_test_", "rk_test_"), _STRIPES),
    "whsec_": r"[A-Za-z0-9+/]{24}",
    # https://docs.cloud.google.com/docs/authentication/api-keys
    "AIza": r"[\w-]{35}",
    # https://github.blog/2021-09-23-announcing-npms-new-access-token-format/
    "npm_": r"[A-Za-z0-9]{36}",
    # https://platform.openai.com/docs/api-reference/authentication and https://docs.claude.com/en/api/overview
    "sk-": rf"(?:{_DENSE}{{20,}}|(?:proj|svcacct|admin|ant)-{_DIGIT}{_CAPITAL}[\w-]{{20,}})",
    # https://www.rfc-editor.org/rfc/rfc7468#section-10
    "-----BEGIN ": r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
}
_KEY: Final = re.compile(
    "(?<![A-Za-z0-9])(?:" + "|".join(re.escape(beginning) + rest for beginning, rest in _SHAPES.items()) + ")"
)

_SECRET: Final = ("secret", "secrets")
_SETTING: Final = ("set", "add", "create", "put", "save", "store", "update", "change", "edit", "new")
_PLAIN: Final = ("set", "add", "create", "put", "save")  # behind `secret` the others may be about secrets in general
_ARTICLES: Final = frozenset({"a", "the", "my", "our", "new"})
# What people write before a command that is behind a mention, or in a thread.
_BEFORE: Final = frozenset({"/devin", "devin", "start", "new", "aside", "(aside)", "fanout", "please", "pls"})
# Behind the name of a secret these begin a sentence about it.
_NO_VALUE: Final = frozenset(
    {
        *("to", "in", "into", "from", "for", "on", "of", "at", "with", "by", "and", "or", "not", "everywhere"),
        *("is", "isn't", "are", "was", "were", "has", "should", "must", "does", "doesn't", "cannot", "can't", "needs"),
        *("missing", "leaks", "usage", "rotation"),
    }
)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_ASSIGNED: Final = re.compile(r"(?!(?:repo|playbook|mode|acu|tags?|title|orgs?)=)\w[\w.-]{0,100}[=:]\S")
# In the middle of a sentence only what is written like a setting counts.
_IN_A_SENTENCE: Final = re.compile(
    r"\bsecrets?\s+(?:set|add|create|put|save|update|change)\s+[A-Z][A-Z0-9_]*\s?=\s?\S"
    r"|\b(?:set|change|update)\s+(?:(?:a|the|my|our)\s+)?secret\s+[A-Z][A-Z0-9]*_\w+\s+to\s+(?!(?:a|an|the|my|our)\s)\S"
)
_NEAR: Final = 0.85  # of difflib's ratio: a letter more, or one that is missing
_LONGEST_NEAR: Final = 10  # characters of a word that is so near one of six
_MOST_LOOKED_AT: Final = 20  # words


def has_secret(text: str) -> bool:
    """Whether `text`, without a mention of the bot, has a key of a known shape or sets a secret."""
    return _has_key(text) or _sets_secret(text)


def _has_key(text: str) -> bool:
    # An ack waits for this, and hardly any text has one of the beginnings.
    return any(beginning in text for beginning in _SHAPES) and _KEY.search(text) is not None


def _sets_secret(text: str) -> bool:
    """Whether `text` gives a secret, as `secret set FOO bar`, `secret add FOO=bar` or `set secret FOO bar`."""
    words = text.split(maxsplit=_MOST_LOOKED_AT)
    while words and words[0].lower().removeprefix("!") in _BEFORE:
        words = words[1:]
    if not words:
        return False
    if _is_secret(words[0].removeprefix("!")):
        return _is_given(words[1:])
    if _is_nearly(words[0], _SETTING):
        behind = words[2:] if len(words) > 1 and words[1].lower() in _ARTICLES else words[1:]
        if behind and _is_secret(behind[0]):
            return _has_value(behind[1:])
    return "ecret" in text and _IN_A_SENTENCE.search(text) is not None


def _is_given(behind: Sequence[str]) -> bool:
    """Whether the words `behind` the word `secret` give one."""
    if not behind or not _is_nearly(behind[0], _PLAIN):
        value = behind[1:] if behind and _is_nearly(behind[0], _SETTING) else behind
        return _has_value(value)
    name, *value = behind[1:] or [""]
    if behind[0].lower() == "set" and len(value) == 1:  # whatever the name is
        return True
    return _has_value(behind[1:]) or (_is_name(name) and (not value or behind[0].lower() == "set"))


def _has_value(words: Sequence[str]) -> bool:
    """Whether `words` are the name of a secret in capitals and its value, or begin like `foo=bar`."""
    if not words:
        return False
    if _ASSIGNED.match(words[0]):
        return True
    if len(words) == 1 or not _is_name(words[0]):
        return False
    if words[1] in {"=", "to"}:
        return len(words) == 3 or words[1] == "="  # `FOO to bar`, where a longer text says where to put it
    return words[1].lower() not in _NO_VALUE and (len(words) == 2 or "_" in words[0] or words[0].endswith((":", "=")))


def _is_name(word: str) -> bool:
    return _NAME.fullmatch(word.rstrip("=:")) is not None


def _is_secret(word: str) -> bool:
    return _is_nearly(word, _SECRET) or sorted(word.lower()) == sorted("secret")


def _is_nearly(word: str, meant: tuple[str, ...]) -> bool:
    return len(word) <= _LONGEST_NEAR and _is_near(word.lower(), meant)


# An ack waits for this, and most texts begin with one of a few words. A word that may be a secret is too long for it.
@lru_cache(maxsize=128)
def _is_near(word: str, meant: tuple[str, ...]) -> bool:
    return bool(get_close_matches(word, meant, n=1, cutoff=_NEAR))
