// What is wrong with the page for somebody who sees little or nothing: one sentence each. Run through webdriver, which
// makes a function of it.
const problems = [];
const say = (text, element) => {
  const what = element ? `: <${element.tagName.toLowerCase()}${element.className && typeof element.className === "string" ? "." + element.className.split(" ").join(".") : ""}> ${(element.textContent || element.name || element.getAttribute("href") || "").trim().replace(/\s+/g, " ").slice(0, 50)}` : "";
  problems.push(text + what);
};
const isShown = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })
  && element.getClientRects().length > 0;
// Text for screen readers alone is a box of one pixel, or lies outside of the page until it has the keyboard.
const isSeen = (element) => {
  if (!isShown(element) || element.closest(".visually-hidden, .skip")) return false;
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1;
};

if (document.documentElement.lang !== "id") say(`the page's language is "${document.documentElement.lang}"`);
if (!document.title.trim()) say("the page has no title");
const headings = [...document.querySelectorAll("h1")].filter((h1) => h1.textContent.trim());
if (headings.length !== 1) say(`the page has ${headings.length} h1`);
if (document.querySelectorAll("main").length !== 1) say("the page has not one main");

const ids = new Set();
for (const element of document.querySelectorAll("[id]")) {
  if (ids.has(element.id)) say(`the id ${element.id} is there twice`, element);
  ids.add(element.id);
}

const text = (id) => document.getElementById(id)?.textContent.trim() ?? "";
const label = (element) => (element.getAttribute("aria-label") ?? "").trim()
  || (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).map(text).join(" ").trim();
for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  if (!isShown(field)) continue;
  const labels = [...(field.labels ?? [])].map((one) => one.textContent.trim()).join(" ").trim();
  const isButton = ["submit", "button", "reset"].includes(field.type);
  if (!(labels || label(field) || isButton && field.value)) say("a field has no label", field);
}
for (const element of document.querySelectorAll("a[href], button, summary")) {
  if (!isShown(element)) continue;
  const alt = [...element.querySelectorAll("img[alt], svg title")].map((one) => one.alt ?? one.textContent).join(" ");
  if (!(element.textContent.trim() || label(element) || alt.trim() || element.title)) say("it has no name", element);
}
for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) say("an image has no text", image);
for (const canvas of document.querySelectorAll("canvas")) {
  if (isShown(canvas) && !label(canvas) && !canvas.closest("[aria-hidden=true], [role=img]") && !canvas.textContent.trim()) say("a picture has no text", canvas);
}
for (const table of document.querySelectorAll("main table")) {
  if (isShown(table) && !table.querySelector("th")) say("a table has no headings", table);
}

// Contrast: the text's colour over all that lies behind it.
const parse = (colour) => {
  const found = colour.match(/^rgba?\(([\d.]+),? ([\d.]+),? ([\d.]+)(?:,? ?\/? ([\d.]+))?\)$/);
  if (found) return found.slice(1, 4).map(Number).concat(found[4] === undefined ? 1 : Number(found[4]));
  const srgb = colour.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)$/);
  return srgb ? srgb.slice(1, 4).map((part) => Number(part) * 255).concat(srgb[4] === undefined ? 1 : Number(srgb[4])) : null;
};
const over = (top, below) => [0, 1, 2].map((part) => top[part] * top[3] + below[part] * (1 - top[3])).concat(1);
const luminance = (colour) => {
  const [red, green, blue] = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ratio = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
// The colours behind an element; null where a picture lies there, of which nothing is known.
const behind = (element) => {
  const layers = [];
  for (let node = element; node; node = node.parentElement) {
    const style = getComputedStyle(node);
    if (style.backgroundImage !== "none" && !style.backgroundImage.includes("gradient")) return null;
    if (style.backgroundImage.includes("gradient")) {
      const found = style.backgroundImage.match(/rgba?\([^)]*\)/)?.[0];
      if (found) layers.push(parse(found));
    }
    const colour = parse(style.backgroundColor);
    if (colour && colour[3] > 0) layers.push(colour);
    if (colour && colour[3] === 1) break;
  }
  let ground = getComputedStyle(document.documentElement).colorScheme.includes("dark") ? [18, 18, 18, 1] : [255, 255, 255, 1];
  for (const layer of layers.reverse()) ground = over(layer, ground);
  return ground;
};
const told = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.textContent.trim() || element.closest("script, style, template, option, datalist, canvas") || !isSeen(element)) continue;
  if (element.closest(":disabled, [aria-disabled=true]")) continue;
  const style = getComputedStyle(element);
  const isDrawn = element instanceof SVGElement;
  const colour = parse(isDrawn ? style.fill : style.color);
  const ground = isDrawn ? behind(element.closest("svg").parentElement) : behind(element);
  if (!colour || !ground) continue;
  let strength = colour[3];
  for (let above = element; above; above = above.parentElement) strength *= Number(getComputedStyle(above).opacity);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
  const found = ratio(over([...colour.slice(0, 3), strength], ground), ground);
  const key = `${element.tagName}.${element.className}`;
  if (found < (isLarge ? 3 : 4.5) - 0.01 && !told.has(key)) {
    told.add(key);
    say(`contrast ${found.toFixed(2)}`, element);
  }
}
return problems;
