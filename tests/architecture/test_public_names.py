"""Public names: few, documented, importable without torch."""

import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import core
import winnow
from core.api import __all__ as names

MOST = 60


def test_there_are_at_most_60_public_names() -> None:
    assert len(names) == len(set(names)) <= MOST


@pytest.mark.parametrize("name", names)
def test_every_public_name_opens_and_has_a_docstring(name: str) -> None:
    value = getattr(core, name)
    assert inspect.getdoc(value)


def test_winnow_and_core_open_the_same_names() -> None:
    assert winnow.__all__ == core.__all__ == names
    assert [name for name in names if getattr(winnow, name) is not getattr(core, name)] == []
    assert set(names) <= set(dir(winnow)) & set(dir(core))
    assert winnow.__version__ == core.__version__


@pytest.mark.parametrize("package", [core, winnow], ids=lambda package: package.__name__)
def test_another_name_is_an_error_that_names_the_package(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'Projekt'"):
        getattr(package, "Projekt")  # noqa: B009


def test_no_public_name_is_a_constant_alone() -> None:
    """A person finds them together, as attributes of `core.constants`."""
    assert [name for name in names if name.isupper()] == []


@pytest.mark.parametrize("name", [n for n in names if inspect.isclass(getattr(core, n)) or callable(getattr(core, n))])
def test_what_takes_several_arguments_says_what_each_means(name: str) -> None:
    value = getattr(core, name)
    own = (
        [base for base in inspect.getmro(value) if base.__module__.startswith("core.")]
        if inspect.isclass(value)
        else []
    )
    methods = [m for base in own for n, m in vars(base).items() if n[0] != "_"] or [value]
    functions = [inspect.unwrap(getattr(m, "__func__", m)) for m in methods]
    for function in (f for f in functions if inspect.isfunction(f)):
        names = [n for n in inspect.signature(function).parameters if n not in ("self", "cls")]
        text = inspect.getdoc(function) or ""
        assert len(names) < 3 or "Args:" in text or all(n in text for n in names), function.__qualname__


def test_importing_every_public_name_never_imports_torch() -> None:
    script = (
        "import sys, core\nfrom core.api import __all__ as names\n"
        "assert all(getattr(core, name) is not None for name in names)\n"
        "assert len(names) > 40 and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
