"""The options that Devin offers in a message: they become buttons, so none is better than a wrong one."""

# ruff: noqa: RUF001 - words of other alphabets
import pytest

from bot.domain.answer_options import LONGEST, YES_OR_NO, answer_options

AB = ("Keep the old name", "Take the new one")

NUMBERED = {
    "a list and a question behind it": (
        "There are two ways to fix it:\n"
        "1. **Freeze the clock** in this one test: 4 lines.\n"
        "2. **Pass a clock in**, so that no test has to wait. That touches 7 files.\n\n"
        "Which one do you want?",
        (
            "Freeze the clock in this one test: 4 lines.",
            "Pass a clock in, so that no test has to wait. That touches 7 files.",
        ),
    ),
    "the question first": ("Which name should I use?\n\n1. Keep the old name\n2. Take the new one", AB),
    "a question that is no which": ("How should I go on?\n1. Keep the old name\n2. Take the new one", AB),
    "what": ("What should I do with the column?\n1) Keep the old name\n2) Take the new one\n", AB),
    "where": ("Where should it go?\n1. `src/web`\n2. `src/api`", ("src/web", "src/api")),
    "brackets": ("Please choose one:\n\n1) Keep the old name\n2) Take the new one", AB),
    "letters in brackets": ("Do you prefer\n(a) Keep the old name\n(b) Take the new one?", ()),
    "letters": ("(a) Keep the old name\n(b) Take the new one\n\nWhich do you prefer?", AB),
    "letters without the first bracket": ("a) Keep the old name\nb) Take the new one\n\na or b?", AB),
    "capital letters": ("A. Keep the old name\nB. Take the new one\n\nWhich option would you like?", AB),
    "named options": ("Option A: Keep the old name\nOption B: Take the new one\n\nLet me know!", ()),
    "named options and a question": ("Option A: Keep the old name\nOption B: Take the new one\n\nWhat next?", AB),
    "bold named options": (
        "**Option 1:** Keep the old name\n\n**Option 2:** Take the new one\n\nPlease let me know which you prefer.",
        AB,
    ),
    "named options as headings": (
        "### Option A: Keep the old name\nFewer changes.\n\n### Option B: Take the new one\nCleaner.\n\nWhich one?",
        ("Keep the old name Fewer changes.", "Take the new one Cleaner."),
    ),
    "named options in bullets": (
        "- **Option A (recommended)** - Keep the old name\n- **Option B** - Take the new one\n\nWhich should I take?",
        ("(recommended) - Keep the old name", "Take the new one"),
    ),
    "emoji numbers": ("1️⃣ Keep the old name\n2️⃣ Take the new one\n\nWhich one?", AB),
    "bold numbers": ("**1.** Keep the old name\n**2.** Take the new one\n\nWhich one?", AB),
    "numbers in bold text": ("**1. Keep the old name**\n**2. Take the new one**\n\nWhich one?", AB),
    "numbers in bullets": ("- 1. Keep the old name\n- 2. Take the new one\n\nWhich one?", AB),
    "ones only": ("1. Keep the old name\n1. Take the new one\n\nWhich one?", AB),
    "empty lines between": ("1. Keep the old name\n\n2. Take the new one\n\nWhich one?", AB),
    "an indented list": ("I can\n\n  1. Keep the old name\n  2. Take the new one\n\nWhich one?", AB),
    "pros and cons below": (
        "1. **Keep the old name**\n   - no migration\n   - confusing\n\n"
        "2. **Take the new one**\n   - one migration\n   - clear\n\nWhich approach do you prefer?",
        AB,
    ),
    "numbers below": (
        "1. Keep the old name\n   1. touch nothing\n   2. say so\n"
        "2. Take the new one\n   1. migrate\n   2. test\n\nWhich one?",
        AB,
    ),
    "letters below": ("1. Keep the old name\n   a. nothing\n   b. to do\n2. Take the new one\n\nWhich one?", AB),
    "paragraphs below": (
        "1. Keep the old name\n\n   Nothing changes.\n\n2. Take the new one\n\n   One migration.\n\nWhich one?",
        AB,
    ),
    "lines that go on": ("1. Keep the\n   old name\n2. Take the\n   new one\n\nWhich one?", AB),
    "code below": (
        "1. Keep the old name\n```sql\nSELECT 1; -- which one?\n```\n"
        "2. Take the new one\n```sql\n1. x\n2. y\n```\n\nWhich one?",
        AB,
    ),
    "a link and code": (
        "1. Use [`ruff`](https://docs.astral.sh/ruff?x=1)\n2. Use __flake8__\n\nWhich tool do you prefer?",
        ("Use ruff", "Use flake8"),
    ),
    "the last list": (
        "What I did:\n1. Read the code\n2. Ran the tests\n\n"
        "Now I see two options:\n1. Keep the old name\n2. Take the new one\n\nWhich one?",
        AB,
    ),
    "a plan behind the options": (
        "Two options:\n1. Keep the old name\n2. Take the new one\n\n"
        "Which one? Then I'll:\n\n1. Open a pull request\n2. Ask for review",
        AB,
    ),
    "without a question mark": ("1. Keep the old name\n2. Take the new one\n\nPlease reply with the number.", AB),
    "what do you think": ("Two approaches:\n1. Keep the old name\n2. Take the new one\n\nWhat do you think?", AB),
    "both questions": (
        "Which one do you want?\n1. Keep the old name\n2. Take the new one\n\nOr which of both first?",
        AB,
    ),
    "a question that opens again": (
        "I found two options for the name:\n1. Keep the old name\n2. Take the new one\n\nHow do you see that?",
        AB,
    ),
    "snake case": ("Which one?\n1. `user_name`\n2. `login_name` (new)", ("user_name", "login_name (new)")),
    "nine": (
        "Which one?\n" + "\n".join(f"{number}. item {number}" for number in range(1, 10)),
        tuple(f"item {number}" for number in range(1, 10)),
    ),
}

ELSEWHERE = {
    "German": "Welche Variante soll ich nehmen?\n1. alt\n2. neu",
    "German, behind": "1. alt\n2. neu\n\nWelche Lösung bevorzugst du?",
    "German, bidden": "1. alt\n2. neu\n\nBitte wähle eine aus.",
    "German, by number": "1. alt\n2. neu\n\n1 oder 2?",
    "French": "Quelle option préférez-vous ?\n1) alt\n2) neu",
    "French, behind": "1) alt\n2) neu\n\nLaquelle voulez-vous ?",
    "Spanish": "¿Cuál prefieres?\n1. alt\n2. neu",
    "Portuguese": "Qual opção você prefere?\n1. alt\n2. neu",
    "Italian": "Quale preferisci?\n1. alt\n2. neu",
    "Polish": "Którą opcję wybierasz?\n1. alt\n2. neu",
    "Russian": "Какой вариант выбрать?\n1. alt\n2. neu",
    "Japanese": "どちらにしますか？\n1. alt\n2. neu",
    "Japanese, behind": "選択肢は二つあります。\n１．alt\n２．neu\n\nどちらがよいですか？",
    "Chinese": "请选择：\n1、alt\n2、neu",
    "Korean": "어느 것을 원하세요?\n1. alt\n2. neu",
}
MARKS = ["1.", "1)", "(1)", "A)", "a.", "(A)", "*1.*", "*1)*", "**1.**", "- 1.", "1\ufe0f\u20e3", "1\u20e3"]
MARKS += ["①", "１．", "（１）"]

YES = [
    "Should I go ahead?",
    "Shall I merge it now?",
    "My plan:\n1. Drop the table\n2. Add the view\n3. Run the tests\n\nShould I proceed?",
    "I have pushed the fix.\n\nDo you want me to open a pull request?",
    "Would you like me to update the docs as well?",
    "**Should I continue with the migration?**",
    "Before I go on, can I delete `tmp/`?",
    "Is that okay?",
    "Is this what you had in mind?",
    "Does this look good?",
    "Does the plan make sense?",
    "Are these figures correct?",
    "Am I right that the flag is unused?",
    "Ok to deploy?",
    "Okay to proceed?",
    "Can you confirm that the staging database may be wiped?",
    "Do you approve of this plan?",
    "So, should I go ahead and merge?",
    "I will rename the column.\n\nProceed? (y/n)",
    "Reply yes or no: is the table still used?",
    "Should I do the following?\n1. Rename the column\n2. Drop the view",
    "Should I proceed or not?",
    "It works.\n\n```py\nwho?\n```\n\nShould I open a pull request?",
    "See https://example.com/?q=1 for more. Should I merge?",
    "I\u2019ve pushed it. Is it fine if I squash the commits?",
    "Let me know: should I continue?",
]

NONE = {
    "nothing is asked": "Done. All 480 tests pass.",
    "steps": "My plan:\n1. Read the code\n2. Fix it\n3. Run the tests",
    "steps and an offer": "What I did:\n1. Read the code\n2. Fixed it\n\nLet me know if you have questions.",
    "steps and an open question": "I have done this:\n1. Added a test\n2. Fixed it\n\nWhich repository comes next?",
    "steps and a request": "Steps to reproduce:\n1. Open the page\n2. Log in\n\nPlease send me the log.",
    "several questions": "I have two questions:\n1. Which database do you use?\n2. Which version is it?",
    "several questions in prose": "Should I merge? And which branch should I take?",
    "a choice and others": "1. Keep it\n2. Drop it\n\nWhich one? Should I also update the docs? Where is the log?",
    "a plan in German": "Mein Plan:\n1. Lesen\n2. Ändern\n\nSoll ich anfangen?",
    "yes or no in German": "Soll ich Folgendes tun?\n1. Lesen\n2. Ändern",
    "steps and an open question in German": "Das ist fertig:\n1. Lesen\n2. Ändern\n\nWelches Repository kommt dann?",
    "steps and a question in Spanish": "He hecho:\n1. Leer\n2. Cambiar\n\n¿Qué sigue?",
    "either or": "Should I use Postgres or SQLite?",
    "open": "What is the name of the table?",
    "for a thing": "Can you give me access to the repository?",
    "for a secret": "Could you share the API key?",
    "for help": "Can I help with anything else?",
    "do you have": "Do you have a staging system?",
    "do you know": "Do you know who owns this service?",
    "one item": "Which one?\n1. Keep it",
    "twice the same": "Which one?\n1. Keep it\n2. Keep it",
    "ten": "Which one?\n" + "\n".join(f"{number}. item {number}" for number in range(1, 11)),
    "bullets": "Which one?\n- Keep it\n- Drop it",
    "code only": "Which one?\n```\n1. Keep it\n2. Drop it\n```",
    "numbers from two on": "Which one?\n2. Keep it\n3. Drop it",
    "a version": "Which version?\n1.2 is old, and\n2.0 is new.",
    "empty items": "Which one?\n1.\n2.",
    "a table": "| 1. | a |\n| 2. | b |\n\nWhich one?",
    "quoted code": "What is `1. a?` for?",
    "empty": "",
}


@pytest.mark.parametrize("words", ELSEWHERE.values(), ids=ELSEWHERE)
def test_numbered_options_are_found_in_other_languages(words: str) -> None:
    assert answer_options(words) == ("alt", "neu")


@pytest.mark.parametrize("mark", MARKS)
def test_numbered_options_are_found_with_each_mark(mark: str) -> None:
    second = mark.translate({ord(one): two for one, two in zip("1Aa①１", "2Bb②２", strict=True)})
    assert answer_options(f"Which one?\n{mark} {AB[0]}\n{second} {AB[1]}") == AB


@pytest.mark.parametrize(("words", "options"), NUMBERED.values(), ids=NUMBERED)
def test_numbered_options_are_found_where_devin_asks_to_choose(words: str, options: tuple[str, ...]) -> None:
    assert answer_options(words) == options


@pytest.mark.parametrize("words", YES)
def test_a_question_of_yes_or_no_has_these_two(words: str) -> None:
    assert answer_options(words) == YES_OR_NO


@pytest.mark.parametrize("words", NONE.values(), ids=NONE)
def test_there_are_none_where_nothing_or_something_else_is_asked(words: str) -> None:
    assert answer_options(words) == ()


def test_a_long_option_is_kept_whole_up_to_a_thousand_characters() -> None:
    long = "word " * 100
    assert answer_options(f"Which one?\n1. {long}\n2. {'x' * 5_000}") == (long.strip(), "x" * LONGEST)


@pytest.mark.parametrize("sign", ["*", "_", "(", "1. a\n", "[", "`", "# ", "a) ", "so, ", "before i ", "? "])
def test_a_strange_text_takes_no_long_time(sign: str) -> None:
    assert isinstance(answer_options(f"Which one?\n{sign * 20_000}"), tuple)
