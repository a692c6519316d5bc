"use strict";
// The pages while they are open: times that age, sections that come anew, and whether the centre is heard at all.
(() => {
  const silence = 15000; // the centre speaks every 5 s
  const stream = document.body.dataset.stream;
  const pill = document.querySelector("[data-link]");
  const banner = document.querySelector("[data-banner]");

  // Times. The centre's clock counts, not this computer's.

  let ahead = Date.parse(document.body.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;

  function age(seconds) {
    if (seconds < 5) return "baru saja";
    if (seconds < 60) return Math.floor(seconds) + " detik lalu";
    if (seconds < 3600) return Math.floor(seconds / 60) + " menit lalu";
    if (seconds < 48 * 3600) return Math.floor(seconds / 3600) + " jam lalu";
    return Math.floor(seconds / 86400).toLocaleString("id-ID") + " hari lalu";
  }

  function tellAges() {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const moment = Date.parse(time.dateTime);
      if (Number.isNaN(moment)) continue;
      if (!time.title) time.title = time.textContent;
      const seconds = (now() - moment) / 1000;
      const text = seconds < -60 ? time.title : age(seconds);
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // The clock of a wall: the centre's, in the government's zone.

  const face = document.querySelector("[data-clock]");
  function tellClock() {
    if (!face) return;
    const text = clock(now());
    if (face.textContent !== text) face.textContent = text;
  }

  // Sections. Whoever reads or types in one is not disturbed: open details, focus and scrolling stay.

  function place(id, html) {
    const section = document.querySelector(`[data-section="${CSS.escape(id)}"]`);
    if (!section) return;
    const known = new Set([...section.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
    const folds = [...section.querySelectorAll("details")].map((details, index) => [details.dataset.fold ?? index, details.open]);
    const open = new Map(folds);
    const scrolled = [...section.querySelectorAll(".tab-list, .body-text code, .unit-scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
    const reachable = "a[href], button, summary, input, [tabindex]";
    const focused = [...section.querySelectorAll(reachable)].indexOf(document.activeElement);
    const drawn = section.querySelector("[data-chart]");

    section.innerHTML = html;

    // The picture is kept and gets new numbers: a new one would flicker.
    // Its box, too: that is what it watches to learn its size.
    const blank = section.querySelector("[data-chart]");
    if (drawn && blank) {
      drawn.dataset.chart = blank.dataset.chart;
      blank.replaceWith(drawn);
    }
    section.querySelectorAll("details").forEach((details, index) => { details.open = open.get(details.dataset.fold ?? index) ?? details.open; });
    section.querySelectorAll(".tab-list, .body-text code, .unit-scroll").forEach((box, index) => {
      if (scrolled[index]) [box.scrollLeft, box.scrollTop] = scrolled[index];
    });
    if (focused >= 0) section.querySelectorAll(reachable)[focused]?.focus({ preventScroll: true });
    if (known.size > 0) {
      for (const row of section.querySelectorAll("[data-row]")) {
        if (!known.has(row.dataset.row)) row.classList.add("is-new");
      }
    }
    tellAges();
    document.dispatchEvent(new CustomEvent("hadir:section", { detail: section }));
  }

  // The line to the centre.

  let source = null;
  let heard = Date.now(); // by this computer's clock: only differences count
  let heardAt = now();
  let tries = 0;
  let timer = null;
  let isOver = false;

  // In the government's zone, wherever this computer thinks it is.
  function clock(moment) {
    const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    let format;
    try {
      format = new Intl.DateTimeFormat("id-ID", { ...parts, timeZone: document.body.dataset.zone });
    } catch {
      format = new Intl.DateTimeFormat("id-ID", parts);
    }
    return format.format(moment).replace(":", ".");
  }

  // What is printed tells of when it is; on the screen the pill does.
  window.addEventListener("beforeprint", () => {
    const words = document.querySelector("[data-as-of]");
    let date = "";
    try {
      date = ", " + new Intl.DateTimeFormat("id-ID", { dateStyle: "long", timeZone: document.body.dataset.zone }).format(heardAt);
    } catch { /* a browser without the zone: the time alone */ }
    if (words) words.textContent = `${clock(heardAt)} ${words.dataset.asOf}${date}`;
  });

  function show(state, text) {
    if (!pill) return;
    pill.dataset.link = state;
    const words = pill.querySelector("[data-link-text]");
    if (words.textContent !== text) words.textContent = text;
  }

  function tell(text, link) {
    banner.textContent = text;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.path;
      anchor.textContent = link.text;
      banner.append(" ", anchor);
    }
    banner.hidden = false;
    document.body.classList.add("is-stale");
  }

  function wellAgain() {
    banner.hidden = true;
    banner.textContent = "";
    document.body.classList.remove("is-stale");
    show("live", "langsung");
  }

  function hear() {
    heard = Date.now();
    heardAt = now();
    tries = 0;
    if (!isOver) wellAgain();
  }

  function close() {
    source?.close();
    source = null;
    clearTimeout(timer);
    timer = null;
  }

  function endSession() {
    isOver = true;
    close();
    show("lost", "sesi berakhir");
    const path = "/masuk?next=" + encodeURIComponent(location.pathname);
    tell(`Sesi berakhir. Yang tampak adalah keadaan pukul ${clock(heardAt)}.`, { path, text: "Masuk lagi" });
  }

  // Another duty, another unit: what stands here may be more than this account still sees.
  function endView() {
    isOver = true;
    close();
    show("lost", "tidak diperbarui");
    tell("Hak melihat halaman ini berubah.", { path: location.pathname, text: "Muat ulang" });
  }

  function lose() {
    // A page without a stream has no line to lose.
    if (isOver || !stream) return;
    close();
    show("lost", "terputus sejak " + clock(heardAt));
    tell(`Sambungan ke pusat terputus. Yang tampak adalah keadaan pukul ${clock(heardAt)}; halaman menyambung lagi sendiri.`);
    const longest = Math.min(30000, 1000 * 2 ** tries);
    tries = Math.min(tries + 1, 10);
    timer = setTimeout(ask, longest / 2 + Math.random() * longest / 2);
  }

  // An EventSource cannot see why it was refused; this can.
  async function ask() {
    try {
      const answer = await fetch(stream + (stream.includes("?") ? "&" : "?") + "coba=1", { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(10000) });
      if (answer.status === 401) endSession();
      else if (answer.status === 403 || answer.status === 404) endView();
      else if (answer.ok) connect();
      else lose();
    } catch {
      lose();
    }
  }

  function data(event) {
    try { return JSON.parse(event.data); } catch { return {}; }
  }

  function connect() {
    if (isOver) return;
    close();
    heard = Date.now();
    source = new EventSource(stream);
    source.addEventListener("section", (event) => {
      const part = data(event);
      hear();
      if (typeof part.id === "string" && typeof part.html === "string") place(part.id, part.html);
    });
    source.addEventListener("beat", (event) => {
      const moment = Date.parse(data(event).now);
      if (!Number.isNaN(moment)) ahead = moment - Date.now();
      hear();
    });
    source.addEventListener("end", (event) => {
      const why = data(event).why;
      if (why === "session") endSession(); else if (why === "scope") endView(); else lose();
    });
    source.addEventListener("error", lose);
  }

  // A computer that slept has silent timers and a dead line: ask at once when it wakes.
  function wake() {
    if (isOver || !stream || document.hidden) return;
    if (source && Date.now() - heard < silence) return;
    close();
    tries = 0;
    ask();
  }

  setInterval(() => {
    tellAges();
    tellClock();
    if (source && Date.now() - heard > silence) lose();
  }, 1000);
  for (const name of ["online", "pageshow", "focus"]) window.addEventListener(name, wake);
  window.addEventListener("offline", lose);
  window.addEventListener("pagehide", close);

  // A browser has six lines to one host for all its tabs: a page that nobody sees gives its own back after a minute.
  let rest = null;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(rest);
    if (!document.hidden) return wake();
    rest = setTimeout(() => {
      if (isOver || !stream || !document.hidden) return;
      close();
      show("lost", "menyambung…");
    }, 60000);
  });

  // The look: as the computer, light, dark.

  const looks = { auto: "Tampilan: ikut komputer", light: "Tampilan: terang", dark: "Tampilan: gelap" };
  const button = document.querySelector("[data-theme-switch]");

  function wear(look) {
    if (look === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = look;
    button.querySelector("use").setAttribute("href", "#i-" + look);
    button.setAttribute("aria-label", looks[look]);
    button.title = looks[look];
    document.dispatchEvent(new CustomEvent("hadir:look"));
  }

  if (button) {
    const order = Object.keys(looks);
    const worn = () => document.documentElement.dataset.theme ?? "auto";
    button.hidden = false;
    wear(worn());
    button.addEventListener("click", () => {
      const look = order[(order.indexOf(worn()) + 1) % order.length];
      try { localStorage.setItem("hadir-tampilan", look); } catch { /* storage may be forbidden */ }
      wear(look);
    });
  }

  // The account's menu closes as menus do.

  const menu = document.querySelector("[data-menu]");
  document.addEventListener("click", (event) => { if (menu?.open && !menu.contains(event.target)) menu.open = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu?.open) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  for (const here of document.querySelectorAll(".area[aria-current], .tab[aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });
  tellAges();
  // A page without a stream is a still one: it says of when it is.
  if (stream) connect();
})();
