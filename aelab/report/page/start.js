// What the page does: sort, draw, choose pictures, and show everywhere the row that is pointed at.
document.querySelectorAll("table.sortable").forEach(sortable);
choices();
learning();

const figure = document.querySelector("#pictures [name=figure]");
const galleries = [...document.querySelectorAll(".gallery")];
figure?.addEventListener("change", () => {
  for (const one of galleries) one.hidden = one.dataset.figure !== figure.value;
});
for (const one of galleries) one.addEventListener("click", event => {
  event.target.closest("figure")?.classList.toggle("whole");
});

let shown = "";
function light(rows) {
  if (rows.join() === shown) return;
  shown = rows.join();
  const named = rows.length === 1 ? data.rows[rows[0]].label : "";
  const isOne = one => rows.includes(Number(one.dataset.row));
  const all = selector => document.querySelectorAll(selector);
  for (const one of all("svg [data-row]")) one.classList.toggle("faint", rows.length > 0 && !isOne(one));
  for (const one of all("tr[data-row]")) one.classList.toggle("lit", isOne(one));
  for (const one of all(".readout")) one.textContent = named;
}
for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, event => {
  const own = event.target.closest?.("[data-row], [data-rows]");
  light(own ? (own.dataset.rows ?? own.dataset.row).split(" ").map(Number) : []);
});
