"""`border down`: stop a running local platform, and remove its state if asked to."""

import os
import signal
import time
from typing import Annotated, Final

from cyclopts import Parameter

from deploy.errors import UserError
from deploy.local.state import owner_of, wipe
from deploy.settings import load_settings

STOP_TIMEOUT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1


def down(
    *, state_directory: str | None = None, wipe_state: Annotated[bool, Parameter(name="--wipe", negative=())] = False
) -> int:
    """Stop the platform that `border up` runs in the state directory.

    Examples:

        border down
        border down --wipe

    Parameters
    ----------
    state_directory
        where the platform keeps its state.
    wipe_state
        also remove that directory: all topics, schemas, logs and the random arm's secret.
    """
    settings = load_settings(state_directory=state_directory)
    directory = settings.state_path
    owner = owner_of(directory)
    if owner is not None:
        try:
            os.kill(owner, signal.SIGTERM)
        except PermissionError as error:
            raise UserError(
                f"the platform in {directory} is another user's (pid {owner}); only they can stop it"
            ) from error
        until = time.monotonic() + STOP_TIMEOUT_SECONDS
        while owner_of(directory) == owner:
            if time.monotonic() > until:
                raise UserError(
                    f"pid {owner} has not stopped within {STOP_TIMEOUT_SECONDS:.0f} s; see {directory}/*.log"
                )
            time.sleep(POLL_SECONDS)
        print(f"Stopped pid {owner}")
    elif not wipe_state:
        print(f"Nothing runs in {directory}")
    if wipe_state:
        wipe(directory)
        print(f"Removed {directory}")
    return 0
