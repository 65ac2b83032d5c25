"""A network is compared with the head on val, and both with their average on test."""

import numpy as np
import pytest
from scipy.special import softmax

from core import InputError, Project, TrainConfig
from core.quality.model_comparison import HeadComparison
from core.risk.comparison import PairedDifference
from core.scoring.model_average import WEIGHTS
from core.store.files import read_json, write_json

RUN = "001-supervised-mlp"
HEAD = TrainConfig(method="head", extractor="pixels")


@pytest.fixture
def head(trained_project: Project) -> str:
    """Name of a finished head run beside the network's."""
    return trained_project.wait_run(trained_project.start_run(HEAD).id, timeout=120).id


def sentence(gained: int, lost: int) -> str:
    return HeadComparison("002-net", "001-head-hog", PairedDifference(gained, lost, 300)).sentence


def test_the_sentence_says_which_of_both_should_suggest() -> None:
    assert sentence(5, 20) == (
        "On the same 300 val images the head 001-head-hog is 5.0 points more accurate [1.7, 8.2]: "
        "keep it as the suggesting model, or average both."
    )
    assert "002-net is 5.0 points more accurate than the head 001-head-hog [1.7, 8.2]." in sentence(20, 5)
    unclear = sentence(11, 10)
    assert "002-net is not shown to be more accurate than the head 001-head-hog (+0.3 points [-2.7, +3.4])" in unclear
    assert "keep the head" in unclear


def test_a_network_is_compared_with_the_latest_head_on_val(trained_project: Project, head: str) -> None:
    found = trained_project.compare_with_head(RUN)
    assert found is not None
    assert (found.network, found.head) == (RUN, head)
    val, labels = trained_project.splits.val, trained_project.images.labels
    shares = [
        float((trained_project.run(run).folder.logits()[val].argmax(axis=1) == labels[val]).mean())
        for run in (head, RUN)
    ]
    assert found.paired.difference == pytest.approx(shares[1] - shares[0])
    assert found.paired.n == len(val)


def test_there_is_nothing_to_compare_without_a_head_or_for_a_head(trained_project: Project) -> None:
    assert trained_project.compare_with_head(RUN) is None
    head = trained_project.wait_run(trained_project.start_run(HEAD).id, timeout=120).id
    assert trained_project.compare_with_head(head) is None
    with pytest.raises(InputError, match="no run called '009-nothing'"):
        trained_project.compare_with_head("009-nothing")


def test_the_live_head_stands_for_its_run(trained_project: Project, head: str) -> None:
    image = int(trained_project.splits.pool[0])
    trained_project.decide(head, "relabel", image, 0)
    trained_project.live.refresh(head, wait=True)
    found = trained_project.compare_with_head(RUN)
    assert found is not None
    assert found.head == f"{head}@{trained_project.decisions.last_id()}"


def test_the_average_has_a_weight_of_val_and_is_compared_with_both_on_test(trained_project: Project, head: str) -> None:
    found = trained_project.compare(RUN, head)
    average = found.average
    assert average is not None
    assert average.weight in WEIGHTS
    runs = [trained_project.run(name) for name in (RUN, head)]
    test, labels = found.test_ids, trained_project.images.labels[found.test_ids]
    probs = [softmax(run.folder.logits()[test] / run.temperature, axis=1) for run in runs]
    mean = probs[0] ** (1 - average.weight) * probs[1] ** average.weight
    assert average.accuracy.value == pytest.approx(float((mean.argmax(axis=1) == labels).mean()))
    both = found.comparison
    for paired, accuracy in ((average.over_a, both.accuracy_a), (average.over_b, both.accuracy_b)):
        assert paired.difference == pytest.approx(average.accuracy.value - accuracy.value)


def test_the_average_of_a_run_with_itself_is_the_run(trained_project: Project) -> None:
    average = trained_project.compare(RUN, RUN).average
    assert average is not None
    assert average.over_a == average.over_b == PairedDifference(0, 0, len(trained_project.splits.test))
    assert np.isfinite(average.accuracy.value)


def test_a_fine_tuned_network_is_compared_with_the_head_on_its_own_features(
    trained_project: Project, head: str
) -> None:
    folder = trained_project.run(RUN).folder.path
    other = trained_project.wait_run(trained_project.start_run(HEAD.model_copy(update={"extractor": "hog"})).id).id
    latest = trained_project.compare_with_head(RUN)
    facts = read_json(folder / "run.json")
    settings = {"model": "backbone", "extractor": "torchvision:resnet18"}
    write_json(folder / "run.json", facts | {"config": facts["config"] | settings})
    before = trained_project.compare_with_head(RUN)
    record = trained_project.run(head).folder.path / "run.json"
    own = read_json(record)
    write_json(record, own | {"config": own["config"] | {"extractor": "torchvision:resnet18"}})
    found = trained_project.compare_with_head(RUN)
    assert latest is not None
    assert before is not None
    assert found is not None
    assert (latest.head, before.head, found.head) == (other, other, head)
