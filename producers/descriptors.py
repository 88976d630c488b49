"""How many files and sockets this process may have open."""

import resource


def raise_descriptors(wanted: int) -> None:
    """Let this process open so many files and sockets, or as many as the system lets it; never fewer than before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
