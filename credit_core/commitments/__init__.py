"""信用承诺: four kinds of written promise, signed with a digest, kept or broken."""
