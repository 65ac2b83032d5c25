"""The loop: step, epoch, evaluation, best checkpoint, resume. It does not know the method's name or the run folder.

All state is in `state_dict`, tensors and plain numbers only: a resumed training equals an uninterrupted one, bit for
bit on the CPU.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from core.base.config import TrainConfig
from core.base.errors import TrainingError
from core.learn.augment import PROFILES
from core.learn.batches import Batch, Part, Stream, chunk_size
from core.learn.ema import AveragedModel
from core.learn.material import TrainData
from core.learn.methods import METHODS, Losses
from core.learn.precision import autocast
from core.learn.schedules import learning_rate, unlabeled_weight

_TOTALS = ("loss", "labeled_loss", "unlabeled_loss", "reject_loss", "num_right")


class Trainer:
    """One training from its first step to its last; `run` calls back after each epoch and asks whether to stop."""

    def __init__(
        self, config: TrainConfig, model: nn.Module, data: TrainData, device: torch.device, precision: str
    ) -> None:
        self.config, self.data, self.device, self.precision = config, data, device, precision
        self.model = model.to(device).to(memory_format=torch.channels_last).train()
        self.average = AveragedModel(self.model, config.ema_decay)
        self.optimizer = _optimizer(self.model, config)
        self._order = Generator().manual_seed(config.seed)
        self._draws = Generator(device).manual_seed(config.seed + 1)
        self.streams = self._streams()
        self.steps_per_epoch = math.ceil(len(data.labeled) / self.streams["labeled"].batch_size)
        self.steps = self.steps_per_epoch * config.epochs
        self.step = 0
        self.best: dict[str, Any] = {"epoch": 0, "val_accuracy": -1.0, "val_loss": math.inf, "weights": {}}
        self._totals = torch.zeros(len(_TOTALS), device=device)

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return self.step // self.steps_per_epoch

    def run(self, on_epoch: Callable[[dict[str, Any]], None], should_stop: Callable[[], bool]) -> bool:
        """Train to the end; False when should_stop, asked before every step, said so."""
        while self.step < self.steps:
            if should_stop():
                return False
            self._train_step()
            if self.step % self.steps_per_epoch == 0:
                on_epoch(self._end_epoch())
        return True

    def evaluate(self, part: Part | None) -> tuple[float, float]:
        """Accuracy [0, 1] and loss (nats) of the averaged model; nan without images."""
        if part is None or not len(part):
            return math.nan, math.nan
        right, loss = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        size = chunk_size(*part.images.shape[2:])
        with torch.inference_mode():
            for images, labels in zip(torch.split(part.images, size), torch.split(part.labels, size), strict=True):
                with autocast(self.device, self.precision):
                    logits = self.average.model(self._normalised(images)).float()
                right += (logits.argmax(1) == labels).sum()
                loss += nn.functional.cross_entropy(logits, labels, reduction="sum")
        return float(right) / len(part), float(loss) / len(part)

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
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
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
            for name, stream in self.streams.items():
                stream.load_state_dict(state["streams"][name])
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(f"The checkpoint does not fit this run's model and labels: {error}") from error
        self._order.set_state(state["order"].cpu())
        self._draws.set_state(state["draws"].cpu())
        self.step, self.best, self.precision = state["step"], state["best"], state["precision"]
        self._totals = state["totals"].to(self.device)

    def _streams(self) -> dict[str, Stream]:
        size, ratio = self.config.batch_size, self.config.unlabeled_ratio
        parts = {
            "labeled": (self.data.labeled, size),
            "unlabeled": (self.data.unlabeled if self.config.method != "supervised" else None, size * ratio),
            "rejected": (self.data.rejected if self.config.reject_weight else None, size),
        }
        return {n: Stream(part, batch, self._order) for n, (part, batch) in parts.items() if part is not None}

    def _train_step(self) -> None:
        rate = learning_rate(self.step, self.steps, self.config)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        views = {name: stream.next(self.view) for name, stream in self.streams.items()}
        batch = Batch(views["labeled"], views.get("unlabeled"), views.get("rejected"))
        with autocast(self.device, self.precision):
            losses = METHODS[self.config.method](self.model, batch)
        total = (
            losses.labeled + self._weight(self.step) * losses.unlabeled + self.config.reject_weight * losses.rejected
        )
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.average.update(self.model, self.step)
        self._count(total, losses)
        self.step += 1

    def _weight(self, step: int) -> float:
        """Weight of the pseudo-labels at a step; 0 where there are none."""
        return unlabeled_weight(step / self.steps_per_epoch, self.config) if "unlabeled" in self.streams else 0.0

    def _count(self, total: Tensor, losses: Losses) -> None:
        """Add up on the device; the host reads once an epoch."""
        found = (total.detach(), losses.labeled.detach(), losses.unlabeled.detach(), losses.rejected.detach())
        self._totals += torch.stack([*found, losses.num_right.to(total.dtype)])

    def _end_epoch(self) -> dict[str, Any]:
        sums = dict(zip(_TOTALS, self._totals.tolist(), strict=True))
        self._totals.zero_()
        if not math.isfinite(sums["loss"]):
            raise TrainingError(
                f"The loss is no longer a number in epoch {self.epoch}: lower the learning rate "
                f"(it is {self.config.learning_rate:g}) or the weight decay ({self.config.weight_decay:g})."
            )
        num_right = sums.pop("num_right")
        val_accuracy, val_loss = self.evaluate(self.data.val)
        self._keep_best(val_accuracy, val_loss)
        return {
            "epoch": self.epoch,
            "step": self.step,
            **{name: value / self.steps_per_epoch for name, value in sums.items()},
            "train_accuracy": num_right / (self.steps_per_epoch * self.streams["labeled"].batch_size),
            "learning_rate": learning_rate(self.step - 1, self.steps, self.config),
            "unlabeled_weight": self._weight(self.step - 1),
            "val_accuracy": _number(val_accuracy),
            "val_loss": _number(val_loss),
            "calibration_accuracy": _number(self.evaluate(self.data.calibration)[0]),
        }

    def _keep_best(self, accuracy: float, loss: float) -> None:
        """Highest val accuracy, among equals the lower val loss; without val images the latest."""
        is_better = (accuracy, -loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        if math.isnan(accuracy) or is_better:
            weights = {name: value.detach().clone() for name, value in self.average.model.state_dict().items()}
            self.best = {"epoch": self.epoch, "val_accuracy": accuracy, "val_loss": loss, "weights": weights}

    def _normalised(self, images: Tensor) -> Tensor:
        return self._standard(images.float() / 255)

    def _standard(self, images: Tensor) -> Tensor:
        return ((images - self.data.mean) / self.data.std).contiguous(memory_format=torch.channels_last)


def _optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum; biases and norms (one-dimensional) are spared the weight decay."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    spared = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": spared, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=0.9, nesterov=True)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
