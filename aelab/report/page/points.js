// Scores over one setting: a point a row, a bar of deviation, a line where the setting is a number.
function points(width, name, way) {
  const {mean, deviation} = data.scores[name], [setting] = data.settings, rows = scored(name);
  const height = Math.min(400, 0.4 * width + 130), top = 30, bottom = height - 52, right = width - 14;
  const y = scale(rows.flatMap(row => [mean[row] - deviation[row], mean[row] + deviation[row]]), bottom, top);
  y.name = way ? `${name}, ${way}` : name;
  const left = 20 + longest(y.words), x = along(setting.values, left, right);
  x.name = x.isLog ? `${setting.name}, log scale` : setting.name;
  const across = row => x.at(setting.values[row]);
  rows.sort((a, b) => across(a) - across(b));
  const joined = rows.map(row => [across(row), y.at(mean[row])]).join(" ");
  const marks = rows.map(row => {
    const cx = across(row), cy = y.at(mean[row]), off = deviation[row];
    const bar = off ? line("bar", cx, y.at(mean[row] - off), cx, y.at(mean[row] + off)) : "";
    const ring = data.rows[row].isBest ? tag("circle", {class: "ring", r: 9, cx, cy}) : "";
    const dot = tag("circle", {class: "dot", r: 5, cx, cy}, title(spoken(name, row)));
    return tag("g", {"data-row": row}, bar, ring, dot);
  });
  const through = x.isNumeric ? tag("polyline", {class: "line bar", points: joined}) : "";
  return {
    height,
    notes: rows.some(row => deviation[row]) ? ["bars: ± sample standard deviation over seeds"] : [],
    content: frame(x, y, left, top, right, bottom) + through + marks.join(""),
  };
}
