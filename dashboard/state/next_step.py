"""Where a person is in the loop, and the one step that comes next; pure, from counts."""

from dataclasses import dataclass

ENOUGH_CLICKS = 20
"""Decisions after which the live model learns again, and a first gain can show."""
STAGES = ("suggest", "review", "bulk", "train", "compare", "export")
"""Stages of the loop, in order."""


@dataclass(frozen=True)
class Progress:
    """What was done in a project so far.

    Attributes:
        num_labels: Images with a given label that train.
        num_open: Images of the pool that are undecided.
        num_finished: Runs with suggestions.
        is_training: Whether a run is queued or running.
        num_clicks: Images decided one by one.
        num_bulk: Images accepted in bulk.
        has_curated_run: Whether a network or head was trained on decisions.
        is_error_known: Whether calibration images, answers to random images or an audit say how many labels are wrong.
        has_exported: Whether the labels were exported.
        gain: What the last clicks bought, a sentence; empty where nothing was measured.
    """

    num_labels: int
    num_open: int
    num_finished: int
    is_training: bool
    num_clicks: int
    num_bulk: int
    has_curated_run: bool
    is_error_known: bool = True
    has_exported: bool = False
    gain: str = ""


@dataclass(frozen=True)
class Step:
    """The next step.

    Attributes:
        stage: One of STAGES.
        name: What a dismissal remembers: the stage, and the round where it comes again in each.
        text: What to do.
        why: Why, one sentence.
        page: URL path of the page where it is done.
    """

    stage: str
    name: str
    text: str
    why: str
    page: str

    @property
    def place(self) -> str:
        """Where in the loop this is."""
        return f"Step {STAGES.index(self.stage) + 1} of {len(STAGES)}"


def next_step(done: Progress) -> Step | None:
    """Return the single next step.

    Args:
        done: What was done so far.

    Returns:
        The step; None while a run trains, whose progress is shown, and after the export.
    """
    if done.is_training:
        return None
    if not done.num_open + done.num_clicks + done.num_bulk:
        return _without_a_pool(done)
    if not done.num_finished:
        return _first_step(done.num_labels)
    if done.num_open and done.num_clicks < ENOUGH_CLICKS:
        return _review_step(done)
    if done.num_open and not done.num_bulk and not done.is_error_known:
        text = "Answer random images, so that the error is known"
        why = "Without them nothing says how many of the labels that you accept together would be wrong."
        return Step("review", "calibrate", text, why, "audit")
    if done.num_open and not done.num_bulk:
        why = done.gain or "The images that the model is sure of need no click each."
        return Step("bulk", "bulk", "Accept the sure images together, at an error that you choose", why, "review")
    if not done.has_curated_run:
        labels = done.num_labels + done.num_clicks + done.num_bulk
        why = "A second model, to compare with the first."
        return Step("train", "train", f"Train on all {labels:,} labels", why, "train")
    if done.has_exported:
        return None
    if done.num_finished > 1:
        name = f"compare-{done.num_finished}"
        text = "Compare the runs, then export the labels"
        return Step(
            "compare", name, text, "Both answer the same test images; the difference has an interval.", "compare"
        )
    return Step("export", "export", "Export the labels", "In the format that the next program reads.", "export")


def _without_a_pool(done: Progress) -> Step | None:
    """Where every image has a label, the labels themselves are what can be made better."""
    if done.has_exported:
        return None
    why = "Every image has a label: the likely wrong ones come first."
    return Step("suggest", "check", "Check the given labels", why, "data")


def _first_step(num_labels: int) -> Step:
    if num_labels:
        why = f"A small model on your {num_labels:,} labels, in seconds; no network is trained."
        return Step("suggest", "suggest", "Get suggestions for the images without a label", why, "data")
    why = "Suggestions begin when two classes have two images each."
    return Step("suggest", "name", "Name the first images", why, "data")


def _review_step(done: Progress) -> Step:
    missing = min(ENOUGH_CLICKS - done.num_clicks, done.num_open)
    what = f"{missing}{' more' if done.num_clicks else ''} {'image' if missing == 1 else 'images'}"
    why = done.gain or "The model learns from your decisions at once, and what they bought is measured."
    return Step("review", "review", f"Decide {what}", why, "review")
