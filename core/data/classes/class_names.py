"""Names of classes: as they are stored, compared, and shown in a sentence."""

import re
import unicodedata

from core.base.errors import InputError

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is computed by spreadsheets."""
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
LONGEST = 200
"""Most characters of a name."""
MOST = 10_000
"""Most classes of a project."""


def clean_name(name: str) -> str:
    """Return the name of a class as every export can write it.

    It stands on one line, in Unicode's composed form (NFC), and is no formula; space at its ends stays.
    """
    plain = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in name)
    return without_formula(unicodedata.normalize("NFC", plain))


def without_formula(text: str) -> str:
    """Put an apostrophe in front of a text that a spreadsheet would compute.

    Numbers and single signs, such as -1, +.5 and =, stay: a spreadsheet shows them as they are.
    """
    return f"'{text}" if len(text) > 1 and text.startswith(FORMULA) and not _NUMBER.fullmatch(text) else text


def with_formula(text: str) -> str:
    """Take the apostrophe away that `without_formula` put in front of a text."""
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text


def twin_key(name: str) -> str:
    """Return what names have in common that differ by case, form or space alone."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def checked_name(name: str, known: tuple[str, ...]) -> str:
    """Check the name of a new class.

    Args:
        name: As a person typed it; space around it is dropped.
        known: Names that are taken.

    Returns:
        The name in Unicode's composed form (NFC), with an apostrophe in front where a spreadsheet would compute it.

    Raises:
        InputError: It is empty, too long, holds a control character, or differs from a class by case alone.
    """
    plain = plain_name(name, "class")
    for other in known:
        if other.casefold() == plain.casefold():
            raise InputError(f"There is already a class called {other}: use it, or choose another name.")
    if len(known) >= MOST:
        raise InputError(f"A project has at most {MOST:,} classes.")
    return plain


def plain_name(name: str, what: str) -> str:
    """Return a name in the form that is stored.

    Args:
        name: As a person typed it; space around it is dropped.
        what: What it names, such as class.

    Returns:
        The name in Unicode's composed form (NFC), with an apostrophe in front where a spreadsheet would compute it.

    Raises:
        InputError: It is empty, too long, or holds a control character.
    """
    plain = without_formula(unicodedata.normalize("NFC", " ".join(name.split())))
    if not plain or len(plain) > LONGEST:
        raise InputError(f"The name of a {what} has 1 to {LONGEST} characters (got {len(plain)}).")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in plain):
        raise InputError(f"The name of a {what} holds letters, digits and signs alone (got {plain!r}).")
    return plain


def isolated(name: str) -> str:
    """Return a name for a sentence: a right-to-left one stands in Unicode isolates, so that it moves no number."""
    is_other_way = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in name)
    return f"\u2068{name}\u2069" if is_other_way else name
