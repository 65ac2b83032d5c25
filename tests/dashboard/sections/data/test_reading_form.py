"""Form of the Data page that decodes the images again."""

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import Project, constants
from core.data.ingestion import redecoded_images
from core.data.ingestion.estimated_range import estimated_range
from tests.dashboard.page_helpers import open_page, press, texts
from tests.data.decoders.deep_files import gray_source


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """12 images of 12 bits and 30 × 20 pixels in two classes."""
    source = gray_source(tmp_path / "source", 12, lambda rng, _: rng.integers(0, 4096, (20, 30)))
    return Project.create(tmp_path / "project", source, image_size=32)


@pytest.fixture
def num_previews(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A list that gets the settings of every preview that is decoded."""
    calls: list[Any] = []
    preview = Project.preview_reading

    def counted(self: Project, changes: Any, *further: Any) -> Any:
        calls.append(dict(changes))
        return preview(self, changes, *further)

    monkeypatch.setattr(Project, "preview_reading", counted)
    return calls


def field(test: AppTest, name: str) -> Any:
    """Return the widget of the form whose key begins with reading-NAME-."""
    kinds = (test.number_input, test.selectbox, test.text_input)
    return next(item for kind in kinds for item in kind if str(item.key).startswith(f"reading-{name}-"))


def test_a_preview_is_decoded_once_however_often_the_page_runs(project: Project, num_previews: list[Any]) -> None:
    test = open_page("data", project=project.key)
    assert not num_previews
    field(test, "fit").set_value("crop").run()
    for _ in range(3):
        test.run()
    assert num_previews == [{"fit": "crop"}]
    field(test, "range").set_value("0:8191").run()
    assert num_previews[1:] == [{"fit": "crop", "value_range": "0:8191"}]
    assert "**Now:** 32 × 32 pixels, pad, values 0:4095" in texts(test)
    assert "**New:** 32 × 32 pixels, crop, values 0:8191" in texts(test)


def test_the_sides_have_the_bounds_of_the_ingest(project: Project) -> None:
    test = open_page("data", project=project.key)
    for name in ("width", "height"):
        assert (field(test, name).min, field(test, name).max) == (constants.SMALLEST_SIDE, constants.LARGEST_SIDE)


def test_after_decoding_again_the_form_begins_with_the_new_settings(
    project: Project, num_previews: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    estimates: list[Any] = []

    def counted(*given: Any) -> Any:
        estimates.append(estimated_range(*given))
        return estimates[-1]

    monkeypatch.setattr(redecoded_images, "estimated_range", counted)
    test = open_page("data", project=project.key)
    field(test, "width").set_value(48)
    field(test, "range").set_value("estimate").run()
    press(test, "Decode all images again")
    assert not test.exception
    assert Project.open(project.path).images.pixels.shape == (12, 32, 48, 1)
    assert "12 images were decoded again." in texts(test)
    assert "Change a setting to see some images" in texts(test)
    assert field(test, "width").value == 48
    assert len(num_previews) == 1  # not again when the button is pressed
    assert len(estimates) == 1, "what was shown is what is decoded"
    assert Project.open(project.path).reading["value_range"] == list(estimates[0])
