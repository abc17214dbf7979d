"""From a view to a page, Markdown, or a fragment for a notebook.

The page's policy lets nothing in from elsewhere, and runs and applies only the one script and the
one style sheet whose checksums it names.
"""

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING

from probml.reports.cells import display
from probml.reports.evidence import Evidence
from probml.reports.plots import accuracy_svg, cost_svg, learning_svg, reliability_svg
from probml.reports.view import View

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render_fragment", "render_html", "render_markdown"]


def render_markdown(view: View) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    return _environment().get_template("report.md").render(view=view)


def render_fragment(view: View) -> str:
    """Return summary and main table as HTML for a notebook, which has a style of its own."""
    return _environment().get_template("fragment.html").render(view=view)


def render_html(view: View, evidence: Evidence) -> str:
    """Return the report as one page that needs nothing from elsewhere."""
    from markupsafe import Markup

    # The drawings are ours, and escape the names in them; everything else is escaped there.
    shown = [(model, [r for r in model.records if r.scores]) for model in view.models]
    shown = [(model, [r for r in records if not r.is_baseline]) for model, records in shown]
    reliability = [
        (model, Markup(reliability_svg(records, f"r{i}")))
        for i, (model, records) in enumerate(shown)
        if records
    ]
    learning = [
        (model, Markup(learning_svg(records, f"l{i}")))
        for i, (model, records) in enumerate(shown)
        if any(len(record.curve) > 1 for record in records)
    ]
    results = [result for result in evidence.results if not result.records[0].is_baseline]
    costs = [Markup(svg) for svg in cost_svg(results)]
    style, script = (_text(f"report.{kind}") for kind in ("css", "js"))
    return (
        _environment()
        .get_template("report.html")
        .render(
            view=view,
            # The baseline would leave no room for differences between the others.
            accuracy=Markup(accuracy_svg(results)),
            costs=costs,
            reliability=reliability,
            learning=learning,
            style=Markup(style),
            script=Markup(script),
            style_sum=_checksum(style),
            script_sum=_checksum(script),
        )
    )


def _text(name: str) -> str:
    return (resources.files("probml.reports") / "templates" / name).read_text(encoding="utf-8")


def _checksum(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("probml.reports"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(md=_markdown_cell, display=display)
    return environment


def _markdown_cell(text: object) -> str:
    """Text that neither ends a table cell nor becomes markup."""
    line = " ".join(str(text).split())
    for mark in "\\`*_[]<>|#":
        line = line.replace(mark, f"\\{mark}")
    return line
