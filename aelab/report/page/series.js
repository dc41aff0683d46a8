// The lines of learning curves: the mean and deviation over a row's seeds, or every run by itself.
// One of them is {row, isDone, points: [[epoch, value, deviation]], title}.
function series(stage, name, isMean) {
  const found = [], rows = new Map();
  for (const [i, epochs, values] of data.curves[stage][name]) {
    const {row, isDone, title} = data.runs[i];
    const seed = new Map(epochs.map((epoch, k) => [epoch, values[k]]));
    if (isMean && isDone) rows.set(row, [...(rows.get(row) ?? []), seed]);
    else found.push({row, isDone, title, points: epochs.map((epoch, k) => [epoch, values[k], 0])});
  }
  for (const [row, seeds] of rows) {
    const title = data.rows[row].label + (seeds.length > 1 ? `, ${seeds.length} seeds` : "");
    found.push({row, isDone: true, title, points: averaged(seeds)});
  }
  return found.filter(one => one.points.length);
}

// As far as all seeds went: beyond, the mean would leap from some of them to others
function averaged(seeds) {
  const shared = [...seeds[0].keys()].filter(epoch => seeds.every(seed => seed.has(epoch)));
  return shared.map(epoch => {
    const values = seeds.map(seed => seed.get(epoch)), n = values.length;
    const mean = values.reduce((a, b) => a + b) / n;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [epoch, mean, n > 1 ? Math.sqrt(squares / (n - 1)) : 0];
  });
}
