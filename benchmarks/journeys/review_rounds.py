"""Journeys of the working day: 200 images by keys, bulk accept with audit and export, two reviewers at once."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from benchmarks.dashboard_process import DashboardProcess
from benchmarks.journeys.answers import Reviewer
from benchmarks.journeys.first_projects import accept_all
from benchmarks.journeys.recorder import PATIENCE, Recorder, at, check, height, link, press, wait_until, write
from core import Project, constants
from tests.browser.still import still, watch

_SLOW = PATIENCE * 1000
NUM_BY_KEYS, NUM_AUDITED, NUM_EACH = 200, 60, 20
"""Images corrected by keys; answers of the audit; answers of each of two reviewers."""


def prepared(home: Path, clicks: int = 0) -> Project:
    """Return the demo with a head, in Winnow's own folder, and with answers where a person had given some."""
    project = Project.demo(home / "projects" / "journey")
    run = project.wait_run(project.start_run(constants.PRESETS["head"].config()).id)
    pool = project.scores(run.id)
    for image in pool.ids[np.argsort(pool.scores.confidence, kind="stable")][:clicks].tolist():
        project.decide(run.id, "relabel", image, int(project.images.labels[image]))
    return project


def knowing(page: Page, project: Project) -> Reviewer:
    """A reviewer who knows the classes of the demo."""
    labels, names = project.images.labels, project.class_names
    return Reviewer(page, lambda image, file: names[int(labels[image])])


def by_keys(dashboard: DashboardProcess, recorder: Recorder) -> None:
    """Answer 200 images of the default queue by keys, and take the last one back."""
    project = prepared(dashboard.home)
    page, reviewer = recorder.page, knowing(recorder.page, project)
    with recorder.step("open the project: Review"):
        page.goto(dashboard.address("review", project=project.key))
        reviewer.shown()
    for done in range(0, NUM_BY_KEYS, 50):
        with recorder.step(f"images {done + 1} to {done + 50}"):
            reviewer.answer(50)
    with recorder.step("the last one again: undo and answer"):
        press(page, "z")
        expect(page.locator(".saved")).to_have_text(re.compile(f"saved #{NUM_BY_KEYS + 1}"))
        reviewer.saved()
        last = list(reviewer.given)[-1]
        now = Project.open(project.path)
        names, lines = now.class_names, now.decisions.all()
        check(lines[-1].undo_of == lines[-2].id, "the undo does not take back the last answer")
        live = now.decisions.live_ids()
        found = {line.image_id: names[line.label if line.label is not None else line.suggestion or 0]
                 for line in lines if line.id in live}  # fmt: skip
        wanted = {image: name for image, name in reviewer.given.items() if image != last}
        check(found == wanted, f"{len(found)} answers in the log are not the {len(wanted)} given ones")


def accept_audit_export(dashboard: DashboardProcess, recorder: Recorder) -> None:
    """Accept at a target error, prove it by answers on random images, take the labels along."""
    project = prepared(dashboard.home, 100)
    page, run = recorder.page, project.runs()[0].id
    labels, names = project.images.labels, project.class_names
    with recorder.step("open the project: Review"):
        page.goto(dashboard.address("review", project=project.key))
        knowing(page, project).shown()
    with recorder.step("move the target error to 4 % by keys"):
        slider = page.get_by_label("Target error, percent")
        page.get_by_role("button", name="Threshold: open or close").click()
        slider.focus()
        slider.press("ArrowLeft")
        slider.press("ArrowLeft")
        expect(page.locator(".target-error output")).to_have_text(re.compile("4(.0)? %"), timeout=_SLOW)
        still(page)
    with recorder.step("accept all above it"):
        number = accept_all(recorder, project)
    with recorder.step("open the audit"):
        link(page, "Audit")
        expect(page.get_by_role("heading", name="Which class is this?")).to_be_visible(timeout=_SLOW)
    with recorder.step(f"answer {NUM_AUDITED} random images"):
        _audit(page, [names[int(label)] for label in labels])
        answered = [line for line in Project.open(project.path).decisions.all() if line.params.get("queue") == "audit"]
        check(len(answered) == NUM_AUDITED, f"{NUM_AUDITED} audit answers, but {len(answered)} in the log")
        check(_metric(page, "Certified right") > 0, "the certificate proves nothing")
    target = dashboard.home.parent / "labels"
    with recorder.step("export a table"):
        link(page, "Export")
        folder = page.get_by_label("Folder (new, empty, or an earlier export)")
        write(folder, str(target))
        still(page)
        page.get_by_role("button", name="Export", exact=True).click()
        expect(page.get_by_text(str(target / "labels.csv")).first).to_be_visible(timeout=_SLOW)
        _exported(target, run, number)


def _metric(page: Page, label: str) -> float:
    value = page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").inner_text()
    return float(re.sub(r"[^\d.]", "", value))


def _audit(page: Page, truth: list[str]) -> None:
    """Answer the audit's images, each named by the text of its picture."""
    main = page.get_by_test_id("stMain")
    for number in range(1, NUM_AUDITED + 1):
        image = (main.locator("img[alt^='image ']").first.get_attribute("alt") or "").removeprefix("image ")
        main.get_by_role("button", name=truth[int(image)], exact=True).click()
        value = page.get_by_test_id("stMetric").filter(has_text="Answers").get_by_test_id("stMetricValue")
        expect(value).to_have_text(str(number), timeout=_SLOW)
        still(page, quiet=50)


def _exported(target: Path, run: str, number: int) -> None:
    with (target / "labels.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    bulk = [row for row in rows if row["source"].startswith("bulk")]
    wanted = number - NUM_AUDITED  # the answers of the audit are decisions of their own
    check(len(bulk) == wanted, f"{wanted:,} of the images accepted in bulk are wanted in the table, not {len(bulk):,}")
    manifest: Any = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    check("certificates" in json.dumps(manifest), "the manifest holds no certificate")
    check(run in {row.get("run") or row.get("run_id") for row in bulk}, "the table does not name the run")


def two_reviewers(dashboard: DashboardProcess, recorder: Recorder) -> None:
    """Two people answer at once under their own names, see each other's answers, and take back only their own."""
    project = prepared(dashboard.home)
    context = recorder.page.context.browser
    assert context is not None
    size = recorder.sizes[0]
    ben_page = context.new_context(viewport={"width": size, "height": height(size)}).new_page()
    watch(ben_page)
    ann, ben = knowing(recorder.page, project), knowing(ben_page, project)
    with recorder.step("both open Review"):
        for person in (ann, ben):
            person.page.goto(dashboard.address("review", project=project.key))
            person.shown()
    with recorder.step("both say who they are"):
        for person, name in ((ann, "Ann"), (ben, "Ben")):
            person.page.bring_to_front()  # Firefox gives keys and changes to the window in front alone
            _name(person, name)
        ben.page.get_by_label("Ranking").select_option("margin")  # each another queue
        ben.shown()
    with recorder.step(f"{NUM_EACH} images each, in turns"):
        for _ in range(NUM_EACH):
            for person in (ann, ben):
                person.page.bring_to_front()
                person.answer(1)
        lines = Project.open(project.path).decisions.all()
        by = {name: sum(line.reviewer == name for line in lines) for name in ("Ann", "Ben")}
        check(by == {"Ann": NUM_EACH, "Ben": NUM_EACH}, f"the log has {by}")
    with recorder.step("Ann looks at Ben's answers"):
        ann.page.bring_to_front()
        _open_filters(ann.page)
        ann.page.get_by_label("Ranking").select_option("entropy")  # her queue was 500 drawn images
        ann.page.get_by_label("Show", exact=True).select_option("all")
        by_field = ann.page.get_by_label("Decided by")
        write(by_field, "Ben")
        expect(ann.page.locator(".position")).to_contain_text(f"{NUM_EACH} images", timeout=_SLOW)
        ann.shown()
        expect(ann.page.locator(".tile:not([data-verdict=''])")).to_have_count(NUM_EACH, timeout=_SLOW)
    with recorder.step("Ben takes back his own last answer", ben_page):
        ben.page.bring_to_front()
        last = [line for line in Project.open(project.path).decisions.all() if line.reviewer == "Ben"][-1]
        press(ben.page, "z")
        ben.saved()
        wait_until(
            lambda: Project.open(project.path).decisions.all()[-1].undo_of is not None, ben.page, "no undo in the log"
        )
        undo = Project.open(project.path).decisions.all()[-1]
        check((undo.reviewer, undo.undo_of) == ("Ben", last.id), f"the undo takes back #{undo.undo_of}")
    ben_page.context.close()


def _open_filters(page: Page) -> None:
    if page.locator("details.more").get_attribute("open") is None:
        page.locator("details.more summary").click()


def _name(person: Reviewer, name: str) -> None:
    page = person.page
    _open_filters(page)
    who = page.get_by_label("Reviewer", exact=True)
    write(who, name)
    at(page, f"reviewer={name}")
    page.locator("details.more summary").click()
    person.shown()
