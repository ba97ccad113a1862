"""The database: one module a noun, SQL beside the function that runs it."""
