"""The pages of a list of sessions."""

import pytest

from bot.domain.list_groups import Grouped, ListGroup
from bot.domain.list_pages import ListPage, Which, folded
from tests.said import a_session


def entries(*groups):
    return [Grouped(a_session(id=str(number)), group) for number, group in enumerate(groups)]


def test_of_what_is_done_five_are_shown_and_of_the_others_all():
    listed = entries(*[ListGroup.ASLEEP] * 7, *[ListGroup.RECENTLY_DONE] * 7)
    assert folded(listed) == listed[:12]
    assert folded(listed[:9]) == listed[:9]
    assert folded([]) == []


@pytest.mark.parametrize("page", [ListPage(), ListPage(20), ListPage(0, whole=True), ListPage(180, True, Which.ALL)])
def test_a_button_carries_its_page(page):
    assert ListPage.read(page.argument) == page


@pytest.mark.parametrize(
    "argument", ["", "20", "mine", "mine -20", "yours 20", "mine 20 all", "mine 2000", "mine 20\n"]
)
def test_what_no_button_carries_is_no_page(argument):
    assert ListPage.read(argument) is None


@pytest.mark.parametrize(
    ("page", "listed", "following"),
    [
        (ListPage(), 20, None),
        (ListPage(), 21, ListPage(20)),
        (ListPage(20), 40, ListPage()),
        (ListPage(20, whole=True), 41, ListPage(40, whole=True)),
    ],
)
def test_behind_the_last_page_comes_the_first(page, listed, following):
    assert page.next(listed) == following
