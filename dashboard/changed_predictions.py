"""Find test images that two runs predict differently, and images of a confusion cell."""

from dataclasses import dataclass

from core import Project, RunComparison


@dataclass(frozen=True)
class ChangedPrediction:
    """One test image with its label and the predictions of both runs."""

    image_id: int
    label: int
    predicted_a: int
    predicted_b: int

    def lines(self, class_names: tuple[str, ...]) -> tuple[str, str, str]:
        """Return the lines of text below the image: its label and both predictions."""
        a, b = (
            f"{name}: {class_names[predicted]} {'✓' if predicted == self.label else '✗'}"
            for name, predicted in (("A", self.predicted_a), ("B", self.predicted_b))
        )
        return f"is {class_names[self.label]}", a, b


def changed_predictions(runs: RunComparison, project: Project) -> dict[str, list[ChangedPrediction]]:
    """Group the test images that both runs predict differently.

    Args:
        runs: The compared runs A and B.
        project: Their project.

    Returns:
        Images by group: "gained" (only B is right), "lost" (only A is right), "both wrong".
    """
    comparison, labels = runs.comparison, project.images.labels
    groups: dict[str, list[ChangedPrediction]] = {"gained": [], "lost": [], "both wrong": []}
    for position in comparison.flips.tolist():
        image_id = int(runs.test_ids[position])
        changed = ChangedPrediction(
            image_id,
            int(labels[image_id]),
            int(comparison.predictions_a[position]),
            int(comparison.predictions_b[position]),
        )
        group = {changed.predicted_b: "gained", changed.predicted_a: "lost"}.get(changed.label, "both wrong")
        groups[group].append(changed)
    return groups


def confusion_cell(runs: RunComparison, project: Project, run: str, label: int, predicted: int) -> list[int]:
    """Return the ids of the test images in one cell of a confusion matrix.

    Args:
        runs: The compared runs.
        project: Their project.
        run: Id of the run whose predictions count.
        label: The true class.
        predicted: The predicted class.
    """
    predictions = runs.comparison.predictions_a if run == runs.run_a else runs.comparison.predictions_b
    ids = runs.test_ids[(project.images.labels[runs.test_ids] == label) & (predictions == predicted)]
    return [int(number) for number in ids]
