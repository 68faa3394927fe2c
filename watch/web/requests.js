// How one request looks: as a row of the list, and in full.

// make makes an element; what it holds is put in as text.
export function make(name, props = {}, ...content) {
  const element = Object.assign(document.createElement(name), props);
  element.append(...content);
  return element;
}

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

function badge({ outcome, status }) {
  const b = make("span", { className: "badge" }, status ? `${status} ${outcome}` : outcome);
  b.dataset.outcome = outcome;
  return b;
}

const at = (event) => make("time", { dateTime: event.time }, time.format(new Date(event.time)));
const number = (event) => make("span", { className: "number" }, "#" + event.number);
const call = (event) => make("span", { className: "call mono" }, `${event.method} ${event.uri}`);

// row is a button in a list item.
export function row(event) {
  const button = make("button", { type: "button" }, badge(event), number(event), at(event), call(event));
  if (event.why) button.append(make("span", { className: "why" }, event.why));
  return make("li", {}, button);
}

function part(title, className, ...content) {
  return make("section", { className }, make("h3", {}, title), ...content);
}

// showDetail shows all of one request, or nothing.
export function showDetail(place, event) {
  if (place.event === event) return;
  place.event = event;
  place.scrollTop = 0;
  place.replaceChildren(...(event ? parts(event) : []));
}

function parts(event) {
  const list = [make("div", { className: "head" }, badge(event), number(event), at(event), call(event))];
  const good = event.outcome === "accepted" && !event.why;
  const wrong = make("p", { className: "wrong" }, event.why || event.reason || (good ? "Nothing: it keeps the contract." : "The mock does not say."));
  wrong.dataset.outcome = good ? "accepted" : event.outcome;
  list.push(part("What was wrong", "", wrong));
  if (event.right) list.push(part("What would have been right", "right", make("pre", {}, event.right)));
  list.push(part("What was sent, without its secrets", "", make("pre", {}, event.sent)));
  const facts = Object.entries(event.facts ?? {}).sort();
  if (event.reason && event.why) facts.unshift(["reason", event.reason]);
  if (facts.length) {
    list.push(part("What the mock knows of it", "", make("dl", {}, ...facts.flatMap(([name, value]) =>
      [make("dt", {}, name), make("dd", {}, value)]))));
  }
  return list;
}
