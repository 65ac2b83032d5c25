"""Queue of likeness: the pool in the order of its likeness to one image, or to words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from core.base.errors import InputError
from core.base.types import Ids
from core.similarity.nearest_images import NearestImages
from core.similarity.text_search import TextSearch
from core.workspace.workspace import Workspace

LONGEST = 200
"""Characters of the words; the text towers of CLIP and SigLIP read 77 and 64 tokens, about as many English words."""


@dataclass(frozen=True)
class SimilarQueue:
    """Name of a queue that begins with the images most like one image, or most like words.

    Attributes:
        image: Image id; -1 where there are words.
        words: Without spaces around them or repeated ones; empty where there is an image.
    """

    image: int = -1
    words: str = ""

    @classmethod
    def checked(cls, image: int | None, words: str, num_images: int) -> Self:
        """Name the queue of an image or of words.

        Args:
            image: Image id; any image of the project.
            words: Any script, up to 200 characters.
            num_images: N.

        Raises:
            InputError: Neither or both are given, there is no such image, or the words are too long or hold a
                character that cannot be shown.
        """
        plain = " ".join(words.split())
        if plain and image is not None:
            raise InputError(f"Rank by likeness to words or to image {image}, not to both: leave one out.")
        if len(plain) > LONGEST or not plain.isprintable():
            raise InputError(
                f"Words to search for are at most {LONGEST} characters, all of which can be shown (got "
                f"{len(plain):,}): write a few, such as red car."
            )
        if plain:
            return cls(words=plain)
        if image is None or not 0 <= image < num_images:
            given = "none is given" if image is None else f"got {image}"
            raise InputError(
                f"The queue similar needs words, or like, the number of an image from 0 to {num_images - 1} ({given})."
            )
        return cls(image)

    def facts(self) -> dict[str, Any]:
        """Return what the log says of the queue: `words` or `like`."""
        return {"words": self.words} if self.words else {"like": self.image}


class SimilarOrders:
    """Orders of one pool by likeness.

    Args:
        workspace: The project.
        features: Returns the file of the run's features, (N, D), by which images are compared with an image.
        pool: Sorted ids of the images to rank.
    """

    def __init__(self, workspace: Workspace, features: Callable[[], Path], pool: Ids) -> None:
        self._workspace, self._features, self._pool = workspace, features, pool

    def order(self, queue: SimilarQueue) -> Ids:
        """Return the rows of the pool, the most alike first.

        Args:
            queue: What they are compared with.

        Raises:
            InputError: It has words, and they cannot be searched for here.
            DataError: Features cannot be read.
        """
        return self._by_words.order(queue.words) if queue.words else self._by_image.order(queue.image)

    @cached_property
    def _by_image(self) -> NearestImages:
        return NearestImages(self._features(), self._pool)

    @cached_property
    def _by_words(self) -> TextSearch:
        return TextSearch(self._workspace, self._pool)
