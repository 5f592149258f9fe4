// Says next to the field whether a name is free, while it is typed. Without this file the form says it after sending.
const form = document.querySelector("form[data-availability]");
const input = form.querySelector("[data-availability-name]");
const answer = document.getElementById(form.dataset.answer);
const button = form.querySelector("[data-availability-button]");
const plain = button?.textContent;
const icons = document.getElementById("availability-icons").content;
let asked = 0;
let timer;

function say(kind, text) {
  const paragraph = document.createElement("span");
  paragraph.textContent = text;
  answer.className = kind === "no" ? "fault" : kind === "wait" ? "good wait" : "good";
  answer.replaceChildren(...(kind === "no" ? [] : [icons.querySelector(`[data-icon="${kind}"]`).cloneNode(true)]), paragraph);
  if (kind === "no") input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

async function ask() {
  const mine = ++asked;
  const url = new URL(form.dataset.availability, location.href);
  url.searchParams.set("name", input.value.trim());
  const chosen = form.elements.namespace;
  if (chosen) url.searchParams.set("namespace", chosen.value);
  try {
    const reply = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    const found = await reply.json();
    // A slower answer to an older question must not overwrite the newest one.
    if (mine !== asked) return;
    say(found.available ? "yes" : "no", found.message);
    if (button) button.textContent = found.available ? form.dataset.reserve.replace("{name}", found.repository) : plain;
  } catch {
    if (mine === asked) say("wait", form.dataset.away);
  }
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  if (!input.value.trim()) { asked++; answer.replaceChildren(); return; }
  say("wait", form.dataset.looking);
  timer = setTimeout(ask, 250);
});

// The form's own answer says it now: nothing is looked up any more, and what is under way is not waited for.
form.addEventListener("submit", () => { clearTimeout(timer); asked++; });
