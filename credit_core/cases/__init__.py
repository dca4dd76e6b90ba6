"""What objections, repairs and tip-offs share: numbers, places, who may act, the log of steps."""
