"""What became of each vehicle at the light: selections, overrides and inspections, joined in any order."""
