"""Settings of a simulated review."""

from typing import Annotated

from core.base.config import Between, Config


class SimulateConfig(Config):
    """Settings of a simulated review, for each queue, accept rule and seed."""

    rounds: Annotated[int, Between(1, 100)] = 3
    """Rounds of single answers, bulk accept above the threshold and retraining."""
    clicks: Annotated[int, Between(1, 1_000_000)] = 50
    """Single answers of the reviewer in each round."""
    error_rate: Annotated[float, Between(0.0, 1.0)] = 0.02
    """Share of the reviewer's answers that are wrong; each other class is answered equally often."""
    seeds: Annotated[int, Between(1, 100)] = 1
    """Repetitions, each with its own seed of training, draws and mistakes, counted up from the training seed."""
    controls: bool = True
    """Also simulate each accept rule without an answer (threshold only) and with answers on random images."""
    keep: bool = False
    """Keep the simulated projects with their runs and decisions; else only the curves stay."""
