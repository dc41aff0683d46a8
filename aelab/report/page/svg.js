// Drawings as text of SVG: elements, words that fit, and a place that is drawn anew as it changes its width.
const NARROWEST = 300, LETTER = 7.2; // pixels
const escaped = text => String(text).replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);

function tag(name, attributes, ...content) {
  const given = Object.entries(attributes).filter(([, value]) => value !== "");
  return `<${name}${given.map(([key, value]) => ` ${key}="${escaped(value)}"`).join("")}>${content.join("")}</${name}>`;
}

const title = text => tag("title", {}, escaped(text));
const line = (kind, x1, y1, x2, y2) => tag("line", {class: kind, x1, y1, x2, y2});
const write = (text, x, y, anchor, more = {}) => tag("text", {x, y, "text-anchor": anchor, ...more}, escaped(text));

const longest = words => Math.max(...words.map(text => text.length)) * LETTER;
const cut = (text, room) => {
  const letters = Math.floor(room / LETTER);
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
};

// paint: width -> {height, label, content}
function drawing(box, paint) {
  let last = 0;
  const draw = () => {
    last = box.clientWidth;
    const width = Math.max(NARROWEST, last), {height, label, content} = paint(width);
    box.innerHTML = tag("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label}, content);
  };
  new ResizeObserver(() => { if (box.clientWidth !== last) draw(); }).observe(box);
  draw();
  return draw;
}

// Grid and axes: x and y are {at, ticks, words, name}; a bare y has no grid
function frame(x, y, left, top, right, bottom) {
  const middle = {dy: ".35em"};
  return [
    ...y.isBare ? [] : y.ticks.map(tick => line("rule", left, y.at(tick), right, y.at(tick))),
    ...y.ticks.map((tick, i) => write(y.words[i], left - 8, y.at(tick), "end", middle)),
    ...x.ticks.map((tick, i) => write(x.words[i], x.at(tick), bottom + 20, "middle")),
    y.isBare ? "" : line("axis", left, bottom, right, bottom),
    write(x.name, (left + right) / 2, bottom + 42, "middle"),
    write(y.name, left, top - 12, "start"),
  ].join("");
}
