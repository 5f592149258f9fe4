// Keeps what is typed in the editor while it is typed. Without this file, "Save draft" keeps it.
const form = document.querySelector("form[data-keep]");
const note = document.querySelector("[data-kept]");
const overtaken = document.querySelector("[data-overtaken]");
let version = Number(form.dataset.version);
let timer;
let busy = false;
let changed = false;
let sent = false;

async function keep() {
  if (busy || sent || !changed) return;
  busy = true;
  changed = false;
  const body = new URLSearchParams(new FormData(form));
  body.set("seen", version);
  try {
    // A page that is being left still sends what a browser lets it send then.
    const keepalive = document.visibilityState === "hidden" && body.toString().length < 60000;
    const reply = await fetch(form.dataset.keep, { method: "POST", body, credentials: "same-origin", keepalive });
    const told = await reply.json();
    if (reply.ok) {
      version = told.version;
      note.textContent = form.dataset.keptAt.replace("{time}", told.at);
      const began = form.elements.revision;
      if (began) overtaken.hidden = String(told.revision) === began.value;
    } else {
      note.textContent = told.message;
      // The same text is open in another tab: from now on this one is kept apart.
      if (told.tab) { form.elements.tab.value = told.tab; version = 0; changed = true; }
    }
  } catch {
    note.textContent = form.dataset.notKept;
    changed = true;
  }
  busy = false;
  if (changed) timer = setTimeout(keep, 2000);
}

form.addEventListener("input", () => {
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(keep, 1000);
});
document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });

// The page that comes shows what was saved, or keeps what was typed in the form: nothing is kept after it.
form.addEventListener("submit", () => { sent = true; clearTimeout(timer); });
