"""Label issues: changed labels are found."""

import numpy as np

from core.risk.label_issues import find_label_issues


def test_label_issues_find_the_labels_that_were_changed_even_when_a_class_is_missing() -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice([0, 1, 3], 400)
    probs = np.full((400, 4), 0.03, dtype=np.float32)
    probs[np.arange(400), truth] = 0.91
    given = truth.copy()
    changed = rng.choice(400, 20, replace=False)
    given[changed] = np.array([1, 3, 0, 0])[truth[changed]]
    found, sound = find_label_issues(given, probs)
    assert set(np.flatnonzero(found)) == set(changed)
    assert sound[changed].max() < np.delete(sound, changed).min()
    assert not find_label_issues(np.zeros(5, dtype=np.int64), probs[:5])[0].any()
