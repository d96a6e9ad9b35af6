// Keeps the bars of the jobs list moving, and asks before a job is discarded. The job page itself refreshes by htmx.
(() => {
  "use strict";

  const PERIOD_MS = 2000;

  document.addEventListener("submit", (event) => {
    const question = event.target.dataset && event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  async function refresh() {
    const ids = [...document.querySelectorAll("[data-job-live]")].map((cell) => cell.dataset.jobLive);
    if (!ids.length) return;
    if (!document.hidden) {
      try {
        const url = new URL("live/", new URL(window.location.pathname, window.location.origin));
        url.searchParams.set("ids", ids.slice(0, 100).join(","));
        const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (answer.ok) show((await answer.json()).cells);
      } catch {
        // The server is away for a moment: the next round tries again.
      }
    }
    window.setTimeout(refresh, PERIOD_MS);
  }

  function show(cells) {
    for (const [name, html] of Object.entries(cells)) {
      const old = document.querySelector(`[data-job-cell="${name}"]`);
      if (!old) continue;
      const holder = document.createElement("template");
      holder.innerHTML = html.trim();
      const fresh = holder.content.firstElementChild;
      const bar = old.querySelector(".job-bar > span");
      const width = fresh.querySelector(".job-bar > span");
      if (bar && width) {
        const target = width.style.width;
        width.style.width = bar.style.width;
        window.requestAnimationFrame(() => window.requestAnimationFrame(() => { width.style.width = target; }));
      }
      old.replaceWith(fresh);
    }
  }

  document.addEventListener("DOMContentLoaded", () => window.setTimeout(refresh, PERIOD_MS));
})();
