"""Errors of a page are shown as messages."""

from streamlit.testing.v1 import AppTest

from core import Project


def test_an_unknown_project_is_a_sentence(trained_project: Project) -> None:
    test = AppTest.from_function(_scores_with_errors_shown, default_timeout=30)
    test.query_params["project"] = "nobody-000000"
    test.run()
    assert not test.exception
    assert "nobody-000000" in test.error[0].value


def _scores_with_errors_shown() -> None:
    from dashboard.messages import show_errors
    from dashboard.views import scores

    with show_errors():
        scores.show()
