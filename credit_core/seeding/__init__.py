"""Synthetic subjects and records for demos and measurements: repeatable, none of them real."""
