// The side panel: raw traffic, faults and settings.
import { byId, call, make } from "./dom.js";

const SHOWN = 120;
const KINDS = {
  delay: "变慢", http: "服务器错误 5xx", reset: "连接被重置", errcode: "返回错误码", quota: "调用额度用完",
  drop_receipt: "丢掉回执", duplicate_callback: "重复推送", reorder_callback: "推送乱序", cut_callback: "推送后不等回答就挂断", receipt_first: "回执先到",
};
const PATHS = ["*", "/cgi-bin/message/*", "/cgi-bin/message/template/send", "/cgi-bin/message/custom/send",
  "/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/mass/*", "/cgi-bin/stable_token", "/cgi-bin/media/get",
  "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "text", "image"];
let currentPerson = () => null;

function trafficRow(entry) {
  const time = new Date(entry.at * 1000).toLocaleTimeString("zh-CN", { hour12: false });
  const callback = entry.direction === "callback";
  return make("details", {}, make("summary", {}, make("time", {}, time),
    make("span", { class: callback ? "way callback" : "way" }, callback ? "推送" : "接口"), make("span", {}, entry.title),
    make("span", { class: "bad" }, fault(entry.answer))),
  entry.sent ? make("pre", { "aria-label": "发出" }, pretty(entry.sent)) : null,
  entry.answer ? make("pre", { "aria-label": "回答" }, pretty(entry.answer)) : null);
}

function fault(answer) {
  try { return JSON.parse(answer).errcode || ""; } catch { return /^HTTP [45]/.test(answer) ? answer : ""; }
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 1); } catch { return text.replace(/></g, ">\n<"); }
}

function button(label, onclick, kind = "default") {
  return make("button", { type: "button", class: `weui-btn weui-btn_mini weui-btn_${kind}`, onclick }, label);
}

function told(rule) {
  const details = { delay: `${rule.ms} 毫秒`, http: rule.status, errcode: rule.errcode, reorder_callback: `${rule.ms} 毫秒`, cut_callback: `${rule.ms || 50} 毫秒`, duplicate_callback: `多 ${rule.copies} 次` };
  const side = ["http", "reset", "errcode"].includes(rule.kind) ? (rule.after ? "，生效后" : "，生效前") : "";
  return `${KINDS[rule.kind]} ${details[rule.kind] ?? ""}${side}，${Math.round(rule.share * 100)}% 的 ${rule.path}，已命中 ${rule.hits} 次`;
}

function field(label, input, wide) { return make("label", { class: wide ? "wide" : "" }, label, input); }

function select(name, options) {
  return make("select", { name }, ...Object.entries(options).map(([value, label]) => make("option", { value }, label)));
}

function faultForm() {
  const form = make("form", {}, make("fieldset", {}, make("legend", {}, "加一个故障"),
    field("怎么坏", select("kind", KINDS)),
    field("多少次里坏（%）", make("input", { type: "number", name: "share", min: 1, max: 100, value: 100 })),
    field("哪些接口、事件或消息", make("input", { name: "path", value: "/cgi-bin/*", list: "paths" }), true),
    field("毫秒（变慢、乱序、挂断）", make("input", { type: "number", name: "ms", value: 800, min: 0 })),
    field("状态码（5xx）", make("input", { type: "number", name: "status", value: 503, min: 500, max: 599 })),
    field("错误码", make("input", { type: "number", name: "errcode", value: -1 })),
    field("在生效之前还是之后", select("side", { before: "生效前", after: "生效后" })),
    make("button", { class: "weui-btn weui-btn_mini weui-btn_primary wide" }, "打开这个故障")),
  make("datalist", { id: "paths" }, ...PATHS.map((value) => make("option", { value }))));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const rule = { kind: values.kind, path: values.path || "*", share: Number(values.share) / 100, after: values.side === "after",
      ms: Number(values.ms), status: Number(values.status), errcode: Number(values.errcode) };
    await call("POST", "control/faults", { rules: [...await call("GET", "control/faults"), rule], seed: Date.now() % 100000 });
  };
  return form;
}

// Only the list is drawn anew: what somebody is typing into the form stays.
async function faults() {
  const rules = await call("GET", "control/faults");
  byId("rules").replaceChildren(
    ...rules.map((rule, place) => make("div", { class: "rule" }, make("span", {}, told(rule)),
      button("撤掉", () => call("POST", "control/faults", { rules: rules.filter((_, other) => other !== place) }), "warn"))),
    rules.length ? button("全部恢复正常", () => call("DELETE", "control/faults")) : "");
}

function eventForm() {
  const form = make("form", {}, make("fieldset", {}, make("legend", {}, "以当前人物的身份推送事件"),
    field("事件名", make("input", { name: "name", value: "LOCATION", required: true }), true),
    field("字段（JSON）", make("textarea", { name: "fields", rows: 3 }, '{"Latitude":"37.51","Longitude":"122.12","Precision":"60"}'), true),
    make("button", { class: "weui-btn weui-btn_mini weui-btn_primary wide" }, "推送")));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const person = currentPerson();
    const { name, fields } = Object.fromEntries(new FormData(form));
    if (person) await call("POST", "control/act", { person: person.key, do: "event", name, fields: JSON.parse(fields || "{}") });
  };
  return form;
}

function settings(state) {
  const change = (values) => call("POST", "control/settings", values);
  const mode = select("mode", { safe: "安全模式", compatible: "兼容模式", plain: "明文模式" });
  mode.value = state.account.mode;
  mode.onchange = () => change({ mode: mode.value });
  const receipts = make("input", { type: "checkbox", class: "weui-switch", checked: state.settings.receipts });
  receipts.onchange = () => change({ receipts: receipts.checked });
  byId("settings-now").replaceChildren(
    make("fieldset", {}, make("legend", {}, "推送"), field("消息加解密方式", mode), field("发送回执事件", receipts),
      field("推送到", make("input", { value: state.account.callback_url, readonly: true }), true)),
    make("fieldset", {}, make("legend", {}, "令牌与额度"),
      button("令牌全部作废（40001）", () => call("POST", "control/tokens", { how: "revoke" })),
      button("令牌全部过期（42001）", () => call("POST", "control/tokens", { how: "expire" })),
      button("额度恢复", () => call("POST", "control/quota", {}))));
}

function show(name) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const on = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !on;
  }
  if (name === "faults") faults();
}

export const panel = {
  faults,
  settings,
  traffic(entry) {
    const box = byId("traffic");
    box.querySelector("p")?.remove();
    box.prepend(trafficRow(entry));
    while (box.children.length > SHOWN) box.lastChild.remove();
  },
  async start(person) {
    currentPerson = person;
    const tabs = [...document.querySelectorAll("[role=tab]")];
    for (const [place, tab] of tabs.entries()) {
      tab.onclick = () => show(tab.id.slice(4));
      tab.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(place + step + tabs.length) % tabs.length];
        show(next.id.slice(4));
        next.focus();
      };
    }
    byId("traffic").append(make("p", {}, "还没有通信。发一句话试试。"));
    for (const entry of await call("GET", "control/traffic")) panel.traffic(entry);
    byId("faults").append(make("p", {}, "让平台这一侧出错，看系统怎么应付。"), make("div", { id: "rules" }), faultForm());
    byId("settings").append(make("div", { id: "settings-now" }), eventForm(),
      make("p", {}, make("a", { class: "log", href: "control/log", target: "_blank" }, "打开生效记录（每行一条）")));
    show("traffic");
    await faults();
  },
};
