// Small things that a page cannot do by itself. No page needs them to work.
"use strict";

// «菜单» on a phone.
document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle]");
  if (toggle) {
    const target = document.getElementById(toggle.dataset.toggle);
    const open = target.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  }
  if (event.target.closest("[data-print]")) window.print();
});

// A question before a step that cannot be taken back, and no double clicks.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const question = (button && button.dataset.confirm) || form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") {
    window.setTimeout(() => {
      for (const one of form.querySelectorAll("button[type=submit]")) one.disabled = true;
    }, 0);
  }
});

// Back with the browser's button: the buttons work again.
window.addEventListener("pageshow", () => {
  for (const one of document.querySelectorAll("button[type=submit][disabled]")) one.disabled = false;
});

// How many characters are left.
function showLength(field) {
  const place = document.getElementById(`${field.id}-left`);
  if (place) place.textContent = `${[...field.value].length} / ${field.maxLength}`;
}
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-count]")) showLength(event.target);
});
for (const field of document.querySelectorAll("[data-count]")) showLength(field);

// Parts of a form that belong to one choice.
function showParts(select) {
  for (const part of document.querySelectorAll(`[data-part-of="${select.name}"]`)) {
    const wanted = part.dataset.when.split(" ");
    part.hidden = !wanted.includes(select.value);
  }
}
document.addEventListener("change", (event) => {
  if (event.target.matches("select")) showParts(event.target);
});
for (const select of document.querySelectorAll("select")) showParts(select);

// On a phone a row of a table stands as a card; each cell then carries the name of its column.
function nameCells(root) {
  for (const table of root.querySelectorAll("table")) {
    const names = [...table.querySelectorAll("thead th")].map((one) => one.textContent.trim());
    if (!names.length) continue;
    table.classList.add("stacked");
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, place) => {
        if (cell.colSpan === 1) cell.dataset.label = names[place] || "";
      });
    }
  }
}
nameCells(document);

// A text with a fault opens with the faulty line marked.
for (const field of document.querySelectorAll("textarea[data-line]")) {
  const rows = field.value.split("\n");
  const line = Math.min(Number(field.dataset.line), rows.length);
  const start = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0);
  field.focus({ preventScroll: true });
  field.setSelectionRange(start, start + rows[line - 1].length);
  field.scrollTop = (field.scrollHeight / rows.length) * Math.max(line - 4, 0);
}
