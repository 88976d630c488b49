"""The sharing service: what agreements let other agencies know, over HTTP; a request is logged before its answer."""
