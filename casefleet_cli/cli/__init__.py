"""The command line: thin commands over the desk, the store and the archive."""
