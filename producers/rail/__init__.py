"""Rail sensors and lists at the edge: one file for each format, each headed by the spec that it reads."""
