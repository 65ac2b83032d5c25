"""A run keeps the last averaged weights unless the best on val are clearly ahead."""

import io
from typing import Any

import pytest
import torch

from core.base.config import TrainConfig
from core.training.loop.kept_weights import NONE_YET, begin, better, choose, start_note
from core.training.loop.validation import Evaluation
from tests.training.toy_models import CONFIG, trainer


def evaluation(num_right: int, n: int = 100, loss: float = 1.0) -> Evaluation:
    return Evaluation(num_right / n, loss, is_right=torch.arange(n) < num_right)


def mirrored(num_right: int, n: int = 100) -> Evaluation:
    return Evaluation(num_right / n, 1.0, is_right=torch.arange(n) >= n - num_right)


def model() -> torch.nn.Module:
    return torch.nn.Linear(2, 1)


def best_of(*looks: Evaluation) -> dict[str, Any]:
    best = dict(NONE_YET)
    for epoch, look in enumerate(looks):
        best = better(best, look, epoch, model())
    return best


def test_the_best_epoch_is_the_one_with_the_highest_val_accuracy_then_the_lowest_loss() -> None:
    best, kept = dict(NONE_YET), []
    for epoch, (num_right, loss) in enumerate([(50, 1.0), (70, 0.9), (70, 0.8), (70, 0.85), (60, 0.1)]):
        best = better(best, evaluation(num_right, loss=loss), epoch, model())
        kept.append(best["epoch"])
    assert kept == [0, 1, 2, 2, 2]


def test_the_best_weights_are_a_copy_that_later_steps_do_not_move() -> None:
    network = model()
    best = better(dict(NONE_YET), evaluation(100), 1, network)
    before = best["weights"]["weight"].clone()
    with torch.no_grad():
        next(network.parameters()).add_(1)
    assert torch.equal(best["weights"]["weight"], before)


@pytest.mark.parametrize(
    ("num_right", "rule", "epoch", "words"),
    [
        (90, "clear_best", 0, "of epoch 0, 20.0 points [7.9, 31.3] ahead on val of the last ones."),
        (80, "clear_best", 9, "Kept the last averaged weights: those of epoch 0 are 10.0 points"),
        (71, "clear_best", 9, "ahead on val, which may be luck."),
        (71, "best", 0, "of epoch 0, the best on val."),
        (90, "last", 9, "Kept the last averaged weights."),
    ],
)
def test_the_rule_chooses_by_the_paired_difference_on_val(num_right: int, rule: Any, epoch: int, words: str) -> None:
    """The last epoch has 70 of 100 right, the best one has others."""
    kept = choose(best_of(mirrored(num_right)), evaluation(70), 9, model(), rule)
    assert kept.epoch == epoch
    assert words in kept.sentence


@pytest.mark.parametrize("rule", ["clear_best", "best", "last"])
def test_a_last_epoch_that_is_the_best_is_kept(rule: Any) -> None:
    kept = choose(best_of(evaluation(60), evaluation(70)), evaluation(70), 1, model(), rule)
    assert kept.epoch == 1


def test_a_checkpoint_of_an_older_version_keeps_the_best() -> None:
    best = {name: value for name, value in best_of(evaluation(71)).items() if name != "is_right"}
    assert choose(best, evaluation(70), 9, model(), "clear_best").epoch == 0


def test_a_resumed_training_keeps_the_same_weights() -> None:
    whole, second = trainer(), trainer()
    whole.run(lambda _: None, lambda: False)
    file = io.BytesIO()
    torch.save(whole.state_dict(), file)
    file.seek(0)
    second.load_state_dict(torch.load(file, weights_only=True))
    first, again = whole.kept(), second.kept()
    assert (first.epoch, first.sentence) == (again.epoch, again.sentence)
    assert all(torch.equal(first.weights[name], again.weights[name]) for name in first.weights)


def test_an_older_record_means_the_best_weights_and_the_small_cnn() -> None:
    assert CONFIG.kept_weights == "clear_best"
    config = TrainConfig.from_record({"method": "softmatch"})
    assert (config.kept_weights, config.model) == ("best", "small_cnn")
    assert TrainConfig.from_record(CONFIG.model_dump()) == CONFIG


def test_a_fine_tuning_says_whether_it_beat_the_head_that_it_began_from() -> None:
    def note(start: Evaluation, last: Evaluation) -> str:
        best = begin(start, model())
        return choose(better(best, last, 5, model()), last, 5, model(), "clear_best").note

    assert note(evaluation(50), evaluation(80)) == (
        "On 100 val images the fine-tuned network is more accurate than the head on its untouched features "
        "(+30.0 points [+20.4, +38.5])."
    )
    assert "is not shown to be better" in note(evaluation(70), evaluation(71))
    assert note(evaluation(80), evaluation(50)).endswith("beat the head on the untouched features: a head is enough.")
    many, few = evaluation(80).is_right, evaluation(50).is_right
    assert many is not None
    assert "the head on the untouched features is more accurate (-" in start_note(5, many, few)
    assert note(Evaluation(), Evaluation()).startswith("Without val images nobody knows")
    assert choose(best_of(evaluation(50)), evaluation(50), 1, model(), "clear_best").note == ""


def test_a_fine_tuning_that_harms_keeps_the_head_that_it_began_from() -> None:
    best = begin(evaluation(80), model())
    kept = choose(better(best, evaluation(50), 5, model()), evaluation(50), 5, model(), "clear_best")
    assert kept.epoch == 0
