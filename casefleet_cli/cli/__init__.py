"""The command line: thin commands that read what people type, call a lower room, and say what came of it.

What changes the database stands in `desk`; what asks it, in `store`.
"""
