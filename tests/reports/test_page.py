"""What the page and its small helpers make of data that hardly fit on a page."""

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from stub_models import OURS, THEIRS, evaluated, small_dataset, stub_pair
from test_evidence import failed, pair_of, record, said, truth
from test_render import Page

from probml.numerics import log_softmax
from probml.reports import Predictions, Report, Run, collect_provenance
from probml.reports._labelling import place_labels
from probml.reports.examples import images_of, png, telling_rows
from probml.reports.records import score


def many_classes(n_classes, n=2000, seed=0):
    random = np.random.default_rng(seed)
    y = random.integers(0, n_classes, n)
    names = tuple(f"class {i:03}" for i in range(n_classes))
    table = log_softmax(6.0 * np.eye(n_classes)[y] + random.normal(size=(n, n_classes)))
    return pair_of(y, table, log_softmax(1.1 * table), class_names=names)


def words(report):
    return Page(report.to_html()).words()


def test_two_hundred_classes_fit_on_the_page():
    report = Report(many_classes(200))
    html = report.to_html()
    assert len(html) < 1_000_000
    text = Page(html).words()
    assert "200 classes, too many for a matrix" in text
    assert "the 20 of lowest F1, 180 others left out" in text
    shown = report.evidence.results[0].fits[0].classes
    worst = min((c for c in shown if c.f1), key=lambda c: c.f1.value)
    assert worst.label in text


def test_a_single_class_in_the_test_split():
    y = np.zeros(40, dtype=np.intp)
    text = words(Report(pair_of(y, said(y, 1.0, 0), said(y, 2.0, 1))))
    assert "Summary" in text
    # A class without rows, and one without others, have no ranking.
    assert "–" in text


def test_ties_everywhere():
    y = truth()
    flat = np.full((len(y), 3), -np.log(3.0))
    report = Report(pair_of(y, flat, flat))
    assert report.pairs["verdict"].tolist() == ["identical"]
    assert report.pairs["mcnemar_p"].tolist() == [1.0]
    text = words(report)
    assert "identical" in text
    assert "all 200 labels agree; no probability differs by more than 0" in text


def test_one_row_says_what_it_cannot_show():
    y = np.array([1])
    report = Report(pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1)))
    text = words(report)
    assert "too few rows" in text
    assert "undecided" in text or "identical" in text
    report.to_markdown()


def test_failures_only_and_one_fit_only():
    y = truth()
    lost = [failed(r) for r in pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1))]
    assert "failed: no" in words(Report(lost))
    alone = record(y, said(y, 1.0, 0))
    assert "m probml" in words(Report([alone]))


def test_times_that_a_clock_did_not_see_are_drawn():
    y = truth()
    records = [
        replace(r, runs=(Run(0.0, 0.0, 0.0, None),))
        for r in pair_of(y, said(y, 1, 0), said(y, 1, 1))
    ]
    report = Report(records)
    assert len([a for tag, a in Page(report.to_html()).tags if tag == "svg"]) == 6
    assert not re.search(r"\bnan\b", report.to_html().lower())


def test_learning_curves_stand_in_the_page_of_those_who_keep_them():
    y = truth()
    ours, theirs = pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1))
    assert 'id="learning"' not in Report([ours, theirs]).to_html()
    html = Report([replace(ours, curve=((1, 2.0), (40, 0.01))), theirs]).to_html()
    labels = Page(html).having("aria-label")
    assert "Training loss of m by iteration: probml from 2 to 0.01 in 40" in labels


def test_marks_are_explained_where_there_are_twins():
    y = truth()
    pair = pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1))
    assert 'class="legend"' in Report(pair).to_html()
    mine = [record(y, said(y, 1.0, i), f"m{i}", "given") for i in range(2)]
    assert 'class="legend"' not in Report(mine).to_html()


def test_a_notebook_shows_summary_and_table_and_escapes_names():
    y = truth()
    name = "<b>m</b>"
    report = Report(pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1), name))
    html = report._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;m&lt;/b&gt;" in html
    assert "<style" not in html
    assert Page(html).words().count("scikit-learn") >= 2
    assert repr(report) == "<Report: probml beside scikit-learn on d, 2 fits>"


def test_margins_are_kept_with_the_report(tmp_path):
    y = truth()
    records = pair_of(y, said(y, 1.0, 0), said(y, 1.0, 1))
    report = Report(records, accuracy_margin=0.25, log_loss_margin=1.5)
    report.write(tmp_path)
    assert report.pairs["verdict"].tolist() == ["equivalent"]
    assert "25 points of accuracy and 1.5 nats" in words(report)
    again = Report.read(tmp_path)
    assert again.evidence.margins == (0.25, 1.5)
    assert again.to_html() == report.to_html()
    assert json.loads((tmp_path / "provenance.json").read_text())["margins"] == {
        "accuracy_margin": 0.25, "log_loss_margin": 1.5,
    }  # fmt: skip


def test_the_ranking_says_which_may_be_best():
    y = truth(1000)
    alike = said(y, 0.5, 1)
    records = [record(y, alike, "a"), record(y, alike, "b"), record(y, said(y, 3.0, 2), "c")]
    html = Report(records).to_html()
    rows = re.findall(r'<th scope="row" class="model">([abc])</th>.*?</tr>', html)[:3]
    assert rows == ["a", "b", "c"]
    markdown = Report(records).to_markdown()
    table = markdown[markdown.index("Which model") : markdown.index("Every figure")]
    lines = [
        line.split("|") for line in table.splitlines() if line.startswith(("| a", "| b", "| c"))
    ]
    assert [(line[1].strip(), line[5].strip()) for line in lines] == [
        ("a", "yes"), ("b", "yes"), ("c", "no"),
    ]  # fmt: skip
    assert lines[0][4].strip() == "best"


# Images


def answers(y, labels, sure):
    """Predictions that say so, and are as sure."""
    table = np.log(np.where(np.eye(3)[labels] == 1, np.asarray(sure)[:, None], 0.0) + 1e-9)
    return Predictions(y, labels, log_softmax(table))


def test_telling_rows_are_disagreements_and_then_sure_errors():
    y = np.zeros(12, dtype=np.intp)
    ours, theirs = np.zeros(12, dtype=np.intp), np.zeros(12, dtype=np.intp)
    ours[[1, 3, 5, 7, 9]] = 1
    theirs[9] = 2  # both wrong, in different ways; in the others theirs is right
    ours[[2, 4, 6, 8, 10]] = theirs[[2, 4, 6, 8, 10]] = 2  # both wrong
    sure = np.linspace(0.5, 0.9, 12)
    rows = telling_rows(answers(y, ours, sure), answers(y, theirs, sure))
    assert rows == [9, 7, 5, 3, 10, 8, 6, 4]
    assert telling_rows(None, answers(y, theirs, sure)) == [10, 9, 8, 6, 4, 2]
    assert telling_rows(None, None) == []


def image_dataset():
    images = np.array([[0, 255], [1, 2], [3, 4], [5, 6]], np.uint8)
    return replace(small_dataset(), feature_shape=(2, 1), X_test=images)


def test_images_of_errors_stand_in_the_page_and_in_the_folder(tmp_path):
    from PIL import Image

    dataset = image_dataset()
    records = evaluated(dataset, [stub_pair(OURS, THEIRS)])
    report = Report.of(records, collect_provenance([dataset]), dataset)
    # Rows 1 and 3 are labelled no, yes by ours and yes, no by theirs.
    assert sorted(report.images) == [1, 3]
    page = Page(report.to_html())
    images = [a for tag, a in page.tags if tag == "img"]
    assert [a["alt"] for a in images] == ["Image of class yes", "Image of class no"]
    content = base64.b64decode(images[1]["src"].removeprefix("data:image/png;base64,"))
    assert np.asarray(Image.open(io.BytesIO(content))).tolist() == [[254], [253]]
    report.write(tmp_path)
    assert Report.read(tmp_path).to_html() == report.to_html()


def test_rows_that_are_no_images_have_none():
    records = evaluated(small_dataset(), [stub_pair(OURS, THEIRS)])
    assert images_of(Report(records).evidence, small_dataset()) == {}
    assert "<img" not in Report.of(records, collect_provenance(), small_dataset()).to_html()


def test_ink_is_dark():
    from PIL import Image

    image = np.array([[0, 255]], np.uint8)
    assert np.asarray(Image.open(io.BytesIO(png(image)))).tolist() == [[255, 0]]


# Drawings


@pytest.mark.parametrize("seed", range(5))
def test_names_lie_neither_on_each_other_nor_on_points(seed):
    from matplotlib.figure import Figure

    random = np.random.default_rng(seed)
    # Three in a row, so close that no two have their names on the same side.
    row = [(0.4, 0.5), (0.46, 0.5), (0.52, 0.5)]
    points = row + list(zip(*random.random((2, 3)), strict=True))
    figure = Figure((4.4, 2.9))
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.scatter(*zip(*points, strict=True))
    axes.margins(0.2)
    place_labels(axes, points, ["lda", "qda", "gnb", "bnb"])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert not any(box.contains(*axes.transData.transform(point)) for point in points)


def test_declarations_are_attributes_and_no_style_is_left():
    html = Report(many_classes(3)).to_html()
    assert not re.search(r'\sstyle="', html)
    assert 'stroke="var(--ours)"' in html


def test_scores_stand_for_the_labels_that_were_given():
    """A model whose labels are not the most probable ones is judged by its labels."""
    y = truth()
    table = said(y, 1.0, 0)
    predictions = Predictions(y, y, table)
    odd = replace(record(y, table), predictions=predictions, scores=score(predictions))
    report = Report([odd])
    assert report.results["balanced_accuracy"].tolist() == [1.0]
