"""Settings, and everything that a bureau may change, as data."""
