"""What a run shows of itself: logs, validations, warnings, pictures."""
