"""A site's configuration, site.toml: which devices stand where, what they speak, and how they may come in."""

from producers.site.keys import KeyFileError, read_device_key
from producers.site.site_file import SiteError, load_site, parse_site
from producers.site.site_types import (
    Clock,
    DirectoryInput,
    Fsync,
    Http,
    HttpInput,
    Input,
    Site,
    SiteDevice,
    StdinInput,
    TcpInput,
)

__all__ = [
    "Clock",
    "DirectoryInput",
    "Fsync",
    "Http",
    "HttpInput",
    "Input",
    "KeyFileError",
    "Site",
    "SiteDevice",
    "SiteError",
    "StdinInput",
    "TcpInput",
    "load_site",
    "parse_site",
    "read_device_key",
]
