"""Pictures that people hand in: checked by content, cleaned, sealed, kept outside the database."""
