"""The admin of the words that the search knows, and of those that mean the same."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import ReasonForm, act
from common.web.forms import NameField
from marketplace.search.models import KnownWord, Synonym
from marketplace.search.services import add_synonym, change_synonym, remove_synonym


class WordsForm(ReasonForm):
    """Asks for words and the reason."""

    words = NameField(max_length=400, help_text="Separated by commas or spaces: k8s, kubernetes")
    field_order = ("words", "reason")


@admin.register(KnownWord)
class KnownWordAdmin(AuditedAdmin):
    """Words that products on offer are called by, and in how many of them each stands."""

    list_display = ("word", "products")
    list_filter = ("products",)
    search_fields = ("word",)
    ordering = ("-products", "word")
    readonly_fields = ("word", "products")
    actions = ("give_synonyms",)

    @act("Give it synonyms", consequence="A search for one of these words finds what is called by the others, at once.", form=WordsForm)
    def give_synonyms(self, request: HttpRequest, known: KnownWord, reason: str, words: str) -> None:
        """Let other words mean the same."""
        add_synonym(words=f"{known.word} {words}", reason=reason, actor=signed_in(request))


@admin.register(Synonym)
class SynonymAdmin(AuditedAdmin):
    """Words that mean the same. A new row begins at one of the known words."""

    list_display = ("__str__",)
    list_filter = ()
    search_fields = ("words",)
    readonly_fields = ("words",)
    actions = ("change_words", "remove")

    @act("Change its words", consequence="From the next search on, these words mean the same, and the former ones do not.", form=WordsForm)
    def change_words(self, request: HttpRequest, synonym: Synonym, reason: str, words: str) -> None:
        """Replace the words."""
        change_synonym(synonym=synonym, words=words, reason=reason, actor=signed_in(request))

    @act("Remove", consequence="From the next search on, each of its words finds only itself.")
    def remove(self, request: HttpRequest, synonym: Synonym, reason: str) -> None:
        """Let the words mean different things again."""
        remove_synonym(synonym=synonym, reason=reason, actor=signed_in(request))
