"""Kinds of options that several commands take, with the values that make sense for them."""

import math
from typing import Annotated, Final

from cyclopts import Parameter
from cyclopts.validators import Number

from deploy.errors import UserError
from producers.simulator import Scenario, find_scenario

PORT_MAX: Final = 65535

Flag = Annotated[bool, Parameter(negative=())]  # without a --no- form
Count = Annotated[int, Parameter(validator=Number(gte=1))]
CountOrNone = Annotated[int, Parameter(validator=Number(gte=0))]
Port = Annotated[int, Parameter(validator=Number(gte=0, lte=PORT_MAX))]
Seed = Annotated[int, Parameter(validator=Number(gte=0))]
# Above zero, and neither infinite nor NaN: seconds, minutes, days, records a second.
Positive = Annotated[float, Parameter(validator=Number(gt=0, lt=math.inf))]
NotNegative = Annotated[float, Parameter(validator=Number(gte=0, lt=math.inf))]


def scenario_named(name: str) -> Scenario:
    """The simulated world of this name. Raises UserError listing the known ones."""
    try:
        return find_scenario(name)
    except ValueError as error:
        raise UserError(str(error)) from error
