"""What can go wrong with a spool. Every message says what to do; none holds a reading."""


class SpoolError(RuntimeError):
    """The spool cannot be used; nothing may be acknowledged to a device any more."""


class SpoolInUse(SpoolError):
    """Another process keeps its readings here: two would deliver each other's."""


class SpoolCorrupt(SpoolError):
    """The file is damaged: what it holds cannot be trusted, and nothing is thrown away without a person."""


class SpoolFull(SpoolError):
    """No room for another reading. Those that are kept stay; the device has to send this one again later."""
