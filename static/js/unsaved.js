// Keeps what is typed in the editor while it is typed. Without this file, "Save draft" keeps it.
const form = document.querySelector("form[data-keep]");
const note = document.querySelector("[data-kept]");
const overtaken = document.querySelector("[data-overtaken]");
const parts = [form, ...document.querySelectorAll("form[data-part]")];
let version = Number(form.dataset.version);
let timer;
let busy = false;
let changed = false;
let sent = false;
let waiting; // the button that was pressed while something was being kept
let merging = false;
let refused = false;

async function keep() {
  if (busy || sent || refused || !changed) return;
  busy = true;
  changed = false;
  const body = new URLSearchParams(new FormData(form));
  body.delete("file");
  try {
    // A page that is being left still sends what a browser lets it send then.
    const keepalive = document.visibilityState === "hidden" && body.toString().length < 60000;
    const reply = await fetch(form.dataset.keep, { method: "POST", body, credentials: "same-origin", keepalive });
    // Sent on to another page, or to none: whoever types is signed out, or may not edit it any more. Trying again would not help.
    if (reply.redirected || reply.status === 403 || reply.status === 404) {
      note.textContent = form.dataset.mayNot;
      refused = true;
    } else if (reply.ok) {
      const told = await reply.json();
      version = told.version;
      note.textContent = form.dataset.keptAt.replace("{time}", told.at);
      const began = form.elements.revision;
      if (began) overtaken.hidden = String(told.revision) === began.value;
    } else {
      const told = await reply.json();
      note.textContent = told.message;
      // The same text is open in another tab: from now on this one is kept apart.
      if (told.tab) { form.elements.tab.value = told.tab; version = 0; changed = true; }
    }
  } catch {
    note.textContent = form.dataset.notKept;
    changed = true;
  }
  busy = false;
  if (waiting) { const button = waiting; waiting = undefined; button.form.requestSubmit(button); return; }
  if (changed) timer = setTimeout(keep, 2000);
}

document.addEventListener("input", (event) => {
  if (!parts.includes(event.target.form)) return;
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(keep, 1000);
});
document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });

// Each button of the page sends all that was typed on it. "Save" and "Publish" save it, the others have the server keep it.
const others = [...document.querySelectorAll("main form[method=post]")].filter((one) => !one.elements.tab);
for (const one of [form, ...others]) {
  one.addEventListener("formdata", ({ formData }) => {
    if (merging) return;
    merging = true;
    const own = new Set(formData.keys());
    for (const part of parts) {
      if (part === one) continue;
      for (const [name, value] of new FormData(part)) {
        if (!own.has(name) && (name !== "file" || one.enctype === "multipart/form-data")) formData.append(name, value);
      }
    }
    formData.set("seen", version);
    merging = false;
  });
  // The page that comes shows what was saved or kept: nothing is kept after it.
  one.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (busy && event.submitter) { event.preventDefault(); waiting = event.submitter; return; }
    sent = true;
  });
}
