"""Rule sets that come with the platform, as TOML files; read by the shell, never by the core."""
