"""Every block of Slack shows what it holds."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from tests.page.gallery_stage import MESSAGES, gallery_stage
from tests.page.visitor import AT_THE_PAGE, DRAWN_WIDTH, Visitor

pytestmark = [*AT_THE_PAGE, pytest.mark.edge]

ALIGNED: Final = "(cells) => cells.map((cell) => getComputedStyle(cell).textAlign)"
ADDRESSES: Final = "(links) => links.map((link) => link.getAttribute('href'))"
KINDS: Final = "(blocks) => blocks.map((block) => block.dataset.block)"


class Shown:
    """All messages of the gallery in one tab, for those who only look."""

    def __init__(self, ann: Visitor, places: dict[str, str]) -> None:
        self.ann = ann
        self._places = places

    def __getitem__(self, kind: str) -> Locator:
        """A message by its name."""
        return self.ann.channel.locator(f'[data-testid="message"][data-ts="{self._places[kind]}"]')

    def block(self, kind: str, place: int = 0) -> Locator:
        """One of its blocks."""
        return self[kind].locator(".text > .bk-block").nth(place)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shown(browser: Browser) -> AsyncIterator[Shown]:
    async with gallery_stage() as stage:
        ann = await Visitor.at(browser, stage.url)
        await ann.opens("general")
        places = {kind: await stage.post(message["blocks"], kind) for kind, message in MESSAGES.items()}
        await expect(ann.channel.get_by_test_id("message")).to_have_count(len(places))
        yield Shown(ann, places)
        await ann.leaves()
        ann.untroubled()


async def test_a_message_has_all_blocks_that_were_sent(shown: Shown) -> None:
    for kind, message in MESSAGES.items():
        drawn = await shown[kind].locator(".text > .bk-block").evaluate_all(KINDS)
        assert drawn == [block["type"] for block in message["blocks"]], kind
    await expect(shown.ann.page.locator(".bk-block-unknown")).to_have_count(0)
    await expect(shown.ann.channel.get_by_text('{"type":')).to_have_count(0)


async def test_a_header_is_a_heading(shown: Shown) -> None:
    await expect(shown["header"].get_by_role("heading", level=3)).to_have_text("Fix the flaky login test 🚀")


async def test_a_section_keeps_its_marks(shown: Shown) -> None:
    words = shown.block("section").locator(".mrkdwn")
    for tag, texts in {
        "strong": ["Bold", "both"],
        "em": ["italic", "both"],
        "s": ["struck"],
        ".bk-hang": [
            "• first point",
            "• second point, which is long enough to go on in another line when the window is narrow, "
            "so that it hangs under its text",
        ],
        "pre": ["$ pytest -q 414 passed in 8.21s"],
        "blockquote": ["A quote with a link: the exampleand a second line"],
    }.items():
        await expect(words.locator(tag)).to_have_text(texts)
    await expect(words).to_contain_text("both for @Ann Lee in #web, @here")
    await expect(words).to_contain_text("1 < 2 && 3 > 2")
    await expect(words.get_by_role("link", name="the example")).to_have_attribute(
        "href", "https://example.com/a?b=1&c=2"
    )


async def test_a_section_has_two_columns_and_a_picture(shown: Shown) -> None:
    fields = shown.block("section", 1).locator(".bk-fields > *")
    said = ["Started byAnn Lee", "State⏳ working", "Spent1.2 ACUs", "Plain text"]
    await expect(fields).to_have_text(said)
    boxes = [await field.bounding_box() or {} for field in await fields.all()]
    left, right = boxes[0]["x"], boxes[1]["x"]
    assert left < right
    assert [box["x"] for box in boxes] == [left, right, left, right]
    assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"] == boxes[3]["y"]
    chart = shown.block("section", 2).get_by_role("img", name="A small chart")
    assert await chart.evaluate(DRAWN_WIDTH) == 1
    await expect(shown.block("section", 3)).to_have_text("Plain *text* with 👀")


async def test_a_context_is_small_words_and_pictures(shown: Shown) -> None:
    context = shown.block("context")
    assert await context.get_by_role("img", name="Ann").evaluate(DRAWN_WIDTH) == 1
    await expect(context.locator(".bk-context-words")).to_have_text(
        ["Started by @Ann Lee · repo acme/web", "1.2 of 10 ACUs"]
    )
    await expect(shown["divider"].get_by_role("separator")).to_have_count(1)


async def test_a_picture_from_elsewhere_is_a_box_that_says_so(shown: Shown) -> None:
    remote, own = shown.block("image"), shown.block("image", 1)
    await expect(remote.locator("summary")).to_have_text("ACUs by day")
    await expect(remote.locator(".bk-no-picture")).to_have_text(
        "ACUs by day: 3, 5, 4, 8Not shown: the playground is offline. Open it"
    )
    await expect(remote.get_by_role("link", name="Open it")).to_have_attribute("href", "https://example.com/chart.png")
    assert await own.get_by_role("img", name="A dot").evaluate(DRAWN_WIDTH) == 1


async def test_rich_text_has_its_styles_lists_quote_and_code(shown: Shown) -> None:
    words = shown.block("rich_text")
    styled = {"strong": "bold", "em": "italic", "s": "struck", "u": "underlined", ".bk-rich code": "code"}
    for tag, text in styled.items():
        await expect(words.locator(tag)).to_have_text(text)
    await expect(words).to_contain_text("and code; @Ben Ortiz in #ops 🚀 a link @channel")
    await expect(words.locator("time")).to_have_text("Tuesday, November 25th, 2025")
    await expect(words.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.com/")
    lists = words.locator(":scope > ol")
    await expect(lists).to_have_count(2)
    await expect(lists.first.locator(":scope > li")).to_have_text(
        ["Find the cause", "Mend itwith a test firstthen the code", "Tell Ann"]
    )
    await expect(lists.first.locator("li:nth-child(2) > ul > li")).to_have_text(["with a test first", "then the code"])
    await expect(lists.nth(1)).to_have_attribute("start", "5")
    await expect(lists.nth(1)).to_have_text("Rest")
    await expect(words.locator("blockquote")).to_have_text("Make it work, make it right.")
    await words.locator("pre").scroll_into_view_if_needed()
    await expect(words.locator("pre")).to_have_text("git rebase main\ngit push", use_inner_text=True)


async def test_markdown_has_headings_lists_code_and_links(shown: Shown) -> None:
    words = shown.block("markdown")
    await expect(words.get_by_role("heading", level=3)).to_have_text("Login is fixed")
    await expect(words.get_by_role("heading", level=4)).to_have_text("What changed")
    for tag, texts in {
        "strong": ["dropped", "18"],
        "em": ["now kept"],
        "s": ["the retry"],
        ":scope > blockquote": ["“Works on my machine” is no longer needed."],
        ":scope > ol > li > ul > li": ["for browsers without SameSite", "for the mobile app"],
        "hr": [""],
    }.items():
        await expect(words.locator(tag)).to_have_text(texts)
    await expect(words.locator(":scope > ol > li")).to_have_count(2)
    pull_request = words.get_by_role("link", name="the pull request")
    await expect(pull_request).to_have_attribute("href", "https://github.com/acme/web/pull/412")
    tasks = words.locator("li.bk-task-item")
    await expect(tasks).to_have_text(["Unit tests", "Staging"])
    await expect(tasks.nth(0).get_by_role("img")).to_have_accessible_name("Done:")
    await expect(tasks.nth(1).get_by_role("img")).to_have_accessible_name("To do:")
    await expect(words.locator("figcaption")).to_have_text("python")
    assert await words.locator("pre").text_content() == (
        'def login(request):\n    """Keep the cookie."""\n    return redirect("/", cookies={"sid": request.sid})'
    )
    await expect(words.locator("p").last).to_have_text("Not run as code: <script>alert(1)</script> and a trap.")
    await expect(words.get_by_role("link", name="a trap")).to_have_count(0)


async def test_tables_are_aligned_as_they_say(shown: Shown) -> None:
    written = shown.block("markdown").get_by_role("table")
    await expect(written.get_by_role("columnheader")).to_have_text(["Suite", "Before", "After"])
    await expect(written.get_by_role("cell")).to_have_text(["unit", "412", "414", "browser", "18", "18"])
    assert await written.locator("td").evaluate_all(ALIGNED) == ["left", "right", "center"] * 2
    sent = shown.block("table").get_by_role("table")
    await expect(sent.get_by_role("columnheader")).to_have_text(["Session", "ACUs", "State"])
    await expect(sent.get_by_role("row").nth(2).get_by_role("cell")).to_have_text(
        ["Upgrade the framework to the newest version and mend what breaks", "12.5", "waiting"]
    )
    assert await sent.locator("th, td").evaluate_all(ALIGNED) == ["left", "right", "center"] * 3
    session = sent.get_by_role("link", name="Fix the flaky login test")
    await expect(session).to_have_attribute("href", "https://app.devin.ai/sessions/1")


async def test_a_data_table_turns_pages_and_sorts_numbers(shown: Shown) -> None:
    block = shown.block("data_table")
    table, pages = block.get_by_role("table", name="ACUs by person"), block.get_by_role("status")
    names, acus = table.get_by_role("rowheader"), table.get_by_role("columnheader", name="ACUs")
    back, on = block.get_by_role("button", name="Earlier rows"), block.get_by_role("button", name="Later rows")
    await expect(pages).to_have_text("1–3 of 5")
    await expect(names).to_have_text(["Ann", "Ben", "Ada"])
    await expect(back).to_be_disabled()
    await on.click()
    await expect(pages).to_have_text("4–5 of 5")
    await expect(names).to_have_text(["Gus", "Eve"])
    await expect(on).to_be_disabled()
    await expect(acus).to_have_attribute("aria-sort", "none")
    await acus.get_by_role("button").click()
    await expect(acus).to_have_attribute("aria-sort", "ascending")
    await expect(pages).to_have_text("1–3 of 5")
    await expect(table.get_by_role("cell")).to_have_text(["0.5", "1", "3"])
    await acus.get_by_role("button").click()
    await expect(acus).to_have_attribute("aria-sort", "descending")
    await expect(table.get_by_role("cell")).to_have_text(["12.5", "7", "3"])


async def test_a_chart_shows_its_lines_and_says_its_numbers(shown: Shown) -> None:
    block = shown.block("data_visualization")
    drawing = block.get_by_role("img")
    await expect(drawing).to_have_accessible_name(
        "ACUs a day. Spent: Mon, Nov 23 31.5, Tue, Nov 24 28, Wed, Nov 25 0, Thu, Nov 26 49.5. Usual: Mon, Nov 23 30, "
        "Tue, Nov 24 30, Wed, Nov 25 30, Thu, Nov 26 37.3. Limit's pace: Mon, Nov 23 40, Tue, Nov 24 40, "
        "Wed, Nov 25 40, Thu, Nov 26 40"
    )
    await expect(drawing.locator("polyline")).to_have_count(3)
    await expect(block.get_by_role("listitem")).to_have_text(["Spent", "Usual", "Limit's pace"])
    await expect(drawing.locator(".bk-scale.is-right")).to_have_text(["0", "25", "50", "Thu, Nov 26"])
    highest = await drawing.locator("circle.bk-series-0").evaluate_all(
        "(dots) => dots.map((dot) => +dot.getAttribute('cy'))"
    )
    assert highest.index(min(highest)) == 3
    assert highest.index(max(highest)) == 2


async def test_a_pie_bars_and_an_area_have_a_part_for_each_value(shown: Shown) -> None:
    pie = shown.block("data_visualization", 1)
    await expect(pie.locator("path")).to_have_count(2)
    await expect(pie.get_by_role("img")).to_have_accessible_name(
        "Where they came from. through Slack: 16.4, outside Slack: 33.1"
    )
    await expect(shown.block("more_charts").locator("rect")).to_have_count(8)
    await expect(shown.block("more_charts", 1).locator("polygon")).to_have_count(1)


async def test_a_plan_says_how_far_it_is(shown: Shown) -> None:
    plan = shown.block("plan")
    await expect(plan.locator("summary")).to_have_text("Fix the flaky login test 1 of 4 done")
    tasks = plan.locator(".bk-task-frame")
    await expect(tasks.locator(".bk-task-title")).to_have_text(
        ["Find the cause", "Mend it", "Deploy to staging", "Tell Ann"]
    )
    for place, state in enumerate(["Done", "In progress", "Failed", "To do"]):
        await expect(tasks.nth(place).get_by_role("img")).to_have_accessible_name(state)
    await expect(tasks.nth(2).locator(".bk-task-output")).to_have_text("No permission for staging")


async def test_a_task_shows_what_it_did_and_read(shown: Shown) -> None:
    task = shown.block("task_card")
    await expect(task.get_by_role("img")).to_have_accessible_name("Done")
    await expect(task.locator(".bk-task-details")).to_have_text("Reads the log of the last three runs")
    await expect(task.locator(".bk-task-output")).to_have_text("The cookie is dropped in redirect()")
    sources = task.get_by_role("list", name="Sources").get_by_role("link")
    await expect(sources).to_have_text(["Run 1", "acme/web#412"])
    assert await sources.evaluate_all(ADDRESSES) == [
        "https://github.com/acme/web/actions/runs/1",
        "https://github.com/acme/web/pull/412",
    ]
    await expect(shown.block("task_card", 1).get_by_role("img")).to_have_accessible_name("In progress")


async def test_an_alert_says_how_grave_it_is(shown: Shown) -> None:
    alerts = shown["alert"].get_by_role("note")
    for place, (level, words) in enumerate(
        [
            ("Note", "A note."),
            ("For information", "Devin reads the repository."),
            ("Success", "All tests pass."),
            ("Warning", "The ACU limit is near."),
            ("Error", "Devin lost the connection."),
        ]
    ):
        await expect(alerts.nth(place)).to_have_text(words)
        await expect(alerts.nth(place).get_by_role("img")).to_have_accessible_name(level)


async def test_a_card_shows_its_parts_and_cards_lie_in_a_row(shown: Shown) -> None:
    card = shown.block("card")
    for part, words in {
        ".bk-hero": "Screenshot of the login pageNot shown: the playground is offline. Open it",
        ".bk-card-title": "acme/web#412",
        ".bk-card-subtitle": "open · 3 files",
        ".bk-card-body": "Keep the session cookie on redirect.",
        ".bk-card-actions": "OpenMerge",
    }.items():
        await expect(card.locator(part)).to_have_text(words)
    assert await card.get_by_role("img", name="Repository").evaluate(DRAWN_WIDTH) == 1
    row = shown.block("carousel").get_by_role("group", name="Cards")
    titles = row.locator(".bk-card-title")
    await expect(titles).to_have_text(["acme/web#412", "acme/web#413", "acme/web#414"])
    await expect(titles.last).not_to_be_in_viewport(ratio=1)
    await shown.block("carousel").get_by_role("button", name="Later cards").click()
    await expect(titles.last).to_be_in_viewport(ratio=1)


async def test_a_container_folds_if_it_may(shown: Shown) -> None:
    foldable, fixed = shown.block("container"), shown.block("container", 1)
    head, inside = foldable.locator("summary"), foldable.get_by_text("Waiting for an answer.")
    await expect(head).to_have_text("Session 17acme/web")
    await expect(inside).to_be_visible()
    await head.click()
    await expect(inside).to_be_hidden()
    await head.click()
    await expect(foldable.get_by_role("button", name="Answer")).to_be_visible()
    await expect(fixed).to_have_text("Session 18Asleep.")
    await expect(fixed.locator("details")).to_have_count(0)


async def test_files_and_videos_say_what_they_are(shown: Shown) -> None:
    await expect(shown.block("file")).to_have_text("A remote fileremote · report-17")
    video = shown.block("video")
    await expect(video).to_contain_text("Ada Weiss · ExampleHow a session goesTwo minutes.")
    await expect(video).to_contain_text("A session from start to endNot shown: the playground is offline.")
    assert await video.get_by_role("link").evaluate_all(ADDRESSES) == [
        "https://example.com/watch",
        "https://example.com/thumb.png",
        "https://example.com/embed",
    ]


async def test_fields_and_menus_show_what_they_begin_with(shown: Shown) -> None:
    menus = shown["selects"].get_by_role("combobox")
    await expect(menus).to_have_text(
        [
            "Choose a colour",
            "A suite",
            "A city",
            "Ben Ortiz",
            "Choose a conversation",
            "Choose a channel",
            "Colours",
            "Choose a person",
            "Choose a channel",
            "Choose a conversation",
            "Choose some",
        ]
    )
    await expect(shown["selects"].locator(".bk-chip")).to_have_text(["Ann Lee×"])
    choices = shown["choices"]
    await expect(choices.locator("input[type=date]")).to_have_value("2026-11-25")
    await expect(choices.locator("input[type=time]")).to_have_value("09:30")
    await expect(choices.get_by_role("checkbox", name="Papers")).to_be_checked()
    tests = choices.get_by_role("checkbox", name="Tests")
    await expect(tests).not_to_be_checked()
    await expect(tests).to_have_accessible_description("Unit and browser")
    await expect(choices.get_by_role("radio", checked=True)).to_have_count(0)
    task = shown["input"].get_by_role("textbox", name="What should Devin do?")
    await expect(task).to_have_attribute("placeholder", "Fix …")
    await expect(task).to_have_accessible_description("One sentence is enough.")
    await expect(shown["input"].get_by_role("textbox", name="Only with a button (optional)")).to_be_visible()
