"""Text search: words rank the images that show them first; what is missing is told in a sentence."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import DataError, InputError, PageQuery, Project, QueueFilter
from core.similarity import text_search
from core.similarity.similar_queue import SimilarQueue
from core.similarity.text_search import likeness, text_record, text_vectors
from tests.tiny_clip import COLORS, channel_of


def ranked(project: Project, words: str, **query: Any) -> list[int]:
    page = project.review(project.runs()[0].id).page(PageQuery("similar", words=words, count=400, **query))
    return [card.id for card in page.cards]


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Answers in the place of the process with torch: every text gets the vector (1, 0, 0)."""
    asked: list[dict[str, Any]] = []

    class Answers:
        def ask(self, request: dict[str, Any]) -> dict[str, Any]:
            asked.append(request)
            return {"vectors": [[1.0, 0.0, 0.0]] * len(request["texts"])}

    monkeypatch.setattr(text_search, "_process", Answers())
    return asked


@pytest.mark.parametrize(("words", "channel"), COLORS.items())
def test_a_color_word_ranks_all_images_of_that_color_before_the_others(
    color_project: Project, words: str, channel: int
) -> None:
    shown = [channel_of(color_project.images.pixels[image]) for image in ranked(color_project, words)]
    num = shown.count(channel)
    assert 0 < num < len(shown) == len(color_project.splits.pool)
    assert shown[:num] == [channel] * num


def test_a_sentence_ranks_by_the_word_that_the_model_knows(color_project: Project) -> None:
    assert ranked(color_project, "  A Blue   thing ") == ranked(color_project, "a blue thing")
    assert channel_of(color_project.images.pixels[ranked(color_project, "a blue thing")[0]]) == 2


def test_filters_combine_with_words_and_keep_their_order(color_project: Project) -> None:
    whole = ranked(color_project, "red")
    run = color_project.runs()[0].id
    cards = color_project.review(run).page(PageQuery("similar", words="red", count=400)).cards
    some = ranked(color_project, "red", wanted=QueueFilter(predicted=1))
    assert some == [card.id for card in cards if card.suggestion == 1]
    assert 0 < len(some) < len(whole)


def test_words_that_were_searched_before_are_read_from_the_disk(
    color_project: Project, no_process: list[dict[str, Any]]
) -> None:
    first = ranked(color_project, "красный шар")
    assert [request["texts"] for request in no_process] == [["красный шар"]]
    again = Project.open(color_project.path)  # as after a restart
    assert ranked(again, "красный шар") == first
    assert len(no_process) == 1
    record = text_record(color_project.workspace)
    (file,) = (color_project.path / "features" / record.extractor.key / "texts").glob("*.json")
    assert json.loads(file.read_text())["text"] == "красный шар"
    file.write_text("damaged")
    assert ranked(Project.open(color_project.path), "красный шар") == first
    assert len(no_process) == 2


def test_vectors_of_other_weights_are_not_taken(color_project: Project, no_process: list[dict[str, Any]]) -> None:
    from dataclasses import replace

    record, folder = text_record(color_project.workspace), color_project.path / "features"
    text_vectors(["a", "b"], record, folder)
    text_vectors(["b", "a"], record, folder)
    assert len(no_process) == 1
    text_vectors(["a"], replace(record, extractor=replace(record.extractor, sha256="00")), folder)
    assert len(no_process) == 2


def test_a_project_that_cannot_be_written_is_searched_all_the_same(
    color_project: Project, no_process: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: object) -> None:
        raise DataError("read-only")

    monkeypatch.setattr(text_search, "write_json", refuse)
    assert len(ranked(color_project, "red")) == len(color_project.splits.pool)


def test_the_log_says_which_words_a_queue_compared_with(
    color_project: Project, no_process: list[dict[str, Any]]
) -> None:
    run, query = color_project.runs()[0].id, PageQuery("similar", words=" red  car ")
    image = color_project.review(run).page(query).cards[2].id
    color_project.decide(run, "skip", image, **color_project.review(run).shown(image, query))
    assert color_project.decisions.latest(1)[0].params == {"ranking": "similar", "rank": 2, "words": "red car"}


def test_a_project_without_such_features_says_which_command_computes_them(trained_project: Project) -> None:
    sentence = f"Compute them: winnow features {trained_project.path} --extractor clip:FOLDER"
    assert sentence in trained_project.text_search_problem()
    with pytest.raises(InputError) as error:
        ranked(trained_project, "red")
    assert str(error.value) == trained_project.text_search_problem()


def test_a_missing_package_is_named_and_known_words_work_without_it(
    color_project: Project, no_process: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert color_project.text_search_problem() == ""
    first = ranked(color_project, "red")
    monkeypatch.setattr("core.features.catalog.importlib.util.find_spec", lambda name: None)
    assert color_project.text_search_problem().endswith("It needs transformers: pip install 'winnow[text]'.")
    assert ranked(color_project, "red") == first


def test_what_the_process_refuses_is_told_and_nothing_is_kept(
    color_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refuses:
        def ask(self, request: dict[str, Any]) -> dict[str, Any]:
            return {"error": "The model has gone."}

    monkeypatch.setattr(text_search, "_process", Refuses())
    with pytest.raises(InputError, match=r"^The model has gone\.$"):
        ranked(color_project, "yellow")
    assert not list((color_project.path / "features").glob("clip*/texts/*"))


def test_a_model_whose_folder_is_gone_is_told_by_the_real_process(color_project: Project) -> None:
    record_file = next((color_project.path / "features").glob("clip*")) / "record.json"
    facts = json.loads(record_file.read_text())
    facts["extractor"]["name"] = "clip:/nowhere/at/all"
    record_file.write_text(json.dumps(facts))
    (record_file.parent).rename(record_file.parent.with_name(text_record(color_project.workspace).extractor.key))
    with pytest.raises(InputError, match="/nowhere/at/all is no folder of a model"):
        ranked(color_project, "red")


def test_features_that_lack_images_name_the_command(color_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **given: object) -> None:
        raise DataError("x lacks the features of 3 images added since: compute them.")

    monkeypatch.setattr(text_search, "open_features", refuse)
    with pytest.raises(DataError, match=r"compute them\. Command: winnow features .* --extractor clip:/"):
        ranked(color_project, "red")


@pytest.mark.parametrize(
    ("image", "words", "sentence"),
    [
        (None, "  ", "needs words, or like, the number of an image from 0 to 49"),
        (3, "red", "not to both"),
        (None, "x" * 201, "at most 200 characters"),
        (None, "red\x00", "all of which can be shown"),
        (None, "\ud800", "all of which can be shown"),
    ],
)
def test_words_that_cannot_be_searched_for_are_refused(image: int | None, words: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        SimilarQueue.checked(image, words, 50)


def test_likeness_is_the_cosine_whatever_the_length_of_the_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    features, vector, ids = rng.normal(size=(90, 5)).astype(np.float16), rng.normal(size=5), np.arange(3, 90, 2)
    monkeypatch.setattr(text_search, "_BLOCK", 7)
    found = likeness(features, ids, 100 * vector.astype(np.float32))
    wide = features[ids].astype(np.float64)
    expected = wide @ vector / np.linalg.norm(wide, axis=1) / np.linalg.norm(vector)
    np.testing.assert_allclose(found, expected, atol=1e-6)
