"""The review page: what it hands to the browser, empty states, retraining; and the browser's own modules in node."""

import json
import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Project
from dashboard import components
from dashboard.server import params

ROOT = Path(__file__).parents[2]
RUN = "001-supervised-mlp"
OpenReview = Callable[..., AppTest]


def _show() -> None:
    from dashboard.views import review

    review.show()


@pytest.fixture
def review() -> OpenReview:
    """Opens the page with what stands in the URL."""

    def open_review(**query: str) -> AppTest:
        test = AppTest.from_function(_show, default_timeout=30)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return open_review


def handed_over(test: AppTest) -> dict[str, Any]:
    (component,) = test.get("bidi_component")
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def test_the_browser_is_told_project_run_classes_and_threshold(review: OpenReview, trained_project: Project) -> None:
    data = handed_over(review(project=trained_project.key, threshold="0.8"))
    assert data["project"] == trained_project.key
    assert data["run"] == RUN
    assert data["classes"] == list(trained_project.class_names)
    assert data["fingerprint"] == trained_project.fingerprint
    assert data["threshold"] == 0.8
    assert (data["height"], data["width"]) == trained_project.images.pixels.shape[1:3]


def test_no_image_travels_through_the_script(review: OpenReview, trained_project: Project) -> None:
    (component,) = review(project=trained_project.key).get("bidi_component")
    assert len(component.proto.json) < 2_000


def test_without_a_run_the_page_points_to_train(review: OpenReview, untrained_project: Project) -> None:
    test = review(project=untrained_project.key)
    assert "No run has finished yet." in test.info[0].value
    assert not test.get("bidi_component")


def test_retraining_takes_the_run_on_screen_as_parent(review: OpenReview, trained_project: Project) -> None:
    trained_project.bulk_accept(RUN, "fixed_threshold", threshold=0.5)
    test = review(project=trained_project.key)
    test.button(key="retrain").click().run()
    assert not test.exception
    started = trained_project.runs()[-1]
    assert (started.record.parent, started.record.config.method) == (RUN, "self_training")
    trained_project.wait_run(started.id, timeout=120)


def test_retraining_on_nothing_is_a_sentence_and_the_desk_stays(review: OpenReview, trained_project: Project) -> None:
    test = review(project=trained_project.key)
    test.button(key="retrain").click().run()
    assert "none are decided yet" in test.error[0].value
    assert not test.exception
    assert handed_over(test)["run"] == RUN
    assert len(trained_project.runs()) == 1


def test_every_module_that_is_imported_is_served() -> None:
    served = components.assets()
    imports = [
        (name, posixpath.normpath(posixpath.join(posixpath.dirname(name), wanted)))
        for name, content in served.items()
        for wanted in re.findall(r'^import [^"]*from "(\.[^"]+)";$', content.decode(), re.MULTILINE)
    ]
    assert len(imports) > 60
    assert [pair for pair in imports if pair[1] not in served] == []


def test_who_looks_and_who_decided_are_two_words_of_an_address() -> None:
    query = params.page_query({"reviewer": "ann", "by": "ben"})
    assert (query.reviewer, query.wanted.reviewer) == ("ann", "ben")
    plain = params.page_query({})
    assert (plain.reviewer, plain.wanted.reviewer) == ("me", None)


def test_a_changed_module_changes_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    before = components.asset_url("review/main.js")
    changed = components.assets() | {"review/controls/keyboard.js": b"// other"}
    monkeypatch.setattr(components, "assets", lambda: changed)
    components.version.cache_clear()
    try:
        assert components.asset_url("review/main.js") != before
    finally:
        components.version.cache_clear()


@pytest.mark.skipif(
    shutil.which("node") is None and "CI" not in os.environ, reason="node is not installed: apt-get install nodejs"
)
def test_the_laws_of_the_browser_modules_hold(tmp_path: Path) -> None:
    here = tmp_path / "copy"
    shutil.copytree(
        components.FOLDER, here / "dashboard/components", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    shutil.copytree(ROOT / "tests/js", here / "tests/js")
    (here / "package.json").write_text('{"type": "module"}')  # also an old node then reads .js as modules
    tests = sorted(str(path) for path in (here / "tests/js").rglob("*.test.js"))
    assert len(tests) >= 4
    done = subprocess.run(
        ["node", "--test", *tests], cwd=here, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
