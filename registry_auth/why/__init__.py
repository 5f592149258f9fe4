"""Why a pull is refused: the token process's decision in words, and what to do next."""
