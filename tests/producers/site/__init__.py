"""Tests of a site's configuration."""
