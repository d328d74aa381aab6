"""Wire: what carries a call, and what its response, or the lack of one, means. `wire` is the one door of httpx2."""
