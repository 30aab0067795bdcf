"""Those who train elsewhere: TRL takes an export as it is loaded, and does what the docs say."""

import re
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from test_mixture import R1_DISTILL
from tiny_checkpoint import TEMPLATE, make_checkpoint
from trained_run import SUMS, MakeRun
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, SFTConfig, SFTTrainer
from trl.scripts.sft import main, make_parser

from curate.records.export import export

WITH_END = TEMPLATE.replace("{{ m.content }}\n", "{{ m.content }}</s>").replace(
    "%}assistant: ", "%}<s>assistant: "
)
"""as the templates of chat models do: a turn ends with the end of text and begins as it is asked"""
DOCS = Path(__file__).parents[2] / "docs" / "training.md"
ON_A_CPU = {"max_length": None, "report_to": "none", "use_cpu": True, "bf16": False}


def trained_text(folder: Path, template: str, scratch: Path) -> str:
    """What TRL would train the first row on."""
    base = make_checkpoint(scratch / "base", template)
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base),
        args=SFTConfig(output_dir=str(scratch / "out"), **ON_A_CPU),
        train_dataset=load_dataset(str(folder), "sft", split="train"),
        processing_class=AutoTokenizer.from_pretrained(base),
    )
    assert len(trainer.train_dataset) == len(SUMS)
    labels = [label for label in trainer.train_dataset[0]["labels"] if label != -100]
    return trainer.processing_class.decode(labels)


@pytest.fixture
def exported(tmp_path: Path, make_run: MakeRun) -> Path:
    export(make_run(tmp_path / "run"), tmp_path / "dataset")
    return tmp_path / "dataset"


def test_trl_trains_on_thinking_and_summary(exported: Path, tmp_path: Path) -> None:
    record = load_dataset(str(exported), "sft", split="train")[0]
    whole = f"<think>\n{record['thinking']}\n</think>\n\n{record['summary']}</s>"
    assert trained_text(exported, WITH_END, tmp_path) == whole


def test_a_template_that_deletes_thinking_does_so_in_trl(exported: Path, tmp_path: Path) -> None:
    text = trained_text(exported, R1_DISTILL, tmp_path)
    assert "I add" not in text
    assert "boxed" in text


def test_trls_own_script_runs_as_the_docs_say(exported: Path, tmp_path: Path) -> None:
    (line,) = re.findall(r"^trl sft (.*)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    base = make_checkpoint(tmp_path / "base", WITH_END)
    line = line.replace("BASE", base).replace("DIR", str(exported)).replace("32768", "512")
    more = f"--max_steps 1 --use_cpu --bf16 false --report_to none --output_dir {tmp_path / 'out'}"
    main(*make_parser().parse_args_and_config([*line.split(), *more.split()]))
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_trl_takes_the_problems_as_the_docs_say(exported: Path, tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(# grpo\.py.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    base = make_checkpoint(tmp_path / "base")
    args = GRPOConfig(
        **{"output_dir": str(tmp_path / "out"), "max_steps": 1, "num_generations": 2},
        **{"per_device_train_batch_size": 2, "max_completion_length": 8},
        **{name: ON_A_CPU[name] for name in ("report_to", "use_cpu", "bf16")},
    )
    script = script.replace("DIR", str(exported)).replace("BASE", base)
    known: dict[str, Any] = {"args": args}
    exec(script.replace("problems)", "problems, args=args)"), known)
    trainer = known["trainer"]
    trainer.train()
    assert trainer.state.log_history[0]["rewards/right/mean"] == 0.0
    (sum_,) = [row for row in trainer.train_dataset if row["gold"] == "42"]
    said = [[{"role": "assistant", "content": f"So \\boxed{{{n}}}."}] for n in (42, 41)]
    assert known["right"](said, **{name: [value] * 2 for name, value in sum_.items()}) == [1.0, 0.0]
