"""谁查过我: every look at somebody's data by somebody else, chained so that none can vanish."""
