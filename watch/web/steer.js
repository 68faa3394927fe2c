// The panel that steers the mock that is shown: its clock, its sessions, its faults.
import { make } from "./requests.js";

const find = (id) => document.getElementById(id);
let ahead = 0; // of the server's clock, in milliseconds

// order asks the mock to do something, and says what became of it.
export async function order(what, body) {
  let said;
  try {
    const reply = await fetch(what, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ vendor: order.vendor(), ...body }),
    });
    const { did, error } = await reply.json();
    said = did ?? `Not done: ${error}`;
    order.say(said);
    return reply.ok;
  } catch {
    order.say("Not done: the mock does not answer");
    return false;
  }
}

// showSteering fits the panel to a mock.
export function showSteering(about) {
  find("sessions").hidden = !about.sessions;
  find("faults").hidden = about.faults.length === 0;
  find("search").value = "";
  find("switches").replaceChildren(...about.faults.map(faultSwitch));
  search();
}

function faultSwitch(fault) {
  const id = "fault-" + fault.name;
  const input = make("input", { type: "checkbox", id, name: fault.name });
  input.setAttribute("role", "switch");
  input.setAttribute("aria-describedby", id + "-summary");
  input.addEventListener("change", async () => {
    if (!await order("fault", { fault: fault.name, on: input.checked })) input.checked = !input.checked;
  });
  const item = make("li", {}, make("label", { htmlFor: id }, input, make("span", { className: "text" },
    make("span", { className: "mono" }, fault.name),
    make("span", { className: "summary", id: id + "-summary" }, fault.summary),
    make("span", { className: "clauses" }, "breaks " + fault.breaks.join(", ")))));
  item.words = [fault.name, fault.summary, ...fault.breaks].join(" ").toLowerCase();
  return item;
}

function search() {
  const words = find("search").value.toLowerCase().split(/\s+/);
  let found = 0;
  for (const item of find("switches").children) {
    item.hidden = !words.every((w) => item.words.includes(w));
    found += !item.hidden;
  }
  find("unmatched").hidden = found > 0;
}

// showStanding shows what has been steered, from wherever that was done.
export function showStanding(standing) {
  ahead = standing.ahead_ms;
  for (const item of find("switches").children) {
    const input = item.querySelector("input");
    input.checked = standing.faults.includes(input.name);
  }
  find("on").textContent = `${standing.faults.length} of ${find("switches").children.length} on`;
  find("which").textContent = standing.faults.length ? "On: " + standing.faults.join(", ") : "Each makes the mock wrong on purpose.";
  tick();
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function tick() {
  const now = new Date(Date.now() + ahead);
  find("clock").textContent = clock.format(now);
  find("clock").dateTime = now.toISOString();
  find("ahead").textContent = Math.abs(ahead) < 500 ? "as this machine" : `${span(Math.abs(ahead))} ${ahead > 0 ? "ahead" : "behind"}`;
}

// span writes milliseconds in the largest units that they hold.
function span(ms) {
  let rest = Math.round(ms / 1000);
  const words = [];
  for (const [unit, seconds] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    const n = Math.floor(rest / seconds);
    rest %= seconds;
    if (n) words.push(`${n} ${unit}`);
  }
  return words.join(" ");
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () => order("clock", { advance: button.dataset.advance }));
}
find("move").addEventListener("submit", async (e) => {
  e.preventDefault();
  if (await order("clock", { advance: find("by").value.trim() })) find("by").value = "";
});
find("expire").addEventListener("click", () => order("sessions", {}));
find("search").addEventListener("input", search);
setInterval(tick, 1000);
