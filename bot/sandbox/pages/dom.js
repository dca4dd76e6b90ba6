// Building elements without a framework; text is always text, never markup.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export const byId = (id) => document.getElementById(id);

const COLOURS = ["#4b8bd4", "#e2934a", "#7d6bc4", "#3fa79b", "#c9657f", "#6c8f4e", "#5d7694"];

export function face(name, seed) {
  let sum = 0;
  for (const letter of seed) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return make("span", { class: "face", "aria-hidden": "true",
    style: `background:${COLOURS[sum % COLOURS.length]}` }, name.slice(-1));
}

export function accountFace(name) {
  return make("span", { class: "face", "aria-hidden": "true", style: "background:#0f9d6b" },
    name.slice(0, 1));
}

export async function call(method, path, body) {
  const answer = await fetch(path, { method, headers: body && { "Content-Type": "application/json" },
    body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || `HTTP ${answer.status}`);
  return told;
}

export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
