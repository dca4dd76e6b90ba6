"""异议: somebody says that a record of their own is wrong, and is answered in time."""
