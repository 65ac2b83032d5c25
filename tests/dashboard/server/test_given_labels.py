"""The routes of the Review page serve the given labels like a pool."""

from tests.dashboard.conftest import ReviewClient


def test_a_given_label_is_corrected_over_http_and_the_card_says_so(review: ReviewClient) -> None:
    project = review.project
    project.labels.check()
    root = "/runs/label_issues"
    page = review.get(f"{root}/page?ranking=label_issues&count=4&show=all").json()
    card = page["cards"][0]
    assert page["matching"] == len(project.workspace.given_ids())
    for path in ("/histogram", "/border?value=0.9", "/targets", "/live", f"/card/{card['id']}?ranking=label_issues",
                 f"/neighbors/{card['id']}", "/per_class?ids=0,1"):  # fmt: skip
        assert review.get(root + path).status_code == 200, path
    command = {"command_id": "a", "verdict": "relabel", "image_id": card["id"], "suggestion": card["suggestion"],
               "label": (card["suggestion"] + 1) % 3}  # fmt: skip
    answer = review.post(f"{root}/commands", {"client": "c", "sequence": 1, "reviewer": "ann", "commands": [command]})
    changed = answer.json()
    assert changed["outcomes"][0]["status"] == "saved"
    assert changed["changed"] == [{"id": card["id"], "verdict": "relabel", "label": command["label"]}]
    assert changed["counts"]["relabel"] == 1
    assert project.images.labels[card["id"]] == command["label"]
