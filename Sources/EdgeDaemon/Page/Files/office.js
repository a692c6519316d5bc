"use strict";
// The page again every ten seconds. A reload would end at the browser's own error page while the program restarts;
// this goes on trying, and says that what is seen is old.
(() => {
  const interval = 10000;

  const showLost = (isLost) => {
    document.body.classList.toggle("is-lost", isLost);
    document.getElementById("lost").hidden = !isLost;
  };

  const refresh = async () => {
    try {
      const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const page = next.getElementById("page");
      if (!page) throw new Error("no page");
      document.getElementById("page").replaceWith(page);
      document.title = next.title;
      showLost(false);
    } catch {
      showLost(true);
    }
    setTimeout(refresh, interval);
  };

  setTimeout(refresh, interval);
})();
