"""Finds what looks like a secret in a text, and leaves it out.

Each rule has keywords, one of which stands where the rule's match begins. A text is searched for all of them at once,
and a rule is tried only where one is: so the work grows with the text, whatever it says. Four kinds of rules:
shapes that the services document, those of gitleaks (`secret_rules.tsv`), own patterns from the settings, and values
behind a word such as `password`. The last look random, and names, paths and samples are none. A text is searched as
it stands and as people read it: without unseen signs, markup, and what Slack writes around an address.
"""

import html
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from itertools import pairwise
from math import log2
from typing import Final

from ahocorasick_rs import AhoCorasick

LEFT_OUT: Final = "(left out: it looks like a secret)"  # what takes the place of a secret, for people and for Devin

# What stands behind the beginning of a key, or as much of it as tells that it is one: `_REST` finds its end, once for
# each key and not at each place where one may begin. The digits and capitals that some have to hold tell keys from
# names such as `apk_signing_config` and `sk-learn-pipeline`.
_DIGIT: Final = r"(?=[\w-]{0,60}[0-9])"
_CAPITAL: Final = r"(?=[\w-]{0,60}[A-Z])"
_DENSE: Final = r"(?=[a-z]{0,60}[0-9A-Z])[A-Za-z0-9]"
_DEVINS: Final = rf"(?:{_DENSE}{{16,100}}|{_DIGIT}{_CAPITAL}[\w-]{{20,100}})"
_AWS: Final = r"(?!.{9}EXAMPLE)[A-Z2-7]{16}"  # the keys of AWS's own documentation end so
_SLACKS: Final = r"(?=[\w%/+-]{0,60}[0-9])[\w%/+-]{10,100}"
_STRIPES: Final = r"[A-Za-z0-9]{16,100}"
_SHAPES: Final[Mapping[str, str]] = {
    # https://docs.devin.ai/api-reference/authentication
    **dict.fromkeys(("cog_", "apk_user_", "apk_"), _DEVINS),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    **dict.fromkeys(("AKIA", "ASIA"), _AWS),
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{36}"),
    "github_pat_": r"\w{40}",
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    **dict.fromkeys(("glpat-", "glrt-", "gldt-", "glft-", "glcbt-", "gloas-", "glsoat-"), r"[\w-]{20}"),
    # https://docs.slack.dev/authentication/tokens
    **dict.fromkeys(("xoxb-", "xoxp-", "xoxa-", "xoxc-", "xoxd-", "xoxr-", "xoxs-", "xoxe-", "xapp-"), _SLACKS),
    # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    "hooks.slack.com/services/": r"T\w{5,20}/B\w{5,20}/(?!X{8})\w{16}",
    # https://docs.stripe.com/keys and https://docs.stripe.com/webhooks
    **dict.fromkeys(("sk_live_", "rk_live_", "sk_test_", "rk_test_"), _STRIPES),
    "whsec_": r"[A-Za-z0-9+/]{24}",
    # https://docs.cloud.google.com/docs/authentication/api-keys
    "AIza": r"[\w-]{35}",
    # https://developers.google.com/identity/protocols/oauth2: the secret of a client
    "GOCSPX-": r"[\w-]{28}",
    # https://docs.cloud.google.com/docs/authentication/token-types
    "ya29.": rf"{_DIGIT}{_CAPITAL}[\w-]{{20,100}}",
    # https://github.blog/2021-09-23-announcing-npms-new-access-token-format/
    "npm_": r"[A-Za-z0-9]{36}",
    # Of PyPI, whose tokens begin so, and https://huggingface.co/docs/hub/security-tokens
    "pypi-": r"AgE[\w-]{40}",
    "hf_": r"[A-Za-z0-9]{34}",
    # https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    "SG.": r"[\w-]{22}\.[\w-]{43}",
    # https://docs.digitalocean.com/reference/api/create-personal-access-token/
    **dict.fromkeys(("dop_v1_", "doo_v1_", "dor_v1_"), r"[a-f0-9]{40}"),
    # https://docs.docker.com/security/access-tokens/ and https://developers.figma.com/docs/rest-api/authentication/
    **dict.fromkeys(("dckr_pat_", "dckr_oat_", "figd_"), rf"{_DIGIT}{_CAPITAL}[\w-]{{20,}}"),
    # https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
    "ATATT3": r"[\w=-]{60}",
    # https://developers.notion.com/docs/authorization, the older ones too
    **dict.fromkeys(("ntn_", "secret_"), r"[A-Za-z0-9]{43}"),
    # https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/
    "NRAK-": r"[A-Z0-9]{27}",
    # https://documentation.mailgun.com/docs/mailgun/user-manual/api-key-mgmt/rbac-mgmt
    "key-": r"[a-f0-9]{32}",
    # https://docs.discord.com/developers/resources/webhook
    **dict.fromkeys(("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"), r"[0-9]{17,20}/[\w-]{60}"),
    # https://docs.sentry.io/account/auth-tokens/
    **dict.fromkeys(("sntrys_", "sntryu_"), r"[\w+/=-]{40}"),
    # https://docs.djangoproject.com/en/stable/ref/checks/#security
    "django-insecure-": r"[^\s'\"]{20,100}",
    # https://www.rfc-editor.org/rfc/rfc7519#section-3: two objects in JSON, and a signature
    "eyJ": r"[\w-]{10,400}\.eyJ[\w-]{10}",
    # https://platform.openai.com/docs/api-reference/authentication, https://docs.claude.com/en/api/overview and
    # https://openrouter.ai/docs/api-reference/authentication
    "sk-": rf"(?:{_DENSE}{{20,100}}|or-v1-[a-f0-9]{{20}}|(?:proj|svcacct|admin|ant)-{_DIGIT}{_CAPITAL}[\w-]{{20,100}})",
    # https://www.rfc-editor.org/rfc/rfc7468#section-10
    "-----BEGIN ": r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
}
_OF_OTHERS: Final = re.compile(r"^[?&]|public|cache|hash|sha\d|fingerprint|ids?$")
# By chance letters and digits alternate in so long a word; the parts of a UUID are shorter.
_BY_CHANCE: Final = re.compile(r"(?=[A-Za-z]{0,14}[0-9]{1,14}[A-Za-z]{1,14}[0-9])[A-Za-z0-9]{16}")
_BASE64: Final = re.compile(r"(?=.{0,60}[0-9])(?=.{0,60}[a-z])(?=.{0,60}[A-Z])[A-Za-z0-9+][A-Za-z0-9+/]{39,}={0,2}")
_PASSWORD: Final = re.compile(r"(?=.{0,60}[0-9])(?=.{0,60}[A-Za-z])[A-Za-z0-9!@#%^&*+-]{12,}")

# Behind a part of a name in a file of settings or in code.
_ASSIGNED: Final = r"""[\w-]{0,60}+[\"']? ?= ?[\"'`]?([^\s\"'`,;<>()\[\]{}]{12,100})"""
# Behind a word such as `password`, and in front of the value.
_IS: Final = (
    r"""[\"'\]`*_~]{0,4}\s{0,2}(?::=|=>|[:=]|\bis\b:?|>(?=[^\s<>]{6,200}</))[*_~]{0,4}"""
    r"""\s{0,2}(?:```(?:[a-z]{0,12}\n)?|[\"'`*_~]{0,3})"""
)
_OF_SERVICES: Final = r"""[0-9a-z\-_\t .]{0,20}+[\s|'\"]{0,3}(?:=>|<=|:=|=|>|\|\||:)['\"\s=`]{0,5}"""
_REST: Final = re.compile(r"[\w+/=%~-]*(?:\.[\w+/=~-]{16,1000}){0,4}")  # of a key whose shape names only its beginning
_LONG: Final = 100  # characters; a longer value may go on behind what its rule matches
_PEM: Final = re.compile(r"(?:(?:\s|\\n|>|&gt;){0,6}[A-Za-z0-9+/=]{20,}){0,200}")  # in JSON a line ends with `\n`
_PEM_LENGTH: Final = 12_000
_NO_VALUE: Final = re.compile(r"[=$%*@/.{<-]|x{3}|your|my[-_]|example|changeme|redacted|None$|null$", re.IGNORECASE)
_PATH_OF_CODE: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[a-z]+(?:_[a-z0-9]+)+|[A-Z]+(?:_[A-Z0-9]+)*")
_SAMPLES: Final = frozenset({"password", "passwd", "pass", "pwd", "pw", "secret", "token", "user", "username", "key"})
_SYMBOLS: Final = frozenset("!@#%^&*?+")
_RANDOM: Final = 3.2  # bits a character of a random value has at least; a word of a language has fewer


@dataclass(frozen=True)
class _Rule:
    """What `source` matches from one of the `keywords` on, if `counts` says so; its group 1, if any, is the secret."""

    keywords: tuple[str, ...]
    source: str
    counts: Callable[[str], bool] = lambda value: not value.endswith("EXAMPLE") and "XXXXXXXX" not in value
    is_shape: bool = False  # its form alone says that it is a secret

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        # Compiled when a keyword was found first: most of them never are.
        return re.compile(self.source)

    def at(self, text: str, start: int) -> tuple[int, int] | None:
        """Where the secret is that begins at `start`."""
        match = self.pattern.match(text, start)
        if match is None:
            return None
        group = 1 if self.pattern.groups else 0
        name = "" if self.is_shape else _name_before(text, start, match.start(group))
        if self.counts is _is_password:  # one in an address is one, too
            name = name.lstrip("?&")
        if not self.counts(match[group]) or _OF_OTHERS.search(name):
            return None
        return match.start(group), self._end(text, *match.span(group))

    def _end(self, text: str, start: int, end: int) -> int:
        if self.keywords[0].startswith("-----"):
            closing = text.find("-----END ", end, end + _PEM_LENGTH)
            last = text.find("-----", closing + 9, closing + 80) if closing >= 0 else -1
            whole = _PEM.match(text, end)
            return last + 5 if last >= 0 else whole.end() if whole else end
        rest = _REST.match(text, end) if self.is_shape or end - start >= _LONG else None
        return rest.end() if rest else end


def _entropy(value: str) -> float:
    return -sum(count / len(value) * log2(count / len(value)) for count in Counter(value).values())


def _switches(word: str) -> int:
    """How often letters and digits alternate in `word`."""
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(word))


def _name_before(text: str, start: int, end: int) -> str:
    """The name in front of a value that begins at `end`, with the part of it that stands before `start`."""
    before = re.search(r"(?:\?|&(?:amp;)?)?[\w-]{0,30}$", text[max(0, start - 30) : start])
    return (before[0] if before else "").lower() + re.split(r"[\"'\]`*~\s:=]", text[start:end].lower(), maxsplit=1)[0]


def _is_sample(value: str) -> bool:
    plain = _NO_VALUE.match(value) or _PATH_OF_CODE.fullmatch(value) or value.endswith("EXAMPLE")
    return bool(plain) or value.lower() in _SAMPLES


def _is_password(value: str) -> bool:
    if _is_sample(value):
        return False
    letters = any(map(str.isalpha, value))
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value)) and not _SYMBOLS.isdisjoint(value)
    return letters and (mixed or any(map(str.isdigit, value)))


def _is_mixed_password(value: str) -> bool:
    """Whether no word is written so: behind `password to` also stand names such as argon2id and PBKDF2."""
    mixed = any(map(str.isupper, value)) or not _SYMBOLS.isdisjoint(value)
    return mixed and not value.isupper() and any(map(str.isdigit, value)) and _is_password(value)


def _is_random(value: str) -> bool:
    if _is_sample(value) or _entropy(value) < _RANDOM:
        return False
    return any(len(word) >= 8 and _switches(word) >= 3 for word in re.split(r"[-_.~/+]", value))


def _is_credential(value: str) -> bool:
    return not _is_sample(value) and (any(map(str.isdigit, value)) or value.lower() != value != value.upper())


def _is_by_chance(value: str) -> bool:
    in_parts = "/" not in value and not value.startswith("$") and _BY_CHANCE.search(value)
    return bool(in_parts or _BASE64.fullmatch(value))


def _has_digits(value: str) -> bool:
    return any(map(str.isdigit, value)) and not value.isdigit()


def _is_in_address(value: str) -> bool:
    return not _is_sample(value)


# An ampersand ends it where the next field of an address follows.
_OF_PASSWORDS: Final = r"""(?:[^\s\"'`,;()<>\[\]{}|&]|&(?!amp;|[\w.-]{1,40}=))"""
_PASSWORDS: Final = ("password", "passwd", "passphrase", "passcode", "passwort", "pwd")
_OF_WHAT: Final = r"(?: (?:for|of|on) [\w. -]{1,40}?)?"  # the password for the staging database
_KEYS: Final = ("api", "access", "private", "client", "signing", "auth", "encryption", "account", "license")
_TOKENS: Final = (
    *("secret", "token", "credential"),
    *(f"{word}{gap}key" for word in _KEYS for gap in ("", "_", "-", " ")),
)
# Behind a word, or in a place, where it can be nothing else.
_IN_PLACES: Final = (
    # https://core.telegram.org/bots/api#authorizing-your-bot and
    # https://learn.microsoft.com/en-us/entra/identity-platform/how-to-add-credentials: known by what is inside
    _Rule((":aa",), r"(?<=[0-9]):AA[\w-]{33}(?![\w-])", is_shape=True),
    _Rule(("q~",), r"(?<=[\w.~-]{3}[0-9])Q~[\w.~-]{31,34}(?![\w.~-])", is_shape=True),
    # https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    _Rule(("otpauth://",), r"(?i:otpauth://[^\s]{0,200}?secret=([a-z2-7]{16,200}))", is_shape=True),
    # https://docs.docker.com/reference/cli/docker/login/ and https://www.postgresql.org/docs/current/libpq-pgpass.html
    _Rule(('"auth"',), r"(?i:\"auth\"\s{0,2}:\s{0,2}\"([a-z0-9+/=]{12,500})\")", is_shape=True),
    _Rule((":5432:",), r":5432:[^\s:]{1,60}:[^\s:]{1,60}:([^\s:]{6,100})", _is_in_address),
    # https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html and `curl --user`
    _Rule(("login ",), r"(?i:login\s{1,4}\S{1,60}\s{1,4}password\s{1,4}([^\s]{6,100}))", _is_password),
    _Rule(
        ("--password ", "--passphrase ", "--token ", "--secret ", "--api-key "),
        r"--[A-Za-z-]{1,12} [\"']?([^\s\"'`<>]{6,100})",
        _is_password,
    ),
    _Rule(("identified by '", "password '"), r"(?i:identified by|password) '([^'\s]{6,100})'", _is_password),
    _Rule(
        ("pw", "pass"),
        rf"(?<![A-Za-z0-9_-])(?:PW|[Pp]w|[Pp]ass)\s?[:=]\s?[`*]{{0,3}}({_OF_PASSWORDS}{{6,100}})",
        _is_password,
    ),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html: as the console shows them
    _Rule(("secret access key",), r"(?i:secret access key)[\s,]{1,3}([A-Za-z0-9/+]{40})(?![\w/+])", is_shape=True),
    _Rule(("akia",), r"AKIA[A-Z2-7]{16}[\s,:|\"']{1,4}([A-Za-z0-9/+]{40})(?![\w/+])", is_shape=True),
    # A DSN of Sentry is public: https://docs.sentry.io/concepts/key-terms/dsn-explainer/
    _Rule(("://",), r"://([\w-]{20,200})@(?![\w.-]{0,60}sentry)[\w\[]", _is_random),
    _Rule(("-u ", "--user "), r"--?u(?:ser)? [\"']?[\w.@-]{1,60}:([^\s\"'`]{6,100})", _is_password),
    _Rule(("cookie: ",), r"(?i:cookie: [\w.-]{1,60}=([\w%+/=.-]{16,400}))", _is_random),
    _Rule(("_pat",), rf"(?i:_pat{_IS}([a-z0-9]{{20,100}}))", _is_random),
)
_BEHIND_WORDS: Final = (
    *_IN_PLACES,
    _Rule(
        _PASSWORDS,
        rf"(?i:(?:{'|'.join(_PASSWORDS)})[\w-]{{0,20}}+{_OF_WHAT}{_IS}({_OF_PASSWORDS}{{6,100}}))(?![(\[])",
        _is_password,
    ),
    _Rule(
        _PASSWORDS,
        rf"(?i:(?:{'|'.join(_PASSWORDS)})s?{_OF_WHAT} to [`*\"']{{0,3}}({_OF_PASSWORDS}{{6,100}}))(?![(\[])",
        _is_mixed_password,
    ),
    _Rule(
        _TOKENS,
        rf"(?i:(?:{'|'.join(_TOKENS)})[\w-]{{0,20}}+{_IS}([a-z0-9+/=_.~-]{{16,200}}))",
        _is_random,
    ),
    _Rule(
        ("authorization",),
        rf"(?i:authorization{_IS}(?:(?:bearer|basic|token|digest|negotiate|api-?key)\s{{1,3}})?([\w.~+/=:-]{{8,500}}))",
        _is_credential,
    ),
    _Rule(("bearer ",), r"(?i:bearer\s{1,3}([\w.~+/=-]{20,500}))", _has_digits),
    _Rule(("://",), r"://[^\s/:@\"'`<>]{0,100}:([^\s/@\"'`<>]{3,200})@[\w\[]", _is_in_address),
    # What is part of an address, such as `?key=`, is none.
    _Rule(("key", "token", "secret", "passphrase"), rf"(?i:key|token|secret|passphrase){_ASSIGNED}", _is_by_chance),
    _Rule(
        ("passw",),
        rf"(?i:passw){_ASSIGNED}",
        lambda value: _PASSWORD.fullmatch(value) is not None or _is_by_chance(value),
    ),
    _Rule(("sig=",), r"(?i:sig=([a-z0-9%+/]{40,100}))", is_shape=True),
)
_PREFIX: Final = r"(?<![A-Za-z0-9])"


def _documented() -> Iterator[_Rule]:
    for begins, rest in _SHAPES.items():
        yield _Rule((begins.lower(),), f"{_PREFIX}{re.escape(begins)}{rest}", is_shape=True)


def _of_gitleaks() -> Iterator[_Rule]:
    for line in resources.files(__package__).joinpath("secret_rules.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        kind, _, names, source = line.split("\t")
        keywords = tuple(names.split(","))
        if kind == "shape":
            begins = _PREFIX if keywords[0][0].isalnum() else ""
            yield _Rule(keywords, f"{begins}{source}", is_shape=True)
        else:
            named = "|".join(map(re.escape, keywords))
            yield _Rule(keywords, rf"(?i:(?:{named}){_OF_SERVICES}){source}(?=['\"\s`;|]|$)", _has_digits)


class Redaction:
    """The rules, and what they find."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._own = [re.compile(pattern) for pattern in own]
        rules: dict[str, list[_Rule]] = {}
        for rule in (*_documented(), *_of_gitleaks(), *_BEHIND_WORDS):
            for keyword in rule.keywords:
                rules.setdefault(keyword, []).append(rule)
        self._keywords = AhoCorasick(rules)
        self._rules = [*rules.values()]  # in the order of their keywords

    def redact(self, text: str, *, shapes: bool, instead: str) -> str:
        """`text` with `instead` of what looks like a secret; with `shapes` only of what does by its form alone."""
        spans = sorted(self._spans(text, shapes=shapes) if shapes else {*self._spans(text), *self._spans_as_read(text)})
        parts, at = [], 0
        for start, end in spans:
            if start >= at:
                parts += [text[at:start], instead]
            at = max(at, end)
        return "".join([*parts, text[at:]]) if parts else text

    def _spans_as_read(self, text: str) -> Iterator[tuple[int, int]]:
        """The spans that are found where `text` is read without what nobody sees; a link is left out as a whole."""
        read, at, length = [], 0, 0
        begins, places = [0], [(0, 0)]  # where each part of what is read begins, and where it stands; 0: sign by sign
        for sign in _BEGINS_UNREAD.finditer(text):  # found faster than what begins with it
            match = _NOT_READ.match(text, sign.start()) if sign.start() >= at else None
            if match is None:
                continue
            shown = match["shown"] or match["label"] or match["name"] or html.unescape(match["entity"] or "")
            for part, start, end in ((text[at : match.start()], at, 0), (shown, match.start(), match.end())):
                if part:
                    begins.append(length)
                    places.append((start, end))
                    read.append(part)
                    length += len(part)
            at = match.end()
        if not at:
            return
        begins.append(length)
        places.append((at, 0))

        def place(index: int) -> tuple[int, int]:
            part = bisect_right(begins, index) - 1
            start, end = places[part]
            return (start, end) if end else (start + index - begins[part], start + index - begins[part] + 1)

        for start, end in self._spans("".join([*read, text[at:]])):
            yield _with_its_marks(text, place(start)[0], place(end - 1)[1])

    def _spans(self, text: str, *, shapes: bool = False) -> Iterator[tuple[int, int]]:
        lower = text.lower()
        if len(lower) != len(text):  # a letter of another alphabet became two, so that places differ
            lower = text.translate(_LOWER)
        behind = [0] * len(self._rules)
        for keyword, start, _ in self._keywords.find_matches_as_indexes(lower, overlapping=True):
            for rule in self._rules[keyword] if start >= behind[keyword] else ():
                if (rule.is_shape or not shapes) and (found := rule.at(text, start)):
                    yield found
                    # What is left out is not searched again, except for a word near its end whose value goes on.
                    behind[keyword] = max(behind[keyword], found[1] - _LONG)
        yield from (match.span() for pattern in self._own for match in pattern.finditer(text) if match[0])


# What is read differently from how it stands, in Markdown and in Slack's notation: unseen signs, escapes and entities,
# links of which the name is read, tags and comments within a word, and marks.
_UNSEEN: Final = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef"
)
_BEGINS_UNREAD: Final = re.compile(rf"[{_UNSEEN}\\&<!\[*~]")
_NOT_READ: Final = re.compile(
    rf"[{_UNSEEN}]{{1,100}}"
    r"|\\(?=[!-/:-@\[-`{-~])"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)"
    r"|<(?:https?://|mailto:|tel:)[^<>|\s]{1,2000}\|(?P<label>[^<>\n]{1,2000})>|<mailto:(?P<shown>[^<>|\s]{1,500})>"
    r"|!?\[(?P<name>[^\[\]\n]{1,300})\]\([^()\s]{1,2000}\)"
    r"|(?<=\w)(?:<[!/?a-zA-Z][^<>@|]{0,200}>){1,9}(?=\w)"
    r"|\*{1,3}|~~"
)
_MARKS: Final = re.compile(r"\*{1,3}|~~")


def _with_its_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the mark that belongs to one in it, which would otherwise be left alone."""
    if len(_MARKS.findall(text, start, end)) % 2:
        if behind := _MARKS.match(text, end):
            return start, behind.end()
        if before := _MARKS.search(text, max(0, start - 3), start):
            return before.start(), end
    return start, end


_LOWER: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


_in_use = Redaction()


def use(own: Iterable[str]) -> None:
    """Have `redact` leave out what the `own` patterns of this company match, too."""
    global _in_use  # noqa: PLW0603 - of the whole process, as the log is
    _in_use = Redaction(own)


def redact(text: str) -> str:
    """`text` without what looks like a secret."""
    return _in_use.redact(text, shapes=False, instead=LEFT_OUT)


def redact_shapes(text: str, instead: str) -> str:
    """`text` with `instead` of what is a secret by its form alone: in a line of the log names look like values."""
    return _in_use.redact(text, shapes=True, instead=instead)
