"use strict";
// Before anything is painted: the look that was chosen on this computer; without a choice, the computer's own.
(function () {
  let choice = null;
  try { choice = localStorage.getItem("hadir-tampilan"); } catch { /* storage may be forbidden */ }
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
})();
