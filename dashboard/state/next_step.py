"""Where a person is in the loop, and the one step that comes next; pure, from counts."""

from dataclasses import dataclass

ENOUGH_CLICKS = 20
"""Decisions after which the live model learns again, and a first gain can show."""


@dataclass(frozen=True)
class Progress:
    """What was done in a project so far.

    Attributes:
        num_labels: Images with a given label that train.
        num_finished: Runs with suggestions.
        is_training: Whether a run is queued or running.
        num_clicks: Images decided one by one.
        num_bulk: Images accepted in bulk.
        has_curated_run: Whether a network or head was trained on decisions.
        gain: What the last clicks bought, a sentence; empty where nothing was measured.
    """

    num_labels: int
    num_finished: int
    is_training: bool
    num_clicks: int
    num_bulk: int
    has_curated_run: bool
    gain: str = ""


@dataclass(frozen=True)
class Step:
    """The next step.

    Attributes:
        name: Of the step, for what was dismissed.
        text: What to do.
        why: Why, one sentence.
        page: URL path of the page where it is done.
    """

    name: str
    text: str
    why: str
    page: str


def next_step(done: Progress) -> Step | None:
    """Return the single next step; None while a run trains, when its own progress is shown.

    Args:
        done: What was done so far.
    """
    if done.is_training:
        return None
    if not done.num_finished:
        return _first_step(done.num_labels)
    if done.num_clicks < ENOUGH_CLICKS:
        missing = ENOUGH_CLICKS - done.num_clicks
        why = done.gain or "The model learns from them at once, and what they bought is measured."
        return Step(
            "review", f"Decide {missing} more images" if done.num_clicks else f"Decide {missing} images", why, "review"
        )
    if not done.num_bulk:
        why = done.gain or "The images that the model is sure of need no click each."
        return Step("bulk", "Accept the sure images together, at an error that you choose", why, "review")
    if not done.has_curated_run:
        labels = done.num_labels + done.num_clicks + done.num_bulk
        return Step("train", f"Train on all {labels:,} labels", "A second model, to compare with the first.", "train")
    if done.num_finished > 1:
        return Step(
            "compare", "Compare the runs, then export the labels", "Same test images, with an interval.", "compare"
        )
    return Step("export", "Export the labels", "In the format that the next program reads.", "export")


def _first_step(num_labels: int) -> Step:
    if num_labels:
        why = f"A small model on your {num_labels:,} labels, in seconds; no network is trained."
        return Step("suggest", "Get suggestions for the images without a label", why, "data")
    return Step("name", "Name the first images", "Suggestions begin when two classes have two images each.", "data")
