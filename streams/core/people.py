"""Who vouches for what: two ids name two people only if they differ by more than blanks and the case of letters."""


def are_two_people(one: str, other: str | None) -> bool:
    """Whether two ids name somebody each, and not the same person: blanks around an id and the case of its letters make
    nobody another."""
    first, second = one.strip().casefold(), (other or "").strip().casefold()
    return bool(first and second) and first != second
