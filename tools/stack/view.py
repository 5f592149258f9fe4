"""What the user sees: numbered acts, each step with the command or request it makes, and its outcome."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

FIELD, LINE = 40, 120


class Step:
    """One step while it is being made: takes the requests and commands, and in the end the outcome."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._outcome = ""

    def request(self, method: str, path: str, fields: dict[str, str] | None = None) -> None:
        """Show a request as it is made. Secrets stay out: values of fields called password or card are starred."""
        shown = _short(" ".join(f"{name}={_starred(name, value)}" for name, value in (fields or {}).items() if value), LINE)
        self._print(f"[dim]     {method:<4}[/] [cyan]{escape(path)}[/] [dim]{escape(shown)}[/]")

    def command(self, text: str) -> None:
        """Show a command as a user would type it."""
        self._print(f"     [dim]$[/] [cyan]{escape(text)}[/]")

    def note(self, text: str) -> None:
        """Say something on the way."""
        self._print(f"     [dim]{escape(text)}[/]")

    def outcome(self, text: str) -> None:
        """Set what the step ends with."""
        self._outcome = text

    def _print(self, markup: str) -> None:
        self._console.print(markup, soft_wrap=True, highlight=False)

    def finish(self) -> None:
        """Print the outcome."""
        if self._outcome:
            self._print(f"     [green]✓[/] {escape(self._outcome)}")


def _starred(name: str, value: str) -> str:
    secret = any(word in name for word in ("password", "card", "token", "cvc"))
    return "…" if secret else _short(" ".join(value.split()), FIELD)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


class View:
    """The terminal. Colour and spinners only on a terminal; rich itself honours NO_COLOR."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(emoji=False)

    def act(self, number: int, title: str, subtitle: str) -> None:
        """Begin one of the acts of the sale."""
        self.console.print()
        self.console.print(Text.assemble((f" {number} ", "bold reverse"), "  ", (title, "bold"), "   ", (subtitle, "dim")))

    def title(self, text: str) -> None:
        """Begin something that is not an act of the sale."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def say(self, text: str) -> None:
        """Print a plain line."""
        self.console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step: its title at once, a spinner while it runs, its outcome when it is done."""
        self.console.print(f"\n   [bold]{escape(title)}[/]", highlight=False, soft_wrap=True)
        with self.waiting(title):
            step = Step(self.console)
            yield step
        step.finish()

    @contextmanager
    def waiting(self, title: str) -> Iterator[None]:
        """Show a spinner while the body runs, if this is a terminal."""
        if not self.console.is_terminal:
            yield
            return
        with self.console.status(f"[dim]{escape(title)} …[/]", spinner="dots"):
            yield

    def table(self, title: str, columns: list[str], rows: list[list[str]]) -> None:
        """Print a small table."""
        table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False, box=None, header_style="dim")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print()
        self.console.print(table)

    def block(self, title: str, lines: list[str]) -> None:
        """Print lines to paste: with nothing around them, so that they can be marked with the mouse."""
        self.console.print()
        self.console.rule(f"[bold]{escape(title)}[/]", style="dim")
        for line in lines:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)
        self.console.rule(style="dim")

    def problem(self, text: str) -> None:
        """Print a problem."""
        self.console.print()
        self.console.print(Text.assemble(("Problem: ", "bold red"), text), soft_wrap=True)
