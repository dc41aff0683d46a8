// From numbers to places: linear or by ratio, with ticks at round numbers.
const told = x => Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3)
  ? x.toExponential(2).replace(/\.?0+e/, "e") : String(Number(x.toPrecision(4)));

function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  return [low, high];
}

// {at: number -> place, ticks, words}; a little room on both sides unless it is flush
function scale(values, from, to, {isLog = false, isFlush = false, count = 6, least = 0} = {}) {
  let [low, high] = extent(values);
  if (low > high) [low, high] = [0, 1];
  if (low === high) {
    const beside = Math.abs(low) / 2 + 0.5;
    [low, high] = isLog ? [low / 2, high * 2] : [low - beside, high + beside];
  }
  const of = isLog ? Math.log10 : x => x, room = isFlush ? 0 : 0.04 * (of(high) - of(low));
  const start = of(low) - room, across = of(high) + room - start;
  const ticks = isLog ? powers(low, high) : even(low, high, count, least);
  return {at: x => from + (to - from) * (of(x) - start) / across, ticks, words: worded(ticks, isLog)};
}

// 1, 2 or 5 times a power of ten apart, about n of them, no closer than the least
function even(low, high, n, least) {
  const rough = (high - low) / n, power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(least, power * [1, 2, 5, 10].find(k => k * power >= rough * 0.999));
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

function powers(low, high) {
  const decades = Math.log10(high / low), found = [];
  const digits = decades < 1 ? [1, 2, 3, 4, 5, 7] : decades < 3 ? [1, 2, 5] : [1];
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high); p++) found.push(...digits.map(k => k * 10 ** p));
  const inside = found.filter(tick => tick >= low * 0.999 && tick <= high * 1.001);
  return inside.length > 1 ? inside : [low, high];
}

// All with as many decimals as their distance asks for
function worded(ticks, isLog) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 0;
  if (isLog || step < 1e-5 || Math.abs(ticks.at(-1)) >= 1e5) return ticks.map(told);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return ticks.map(tick => tick.toFixed(digits));
}
