"""The `curate` command. Each verb is a few lines over one library function.

A user's mistake is one line on stderr and exit code 2; a bug shows its traceback. Results go to
stdout, everything else to stderr. Nothing heavy is imported before a verb needs it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.terminal.progress import say
from filters.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from curate.config import Config
    from curate.store.run_folder import Run

app = typer.Typer(
    name="curate",
    help="Cold-start reasoning datasets, with the fate of every trace in SQL.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

INTERRUPTED = 130
"""exit code after Ctrl-C, typer's too"""
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Make this YAML file the run's configuration.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def main() -> None:
    """Entry point of the `curate` script."""
    usage_error: Any = typer.BadParameter.__bases__[0]
    sys.path.append(str(Path.cwd()))  # for filters of the user's own, named module:Class
    try:
        code = app(prog_name="curate", standalone_mode=False)
    except UserError as error:
        code = _fail(str(error))
    except usage_error as error:
        code = _fail(_usage(error))
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except (BrokenPipeError, SystemExit):  # the reader of stdout went away, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    if code == INTERRUPTED:
        say("\nstopped; what was finished is kept: run the same command again to go on")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> int:
    print("curate: " + " ".join(message.split()), file=sys.stderr)
    return 2


def _usage(error: Any) -> str:
    """Typer's message, with where to read on."""
    where = error.ctx.command_path if getattr(error, "ctx", None) else "curate"
    message = str(error.format_message()).rstrip(".")
    if message.startswith("No such command"):
        given = message.split("'")[1]
        known = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
        message = f"no command {given!r}{did_you_mean(given, known)}"
    return f"{message}; see `{where} --help`"


# -- on a run folder ----------------------------------------------------------------------------


@app.command(name="import")
def import_(
    run: RunFolder,
    file: Annotated[str, typer.Argument(help="Traces: .jsonl, .parquet, .csv, or a dataset.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="Our column, the file's column."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of rows that do not say theirs.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many rows.")] = None,
    split: Annotated[str, typer.Option(help="Split, where FILE is a dataset.")] = "train",
    problems: Annotated[bool, typer.Option("--problems", help="Problems, no traces.")] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="With --problems: go back to what a correction replaced."),
    ] = False,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Bring in traces made elsewhere; a run folder that does not exist is created."""
    from curate.config import parse_config
    from curate.sources.imported_traces import import_traces
    from curate.sources.problems import load_problems
    from curate.store.run_folder import Run

    raw = {
        "path": file,
        "map": _pairs(map_ or [], "--map", "OURS=THEIRS"),
        "split": split,
        "limit": limit,
    }
    if again and not problems:
        raise UserError("--again corrects problems: give --problems with it")
    field = "problems" if problems else "imports"
    source = getattr(parse_config({field: [raw | {"kind": kind}]}, "import"), field)[0]
    with Run.making(run, _config_of(run, config)) as opened:
        counts = load_problems(opened, source, again) if problems else import_traces(opened, source)
    _report("import", counts, json)


@app.command()
def generate(
    run: RunFolder,
    retry: Annotated[
        str | None, typer.Option(help="Sample again what was `truncated` or `failed`.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="In place of the config's, e.g. with --retry.")
    ] = None,
    part: Annotated[
        str, typer.Option(metavar="I/N", help="Only one of N shares of the problems.")
    ] = "1/1",
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Sample the traces that are missing. Parts may run at once, on several machines too."""
    from curate.pipeline import load_inputs
    from curate.sampling.generate import generate as stage
    from curate.sampling.plan import Part
    from curate.store.run_folder import Run

    share = Part.of(part)

    if config is None:
        opened = _open(run)
        load_inputs(opened)
    else:
        with Run.making(run, _config_of(run, config)) as opened:
            load_inputs(opened)
    counts = stage(opened, retry=retry, max_tokens=max_tokens, part=share)
    _report("generate", counts, json)


@app.command(name="filter")
def filter_(
    run: RunFolder,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FILTER.SETTING=VALUE", help="e.g. language.high=0.02"),
    ] = None,
    config: ConfigFile = None,
    json: AsJson = False,
) -> None:
    """Judge what has not been judged under the active settings."""
    from curate.judging.filter_stage import judge

    opened = _open(run, config)
    if set_:
        opened.configure(_with_settings(opened.config, set_))
    counts = judge(opened)
    _report("filter", counts, json)
    if not json:
        _funnel(opened)


@app.command()
def normalize(run: RunFolder, config: ConfigFile = None, json: AsJson = False) -> None:
    """Make a record of every kept trace."""
    from curate.records.normalize import normalize as stage

    _report("normalize", stage(_open(run, config)), json)


@app.command()
def export(
    run: RunFolder,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The dataset folder to write.")],
    json: AsJson = False,
) -> None:
    """Write the records as a dataset folder with its card."""
    from curate.records.export import export as stage

    _report(f"export to {folder}", stage(_open(run), folder), json)


@app.command()
def index(run: RunFolder) -> None:
    """Build manifest.duckdb anew from the shards."""
    from curate.manifest.index import index as stage

    print(stage(_open(run)))


@app.command()
def status(run: RunFolder, json: AsJson = False) -> None:
    """What became of every trace, what is in the folder, and how far `generate` is."""
    from curate.manifest import index as manifest
    from curate.sampling.figures import jobs
    from curate.terminal.tables import show_dicts, write_json

    opened = _open(run)
    names = ("problems", "traces", "traces_all", "verdicts", "records", "tokenized")
    counted = ", ".join(f"(select count(*) from {name}) as {name}" for name in names)
    rows = manifest.rows(opened, f"select {counted}")
    funnel = manifest.rows(opened, "select * from v_funnel")
    if json:
        write_json({"run": str(run), "rows": rows[0], "funnel": funnel, "generate": jobs(opened)})
        return
    show_dicts(rows, f"{run} ({opened.config.name})")
    show_dicts(funnel)
    show_dicts(jobs(opened))


@app.command()
def sql(
    run: RunFolder,
    query: Annotated[str, typer.Argument(help='e.g. "select * from v_funnel"')],
    json: AsJson = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
) -> None:
    """Ask the manifest. Tables: problems, traces, verdicts, records, …; views begin with v_."""
    from curate.manifest import index as manifest
    from curate.terminal.tables import distinct, show, write_csv, write_json

    with manifest.query(_open(run), query) as answer:
        names, rows = distinct(answer.columns), manifest.fetched(answer)
        if json:
            write_json([dict(zip(names, row, strict=True)) for row in rows])
        elif csv:
            write_csv(names, rows)
        else:
            show(names, rows)


@app.command()
def explain(
    run: RunFolder,
    trace_id: Annotated[str, typer.Argument(help="A trace_id, its beginning, or a source_id.")],
    text: Annotated[bool, typer.Option("--text", help="Print the trace's text too.")] = False,
    json: AsJson = False,
) -> None:
    """All that is known of one trace: its fate, every verdict, what was found where."""
    from curate.manifest.explain import explain as explained
    from curate.manifest.explain import show_explanation
    from curate.terminal.tables import write_json

    facts = explained(_open(run), trace_id)
    write_json(facts) if json else show_explanation(facts, text)


@app.command()
def audit(run: RunFolder, json: AsJson = False) -> None:
    """Gold answers that do not stand: unusable ones, and those most samples contradict."""
    from curate.manifest import index as manifest
    from curate.terminal.tables import show_dicts, write_json

    rows = manifest.rows(_open(run), "select * from v_gold_audit order by finding, problem_id")
    if json:
        write_json(rows)
        return
    for row in rows:
        row["problem"] = (row["problem"] or "")[:80]
    show_dicts(rows)
    say(f"{len(rows)} of the run's golds need a look")


@app.command(name="tests")
def check_tests(
    run: RunFolder,
    programs: Annotated[str, typer.Argument(help="Columns problem_id, program, correct.")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="Our column, the file's column."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the kept cases the problems' tests.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Find the test cases that known-correct programs fail and those that catch wrong ones."""
    from curate.checking.clean_tests import clean_tests
    from curate.config import parse_config
    from curate.terminal.tables import show_dicts, write_json

    raw = {"path": programs, "map": _pairs(map_ or [], "--map", "OURS=THEIRS")}
    source = parse_config({"imports": [raw]}, "tests").imports[0]
    report = clean_tests(_open(run), source, apply)
    write_json(report) if json else show_dicts(report)
    say("tests: written back to the problems" if apply else "tests: nothing written; see --apply")


@app.command()
def review(
    run: RunFolder,
    file: Annotated[str, typer.Argument(help="Columns trace_id, keep, note.")],
    json: AsJson = False,
) -> None:
    """Take a person's word on traces; it outranks every filter."""
    from curate.judging.review import review as stage

    _report("review", stage(_open(run), file), json)


@app.command()
def sft(run: RunFolder, config: ConfigFile = None, json: AsJson = False) -> None:
    """Fine-tune a base on the run's records."""
    from curate.pipeline import train

    _report("sft", train(_open(run, config), "sft"), json)


@app.command()
def grpo(run: RunFolder, config: ConfigFile = None, json: AsJson = False) -> None:
    """Reinforcement learning on the run's problems, with the verifiers as rewards."""
    from curate.pipeline import train

    _report("grpo", train(_open(run, config), "grpo"), json)


# -- without a run folder -----------------------------------------------------------------------


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("curate.yaml"),
) -> None:
    """Write a commented starter config."""
    from importlib import resources

    text = resources.files("curate").joinpath("starter.yaml").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UserError(f"{file} is there already; name another file") from None
    except OSError as error:
        raise UserError(f"cannot write {file}: {error.strerror}") from None
    say(f"wrote {file}; edit it, then: curate run {file} --dry-run")


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A YAML file; `curate init` writes one.")],
    out: Annotated[Path | None, typer.Option(help="Run folder; runs/<name> by default.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost; do nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Everything the config asks for, going on where an earlier run stopped."""
    from curate.pipeline import dry_run as estimate
    from curate.pipeline import run_all

    loaded = _checked(config)
    folder = out or Path("runs") / loaded.name
    if dry_run:
        _report("dry run", estimate(loaded, folder), json)
        return
    finished = run_all(loaded, folder)
    if json:
        from curate.manifest import index as manifest
        from curate.terminal.tables import write_json

        write_json(manifest.rows(finished, "select * from v_funnel"))
    else:
        _funnel(finished)


@app.command()
def verify(
    cases: Annotated[Path, typer.Argument(help="JSONL with id, gold, prediction or program.")],
    out: Annotated[Path, typer.Option(help="JSONL to write, one row per input row.")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes that check at once.")] = 1,
) -> None:
    """Check answers and programs, nothing else."""
    from curate.checking.verify_file import verify_file

    verify_file(cases, out, jobs)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where its run folders go.")] = Path("runs"),
) -> None:
    """The whole road in a few minutes, on a tiny checkpoint and on real traces."""
    from curate.demo.tour import demo as tour

    tour(folder)


@app.command()
def version() -> None:
    """The version of this program and of what its verdicts depend on."""
    from curate.store.run_folder import installed_packages

    for name, found in installed_packages().items():
        print(f"{name} {found}")


def _open(path: Path, config: Path | None = None) -> Run:
    from curate.store.run_folder import Run

    opened = Run.open(path)
    return opened.configure(_checked(config)) if config else opened


def _config_of(path: Path, config: Path | None) -> Config:
    """The config file's; without one the run's own, or the default for a run that is to be."""
    from curate.config import Config
    from curate.store.run_folder import RUN_FILE, Run

    if config is not None:
        return _checked(config)
    return Run.open(path).config if (path / RUN_FILE).exists() else Config(name=path.name)


def _checked(config: Path) -> Config:
    """The config file, its filters' settings checked too: a mistake must not get into run.yaml."""
    from curate.config import load_config
    from curate.judging.filter_stage import settings_hashes

    loaded = load_config(config)
    settings_hashes(loaded)
    return loaded


def _pairs(given: list[str], option: str, form: str) -> dict[str, str]:
    for item in given:
        if not all(item.partition("=")):
            raise UserError(f"{option} wants {form}, not {item!r}")
    return dict(item.partition("=")[::2] for item in given)


def _with_settings(config: Config, given: list[str]) -> Config:
    """The config with `filter.setting=value` applied, values read as YAML."""
    import yaml

    from curate.config import parse_config

    filters = dict(config.filters)
    form = "FILTER.SETTING=VALUE, or FILTER=true or false"
    for place, text in _pairs(given, "--set", form).items():
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise UserError(f"--set {place}: {text!r} is no YAML value") from None
        name, _, setting = place.rpartition(".")
        had = filters.get(name, True)
        if name:
            filters[name] = {**(had if isinstance(had, dict) else {}), setting: value}
        elif isinstance(value, bool):
            filters[setting] = value
        else:
            raise UserError(f"--set wants {form}, not {place!r}")
    raw = config.model_dump(mode="json") | {"filters": filters}
    changed = parse_config(raw, "--set")
    from curate.judging.filter_stage import settings_hashes

    settings_hashes(changed)
    return changed


def _report(what: str, counts: Any, json: bool) -> None:
    """A stage's counts: JSON on stdout where asked for, else one line on stderr."""
    if json:
        from curate.terminal.tables import write_json

        write_json(dict(counts))
        return
    say(f"{what}: {', '.join(map(_told, counts.items())) or 'nothing to do'}")


def _told(fact: tuple[str, Any]) -> str:
    name, value = fact
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,} {name}"
    return f"{name} {value}"


def _funnel(opened: Run) -> None:
    from curate.manifest import index as manifest
    from curate.terminal.tables import show_dicts

    show_dicts(manifest.rows(opened, "select * from v_funnel"))


if __name__ == "__main__":
    main()
