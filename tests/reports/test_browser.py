"""The page in a real browser: it sorts, follows colours, stays narrow, and asks for nothing."""

import pytest
from browser import PATH, Browser
from test_evidence import pair_of, said, truth

from probml.reports import Report, Run, collect_provenance

pytestmark = pytest.mark.skipif(PATH is None, reason="no Chromium on this machine")

WIDTHS = (390, 1280)
HEADERS = "[...document.querySelectorAll('#comparison ~ div th[scope=col]')]"
ROWS = "[...document.querySelectorAll('#comparison ~ div tbody tr')]"
COLUMN = ROWS + ".map(row => row.cells[{}].firstChild.textContent.trim())"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    y = truth()
    records = [
        r
        for i, noise in enumerate((1.5, 0.5, 1.0))
        for r in pair_of(y, said(y, noise, i), said(y, noise + 0.1, 9), f"model{i}")
    ]
    for i, r in enumerate(records):
        object.__setattr__(r, "runs", (Run((2.0, 10.0, 0.5, 30.0)[i % 4], 0.01, 0.02, i * 2**20),))
        object.__setattr__(r, "curve", ((1, 2.0), (2, 1.0)))
    folder = Report(records, collect_provenance(), "look twice").write(
        tmp_path_factory.mktemp("report")
    )
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_asked_for_and_nothing_goes_wrong(browser, page, width):
    browser.open(page, width)
    urls = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
    assert [url for url in urls if not url.startswith("data:")] == [page.as_uri()]
    assert browser.told("Log.entryAdded") == []
    assert browser.told("Runtime.consoleAPICalled") == []
    assert browser.told("Runtime.exceptionThrown") == []


def test_the_policy_stops_what_is_not_of_the_page(browser, page, tmp_path):
    text = page.read_text(encoding="utf-8")
    bad = '<script>document.title = "taken over"</script><p style="color: red">x</p>'
    (tmp_path / "bad.html").write_text(text.replace("</main>", f"{bad}</main>"), encoding="utf-8")
    browser.open(tmp_path / "bad.html")
    assert browser.run("document.title") != "taken over"
    assert (
        browser.run("getComputedStyle(document.querySelector('main > p')).color")
        != "rgb(255, 0, 0)"
    )
    assert len(browser.told("Log.entryAdded")) == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_only_tables_scroll_sideways(browser, page, width):
    browser.open(page, width)
    assert browser.run("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('table')].filter(t => t.scrollWidth > innerWidth).length"
    assert width > 600 or browser.run(wide) > 0


def test_columns_sort_by_click_and_by_keyboard(browser, page):
    browser.open(page)
    before = browser.run(COLUMN.format(0))
    assert browser.run(f"{HEADERS}.filter(th => !th.querySelector('button')).length") == 0
    [accuracy] = [
        i
        for i, t in enumerate(browser.run(f"{HEADERS}.map(th => th.textContent)"))
        if t == "accuracy"
    ]
    browser.run(f"{HEADERS}[{accuracy}].querySelector('button').click()")
    shares = [float(text) for text in browser.run(COLUMN.format(accuracy))]
    assert shares == sorted(shares, reverse=True), "the best first"
    assert browser.run(f"{HEADERS}[{accuracy}].ariaSort") == "descending"
    browser.run(f"{HEADERS}[{accuracy}].querySelector('button').focus()")
    browser.key("Enter", 13)
    assert [float(text) for text in browser.run(COLUMN.format(accuracy))] == sorted(shares)
    assert browser.run(f"{HEADERS}.filter(th => th.ariaSort).length") == 1
    browser.run(f"{HEADERS}[0].querySelector('button').click()")
    assert browser.run(COLUMN.format(0)) == sorted(before)
    assert browser.run(f"{HEADERS}.filter(th => th.ariaSort).length") == 1


def test_times_sort_as_numbers_and_unknown_cells_come_last(browser, page):
    browser.open(page)
    [fit] = [
        i
        for i, t in enumerate(browser.run(f"{HEADERS}.map(th => th.textContent)"))
        if t == "fit, s"
    ]
    browser.run(f"{ROWS}[0].cells[{fit}].removeAttribute('data-key')")
    lost = browser.run(COLUMN.format(0))[0]
    for _ in range(2):
        browser.run(f"{HEADERS}[{fit}].querySelector('button').click()")
        assert browser.run(COLUMN.format(0))[-1] == lost
    seconds = [float(text) for text in browser.run(COLUMN.format(fit))[:-1]]
    assert seconds == sorted(seconds, reverse=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_until_the_reader_chooses(browser, page, scheme):
    browser.open(page, scheme=scheme)
    paper = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(21, 23, 26)"
    assert browser.run(paper) == (light if scheme == "light" else dark)
    press = "document.querySelector('button.theme').click()"
    for name, colour in (("light", light), ("dark", dark)):
        browser.run(press)
        assert browser.run(paper) == colour
        assert name in browser.run("document.querySelector('button.theme').textContent")
    browser.run(press)
    assert browser.run(paper) == (light if scheme == "light" else dark)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser, page, scheme):
    browser.open(page, scheme=scheme)
    colours = browser.run(
        "(() => { const s = getComputedStyle(document.documentElement); return ['paper', 'ink',"
        " 'quiet', 'ours', 'theirs', 'alarm'].map(n => s.getPropertyValue('--' + n).trim()) })()"
    )
    paper, *inks = map(luminance, colours)
    for ink in inks:
        assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5  # WCAG 2.2, level AA


def luminance(colour):
    shares = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_screen_reader_hears_headings_tables_and_drawings(browser, page):
    browser.open(page)
    nodes = browser.send("Accessibility.getFullAXTree")["nodes"]
    heard = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and "role" in node
    ]
    names = {role: [name for r, name in heard if r == role] for role, _ in heard}
    assert names["main"]
    headings = ["Summary", "Which model to use", "Accuracy", "Every figure", "Differences"]
    assert names["heading"][1:6] == headings
    assert all(names["image"]), "every drawing says what it shows"
    assert all(names["table"]), "every table has a caption"
    assert "accuracy" in names["columnheader"]
    assert "model0" in names["rowheader"]
    assert "Colours: automatic" in names["button"]
    assert len(names["alert"]) == 1
    assert all(name for role, name in heard if role in ("button", "region"))


def test_what_scrolls_is_reached_by_keyboard(browser, page):
    browser.open(page, 390)
    reached = set()
    for _ in range(60):
        browser.key("Tab", 9)
        reached.add(
            browser.run("document.activeElement.ariaLabel || document.activeElement.textContent")
        )
    assert {"Ranking, scrolls sideways", "Colours: automatic"} <= reached
