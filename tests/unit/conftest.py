"""What 4,900 tests share: the garbage collector looks at less, and less often.

Test modules and their items live until the end, so once collected they are frozen.  Every API server that a test
starts leaves cycles; with Python's own thresholds a full collection after each few of them was a sixth of the run's
processor time.  Here there are a few in a whole run.  An unclosed resource still warns, if later: pytest collects
at the end.
"""

import gc

import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
