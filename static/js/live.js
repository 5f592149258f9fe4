// Refreshes a part of the page from the server: tags as they arrive, an order as it is paid. Without this file, reload.
for (const part of document.querySelectorAll("[data-live]")) {
  const pause = Number(part.dataset.pause || 2000);
  let last = part.innerHTML;

  async function look() {
    if (!document.hidden) {
      try {
        const reply = await fetch(part.dataset.live, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
        if (reply.status === 404 || reply.status === 403) return;
        const text = reply.ok ? await reply.text() : last;
        if (text !== last && !part.contains(document.activeElement)) { part.innerHTML = text; last = text; }
        if (reply.headers.has("X-Live-Done")) { location.reload(); return; }
      } catch { /* the server is away: the next look may succeed */ }
    }
    setTimeout(look, pause);
  }

  setTimeout(look, pause);
}
