"""`make screenshots`: the pictures in docs/pictures, taken anew from the real traces that the
package ships."""

import base64
import sys
import tempfile
from importlib import resources
from pathlib import Path

from chromium import NARROW, WIDE, Browser, browser, save
from serving import served

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.judging.review import Word, say
from curate.looking.report.report import report
from curate.manifest import ask as manifest
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run

SAMPLE = "sample=100&seed=1"
LOOKED_AT = 17
_REPORTS = ((WIDE, False, ""), (NARROW, False, "-phone"), (WIDE, True, "-dark"))
_UNDRAWN = "document.querySelectorAll('.chart:not([data-drawn])').length"
_TO_THE_FINDING = "document.querySelector('mark').scrollIntoView({block: 'center'})"


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch, browser() as chrome:
        run = _run(Path(scratch) / "demo-real")
        with served(run) as address:
            _words(chrome, run, address)
            for name, page in _pages(run).items():
                for width, height, what in ((WIDE, 600, ""), (NARROW, 760, "-phone")):
                    chrome.size(width, height)
                    chrome.open(address + page)
                    if name == "trace" and width == WIDE:
                        chrome.do(_TO_THE_FINDING)
                    save(chrome.picture(), folder / f"{name}{what}.png")
        normalize(run)
        file = report(run, Path(scratch) / "report.html")
        for width, dark, what in _REPORTS:
            chrome.size(width, 1000, dark)
            chrome.open(file.as_uri())
            chrome.wait(lambda: chrome.do(_UNDRAWN) == 0)
            save(chrome.picture(), folder / f"report{what}.png")
        _section(chrome, "#scores", folder / "report-scores.png")


def _pages(run: Run) -> dict[str, str]:
    sql = "select trace_id from v_trace where reason = 'mixed_language' order by trace_id limit 1"
    (mixed,) = manifest.rows(run, sql)
    return {
        "list": f"/?{SAMPLE}",
        "trace": f"/trace/{mixed['trace_id']}?reason=language.mixed_language",
        "thresholds": "/thresholds?move=length.thinking_max&to=5000",
    }


def _run(folder: Path) -> Run:
    shipped = resources.files("curate.demo").joinpath("data/real_traces.jsonl.gz")
    run = Run.create(folder, Config(name="demo-real"))
    with resources.as_file(shipped) as path:
        import_traces(run, Source(path=str(path)))
    filter_traces(run)
    normalize(run)
    return run


def _words(chrome: Browser, run: Run, address: str) -> None:
    """On some of a sample, as a person would leave them."""
    chrome.size(WIDE)
    chrome.open(f"{address}/?{SAMPLE}")
    links = "[...document.querySelectorAll('.asked a')].map(a => a.pathname.split('/').pop())"
    attempts = {
        row["trace_id"]: row["attempt"]
        for row in manifest.rows(run, "select trace_id, attempt from traces")
    }
    for number, name in enumerate(chrome.do(links)[:LOOKED_AT]):
        says = "defer" if number % 7 == 3 else "drop" if number % 5 == 2 else "keep"
        say(run, Word(name, attempts[name], says))
    chrome.open(f"{address}/")
    chrome.do("fetch(location.pathname + 'again', {method: 'POST'}).then(() => 1)")


def _section(chrome: Browser, selector: str, file: Path) -> None:
    chrome.size(WIDE, 900)
    chrome.wait(lambda: chrome.do(f"document.querySelector('{selector} .chart svg') !== null"))
    top = chrome.do(f"document.querySelector('{selector}').getBoundingClientRect().top + scrollY")
    clip = {"x": 0, "y": top, "width": WIDE, "height": 900, "scale": 1}
    shot = chrome.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    save(base64.b64decode(shot["data"]), file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
