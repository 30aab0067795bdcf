"""What a training is made from: its identity, and what is written down of it wherever its
checkpoint goes, so that data and weights can be traced to each other."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from curate.config import Training
from curate.store.run_folder import Run
from filters.schema import content_id, utc_now
from sft.trainer.base_model import Base

PROGRAM = "coldstart-curate"


@dataclass(frozen=True)
class Origin:
    run: Run
    stage: str
    """sft, grpo"""
    settings: Training
    base: Base
    target: Path
    """the folder of the checkpoint that comes out"""
    dataset_hash: str
    """of all that is trained on, in its order"""

    @cached_property
    def fingerprint(self) -> str:
        """Two trainings with one fingerprint give the same."""
        rest = (str(self.run.config.seed), self.run.config.normalize.marker)
        base = (self.base.revision, self.base.template_hash)
        return content_id(self.stage, self.settings.identity, *rest, *base, self.dataset_hash)

    def checkpoint_id(self, step: int) -> str:
        return content_id("checkpoint", self.fingerprint, str(step))

    def facts(self, step: int) -> dict[str, Any]:
        """What `training.json` says; nothing of this machine."""
        return {
            "checkpoint_id": self.checkpoint_id(step),
            "fingerprint": self.fingerprint,
            "run": self.run.config.name,
            "stage": self.stage,
            "step": step,
            "base_model": self.base.public_name,
            "base_revision": self.base.revision,
            "tokenizer_hash": self.base.tokenizer_hash,
            "template_hash": self.base.template_hash,
            "dataset_hash": self.dataset_hash,
            "settings": json.loads(self.settings.identity),
            "program_version": importlib.metadata.version(PROGRAM),
            "program_commit": program_commit(),
        }

    def row(self, step: int, found: dict[str, Any]) -> dict[str, Any]:
        """Of the table `checkpoints`; `found` is what came out: path, revision, losses, counts."""
        facts = self.facts(step)
        settings = json.dumps(facts["settings"])
        return {**facts, **found, "settings": settings, "created_at": utc_now()}


def program_commit() -> str | None:
    """Of this program, where it runs from a checkout or was installed from git."""
    try:
        direct = importlib.metadata.distribution(PROGRAM).read_text("direct_url.json")
        installed = json.loads(direct or "{}").get("vcs_info", {}).get("commit_id")
        if installed:
            return str(installed)
        here = Path(__file__).resolve().parents[2]
        if not (here / ".git").exists():
            return None
        git = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (
        OSError,
        ValueError,
        subprocess.TimeoutExpired,
        importlib.metadata.PackageNotFoundError,
    ):
        return None
    return git.stdout.strip() or None
