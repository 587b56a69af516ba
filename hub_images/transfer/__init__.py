"""The catalogue as a document that people keep in files."""
