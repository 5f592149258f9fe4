// Finds images among many by a part of their name. Without this file they are all listed.
const MANY = 6;
for (const part of document.querySelectorAll("[data-choices]")) {
  const choices = [...part.querySelectorAll("label.check")];
  const find = part.querySelector("[data-choices-find]");
  const input = find.querySelector("input");
  const found = find.querySelector("[data-choices-found]");

  function show() {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const choice of choices) {
      // What is chosen stays in sight, whatever is searched for.
      const fits = words.every((word) => choice.textContent.toLowerCase().includes(word));
      choice.hidden = !fits && !choice.querySelector("input").checked;
      if (!choice.hidden) shown++;
    }
    const chosen = choices.filter((choice) => choice.querySelector("input").checked).length;
    found.textContent = found.dataset.choicesFound.replace("{shown}", shown).replace("{all}", choices.length).replace("{chosen}", chosen);
  }

  find.hidden = choices.length < MANY;
  input.addEventListener("input", (event) => { event.stopPropagation(); show(); });
  // Enter looks for the next image; it does not save the product.
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  part.addEventListener("change", show);
  show();
}
