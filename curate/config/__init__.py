"""The configuration: YAML checked by pydantic, every field with its default and its meaning.

An unknown key is an error with the nearest known one; nothing misspelt ever becomes a default.
"""

from curate.config.data import AskedModel, Generate, Normalize, Refine, Source
from curate.config.evaluation import Eval, ProblemSet
from curate.config.reading import config_of, load_config, parse_section, read_yaml
from curate.config.section import Section
from curate.config.training import Also, Grpo, Judge, Lora, Sft, Training
from curate.config.whole import Config, Executor

__all__ = [
    "Also",
    "AskedModel",
    "Config",
    "Eval",
    "Executor",
    "Generate",
    "Grpo",
    "Judge",
    "Lora",
    "Normalize",
    "ProblemSet",
    "Refine",
    "Section",
    "Sft",
    "Source",
    "Training",
    "config_of",
    "load_config",
    "parse_section",
    "read_yaml",
]
