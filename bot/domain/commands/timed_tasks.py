"""Recognises a task that is to run later or again and again, such as "update the dependencies every Monday at 9".

A start runs at once, so such a text asks first. Only what begins or ends with its time counts, and is an order: a time
is also what a task is about, as in "fix the cron job that runs every Monday".
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain.clock import clock_time, read_clock

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY: Final = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_CLOCK: Final = (
    r"(?:(?:at|@|um|à|a las|as|alle) )(?P<{0}>noon|midnight|\d{{1,2}}(?:[:.h]\d{{2}})? ?(?:[ap]\.?m\b\.?|uhr|h\b)?)"
    r"(?: (?:utc|gmt|cet|cest|est|edt|pst|pdt|sharp))?|(?P<{0}_>\d{{1,2}}(?:[:.]\d{{2}})?(?:[ap]m)|\d{{1,2}}:\d{{2}})"
)
_EACH: Final = (
    rf"(?:every|each) (?:other )?(?:{_DAY}s?|weekday|day|morning|evening|afternoon|night|week|weekend|month|hour"
    rf"|quarter|\d{{1,3}} (?:minutes|hours|days|weeks)|first \w+ of the month)"
    rf"|on (?:{_DAY}s|weekdays|weekends)"
    r"|jeden (?:tag|morgen|abend|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)|jede (?:woche|nacht)"
    r"|tous les (?:jours|lundis|mardis|mercredis|jeudis|vendredis|matins)|chaque (?:jour|semaine|nuit|lundi|vendredi)"
    r"|(?:todos los d[ií]as|cada (?:d[ií]a|semana|noche|lunes|martes|viernes)|todos los (?:lunes|martes|viernes))"
)
_ADVERB: Final = "nightly|daily|weekly|hourly|monthly|täglich|wöchentlich"
_ONCE: Final = (
    rf"tomorrow(?: (?:morning|afternoon|evening|night))?|tonight|later today|next (?:week|month|{_DAY})"
    rf"|in (?:\d{{1,3}}|an|a few|two|three) (?:minutes|hours?|days|weeks)|(?:on|this) {_DAY}"
    r"|morgen(?: früh)?|heute (?:nacht|abend)|demain(?: matin)?|ce soir|mañana|esta noche"
)
# Begins a clause that says when, such as "once it is merged".
_ONCE_THAT: Final = (
    r"after|before|when(?:ever)?|once|as soon as|until|if|wenn|sobald|nachdem|falls|bevor|quand|lorsqu\w*|d[eè]s qu\w*"
    r"|une fois|apr[eè]s|si|cuando|en cuanto|una vez|despu[eé]s|quando|appena|dopo|se|assim que|depois|als|zodra|nadat"
    r"|gdy|jak|kiedy|когда|как только|если"
)
_WHEN: Final = rf"(?:(?P<each>{_EACH}|{_ADVERB})|(?P<once>{_ONCE}))"
_SEPARATED: Final = r"(?:,|:| -)? "
_LEAD: Final = r"(?:(?:please|pls|hey|hi|devin|can you|could you|we should|you should|start|then),? ){0,4}"
_FIRST: Final = re.compile(
    rf"{_LEAD}(?:{_WHEN}(?:,? (?:{_CLOCK.format('at')}))?|{_CLOCK.format('alone')}){_SEPARATED}(?P<task>.+)",
    re.IGNORECASE | re.DOTALL,
)
_LAST: Final = re.compile(
    rf"(?P<task>.{{1,400}}?\S),? (?:{_WHEN}(?:,? (?:{_CLOCK.format('at')}))?"
    rf"|(?:{_CLOCK.format('before')}),? (?:(?P<each_>{_EACH}|{_ADVERB})|(?P<once_>{_ONCE}))|{_CLOCK.format('alone')})"
    r"(?:,? (?:please|pls|thanks|thx))?[.!?]*",
    re.IGNORECASE | re.DOTALL,
)
_TIME: Final = re.compile(
    rf"(?:(?:please|pls|then|and|ok),? )?(?:{_WHEN}(?:,? (?:{_CLOCK.format('at')}))?|{_CLOCK.format('alone')}"
    r"|(?:in|after|dans|après|en) (?:\d{1,3}|an?|one|half an|einer?|une?)"
    r" (?:min(?:ute)?[ns]?|hrs?|h|hours?|stunden?|heures?)"
    rf"|(?:{_ONCE_THAT})\b.*)",
    re.IGNORECASE | re.DOTALL,
)
# Orders that can be carried out again, or later. What only makes something new speaks of a time as its subject.
_AGAIN: Final = (
    "update|upgrade|bump|run|rerun|check|clean|cleanup|triage|summari[sz]e|review|scan|sync|refresh|rebuild|deploy"
    "|release|merge|audit|generate|regenerate|rotate|test|lint|format|prune|remove|delete|close|label|post|send|report"
    "|fetch|pull|push|publish|look|go|search|find|list|collect|compile|prepare|draft|write|translate|migrate|restart"
    "|backup|archive|tag|analy[sz]e|benchmark|monitor|watch|verify|validate|open|create|fix|start|do|execute|rebase"
    "|aktualisiere|prüfe|lösche|teste|baue|schreibe|mets|mettez|vérifie|lance|actualiza|ejecuta|revisa|limpia"
)
_ORDER: Final = re.compile(rf"{_LEAD}(?:{_AGAIN})\b(?! (?:is|are|was|fails|failed)\b)", re.IGNORECASE)
# Behind an adverb these are rather names: a nightly run, a weekly report.
_OF_ADVERB: Final = re.compile(
    rf"(?:{_ADVERB}) (?:report|test|build|run|review|release|backup|search|check|scan|update|post|draft|audit|format"
    r"|list|sync|deploy|push|publish|refresh|tag|benchmark|archive|lint) (?!(?:the|all|our|a|an|for|my|any|every|each"
    r"|new|open|outdated|of|on)\b)",
    re.IGNORECASE,
)
# Behind these a clock at the end tells when something happened, and a new thing has it as a part.
_OF_PAST: Final = re.compile(rf"{_LEAD}(?:fix|find|look|check|analy[sz]e|review|test|verify|search)\b", re.IGNORECASE)
_OF_THINGS: Final = re.compile(rf"{_LEAD}(?:fix|create|write|test)\b", re.IGNORECASE)
# What makes a time the subject of a task.
_SUBJECT: Final = re.compile(
    r"\b(?:that|which|who|when|where|whether|why|because|if|so|instead|than|until|runs?|running|ran|fails?|failing|failed"
    r"|fired?|fires|firing|happens|happened|breaks|crash\w*|times|sent|sends|goes|stops|resets?|expires?|starts|shows"
    r"|is|are|was|were|isn't|doesn't|cron\w*|crontab|jobs?|schedul\w+|workflows?|timers?|triggers?|reminders?)\b"
    r"|\b(?:to|of|as|for|from|by|till|before|since|after|like|called|named|every|per|with|the|a|an)$|[?]|```|\n",
    re.IGNORECASE,
)
_SCHEDULE: Final = re.compile(r"(?:please )?schedule (?:a |the |this:? |it )?(?P<task>.+)", re.IGNORECASE | re.DOTALL)
_TOMORROW: Final = ("tomorrow", "morgen", "demain", "mañana")
_TODAY: Final = frozenset({"tonight", "later today", "heute nacht", "heute abend", "ce soir", "esta noche"})
_EVENING: Final = "8:00 PM"
_MEANT: Final = tuple(
    (re.compile(said, re.IGNORECASE), repeat)
    for said, repeat in (
        *((rf"\b{day}", str(number)) for number, day in enumerate(_DAYS)),
        (r"^(?:every|each|on) weekday|^on weekdays", "weekdays"),
        (r"^(?:every|each) (?:day|morning|evening|afternoon|night)$|^jeden (?:tag|morgen|abend)", "daily"),
        (r"^(?:daily|nightly|täglich)$", "daily"),
        (r"^(?:every|each) hour$|^hourly$", "hourly"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimedTask:
    """A `task` without its time: how often it is to run, as the form of a schedule has it, and at what time.

    Both are empty where they are not known. What is to run `once` has its day in `words`, if it names one.
    """

    task: str
    repeat: str = ""
    at: str = ""
    once: bool = False
    words: str = ""

    def day(self, now: datetime) -> date | None:
        """Return the day on which a task is to run once, by the clock of the person `now`; None if it is not known."""
        today, words = now.date(), self.words.lower()
        if words.startswith(_TOMORROW):
            return today + timedelta(days=1)
        if words in _TODAY:
            return today
        named = next((number for number, day in enumerate(_DAYS) if words.endswith(day)), None)
        if named is not None:
            return today + timedelta(days=(named - today.weekday() - 1) % 7 + 1)
        at = read_clock(self.at)
        if words or at is None:
            return None
        return today if at > now.time() else today + timedelta(days=1)


def is_time(text: str) -> bool:
    """Whether `text` says when, and nothing else, such as "in 10 minutes" or "once it is merged"."""
    return _TIME.fullmatch(text.strip()) is not None


def read_timed(text: str) -> TimedTask | None:
    """Read a task that begins or ends with a time; None if `text` is none."""
    bare = text.strip()
    meant = _SCHEDULE.fullmatch(bare)
    bare = meant["task"] if meant else bare
    if (first := _FIRST.fullmatch(bare)) is not None:
        is_order = _ORDER.match(first["task"]) is not None and _OF_ADVERB.match(bare) is None
        is_order = is_order or meant is not None
        return _timed(first, first["each"], first["once"]) if is_order else None
    last = _LAST.fullmatch(bare)
    if last is None:
        return None
    task, each, once = last["task"], last["each"] or last["each_"], last["once"] or last["once_"]
    order = _ORDER.match(task)
    subject = _OF_THINGS if each else _OF_PAST
    is_order = order is not None and _SUBJECT.search(task, order.end()) is None
    is_order = is_order and (bool(once) or subject.match(task) is None)
    return _timed(last, each, once) if is_order or meant is not None else None


def _timed(found: re.Match[str], each: str | None, once: str | None) -> TimedTask:
    clocks = [
        clock for name, clock in found.groupdict().items() if clock and name.rstrip("_") in {"at", "before", "alone"}
    ]
    repeat = next((meant for said, meant in _MEANT if each and said.search(each)), "")
    at = read_clock(clocks[0]) if clocks else None
    shown = clock_time(at) if at else _EVENING if once and once.lower() in _TODAY else ""
    return TimedTask(found["task"].strip(), repeat, shown, bool(once) or not each, once or "")
