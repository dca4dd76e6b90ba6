"""Versions of rules, offers, lists, measures and calendars that staff write in the console.

Drafted by one person as the text of a file in ``config/``, checked, previewed, approved by
another, in force from its own first day on. ``store`` keeps them; one module per
topic says what a text of it means.
"""
