"""Options of a task."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands.options import (
    NO_VALUE,
    NOT_A_REPO,
    NOT_A_WORD,
    NOT_ACUS,
    OPEN_QUOTE,
    OUR_TAGS,
    TOO_MANY_TAGS,
    TWICE,
    Mistyped,
    Request,
    parse_request,
)
from bot.domain.session import Options

MANY = ",".join(f"t{number}" for number in range(40))


@pytest.mark.parametrize(
    ("text", "prompt", "options"),
    [
        ("fix it", "fix it", Options()),
        ("repo=acme/web fix it", "fix it", Options(repo="acme/web")),
        ("fix repo=acme/web the test acu=10", "fix the test", Options(repo="acme/web", acu=10)),
        ("fix it, repo=acme/web, please", "fix it, please", Options(repo="acme/web")),
        ("fix it\nrepo=acme/web\nnow", "fix it\n\nnow", Options(repo="acme/web")),
        ("fix it\nmode=fast now", "fix it\nnow", Options(mode="fast")),
        ("repo=https://github.com/acme/web.git x", "x", Options(repo="acme/web")),
        ("Repo=acme/web x", "x", Options(repo="acme/web")),
        ("x playbook=pb-1 mode=Fast", "x", Options(playbook="pb-1", mode="fast")),
        ("x tags=a,b tags=b,c", "x", Options(tags=("a", "b", "c"))),
        ('x tags="a, b"', "x", Options(tags=("a", "b"))),
        ('title="Fix the door" x', "x", Options(title="Fix the door")),
        ("title=“Fix the door” x", "x", Options(title="Fix the door")),
        ("title=„Fix the door“ x", "x", Options(title="Fix the door")),
        ("title='don't stop' x", "x", Options(title="don't stop")),
        ("title=Door x", "x", Options(title="Door")),
        ("repo=`acme/web` x", "x", Options(repo="acme/web")),
        ("keep `repo=acme/web` here", "keep `repo=acme/web` here", Options()),
        ("```\nacu=3\n``` acu=4", "```\nacu=3\n```", Options(acu=4)),
        ("```\nacu=3", "```\nacu=3", Options()),
        ("a lone ` tick acu=4", "a lone ` tick", Options(acu=4)),
        ("repo=acme/web", "", Options(repo="acme/web")),
        ("see https://x.example/?repo=a/b", "see https://x.example/?repo=a/b", Options()),
        ("set a=b, x=1 and MODE=fast", "set a=b, x=1 and MODE=fast", Options()),
        ("use node=18", "use node=18", Options()),
    ],
)
def test_options_stand_anywhere_but_in_code(text, prompt, options):
    assert parse_request(text) == Request(prompt, options)


@pytest.mark.parametrize(
    ("text", "mistyped"),
    [
        ("fix reop=acme/web it", Mistyped("reop=acme/web", "repo=")),
        ("fix playbok=pb it", Mistyped("playbok=pb", "playbook=")),
        ("fix acus=3 it", Mistyped("acus=3", "acu=")),
        ("fix tag=a it", Mistyped("tag=a", "tags=")),
        ('titel="x y" it', Mistyped('titel="x y"', "title=")),
        ("fix acu=abc it", Mistyped("acu=abc", "acu=", NOT_ACUS)),
        ("fix acu=0 it", Mistyped("acu=0", "acu=", NOT_ACUS)),
        ("fix acu=-1 it", Mistyped("acu=-1", "acu=", NOT_ACUS)),
        ("fix acu=1.5 it", Mistyped("acu=1.5", "acu=", NOT_ACUS)),
        ("fix repo=web it", Mistyped("repo=web", "repo=", NOT_A_REPO)),
        ("fix repo= acme/web", Mistyped("repo=", "repo=", NO_VALUE.format(example="repo=acme/web"))),
        ("fix tags=, it", Mistyped("tags=,", "tags=", NO_VALUE.format(example="tags=frontend,urgent"))),
        ("fix tags=devin-bridge it", Mistyped("tags=devin-bridge", "tags=", OUR_TAGS)),
        ("fix tags=a,slack-T1-C1-1.2 it", Mistyped("tags=a,slack-T1-C1-1.2", "tags=", OUR_TAGS)),
        (f"fix tags={MANY},t40 it", Mistyped(f"tags={MANY},t40", "tags=", TOO_MANY_TAGS)),
        ("fix mode=+ it", Mistyped("mode=+", "mode=", NOT_A_WORD.format(example="mode=fast"))),
        ('fix title="open it', Mistyped('title="open', "title=", OPEN_QUOTE)),
    ],
)
def test_what_is_wrong_with_an_option_is_reported_and_it_stays(text, mistyped):
    assert parse_request(text) == Request(text, Options(), (mistyped,))


def test_forty_tags_may_be_given_and_no_more_in_several_parts():
    forty = tuple(f"t{number}" for number in range(40))
    assert parse_request(f"tags={MANY} tags=t1,t2 x") == Request("x", Options(tags=forty))
    assert parse_request(f"tags={MANY} tags=t40 x") == Request(
        "tags=t40 x", Options(tags=forty), (Mistyped("tags=t40", "tags=", TOO_MANY_TAGS),)
    )


def test_the_reasons_against_tags_are_whole_clauses():
    assert TOO_MANY_TAGS == "takes 40 tags at most"
    assert OUR_TAGS == "cannot hold devin-bridge or slack-…, which Devin Bridge sets itself"


def test_of_two_repos_the_first_counts_and_the_second_is_reported():
    assert parse_request("repo=a/b repo=c/d x") == Request(
        "repo=c/d x", Options(repo="a/b"), (Mistyped("repo=c/d", "repo=", TWICE),)
    )


@given(st.text(alphabet="ab =`\n/\"'repotagscu,1"))
def test_no_text_breaks_it_and_nothing_but_options_goes_missing(text):
    request = parse_request(text)
    if request.options == Options():
        assert request.prompt == text.strip()
    assert parse_request(f"```{text.replace('`', '')}```").options == Options()
