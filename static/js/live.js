// Keeps a part of the page fresh: tags as they arrive. Without this file, reload.
for (const part of document.querySelectorAll("[data-live]")) {
  let last = null;

  async function look() {
    try {
      const reply = document.hidden ? null : await fetch(part.dataset.live, { credentials: "same-origin" });
      // Signed out or gone meanwhile: what stands on the page stays.
      if (reply && (reply.redirected || reply.status === 404)) return;
      const text = reply && reply.ok ? await reply.text() : last;
      if (text !== last && !part.contains(document.activeElement)) { part.innerHTML = text; last = text; }
    } catch { /* the server is away: the next look may succeed */ }
    setTimeout(look, 2000);
  }

  setTimeout(look, 2000);
}
