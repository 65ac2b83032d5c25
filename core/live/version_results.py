"""Results of a run and its model versions on the val images, from their folders."""

from contextlib import suppress

import numpy as np

from core.base.errors import WinnowError
from core.base.types import LabelSource
from core.experiments.control_runs import num_clicks
from core.live.learning_curve import VersionResult
from core.live.version_fit import read_version
from core.store.files import load_array
from core.workspace.model_versions import list_versions, version_folder
from core.workspace.run import Run
from core.workspace.workspace import Workspace


def version_results(workspace: Workspace, run: Run, last: int) -> list[VersionResult]:
    """Read what the run and each of its versions says of the val images, oldest first.

    Args:
        workspace: The project.
        run: A finished run.
        last: Last decision of the log; versions beyond it are of another log.
    """
    frozen = run.folder.curated()
    clicks = 0 if frozen is None else num_clicks(frozen)
    bulk = 0 if frozen is None else int((frozen.sources == LabelSource.BULK).sum())
    drawn = workspace.drawn_splits.val
    is_val = np.isin(drawn, workspace.splits.val, assume_unique=True)  # labels may have been withdrawn since
    val = np.asarray(run.folder.logits()[drawn[is_val]]).argmax(axis=1)
    found = [VersionResult(run.id, clicks, bulk, val)]
    for version in list_versions(run.folder):
        if version.decision > last:
            continue
        folder = version_folder(run.folder, version)
        with suppress(WinnowError):  # a damaged record: the other versions still say something
            record = read_version(folder)
            predictions = load_array(folder / "val_predictions.npy")[is_val]
            found.append(VersionResult(version.name, record.num_clicks, record.num_bulk, predictions))
    return found
