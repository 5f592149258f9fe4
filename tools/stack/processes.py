"""How a process is tied to the one that started it."""


def dying_with_parent(signal_name: str) -> list[str]:
    """Return what stands before a command so that the kernel sends it a signal when its parent dies, however that dies.

    To be repeated behind a change of user, which clears the wish (prctl(2), PR_SET_PDEATHSIG).
    """
    return ["setpriv", "--pdeathsig", signal_name]
