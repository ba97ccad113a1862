"""Keeping what was logged, and proving it: verify, backup, restore, export and reparse.

Nothing here decides where a mail belongs: what is derived anew moves nothing.
"""
