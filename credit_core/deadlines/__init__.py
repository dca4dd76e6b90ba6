"""Every day that somebody has to keep or may want to know, in one indexed table."""
