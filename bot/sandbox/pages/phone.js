// The phone: which person holds it, the chat, the menu, and what is sent.
import { base64, byId, call, face, icon, make } from "./dom.js";
import { draw, when } from "./entries.js";
import { panel } from "./panel.js";
import { ask, choose, closeWeb, enlarge, openWeb, profile, sheet, subscribePopup, toast } from "./screens.js";

const GAP_SECONDS = 300;
const SMILEYS = [..."😊😀👍🙏😄😅😂🤔😭😡❤🌹👌👋🎉😴"];
const SILENCE = [..."#!AMR\n"].map((letter) => letter.charCodeAt(0)).concat(new Array(32).fill(0x3c));
const phone = { key: null, state: null, person: null, last: 0, shownAt: 0, mode: "menu", waiting: new Map(), picks: 0, asked: 0, known: 0 };

const act = {
  get account() { return phone.state.account.name; },
  get person() { return phone.person; },
  enlarge,
  toast,
  say: (text, menuId) => send({ do: "say", text, menu_id: menuId || "" }),
  open: (address) => openWeb(phone.person, new URL(address, location.href).href),
  follow: () => { phone.picks += 1; byId("profile").hidden = true; send({ do: "follow" }); },
  unfollow: () => choose([["不再关注该公众号", () => { byId("profile").hidden = true; send({ do: "unfollow" }); }]]),
  scan: () => ask("扫一扫", [["scene", "场景值", ""]], ({ scene }) => { byId("profile").hidden = true; send({ do: "scan", scene }); }),
  block: async (template) => { await send({ do: "block", template_id: template.template_id, on: !template.blocked }); showProfile(); },
  refuse: async (template) => { await send({ do: "refuse", template_id: template.template_id }); showProfile(); },
  subscribe: async (templates) => {
    const answers = await subscribePopup(act.account, templates);
    await send({ do: "popup", answers });
    if (!byId("profile").hidden) showProfile();
    return answers;
  },
};

async function send(action, bytes) {
  const body = { person: phone.person.key, patience: 1, ...action };
  if (bytes) body.data = base64(bytes);
  try {
    return await call("POST", "control/act", body);
  } catch (error) {
    toast(error.message);
    return null;
  }
}

// People

// Two questions may be under way at once: the answer to the older one must not undo the newer one's.
async function load() {
  const key = phone.key;
  const turn = phone.asked += 1;
  const query = key ? `?person=${encodeURIComponent(key)}` : "";
  const state = await call("GET", `control/state${query}`);
  if (key !== phone.key) return false;
  if (turn < phone.known) return phone.person !== null;
  phone.known = turn;
  phone.state = state;
  phone.person = state.persons.find((person) => person.key === key) || null;
  drawPeople();
  return phone.person !== null;
}

function drawPeople() {
  const focused = document.activeElement?.dataset.person;
  byId("people").replaceChildren(...phone.state.persons.map((person) => {
    const mark = face(person.name, person.key);
    const waiting = phone.waiting.get(person.key);
    if (waiting) mark.append(make("i", {}, String(Math.min(waiting, 99))));
    const current = person.key === phone.person?.key;
    return make("li", {}, make("button", { type: "button", "data-person": person.key,
      "aria-current": current ? "true" : null, onclick: () => pick(person.key) },
    mark, make("span", {}, make("b", {}, person.name), current ? null : make("small", {}, person.description)),
    make("span", { class: person.following ? "state on" : "state" }, person.following ? "已关注" : "未关注")),
    current && person.description ? make("p", { class: "about" }, person.description) : null);
  }));
  if (focused) document.querySelector(`[data-person="${CSS.escape(focused)}"]`)?.focus();
  let waiting = 0;
  for (const count of phone.waiting.values()) waiting += count;
  byId("unread").hidden = !waiting;
  byId("unread").textContent = waiting;
}

// The last pick alone opens the profile: an earlier one that answers late would cover the chat.
async function pick(key) {
  const turn = phone.picks += 1;
  phone.key = key;
  phone.waiting.delete(key);
  phone.mode = "menu";
  closeWeb();
  byId("profile").hidden = true;
  byId("drawer").hidden = true;
  localStorage.setItem("sandbox-person", key);
  byId("stage").dataset.shown = "phone";
  const entries = await refresh();
  if (entries && turn === phone.picks && !phone.person.following && !entries.length) profile(phone.state, act);
}

// Load the person's chat anew, leaving open what is open. Null when another was picked meanwhile.
async function refresh() {
  const key = phone.key;
  if (!await load()) return null;
  byId("title").textContent = act.account;
  const entries = await call("GET", `control/messages?person=${encodeURIComponent(key)}`);
  if (key !== phone.key) return null;
  byId("chat").replaceChildren();
  phone.last = phone.shownAt = 0;
  for (const entry of entries) append(entry);
  drawDock();
  return entries;
}

function append(entry) {
  if (entry.id <= phone.last) return;
  phone.last = entry.id;
  const chat = byId("chat");
  if (entry.at - phone.shownAt > GAP_SECONDS) chat.append(make("li", { class: "when" }, when(entry.at)));
  phone.shownAt = entry.at;
  const item = draw(entry, act);
  chat.append(item);
  const down = () => { chat.scrollTop = chat.scrollHeight; };
  for (const image of item.querySelectorAll("img")) image.addEventListener("load", down);
  down();
}

async function showProfile() {
  if (await load()) profile(phone.state, act);
}

// The bar below

function drawDock() {
  const following = phone.person.following;
  const menu = phone.state.menu || [];
  const asMenu = following && menu.length > 0 && phone.mode === "menu";
  byId("follow-row").hidden = following;
  byId("menu-row").hidden = !asMenu;
  byId("input-row").hidden = !following || asMenu;
  byId("to-menu").hidden = !menu.length;
  byId("menu").replaceChildren(...menu.map(topButton));
}

function topButton(button) {
  const below = button.sub_button || [];
  if (!below.length) return make("div", {}, make("button", { type: "button", role: "menuitem", onclick: () => tap(button) }, button.name));
  const list = make("ul", { role: "menu", hidden: true, "aria-label": button.name }, ...below.map((inner) =>
    make("li", { role: "none" }, make("button", { type: "button", role: "menuitem", onclick: () => { closeMenus(); tap(inner); } }, inner.name))));
  const opener = make("button", { type: "button", role: "menuitem", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: (event) => {
      event.stopPropagation();
      const open = list.hidden;
      closeMenus();
      list.hidden = !open;
      opener.setAttribute("aria-expanded", String(open));
    } }, button.name);
  return make("div", {}, opener, list);
}

function closeMenus() {
  for (const list of document.querySelectorAll(".menu ul")) list.hidden = true;
  for (const opener of document.querySelectorAll(".menu [aria-expanded]")) opener.setAttribute("aria-expanded", "false");
}

async function tap(button) {
  const key = button.key || button.url || button.name;
  if (button.type === "view") openWeb(phone.person, button.url);
  if (button.type?.startsWith("scancode")) {
    ask("扫一扫", [["result", "扫到的内容", ""]], ({ result }) => send({ do: "tap", key, result }));
  } else if (button.type === "location_select") {
    ask("选择位置", [["result", "地点", "市医保中心"]], ({ result }) => send({ do: "tap", key, result }));
  } else if (button.type?.startsWith("pic_")) {
    pickImages(async (files) => { for (const file of files) await send({ do: "pictures", key }, await bytesOf(file)); });
  } else {
    await send({ do: "tap", key });
  }
}

const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

function pickImages(done) {
  const input = byId("pick-image");
  input.onchange = async () => { const files = [...input.files]; input.value = ""; await done(files); };
  input.click();
}

async function sendImages(files) {
  for (const file of files) await send({ do: "photo", filename: file.name }, await bytesOf(file));
}

function pickFile(done) {
  const input = byId("pick-file");
  input.onchange = async () => { const [file] = input.files; input.value = ""; if (file) await done(file); };
  input.click();
}

const DRAWER = [
  ["album", "照片", () => pickImages(sendImages)],
  ["video", "视频", () => pickFile(async (file) => send({ do: "video" }, await bytesOf(file)))],
  ["place", "位置", () => ask("发送位置", [["label", "地点", "市医保中心"]], ({ label }) => send({ do: "location", latitude: 37.51, longitude: 122.12, label }))],
  ["mic", "语音", sendVoice],
  ["star", "收藏", () => ask("转发一个网页", [["title", "标题", ""], ["url", "网址", "https://"]], ({ title, url }) => send({ do: "link", title, description: "", url }))],
  ["file", "文件", () => pickFile(async (file) => send({ do: "file", filename: file.name }, await bytesOf(file)))],
  ["scan", "扫一扫", () => act.scan()],
];

function sendVoice() { send({ do: "voice" }, Uint8Array.from(SILENCE)); }

function drawer(kind) {
  const box = byId("drawer");
  const same = !box.hidden && box.dataset.kind === kind;
  box.hidden = same;
  box.dataset.kind = kind;
  byId("plus").setAttribute("aria-expanded", String(!same && kind === "plus"));
  box.className = kind === "smile" ? "drawer smileys" : "drawer";
  box.replaceChildren(...(kind === "smile"
    ? SMILEYS.map((smiley) => make("button", { type: "button", onclick: () => { byId("text").value += smiley; typed(); } }, smiley))
    : DRAWER.map(([name, label, action]) => make("button", { type: "button", onclick: () => { drawer(kind); action(); } }, icon(name), label))));
  byId("chat").scrollTop = byId("chat").scrollHeight;
}

function typed() {
  const text = byId("text");
  byId("send").hidden = !text.value.trim();
  byId("plus").hidden = Boolean(text.value.trim());
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 120)}px`;
}

// Live events

function listen() {
  const source = new EventSource("events");
  let cut = false;
  source.onerror = () => { cut = true; byId("offline").hidden = false; };
  source.onopen = () => {
    byId("offline").hidden = true;
    if (cut && phone.key) refresh();
    cut = false;
  };
  source.onmessage = async (told) => {
    const event = JSON.parse(told.data);
    if (event.type === "message") received(event);
    else if (event.type === "typing" && event.person === phone.person?.key) {
      byId("title").textContent = event.on ? "对方正在输入…" : act.account;
    } else if (event.type === "traffic") panel.traffic(event.entry);
    else if (event.type === "reload" && phone.key) await refresh();
    else if (["persons", "menu", "settings"].includes(event.type)) {
      if (await load()) drawDock();
      if (event.type === "settings") panel.settings(phone.state);
    } else if (event.type === "faults") panel.faults();
  };
}

function received(event) {
  if (event.person === phone.person?.key) {
    if (event.message.side === "account") byId("title").textContent = act.account;
    append(event.message);
  } else if (event.message.side !== "me") {
    phone.waiting.set(event.person, (phone.waiting.get(event.person) || 0) + 1);
    drawPeople();
  }
}

// Pages inside the web view ask for the subscription popup or to be closed.
async function fromPage(event) {
  const frame = byId("web-frame");
  if (event.source !== frame.contentWindow || event.origin !== location.origin) return;
  const { sandbox, id, templates } = event.data || {};
  if (sandbox === "close") closeWeb();
  if (sandbox !== "subscribe" || !Array.isArray(templates)) return;
  if (!await load()) return;
  const known = phone.state.templates.filter((template) => templates.includes(template.template_id));
  const answers = known.length ? await act.subscribe(known) : {};
  event.source.postMessage({ sandbox: "subscribed", id, answers }, event.origin);
}

function tick() {
  byId("clock").textContent = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
  setTimeout(tick, 20000);
}

function wire() {
  byId("back").onclick = () => { byId("stage").dataset.shown = "people"; };
  for (const button of document.querySelectorAll("[data-show]")) button.onclick = () => { byId("stage").dataset.shown = button.dataset.show; };
  byId("profile-open").onclick = showProfile;
  byId("follow").onclick = act.follow;
  byId("web-close").onclick = closeWeb;
  byId("to-input").onclick = () => { phone.mode = "input"; drawDock(); byId("text").focus(); };
  byId("to-menu").onclick = () => { phone.mode = "menu"; byId("drawer").hidden = true; drawDock(); };
  byId("plus").onclick = () => drawer("plus");
  byId("smile").onclick = () => drawer("smile");
  byId("voice").onclick = sendVoice;
  byId("text").oninput = typed;
  byId("text").onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); byId("input-row").requestSubmit(); }
  };
  byId("input-row").onsubmit = (event) => {
    event.preventDefault();
    const text = byId("text").value.trim();
    if (!text) return;
    byId("text").value = "";
    typed();
    act.say(text);
  };
  byId("add-person").onsubmit = async (event) => {
    event.preventDefault();
    const form = event.target;
    const person = await call("POST", "control/persons", { name: form.elements.name.value, description: "新来的人" });
    form.reset();
    await pick(person.key);
  };
  document.addEventListener("click", closeMenus);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(); });
  addEventListener("message", fromPage);
}

wire();
tick();
await load();
await panel.start(() => phone.person);
panel.settings(phone.state);
const wanted = new URLSearchParams(location.search).get("person") || localStorage.getItem("sandbox-person");
const first = phone.state.persons.find((person) => person.key === wanted) || phone.state.persons[0];
byId("stage").dataset.shown = "phone";
if (first) await pick(first.key);
else sheet("还没有人物", make("p", {}, "请先在左边加一个人。"));
listen();
