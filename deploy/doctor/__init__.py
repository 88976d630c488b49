"""What `border doctor` looks at: each file describes what it found, and pure functions judge the description."""
