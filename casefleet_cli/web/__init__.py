"""The Datasette plugin: read-only pages over the database, and the locks around them.

What a viewer may see is decided in `access`; the questions to the database stand in `store`. Nothing here changes it.
"""
