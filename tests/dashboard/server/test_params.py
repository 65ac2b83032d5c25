"""Query parameters of a page request."""

from dashboard.server import params


def test_who_looks_and_who_decided_are_two_parameters() -> None:
    query = params.page_query({"reviewer": "ann", "by": "ben"})
    assert (query.reviewer, query.wanted.reviewer) == ("ann", "ben")
    plain = params.page_query({})
    assert (plain.reviewer, plain.wanted.reviewer) == ("me", None)


def test_a_class_group_is_asked_for_by_its_name() -> None:
    assert params.queue_filter({"predicted_group": "animals"}).predicted_group == "animals"
    assert params.queue_filter({"predicted_group": ""}).predicted_group is None
