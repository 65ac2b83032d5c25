"""Histogram in each frame: counts, class mix, error, scale and parent run."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from benchmarks.synthetic import synthetic_project
from core import Project
from tests.browser.conftest import Bench, Server, shared
from tests.browser.review_page import drag_to, kept
from tests.browser.still import painted, still

pytestmark = pytest.mark.browser
RUN, CHILD = "001-supervised-small_cnn", "002-supervised-small_cnn"
HEIGHT, FOOT, BARS = 132, 16, 125
"""Of the canvas in CSS pixels, as dashboard/components/review/threshold/histogram_plot.js draws it."""

_PIXELS = """() => {
  const roots = [...document.querySelectorAll('*')].map((one) => one.shadowRoot);
  const root = roots.find((one) => one?.querySelector('.review-app'));
  const canvas = root.querySelector('.plot canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const rows = [];
  for (let y = 0; y < canvas.height; y++) {
    const row = [];
    for (let x = 0; x < canvas.width; x++) {
      const at = 4 * (y * canvas.width + x);
      row.push((data[at] << 24 >>> 0) + (data[at + 1] << 16) + (data[at + 2] << 8) + data[at + 3]);
    }
    rows.push(row);
  }
  return rows;
}"""


@pytest.fixture(scope="module")
def family(worker_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """2,000 images of 5 classes with a run and a child run."""

    def make(place: Path) -> Project:
        project = synthetic_project(place, num_images=2000, num_classes=5)
        give_birth(project.path / "runs")
        return Project.open(project.path)

    yield from shared(worker_server, tmp_path_factory.mktemp("family"), make)


def give_birth(runs: Path) -> None:
    shutil.copytree(runs / RUN, runs / CHILD)
    record = json.loads((runs / CHILD / "run.json").read_text())
    (runs / CHILD / "run.json").write_text(json.dumps({**record, "run_id": CHILD, "parent": RUN}))
    logits = np.load(runs / CHILD / "predictions" / "logits.npy")
    np.save(runs / CHILD / "predictions" / "logits.npy", logits * np.float32(0.4))


def open_review(page: Page, server: Server, run: str) -> dict[str, Any]:
    """Open the page and return the response of the histogram route."""
    with page.expect_response(re.compile(r"/histogram\?")) as said:
        page.goto(server.address("review", project=Project.open(server.project).key, run=run, show="all"))
    expect(page.locator(".selection-summary .summary-line b").first).not_to_be_empty()
    still(page)
    assert run in said.value.url
    data: dict[str, Any] = said.value.json()
    return data


def grouped(counts: list[int]) -> np.ndarray:
    return np.bincount(np.arange(len(counts)) * BARS // len(counts), weights=counts, minlength=BARS)


def pixels(page: Page) -> np.ndarray:
    """Return the canvas as (height, width, 4), red first."""
    packed = np.array(page.evaluate(_PIXELS), dtype=np.uint32)
    return np.stack([(packed >> shift) & 255 for shift in (24, 16, 8, 0)], axis=-1)


def columns(width: int) -> list[slice]:
    """Return the pixels of each bar without its edges."""
    step = width / BARS
    return [slice(int(np.ceil(bar * step + 1)), int(bar * step + step - 1) + 1) for bar in range(BARS)]


def test_class_mix_and_error_follow_every_frame_without_the_server(page: Page, family: Bench) -> None:
    server, project = family
    open_review(page, server, RUN)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    pool = project.scores(RUN)
    labels, hidden = np.asarray(project.images.labels), np.isin(pool.ids, project.splits.calibration)
    prior = np.bincount(labels[project.splits.labeled], minlength=5) / len(project.splits.labeled)
    drag_to(page, 0.9)
    box = page.locator(".plot").bounding_box()
    assert box is not None
    for share in (0.8, 0.6, 0.75, 0.4):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 40)
        painted(page)
        cut = np.float32(page.locator("input.exact").input_value())
        keep = pool.scores.confidence >= cut
        assert kept(page) == keep.sum()
        suggested = pool.scores.pseudo_labels
        counts = np.bincount(suggested[keep], minlength=5)
        expect(page.locator(".class-mix")).to_have_attribute(
            "aria-label", re.compile(", ".join(f"class {k} {n:,}" for k, n in enumerate(counts)) + "$")
        )
        said = [bar.get_attribute("title") or "" for bar in page.locator(".class-mix > i").all()]
        for k, text in enumerate(said):
            share_kept = f"{100 * counts[k] / max(1, keep.sum()):.1f} %"
            assert f"{counts[k]:,} kept ({share_kept}); labeled {100 * prior[k]:.1f} %" in text
        known = keep & hidden
        wrong = int((suggested[known] != labels[pool.ids[known]]).sum())
        expect(page.locator(".selection-summary .error")).to_contain_text(f"{100 * wrong / known.sum():.1f} %")
        expect(page.locator(".selection-summary .error")).to_contain_text(f"{wrong:,} wrong of {known.sum():,}")
        assert asked == []
    page.mouse.up()


def test_bars_follow_the_scale_and_marks_show_right_and_wrong(page: Page, family: Bench) -> None:
    data = open_review(page, family[0], RUN)
    counts = grouped(np.sum(data["counts"], axis=0).tolist())
    for scale, name in ((np.log1p, "log"), (lambda count: count, "linear")):
        if name == "linear":
            page.get_by_label("log scale").uncheck()
        shown = pixels(page)
        room = shown[: HEIGHT - FOOT]
        for bar, where in enumerate(columns(shown.shape[1])):
            wanted = scale(counts[bar]) / scale(max(1, counts.max())) * (HEIGHT - FOOT - 6)
            drawn = room[:, where, 3].max(axis=1) > 0
            height = HEIGHT - FOOT - int(np.argmax(drawn)) if drawn.any() else 0
            # what the threshold leaves out lies under a veil, which is drawn over all of its height
            if bar / BARS >= 0.96:
                assert height == pytest.approx(wanted, abs=1.5), (name, bar)
    shown = pixels(page)
    for row, key in ((HEIGHT - FOOT + 4, "right"), (HEIGHT - 4, "wrong")):
        known = grouped(data[key])
        is_marked = [bool((shown[row, where, 3] > 0).any()) for where in columns(shown.shape[1])]
        assert is_marked == (known > 0).tolist(), key
        assert any(is_marked)


def test_the_parent_run_is_a_dashed_ghost_over_the_bars(page: Page, family: Bench) -> None:
    server, project = family
    assert open_review(page, server, RUN)["ghost"] is None
    expect(page.locator(".legend")).not_to_contain_text("parent run")
    data = open_review(page, server, CHILD)
    expect(page.locator(".legend")).to_contain_text("parent run")
    ghost, counts = grouped(data["ghost"]), grouped(np.sum(data["counts"], axis=0).tolist())
    parent = project.scores(RUN).scores.confidence
    assert ghost.sum() == len(parent)
    assert ghost[-1] == (parent >= np.float32(0.992)).sum()
    shown = pixels(page)
    levels = shown[..., :3].astype(int)  # the ghost is gray and dark; bars are blue, veiled ones pale
    is_text = (np.ptp(levels, axis=-1) < 45) & (levels.mean(axis=-1) < 190) & (shown[..., 3] > 0)
    found = []
    for bar, where in enumerate(columns(shown.shape[1])):
        scaled = np.log1p(ghost[bar]) / np.log1p(max(1, counts.max())) * (HEIGHT - FOOT - 6)
        y = HEIGHT - FOOT - min(HEIGHT - FOOT - 2, scaled)
        found.append(bool(is_text[max(0, int(y) - 1) : int(y) + 2, where].any()))
    assert np.mean(found) > 0.7, f"dashes leave gaps, but only {np.mean(found):.2f} of the bars have one"


def test_the_legend_by_verdict_has_the_shapes_of_the_tiles(page: Page, family: Bench) -> None:
    open_review(page, family[0], RUN)
    for key in ("a", "x", "s"):
        page.keyboard.press(key)
    expect(page.locator(".saved")).to_have_attribute("data-state", "saved")
    page.get_by_label("Color").select_option("verdict")
    entries = page.locator(".legend span", has=page.locator(".shape"))
    expect(entries).to_have_count(3)
    badges = [page.locator(".tile .badge").nth(place).inner_text() for place in range(3)]
    assert [entry.locator(".shape").inner_text() for entry in entries.all()] == badges
    assert [entry.inner_text().replace("\n", " ").split()[-1] for entry in entries.all()] == [
        "accepted",
        "rejected",
        "skipped",
    ]
