"""HTTP routes: cards, images, commands, progress, and a message for every error."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import Verdict
from tests.dashboard.conftest import ReviewClient


def test_pages_follow_the_ranking_forwards_and_backwards(review: ReviewClient) -> None:
    first = review.page("ranking=entropy&count=10")
    order = np.argsort(-review.pool.scores.entropy, kind="stable")
    assert [card["id"] for card in first["cards"]] == review.pool.ids[order[:10]].tolist()
    assert [card["rank"] for card in first["cards"]] == list(range(10))
    assert first["total"] == first["matching"] == len(review.pool.ids)
    second = review.page("ranking=entropy&count=10&start=10")
    back = review.page("ranking=entropy&count=10&start=20&direction=previous")
    assert second["cards"] == back["cards"]
    assert second["cards"][0]["rank"] == 10


def test_a_verdict_is_saved_seen_and_the_same_when_sent_again(review: ReviewClient) -> None:
    command = review.command(3, "accept")
    answer = review.send(command, sequence=17).json()
    (outcome,) = answer["outcomes"]
    assert (answer["sequence"], outcome["status"], outcome["reason"]) == (17, "saved", "")
    assert answer["changed"] == [{"id": command["image_id"], "verdict": "accept", "label": command["suggestion"]}]
    assert answer["counts"]["accept"] == 1
    again = review.send(command, sequence=18).json()
    assert again["outcomes"] == answer["outcomes"]
    (line,) = review.get("/history").json()["decisions"]
    assert (line["id"], line["reviewer"], line["is_live"]) == (outcome["decision"], "ann", True)


def test_a_stale_verdict_is_refused_with_a_sentence_and_the_rest_of_the_batch_is_saved(
    review: ReviewClient,
) -> None:
    good, stale = review.command(0, "accept"), review.command(1, "accept")
    stale["suggestion"] = (stale["suggestion"] + 1) % 3
    first, second = review.send(stale, good).json()["outcomes"]
    assert (first["status"], first["decision"]) == ("refused", None)
    assert "look at it again" in first["reason"]
    assert second["status"] == "saved"
    assert review.project.decisions.state().verdict[stale["image_id"]] == Verdict.UNDECIDED


def test_the_histogram_counts_what_a_bulk_accept_would_take(review: ReviewClient) -> None:
    review.send(review.command(0, "reject"))
    counts = review.get(f"/runs/{review.run}/histogram?score=confidence").json()
    above = int(np.sum(counts["verdicts"]["undecided"][600:]))
    params = {"rule": "fixed_threshold", "threshold": 0.6, "expected": above}
    answer = review.send({"command_id": "b", "verdict": "bulk_accept", "params": params}).json()
    assert answer["outcomes"][0]["status"] == "saved"
    assert answer["counts"]["bulk_accept"] == above
    assert len(answer["changed"]) == above
    assert np.sum(counts["counts"]) == len(review.pool.ids)


def test_sprites_and_images_show_what_the_model_sees_and_are_kept(review: ReviewClient) -> None:
    ids, version = [5, 2, 9], review.project.fingerprint[:8]
    answer = review.get(f"/sprite?ids=5,2,9&columns=2&tile=16&v={version}")
    assert "immutable" in answer.headers["cache-control"]
    sheet = np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"))
    side = review.project.images.pixels.shape[1:3]
    tile = min(16, max(side))
    assert sheet.shape == (2 * tile, 2 * tile)
    one = review.get(f"/image/{ids[0]}?v={version}")
    assert "private" in one.headers["cache-control"]
    shown = np.asarray(Image.open(io.BytesIO(one.content)).convert("L"))
    np.testing.assert_array_equal(shown, review.project.images.pixels[ids[0], ..., 0])


def test_the_original_is_the_file_as_it_lies_in_the_folder(review: ReviewClient, pictures: Path) -> None:
    number = int(review.project.splits.pool[0])
    answer = review.get(f"/original/{number}")
    file = pictures / str(review.project.images.names[number])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(answer.content))), np.asarray(Image.open(file)))


def test_an_original_that_has_gone_or_lies_elsewhere_is_a_sentence(
    review: ReviewClient, pictures: Path, tmp_path: Path
) -> None:
    from core import InputError
    from core.data.sources.folder_scan import original_file

    (tmp_path / "folder").mkdir()
    (tmp_path / "secret.png").write_bytes(b"x")
    for source, name in ((str(tmp_path / "folder"), "../secret.png"), (str(tmp_path / "folder"), "gone.png"),
                         ("demo", "x.png"), (str(tmp_path / "nowhere"), "x.png")):  # fmt: skip
        with pytest.raises(InputError):
            original_file(source, name)


def test_a_card_is_found_wherever_it_stands(review: ReviewClient) -> None:
    wanted = review.page("ranking=margin&count=60")["cards"][57]
    assert review.get(f"/runs/{review.run}/card/{wanted['id']}?ranking=margin").json() == wanted


@pytest.mark.parametrize(
    "path",
    [
        "/runs/nope/page",
        "/runs/RUN/page?ranking=nope",
        "/runs/RUN/page?show=nope",
        "/runs/RUN/page?direction=sideways",
        "/runs/RUN/page?count=0",
        "/runs/RUN/page?count=100000",
        "/runs/RUN/page?start=-1",
        "/runs/RUN/page?threshold=nan",
        "/runs/RUN/histogram?score=luck",
        "/runs/RUN/page?predicted=99",
        "/runs/RUN/page?predicted=x",
        "/runs/RUN/page?runner_up=3",
        "/runs/RUN/page?range=confidence",
        "/runs/RUN/page?range=confidence,0,x",
        "/runs/RUN/page?range=luck,0,1",
        "/runs/RUN/page?decision=-1",
        "/runs/RUN/border?value=x",
        "/runs/RUN/card/99999999",
        "/runs/RUN/card/0?ranking=luck",
        "/runs/RUN/neighbors/99999999",
        "/original/99999999",
        "/runs/RUN/border?score=luck&value=0.5",
        "/runs/RUN/per_class?ids=3",
        "/runs/nope/border?value=0.5",
        "/runs/nope/events",
        "/sprite?ids=",
        "/sprite?ids=1,x",
        "/sprite?ids=99999999",
        "/image/99999999",
        "/history?limit=many",
    ],
)
def test_what_cannot_be_answered_is_a_sentence(review: ReviewClient, path: str) -> None:
    answer = review.get(path.replace("RUN", review.run))
    assert answer.status_code == 400
    assert answer.json()["error"].rstrip(".") != ""
    assert review.http.get("/winnow/nope/history").status_code == 400


def test_the_targets_of_the_slider_are_the_thresholds_of_the_project(review: ReviewClient) -> None:
    found = review.get(f"/runs/{review.run}/targets").json()
    assert [cut["target"] for cut in found["cuts"]] == [step / 200 for step in range(1, 41)]
    assert found["num_calibration"] == len(review.project.splits.calibration)
    for asked in (found["cuts"][0], found["cuts"][-1]):
        cut = review.project.quality.conformal_threshold(review.run, asked["target"])
        assert asked["threshold"] == cut.threshold
    weighted = review.get(f"/runs/{review.run}/targets?guarantee=class-mix").json()
    cut = review.project.quality.class_mix_threshold(review.run, 0.2)
    assert (weighted["cuts"][-1]["threshold"], weighted["state"], weighted["reason"]) == (
        cut.threshold,
        cut.state,
        cut.reason,
    )


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        '{"commands": 3}',
        '{"commands": [3]}',
        '{"commands": [{"verdict": "accept"}]}',
        '{"commands": [{"command_id": "a", "verdict": "accept", "image_id": "1"}]}',
        '{"commands": [{"command_id": "a", "verdict": "accept", "image_id": true}]}',
        '{"commands": [{"command_id": "a", "verdict": "accept", "params": "x"}]}',
        '{"commands": [{"command_id": "a", "verdict": 5}]}',
        '{"commands": [{"command_id": "a", "verdict": "accept", "colour": 1}]}',
    ],
)
def test_a_broken_batch_is_a_sentence_and_nothing_is_saved(review: ReviewClient, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = review.http.post(f"{review.root}/runs/{review.run}/commands", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert review.project.decisions.all() == []


def test_the_progress_of_a_finished_run_is_its_status_and_an_end(review: ReviewClient) -> None:
    blocks = review.get(f"/runs/{review.run}/events").text.strip().split("\n\n")
    assert json.loads(blocks[0].removeprefix("data: "))["state"] == "done"
    assert blocks[1].startswith("event: end")


def test_a_fault_of_our_own_shows_no_traceback(review: ReviewClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("core.review.histogram.RunHistogram.counts", broken)
    answer = review.get(f"/runs/{review.run}/histogram")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["error"]
