"""Query parameters of a page request."""

from dashboard.server import params


def test_who_looks_and_who_decided_are_two_parameters() -> None:
    query = params.page_query({"reviewer": "ann", "by": "ben"})
    assert (query.reviewer, query.wanted.reviewer) == ("ann", "ben")
    plain = params.page_query({})
    assert (plain.reviewer, plain.wanted.reviewer) == ("me", None)
