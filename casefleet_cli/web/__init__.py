"""The Datasette plugin: read-only pages over the database, and the locks around them."""
