"""Review of one finished run: pages, cards, neighbors; fast with a million images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from core.base.errors import InputError, not_in_pool
from core.base.types import Ids
from core.curation.curated_set import class_examples, curated_set
from core.curation.replay import CALIBRATE
from core.review.attention_checks import AttentionChecks
from core.review.bulk import BulkCount, count_bulk
from core.review.cards import Border, Card, CardMaker, Neighbor, Page, PageQuery, blind, with_remarks
from core.review.decision_history import DecisionHistory
from core.review.histogram import RunHistogram
from core.review.queues import DUPLICATES, Ranking, RunQueues
from core.review.random_queues import RandomQueue
from core.scoring.neighbors import Features, nearest, unit_vectors
from core.similarity.image_map import ImageMap
from core.similarity.similar_queue import SimilarQueue
from core.workspace.image_sets import save_image_set
from core.workspace.model_versions import parse_version
from core.workspace.workspace import LABEL_ISSUES, Workspace

_OPEN_ONLY = ("open", "undecided")


class RunReview:
    """Cards, queues, histogram and attention checks of one finished run."""

    def __init__(self, workspace: Workspace, run_id: str, history: DecisionHistory) -> None:
        self._workspace, self._history = workspace, history
        self._pool = workspace.scores(run_id)
        self._run = workspace.run(run_id)
        if parse_version(run_id) is not None:  # newer versions remove its files while it is reviewed
            self._run.folder.keep_predictions()
        self.queues = RunQueues(workspace, self._run, history)
        self.histogram = RunHistogram(workspace, self.queues, history)
        self.checks = AttentionChecks(workspace, self._run, history)
        self._maker = CardMaker(workspace, self._run, self._pool, lambda: self.queues.parent_labels)

    def page(self, query: PageQuery) -> Page:
        """Return the cards that a query asks for.

        Args:
            query: Ranking, start, direction, number and filter of the cards.

        Returns:
            The cards in the order of the ranking, with attention checks if the project uses them.

        Raises:
            InputError: There is no such ranking or filter.
        """
        is_blind = query.ranking == CALIBRATE
        state = self._history.calibration_state() if is_blind else self._history.state()
        query.wanted.check(len(self._workspace.images.class_names))
        count = -query.count if query.direction == "previous" else query.count
        ranking = self._ranking(query)
        ordered = self.queues.order(ranking, query.threshold)
        ranks = self.queues.find(query.wanted, ranking, query.threshold, query.start, count, state)
        counts = self.queues.counts(query.wanted, state, ordered)
        since = ranking.since if isinstance(ranking, RandomQueue) else None
        cards = self._maker.cards(ordered[ranks], ranks, len(ordered), state)
        if is_blind:
            cards = [blind(card, len(ordered)) for card in cards]
        elif query.ranking == DUPLICATES:
            cards = self._with_stacks(cards)  # an attention check would part a stack
        elif self._run.id != LABEL_ISSUES and self._pool.has_suggestions and query.wanted.show in _OPEN_ONLY:
            cards = self._with_checks(cards, query.reviewer)
        cards = with_remarks(cards, self._history.remarks())
        like = self._maker.name(ranking.image) if isinstance(ranking, SimilarQueue) and not ranking.words else ""
        return Page(cards, len(ordered), counts.matching, counts.open, since, like)

    def border(self, score: str, value: float) -> Border:
        """Return the images on both sides of a threshold, and the neighboring thresholds.

        Args:
            score: confidence, entropy or margin.
            value: The threshold, in the unit of the score.

        Returns:
            Up to eight images on each side, the nearest first.

        Raises:
            InputError: There is no such score.
        """
        steps, here = self.histogram.steps(score, value)
        ordered = self.queues.order(score, 0.0)
        state, total = self._history.state(), len(ordered)
        left, kept = (
            self._maker.cards(ordered[ranks], ranks, total, state) for ranks in self.histogram.border(score, value)
        )
        return Border(steps, here, kept, left)

    def card(self, image: int, query: PageQuery) -> Card:
        """Return one image of the pool as a card.

        Args:
            image: The image.
            query: The query of the page.

        Returns:
            The card with its rank in the queue; -1 where the queue does not show it.

        Raises:
            InputError: The image is not in the pool, or there is no such ranking.
        """
        row, ranking = self._row(image), self._ranking(query)
        rank, total = self.queues.rank(ranking, query.threshold, row), len(self.queues.order(ranking, query.threshold))
        is_blind = query.ranking == CALIBRATE
        state = self._history.calibration_state() if is_blind else self._history.state()
        (card,) = with_remarks(
            self._maker.cards(np.array([row]), np.array([rank]), total, state), self._history.remarks()
        )
        return blind(card, total) if is_blind else card

    def shown(self, image: int, query: PageQuery) -> dict[str, Any]:
        """Return where a query's queue shows an image, as the log stores it.

        Args:
            image: The image.
            query: The query of the page.

        Returns:
            Ranking and rank; a random queue adds eta, drawn and the probability of the draw.

        Raises:
            InputError: The image is not in the pool, or there is no such ranking.
        """
        row, ranking = self._row(image), self._ranking(query)
        where = {"ranking": query.ranking, "rank": self.queues.rank(ranking, query.threshold, row)}
        if isinstance(ranking, RandomQueue):
            where |= {"eta": ranking.eta, "drawn": ranking.since}
        if isinstance(ranking, SimilarQueue):
            where |= ranking.facts()
        return self.queues.random.logged_params(row, where)

    def bulk_count(self, params: Mapping[str, Any]) -> BulkCount:
        """Count the images that a bulk decision would be about now; nothing is decided.

        Args:
            params: Rule and its parameters, or a filter; `label` where another class than the suggested one is given.

        Raises:
            DecisionError: The params cannot be read.
            ConfigError: The rule or a parameter does not fit.
        """
        return count_bulk(params, self._run.id, self.queues, self._history.state())

    def neighbors(self, image: int, count: int) -> list[Neighbor]:
        """Find the labeled images most similar to an image of the pool.

        Args:
            image: The image, of the pool or of an attention check.
            count: Most neighbors to return.

        Returns:
            Neighbors by cosine similarity of the run's features, the most similar first.

        Raises:
            InputError: The image is neither.
        """
        if image not in self.checks.wrong_suggestions:
            self._row(image)
        labeled, features = self._workspace.splits.labeled, self._run.folder.features()
        if not len(labeled):
            return []
        rows, similarity = nearest(self._labeled_units, np.asarray(features[image]), count + 1)
        is_other = labeled[rows] != image  # a given label is not its own neighbor
        rows, similarity = rows[is_other][:count], similarity[is_other][:count]
        labels = self._workspace.images.labels[labeled[rows]]
        return [
            Neighbor(*facts) for facts in zip(labeled[rows].tolist(), labels.tolist(), similarity.tolist(), strict=True)
        ]

    def examples(self, label: int, count: int) -> Ids:
        """Return at most `count` images that a person gave a class; none where there is no such class."""
        labeled, labels = self._workspace.splits.labeled, self._workspace.images.labels
        return class_examples(curated_set(self._history.state(), labeled, labels[labeled]), label, count)

    @cached_property
    def map(self) -> ImageMap:
        """Maps of the labeled and pool images by the run's features."""
        return ImageMap(self._workspace, self._run.folder.features_file())

    def save_set(self, ids: Sequence[int] | Ids) -> str:
        """Store a selection of pool images under a short name, which a filter can show.

        Args:
            ids: Images of the pool.

        Returns:
            The name, such as "ab12cd"; the same images get the same name.

        Raises:
            InputError: An image is not in the pool, or there is none.
            DataError: The project folder cannot be written.
        """
        wanted = np.unique(np.asarray(ids, dtype=np.int64))
        if len(missing := np.setdiff1d(wanted, self._pool.ids)):
            raise not_in_pool(int(missing[0]))
        return save_image_set(self._workspace.path, wanted)

    def _ranking(self, query: PageQuery) -> Ranking:
        return self.queues.named(query.ranking, query.eta, query.drawn, query.like, query.words)

    def _with_stacks(self, cards: list[Card]) -> list[Card]:
        """Add number and size of each card's stack of near duplicates."""
        found = self.queues.near_duplicates
        numbers = [int(found.stacks[card.id]) for card in cards]
        texts = {stack: found.describe(stack, self._workspace.splits) for stack in set(numbers)}
        return [replace(c, stack=n, why=f"{c.why} · {texts[n]}") for c, n in zip(cards, numbers, strict=True)]

    def _with_checks(self, cards: list[Card], reviewer: str) -> list[Card]:
        """Insert the attention checks among the cards of a page."""
        found = list(cards)
        checks = self.checks.for_page([card.id for card in cards], reviewer)
        for check in sorted(checks, key=lambda check: -check.after):
            found.insert(check.after + 1, self._maker.check_card(check, cards[check.after]))
        return found

    @cached_property
    def _labeled_units(self) -> Features:
        return unit_vectors(self._run.folder.features()[self._workspace.splits.labeled])

    def _row(self, image: int) -> int:
        row = self._pool.row_of(image)
        if row is None:
            refusal = self._workspace.hidden.refusal(image)
            raise InputError(refusal) if refusal else not_in_pool(image)
        return row
