"""Comparison of two runs and their average on test images, and of a network with a head on val images."""

from dataclasses import dataclass

import numpy as np

from core.base.errors import InputError
from core.base.types import Estimate, Ids, Labels, Logits
from core.risk.comparison import Comparison, PairedDifference, accuracy, compare, paired_difference
from core.risk.error_estimates import ClassGroupError, class_group_errors, proportion
from core.scoring.model_average import average_logits, fit_average_weight
from core.workspace.model_versions import has_scores, list_versions, version_folder
from core.workspace.run import Run
from core.workspace.workspace import Workspace


@dataclass(frozen=True)
class AverageComparison:
    """The average of two runs compared with each of them on the test images."""

    weight: float  # of run b, [0, 1], chosen on val
    accuracy: Estimate
    over_a: PairedDifference  # the average less run a
    over_b: PairedDifference  # the average less run b


@dataclass(frozen=True)
class RunComparison:
    """Comparison of two runs on the test images.

    Positions in `comparison` refer to test_ids.
    """

    run_a: str
    run_b: str
    test_ids: Ids
    comparison: Comparison
    average: AverageComparison | None = None  # of both runs


@dataclass(frozen=True)
class GroupAccuracy:
    """Both runs on the test images with one value, or range of values, of a metadata column."""

    name: str
    accuracy_a: Estimate
    accuracy_b: Estimate
    paired: PairedDifference  # accuracy of b less that of a


@dataclass(frozen=True)
class ClassGroupComparison:
    """Both runs on the test images whose true class is of one class group."""

    name: str  # empty: the classes without a group
    errors_a: ClassGroupError
    errors_b: ClassGroupError


@dataclass(frozen=True)
class HeadComparison:
    """A network compared with a head on the val images."""

    network: str
    head: str
    paired: PairedDifference  # accuracy of the network less that of the head

    @property
    def sentence(self) -> str:
        """Say which of both should make the suggestions."""
        low, high = (100 * end for end in self.paired.interval)
        points, images = 100 * self.paired.difference, f"On the same {self.paired.n:,} val images"
        advice = "as the suggesting model, or average both."
        if high < 0:
            return (
                f"{images} the head {self.head} is {-points:.1f} points more accurate [{-high:.1f}, {-low:.1f}]: "
                f"keep it {advice}"
            )
        if low > 0:
            gain = f"{points:.1f} points more accurate than the head {self.head} [{low:.1f}, {high:.1f}]"
            return f"{images} {self.network} is {gain}."
        return (
            f"{images} {self.network} is not shown to be more accurate than the head {self.head} "
            f"({points:+.1f} points [{low:+.1f}, {high:+.1f}]): keep the head {advice}"
        )


def compare_runs(workspace: Workspace, run_a: str, run_b: str, *, with_average: bool = False) -> RunComparison:
    """Compare two finished runs on the same test images.

    Args:
        workspace: The project's workspace.
        run_a: A finished run.
        run_b: Another one; differences are b minus a.
        with_average: Whether to compare the average of both, too.

    Returns:
        Accuracies, paired difference, McNemar test, changed predictions, and numbers per class.

    Raises:
        InputError: The project has no test images.
        RunError: A run has no predictions yet.
    """
    a, b = (workspace.finished_run(run_id) for run_id in (run_a, run_b))
    test = workspace.splits.test
    if not len(test):
        raise InputError("This project has no test images: make it with a test part to compare runs.")
    labels = workspace.images.labels[test]
    num_classes = len(workspace.images.class_names)
    logits_a, logits_b = (_with_classes(run.folder.logits()[test], num_classes) for run in (a, b))
    result = compare(logits_a, logits_b, labels, _groups(workspace, test))
    average = _compare_average(workspace, a, b, result) if with_average else None
    return RunComparison(run_a, run_b, test, result, average)


def compare_by(workspace: Workspace, compared: RunComparison, column: str) -> list[GroupAccuracy]:
    """Compare two runs on the test images with each value of a metadata column.

    Args:
        workspace: The project's workspace.
        compared: Both runs on all test images.
        column: The column; many numbers or times are divided into ranges.

    Returns:
        Accuracies and paired difference of each value that test images have.

    Raises:
        InputError: There is no such column.
    """
    groups = workspace.metadata.groups(column)
    test, result, found = compared.test_ids, compared.comparison, list[GroupAccuracy]()
    labels, clusters, of_test = workspace.images.labels[test], _groups(workspace, test), groups.of_image[test]
    for number in np.unique(of_test).tolist():
        own = of_test == number
        old, new, known = result.predictions_a[own], result.predictions_b[own], labels[own]
        paired = paired_difference(old, new, known, None if clusters is None else clusters[own])
        a, b = (proportion(int((predicted == known).sum()), len(known)) for predicted in (old, new))
        found.append(GroupAccuracy(groups.names[number], a, b, paired))
    return found


def compare_class_groups(workspace: Workspace, compared: RunComparison) -> list[ClassGroupComparison]:
    """Compare two runs on the test images of each class group.

    Args:
        workspace: The project's workspace.
        compared: Both runs on all test images.

    Returns:
        Errors of both in each group, those within the group apart; none where no class has a group.
    """
    table, result, labels = workspace.classes, compared.comparison, workspace.images.labels[compared.test_ids]
    members = table.members if table.groups else {}
    found_a, found_b = (
        class_group_errors(labels, predictions, members) for predictions in (result.predictions_a, result.predictions_b)
    )
    return [ClassGroupComparison(name, found_a[name], found_b[name]) for name in members if found_a[name].error.n]


def compare_with_head(workspace: Workspace, network: str, head: str | None = None) -> HeadComparison | None:
    """Compare a finished network with a head on the same val images.

    Args:
        workspace: The project's workspace.
        network: A finished run that trained a network.
        head: A finished head run; None takes the project's latest one, as it suggests now, of a fine-tuned network the
            latest one on features of the same extractor where there is one.

    Returns:
        The comparison; None without val images, without a head, or where the run itself is a head or not finished.

    Raises:
        InputError: There is no such run.
        RunError: The head has no predictions yet.
    """
    run, val = workspace.run(network), workspace.splits.val
    if run.record.config.is_head or not run.has_predictions or not len(val):
        return None
    config = run.record.config
    extractor = config.extractor if config.is_fine_tuned else None
    found = _latest_head(workspace, extractor) if head is None else workspace.finished_run(head)
    if found is None:
        return None
    labels = workspace.images.labels[val]
    return HeadComparison(
        network,
        found.id,
        paired_difference(_predictions(found, val), _predictions(run, val), labels, _groups(workspace, val)),
    )


def _compare_average(workspace: Workspace, a: Run, b: Run, result: Comparison) -> AverageComparison:
    val, test, labels = workspace.splits.val, workspace.splits.test, workspace.images.labels
    logits_a, logits_b, temperatures = a.folder.logits(), b.folder.logits(), (a.temperature, b.temperature)
    weight = fit_average_weight(logits_a[val], logits_b[val], labels[val], temperatures)
    logits = average_logits(logits_a[test], logits_b[test], weight, temperatures)
    predictions, groups = logits.argmax(axis=1).astype(np.int64), _groups(workspace, test)
    return AverageComparison(
        weight,
        accuracy(logits, labels[test], groups),
        paired_difference(result.predictions_a, predictions, labels[test], groups),
        paired_difference(result.predictions_b, predictions, labels[test], groups),
    )


def _groups(workspace: Workspace, ids: Ids) -> Ids | None:
    """Return the groups of some images; None without groups."""
    groups = workspace.groups
    return None if groups is None else groups.of_image[ids]


def _with_classes(logits: Logits, num_classes: int) -> Logits:
    """Add classes that a run did not know: (n, k) logits to (n, num_classes), −inf for the new ones."""
    missing = max(0, num_classes - logits.shape[1])
    return np.pad(np.asarray(logits), ((0, 0), (0, missing)), constant_values=-np.inf)


def _latest_head(workspace: Workspace, extractor: str | None) -> Run | None:
    """Return the latest finished head run, in its latest model version whose scores are there.

    One on features of the extractor, where there is one.
    """
    heads = [run for run in workspace.runs() if run.record.config.is_head and run.control is None]
    finished = [run for run in heads if run.has_predictions]
    if not finished:
        return None
    finished.sort(key=lambda run: run.record.config.extractor == extractor)  # stable: the latest of them is last
    folder = finished[-1].folder
    versions = [version for version in list_versions(folder) if has_scores(version_folder(folder, version))]
    return workspace.run(versions[-1].name) if versions else finished[-1]


def _predictions(run: Run, ids: Ids) -> Labels:
    predictions: Labels = np.asarray(run.folder.logits()[ids]).argmax(axis=1).astype(np.int64)
    return predictions
