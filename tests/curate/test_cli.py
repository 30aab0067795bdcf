"""The command: results on stdout, one line per mistake, JSON where scripts read, light at start."""

import csv
import importlib.metadata
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import killing
import pytest
from small_runs import Curate, only, trace, write

from curate.cli import COMMANDS
from curate.commands.questions import FUNNEL
from curate.store.run_folder import Run
from curate.terminal.tables import show_dicts

HEAVY = ("torch", "transformers", "datasets", "sympy", "trl")


def config(folder: Path, text: str = "") -> Path:
    off = only("finish", "format", "length", "correctness")
    (folder / "c.yaml").write_text(f"filters: {json.dumps(off)}\njobs: 1\n{text}")
    return folder / "c.yaml"


def test_the_road_from_a_file_to_a_dataset(curate: Curate, tmp_path: Path) -> None:
    file = write(tmp_path / "t.jsonl", [trace(1), trace(2, answer=9), trace(3) | {"gold": None}])
    run = tmp_path / "run"
    said = curate("import", run, file, "--config", config(tmp_path))
    assert said.code == 0
    assert said.out == ""
    assert "3 rows" in said.err
    funnel = curate("filter", run)
    assert funnel.code == 0
    told = [line.split() for line in funnel.out.splitlines()]
    assert ["1", "kept", "33.3", "%"] in told
    assert ["1", "incorrect", "(correctness)"] in told
    assert "1 made" in curate("normalize", run).err
    assert "1 records" in curate("export", run, tmp_path / "out").err
    assert (tmp_path / "out" / "README.md").exists()


def test_import_creates_a_run_with_the_default_config(curate: Curate, tmp_path: Path) -> None:
    file = write(tmp_path / "t.jsonl", [{"q": "1+1?", "a": "2", "text": "So 2"}])
    pairs = [x for p in ("problem=q", "gold=a", "response=text") for x in ("--map", p)]
    answer = curate("import", tmp_path / "r1", file, *pairs, "--json")
    assert answer.json["new"] == 1
    assert Run.open(tmp_path / "r1").config.name == "r1"


def test_sql_as_json_csv_and_table(curate: Curate, done: Run) -> None:
    query = "select source_id, num_tokens, [1, 2] as l from traces order by source_id limit 2"
    rows = curate("sql", done.path, query, "--json").json
    assert rows == [{"source_id": n, "num_tokens": None, "l": [1, 2]} for n in ("failed", "t1")]
    lines = list(csv.reader(io.StringIO(curate("sql", done.path, query, "--csv").out)))
    assert lines == [
        ["source_id", "num_tokens", "l"],
        ["failed", "", "[1, 2]"],
        ["t1", "", "[1, 2]"],
    ]
    table = curate("sql", done.path, query).out.splitlines()
    assert table[0].split() == ["source_id", "num_tokens", "l"]
    assert [line.split()[0] for line in table[2:]] == ["failed", "t1"]
    assert curate("sql", done.path, "select 1 as n where false", "--json").json == []


def test_sql_of_values_that_json_lacks(curate: Curate, done: Run) -> None:
    query = (
        "select 'nan'::double as a, 'inf'::double as b, '\\x00'::blob as c, date '2026-01-02' as d"
    )
    assert curate("sql", done.path, query, "--json").json == [
        {"a": None, "b": None, "c": "00", "d": "2026-01-02"}
    ]


def test_status_and_explain_as_json(curate: Curate, done: Run) -> None:
    status = curate("status", done.path, "--json").json
    assert status["rows"] == {
        "problems": 6,
        "traces": 6,
        "traces_all": 6,
        "verdicts": 24,
        "records": 3,
        "tokenized": 0,
    }
    assert status["funnel"][-1]["kept"] == 3
    assert curate("explain", done.path, "wrong", "--json").json["trace"]["reason"] == "incorrect"
    text = curate("explain", done.path, "wrong", "--text").out
    assert "fate      dropped by correctness: incorrect" in text
    assert "\\boxed{9}" in text


def test_status_fits_a_terminal_of_80_characters(capsys: pytest.CaptureFixture[str]) -> None:
    show_dicts([dict.fromkeys(FUNNEL, 9_999_999) | {"stage": "decontamination"}])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_audit_lists_golds_that_do_not_stand(curate: Curate, done: Run) -> None:
    rows = curate("audit", done.path, "--json").json
    assert [row["finding"] for row in rows] == ["no_gold"]


def test_settings_from_the_command_line(curate: Curate, done: Run) -> None:
    answer = curate("filter", done.path, "--set", "length.thinking_min=1000", "--json")
    assert answer.json == {"length.derived": 6}
    assert curate("status", done.path, "--json").json["funnel"][-1]["kept"] == 0
    assert Run.open(done.path).config.filters["length"] == {"thinking_min": 1000}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["filtr", "RUN"], "no command 'filtr'; did you mean 'filter'? see `curate --help`"),
        (["filter"], "Missing argument 'RUN'; see `curate filter --help`"),
        (["filter", "RUN", "--jsn"], "No such option: --jsn"),
        (["filter", "RUN", "--set", "length.max=["], "'[' is no YAML value"),
        (["filter", "RUN", "--set", "length.max"], "--set wants FILTER.SETTING=VALUE"),
        (["filter", "RUN", "--set", "length=3"], "--set wants FILTER.SETTING=VALUE"),
        (["filter", "RUN", "--set", "length.maxx=3"], "filters.length: no setting 'maxx'"),
        (["filter", "RUN", "--set", "lenght.max=3"], "no filter 'lenght'; did you mean 'length'"),
        (["filter", "NONE"], "does not exist; `curate run CONFIG` or `curate import RUN FILE`"),
        (["sql", "RUN", "selct 1"], "syntax error"),
        (["explain", "RUN", "nobody"], "has no trace 'nobody'"),
        (["import", "RUN", "none.jsonl"], "no file none.jsonl"),
        (["import", "RUN", "none.jsonl", "--map", "gold"], "--map wants OURS=THEIRS, not 'gold'"),
        (["import", "RUN", "none.jsonl", "--limit", "0"], "limit: input should be greater than"),
        (["import", "RUN", "none.jsonl", "--kind", "maths"], "kind: input should be 'math'"),
        (["run", "none.yaml"], "no config file none.yaml"),
        (["generate", "RUN"], "has no `generate` section"),
    ],
)
def test_mistake_is_one_line_and_exit_code_2(
    curate: Curate, done: Run, tmp_path: Path, arguments: list[str], line: str
) -> None:
    before = (done.path / "run.yaml").read_bytes()
    places = {"RUN": str(done.path), "NONE": str(tmp_path / "none")}
    assert line in curate(*(places.get(a, a) for a in arguments)).line
    assert (done.path / "run.yaml").read_bytes() == before
    assert not (tmp_path / "none").exists()


def test_init_writes_a_starter_once(curate: Curate, tmp_path: Path) -> None:
    assert curate("init", tmp_path / "my.yaml").code == 0
    assert "is there already" in curate("init", tmp_path / "my.yaml").line
    assert "cannot write" in curate("init", tmp_path / "no" / "my.yaml").line


def scripted(folder: Path) -> Path:
    reply = trace(1)["response"]
    write(folder / "p.jsonl", [{"problem": "What is 1 + 1?", "gold": "2"}, {"problem": "?"}])
    section = {
        "engine": "scripted",
        "samples": 2,
        "options": {"answers": {"What is 1 + 1?": [reply, "I do not know"]}},
    }
    problems = json.dumps([{"path": str(folder / "p.jsonl")}])
    return config(folder, f"problems: {problems}\ngenerate: {json.dumps(section)}\n")


def test_run_does_all_and_again_does_nothing(curate: Curate, tmp_path: Path) -> None:
    file, out = scripted(tmp_path), tmp_path / "run"
    first = curate("run", file, "--out", out, "--json").json
    assert {k: first[-1][k] for k in ("rows_in", "kept", "dropped", "failed", "undecided")} == {
        "rows_in": 4,
        "kept": 1,
        "dropped": 1,
        "failed": 2,
        "undecided": 0,
    }
    shards = sorted(out.rglob("*.parquet"))
    assert curate("run", file, "--out", out, "--json").json == first
    assert sorted(out.rglob("*.parquet")) == shards


def test_status_says_how_far_a_running_job_is(curate: Curate, tmp_path: Path) -> None:
    """From another terminal, while `generate` goes on."""
    answers = {"answers": "killing:slow_answers"}
    run = killing.made(
        tmp_path / "run", 400, engine="scripted", samples=6, batch_size=4, options=answers
    )
    code = "import sys; sys.path[:0] = sys.argv[1:3]; import killing; killing.sample(sys.argv[3])"
    folders = (str(Path(killing.__file__).parent), str(Path(__file__).parents[1]))
    with subprocess.Popen([sys.executable, "-c", code, *folders, str(run.path)]) as process:
        while not (job := curate("status", run.path, "--json").json["generate"]):
            time.sleep(0.1)
        while not job[0]["samples_done"]:
            (job,) = [curate("status", run.path, "--json").json["generate"]]
        process.kill()
    assert (job[0]["state"], job[0]["samples"], job[0]["problems"]) == ("running", 2400, 400)
    assert job[0]["tokens_per_s"] > 0
    assert job[0]["pid"] == process.pid


def test_dry_run_writes_nothing(curate: Curate, tmp_path: Path) -> None:
    file, out = scripted(tmp_path), tmp_path / "run"
    assert curate("run", file, "--out", out, "--dry-run", "--json").json["requests"] == 4
    assert not out.exists()
    curate("run", file, "--out", out)
    write(tmp_path / "p.jsonl", [{"problem": "What is 1 + 1?", "gold": "2"}, {"problem": "new"}])
    before = sorted(out.rglob("*"))
    assert curate("run", file, "--out", out, "--dry-run", "--json").json["requests"] == 2
    assert sorted(out.rglob("*")) == before


def test_config_without_traces_is_refused(curate: Curate, tmp_path: Path) -> None:
    assert "there are no traces" in curate("run", config(tmp_path), "--out", tmp_path / "r").line
    assert not (tmp_path / "r").exists()


def test_every_command_has_help(curate: Curate) -> None:
    overview = curate("--help").out
    assert "..." not in overview.partition("Commands:")[2]  # no line is cut
    for name in COMMANDS:
        assert f" {name} " in overview
        assert curate(name, "--help").code == 0
    assert all(function.__doc__ for function in COMMANDS.values())


def loaded(*arguments: object) -> set[str]:
    """The modules that the command loads."""
    code = (
        "import sys\nfrom curate.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('\\n'.join(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    assert not loaded("--help") & {
        *HEAVY,
        "polars",
        "duckdb",
        "pyarrow",
        "pandas",
        "yaml",
        "rich.markdown",
    }


def test_sql_loads_no_models_and_no_sympy(done: Run) -> None:
    modules = loaded("sql", done.path, "select * from v_funnel")
    assert "duckdb" in modules
    assert not modules & {*HEAVY, "pandas"}


def test_reader_that_goes_away_is_no_error(done: Run) -> None:
    command = [sys.executable, "-m", "curate.cli", "sql", done.path, "select * from range(20000)"]
    command[1:3] = ["-c", "from curate.cli import main; main()"]
    with subprocess.Popen(list(map(str, command)), stdout=-1, stderr=-1) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_control_characters_do_not_reach_a_reader(curate: Curate, tmp_path: Path) -> None:
    title = "\x1b]0;mine\x07\x9b2J\u202e"
    row = trace(1, model=title) | {"response": f"a\tb\n{title}"}
    run = tmp_path / "run"
    curate("import", run, write(tmp_path / "t.jsonl", [row]))
    (found,) = json.loads(curate("sql", run, "select * from v_trace_text", "--json").out)
    assert found["response"] == row["response"]
    for arguments in (
        ("explain", run, found["trace_id"], "--text"),
        ("sql", run, "select model, response from v_trace_text"),
    ):
        out = curate(*arguments).out
        assert out.count("\\x1b]0;mine\\x07\\x9b2J\\u202e") == 2
        assert not any(c in out for c in title if not c.isprintable())
        assert "a\tb" in out
    said = curate("import", run, write(tmp_path / "odd.jsonl", [{title: 1}]), "--preview").out
    assert said.count("\\x1b]0;mine\\x07\\x9b2J\\u202e") == 2
    assert not any(c in said for c in title if not c.isprintable())
    said = curate("import", run, tmp_path / "odd.jsonl").line
    assert "columns: \\x1b]0;mine\\x07\\x9b2J\\u202e" in said


def test_columns_of_one_name_are_numbered(curate: Curate, tmp_path: Path) -> None:
    run = tmp_path / "run"
    curate("import", run, write(tmp_path / "t.jsonl", [trace(1)]))
    said = curate("sql", run, "select 1 as a, 2 as a, 3 as a_2, 4 as a", "--json")
    assert json.loads(said.out) == [{"a": 1, "a_3": 2, "a_2": 3, "a_4": 4}]


def test_going_back_to_an_old_gold_is_asked_for(curate: Curate, tmp_path: Path) -> None:
    run, golds = tmp_path / "run", {}
    for gold in ("3", "2"):
        golds[gold] = write(tmp_path / f"{gold}.jsonl", [{"problem": "a", "gold": gold}])
        curate("import", run, golds[gold], "--problems")
    assert "1 known" in curate("import", run, golds["3"], "--problems").err
    assert "1 corrected" in curate("import", run, golds["3"], "--problems", "--again").err
    assert "give --problems" in curate("import", run, golds["3"], "--again").line


def test_version_and_no_verb_at_all(curate: Curate):
    assert curate("--version").out.strip() == importlib.metadata.version("coldstart-curate")
    assert "Usage: curate" in curate().out
