"""One file per command of `border`."""
