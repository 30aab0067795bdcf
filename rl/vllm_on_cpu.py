"""What vLLM needs inside the trainer's process on a machine without GPU."""

from __future__ import annotations

import os

SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the trainer writes its weights into this process
    "TORCH_COMPILE_DISABLE": "1",  # asking for log-probabilities would compile for 16 s
    "VLLM_CPU_KVCACHE_SPACE": "2",
}


def prepare() -> None:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    from vllm import _custom_ops

    # oneDNN packs the weights and drops the originals: the trainer could renew them no more
    _custom_ops._supports_onednn = False
