"""The local stack: installs what is missing, runs every part of Layerstore on loopback, and makes the sale in view.

Two halves. `bootstrap` and what it imports know only the standard library, for they run before anything is installed.
The rest runs in `.venv`. Nothing in here imports Django or the applications: the stack sees them as any client does.
"""
