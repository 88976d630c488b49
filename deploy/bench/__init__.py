"""Speed, measured side by side in one run, so that ratios hold when the machine's own speed drifts."""
