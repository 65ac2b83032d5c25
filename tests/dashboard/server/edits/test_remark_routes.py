"""Notes and flags over HTTP: cards, answers and the history show them."""

from typing import Any

from tests.dashboard.conftest import ReviewClient


def remark(review: ReviewClient, verdict: str, position: int, **params: Any) -> dict[str, Any]:
    image = int(review.pool.ids[position])
    return {"command_id": f"{verdict}-{position}", "verdict": verdict, "image_id": image, "params": params}


def test_an_answer_names_the_note_and_the_flag_of_its_images_alone(review: ReviewClient) -> None:
    note, flag = remark(review, "note", 0, text="blurred"), remark(review, "flag", 1)
    answer = review.send(note, flag, review.command(2, "accept")).json()
    rows = {row["id"]: row for row in answer["changed"]}
    first, second, third = (rows[int(review.pool.ids[place])] for place in range(3))
    assert (first["verdict"], first["note"]["text"], first["note"]["reviewer"], first["flag"]) == (
        "",
        "blurred",
        "ann",
        None,
    )
    assert (second["note"], second["flag"]["reviewer"]) == (None, "ann")
    assert set(third) == {"id", "verdict", "label"}
    assert answer["counts"]["undecided"] == len(review.pool.ids) - 1
    (card,) = review.page("show=noted")["cards"]
    assert (card["id"], card["note"]["text"], card["flag"]) == (first["id"], "blurred", None)
    again = review.send(note).json()
    assert again["outcomes"] == answer["outcomes"][:1]


def test_an_undo_answers_with_the_image_whose_note_it_took_back(review: ReviewClient) -> None:
    review.send(remark(review, "note", 0, text="blurred"))
    answer = review.send({"command_id": "u", "verdict": "undo"}).json()
    assert answer["changed"] == [
        {"id": int(review.pool.ids[0]), "verdict": "", "label": None, "note": None, "flag": None}
    ]
    assert review.page("show=noted")["cards"] == []


def test_the_history_has_remarks_on_request(review: ReviewClient) -> None:
    review.send(review.command(0, "accept"), remark(review, "note", 1, text="dark"), remark(review, "flag", 1))
    review.send({"command_id": "u", "verdict": "undo"})
    assert [line["verdict"] for line in review.get("/history").json()["decisions"]] == ["accept"]
    lines = review.get("/history?remarks=1").json()["decisions"]
    shown = [(line["verdict"], line["is_live"]) for line in lines]
    assert shown == [("undo", False), ("flag", False), ("note", True), ("accept", True)]
    assert lines[2]["params"]["text"] == "dark"


def test_a_remark_that_cannot_be_kept_is_refused_before_anything_is_stored(review: ReviewClient) -> None:
    answer = review.send(remark(review, "note", 0, text="\a"))
    assert (answer.status_code, "cannot be shown" in answer.json()["error"]) == (400, True)
    assert review.project.decisions.with_remarks() == []
