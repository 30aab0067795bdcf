"""Sound reasoning traces, defects to put into them, and look-alikes that are no defects.

Written apart from the filters, so that their recall is measured on something they were not
tuned to. Everything is seeded: the same seed gives the same rows.
"""

from .benchmark import benchmark_questions
from .benign import BENIGN, benign
from .defects import DEFECTS, Defect, inject
from .recall import RecallTable, recall_table
from .rows import Row
from .sound import sound_traces

__all__ = [
    "BENIGN",
    "DEFECTS",
    "Defect",
    "RecallTable",
    "Row",
    "benchmark_questions",
    "benign",
    "inject",
    "recall_table",
    "sound_traces",
]
