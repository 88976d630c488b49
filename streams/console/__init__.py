"""What a person in the ops center or at a terminal sees."""
