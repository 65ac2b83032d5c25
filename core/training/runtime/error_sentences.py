"""What to tell a person about an error that ended a training."""

import traceback

from core.base.errors import WinnowError
from core.training.runtime import distributed
from core.training.runtime.memory import is_out_of_memory, memory_sentence


def error_sentence(error: Exception, batch_size: int, unlabeled_ratio: int) -> str:
    """A sentence for an error; the traceback of one that is not Winnow's own is printed.

    Args:
        error: What ended the training.
        batch_size: Labeled images a step, for the advice where memory ran out.
        unlabeled_ratio: Unlabeled images per labeled one, likewise.

    Returns:
        What happened and what to do.
    """
    if isinstance(error, WinnowError):
        return str(error)
    traceback.print_exc()
    if is_out_of_memory(error):
        return memory_sentence(batch_size, unlabeled_ratio, distributed.world_size())
    if distributed.is_launched() and isinstance(error, RuntimeError):
        return f"Another process of this run is gone ({error}). Resume goes on from the last checkpoint."
    return f"Unexpected error ({type(error).__name__}: {error}). The log has the details."
