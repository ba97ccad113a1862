"""The bytes of a mail and what they mean: everything that reads RFC 5322 and MIME, and nothing that decides."""
