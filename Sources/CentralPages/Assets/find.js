"use strict";
// A field above a list: rows without its words are hidden while one types, and again when the list comes anew.
(() => {
  const form = document.querySelector("[data-find]");
  const input = form?.querySelector("input[type=search]");
  const section = document.querySelector("main section[data-section]");
  if (!input || !section) return;
  const told = form.querySelector("[data-find-told]");
  form.querySelector("button").hidden = true;

  function find() {
    const words = input.value.toLowerCase().split(" ").filter(Boolean);
    const rows = [...section.querySelectorAll("tbody tr")];
    let shown = 0;
    for (const row of rows) {
      const text = (row.querySelector("th")?.textContent ?? "").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    const text = words.length === 0 ? "" : shown === 0 ? "Tidak ada yang cocok." : `${shown.toLocaleString("id-ID")} dari ${rows.length.toLocaleString("id-ID")}`;
    if (told.textContent !== text) told.textContent = text;
  }

  input.addEventListener("input", find);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The page came with the rows that were asked for; the stream brings all of them at once.
  new MutationObserver(find).observe(section, { childList: true });
  find();
})();
