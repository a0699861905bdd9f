"""Storage: what outlives a worker. Files and servers that several workers share, and what happens while one is
gone.

Nothing here knows what is stored. Whatever cannot be asked raises `StoreUnavailable`; nothing is guessed.
"""
