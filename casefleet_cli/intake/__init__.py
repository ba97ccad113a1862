"""The one way in: receive, understand, decide, record; for one message or for many, from every door.

`receiving` takes one message through all of it in a transaction of its own. What is new and what is known is decided in
`recording` alone.
"""
