"""Figures: what is drawn where, and that nothing is shown or drawn when it cannot be."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from probml.classifiers import LinearDiscriminantAnalysis
from probml.reports import plot_decision_boundary, plot_descent, plot_unit_balls


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *a, **k: pytest.fail("a figure was shown"))
    yield
    plt.close("all")


@pytest.fixture
def three():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    X = centres[y] + rng.normal(size=(90, 2))
    return LinearDiscriminantAnalysis().fit(X, y), X, y


def test_every_figure_draws_where_it_is_told(three):
    for draw in (
        lambda ax: plot_unit_balls(ax=ax),
        lambda ax: plot_descent(np.sum, [[1.0, 0.0], [0.0, 0.0]], ax),
        lambda ax: plot_decision_boundary(*three, ax, resolution=20),
    ):
        ax = plt.figure().add_subplot()
        assert draw(ax) is ax
        assert draw(None).figure is not ax.figure


def test_unit_balls_lie_on_their_norms():
    ax = plot_unit_balls((1, 3, np.inf))
    for line, p in zip(ax.lines, (1, 3, np.inf), strict=True):
        np.testing.assert_allclose(np.linalg.norm(line.get_xydata(), p, axis=1), 1.0, rtol=1e-12)
        np.testing.assert_array_equal(line.get_xydata()[0], line.get_xydata()[-1])
    assert ax.get_aspect() == 1.0


def test_paths_are_drawn_as_they_were_walked():
    way = np.array([[1.0, 2.0], [0.5, 1.0], [0.0, 0.5]])
    ax = plot_descent(lambda x: float(x @ x), {"a": way, "b": way[::-1]})
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), way)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_the_boundary_is_where_the_decision_changes(three):
    model, X, y = three
    ax = plot_decision_boundary(model, X, y, resolution=300)
    lines = [c for c in ax.collections if hasattr(c, "levels")]
    assert len(lines) == 3
    for line, k in zip(lines, range(3), strict=True):
        points = np.concatenate([path.vertices for path in line.get_paths()])
        P = model.predict_proba(points)
        np.testing.assert_allclose(P[:, k], np.delete(P, k, axis=1).max(axis=1), atol=0.03)


def test_a_class_that_never_wins_has_no_boundary(three):
    model, X, y = three
    near = X[y == 0] * 0.01
    ax = plot_decision_boundary(model, near, np.zeros(len(near), dtype=int), resolution=20)
    assert not [c for c in ax.collections if hasattr(c, "levels")]


@pytest.mark.parametrize(
    "draw",
    [
        lambda model, X, y: plot_decision_boundary(model, X[:, :1], y),
        lambda model, X, y: plot_decision_boundary(model, X, y[:-1]),
        lambda model, X, y: plot_descent(np.sum, [[0.0, np.inf]]),
        lambda model, X, y: plot_descent(np.sum, np.zeros((0, 2))),
        lambda model, X, y: plot_unit_balls((0.5,)),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(three, draw):
    with pytest.raises(ValueError, match="must"):
        draw(*three)
    assert not plt.get_fignums()
