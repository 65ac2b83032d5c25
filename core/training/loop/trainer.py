"""The loop: step, epoch, evaluation, best checkpoint, resume. It does not know the method's name or the run folder.

All state is in `state_dict`, tensors and plain numbers only: a resumed training equals an uninterrupted one, bit for
bit on the CPU.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.training.augmentation.strong import strong
from core.training.augmentation.weak import PROFILES
from core.training.batches.batch import Batch, PoolViews, Views
from core.training.batches.part import Part
from core.training.batches.train_data import TrainData
from core.training.loop.ema import AveragedModel
from core.training.loop.monitor import Judged, Watch, judged
from core.training.loop.optim import optimizer_for
from core.training.loop.schedules import learning_rate, unlabeled_weight
from core.training.loop.streams import streams_for
from core.training.methods.methods import METHODS, SECOND_VIEWS, Guess, Losses, State
from core.training.methods.thresholds import THRESHOLDS, Threshold
from core.training.models.models import Classifier, has_batch_norm
from core.training.runtime import distributed
from core.training.runtime.memory import out_of_memory, remark
from core.training.runtime.parallel_model import wrapped
from core.training.runtime.precision import autocast
from core.training.runtime.tensors import channels_last

_TOTALS = ("loss", "labeled_loss", "unlabeled_loss", "reject_loss", "num_right")
Line = dict[str, Any]


class Trainer:
    """One training from its first step to its last; `run` calls back after each epoch and asks whether to stop."""

    def __init__(
        self, config: TrainConfig, model: Classifier, data: TrainData, device: torch.device, precision: str
    ) -> None:
        self.config, self.data, self.device, self.precision = config, data, device, precision
        self.model, forward = wrapped(model, config, device)
        self.average = AveragedModel(self.model, config.ema_decay)
        self.optimizer = optimizer_for(self.model, config, device)
        self._order = Generator().manual_seed(config.seed)
        self._draws = Generator(device).manual_seed(config.seed + 1)
        self.streams = streams_for(config, data, self._order)
        self.head, num_classes = model.head, model.head.out_features
        num_pool = len(data.pool) if data.pool is not None else 0
        make = THRESHOLDS.get(config.method, Threshold)
        self.threshold = make(config, num_classes, num_pool, device)
        self._state = State(forward, self.model, self.average.model, self.threshold, config)
        prior = torch.bincount(data.labeled.labels, minlength=num_classes).float()
        self.watch = Watch(data.pool_truth, prior / prior.sum())
        self.steps_per_epoch = math.ceil(len(data.labeled) / self.streams["labeled"].batch_size)
        self.steps = self.steps_per_epoch * config.epochs
        self.step, self.num_lines, self.pieces = 0, 0, 1
        self._chunk = data.labeled.chunk  # images that are evaluated at a time; fewer once memory ran out
        self.best: dict[str, Any] = {"epoch": 0, "val_accuracy": -1.0, "val_loss": math.inf, "weights": {}}
        self._totals = torch.zeros(len(_TOTALS), device=device)

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return self.step // self.steps_per_epoch

    @property
    def remark(self) -> str:
        """What a person should know of how the steps go through; empty where there is nothing to tell."""
        return remark(self.pieces, self.config.batch_size)

    def run(
        self,
        on_epoch: Callable[[Line], None],
        should_stop: Callable[[], bool],
        on_batch: Callable[[Line], None] | None = None,
    ) -> bool:
        """Train to the end; False when should_stop, asked before every step, said so.

        on_epoch hears a line every log_epochs epochs and at the end; on_batch one after each step.
        """
        while self.step < self.steps:
            if should_stop():
                return False
            counts = self._train_step()
            if on_batch is not None and counts is not None:
                on_batch({"step": self.step, **self.watch.read(counts)})
            is_end = self.step % (self.steps_per_epoch * self.config.log_epochs) == 0 or self.step == self.steps
            if is_end:
                line = self._end_epoch()
                self.num_lines += 1
                on_epoch(line)
        return True

    def evaluate(self, part: Part | None) -> Judged:
        """The averaged model on images with known labels; nan without images."""
        if part is None or not len(part):
            return Judged()
        found, self._chunk = judged(part, self._logits_of, self.threshold.judge, self._chunk)
        return found

    def check(self) -> None:
        """TrainingError with advice where loss or weights are no longer numbers; every rank has to ask."""
        lengths = torch.stack(torch._foreach_norm([p.detach() for p in self.model.parameters()])).sum()
        if not math.isfinite(float(distributed.summed(self._totals[0] + lengths))):
            epoch = math.ceil(self.step / self.steps_per_epoch)
            raise TrainingError(
                f"The loss is no longer a number in epoch {epoch}: lower the learning rate "
                f"(it is {self.config.learning_rate:g}) or the weight decay ({self.config.weight_decay:g})."
            )

    def view(self, images: Tensor) -> Tensor:
        """The weak view of uint8 images (b, C, H, W), normalised, as a step sees it."""
        return self._standard(self.augment(images, self._draws))

    def augment(self, images: Tensor, draws: Generator) -> Tensor:
        """The weak view of uint8 images, in [0, 1]."""
        return PROFILES[self.config.profile](images.float() / 255, draws)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        return {
            "step": self.step,
            "num_lines": self.num_lines,
            "pieces": self.pieces,
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "threshold": self.threshold.state_dict(),
            "watch": self.watch.state_dict(),
            "order": self._order.get_state(),
            "draws": self._draws.get_state(),
            "streams": {name: stream.state_dict() for name, stream in self.streams.items()},
            "best": self.best,
            "totals": self._totals,
            "precision": self.precision,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state; TrainingError where it belongs to another model or other data."""
        try:
            self.model.load_state_dict(state["model"])
            self.average.model.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.threshold.load_state_dict(state["threshold"])
            self.watch.load_state_dict(state["watch"])
            for name, stream in self.streams.items():
                stream.load_state_dict(state["streams"][name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(f"The checkpoint does not fit this run's model and labels: {error}") from error
        self._order.set_state(state["order"].cpu())
        self._draws.set_state(state["draws"].cpu())
        self.step, self.num_lines, self.pieces = state["step"], state["num_lines"], state["pieces"]
        self.best, self.precision = state["best"], state["precision"]
        self._totals = state["totals"].to(self.device)

    def _train_step(self) -> dict[str, Tensor] | None:
        rate = learning_rate(self.step, self.steps, self.config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        parts = {name: stream.next(self.view) for name, stream in self.streams.items() if name != "pool"}
        batch = Batch(**parts, pool=self._pool_views())
        guesses = self._gradients(batch)
        self.optimizer.step()
        self.average.update(self.model, self.step)
        self.step += 1
        counts = [self.watch.see(guess) for guess in guesses]
        return {name: sum(c[name] for c in counts) for name in counts[0]} if counts else None  # type: ignore[misc]

    def _pool_views(self) -> PoolViews | None:
        if "pool" not in self.streams:
            return None
        rows, images = self.streams["pool"].draw()
        weak = self.view(images)
        kind = SECOND_VIEWS[self.config.method]
        if kind == "strong":
            second = self._standard(strong(images, self.config.profile, self._draws))
        else:
            second = self.view(images) if kind == "weak" else weak
        return PoolViews(distributed.share(weak), distributed.share(second), distributed.share(rows))

    def _gradients(self, batch: Batch) -> list[Guess]:
        """Gradients of the whole batch; where memory runs out, in twice as many pieces, and from then on.

        Not with several ranks: one that fails leaves the others in a sum over ranks that it never joins (decision 12).
        """
        while True:
            mark = self.threshold.mark()
            try:
                return self._accumulated(batch)
            except (RuntimeError, MemoryError) as error:
                is_last = self.pieces >= len(batch.labeled) or distributed.world() > 1
                if not out_of_memory(error) or is_last:
                    raise
                self.threshold.load_state_dict(self.threshold.state_dict() | mark)
                self.pieces *= 2

    def _accumulated(self, batch: Batch) -> list[Guess]:
        self.optimizer.zero_grad(set_to_none=True)
        totals, guesses = torch.zeros_like(self._totals), []
        ours = {name: self._our_share(name, value) for name, value in vars(batch).items()}
        self.threshold.is_ahead = self._looked_ahead(batch)
        for piece, parts in batch.pieces(self.pieces):
            shares = {name: share * ours[name] for name, share in parts.items()}
            with autocast(self.device, self.precision):
                losses = METHODS[self.config.method](piece, self._state)
            terms = self._terms(losses, shares)
            total = terms[0] + terms[1] + terms[2]
            total.backward()  # type: ignore[no-untyped-call]
            found = (total, losses.labeled * shares.get("labeled", 0), terms[1], terms[2])
            totals += torch.stack([*(value.detach() for value in found), losses.num_right.to(totals.dtype)])
            if losses.guess is not None:
                guesses.append(losses.guess)
        self._totals += totals
        return guesses

    def _looked_ahead(self, batch: Batch) -> bool:
        """Move an adaptive threshold by the whole batch where it goes through in pieces: all meet the same one.

        Not with batch norm, which would take the images for something else in each pass.
        """
        if self.pieces == 1 or batch.pool is None or not self.threshold.is_adaptive or has_batch_norm(self.model):
            return False
        pools = [piece.pool for piece, _ in batch.pieces(self.pieces)]
        with torch.no_grad(), autocast(self.device, self.precision):
            probs = [self.model(pool.weak).float().softmax(1) for pool in pools if pool is not None]
        self.threshold.update(torch.cat(probs), batch.pool.rows)
        return True

    def _our_share(self, name: str, values: Views | PoolViews | None) -> float:
        """What our mean weighs in the mean over ranks: 1 where all ranks have equally many images."""
        return len(values) * distributed.world() / self.streams[name].batch_size if values is not None else 0.0

    def _terms(self, losses: Losses, shares: dict[str, float]) -> tuple[Tensor, Tensor, Tensor]:
        """Labeled, unlabeled and rejected terms of a piece, weighted, each as its share of the batch."""
        pool = shares.get("pool", 0.0)
        unlabeled = losses.pseudo * shares.get("pseudo", 0.0) + losses.pool * pool
        return (
            losses.labeled * shares.get("labeled", 0.0) + losses.regulariser * pool,
            unlabeled * self._weight(self.step),
            losses.rejected * shares.get("rejected", 0.0) * self.config.reject_weight,
        )

    def _weight(self, step: int) -> float:
        """Weight of the unlabeled loss at a step; 0 where there is nothing unlabeled."""
        has_unlabeled = "pseudo" in self.streams or "pool" in self.streams
        return unlabeled_weight(step / self.steps_per_epoch, self.config) if has_unlabeled else 0.0

    def _end_epoch(self) -> Line:
        self.check()
        sums = dict(zip(_TOTALS, distributed.summed(self._totals).tolist(), strict=True))
        self._totals.zero_()
        num_right = sums.pop("num_right")
        val, calibration = self.evaluate(self.data.val), self.evaluate(self.data.calibration)
        self._keep_best(val.accuracy, val.loss)
        num_steps = self.step - self._logged_before()
        has_pool = "pool" in self.streams
        return {
            "epoch": self.epoch,
            "step": self.step,
            **{name: value / num_steps / distributed.world() for name, value in sums.items()},
            "train_accuracy": num_right / (num_steps * self.streams["labeled"].batch_size),
            "learning_rate": learning_rate(self.step - 1, self.steps, self.config),
            "unlabeled_weight": self._weight(self.step - 1),
            "val_accuracy": _number(val.accuracy),
            "val_loss": _number(val.loss),
            "calibration_accuracy": _number(calibration.accuracy),
            **({"calibration_kept": _number(calibration.kept),
                "calibration_kept_accuracy": _number(calibration.kept_accuracy)} if has_pool else {}),
            **self.watch.line(),
        }  # fmt: skip

    def _logged_before(self) -> int:
        """The step at which the line before this one was written."""
        size = self.steps_per_epoch * self.config.log_epochs
        return (self.step - 1) // size * size

    def _keep_best(self, accuracy: float, loss: float) -> None:
        """Highest val accuracy, among equals the lower val loss; without val images the latest."""
        is_better = (accuracy, -loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        if math.isnan(accuracy) or is_better:
            weights = {name: value.detach().clone() for name, value in self.average.model.state_dict().items()}
            self.best = {"epoch": self.epoch, "val_accuracy": accuracy, "val_loss": loss, "weights": weights}

    def _logits_of(self, images: Tensor) -> Tensor:
        """Logits (b, K) of uint8 images under the averaged model, without gradient."""
        with torch.inference_mode(), autocast(self.device, self.precision):
            logits: Tensor = self.average.model(self._standard(images.float() / 255)).float()
        return logits

    def _standard(self, images: Tensor) -> Tensor:
        return channels_last((images - self.data.mean) / self.data.std)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
