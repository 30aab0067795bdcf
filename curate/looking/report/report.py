"""`curate report RUN`: the run's figures and some of its traces in one HTML file that needs nothing
but itself. The same run gives the same bytes."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import vl_convert

from curate.judging.remarks import not_checked
from curate.judging.what_if import Standing
from curate.looking.report import examples, figures
from curate.looking.templates import page, static
from curate.manifest import ask as manifest
from curate.publishing.markdown import as_yaml
from curate.publishing.private import public, scrubbed
from curate.store.disk import named_file, writing
from curate.store.placing import place_text
from curate.store.run_folder import Run

FILE = "report.html"


def report(run: Run, out: Path | None = None) -> Path:
    """Write it and say where. Raises UserError where the settings have not been judged by yet."""
    path = out or run.path / FILE
    file = named_file(out) if out else path
    text = html(run)
    with writing(path):
        place_text(text, file)
    return path


def html(run: Run) -> str:
    standing = Standing(run)
    drawn = figures.figures(run, standing)
    audit, golds = examples.gold_audit(run)
    library = _library()
    return page(
        "report.html",
        run_name=scrubbed(run.config.name),
        style=static("look.css") + static("report.css"),
        library=library,
        script=static("report.js"),
        policy=_policy(library, static("report.js")),
        figures=drawn,
        tables=figures.tables(run),
        specs=[(f.name, _json(f.spec)) for theirs in drawn.values() for f in theirs],
        fates=_fates(standing),
        rows=_counts(run),
        not_checked=not_checked(run),
        examples=examples.examples(run, standing),
        sides=examples.before_and_after(run),
        audit=audit,
        golds=golds,
        people=examples.people(run),
        funnel=manifest.rows(run, "select * from v_funnel"),
        settings=as_yaml(public(run.config.model_dump(mode="json", exclude_defaults=True))),
        version=run.versions[-1]["packages"]["coldstart-curate"],
    )


def _fates(standing: Standing) -> dict[str, int]:
    counted = standing.fates["fate"].value_counts(sort=True)
    return {str(fate): n for fate, n in counted.iter_rows()}


def _counts(run: Run) -> dict[str, int]:
    tables = ("problems", "traces", "records")
    counts = ", ".join(f"(select count(*) from {table}) as {table}" for table in tables)
    (row,) = manifest.rows(run, f"select {counts}")
    return row


def _library() -> str:
    """Vega with all that it needs, once for all charts."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _policy(*scripts: str) -> str:
    """These scripts run, no other, and nothing is loaded. Vega makes functions of its formulas."""
    hashes = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> str:
    """As it may stand in a page."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
