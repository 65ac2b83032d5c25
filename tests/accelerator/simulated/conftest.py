"""These tests run in a process of their own, which tests/accelerator/test_simulated_device.py starts."""

import torch

from tests.training.test_worker import _own_signals, tiny

__all__ = ["_own_signals", "tiny"]  # fixtures of the engine's tests

collect_ignore_glob = [] if hasattr(torch, "sim") else ["test_*.py"]
