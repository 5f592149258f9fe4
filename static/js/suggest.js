// Suggests words and products while somebody types into a search field. Without this file the form searches all the same.
// The pattern is the combobox with a list of WAI-ARIA 1.2: the focus stays in the field, and the arrow keys choose.
const status = document.querySelector("[data-status]");

for (const form of document.querySelectorAll("form[data-suggest]")) {
  const input = form.elements.q;
  const list = document.createElement("div");
  let asked = 0;
  let chosen = -1;
  let timer;

  list.id = `${input.id}-suggested`;
  list.className = "suggested";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", status.dataset.suggestions);
  form.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, autocomplete: "off" })) {
    input.setAttribute(name, value);
  }

  function choose(number) {
    chosen = number;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
    if (number < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[number].id);
      list.children[number].scrollIntoView({ block: "nearest" });
    }
  }

  function open(shown) {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    if (!shown) choose(-1);
  }

  function close() {
    clearTimeout(timer);
    asked++;
    open(false);
  }

  function option(found, number) {
    const made = document.createElement("a");
    made.id = `${list.id}-${number}`;
    made.href = found.url;
    made.tabIndex = -1;
    made.setAttribute("role", "option");
    const label = document.createElement("span");
    label.textContent = found.label;
    made.append(label);
    if (found.note) {
      const note = document.createElement("span");
      note.className = "mono quiet";
      note.textContent = found.note;
      made.append(note);
    }
    return made;
  }

  async function ask() {
    const mine = ++asked;
    const url = new URL(form.dataset.suggest, location.href);
    url.searchParams.set("q", input.value);
    try {
      const reply = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
      const { suggestions } = reply.ok ? await reply.json() : { suggestions: [] };
      // A slower answer to an older question must not overwrite the newest one.
      if (mine !== asked || document.activeElement !== input) return;
      list.replaceChildren(...suggestions.map(option));
      open(suggestions.length > 0);
      status.textContent = suggestions.length ? status.dataset.suggested.replace("{count}", suggestions.length) : "";
    } catch { /* the server is away: the form says so */ }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim().length < 2) close();
    else timer = setTimeout(ask, 150);
  });

  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen + 1 < count ? chosen + 1 : -1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? count - 1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].href);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });

  // A press on a suggestion must not take the focus, and with it the list, away before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("blur", close);
  form.addEventListener("submit", close);
}
