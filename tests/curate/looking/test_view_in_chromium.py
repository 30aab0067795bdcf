"""The browser's pages in a browser: they work by keyboard, fit a phone, ask nobody else for
anything and complain of nothing."""

from collections.abc import Iterator

import pytest
from chromium import NARROW, WIDE, Browser, browser, needs_chromium
from serving import served

from curate.manifest import ask as manifest
from curate.store.run_folder import Run

pytest.importorskip("uvicorn")

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_filter_then_trace_then_keep_then_next(chrome: Browser, run: Run, width: int) -> None:
    chrome.problems.clear()
    chrome.requests.clear()
    chrome.size(width)
    with served(run) as address:
        chrome.open(f"{address}/")
        chrome.leave_by(
            "(f => { f.reason.value = 'correctness.incorrect'; f.requestSubmit() })"
            "(document.querySelector('.filters'))"
        )
        assert "5 traces" in chrome.text(".found")
        chrome.key("o")
        assert "1 of 5" in chrome.text(".where")
        first = chrome.text(".facts .id")
        chrome.key("k")
        assert chrome.do("document.querySelector('[aria-pressed=true]').value") == "keep"
        chrome.key("n")
        assert "2 of 5" in chrome.text(".where")
        chrome.leave_by("document.querySelector('[value=drop]').click()")
        assert chrome.overflow() <= 0
        chrome.open(f"{address}/thresholds?move=length.thinking_max")
        chrome.do("document.querySelector('[type=number]').value = 100")
        chrome.do("document.querySelector('[type=number]').dispatchEvent(new Event('input'))")
        chrome.wait(lambda: "would go" in chrome.text("#changes"))
        assert chrome.overflow() <= 0
    words = f"select keep from verdicts where trace_id = '{first}' and filter = 'human'"
    said = manifest.rows(run, words)
    assert said == [{"keep": True}]
    assert chrome.problems == []
    assert [url for url in chrome.requests if not url.startswith((address, "data:"))] == []


def test_what_a_model_wrote_does_nothing(chrome: Browser, run: Run) -> None:
    chrome.problems.clear()
    chrome.requests.clear()
    (row,) = manifest.rows(run, "select trace_id from traces where model = '<b>evil</b>'")
    with served(run) as address:
        for page in ("/", f"/trace/{row['trace_id']}", f"/?text={'<script>'}"):
            chrome.open(address + page)
            assert "owned" not in chrome.do("document.title")
            made = "document.querySelectorAll('main img, main script, main svg[onload]').length"
            assert chrome.do(made) == 0
            assert chrome.overflow() <= 0
    assert chrome.problems == []
    assert [url for url in chrome.requests if not url.startswith((address, "data:"))] == []
