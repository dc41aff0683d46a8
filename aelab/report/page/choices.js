// Scores over the settings that vary: points over one, a heat map of a grid of two, parallel axes of more.
function choices() {
  const section = document.getElementById("choices");
  if (!section) return;
  const metric = section.querySelector("[name=metric]"), list = section.querySelector(".legend");
  options(metric, Object.keys(data.scores).map(name => [name, name]), data.start.score);
  const fields = data.settings.reduce((n, one) => n * new Set(one.values).size, 1);
  const isGrid = fields <= 2 * data.rows.length; // a search's settings come once each
  const paint = [points, isGrid ? heat : parallel][data.settings.length - 1] ?? parallel;
  const draw = drawing(section.querySelector(".drawing"), width => {
    const name = metric.value, {better} = data.scores[name];
    const way = better ? `${better > 0 ? "higher" : "lower"} is better` : "";
    const {notes, ...drawn} = paint(width, name, way);
    const gold = data.rows.some(row => row.isBest) ? [`gold: the best row by ${data.start.best}`] : [];
    legend(list, [], [...notes, ...gold]);
    return {label: `${name} over ${data.settings.map(one => one.name).join(", ")}`, ...drawn};
  });
  metric.addEventListener("change", draw);
}

const word = value => value === "" ? "not set" : value;
const scored = name => data.rows.flatMap((_, row) => data.scores[name].mean[row] === null ? [] : [row]);
const spoken = (name, row) => {
  const {said, off} = data.scores[name];
  return `${data.rows[row].label}: ${name} ${said[row]}${off[row] ? ` ± ${off[row]}` : ""}`;
};

// How good a row is among all, from 0 to 1; where no way is better, how high
function goodness(name) {
  const {mean, better} = data.scores[name], [low, high] = extent(mean.filter(value => value !== null));
  const share = row => high > low ? (mean[row] - low) / (high - low) : 0.5;
  return row => better < 0 ? 1 - share(row) : share(row);
}
const stronger = way => [...way ? [way] : [], `the stronger the colour, the ${way ? "better" : "higher"}`].join("; ");

// Places of a setting's values: words side by side, numbers where they are or, if that is more even, by their ratio
function along(values, from, to) {
  const every = distinct(values), words = every.map(word);
  if (!isNumeric(every) || every.length < 3) {
    const step = (to - from) / every.length;
    const at = value => from + step * (every.indexOf(value) + 0.5);
    return {at, ticks: every, words: words.map(text => cut(text, Math.abs(step) - 8)), isNumeric: isNumeric(every)};
  }
  const numbers = every.map(Number);
  const evenness = of => {
    const gaps = numbers.slice(1).map((x, i) => of(x) - of(numbers[i]));
    return Math.min(...gaps) / (of(numbers.at(-1)) - of(numbers[0]));
  };
  const isLog = numbers[0] > 0 && evenness(Math.log) > evenness(x => x);
  const edge = 10 * Math.sign(to - from), {at} = scale(numbers, from + edge, to - edge, {isLog, isFlush: true});
  return {at: value => at(Number(value)), ticks: every, words, isLog, isNumeric: true};
}
