// One entry of the chat as WeChat draws it. `act` is what a tap inside an entry may do.
import { accountFace, face, icon, make } from "./dom.js";

const LINK = /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))[^>]*>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"'，。；！？、（）【】《》]+)/gi;
const UNAVAILABLE = "该公众号暂时无法提供服务，请稍后再试";
const NOTES = { transferred: "会话已转给人工客服" };

export function richText(text, act) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(LINK)) {
    if (found.index > at) parts.push(text.slice(at, found.index));
    const href = found[1] ?? found[2] ?? found[3] ?? found[5];
    parts.push(link(href, found[4] ?? found[5], act));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

function link(href, label, act) {
  const address = href.replaceAll("&amp;", "&").trim();
  return make("a", { href: "#", onclick: (event) => { event.preventDefault(); follow(address, label, act); } }, label);
}

function follow(address, label, act) {
  if (address.startsWith("weixin://bizmsgmenu")) {
    const query = new URLSearchParams(address.slice(address.indexOf("?") + 1));
    act.say(query.get("msgmenucontent") || label, query.get("msgmenuid") || "0");
  } else if (address.startsWith("tel:")) {
    act.toast(`拨打 ${address.slice(4)}`);
  } else {
    act.open(address);
  }
}

const media = (entry) => `media/${entry.media_id}`;

function bubble(...children) { return make("div", { class: "bubble" }, ...children); }

function picture(entry, act) {
  return make("div", { class: "bubble bare" }, make("button", { type: "button", "aria-label": "查看图片", onclick: () => act.enlarge(media(entry)) },
    make("img", { src: media(entry), alt: "图片" })));
}

function voice() {
  const shape = make("div", { class: "bubble voice" }, icon("voice"), "3″");
  shape.setAttribute("aria-label", "语音，3 秒");
  return shape;
}

function video(entry) {
  return make("div", { class: "bubble bare" }, make("video", { src: media(entry), controls: true, "aria-label": entry.title || "视频" }));
}

function tile(title, small, extra) {
  return make("div", { class: "bubble tile" }, make("b", {}, title), small ? make("small", {}, small) : null, extra);
}

function menu(entry, act) {
  const options = entry.options.map((option) => make("button", { type: "button", class: "option",
    onclick: () => act.say(option.content, option.id) }, option.content));
  return bubble(...richText(entry.head, act), ...options, entry.tail || "");
}

function articles(entry, act) {
  const [first, ...others] = entry.articles;
  const open = (article) => () => article.url && act.open(article.url);
  const image = (article) => article.picurl && make("img", { src: article.picurl, alt: "", loading: "lazy",
    onerror: (event) => event.target.remove() });
  const card = make("div", { class: "card article" });
  if (others.length && first.picurl) {
    card.append(make("button", { type: "button", class: "first", onclick: open(first) }, image(first), make("h3", {}, first.title)));
  } else {
    card.append(make("button", { type: "button", onclick: open(first) }, make("h3", {}, first.title),
      image(first) || null, first.description && make("p", {}, first.description),
      first.url && !others.length ? make("div", { class: "more" }, "阅读全文") : null));
  }
  for (const article of others) {
    card.append(make("button", { type: "button", class: "next", onclick: open(article) },
      make("span", {}, article.title), image(article) || null));
  }
  return card;
}

function notice(entry, act) {
  const rows = make("dl");
  for (const row of entry.rows) rows.append(make("dt", {}, row.label), make("dd", {}, row.value));
  const leads = Boolean(entry.url);
  const from = make("div", { class: "from" }, accountFace(act.account), act.account,
    make("time", {}, entry.channel === "template" ? "服务通知" : "订阅通知"));
  return make("div", { class: "card notice" }, from,
    make("button", { type: "button", disabled: !leads, onclick: () => act.open(entry.url) },
      make("h3", {}, entry.title), rows,
      leads ? make("div", { class: "more" }, "详情") : null,
      entry.miniprogram ? make("div", { class: "more" }, "进入小程序查看") : null));
}

const DRAW = {
  text: (entry, act) => bubble(...(entry.side === "me" ? [entry.text] : richText(entry.text, act))),
  image: picture,
  voice,
  video,
  location: (entry) => tile(entry.label || "位置", "", make("div", { class: "map" }, icon("place"))),
  link: (entry) => tile(entry.title, entry.url),
  file: (entry) => tile(entry.title, "文件"),
  music: (entry) => tile(entry.title || "音乐", entry.description),
  miniprogrampage: (entry) => tile(entry.title, "小程序"),
  msgmenu: menu,
};

export function draw(entry, act) {
  if (entry.kind === "unavailable" || entry.kind === "system") {
    const text = entry.kind === "unavailable" ? UNAVAILABLE : NOTES[entry.code] || entry.code;
    return make("li", { class: "note", title: entry.reason }, make("span", {}, text));
  }
  if (entry.kind === "news") return make("li", {}, articles(entry, act));
  if (entry.kind === "notice") return make("li", {}, notice(entry, act));
  const mine = entry.side === "me";
  const who = mine ? face(act.person.name, act.person.key) : accountFace(act.account);
  const body = (DRAW[entry.kind] || (() => bubble(`[${entry.kind}]`)))(entry, act);
  return make("li", { class: mine ? "said me" : "said", "data-kind": entry.kind }, who,
    make("span", { class: "unseen" }, mine ? "我说：" : `${act.account}说：`), body);
}

export function when(seconds) {
  const time = new Date(seconds * 1000);
  const clock = time.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
  const days = Math.floor((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 864e5);
  if (days <= 0) return clock;
  if (days === 1) return `昨天 ${clock}`;
  return `${time.getMonth() + 1}月${time.getDate()}日 ${clock}`;
}

export function preview(entry) {
  const names = { image: "[图片]", voice: "[语音]", video: "[视频]", location: "[位置]", link: "[链接]",
    file: "[文件]", notice: `[服务通知] ${entry.title || ""}`, unavailable: UNAVAILABLE };
  if (entry.kind === "news") return entry.articles[0].title;
  return names[entry.kind] || (entry.text || entry.head || "").replace(/<[^>]+>/g, "");
}
