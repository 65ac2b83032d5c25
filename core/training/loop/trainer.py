"""Training loop: step, epoch, evaluation, best weights, resume; independent of methods and run folder.

All state is in `state_dict`, tensors and plain numbers only: a resumed training equals an uninterrupted one, bit for
bit on the CPU.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.training.augmentation.augmenter import Augmenter
from core.training.batches.batch import Batch, PoolViews, Views
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.ema import AveragedModel
from core.training.loop.kept_weights import NONE_YET, Kept, better, choose
from core.training.loop.monitor import PoolMonitor
from core.training.loop.optim import load_optimizer, make_optimizer
from core.training.loop.schedules import learning_rate, unlabeled_weight
from core.training.loop.streams import make_streams
from core.training.loop.validation import Evaluation, evaluate_part, none_if_nan
from core.training.methods.methods import METHODS, SECOND_VIEWS, Losses, PseudoLabels, State
from core.training.methods.thresholds import THRESHOLDS, Threshold
from core.training.models.models import Classifier, has_batch_norm, images_at_a_time
from core.training.runtime import distributed
from core.training.runtime.memory import is_out_of_memory, memory_warning
from core.training.runtime.parallel_model import prepare_model
from core.training.runtime.precision import autocast

_TOTALS = ("loss", "labeled_loss", "unlabeled_loss", "reject_loss", "num_right")
Metrics = dict[str, Any]


class Trainer:
    """One training, from its first step to its last.

    Args:
        config: Settings.
        model: The model with its initial weights.
        data: The parts.
        device: Device of this rank.
        precision: "fp32" or "bf16".
    """

    def __init__(
        self, config: TrainConfig, model: Classifier, data: TrainData, device: torch.device, precision: str
    ) -> None:
        self.config, self.data, self.device, self.precision = config, data, device, precision
        self.model, forward = prepare_model(model, config, device)
        self.average = AveragedModel(self.model, config.ema_decay)
        self.optimizer = make_optimizer(self.model, config, device)
        self.order = Generator().manual_seed(config.seed)
        self._draws = Generator(device).manual_seed(config.seed + 1)
        self.augmenter = Augmenter(config.profile, data.mean, data.std, self._draws)
        self.streams = make_streams(config, data, self.order)
        self.head, num_classes = model.head, model.head.out_features
        num_pool = len(data.pool) if data.pool is not None else 0
        make = THRESHOLDS.get(config.method, Threshold)
        self.threshold = make(config, num_classes, num_pool, device)
        self._state = State(forward, self.model, self.average.model, self.threshold, config, data.teacher)
        prior = one_hot(data.labeled.labels, num_classes).sum(0).float()
        self.monitor = PoolMonitor(data.pool_truth, prior / prior.sum())
        self.steps_per_epoch = math.ceil(len(data.labeled) / self.streams["labeled"].batch_size)
        self.steps = self.steps_per_epoch * config.epochs
        self.step, self.pieces = 0, 1  # pieces: passes that a step makes over its batch
        height, width = data.labeled.size
        self.chunk_size = images_at_a_time(model, height, width)  # images evaluated at a time; fewer without memory
        self.best: dict[str, Any] = dict(NONE_YET)
        self._totals = torch.zeros(len(_TOTALS), device=device)

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return self.step // self.steps_per_epoch

    @property
    def memory_warning(self) -> str:
        """A sentence once memory ran out and steps take their batch in pieces; else empty."""
        return memory_warning(self.pieces, self.config.batch_size)

    def run(
        self,
        on_epoch: Callable[[Metrics], None],
        should_stop: Callable[[], bool],
        on_batch: Callable[[Metrics], None] | None = None,
    ) -> bool:
        """Train to the end.

        Args:
            on_epoch: Gets the metrics every log_epochs epochs and at the end.
            should_stop: Asked before every step whether to stop.
            on_batch: Gets the pool metrics of each step.

        Returns:
            False where should_stop stopped the training.

        Raises:
            TrainingError: The loss or a weight is no longer a number.
        """
        while self.step < self.steps:
            if should_stop():
                return False
            counts = self.train_step()
            if on_batch is not None and counts is not None:
                on_batch({"step": self.step, **self.monitor.metrics(counts)})
            is_logged = self.step % (self.steps_per_epoch * self.config.log_epochs) == 0 or self.step == self.steps
            if is_logged:
                on_epoch(self._end_epoch())
        return True

    def evaluate(self, part: Part | None) -> Evaluation:
        """Evaluate the averaged model on images with known labels; nan without images."""
        if part is None or not len(part):
            return Evaluation()
        found, self.chunk_size = evaluate_part(part, self.logits_of, self.threshold.current_weights, self.chunk_size)
        return found

    def kept(self) -> Kept:
        """Choose the averaged weights that a finished training keeps, by the rule kept_weights."""
        last = self.evaluate(self.data.val)
        return choose(self.best, last, self.epoch, self.average.model, self.config.kept_weights)

    def check_finite(self) -> None:
        """Raise TrainingError where the loss or a weight is no longer a number; every rank has to call this."""
        lengths = torch.stack(torch._foreach_norm([p.detach() for p in self.model.parameters()])).sum()
        if not math.isfinite(float(distributed.sum_over_ranks(self._totals[0] + lengths))):
            epoch = math.ceil(self.step / self.steps_per_epoch)
            raise TrainingError(
                f"The loss is no longer a number in epoch {epoch}: lower the learning rate "
                f"(it is {self.config.learning_rate:g}) or the weight decay ({self.config.weight_decay:g})."
            )

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {
            "step": self.step,
            "pieces": self.pieces,
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "threshold": self.threshold.state_dict(),
            "watch": self.monitor.state_dict(),
            "order": self.order.get_state(),
            "draws": self._draws.get_state(),
            "streams": {name: stream.state_dict() for name, stream in self.streams.items()},
            "best": self.best,
            "totals": self._totals,
            "precision": self.precision,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a saved state; TrainingError where it belongs to another model or other data."""
        try:
            self.model.load_state_dict(state["model"])
            self.average.model.load_state_dict(state["average"])
            load_optimizer(self.optimizer, state["optimizer"])
            self.threshold.load_state_dict(state["threshold"])
            self.monitor.load_state_dict(state["watch"])
            for name, stream in self.streams.items():
                stream.load_state_dict(state["streams"][name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(f"The checkpoint does not fit this run's model and labels: {error}") from error
        self.order.set_state(state["order"].cpu())
        self._draws.set_state(state["draws"].cpu())
        self.step, self.pieces = state["step"], state["pieces"]
        self.best, self.precision = state["best"], state["precision"]
        self._totals = state["totals"].to(self.device)

    def train_step(self) -> dict[str, Tensor] | None:
        """Take one step; return the sums of its pool metrics, None without pseudo-labels."""
        rate = learning_rate(self.step, self.steps, self.config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        parts = {name: stream.next(self.augmenter.weak) for name, stream in self.streams.items() if name != "pool"}
        batch = Batch(**parts, pool=self._pool_views())
        pseudo_labels = self._gradients(batch)
        self.optimizer.step()
        self.average.update(self.model, self.step)
        self.step += 1
        counts = [self.monitor.count(labels) for labels in pseudo_labels]
        return {name: sum(c[name] for c in counts) for name in counts[0]} if counts else None  # type: ignore[misc]

    def _pool_views(self) -> PoolViews | None:
        if "pool" not in self.streams:
            return None
        rows, images = self.streams["pool"].draw()
        weak = self.augmenter.weak(images)
        draws = {"weak": self.augmenter.weak, "strong": self.augmenter.strong}
        draw = draws.get(SECOND_VIEWS[self.config.method])
        second = weak if draw is None else draw(images)
        return PoolViews(distributed.local_share(weak), distributed.local_share(second), distributed.local_share(rows))

    def _gradients(self, batch: Batch) -> list[PseudoLabels]:
        """Compute the gradients of a batch; where memory runs out, in twice as many pieces from then on.

        With several ranks it fails: the others wait in a sum over ranks that the failed one never joins (decision 12).
        """
        while True:
            before = self.threshold.rollback_state()
            try:
                return self._accumulate(batch)
            except (RuntimeError, MemoryError) as error:
                is_last = self.pieces >= len(batch.labeled) or distributed.world_size() > 1
                if not is_out_of_memory(error) or is_last:
                    raise
                self.threshold.load_state_dict(self.threshold.state_dict() | before)
                self.pieces *= 2

    def _accumulate(self, batch: Batch) -> list[PseudoLabels]:
        self.optimizer.zero_grad(set_to_none=True)
        totals, pseudo_labels = torch.zeros_like(self._totals), []
        rank_shares = {name: self._rank_share(name, value) for name, value in vars(batch).items()}
        self.threshold.was_updated_early = self._update_threshold_early(batch)
        for piece, parts in batch.pieces(self.pieces):
            shares = {name: share * rank_shares[name] for name, share in parts.items()}
            with autocast(self.device, self.precision):
                losses = METHODS[self.config.method](piece, self._state)
            terms = self._weighted_terms(losses, shares)
            total = terms[0] + terms[1] + terms[2]
            total.backward()  # type: ignore[no-untyped-call]
            found = (total, losses.labeled * shares.get("labeled", 0), terms[1], terms[2])
            totals += torch.stack([*(value.detach() for value in found), losses.num_right.to(totals.dtype)])
            if losses.pseudo_labels is not None:
                pseudo_labels.append(losses.pseudo_labels)
        self._totals += totals
        return pseudo_labels

    def _update_threshold_early(self, batch: Batch) -> bool:
        """Update an adaptive threshold by the whole batch before its pieces, so that all have the same one.

        Not with batch norm, under which an image's prediction differs from piece to piece.
        """
        if self.pieces == 1 or batch.pool is None or not self.threshold.is_adaptive or has_batch_norm(self.model):
            return False
        pools = [piece.pool for piece, _ in batch.pieces(self.pieces)]
        with torch.no_grad(), autocast(self.device, self.precision):
            probs = [self.model(pool.weak).float().softmax(1) for pool in pools if pool is not None]
        self.threshold.update(torch.cat(probs), batch.pool.rows)
        return True

    def _rank_share(self, name: str, values: Views | PoolViews | None) -> float:
        """Weight of this rank's mean in the mean over ranks: 1 where all have the same number of images."""
        return len(values) * distributed.world_size() / self.streams[name].batch_size if values is not None else 0.0

    def _weighted_terms(self, losses: Losses, shares: dict[str, float]) -> tuple[Tensor, Tensor, Tensor]:
        """Weighted labeled, unlabeled and rejected terms of a piece, each times its share of the batch."""
        pool = shares.get("pool", 0.0)
        unlabeled = losses.pseudo * shares.get("pseudo", 0.0) + losses.pool * pool
        return (
            losses.labeled * shares.get("labeled", 0.0) + losses.regulariser * pool,
            unlabeled * self._weight(self.step),
            losses.rejected * shares.get("rejected", 0.0) * self.config.reject_weight,
        )

    def _weight(self, step: int) -> float:
        """Weight of the unlabeled loss at a step; 0 without unlabeled images."""
        has_unlabeled = "pseudo" in self.streams or "pool" in self.streams
        return unlabeled_weight(step / self.steps_per_epoch, self.config) if has_unlabeled else 0.0

    def _end_epoch(self) -> Metrics:
        self.check_finite()
        sums = dict(zip(_TOTALS, distributed.sum_over_ranks(self._totals).tolist(), strict=True))
        self._totals.zero_()
        num_right = sums.pop("num_right")
        val, calibration = self.evaluate(self.data.val), self.evaluate(self.data.calibration)
        self.best = better(self.best, val, self.epoch, self.average.model)
        num_steps = self.step - self._last_logged_step()
        kept = {"calibration_kept": calibration.kept, "calibration_kept_accuracy": calibration.kept_accuracy}
        return {
            "epoch": self.epoch,
            "step": self.step,
            **{name: value / num_steps / distributed.world_size() for name, value in sums.items()},
            "train_accuracy": num_right / (num_steps * self.streams["labeled"].batch_size),
            "learning_rate": learning_rate(self.step - 1, self.steps, self.config),
            "unlabeled_weight": self._weight(self.step - 1),
            "val_accuracy": none_if_nan(val.accuracy),
            "val_loss": none_if_nan(val.loss),
            "calibration_accuracy": none_if_nan(calibration.accuracy),
            **({name: none_if_nan(value) for name, value in kept.items()} if "pool" in self.streams else {}),
            **self.monitor.end_epoch(),
        }

    def _last_logged_step(self) -> int:
        """Step of the metrics before these."""
        size = self.steps_per_epoch * self.config.log_epochs
        return (self.step - 1) // size * size

    def logits_of(self, images: Tensor) -> Tensor:
        """Logits (b, K) of uint8 images (b, C, H, W) under the averaged model, without gradient."""
        with torch.inference_mode(), autocast(self.device, self.precision):
            logits: Tensor = self.average.model(self.augmenter.plain(images)).float()
        return logits
