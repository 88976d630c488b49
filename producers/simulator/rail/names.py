"""Names of simulated trains: as long as a list may name one, and none twice in the ports and runs of one log.

1S0            OLFI           00H
port's code    run's start    train of it, each a number with digits 0-9, A-Z
"""

from string import ascii_uppercase, digits
from typing import Final

from producers.rail.write_418 import TRAIN_LETTERS_MAX

DIGITS: Final = digits + ascii_uppercase
BASE: Final = len(DIGITS)
PORT_LETTERS: Final = 3
RUN_LETTERS: Final = 4  # of runs that start ten minutes apart: the same again after 32 years
NUMBER_LETTERS: Final = TRAIN_LETTERS_MAX - PORT_LETTERS - RUN_LETTERS


def train_id_of(port_code: str, run: int, number: int) -> str:
    """The id of a run's train at a port; `number` 1 to 46,655. Raises ValueError beyond, as after ten years of a run at
    the busiest port, and for a port's code that is no number of four digits."""
    if not (len(port_code) == 4 and port_code.isascii() and port_code.isdigit()):
        raise ValueError(f"port {port_code} cannot be in a train's id: a code has four digits")
    return (
        written(int(port_code), PORT_LETTERS)
        + written(run % BASE**RUN_LETTERS, RUN_LETTERS)
        + written(number, NUMBER_LETTERS)
    )


def next_train_id(train_id: str) -> str:
    """The id of the train after this one in its port's run; of the last one's the first."""
    rest, number = train_id[:-NUMBER_LETTERS], int(train_id[-NUMBER_LETTERS:], BASE)
    return rest + written((number + 1) % BASE**NUMBER_LETTERS, NUMBER_LETTERS)


def written(value: int, letters: int) -> str:
    """A number in so many letters. Raises ValueError if it needs more."""
    if not 0 <= value < BASE**letters:
        raise ValueError(f"{value:,} does not fit into {letters} letters of a train's id: simulate a shorter time")
    text = ""
    for _ in range(letters):
        value, digit = divmod(value, BASE)
        text = DIGITS[digit] + text
    return text
