"""Tests of the formats that devices speak."""
