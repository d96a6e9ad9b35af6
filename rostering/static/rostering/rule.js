// A rule's form shows the columns that its kind reads, what they mean for it, and the sentence they make.
// Without this every column is shown and the server empties those the kind does not read.
(() => {
    const NAMES = ["required", "minimum", "maximum", "period", "period_days", "shift_types", "then_types", "tags",
        "weight", "valid_from", "valid_until"];
    let kinds = null;

    const prefixOf = (select) => select.name.slice(0, -"kind".length);
    const inputs = (select, name) => {
        const form = select.form;
        return [...form.querySelectorAll(`[name="${CSS.escape(prefixOf(select) + name)}"]`)];
    };
    const lineOf = (select, name) => {
        const form = select.form;
        const found = inputs(select, name)[0] || form.querySelector(`#id_${CSS.escape(prefixOf(select) + name)}`);
        return found ? found.closest(`.field-${name}`) || found.closest(".field-line, .form-row, .field-row") : null;
    };
    const help = (line, text) => {
        let note = line.querySelector("[data-rule-help]");
        if (!note) {
            note = document.createElement("div");
            note.dataset.ruleHelp = "1";
            note.className = "leading-relaxed mt-2 text-xs mu-muted";
            (line.querySelector(".grow") || line).append(note);
        }
        note.textContent = text || "";
    };
    const sentence = async (select, box) => {
        const query = new URLSearchParams({ kind: select.value });
        for (const name of NAMES) {
            for (const input of inputs(select, name)) {
                if (input.type === "checkbox" && !input.checked) continue;
                query.append(name, input.value);
            }
        }
        const answer = await fetch(`${select.dataset.sentenceUrl}?${query}`);
        if (!answer.ok) return;
        const told = await answer.json();
        box.textContent = told.sentence || told.errors.join(" ");
        box.classList.toggle("mu-wrong", !told.sentence);
    };
    const show = (select, byHand) => {
        const kind = kinds[select.value];
        if (!kind) return;
        for (const name of NAMES) {
            const line = lineOf(select, name);
            if (!line) continue;
            line.style.display = name in kind.columns ? "" : "none";
            if (name in kind.columns) help(line, kind.columns[name]);
        }
        if (byHand) {
            // A limit of the kind chosen before means something else to this one: 2400 minutes are not 2400 weekends.
            for (const name of ["minimum", "maximum", "period_days"]) {
                const input = inputs(select, name)[0];
                if (input) input.value = kind.defaults[name] ?? "";
            }
        }
        const period = inputs(select, "period")[0];
        if (period && kind.periods.length) {
            for (const option of period.options) option.hidden = option.value !== "" && !kind.periods.includes(option.value);
            if (!kind.periods.includes(period.value) || byHand) period.value = kind.defaults.period || kind.periods[0];
        }
        const days = lineOf(select, "period_days");
        if (days && period && "period_days" in kind.columns) days.style.display = period.value === "rolling" ? "" : "none";
        const weight = lineOf(select, "weight");
        const required = inputs(select, "required")[0];
        if (weight && required && "weight" in kind.columns && kind.required === null) {
            weight.style.display = required.checked ? "none" : "";
        }
        const line = lineOf(select, "kind");
        if (line) help(line, kind.help);
    };
    const attach = async (select) => {
        if (select.dataset.attached || select.name.includes("__prefix__")) return;
        select.dataset.attached = "1";
        kinds = kinds || (await (await fetch(select.dataset.kindsUrl)).json());
        const box = document.createElement("p");
        box.className = "mu-sentence";
        box.setAttribute("aria-live", "polite");
        const row = lineOf(select, "kind");
        const group = row ? row.closest("fieldset") || row.parentElement : select.parentElement;
        group.prepend(box);
        let waiting = null;
        const later = () => {
            clearTimeout(waiting);
            waiting = setTimeout(() => sentence(select, box), 250);
        };
        const changed = (event) => {
            const name = event.target.name || "";
            if (!name.startsWith(prefixOf(select))) return;
            show(select, event.target === select);
            later();
        };
        group.addEventListener("change", changed);
        group.addEventListener("input", later);
        show(select, false);
        sentence(select, box);
    };
    const attachAll = () => document.querySelectorAll("select[data-rule-kind]").forEach(attach);
    document.addEventListener("DOMContentLoaded", attachAll);
    document.addEventListener("formset:added", () => setTimeout(attachAll));
})();
