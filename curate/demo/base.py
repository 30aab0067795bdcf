"""The mini road's base: a Llama of 0.4M parameters that has read a clean textbook and then the
dirty web. The one loop of the road that is neither TRL's nor an engine's.

An ordinary checkpoint folder with tokenizer and chat template, two minutes on one core; one that
was made in the same way, by this code, is left as it is.
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

from curate.demo import authors, problems
from curate.demo.course import Course, Lesson
from curate.terminal.progress import Progress
from filters.errors import UserError
from filters.schema import content_id

MADE = "made.json"
"""in the folder: what the checkpoint was made from"""

PAD, END, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"
TEMPLATE = (
    "{% for m in messages %}"
    "{{ '<|assistant|>' + m['content'] + '<|end|>' if m['role'] == 'assistant' else"
    " '<|user|>' + m['content'] }}"
    "{% endfor %}"
    "{{ '<|assistant|>' if add_generation_prompt }}"
)
CONTEXT = 256
BATCH = 32
RATE = 3e-3

_SHARED = (authors.__name__, problems.__name__)
"""beside a course's own: a base made by other code is made anew"""

Example = tuple[list[int], list[int]]
"""token ids, and labels where -100 is not trained"""


def build(folder: Path, course: Course, seed: int = 0) -> Path:
    """The folder, made unless it is there."""
    tokenizer = make_tokenizer(course)
    recipe = _recipe(tokenizer, course, seed)
    if (folder / MADE).is_file() and json.loads((folder / MADE).read_text()) == recipe:
        return folder
    _make_room(folder)
    disable_progress_bar()  # of the saving; ours is the training's
    torch.manual_seed(seed)
    rng = random.Random(f"corpus {seed}")
    model = make_model(tokenizer, course.spread)
    steps = sum(lesson.steps for lesson in course.lessons)
    with _one_thread(), Progress("base", steps, "steps") as bar:
        for lesson in course.lessons:
            example = partial(_dialogue, tokenizer, rng, lesson.source)
            _train(model, example, lesson, course.muon, bar)
    staged = folder.parent / f".{folder.name}-{os.getpid()}"
    shutil.rmtree(staged, ignore_errors=True)
    model.save_pretrained(staged)
    tokenizer.save_pretrained(staged)
    (staged / MADE).write_text(json.dumps(recipe, indent=2))
    staged.rename(folder)
    return folder


def make_tokenizer(course: Course) -> PreTrainedTokenizerFast:
    """Bytes with merges learnt from the course. `<think>` is ordinary text: a special token would
    be invisible to whoever decodes without those."""
    bpe = Tokenizer(BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(course.pieces), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=course.vocabulary,
        special_tokens=[PAD, END, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    rng = random.Random("tokenizer")
    read = course.lessons[-1].source
    bpe.train_from_iterator(("\n".join(read(rng)) for _ in range(2000)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        chat_template=TEMPLATE,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def make_model(tokenizer: PreTrainedTokenizerFast, spread: float) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=96,
            intermediate_size=256,
            num_hidden_layers=3,
            num_attention_heads=3,  # of 32, the smallest that vLLM takes
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            initializer_range=spread,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


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
        raise UserError(f"{folder} is not empty and holds no base of ours; choose another folder")


def _recipe(tokenizer: PreTrainedTokenizerFast, course: Course, seed: int) -> dict[str, str]:
    lessons = [(lesson.source.__name__, lesson.steps, lesson.ends) for lesson in course.lessons]
    settings = (lessons, course.spread, course.muon, seed)
    modules = sorted({__name__, *_SHARED, *(lesson.source.__module__ for lesson in course.lessons)})
    source = (inspect.getsource(sys.modules[name]) for name in modules)
    return {
        "tokenizer": tokenizer_hash(tokenizer),
        "recipe": content_id(*source, str(settings)),
    }


def _dialogue(
    tokenizer: PreTrainedTokenizerFast,
    rng: random.Random,
    source: Callable[[random.Random], tuple[str, str]],
) -> Example:
    """A question, which is not trained, and what was written under it."""
    question, answer = source(rng)
    question_ids = tokenizer.encode(f"{USER}{question}{ASSISTANT}")
    answer_ids = [*tokenizer.encode(answer), tokenizer.eos_token_id]
    labels = [-100] * len(question_ids) + answer_ids
    return (question_ids + answer_ids)[:CONTEXT], labels[:CONTEXT]


def _train(
    model: LlamaForCausalLM,
    example: Callable[[], Example],
    lesson: Lesson,
    muon: float | None,
    bar: Progress,
) -> None:
    optimizers = _optimizers(model, muon)
    rate = partial(_rate, steps=lesson.steps, end=lesson.ends)
    schedules = [LambdaLR(one, rate) for one in optimizers]
    for _, (ids, labels) in zip(range(lesson.steps), _batches(example), strict=False):
        mask = torch.arange(ids.shape[1]) < (ids != 0).sum(1, keepdim=True)  # pad is id 0
        model(input_ids=ids, attention_mask=mask.long(), labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        bar.advance()


def _optimizers(model: LlamaForCausalLM, muon: float | None) -> list[torch.optim.Optimizer]:
    adam = partial(torch.optim.AdamW, lr=RATE, betas=(0.9, 0.98))
    if muon is None:
        return [adam(model.parameters())]
    inner = [p for p in model.model.layers.parameters() if p.ndim == 2]
    known = {id(p) for p in inner}
    rest = [p for p in model.parameters() if id(p) not in known]  # embeddings and norms
    return [torch.optim.Muon(inner, lr=muon, weight_decay=0.0), adam(rest)]


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


def _rate(step: int, steps: int, end: float) -> float:
    """Warm-up over a twentieth, then cosine from the peak to a share of it."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    down = (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2
    return end + (1 - end) * down
