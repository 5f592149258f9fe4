"""Parsing an image's configuration (OCI image-spec 1.1, "Image Configuration"; Docker's has the same names), for what pages show of it.

It was written by a stranger. Nothing here raises, whatever it contains, and no value that looks like a secret gets any further.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from marketplace.contents.facts import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_CHARACTERS,
    MOST_ENTRIES,
    Entry,
    ImageFacts,
    readable,
)
from marketplace.contents.secrets import HIDDEN, LONGEST_READ, hide_secrets, looks_secret
from registry_auth.client.documents import Document, mapping, sequence, text
from registry_auth.client.manifests import dockerfile_line

_MOST_READ = 1_000  # entries of each list that are looked at; docker itself makes no image with more layers or steps


@dataclass(slots=True)
class ConfigurationReader:
    """One configuration.

    Attributes:
        facts: what pages show.
        hidden: where values look like secrets, in words, each once: in a variable, a label, the start command or a step of the build.
    """

    config: Document
    facts: ImageFacts = field(init=False)
    hidden: list[str] = field(init=False)
    _left: int = field(init=False, default=MOST_CHARACTERS)
    _left_out: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.hidden = []
        run = mapping(self.config.get("config"))
        self.facts = ImageFacts(
            entrypoint=self._arguments("entrypoint", run.get("Entrypoint")),
            command=self._arguments("command", run.get("Cmd")),
            user=self._word(run.get("User")),
            working_directory=self._word(run.get("WorkingDir")),
            ports=self._keys("ports", run.get("ExposedPorts")),
            volumes=self._keys("volumes", run.get("Volumes")),
            environment=self._entries("environment", "the environment variable", _assignments(run.get("Env"))),
            labels=self._entries("labels", "the label", sorted(_labels(run.get("Labels")))),
            left_out=self._left_out,
        )
        for step in map(mapping, sequence(self.config.get("history"))[:_MOST_READ]):
            line = dockerfile_line(text(step.get("created_by")))[:LONGEST_READ]
            if hide_secrets(line) != line:
                self._note_hidden(f"the build step {readable(line.partition(' ')[0], 20)}")

    def _word(self, value: object) -> str:
        return self._taken(text(value), LONGEST_VALUE)

    def _arguments(self, of: str, value: object) -> tuple[str, ...]:
        """Read a list of arguments, or one text that a shell reads."""
        given = [value] if isinstance(value, str) else sequence(value)[:_MOST_READ]
        words = [text(one)[:LONGEST_READ] for one in given]
        shown = []
        for word, following in zip(words, _hidden_arguments(words), strict=True):
            if following != word:
                self._note_hidden(f"the {of}")
            shown.append(following)
        return tuple(self._texts(of, shown, LONGEST_VALUE))

    def _keys(self, of: str, value: object) -> tuple[str, ...]:
        return tuple(self._texts(of, sorted(mapping(value))[:_MOST_READ], LONGEST_VALUE))

    def _texts(self, of: str, texts: list[str], longest: int) -> Iterator[str]:
        kept = [self._taken(one, longest) for one in texts[:MOST_ENTRIES] if self._left > 0]
        self._count_left_out(of, len(texts) - len(kept))
        yield from kept

    def _entries(self, of: str, noun: str, pairs: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        beyond = 0
        for name, value in pairs:
            secret = looks_secret(name, value)
            if secret:
                self._note_hidden(f"{noun} {readable(name, LONGEST_NAME)}")
            if len(entries) >= MOST_ENTRIES or self._left <= 0:
                beyond += 1
                continue
            entries.append(Entry(self._taken(name, LONGEST_NAME), "" if secret else self._taken(value, LONGEST_VALUE), hidden=secret))
        self._count_left_out(of, beyond)
        return tuple(entries)

    def _taken(self, value: str, longest: int) -> str:
        shown = readable(value, min(longest, max(self._left, 0)))
        self._left -= len(shown) + 1
        return shown

    def _count_left_out(self, of: str, count: int) -> None:
        if count:
            self._left_out[of] = count

    def _note_hidden(self, where: str) -> None:
        if where not in self.hidden and len(self.hidden) < MOST_ENTRIES:
            self.hidden.append(where)


def _assignments(value: object) -> list[tuple[str, str]]:
    parts = [text(one).partition("=") for one in sequence(value)[:_MOST_READ]]
    return [(name, default) for name, _, default in parts if name]


def _labels(value: object) -> list[tuple[str, str]]:
    return [(name, text(label)) for name, label in list(mapping(value).items())[:_MOST_READ]]


def _hidden_arguments(words: list[str]) -> list[str]:
    """Return arguments without secrets: each may assign one, and an option may name what the next argument is."""
    shown, before = [], ""
    for word in words:
        is_named = before.startswith("-") and "=" not in before and not word.startswith("-") and looks_secret(before, word)
        shown.append(HIDDEN if is_named or looks_secret("", word) else hide_secrets(word))
        before = word
    return shown
