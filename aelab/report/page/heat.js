// Scores over two settings: a field for every pair of values, its colour as strong as its score is good.
const WIDE = 150, LOW = 34, TALL = 64, LONG = 80; // pixels: of a field at most and least, of a long word

function heat(width, name, way) {
  const [below, beside] = laid(), {mean, said, off} = data.scores[name], good = goodness(name);
  const columns = distinct(below.values), lines = distinct(beside.values).reverse();
  const left = Math.min(0.45 * width, 16 + longest(lines.map(word))), top = 30;
  const across = Math.min(WIDE, (width - left - 4) / columns.length);
  const tall = Math.max(LOW, Math.min(TALL, 0.6 * across));
  const right = left + across * columns.length, bottom = top + tall * lines.length;
  const x = value => left + across * columns.indexOf(value);
  const y = value => top + tall * lines.indexOf(value);
  const field = row => ({x: x(below.values[row]), y: y(beside.values[row]), width: across, height: tall});
  const fields = data.rows.map((own, row) => {
    const place = field(row), middle = place.x + across / 2, centre = place.y + tall / 2;
    const mid = {dy: ".35em"};
    if (mean[row] === null) return write(own.state || "–", middle, centre, "middle", {...mid, class: "none"});
    const share = good(row), ink = {style: `fill:var(--${share > 0.66 ? "paper" : "ink"})`};
    const colour = `fill:color-mix(in oklab, var(--strong) ${Math.round(6 + 94 * share)}%, var(--paper))`;
    const words = across < 60 ? [] : tall < 44 || !off[row]
      ? [write(said[row], middle, centre, "middle", {...ink, ...mid})]
      : [write(said[row], middle, centre - 3, "middle", ink),
         write(`± ${off[row]}`, middle, centre + 15, "middle", {...ink, "font-size": 11})];
    const box = tag("rect", {...field(row), class: "field", style: colour});
    return tag("g", {"data-row": row}, box, ...words, title(spoken(name, row)));
  });
  const ring = data.rows.flatMap((own, row) => own.isBest ? [tag("rect", {...field(row), class: "ring"})] : []);
  const words = (ticks, room) => ({ticks, words: ticks.map(value => cut(word(value), room))});
  const over = {at: value => x(value) + across / 2, ...words(columns, across - 6), name: below.name};
  const up = {at: value => y(value) + tall / 2, ...words(lines, left - 14), name: beside.name, isBare: true};
  const content = [frame(over, up, left, top, right, bottom), ...fields, ...ring].join("");
  return {height: bottom + 56, notes: [stronger(way)], content};
}

// [below, beside]: long words stand at the side; else what has more values stands below
function laid() {
  const isLong = data.settings.some(one => longest(one.values) > LONG), values = one => distinct(one.values).length;
  return [...data.settings].sort((a, b) => isLong ? longest(a.values) - longest(b.values) : values(b) - values(a));
}
