"""The written report: complete, safe, self-contained, the same twice."""

import csv
import io
import json
import math
import os
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import escape as html_escape
from html.parser import HTMLParser

import pytest
from stub_models import OURS, THEIRS, evaluated, small_dataset, stub_pair, table

from probml.reports import Report, collect_provenance, strict_json
from probml.reports.report import check_writable

EVIL = '<script>alert(1)</script>|`*_$x^2$&amp;" onload="alert(2)'
FILES = {
    "report.html",
    "report.md",
    "results.csv",
    "pairs.csv",
    "records.jsonl",
    "predictions.npz",
    "images.npz",
    "provenance.json",
}


def make_records(*pairs, dataset=None):
    return evaluated(dataset or small_dataset(), pairs or [stub_pair(OURS, THEIRS)])


@pytest.fixture
def provenance():
    return collect_provenance([small_dataset()], ["probml", "report"])


class Page(HTMLParser):
    """Tags with their attributes, text, and whether tags are balanced."""

    VOID = ("meta", "br", "link", "img", "path", "use")
    CODE = ("style", "script")

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open, self.code = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        (self.code if {*self.CODE} & {*self.open} else self.text).append(data)

    def words(self):
        return " ".join(" ".join(self.text).split())

    def having(self, attribute):
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def write(folder, records, provenance, banner=""):
    Report(records, provenance, banner).write(folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_all_files_are_written_and_nothing_else(tmp_path, provenance):
    write(tmp_path, make_records(), provenance)
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_the_same_records_give_the_same_bytes_and_can_be_rendered_again(tmp_path, provenance):
    write(tmp_path / "a", make_records(), provenance, "careful")
    Report.read(tmp_path / "a").write(tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_page_needs_nothing_from_elsewhere(tmp_path, provenance):
    html = write(tmp_path, make_records(), provenance)
    page = Page(html)
    links = [value for a in ("src", "href", "xlink:href", "srcset") for value in page.having(a)]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"@import|url\((?!#)|https?:", html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"link", "iframe", "object"})
    assert page.having("style") == []
    [policy] = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    sums = [b64encode(sha256(code.encode()).digest()).decode() for code in page.code]
    assert policy.startswith(
        f"default-src 'none'; style-src 'sha256-{sums[0]}'; script-src 'sha256-{sums[1]}'; "
    )


def test_ids_are_unique_and_references_find_them(tmp_path, provenance):
    pairs = [stub_pair(OURS, THEIRS, name=name) for name in ("one", "two", "three")]
    page = Page(write(tmp_path, make_records(*pairs), provenance))
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    wanted = [link[1:] for link in page.having("xlink:href")]
    wanted += page.having("aria-labelledby")
    wanted += re.findall(r"url\(#([^)]*)\)", (tmp_path / "report.html").read_text())
    assert set(wanted) <= set(ids)


def test_names_with_markup_are_only_text(tmp_path, provenance):
    dataset = replace(small_dataset(EVIL), class_names=(EVIL, "yes"))
    broken = {"proba": OURS, "error": RuntimeError(EVIL)}
    pairs = [
        stub_pair(OURS, THEIRS, name=EVIL, title=EVIL, parameters={"p": EVIL}),
        stub_pair(broken, {"proba": OURS, "warning": UserWarning(EVIL)}, name="b"),
    ]
    provenance = collect_provenance([dataset], ["probml", EVIL])
    html = write(tmp_path, make_records(*pairs, dataset=dataset), provenance, EVIL)
    page = Page(html)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert page.having("onload") == []
    assert page.words().count(EVIL) >= 8
    assert f">{html_escape(EVIL, quote=False)}</text>" in html
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "<script>" not in markdown.replace("\\<", "")
    table_lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table_lines} <= {3, 10, 13, 14}


def test_colours_follow_the_page(tmp_path, provenance):
    html = write(tmp_path, make_records(), provenance)
    svg = html[html.index("<svg") : html.rindex("</svg>")]
    assert "prefers-color-scheme: dark" in html
    assert "#0101" not in html
    assert not re.search(r"(fill|stroke): #(?!000000)", svg)
    for variable in ("--ours", "--theirs", "--rule", "--paper"):
        assert f"var({variable})" in svg
        assert f"{variable}:" in html
    assert "DejaVu" not in html


def test_figures_and_tables_are_labelled(tmp_path, provenance):
    page = Page(write(tmp_path, make_records(), provenance))
    tags = [tag for tag, _ in page.tags]
    figures = [a for tag, a in page.tags if tag == "svg"]
    assert len(figures) == 6
    assert all(a["role"] == "img" and a["aria-label"] for a in figures)
    assert "probml 1.0000, stub sklearn 0.5000" in figures[4]["aria-label"]
    assert tags.count("table") == tags.count("caption") >= 5
    assert all(a.get("scope") for tag, a in page.tags if tag == "th")
    assert tags.count("h1") == 1
    assert page.having("lang") == ["en"]


def test_it_says_everything_that_was_promised(tmp_path, provenance):
    page = Page(write(tmp_path, make_records(), provenance))
    markdown = (tmp_path / "report.md").read_text(encoding="utf-8").replace("\\", "")
    for text in (page.words(), markdown):
        for phrase in (
            "accuracy 1.0000 with probml, 0.5000 with scikit-learn, a difference of +0.5000 (",
            "; 2 of 4 labels agree",
            "probml minus sklearn",
            "expected calibration error",
            "1e-15",
            "0 is best, 2 is worst",
            "0" * 64,
            "nobody; CC0",
            provenance.date,
            provenance.cpu,
            "probml report",
        ):
            assert phrase in text, phrase


@pytest.mark.parametrize(("name", "credited"), [("mnist", True), ("small", False)])
def test_mnist_is_credited(tmp_path, name, credited):
    dataset = small_dataset(name)
    html = write(tmp_path, make_records(dataset=dataset), collect_provenance([dataset]))
    assert ("CC BY-SA 3.0" in html and "LeCun" in html) is credited


def test_a_banner_is_at_the_top_of_every_page(tmp_path, provenance):
    page = Page(write(tmp_path, make_records(), provenance, "not the real data"))
    words = page.words()
    assert words.index("not the real data") < words.index("Summary")
    lines = (tmp_path / "report.md").read_text(encoding="utf-8").splitlines()
    assert lines[2] == "> **WARNING. not the real data**"
    assert json.loads((tmp_path / "provenance.json").read_text())["banner"] == "not the real data"
    write(tmp_path, make_records(), provenance)
    assert 'class="banner"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_failures_show_their_reason_and_the_twin_its_figures(tmp_path, provenance):
    broken = {"proba": OURS, "error": RuntimeError("out of luck")}
    html = write(tmp_path, make_records(stub_pair(broken, THEIRS)), provenance)
    words = Page(html).words()
    assert "probml failed (seed 0): RuntimeError: out of luck" in words
    assert "sklearn reached accuracy 0.5000" in words
    assert "failed: RuntimeError: out of luck" in (tmp_path / "report.md").read_text()
    [first, second] = csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text()))
    assert (first["status"], first["accuracy"]) == ("failed", "")
    assert (second["status"], second["accuracy"]) == ("ok", "0.5")
    [pair] = csv.DictReader(io.StringIO((tmp_path / "pairs.csv").read_text()))
    assert pair["delta_accuracy"] == ""


def test_a_report_of_failures_only_is_still_a_report(tmp_path, provenance):
    broken = {"proba": OURS, "error": RuntimeError("no")}
    Page(write(tmp_path, make_records(stub_pair(broken, broken)), provenance))


def test_many_classes_become_a_list_of_errors(tmp_path):
    import numpy as np

    from probml.datasets import Dataset

    n = 30
    names = tuple(f"c{i:02}" for i in range(n))
    X, y = np.zeros((n, 1), dtype=np.uint8), np.array(names)
    dataset = Dataset(X, y, X, y, "many", (1,), names)
    wrong = {"proba": np.roll(np.eye(n), 1, axis=1), "classes": names}
    right = {"proba": np.eye(n), "classes": names}
    html = write(
        tmp_path,
        make_records(stub_pair(wrong, right), dataset=dataset),
        collect_provenance([dataset]),
    )
    assert "30 classes, too many for a matrix" in html
    assert "c00 taken for c01: 1" in html


def test_seeds_are_shown_apart(tmp_path, provenance):
    pair = stub_pair(OURS, THEIRS, stochastic=True)
    records = evaluated(small_dataset(), [pair], seeds=(0, 7))
    words = Page(write(tmp_path, records, provenance)).words()
    assert "(means of 2 seeds)" in words
    assert "(seed 0)" in words
    assert len((tmp_path / "pairs.csv").read_text().splitlines()) == 3


def test_an_error_leaves_the_last_report_whole(tmp_path, provenance, monkeypatch):
    write(tmp_path, make_records(), provenance)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match="at least one record"):
        Report([], provenance)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Report(make_records(), provenance, "new").write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_in_the_place_of_a_file_is_found_before_anything_is_replaced(tmp_path, provenance):
    write(tmp_path, make_records(), provenance)
    check_writable(tmp_path)
    (tmp_path / "predictions.npz").unlink()
    (tmp_path / "predictions.npz").mkdir()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for attempt in (
        lambda: check_writable(tmp_path),
        lambda: Report(make_records(), provenance, "new").write(tmp_path),
    ):
        with pytest.raises(IsADirectoryError, match=r"predictions\.npz is a directory"):
            attempt()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before


def test_the_early_check_knows_every_file(tmp_path, provenance):
    write(tmp_path / "r", make_records(), provenance)
    for name in FILES:
        (tmp_path / name / name).mkdir(parents=True)
        with pytest.raises(IsADirectoryError):
            check_writable(tmp_path / name)


def test_text_that_utf8_lacks_is_written_as_its_escape(tmp_path, provenance):
    broken = {"proba": OURS, "error": RuntimeError("half a \udc80 character")}
    records = make_records(stub_pair(broken, OURS))
    assert r"half a \udc80 character" in write(tmp_path, records, provenance)
    assert r"half a \udc80 character" in (tmp_path / "results.csv").read_text()
    assert Report.read(tmp_path).records[0].reason == "RuntimeError: half a \udc80 character"


def test_captions_are_as_wide_as_what_scrolls_under_them(tmp_path, provenance):
    html = write(tmp_path, make_records(), provenance)
    assert "container-type: inline-size" in html
    assert "100vw" not in html, "that includes the scrollbar of the page"


def test_the_document_is_strict_json(provenance):
    broken = {"proba": OURS, "error": RuntimeError("no")}
    records = make_records(
        stub_pair(table(0.0, 0.0, 0.0, 1.0), THEIRS), stub_pair(broken, OURS, name="b")
    )
    document = json.loads(strict_json(Report(records, provenance, "hm").to_dict()))
    assert document["results"][0]["log_loss"] == "inf"
    assert document["pairs"][0]["delta_log_loss"] == "inf"
    assert document["results"][2]["log_loss"] is None
    assert document["pairs"][1]["labels_different"] is None
    assert document["pairs"][0]["labels_different"] == 3
    assert document["banner"] == "hm"
    assert "probml minus sklearn" in document["sign_convention"]
    assert document["provenance"]["data"][0]["name"] == "small"


def test_matplotlib_settings_of_the_caller_survive(tmp_path, provenance):
    import matplotlib

    with matplotlib.rc_context({"font.size": 33.0, "xtick.major.pad": 40.0}):
        mine = write(tmp_path / "a", make_records(), provenance)
        assert matplotlib.rcParams["font.size"] == 33.0
    assert Report.read(tmp_path / "a").to_html() == mine


def test_the_baseline_is_in_the_table_and_in_no_figure(tmp_path, provenance):
    ours, theirs = make_records()
    prior = replace(ours, model="prior", implementation="baseline", reference="", title="P")
    page = Page(write(tmp_path, [ours, theirs, prior], provenance))
    assert "prior baseline" in page.words()
    figures = [a["aria-label"] for tag, a in page.tags if tag == "svg"]
    assert len(figures) == 6
    assert not any("prior" in label for label in figures)


def test_infinite_losses_are_written_not_hidden(tmp_path, provenance):
    ruled_out = table(0.0, 0.0, 0.0, 1.0)
    other = table(0.0, 0.25, 0.0, 1.0)
    words = Page(write(tmp_path, make_records(stub_pair(ruled_out, other)), provenance)).words()
    assert "log loss infinite for both" in words
    one = Page(write(tmp_path / "one", make_records(stub_pair(ruled_out, THEIRS)), provenance))
    assert "log loss infinite with probml" in one.words()
    assert " inf " in words
    [row, _] = csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text()))
    assert float(row["log_loss"]) == math.inf
