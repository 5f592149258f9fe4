// Moves pictures by drag and by their buttons, without a new page. Without this file the buttons reload it.
const list = document.querySelector("[data-pictures]");
const status = document.querySelector("[data-status]");
const items = () => [...list.children];
let dragged;

function renumber() {
  items().forEach((item, place) => {
    for (const button of item.querySelectorAll("[data-move]")) {
      const to = place + Number(button.dataset.move);
      button.value = to;
      button.disabled = to < 0 || to >= list.children.length;
    }
  });
}

async function move(item, to) {
  const form = item.querySelector("form:has([data-move])");
  const body = new URLSearchParams({ to, quiet: "1", csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  try {
    const reply = await fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
    // It answers by sending on to the editor, which is here already.
    if (reply.type !== "opaqueredirect") throw new Error("not moved");
  } catch {
    location.reload();
    return;
  }
  const others = items().filter((one) => one !== item);
  list.insertBefore(item, others[to] || null);
  renumber();
  status.textContent = list.dataset.pictures.replace("{number}", to + 1).replace("{all}", list.children.length).replace("{picture}", () => item.dataset.picture);
}

list.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  await move(item, Number(button.value));
  // The keyboard stays where it was; at an end, on the other button.
  (button.disabled ? item.querySelector("[data-move]:not([disabled])") : button)?.focus();
});

if (list.children.length > 1) for (const item of items()) item.draggable = true;

list.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("li");
  event.dataTransfer.effectAllowed = "move";
});
list.addEventListener("dragover", (event) => { if (dragged) event.preventDefault(); });
list.addEventListener("drop", (event) => {
  const target = event.target.closest("li");
  if (!dragged || !target || target === dragged) return;
  event.preventDefault();
  move(dragged, items().indexOf(target));
});
list.addEventListener("dragend", () => { dragged = undefined; });
