"""Normalized views of uint8 images, as a model gets them."""

from torch import Generator, Tensor

from core.training.augmentation.strong import strong
from core.training.augmentation.weak import PROFILES
from core.training.runtime.tensors import channels_last


class Augmenter:
    """Views of uint8 images (b, C, H, W): floats, normalized, channels last.

    Args:
        profile: One of PROFILES.
        mean: Mean (1, C, 1, 1) of pixels in [0, 1].
        std: Their standard deviation (1, C, 1, 1).
        generator: Draws all views, on the device of the images.

    """

    def __init__(self, profile: str, mean: Tensor, std: Tensor, generator: Generator) -> None:
        self._profile, self._mean, self._std, self._generator = profile, mean, std, generator

    def plain(self, images: Tensor) -> Tensor:
        """Normalize the images as they are."""
        return self._normalized(images.float() / 255)

    def weak(self, images: Tensor) -> Tensor:
        """Draw the weak view of each image."""
        return self._normalized(PROFILES[self._profile](images.float() / 255, self._generator))

    def strong(self, images: Tensor) -> Tensor:
        """Draw the strong view of each image."""
        return self._normalized(strong(images, self._profile, self._generator))

    def _normalized(self, images: Tensor) -> Tensor:
        return channels_last((images - self._mean) / self._std)
