"""Embeddings of texts in a process of their own: python -m core.training.text_worker.

A request is a line on standard input: {"name": extractor, "sha256": of its weights, "texts": [text, …]}; the answer is
a line {"vectors": [[…], …]} or {"error": sentence}. The text tower that was asked last stays loaded.
"""

import sys
import traceback
import warnings
from collections.abc import Mapping
from typing import Any

import torch

from core.base.errors import WinnowError
from core.jobs.worker_process import Tell, answer_requests
from core.training.models.clip_models import TextTower

IDLE = 300.0
"""Seconds without a request after which the process ends and gives its memory back."""
THREADS = 2
"""A text is short: more threads gain nothing."""


class TextWorker:
    """Embeds texts by the text tower that a request names."""

    def __init__(self) -> None:
        self._known: tuple[str, str] | None = None
        self._tower: TextTower | None = None

    def answer(self, request: Mapping[str, Any], tell: Tell = lambda facts: None) -> dict[str, Any]:
        """Embed the texts of a request.

        Args:
            request: `name`, `sha256` and `texts`.
            tell: Takes progress; there is none.

        Returns:
            `vectors`, (n, D), or `error` with a sentence.
        """
        try:
            wanted = str(request["name"]), str(request["sha256"])
            if self._tower is None or self._known != wanted:
                self._tower, self._known = TextTower(*wanted), wanted
            return {"vectors": self._tower.vectors(list(request["texts"])).tolist()}
        except WinnowError as error:
            return {"error": str(error)}
        except Exception as error:
            traceback.print_exc()
            reason = " ".join(str(error).split())[:200]
            return {"error": f"The text tower of {request['name']} failed ({type(error).__name__}: {reason})."}


def main() -> int:
    """Answer requests until the input ends or none comes for a while."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(THREADS)
    answer_requests(lambda: TextWorker().answer, IDLE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
