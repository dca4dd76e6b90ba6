"""The rules of credit as dated data: read, checked, versioned, compared, previewed."""
