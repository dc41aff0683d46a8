// Learning curves, of a metric and a stage, coloured by all settings or by one.
const BANDS = 16; // lines, at most, that have a band of deviation
const FAR = 10; // values further apart than by this factor start on a log scale

function learning() {
  const section = document.getElementById("curves");
  if (!section) return;
  const [metric, lines, colour, log] =
    ["metric", "lines", "colour", "log"].map(name => section.querySelector(`[name=${name}]`));
  const stages = Object.keys(data.curves);
  metric.innerHTML = stages.map(stage => {
    const own = Object.keys(data.curves[stage]).map(name => {
      const selected = stage === data.start.stage && name === data.start.curve ? "selected" : "";
      return tag("option", {value: JSON.stringify([stage, name]), selected}, escaped(name));
    });
    return stages.length > 1 ? tag("optgroup", {label: `stage ${stage}`}, ...own) : own.join("");
  }).join("");
  const together = data.settings.length > 1 && data.rows.length <= PALETTE ? [["", "all settings"]] : [];
  options(colour, [...together, ...data.settings.map(one => [one.name, one.name])]);
  colour.closest("label").hidden = !data.settings.length;
  lines.closest("label").hidden = data.runs.length === data.rows.length;

  const chosen = () => series(...JSON.parse(metric.value), lines.value === "mean");
  const suit = () => {
    const [low, high] = extent(chosen().flatMap(one => one.points.map(([, value]) => value)));
    log.disabled = !(low > 0);
    log.checked = low > 0 && high / low > FAR;
  };
  suit();
  const draw = drawing(section.querySelector(".drawing"), width => {
    const [stage, name] = JSON.parse(metric.value), all = chosen(), colours = colouring(colour.value);
    const height = Math.min(440, 0.45 * width + 140), hasBands = all.length <= BANDS;
    const shown = colours.entries.filter(entry => all.some(one => entry.rows.includes(one.row)));
    legend(section.querySelector(".legend"), shown, remarks(all, hasBands));
    const x = {name: stages.length > 1 ? `epoch of ${stage}` : "epoch"};
    const y = {name: name + (log.checked ? ", log scale" : "")};
    const content = plot(all, colours, x, y, width, height, hasBands, log.checked);
    return {height, label: `${name} over epochs, ${all.length} lines`, content};
  });
  for (const one of [metric, lines]) one.addEventListener("change", () => { suit(); draw(); });
  for (const one of [colour, log]) one.addEventListener("change", draw);
}

function remarks(all, hasBands) {
  const isSpread = all.some(one => one.points.some(([, , deviation]) => deviation > 0));
  const bands = hasBands ? "band: ± sample standard deviation over seeds" : "too many lines for bands";
  const going = all.some(one => !one.isDone);
  return [...isSpread ? [bands] : [], ...going ? ["dashed: a run without results yet"] : []];
}

function plot(all, colours, x, y, width, height, hasBands, isLog) {
  const top = 30, bottom = height - 52, right = width - 14;
  const low = ([, value, deviation]) => isLog && value <= deviation ? value : value - deviation;
  const high = ([, value, deviation]) => value + deviation, middle = ([, value]) => value;
  const edges = all.flatMap(one => one.points.flatMap(hasBands ? point => [low(point), high(point)] : middle));
  Object.assign(y, scale(edges, bottom, top, {isLog}));
  const left = 20 + longest(y.words), epochs = all.flatMap(one => one.points.map(([epoch]) => epoch));
  Object.assign(x, scale(epochs, left, right, {count: width / 110, least: 1}));
  const path = places => places.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
  const content = all.map(({row, isDone, points, title: name}) => {
    const own = {"data-row": row}, fill = {style: `fill:${colours.of(row)}`}, last = points.at(-1);
    const at = of => points.map(point => [x.at(point[0]), y.at(of(point))]);
    const edge = `${path([...at(high), ...at(low).reverse()])}Z`;
    const isWide = hasBands && points.some(([, , deviation]) => deviation > 0);
    const said = `${name}: ${told(last[1])} at epoch ${last[0]}`, [cx, cy] = at(middle).at(-1);
    const look = {class: isDone ? "line" : "line going", style: `stroke:${colours.of(row)}`};
    return [
      isWide ? tag("path", {class: "band", ...own, ...fill, d: edge}) : "",
      tag("path", {...look, ...own, d: path(at(middle))}, title(said)),
      isDone && points.length > 1 ? "" : tag("circle", {...own, ...fill, r: 4, cx, cy}),
    ].join("");
  });
  return frame(x, y, left, top, right, bottom) + content.join("");
}
