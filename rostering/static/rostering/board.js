// The roster page works without this: chips are links. Here they open beside the board instead.
(() => {
    const dialog = document.getElementById("mu-dialog");
    const body = document.getElementById("mu-dialog-body");
    const show = async (url) => {
        const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Current-URL": window.location.href } });
        if (!answer.ok || answer.redirected) {
            window.location.assign(url);
            return;
        }
        body.innerHTML = await answer.text();
        const close = document.createElement("button");
        close.className = "mu-button mu-close";
        close.type = "button";
        close.textContent = "Close";
        close.addEventListener("click", () => dialog.close());
        body.prepend(close);
        if (!dialog.open) dialog.showModal();
    };
    document.addEventListener("click", (event) => {
        const link = event.target.closest("a.mu-shift, a[data-dialog]");
        if (link && dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            show(link.href);
        }
        if (event.target === dialog) dialog.close();
        if (event.target.closest("[data-print]")) window.print();
    });
})();
