"""What is trained on: a condition on the records, other runs and files beside them, templates that
rewrite replies; and that every token of it is trained, padded, grouped or packed."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_checkpoint import OPENED, TEMPLATE, make_checkpoint
from trained_run import SUMS, MakeRun

from curate.config import Also, Sft
from curate.manifest import ask as manifest
from filters.errors import UserError
from sft.mixture import mixture
from sft.tokenize import tokenize
from sft.train import sft
from sft.trainer.base_model import Base, decode

R1_DISTILL = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m['role'] == 'user' %}{{ '<|user|>' + m['content'] }}{% endif %}"
    "{% if m['role'] == 'assistant' and m['content'] is not none %}"
    "{% set content = m['content'] %}"
    "{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
    "{{ '<|assistant|>' + content + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|><think>\\n' }}{% endif %}"
)
"""as deepseek-ai/DeepSeek-R1-Distill-* have it: thinking is deleted from an assistant's turn"""

GENERAL = [
    {"problem": "Say hello.", "response": "Hello!"},
    {"problem": "Name a colour.", "response": "<think>\nRed is one.\n</think>\n\nRed."},
    {"problem": "Count.", "response": "<think>\nOne, two, and"},
    {
        "messages": [
            {"role": "user", "content": "Hi."},
            {"role": "assistant", "content": "Hi, and?"},
            {"role": "user", "content": "Bye."},
            {"role": "assistant", "content": "Good bye."},
        ]
    },
]


@pytest.fixture
def general(tmp_path: Path) -> Path:
    file = tmp_path / "general.jsonl"
    file.write_text("\n".join(map(json.dumps, GENERAL)))
    return file


TOKENS = (
    "select t.source, t.n_tokens, c.times, t.n_trained from tokenized t "
    "join checkpoint_records c using (record_id, token_hash) order by all"
)


@pytest.mark.parametrize(
    "layout",
    [
        {"batch_size": 2},
        {"batch_size": 2, "train_sampling_strategy": "group_by_length"},
        {"batch_size": 1, "packing": True, "max_length": 300},
    ],
)
@pytest.mark.parametrize("template", [TEMPLATE, OPENED, R1_DISTILL])
def test_trained_tokens_are_those_of_the_manifest(
    template: str, layout: dict, general: Path, tmp_path: Path, make_run: MakeRun
) -> None:
    base = make_checkpoint(tmp_path / "base", template)
    also = [Also(path=str(general), name="general")]
    run = make_run(tmp_path / "run", sft=Sft(model=base, epochs=2, also=also, **layout))
    report = sft(run)
    rows = manifest.rows(run, TOKENS)
    assert [row["source"] for row in rows].count(None) == len(SUMS) == len(rows) - 3
    assert {row["times"] for row in rows} == {2}
    assert report["trained_tokens"] == sum(2 * row["n_trained"] for row in rows)
    assert report["left_out_no_end"] == 1
    assert report["steps"] == (2 * 5 if layout["batch_size"] == 2 else 2 * packs(rows))


def packs(rows: list[dict], size: int = 300) -> int:
    """How many rows of this size hold them, the longest placed first."""
    room: list[int] = []
    for n in sorted((row["n_tokens"] for row in rows), reverse=True):
        fits = [space for space in room if space >= n]
        if fits:
            room.remove(min(fits))
        room.append((min(fits) if fits else size) - n)
    return len(room)


def test_packed_rows_are_trained_as_if_each_stood_alone(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    """All in one row, and all in one padded batch: the same loss, and the same weights after it."""
    settings = {"model": checkpoint, "max_steps": 3, "learning_rate": 1e-3}
    packed = make_run(
        tmp_path / "packed", sft=Sft(packing=True, max_length=2000, batch_size=1, **settings)
    )
    padded = make_run(tmp_path / "padded", sft=Sft(batch_size=len(SUMS), **settings))
    ours, theirs = sft(packed), sft(padded)
    assert ours["trained_tokens"] == theirs["trained_tokens"]
    assert ours["last_loss"] == pytest.approx(theirs["last_loss"], abs=1e-4)
    weights = load_file(packed.path / "sft" / "model.safetensors")
    for name, tensor in load_file(padded.path / "sft" / "model.safetensors").items():
        assert weights[name].allclose(tensor, atol=1e-4)


def test_rows_of_like_length_need_less_padding(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    also = [Also(path=str(tmp_path / "long.jsonl"), name="long")]
    rows = [{"problem": f"{n}?", "response": "a" * (9 * n % 200 + 1)} for n in range(60)]
    (tmp_path / "long.jsonl").write_text("\n".join(map(json.dumps, rows)))
    settings = {"model": checkpoint, "epochs": 1, "batch_size": 6, "also": also}
    costs = {}
    for strategy in ("random", "group_by_length"):
        run = make_run(tmp_path / strategy, sft=Sft(train_sampling_strategy=strategy, **settings))
        assert sft(run)["records"] == 66
        seen = "select max(value) as n from metrics where metric = 'padded_tokens'"
        costs[strategy] = manifest.rows(run, seen)[0]["n"]
    assert costs["group_by_length"] < 0.3 * costs["random"]


def test_only_the_records_that_meet_the_condition_are_trained_on(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    want = "problem like '%20%' or trace_id in (select trace_id from traces where 1 = 0)"
    run = make_run(tmp_path / "run", sft=Sft(model=checkpoint, max_steps=1, want=want))
    assert sft(run)["records"] == 1


@pytest.mark.parametrize(
    ("want", "line"),
    [
        ("answr = '3'", r'sft.want: .*"answr" not found.*answer'),
        ("kind = ", "sft.want: .*syntax error"),
        ("kind = 'code'", "sft.want: none of the kept records of .* meets it"),
    ],
)
def test_mistaken_condition_is_one_line(
    want: str, line: str, checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    run = make_run(tmp_path / "run", sft=Sft(model=checkpoint, want=want))
    with pytest.raises(UserError, match=f"^{line}") as told:
        sft(run)
    assert "\n" not in str(told.value)


def test_other_data_comes_in_the_number_asked_for_and_always_the_same(
    checkpoint: str, general: Path, tmp_path: Path, make_run: MakeRun
) -> None:
    other = make_run(tmp_path / "other")
    base = Base(checkpoint, None, "sft.model")

    def sources(**also: object) -> list[tuple[str, str]]:
        run = make_run(tmp_path / f"run{len(list(tmp_path.iterdir()))}")
        rows = mixture(run, Sft(also=[Also(**also)]), base)
        return list(rows.drop_nulls("source").select("source", "record_id").iter_rows())

    half = sources(path=str(other.path), weight=0.5)
    assert [source for source, _ in half] == ["other"] * 3
    assert half == sources(path=str(other.path), count=3)
    twice = sources(path=str(general), weight=2.0)
    assert len(twice) == 8
    assert len(set(twice)) == 4
    want = "problem like '%1 + 2%'"
    assert len(sources(path=str(other.path), want=want, count=5)) == 5


@pytest.mark.parametrize(
    ("template", "trained"),
    [(TEMPLATE, "Hello!</s>"), (OPENED, "\n</think>\n\nHello!</s>")],
)
def test_reply_without_thinking_is_trained_as_it_is_and_closes_an_opened_block(
    template: str, trained: str, general: Path, tmp_path: Path, make_run: MakeRun
) -> None:
    base = make_checkpoint(tmp_path / "base", template)
    run = make_run(tmp_path / "run", sft=Sft(model=base, also=[Also(path=str(general))]))
    model = Base(base, None, "sft.model")
    rows = mixture(run, run.config.sft, model)
    tokens = tokenize(rows, model, 512).filter(rows["summary"] == "Hello!")
    (row,) = tokens.iter_rows(named=True)
    assert decode(model.tokenizer, row["input_ids"][row["n_prompt"] :]) == trained
    assert row["source"] == "general.jsonl"


@pytest.mark.parametrize(
    ("also", "line"),
    [
        ({"path": "nowhere.jsonl"}, "no file nowhere.jsonl"),
        ({"path": "{general}", "want": "true"}, "want is about the records of a run"),
        ({"path": "{general}", "map": {"respnse": "x"}}, "no column 'respnse'.*response"),
        ({"path": "{other}", "want": "x = 1"}, "sft.also.want: "),
    ],
)
def test_mistaken_source_is_one_line(
    also: dict, line: str, checkpoint: str, general: Path, tmp_path: Path, make_run: MakeRun
) -> None:
    also["path"] = also["path"].format(general=general, other=make_run(tmp_path / "other").path)
    run = make_run(tmp_path / "run", sft=Sft(model=checkpoint, also=[Also(**also)]))
    with pytest.raises(UserError, match=line):
        sft(run)
