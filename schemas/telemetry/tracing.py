"""How log lines and metrics name a trace: by its id, and not at all if there is none."""


def traced(trace_id: str | None) -> dict[str, str]:
    """What a log line that is about one record adds."""
    return {} if trace_id is None else {"trace_id": trace_id}


def trace_exemplar(trace_id: str | None) -> dict[str, str] | None:
    """An exemplar for `observe`; None for a figure that is of no trace."""
    return None if trace_id is None else {"trace_id": trace_id}
