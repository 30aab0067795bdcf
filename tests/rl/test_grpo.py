"""`curate grpo`, real steps on a tiny checkpoint."""

import importlib
import sys
from pathlib import Path

import polars as pl
import pytest
from safetensors.torch import load_file
from tiny_checkpoint import OPENED, TEMPLATE, make_checkpoint, make_tokenizer
from tokenizers.processors import TemplateProcessing
from trained_run import SUMS, MakeRun

from curate.config import Generate, Grpo, Lora, Sft
from curate.manifest import ask as manifest
from curate.sources.problems import latest_problems
from filters.errors import UserError
from rl.arguments import arguments
from rl.problems import exact_prompt, usable
from rl.reader import Reader
from rl.train import grpo
from sft.train import sft
from sft.trainer import checkpoint as trained
from sft.trainer.base_model import Base

SMALL = {
    "max_steps": 2,
    "group_size": 4,
    "prompts_per_step": 2,
    "max_tokens": 12,
    "learning_rate": 1e-3,
    "batch_size": 8,
}


def length(completions: list[str], **_: object) -> list[float | None]:
    """Gives every group a spread: a random model writes replies of many lengths in bytes."""
    return [float(len(text)) for text in completions]


def nobody_knows(completions: list[str], **_: object) -> list[float | None]:
    return [None for _ in completions]


def weights(folder: str | Path) -> dict:
    return load_file(Path(folder) / "model.safetensors")


def moved(before: str, after: str) -> bool:
    theirs = weights(before)
    return any(not tensor.equal(theirs[name]) for name, tensor in weights(after).items())


def test_spread_of_rewards_moves_the_weights(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    rewards = {f"{__name__}:length": 1.0, "accuracy": 1.0, "format": 1.0, "language": 1.0}
    run = make_run(tmp_path / "a", grpo=Grpo(model=checkpoint, rewards=rewards, **SMALL))
    report = grpo(run)
    assert moved(checkpoint, report["checkpoint"])
    assert (report["steps"], report["rollouts"], report["undecided"]) == (2, 16, 0)
    rows = manifest.rows(run, "select step, metric from metrics where stage = 'grpo'")
    found = {(row["step"], row["metric"]) for row in rows}
    for metric in ("loss", "kl", "reward", "reward/accuracy", "completions/mean_length"):
        assert {(1, metric), (2, metric)} <= found
    again = grpo(run)
    assert again == report | {"already_done": True}


def test_adapters_are_trained_and_merged(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    rewards = {f"{__name__}:length": 1.0}
    settings = Grpo(model=checkpoint, rewards=rewards, lora=Lora(rank=4), **SMALL)
    run = make_run(tmp_path / "lora", grpo=settings)
    out = grpo(run)["checkpoint"]
    assert moved(checkpoint, out)
    before, after = weights(checkpoint), weights(out)
    embedding = "model.embed_tokens.weight"
    assert after.keys() == before.keys()
    assert after[embedding].equal(before[embedding])  # adapters are beside linear layers alone


def test_settings_reach_the_trainer_and_are_r1s_unless_named(tmp_path: Path) -> None:
    r1 = arguments(Grpo(), 0, tmp_path, 32768)
    assert (r1.loss_type, r1.scale_rewards, r1.beta, r1.epsilon) == ("grpo", "group", 0.001, 10.0)
    assert (r1.learning_rate, r1.lr_scheduler_type.value, r1.num_generations) == (
        3e-6,
        "constant",
        16,
    )
    line_down = {"lr_end": 3e-5, "power": 1.0}
    named = {"loss": "dapo", "scale_rewards": "none", "adam_beta2": 0.98, "warmup_steps": 5}
    named |= {"learning_rate": 1.5e-4}
    course = {"lr_scheduler_type": "polynomial", "lr_scheduler_kwargs": line_down}
    ours = arguments(Grpo(**named, **course), 0, tmp_path, 64)
    assert (ours.loss_type, ours.scale_rewards, ours.adam_beta2) == ("dapo", "none", 0.98)
    assert (ours.lr_scheduler_kwargs, ours.warmup_steps) == (line_down, 5)


def test_undecided_rollouts_teach_nothing(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    rewards = {f"{__name__}:length": 1.0, f"{__name__}:nobody_knows": 1.0}
    settings = Grpo(model=checkpoint, rewards=rewards, kl=0.0, **SMALL)
    report = grpo(make_run(tmp_path / "b", grpo=settings))
    assert report["undecided"] == report["rollouts"] == 16
    assert not moved(checkpoint, report["checkpoint"])


def test_grpo_goes_on_from_what_sft_wrote(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    run = make_run(
        tmp_path / "c",
        sft=Sft(model=checkpoint, max_steps=1),
        grpo=Grpo(**SMALL | {"max_steps": 1}),
    )
    with pytest.raises(UserError, match="`curate sft` first, or name a model"):
        grpo(run)
    sft(run)
    assert grpo(run)["steps"] == 1
    stages = manifest.rows(run, "select distinct stage from metrics order by 1")
    assert [row["stage"] for row in stages] == ["grpo", "sft"]


def test_only_problems_with_a_usable_gold_are_asked(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    run = make_run(tmp_path / "d")
    problems = latest_problems(run)
    assert problems.height == len(SUMS)
    base = Base(checkpoint, Generate(prompt="Q: {problem}"), "grpo.model")
    bad = problems.get_column("problem").is_in(["What is 1 + 2?", "What is 3 + 4?"])
    check = pl.when(bad).then(pl.lit("no_gold")).otherwise("gold_check")
    asked = usable(problems.with_columns(gold_check=check), base)
    assert asked.height == len(SUMS) - 2
    assert asked.item(0, "prompt").startswith("<s>user: Q: What is")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (None, "no `grpo` section"),
        ({"prompts_per_step": 7}, "has 6 problems with a usable gold, a step takes 7"),
        ({"rewards": {}}, "grpo.rewards is empty"),
        ({"model": "./nowhere"}, "grpo.model: there is no folder ./nowhere"),
        (
            {"lr_scheduler_type": "polynomial", "lr_scheduler_kwargs": {"lr_and": 1e-5}},
            "grpo.lr_scheduler_kwargs: polynomial does not take .*lr_and",
        ),
        ({"output": "verdicts"}, "grpo.output: 'verdicts' must be a plain folder name"),
    ],
)
def test_mistake_is_one_line(
    settings: dict | None, line: str, checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    section = None if settings is None else Grpo(**{"model": checkpoint, **SMALL, **settings})
    with pytest.raises(UserError, match=line):
        grpo(make_run(tmp_path / "e", grpo=section))


def test_reply_begins_with_the_tag_that_the_prompt_held(tmp_path: Path) -> None:
    base = Base(make_checkpoint(tmp_path / "opened", OPENED), None, "grpo.model")
    ids = base.tokenizer("So.</think> 3")["input_ids"] + [base.tokenizer.eos_token_id]
    reader = Reader(base)
    assert reader.replies(["assistant: <think>\n", "assistant: "], [ids, ids]) == [
        "<think>\nSo.</think> 3",
        "So.</think> 3",
    ]


def test_think_tag_that_is_a_special_token_is_read(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "base")
    tokenizer = make_tokenizer(TEMPLATE)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    tokenizer.save_pretrained(folder)
    base = Base(folder, None, "grpo.model")
    ids = base.tokenizer("<think>So.</think> 3")["input_ids"]
    assert base.tokenizer.decode(ids, skip_special_tokens=True) == "So. 3"
    assert Reader(base).replies([""], [ids]) == ["<think>So.</think> 3"]


def test_marked_reply_is_read_as_a_think_block(checkpoint: str) -> None:
    base = Base(checkpoint, None, "grpo.model")
    reader = Reader(base, marker="cot")
    ids = base.tokenizer("|cot|So.|cot|3")["input_ids"]
    assert reader.replies(["<think>\n"], [ids]) == ["<think>\nSo.\n</think>\n\n3"]


def test_prompt_reaches_the_trainer_with_one_begin_of_text(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "base")
    tokenizer = make_tokenizer(TEMPLATE)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.bos_token_id)]
    )
    tokenizer.save_pretrained(folder)
    base = Base(folder, None, "grpo.model")
    text = exact_prompt(base, "<s>user: 1+1?\nassistant: ")
    assert text == "user: 1+1?\nassistant: "
    assert base.tokenizer(text)["input_ids"].count(tokenizer.bos_token_id) == 1


@pytest.mark.parametrize("trainer", ["sft.train", "rl.train"])
def test_missing_extra_is_named(trainer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trl", None)
    for name in [name for name in sys.modules if name.startswith(trainer.split(".")[0] + ".")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UserError, match=r"needs trl: pip install 'coldstart-curate\[train\]'"):
        importlib.import_module(trainer)


def test_training_stopped_behind_its_last_step_takes_no_other(
    checkpoint: str, tmp_path: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its result was published."""
    section = Grpo(model=checkpoint, rewards={f"{__name__}:length": 1.0}, save_steps=1, **SMALL)
    run = make_run(tmp_path / "run", grpo=section)
    with monkeypatch.context() as stopping:
        stopping.setattr(trained, "publish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            grpo(run)
    report = grpo(run)
    assert (report["steps"], report["rollouts"]) == (2, 16)
    (row,) = manifest.rows(run, "select count(*) as n, max(step) as last from rollouts")
    assert (row["n"], row["last"]) == (16, 2)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt
