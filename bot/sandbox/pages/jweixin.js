// What jweixin-1.6.0.js offers inside WeChat, as far as a page of a service account needs it:
// wx.config with a checked signature, closing the web view, and <wx-open-subscribe>.
(() => {
  const ready = [], failed = [];
  let state = null;
  const settle = (answer) => {
    state = answer;
    for (const call of answer.ok ? ready : failed) call(answer);
  };
  const toPhone = (message) => parent !== window && parent.postMessage({ ...message }, location.origin);
  const base = new URL(".", document.currentScript.src).href;
  const known = {
    config(options) {
      const body = { timestamp: String(options.timestamp), noncestr: options.nonceStr, url: location.href.split("#")[0],
        signature: options.signature, appid: options.appId };
      fetch(`${base}check`, { method: "POST", body: JSON.stringify(body) }).then((answer) => answer.json())
        .then((told) => settle({ ok: told.errcode === 0, errMsg: told.errcode ? `config:${told.errmsg}` : "config:ok" }));
    },
    ready(call) { state?.ok ? call(state) : ready.push(call); },
    error(call) { state && !state.ok ? call(state) : failed.push(call); },
    checkJsApi: ({ jsApiList = [], success }) => success?.({ checkResult: Object.fromEntries(jsApiList.map((name) => [name, name in known])) }),
    closeWindow: () => toPhone({ sandbox: "close" }),
    hideMenuItems() {}, showMenuItems() {}, hideAllNonBaseMenuItem() {}, hideOptionMenu() {}, showOptionMenu() {},
    updateAppMessageShareData() {}, updateTimelineShareData() {},
  };
  window.wx = new Proxy(known, { get: (target, name) => target[name] || ((options) => options?.fail?.({ errMsg: `${String(name)}:fail not in the sandbox` })) });
  window.WeixinJSBridge = { invoke: (name) => name === "closeWindow" && known.closeWindow(), call: (name) => name === "closeWindow" && known.closeWindow(), on() {} };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));

  class Subscribe extends HTMLElement {
    connectedCallback() {
      const slot = this.querySelector("template, script[type='text/wxtag-template']");
      const root = this.shadowRoot || this.attachShadow({ mode: "open" });
      root.innerHTML = slot ? slot.innerHTML || slot.textContent : "<slot></slot>";
      this.addEventListener("click", () => this.ask());
    }

    ask() {
      const templates = (this.getAttribute("template") || "").split(",").map((name) => name.trim()).filter(Boolean);
      const id = Math.random().toString(36).slice(2);
      const answered = (event) => {
        if (event.origin !== location.origin || event.data?.sandbox !== "subscribed" || event.data.id !== id) return;
        removeEventListener("message", answered);
        const details = {};
        for (const [name, accepted] of Object.entries(event.data.answers)) details[name] = JSON.stringify({ status: accepted ? "accept" : "reject" });
        this.dispatchEvent(new CustomEvent("success", { detail: { errMsg: "subscribe:ok", subscribeDetails: JSON.stringify(details) } }));
      };
      addEventListener("message", answered);
      toPhone({ sandbox: "subscribe", id, templates });
    }
  }
  customElements.define("wx-open-subscribe", Subscribe);
})();
