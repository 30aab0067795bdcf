"""Layouts of public data sets. A new one is one file (or a few lines in one) and one
line in the table; your own is `--layout module:NAME`."""

from __future__ import annotations

from curate.sources.layouts.layout import PLAIN, Layout, Row
from filters.plugins import load

_HERE = "curate.sources.layouts"
LAYOUTS: dict[str, str] = {
    "openr1": f"{_HERE}.reasoning:OPENR1",
    "numina-cot": f"{_HERE}.reasoning:NUMINA_COT",
    "openthoughts": f"{_HERE}.reasoning:OPENTHOUGHTS",
    "openthoughts-metadata": f"{_HERE}.reasoning:OPENTHOUGHTS_METADATA",
    "am-distilled": f"{_HERE}.reasoning:AM_DISTILLED",
    "nemotron": f"{_HERE}.reasoning:NEMOTRON",
    "nemotron-v1": f"{_HERE}.reasoning:NEMOTRON_V1",
    "s1k-1.1": f"{_HERE}.reasoning:S1K_1_1",
    "s1k": f"{_HERE}.reasoning:S1K",
    "dolphin-r1": f"{_HERE}.reasoning:DOLPHIN_R1",
    "deepmath": f"{_HERE}.reasoning:DEEPMATH",
    "scp": f"{_HERE}.reasoning:SCP",
    "orz": f"{_HERE}.reasoning:ORZ",
    "orz-columns": f"{_HERE}.reasoning:ORZ_COLUMNS",
    "medical-o1": f"{_HERE}.reasoning:MEDICAL_O1",
    "openmath": f"{_HERE}.reasoning:OPENMATH",
    "livecodebench": f"{_HERE}.livecodebench:LIVECODEBENCH",
    "leetcode": f"{_HERE}.code:LEETCODE",
    "humaneval": f"{_HERE}.code:HUMANEVAL",
    "mbpp": f"{_HERE}.code:MBPP",
    "codecontests": f"{_HERE}.code:CODECONTESTS",
    "apps": f"{_HERE}.code:APPS",
    "synthetic-1": f"{_HERE}.primeintellect:SYNTHETIC_1",
    "kodcode": f"{_HERE}.code:KODCODE",
    "codeforces": f"{_HERE}.code:CODEFORCES",
    "codeforces-cots": f"{_HERE}.code:CODEFORCES_COTS",
    "opencodereasoning": f"{_HERE}.code:OPENCODEREASONING",
    "opencodereasoning-2": f"{_HERE}.code:OPENCODEREASONING_2",
    "verl": f"{_HERE}.reasoning:VERL",
    "chat-completion": f"{_HERE}.served:CHAT_COMPLETION",
    "gpqa": f"{_HERE}.choice:GPQA",
    "medmcqa": f"{_HERE}.choice:MEDMCQA",
    "aqua": f"{_HERE}.choice:AQUA",
    "mathqa": f"{_HERE}.choice:MATHQA",
    "lettered": f"{_HERE}.choice:LETTERED",
    "mmlu": f"{_HERE}.choice:MMLU",
    "arc": f"{_HERE}.choice:ARC",
    "rollouts": f"{_HERE}.rollouts:ROLLOUTS",
    "math": f"{_HERE}.reasoning:MATH",
    "reclor": f"{_HERE}.reading:RECLOR",
    "logiqa": f"{_HERE}.reading:LOGIQA",
    "agieval": f"{_HERE}.reading:AGIEVAL",
    "drop": f"{_HERE}.reading:DROP",
    "squad": f"{_HERE}.reading:SQUAD",
    "passage": f"{_HERE}.reading:PASSAGE",
    "context": f"{_HERE}.reading:CONTEXT",
    "svamp": f"{_HERE}.reading:SVAMP",
    "alpaca": f"{_HERE}.reading:ALPACA",
    "dolly": f"{_HERE}.reading:DOLLY",
    "openai-batch": f"{_HERE}.served:OPENAI_BATCH",
    "vllm": f"{_HERE}.served:VLLM",
    "lm-eval": f"{_HERE}.served:LM_EVAL",
    "preference": f"{_HERE}.served:PREFERENCE",
    "solutions": f"{_HERE}.reasoning:SOLUTIONS",
}
"""name -> where it is; a file is read in the first that fits it, the particular ones first"""


def layout_of(name: str | None, first: list[Row]) -> Layout:
    """The layout asked for, else the first that fits the first rows, else the plain one."""
    if name == "plain":
        return PLAIN
    if name is not None:
        chosen: Layout = load(name, "--layout", "layout", {"plain": "", **LAYOUTS})
        return chosen
    known = (load(name, "layout", "layout", LAYOUTS) for name in LAYOUTS)
    return next((layout for layout in known if layout.fits(first)), PLAIN)
