"""The policy stage: thresholds that keep each port's red lights within what its inspectors can take."""
