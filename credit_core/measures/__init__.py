"""措施: what may be done for or against a subject, with six fields and a decision behind it."""
