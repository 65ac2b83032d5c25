"""Labels that a rule picks for one run, beside what people decided; the decision log knows nothing of them."""

import numpy as np

from core.base.types import CuratedSet, Ids, Labels, LabelSource
from core.curation.replay import digest


def with_selection(curated: CuratedSet, ids: Ids, labels: Labels, weight: float = 1.0) -> CuratedSet:
    """The curated set and, as pseudo-labels (BULK, decision 0), the selected images it does not speak of yet.

    ids (n,) sorted, labels (n,); weight in [0, 1]. What a person decided, a reject too, stands.
    """
    is_new = ~np.isin(ids, np.concatenate([curated.ids, curated.reject_ids]))
    ids, labels = ids[is_new], labels[is_new]
    place = np.argsort(np.concatenate([curated.ids, ids]), kind="stable")
    num = len(ids)

    def joined(mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        return np.concatenate([mine, theirs.astype(mine.dtype)])[place]

    columns = (
        joined(curated.ids, ids),
        joined(curated.labels, labels),
        joined(curated.weights, np.full(num, weight)),
        joined(curated.sources, np.full(num, LabelSource.BULK)),
        joined(curated.decisions, np.zeros(num)),
        curated.reject_ids,
        curated.reject_labels,
    )
    return CuratedSet(*columns, digest=digest(*columns))
