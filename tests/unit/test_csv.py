"""CSV as spreadsheets and programs read it, without formulas that run."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.csv import csv_line, csv_text, with_total


def test_a_table_has_a_header_and_lines_that_end_in_cr_lf() -> None:
    assert csv_text(("day", "acus"), [("2026-11-26", Decimal("49.50")), (None, 3)]) == (
        "day,acus\r\n2026-11-26,49.50\r\n,3\r\n"
    )


def test_what_separates_values_is_quoted() -> None:
    assert csv_line(['a,b "c"', "d\r\ne", "f"]) == '"a,b ""c""","d\r\ne",f\r\n'


@pytest.mark.parametrize(
    "value", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "-", "=cmd|' /C calc'!A0"]
)
def test_no_value_is_a_formula(value: str) -> None:
    ((read,),) = csv.reader(io.StringIO(csv_line([value]), newline=""))
    assert read == f"'{value}"


@pytest.mark.parametrize("value", ["-1", "+2.5", "49.5", "a=b", "me@example.com", "2026-11-26"])
def test_numbers_and_words_stay_as_they_are(value: str) -> None:
    assert csv_line([value]) == f"{value}\r\n"


def test_a_large_or_small_number_has_no_exponent() -> None:
    assert csv_line([Decimal("1E+3"), Decimal("1E-7")]) == "1000,0.0000001\r\n"


def test_rows_of_spend_end_with_elsewhere_and_the_exact_total() -> None:
    rows = [("ann", 1, Decimal("0.1")), ("ben", 2, Decimal("0.2"))]
    assert with_total(rows, 3, 2, Decimal("0.05"))[2:] == [
        ["elsewhere", None, Decimal("0.05")],
        ["total", None, Decimal("0.35")],
    ]
    assert with_total(rows, 3, 2)[2:] == [["total", None, Decimal("0.3")]]


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=2, max_size=2)
    )
)
def test_whatever_is_written_is_read_again(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(("a", "b"), rows), newline="")))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
