"""CSV as spreadsheets and programs read it, without formulas that run."""

import csv
import io
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.csv import csv_line, csv_text, with_total
from bot.views.text import without_unseen


def test_a_table_has_a_header_and_lines_that_end_in_cr_lf() -> None:
    assert csv_text(("day", "acus"), [("2026-11-26", Decimal("49.50")), (None, 3)]) == (
        "day,acus\r\n2026-11-26,49.50\r\n,3\r\n"
    )


def test_what_separates_values_is_quoted() -> None:
    assert csv_line(['a,b "c"', "d\r\ne", "f"]) == '"a,b ""c""","d\r\ne",f\r\n'


@pytest.mark.parametrize(
    "value", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\ta", "\ra", "\na", " =1", "\uff1d1", "-", "=cmd|' /C calc'!A0"]
)
def test_no_value_is_a_formula(value: str) -> None:
    ((read,),) = csv.reader(io.StringIO(csv_line([value]), newline=""))
    assert read == f"'{value}"


@pytest.mark.parametrize(
    ("value", "guarded"),
    [
        ("a;=1", "a;'=1"),
        ("a|+1", "a|'+1"),
        ("a\t@b", "a\t'@b"),
        ("a\r\n-1", "a\r\n'-1"),
        ("a\u2028=1", "a\u2028'=1"),
        ("\t=1", "'\t'=1"),
        ("a;=1;=2|=3", "a;'=1;'=2|'=3"),
        ('a; "" =1', 'a; "" \'=1'),
        ("a;\uff1d1", "a;'\uff1d1"),
        ("a;\u200b=1", "a;'=1"),
        ("\ufeff=1", "'=1"),
        ("\x00=1", "'=1"),
        ('{"title": "a;=1\\n+2"}', '{"title": "a;\'=1\\n\'+2"}'),
    ],
)
def test_no_value_is_a_formula_behind_another_separator(value: str, guarded: str) -> None:
    ((read,),) = csv.reader(io.StringIO(csv_line([value]), newline=""))
    assert read == guarded


def test_a_value_has_no_signs_that_nobody_sees() -> None:
    assert csv_line(["Pay\u202efdp.exe\u202c", "ad\u200bmin", "\u2066x\u2069\ufeff"]) == "Payfdp.exe,admin,x\r\n"


def test_a_long_run_of_separators_takes_no_time() -> None:
    assert len(csv_line(["\t" * 200_000])) == 200_003


@pytest.mark.parametrize(
    "value", ["-1", "+2.5", "49.5", "a=b", "me@example.com", "2026-11-26", "a - b", "a; b", "it's"]
)
def test_numbers_and_words_stay_as_they_are(value: str) -> None:
    assert csv_line([value]) == f"{value}\r\n"


def test_a_large_or_small_number_has_no_exponent() -> None:
    assert csv_line([Decimal("1E+3"), Decimal("1E-7")]) == "1000,0.0000001\r\n"


def test_rows_of_spend_end_with_elsewhere_and_the_exact_total() -> None:
    rows = [("ann", 1, Decimal("0.1")), ("ben", 2, Decimal("0.2"))]
    assert with_total(rows, 3, 2, Decimal("0.05"))[2:] == [
        ["outside Slack", None, Decimal("0.05")],
        ["total", None, Decimal("0.35")],
    ]
    assert with_total(rows, 3, 2)[2:] == [["total", None, Decimal("0.3")]]


CELLS = st.text(st.characters(exclude_categories=["Cs"])) | st.text(";|\t\r\n\", '=+-@a1\u200b\\n")


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2)))
def test_whatever_is_written_is_read_again(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(("a", "b"), rows), newline="")))[1:]
    assert [[without_guards(cell) for cell in row] for row in read] == [
        [without_guards(cell) for cell in row] for row in rows
    ]


def without_guards(cell: str) -> str:
    return without_unseen(cell).replace("'", "")


@given(st.lists(CELLS, min_size=1, max_size=4), st.sampled_from(";|\t"), st.booleans())
def test_no_separator_makes_a_formula_of_a_part(cells: list[str], separator: str, honours: bool) -> None:
    quoting = csv.QUOTE_MINIMAL if honours else csv.QUOTE_NONE
    lines = csv.reader(io.StringIO(csv_line(cells), newline=""), delimiter=separator, quoting=quoting)
    for part in (part for line in lines for part in line):
        # A cell that is a number has a sign, and before another separator the next cells.
        assert not re.match('[\\s"]*[=+\\-@]', part) or re.fullmatch(r"[+-]?\d+(?:\.\d+)?(?:,.*)?", part, re.DOTALL)
