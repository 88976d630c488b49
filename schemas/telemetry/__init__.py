"""What every process, at the edge and in the centre, tells of itself: log lines, metrics, that it lives and is ready.

Which events there are is each process's own; how a line looks and how metrics are served is the same everywhere.
"""

from typing import Final

DISTRIBUTION: Final = "border-telemetry"  # in pyproject.toml, the one place where the version stands
