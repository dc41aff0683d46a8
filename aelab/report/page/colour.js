// Colours of rows: by all settings together, or by one of them; a ramp for numbers, a palette for words.
const data = JSON.parse(document.getElementById("data").textContent);
const PALETTE = 10;
const ramp = share => `color-mix(in oklab, var(--high) ${Math.round(100 * share)}%, var(--low))`;
const isNumeric = values => values.every(value => value !== "" && isFinite(value));
const distinct = values => {
  const found = [...new Set(values)];
  return isNumeric(found) ? found.sort((a, b) => a - b) : found;
};

// {of: row -> colour, entries: [{label, colour, rows}]}
function colouring(by) {
  const setting = data.settings.find(one => one.name === by);
  const own = setting ? setting.values : data.rows.map(row => row.label);
  const every = distinct(own), isRamp = every.length > PALETTE || (setting && every.length > 2 && isNumeric(every));
  const colour = value => {
    const i = every.indexOf(value);
    return isRamp ? ramp(0.1 + 0.9 * i / (every.length - 1)) : `var(--c${i})`;
  };
  return {
    of: row => colour(own[row]),
    entries: every.map(value => ({
      label: setting ? `${setting.short}=${value === "" ? "not set" : value}` : value,
      colour: colour(value),
      rows: own.flatMap((one, row) => one === value ? [row] : []),
    })),
  };
}

function legend(list, entries, notes) {
  const shown = entries.length > 1 ? entries : [];
  const colours = shown.map(({rows, colour, label}) =>
    tag("li", {"data-rows": rows.join(" ")}, tag("i", {style: `border-color:${colour}`}), escaped(label)));
  list.innerHTML = [...colours, ...notes.map(text => tag("li", {class: "quiet"}, escaped(text)))].join("");
}

function options(select, names, chosen) {
  select.innerHTML = names.map(([value, label]) =>
    `<option value="${escaped(value)}"${value === chosen ? " selected" : ""}>${escaped(label)}</option>`).join("");
}
