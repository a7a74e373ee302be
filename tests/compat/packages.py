"""Other people's packages that the compatibility tests drive.

On a user's machine a test whose package is missing skips and says so.  In CI (the variable `CI` is set) that is an
error, for a suite that skips proves nothing.
"""

import importlib
import os
import warnings
from typing import Any

import pytest


def needed(module: str, package: str | None = None) -> Any:
    """The module; its whole test file skips where it is missing.

    What the package itself warns about while it is imported is not ours to mend.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", SyntaxWarning)
            return importlib.import_module(module)
    except ImportError as error:
        why = f"needs the package {package or module} (pip install {package or module})"
        if os.environ.get("CI"):
            raise pytest.UsageError(f"in CI every compatibility test must run: {why}") from error
        pytest.skip(why, allow_module_level=True)
