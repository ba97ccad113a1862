"""The pages under /data: Datasette's own tables, facets and queries, over what one viewer may see.

`asking` knows the addresses and arguments there are, on the side of the gate. All else is in a process of its own,
which has no plugin of others: `making` makes the answer to one request, `site` is the Datasette that makes it,
`view` the database that it looks at, `lock` what may be read there.
"""
