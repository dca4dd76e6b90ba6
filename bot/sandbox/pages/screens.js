// What lies over the chat: the account's profile, the web view, sheets and the album.
import { accountFace, byId, icon, make } from "./dom.js";

export function sheet(title, ...content) {
  const box = byId("sheet");
  const before = document.activeElement;
  const close = () => { box.hidden = true; box.replaceChildren(); before?.focus?.(); };
  const inner = make("div", {}, title ? make("h3", { id: "sheet-title" }, title) : null, ...content);
  box.setAttribute("aria-label", title || "选项");
  box.replaceChildren(inner);
  box.hidden = false;
  box.onclick = (event) => { if (event.target === box) close(); };
  box.onkeydown = (event) => { if (event.key === "Escape") close(); };
  inner.querySelector("input, button")?.focus();
  return close;
}

export function toast(text) {
  const close = sheet("", make("p", {}, text), make("div", { class: "choices" },
    make("button", { type: "button", class: "weui-btn weui-btn_default", onclick: () => close() }, "知道了")));
}

export function choose(options) {
  const close = sheet("", make("div", { class: "list" }, ...options.map(([label, action]) =>
    make("button", { type: "button", onclick: () => { close(); action(); } }, label)),
  make("button", { type: "button", onclick: () => close() }, "取消")));
}

export function ask(title, fields, done) {
  const form = make("form", {}, ...fields.map(([name, label, value]) => make("label", {}, label,
    make("input", { type: "text", name, value: value || "", "aria-label": label }))),
  make("div", { class: "choices" },
    make("button", { type: "button", class: "weui-btn weui-btn_default", onclick: () => close() }, "取消"),
    make("button", { class: "weui-btn weui-btn_primary" }, "发送")));
  const close = sheet(title, form);
  form.onsubmit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    close();
    done(values);
  };
}

// The popup that asks for subscription notices; resolves to {template id: accepted} or null.
export function subscribePopup(account, templates) {
  return new Promise((resolve) => {
    const boxes = templates.map((template) => make("input", { type: "checkbox", checked: true, name: template.template_id }));
    const finish = (allow) => {
      close();
      resolve(Object.fromEntries(boxes.map((box) => [box.name, allow && box.checked])));
    };
    const close = sheet(`${account} 申请发送以下通知`,
      ...templates.map((template, place) => make("label", {}, boxes[place], make("span", {}, template.title,
        make("small", {}, template.kind === "long" ? "（长期）" : "（一次）")))),
      make("div", { class: "choices" },
        make("button", { type: "button", class: "weui-btn weui-btn_default", onclick: () => finish(false) }, "取消"),
        make("button", { type: "button", class: "weui-btn weui-btn_primary", onclick: () => finish(true) }, "允许")));
  });
}

export function openWeb(person, url, snapshot = false) {
  const frame = byId("web-frame");
  const query = new URLSearchParams({ person: person.key, url });
  if (snapshot) query.set("snapshot", "1");
  byId("web").hidden = false;
  byId("web-title").textContent = "正在打开……";
  frame.onload = () => {
    let title = "";
    try { title = frame.contentDocument.title; } catch { title = new URL(url).host; }
    byId("web-title").textContent = title;
  };
  frame.src = `open?${query}`;
  byId("web-close").focus();
  byId("web-more").onclick = () => choose([
    ["刷新", () => { frame.src = frame.src; }],
    [snapshot ? "以普通方式打开" : "以快照页打开（未授权的浏览）", () => openWeb(person, url, !snapshot)],
  ]);
}

export function closeWeb() {
  byId("web").hidden = true;
  byId("web-frame").removeAttribute("src");
  byId("web-frame").contentWindow?.location.replace("about:blank");
}

export function enlarge(address) {
  const box = byId("photo");
  box.querySelector("img").src = address;
  box.hidden = false;
  box.tabIndex = -1;
  box.focus();
  box.onclick = box.onkeydown = () => { box.hidden = true; };
}

export function profile(state, act) {
  const box = byId("profile");
  const person = act.person;
  const row = (label, small, button) => make("div", { class: "line" }, make("span", {}, label, small && make("small", {}, small)), button);
  const small = (label, onclick) => make("button", { type: "button", class: "weui-btn weui-btn_mini weui-btn_default", onclick }, label);
  const templates = state.templates || [];
  const lines = templates.map((template) => {
    if (template.kind === "template") {
      return row(template.title, "模板消息", small(template.blocked ? "恢复接收" : "拒收", () => act.block(template)));
    }
    const left = template.credit < 0 ? "长期订阅中" : template.credit > 0 ? `还可收 ${template.credit} 次` : "未订阅";
    return row(template.title, left, make("span", {}, small("订阅", () => act.subscribe([template])),
      template.credit ? small("退订", () => act.refuse(template)) : null));
  });
  box.replaceChildren(
    make("header", { class: "bar" }, make("button", { type: "button", class: "icon", "aria-label": "返回聊天",
      onclick: () => { box.hidden = true; } }, icon("back")), make("h2", {}, ""), make("span", { class: "icon" })),
    make("div", { class: "head" }, accountFace(state.account.name), make("div", {}, make("h3", {}, state.account.name),
      make("p", {}, state.account.intro || "服务号"))),
    make("h4", {}, "消息"),
    make("button", { type: "button", class: "line go", onclick: () => { box.hidden = true; } }, person.following ? "进入聊天" : "查看收到的通知"),
    make("button", { type: "button", class: "line go", onclick: () => act.scan() }, "扫一扫带参数的二维码"),
    lines.length ? make("h4", {}, "接收通知") : "", ...lines,
    make("div", { class: "acts" }, person.following
      ? make("button", { type: "button", class: "weui-btn weui-btn_warn", onclick: () => act.unfollow() }, "不再关注")
      : make("button", { type: "button", class: "weui-btn weui-btn_primary", onclick: () => act.follow() }, "关注公众号")));
  box.hidden = false;
  box.querySelector("button").focus();
}
