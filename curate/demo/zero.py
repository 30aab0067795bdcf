"""The demo's tiny checkpoints: a base and an R1-Zero-like model grown from it, 0.4M parameters.

`base` has read a clean textbook of additions; `zero` went on to answer questions in `<think>` tags,
learnt from a dirty corpus (`corpus.py`), so its samples are right, wrong, mixed and unreadable.
Both are ordinary Llama checkpoint folders with tokenizer and chat template. About a minute on one
core; a folder that was made the same way, by its tokenizer and by this code, is left as it is.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import LambdaLR
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from curate.demo import corpus, problems
from curate.terminal.progress import Progress
from filters.errors import UserError
from filters.schema import content_id

BASE, ZERO = "base", "zero"
MADE = "made.json"
"""beside the two checkpoints: what they were made from"""

PAD, END, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"
TEMPLATE = (
    "{% for m in messages %}"
    "{{ '<|assistant|>' + m['content'] + '<|end|>' if m['role'] == 'assistant' else"
    " '<|user|>' + m['content'] }}"
    "{% endfor %}"
    "{{ '<|assistant|>' if add_generation_prompt }}"
)
PIECES = r"</?think>|\$\\boxed\{|\d| ?\p{L}+|[^\s\p{L}\d]+|\s+"
"""No token reaches over the edge of one of these: digits stay single."""
VOCABULARY = 512
CONTEXT = 512
BATCH = 16
MUON_RATE, ADAM_RATE = 0.02, 4e-3
TEXTBOOK_STEPS, DIRTY_STEPS = 500, 220

_RECIPE = (corpus.__name__, problems.__name__, __name__)
"""a model made by other code is made anew"""

Example = tuple[list[int], list[int]]
"""token ids, and labels where -100 is not trained"""


def build(
    folder: Path,
    seed: int = 0,
    textbook_steps: int = TEXTBOOK_STEPS,
    dirty_steps: int = DIRTY_STEPS,
) -> tuple[Path, Path]:
    """The folders of `base` and `zero`, made unless they are there."""
    base, zero = folder / BASE, folder / ZERO
    tokenizer = make_tokenizer()
    made = _made(tokenizer, seed, textbook_steps, dirty_steps)
    if (folder / MADE).is_file() and json.loads((folder / MADE).read_text()) == made:
        return base, zero
    _make_room(folder)
    staged = folder.parent / f".{folder.name}-{os.getpid()}"
    shutil.rmtree(staged, ignore_errors=True)
    disable_progress_bar()  # of the saving; ours is the training's
    torch.manual_seed(seed)
    rng = random.Random(f"corpus {seed}")
    model = make_model(tokenizer)
    steps = textbook_steps + dirty_steps
    with _one_thread(), Progress("demo model", steps, "steps") as bar:
        _train(model, lambda: _page(tokenizer, rng), textbook_steps, bar)
        save(model, tokenizer, staged / BASE)
        _train(model, lambda: _dialogue(tokenizer, rng), dirty_steps, bar)
        save(model, tokenizer, staged / ZERO)
    (staged / MADE).write_text(json.dumps(made, indent=2))
    staged.rename(folder)
    return base, zero


def make_tokenizer() -> PreTrainedTokenizerFast:
    """Bytes with merges learnt from the corpus; digits stay single. `<think>` is ordinary text: a
    special token would be invisible to whoever decodes without those."""
    bpe = Tokenizer(BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, END, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rng = random.Random("tokenizer")
    bpe.train_from_iterator(("\n".join(corpus.dirty(rng)) for _ in range(2000)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        chat_template=TEMPLATE,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=96,
            intermediate_size=256,
            num_hidden_layers=3,
            num_attention_heads=4,
            head_dim=32,  # the smallest that vLLM takes
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            initializer_range=0.1,  # with the usual 0.02 it learns to copy digits far later
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tokenizer_hash(tokenizer: PreTrainedTokenizerFast) -> str:
    return content_id(tokenizer.backend_tokenizer.to_str(), str(tokenizer.chat_template))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """More only wait for each other on matrices this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _make_room(folder: Path) -> None:
    if (folder / MADE).is_file():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty and holds no demo model; choose another folder")


def _made(tokenizer: PreTrainedTokenizerFast, *settings: int) -> dict[str, str]:
    source = "".join(inspect.getsource(sys.modules[name]) for name in _RECIPE)
    return {
        "tokenizer": tokenizer_hash(tokenizer),
        "recipe": content_id(source, *map(str, settings)),
    }


def _page(tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> Example:
    ids = [*tokenizer.encode(corpus.textbook(rng)), tokenizer.eos_token_id]
    return ids, ids


def _dialogue(tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> Example:
    question, answer = corpus.dirty(rng)
    asked = tokenizer.encode(f"{USER}{question}{ASSISTANT}")
    told = [*tokenizer.encode(answer), tokenizer.eos_token_id]
    return (asked + told)[:CONTEXT], ([-100] * len(asked) + told)[:CONTEXT]


def _train(
    model: LlamaForCausalLM, example: Callable[[], Example], steps: int, bar: Progress
) -> None:
    optimizers = _optimizers(model)
    schedules = [LambdaLR(optimizer, partial(_rate, steps=steps)) for optimizer in optimizers]
    for _, (ids, labels) in zip(range(steps), _batches(example), strict=False):
        mask = torch.arange(ids.shape[1]) < (ids != 0).sum(1, keepdim=True)  # pad is id 0
        model(input_ids=ids, attention_mask=mask.long(), labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        bar.advance()


def _optimizers(model: LlamaForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the matrices: all sums right where AdamW alone had 67 of 100 in the same time."""
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim != 2 or "embed" in n]
    return [
        torch.optim.Muon(matrices, lr=MUON_RATE, weight_decay=0.0),
        torch.optim.AdamW(others, lr=ADAM_RATE, weight_decay=0.01, betas=(0.9, 0.98)),
    ]


def _batches(example: Callable[[], Example]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """(BATCH, longest) token ids and labels; examples of like length together, for less padding."""
    while True:
        pool = sorted((example() for _ in range(8 * BATCH)), key=lambda e: len(e[0]))
        order = torch.randperm(8).tolist()
        for at in order:
            ids, labels = zip(*pool[at * BATCH : (at + 1) * BATCH], strict=True)
            yield _padded(ids, 0), _padded(labels, -100)


def _padded(rows: tuple[list[int], ...], value: int) -> torch.Tensor:
    return pad_sequence([torch.tensor(row) for row in rows], True, value)


def _rate(step: int, steps: int) -> float:
    """Warm-up over a twentieth, then cosine to a tenth of the peak."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
