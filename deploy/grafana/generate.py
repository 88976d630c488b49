"""Writes a JSON file for each dashboard beside this; `--check` compares instead.

python -m deploy.grafana.generate
python -m deploy.grafana.generate --check
"""

import json
import sys
from pathlib import Path
from typing import Final

from deploy.grafana.borders import ONE_LANE, ONE_PORT, OVERVIEW
from deploy.grafana.model import to_json
from deploy.grafana.results import OUTCOMES, RAIL
from deploy.grafana.works import ALL_STAGES, KAFKA

DIRECTORY: Final = Path(__file__).parent
DASHBOARDS: Final = (OVERVIEW, ONE_PORT, ONE_LANE, ALL_STAGES, KAFKA, RAIL, OUTCOMES)


def render() -> dict[Path, str]:
    """Text of each file."""
    return {
        DIRECTORY / f"{one.uid}.json": json.dumps(to_json(one, DASHBOARDS), indent=2, ensure_ascii=False) + "\n"
        for one in DASHBOARDS
    }


def drifted() -> list[Path]:
    """Files that are missing, are not what the definitions say, or that no definition has."""
    texts = render()
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    return stale + [path for path in sorted(DIRECTORY.glob("*.json")) if path not in texts]


def main() -> int:
    """Write or check the files; returns the exit status."""
    stale = drifted()
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"deploy/grafana/{path.name} is stale; run: python -m deploy.grafana.generate", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.unlink(missing_ok=True)
    for path, text in render().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
