"""`python -m tests.core.estimates.measure [MONTHS] [SEED]`: coverage of the violation rate's interval by cell."""

import sys
import time

from deploy.evaluation.oversight.coverage import coverage_by_cell


def main(months: int, seed: int) -> None:
    began = time.monotonic()
    cells = coverage_by_cell(months, seed)
    print("vehicles/day  propensity  1 in   draws  hits expected  months  covered  truth below  above  kind")
    for one in cells:
        cell = one.cell
        draws = cell.vehicles_a_day * 30 * cell.propensity
        print(
            f"{cell.vehicles_a_day:>12,}  {cell.propensity:>10}  {1 / cell.rate:>4.0f}  {draws:>6,.0f}  "
            f"{draws * cell.rate * (1 - cell.kind.skipped):>13.2f}  {one.months:>6}  {one.covered / one.months:>7.3f}  "
            f"{one.below:>11}  {one.above:>5}  {cell.kind.name}"
        )
    covered = sum(one.covered for one in cells)
    print(f"{covered} of {months} months, {covered / months:.4f}, in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]] or [2_000, 1])
