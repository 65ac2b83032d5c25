"""The round card reports labels, certificates and gain, and is self-contained."""

import re
import shlex
from pathlib import Path

import pytest

from core import Command, InputError, Project, TrainConfig
from tests.cli.shell import typed

RUN = "001-supervised-mlp"


@pytest.fixture
def round_of(trained_project: Project) -> tuple[Project, str]:
    """Return a project with an audited baseline, a bulk accept and the next run."""
    project = trained_project
    for turn in range(5):
        audit = project.quality.audit(RUN, "lowest_entropy", percent=60.0)
        assert audit.next_id is not None
        pool = project.scores(RUN)
        suggestion = int(pool.scores.pseudo_labels[pool.ids.tolist().index(audit.next_id)])
        project.quality.answer_audit(audit, suggestion if turn else None)  # the first is called wrong
    project.bulk_accept(RUN, "fixed_threshold", threshold=0.4)
    config = TrainConfig(method="self_training", model="mlp", epochs=2, warm_start=True)
    run = project.start_run(config, parent=RUN)
    project.wait_run(run.id, timeout=120)
    return project, run.id


def test_a_card_tells_labels_cut_certificate_and_metrics(round_of: tuple[Project, str], tmp_path: Path) -> None:
    project, run_id = round_of
    text = project.export("round_card", tmp_path / "card", run_id).read_text(encoding="utf-8")
    record, (audit,) = project.run(run_id).record, project.quality.certificates()
    assert record.curated is not None
    for fact in (run_id, RUN, record.curated, record.fingerprint, audit.ids_hash, "fixed_threshold threshold = 0.4"):
        assert fact in text
    assert f"<td>bulk</td><td>{record.num_labels['bulk']:,}</td>" in text
    assert f"at least {100 * audit.certificate.certified:.1f} %" in text
    assert "<td>α</td><td>0.05</td>" in text
    found = project.compare(RUN, run_id).comparison
    assert f"Accuracy {100 * found.accuracy_b.value:.2f} %" in text
    assert f"{100 * found.difference:+.2f} points" in text
    assert text.count("<figure") == 5
    assert text.index('class="wrong"') < text.index('class="right"')
    assert len(re.findall(r'class="wrong"', text)) == 1


def test_a_card_needs_nothing_outside_itself(round_of: tuple[Project, str], tmp_path: Path) -> None:
    project, run_id = round_of
    text = project.export("round_card", tmp_path / "card", run_id).read_text(encoding="utf-8")
    assert "<script" not in text
    assert all(source.startswith("data:image/png;base64,") for source in re.findall(r'src="([^"]*)"', text))
    assert "http" not in re.sub(r"base64,[^\"]*", "", text)


def test_the_commands_of_a_card_repeat_the_run(
    capsys: pytest.CaptureFixture[str], round_of: tuple[Project, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, run_id = round_of
    text = project.export("round_card", tmp_path / "card", run_id).read_text(encoding="utf-8")
    block = re.search(r"<pre>(.*?)</pre>", text, re.DOTALL)
    assert block is not None
    monkeypatch.chdir(project.path.parent)
    words = shlex.split(block[1].splitlines()[0])
    code, _, err = typed(capsys, *words[1:])
    assert code == 0, err
    again = Project.open(project.path).runs()[-1]
    ours, theirs = project.run(run_id).record, again.record
    assert again.id != run_id
    assert again.control is None  # the run stood alone, and so does its repetition
    assert (theirs.config, theirs.parent, theirs.curated) == (ours.config, ours.parent, ours.curated)


def test_names_cannot_write_markup_into_a_card(round_of: tuple[Project, str], tmp_path: Path) -> None:
    project, run_id = round_of
    pool, name = project.scores(RUN), "<b onmouseover=alert(1)>"
    facts = project.path / "project.toml"
    facts.write_text(re.sub(r'(?m)^name = ".*"', f'name = "{name}"', facts.read_text()), encoding="utf-8")
    renamed = Project.open(project.path)
    assert renamed.name == name
    command = Command("x", "skip", RUN, "me", int(pool.ids[0]), int(pool.scores.pseudo_labels[0]), None, {})
    renamed.decisions.execute([command])
    text = renamed.export("round_card", tmp_path / "card", run_id).read_text(encoding="utf-8")
    assert "<b " not in text
    assert "&lt;b onmouseover" in text


def test_a_card_of_no_run_is_a_sentence(trained_project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="A round card export needs to know which run: name it"):
        trained_project.export("round_card", tmp_path / "card")
    text = trained_project.export("round_card", tmp_path / "card", RUN).read_text(encoding="utf-8")
    assert "nothing is proven" in text
