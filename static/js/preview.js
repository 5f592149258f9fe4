// Shows the product page while it is written. Without this file, "Save draft" shows it.
const form = document.querySelector("form[data-preview]");
const page = document.getElementById("preview-page");
const title = document.getElementById("preview-title");
const summary = document.getElementById("preview-summary");
let timer;
let asked = 0;

async function render() {
  const mine = ++asked;
  const body = new URLSearchParams({ markdown: form.elements.description.value, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  try {
    const reply = await fetch(form.dataset.preview, { method: "POST", body, credentials: "same-origin" });
    // The server has cleaned it: it is the same HTML that buyers get.
    if (reply.ok && mine === asked) page.innerHTML = await reply.text();
  } catch { /* the next keystroke asks again */ }
}

form.addEventListener("input", (event) => {
  if (event.target.name === "title") title.textContent = event.target.value || form.dataset.untitled;
  if (event.target.name === "summary") summary.textContent = event.target.value;
  if (event.target.name !== "description") return;
  clearTimeout(timer);
  timer = setTimeout(render, 300);
});

// The page that comes shows it: no preview is asked for while the form is on its way.
form.addEventListener("submit", () => { clearTimeout(timer); asked++; });
