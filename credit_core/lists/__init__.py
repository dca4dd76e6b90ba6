"""Honour, severe and focus lists: who stands on them, since when, on what decision."""
