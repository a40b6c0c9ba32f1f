"""Options of a task."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands.option_patterns import MOST_FORMS
from bot.domain.commands.option_words import MODES
from bot.domain.commands.options import (
    ACUS_OFFERED,
    MOST_WRONG,
    NO_PLAYBOOKS,
    NO_VALUE,
    NOT_A_MODE,
    NOT_A_REPO,
    NOT_A_WORD,
    NOT_ACUS,
    NOT_COUNTED,
    OPEN_QUOTE,
    OUR_TAGS,
    TOO_MANY_TAGS,
    TWICE,
    Known,
    Mistyped,
    Request,
    parse_request,
    repos_by_name,
)
from bot.domain.session import Options

ACUS = tuple(f"acu={acus}" for acus in ACUS_OFFERED)
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
    assert parse_request(text) == Request(prompt, options, task=prompt)


@pytest.mark.parametrize(
    "text",
    [
        '<a title="Login" href="x">Sign in</a> is red',
        "<input type=text title='Name'> has no label",
        "<!-- mode=fast --> is in the page",
        'open(path, mode="r") fails',
        "run(first(a), tags=b) fails",
        'connect(\n    mode="fast",\n    title="x",\n)\nfails',
    ],
)
def test_options_in_pasted_markup_and_calls_are_text(text):
    assert parse_request(text) == Request(text, task=text)


@pytest.mark.parametrize(
    ("text", "prompt", "options"),
    [
        ("fix it (acu=5)", "fix it", Options(acu=5)),
        ("fix it (repo=acme/web, acu=5) now", "fix it now", Options(repo="acme/web", acu=5)),
        ("fix it (in repo=acme/web) now", "fix it (in) now", Options(repo="acme/web")),
        ("title=Login(new) x", "x", Options(title="Login(new)")),
        ("ACU=10 x", "x", Options(acu=10)),
        ("acu=10 x acu=10", "x", Options(acu=10)),
        ("fix it acu=10 ACUs", "fix it", Options(acu=10)),
        ("acu=10 acus fix it", "fix it", Options(acu=10)),
        ("fix it (acu=1 ACU) now", "fix it now", Options(acu=1)),
        ("fix it acu=1 ACU\nand that", "fix it\nand that", Options(acu=1)),
        ("acu=10 ACU figures are wrong", "ACU figures are wrong", Options(acu=10)),
        ("acu=10 ACUs-based billing", "ACUs-based billing", Options(acu=10)),
        ("fix acus=3 it", "fix it", Options(acu=3)),
        ("fix max_acu=3 it", "fix it", Options(acu=3)),
        ("fix it maxacu=3", "fix it", Options(acu=3)),
        ("fix the rate limit acu=3", "fix the rate limit", Options(acu=3)),
        ("fix it, limit acu=3", "fix it", Options(acu=3)),
        ('fix acu="10 ACUs" it', "fix it", Options(acu=10)),
        ("fix acu=10.0 it", "fix it", Options(acu=10)),
        ("fix acu=10ACUs, please", "fix, please", Options(acu=10)),
        ("fix it acu= ten", "fix it", Options(acu=10)),
        ("fix it, max 5 ACUs", "fix it", Options(acu=5)),
        ("use up to 8 ACUs to fix it", "use up to 8 ACUs to fix it", Options(acu=8)),
        ("fix it (max. 5 ACUs)", "fix it", Options(acu=5)),
        ("fix it ACU\uff1d\uff15", "fix it", Options(acu=5)),
        ("fix repo= acme/web", "fix", Options(repo="acme/web")),
        ("tidy up in ultra mode", "tidy up in ultra mode", Options(mode="ultra")),
        *(
            (f"fix repo={address} it", "fix it", Options(repo="acme/api"))
            for address in (
                "https://github.com/acme/api/pull/12",
                "https://github.com/acme/api/tree/main/src?tab=x",
                "git@github.com:acme/api.git",
                "ssh://git@github.com/acme/api.git",
                "https://gitlab.com/acme/api",
                "@acme/api",
            )
        ),
        ("repo=acme/v2 ACUs are wrong", "ACUs are wrong", Options(repo="acme/v2")),
        ("is a <b and mode=fast", "is a <b and", Options(mode="fast")),
        ("page_title=x my-mode=y", "page_title=x my-mode=y", Options()),
    ],
)
def test_options_are_read_as_people_write_them(text, prompt, options):
    assert parse_request(text) == Request(prompt, options, task=prompt)


@pytest.mark.parametrize(
    ("text", "mistyped"),
    [
        ("fix reop=acme/web it", Mistyped("reop=acme/web", "repo=", correction="repo=acme/web")),
        ("fix playbok=pb it", Mistyped("playbok=pb", "playbook=", correction="playbook=pb")),
        ("fix acu: 3 it", Mistyped("acu: 3", "acu=", correction="acu=3")),
        ("fix tag=a it", Mistyped("tag=a", "tags=", correction="tags=a")),
        ('titel="x y" it', Mistyped('titel="x y"', "title=", correction='title="x y"')),
        ("fix acu=abc it", Mistyped("acu=abc", "acu=", NOT_ACUS, choices=ACUS)),
        ("fix acu=1,000 it", Mistyped("acu=1,000", "acu=", NOT_ACUS, choices=ACUS)),
        ("fix acu=0 it", Mistyped("acu=0", "acu=", NOT_ACUS, choices=ACUS)),
        ("fix acu=-1 it", Mistyped("acu=-1", "acu=", NOT_ACUS, choices=ACUS)),
        ("fix acu=1.5 it", Mistyped("acu=1.5", "acu=", NOT_ACUS, choices=("acu=1", "acu=2"))),
        ("fix acu=5-10 it", Mistyped("acu=5-10", "acu=", NOT_ACUS, choices=("acu=5", "acu=10"))),
        ("fix acu=$5 it", Mistyped("acu=$5", "acu=", NOT_COUNTED, choices=ACUS)),
        ("fix it, max 30 minutes", Mistyped("max 30 minutes", "acu=", NOT_COUNTED, choices=ACUS)),
        ("fix it acu,5", Mistyped("acu,5", "acu=", correction="acu=5")),
        ("fix it acu/5", Mistyped("acu/5", "acu=", correction="acu=5")),
        ("fix it acu--5", Mistyped("acu--5", "acu=", correction="acu=5")),
        ("fix it limit=5", Mistyped("limit=5", "acu=", correction="acu=5")),
        ("fix acus=many it", Mistyped("acus=many", "acu=", NOT_ACUS, choices=ACUS)),
        ("fix repo=web it", Mistyped("repo=web", "repo=", NOT_A_REPO)),
        ("fix repo=github.com/acme it", Mistyped("repo=github.com/acme", "repo=", NOT_A_REPO)),
        ("fix tags=, it", Mistyped("tags=", "tags=", NO_VALUE.format(example="tags=frontend,urgent"))),
        ("fix tags=devin-bridge it", Mistyped("tags=devin-bridge", "tags=", OUR_TAGS)),
        ("fix tags=a,slack-T1-C1-1.2 it", Mistyped("tags=a,slack-T1-C1-1.2", "tags=", OUR_TAGS, "tags=a")),
        (f"fix tags={MANY},t40 it", Mistyped(f"tags={MANY},t40", "tags=", TOO_MANY_TAGS)),
        (
            "fix mode=+ it",
            Mistyped(
                *("mode=+", "mode=", NOT_A_WORD.format(example="mode=fast")),
                choices=tuple(f"mode={mode}" for mode in MODES[:5]),
            ),
        ),
        ("fix mode=Fsat it", Mistyped("mode=Fsat", "mode=", NOT_A_MODE, "mode=fast")),
        ('fix title="open it', Mistyped('title="open', "title=", OPEN_QUOTE)),
    ],
)
def test_what_is_wrong_with_an_option_is_reported_and_it_stays(text, mistyped):
    request = parse_request(text)
    assert (request.prompt, request.options, request.mistyped) == (text, Options(), (mistyped,))
    assert [option for option, _ in request.offered] == list(mistyped.choices or filter(None, [mistyped.correction]))


@pytest.mark.parametrize(
    "disguised",
    [
        "Devin-Bridge",
        "DEVIN\u2010BRIDGE",  # another hyphen
        "devin\u00ad-bridge",  # a soft hyphen
        "\ufeffdevin-bridge\u200b",
        "\uff44evin-bridge",  # a wide letter
        "Slack-T1-C1-1.2",
        "sla\u200dck-T1-C1-1.2",
        "\u202eslack-T1-C1-1.2",  # the direction of writing
        "slack\ufe0f-T1-C1-1.2",  # a variation selector
        "\u3164slack-T1-C1-1.2",  # a filler
        "s\u034flack-T1-C1-1.2",  # a joiner of letters
        "\u2066slack\uff0dT1-C1-1.2",
        "\U000e0073slack-T1-C1-1.2",  # a tag character
        "\u017flack-T1-C1-1.2",  # a long s
    ],
)
def test_a_tag_of_the_bots_own_is_refused_however_it_is_disguised(disguised):
    (mistyped,) = parse_request(f"fix tags=a,{disguised} it").mistyped
    assert (mistyped.reason, mistyped.correction) == (OUR_TAGS, "tags=a")


@pytest.mark.parametrize("tag", ["slack", "slackbot", "a-slack-tag", "devin-bridges", "my-devin-bridge", "équipe-é"])
def test_a_tag_that_only_resembles_one_of_the_bots_own_is_taken(tag):
    request = parse_request(f"fix tags={tag} it")
    assert (request.options.tags, request.mistyped) == ((tag,), ())


PLAYBOOKS = {
    "upgrade deps": "Upgrade deps",
    "upgrade-deps": "Upgrade deps",  # its macro
    "write docs": "Write docs",
    "write tests": "Write tests",
}
SOME = "such as “Upgrade deps”, “Write docs”, “Write tests”"


@pytest.mark.parametrize(
    ("wanted", "correction"),
    [
        ("upgrade", 'playbook="Upgrade deps"'),
        ("wriet-docs", 'playbook="Write docs"'),
        ("write", None),  # which of the two?
        ("billing", None),
    ],
)
def test_a_playbook_that_does_not_exist_is_wrong_and_the_nearest_is_known(wanted, correction):
    request = parse_request(f"fix playbook={wanted} it", Known(PLAYBOOKS))
    reason = f"needs a playbook that exists, {SOME}"
    assert request.mistyped == (Mistyped(f"playbook={wanted}", "playbook=", reason, correction),)
    assert request.options == Options()


def test_without_any_playbook_none_is_named_and_of_many_the_first():
    assert parse_request("playbook=x y", Known({})).mistyped[0].reason == NO_PLAYBOOKS
    many = {f"p{number}": f"P{number}" for number in range(9)}
    assert parse_request("playbook=x y", Known(many)).mistyped[0].reason == (
        "needs a playbook that exists, such as “P0”, “P1”, “P2”, “P3”, “P4”, …"
    )


@pytest.mark.parametrize("wanted", ['"Upgrade deps"', "upgrade-deps", "UPGRADE-DEPS", "playbook-17"])
def test_a_playbook_that_exists_is_taken_by_every_name_and_by_its_id(wanted):
    assert parse_request(f"x playbook={wanted}", Known(PLAYBOOKS)).options.playbook == wanted.strip('"')


def test_a_mode_that_is_not_known_is_passed_on_if_it_looks_like_one():
    assert parse_request("x mode=swe-3-fast") == Request("x", Options(mode="swe-3-fast"), task="x")
    assert parse_request("x mode=fsat", Known(as_written=True)) == Request("x", Options(mode="fsat"), task="x")
    assert parse_request("x mode=+", Known(as_written=True)).mistyped == parse_request("x mode=+").mistyped


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("fix it auc=10, reop=acme/api now", "fix it acu=10, repo=acme/api now"),
        ("fix `acu=1x` auc: 10", "fix `acu=1x` acu=10"),
        ("mode=fast acu=1x fix it auc=10", None),  # one of them has no correction
        ("fix it acu=10", None),
    ],
)
def test_the_corrected_text_has_valid_options_only(text, corrected):
    assert [text for _, text in parse_request(text).offered] == ([] if corrected is None else [corrected])


def test_words_that_are_no_valid_options_are_no_task():
    assert parse_request("acu=1-5 repo=web").task == ""
    assert parse_request("fix it acu=many, please").task == "fix it, please"
    assert parse_request("fix it acu: 10 ACUs").task == "fix it"
    assert parse_request("fix acu=10 ACUs=3 it").task == "fix it"


def test_beside_a_limit_that_is_sure_nothing_else_is_taken_for_one():
    assert parse_request("mend the rate limit: 5 acu=10") == Request(
        "mend the rate limit: 5", Options(acu=10), task="mend the rate limit: 5"
    )


def test_what_sentences_name_counts_where_it_exists_and_stays_in_them():
    known = Known(PLAYBOOKS, repos_by_name(["acme/web", "acme/api"]), complete=True)
    text = "move the helpers of acme/web in src/lib to acme/api, use the upgrade deps playbook"
    assert parse_request(text).options == Options()
    assert set(parse_request(text).asks) == {"repo", "playbook"}
    assert parse_request(text, known) == Request(
        text, Options(repo="acme/web", also=("acme/api",), playbook="Upgrade deps"), task=text
    )
    assert parse_request("!write-docs for acme/web repo=acme/api", known).options.repos == ("acme/api",)


def test_forty_tags_may_be_given_and_no_more_in_several_parts():
    forty = tuple(f"t{number}" for number in range(40))
    assert parse_request(f"tags={MANY} tags=t1,t2 x") == Request("x", Options(tags=forty), task="x")
    assert parse_request(f"tags={MANY} tags=t40 x") == Request(
        "tags=t40 x", Options(tags=forty), (Mistyped("tags=t40", "tags=", TOO_MANY_TAGS),), "x"
    )


def test_of_very_many_wrong_options_the_first_are_reported_and_the_others_stay_in_the_prompt():
    read = parse_request("acu=x " * (MOST_WRONG + 10) + "repo=acme/web")
    assert len(read.mistyped) == MOST_WRONG
    assert read.prompt.endswith("acu=x repo=acme/web")


def test_behind_very_many_settings_an_option_is_still_read():
    settings = " ".join(["x=1 up to $5,"] * (MOST_FORMS + 10))
    read = parse_request(f"{settings} auc=5 repo=acme/web")
    assert [one.nearest for one in read.mistyped] == ["acu="]
    assert read.options == Options(repo="acme/web")


def test_the_reasons_against_tags_are_whole_clauses():
    assert TOO_MANY_TAGS == "takes 40 tags at most"
    assert OUR_TAGS == "can't include devin-bridge or slack-…, which Devin Bridge sets itself"


def test_of_two_repos_the_first_counts_and_the_second_is_reported():
    assert parse_request("repo=a/b repo=c/d x") == Request(
        "repo=c/d x", Options(repo="a/b"), (Mistyped("repo=c/d", "repo=", TWICE),), "x"
    )


@given(st.text(alphabet="ab =`\n/\"'repotagscu,1"))
def test_no_text_breaks_it_and_nothing_but_options_goes_missing(text):
    request = parse_request(text)
    if request.options == Options():
        assert request.prompt == text.strip()
    assert parse_request(f"```{text.replace('`', '')}```").options == Options()
    for _, corrected in request.offered:
        assert not parse_request(corrected).mistyped
