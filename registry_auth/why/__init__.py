"""Why a pull is refused: the answer of the token process, in words, with what to do next."""
