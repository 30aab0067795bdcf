"""The configuration: what is misspelt is named with what was meant."""

from importlib import resources
from pathlib import Path

import pytest

from curate.config import Config, load_config, parse_section
from curate.judging.active import active_filters
from filters import FILTERS
from filters.errors import UserError
from filters.overlap.decontamination import Decontamination
from filters.overlap.duplicate import Duplicate


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sede: 1", "unknown key 'sede'; did you mean 'seed'?"),
        ("generate: {temprature: 1}", "unknown key 'generate.temprature'; did you mean 'temperat"),
        ("problems: [{file: x}]", "problems.0.path: field required"),
        ("problems: [{path: x, kind: maths}]", "problems.0.kind: input should be 'math'"),
        ("problems: [{path: ''}]", "problems.0.path: string should have at least 1 character"),
        ("problems: x.jsonl", "problems: input should be a valid list, not 'x.jsonl'"),
        ("generate: {samples: many}", "generate.samples: input should be a valid integer"),
        ("generate: {samples: 0}", "generate.samples: input should be greater than or equal to 1"),
        ("generate: {temperature: .nan}", "generate.temperature"),
        ("generate: {temperature: .inf}", "generate.temperature"),
        ("seed: 1\nsede: 2\nsamples: 3", "(and 1 more)"),
        ("normalize: {marker: ''}", "normalize.marker: string should match pattern"),
        ("normalize: {marker: '|'}", "normalize.marker: string should match pattern"),
        ("normalize: {marker: <think>}", "normalize.marker: string should match pattern"),
        ("name: ../../x", "name: '../../x' must be a plain folder name"),
        ("name: ''", "name: '' must be a plain folder name"),
        ("name: ..", "name: '..' must be a plain folder name"),
        ("name: /tmp", "name: '/tmp' must be a plain folder name"),
        ("1: x", "1"),
        ("- a\n- b", "must be a mapping of settings, not a list"),
        ("just words", "must be a mapping of settings, not a str"),
        ("a: [1", "is not valid YAML: line 1, column 6"),
        ("a: !!python/object:os.system {}", "is not valid YAML"),
        ("", "is empty; `curate init` writes a starter config"),
        ("name: \ud800", "is not UTF-8 text"),
    ],
)
def test_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "my.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserError) as error:
        load_config(file)
    assert line in str(error.value)
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def test_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no config file .*none.yaml; `curate init .*` writes a"):
        load_config(tmp_path / "none.yaml")


def test_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder, a config file is wanted"):
        load_config(tmp_path)


def test_name_comes_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text("seed: 3")
    config = load_config(tmp_path / "tiny.yaml")
    assert (config.name, config.seed, config.filters) == ("tiny", 3, {})


def test_starter_config_is_valid_and_has_all_filters_on() -> None:
    config = load_config(Path(str(resources.files("curate").joinpath("starter.yaml"))))
    assert config.generate is not None
    assert config.generate.samples == 8
    assert set(config.filters) <= set(FILTERS)


@pytest.mark.parametrize(
    ("filters", "line"),
    [
        ({"lenght": {}}, "no filter 'lenght'; did you mean 'length'"),
        ({"length": {"max": 3}}, "filters.length: no setting 'max'"),
        ({"length": {"thinking_mx": 3}}, "did you mean 'thinking_max'"),
        ({"length": {"thinking_max": "long"}}, "filters.length.thinking_max: input should be a"),
        ({"select": {"order": "shortst"}}, "did you mean 'shortest'"),
        ({"duplicate": {"near": float("nan")}}, "duplicate.near: a number is wanted, not nan"),
        (
            {"select": {"best": 0}},
            "filters.select.best: input should be greater than or equal to 1",
        ),
        (
            {"select": {"best": "3"}},
            "filters.select.best: input should be a valid integer, not '3'",
        ),
        ({"select": {"best": True}}, "filters.select.best: input should be a valid integer"),
        ({"difficulty": {"high": 75}}, "difficulty.high: input should be less than or equal to 1"),
        ({"difficulty": {"low": 0.8, "high": 0.2}}, "difficulty.low is 0.8, which is above high"),
        ({"duplicate": {"near": 0}}, "filters.duplicate.near: input should be greater than 0, not"),
        ({"duplicate": {"across_from": -1}}, "filters.duplicate.across_from: input should be gr"),
        ({"decontamination": {"benchmarks": "x"}}, "valid array, not 'x'; write [x]"),
        ({"decontamination": {"benchmarks": [""]}}, "benchmarks.0: string should have at least 1"),
        (
            {"decontamination": {"on_response": "no"}},
            "on_response: input should be a valid boolean",
        ),
        ({"correctness": {"jobs": 0}}, "filters.correctness.jobs: input should be greater than or"),
        ({"safety": {"judge_with": ["a:b"]}}, "filters.safety.judge_with: input should be a valid"),
        ({"no.such.module:X": True}, "no module 'no.such.module'"),
        ({"os.path:nothing": True}, "module 'os.path' has no 'nothing'"),
        ({"os.path:join": True}, "'os.path:join' is no filter"),
        ({":X": True}, "no filter ':X'; known: correctness"),
        ({"filters.length:Length": True}, "2 filters are called 'length'"),
    ],
)
def test_wrong_filter_is_named(filters: dict[str, dict[str, object] | bool], line: str) -> None:
    off: dict[str, dict[str, object] | bool] = {n: False for n in FILTERS if n not in ("length",)}
    with pytest.raises(UserError) as error:
        active_filters(Config(filters={**off, **filters}))
    assert line in str(error.value)


def test_a_whole_number_is_a_number_and_a_list_a_tuple() -> None:
    on: dict[str, dict[str, object] | bool] = {
        "duplicate": {"near": 1},
        "decontamination": {"boilerplate": ["a b"]},
    }
    off = {name: False for name in FILTERS if name not in on}
    filters = active_filters(Config(filters={**off, **on}))
    assert filters["duplicate"] == Duplicate(near=1.0)
    assert filters["decontamination"] == Decontamination(boilerplate=("a b",))


def test_a_benchmark_file_is_known_by_its_full_path(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("held_out.jsonl").write_text('{"problem": "How many?"}')
    raw = {"filters": {"decontamination": {"benchmarks": ["held_out.jsonl", "aime2024"]}}}
    config = parse_section(Config, raw, "here")
    full = str(tmp_path / "held_out.jsonl")
    assert config.filters["decontamination"] == {"benchmarks": [full, "aime2024"]}


def test_funnel_order_is_the_tables_with_group_filters_last() -> None:
    names = ("select", "duplicate", "format", "finish")
    off = {name: False for name in FILTERS if name not in names}
    assert list(active_filters(Config(filters=off))) == ["finish", "format", "duplicate", "select"]
