"""Test images of which two runs say different things, sorted by who is right; and those of one confusion cell."""

from dataclasses import dataclass

from core import Project, RunComparison


@dataclass(frozen=True)
class Flip:
    """One image, its label, and what each run says."""

    image_id: int
    label: int
    predicted_a: int
    predicted_b: int

    def lines(self, class_names: tuple[str, ...]) -> tuple[str, str, str]:
        """What is written below the image."""
        a, b = (
            f"{name}: {class_names[predicted]} {'✓' if predicted == self.label else '✗'}"
            for name, predicted in (("A", self.predicted_a), ("B", self.predicted_b))
        )
        return f"is {class_names[self.label]}", a, b


def of(found: RunComparison, project: Project) -> dict[str, list[Flip]]:
    """Flips by kind: gained (only B is right), lost (only A is right), both wrong."""
    result, labels = found.comparison, project.images.labels
    kinds: dict[str, list[Flip]] = {"gained": [], "lost": [], "both wrong": []}
    for position in result.flips.tolist():
        image_id = int(found.test_ids[position])
        flip = Flip(
            image_id,
            int(labels[image_id]),
            int(result.predictions_a[position]),
            int(result.predictions_b[position]),
        )
        kind = {flip.predicted_b: "gained", flip.predicted_a: "lost"}.get(flip.label, "both wrong")
        kinds[kind].append(flip)
    return kinds


def cell(found: RunComparison, project: Project, run: str, label: int, predicted: int) -> list[int]:
    """Test images of one class that a run calls so."""
    said = found.comparison.predictions_a if run == found.run_a else found.comparison.predictions_b
    ids = found.test_ids[(project.images.labels[found.test_ids] == label) & (said == predicted)]
    return [int(number) for number in ids]
