// Keeps a part of the page fresh: tags as they arrive, an order until it is paid. Without this file, reload.
async function ask(url) {
  if (document.hidden) return null;
  try {
    return await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
  } catch {
    return null; // the server is away: the next look may succeed
  }
}

for (const part of document.querySelectorAll("[data-live]")) {
  let last = null;

  async function look() {
    const reply = await ask(part.dataset.live);
    // Signed out or gone meanwhile: what stands on the page stays.
    if (reply && (reply.redirected || reply.status === 404)) return;
    if (reply && reply.ok) {
      const text = await reply.text();
      if (text !== last && !part.contains(document.activeElement)) { part.innerHTML = text; last = text; }
    }
    setTimeout(look, 2000);
  }

  setTimeout(look, 2000);
}

for (const part of document.querySelectorAll("[data-wait]")) {
  async function wait() {
    const reply = await ask(part.dataset.wait);
    // The server redirects as soon as there is something better to see.
    if (reply && reply.redirected) { location.replace(reply.url); return; }
    setTimeout(wait, 2000);
  }

  setTimeout(wait, 2000);
}
