"""How many insiders are found at one small port, one insider in each of several worlds.

    python -m tests.evaluation.measure_insiders 2608 40 1 12     # San Luis, 40 days, seeds 1 to 12

One border of 800 officers has two insiders, and says little of how often one is found. Here one vehicle in ten is kept.
"""

import sys
from dataclasses import replace

from deploy.evaluation.oversight.integrity import Oversight, figures_of, fold_port, officers_of


def found_in(code: str, days: int, seed: int) -> tuple[int, int]:
    """Whether the insider of one world is found, and false findings."""
    world = Oversight(days=days, seed=seed, thin=10, insiders=0)
    (honest,) = [one for one in officers_of(world) if one.port.code == code]
    insider = honest.names[seed % len(honest.names)]
    figures = figures_of(world, [fold_port(replace(honest, corrupt=(insider,)), world)])
    return figures["found"], figures["false_findings"]


def main(code: str, days: int, first: int, last: int) -> None:
    """Print how many are found."""
    results = [found_in(code, days, seed) for seed in range(first, last + 1)]
    found, false = sum(one for one, _ in results), sum(one for _, one in results)
    print(f"{found} of {len(results)} insiders found, {false} false findings")


if __name__ == "__main__":
    main(sys.argv[1], *[int(argument) for argument in sys.argv[2:5]])
