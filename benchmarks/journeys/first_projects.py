"""Journeys of a newcomer: the demo's first round, and an own folder without any label."""

import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.journeys.answers import Reviewer
from benchmarks.journeys.recorder import PATIENCE, Recorder, at, check, link, press, wait_until
from core import Project, recent_projects
from core.data.datasets import DATASETS

_SLOW = PATIENCE * 1000
NUM_PILE, NUM_NAMED = 400, 60
"""Images of the own folder, and how many of them are named."""


def opened() -> Project:
    """Return the project that was opened last."""
    return Project.open(recent_projects.recent()[0].path)


def demo_first_round(dashboard: DashboardProcess, recorder: Recorder) -> None:
    """Open the demo, answer 40 images, accept in bulk, train again, compare."""
    page = recorder.page
    with recorder.step("open the start page"):
        page.goto(dashboard.address())
        expect(page.get_by_role("button", name="Open the demo")).to_be_visible(timeout=_SLOW)
    with recorder.step("open the demo: images with suggestions"):
        page.get_by_role("button", name="Open the demo").click()
        expect(page.locator(".tile .caption").first).not_to_have_text("no suggestion", timeout=_SLOW)
    project = opened()
    labels, names = project.images.labels, project.class_names
    reviewer = Reviewer(page, lambda image, file: names[int(labels[image])])
    with recorder.step("answer 40 images by keys"):
        reviewer.shown()
        reviewer.answer(40)
        decided = {line.image_id: line for line in Project.open(project.path).decisions.all()}
        check(len(decided) == 40, f"40 answers, but {len(decided)} decisions in the log")
    with recorder.step("next page has suggestions of what was learned"):
        expect(page.locator(".live")).to_have_attribute("data-state", "newer", timeout=_SLOW)
        press(page, "PageDown")
        at(page, "version=.*40")
    with recorder.step("look at the learning curve"):
        page.get_by_role("button", name="Learning curve").click()
        expect(page.get_by_role("dialog").locator(".js-plotly-plot").first).to_be_visible(timeout=_SLOW)
    with recorder.step("accept all above the threshold"):
        press(page, "Escape")
        accept_all(recorder, project)
    with recorder.step("train again: the new run and its two control runs"):
        page.get_by_role("button", name="Retrain").click()
        page.get_by_role("button", name="Start", exact=True).click()
        at(page, "/train")
        wait_until(
            lambda: sum(run.has_predictions for run in Project.open(project.path).runs()) == 4,
            page,
            "the new run and its two control runs do not finish",
        )
    with recorder.step("compare before and after"):
        link(page, "Compare")
        expect(page.get_by_text("McNemar").first).to_be_visible(timeout=_SLOW)


def accept_all(recorder: Recorder, project: Project) -> int:
    """Accept in bulk where the threshold stands; return the number of images."""
    page = recorder.page
    page.get_by_role("button", name=re.compile("Accept all")).click()
    button = page.locator("dialog[open] button.primary:not([disabled])")
    button.wait_for(timeout=_SLOW)
    number = int(re.sub(r"\D", "", button.inner_text()))
    button.click()
    page.locator("dialog[open]").wait_for(state="detached", timeout=_SLOW)
    wait_until(
        lambda: Project.open(project.path).decisions.all()[-1].verdict == "bulk_accept",
        page,
        "no bulk accept in the log",
    )
    line = Project.open(project.path).decisions.all()[-1]
    check(line.num_images == number, f"the dialog said {number:,} images, the log says {line.num_images:,}")
    return number


def pile(folder: Path) -> dict[str, str]:
    """Write images without labels into a folder; return the class of each file, which the reviewer knows."""
    images = DATASETS["demo"].load(None)
    folder.mkdir(parents=True)
    chosen = np.random.default_rng(0).permutation(len(images.labels))[:NUM_PILE]
    files = {}
    for number, row in enumerate(chosen.tolist()):
        name = f"IMG_{number:04}.png"
        Image.fromarray(np.asarray(images.pixels[row]).squeeze()).save(folder / name)
        files[name] = images.class_names[int(images.labels[row])]
    return files


def own_folder(dashboard: DashboardProcess, recorder: Recorder) -> None:
    """Make a project of a folder of images alone, name classes, see suggestions begin."""
    page, folder = recorder.page, dashboard.home.parent / "pictures"
    files = pile(folder)
    with recorder.step("type the folder's path: what was found"):
        page.goto(dashboard.address())
        path = page.get_by_role("textbox", name="Folder or file")
        path.wait_for(timeout=_SLOW)
        path.click()
        page.keyboard.type(str(folder))
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{NUM_PILE} images").first).to_be_visible(timeout=_SLOW)
    with recorder.step("create the project: its Data page"):
        page.get_by_role("button", name="Create the project").click()
        expect(page.get_by_role("button", name="Start labeling")).to_be_visible(timeout=_SLOW)
    project = opened()
    check(len(project.images.labels) == NUM_PILE, f"the project holds {len(project.images.labels)} images")
    reviewer = Reviewer(page, lambda image, file: files[Path(file).name])
    with recorder.step("start labeling: images that differ"):
        page.get_by_role("button", name="Start labeling").click()
        reviewer.shown()
        expect(page.locator(".tile .caption").first).to_have_text("no suggestion")
    with recorder.step("name the first 20 images, and their classes"):
        reviewer.answer(20)
        check(set(opened().class_names) == set(reviewer.given.values()), "named classes are missing in the project")
    with recorder.step("next page has the first suggestions"):
        expect(page.locator(".live")).to_have_attribute("data-state", "newer", timeout=_SLOW)
        press(page, "PageDown")
        at(page, "version=")
        expect(page.locator(".tile .caption").first).not_to_have_text("no suggestion", timeout=_SLOW)
        reviewer.shown()
    with recorder.step(f"answer {NUM_NAMED - 20} more"):
        reviewer.answer(NUM_NAMED - 20)
        now = opened()
        given = {line.image_id: now.class_names[line.label] for line in now.decisions.all() if line.label is not None}
        accepted = {line.image_id: reviewer.given[line.image_id] for line in now.decisions.all()
                    if line.verdict == "accept" and line.image_id is not None}  # fmt: skip
        check(given | accepted == reviewer.given, "the log does not hold the classes that were given")
