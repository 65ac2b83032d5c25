"""Helpers for page tests: run one page alone, without a browser, and read its elements."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core import Project, Run, TrainConfig


def open_page(name: str, session: dict[str, str] | None = None, **query: str) -> AppTest:
    """Run one page with query parameters and session values."""
    test = AppTest.from_function(_show, kwargs={"name": name}, default_timeout=30)
    for key, value in query.items():
        test.query_params[key] = value
    given = {"train-goal": "advanced"} if name == "train" else {}  # all settings, and nothing is measured
    for key, value in (given | (session or {})).items():
        test.session_state[key] = value
    return test.run()


def _show(name: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{name}").show()


def metrics(test: AppTest) -> dict[str, str]:
    """Values of the metrics of a page by label."""
    return {metric.label: metric.value for metric in test.metric}


def texts(test: AppTest) -> str:
    """Messages, Markdown texts and captions of a page."""
    kinds: tuple[Any, ...] = (test.info, test.error, test.markdown, test.caption)
    return " ".join(element.value for kind in kinds for element in kind)


def trained(project: Project, config: TrainConfig) -> Run:
    """Train one more run and wait for it."""
    return project.wait_run(project.start_run(config).id, timeout=120)


def press(test: AppTest, label: str) -> None:
    """Click the button with a label and run the page again."""
    next(button for button in test.button if button.label == label).click().run()
