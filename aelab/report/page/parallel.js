// Scores over many settings: an axis for each and one for the metric, a line a row, the best on top.
function parallel(width, name, way) {
  const {mean} = data.scores[name], good = goodness(name), height = 430, top = 52, bottom = height - 20;
  const rows = scored(name).sort((a, b) => good(a) - good(b)), room = 0.8 * width / data.settings.length;
  const axes = data.settings.map(one => {
    const axis = along(one.values, bottom, top), words = axis.ticks.map(value => cut(word(value), room - 20));
    return {...axis, words, name: cut(one.short, room), of: row => one.values[row]};
  });
  axes.push({...scale(rows.map(row => mean[row]), bottom, top), name, of: row => mean[row]});
  const left = 16 + longest(axes[0].words), right = width - 70, last = axes.length - 1;
  const x = i => left + (right - left) * i / last;
  const lines = rows.map(row => {
    const points = axes.map((axis, i) => `${x(i).toFixed(1)},${axis.at(axis.of(row)).toFixed(1)}`).join(" ");
    const look = data.rows[row].isBest ? {class: "line best-line"}
      : {class: "line", style: `stroke:${ramp(good(row))}`};
    return tag("polyline", {...look, "data-row": row, points}, title(spoken(name, row)));
  });
  const drawn = axes.flatMap((axis, i) => [
    line("axis", x(i), top, x(i), bottom),
    write(axis.name, x(i), top - 24, i === 0 ? "start" : i === last ? "end" : "middle", {"font-weight": 600}),
    ...axis.ticks.map((tick, k) => {
      const [side, anchor] = i === last ? [8, "start"] : [-8, "end"];
      return write(axis.words[k], x(i) + side, axis.at(tick), anchor, {dy: ".35em", class: "halo"});
    }),
  ]);
  return {height, notes: [stronger(way)], content: lines.join("") + drawn.join("")};
}
