"""Latest run: no control run where there is another."""

from core import Project, TrainConfig
from core.store.files import write_json
from dashboard.state.runs import latest_run
from tests.dashboard.page_helpers import open_page

QUICK = TrainConfig(model="mlp", epochs=2, batch_size=15, precision="fp32", device="cpu", seed=7)


def test_no_page_opens_with_a_control_run(trained_project: Project) -> None:
    later = trained_project.wait_run(trained_project.start_run(QUICK).id, timeout=120)
    first = trained_project.runs()[0].id
    assert latest_run(trained_project.runs()).id == later.id
    write_json(later.folder.path / "arm.json", {"arm": "threshold_only", "control_of": first})
    assert latest_run(trained_project.runs()).id == first
    assert latest_run([trained_project.run(later.id)]).id == later.id  # where there is nothing else
    export = open_page("export", project=trained_project.key)
    export.selectbox(key="export-kind").set_value("model").run()
    assert export.selectbox(key="export-run").value == first
