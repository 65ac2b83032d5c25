"""Before its first version the learning curve says when there will be one."""

from dashboard.sections.learning_curve import before_the_first


def test_the_missing_answers_are_counted() -> None:
    assert "after 20 more answers" in before_the_first(0, 20, is_fitting=False)
    assert "after 1 more answer;" in before_the_first(19, 20, is_fitting=False)
    assert "after 1 more answer;" in before_the_first(25, 20, is_fitting=False)


def test_a_model_that_is_learning_or_waits_to_be_asked_says_so() -> None:
    assert "learning from 24 answers" in before_the_first(24, 20, is_fitting=True)
    assert "after “learn now”" in before_the_first(5, 0, is_fitting=False)
