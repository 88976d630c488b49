"""The centre: pure stages in `core`, the Faust runtime that carries them in `runtime`, terminal boards in `console`."""
