"""Order, colors, descriptions and groups of classes leave with every export, and come back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from core import Project
from core.data.classes.class_appearance import ClassAppearance, write_appearance
from core.data.classes.class_edits import append_edit, class_table, read_edits
from core.data.ingest_config import IngestConfig
from core.data.sources.annotations.coco_annotations import read_coco
from core.data.sources.open_source import open_source
from core.export.export import write_labels
from core.export.kinds import EXPORTS
from core.export.label_table import LabelTable
from tests.export.label_tables import CLASSES, small_table

SHIRT, SIZE = CLASSES
APPEARANCE = ClassAppearance((SIZE, SHIRT), {SHIRT: "#d9682a"}, {SIZE: 'more than "L",\nor | <so>'}, {SHIRT: "clothes"})
WITH_IMAGES = [kind for kind, form in EXPORTS.items() if form.has_images]


@pytest.fixture
def table() -> LabelTable:
    """Four labels of two classes that are shown in the other order."""
    plain = small_table()
    return replace(plain, info={**plain.info, **APPEARANCE.facts()})


@pytest.mark.parametrize("kind", WITH_IMAGES)
def test_looks_come_back_from_every_format_with_images(kind: str, table: LabelTable, tmp_path: Path) -> None:
    found = open_source(write_labels(kind, table, tmp_path / "out"), IngestConfig())
    assert found.appearance == APPEARANCE
    assert (
        "Appearance of the classes that comes along: colors (1), descriptions (1), class groups (1), order."
        in found.remarks
    )


def test_an_export_without_looks_tells_none(tmp_path: Path) -> None:
    out = write_labels("coco", small_table(), tmp_path / "out")
    assert not open_source(out, IngestConfig()).appearance
    assert not any(key.startswith("class_") for key in json.loads((out / "manifest.json").read_text(encoding="utf-8")))


def test_coco_categories_have_order_color_and_description(table: LabelTable, tmp_path: Path) -> None:
    out = write_labels("coco", table, tmp_path / "out")
    (out / "manifest.json").unlink()
    file = out / "annotations" / "train.json"
    assert json.loads(file.read_text(encoding="utf-8"))["categories"] == [
        {"id": 2, "name": SIZE, "supercategory": "", "description": APPEARANCE.descriptions[SIZE]},
        {"id": 1, "name": SHIRT, "supercategory": "clothes", "color": [217, 104, 42]},
    ]
    assert open_source(file, IngestConfig(), out / "images" / "train").appearance == APPEARANCE


def test_a_panoptic_coco_file_and_a_cvat_file_of_other_tools_bring_their_colors(tmp_path: Path) -> None:
    for n in (1, 2):
        (tmp_path / f"{n}.png").write_bytes(b"found by name, not read")
    coco: dict[str, Any] = {
        "images": [{"id": n, "file_name": f"{n}.png"} for n in (1, 2)],
        "categories": [{"id": 1, "name": "cat", "color": [255, 0, 1]}, {"id": 2, "name": "dog", "color": [300, 0, 0]}],
        "annotations": [{"image_id": n, "category_id": n} for n in (1, 2)],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    assert open_source(tmp_path / "coco.json", IngestConfig()).appearance == ClassAppearance((), {"cat": "#ff0001"})
    label = "<label><name>{}</name><color>{}</color><attributes></attributes></label>"
    tags = "".join(
        f'<image id="{n}" name="{n}.png"><tag label="{name}"/></image>' for n, name in ((1, "cat"), (2, "dog"))
    )
    labels = label.format("cat", "#FA3253") + label.format("dog", "none")
    text = f"<annotations><meta><job><labels>{labels}</labels></job></meta>{tags}</annotations>"
    (tmp_path / "cvat.xml").write_text(text)
    assert open_source(tmp_path / "cvat.xml", IngestConfig()).appearance == ClassAppearance((), {"cat": "#fa3253"})


def test_label_studio_shows_the_classes_in_order_with_hint_and_color(table: LabelTable, tmp_path: Path) -> None:
    write_labels("label_studio", table, tmp_path / "out")
    config = ElementTree.parse(tmp_path / "out" / "label_config.xml")
    assert [choice.attrib for choice in config.iter("Choice")] == [
        {"value": SIZE, "hint": APPEARANCE.descriptions[SIZE]},
        {"value": SHIRT, "color": "#d9682a"},
    ]


def test_cvat_labels_have_order_and_color(table: LabelTable, tmp_path: Path) -> None:
    write_labels("cvat", table, tmp_path / "out")
    labels = list(ElementTree.parse(tmp_path / "out" / "annotations.xml").iter("label"))
    assert [(label.findtext("name"), label.findtext("color")) for label in labels] == [(SIZE, None), (SHIRT, "#d9682a")]


def test_a_hugging_face_card_describes_the_classes_and_a_label_keeps_its_number(
    table: LabelTable, tmp_path: Path
) -> None:
    datasets = pytest.importorskip("datasets")
    write_labels("hugging_face", table, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f'| 1 | {SIZE} | more than "L", or \\| <so> |\n| 0 | {SHIRT} |  |' in card
    loaded = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.features["label"].names == CLASSES


def test_a_project_made_from_an_export_shows_its_classes_in_the_same_way(
    trained_project: Project, tmp_path: Path
) -> None:
    project, names = trained_project, trained_project.class_names
    project.color_class(0, "#D9682A")
    project.describe_class(1, "two bars")
    project.order_classes([2, 0])
    project.export("image_folder", tmp_path / "out")
    again = Project.create(tmp_path / "again", tmp_path / "out")
    table = again.workspace.classes
    assert [again.class_names[number] for number in table.order] == [names[2], names[0], names[1]]
    assert {again.class_names[n]: color for n, color in table.colors.items()} == {names[0]: "#d9682a"}
    assert {again.class_names[n]: text for n, text in table.descriptions.items()} == {names[1]: "two bars"}
    assert again.undo_class_edit() == "order"


def test_new_classes_bring_their_looks_and_those_that_are_there_keep_their_own(
    trained_project: Project, tmp_path: Path
) -> None:
    table = small_table(classes=["star", trained_project.class_names[0]])
    appearance = {"class_colors": dict.fromkeys(table.class_names, "#112233"), "class_order": table.class_names[::-1]}
    out = write_labels("folder_per_class", replace(table, info={**table.info, **appearance}), tmp_path / "out")
    trained_project.add_images(out)
    classes = trained_project.workspace.classes
    assert {classes.names[n]: color for n, color in classes.colors.items()} == {"star": "#112233"}
    assert list(classes.order) == list(range(len(classes.names)))


@pytest.mark.parametrize(
    "facts",
    [None, [], {"class_order": "ab"}, {"class_colors": {"a": "red", "b": 3}}, {"class_descriptions": {"a": "x" * 2001}},
     {"class_descriptions": {"a": "\x00"}, "class_colors": ["a"], "class_order": [1, None]}],
)  # fmt: skip
def test_a_manifest_of_any_origin_gives_looks_or_none(facts: object, tmp_path: Path) -> None:
    assert not ClassAppearance.from_facts(facts)


def test_a_class_named_as_its_group_comes_back_from_coco_without_an_image(tmp_path: Path) -> None:
    appearance = ClassAppearance(groups={SHIRT: SIZE, SIZE: SIZE})
    only_shirts = small_table(label=[0, 0, 0, 0])
    only_shirts = replace(only_shirts, info={**only_shirts.info, **appearance.facts()})
    file = write_labels("coco", only_shirts, tmp_path / "out") / "annotations" / "train.json"
    found = read_coco(json.loads(file.read_text(encoding="utf-8")))
    assert found is not None
    assert set(found.class_names) == {SHIRT, SIZE}
    assert found.appearance.groups == appearance.groups


@pytest.mark.parametrize(
    ("supers", "groups"),
    [
        (["animal", "animal", "vehicle", ""], {"cat": "animal", "dog": "animal", "car": "vehicle"}),
        (["animal", "dog", " big  ones ", None], {"cat": "animal", "car": "big ones"}),
        (["pets", "pets", "pets", "pets"], {}),
        (["cat", "dog", "car", "bus"], {}),
        (["none", 3, "none", "a\x00b"], {}),
    ],
)
def test_the_supercategories_of_another_tool_are_class_groups(supers: list[Any], groups: dict[str, str]) -> None:
    names = ["cat", "dog", "car", "bus"]
    categories = [{"id": n, "name": name, "supercategory": supers[n]} for n, name in enumerate(names)]
    images = [{"id": n, "file_name": f"{n}.png"} for n in range(4)]
    found = read_coco(
        {
            "images": images,
            "categories": categories,
            "annotations": [{"image_id": n, "category_id": n} for n in range(4)],
        }
    )
    assert found is not None
    assert found.appearance.groups == groups
    top = {"id": 9, "name": "pets", "supercategory": "none"}  # as Roboflow writes it: no class
    for entry in categories:
        entry["supercategory"] = "pets"
    found = read_coco({"images": images, "categories": [top, *categories], "annotations": []})
    assert found is not None
    assert (found.class_names, found.appearance.groups) == (tuple(names), {})


def test_groups_that_come_along_keep_the_spelling_that_is_there(tmp_path: Path) -> None:
    append_edit(tmp_path, "group", 0, {"group": "Animals", "classes": [0]}, "ann")
    write_appearance(
        tmp_path,
        ClassAppearance(groups={"dog": "animals", "car": "Vehicles", "bus": "vehicles"}),
        ("cat", "dog", "car", "bus"),
    )
    table = class_table(("cat", "dog", "car", "bus"), read_edits(tmp_path))
    assert table.groups == {0: "Animals", 1: "Animals", 2: "Vehicles", 3: "Vehicles"}
