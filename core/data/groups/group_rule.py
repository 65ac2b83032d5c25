"""Rules that say which images belong together, as one short text."""

import re
from dataclasses import dataclass

from core.base.errors import InputError, unknown_name

KINDS = ("folder", "pattern", "time", "column", "duplicates", "none")
"""Kinds of rules, as `kind:value`."""
FORMS = "folder:LEVEL, pattern:REGEX, time:SECONDS, column:NAME, duplicates[:THRESHOLD] or none"
SOURCE = "source"
"""Name of the groups that a project's source itself names, in its group column."""


@dataclass(frozen=True)
class GroupRule:
    """One rule.

    Attributes:
        kind: One of KINDS.
        value: What follows the colon; empty for duplicates at the usual threshold, and for none.
    """

    kind: str
    value: str = ""

    def __str__(self) -> str:
        """Return the rule as it is written on the command line."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @property
    def level(self) -> int:
        """Folder level; 1 is the first folder of a name, -1 the one that the image lies in."""
        return int(self.value)

    @property
    def number(self) -> float | None:
        """Seconds of a time gap, or threshold of near duplicates; None where it is left out."""
        return float(self.value) if self.value else None


def parse_rule(text: str) -> GroupRule:
    """Read a rule from text such as "folder:2" or "column:patient".

    Args:
        text: The rule.

    Raises:
        InputError: The text is no rule; the sentence says what is missing.
    """
    kind, _, value = text.strip().partition(":")
    if kind not in KINDS:
        raise unknown_name("kind of groups", kind, KINDS)
    rule = GroupRule(kind, value)
    problem = _problem(rule)
    if problem:
        raise InputError(f"The groups {text!r} cannot be used: {problem}. Give {FORMS}.")
    return rule


def _problem(rule: GroupRule) -> str:
    kind, value = rule.kind, rule.value
    if kind == "none":
        return "none takes no value" if value else ""
    if kind == "duplicates" and not value:
        return ""
    if not value:
        return f"{kind} needs a value"
    if kind == "pattern":
        try:
            re.compile(value)
        except re.error as error:
            return f"the pattern is no regular expression ({error})"
        return ""
    if kind == "folder":
        is_level = re.fullmatch(r"-?[1-9]\d{0,2}", value) is not None
        return "" if is_level else "a folder level is a whole number: 1 the first folder, -1 the image's own"
    if kind == "column":
        return ""
    low, high, what = (0.0, 1e9, "seconds") if kind == "time" else (0.0, 0.5, "a cosine distance")
    try:
        number = float(value)
    except ValueError:
        return f"{value} is no number"
    return "" if low < number <= high else f"{kind} takes {what} above {low:g} and at most {high:g}"
