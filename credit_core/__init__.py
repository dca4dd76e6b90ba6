"""What is true about credit, and the database. Knows nothing of WeChat."""
