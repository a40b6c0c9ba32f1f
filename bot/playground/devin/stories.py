"""The stories a simulated session lives through: the words they are chosen by, and what Devin says in them.

A text in braces is a name or a figure of the session's own scene. `{words}` is what a person has written meanwhile.
`course.py` chooses the story and fills it in.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from bot.playground.devin.session import Step


@dataclass(frozen=True, slots=True)
class Story:
    """One course of things. `signs` are the words it is chosen by; `budget`: its ACUs are parts of the whole cap."""

    name: str
    signs: re.Pattern[str]
    steps: tuple[Step, ...]
    budget: bool = False


def _signs(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


def _anywhere(pattern: str) -> str:
    """Counts as the first word, wherever it stands."""
    return rf"\A(?=.*(?:{pattern}))"


# ---------------------------------------------------------------- turns that several stories take


def _begin(say: str) -> tuple[Step, ...]:
    return (
        Step(after=1, status="claimed"),
        Step(after=2, status="running", status_detail="working", title="{title}"),
        Step(after=3, acus=0.2, say=say),
    )


def _rest(detail: str, after: float, say: str, **facts: Any) -> Step:
    return Step(after=after, acus=0.1, status="running", status_detail=detail, say=say, pause=True, **facts)


_GO_ON: Final = Step(after=2, status="running", status_detail="working")
_IN_DOUBT: Final = r"\bwhich\b|up to you|(?:you|devin) (?:decide|choose|pick)|don.t (?:know|care|mind)|either|whatever"
_FIRST: Final = r"\b(?:1|1st|one|first|small(?:er)?|simple|quick|freez\w*|option a)\b|\A\W*a\W*\Z"
_SECOND: Final = r"\b(?:2|2nd|two|second|clean(?:er)?|rewrite|proper\w*|pass\w*|option b)\b|\A\W*b\W*\Z"
NOTED: Final = "Noted: “{words}”. "
INCLUDED: Final = "“{words}” is in as well. "

# ---------------------------------------------------------------- it asks, then opens a pull request

_FROZEN: Final = "“{words}”: the first, then. It stays within this one test."
_PASSED_IN: Final = "“{words}”: the second, then. I'll pass a clock in; without one, the code uses the real clock."
_SMALL: Final = "“{words}”: the small change, then."
_REWRITTEN: Final = "“{words}”: the rewrite, then. Code that calls the module stays as it is."
_FLAKY: Final = (
    *_begin("I have `{repo}` checked out and I'm running the {topic} tests until I see it happen."),
    Step(
        after=6,
        acus=0.3,
        say="`{test}` failed in {failed} of {runs} runs. It waits for a real second to pass, and on a busy machine "
        "that second is sometimes too short.",
    ),
    _rest(
        "waiting_for_user",
        6,
        "There are two ways to fix it:\n"
        "1. **Freeze the clock** in this one test: {few} lines.\n"
        "2. **Pass a clock in**, so that no test has to wait. That touches {files} files.\n\n"
        "Which one do you want?",
    ),
    _GO_ON,
    Step(
        after=5,
        acus=0.5,
        say="I'm going with the first: it's the smaller change, and the second stays possible.",
        choices=(_FROZEN, _PASSED_IN),
        answers=(
            (
                _IN_DOUBT,
                "“{words}”: I'm going with the first, then. It's the smaller change, and the second stays possible.",
            ),
            (_SECOND, _PASSED_IN),
            (_FIRST, _FROZEN),
            (r"\?\s*\Z", "“{words}” Not that I can see. I'm going with the first, because it's the smaller change."),
            ("", "“{words}”: got it, I'll do that."),
        ),
    ),
    Step(
        after=8,
        acus=0.5,
        say="This is the core of it:\n"
        "```diff\n--- {test}\n+++ {test}\n-    {waiting}\n+    {advancing}\n```\n"
        "{many_runs} runs since, and no failures. I'm running the whole suite now.",
    ),
    Step(after=6, acus=0.2, pull_request={"url": "{url}", "state": "open"}),
    _rest(
        "finished",
        5,
        "Done. All {checks} tests pass, and the suite is {saved} seconds faster. The pull request is ready for review.",
    ),
)
_QUESTION: Final = (
    *_begin("I've read the task and I'm looking at the {topic} code in `{repo}`."),
    Step(
        after=6,
        acus=0.2,
        say="This is the part in question: `{module}`, used in {files} places. `{test}` covers most of it.",
    ),
    _rest(
        "waiting_for_user",
        6,
        "There are two ways to do this:\n"
        "1. **A small change** in `{module}`, about {lines} lines.\n"
        "2. **A cleaner rewrite** of that module, with its own tests.\n\n"
        "Which one?",
    ),
    _GO_ON,
    Step(
        after=5,
        acus=0.4,
        say="I'm starting with the small change; the rewrite stays possible.",
        choices=(_SMALL, _REWRITTEN),
        answers=(
            (_IN_DOUBT, "“{words}”: I'll make the small change, then. The rewrite stays possible."),
            (_SECOND, _REWRITTEN),
            (_FIRST, _SMALL),
            (
                r"\?\s*\Z",
                "“{words}” Not that I can see. I'm starting with the small change; the rewrite stays possible.",
            ),
            ("", "“{words}”: got it, I'll do that."),
        ),
    ),
    Step(after=8, acus=0.5, say="The change is in and `{test}` passes. I'm running the whole suite now."),
    Step(after=6, acus=0.2, pull_request={"url": "{url}", "state": "open"}),
    _rest("finished", 5, "Done. All {checks} tests pass; the pull request is ready for review."),
)

# ---------------------------------------------------------------- it opens a pull request

_WORK: Final = (
    *_begin("I have `{repo}` checked out and I'm reading `{module}`."),
    Step(
        after=6,
        acus=0.3,
        say="It's all in one place. My plan:\n"
        "- change `{module}`, about {lines} lines\n"
        "- add a case to `{test}`\n"
        "- run the whole suite",
    ),
    Step(after=9, acus=0.5, say="The change is in and the new case passes. {remark}"),
    Step(after=7, acus=0.3, pull_request={"url": "{url}", "state": "open"}),
    _rest("finished", 5, "Done. All {checks} tests pass; the pull request is ready for review."),
)

# ---------------------------------------------------------------- it needs an approval

_APPROVAL: Final = (
    *_begin("I've read the task. Before anything touches production, I'll try it on a copy."),
    Step(
        after=6,
        acus=0.3,
        say="My plan:\n"
        "1. Make a backup and check that it can be read back\n"
        "2. Do everything once on a copy\n"
        "3. Do it in production\n"
        "4. Watch the error rate for a while",
    ),
    Step(
        after=8,
        acus=0.4,
        say="The copy is done, without surprises:\n\n"
        "| What | Result |\n| --- | --- |\n"
        "| Backup | read back, complete |\n"
        "| Duration | {seconds} s |\n"
        "| Errors | none |\n"
        "| Rollback | tried, {back} s |",
    ),
    _rest(
        "waiting_for_approval",
        4,
        "The next step changes production:\n```sh\n{command}\n```\n"
        "Please approve it in the Devin app. I'll wait until then.",
    ),
    _GO_ON,
    Step(after=4, acus=0.3, say="Thanks for the approval. It's running."),
    _rest(
        "finished",
        9,
        "Done. It took {seconds_live} s in production, and the error rate hasn't changed. "
        "You can roll back for a day:\n```sh\n{undo}\n```",
        structured_output={"succeeded": True, "command": "{command}", "way_back": "{undo}"},
    ),
)

# ---------------------------------------------------------------- it finishes with a result

_CAUSE: Final = (
    *_begin("I'm starting with the history of `{module}` and the logs of the last two weeks."),
    Step(
        after=7,
        acus=0.4,
        say="{cases} cases in two weeks, all but {few} of them since Monday. I'm comparing what changed.",
    ),
    Step(
        after=8,
        acus=0.4,
        say="Commit `{sha}` looks like the cause. I'm running everything once without it to make sure.",
    ),
    _rest(
        "finished",
        8,
        "**The cause:** since commit `{sha}`, {cause}.\n\n"
        "| Suspect | How I checked | Verdict |\n| --- | --- | --- |\n"
        "| `{module}` | {runs} runs with and without `{sha}` | **this is it** |\n"
        "| Configuration | compared with last month | unchanged |\n"
        "| Dependencies | compared the lock files | unchanged |\n\n"
        "**What I would do:**\n"
        "1. {remedy}, about {lines} lines\n"
        "2. {guard}\n\n"
        "I haven't changed anything yet. Write “do it”, and I'll open a pull request.",
        structured_output={"cause": "{cause}", "commit": "{sha}", "next_steps": ["{remedy}", "{guard}"]},
    ),
)
_FACTS: Final = (
    *_begin("I'm collecting the facts from `{repo}`: code, history, and tests."),
    Step(after=8, acus=0.4, say="{files} files and {commits} commits are related. I'm sorting out what matters."),
    Step(
        after=7, acus=0.3, say="Two places looked odd. I ran them: both do what their tests say. I'm writing it up now."
    ),
    _rest(
        "finished",
        9,
        "This is what I found:\n\n"
        "| Part | Lines | Last changed | Tested |\n| --- | --: | --- | --- |\n"
        "| `{module}` | {lines_all} | {days} days ago | yes |\n"
        "| `{test}` | {lines_test} | {days} days ago | - |\n"
        "| `{notes}` | {lines} | {months} months ago | no |\n\n"
        "In short:\n"
        "- All of it goes through `{module}`; {files} other places call it.\n"
        "- {commits} commits touched it this year, most of them small.\n"
        "- `{notes}` is out of date, so don't rely on it.",
        structured_output={"files": "{files}", "commits": "{commits}", "center": "{module}"},
    ),
)

# ---------------------------------------------------------------- it runs into its limit

_LIMIT: Final = (
    *_begin("I'm taking stock first: what's there, and what depends on what."),
    Step(
        after=7,
        acus=0.2,
        say="{many} files have to change, in this order:\n"
        "1. The types that all of them share\n"
        "2. `{module}`\n"
        "3. The rest, folder by folder",
    ),
    Step(
        after=8,
        acus=0.3,
        say="The first two are done and their tests pass. This is bigger than it looked: "
        "{some} more files use the code I'm replacing.",
    ),
    Step(
        after=8,
        acus=0.2,
        say="{half} of {many} files. I've nearly used this session's {budget}, "
        "so I'm pushing my work to `{branch}`: nothing is lost.",
    ),
    Step(after=6, acus=0.1, status="suspended", status_detail="usage_limit_exceeded", pause=True),
    _GO_ON,
    Step(after=4, acus=0.1, say="The limit was raised, so I'm continuing where I stopped: {half} of {many} files."),
    Step(after=9, acus=0.2, pull_request={"url": "{url}", "state": "open"}),
    _rest(
        "finished",
        5,
        "Done: {many} files in {commits} commits that you can review one by one. The pull request is ready for review.",
    ),
)
AT_THE_CAP: Final = "This session has used its limit of {cap}. My work so far is pushed: nothing is lost."

# ---------------------------------------------------------------- it fails

_FAILURE: Final = (
    *_begin("I'm setting up a machine for `{repo}`."),
    Step(
        after=7,
        acus=0.2,
        say="The code is there, but the setup fails:\n```text\n{trouble}\n```\n"
        "I'll try once more on a clean machine, with an empty cache.",
    ),
    Step(
        after=9,
        acus=0.2,
        say="The same error again: `{package}` isn't in any registry I can reach, so I can't build or test anything. "
        "Once it is published, or taken out of `{lock}`, a new session can continue.",
    ),
    Step(after=3, status="error"),
)

# ---------------------------------------------------------------- it falls asleep

_SLEEP: Final = (
    *_begin("I've set up a check that runs every few minutes and keeps notes."),
    Step(after=7, acus=0.2, say="First check: {runs} entries in the log, the newest a minute old, no errors."),
    Step(
        after=8,
        acus=0.1,
        say="Nothing new, and waiting costs ACUs. I'm going to sleep: write to me and I'll check again.",
    ),
    Step(after=4, status="suspended", status_detail="inactivity", pause=True),
    _GO_ON,
    Step(
        after=5,
        acus=0.3,
        say="I've checked again. There are {few} warnings since, all from `{module}`. That deserves its own alert.",
    ),
    Step(after=8, acus=0.4, pull_request={"url": "{url}", "state": "open"}),
    _rest("finished", 5, "Done. It now reports this by itself; the pull request is ready for review."),
)

# ---------------------------------------------------------------- which story

_DATA: Final = r"\b(?:database|db|tables?|buckets?|backups?|customers?|accounts?|users?|data)\b"
STORIES: Final = (
    Story("question", _signs(_anywhere(r"\bask\b(?! for\b)")), _QUESTION),
    Story(
        "approval",
        _signs(
            r"\b(?:migrat\w+|upgrad\w+|deploy\w*|roll ?(?:out|back)|delet\w+|drop|purge|truncat\w+|wipe|rotat\w+"
            r"|restor\w+|restart|release|ship)\b(?=.*\b(?:prod|production|live)\b)",
            rf"\b(?:delet\w+|drop|purge|truncat\w+|wipe)\b(?=.*{_DATA})",
            _anywhere(r"\bapprove\b|\bneeds? (?:an? |my )?approval\b"),
        ),
        _APPROVAL,
    ),
    Story(
        "cause",
        _signs(
            r"\b(?:why|investigat\w+|find out|look(?:ing)? into|figure out|root cause|diagnos\w+|debug)\b",
            r"\bwhat (?:causes|caused|happened|breaks|broke|is wrong|went wrong)\b",
        ),
        _CAUSE,
    ),
    Story(
        "facts",
        _signs(
            r"\b(?:what(?:'s| is| are| does| do)|which|where|who)\b",
            r"\bhow (?:many|much|often|long|does|do|is|are|can|should)\b",
            r"\b(?:analy[sz]e|explain|summari[sz]e|compare|estimate|audit|list all|count)\b",
        ),
        _FACTS,
    ),
    Story(
        "flaky test",
        _signs(
            r"\b(?:fix|repair|mend|stabili[sz]e|de-?flake)\b(?=.*\b(?:tests?|specs?|suite|ci|flak\w+)\b)",
            r"\b(?:tests?|specs?|suite)\b(?=.*\b(?:fix|repair|mend)\b)",
            r"\bflak(?:y|es|ing)\b",
        ),
        _FLAKY,
    ),
    Story(
        "limit",
        _signs(
            r"\brewrite\b(?! (?:(?:the|this|that|our|my) )?(?:\w+ )?(?:readme|docs?|text|title|sentence|comments?)\b)",
            r"\b(?:refactor|convert|translate|replace|rework) (?:everything|all|(?:the|our) (?:whole|entire))\b",
            r"\b(?:whole|entire) (?:code ?base|repo\w*|app\w*|system|monolith)\b",
            r"\bport (?:the|our|this|it|all|everything|[a-z]\w* (?:to|from|over))\b",
            r"(?<!rate )(?<!time )(?<!size )\blimit\b(?! (?:the|to|of|on|for)\b)",
            _anywhere(r"\b(?:hit|reach|run into|exceed) (?:the|its|your|a) (?:acu )?limit\b"),
        ),
        _LIMIT,
        budget=True,
    ),
    Story(
        "failure", _signs(r"\b(?:import|clone|legacy|fail)\b", _anywhere(r"\b(?:and|then|must|to) fail\b")), _FAILURE
    ),
    Story(
        "sleep",
        _signs(
            r"(?:\A|[.,;:!?\n]\s*|\b(?:and|then|please|you|to|devin) )(?:watch|monitor|observe)\b",
            r"\bwait (?:for|until|till)\b|\bkeep (?:an eye|watch)\b",
            r"\b(?:tell|ping|alert|notify|remind|let) (?:me|us)(?: know)? (?:when|if|once|as soon)\b",
            r"\bsleep\b",
        ),
        _SLEEP,
    ),
)
# With one of these in front, a word behind it ("a watch mode", "the import", "a rate limit") is only a thing.
WORK: Final = Story(
    "work",
    _signs(
        r"\b(?:fix|add|change|update|remove|write|create|make|implement|improve|rename|replace|refactor|bump|simplify"
        r"|handle|hide|extract|introduce|allow|repair|correct|mend|speed up|clean up)\b(?!.*\blegacy\b)"
    ),
    _WORK,
)


# ---------------------------------------------------------------- what a message brings afterwards

APPROVE_ELSEWHERE: Final = Step(
    after=2,
    say="I can't take an approval from a message. Please approve in the Devin app. In this playground, that's the "
    "Devin panel: set the session to running, working. Then I'll continue right away.",
    pause=True,
)


def _reply(after: float, say: str, **facts: Any) -> Step:
    """Say the same whatever was written: that is what it answers."""
    return _rest("finished", after, say, answers=(("", say),), **facts)


_BACK_TO_WORK: Final = Step(after=1, status="running", status_detail="working")
WELCOME: Final = (_reply(1, "{welcome}"),)
MERGE: Final = (
    _BACK_TO_WORK,
    _reply(
        5,
        "Merged into `main`. The checks there are green, and I deleted the branch `{branch}`.",
        pull_request={"url": "{current}", "state": "merged"},
    ),
)
CLOSE: Final = (
    _BACK_TO_WORK,
    _reply(
        3,
        "I closed the pull request. The branch `{branch}` stays in case you need it.",
        pull_request={"url": "{current}", "state": "closed"},
    ),
)
ANSWER: Final = (
    _BACK_TO_WORK,
    _rest(
        "finished",
        6,
        "I checked again: it all goes through `{module}`, and `{test}` shows how.",
        answers=(
            (
                r"\bwhy\b",
                "“{words}” Because everything goes through `{module}`: elsewhere it would be needed {files} times.",
            ),
            (
                r"\bhow (?:many|much|often)\b",
                "“{words}” {files} places in the code, and {checks} tests that cover them.",
            ),
            (
                r"\bhow long\b|\bwhen\b",
                "“{words}” As soon as it's merged; the deployment after that takes {back} minutes.",
            ),
            (r"\bhow\b", "“{words}” It starts in `{module}`; `{test}` shows each case in a few lines."),
            (r"\b(?:what|which|where|who)\b", "“{words}” It's all in `{module}`; {files} other places call it."),
            ("", "“{words}” Yes. I checked it again in `{module}`, and `{test}` covers it."),
        ),
    ),
)
CHANGE: Final = (
    _BACK_TO_WORK,
    Step(after=4, acus=0.2, say="I'm on it.", answers=(("", "“{words}”: I'm on it."),)),
    Step(after=7, acus=0.4, pull_request={"url": "{current}", "state": "open"}),
    _rest("finished", 4, "Done, as you asked. {where} All {checks} tests pass."),
)
SAME_PULL_REQUEST: Final = "It's in the same pull request."
ANOTHER_PULL_REQUEST: Final = "It has its own pull request."
FIRST_PULL_REQUEST: Final = "The pull request is ready for review."
