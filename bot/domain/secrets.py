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
_SLACKS: Final = r"(?=[\w%/+-]{0,60}[0-9])[\w%/+-]{10,}"
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
    **dict.fromkeys(("xoxb-", "xoxp-", "xoxa-", "xoxc-", "xoxd-", "xoxr-", "xoxs-", "xoxe-", "xapp-"), _SLACKS),
    # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    "hooks.slack.com/services/": r"T\w{5,20}/B\w{5,20}/(?!X{8})\w{16}",
    # https://docs.stripe.com/keys and https://docs.stripe.com/webhooks
    **dict.fromkeys(("sk_live_", "rk_live_", "sk_test_", "rk_test_"), _STRIPES),
    "whsec_": r"[A-Za-z0-9+/]{24}",
    # https://docs.cloud.google.com/docs/authentication/api-keys
    "AIza": r"[\w-]{35}",
    # https://docs.cloud.google.com/docs/authentication/token-types
    "ya29.": rf"{_DIGIT}{_CAPITAL}[\w-]{{20,}}",
    # https://github.blog/2021-09-23-announcing-npms-new-access-token-format/
    "npm_": r"[A-Za-z0-9]{36}",
    # Of PyPI, whose tokens begin so, and https://huggingface.co/docs/hub/security-tokens
    "pypi-": r"AgE[\w-]{40}",
    "hf_": r"[A-Za-z0-9]{34}",
    # https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    "SG.": r"[\w-]{22}\.[\w-]{43}",
    # https://docs.digitalocean.com/reference/api/create-personal-access-token/
    **dict.fromkeys(("dop_v1_", "doo_v1_", "dor_v1_"), r"[a-f0-9]{40}"),
    # https://www.rfc-editor.org/rfc/rfc7519#section-3: two objects in JSON, and a signature
    "eyJ": r"[\w-]{10,400}\.eyJ[\w-]{10}",
    # https://platform.openai.com/docs/api-reference/authentication, https://docs.claude.com/en/api/overview and
    # https://openrouter.ai/docs/api-reference/authentication
    "sk-": rf"(?:{_DENSE}{{20,}}|or-v1-[a-f0-9]{{20}}|(?:proj|svcacct|admin|ant)-{_DIGIT}{_CAPITAL}[\w-]{{20,}})",
    # https://www.rfc-editor.org/rfc/rfc7468#section-10
    "-----BEGIN ": r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
}
_KEYS: Final = tuple(re.compile(f"(?<![A-Za-z0-9]){re.escape(begins)}{rest}") for begins, rest in _SHAPES.items())

# As in a file of settings or in code. What is part of an address, such as `?key=`, is none.
_ASSIGNMENT: Final = re.compile(r"(?<![\w?&;-])([\w-]{1,60})[\"']? ?= ?[\"'`]?([^\s\"'`,;<>()\[\]{}]{12,200})")
_OF_SECRETS: Final = re.compile(r"key|token|secret|passw|passphrase")
_OF_OTHERS: Final = re.compile(r"public|cache|hash|sha\d|fingerprint|ids?$")
# By chance letters and digits alternate in so long a word; the parts of a UUID are shorter.
_BY_CHANCE: Final = re.compile(r"(?=[A-Za-z]{0,14}[0-9]{1,14}[A-Za-z]{1,14}[0-9])[A-Za-z0-9]{16}")
_BASE64: Final = re.compile(r"(?=.{0,60}[0-9])(?=.{0,60}[a-z])(?=.{0,60}[A-Z])[A-Za-z0-9+][A-Za-z0-9+/]{39,}={0,2}")
_PASSWORD: Final = re.compile(r"(?=.{0,60}[0-9])(?=.{0,60}[A-Za-z])[A-Za-z0-9!@#%^&*+-]{12,}")

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
        *("missing", "leaks", "usage", "rotation", "up", "on", "off", "down"),
    }
)
_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_TICKET: Final = "[A-Z]{2,10}-[0-9]{1,6}"
_NO_WORD: Final = re.compile(rf"(?!{_TICKET}\b)(?=.{{0,60}}[0-9])(?=.{{0,60}}[A-Za-z])[^\s/.]{{6,}}")
_ASSIGNED: Final = re.compile(r"\w[\w.-]{0,100}[=:]\S")
_OPTION: Final = re.compile(r"(?:repo|playbook|mode|acu|tags?|title|orgs?)=")
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
    return _has_key(text) or _assigns_secret(text) or _sets_secret(text)


def _has_key(text: str) -> bool:
    # An ack waits for this, and hardly any text has one of the beginnings.
    return any(begins in text and key.search(text) for begins, key in zip(_SHAPES, _KEYS, strict=True))


def _assigns_secret(text: str) -> bool:
    """Whether `text` has a line such as `AWS_SECRET_ACCESS_KEY=…`, with a value that is no variable, path or name."""
    if "=" not in text:
        return False
    return any(_is_value(name.lower(), value) for name, value in _ASSIGNMENT.findall(text))


def _is_value(name: str, value: str) -> bool:
    if not _OF_SECRETS.search(name) or _OF_OTHERS.search(name) or value.startswith("$"):
        return False
    if "passw" in name and _PASSWORD.fullmatch(value):
        return True
    return ("/" not in value and _BY_CHANCE.search(value) is not None) or _BASE64.fullmatch(value) is not None


def _sets_secret(text: str) -> bool:
    """Whether `text` gives a secret, as `secret set FOO bar`, `secret add FOO=bar` or `set secret FOO bar`."""
    words = [word for word in text.split(maxsplit=_MOST_LOOKED_AT) if not _OPTION.match(word)]
    while words and words[0].lower().removeprefix("!") in _BEFORE:
        words = words[1:]
    if not words:
        return False
    if _is_secret(words[0].removeprefix("!")):
        return _is_given(words[1:])
    if _is_nearly(words[0], _SETTING):
        behind = words[2:] if len(words) > 1 and words[1].lower() in _ARTICLES else words[1:]
        if behind and _is_secret(behind[0]):
            plainly = words[0].lower() == "set" and behind[0].lower() == "secret"
            return _has_value(behind[1:]) or _is_set(behind[1:], plainly=plainly)
    return "ecret" in text and _IN_A_SENTENCE.search(text) is not None


def _is_given(behind: Sequence[str]) -> bool:
    """Whether the words `behind` the word `secret` give one."""
    if not behind or not _is_nearly(behind[0], _PLAIN):
        value = behind[1:] if behind and _is_nearly(behind[0], _SETTING) else behind
        return _has_value(value)
    name, *value = behind[1:] or [""]
    if behind[0].lower() == "set" and len(value) == 1:  # whatever the name is
        return True
    if _has_value(behind[1:]) or _is_set(behind[1:], plainly=False):
        return True
    return _is_name(name) and (not value or behind[0].lower() == "set")


def _is_set(words: Sequence[str], *, plainly: bool) -> bool:
    """Whether `words` are a name in whatever letters, and one word that is `plainly` its value or is no usual word."""
    name, *value = words or [""]
    if len(value) == 2 and value[0] in {"=", "to"}:
        plainly, value = value[0] == "=", value[1:]
    if len(value) != 1 or not _NO_VALUE.isdisjoint({name.lower(), value[0].lower()}):
        return False
    return plainly or _NO_WORD.fullmatch(value[0]) is not None


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
