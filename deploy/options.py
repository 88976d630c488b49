"""Kinds of options that several commands take, with the values that make sense for them."""

import math
from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

from cyclopts import Parameter
from cyclopts.validators import Number

from deploy.errors import UserError
from producers.simulator import Scenario, find_scenario
from streams.console.audience import shown_audiences

PORT_MAX: Final = 65535

Flag = Annotated[bool, Parameter(negative=())]  # without a --no- form
Value = TypeVar("Value")
Several = Annotated[list[Value], Parameter(negative=())]  # an option given once for each
Count = Annotated[int, Parameter(validator=Number(gte=1))]
CountOrNone = Annotated[int, Parameter(validator=Number(gte=0))]
Port = Annotated[int, Parameter(validator=Number(gte=0, lte=PORT_MAX))]
Seed = Annotated[int, Parameter(validator=Number(gte=0))]
# Above zero, and neither infinite nor NaN: seconds, minutes, days, records a second.
Positive = Annotated[float, Parameter(validator=Number(gt=0, lt=math.inf))]
Share = Annotated[float, Parameter(validator=Number(gt=0, lt=1))]
NotNegative = Annotated[float, Parameter(validator=Number(gte=0, lt=math.inf))]


def audiences_of(wanted: Sequence[str], may_see: str) -> frozenset[str]:
    """Whose alerts are shown. Raises UserError for an audience that the setting does not allow."""
    try:
        return shown_audiences(wanted, may_see)
    except ValueError as error:
        raise UserError(f"{error}; the setting `audiences` allows {may_see}") from error


def scenario_named(name: str) -> Scenario:
    """The simulated world of this name. Raises UserError listing the known ones."""
    try:
        return find_scenario(name)
    except ValueError as error:
        raise UserError(str(error)) from error
