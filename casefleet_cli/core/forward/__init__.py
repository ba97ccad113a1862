"""Messages forwarded inside a text: finding them and who wrote what to whom; one kind of clue a module."""
