"""How a process of the shop starts, ends, and says whether it is ready."""
