"""信用修复: the record stays, labelled, and has no effect any more. Not revoked, not expired."""
