"""The browser's pages: what is chosen is what is shown, words are written at once, nothing that a
model wrote is more than text, and nobody else may ask."""

import html
import re
import subprocess
import sys
from typing import Any

import pytest
from hostile import HOSTILE
from small_runs import stored

from curate.manifest import ask as manifest
from curate.store.run_folder import Run

pytest.importorskip("starlette")

from curate.judging.filter_stage import filter_traces
from curate.looking.browser import listing
from curate.looking.browser.choice import Choice
from curate.looking.browser.guard import POLICY
from curate.looking.browser.look import Look

LINK = re.compile(r'class="asked"><a href="/token/trace/(\w+)\?')


def ids(text: str) -> list[str]:
    return LINK.findall(text)


def by_sql(run: Run, where: str) -> list[str]:
    sql = f"select trace_id from v_trace where {where} order by trace_id"
    return [row["trace_id"] for row in manifest.rows(run, sql)]


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("", "true"),
        ("fate=kept", "fate = 'kept'"),
        ("fate=failed", "fate = 'failed'"),
        ("fate=nonsense", "true"),
        ("reason=correctness.incorrect", "fate = 'dropped' and reason = 'incorrect'"),
        ("reason=language.mixed_language", "reason = 'mixed_language'"),
        ("model=model-1&fate=dropped", "model = 'model-1' and fate = 'dropped'"),
        (
            "score=length.thinking_tokens&low=100&high=150",
            "trace_id in (select trace_id from verdicts where filter = 'length' "
            "and scores['thinking_tokens'] between 100 and 150)",
        ),
    ],
)
def test_the_list_shows_what_sql_finds(pages: Any, run: Run, query: str, where: str) -> None:
    found = pages.get(f"/?{query}")
    assert found.status_code == 200
    assert sorted(ids(found.text)) == by_sql(run, where)


def test_pages_follow_each_other_without_loss(
    pages: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 5)
    seen: list[str] = []
    query = "order=lowest&score=length.thinking_tokens"
    address = f"/?{query}"
    while address:
        text = pages.get(address).text
        seen += ids(text)
        more = re.search(r'data-key="n ArrowRight" href="/token([^"]*)"', text)
        address = html.unescape(more[1]) if more else ""
    rows = manifest.rows(
        run,
        "select t.trace_id from traces t left join verdicts v on v.trace_id = t.trace_id "
        "and v.filter = 'length' order by scores['thinking_tokens'] nulls last, t.trace_id",
    )
    assert seen == [row["trace_id"] for row in rows]


def test_a_text_is_searched_only_where_asked_and_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Look(run)
    asked = []
    real = listing.read_rows
    monkeypatch.setattr(listing, "read_rows", lambda *a: asked.append(a) or real(*a))
    listing.page(look, Choice(fate="kept"))
    assert not asked
    monkeypatch.setattr(listing, "PAGE", 2)
    choice, found, after = Choice(text="SLOWLY and with"), [], ""
    while True:
        page = listing.page(look, choice, after)
        found += page.rows
        if page.after is None:
            break
        after = page.after
    assert len(found) == len(set(found)) == 23
    assert page.searched == 24
    assert listing.page(look, Choice(text="nowhere")).rows == []


def test_a_sample_is_the_same_each_time_and_by_chance(run: Run) -> None:
    look = Look(run)
    chosen = {seed: listing.chosen(look, Choice(sample=8, seed=seed)).tolist() for seed in range(9)}
    assert listing.chosen(Look(run), Choice(sample=8, seed=3)).tolist() == chosen[3]
    assert all(len(set(rows)) == 8 for rows in chosen.values())
    assert len({tuple(rows) for rows in chosen.values()}) > 1
    assert listing.chosen(look, Choice(sample=99)).size == 24


def test_words_are_written_at_once_and_counted(pages: Any, run: Run) -> None:
    text = pages.get("/?sample=3").text
    names = ids(text)
    assert "0 of 3 looked at" in text
    for name, says in zip(names, ("keep", "drop", "defer"), strict=True):
        said = pages.post(f"/trace/{name}", content=f"says={says}&note=so+{says}&sample=3")
        assert said.status_code == 303
        assert said.headers["location"] == f"/token/trace/{name}?sample=3"
    rows = stored(run, "verdicts").filter(filter="human")
    told = {row["trace_id"]: row for row in rows.iter_rows(named=True)}
    assert [told[name]["keep"] for name in names] == [True, False, None]
    assert told[names[2]]["detail"][0]["text"] == "so defer"
    assert "3 of 3 looked at" in pages.get("/?sample=3").text
    assert ids(pages.get("/?sample=3&word=drop").text) == [names[1]]
    page = pages.get(f"/trace/{names[0]}").text
    assert re.search(r'value="keep" data-key="k" aria-pressed="true"', page)
    assert "The run has changed" not in page
    fates = {row["trace_id"]: row for row in manifest.rows(run, "select * from fates")}
    assert fates[names[2]]["fate"] in ("undecided", "failed")


def test_a_word_is_withdrawn_and_a_note_alone_decides_nothing(pages: Any, run: Run) -> None:
    (name, *_) = by_sql(run, "fate = 'kept'")
    pages.post(f"/trace/{name}", content="says=note&note=odd")
    pages.post(f"/trace/{name}", content="says=drop&note=odd")
    assert by_sql(run, f"fate = 'dropped' and trace_id = '{name}'") == [name]
    pages.post(f"/trace/{name}", content="says=withdrawn&note=odd")
    assert by_sql(run, f"fate = 'kept' and trace_id = '{name}'") == [name]
    assert ">odd</textarea>" in pages.get(f"/trace/{name}").text


def test_where_another_program_writes_the_word_is_not_written_and_said_so(
    pages: Any, run: Run
) -> None:
    (name, *_) = by_sql(run, "fate = 'kept'")
    code = (
        "import sys; from pathlib import Path; from curate.store.run_folder import Run\n"
        "with Run.open(Path(sys.argv[1])).writing('filter'): print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        said = pages.post(f"/trace/{name}", content="says=keep")
        other.communicate(b"\n")
    page = pages.get(said.headers["location"].removeprefix("/token")).text
    assert "Not written" in page
    assert not run.folder("verdicts", "human").exists()


def test_a_trace_with_its_findings_verdicts_and_siblings(pages: Any, run: Run) -> None:
    (name,) = by_sql(run, "reason = 'mixed_language'")
    page = pages.get(f"/trace/{name}").text
    assert re.search(r'<mark title="language: switch[^"]*" id="at-\d+" data-why', page)
    assert "我有一些苹果" in page
    assert "(at most 0)" in page
    assert page.count('<li aria-current="true">') == 1
    assert len(re.findall(r"<li(?: aria-current=\"true\")?><span class=\"fate", page)) == 4


def test_what_a_model_wrote_is_shown_as_text(pages: Any, run: Run) -> None:
    (name,) = by_sql(run, "model = '<b>evil</b>'")
    page = pages.get(f"/trace/{name}").text
    assert "<script>document" not in page
    assert "<img src=x" not in page
    assert "<b>evil" not in page
    assert html.escape("<script>document.title='owned'</script>", quote=True)[:20] in page
    assert "{{ 7*7 }}" in page
    assert (
        '<span class="hidden-character" title="U+202E RIGHT-TO-LEFT OVERRIDE">U+202E</span>' in page
    )
    assert not re.search("[\u202e\u200b\x07]", page)
    assert "evil" in pages.get("/").text
    assert "<b>evil" not in pages.get("/").text
    assert len(HOSTILE) > 100


def test_hostile_addresses_are_shown_as_text(pages: Any) -> None:
    for query in ("text=<script>alert(1)</script>", 'model="><b>', "problem='--", "low=nan&high=x"):
        page = pages.get(f"/?{query}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert '"><b>' not in page.text


def test_nobody_asks_without_the_token_or_by_another_name(pages: Any, run: Run) -> None:
    (name, *_) = by_sql(run, "fate = 'kept'")
    base = "http://testserver"
    assert pages.get(f"{base}/").status_code == 403
    assert pages.get(f"{base}/wrong/").status_code == 403
    assert pages.post(f"{base}/wrong/trace/{name}", content="says=keep").status_code == 403
    assert pages.get("/", headers={"host": "evil.example"}).status_code == 403
    evil = {"origin": "http://evil.example"}
    assert pages.post(f"/trace/{name}", content="says=keep", headers=evil).status_code == 403
    assert pages.post(f"/trace/{name}", content="x" * 200_000).status_code == 413
    assert not run.folder("verdicts", "human").exists()


@pytest.mark.parametrize("path", ["..%2f..%2frun.yaml", "%2e%2e/run.yaml", "app.py", "look.css/x"])
def test_files_are_the_pages_own_alone(pages: Any, path: str) -> None:
    answer = pages.get(f"/static/{path}")
    assert answer.status_code in (403, 404)
    assert "run_version" not in answer.text


def test_every_answer_forbids_what_is_not_ours(pages: Any) -> None:
    for path in ("/", "/thresholds", "/static/look.css", "/static/look.js", "/trace/none"):
        headers = pages.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    assert "unsafe" not in POLICY
    page = pages.get("/").text
    assert not re.search(r"\sstyle=|\son\w+=|<style|(?:src|href)=\"(?:https?:)?//", page)


def test_a_moved_threshold_tells_what_would_change_and_changes_nothing(
    pages: Any, run: Run
) -> None:
    before = sorted(p.name for p in run.path.rglob("*"))
    page = pages.get("/thresholds?move=length.thinking_max&to=100").text
    kept = len(by_sql(run, "fate = 'kept'"))
    over = (
        "fate = 'kept' and trace_id in (select trace_id from verdicts where filter = 'length' "
        "and scores['thinking_tokens'] > 100)"
    )
    gone = len(by_sql(run, over))
    assert 0 < gone < kept
    assert f"{kept} → {kept - gone} kept" in page
    assert f"{gone} length: thinking too long" in page
    assert "--set length.thinking_max=100" in page
    part = pages.get("/changes?move=length.thinking_max&to=100").text
    assert part.strip() in page
    assert "Nothing would change" in pages.get("/thresholds?move=length.thinking_max").text
    assert pages.get("/changes?move=length.thinking_max&to=x").status_code == 400
    assert pages.get("/changes?move=length.thinking_max&to=1").status_code == 400  # below the min
    assert "did you mean" in pages.get("/changes?move=length.thinking_mx&to=9").text
    assert sorted(p.name for p in run.path.rglob("*")) == before


def test_the_next_borderline_trace_is_the_nearest_without_a_word(pages: Any, run: Run) -> None:
    first = pages.get("/borderline").headers["location"]
    name = re.search(r"/trace/(\w+)", first)[1]  # type: ignore[index]
    near = ids(pages.get("/?order=borderline").text)
    assert near[0] == name
    pages.post(f"/trace/{name}", content="says=keep")
    after = pages.get("/borderline").headers["location"]
    assert re.search(r"/trace/(\w+)", after)[1] == near[1]  # type: ignore[index]


def test_a_run_brought_further_elsewhere_is_read_again(pages: Any, run: Run) -> None:
    assert "The run has changed" not in pages.get("/").text
    changed = {**run.config.filters, "length": {"thinking_max": 100}}
    filter_traces(run.configure(run.config.model_copy(update={"filters": changed})))
    assert "The run has changed" in pages.get("/").text
    pages.post("/again")
    text = pages.get("/?fate=kept").text
    assert "The run has changed" not in text
    assert sorted(ids(text)) == by_sql(run, "fate = 'kept'")
