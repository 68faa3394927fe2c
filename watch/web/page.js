// The page of running mocks: what arrives comes as Server-Sent Events, what is clicked goes out as JSON. All that a
// stranger sent is put in as text, never as HTML.
import { showDetail, row } from "./requests.js";
import { showSteering, showStanding, order } from "./steer.js";

const kept = 1000; // requests of each mock, as the mock's own log
const find = (id) => document.getElementById(id);
const mocks = new Map(); // by vendor: what was described, the standing, and the requests with their rows, the newest first
let shown; // the vendor
let drawing = 0;

function listen() {
  const events = new EventSource("events"); // connects again by itself, and says how far it had come
  const tell = (state, text) => {
    find("live").dataset.state = state;
    if (find("live").textContent !== text) find("live").textContent = text;
  };
  events.onopen = () => tell("live", "live");
  events.onerror = () => tell("waiting", "no answer: is the mock still running? Trying again");
  const on = (kind, take) => events.addEventListener(kind, (e) => { take(JSON.parse(e.data)); draw(); });
  on("mocks", describe);
  on("standing", (list) => { for (const s of list) mocks.get(s.name).standing = s; });
  on("requests", (list) => { for (const e of list) add(e); });
}

function describe(list) {
  for (const d of list) {
    const m = mocks.get(d.name);
    if (m) m.about = d; else mocks.set(d.name, { about: d, standing: null, requests: [], count: 0, chosen: null });
  }
  find("vendors").hidden = mocks.size < 2;
  if (!shown) {
    for (const name of mocks.keys()) find("vendors").append(tab(name));
    choose(mocks.has(location.hash.slice(1)) ? location.hash.slice(1) : list[0].name);
  }
}

function tab(name) {
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "vendor", value: name });
  input.addEventListener("change", () => choose(name));
  const label = document.createElement("label");
  label.append(input, name, document.createElement("span"));
  return label;
}

function choose(name) {
  shown = name;
  history.replaceState(null, "", mocks.size > 1 ? "#" + name : "");
  find("vendors").querySelector(`[value="${CSS.escape(name)}"]`).checked = true;
  const { about } = mocks.get(name);
  const url = document.createElement("code");
  url.textContent = about.url;
  find("about").replaceChildren(url, about.title);
  find("address").textContent = about.url;
  find("hint").textContent = about.hint.join("\n");
  find("names").textContent = about.credentials.join(", ");
  find("list").replaceChildren(...mocks.get(name).requests.map((r) => r.row));
  showSteering(about);
  draw();
}

function add(event) {
  const m = mocks.get(event.vendor);
  const request = { event, row: row(event) };
  request.row.firstChild.addEventListener("click", () => pin(request));
  m.requests.unshift(request);
  m.count++;
  if (event.vendor === shown) find("list").prepend(request.row);
  if (m.requests.length > kept) m.requests.pop().row.remove();
}

// pin selects a request and stops following.
function pin(request) {
  find("follow").checked = false;
  mocks.get(shown).chosen = request;
  draw();
  if (matchMedia("(max-width: 699px)").matches) find("detail").scrollIntoView();
}

// draw shows what has changed, once for all that has come since the screen was last painted.
function draw() {
  if (!drawing) drawing = requestAnimationFrame(() => { drawing = 0; drawNow(); });
}

function drawNow() {
  const m = mocks.get(shown);
  const newest = m.requests[0];
  if (find("follow").checked || !m.requests.includes(m.chosen)) m.chosen = newest;
  for (const r of m.requests) {
    const button = r.row.firstChild;
    button.tabIndex = r === m.chosen ? 0 : -1; // one stop for the tab key; the arrows go on from there
    if (r === m.chosen) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  }
  const wrong = m.requests.filter((r) => r.event.outcome !== "accepted").length;
  find("empty").hidden = m.requests.length > 0;
  find("count").textContent = m.count ? `${m.count}, ${wrong} not accepted` + (m.count > kept ? ` of the last ${kept}` : "") : "";
  for (const label of find("vendors").querySelectorAll("label")) {
    label.lastChild.textContent = mocks.get(label.firstChild.value).count || "";
  }
  showDetail(find("detail"), m.chosen?.event);
  if (m.standing) showStanding(m.standing);
}

// The arrows, Home and End walk along the list.
find("list").addEventListener("keydown", (e) => {
  const list = mocks.get(shown).requests;
  const at = list.findIndex((r) => r.row.contains(document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[e.key];
  if (to === undefined || !list[to]) return;
  e.preventDefault();
  list[to].row.firstChild.focus();
  pin(list[to]);
});
find("follow").addEventListener("change", draw);

function say(text) {
  find("said").textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { find("said").textContent = ""; }, 4000);
}

order.vendor = () => shown;
order.say = say;
listen();
