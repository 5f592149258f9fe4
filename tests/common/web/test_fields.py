"""A field says what to do, next to itself and to screen readers."""

from django import forms
from django.template import Context, Template


class Reserve(forms.Form):
    name = forms.CharField(help_text="a to z", max_length=5)
    keep = forms.BooleanField(required=False)
    scopes = forms.MultipleChoiceField(choices=[("pull", "Pull"), ("push", "Push")], widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(widget=forms.Textarea, required=False)
    kind = forms.ChoiceField(choices=[("a", "A")])
    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    picture = forms.ImageField(required=False)


def show(form: forms.Form, tag: str) -> str:
    return Template("{% load fields %}" + tag).render(Context({"form": form}))


def test_what_is_wrong_stands_next_to_the_field_and_is_named_by_it() -> None:
    html = show(Reserve({"name": "far too long"}), "{% field form.name affix='host/acme/' mono=True %}")

    assert 'value="far too long"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'class="input mono"' in html
    assert '<span class="affix">host/acme/</span>' in html


def test_each_kind_of_control_has_a_label() -> None:
    form = Reserve()

    assert '<label class="check" for="id_keep">' in show(form, "{% field form.keep %}")
    assert '<legend class="legend">Scopes</legend>' in show(form, "{% field form.scopes %}")
    assert 'class="area"' in show(form, "{% field form.note %}")
    assert 'class="select"' in show(form, "{% field form.kind %}")
    assert 'accept="image/png,image/jpeg,image/webp"' in show(form, "{% field form.picture %}")
    assert '<label for="id_name" class="vh">' in show(form, "{% field form.name label=False %}")
    assert 'data-some="x"' in show(form, "{% field form.name data_some='x' %}")


def test_a_hidden_field_is_only_itself() -> None:
    assert show(Reserve(), "{% field form.secret %}").strip() == '<input type="hidden" name="secret" id="id_secret">'
