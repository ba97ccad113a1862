"""The database: one module a noun, SQL beside the function that runs it, and no SQL anywhere else.

A function here does one thing in the caller's transaction; `desk` and `intake` put together what belongs so.
"""
