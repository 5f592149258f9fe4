// Copy buttons, the light / dark / system switch, tabs, menus. Every page works without this file.
const root = document.documentElement;
const status = document.querySelector("[data-status]");
const themes = document.querySelectorAll("[data-theme-set]");

function showTheme(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of themes) button.setAttribute("aria-pressed", String(button.value === theme));
}

root.classList.add("js");

for (const button of themes) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    // The server reads the cookie and writes data-theme into <html>, so no page flashes.
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `theme=${button.value};path=/;max-age=31536000;samesite=lax${secure}`;
    showTheme(button.value);
  });
}

// Delegated, so that commands which arrive later (a polled list of tags, a preview) can be copied too.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = button.closest(".cmd, .snippet").querySelector("code");
  button.dataset.copy ||= button.textContent;
  try {
    await navigator.clipboard.writeText(code.textContent.trim());
    button.textContent = status.dataset.copied;
    status.textContent = status.dataset.inClipboard;
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = status.dataset.press;
  }
  setTimeout(() => { button.textContent = button.dataset.copy; status.textContent = ""; }, 2000);
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const select of document.querySelectorAll("select[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// Tabs that do not fit are scrolled sideways: to where the reader is.
for (const here of document.querySelectorAll(".tabs > [aria-current]")) {
  const bar = here.parentElement;
  bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
}

// One open menu at a time; Escape and a click elsewhere close it.
const menus = document.querySelectorAll("details[data-menu]");
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) if (menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
});
