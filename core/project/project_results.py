"""Results of a project: scores, selections, comparisons, curated labels, exports."""

from pathlib import Path
from typing import Any

from core.base.types import CuratedSet
from core.experiments.control_runs import value_over_control
from core.experiments.label_snapshot import freeze
from core.experiments.stopping import advise_stopping
from core.export.error_states import bulk_runs
from core.export.export import export
from core.export.label_table import ExportOptions
from core.project.project_folder import ProjectFolder
from core.quality.evaluation import Selection, select
from core.quality.model_comparison import (
    ClassGroupComparison,
    GroupAccuracy,
    HeadComparison,
    RunComparison,
    compare_by,
    compare_class_groups,
    compare_runs,
    compare_with_head,
)
from core.risk.review_value import ReviewValue, StopAdvice
from core.workspace.pool_index import PoolScores


class ProjectResults(ProjectFolder):
    """The methods of Project that read what runs and decisions gave."""

    def scores(self, run_id: str) -> PoolScores:
        """Score the pool under a finished run: confidence, entropy, margin and pseudo-label.

        Args:
            run_id: The finished run.

        Returns:
            Scores, one row per pool image.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return self.workspace.scores(run_id)

    def given_scores(self, run_id: str) -> PoolScores:
        """Score the images with a given label under a finished run, which was trained on most of them.

        Args:
            run_id: The finished run.

        Returns:
            Scores, one row per image whose label was given and is not hidden.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return self.workspace.given_scores(run_id)

    def select(self, run_id: str, rule: str, **params: Any) -> Selection:
        """Apply a rule to the pool and estimate the error of what it keeps.

        Args:
            run_id: A finished run.
            rule: One of `constants.RULES`.
            params: Parameters of the rule.

        Returns:
            Mask, count, coverage [0, 1], and estimated error with interval, state and reason.

        Raises:
            ConfigError: There is no such rule, or a parameter is out of range.
            RunError: The run has no scores yet.
        """
        pool, check = self.scores(run_id), self.quality.pool_check(run_id)
        return select(pool, self.decisions.hidden_items(), check, rule, params)

    def compare(self, run_a: str, run_b: str) -> RunComparison:
        """Compare two finished runs, and their average, on the test images.

        The average is the geometric mean of their calibrated probabilities; val chooses its weight.

        Args:
            run_a: The run before.
            run_b: The run after.

        Returns:
            Accuracies, paired difference (b minus a) with interval, flips, per class; the average over each run.

        Raises:
            InputError: There is no such run, or the project has no test images.
            RunError: A run has no scores yet.
        """
        return compare_runs(self.workspace, run_a, run_b, with_average=True)

    def compare_by(self, compared: RunComparison, column: str) -> list[GroupAccuracy]:
        """Compare two finished runs on the test images with each value of a metadata column.

        Args:
            compared: Both runs on all test images, from `compare`.
            column: The column; many numbers or times are divided into ranges.

        Returns:
            Accuracies and paired difference (b minus a) of each value that test images have.

        Raises:
            InputError: There is no such column.
        """
        return compare_by(self.workspace, compared, column)

    def compare_class_groups(self, compared: RunComparison) -> list[ClassGroupComparison]:
        """Compare two finished runs on the test images of each class group.

        Args:
            compared: What `compare` returned of both.

        Returns:
            Errors of both in each group, those within the group apart; none where no class has a group.
        """
        return compare_class_groups(self.workspace, compared)

    def compare_with_head(self, network: str, head: str | None = None) -> HeadComparison | None:
        """Compare a network with a head on the same val images: which of both should suggest?

        Args:
            network: A finished run that trained a network.
            head: A finished head run; None takes the latest one, as it suggests now.

        Returns:
            The paired difference with its interval, and a sentence; None where there is nothing to compare.

        Raises:
            InputError: There is no such run.
            RunError: The head has no scores yet.
        """
        return compare_with_head(self.workspace, network, head)

    def review_value(self, control: str, curated: str) -> ReviewValue:
        """Measure the test accuracy that 100 decisions gained over a control run.

        Args:
            control: The control run.
            curated: The run with the decisions.

        Returns:
            Percentage points per 100 decisions, with interval.

        Raises:
            InputError: Both are the same run, or the project has no test images.
        """
        return value_over_control(self.workspace, control, curated)

    def stop_advice(self, run_id: str) -> StopAdvice:
        """Advise whether reviewing further is worth it after a run.

        Args:
            run_id: The finished run.

        Returns:
            The advice, from flips since the parent, audit bound and value over the control run.

        Raises:
            InputError: There is no such run.
            RunError: The run has no scores yet.
        """
        return advise_stopping(self.workspace, self.quality, run_id)

    def curate(self) -> CuratedSet:
        """Replay the decision log into the labels that the next run would train on.

        Returns:
            The curated set, sorted by image id.
        """
        return freeze(self.workspace, self.decisions).curated

    def bulk_runs(self) -> list[str]:
        """List the runs by whose suggestions labels of the curated set were accepted in bulk.

        Returns:
            Ids of runs and model versions, sorted.
        """
        return bulk_runs(freeze(self.workspace, self.decisions))

    def export(
        self,
        kind: str,
        folder: Path | str,
        run_id: str | None = None,
        *,
        files: str = "auto",
        held_out: bool | None = None,
        bom: bool | None = None,
        formula_safe: bool = True,
        threshold: float | None = None,
    ) -> Path:
        """Write the labels, or a run's model or round card, into a folder, whole or not at all.

        Args:
            kind: One of `constants.EXPORTS` for labels; model, onnx or round_card for a run.
            folder: Where to: new, empty, or an earlier export, which is replaced.
            run_id: The finished run, for one of `constants.RUN_EXPORTS`; for labels the run whose predictions go along.
            files: How images come along: copy, hardlink or symlink the originals, resized, or auto (copy where the
                originals are still there).
            held_out: Whether labels of val, calibration and test images go along; None: as the format does.
            bom: Whether CSV begins with a byte order mark, by which spreadsheets know UTF-8; None: where a cell is not
                ASCII.
            formula_safe: Whether CSV cells that a spreadsheet would compute get an apostrophe in front.
            threshold: Of an onnx model: confidence below which it says "don't know"; None: the threshold for an
                expected error of 5 %.

        Returns:
            The file or folder that was written.

        Raises:
            InputError: There is no such kind, the run or originals are missing, or the folder holds other files.
            DataError: The files cannot be written; an earlier export is left as it was.
        """
        options = ExportOptions(files, held_out, bom, formula_safe, threshold)
        target = Path(folder).expanduser()
        return export(self.workspace, self.decisions, self.quality, kind, target, run_id, options)
