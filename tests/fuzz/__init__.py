"""Every public function of the core, called with what a hostile sender would write.

`inputs` makes it, `targets` walks the package and says what must be true of the answers, `oracles` asks other parsers.
`python -m tests.fuzz SECONDS` goes on for so long and prints what it did and found.
"""
