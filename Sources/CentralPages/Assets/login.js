"use strict";
// Shows the password while the button is pressed in.
for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  if (!field) continue;
  button.hidden = false;
  const show = (open) => {
    field.type = open ? "text" : "password";
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? "Sembunyikan" : "Lihat";
  };
  button.addEventListener("click", () => { show(field.type === "password"); field.focus(); });
  field.form?.addEventListener("submit", () => show(false));
}
