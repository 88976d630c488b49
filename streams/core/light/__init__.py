"""What a lane's light shows: from selections and overrides as they come, or by lot when none comes."""
