"""Firearm traces by purchaser: times to crime, multiple sales, and suggestions for the watchlist."""
