"""Rule inputs of the Audit page: kept in the URL, set from a target error."""

import pytest

from core import Project
from tests.dashboard.page_helpers import metrics, open_page

RUN = "001-supervised-mlp"


def test_the_url_of_the_audit_page_holds_rule_and_parameters(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, rule="lowest_entropy", cut="40")
    kept = trained_project.select(RUN, "lowest_entropy", percent=40.0)
    assert metrics(test)["Selected"] == f"{kept.count:,}"
    test.number_input(key="audit-lowest_entropy-percent").set_value(20.0).run()
    assert (test.query_params["rule"], test.query_params["cut"]) == ("lowest_entropy", "20")
    assert metrics(test)["Selected"] == f"{trained_project.select(RUN, 'lowest_entropy', percent=20.0).count:,}"


def test_class_thresholds_of_the_audit_page_come_back_from_the_url(trained_project: Project) -> None:
    cut = "0.3,0:0.9,1:none,banana,2:7"
    test = open_page("audit", project=trained_project.key, rule="per_class_threshold", cut=cut)
    assert not test.exception
    kept = trained_project.select(RUN, "per_class_threshold", threshold=0.3, thresholds={"0": 0.9, "1": None})
    assert (kept.count == 0) == bool(test.info)
    if kept.count:
        assert metrics(test)["Selected"] == f"{kept.count:,}"
    assert test.query_params["cut"] == "0.3,0:0.9,1:none"


def test_the_audit_page_takes_the_threshold_of_a_target_error(trained_project: Project) -> None:
    test = open_page("audit", project=trained_project.key, threshold="0.2")
    test.slider(key="audit-target-error").set_value(20.0).run()
    cut = trained_project.quality.conformal_threshold(RUN, 0.2)
    found = [button for button in test.button if button.label == "Set this threshold"]
    assert bool(found) == (cut.threshold is not None)
    if cut.threshold is not None:
        found[0].click().run()
        assert not test.exception
        kept = trained_project.select(RUN, "fixed_threshold", threshold=cut.threshold)
        assert metrics(test)["Selected"] == f"{kept.count:,}"
        value = test.query_params["threshold"]
        assert float(value if isinstance(value, str) else value[0]) == pytest.approx(cut.threshold)
